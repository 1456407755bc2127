"""Ends of paths for the tests of edges."""

import numpy as np

from raysim.antenna import Antenna
from raysim.diffraction import Terminal
from raysim.terminals import Transmitter, transmit_field


def vertical_terminal(pose: np.ndarray, antenna: Antenna) -> Terminal:
    """A vertically polarised antenna; `pose` is (4, 4), sensor to world."""
    axes = np.ascontiguousarray(pose[:3, :3].T)
    sender = Transmitter(antenna, axes, False, 1.0, np.empty((0, 3)), np.empty(0, np.complex128))
    return Terminal(pose[:3, 3].copy(), lambda direction: transmit_field(np.ascontiguousarray(direction), sender))
