"""Radar cross section of a procedural saloon against aspect, plane wave at 28 GHz, mean over 800 MHz."""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from blender_scenes.assets.cars import draw_car, make_car
from blender_scenes.pieces import asset_pieces
from raysim.launch import LaunchConfig
from raysim.pieces import assemble, radar_at
from raysim.rcs import radar_cross_section
from raysim.trace import TraceConfig

car = make_car(draw_car("saloon", rng=np.random.default_rng(0)))
scene = assemble(asset_pieces(car), radar_at((10, 0, 1), (0, 0, 1)))
azimuth = np.radians(np.arange(0, 361, 3))  # 0 = the car's front, 90 degrees = its left side
config = TraceConfig(launch=LaunchConfig(object_tubes=30_000))
level = radar_cross_section(scene, azimuth, frequency=28e9, bandwidth=800e6, config=config, threads=2)

figure, axes = plt.subplots(figsize=(6, 6), subplot_kw={"projection": "polar"}, layout="constrained")
axes.plot(azimuth, np.maximum(level.dbsm, -20))
axes.set_rlim(-20, 45)
axes.set_title("saloon, 28 GHz: radar cross section [dBsm], front at 0°")
figure.savefig("car_rcs.png", dpi=120)

for name, middle in (("front", 0), ("left side", 90), ("rear", 180)):
    near = np.abs(np.degrees(azimuth) - middle) <= 9
    print(f"{name}: {10 * np.log10(level.mean[near].mean()):.1f} dBsm, mean over +-9 degrees")
