"""Cost of one full parking-lot frame, stage by stage: ``python benchmarks/frame.py [--cycles]``.

Twenty parked cars, every mechanism, two threads; the first frame warms up and is not counted. Bars: at least
1 M tubes; trace <= 1.0 s; radio (trace + CSI + maps) about 2 s; `rays` picture <= 0.6 s; Cycles standard <= 3 s with
the bpy wheel.
"""

import argparse
import os
import platform
import time
from collections import defaultdict
from contextlib import contextmanager

import numpy as np

from blender_scenes.build import build
from blender_scenes.recipe import draw_recipe
from blender_scenes.renderer import BlenderRenderer
from blender_scenes.scenarios.parking_lot import ParkingLotConfig
from blender_scenes.shade import shade
from radar_dsp.beamform import camera_azimuth
from radar_dsp.csi import synthesise_csi
from radar_dsp.heatmap import range_azimuth
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube
from raysim.camera import cast_camera
from raysim.intersect import RayCaster
from raysim.labels import box_extents, boxes
from raysim.lidar import LidarConfig, scan
from raysim.trace import TraceConfig, plan_grids, trace

THREADS = 2
wall, processor = defaultdict(list), defaultdict(list)


@contextmanager
def stage(name):
    """Record the wall-clock and processor time spent inside."""
    w, p = time.perf_counter(), time.process_time()
    yield
    wall[name].append(time.perf_counter() - w)
    processor[name].append(time.process_time() - p)


def one_frame(caster, index, extents, max_range, renderer):
    """Every stage of one frame; return tubes and paths."""
    radar, config = RadarConfig(), TraceConfig()
    with stage("scene"):
        frame = caster.frame(index)
    scene = frame.frame.scene
    with stage("camera"):
        view = cast_camera(frame, scene.sensors.camera, threads=THREADS)
    with stage("rays picture"):
        shade(frame, view, threads=THREADS)
    if renderer:
        with stage("cycles picture"):
            renderer.render(scene, index)
    with stage("lidar"):
        scan(frame, LidarConfig(), rng=np.random.default_rng(0), threads=THREADS)
    with stage("trace"):
        paths = list(trace(frame, config, frequency=radar.carrier_frequency, seed=0, threads=THREADS))
    with stage("csi"):
        csi = synthesise_csi(paths, radar, pose=scene.sensors.radar.pose, rng=np.random.default_rng(0))
    with stage("maps"):
        power_cube(csi, radar, max_range=max_range)
        axis = camera_azimuth(scene.sensors.camera.half_fov, radar.heatmap_columns)
        range_azimuth(csi, radar, max_range=max_range, azimuth=axis)
    with stage("labels"):
        boxes(frame, scene.sensors.camera, view, extents)
    grids = plan_grids(frame, config, frequency=radar.carrier_frequency, seed=0)
    return sum(grid.num_tubes for grid in grids), sum(len(block) for block in paths)


def main():
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", action="store_true", help="also render with Cycles in the bpy wheel")
    parser.add_argument("--frames", type=int, default=4)
    arguments = parser.parse_args()
    recipe = draw_recipe("parking_lot", seed=1, index=0, config=ParkingLotConfig(parked_min=20, parked_max=20))
    with stage("build"):
        scene = build(recipe)
    with stage("static part"):
        caster, extents = RayCaster(scene), box_extents(scene)
    renderer = BlenderRenderer(threads=THREADS) if arguments.cycles else None
    for index in range(arguments.frames + 1):
        tubes, paths = one_frame(caster, index, extents, recipe.max_range, renderer)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{len(scene.mesh.triangles)} triangles, {tubes} tubes, {paths} paths, {arguments.frames} frames")
    print(f"{'stage':16} {'wall s':>8} {'cpu s':>8}")
    for name in wall:
        counted = slice(1, None) if len(wall[name]) > 1 else slice(None)
        print(f"{name:16} {np.median(wall[name][counted]):8.2f} {np.median(processor[name][counted]):8.2f}")
    radio = sum(np.median(wall[name][1:]) for name in ("trace", "csi", "maps"))
    print(f"{'radio':16} {radio:8.2f}")


if __name__ == "__main__":
    main()
