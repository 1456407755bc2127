import numpy as np
import pytest

from raysim.intersect import RayCaster
from raysim.motion import Motion
from raysim.scene import Mesh
from tests.fixtures import hand_made_scene


def test_moving_box_is_where_its_motion_says():
    scene = hand_made_scene()
    for index in range(3):
        moving = scene.frame(index).vertices[scene.part_of_vertex == 1]
        np.testing.assert_allclose(moving.mean(0), [2 + 5 * scene.frame_times[index], 20, 0.9], rtol=1e-12)


def test_what_stands_still_keeps_its_place_and_normals_whatever_the_frame_asked_first():
    scene, fresh = hand_made_scene(), hand_made_scene()
    scene.frame(0)
    for index in (2, 1):
        frame = scene.frame(index)
        pose = frame.pose[scene.part_of_vertex]
        placed = np.einsum("vij,vj->vi", pose[:, :3, :3], scene.mesh.vertices) + pose[:, :3, 3]
        np.testing.assert_array_equal(frame.vertices, placed)
        corners = placed[scene.mesh.triangles]
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        np.testing.assert_allclose(frame.normals, cross / np.linalg.norm(cross, axis=1, keepdims=True), atol=1e-15)
        np.testing.assert_array_equal(frame.vertices, fresh.frame(index).vertices)
        frame.vertices[:] = 0  # a frame's own copy


def test_closest_hit_is_exact_in_float64():
    caster = RayCaster(hand_made_scene()).frame(1)
    hits = caster.closest(np.array([[2.0, 0, 0.9], [10.0, 5, 3]]), np.array([[0.0, 1, 0], [0, 0, -1]]))
    np.testing.assert_allclose(hits.distance, [19.1, 3.0], rtol=1e-14)
    assert caster.occluded(np.array([[2.0, 0, 0.9]]), np.array([[2.0, 30, 0.9]])).tolist() == [True]
    assert caster.occluded(np.array([[2.0, 0, 0.9]]), np.array([[2.0, 19.0, 0.9]])).tolist() == [False]


def test_mesh_refuses_an_index_outside():
    with pytest.raises(ValueError, match="must index 1 vertices"):
        Mesh(np.zeros((1, 3)), np.array([[0, 0, 1]], np.int32), np.zeros(1, np.int32), np.zeros(1, np.int32))


def test_motion_without_angular_acceleration_has_none_and_refuses_another_shape():
    frame = hand_made_scene().frame(1)
    np.testing.assert_array_equal(frame.angular_acceleration, np.zeros((len(frame.scene.parts), 3)))
    still = np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"angular_acceleration must have shape \(2, 3\), got \(1, 3\)"):
        Motion(np.tile(np.eye(4), (2, 1, 1)), still, still, still, np.zeros((1, 3)))
