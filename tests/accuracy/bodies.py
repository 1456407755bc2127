"""Radar cross sections of conducting bodies against closed forms, end to end: tubes, hits, paths, radar equation."""

from collections.abc import Callable

import numpy as np
import trimesh
from scipy.special import fresnel

from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.paths import concatenate
from raysim.trace import TraceConfig, trace
from tests.accuracy.rows import Row, errors_row
from tests.fixtures import PEC, scene_of, sensors_at
from tests.shapes import (
    FREQUENCY,
    WAVELENGTH,
    channel,
    db,
    measured_rcs,
    plate,
    plate_rcs,
    sphere,
    sphere_rcs,
    trihedral,
    trihedral_rcs,
)

DEFAULT = TraceConfig(antenna="isotropic")
EDGES = "a tube at the rim counts whole or not at all, as its middle lies on the plate or beside it"


def fine(side: float) -> TraceConfig:
    """Footprints of 1 mm over a shape of a size [m]."""
    launch = LaunchConfig(object_samples=int(side / 1e-3), object_tubes=400_000)
    return TraceConfig(antenna="isotropic", launch=launch)


def tilted(vertices, angle):
    """Turn a shape about the vertical axis."""
    rotation = trimesh.transformations.rotation_matrix(angle, [0, 0, 1])[:3, :3]
    return vertices @ rotation.T


def tilted_plate_rcs(side, distance, angle, samples=4001):
    """RCS [m2] of a tilted plate: quadrature of the physical-optics integral, near field in."""
    x = ((np.arange(samples) + 0.5) / samples - 0.5) * side
    w = side / np.sqrt(WAVELENGTH * distance)
    s, c = fresnel(w)
    across = np.exp(-2j * np.pi / WAVELENGTH * 2 * (x * np.sin(angle) + (x * np.cos(angle)) ** 2 / (2 * distance)))
    along = side * np.hypot(c, s) / w  # the straight way, closed form
    return 4 * np.pi / WAVELENGTH**2 * abs(across.mean() * side * np.cos(angle)) ** 2 * along**2


def cylinder(radius, height, segments):
    """Upright open cylinder with shared vertices around, as smooth surfaces have."""
    angle = 2 * np.pi * np.arange(segments) / segments
    ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    levels = np.linspace(-height / 2, height / 2, max(2, int(height / 0.05) + 1))
    vertices = np.concatenate([np.column_stack([ring, np.full(segments, z)]) for z in levels])
    here = np.arange(segments)
    following = (here + 1) % segments
    triangles = []
    for level in range(len(levels) - 1):
        low, high = level * segments, (level + 1) * segments
        triangles.append(np.column_stack([low + here, low + following, high + following]))
        triangles.append(np.column_stack([low + here, high + following, high + here]))
    return vertices, np.concatenate(triangles)


def rim_integral(width: float, distance: float, aside: float) -> float:
    """|Integral| [m] of a two-way spherical wave's phase over a width whose middle lies `aside` of the axis [m]."""
    scale = np.sqrt(WAVELENGTH * distance) / 2
    s, c = fresnel((aside + width / 2 * np.array([-1, 1])) / scale)
    return float(scale * np.hypot(c[1] - c[0], s[1] - s[0]))


def cylinder_rcs(radius, height, distance, aside):
    """RCS [m2] of an upright cylinder at broadside, near field in; distance to its axis, middle `aside` of it [m]."""
    line = rim_integral(height, distance - radius, aside)
    return 2 * np.pi * radius * line**2 / WAVELENGTH * (distance / (distance - radius)) ** 3


def dihedral(side):
    """Two squares at a right angle, opening towards -y, their line upright."""
    h = side / np.sqrt(2)
    left = [[-h, -h, -side / 2], [0, 0, -side / 2], [0, 0, side / 2], [-h, -h, side / 2]]
    right = [[0, 0, -side / 2], [h, -h, -side / 2], [h, -h, side / 2], [0, 0, side / 2]]
    return np.array(left + right), np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])


