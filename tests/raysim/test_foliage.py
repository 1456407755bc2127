"""What crowns and hedges take: lengths within, losses both ways, echoes of the leaves themselves."""

import numpy as np
import pytest

from raysim.crowns import CELL, bearings, crown_depth, crowns_of, leaf_triangles
from raysim.foliage import foliage_of, largest_attenuation, specific_attenuation, vegetation_loss
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.paths import Interaction, concatenate
from raysim.sensors import Radar
from raysim.trace import TraceConfig, trace
from tests.fixtures import ASPHALT, PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db, plate

LEAVES = Material("leaves", "foliage", (0.1, 0.2, 0.05), rms_height=5e-3, scattering=0.6)
LAUNCH = LaunchConfig(flat_footprint=0.5, object_tubes=4000)
DEPTH = 3.0  # [m] of the hedge along y: cells from 10 to 13 m


def hedge(category="vegetation", low=(-3.9, 10.1, -3.9), high=(3.9, 12.9, 3.9)):
    low, high = np.array(low), np.array(high)
    return ("hedge", category, False, *box_triangles(high - low, (low + high) / 2), LEAVES, None)


def target(distance=20.0):
    v, t = plate(0.15)
    return ("plate", "car", True, v + [0, distance, 0], t, PEC, None)


def at(offset=(0.0, 0.0, 0.0)):
    sensors = sensors_at((0, 0, 0), (0, 1, 0))
    return type(sensors)(sensors.camera, Radar(sensors.radar.pose, np.array(offset)), sensors.lidar_pose)


def traced(pieces, sensors=None, **settings):
    config = TraceConfig(**({"antenna": "isotropic", "launch": LAUNCH, "contributions": "coherent"} | settings))
    scene = scene_of(pieces, sensors or at())
    return concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))


def test_losses_are_those_of_the_recommendation():
    """P.833-10: Figure 2 at its decades; eq. (1): slope at the start, ceiling at the end, 26.5 dB found at 949 MHz."""
    for frequency, expected in ((30e6, 0.02), (1e9, 0.2), (28e9, 5.6), (30e9, 6.0)):
        assert specific_attenuation(frequency) == pytest.approx(expected, rel=1e-9)
    assert largest_attenuation(949e6) == pytest.approx(26.5, abs=3)
    assert vegetation_loss(1e-3, 28e9) == pytest.approx(5.6e-3, rel=1e-3)
    assert vegetation_loss(1e4, 28e9) == pytest.approx(largest_attenuation(28e9), rel=1e-9)
    assert 20 < vegetation_loss(5.0, 28e9) < 28


def test_above_30_ghz_the_law_is_extrapolated_with_a_warning():
    with pytest.warns(UserWarning, match=r"vegetation: 77 GHz lies outside 0\.03-30 GHz"):
        assert specific_attenuation(77e9) == pytest.approx(15.4)


def test_only_leaves_of_plants_make_crowns():
    lawn = np.array([[-30, 3, -2], [30, 3, -2], [30, 40, -2], [-30, 40, -2]], float)
    grass = ("lawn", "ground", False, lawn, [[0, 1, 2], [0, 2, 3]], LEAVES, None)
    scene = scene_of([grass, target()], at())
    assert crowns_of(scene) is None
    assert foliage_of(RayCaster(scene).frame(0), FREQUENCY) is None
    scene = scene_of([grass, hedge(), target()], at())
    assert leaf_triangles(scene).sum() == 12
    crowns = crowns_of(scene)
    np.testing.assert_array_equal(crowns.of_instance, [-1, 0, -1])
    assert crowns.num_filled == 16 * 6 * 16  # the shell, and what lies between its top and bottom


def ref_depth(crowns, crown, origin, direction, reach, step=1e-3):
    """Way within a crown by sampling every millimetre."""
    t = (np.arange(int(reach / step)) + 0.5) * step
    cell = np.floor((origin + t[:, None] * direction - crowns.low[crown]) / CELL).astype(int)
    inside = ((cell >= 0) & (cell < crowns.shape[crown])).all(axis=1)
    i, j, k = cell[inside].T
    _, ny, nz = crowns.shape[crown]
    return step * (crowns.row[crowns.first[crown] + (i * ny + j) * nz + k] >= 0).sum()


