from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from pydantic import ValidationError

from blender_scenes.assets.car_params import BODY_TYPES
from blender_scenes.build import build_sensors
from blender_scenes.recipe import draw_recipe
from blender_scenes.scenarios.lot_layout import BAY_DEPTH, BAY_WIDTH, draw_lot
from blender_scenes.scenarios.parking_lot import ParkingLotConfig
from blender_scenes.streams import stream
from raysim.camera import project
from tests.blender_scenes.footprints import footprint, overlap

ALONE = ParkingLotConfig(parked_max=0, facade=False, vegetation=False, furniture=False)
CARS_ONLY = ParkingLotConfig(facade=False, vegetation=False, furniture=False)
SEEDS = range(50)


@pytest.fixture(scope="module")
def recipes():
    return [draw_recipe("parking_lot", seed=seed, index=0, config=CARS_ONLY) for seed in SEEDS]


def target_of(recipe):
    (target,) = [placement for placement in recipe.placements if placement.is_target]
    return target


def parked_of(recipe):
    return [p for p in recipe.placements if p.category == "car" and not p.is_target]


def rectangle(placement, x=None):
    position = placement.position if x is None else (x, placement.position[1])
    return footprint(position, placement.yaw, placement.params["length"], placement.params["width"])


def test_overlap_of_rectangles():
    square = footprint((0, 0), 0.0, 2, 2)
    assert overlap(square, footprint((1.9, 0), 0.0, 2, 2))
    assert not overlap(square, footprint((2.1, 0), 0.0, 2, 2))
    diamond = footprint((1.9, 1.9), np.pi / 4, 2, 2)  # its bounding box overlaps, it does not
    assert not overlap(square, diamond)
    assert overlap(square, footprint((1.5, 1.5), np.pi / 4, 2, 2))


def test_cars_do_not_overlap_each_other_nor_the_lane(recipes):
    for recipe in recipes:
        target = target_of(recipe)
        start = target.position[0]
        end = start + np.cos(target.yaw) * target.speed * (recipe.num_frames - 1) / recipe.frame_rate
        swept = [rectangle(target, x) for x in np.linspace(start, end, 5)]
        parked = [rectangle(p) for p in parked_of(recipe)]
        assert not any(overlap(a, b) for a, b in combinations(parked, 2))
        assert not any(overlap(a, b) for a in parked for b in swept)


def test_parked_cars_stand_between_the_lines_of_their_own_bay(recipes):
    for seed, recipe in zip(SEEDS, recipes, strict=True):
        lot = draw_lot(rng=stream(seed, "parking_lot", 0, "lot"))
        centres = np.array([(bay.x, bay.y) for bay in lot.bays])
        taken = []
        for car in parked_of(recipe):
            k = int(np.linalg.norm(centres - car.position[:2], axis=1).argmin())
            taken.append(k)
            reach = np.abs(rectangle(car) - centres[k])
            assert reach[:, 0].max() <= BAY_WIDTH / 2
            assert reach[:, 1].max() <= BAY_DEPTH / 2 + 0.7  # a long car sticks out into the aisle
            back = np.sin(lot.bays[k].inwards)
            assert ((rectangle(car)[:, 1] - centres[k, 1]) * back).max() <= BAY_DEPTH / 2  # never beyond the back line
        assert len(set(taken)) == len(taken)


def test_target_is_wholly_in_the_picture_in_all_frames(recipes):
    for recipe in recipes:
        target, camera = target_of(recipe), build_sensors(recipe.sensors).camera
        outline = rectangle(target)
        for frame in range(recipe.num_frames):
            ahead = target.speed * frame / recipe.frame_rate * np.cos(target.yaw)
            corners = np.array([(x + ahead, y, z) for x, y in outline for z in (0, target.params["height"])])
            pixel, depth = project(camera, corners)
            assert (depth > 0).all()
            assert (pixel > 0).all()
            assert (pixel < [camera.width, camera.height]).all()


def test_target_speed_direction_and_lane(recipes):
    targets = [target_of(recipe) for recipe in recipes]
    speeds = np.array([target.speed for target in targets])
    assert ((speeds >= 2) & (speeds <= 10)).all()
    assert speeds.max() - speeds.min() > 6  # 50 draws over 8 m/s
    eastwards = np.array([np.cos(target.yaw) > 0 for target in targets])
    assert 10 < eastwards.sum() < 40  # binomial(50, 1/2): outside with probability 1e-5
    assert all(np.isclose(abs(np.cos(target.yaw)), 1) for target in targets)


def test_nothing_stands_in_a_car_or_in_the_lane():
    for seed in range(12):
        recipe = draw_recipe("parking_lot", seed=seed, index=1)
        target = target_of(recipe)
        travel = target.speed * (recipe.num_frames - 1) / recipe.frame_rate * np.cos(target.yaw)
        x = target.position[0]
        taken = [rectangle(p) for p in parked_of(recipe)] + [rectangle(target, x + s * travel) for s in (0, 0.5, 1)]
        for placement in recipe.placements:
            if placement.asset in ("island", "hedge"):
                length, width = placement.params["length"], placement.params["width"]
            elif placement.category in ("vegetation", "street_furniture"):
                length = width = 0.45  # foot of a trunk or pole
            else:
                continue
            foot = footprint(placement.position, placement.yaw, length, width)
            assert not any(overlap(foot, car) for car in taken), (seed, placement.name)


def test_occupancy_and_body_types(recipes):
    counts = [len(parked_of(recipe)) for recipe in recipes]
    assert min(counts) >= 0
    assert max(counts) <= 20
    assert max(counts) - min(counts) > 14
    kinds = Counter(p.params["body_type"] for recipe in recipes for p in recipe.placements if p.category == "car")
    assert len(set(kinds) & set(BODY_TYPES)) >= 8


