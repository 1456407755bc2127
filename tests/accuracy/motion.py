"""Doppler: rates of paths against finite differences of their lengths, and the band of a rolling wheel."""

from collections.abc import Callable

import numpy as np
from scipy.constants import c

from blender_scenes.assets.cars import draw_car, make_car
from blender_scenes.motion import axis_rotation
from blender_scenes.pieces import asset_pieces
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.motion import Motion
from raysim.paths import Interaction, Paths, concatenate
from raysim.pieces import assemble, radar_at
from raysim.trace import TraceConfig, trace
from tests.accuracy.rows import Row, worst_row
from tests.fixtures import PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY

BAR = 1e-6
STEP = 1e-3  # [s] of the five-point differences
RADAR = np.array([0.0, 0.0, 5.0])
MIRRORED = RADAR * [1, 1, -1]
SPIN = np.array([0.3, -0.5, 2.0])  # [rad/s]
VELOCITY, ACCELERATION = np.array([3.0, -6.0, 1.0]), np.array([0.5, 1.0, -2.0])
PLACE = np.array([2.0, 15.0, 3.0])
ROUGH = Material("rough conductor", "metal", (0.5, 0.5, 0.5), scattering=0.5)


def turned(time: float) -> np.ndarray:
    """Attitude of the body (3, 3)."""
    rate = np.linalg.norm(SPIN)
    return axis_rotation(SPIN / rate, np.array([rate * time]))[0]


def tumbling_box() -> tuple[Paths, Callable[[np.ndarray], np.ndarray]]:
    """Paths of a box that flies and tumbles over a ground; and where a world point of it is at a time."""
    pose = np.eye(4)
    pose[:3, 3] = PLACE
    motion = Motion(pose[None], VELOCITY[None], SPIN[None], ACCELERATION[None])
    ground = np.array([[-40, -10, 0], [40, -10, 0], [40, 60, 0], [-40, 60, 0]], float)
    pieces = [
        ("ground", "ground", False, ground, [[0, 1, 2], [0, 2, 3]], PEC, None),
        ("box", "car", True, *box_triangles((1.0, 2.0, 1.5)), ROUGH, motion),
    ]
    scene = scene_of(pieces, sensors_at(RADAR, (0, 15, 5)))
    paths = concatenate(trace(RayCaster(scene).frame(0), TraceConfig(antenna="isotropic"), frequency=FREQUENCY, seed=0))

    def moved(points: np.ndarray, time: float) -> np.ndarray:
        return (points - PLACE) @ turned(time).T + PLACE + VELOCITY * time + ACCELERATION * time**2 / 2

    return paths, moved


def differences(length: Callable[[float], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative at time 0: five-point central differences."""
    a, b, m, d, e = (length(k * STEP) for k in (-2, -1, 0, 1, 2))
    return (a - 8 * b + 8 * d - e) / (12 * STEP), (-a + 16 * b - 30 * m + 16 * d - e) / (12 * STEP**2)


def distance(points: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points - end, axis=1)


def kinds(*steps: Interaction) -> int:
    return sum(int(step) << (4 * place) for place, step in enumerate(steps))


def errors(paths: Paths, points: np.ndarray, moved, out: np.ndarray, back: np.ndarray) -> tuple[float, float]:
    """Largest errors of rate and acceleration over their largest values, for ways to and from fixed ends."""

    def length(time: float) -> np.ndarray:
        now = moved(points, time)
        return distance(now, out) + distance(now, back)

    assert np.allclose(length(0.0), paths.delay * c, atol=2e-3)
    rate, acceleration = differences(length)
    found = c * paths.delay_rate, c * paths.delay_acceleration
    return tuple(np.abs(f - w).max() / np.abs(w).max() for f, w in zip(found, (rate, acceleration), strict=True))


def hit_points(paths: Paths) -> np.ndarray:
    """Where paths that end on the mirror met the body: the departure says in which direction, the delay how far."""
    u = paths.departure
    length = paths.delay * c  # |t u| + |R + t u - R'| = length, R' the receiver's image
    gap = RADAR - MIRRORED
    t = (length**2 - gap @ gap) / (2 * (length + u @ gap))
    return RADAR + t[:, None] * u


def box_rows() -> list[Row]:
    paths, moved = tumbling_box()
    body = paths.select(paths.last_instance == 1)
    direct = body.select(body.kinds == kinds(Interaction.SCATTERING))
    before = body.select(body.kinds == kinds(Interaction.REFLECTION, Interaction.SCATTERING))
    before = before.select(before.first_instance == 0)
    after = paths.select(paths.kinds == kinds(Interaction.SCATTERING, Interaction.REFLECTION))
    after = after.select((after.first_instance == 1) & (after.last_instance == 0))
    cases = (
        ("direct", errors(direct, direct.last_point, moved, RADAR, RADAR)),
        ("by way of the ground", errors(before, before.last_point, moved, MIRRORED, RADAR)),
        ("and back by the ground", errors(after, hit_points(after), moved, RADAR, MIRRORED)),
    )
    truth = "finite differences of the delay"
    rows = []
    for name, (rate, acceleration) in cases:
        case = f"tumbling body, {name}: Doppler of every path, relative"
        rows.append(worst_row(case, truth, rate, BAR))
        case = f"tumbling body, {name}: rate of the Doppler, relative"
        rows.append(worst_row(case, truth, acceleration, BAR))
    return rows


def wheel_row() -> Row:
    """Upper edge of the band of a car's rolling wheels, the body taken off, head on: twice its speed."""
    speed, ahead = 10.0, 40.0
    asset = make_car(draw_car("hatchback", rng=np.random.default_rng(2)))
    pieces = asset_pieces(asset, position=(ahead, 0.0, 0.0), yaw=np.pi, speed=speed)
    scene = assemble(pieces[1:], radar_at((0, 0, 0.6), (ahead, 0, 0.6)))
    config = TraceConfig(launch=LaunchConfig(object_tubes=400_000, azimuth_limit=0.1, elevation_min=-0.1))
    paths = concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))
    edge = (-c / 2 * paths.delay_rate).max()
    return worst_row("band edge of rolling wheels, head on, relative", "2 v", abs(edge / (2 * speed) - 1), 0.01)


def rows() -> list[Row]:
    """Doppler and its rate; a body that flies, tumbles and accelerates, seen directly and over a ground."""
    return [*box_rows(), wheel_row()]
