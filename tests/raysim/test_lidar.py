import numpy as np
import pytest

from raysim.camera import cast_camera, project
from raysim.intersect import RayCaster
from raysim.lidar import LidarConfig, scan, sweep
from raysim.motion import Motion
from raysim.scene import CATEGORIES
from tests.fixtures import PEC, box_triangles, hand_made_scene, scene_of, sensors_at

PLAIN = LidarConfig(range_noise=0, intensity_noise=0, dropout=0, detectable_reflectivity=0)


def approaching_wall(velocity, lidar=(0, 0, 2)):
    """A 4 x 4 m plate at y = 20 m that moves with `velocity`, seen from the origin's mast."""
    pose = np.tile(np.eye(4), (3, 1, 1))
    times = np.array([-1, 0, 1]) / 30
    pose[:, :3, 3] = np.array([0, 20, 2.0]) + times[:, None] * np.asarray(velocity)
    speed = np.tile(np.asarray(velocity, float), (3, 1))
    motion = Motion(pose, speed, np.zeros((3, 3)), np.zeros((3, 3)))
    plate = box_triangles((4, 0.2, 4))
    return scene_of([("plate", "other", True, *plate, PEC, motion)], sensors_at(lidar, (0, 20, 2)), times)


def test_points_lie_on_the_surface_at_their_own_time():
    velocity = np.array([0.0, -9.0, 0.0])
    points = scan(RayCaster(approaching_wall(velocity)).frame(1), PLAIN, rng=np.random.default_rng(0))
    assert len(points) > 500
    middle = (PLAIN.azimuth_span_deg - PLAIN.azimuth_step_deg) / 720 / PLAIN.rotation_rate
    face = 19.9 - 9.0 * (points.time.astype(float) - middle)
    np.testing.assert_allclose(points.points[:, 1], face, atol=1e-4)
    assert np.ptp(face) > 0.01  # the sweep's skew is really there


def test_ground_points_lie_on_the_ground():
    points = scan(RayCaster(hand_made_scene()).frame(0), PLAIN, rng=np.random.default_rng(0))
    ground = points.category == CATEGORIES.index("ground")
    assert ground.sum() > 5000
    np.testing.assert_allclose(points.points[ground, 2], 0, atol=1e-4)


def test_a_closing_target_has_positive_radial_velocity():
    rng = np.random.default_rng(0)
    closing = scan(RayCaster(approaching_wall((0, -5, 0))).frame(1), PLAIN, rng=rng)
    leaving = scan(RayCaster(approaching_wall((0, 5, 0))).frame(1), PLAIN, rng=rng)
    centre = np.argmin(np.abs(closing.points[:, 0]) + np.abs(closing.points[:, 2] - 2))
    np.testing.assert_allclose(closing.radial_velocity[centre], 5, rtol=1e-3)
    assert (closing.radial_velocity > 0).all() and (leaving.radial_velocity < 0).all()


def test_time_runs_from_left_to_right():
    scene = hand_made_scene()
    direction, time = sweep(PLAIN, scene.sensors.lidar_pose)
    right = direction @ scene.sensors.lidar_pose[:3, 0]
    assert right[np.argmin(time)] < -0.5 and right[np.argmax(time)] > 0.5
    np.testing.assert_allclose(np.ptp(time), (90 - 0.18) / 360 / 20, rtol=1e-9)


def test_intensity_is_one_for_a_white_facing_target_at_one_metre():
    from dataclasses import replace

    white = replace(PEC, name="white", lidar_reflectivity=1.0)
    plate = box_triangles((2, 0.2, 2), (0, 1.1, 2))
    scene = scene_of([("plate", "other", True, *plate, white, None)], sensors_at((0, 0, 2), (0, 20, 2)))
    config = PLAIN.model_copy(update={"lowest_elevation_deg": -10.0, "highest_elevation_deg": 10.0})
    points = scan(RayCaster(scene).frame(0), config, rng=np.random.default_rng(0))
    np.testing.assert_allclose(points.intensity.max(), 1, rtol=1e-3)


def test_weak_returns_drop_out():
    caster = RayCaster(hand_made_scene()).frame(0)
    weak = PLAIN.model_copy(update={"detectable_reflectivity": 1.0})
    all_points, strong = (scan(caster, c, rng=np.random.default_rng(0)) for c in (PLAIN, weak))
    assert 0 < len(strong) < len(all_points)
    assert strong.intensity.min() >= 1 / weak.max_range**2 * (1 - 1e-6)


def test_noise_has_the_stated_deviation_along_the_ray():
    caster = RayCaster(hand_made_scene()).frame(0)
    noisy = PLAIN.model_copy(update={"range_noise": 0.05})
    clean, points = (scan(caster, c, rng=np.random.default_rng(3)) for c in (PLAIN, noisy))
    error = np.linalg.norm(points.points - [0, 0, 5], axis=1) - np.linalg.norm(clean.points - [0, 0, 5], axis=1)
    np.testing.assert_allclose(error.std(), 0.05, rtol=0.03)
    assert abs(error.mean()) < 0.002


def test_ids_agree_with_the_camera():
    scene = hand_made_scene()
    caster = RayCaster(scene).frame(1)
    view = cast_camera(caster, scene.sensors.camera)
    points = scan(caster, PLAIN, rng=np.random.default_rng(0))
    pixel, z = project(scene.sensors.camera, points.points.astype(float))
    column, row = np.floor(np.nan_to_num(pixel, nan=-1)).astype(int).T
    inside = (z > 0) & (column >= 0) & (column < 160) & (row >= 0) & (row < 120)
    for name in ("instance", "category", "material"):
        same = getattr(points, name)[inside] == getattr(view, name)[row[inside], column[inside]]
        assert same.mean() > 0.98, name  # silhouettes fall between pixel centres
    assert set(points.instance) == {1, 2}


def test_same_seed_same_bytes_for_any_number_of_threads():
    caster = RayCaster(hand_made_scene()).frame(1)
    one, two = (scan(caster, LidarConfig(), rng=np.random.default_rng(5), threads=n) for n in (1, 2))
    assert one.points.tobytes() == two.points.tobytes() and one.intensity.tobytes() == two.intensity.tobytes()


def test_refuses_swapped_elevations():
    with pytest.raises(ValueError, match="lowest_elevation_deg must not exceed"):
        LidarConfig(lowest_elevation_deg=5, highest_elevation_deg=-5)