def errors(make: Callable[[int], tuple], truth: float, distance: float, placements: int, config=DEFAULT) -> np.ndarray:
    """Errors [dB] over placements: other attitudes and other places on the grid."""
    measured = [measured_rcs(*make(k), distance, seed=k, config=config) for k in range(placements)]
    return db(np.array(measured)) - db(truth)


def _shifted(shape, k, reach=0.02):
    rng = np.random.default_rng(k)
    vertices, triangles = shape
    return vertices + reach * rng.uniform(-1, 1, 3) * [1, 0, 1], triangles


def plate_rcs_aside(side: float, distance: float, aside: np.ndarray) -> float:
    """RCS [m2] of a square plate whose middle lies `aside` (2,) of the axis [m]: Fresnel integrals to its own rims."""
    across, up = (rim_integral(side, distance, float(x)) for x in aside)
    return 4 * np.pi / WAVELENGTH**2 * (across * up) ** 2


def plate_error(side: float, distance: float, k: int, config: TraceConfig) -> float:
    """Error [dB] of a plate somewhere near the axis."""
    vertices, triangles = _shifted(plate(side), k)
    aside = vertices.mean(axis=0)[[0, 2]]
    got = measured_rcs(vertices, triangles, distance, seed=k, config=config)
    return float(db(got / plate_rcs_aside(side, distance, aside)))


def plate_row(name: str, config: Callable[[float], TraceConfig], bar: float) -> Row:
    """Plates of all sizes at all distances, square to the axis: every placement counts for itself."""
    found = [
        plate_error(a, r, k, config(a)) for a in (0.1, 0.2, 0.3, 0.4) for r in (10, 20, 50, 100, 200) for k in range(4)
    ]
    case = f"plates 0.1-0.4 m, 10-200 m, {name}"
    return errors_row(case, "Fresnel integrals", np.array(found), bar, bar, reason=EDGES, limit=0.3)


def tilted_row(name: str, config: Callable[[float], TraceConfig], bar: float) -> Row:
    """A plate of 0.2 m at 50 m, main lobe and sidelobes, as errors of the field over that of the main lobe's top."""
    corners, faces = plate(0.2)
    top = plate_rcs(0.2, 50)
    found = []
    for turn in np.radians(np.linspace(0, 5, 21)):
        got = measured_rcs(tilted(corners, turn), faces, 50, config=config(0.2))
        want = tilted_plate_rcs(0.2, 50, turn)
        # within the main lobe [dB]; in the sidelobes the error of the field, over that of the top, in dB of the top
        inside = want > top / 10
        found.append(db(got / want) if inside else db((1 + abs(np.sqrt(got / top) - np.sqrt(want / top))) ** 2))
    case = f"plate 0.2 m turned by 0-5 degrees, {name}"
    return errors_row(case, "quadrature of the aperture", np.array(found), bar, bar, reason=EDGES, limit=0.5)


def seen_from_grids(vertices: np.ndarray, triangles: np.ndarray, distance: float, grids: int) -> np.ndarray:
    """RCS [m2] of a shape at rest for so many shifts of its grid of tubes."""
    piece = ("shape", "car", True, vertices + [0, distance, 0], triangles, PEC, None)
    caster = RayCaster(scene_of([piece], sensors_at((0, 0, 0), (0, 1, 0)))).frame(0)
    sums = [channel(concatenate(trace(caster, DEFAULT, frequency=FREQUENCY, seed=seed))) for seed in range(grids)]
    return np.abs(sums) ** 2 * (4 * np.pi) ** 3 * distance**4 / WAVELENGTH**2


def sphere_row(radius: float, subdivisions: int, distances: tuple[float, ...]) -> Row:
    """A sphere in six attitudes and places, each under ten grids."""
    found = []
    for k in range(6):
        rng, d = np.random.default_rng(k), distances[k % len(distances)]
        vertices, triangles = _shifted(sphere(radius, subdivisions, rng=rng), k, radius / 5)
        found.append(db(seen_from_grids(vertices, triangles, d, 10) / sphere_rcs(radius, d)))
    case = f"sphere {radius} m at {', '.join(map(str, distances))} m, 60 placements"
    return errors_row(case, "pi r^2 (R / (R - r))^2", np.concatenate(found), 0.15, 0.6)


