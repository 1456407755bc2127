"""Electrical laws of materials: permittivity against frequency, and the names that stand for them.

Most follow ITU-R P.2040: ``eps_r = a f^b`` and ``sigma = c f^d`` with f in GHz. Soils follow ITU-R P.527, skin its
measured relaxations.
"""

import re
import warnings
from dataclasses import dataclass
from math import inf, log
from typing import Protocol

from scipy.constants import epsilon_0, pi

from raysim.dielectrics import DRY_SKIN, Soil


class Law(Protocol):
    """How a material's permittivity follows from the frequency."""

    @property
    def lowest(self) -> float:
        """Start of the range that the source states [Hz]."""

    @property
    def highest(self) -> float:
        """End of that range [Hz]."""

    @property
    def source(self) -> str:
        """Whose law it is."""

    @property
    def conductor(self) -> bool:
        """Whether it is a perfect conductor, without a permittivity."""

    def permittivity(self, frequency: float) -> complex:
        """Relative permittivity [1] at a frequency [Hz]."""


@dataclass(frozen=True)
class Electrical:
    """One row of ITU-R P.2040-4, Table 3, and the rows for higher bands.

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
    above : Electrical, optional
        The row that takes over where it is nearer (in ratio of frequencies) to its range than this one.
    """

    a: float
    b: float
    c: float
    d: float
    lowest: float
    highest: float
    conductor: bool = False
    above: "Electrical | None" = None

    source = "P.2040"

    def row(self, frequency: float) -> "Electrical":
        """Return the row that applies at a frequency [Hz]: the first that holds it, else the nearest."""
        if self.above is None or self.lowest <= frequency <= self.highest:
            return self
        other = self.above.row(frequency)
        return other if other.distance(frequency) < self.distance(frequency) else self

    def distance(self, frequency: float) -> float:
        """How far outside the row's own range a frequency [Hz] lies: logarithm of the ratio, 0 inside."""
        return max(log(self.lowest / frequency), log(frequency / self.highest), 0.0)

    def permittivity(self, frequency: float) -> complex:
        """Relative permittivity of this row [1]: ITU-R P.2040-4, eqs. (9), (28), (29)."""
        ghz = frequency / 1e9
        sigma = self.c * ghz**self.d  # [S/m]
        return complex(self.a * ghz**self.b, -sigma / (2 * pi * frequency * epsilon_0))


# ITU-R P.2040-4, Table 3, but for the entries whose source stands beside them. Where the Recommendation has two rows
# for the same band the first, wider one is kept.
ELECTRICAL: dict[str, Law] = {
    "vacuum": Electrical(1.0, 0.0, 0.0, 0.0, 1e6, 1e11),
    "concrete": Electrical(
        5.24, 0.0, 0.0462, 0.7822, 1e9, 1e11, above=Electrical(5.17, 0.0, 0.0145, 1.09, 1.1e11, 3.3e11)
    ),
    "brick": Electrical(3.91, 0.0, 0.0238, 0.16, 1e9, 4e10, above=Electrical(3.95, 0.0, 0.0022, 1.33, 1e11, 4e11)),
    "plasterboard": Electrical(
        2.94, 0.0, 0.0116, 0.7076, 1e9, 1e11, above=Electrical(2.73, 0.0, 0.0084, 0.94, 1e11, 4e11)
    ),
    "wood": Electrical(1.99, 0.0, 0.0047, 1.0718, 1e6, 1e11, above=Electrical(1.63, 0.0, 0.0076, 1.002, 1e11, 4e11)),
    "glass": Electrical(6.27, 0.0, 0.0043, 1.1925, 1e8, 1e11, above=Electrical(6.70, 0.0, 0.0042, 1.15, 1e11, 4e11)),
    "clear_acrylic": Electrical(2.57, 0.0, 0.0049, 1.0601, 1e9, 4e10),
    "ceiling_board": Electrical(
        1.48, 0.0, 0.0011, 1.1278, 1e9, 1e11, above=Electrical(1.58, 0.0, 0.0014, 1.07, 1e11, 4e11)
    ),
    "chipboard": Electrical(2.58, 0.0, 0.0217, 0.78, 1e9, 1e11, above=Electrical(2.16, 0.0, 0.0023, 1.359, 1e11, 2e11)),
    "plywood": Electrical(2.71, 0.0, 0.33, 0.0, 1e9, 4e10, above=Electrical(2.17, 0.0, 0.0063, 1.045, 1e11, 4e11)),
    "marble": Electrical(7.074, 0.0, 0.0055, 0.9262, 1e9, 6e10, above=Electrical(8.62, 0.0, 0.0027, 1.15, 1e11, 4e11)),
    "floorboard": Electrical(
        3.66, 0.0, 0.0044, 1.3515, 5e10, 1e11, above=Electrical(3.1575, 0.0, 0.001675, 1.32775, 1e11, 4e11)
    ),
    "vinyl_tile": Electrical(3.62, 0.0, 0.0051, 0.8422, 1e9, 4e10),
    "carpet_tile": Electrical(2.08, 0.0, 0.0009, 0.82, 1e9, 4e10),
    "asphalt": Electrical(4.83, 0.0, 0.0108, 1.3969, 1e9, 4e10),
    "metal": Electrical(1.0, 0.0, 1e7, 0.0, 1e9, 1e11, conductor=True),
    "very_dry_ground": Electrical(3.0, 0.0, 0.00015, 2.52, 1e9, 1e10),
    "medium_dry_ground": Electrical(15.0, -0.1, 0.035, 1.63, 1e9, 1e10),
    "wet_ground": Electrical(30.0, -0.4, 0.15, 1.30, 1e9, 1e10),
    # Rubber and plastic: loss tangents of 0.03 and 0.01 at 28 GHz, generic engineering values.
    "rubber": Electrical(3.0, 0.0, 0.005, 1.0, 1e9, 1e11),
    "plastic": Electrical(2.6, 0.0, 0.0015, 1.0, 1e9, 1e11),
    # Dry short vegetation treated as a rough, weakly refracting surface.
    "foliage": Electrical(1.8, 0.0, 0.01, 1.0, 1e9, 1e11),
    # ITU-R P.527-6 medium dry ground, linearised about 28 GHz.
    "soil": Electrical(4.5, 0.0, 0.035, 1.0, 1e9, 4e10),
    # Gabriel et al. 1996, fitted up to 20 GHz and used to 100, where dermis was since measured somewhat above it
    # (Sasaki et al. 2014).
    "skin": DRY_SKIN,
    # Cotton: 1.60 with a loss tangent of 0.04 near 2.6 GHz (Salvado et al., Sensors 12, 2012), the loss tangent kept
    # for higher frequencies: sigma = 2 pi f eps_0 eps_r tan(delta).
    "clothing": Electrical(1.6, 0.0, 0.00356, 1.0, 2e9, 1e11),
}

