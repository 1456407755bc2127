import numpy as np
import pytest
from scipy.constants import c

from raysim.echoes import strongest_echoes
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.paths import Interaction, concatenate
from raysim.ray_points import ray_points
from raysim.sensors import Radar, facing
from raysim.stations import seen_by
from raysim.trace import TraceConfig, trace
from tests.fixtures import ASPHALT, PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY

GROUND = np.array([[-40, -40, 0], [40, -40, 0], [40, 40, 0], [-40, 40, 0]], float)
PANE = np.array([[-3, 5, 0], [3, 5, 0], [3, 5, 6], [-3, 5, 6]], float)
QUAD = [[0, 1, 2], [0, 2, 3]]
GLASS = Material("pane", "glass", (0.9, 0.9, 0.9), thickness=0.006)


def traced(radar, pieces):
    caster = seen_by(RayCaster(scene_of(pieces, sensors_at((0, 0, 4), (0, 9, 1)))).frame(0), radar)
    config = TraceConfig(launch=LaunchConfig(object_tubes=4000, flat_footprint=1.0))
    return caster, concatenate(trace(caster, config, frequency=FREQUENCY, seed=1))


@pytest.fixture(scope="module")
def lot():
    """Two stations, a ground, a block behind a pane of glass and a rough one beside it."""
    pieces = [
        ("ground", "ground", False, GROUND, QUAD, ASPHALT, None),
        ("pane", "other", False, PANE, QUAD, GLASS, None),
        ("behind", "car", True, *box_triangles((2, 1, 2), (0, 9, 1)), PEC, None),
        ("beside", "car", True, *box_triangles((2, 1, 2), (6, 9, 1)), ASPHALT, None),
    ]
    radar = Radar.between(facing((-3, -5, 4), 1.4, -0.2), facing((4, -6, 3), 1.8, -0.2))
    return radar, *traced(radar, pieces)


def kinds(*digits):
    return sum(digit << 4 * order for order, digit in enumerate(digits))


R, S, T = Interaction.REFLECTION, Interaction.SCATTERING, Interaction.TRANSMISSION


@pytest.mark.parametrize(
    "digits", [(), (R,), (S,), (R, S), (S, R), (T, S), (R, S, R)], ids=lambda digits: "".join(d.name[0] for d in digits)
)
def test_points_lie_on_things_and_are_as_long_as_the_path(lot, digits):
    radar, caster, paths = lot
    mine = paths.select(np.flatnonzero(paths.kinds == kinds(*digits))[:40])
    assert len(mine)
    for (points, is_whole), delay in zip(ray_points(mine, caster, radar), mine.delay, strict=True):
        assert is_whole
        assert len(points) == len(digits) + 2
        assert np.linalg.norm(np.diff(points, axis=0), axis=1).sum() == pytest.approx(c * delay, abs=1e-3)
        for order, digit in enumerate(digits, 1):
            towards = points[order] - points[order - 1]
            hit = caster.closest(points[order][None] - 1e-3 * towards / np.linalg.norm(towards), towards[None])
            assert hit.distance[0] * np.linalg.norm(towards) < 3e-3  # there is a surface
            if digit == R:
                onward, normal = points[order + 1] - points[order], caster.frame.normals[hit.triangle[0]]
                mirrored = towards - 2 * (towards @ normal) * normal
                lengths = np.linalg.norm(mirrored), np.linalg.norm(onward)
                stray = np.linalg.norm(np.cross(mirrored, onward)) / np.prod(lengths) * min(lengths)
                assert stray < 3e-3  # of the nearer end from the mirrored ray [m]: ends start off their surfaces
                assert mirrored @ onward > 0


def test_what_a_ray_does_not_find_is_drawn_through_the_last_point(lot):
    radar, caster, paths = lot
    lost = paths.select(np.flatnonzero(paths.kinds == kinds(S))[:1])
    lost.kinds[:] = kinds(Interaction.DIFFRACTION, S, Interaction.DIFFRACTION)
    ((points, is_whole),) = ray_points(lost, caster, radar)
    assert not is_whole
    np.testing.assert_allclose(points, [radar.transmitter, lost.last_point[0], radar.receiver])


def test_an_echo_knows_its_strongest_path(lot):
    radar, _, paths = lot
    for echo in strongest_echoes(paths, radar.pose, frequency=FREQUENCY, range_cell=0.2, count=30):
        same = (paths.first_instance == echo.first_instance) & (paths.last_instance == echo.last_instance)
        same &= paths.kinds == paths.kinds[echo.strongest]
        same &= np.floor(c * paths.delay / 2 / 0.2) == np.floor(c * paths.delay[echo.strongest] / 2 / 0.2)
        assert same.sum() == echo.num_paths
        assert abs(paths.gain[echo.strongest]) == pytest.approx(abs(paths.gain[same]).max())
