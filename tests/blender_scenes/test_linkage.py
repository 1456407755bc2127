"""Linkages: series, bent legs, and motion that is the exact derivative of the pose."""

import numpy as np
import pytest

from blender_scenes.assets.cyclists import draw_cyclist, make_cyclist
from blender_scenes.assets.people import draw_person, make_person
from blender_scenes.linkage import (
    FORWARD,
    LEFT,
    TAU,
    UP,
    Harmonics,
    Joint,
    Linkage,
    axis_rotation,
    bend_two_links,
    track,
)
from blender_scenes.motion import part_motion
from blender_scenes.recipe import Placement

PHASES = np.linspace(0, TAU, 7)


def test_harmonics_fit_what_they_came_from():
    samples = 0.3 + 2 * np.cos(TAU * np.arange(32) / 32) - 0.5 * np.sin(3 * TAU * np.arange(32) / 32)
    series = Harmonics.fit(samples, 4)
    assert series.mean == pytest.approx(0.3)
    np.testing.assert_allclose(series.cosine, [2, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(series.sine, [0, 0, -0.5, 0], atol=1e-12)


def test_harmonics_late_sum_and_factor():
    one, two = Harmonics(0.1, (1.0, 0.2), (0.3, -0.4), turns=1), Harmonics(-0.5, (0.7,), (0.2,))
    late, total, scaled = one.late(0.8), one + two, -1.0 * one
    for order in range(3):
        np.testing.assert_allclose(late.at(PHASES)[order], one.at(PHASES - 0.8)[order], atol=1e-12)
        np.testing.assert_allclose(total.at(PHASES)[order], one.at(PHASES)[order] + two.at(PHASES)[order], atol=1e-12)
        np.testing.assert_allclose(scaled.at(PHASES)[order], -one.at(PHASES)[order], atol=1e-12)


def test_bent_legs_reach_where_they_should():
    ahead, down = np.array([0.2, -0.3, 0.0]), np.array([0.75, 0.6, 0.4])
    hip, knee = bend_two_links(ahead, down, 0.43, 0.42)
    np.testing.assert_allclose(0.43 * np.sin(hip) + 0.42 * np.sin(hip - knee), ahead, atol=1e-12)
    np.testing.assert_allclose(0.43 * np.cos(hip) + 0.42 * np.cos(hip - knee), down, atol=1e-12)
    assert (knee > 0).all()  # human knees
    with pytest.raises(ValueError, match=r"does not reach 0\.900 to 0\.900 m"):
        bend_two_links(np.zeros(1), np.full(1, 0.9), 0.43, 0.42)


def test_turns_follow_each_other_in_turned_axes():
    quarter = Harmonics(np.pi / 2)
    joints = Joint((1.0, 0.0, 0.0), ((UP, quarter), (FORWARD, quarter))), Joint((0.0, 0.0, 2.0))
    pose = track(Linkage(joints, 1.0), 0.0, np.zeros(1))
    want = (
        axis_rotation(np.array(UP), np.array([np.pi / 2]))[0]
        @ axis_rotation(np.array(FORWARD), np.array([np.pi / 2]))[0]
    )
    np.testing.assert_allclose(pose.rotation[0], want, atol=1e-12)
    np.testing.assert_allclose(pose.position[0], [1, 0, 0] + want @ [0, 0, 2], atol=1e-12)


def test_linkages_need_joints_and_a_way():
    with pytest.raises(ValueError, match=r"needs joints and a cycle above 0 m, got 0 and 1\.0"):
        Linkage((), 1.0)
    with pytest.raises(ValueError, match=r"got 1 and 0\.0"):
        Linkage((Joint((0.0, 0.0, 0.0), ((LEFT, Harmonics()),)),), 0.0)


def derivatives(part, placement, time):
    """Velocity, angular velocity, acceleration, angular acceleration by finite differences of the pose."""
    h = 2e-4
    pose = part_motion(placement, part, time + h * np.arange(-2, 3)).pose
    place, turn = pose[:, :3, 3], pose[:, :3, :3]
    first, second = np.array([1, -8, 0, 8, -1]) / (12 * h), np.array([-1, 16, -30, 16, -1]) / (12 * h**2)
    rate, bend = np.tensordot(first, turn, 1), np.tensordot(second, turn, 1)
    swirl = rate @ turn[2].T  # skew matrix of the angular velocity
    swirl_rate = bend @ turn[2].T + rate @ rate.T

    def axial(skew):
        return np.array([skew[2, 1] - skew[1, 2], skew[0, 2] - skew[2, 0], skew[1, 0] - skew[0, 1]]) / 2

    return first @ place, axial(swirl), second @ place, axial(swirl_rate)


ASSETS = {
    "pedestrian": lambda: make_person(draw_person("man", speed=1.5, rng=np.random.default_rng(3))),
    "cyclist": lambda: make_cyclist(draw_cyclist(rng=np.random.default_rng(3))),
}


@pytest.mark.parametrize(("category", "speed"), [("pedestrian", 1.5), ("cyclist", 5.0)])
def test_motion_is_the_derivative_of_the_pose(category, speed):
    placement = Placement("x", category, category, {}, (3.0, -2.0, 0.1), 0.7, speed)
    for part in ASSETS[category]().parts:
        for time in (0.0, 0.37, 0.81):
            motion = part_motion(placement, part, np.array([time]))
            spun = np.zeros((1, 3)) if motion.angular_acceleration is None else motion.angular_acceleration
            found = motion.velocity[0], motion.angular_velocity[0], motion.acceleration[0], spun[0]
            for got, want, scale in zip(found, derivatives(part, placement, time), (1, 1, 100, 100), strict=True):
                np.testing.assert_allclose(got, want, atol=1e-6 * scale, err_msg=f"{part.name} at {time} s")


def test_who_stands_is_at_rest():
    person = make_person(draw_person("woman", rng=np.random.default_rng(0)))
    placement = Placement("x", "person", "pedestrian", {}, (1.0, 2.0, 0.0), 0.3)
    for part in person.parts:
        motion = part_motion(placement, part, np.arange(4) / 30)
        assert len(motion.pose) == 1 and not motion.moves