# ITU-R P.527-6, Table 2: sand, clay [%], specific gravity, bulk density [g/cm3] of its four example soils.
_TEXTURES = {
    "sandy_loam": (51.52, 13.42, 2.66, 1.6006),
    "loam": (41.96, 8.53, 2.70, 1.5781),
    "silt_loam": (30.63, 13.48, 2.59, 1.5750),
    "silty_clay": (5.02, 47.38, 2.56, 1.4758),
}
_WETNESS = {"dry": 0.07, "moist": 0.2, "wet": 0.4}  # share of water by volume; dry_loam ... wet_silty_clay
ELECTRICAL |= {
    f"{wetness}_{texture}": Soil(*grains, water=water)
    for texture, grains in _TEXTURES.items()
    for wetness, water in _WETNESS.items()
}

_ALIASES = {
    "air": "vacuum", "asphalt_concrete": "asphalt", "tarmac": "asphalt", "acrylic": "clear_acrylic", "tyre": "rubber",
    "tire": "rubber",
}  # fmt: skip
_ALIASES |= dict.fromkeys(("aluminium", "aluminum", "chrome", "copper", "iron", "stainless_steel", "steel"), "metal")


def match_electrical(name: str) -> str | None:
    """Electrical law that a material's name stands for.

    Parameters
    ----------
    name : str
        As scenes of other tools have it: ``"itu_concrete"``, ``"mat-itu_glass"``, ``"ITU-Brick.001"``, ``"Asphalt
        concrete"``.

    Returns
    -------
    str or None
        Key of `ELECTRICAL`; None where the name is no material's.
    """
    key = plain_name(name)
    key = _ALIASES.get(key, key)
    return key if key in ELECTRICAL else None


def plain_name(name: str) -> str:
    """Return a material's name in lower case, joined by underscores, without other tools' prefixes and numbers."""
    key = re.sub(r"\.\d+$", "", name.strip().lower())
    key = re.sub(r"[\s-]+", "_", key)
    return re.sub(r"^(mat_)?(itu_)?", "", key)


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

    Raises
    ------
    ValueError
        Unknown law, or a frequency that is not above 0.

    Warns
    -----
    UserWarning
        Once per material, where the frequency lies outside the range that the law's source states.

    References
    ----------
    ITU-R P.2040-4, eqs. (9), (28), (29), Table 3; ITU-R P.527-6, section 5.2.
    """
    if electrical not in ELECTRICAL:
        raise ValueError(f"electrical must be one of {sorted(ELECTRICAL)}, got {electrical!r}")
    if not frequency > 0:
        raise ValueError(f"frequency must be above 0 Hz, got {frequency}")
    law = ELECTRICAL[electrical]
    if law.conductor:
        return complex(1.0, -inf)
    if isinstance(law, Electrical):
        law = law.row(frequency)
    if not law.lowest <= frequency <= law.highest:
        _warn_once(electrical, frequency, law)
    return law.permittivity(frequency)


def _warn_once(electrical: str, frequency: float, law: Law) -> None:
    """Warn, then have this material's further warnings ignored.

    What has been said is kept as a warnings filter, not in a variable of ours: leaving `warnings.catch_warnings` (and
    so every test) forgets it, and a user's own "error" or "always" set later takes precedence.
    """
    subject = f"{electrical}: "
    warnings.warn(
        f"{subject}{frequency / 1e9:g} GHz lies outside {law.lowest / 1e9:g}-{law.highest / 1e9:g} GHz; "
        f"the {law.source} law is extrapolated",
        stacklevel=3,
    )
    warnings.filterwarnings("ignore", message=rf"{re.escape(subject)}.* law is extrapolated", category=UserWarning)
