"""Published levels of ground and wall clutter against grazing angle: laws, measured textures, their ranges."""

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np
from scipy.constants import pi

from raysim.materials import Material, complex_permittivity
from tests.accuracy.diffuse import mean_reflection
from tests.shapes import FREQUENCY, WAVELENGTH, db

Limits = Callable[[Material, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Published:
    """Mean levels of one kind of surface from one source.

    Attributes
    ----------
    name : str
        As the picture and the page show it.
    lowest, highest : float
        Grazing angles that it holds for [deg].
    limits : callable
        Lowest and highest mean level [dB] of a material like ours at grazing angles (n,) [rad]; equal for a single law.
    source : str
        Work, and whether the figures were read there.
    """

    name: str
    lowest: float
    highest: float
    limits: Limits
    source: str


def gtri(a: float, b: float, c: float) -> Limits:
    """Georgia Tech land clutter on flat ground: sigma0 = A (psi + C)^B, psi in rad."""

    def limits(material: Material, grazing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        level = db(a * (grazing + c) ** b)
        return level, level

    return limits


def kulemin(lowest: float, highest: float, b: float, c: float) -> Limits:
    """A1 + A2 log(psi / 20 deg) + A3 log(f / 10 GHz) [dB] at 28 GHz; A1 from `lowest` to `highest`."""

    def limits(material: Material, grazing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        level = b * np.log10(np.degrees(grazing) / 20) + c * np.log10(FREQUENCY / 10e9)
        return lowest + level, highest + level

    return limits


def level_of(decibel: float) -> Limits:
    """One measured mean [dB]."""
    return lambda material, grazing: (np.full(len(grazing), decibel), np.full(len(grazing), decibel))


def integral_equation(eps: complex, grazing: np.ndarray, height: float, length: float) -> np.ndarray:
    """Single-scattering integral equation model of a rough surface, straight back at 28 GHz.

    Parameters
    ----------
    eps : complex
        Relative permittivity [1].
    grazing : (n,) float64
        [rad].
    height, length : float
        Rms height and correlation length, exponential [m].

    Returns
    -------
    (2, n) float64
        sigma0 of V and H [1].

    References
    ----------
    A. K. Fung, Z. Li and K. S. Chen, IEEE Trans. Geosci. Remote Sens. 30 (1992) 356.
    """
    k, sine, cosine = 2 * pi / WAVELENGTH, np.cos(grazing), np.sin(grazing)  # of the angle of incidence
    root = np.sqrt(eps - sine**2)
    rv, rh = (eps * cosine - root) / (eps * cosine + root), (cosine - root) / (cosine + root)
    kirchhoff = np.stack([2 * rv / cosine, -2 * rh / cosine])
    with_v = 1 - 1 / eps + (eps - sine**2 - eps * cosine**2) / (eps * cosine) ** 2
    complementary = 2 * sine**2 / cosine * np.stack([(1 + rv) ** 2 * with_v, -((1 + rh) ** 2) * (eps - 1) / cosine**2])
    kz, total = k * cosine, np.zeros((2, len(grazing)))
    for n in range(1, 16):
        spectrum = (length / n) ** 2 * (1 + (2 * k * sine * length / n) ** 2) ** -1.5
        field = (2 * kz) ** n * kirchhoff * np.exp(-((kz * height) ** 2)) + kz**n * complementary / 2
        total += height ** (2 * n) * np.abs(field) ** 2 * spectrum / factorial(n)
    return k**2 / 2 * np.exp(-2 * (kz * height) ** 2) * total


def textured(*heights: float) -> Limits:
    """Roads of measured rms heights [m], V and H; correlation lengths a quarter to half of stones of 8 and 11 mm."""

    def limits(material: Material, grazing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        eps = complex_permittivity(material.electrical, FREQUENCY)
        levels = [integral_equation(eps, grazing, h, length) for h in heights for length in (2e-3, 5.5e-3)]
        return db(np.min(levels, axis=(0, 1))), db(np.max(levels, axis=(0, 1)))

    return limits


def effective_roughness(lowest: float, highest: float) -> Limits:
    """Lambertian walls that scatter S of the reflected field: sigma0 = 4 S^2 Gamma0^2 cos^2."""

    def limits(material: Material, grazing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gamma = np.array([mean_reflection(material, pi / 2 - float(psi)) for psi in grazing])
        return db(4 * lowest**2 * gamma * np.sin(grazing) ** 2), db(4 * highest**2 * gamma * np.sin(grazing) ** 2)

    return limits


QUOTED = "coefficients as commonly quoted, not read in the book"
GEORGIA = f"Currie, in Eaves and Reedy, Principles of Modern Radar, 1987; {QUOTED}"
KULEMIN = f"Kulemin, Millimeter-Wave Radar Targets and Clutter, 2003; {QUOTED}"
TEXTURE = (
    "rms heights of three asphalts (0.5 to 0.81 mm) and two concretes (0.38, 0.87 mm), Technical University of Munich, "
    "read in the data set OpenMATERIAL; levels by the integral equation model of Fung, Li and Chen (1992), V and H, "
    "with correlation lengths of 2 to 5.5 mm, a quarter to half of the stones, for want of measured ones"
)
NOT_READ = (
    "Not used, as their figures could not be read: roads at 94 GHz of Li and Sarabandi (1999), terrain at 95 GHz of "
    "Ulaby et al. (1998), roads and snow at 95 GHz of Narayanan and Snuttjer (1997), asphalt at 24 GHz of Viikari et "
    "al. (2009), the handbook of Ulaby and Dobson (1989)"
)
GRASS = (
    Published("Georgia Tech, grass, 35 GHz", 10, 60, gtri(0.125, 1.5, 0.012), GEORGIA),
    Published("Georgia Tech, grass, 95 GHz", 10, 60, gtri(0.30, 1.5, 0.012), GEORGIA),
    Published("Kulemin, grass under 0.5 m", 10, 30, kulemin(-30, -25, 10, 6), KULEMIN),
    Published(
        "Skylab S-193, land, 13.9 GHz", 45, 45, level_of(-10.0),
        "Sobti, University of Kansas, 1974, mean over the United States; read in the abstract",
    ),
)  # fmt: skip
ROADS = (
    Published("measured textures, 0.38-0.87 mm", 10, 60, textured(3.8e-4, 8.7e-4), TEXTURE),
    Published("Kulemin, concrete", 10, 30, kulemin(-49, -49, 32, 20), KULEMIN),
)
WALLS = (
    Published(
        "S = 0.2-0.5 of whole walls", 20, 60, effective_roughness(0.2, 0.5),
        "Degli-Esposti et al., IEEE Trans. Antennas Propag. 55 (2007) 143, and its successors; as commonly quoted, "
        "not read in the papers",
    ),
    Published(
        "40 % diffuse, streets at 28 GHz", 20, 60, effective_roughness(0.4**0.5, 0.4**0.5),
        "upper end of the diffuse share of the received power; read in a paper of NIST's 28 GHz channel model, "
        "PMC 10502687",
    ),
)  # fmt: skip


def published_range(sources: tuple[Published, ...], material: Material, degrees: np.ndarray) -> np.ndarray:
    """Lowest and highest mean level of all sources [dB], (2, n) float64; NaN where none holds."""
    found = np.full((len(sources), 2, len(degrees)), np.nan)
    for each, source in zip(found, sources, strict=True):
        inside = (degrees >= source.lowest) & (degrees <= source.highest)
        each[:, inside] = source.limits(material, np.radians(degrees[inside]))
    return np.stack([np.fmin.reduce(found[:, 0]), np.fmax.reduce(found[:, 1])])
