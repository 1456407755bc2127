"""CSI and maps of a default frame: 1 M static and 50 k moving paths. Run: python benchmarks/csi.py."""

import resource
import time

import numpy as np
from scipy.constants import c

from radar_dsp.csi import synthesise_csi
from radar_dsp.heatmap import range_azimuth
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube
from raysim.paths import Paths

STATIC, MOVING, MAX_RANGE = 1_000_000, 50_000, 100.0


def random_paths(count: int, *, speed: float, rng: np.random.Generator) -> Paths:
    """Paths with echoes to 150 m in front of an array that looks along +y."""
    direction = rng.normal(size=(count, 3))
    direction[:, 1] = np.abs(direction[:, 1]) + 0.5
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    index = np.zeros(count, np.int32)
    return Paths(
        gain=1e-6 * (rng.normal(size=count) + 1j * rng.normal(size=count)),
        delay=rng.uniform(10 / c, 300 / c, count),
        delay_rate=2 * speed / c * rng.uniform(-1, 1, count),
        delay_acceleration=10 * speed / c * rng.uniform(-1, 1, count),
        departure=direction,
        arrival=direction,
        depth=np.ones(count, np.uint8),
        kinds=np.ones(count, np.uint32),
        first_instance=index,
        last_instance=index,
        last_point=direction,
    )


def timed(name: str, function, repeats: int = 3):
    """Print the best wall time and its process time."""
    best = (np.inf, 0.0)
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        result = function()
        best = min(best, (time.perf_counter() - wall, time.process_time() - cpu))
    print(f"{name:48} {best[0] * 1e3:7.0f} ms wall {best[1] * 1e3:7.0f} ms process", flush=True)
    return result


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    pose = np.eye(4)
    pose[:3, :3] = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    config = RadarConfig()
    blocks = [random_paths(STATIC, speed=0.0, rng=rng), random_paths(MOVING, speed=8.0, rng=rng)]
    csi = timed("CSI, 1 M static + 50 k moving paths", lambda: synthesise_csi(blocks, config, pose=pose, rng=rng))
    timed("  static alone", lambda: synthesise_csi(blocks[0], config, pose=pose, rng=rng))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    cube = timed("power cube", lambda: power_cube(csi, config, max_range=MAX_RANGE))
    heatmap = timed("heatmap", lambda: range_azimuth(csi, config, max_range=MAX_RANGE))
    print(f"cube {cube.power.shape}, heatmap {heatmap.decibels.shape} to {MAX_RANGE:g} m")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
