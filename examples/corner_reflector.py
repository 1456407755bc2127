"""Corner reflectors of known cross section through the whole chain: tracer, CSI with noise, estimate, dBsm.

The closed form counts triple reflections only; the sidelobes of the single faces show beside the smallest corners.
"""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from radar_dsp.csi import synthesise_csi
from radar_dsp.estimate import estimate_target
from radar_dsp.levels import radar_cross_section_dbsm, two_way_gain_db
from radar_dsp.ofdm import RadarConfig
from raysim.intersect import RayCaster
from raysim.pieces import assemble, radar_at
from raysim.reflector import CornerReflector
from raysim.trace import TraceConfig, trace

radar = RadarConfig(num_subcarriers=416, comb=16, num_symbols=8)  # a small grid of the same 800 MHz
place, true = np.array([5.0, 40.0, 2.0]), np.arange(-5.0, 21.0, 5.0)
measured = []
for level in true:
    reflector = CornerReflector.of_cross_section(level, frequency=radar.carrier_frequency)
    scene = assemble([reflector.piece(place, (0, 0, 5))], radar_at((0, 0, 5), (0, 40, 2)))
    paths = trace(RayCaster(scene).frame(0), TraceConfig(), frequency=radar.carrier_frequency, seed=0)
    csi = synthesise_csi(paths, radar, pose=scene.sensors.radar.pose, rng=np.random.default_rng(1))
    found = estimate_target(csi)
    gain = two_way_gain_db(found.azimuth, found.elevation)
    power = 20 * np.log10(abs(found.amplitude))
    measured.append(radar_cross_section_dbsm(power, found.range, radar.wavelength, antenna_gain_db=gain))
    distance = np.linalg.norm(place - [0, 0, 5])
    print(f"{level:+5.1f} dBsm, side {reflector.side:.3f} m: measured {measured[-1]:+6.2f} dBsm, ", end="")
    print(f"range {found.range - distance:+.3f} m off")

figure, axes = plt.subplots(2, sharex=True, figsize=(6, 6), layout="constrained")
axes[0].plot(true, true, color="0.7", label="closed form")
axes[0].plot(true, measured, "o", label="measured from the CSI")
axes[0].set(ylabel="measured [dBsm]", title="trihedral corner reflectors at 40 m, 28 GHz")
axes[0].legend()
axes[1].plot(true, measured - true, "o-")
axes[1].set(xlabel="radar cross section, closed form [dBsm]", ylabel="error [dB]", ylim=(-1.5, 1.5))
axes[1].grid(True)
figure.savefig("corner_reflector.png", dpi=120)
print(f"largest error {np.abs(measured - true).max():.2f} dB")
