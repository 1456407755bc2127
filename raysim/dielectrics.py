"""Complex permittivity of water, ice, soil and tissue: the models behind materials and weather.

Time factor exp(+j w t), so losses are a negative imaginary part.
"""

from dataclasses import dataclass

import numpy as np
from scipy.constants import epsilon_0, pi, zero_Celsius

ROOM = 293.15  # [K], what soils are given at


def water_permittivity(frequency: float, temperature: float = ROOM, *, infinite: float | None = None) -> complex:
    """Pure liquid water, double Debye.

    Parameters
    ----------
    frequency : float
        [Hz], up to 1000 GHz.
    temperature : float
        [K].
    infinite : float, optional
        High-frequency limit instead of P.527's: P.840 keeps it at 3.52 for every temperature [1].

    Returns
    -------
    complex
        Relative permittivity [1].

    References
    ----------
    ITU-R P.527-6, eqs. (5)-(13).
    """
    ghz = frequency / 1e9
    theta = 300.0 / temperature - 1.0
    static = 77.66 + 103.3 * theta
    middle = 0.0671 * static
    if infinite is None:
        infinite = 3.52 - 7.52 * theta
    principal = 20.20 - 146.4 * theta + 316.0 * theta**2  # [GHz]
    secondary = 39.8 * principal
    return complex(
        infinite + (static - middle) / (1 + 1j * ghz / principal) + (middle - infinite) / (1 + 1j * ghz / secondary)
    )


def ice_permittivity(frequency: float, temperature: float = zero_Celsius) -> complex:
    """Pure ice.

    Parameters
    ----------
    frequency : float
        [Hz], up to 1000 GHz.
    temperature : float
        [K], at most 273.15.

    Returns
    -------
    complex
        Relative permittivity [1].

    References
    ----------
    ITU-R P.527-6, eqs. (28)-(34).
    """
    ghz, celsius = frequency / 1e9, temperature - zero_Celsius
    theta = 300.0 / temperature - 1.0
    low = (0.00504 + 0.0062 * theta) * np.exp(-22.1 * theta)
    boltzmann = np.exp(-335.0 / temperature)
    high = (
        0.0207 / temperature * boltzmann / (boltzmann - 1) ** 2 + 1.16e-11 * ghz**2 + np.exp(-9.963 + 0.0372 * celsius)
    )
    return complex(3.1884 + 0.00091 * celsius, -(low / ghz + high * ghz))


@dataclass(frozen=True)
class Soil:
    """Moist soil, semi-empirical four-component mixture.

    Attributes
    ----------
    sand, clay : float
        Mass share of the dry soil [%]; the rest is silt.
    specific_gravity : float
        Density of the grains over that of water [1].
    bulk_density : float
        [g/cm3].
    water : float
        Volume share of water, above 0 and below 1 [1].
    temperature : float
        [K].

    References
    ----------
    ITU-R P.527-6, section 5.2 (after Dobson et al., IEEE TGRS GE-23, 1985).
    """

    sand: float
    clay: float
    specific_gravity: float
    bulk_density: float
    water: float
    temperature: float = ROOM

    lowest = 1e9
    highest = 1e12
    source = "P.527"
    conductor = False

    def __post_init__(self):
        if not (self.sand >= 0 and self.clay >= 0 and self.sand + self.clay <= 100):
            raise ValueError(
                f"soil: sand and clay must be >= 0 and at most 100 % together, got {self.sand} and {self.clay} %"
            )
        if not 0 < self.water < 1:
            raise ValueError(f"soil: water must lie above 0 and below 1 (share of volume), got {self.water}")
        if not 0 < self.bulk_density < self.specific_gravity:
            raise ValueError(
                f"soil: bulk_density must lie above 0 and below specific_gravity = {self.specific_gravity}, "
                f"got {self.bulk_density}"
            )

    def permittivity(self, frequency: float) -> complex:
        """Relative permittivity [1] at a frequency [Hz]: P.527-6, eqs. (58)-(70)."""
        ghz = frequency / 1e9
        free = self._free_water(ghz)
        shape = 0.65
        real_exponent = 1.2748 - 0.00519 * self.sand - 0.00152 * self.clay
        imaginary_exponent = 1.33797 - 0.00603 * self.sand - 0.00166 * self.clay
        grains = (1.01 + 0.44 * self.specific_gravity) ** 2 - 0.062
        real = (
            1.0
            + self.bulk_density / self.specific_gravity * (grains**shape - 1.0)
            + self.water**real_exponent * free.real**shape
            - self.water
        ) ** (1.0 / shape)
        imaginary = self.water ** (imaginary_exponent / shape) * -free.imag
        return complex(real, -imaginary)

    def _free_water(self, ghz: float) -> complex:
        """Water between the grains: pure water and the conductivity of what is dissolved, eqs. (65)-(70)."""
        low = 0.0467 + 0.2204 * self.bulk_density - 0.004111 * self.sand - 0.006614 * self.clay
        high = -1.645 + 1.939 * self.bulk_density - 0.0225622 * self.sand + 0.01594 * self.clay
        turn = ghz / 1.35
        sigma = high + (low - high) / (1.0 - 1j * turn)  # [S/m] sigma'' + j sigma' of the Recommendation
        pores = (self.specific_gravity - self.bulk_density) / (self.specific_gravity * self.water)
        return water_permittivity(ghz * 1e9, self.temperature) - 18j / ghz * pores * sigma


@dataclass(frozen=True)
class ColeCole:
    """Sum of Cole-Cole relaxations and a static conductivity.

    Attributes
    ----------
    infinite : float
        Permittivity far above every relaxation [1].
    poles : tuple of (float, float, float)
        Step [1], time constant [s] and broadening [1] of each relaxation.
    conductivity : float
        Static [S/m].
    lowest, highest : float
        Range of the fit [Hz].
    source : str
        Whose law it is, for the warning outside that range.
    """

    infinite: float
    poles: tuple[tuple[float, float, float], ...]
    conductivity: float
    lowest: float
    highest: float
    source: str

    conductor = False

    def permittivity(self, frequency: float) -> complex:
        """Relative permittivity [1] at a frequency [Hz]."""
        omega = 2 * pi * frequency
        total = self.infinite - 1j * self.conductivity / (omega * epsilon_0)
        for step, time_constant, broadening in self.poles:
            total += step / (1.0 + (1j * omega * time_constant) ** (1.0 - broadening))
        return complex(total)


# Gabriel, Lau and Gabriel, Phys. Med. Biol. 41 (1996), part III, table 1: skin (dry).
DRY_SKIN = ColeCole(4.0, ((32.0, 7.234e-12, 0.0), (1100.0, 32.481e-9, 0.2)), 2e-4, 1e6, 1e11, "Gabriel")
