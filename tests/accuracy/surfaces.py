"""Reflection and transmission of plane surfaces against closed forms at 50 digits."""

import mpmath
import numpy as np
from scipy.constants import c

from raysim.fresnel import fresnel
from raysim.materials import complex_permittivity
from raysim.slab import single_slab, slab
from tests.accuracy.rows import Row, worst_row
from tests.raysim.test_slab import ref_transfer_matrix
from tests.shapes import FREQUENCY, WAVELENGTH

MATERIALS = ("concrete", "brick", "glass", "asphalt", "wood", "marble", "moist_loam", "rubber")
ANGLES = np.radians(np.concatenate([np.linspace(0, 89, 90), [89.5, 89.9, 89.99]]))
BAR = 1e-9


def snell(permittivity: complex, angle: float) -> tuple[complex, complex]:
    """(TE, TM) by Snell's law and the angles of refraction, 50 digits; TM of the basis k x e_te on both sides."""
    with mpmath.workdps(50):
        n = mpmath.sqrt(mpmath.mpc(permittivity))
        sine, cosine = mpmath.sin(mpmath.mpf(angle)), mpmath.cos(mpmath.mpf(angle))
        refracted = mpmath.sqrt(1 - (sine / n) ** 2)
        te = (cosine - n * refracted) / (cosine + n * refracted)
        tm = (n * cosine - refracted) / (n * cosine + refracted)
    return complex(te), complex(tm)


def half_spaces() -> Row:
    worst = 0.0
    for name in MATERIALS:
        eps = complex_permittivity(name, FREQUENCY)
        for angle in ANGLES:
            got, want = fresnel(eps, float(np.cos(angle))), snell(eps, float(angle))
            worst = max(worst, *(abs(g - w) for g, w in zip(got, want, strict=True)))
    case = f"Fresnel coefficients, {len(MATERIALS)} materials, 0-89.99 degrees"
    return worst_row(case, "Snell's law, 50 digits", worst, BAR)


def brewster() -> Row:
    worst = max(abs(fresnel(e + 0j, np.cos(np.arctan(np.sqrt(e))))[1]) for e in (1.5, 2.2, 4.83, 6.27, 12.0, 30.0))
    return worst_row("TM reflection at the Brewster angle, eps 1.5-30", "0 at arctan sqrt(eps)", worst, BAR)


def lossless_balance() -> Row:
    rng = np.random.default_rng(1)
    worst = 0.0
    for layers in (1, 2, 3, 5):
        for _ in range(200):
            eps = rng.uniform(1.2, 12, layers) + 0j
            thickness = rng.uniform(1e-4, 0.05, layers)
            r_te, r_tm, t_te, t_tm = slab(eps, thickness, WAVELENGTH, rng.uniform(0.02, 1))
            for r, t in ((r_te, t_te), (r_tm, t_tm)):
                worst = max(worst, abs(abs(r) ** 2 + abs(t) ** 2 - 1))
    return worst_row("energy balance of lossless slabs, 1-5 layers, 800 draws", "R + T = 1", worst, BAR)


def layers_against_matrices() -> Row:
    rng = np.random.default_rng(2)
    worst = 0.0
    for _ in range(300):
        count = int(rng.integers(1, 5))
        eps = rng.uniform(1.2, 8, count) - 1j * rng.uniform(0, 1, count)
        thickness, cosine = rng.uniform(1e-4, 0.01, count), rng.uniform(0.02, 1)
        got = slab(eps, thickness, WAVELENGTH, cosine)
        want = ref_transfer_matrix(eps, thickness, WAVELENGTH, cosine)
        worst = max(worst, *(abs(g - w) for g, w in zip(got, want, strict=True)))
    return worst_row("lossy slabs of 1-4 layers", "transfer matrices of fields", worst, BAR)


def glass_by_frequency() -> Row:
    """Single panes from 20 to 40 GHz against the layered recursion: two derivations of one slab."""
    worst = 0.0
    for f in np.linspace(20e9, 40e9, 41):
        eps = complex_permittivity("glass", f)
        for cosine in np.cos(ANGLES[:-1:8]):
            one = single_slab(eps, 4e-3, c / f, cosine)
            many = slab(np.array([eps, eps]), np.array([1.5e-3, 2.5e-3]), c / f, cosine)
            worst = max(worst, *(abs(a - b) for a, b in zip(one, many, strict=True)))
    return worst_row("pane of glass 4 mm as one layer", "P.2040 closed form against 1.5 + 2.5 mm", worst, BAR)


def rows() -> list[Row]:
    """Fresnel, Brewster, slab energy balance."""
    return [half_spaces(), brewster(), lossless_balance(), layers_against_matrices(), glass_by_frequency()]
