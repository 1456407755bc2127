"""Micro-Doppler of a walking person and of a cyclist: trunk, arms and legs, frame, pedals and wheels over 2 s."""

import matplotlib
import numpy as np
from scipy.constants import c

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from blender_scenes.assets.cyclists import draw_cyclist, make_cyclist
from blender_scenes.assets.people import draw_person, make_person
from blender_scenes.pieces import asset_pieces
from radar_dsp.csi import synthesise_csi
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import range_doppler
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.paths import concatenate
from raysim.pieces import assemble, radar_at
from raysim.trace import TraceConfig, trace

times = np.arange(0, 2.0, 0.02)  # [s] every frame is traced anew
radar = RadarConfig(num_subcarriers=208, comb=32, num_symbols=64, num_rows=1, num_columns=1)
tubes = TraceConfig(launch=LaunchConfig(object_tubes=8000))
rng = np.random.default_rng(4)
walker = make_person(draw_person("man", speed=1.4, rng=rng))
cyclist = make_cyclist(draw_cyclist(speed=3.8, rng=rng))

figure, panels = plt.subplots(2, 1, figsize=(8, 8), layout="constrained")
for panel, name, asset, speed in zip(panels, ("walker", "cyclist"), (walker, cyclist), (1.4, 3.8), strict=True):
    pieces = asset_pieces(asset, position=(14.0, 0.6, 0.0), yaw=np.pi, speed=speed, times=times)  # towards the radar
    caster = RayCaster(assemble(pieces, radar_at((0, 0, 1), (14, 0, 1)), times))
    columns, fastest = [], []
    for index in range(len(times)):
        paths = concatenate(trace(caster.frame(index), tubes, frequency=radar.carrier_frequency, seed=0))
        csi = synthesise_csi(paths, radar, pose=caster.scene.sensors.radar.pose, rng=np.random.default_rng(index))
        chart = range_doppler(csi, radar, max_range=16.0)
        columns.append(10 * np.log10(chart.power.sum(axis=0) / (len(chart.range) * chart.noise_power)))
        closing, power = -c / 2 * paths.delay_rate, np.abs(paths.gain) ** 2
        fastest.append([closing.max(), np.average(closing, weights=power)])
    limit, trunk = np.array(fastest).max(axis=0)[0], np.array(fastest)[:, 1].mean()
    print(f"{name} at {speed} m/s: echoes mean {trunk:.2f} m/s, up to {limit / speed:.1f} times the speed")
    level = np.array(columns).T
    mesh = panel.pcolormesh(times, chart.velocity, level, vmin=0, vmax=level.max(), shading="nearest")
    panel.axhline(speed, color="w", linestyle="--", linewidth=0.8)
    panel.set(ylabel="closing velocity [m/s]", ylim=(-3, 9), title=f"{name} at {speed} m/s")
    figure.colorbar(mesh, label="over noise [dB]")
panels[-1].set_xlabel("time [s]")
figure.savefig("walking_person.png", dpi=120)
