"""Surface materials: one record drives radio, lidar and picture.

The electrical model is ITU-R P.2040: ``eps_r = a f^b`` and ``sigma = c f^d`` with f in GHz.
"""

import warnings
from dataclasses import dataclass, replace

from scipy.constants import epsilon_0, pi


@dataclass(frozen=True)
class Electrical:
    """Coefficients of ITU-R P.2040-4, Table 3.

    Attributes
    ----------
    a, b : float
        Relative permittivity ``a f_GHz^b``.
    c, d : float
        Conductivity ``c f_GHz^d`` [S/m].
    lowest, highest : float
        Stated frequency range [Hz]; outside it the law is extrapolated with one warning.
    conductor : bool
        Perfect conductor: the coefficients are ignored.
    """

    a: float
    b: float
    c: float
    d: float
    lowest: float
    highest: float
    conductor: bool = False


# ITU-R P.2040-4, Table 3, but for the entries whose source stands beside them.
ELECTRICAL = {
    "vacuum": Electrical(1.0, 0.0, 0.0, 0.0, 1e6, 1e11),
    "concrete": Electrical(5.24, 0.0, 0.0462, 0.7822, 1e9, 1e11),
    "brick": Electrical(3.91, 0.0, 0.0238, 0.16, 1e9, 4e10),
    "glass": Electrical(6.27, 0.0, 0.0043, 1.1925, 1e8, 1e11),
    "asphalt": Electrical(4.83, 0.0, 0.0108, 1.3969, 1e9, 4e10),
    "wood": Electrical(1.99, 0.0, 0.0047, 1.0718, 1e6, 1e11),
    "marble": Electrical(7.074, 0.0, 0.0055, 0.9262, 1e9, 6e10),
    "metal": Electrical(1.0, 0.0, 1e7, 0.0, 1e9, 1e11, conductor=True),
    # Rubber and plastic: loss tangents of 0.03 and 0.01 at 28 GHz, generic engineering values.
    "rubber": Electrical(3.0, 0.0, 0.005, 1.0, 1e9, 1e11),
    "plastic": Electrical(2.6, 0.0, 0.0015, 1.0, 1e9, 1e11),
    # Dry short vegetation treated as a rough, weakly refracting surface.
    "foliage": Electrical(1.8, 0.0, 0.01, 1.0, 1e9, 1e11),
    # ITU-R P.527-6 medium dry ground, linearised about 28 GHz.
    "soil": Electrical(4.5, 0.0, 0.035, 1.0, 1e9, 4e10),
}


@dataclass(frozen=True)
class Material:
    """What a surface is to radio, lidar and camera.

    Attributes
    ----------
    name : str
        Unique within a scene, e.g. ``"car_paint.3"``.
    electrical : str
        Key of `ELECTRICAL`.
    rms_height : float
        Roughness [m], rms.
    scattering : float
        Effective-roughness amplitude S0 in [0, 1] (Degli-Esposti 2007).
    lidar_reflectivity : float
        Diffuse reflectivity at 905 nm in [0, 1].
    colour : tuple of 3 float
        Linear sRGB albedo in [0, 1].
    metallic, gloss_roughness, transmission, emission : float
        Visual: 0-1, 0-1 (0 = mirror), 0-1 (clear glass = 1), emitted radiance factor.
    """

    name: str
    electrical: str
    colour: tuple[float, float, float]
    rms_height: float = 0.0
    scattering: float = 0.0
    lidar_reflectivity: float = 0.3
    metallic: float = 0.0
    gloss_roughness: float = 0.7
    transmission: float = 0.0
    emission: float = 0.0

    def __post_init__(self):
        if self.electrical not in ELECTRICAL:
            raise ValueError(
                f"material {self.name!r}: electrical must be one of {sorted(ELECTRICAL)}, got {self.electrical!r}"
            )
        if self.rms_height < 0:
            raise ValueError(f"material {self.name!r}: rms_height must be >= 0 m, got {self.rms_height}")
        unit_interval = ("scattering", "lidar_reflectivity", "metallic", "gloss_roughness", "transmission")
        for field in unit_interval:
            if not 0 <= getattr(self, field) <= 1:
                raise ValueError(f"material {self.name!r}: {field} must lie in [0, 1], got {getattr(self, field)}")

    def renamed(self, name: str, colour: tuple[float, float, float]) -> "Material":
        """Return a copy with another name and colour (one paint shop, many cars)."""
        return replace(self, name=name, colour=colour)


def complex_permittivity(electrical: str, frequency: float) -> complex:
    """Relative complex permittivity of a material for the time factor exp(+j w t).

    Parameters
    ----------
    electrical : str
        Key of `ELECTRICAL`.
    frequency : float
        Carrier [Hz].

    Returns
    -------
    complex
        ``eps_r - j sigma / (w eps_0)`` [1]; ``complex("-infj")`` for a perfect conductor.

    Warns
    -----
    UserWarning
        Once per material, where the frequency lies outside the Recommendation's range.

    References
    ----------
    ITU-R P.2040-4, eqs. (9), (28), (29).
    """
    law = ELECTRICAL[electrical]
    if law.conductor:
        return complex(1.0, -float("inf"))
    if not law.lowest <= frequency <= law.highest:
        warnings.warn(
            f"{electrical}: {frequency / 1e9:g} GHz lies outside {law.lowest / 1e9:g}-{law.highest / 1e9:g} GHz; "
            "the P.2040 law is extrapolated",
            stacklevel=2,
        )
    ghz = frequency / 1e9
    sigma = law.c * ghz**law.d  # [S/m]
    return complex(law.a * ghz**law.b, -sigma / (2 * pi * frequency * epsilon_0))
