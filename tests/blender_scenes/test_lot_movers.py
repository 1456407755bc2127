"""Pedestrians and cyclists of the parking lot: where they go, what they leave alone, their labels."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from blender_scenes.build import build, build_sensors
from blender_scenes.recipe import draw_recipe
from blender_scenes.scenarios.lot_movers import swept
from blender_scenes.scenarios.parking_lot import ParkingLotConfig
from raysim.camera import cast_camera, project
from raysim.intersect import RayCaster
from raysim.labels import boxes, reflectors
from raysim.scene import CATEGORIES
from raysim.trace import TraceConfig, trace
from tests.blender_scenes.footprints import footprint, overlap

MOVERS = ("pedestrian", "cyclist")
BUSY = ParkingLotConfig(
    pedestrians_min=4,
    pedestrians_max=6,
    cyclists_min=1,
    cyclists_max=2,
    facade=False,
    vegetation=False,
    furniture=False,
)
SEEDS = range(20)


@pytest.fixture(scope="module")
def recipes():
    return [draw_recipe("parking_lot", seed=seed, index=0, config=BUSY) for seed in SEEDS]


def movers(recipe):
    return [placement for placement in recipe.placements if placement.category in MOVERS]


def duration(recipe):
    return (recipe.num_frames - 1) / recipe.frame_rate


def test_without_movers_all_is_as_it_was():
    """Whoever asks for none gets the recipe that others get, less its movers: their numbers come from elsewhere."""
    full = ParkingLotConfig(pedestrians_min=2, pedestrians_max=5, cyclists_min=1, cyclists_max=2)
    for seed in range(5):
        plain, busy = (draw_recipe("parking_lot", seed=seed, index=1, config=c) for c in (None, full))
        assert not movers(plain)
        assert 3 <= len(movers(busy)) <= 7
        rest = tuple(placement for placement in busy.placements if placement.category not in MOVERS)
        assert replace(busy, placements=rest).to_json() == plain.to_json()


def test_counts_speeds_and_names(recipes):
    for recipe in recipes:
        found = [placement.category for placement in movers(recipe)]
        assert 4 <= found.count("pedestrian") <= 6
        assert 1 <= found.count("cyclist") <= 2
        assert not any(placement.is_target for placement in movers(recipe))
    everybody = [placement for recipe in recipes for placement in movers(recipe)]
    walks = [p.speed for p in everybody if p.category == "pedestrian"]
    rides = [p.speed for p in everybody if p.category == "cyclist"]
    assert 0.8 <= min(walks) < 1.2 < 1.5 < max(walks) <= 2.0
    assert 3.0 <= min(rides) < max(rides) <= 6.0
    assert {round(float(np.cos(p.yaw))) for p in everybody} == {-1, 1}
    assert all(p.params["speed"] == p.speed for p in everybody if p.category == "pedestrian")


def test_nobody_walks_through_cars_or_others(recipes):
    for recipe in recipes:
        time = duration(recipe)
        strips = [swept(placement, time) for placement in movers(recipe)]
        boxes_ = [
            footprint(((t.west + t.east) / 2, (t.south + t.north) / 2), 0.0, t.east - t.west, t.north - t.south)
            for t in strips
        ]
        assert not any(a.meets(b) for k, a in enumerate(strips) for b in strips[:k])
        for car in (p for p in recipe.placements if p.category == "car"):
            ahead = car.speed * time * np.array([np.cos(car.yaw), np.sin(car.yaw)])
            middle, length = np.array(car.position[:2]) + ahead / 2, car.params["length"] + np.linalg.norm(ahead)
            area = footprint(middle, car.yaw, length, car.params["width"])
            assert not any(overlap(area, box) for box in boxes_), (recipe.seed, car.name)


def test_all_stay_in_the_picture(recipes):
    for recipe in recipes:
        camera = build_sensors(recipe.sensors).camera
        for one in movers(recipe):
            x, y, _ = one.position
            end = x + one.speed * duration(recipe) * np.cos(one.yaw)
            pixel, depth = project(camera, np.array([(at, y, z) for at in (x, end) for z in (0.0, 1.9)]))
            assert (depth > 0).all()
            assert ((pixel > 0) & (pixel < [camera.width, camera.height])).all()


def test_they_are_labelled_as_cars_are():
    recipe = draw_recipe("parking_lot", seed=3, index=0, config=BUSY.model_copy(update={"parked_max": 0, "frames": 2}))
    scene = build(recipe)
    caster = RayCaster(scene).frame(1)
    view = cast_camera(caster, scene.sensors.camera)
    names = {CATEGORIES[k] for k in np.unique(view.category)}
    assert names >= {"car", "pedestrian", "cyclist"}
    labels = boxes(caster, scene.sensors.camera, view)
    paths = trace(caster, TraceConfig(), frequency=28e9, seed=0)
    echoes = reflectors(
        paths, scene.sensors.radar.pose, num_instances=len(scene.instances), frequency=28e9, range_cell=0.2,
        azimuth_cell_cosine=0.125,
    )  # fmt: skip
    for number, placement in enumerate(recipe.placements):
        if placement.category not in MOVERS:
            continue
        speed = placement.speed * np.array([np.cos(placement.yaw), np.sin(placement.yaw), 0])
        np.testing.assert_allclose(labels["instances/velocity"][number], speed, atol=1e-9)
        if labels["instances/visibility"][number] > 0.9:
            low, high = labels["instances/box_2d_full"][number].reshape(2, 2)
            rows, columns = np.nonzero(view.instance == number + 1)
            assert (columns.min() + 1 >= low[0]) and (rows.max() <= high[1])
            assert (echoes["radar/reflectors/instance"] == number + 1).any()


def test_bad_counts_are_refused():
    with pytest.raises(ValidationError, match=r"pedestrians_min must not exceed pedestrians_max, got 3 and 0"):
        ParkingLotConfig(pedestrians_min=3)
    with pytest.raises(ValidationError, match=r"less than or equal to 5"):
        ParkingLotConfig(cyclists_max=6)
    crowded = BUSY.model_copy(update={"cyclists_min": 5, "cyclists_max": 5, "frames": 240, "speed_max": 2.0})
    with pytest.raises(ValueError, match=r"found no room in the picture for cyclist \d of 5"):
        draw_recipe("parking_lot", seed=0, index=0, config=crowded)
