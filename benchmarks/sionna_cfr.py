"""Sionna RT's side of `benchmarks/csi.py`: runs in Sionna's interpreter and needs nothing of raysim.

``python sionna_cfr.py OUT.npz RAYS CARRIER TONE_SPACING TONES``: traces Munich with diffuse reflections to a 16 x 16
array, times ``Paths.cfr`` for one symbol, and keeps the paths, the channel and the times.
"""

import sys
import time
from importlib.metadata import version

import numpy as np
from sionna.rt import PathSolver, PlanarArray, Receiver, Transmitter, load_scene, scene


def trace(rays: int, carrier: float):
    """Return paths of two diffuse bounces in a city."""
    world = load_scene(scene.munich)
    world.frequency = carrier
    world.rx_array = PlanarArray(num_rows=16, num_cols=16, pattern="iso", polarization="V")
    world.tx_array = PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
    world.add(Transmitter("tx", position=(8.5, 21, 27)))
    world.add(Receiver("rx", position=(45, 90, 1.5)))
    for material in world.radio_materials.values():
        material.scattering_coefficient = 0.5  # else there are a dozen paths only
    return PathSolver()(world, max_depth=2, diffuse_reflection=True, samples_per_src=rays)


def main(out: str, rays: str, carrier: str, spacing: str, tones: str) -> None:
    """Trace, time, keep."""
    paths = trace(int(rays), float(carrier))
    frequencies = (np.arange(int(tones)) - int(tones) // 2) * float(spacing)
    times = []
    for _ in range(3):  # compiled in the first
        start = time.perf_counter(), time.process_time()
        channel = paths.cfr(frequencies=frequencies, normalize_delays=False, out_type="numpy")
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    a, tau = paths.cir(normalize_delays=False, out_type="numpy")
    angles = {name: np.array(getattr(paths, name)) for name in ("theta_r", "phi_r", "theta_t", "phi_t")}
    np.savez(
        out,
        a=a,
        tau=tau,
        frequency=float(carrier),
        normalize_delays=False,
        channel=channel,
        seconds=np.min(times[1:], axis=0),
        version=version("sionna-rt"),
        **angles,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
