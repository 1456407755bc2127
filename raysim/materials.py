"""Surface materials: one record drives radio, lidar and picture."""

from dataclasses import dataclass, replace
from math import inf
from numbers import Integral

from raysim.electrical import ELECTRICAL, complex_permittivity, match_electrical
from raysim.panels import PANELS, Layer, Panel

__all__ = ["ELECTRICAL", "Lobe", "Material", "complex_permittivity", "match_electrical"]
MAX_LOBE_EXPONENT = 100  # a lobe 19 degrees wide: narrower ones are mirrors


@dataclass(frozen=True)
class Lobe:
    """Where a rough surface scatters to, if not to all sides as a Lambertian one does.

    A lobe ((1 + cos psi) / 2)^alpha_r about the mirror direction and one with alpha_i about the direction back to where
    the wave came from (Degli-Esposti et al., IEEE Trans. Antennas Propag. 55 (2007) 143).

    Attributes
    ----------
    alpha_r, alpha_i : int
        Exponents of both lobes, 1 or more: the higher, the narrower.
    share : float
        Weight of the mirror direction's lobe in [0, 1]; 1 = it alone (the directive model).
    """

    alpha_r: int
    alpha_i: int = 1
    share: float = 1.0

    def __post_init__(self):
        for field in ("alpha_r", "alpha_i"):
            value = getattr(self, field)
            if not isinstance(value, Integral) or not 1 <= value <= MAX_LOBE_EXPONENT:
                raise ValueError(f"lobe: {field} must be a whole number in [1, {MAX_LOBE_EXPONENT}], got {value}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"lobe: share must lie in [0, 1], got {self.share}")


@dataclass(frozen=True)
class Material:
    """What a surface is to radio, lidar and camera.

    Attributes
    ----------
    name : str
        Unique within a scene, e.g. ``"car_paint.3"``.
    electrical : str
        Key of `ELECTRICAL`; of a panel its outer face.
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
    thickness : float
        Of the single layer that the surface stands for [m]; 0 = opaque half-space, or a panel.
    panel : str
        Key of `raysim.panels.PANELS`: layers that the surface stands for, the outer face being the side that the
        triangles' normals point to; empty = none.
    lobe : Lobe or None
        Of the diffuse echo; None = Lambertian.
    albedo : float
        Of a canopy of blades or leaves, opaque and without a surface of its own: the share of what they meet that they
        scatter, in [0, 1], to all sides alike; it stands in for the reflection coefficient. 0 = a surface. Needs
        `scattering` = 1: a canopy mirrors nothing.
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
    thickness: float = 0.0
    panel: str = ""
    lobe: Lobe | None = None
    albedo: float = 0.0

    def __post_init__(self):
        if self.electrical not in ELECTRICAL:
            raise ValueError(
                f"material {self.name!r}: electrical must be one of {sorted(ELECTRICAL)}, got {self.electrical!r}"
            )
        if not 0 <= self.rms_height < inf:
            raise ValueError(f"material {self.name!r}: rms_height must be >= 0 m and finite, got {self.rms_height}")
        if not 0 <= self.thickness < inf:
            raise ValueError(f"material {self.name!r}: thickness must be >= 0 m and finite, got {self.thickness}")
        if self.panel and self.panel not in PANELS:
            raise ValueError(f"material {self.name!r}: panel must be one of {sorted(PANELS)}, got {self.panel!r}")
        if self.panel and self.thickness:
            raise ValueError(
                f"material {self.name!r}: the panel {self.panel!r} has its own thickness, got {self.thickness} m"
            )
        unit_interval = ("scattering", "lidar_reflectivity", "metallic", "gloss_roughness", "transmission", "albedo")
        for field in unit_interval:
            if not 0 <= getattr(self, field) <= 1:
                raise ValueError(f"material {self.name!r}: {field} must lie in [0, 1], got {getattr(self, field)}")
        if self.albedo and (self.scattering != 1 or self.lobe or self.layers):
            raise ValueError(
                f"material {self.name!r}: albedo needs scattering = 1 and neither lobe, thickness nor panel"
            )

    def renamed(self, name: str, colour: tuple[float, float, float]) -> "Material":
        """Return a copy with another name and colour (one paint shop, many cars)."""
        return replace(self, name=name, colour=colour)

    @property
    def layers(self) -> Panel:
        """What radio passes, outer face first; none = an opaque half-space."""
        if self.panel:
            return PANELS[self.panel]
        return (Layer(self.electrical, self.thickness),) if self.thickness else ()
