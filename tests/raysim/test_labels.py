from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c

from raysim.camera import cast_camera, project
from raysim.intersect import RayCaster
from raysim.labels import (
    box_constants,
    box_extents,
    boxes,
    direct_instances,
    fractional_index,
    radar_targets,
    reflectors,
)
from raysim.motion import Motion
from raysim.paths import point_target
from raysim.scene import Mesh, Part, Scene
from raysim.sensors import look_at
from tests.fixtures import ASPHALT, PEC, box_triangles, hand_made_scene, scene_of, sensors_at
from tests.raysim.test_camera import mirrored, sphere


def labelled(pieces, sensors):
    scene = scene_of(pieces, sensors)
    caster = RayCaster(scene).frame(0)
    return scene, boxes(caster, sensors.camera, cast_camera(caster, sensors.camera))


def test_constants_and_the_box_in_world_axes():
    scene = hand_made_scene()
    constants = box_constants(scene)
    np.testing.assert_allclose(constants["instances/size"], [[60, 60, 0], [4.5, 1.8, 1.5]])
    assert constants["instances/category"].tolist() == [1, 5] and constants["instances/is_target"].tolist() == [0, 1]
    caster = RayCaster(scene).frame(2)
    found = boxes(caster, scene.sensors.camera, cast_camera(caster, scene.sensors.camera))
    np.testing.assert_allclose(found["instances/box_centre"][1], [2 + 5 / 30, 20, 0.9])
    np.testing.assert_allclose(found["instances/velocity"][1], [5, 0, 0])
    np.testing.assert_allclose(found["instances/box_rotation"][1], np.eye(3))


def test_full_box_holds_the_projected_centre_and_all_corners():
    scene = hand_made_scene()
    camera = scene.sensors.camera
    for index in range(scene.num_frames):
        caster = RayCaster(scene).frame(index)
        found = boxes(caster, camera, cast_camera(caster, camera))
        x0, y0, x1, y1 = found["instances/box_2d_full"][1]
        u, v = project(camera, found["instances/box_centre"][1:])[0][0]
        assert x0 < u < x1 and y0 < v < y1
        corners, _ = project(camera, caster.frame.vertices[scene.part_of_vertex == 1])
        np.testing.assert_allclose([x0, y0, x1, y1], [*corners.min(0), *corners.max(0)], rtol=1e-6)
        visible = found["instances/box_2d_visible"][1]
        assert (np.abs(visible - [x0, y0, x1, y1]) <= 1).all()
        assert found["instances/visibility"][1] > 0.995 and found["instances/truncation"][1] == 0


def test_half_hidden_and_half_outside():
    sensors = sensors_at((0, 0, 2), (0, 10, 2))
    plate = ("plate", "other", True, *box_triangles((4, 0.1, 4), (0, 10, 2)), PEC, None)
    cover = ("cover", "other", False, *box_triangles((4, 0.1, 4), (-1, 5, 2)), PEC, None)
    _, found = labelled([plate, cover], sensors)  # from 5 m the cover hides all left of its edge at x = 1 * 2
    assert found["instances/visibility"][0] == 0
    cover = ("cover", "other", False, *box_triangles((4, 0.1, 4), (-2, 5, 2)), PEC, None)
    _, found = labelled([plate, cover], sensors)
    np.testing.assert_allclose(found["instances/visibility"][0], 0.5, atol=0.03)
    edge = 10 * 80 / 114  # [m] right edge of the picture at 10 m
    shifted = ("plate", "other", True, *box_triangles((4, 0.001, 4), (edge, 10, 2)), PEC, None)
    _, found = labelled([shifted], sensors)
    np.testing.assert_allclose(found["instances/visibility"][0], 0.5, atol=0.03)
    np.testing.assert_allclose(found["instances/truncation"][0], 0.5, atol=0.01)


def test_partly_behind_keeps_a_box_and_wholly_behind_is_nan():
    sensors = sensors_at((0, 0, 2), (0, 10, 2))
    ground = np.array([[-9, -9, 0], [9, -9, 0], [9, 30, 0], [-9, 30, 0]], float)
    behind = ("behind", "other", False, *box_triangles((1, 1, 1), (0, -5, 1)), PEC, None)
    around = ("ground", "ground", False, ground, [[0, 1, 2], [0, 2, 3]], ASPHALT, None)
    _, found = labelled([behind, around], sensors)
    assert np.isnan(found["instances/box_2d_full"][0]).all() and np.isnan(found["instances/box_2d_visible"][0]).all()
    assert found["instances/truncation"][0] == 1 and found["instances/visibility"][0] == 0
    x0, y0, x1, y1 = found["instances/box_2d_full"][1]
    assert x0 < 0 and x1 > 160 and y1 > 120
    np.testing.assert_allclose(y0, 60 + 114 * 2 / 30, rtol=1e-6)  # the far edge, 2 m down at 30 m


def test_mirrored_scene_gives_mirrored_boxes():
    ball = ("ball", "other", True, *sphere(1.5, (2.2, 18, 1.1), 3), PEC, None)
    scene = scene_of([ball], sensors_at((1, 0, 5), (2, 25, 0)))
    found = []
    for s in (scene, mirrored(scene)):
        caster = RayCaster(s).frame(0)
        found.append(boxes(caster, s.sensors.camera, cast_camera(caster, s.sensors.camera)))
    for name in ("instances/box_2d_full", "instances/box_2d_visible"):
        x0, y0, x1, y1 = found[0][name][0]
        np.testing.assert_allclose(found[1][name][0], [160 - x1, y0, 160 - x0, y1], rtol=1e-6)
    np.testing.assert_array_equal(found[0]["instances/visibility"], found[1]["instances/visibility"])


