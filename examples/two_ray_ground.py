"""Two rays over a ground: received power against distance, traced, with the closed form over it."""

import matplotlib
import numpy as np
from scipy.constants import c

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material, complex_permittivity
from raysim.pieces import Piece, assemble, radar_at
from raysim.sensors import Radar, look_at
from raysim.stations import trace_radars
from raysim.trace import TraceConfig

FREQUENCY, MAST, PHONE = 28e9, 3.0, 1.5  # [Hz], heights of transmitter and receiver [m]


def closed_form(distance):
    """Received over transmitted power [dB] of isotropic vertical elements, and that of the line of sight alone."""
    direct, bounced = np.hypot(distance, MAST - PHONE), np.hypot(distance, MAST + PHONE)
    sine, permittivity = (MAST + PHONE) / bounced, complex_permittivity("concrete", FREQUENCY)
    root = np.sqrt(permittivity - (1 - sine**2))
    mirror = (permittivity * sine - root) / (permittivity * sine + root)
    wavenumber = 2 * np.pi * FREQUENCY / c
    field = np.exp(-1j * wavenumber * direct) / direct + mirror * np.exp(-1j * wavenumber * bounced) / bounced
    return [20 * np.log10(abs(part) / (2 * wavenumber)) for part in (field, 1 / direct)]


distance = np.geomspace(15, 450, 100)
corners = [[-50, -50, 0], [50, -50, 0], [50, 500, 0], [-50, 500, 0]]
material = Material("concrete", "concrete", (0.5, 0.5, 0.5))
ground = Piece("ground", "ground", np.array(corners, float), np.array([[0, 1, 2], [0, 2, 3]]), (material,))
scene = assemble([ground], radar_at((0, 0, MAST), (0, 9, MAST)))
mast = look_at((0, 0, MAST), (0, 9, MAST))
radars = {f"{d:.3f}": Radar.between(mast, look_at((0, d, PHONE), (0, 0, PHONE))) for d in distance}
coarse = LaunchConfig(flat_footprint=3.0, azimuth_limit=0.05, elevation_min=-0.05, elevation_max=0.05)
config = TraceConfig(antenna="isotropic", launch=coarse)  # both rays are explicit paths: tubes hardly matter
traced = []
for _, blocks in trace_radars(RayCaster(scene).frame(0), radars, config, frequency=FREQUENCY, seed=0):
    channel = sum((block.gain * np.exp(-2j * np.pi * np.mod(FREQUENCY * block.delay, 1))).sum() for block in blocks)
    traced.append(20 * np.log10(abs(channel)))
error = np.abs(traced - closed_form(distance)[0]).max()

fine = np.geomspace(15, 450, 5000)
both, alone = closed_form(fine)
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
axes.semilogx(fine, both, color="0.6", linewidth=1, label="closed form: two rays")
axes.semilogx(fine, alone, "--", color="#d55e00", label="line of sight alone")
axes.semilogx(distance, traced, "o", markersize=4, color="#0072b2", label="traced")
axes.set(xlabel="distance [m]", ylabel="received over transmitted power [dB]", ylim=(-140, -75))
axes.set_title(f"28 GHz over concrete, {MAST:g} m to {PHONE:g} m high, vertical polarisation")
axes.set_xticks([20, 50, 100, 200, 400], ["20", "50", "100", "200", "400"])
axes.set_xticks([], minor=True)
axes.grid(True, linewidth=0.3)
axes.legend()
figure.savefig("two_ray_ground.png", dpi=120)
print(f"largest error {error:.1e} dB over {len(distance)} distances")
