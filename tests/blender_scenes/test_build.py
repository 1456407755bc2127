from dataclasses import replace

import numpy as np
import pytest

from blender_scenes.build import build, make_asset
from blender_scenes.motion import axis_rotation, part_motion
from blender_scenes.recipe import Placement, draw_recipe, plain
from blender_scenes.scenarios.parking_lot import ParkingLotConfig
from raysim.camera import cast_camera
from raysim.intersect import RayCaster

SMALL = {"image_width": 160, "image_height": 120}
ALONE = ParkingLotConfig(parked_max=0, facade=False, vegetation=False, furniture=False, **SMALL)
LOT = ParkingLotConfig(parked_min=3, parked_max=3, **SMALL)


@pytest.fixture(scope="module")
def recipe():
    return draw_recipe("parking_lot", seed=5, index=0, config=LOT)


@pytest.fixture(scope="module")
def scene(recipe):
    return build(recipe)


def test_one_instance_per_placement(recipe, scene):
    assert [i.name for i in scene.instances] == [p.name for p in recipe.placements]
    assert [i.category for i in scene.instances] == [p.category for p in recipe.placements]
    assert [i.name for i in scene.instances if i.is_target] == ["target"]
    assert set(scene.instance_of_part[scene.mesh.part]) == set(range(len(scene.instances)))  # none is empty


def test_alone_on_asphalt():
    scene = build(draw_recipe("parking_lot", seed=5, index=0, config=ALONE))
    assert [i.category for i in scene.instances] == ["ground", "car"]
    assert {part.name for part in scene.parts if part.motion.moves} == {p.name for p in scene.parts if p.instance == 1}


def test_building_draws_nothing(recipe, scene):
    again = build(recipe)
    for name in ("vertices", "triangles", "part", "material"):
        np.testing.assert_array_equal(getattr(again.mesh, name), getattr(scene.mesh, name))
    assert again.materials == scene.materials


def test_triangles_have_area(scene):
    a, b, c = np.moveaxis(scene.frame(0).vertices[scene.mesh.triangles], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    assert area.min() > 1e-9  # [m2] a square of 0.03 mm


def test_material_names_are_unique_and_records_merged(scene):
    names = [material.name for material in scene.materials]
    assert len(set(names)) == len(names)
    records = [replace(material, name="") for material in scene.materials]
    by_base = {(name.split(".")[0], record) for name, record in zip(names, records, strict=True)}
    assert len(by_base) == len(names)


def test_wheels_roll_without_slipping(recipe, scene):
    """The rim point at the ground stands still, the topmost goes at twice the speed."""
    target = next(p for p in recipe.placements if p.is_target)
    radius = target.params["wheel_radius"]
    heading = np.array([np.cos(target.yaw), np.sin(target.yaw), 0])
    wheels = [k for k, part in enumerate(scene.parts) if part.name.startswith("target.") and "wheel" in part.name]
    assert len(wheels) == 4
    for index in (0, 7, 14):
        frame = scene.frame(index)
        centre = frame.pose[wheels, :3, 3]
        np.testing.assert_allclose(centre[:, 2], radius, atol=0.02)
        bottom = frame.point_velocity(np.array(wheels), centre - [0, 0, radius])
        top = frame.point_velocity(np.array(wheels), centre + [0, 0, radius])
        np.testing.assert_allclose(bottom, 0, atol=1e-9)
        np.testing.assert_allclose(top, np.tile(2 * target.speed * heading, (4, 1)), atol=1e-9)


def test_poses_agree_with_velocities(scene):
    """Material points between two frames: mid-point difference against the stated velocity."""
    step = scene.frame_times[1] - scene.frame_times[0]
    for part in (part for part in scene.parts if part.motion.moves):
        motion = part.motion
        travelled = np.diff(motion.pose[:, :3, 3], axis=0) / step
        np.testing.assert_allclose(travelled, motion.velocity[1:], atol=1e-9)
        turn = motion.pose[1, :3, :3] @ motion.pose[0, :3, :3].T
        rate = np.linalg.norm(motion.angular_velocity[0])
        expected = axis_rotation(motion.angular_velocity[0] / rate, np.array([rate * step]))[0] if rate else np.eye(3)
        np.testing.assert_allclose(turn, expected, atol=1e-9)


def test_track_starts_at_its_position_and_goes_straight(recipe, scene):
    target = next(p for p in recipe.placements if p.is_target)
    body = next(part for part in scene.parts if part.name.startswith("target."))
    np.testing.assert_allclose(body.motion.pose[0, :3, 3], target.position, atol=1e-12)
    assert np.ptp(body.motion.pose[:, 1:3, 3]) >= 0
    assert np.ptp(body.motion.pose[:, 1, 3]) < 1e-6
    assert np.isclose(np.ptp(body.motion.pose[:, 0, 3]), target.speed * 14 / 30)


def test_things_at_rest_have_one_pose():
    tree = Placement("tree", "tree", "vegetation", {"leaves": 50}, (1.0, 2.0, 0.0), 0.5)
    motion = part_motion(tree, make_asset(tree).parts[0], np.arange(4) / 30)
    assert not motion.moves
    np.testing.assert_allclose(motion.pose[0, :3, 3], [1, 2, 0])


def test_nothing_hovers(scene):
    low = np.full(len(scene.instances), np.inf)
    instance = scene.instance_of_part[scene.part_of_vertex]
    np.minimum.at(low, instance, scene.frame(0).vertices[:, 2])
    assert (low < 0.03).all(), [i.name for i, z in zip(scene.instances, low, strict=True) if z >= 0.03]
    assert (low > -0.5).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_camera_sees_target_bays_and_facade(seed):
    config = ParkingLotConfig(parked_min=6, parked_max=6, **SMALL)
    scene = build(draw_recipe("parking_lot", seed=seed, index=0, config=config))
    view = cast_camera(RayCaster(scene).frame(7), scene.sensors.camera)
    target = next(k for k, i in enumerate(scene.instances) if i.is_target) + 1
    assert (view.instance == target).sum() > 40  # of 160 x 120
    paint = next(k for k, m in enumerate(scene.materials) if m.name == "road_paint") + 1
    assert (view.material == paint).sum() > 50
    seen = {scene.instances[k - 1].category for k in np.unique(view.instance) if k}
    assert seen >= {"ground", "building", "vegetation", "street_furniture", "car"}


def test_errors_name_the_placement():
    with pytest.raises(ValueError, match=r"'x': asset must be one of .*'spaceship'"):
        make_asset(Placement("x", "spaceship", "other", {}, (0, 0, 0)))
    with pytest.raises(ValueError, match=r"'x': height.*'tall'"):
        make_asset(Placement("x", "tree", "vegetation", {"height": "tall"}, (0, 0, 0)))
    with pytest.raises(ValueError, match=r"'x': category 'car' does not fit asset 'tree'"):
        make_asset(Placement("x", "tree", "car", plain({"leaves": 10}), (0, 0, 0)))
