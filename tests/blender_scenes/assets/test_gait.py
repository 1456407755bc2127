"""Walking: feet that stand still, angles and strides near the published ones."""

import numpy as np
import pytest

from blender_scenes.assets import gait
from blender_scenes.assets.gait import ANKLE, KNEE, NATURAL, SAMPLES, SHARE, THIGH, ride, walk
from blender_scenes.assets.people import draw_person
from blender_scenes.assets.person_body import limbs_of
from blender_scenes.linkage import TAU, track

SPEEDS = (0.6, 1.0, 1.36, 1.8, 2.2)


@pytest.fixture(scope="module")
def limbs():
    return limbs_of(draw_person("man", rng=np.random.default_rng(0)))


def soles(limbs, speed):
    """Heel, ball and tip of the right foot over a cycle in the world's axes (3, SAMPLES, 3), and times."""
    foot = walk(limbs, speed, 0.0)["foot_right"]
    times = SHARE * foot.cycle / speed
    ankle = track(foot, speed, times)
    tip = (limbs.tip, (limbs.tip - limbs.ball) * np.tan(gait.TOE_SPRING))
    points = [(limbs.heel, 0.0), (limbs.ball, 0.0), tip]
    ahead = speed * times[:, None] * [1, 0, 0]
    return np.array([ankle.position + ahead + ankle.rotation @ [x, 0, z - limbs.ankle[2]] for x, z in points]), times


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_standing_foot_stands(limbs, speed):
    points, times = soles(limbs, speed)
    assert points[:, :, 2].min() > -0.004
    lowest = points[:, :, 2].argmin(axis=0)
    moved = np.gradient(points[:, :, 0], times, axis=1)[lowest, np.arange(SAMPLES)]
    stands = SHARE < gait.TOE_OFF - 0.03
    assert np.abs(points[lowest, np.arange(SAMPLES), 2][stands]).max() < 0.004
    assert np.sqrt(np.mean(moved[stands] ** 2)) < 0.05 * speed
    assert np.ptp(points[0, (SHARE > 0.05) & (SHARE < 0.28), 1]) < 0.02  # nor does it slide sideways


@pytest.mark.parametrize("speed", SPEEDS)
def test_swinging_feet_pass_at_three_times_the_speed(limbs, speed):
    foot = walk(limbs, speed, 0.0)["foot_right"]
    forwards = track(foot, speed, SHARE * foot.cycle / speed).velocity[:, 0] + speed
    assert 2.8 < forwards.max() / speed < 3.6
    assert forwards.min() > -0.35 * speed


def test_angles_at_natural_speed_are_the_published_ones(limbs):
    speed = NATURAL * limbs.hip[2]
    leg, hips, cycle = gait._stride(limbs, ride(NATURAL), 1.0)
    for series, points, most in zip(leg, (THIGH, KNEE, ANKLE), (6.5, 11.0, 7.5), strict=True):
        error = np.degrees(series.at(TAU * SHARE)[0] - gait._curve(points))
        assert np.sqrt(np.mean(error**2)) < most
    knee = np.degrees(leg.knee.at(TAU * SHARE)[0])
    assert 50 < knee.max() < 70 and knee.min() > 0
    assert 0.03 < np.ptp(hips.at(TAU * SHARE)[0]) < 0.06  # the trunk rises and falls by 4 to 5 cm
    assert cycle / speed == pytest.approx(1.04, abs=0.1)  # [s] natural cadence


@pytest.mark.parametrize("speed", SPEEDS)
def test_cycles_lengthen_as_published(limbs, speed):
    relative = speed / limbs.hip[2]
    cycle = walk(limbs, speed, 0.0)["pelvis"].cycle
    assert cycle == pytest.approx(1.346 * np.sqrt(relative) * limbs.hip[2], rel=0.12)  # Boulic et al. 1990


def test_arms_swing_against_legs(limbs):
    chains = walk(limbs, 1.4, 0.0)
    times = SHARE * chains["pelvis"].cycle / 1.4
    ahead = {
        name: track(chains[name], 1.4, times).position[:, 0] for name in ("foot_left", "forearm_left", "forearm_right")
    }
    assert np.corrcoef(ahead["foot_left"], ahead["forearm_left"])[0, 1] < -0.7
    assert np.corrcoef(ahead["foot_left"], ahead["forearm_right"])[0, 1] > 0.7