def test_ways_through_crowns_against_sampling():
    """Two ragged crowns, ways from one point (by bearing) and from anywhere, ends inside and outside."""
    rng = np.random.default_rng(4)
    pieces = []
    for number, centre in enumerate(([0.0, 12.0, 3.0], [5.0, 9.0, 2.0])):
        corner = centre + rng.normal(0, 1.0, (60, 3))
        quads = (corner[:, None] + rng.uniform(-0.2, 0.2, (60, 4, 3))).reshape(-1, 3)
        triangles = (4 * np.arange(60)[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
        pieces.append((f"tree {number}", "vegetation", False, quads, triangles, LEAVES, None))
    crowns = crowns_of(scene_of(pieces, at()))
    n, eye = 200, np.array([0.3, 0.2, 2.5])
    origin = np.where(np.arange(n)[:, None] < n // 2, eye, rng.uniform([-4, 4, 0], [8, 16, 5], (n, 3)))
    aim = np.array([[0.0, 12.0, 3.0], [5.0, 9.0, 2.0]])[rng.integers(0, 2, n)] + rng.normal(0, 0.8, (n, 3))
    direction = (aim - origin) / np.linalg.norm(aim - origin, axis=1)[:, None]
    reach, own, depth = rng.uniform(2, 25, n), rng.integers(-1, 2, n).astype(np.int32), np.empty(n)
    crown_depth(crowns, bearings(crowns, eye), origin, direction, reach, own, depth)
    expected = [
        sum(ref_depth(crowns, crown, *way) for crown in (0, 1) if crown != own[i])
        for i, way in enumerate(zip(origin, direction, reach, strict=True))
    ]
    assert (np.array(expected) > 0).sum() > 100
    np.testing.assert_allclose(depth, expected, atol=0.01)


either_end = pytest.mark.parametrize("offset", [(0.0, 0.0, 0.0), (0.1, 0.0, 0.0)])


@either_end
def test_echo_through_a_hedge_of_known_depth(offset):
    """Twice the loss of P.833, the phase of the straight way."""
    bare = channel(traced([target()], at(offset)))
    paths = traced([target(), hedge()], at(offset))
    through = paths.select((paths.last_instance == 0) & (paths.kinds == Interaction.SCATTERING))
    loss = -db(abs(channel(through) / bare) ** 2)
    expected = 2 * vegetation_loss(DEPTH, FREQUENCY)
    print(f"plate behind {DEPTH} m of leaves: {loss:.3f} dB, P.833 both ways {expected:.3f} dB (bar 0.1)")
    assert loss == pytest.approx(expected, abs=0.1)
    assert abs(np.angle(channel(through) / bare)) < 0.01


@either_end
def test_wall_behind_a_hedge(offset):
    """What belongs to the tiles, whose tubes meet the leaves as well: its diffuse power falls by both ways, too."""
    v, t = plate(3.0)
    wall = ("wall", "building", False, v + [0, 20.0, 0], t, ASPHALT, None)
    fine = LaunchConfig(flat_footprint=0.1, azimuth_limit=0.2, elevation_min=-0.2, elevation_max=0.2)
    v, t = plate(40.0)
    backdrop = ("backdrop", "building", False, v + [0, 30.0, 0], t, ASPHALT, None)  # no tile looks at the open sky
    power = []
    for pieces in ([wall, backdrop], [wall, backdrop, hedge()]):
        paths = traced(pieces, at(offset), contributions="diffuse", max_interactions=1, launch=fine)
        power.append(np.sum(np.abs(paths.gain[paths.last_instance == 0]) ** 2))
    assert -db(power[1] / power[0]) == pytest.approx(2 * vegetation_loss(DEPTH, FREQUENCY), abs=0.2)


def test_line_of_sight_through_a_hedge():
    direct = traced([hedge(), target(40.0)], at((0.0, 0.0, 20.0)))
    direct = direct.select(direct.depth == 0)
    expected = WAVELENGTH / (4 * np.pi * 20) * 10 ** (-vegetation_loss(DEPTH, FREQUENCY) / 20)
    assert abs(direct.gain[0]) == pytest.approx(expected, rel=1e-9)


def test_leaves_answer_as_surfaces_do():
    """Their echo is not weakened by the crown that they belong to, and has no mirror-like part."""
    grown = traced([hedge()], contributions="both", max_interactions=1)
    built = traced([hedge("building")], contributions="both", max_interactions=1)
    assert len(grown) == len(built) > 100
    np.testing.assert_allclose(np.sort(np.abs(grown.gain)), np.sort(np.abs(built.gain)), rtol=1e-9)
    mirror = channel(traced([hedge()], max_interactions=1))
    assert abs(mirror) ** 2 < 1e-6 * np.sum(np.abs(grown.gain) ** 2)


def test_ground_under_and_behind_a_hedge_is_weakened_not_lost():
    ground = np.array([[-30, 3, -2], [30, 3, -2], [30, 40, -2], [-30, 40, -2]], float)
    lot = ("lot", "ground", False, ground, [[0, 1, 2], [0, 2, 3]], ASPHALT, None)
    settings = {"contributions": "diffuse", "max_interactions": 1}
    bare = traced([lot], **settings)
    paths = traced([lot, hedge(low=(-30.0, 10.1, -1.9), high=(30.0, 10.9, 1.9))], **settings)
    behind = [p.select((p.last_instance == 0) & (p.last_point[:, 1] > 12)) for p in (bare, paths)]
    assert min(len(block) for block in behind) > 100
    loss = -db(np.sum(np.abs(behind[1].gain) ** 2) / np.sum(np.abs(behind[0].gain) ** 2))
    slanted = 2 * vegetation_loss(np.array([1.0, 2.1]), FREQUENCY)  # the radar looks along the hedge, too
    assert slanted[0] < loss < slanted[1]
