"""Micro-Doppler of turning wheels: a car drives towards the radar, its wheels echo from 0 to twice its speed."""

import matplotlib
import numpy as np
from scipy.constants import c

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from blender_scenes.assets.cars import draw_car, make_car
from blender_scenes.pieces import asset_pieces
from radar_dsp.csi import synthesise_csi
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import range_doppler
from raysim.intersect import RayCaster
from raysim.paths import concatenate
from raysim.pieces import assemble, radar_at
from raysim.trace import TraceConfig, trace

SPEED = 4.5  # [m/s]
radar = RadarConfig(num_subcarriers=416, comb=16, num_symbols=64, num_rows=4, num_columns=4)
car = make_car(draw_car("hatchback", rng=np.random.default_rng(2)))
# heads for a place beside the radar, so that its flank and wheels are seen
pieces = asset_pieces(car, position=(12.0, 3.0, 0.0), yaw=np.pi, speed=SPEED)
scene = assemble(pieces, radar_at((0, 0, 0.6), (12, 3, 0.6)))
paths = concatenate(trace(RayCaster(scene).frame(0), TraceConfig(), frequency=radar.carrier_frequency, seed=0))

closing = -c / 2 * paths.delay_rate  # [m/s]
body = SPEED * 12 / np.hypot(12, 3)
print(f"body closes at {body:.2f} m/s; echoes from {closing.min():.2f} to {closing.max():.2f} m/s")
csi = synthesise_csi(paths, radar, pose=scene.sensors.radar.pose, rng=np.random.default_rng(0))
chart = range_doppler(csi, radar, max_range=20.0)

figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
level = 10 * np.log10(chart.power / chart.noise_power)
mesh = axes.pcolormesh(chart.velocity, chart.range, level, vmin=0, vmax=level.max(), shading="nearest")
axes.axvline(2 * SPEED, color="w", linestyle="--", linewidth=0.8)
axes.text(2 * SPEED - 0.15, 5.2, "twice the speed", color="w", rotation=90, va="bottom", ha="right", fontsize=8)
axes.set(xlabel="radial velocity [m/s], closing positive", ylabel="range [m]", ylim=(5, 20), title="wheels of a car")
figure.colorbar(mesh, label="over noise [dB]")
figure.savefig("micro_doppler.png", dpi=120)
