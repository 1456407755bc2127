import numpy as np
import pytest

from raysim.sensors import Radar, facing, look_at, to_polar


@pytest.mark.parametrize("target", [(5, 0, 0), (0, 7, 1), (-3, -4, -2), (1, -9, 30)])
def test_angles_give_the_pose_of_a_look(target):
    position = np.array([1.0, 2.0, 3.0])
    line = np.array(target) - position
    yaw, elevation = np.arctan2(line[1], line[0]), np.arcsin(line[2] / np.linalg.norm(line))
    np.testing.assert_allclose(facing(position, yaw, elevation), look_at(position, target), atol=1e-12)


@pytest.mark.parametrize("elevation", [-np.pi / 2, np.pi / 2])
def test_straight_down_and_up(elevation):
    pose = facing((0, 0, 9), 0.3, elevation)
    assert pose[:3, 2] == pytest.approx([0, 0, np.sign(elevation)], abs=1e-12)
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1)


def test_a_roll_lowers_the_right_side():
    """Rolled a quarter, what was on the right is above, and what was above is on the left."""
    pose = facing((0, 0, 0), 0.0, 0.0, roll=np.pi / 2)  # looks along x, its right was -y
    assert pose[:3, 0] == pytest.approx([0, 0, -1])
    _, azimuth, elevation = to_polar(pose, np.array([[5, -1, 0], [5, 0, 1]]))
    assert elevation[0] > 0.1 and abs(azimuth[0]) < 1e-9
    assert azimuth[1] < -0.1 and abs(elevation[1]) < 1e-9


def test_between_two_poses_lie_both():
    one, other = facing((1, 2, 3), 0.4, -0.2, 0.1), facing((-5, 8, 2), 2.0, 0.3)
    radar = Radar.between(one, other)
    np.testing.assert_allclose(radar.transmitter_pose, one, atol=1e-12)
    np.testing.assert_array_equal(radar.pose, other)
    np.testing.assert_allclose(Radar.between(other, other).transmitter_offset, 0)


def test_a_transmitter_that_is_no_rotation_is_refused():
    with pytest.raises(ValueError, match=r"transmitter pose must be a rigid \(4, 4\) pose"):
        Radar(np.eye(4), np.zeros(3), 2 * np.eye(3))
