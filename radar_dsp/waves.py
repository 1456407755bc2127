"""Plane waves, and what turns them into phases: what the channel's transform takes."""

from typing import NamedTuple

import numpy as np


class Waves(NamedTuple):
    """Paths as the transform needs them.

    Attributes
    ----------
    gain : (num_paths,) complex128
    delay, rate, acceleration : (num_paths,) float64
        [s], [s/s], [1/s].
    up, right : (num_paths,) float64
        Direction cosines along the array.
    """

    gain: np.ndarray
    delay: np.ndarray
    rate: np.ndarray
    acceleration: np.ndarray
    up: np.ndarray
    right: np.ndarray

    def pick(self, which: np.ndarray | slice) -> "Waves":
        """Return the waves picked by a boolean mask, an index array or a slice."""
        return Waves(*(column[which] for column in self))


class Scale(NamedTuple):
    """What turns seconds and cosines into phases.

    Attributes
    ----------
    carrier, tone_spacing : float
        [Hz].
    spacing : float
        Of the elements [wavelengths].
    up, right : float
        Offset of the elements from the FFT's modes, in elements.
    """

    carrier: float
    tone_spacing: float
    spacing: float
    up: float
    right: float