@pytest.mark.parametrize("count", [0, 1, 20])
def test_parked_count_is_respected(count):
    config = ParkingLotConfig(parked_min=count, parked_max=count)
    for seed in range(5):
        assert len(parked_of(draw_recipe("parking_lot", seed=seed, index=0, config=config))) == count


def test_target_alone_is_ground_and_target():
    recipe = draw_recipe("parking_lot", seed=0, index=0, config=ALONE)
    assert [(p.name, p.category) for p in recipe.placements] == [("ground", "ground"), ("target", "car")]


def test_only_the_target_moves():
    recipe = draw_recipe("parking_lot", seed=2, index=5)
    assert [p.name for p in recipe.placements if p.speed] == ["target"]


def test_sensors_share_one_mast():
    recipe = draw_recipe("parking_lot", seed=3, index=0)
    sensors = build_sensors(recipe.sensors)
    camera, radar = sensors.camera, sensors.radar
    assert 5 <= camera.pose[2, 3] <= 8
    assert camera.focal_length == 457.0
    np.testing.assert_array_equal(camera.pose[:3, :3], radar.pose[:3, :3])
    assert np.linalg.norm(radar.receiver - camera.pose[:3, 3]) < 0.2
    assert np.isclose(np.linalg.norm(radar.transmitter - radar.receiver), 0.05)
    forward = camera.pose[:3, 2]
    assert forward[1] > 0.9  # north
    assert -0.4 < forward[2] < -0.1  # slightly down
    lidar_forward = sensors.lidar_pose[:3, 2]
    assert np.isclose(np.arcsin(-lidar_forward[2]), np.radians(4), atol=1e-6)
    assert np.isclose(np.cross(lidar_forward, forward)[2], 0, atol=1e-6)  # the same way


def test_settings_reach_the_recipe():
    config = ParkingLotConfig(frames=3, frame_rate=10, speed_min=4, speed_max=4, image_width=320, image_height=240)
    recipe = draw_recipe("parking_lot", seed=0, index=0, config=config)
    assert (recipe.num_frames, recipe.frame_rate, recipe.sensors.image_width) == (3, 10, 320)
    assert recipe.sensors.focal_length == 228.5
    assert target_of(recipe).speed == 4


def test_bad_settings_are_refused():
    with pytest.raises(ValidationError, match="parked_min must not exceed parked_max, got 9 and 3"):
        ParkingLotConfig(parked_min=9, parked_max=3)
    with pytest.raises(ValidationError, match="less than or equal to 20"):
        ParkingLotConfig(parked_max=21)
    with pytest.raises(ValidationError, match="Extra inputs"):
        ParkingLotConfig(cars=3)
    with pytest.raises(ValueError, match="leaves the picture"):
        draw_recipe("parking_lot", seed=0, index=0, config=ParkingLotConfig(frames=300, speed_min=10))


@pytest.mark.parametrize("field_of_view_deg", [60, 120])
def test_long_sequences_slow_the_target_instead_of_losing_it(field_of_view_deg):
    config = CARS_ONLY.model_copy(update={"frames": 90, "field_of_view_deg": field_of_view_deg})
    for seed in range(10):
        recipe = draw_recipe("parking_lot", seed=seed, index=0, config=config)
        target, lot = target_of(recipe), draw_lot(rng=stream(seed, "parking_lot", 0, "lot"))
        end = target.position[0] + np.cos(target.yaw) * target.speed * 89 / 30
        camera = build_sensors(recipe.sensors).camera
        pixel, _ = project(camera, np.array([target.position, (end, target.position[1], 0)]))
        assert ((pixel > 0) & (pixel < [camera.width, camera.height])).all()
        assert max(abs(end), abs(target.position[0])) < lot.side  # on the asphalt
        assert 2 <= target.speed <= 10


def test_every_field_says_why():
    for name, field in ParkingLotConfig.model_fields.items():
        assert field.description, name


def test_wind_is_drawn_up_to_the_fastest():
    winds = [
        draw_recipe("parking_lot", seed=0, index=i, config=ParkingLotConfig(wind_max=8)).weather.wind for i in range(20)
    ]
    assert 0 <= min(winds) < 2 and 6 < max(winds) <= 8
    calm = draw_recipe("parking_lot", seed=0, index=0, config=ParkingLotConfig(wind_max=0))
    assert calm.weather.wind == 0


def test_fences_stand_outside_the_kerbs_and_change_nothing_else():
    none, some, every = (
        [
            draw_recipe("parking_lot", seed=seed, index=0, config=ParkingLotConfig(fence_share=share))
            for seed in range(6)
        ]
        for share in (0.0, 0.4, 1.0)
    )
    kinds = set()
    for bare, few, full in zip(none, some, every, strict=True):
        assert not [p for p in bare.placements if p.asset == "fence"]
        for recipe in (few, full):
            assert tuple(p for p in recipe.placements if p.asset != "fence") == bare.placements
        lot = draw_lot(rng=stream(bare.seed, "parking_lot", 0, "lot"))
        fences = [p for p in full.placements if p.asset == "fence"]
        assert len(fences) == 3
        for fence in fences:
            kinds.add(fence.params["kind"])
            assert abs(fence.position[0]) > lot.side + 0.3 or fence.position[1] > lot.north + 0.3
    assert kinds == {"slats", "mesh"}
    assert 2 <= sum(p.asset == "fence" for recipe in some for p in recipe.placements) <= 14
