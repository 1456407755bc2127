"""Cyclists: feet on pedals, wheels on the ground, hands on the bar."""

import numpy as np
import pytest

from blender_scenes.assets.bicycle import CRANK, PEDAL_OFF
from blender_scenes.assets.cyclists import CyclistParams, draw_cyclist, make_cyclist
from blender_scenes.assets.person_body import limbs_of
from blender_scenes.linkage import TAU, track

SEEDS = range(6)


def cyclist(seed):
    params = draw_cyclist(rng=np.random.default_rng(seed), speed=5.0)
    return params, make_cyclist(params)


@pytest.mark.parametrize("seed", SEEDS)
def test_balls_of_feet_stay_on_the_pedals(seed):
    params, asset = cyclist(seed)
    parts = {part.name: part for part in asset.parts}
    limbs = limbs_of(params.rider)
    for side, sign in (("left", 1), ("right", -1)):
        pedal, foot = parts[f"pedal_{side}"].linkage, parts[f"foot_{side}"].linkage
        times = np.linspace(0, 1.7, 50)
        axle, ankle = track(pedal, 5.0, times), track(foot, 5.0, times)
        ball = ankle.position + ankle.rotation @ [limbs.ball, 0.0, -limbs.ankle[2]]
        above = (ball - axle.position)[:, [0, 2]]
        np.testing.assert_allclose(np.linalg.norm(above, axis=1), 0.011, atol=0.004)  # half a pedal's height
        np.testing.assert_allclose(ball[:, 1], sign * PEDAL_OFF, atol=0.03)


@pytest.mark.parametrize("seed", SEEDS)
def test_cranks_turn_by_the_gear(seed):
    params, asset = cyclist(seed)
    parts = {part.name: part for part in asset.parts}
    wheel = parts["wheel_rear"]
    crank = track(parts["cranks"].linkage, 5.0, np.zeros(1))
    np.testing.assert_allclose(crank.spin[0], [0, 5.0 / wheel.wheel_radius / params.gear, 0], rtol=1e-12)
    pedal = track(parts["pedal_right"].linkage, 5.0, np.linspace(0, 1, 20))
    bracket = crank.position[0]
    np.testing.assert_allclose(np.linalg.norm(pedal.position - bracket, axis=1), CRANK, rtol=1e-9)
    assert 0.8 < crank.spin[0, 1] / TAU < 1.3  # turns a second


@pytest.mark.parametrize("seed", SEEDS)
def test_wheels_touch_the_ground_and_knees_bend(seed):
    _, asset = cyclist(seed)
    for part in asset.parts[1:3]:
        assert part.vertices[:, 2].min() + part.origin[2] == pytest.approx(0.0, abs=0.003)
        np.testing.assert_array_equal(part.axle, [0, 1, 0])
    shank = next(part for part in asset.parts if part.name == "shank_right").linkage
    bend = np.degrees(shank.joints[-1].turns[0][1].at(np.linspace(0, TAU, 60))[0])
    assert 20 < bend.min() < 45 and 90 < bend.max() < 130
    assert 12_000 < asset.num_triangles < 22_000


@pytest.mark.parametrize("seed", SEEDS)
def test_hands_hold_the_bar(seed):
    """Skin of the hands lies about the grips, the foremost rubber beside the middle plane."""
    _, asset = cyclist(seed)
    body = asset.parts[0]
    names = [material.name for material in asset.materials]
    corners = body.vertices[body.triangles].mean(axis=1)
    handles = corners[(body.material == names.index("bicycle_black")) & (np.abs(corners[:, 1]) > 0.2)]
    skin = corners[(body.material == names.index("skin")) & (corners[:, 0] > handles[:, 0].min() - 0.05)]
    for side in (-1, 1):
        grip = handles[handles[:, 1] * side > 0].mean(axis=0)
        hand = skin[(skin[:, 1] * side > 0.1) & (skin[:, 2] < grip[2] + 0.12)]
        assert np.linalg.norm(hand - grip, axis=1).min() < 0.04


def test_same_parameters_give_the_same_bytes():
    params, one = cyclist(1)
    two = make_cyclist(params)
    for a, b in zip(one.parts, two.parts, strict=True):
        assert a.vertices.tobytes() == b.vertices.tobytes() and a.linkage == b.linkage


def test_impossible_gears_are_refused():
    params, _ = cyclist(0)
    with pytest.raises(ValueError, match=r"gear must lie in \[1, 5\], got 9"):
        CyclistParams(params.rider, 9.0, params.paint, params.helmet)
