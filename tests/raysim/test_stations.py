"""Several basestations, each with its own orientation, on one acceleration structure."""

import numpy as np
import pytest
from scipy.constants import c

from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.leakage import LeakageConfig
from raysim.paths import Interaction, concatenate
from raysim.radio_edges import EdgeConfig
from raysim.sensors import Radar, facing
from raysim.stations import enclosing_object, seen_by, trace_radars
from raysim.trace import TraceConfig, trace
from tests.fixtures import ASPHALT, PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, db

CONFIG = TraceConfig(launch=LaunchConfig(object_tubes=2000, flat_footprint=2.0))
GROUND = np.array([[-40, -40, 0], [40, -40, 0], [40, 40, 0], [-40, 40, 0]], float)
QUAD = [[0, 1, 2], [0, 2, 3]]
WEST, EAST = facing((-20, 0, 4), 0.0, -0.1), facing((20, 0, 4), np.pi, -0.1)  # they look at each other


@pytest.fixture(scope="module")
def caster():
    pieces = [
        ("floor", "ground", False, GROUND, QUAD, ASPHALT, None),
        ("block", "car", True, *box_triangles((2, 2, 2), (0, 6, 1)), PEC, None),
    ]
    return RayCaster(scene_of(pieces, sensors_at((0, -30, 4), (0, 0, 0)))).frame(0)


def paths_of(caster, radar, config=CONFIG):
    return concatenate(trace(seen_by(caster, radar), config, frequency=FREQUENCY, seed=1))


def test_one_call_gives_what_single_traces_give(caster):
    radars = {"west": Radar(WEST, np.zeros(3)), "west-east": Radar.between(WEST, EAST)}
    traced = dict(trace_radars(caster, radars, CONFIG, frequency=FREQUENCY, seed=1))
    assert list(traced) == list(radars)
    for name, radar in radars.items():
        np.testing.assert_array_equal(concatenate(traced[name]).gain, paths_of(caster, radar).gain)


def test_both_elements_look_their_own_way(caster):
    """Line of sight of two TR 38.901 elements: 8 dBi each where they face each other, 30 dB less behind either."""
    level = {}
    for name, sender, listener in (
        ("facing", WEST, EAST),
        ("sender turned", facing((-20, 0, 4), np.pi, 0.0), EAST),
        ("listener turned", WEST, facing((20, 0, 4), 0.0, 0.0)),
    ):
        paths = paths_of(caster, Radar.between(sender, listener))
        direct = paths.select(paths.depth == 0)
        assert len(direct) == 1
        assert direct.departure[0] == pytest.approx([1, 0, 0])
        level[name] = db(abs(direct.gain[0]) ** 2)
    tilt = 12 * (np.degrees(0.1) / 65) ** 2  # [dB] of each, its axis 0.1 rad under the line
    assert level["facing"] == pytest.approx(16 - 2 * tilt + db((WAVELENGTH / (4 * np.pi * 40)) ** 2), abs=0.01)
    for turned in ("sender turned", "listener turned"):
        assert level[turned] == pytest.approx(level["facing"] + tilt - 30, abs=0.01)


def test_tubes_start_where_the_transmitter_looks(caster):
    """East hears the block's faces only if west looks at the scene and not away from it; edges bend what strays."""
    config = CONFIG.model_copy(update={"edges": EdgeConfig(diffraction=False)})
    heard = paths_of(caster, Radar.between(WEST, EAST), config)
    assert (heard.last_instance == 1).any()
    unheard = paths_of(caster, Radar.between(facing((-20, 0, 4), np.pi, -0.1), EAST), config)
    assert not (unheard.last_instance == 1).any()


def test_who_sends_and_who_listens_can_be_swapped(caster):
    """Reciprocity of what is exact: line of sight and the mirror of the floor."""
    there, back = (paths_of(caster, Radar.between(*ends)) for ends in ((WEST, EAST), (EAST, WEST)))
    for kind in (Interaction.NONE, Interaction.REFLECTION):
        one, other = (paths.gain[paths.kinds == kind] for paths in (there, back))
        assert len(one) == len(other) == 1
        assert one == pytest.approx(other, rel=1e-6)


def test_leakage_is_one_path_of_its_level_and_delay(caster):
    config = CONFIG.model_copy(update={"leakage": LeakageConfig(isolation_db=60.0, delay=1e-9)})
    own = Radar(WEST, np.array([0.05, 0, 0]))
    plain, leaking = paths_of(caster, own), paths_of(caster, own, config)
    assert len(leaking) == len(plain) + 1
    path = leaking.select(np.array([0]))
    assert abs(path.gain[0]) == pytest.approx(1e-3)
    assert path.delay[0] * c == pytest.approx(0.2998, rel=1e-4)
    assert (path.kinds[0], path.depth[0], path.first_instance[0]) == (0, 0, -1)
    assert path.arrival[0] == pytest.approx(WEST[:3, 2])  # in phase in all elements
    np.testing.assert_array_equal(leaking.gain[1:], plain.gain)


def test_stations_apart_see_each_other_and_do_not_leak(caster):
    config = CONFIG.model_copy(update={"leakage": LeakageConfig(isolation_db=60.0)})
    paths = paths_of(caster, Radar.between(WEST, EAST), config)
    assert (paths.depth == 0).sum() == 1
    assert paths.delay[paths.depth == 0] * c == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("point", "thing"),
    [
        ((0, 6, 1), "block"),
        ((0.9, 6.9, 1.9), "block"),
        ((0, 6, 3), None),
        ((0, 4, 0.5), None),
        ((3, 3, -0.5), "floor"),
        ((90, 3, -0.5), None),
    ],
)
def test_points_inside_and_under_things(caster, point, thing):
    assert enclosing_object(caster, np.array(point, float)) == thing
