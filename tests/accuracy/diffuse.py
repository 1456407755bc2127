"""Diffuse power of a rough surface within one range cell against its scattering coefficient."""

from functools import cache

import numpy as np

from raysim.intersect import FrameCaster, RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Lobe, Material, complex_permittivity
from raysim.paths import Paths, concatenate
from raysim.scattering import cell_draw, in_body
from raysim.trace import TraceConfig, trace
from tests.accuracy.rows import Row, worst_row
from tests.fixtures import scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, db

BAR = 0.2  # [dB]
SEEDS = 2000
DISTANCE = 20.0
ACROSS = 20  # tubes over the patch, about
CELLS = 4  # range cells over it, each way: the mean over seeds and cells is known to 0.03 dB
METAL = Material("rough metal", "metal", (0, 0, 0), scattering=0.6)
ASPHALT = Material("rough asphalt", "asphalt", (0, 0, 0), scattering=0.3)
DIRECTIVE = Material("directive brick", "brick", (0, 0, 0), scattering=0.4, lobe=Lobe(4))
BACKWARD = Material("backscattering brick", "brick", (0, 0, 0), scattering=0.4, lobe=Lobe(6, 9, share=0.4))


def mean_reflection(material: Material, incidence: float) -> float:
    """Gamma0^2 [1]: mean power reflection of both polarisations by Snell's law."""
    eps = complex_permittivity(material.electrical, FREQUENCY)
    if np.isinf(eps.imag):
        return 1.0
    n, refracted = np.sqrt(eps), np.sqrt(1 - np.sin(incidence) ** 2 / eps)
    te = (np.cos(incidence) - n * refracted) / (np.cos(incidence) + n * refracted)
    tm = (n * np.cos(incidence) - refracted) / (n * np.cos(incidence) + refracted)
    return float(abs(te) ** 2 + abs(tm) ** 2) / 2


@cache
def straight_back(lobe: Lobe, incidence: float) -> float:
    """Share of the scattered power that goes straight back [1/sr], its whole by quadrature over the half-space."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    polar, around = np.pi / 4 * (nodes + 1), 2 * np.pi * (np.arange(80) + 0.5) / 80
    sideways = np.sin(polar)[:, None] * np.cos(around)  # of the directions, along the wave's own way on the surface
    upward = np.cos(polar)[:, None]
    cosines = [sign * np.sin(incidence) * sideways + np.cos(incidence) * upward for sign in (1, -1)]
    lobes = [((1 + c) / 2) ** a for c, a in zip(cosines, (lobe.alpha_r, lobe.alpha_i), strict=True)]
    density = lobe.share * lobes[0] + (1 - lobe.share) * lobes[1]
    whole = (density.mean(axis=1) * np.sin(polar)) @ weights * np.pi**2 / 2
    return (lobe.share * np.cos(incidence) ** (2 * lobe.alpha_r) + 1 - lobe.share) / whole


def diffuse_share(material: Material, incidence: float) -> float:
    """S^2 [1] of a material with its rms height in it."""
    loss = np.exp(-((4 * np.pi / WAVELENGTH * material.rms_height * np.cos(incidence)) ** 2))
    return float(1 - (1 - material.scattering**2) * loss)


def sigma0(material: Material, incidence: float) -> float:
    """Backscatter of an area [1]: 4 pi S^2 Gamma0^2 f cos, so Lambertian 4 S^2 Gamma0^2 cos^2; albedo / 2 cos."""
    if material.albedo:
        return material.albedo / 2 * np.cos(incidence)
    back = straight_back(material.lobe, incidence) if material.lobe else np.cos(incidence) / np.pi
    share = diffuse_share(material, incidence)
    return 4 * np.pi * share * mean_reflection(material, incidence) * back * np.cos(incidence)


def patch(side: float, incidence: float, material: Material) -> tuple[FrameCaster, float]:
    """A small square at the distance `DISTANCE`, turned by the angle of incidence; and its power by the radar equation.

    The power is the mean of what the radar equation gives each place of it, over the transmitted power.
    """
    across = np.array([np.cos(incidence), np.sin(incidence), 0]) * side / np.cos(incidence)
    up = np.array([0, 0, side])
    centre = np.array([0, DISTANCE, 0])
    corners = np.array([i * across + j * up for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]) / 2 + centre
    piece = ("patch", "other", False, corners, [[0, 1, 2], [0, 2, 3]], material, None)
    caster = RayCaster(scene_of([piece], sensors_at((0, 0, 0), (0, 1, 0)))).frame(0)
    middles = (np.arange(40) + 0.5) / 40 - 0.5
    points = centre + middles[:, None, None] * across + middles[None, :, None] * up
    distance = np.linalg.norm(points, axis=2)
    local = np.arccos(points @ np.array([-np.sin(incidence), np.cos(incidence), 0]) / distance)
    density = np.vectorize(sigma0)(material, local) * WAVELENGTH**2 / ((4 * np.pi) ** 3 * distance**4)
    return caster, float(density.mean()) * side**2 / np.cos(incidence)


def cell_powers(paths: Paths) -> np.ndarray:
    """|sum of a cell's paths|^2 of every range cell of the patch."""
    where = np.stack([paths.departure[:, 0], paths.departure[:, 2]], axis=1)
    low, high = where.min(axis=0), where.max(axis=0)
    index = np.minimum((where - low) / (high - low) * CELLS, CELLS - 1).astype(int)
    phase = np.exp(-2j * np.pi * np.mod(FREQUENCY * paths.delay, 1.0))
    sums = np.zeros(CELLS**2, complex)
    np.add.at(sums, CELLS * index[:, 0] + index[:, 1], paths.gain * phase)
    return np.abs(sums) ** 2


