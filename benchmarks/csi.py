"""CSI and maps of a default frame, their memory, and the same sum done by others. Run: python benchmarks/csi.py.

1 M static and 50 k moving paths to 1664 subcarriers x 32 symbols x 16 x 16 elements. Bars: CSI 1.5 s, cube and heatmap
together 250 ms on 2 cores; 100 x Sionna's ``Paths.cfr``; peak memory 3 x the CSI, measured in a process of its own
(``--memory``), the blocks of paths made as they are asked for and counted. The direct sum is one complex64 matrix
product. With ``--sionna-python PYTHON``, an interpreter that has Sionna RT, both take up its paths through Munich, and
their channels are compared.
"""

import argparse
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from machine import machine
from scipy.constants import c

from radar_dsp.csi import synthesise_csi
from radar_dsp.heatmap import range_azimuth
from radar_dsp.interop_sionna import sionna_paths
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube
from raysim.paths import Paths

STATIC, MOVING, MAX_RANGE = 1_000_000, 50_000, 100.0
FEW = 3_970  # paths of the comparison
SAMPLES = 87_000  # rays of Sionna, about 22 for each path it finds
BLOCK = 100_000  # paths
POSE = np.eye(4)  # looks along +y
POSE[:3, :3] = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
SIONNA_POSE = np.eye(4)  # Sionna's arrays look along +x
SIONNA_POSE[:3, :3] = [[0, 0, 1], [-1, 0, 0], [0, -1, 0]]
STATUS = Path("/proc/self/status")  # Linux


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


def memory(field: str) -> int:
    """VmRSS or VmHWM of this process [B]."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return 1024 * int(line.split()[1])


def peak_of(function) -> tuple[object, int]:
    """Return the result of a function, and how far the memory rose above what was there before [B]."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = memory("VmRSS")
    result = function()
    return result, memory("VmHWM") - before


def timed(name: str, function, repeats: int = 5) -> tuple[object, float, float]:
    """Print the best wall time and its process time; the result, and both times [s]."""
    best = (np.inf, 0.0)
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        result = function()
        best = min(best, (time.perf_counter() - wall, time.process_time() - cpu))
    print(f"{name:52} {best[0] * 1e3:7.0f} ms wall {best[1] * 1e3:7.0f} ms process", flush=True)
    return result, *best


def direct_sum(paths: Paths, config: RadarConfig, pose: np.ndarray) -> np.ndarray:
    """(elements, subcarriers) complex64 channel of one symbol as a matrix product, phases in float64."""
    place = config.element_spacing * (np.arange(16) - 7.5)
    up, right = paths.arrival @ -pose[:3, 1], paths.arrival @ pose[:3, 0]
    turns = (place[:, None, None] * up + place[:, None] * right).reshape(-1, len(paths))
    array = np.exp(2j * np.pi * turns) * paths.gain
    frequency = config.carrier_frequency + config.subcarrier_frequency
    tones = np.exp(-2j * np.pi * np.mod(np.outer(paths.delay, frequency), 1))
    return array.astype(np.complex64) @ tones.astype(np.complex64)


def compare(paths: Paths, config: RadarConfig, pose: np.ndarray) -> tuple[np.ndarray, float, float]:
    """One symbol, ours and the direct sum; our channel and its times [s]."""
    rng = np.random.default_rng(0)
    csi, *ours = timed(f"one symbol, {len(paths)} paths", lambda: synthesise_csi(paths, config, pose=pose, rng=rng))
    exact, direct, _ = timed("  the same as a direct sum", lambda: direct_sum(paths, config, pose), repeats=2)
    channel = csi.values[:, :, 0]
    error = stray(channel.reshape(exact.shape), exact)
    print(f"  {direct / ours[0]:.0f} x the direct sum, relative difference {error:.1e}")
    return channel, *ours


def stray(got: np.ndarray, want: np.ndarray) -> float:
    """Relative difference."""
    return float(np.linalg.norm(got - want) / np.linalg.norm(want))


