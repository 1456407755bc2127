"""Propagation paths: what the tracer makes and the signal processing consumes, in blocks.

Channel of one path (time factor exp(+j 2 pi f t)), t = 0 in the middle of the frame:
``gain * exp(-j 2 pi f (delay + delay_rate t + delay_acceleration t^2 / 2))``.
Antenna gains are in `gain`; the carrier's propagation phase is not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from scipy.constants import c

MAX_INTERACTIONS = 8  # four bits each in `kinds`


class Interaction(IntEnum):
    """Kind of an interaction: one four-bit digit of `Paths.kinds`, first interaction lowest."""

    NONE = 0
    REFLECTION = 1  # forward bounce off a flat surface
    SCATTERING = 2  # physical optics plus diffuse scattering towards the receiver
    DIFFRACTION = 3
    TRANSMISSION = 4


@dataclass(frozen=True)
class Paths:
    """A block of paths of one frame.

    Attributes
    ----------
    gain : (num_paths,) complex128
        Amplitude ratio received / transmitted, antenna gains in, carrier phase not.
    delay : (num_paths,) float64
        [s] at the middle of the frame.
    delay_rate : (num_paths,) float64
        [s/s]; Doppler = -fc delay_rate, closing positive.
    delay_acceleration : (num_paths,) float64
        [1/s].
    departure, arrival : (num_paths, 3) float64
        World unit vectors: from the transmitter to the first point, from the receiver to the last point.
    depth : (num_paths,) uint8
        Number of interactions.
    kinds : (num_paths,) uint32
        `Interaction` digits, four bits each, first interaction lowest.
    first_instance, last_instance : (num_paths,) int32
        Scene instance index; -1 = none (line of sight).
    last_point : (num_paths, 3) float64
        World [m].
    """

    gain: np.ndarray
    delay: np.ndarray
    delay_rate: np.ndarray
    delay_acceleration: np.ndarray
    departure: np.ndarray
    arrival: np.ndarray
    depth: np.ndarray
    kinds: np.ndarray
    first_instance: np.ndarray
    last_instance: np.ndarray
    last_point: np.ndarray

    def __post_init__(self):
        for name in (f.name for f in fields(self)):
            want = (len(self.gain), 3) if name in ("departure", "arrival", "last_point") else (len(self.gain),)
            if getattr(self, name).shape != want:
                raise ValueError(f"paths.{name} must have shape {want}, got {getattr(self, name).shape}")
        if self.gain.dtype != np.complex128 or self.delay.dtype != np.float64:
            raise ValueError(
                f"paths need complex128 gain and float64 delay, got {self.gain.dtype} and {self.delay.dtype}"
            )

    def __len__(self) -> int:
        return len(self.gain)

    def select(self, which: np.ndarray | slice) -> "Paths":
        """Return the paths picked by a boolean mask, an index array or a slice (a view)."""
        return Paths(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def concatenate(blocks: Iterable[Paths]) -> Paths:
    """Join blocks, in order. Raises ValueError if there is none."""
    blocks = list(blocks)
    if not blocks:
        raise ValueError("no blocks of paths to join")
    return Paths(**{f.name: np.concatenate([getattr(b, f.name) for b in blocks]) for f in fields(Paths)})


def point_target(
    radar_pose: np.ndarray,
    *,
    distance: float,
    azimuth: float,
    elevation: float,
    velocity: float = 0.0,
    gain: complex = 1.0,
) -> Paths:
    """Path of one monostatic point target: the analytic fixture of every downstream test.

    Parameters
    ----------
    radar_pose : (4, 4) float64
        Radar to world.
    distance : float
        [m] from the radar.
    azimuth, elevation : float
        In the radar's axes, positive right and up [rad].
    velocity : float
        Closing speed [m/s].
    gain : complex
        Two-way amplitude.

    Returns
    -------
    Paths
        One path.
    """
    u = np.cos(elevation) * np.array([np.sin(azimuth), 0.0, np.cos(azimuth)]) - np.array([0, np.sin(elevation), 0])
    direction = (radar_pose[:3, :3] @ u)[None]
    index = np.zeros(1, np.int32)
    return Paths(
        gain=np.array([gain], np.complex128),
        delay=np.array([2 * distance / c]),
        delay_rate=np.array([-2 * velocity / c]),
        delay_acceleration=np.zeros(1),
        departure=direction,
        arrival=direction,
        depth=np.ones(1, np.uint8),
        kinds=np.array([Interaction.SCATTERING], np.uint32),
        first_instance=index,
        last_instance=index,
        last_point=radar_pose[:3, 3] + distance * direction,
    )