def power_error(footprint: float, incidence: float, material: Material, seeds: int) -> float:
    """Error [dB] of the mean power over phase seeds."""
    caster, truth = patch(ACROSS * footprint, incidence, material)
    launch = LaunchConfig(flat_footprint=footprint * 1.001 / np.sqrt(WAVELENGTH * DISTANCE), object_samples=8)
    config = TraceConfig(antenna="isotropic", contributions="diffuse", launch=launch)
    power = sum(
        cell_powers(concatenate(trace(caster, config, frequency=FREQUENCY, seed=seed))).sum() for seed in range(seeds)
    )
    return float(db(power / seeds / truth))


CASES = (
    (METAL, 1e-3, 0.0), (METAL, 3e-3, 75.0), (METAL, 0.01, 45.0), (METAL, 0.03, 30.0), (METAL, 0.1, 60.0),
    (ASPHALT, 3e-3, 60.0), (ASPHALT, 0.03, 80.0), (DIRECTIVE, 0.01, 30.0), (BACKWARD, 0.01, 50.0),
)  # fmt: skip


def border_row() -> Row:
    """A ground at z = 0 lies on a border of cells: rounding must not toss its phases from frame to frame."""
    rng = np.random.default_rng(0)
    flips, pose = 0, np.eye(4)
    for _ in range(2000):
        x, y, z = rng.uniform(-50, 50, 3) * [1, 1, 1e-14]
        phases = [cell_draw(in_body((x, y, end * z), pose[None], 0), 0.005, 0, 1) for end in (-1.0, 1.0)]
        flips += phases[0] != phases[1]
    case = "phases of a ground at z = 0 that rounding changes, of 2000"
    return Row(case, "none", f"{flips}", "0", flips == 0)


def rows(seeds: int = SEEDS) -> list[Row]:
    """Mean power of range cells over 2000 phase seeds, rough surfaces; footprints of tubes from 1 mm to 10 cm."""
    found = [border_row()]
    for material, footprint, degrees in CASES:
        error = abs(power_error(footprint, np.radians(degrees), material, seeds))
        case = f"{material.name}, footprint {1e3 * footprint:g} mm, incidence {degrees:g} degrees, {seeds} seeds"
        truth = "sigma0 = 4 pi S^2 Gamma0^2 f cos" if material.lobe else "sigma0 = 4 S^2 Gamma0^2 cos^2"
        found.append(worst_row(case, truth, error, BAR, "dB"))
    return found
