"""Cost of a trace against its number of tubes, and its bytes against the number of threads.

    python benchmarks/scaling.py [--factors 0.07 0.7 7]

One parking-lot frame with twenty cars, from 1e5 to 1e7 tubes: all footprints shrink together, so every decade meets
the same surfaces in the same way. Bars: a further tube costs at most 1.3 x what one costs a decade below; one thread
and two give the same bytes. Memory is what the process holds at most beyond the scene while the blocks of paths are
taken one by one. Exit status 1 where bytes differ.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
from machine import machine

from blender_scenes.build import build
from blender_scenes.recipe import draw_recipe
from blender_scenes.scenarios.parking_lot import ParkingLotConfig
from raysim.intersect import FrameCaster, RayCaster
from raysim.launch import LaunchConfig
from raysim.paths import Paths
from raysim.trace import TraceConfig, plan_grids, trace

FREQUENCY, THREADS, GROWTH = 28e9, 2, 1.3


def scaled(factor: float) -> TraceConfig:
    """Return the default settings with `factor` times the tubes."""
    base, finer = LaunchConfig(), factor**-0.5
    changes = {
        "flat_footprint": base.flat_footprint * finer,
        "curved_footprint": base.curved_footprint * finer,
        "max_footprint": base.max_footprint * finer,
        "object_samples": max(8, round(base.object_samples / finer)),
        "object_tubes": max(100, round(base.object_tubes * factor)),
        "image_tubes": round(base.image_tubes * factor),
    }
    return TraceConfig(launch=base.model_copy(update=changes))


def digest(blocks: Iterable[Paths]) -> tuple[str, int]:
    """Digest of all bytes of the paths in their order, and their number."""
    total, count = hashlib.sha256(), 0
    for block in blocks:
        count += len(block)
        for array in vars(block).values():
            total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()[:16], count


def memory(field: str) -> float:
    """VmRSS or VmHWM of this process [MiB] (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def cost(caster: FrameCaster, config: TraceConfig) -> dict[str, float]:
    """Tubes, paths, times [s] and memory [MiB] of one trace whose blocks are let go at once."""
    tubes = sum(grid.num_tubes for grid in plan_grids(caster, config, frequency=FREQUENCY, seed=0))
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = memory("VmRSS")
    wall, cpu = time.perf_counter(), time.process_time()
    paths = sum(len(block) for block in trace(caster, config, frequency=FREQUENCY, seed=0, threads=THREADS))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"tubes": tubes, "paths": paths, "wall": wall, "cpu": cpu, "memory": memory("VmHWM") - before}


def cheapest(caster: FrameCaster, config: TraceConfig, *, seconds: float = 10.0) -> dict[str, float]:
    """Return the cheapest of as many traces as fit into a time, at least one: other work on the machine weighs."""
    start, found = time.perf_counter(), [cost(caster, config)]
    while time.perf_counter() - start < seconds:
        found.append(cost(caster, config))
    return min(found, key=lambda row: row["cpu"]) | {"memory": max(row["memory"] for row in found)}


def main() -> int:
    """Run, print, tell whether the bytes agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factors", type=float, nargs="+", default=[0.07, 0.7, 7.0], help="times the default tubes")
    parser.add_argument("--cars", type=int, default=20, help="parked cars")
    arguments = parser.parse_args()
    scenario = ParkingLotConfig(parked_min=arguments.cars, parked_max=arguments.cars)
    scene = build(draw_recipe("parking_lot", seed=1, index=0, config=scenario))
    caster = RayCaster(scene).frame(0)
    print(machine())
    print(f"{len(scene.mesh.triangles)} triangles, {THREADS} threads")
    cost(caster, scaled(min(arguments.factors)))  # compiles
    rows = []
    for factor in sorted(arguments.factors):
        rows.append(row := cheapest(caster, scaled(factor)))
        tubes, wall, cpu = row["tubes"], row["wall"], row["cpu"]
        print(f"{tubes:10} tubes {row['paths']:10} paths {wall:7.2f} s {cpu:7.2f} s of processors", end=", ")
        print(f"{1e6 * wall / tubes:5.2f} and {1e6 * cpu / tubes:5.2f} us a tube, {row['memory']:6.0f} MiB", flush=True)
    further = [(b["cpu"] - a["cpu"]) / (b["tubes"] - a["tubes"]) for a, b in pairwise(rows)]
    if further:
        fixed = rows[0]["cpu"] - further[0] * rows[0]["tubes"]
        steps = ", ".join(f"{1e6 * each:.2f}" for each in further)
        growth = max([b / a for a, b in pairwise(further)], default=1.0)
        print(f"{fixed:.2f} s of processors for the frame, then {steps} us for every further tube:", end=" ")
        print(f"{growth:.2f} x from one to the next, bar {GROWTH}")
    found = [
        digest(trace(caster, scaled(min(arguments.factors)), frequency=FREQUENCY, seed=0, threads=threads))
        for threads in (1, 2)
    ]
    same = found[0] == found[1]
    print(f"1 and 2 threads: {found[0][0]} and {found[1][0]}: {'the same bytes' if same else 'DIFFERENT BYTES'}")
    return 0 if same and found[0][1] else 1


if __name__ == "__main__":
    sys.exit(main())
