"""What weather does to radio: attenuation on the way, clutter from the volume.

Rates are of melted water. Everything adds up over the kinds of weather: one `raysim.environment.Weather` drives
camera, lidar and radio together.
"""

import numpy as np
from scipy.constants import c, pi, zero_Celsius

from raysim.dielectrics import water_permittivity
from raysim.environment import Weather
from raysim.mie import sphere_efficiencies

NEPER_DB = 20.0 / np.log(10.0)  # [dB] of one neper

# ITU-R P.838-3, Tables 1-4: a_j, b_j, c_j, then m and c, for log10 k and for alpha.
_K = {
    "horizontal": (
        (-5.33980, -0.35351, -0.23789, -0.94158),
        (-0.10008, 1.26970, 0.86036, 0.64552),
        (1.13098, 0.45400, 0.15354, 0.16817),
        -0.18961,
        0.71147,
    ),
    "vertical": (
        (-3.80595, -3.44965, -0.39902, 0.50167),
        (0.56934, -0.22911, 0.73042, 1.07319),
        (0.81061, 0.51059, 0.11899, 0.27195),
        -0.16398,
        0.63297,
    ),
}
_ALPHA = {
    "horizontal": (
        (-0.14318, 0.29591, 0.32177, -5.37610, 16.1721),
        (1.82442, 0.77564, 0.63773, -0.96230, -3.29980),
        (-0.55187, 0.19822, 0.13164, 1.47828, 3.43990),
        0.67849,
        -1.95537,
    ),
    "vertical": (
        (-0.07771, 0.56727, -0.20238, -48.2991, 48.5833),
        (2.33840, 0.95545, 1.14520, 0.791669, 0.791459),
        (-0.76284, 0.54039, 0.26809, 0.116226, 0.116479),
        -0.053739,
        0.83433,
    ),
}

DROP_TEMPERATURE = 283.15  # [K] rain
FOG_TEMPERATURE = zero_Celsius + 8.0  # [K]
DUST_DENSITY = 2.65  # [g/cm3] quartz
# Humid dust at Ka band, as used by Sharif, PIER M 43 (2015); dry dust (5.2 - 0.26j at X band, Ghobrial 1980) attenuates
# a seventh of it.
DUST_PERMITTIVITY = 4.0 - 1.325j

MARSHALL_PALMER_INTERCEPT = 8e6  # [1/m4]: 8000 drops per m3 and mm
_LARGEST_DROP = 8e-3  # [m] larger ones break up
_WATER_K2 = 0.93  # |(eps - 1) / (eps + 2)|^2 of water in the definition of Ze
# Ze = a S^b of dry snowfall [mm6/m3, mm/h], Matrosov, J. Atmos. Sci. 64 (2007), abstract: at Ka and W band.
_SNOW_FREQUENCY = np.array([34.6e9, 94e9])
_SNOW_FACTOR = np.array([56.0, 10.0])
_SNOW_EXPONENT = np.array([1.20, 0.80])


def _check_frequency(frequency: float) -> None:
    if not 1e9 <= frequency <= 1e12:
        raise ValueError(f"frequency must lie in 1-1000 GHz, got {frequency / 1e9:g} GHz")


def _curve(coefficients, log_frequency: float) -> float:
    """Sum of Gaussians and a line that P.838 fits in log10 of the frequency."""
    a, b, width, slope, offset = coefficients
    bumps = np.asarray(a) * np.exp(-(((log_frequency - np.asarray(b)) / np.asarray(width)) ** 2))
    return float(np.sum(bumps) + slope * log_frequency + offset)


