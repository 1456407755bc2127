import numpy as np
import pytest

from raysim.camera import cast_camera
from raysim.coverage import NEAR, covered_pixels, projected_bounds
from raysim.intersect import RayCaster
from raysim.sensors import Camera
from tests.fixtures import PEC, scene_of, sensors_at


def bounds_and_count(scene, camera):
    local = (scene.frame(0).vertices - camera.pose[:3, 3]) @ camera.pose[:3, :3]
    triangles, instance = scene.mesh.triangles, np.zeros(len(scene.mesh.triangles), np.uint8)
    middle = camera.width / 2, camera.height / 2
    box = projected_bounds(local, triangles, instance, 1, camera.focal_length, *middle, NEAR)[0]
    return box, covered_pixels(camera, local, triangles, box)


@pytest.mark.parametrize("seed", range(4))
def test_silhouette_agrees_with_rays_of_a_wider_camera(seed):
    """Oracle: the same focal length and pixel grid on a larger picture, ray by ray."""
    rng = np.random.default_rng(seed)
    corners = (rng.normal(0, 2, (30, 1, 3)) + rng.normal(0, 0.8, (30, 3, 3)) + [6.0, 12.0, 0.0]).reshape(-1, 3)
    piece = ("soup", "other", False, corners, np.arange(90).reshape(-1, 3), PEC, None)
    scene = scene_of([piece], sensors_at((0, 0, 0), (0, 10, 0)))
    camera = scene.sensors.camera
    wide = Camera(camera.pose, 5 * camera.width, 5 * camera.height, camera.focal_length)
    expected = int((cast_camera(RayCaster(scene).frame(0), wide).instance > 0).sum())
    box, count = bounds_and_count(scene, camera)
    assert abs(count - expected) <= 0.003 * expected
    assert box[2] > 160  # it really reaches beyond the picture


def test_a_huge_silhouette_is_estimated_from_a_coarser_grid():
    corners = np.array([[-50, 10, -40], [50, 10, -40], [50, 10, 40], [-50, 10, 40]], float)
    piece = ("wall", "building", False, corners, [[0, 1, 2], [0, 2, 3]], PEC, None)
    scene = scene_of([piece], sensors_at((0, 0, 0), (0, 10, 0)))
    box, count = bounds_and_count(scene, scene.sensors.camera)
    np.testing.assert_allclose(box, np.array([80, 60, 80, 60]) + 11.4 * np.array([-50, -40, 50, 40]))
    np.testing.assert_allclose(count, 1140 * 912, rtol=0.01)
