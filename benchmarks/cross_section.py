"""What `raysim rcs` takes for a car at its defaults, and what finer tubes would change.

    python benchmarks/cross_section.py [--aspects 361] [--finer 24]

A procedural saloon of 31 thousand triangles, all round in steps of one degree, then every fifteenth degree with tubes
half as wide and another grid: of the mirror-like part alone, for another grid draws other phases of rough surfaces.
"""

import argparse
import time

import numpy as np
from machine import machine

from blender_scenes.assets.cars import draw_car, make_car
from blender_scenes.pieces import asset_pieces
from raysim.launch import LaunchConfig
from raysim.pieces import assemble, radar_at
from raysim.rcs import FOOTPRINT, CrossSection, radar_cross_section
from raysim.scene import Scene
from raysim.trace import TraceConfig

FREQUENCY, BANDWIDTH, THREADS, BAR = 28e9, 800e6, 2, 120.0
MANY = LaunchConfig(object_tubes=10**8)
DEFAULT, GLINTS = TraceConfig(launch=MANY), TraceConfig(launch=MANY, contributions="coherent")


def measure(
    scene: Scene, azimuth: np.ndarray, footprint: float = FOOTPRINT, seed: int = 0, config: TraceConfig = DEFAULT
) -> CrossSection:
    """Cross section as the command takes it."""
    return radar_cross_section(
        scene, azimuth, frequency=FREQUENCY, bandwidth=BANDWIDTH, footprint=footprint, config=config, seed=seed,
        threads=THREADS,
    )  # fmt: skip


def main() -> None:
    """Print time and difference."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--aspects", type=int, default=361)
    parser.add_argument("--finer", type=int, default=24, help="aspects taken again with finer tubes")
    given = parser.parse_args()
    print(machine())
    car = assemble(
        asset_pieces(make_car(draw_car("saloon", rng=np.random.default_rng(0)))), radar_at((9, 0, 0), (0, 0, 0))
    )
    azimuth = np.linspace(0, 2 * np.pi, given.aspects)
    measure(car, azimuth[:1])  # compiles the kernels
    wall, processors = time.perf_counter(), time.process_time()
    measure(car, azimuth)
    wall, processors = time.perf_counter() - wall, time.process_time() - processors
    print(f"{given.aspects} aspects: {wall:.0f} s, {processors:.0f} s of processors (bar {BAR:.0f} s on 2 cores)")
    few = np.linspace(0, 2 * np.pi, given.finer, endpoint=False) + 0.012
    coarse, fine = measure(car, few, seed=1, config=GLINTS), measure(car, few, FOOTPRINT / 2, config=GLINTS)
    error = coarse.dbsm - fine.dbsm
    mean = 10 * np.log10(coarse.mean.mean() / fine.mean.mean())
    rms, most = np.sqrt((error**2).mean()), np.abs(error).max()
    print(
        f"tubes of {FOOTPRINT:.2f} and {FOOTPRINT / 2:.2f} wavelengths, {given.finer} aspects, physical optics alone:"
    )
    print(f"rms {rms:.2f} dB an aspect, largest {most:.2f} dB, mean level {mean:+.2f} dB")


if __name__ == "__main__":
    main()