def cylinder_row(radius: float, height: float, distance: float = 30.0) -> Row:
    """An upright cylinder at broadside."""
    segments = int(2 * np.pi * radius / min(0.01, 0.15 * np.sqrt(WAVELENGTH * radius)))
    found = []
    for k in range(6):
        vertices, triangles = _shifted(cylinder(radius, height, segments), k)
        truth = cylinder_rcs(radius, height, distance, float(vertices[:, 2].mean()))
        found.append(db(seen_from_grids(vertices, triangles, distance, 2) / truth))
    case = f"cylinder {radius} m x {height} m at {distance:g} m"
    return errors_row(case, "Fresnel integrals", np.concatenate(found), 0.3, 0.3)


def fresnel_share(width: float, distance: float) -> float:
    """(C^2 + S^2)(w) / w^2 of an aperture's width: its echo in the near field over that in the far field."""
    w = width / np.sqrt(WAVELENGTH * distance)
    s, c = fresnel(w)
    return (c**2 + s**2) / w**2


def dihedral_row(side: float, distances: tuple[float, ...]) -> Row:
    """Two squares at a right angle; unfolded, both bounces are the way through an aperture of sqrt(2) a times a."""
    far = 8 * np.pi * side**4 / WAVELENGTH**2
    found = [
        errors(
            lambda k: _shifted(dihedral(side), k),
            far * fresnel_share(np.sqrt(2) * side, d) * fresnel_share(side, d), d, 3,
        )
        for d in distances
    ]  # fmt: skip
    case = f"dihedral {side} m, {min(distances):g}-{max(distances):g} m"
    return errors_row(case, "8 pi a^2 b^2 / lambda^2 and Fresnel integrals", np.concatenate(found), 0.2)


def trihedral_row(side: float, distances: tuple[float, ...], *, square: bool) -> Row:
    """Corner reflector on its axis, from the far field inwards."""
    found = [
        errors(lambda k: _shifted(trihedral(side, square=square), k), trihedral_rcs(side, square=square), d, 2)
        for d in distances
    ]
    name, truth = ("square", "12 pi a^4 / lambda^2") if square else ("triangular", "4 pi a^4 / (3 lambda^2)")
    case = f"{name} trihedral {side} m, {min(distances):g}-{max(distances):g} m"
    return errors_row(case, truth, np.concatenate(found), 0.2)


def plates() -> list[Row]:
    """Square plates. Fine = footprints of 1 mm, default = the usual tubes; mean and spread over all placements."""
    budgets = (("fine", fine, 0.05), ("default", lambda side: DEFAULT, 0.3))
    return [make(name, config, bar) for make in (plate_row, tilted_row) for name, config, bar in budgets]


def curved() -> list[Row]:
    """Spheres and cylinders at the usual tubes: mean and spread over attitudes and places on the grid."""
    ranges = (10, 30, 100)
    spheres = ((0.05, 5), (0.1, 5), (0.25, 6), (1.0, 6), (3.0, 7))
    found = [sphere_row(radius, subdivisions, ranges) for radius, subdivisions in spheres]
    return found + [cylinder_row(r, h) for r, h in ((0.1, 0.5), (0.3, 1.0), (1.0, 2.0))]


def corners() -> list[Row]:
    """Dihedrals and trihedrals at the usual tubes."""
    found = [dihedral_row(0.2, (10.0, 30.0, 200.0)), dihedral_row(0.3, (20.0, 60.0, 200.0))]
    found += [trihedral_row(0.1, (20.0, 50.0, 100.0), square=True), trihedral_row(0.2, (100.0, 160.0), square=True)]
    triangular = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
    return found + [trihedral_row(side, triangular, square=False) for side in (0.2, 0.25)]