def compare_with_sionna(python: str, config: RadarConfig) -> None:
    """One symbol of Sionna's own paths: its ``cfr`` and ours."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "paths.npz"
        settings = SAMPLES, config.carrier_frequency, config.tone_spacing, config.num_subcarriers
        side = Path(__file__).with_name("sionna_cfr.py")
        subprocess.run([python, side, out, *map(str, settings)], check=True)
        arrays = dict(np.load(out))
    paths = sionna_paths(arrays, SIONNA_POSE).paths
    # The gains are those of its first element, top right; ours those of the centre.
    corner = 7.5 * config.element_spacing * (paths.arrival @ (SIONNA_POSE[:3, 0] - SIONNA_POSE[:3, 1]))
    paths = replace(paths, gain=paths.gain * np.exp(-2j * np.pi * corner))
    channel, *ours = compare(paths, config, SIONNA_POSE)
    theirs = arrays["channel"].reshape(16, 16, -1).transpose(1, 0, 2)[::-1, ::-1]  # column by column, from top right
    wall, cpu = arrays["seconds"]
    print(
        f"Sionna RT {arrays['version']}, the same {len(paths)} paths: {wall * 1e3:.0f} ms wall, {cpu * 1e3:.0f} process"
    )
    print(f"  {wall / ours[0]:.0f} x ours, {cpu / ours[1]:.0f} x in processor time, bar 100 x")
    print(f"  relative difference of the two channels {stray(channel, theirs):.1e}")


def streamed(rng: np.random.Generator) -> Iterator[Paths]:
    """Blocks of the default frame, each made when it is asked for."""
    for _ in range(STATIC // BLOCK):
        yield random_paths(BLOCK, speed=0.0, rng=rng)
    yield random_paths(MOVING, speed=8.0, rng=rng)


def show_memory(config: RadarConfig) -> None:
    """Print the peaks."""
    rng = np.random.default_rng(0)
    warm = random_paths(2, speed=8.0, rng=rng)
    synthesise_csi(warm, config.model_copy(update={"num_symbols": 2}), pose=POSE, rng=rng)  # compiled code stays
    csi, peak = peak_of(lambda: synthesise_csi(streamed(rng), config, pose=POSE, rng=rng))
    size = csi.values.nbytes
    print(f"CSI of {size / 2**20:.0f} MiB: peak {peak / 2**20:.0f} MiB, {peak / size:.2f} x, bar 3 x")
    for name, map_of in (("cube", power_cube), ("heatmap", range_azimuth)):
        _, peak = peak_of(lambda make=map_of: make(csi, config, max_range=MAX_RANGE))
        print(f"{name} from it: {peak / 2**20:.0f} MiB more, {1 + peak / size:.2f} x with the CSI, bar 3 x")


def show_speed(config: RadarConfig) -> None:
    """Print the times."""
    rng = np.random.default_rng(0)
    blocks = list(streamed(rng))
    csi, seconds, _ = timed(
        "CSI, 1 M static + 50 k moving paths", lambda: synthesise_csi(blocks, config, pose=POSE, rng=rng)
    )
    print(f"  bar 1500 ms: {seconds / 1.5:.2f} of it; {seconds / (STATIC + MOVING) * 1e9:.0f} ns a path")
    _, cube, _ = timed("power cube", lambda: power_cube(csi, config, max_range=MAX_RANGE))
    _, heatmap, _ = timed("heatmap", lambda: range_azimuth(csi, config, max_range=MAX_RANGE))
    print(f"  together {(cube + heatmap) * 1e3:.0f} ms, bar 250 ms: {(cube + heatmap) / 0.25:.2f} of it")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", action="store_true", help="the peaks alone")
    parser.add_argument("--sionna-python", help="interpreter that has Sionna RT")
    arguments = parser.parse_args()
    config = RadarConfig()
    if arguments.memory:
        return show_memory(config)
    print(machine(), flush=True)
    subprocess.run([sys.executable, __file__, "--memory"], check=True)
    show_speed(config)
    one = config.model_copy(update={"num_symbols": 1, "thermal_noise": False})
    compare(random_paths(FEW, speed=0.0, rng=np.random.default_rng(0)), one, POSE)
    if arguments.sionna_python:
        compare_with_sionna(arguments.sionna_python, one)
    else:
        print("no --sionna-python given: no comparison with Sionna's Paths.cfr")


if __name__ == "__main__":
    main()
