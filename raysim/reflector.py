"""Corner reflectors: targets whose radar cross section is known, to calibrate a whole chain with.

A corner of three conducting faces square to each other returns what it gets over a wide range of aspects. On its
axis, in the far field and by geometrical optics, it equals a plate of its effective area: ``sigma = 4 pi A^2 /
lambda^2``.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.constants import c

from raysim.materials import Material
from raysim.motion import Motion
from raysim.pieces import Piece

Kind = Literal["triangular", "square"]
CONDUCTOR = Material("reflector", "metal", (0.6, 0.6, 0.62), metallic=1.0, gloss_roughness=0.2)
# sigma = _PEAK pi a^4 / lambda^2 of a corner with inner edges of a: Knott, Shaeffer and Tuley, Radar Cross Section,
# 2nd ed., table 6.1.
_PEAK = {"triangular": 4 / 3, "square": 12.0}
_FACES = {
    "triangular": [[0, 1, 2], [0, 2, 3], [0, 3, 1]],
    "square": [[0, 1, 4], [0, 4, 2], [0, 2, 6], [0, 6, 3], [0, 3, 5], [0, 5, 1]],
}
_CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], float)


@dataclass(frozen=True)
class CornerReflector:
    """A trihedral corner reflector.

    Attributes
    ----------
    side : float
        Length of the three inner edges [m].
    kind : {"triangular", "square"}
        Shape of the faces.
    """

    side: float
    kind: Kind = "triangular"

    def __post_init__(self):
        if self.kind not in _PEAK:
            raise ValueError(f"reflector kind must be one of {', '.join(_PEAK)}, got {self.kind!r}")
        if not 0 < self.side < np.inf:
            raise ValueError(f"reflector side must be above 0 m, got {self.side}")

    @classmethod
    def of_cross_section(cls, dbsm: float, *, frequency: float, kind: Kind = "triangular") -> "CornerReflector":
        """Return the reflector with a given peak cross section [dB over 1 m2] at a frequency [Hz]."""
        unit = cls(1.0, kind)
        return cls(float((10 ** (dbsm / 10) / unit.cross_section(frequency)) ** 0.25), kind)

    def cross_section(self, frequency: float) -> float:
        """Peak radar cross section [m2], on the axis in the far field.

        Parameters
        ----------
        frequency : float
            [Hz]; edges of a few wavelengths and more are taken for granted.
        """
        if not frequency > 0:
            raise ValueError(f"frequency must be above 0 Hz, got {frequency}")
        return _PEAK[self.kind] * np.pi * self.side**4 * (frequency / c) ** 2

    def far_field(self, frequency: float) -> float:
        """Distance [m] from which a wave is plane enough for `cross_section`: 16 side^2 / wavelength.

        Twice the usual 2 D^2 / wavelength with the aperture's D = 2 side. There 0.1 to 0.2 dB remain, and for sides
        under ten wavelengths up to 0.5 dB by the sidelobes of the single faces, which the closed form leaves out.
        """
        return 16 * self.side**2 * frequency / c

    def piece(self, apex, towards, *, name: str = "corner reflector") -> Piece:
        """Place it.

        Parameters
        ----------
        apex : (3,) array_like
            World position of the inmost corner [m]: the echo's range is that of this point.
        towards : (3,) array_like
            World point that the opening faces [m], e.g. the radar.
        name : str

        Returns
        -------
        Piece
            For `raysim.pieces.with_pieces`; every face with its own vertices.
        """
        axis = np.asarray(towards, float) - np.asarray(apex, float)
        distance = np.linalg.norm(axis)
        if not distance > 0:
            raise ValueError(f"reflector {name!r}: cannot face its own apex {tuple(apex)}")
        pose = np.eye(4)
        pose[:3, :3] = _facing(axis / distance)
        pose[:3, 3] = apex
        corners = (_CORNERS * self.side)[_FACES[self.kind]]
        triangles = np.arange(3 * len(corners), dtype=np.int32).reshape(-1, 3)
        return Piece(
            name, "other", corners.reshape(-1, 3), triangles, (CONDUCTOR,), motion=Motion.at_rest(pose), is_target=True
        )


def _facing(axis: np.ndarray) -> np.ndarray:
    """(3, 3) rotation that turns the corner's diagonal (1, 1, 1) onto a unit vector."""
    up = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.99 else np.array([0.0, 1.0, 0.0])
    right = np.cross(up, axis)
    right /= np.linalg.norm(right)
    diagonal, across = np.ones(3) / np.sqrt(3), np.array([1.0, -1.0, 0.0]) / np.sqrt(2)
    own = np.stack([across, np.cross(diagonal, across), diagonal], 1)
    return np.stack([right, np.cross(axis, right), axis], 1) @ own.T
