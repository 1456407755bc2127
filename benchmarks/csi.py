"""CSI and maps of a default frame, their memory, and the same sum done directly. Run: python benchmarks/csi.py.

1 M static and 50 k moving paths to 1664 subcarriers x 32 symbols x 16 x 16 elements. Bars: CSI 1.5 s, cube and heatmap
together 250 ms on 2 cores; peak memory 3 x the CSI, what the caller holds not counted; 100 x Sionna's ``Paths.cfr``.
The direct sum stands for what Sionna evaluates, all paths x antennas x subcarriers, as one complex64 matrix product;
where Sionna RT is installed, its own ``cfr`` is timed on as many paths as well.
"""

import gc
import importlib.util
import time
from pathlib import Path

import numpy as np
from scipy.constants import c

from radar_dsp.csi import synthesise_csi
from radar_dsp.heatmap import range_azimuth
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube
from raysim.paths import Paths

STATIC, MOVING, MAX_RANGE = 1_000_000, 50_000, 100.0
FEW = 3_970  # paths of the comparison
SAMPLES = 87_000  # rays of Sionna, about 22 for each path it finds
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


def timed(name: str, function, repeats: int = 5) -> tuple[object, float]:
    """Print the best wall time and its process time; the result, and the wall time [s]."""
    best = (np.inf, 0.0)
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        result = function()
        best = min(best, (time.perf_counter() - wall, time.process_time() - cpu))
    print(f"{name:52} {best[0] * 1e3:7.0f} ms wall {best[1] * 1e3:7.0f} ms process", flush=True)
    return result, best[0]


def direct_sum(paths: Paths, config: RadarConfig, pose: np.ndarray) -> np.ndarray:
    """(elements, subcarriers) complex64 channel of one symbol as a matrix product, phases in float64."""
    place = config.element_spacing * (np.arange(16) - 7.5)
    up, right = paths.arrival @ -pose[:3, 1], paths.arrival @ pose[:3, 0]
    turns = (place[:, None, None] * up + place[:, None] * right).reshape(-1, len(paths))
    array = np.exp(2j * np.pi * turns) * paths.gain
    frequency = config.carrier_frequency + config.subcarrier_frequency
    tones = np.exp(-2j * np.pi * np.mod(np.outer(paths.delay, frequency), 1))
    return array.astype(np.complex64) @ tones.astype(np.complex64)


def sionna_seconds(config: RadarConfig) -> tuple[float, int] | None:
    """Wall time of Sionna RT's ``cfr`` for one symbol, and its number of paths; None = not installed."""
    if importlib.util.find_spec("sionna") is None:
        return None
    from sionna.rt import PathSolver, PlanarArray, Receiver, Transmitter, load_scene, scene

    world = load_scene(scene.munich)
    world.frequency = config.carrier_frequency
    world.rx_array = PlanarArray(num_rows=16, num_cols=16, pattern="iso", polarization="V")
    world.tx_array = PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="V")
    world.add(Transmitter("tx", position=(8.5, 21, 27)))
    world.add(Receiver("rx", position=(45, 90, 1.5)))
    for material in world.radio_materials.values():
        material.scattering_coefficient = 0.5  # else there are a dozen paths only
    paths = PathSolver()(world, max_depth=2, diffuse_reflection=True, samples_per_src=SAMPLES)
    frequency = config.subcarrier_frequency
    shape = paths.cfr(frequencies=frequency, normalize_delays=False, out_type="numpy").shape  # compiled now
    start = time.perf_counter()
    paths.cfr(frequencies=frequency, normalize_delays=False, out_type="numpy")
    seconds = time.perf_counter() - start
    print(f"Sionna's channel {shape}")
    return seconds, int(np.asarray(paths.tau).shape[-1])


def compare(config: RadarConfig, pose: np.ndarray, rng: np.random.Generator) -> None:
    """One symbol of a few thousand paths: ours, the direct sum, Sionna."""
    one = config.model_copy(update={"num_symbols": 1, "thermal_noise": False})
    few = random_paths(FEW, speed=0.0, rng=rng)
    csi, ours = timed(f"one symbol, {FEW} paths", lambda: synthesise_csi(few, one, pose=pose, rng=rng))
    exact, direct = timed("  the same as a direct sum", lambda: direct_sum(few, one, pose), repeats=2)
    error = np.linalg.norm(csi.values.reshape(exact.shape) - exact) / np.linalg.norm(exact)
    print(f"  {direct / ours:.0f} x the direct sum, relative difference {error:.1e}")
    found = sionna_seconds(config)
    if found is None:
        print("  Sionna RT is not installed: no comparison with its Paths.cfr (10.5 s were measured for these sizes)")
        return
    seconds, count = found
    few = random_paths(count, speed=0.0, rng=rng)
    _, ours = timed(f"one symbol, {count} paths", lambda: synthesise_csi(few, one, pose=pose, rng=rng))
    print(f"  Sionna RT, {count} paths: {seconds * 1e3:.0f} ms, {seconds / ours:.0f} x ours, bar 100 x")


def main() -> None:
    """Print the figures."""
    rng = np.random.default_rng(0)
    pose = np.eye(4)
    pose[:3, :3] = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    config = RadarConfig()
    blocks = [random_paths(STATIC, speed=0.0, rng=rng), random_paths(MOVING, speed=8.0, rng=rng)]

    def synthesise():
        return synthesise_csi(blocks, config, pose=pose, rng=rng)

    csi, peak = peak_of(synthesise)
    size = csi.values.nbytes
    print(f"CSI of {size / 2**20:.0f} MiB: peak {peak / 2**20:.0f} MiB, {peak / size:.2f} x, bar 3 x")
    for name, map_of in (("cube", power_cube), ("heatmap", range_azimuth)):
        _, peak = peak_of(lambda make=map_of: make(csi, config, max_range=MAX_RANGE))
        print(f"{name} from it: {peak / 2**20:.0f} MiB more, {1 + peak / size:.2f} x with the CSI, bar 3 x")
    csi, seconds = timed("CSI, 1 M static + 50 k moving paths", synthesise)
    print(f"  bar 1500 ms: {seconds / 1.5:.2f} of it; {seconds / (STATIC + MOVING) * 1e9:.0f} ns a path")
    _, cube = timed("power cube", lambda: power_cube(csi, config, max_range=MAX_RANGE))
    _, heatmap = timed("heatmap", lambda: range_azimuth(csi, config, max_range=MAX_RANGE))
    print(f"  together {(cube + heatmap) * 1e3:.0f} ms, bar 250 ms: {(cube + heatmap) / 0.25:.2f} of it")
    compare(config, pose, rng)


if __name__ == "__main__":
    main()
