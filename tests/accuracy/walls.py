"""Mirror images: infinite walls, a sphere beside a wall, a sphere over a ground, two-ray ground."""

import numpy as np

from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material, complex_permittivity
from raysim.paths import Paths, concatenate
from raysim.trace import TraceConfig, trace
from tests.accuracy.rows import Row, errors_row, worst_row
from tests.fixtures import PEC, scene_of, sensors_at
from tests.raysim.test_bistatic import CONCRETE, ground, traced, two_rays
from tests.raysim.test_images import CENTRE, RADIUS, WALL, R, S, digits, sphere_channel
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db, sphere

SHALLOW = Material("smooth asphalt", "asphalt", (0.1, 0.1, 0.1))
WIDE = LaunchConfig(elevation_min=-0.9, elevation_max=0.9)
QUAD = [[0, 1, 2], [0, 2, 3]]


def wall_error(distance: float, material: Material, polarisation: str) -> float:
    """Error [dB] of the echo of a wall much larger than its first Fresnel zone."""
    size = 4 * distance
    corners = size * np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) + [0, distance, 0]
    scene = scene_of([("wall", "building", False, corners, QUAD, material, None)], sensors_at((0, 0, 0), (0, 1, 0)))
    config = TraceConfig(
        antenna="isotropic", launch=WIDE, transmit_polarisation=polarisation, receive_polarisation=polarisation
    )
    paths = concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))
    eps = complex_permittivity(material.electrical, FREQUENCY)
    gamma = 1.0 if np.isinf(eps.imag) else abs((np.sqrt(eps) - 1) / (np.sqrt(eps) + 1))
    return db(abs(channel(paths)) ** 2) - db((gamma * WAVELENGTH / (8 * np.pi * distance)) ** 2)


def wall_row() -> Row:
    found = [
        wall_error(d, *((PEC, "V") if d in (3.0, 12.0, 60.0) else (CONCRETE, "H")))
        for d in (3.0, 7.0, 12.0, 30.0, 60.0)
    ]
    worst = float(np.abs(found).max())
    case = "infinite wall at 3-60 m, conductor and concrete"
    return worst_row(case, "Gamma lambda / (8 pi R)", worst, 0.5, "dB")


def sphere_rows(placements: int) -> list[Row]:
    """Echoes of a sphere by way of a wall, each order by itself, and the straight one."""
    image = np.array([2 * WALL, 0, 0])
    origin = np.zeros(3)
    truth = {
        (S,): ("sphere alone", sphere_channel(origin, origin)),
        (S, R): ("sphere, then wall", sphere_channel(origin, image)),
        (R, S): ("wall, then sphere", sphere_channel(origin, image)),
        (R, S, R): ("wall, sphere, wall", sphere_channel(image, image)),
    }
    levels: dict = {kinds: [] for kinds in truth}
    for seed in range(placements):
        paths = sphere_beside_wall(seed)
        mine = paths.select((paths.first_instance == 1) | (paths.depth > 1))
        for kinds in truth:
            levels[kinds].append(db(abs(channel(mine.select(mine.kinds == digits(*kinds)))) ** 2))
    return [
        errors_row(f"sphere 0.5 m beside a wall: {name}", "image theory", levels[k] - db(abs(gain) ** 2), 0.5, 0.5)
        for k, (name, gain) in truth.items()
    ]


def sphere_beside_wall(seed: int) -> Paths:
    """Paths of the scene of `tests.raysim.test_images` at the default tubes."""
    vertices, triangles = sphere(RADIUS, 6, rng=np.random.default_rng(seed))
    corners = np.array([[WALL, 0, -20], [WALL, 60, -20], [WALL, 60, 20], [WALL, 0, 20]], float)
    pieces = [
        ("wall", "building", False, corners, QUAD, PEC, None),
        ("sphere", "car", True, vertices + CENTRE, triangles, PEC, None),
    ]
    scene = scene_of(pieces, sensors_at((0, 0, 0), (0, 1, 0)))
    return concatenate(
        trace(RayCaster(scene).frame(0), TraceConfig(antenna="isotropic"), frequency=FREQUENCY, seed=seed)
    )


def two_ray_row(material: Material, polarisation: str) -> Row:
    """Received power between two masts against distance, but for nulls 10 dB deep."""
    worst = 0.0
    for span in np.geomspace(4, 150, 24):
        expected, direct = two_rays(material, 1.5, 4.0, span, polarisation)
        if db(abs(expected / direct) ** 2) < -10:
            continue
        sides = {"transmit_polarisation": polarisation, "receive_polarisation": polarisation}
        paths = traced([ground(material)], (0.0, span, 4.0), (0.0, 0.0, 1.5), **sides)
        worst = max(worst, abs(float(db(abs(channel(paths) / expected) ** 2))))
    case = f"two-ray ground, {material.name}, {polarisation}, 4-150 m"
    return worst_row(case, "closed form", worst, 0.3, "dB")


def rows() -> list[Row]:
    """Walls, ghosts (errors over placements of the sphere), and the two-ray ground outside nulls of 10 dB."""
    found = [wall_row(), *sphere_rows(12)]
    return found + [two_ray_row(m, p) for m in (PEC, CONCRETE, SHALLOW) for p in "VH"]