def rain_coefficients(frequency: float, *, elevation: float = 0.0, tilt: float = pi / 2) -> tuple[float, float]:
    """Power law of the specific attenuation of rain.

    Parameters
    ----------
    frequency : float
        [Hz], 1 to 1000 GHz.
    elevation : float
        Of the path [rad].
    tilt : float
        Of the polarisation against the horizontal [rad]: pi / 2 = vertical, pi / 4 for circular.

    Returns
    -------
    k, alpha : float
        ``k R^alpha`` [dB/km] for a rate R [mm/h].

    References
    ----------
    ITU-R P.838-3, eqs. (2)-(5), Tables 1-4.
    """
    _check_frequency(frequency)
    log_frequency = np.log10(frequency / 1e9)
    k_h, k_v = (10 ** _curve(_K[p], log_frequency) for p in ("horizontal", "vertical"))
    alpha_h, alpha_v = (_curve(_ALPHA[p], log_frequency) for p in ("horizontal", "vertical"))
    share = np.cos(elevation) ** 2 * np.cos(2 * tilt)
    k = (k_h + k_v + (k_h - k_v) * share) / 2
    alpha = (k_h * alpha_h + k_v * alpha_v + (k_h * alpha_h - k_v * alpha_v) * share) / (2 * k)
    return float(k), float(alpha)


def rain_attenuation_db_per_km(rate: float, frequency: float, *, elevation: float = 0.0, tilt: float = pi / 2) -> float:
    """Specific attenuation of rain [dB/km] at a rate [mm/h]; the rest as in `rain_coefficients`."""
    k, alpha = rain_coefficients(frequency, elevation=elevation, tilt=tilt)
    return k * rate**alpha


def small_particle_attenuation_db_per_km(mass: float, density: float, permittivity: complex, frequency: float) -> float:
    """Specific attenuation by particles small against the wavelength: absorption alone.

    Parameters
    ----------
    mass : float
        Of particles in the air [g/m3].
    density : float
        Of the particles' substance [g/cm3].
    permittivity : complex
        Of that substance [1].
    frequency : float
        [Hz].

    Returns
    -------
    float
        [dB/km].

    References
    ----------
    Rayleigh absorption, Bohren and Huffman, eq. (5.11); for water it is ITU-R P.840-9, eq. (2).
    """
    volume = 1e-6 * mass / density  # share of the air
    polarisability = (permittivity - 1) / (permittivity + 2)
    return float(-6 * pi * frequency / c * volume * polarisability.imag * 1e3 * NEPER_DB / 2)


def fog_water(visibility: float) -> float:
    """Liquid water of fog [g/m3] at a visibility [m]: the power law through the two fogs that ITU-R P.840 names.

    Medium fog has 0.05 g/m3 at 300 m, thick fog 0.5 g/m3 at 50 m.
    """
    return float(0.05 * (300.0 / visibility) ** (np.log(10) / np.log(6)))


def fog_attenuation_db_per_km(water: float, frequency: float, *, temperature: float = FOG_TEMPERATURE) -> float:
    """Specific attenuation of fog or cloud [dB/km] with water [g/m3] at a temperature [K], up to 200 GHz: P.840-9."""
    return small_particle_attenuation_db_per_km(
        water, 1.0, water_permittivity(frequency, temperature, infinite=3.52), frequency
    )


def snow_attenuation_db_per_km(rate: float, frequency: float) -> float:
    """Specific attenuation of dry snow.

    Parameters
    ----------
    rate : float
        Of melted water [mm/h].
    frequency : float
        [Hz].

    Returns
    -------
    float
        ``0.00349 R^1.6 / lambda^4 + 0.00224 R / lambda`` [dB/km], wavelength in cm: scattering and absorption. Melting
        snow attenuates far more, up to several times the rain that it becomes.

    References
    ----------
    Gunn and East, Quart. J. Roy. Met. Soc. 80 (1954).
    """
    wavelength_cm = c / frequency * 100
    return 0.00349 * rate**1.6 / wavelength_cm**4 + 0.00224 * rate / wavelength_cm


def attenuation_constant(weather: Weather, frequency: float, *, elevation: float = 0.0, tilt: float = pi / 2) -> float:
    """Attenuation of a path's amplitude by everything in the air.

    Parameters
    ----------
    weather : Weather
    frequency : float
        [Hz], 1 to 1000 GHz.
    elevation, tilt : float
        Of the path and of the polarisation, for rain [rad].

    Returns
    -------
    float
        [Np/m]: amplitudes fall by ``exp(-constant length)``. 0 in clear air.
    """
    _check_frequency(frequency)
    total = 0.0
    if weather.rain > 0:
        total += rain_attenuation_db_per_km(weather.rain, frequency, elevation=elevation, tilt=tilt)
    if weather.snow > 0:
        total += snow_attenuation_db_per_km(weather.snow, frequency)
    if np.isfinite(weather.visibility):
        total += fog_attenuation_db_per_km(fog_water(weather.visibility), frequency)
    if weather.dust > 0:
        total += small_particle_attenuation_db_per_km(weather.dust, DUST_DENSITY, DUST_PERMITTIVITY, frequency)
    return total / 1e3 / NEPER_DB


