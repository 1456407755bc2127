"""Does the radar see the target where the label says? Prints its figures (`make test-all`)."""

import numpy as np
import pytest
from scipy.constants import c

from blender_scenes.build import build
from blender_scenes.recipe import draw_recipe
from blender_scenes.scenarios.parking_lot import ParkingLotConfig
from blender_scenes.streams import stream
from radar_dsp.beamform import camera_azimuth
from radar_dsp.csi import synthesise_csi
from radar_dsp.heatmap import range_azimuth
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube
from raysim.intersect import RayCaster
from raysim.labels import TANGENTIAL_CELLS
from raysim.paths import concatenate
from raysim.sensors import to_polar
from raysim.trace import TraceConfig, trace

RADAR = RadarConfig()
ALONE = {"parked_min": 0, "parked_max": 0, "facade": False, "vegetation": False, "furniture": False}
FRAMES = (2, 12)  # of each sequence


def observe(config, index):
    """Yield (scene frame, its paths, their CSI, the farthest range) of the chosen frames of one sequence."""
    recipe = draw_recipe("parking_lot", seed=1, index=index, config=config)
    scene = build(recipe)
    caster = RayCaster(scene)
    for f in FRAMES:
        frame = caster.frame(f)
        rng = stream(1, "parking_lot", index, f"noise/{f}")
        paths = concatenate(trace(frame, TraceConfig(), frequency=RADAR.carrier_frequency, seed=index, threads=2))
        csi = synthesise_csi(paths, RADAR, pose=scene.sensors.radar.pose, rng=rng)
        yield frame.frame, paths, csi, recipe.max_range


def target_extent(frame):
    """Range, azimuth and direction-cosine spans of the target's vertices, and its radial velocity."""
    scene = frame.scene
    target = next(i for i, instance in enumerate(scene.instances) if instance.is_target)
    pose = scene.sensors.radar.pose
    vertices = frame.vertices[scene.instance_of_part[scene.part_of_vertex] == target]
    distance, azimuth, _ = to_polar(pose, vertices)
    cosine = ((vertices - pose[:3, 3]) @ pose[:3, 0]) / distance
    body = next(i for i, part in enumerate(scene.parts) if part.instance == target)
    line = vertices.mean(0) - pose[:3, 3]
    speed = -frame.velocity[body] @ line / np.linalg.norm(line)
    return distance, azimuth, cosine, speed


def inside(value, span, cell):
    return span.min() - cell <= value <= span.max() + cell


def is_ghost(paths, frame, reach, cosine):
    """Tell whether the strongest path of a cell at range `reach` [m] is the target's by way of something else."""
    right = frame.scene.sensors.radar.pose[:3, 0]
    near = np.abs(paths.delay * c / 2 - reach) <= RADAR.range_resolution
    near &= np.abs(paths.arrival @ right - cosine) <= 2 / RADAR.num_columns
    near &= np.abs(paths.delay_rate) * c / 2 > 0.1
    mine = paths.select(np.flatnonzero(near))
    strongest = np.argmax(np.abs(mine.gain))
    ends = mine.first_instance[strongest], mine.last_instance[strongest]
    return bool(mine.depth[strongest] > 1 and any(frame.scene.instances[i].is_target for i in ends))


@pytest.mark.slow
def test_strongest_cell_lies_on_a_car_alone_on_asphalt(capsys):
    hits = []
    for index in range(25):
        for frame, _, csi, max_range in observe(ParkingLotConfig(**ALONE), index):
            axis = camera_azimuth(frame.scene.sensors.camera.half_fov, RADAR.heatmap_columns)
            heatmap = range_azimuth(csi, RADAR, max_range=max_range, azimuth=axis)
            row, column = np.unravel_index(heatmap.decibels.argmax(), heatmap.decibels.shape)
            distance, azimuth, _, _ = target_extent(frame)
            cell = RADAR.azimuth_resolution / np.cos(heatmap.azimuth[column])
            on = inside(heatmap.range[row], distance, RADAR.range_resolution)
            on &= inside(heatmap.azimuth[column], azimuth, cell)
            hits.append(on)
    with capsys.disabled():
        print(f"\ncar alone: strongest cell on the car in {sum(hits)} of {len(hits)} frames (bar: all)")
    assert all(hits)


@pytest.mark.slow
def test_strongest_moving_cell_lies_on_the_target_in_full_scenes(capsys):
    """In a calm: crowns that sway are movers of their own, and near ones outshine a far car (1 fast frame of 23).

    A car's own ghost in a wall or window may outshine it: a rounded pane turned the right way. Such frames are counted.
    """
    fast, slow, ghosts = [], [], 0
    for index in range(25):
        for frame, paths, csi, max_range in observe(ParkingLotConfig(wind_max=0.0), index):
            cube = power_cube(csi, RADAR, max_range=max_range)
            moving = np.abs(cube.velocity) >= TANGENTIAL_CELLS * RADAR.velocity_resolution
            power = np.where(moving, cube.power, 0)
            row, beam, _ = np.unravel_index(power.argmax(), power.shape)
            distance, _, cosine, speed = target_extent(frame)
            on = inside(cube.range[row], distance, RADAR.range_resolution)
            on &= inside(cube.azimuth[beam], cosine, float(np.diff(cube.azimuth[:2])[0]))
            is_fast = abs(speed) >= TANGENTIAL_CELLS * RADAR.velocity_resolution
            ghost = is_fast and not on and is_ghost(paths, frame, cube.range[row], cube.azimuth[beam])
            ghosts += ghost
            (fast if is_fast else slow).append(on or ghost)
    with capsys.disabled():
        print(
            f"\nfull scenes: strongest moving cell on the target in {sum(fast)} of {len(fast)} fast frames (bar: all), "
            f"in {ghosts} of them on its ghost (bar: 2); "
            f"{sum(slow)} of {len(slow)} slower ones"
        )
    assert len(fast) >= 10
    assert all(fast)
    assert ghosts <= 2