def test_a_box_holds_all_parts_of_an_instance():
    scene = hand_made_scene()
    body = scene.parts[1].motion
    turn = np.tile(np.eye(4), (3, 1, 1))  # a bar on the roof that turns about z with the frames, 90 degrees in all
    for index, angle in enumerate((0, np.pi / 4, np.pi / 2)):
        turn[index, :2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turn[:, 2, 3] = 1.0
    spin = Motion(body.pose @ turn, body.velocity, body.angular_velocity, body.acceleration)
    vertices, triangles = box_triangles((3.0, 0.2, 0.1))
    old = scene.mesh
    mesh = Mesh(
        np.concatenate([old.vertices, vertices]),
        np.concatenate([old.triangles, (triangles + len(old.vertices)).astype(np.int32)]),
        np.concatenate([old.part, np.full(12, 2, np.int32)]),
        np.concatenate([old.material, np.full(12, 1, np.int32)]),
    )
    parts = (*scene.parts, Part("bar", 1, spin))
    extents = box_extents(Scene(mesh, parts, scene.instances, scene.materials, scene.sensors, scene.frame_times))
    np.testing.assert_allclose(extents.lower[1], [-2.25, -1.5, -0.75], atol=1e-12)
    np.testing.assert_allclose(extents.upper[1], [2.25, 1.5, 1.05], atol=1e-12)


def test_direct_instances_are_those_of_single_interactions():
    path = point_target(np.eye(4), distance=10, azimuth=0, elevation=0)
    again = replace(path, depth=np.array([2], np.uint8), last_instance=np.array([2], np.int32))
    assert direct_instances([path, again]) == {0}


def test_radar_target_row_and_column_in_closed_form():
    scene = hand_made_scene()
    pose = look_at((0, 0, 0.9), (0, 20, 0.9))
    range_axis, azimuth_axis = 0.5 + 0.25 * np.arange(200), np.arctan((np.arange(160) + 0.5 - 80) / 114)
    found = radar_targets(RayCaster(scene).frame(1), pose, range_axis, azimuth_axis, 0.67, {1})
    distance, azimuth = np.hypot(2, 20), np.arctan2(2, 20)
    np.testing.assert_allclose(found["radar/target/range"][1], distance)
    np.testing.assert_allclose(found["radar/target/azimuth"][1], azimuth)
    np.testing.assert_allclose(found["radar/target/row"][1], (distance - 0.5) / 0.25)
    np.testing.assert_allclose(found["radar/target/column"][1], 79.5 + 114 * np.tan(azimuth), atol=1e-3)
    np.testing.assert_allclose(found["radar/target/radial_velocity"][1], -5 * 2 / distance)
    assert found["radar/target/tangential"].tolist() == [True, True]  # 0.5 m/s and 0
    assert found["radar/target/occluded"].tolist() == [True, False]


def test_fractional_index_is_nan_outside():
    got = fractional_index(np.array([1.0, 2, 4]), np.array([0.4, 0.5, 3.0, 4.9, 5.1]))
    np.testing.assert_allclose(got, [np.nan, -0.5, 1.5, 2.45, np.nan])
    with pytest.raises(ValueError, match="rising"):
        fractional_index(np.array([2.0, 1.0]), np.array([1.0]))


CELLS = {"num_instances": 3, "frequency": 28e9, "range_cell": 0.1874, "azimuth_cell_cosine": 1 / 8}


def test_reflectors_of_two_points_come_back():
    pose = look_at((0, 0, 5), (0, 25, 0))
    near = point_target(pose, distance=20, azimuth=-0.3, elevation=0.1, velocity=3, gain=1e-4)
    far = point_target(pose, distance=45, azimuth=0.4, elevation=0, velocity=-2, gain=2e-5j)
    found = reflectors([near, far], pose, **CELLS)
    assert found["radar/reflectors/instance"].tolist() == [1, 1]
    np.testing.assert_allclose(found["radar/reflectors/power"], [-80, 20 * np.log10(2e-5)], atol=1e-4)
    np.testing.assert_allclose(found["radar/reflectors/range"], [20, 45], rtol=1e-6)
    np.testing.assert_allclose(found["radar/reflectors/azimuth"], [-0.3, 0.4], rtol=1e-5)
    np.testing.assert_allclose(found["radar/reflectors/radial_velocity"], [3, -2], rtol=1e-6)
    assert len(reflectors([near, far], pose, **CELLS, dynamic_range_db=10)["radar/reflectors/power"]) == 1


def test_paths_in_one_cell_add_coherently():
    pose = look_at((0, 0, 0), (0, 25, 0))
    wavelength = c / CELLS["frequency"]
    a = point_target(pose, distance=20.01, azimuth=0.01, elevation=0, gain=1e-3)
    for shift, power in ((wavelength / 2, 4e-6), (wavelength / 4, 0.0)):  # two ways: one turn, half a turn
        b = point_target(pose, distance=20.01 + shift, azimuth=0.01, elevation=0, gain=1e-3)
        found = 10 ** (reflectors([a, b], pose, **CELLS)["radar/reflectors/power"] / 10)
        np.testing.assert_allclose(found.sum(), power, atol=1e-12, rtol=1e-5)


def test_no_paths_no_reflectors():
    found = reflectors([], np.eye(4), **CELLS)
    assert all(len(values) == 0 for values in found.values())