def marshall_palmer(diameter: np.ndarray, rate: float) -> np.ndarray:
    """Count raindrops per volume and diameter.

    Parameters
    ----------
    diameter, rate : (n,) float, float
        [m] and [mm/h].

    Returns
    -------
    (n,) float64
        ``N0 exp(-4.1 R^-0.21 D / mm)`` [1/m4].

    References
    ----------
    Marshall and Palmer, J. Meteorology 5 (1948).
    """
    return MARSHALL_PALMER_INTERCEPT * np.exp(-4100.0 * rate**-0.21 * diameter)


def rain_spectrum(
    rate: float, frequency: float, *, temperature: float = DROP_TEMPERATURE
) -> tuple[np.ndarray, np.ndarray]:
    """Radar cross-section per volume that drops of each size add.

    Parameters
    ----------
    rate : float
        Above 0 [mm/h].
    frequency : float
        [Hz].
    temperature : float
        Of the drops [K].

    Returns
    -------
    diameter : (n,) float64
        Rising [m].
    reflectivity : (n,) float64
        [m2/m3], co-polar: Mie spheres, as many as Marshall and Palmer count.
    """
    _check_frequency(frequency)
    largest = min(_LARGEST_DROP, 24 / (4100.0 * rate**-0.21))
    node, weight = np.polynomial.legendre.leggauss(200)
    diameter, weight = (node + 1) * largest / 2, weight * largest / 2
    _, _, backscatter = sphere_efficiencies(pi * diameter * frequency / c, water_permittivity(frequency, temperature))
    return diameter, weight * marshall_palmer(diameter, rate) * backscatter * pi * diameter**2 / 4


def rain_reflectivity(rate: float, frequency: float) -> float:
    """Radar cross-section of rain per volume [m2/m3] at a rate [mm/h] and a frequency [Hz].

    At centimetre wavelengths this is ``pi^5 |K|^2 Z / lambda^4``; at 28 GHz it is within a decibel of it, at 77 GHz and
    10 mm/h, where drops have reached the wavelength's size, 12 dB below.
    """
    _check_frequency(frequency)
    return float(np.sum(rain_spectrum(rate, frequency)[1])) if rate > 0 else 0.0


def snow_reflectivity(rate: float, frequency: float) -> float:
    """Radar cross-section of dry snowfall per volume.

    Parameters
    ----------
    rate, frequency : float
        Of melted water [mm/h]; [Hz].

    Returns
    -------
    float
        [m2/m3] of ``Ze = a S^b``, between Ka and W band interpolated over the frequency's logarithm, outside of them
        with the nearer band's law: below 20 GHz, where flakes are small against the wavelength, some dB too little.

    References
    ----------
    Matrosov, J. Atmos. Sci. 64 (2007): aggregates and dendrites, spread of a factor of two.
    """
    _check_frequency(frequency)
    place = np.log(frequency)
    factor = np.exp(np.interp(place, np.log(_SNOW_FREQUENCY), np.log(_SNOW_FACTOR)))
    exponent = np.interp(place, np.log(_SNOW_FREQUENCY), _SNOW_EXPONENT)
    reflectivity_factor = factor * rate**exponent * 1e-18  # [m3]
    return float(pi**5 * _WATER_K2 * reflectivity_factor * (frequency / c) ** 4)


def volume_reflectivity(weather: Weather, frequency: float) -> float:
    """Radar cross-section of the air per volume [m2/m3] at a frequency [Hz]: rain and snow; fog and dust are dark."""
    return rain_reflectivity(weather.rain, frequency) + snow_reflectivity(weather.snow, frequency)
