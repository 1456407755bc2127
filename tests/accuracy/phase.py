"""Phase of paths of 500 m: the delay of every path against its length at 50 digits."""

import mpmath
import numpy as np
from scipy.constants import c

from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.paths import Interaction, Paths, concatenate
from raysim.trace import TraceConfig, trace
from tests.accuracy.rows import Row, worst_row
from tests.fixtures import scene_of, sensors_at
from tests.shapes import FREQUENCY

BAR = 1e-6  # [rad]
QUAD = [[0, 1, 2], [0, 2, 3]]
BOUNCE, ECHO = Interaction.REFLECTION, Interaction.SCATTERING
LAUNCH = LaunchConfig(object_samples=16, image_tubes=400, azimuth_limit=0.3, elevation_min=-0.1, elevation_max=0.1)
CONFIG = TraceConfig(antenna="isotropic", max_length=600.0, launch=LAUNCH)
ROUGH = Material("rough conductor", "metal", (0.5, 0.5, 0.5), scattering=0.5)  # every hit echoes, at any angle


def facing(centre, towards, side) -> np.ndarray:
    """Corners (4, 3) of a square whose normal points along `towards`, at no special angle."""
    normal = np.asarray(towards, float) / np.linalg.norm(towards)
    u = np.cross(normal, [0.1, 0.2, 1.0])
    u /= np.linalg.norm(u)
    v = np.cross(normal, u)
    return np.array([np.asarray(centre) + side / 2 * (i * u + j * v) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))])


def traced(pieces, height: float) -> Paths:
    """Paths of conducting squares, given as (name, category, corners), for a radar at a height."""
    shapes = [(name, category, False, corners, QUAD, ROUGH, None) for name, category, corners in pieces]
    scene = scene_of(shapes, sensors_at((0, 0, height), (0, 1, height)))
    return concatenate(trace(RayCaster(scene).frame(0), CONFIG, frequency=FREQUENCY, seed=0))


def mp(vector) -> mpmath.matrix:
    return mpmath.matrix([mpmath.mpf(float(x)) for x in vector])


def mp_dot(a, b):
    return mpmath.fsum(x * y for x, y in zip(a, b, strict=True))


def mp_plane(corners) -> tuple:
    """Normal and a point of the plane through a square's first three corners."""
    a, b, d = (mp(x) for x in corners[:3])
    u, v = b - a, d - a
    n = mp([0, 0, 0])
    for i in range(3):
        n[i] = u[(i + 1) % 3] * v[(i + 2) % 3] - u[(i + 2) % 3] * v[(i + 1) % 3]
    return n / mpmath.sqrt(mp_dot(n, n)), a


def mp_mirror(point, plane):
    normal, origin = plane
    return point - 2 * mp_dot(point - origin, normal) * normal


def exact_length(source, departure, planes, image=None):
    """Length of a path that leaves along `departure`, bounces off all planes but the last, and returns from there.

    The way back is straight, or by the receiver's mirror image in the plane `image`.
    """
    with mpmath.workdps(50):
        point, direction = mp(source), mp(departure)
        direction /= mpmath.sqrt(mp_dot(direction, direction))
        length = mpmath.mpf(0)
        for corners in planes:
            normal, origin = mp_plane(corners)
            step = mp_dot(origin - point, normal) / mp_dot(direction, normal)
            point, length = point + step * direction, length + step
            direction -= 2 * mp_dot(direction, normal) * normal
        end = mp(source) if image is None else mp_mirror(mp(source), mp_plane(image))
        line = end - point
        return length + mpmath.sqrt(mp_dot(line, line))


def phase_error(paths: Paths, source, planes, image=None, most: int = 40) -> float:
    """Largest phase error [rad] at 28 GHz of some of the paths."""
    if not len(paths):
        raise AssertionError("no path of this kind")
    worst = 0.0
    for i in np.linspace(0, len(paths) - 1, min(most, len(paths))).astype(int):
        with mpmath.workdps(50):
            exact = exact_length(source, paths.departure[i], planes, image)
            error = 2 * mpmath.pi * FREQUENCY * (mpmath.mpf(float(paths.delay[i])) - exact / mpmath.mpf(c))
        worst = max(worst, abs(float(error)))
    return worst


def kinds(*steps: Interaction) -> int:
    return sum(int(step) << (4 * place) for place, step in enumerate(steps))


def single() -> float:
    """A square 250 m away, turned by 20 degrees and more."""
    corners = facing((31.7, 248.3, -3.1), (0.2, -1.0, 0.15), 1.0)
    return phase_error(traced([("plate", "car", corners)], 5.0), (0, 0, 5.0), [corners])


def corner() -> float:
    """Two squares at a right angle 250 m away: both orders of the two bounces."""
    left, right = (facing((x, 247.0, 5.3), (n, -1.0, 0.02), 0.8) for x, n in ((-0.29, 1.02), (0.29, -0.98)))
    paths = traced([("left", "car", left), ("right", "car", right)], 5.0)
    two = paths.select(paths.kinds == kinds(BOUNCE, ECHO))
    first = two.select(two.first_instance == 0), two.select(two.first_instance == 1)
    return max(
        phase_error(first[0], (0, 0, 5.0), [left, right]),
        phase_error(first[1], (0, 0, 5.0), [right, left]),
    )


def over_the_ground() -> tuple[float, float]:
    """A square 240 m away above a ground: ground first, and last by the mirror image."""
    ground = np.array([[-60, -1, 0.37], [60, -1, 0.37], [60, 270, 0.37], [-60, 270, 0.37]])
    square = facing((4.3, 240.7, 3.3), (0.01, -1.0, 0.005), 1.5)
    paths = traced([("ground", "ground", ground), ("plate", "car", square)], 7.0)
    before = paths.select((paths.kinds == kinds(BOUNCE, ECHO)) & (paths.last_instance == 1))
    after = paths.select(paths.kinds == kinds(ECHO, BOUNCE))
    source = (0, 0, 7.0)
    return phase_error(before, source, [ground, square]), phase_error(after, source, [square], image=ground)


def rows() -> list[Row]:
    """Carrier phase at 28 GHz of single tubes' paths, along their own departure; planes at no special angles."""
    before, after = over_the_ground()
    cases = (
        ("one hit", single(), "plane intersection, 50 digits"),
        ("two bounces in a corner", corner(), "two plane intersections, 50 digits"),
        ("ground, then plate", before, "two plane intersections, 50 digits"),
        ("plate, then the ground's mirror image", after, "plane intersection and image, 50 digits"),
    )
    return [worst_row(f"phase of a path of about 500 m: {n}", truth, e, BAR, "rad") for n, e, truth in cases]
