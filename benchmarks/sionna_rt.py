"""Against Sionna RT: shaded hits per second in its street canyon with cars, and agreement on specular paths.

    python benchmarks/sionna_rt.py [--sionna-python PATH] [--figures docs/figures/sionna.json]

Sionna RT runs in an interpreter of its own, so that neither package rules the other's versions. Once:

    python3.11 -m venv sionna-venv && sionna-venv/bin/pip install sionna-rt
    apt-get install libllvm19      # or any LLVM >= 16, its shared library in DRJIT_LIBLLVM_PATH
    DRJIT_LIBLLVM_PATH=/usr/lib/x86_64-linux-gnu/libLLVM.so.19.1 \
        python benchmarks/sionna_rt.py --sionna-python sionna-venv/bin/python

A shaded hit is a surface interaction whose contribution to the receiver is evaluated, its visibility test included.
In Sionna: every ray at every depth that meets a surface; it samples the material there and tests the line to the
receiver. In raysim: every hit of a tube that counts for its grid; both contributions are evaluated where the surface
faces the receiver and, where they are not zero, the line to the receiver is tested. The second figure is paths per
second: free connections to the receiver whose field was evaluated. Sionna draws one kind of interaction at every hit,
so that few of its hits end in a path; raysim evaluates both contributions at one.

Three cases. "opaque walls": both connect hits straight to the receiver; this is the one with the bar. "opaque walls,
mirror images": raysim also connects hits on the cars to the receiver's images in walls and ground, which Sionna has
not; it costs time and counts as nothing. "passable walls": they are 0.1 m thick. Sionna reflects or transmits a ray,
raysim splits the tube (the hits of both parts count) and looks through every wall on the way to the receiver, where
Sionna's visibility test ends at the first.

Ends, carrier, isotropic antennas, walls of 0.1 m, scattering coefficient, depth and number of rays are the same. Both
are warm (compiled, scene built) and traced in turns, so that other work on the machine weighs on both. Bar: 1.5 x
Sionna's rate of hits.
"""

import argparse
import json
import os
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import trimesh
from machine import machine, processor
from sionna_paths import agreement

import raysim.follow
from raysim.intersect import FrameCaster, RayCaster
from raysim.meshes import load_scene, surface_material
from raysim.pieces import Piece, assemble
from raysim.scene import Scene
from raysim.sensors import Camera, Radar, Sensors, look_at
from raysim.trace import TraceConfig, plan_grids, trace

FREQUENCY, DEPTH, SCATTERING, BAR, THREADS = 28e9, 5, 0.3, 1.5, 2
CASES = {  # name: (radio passes the walls, connections to mirror images)
    "opaque walls": (False, False),
    "opaque walls, mirror images": (False, True),
    "passable walls": (True, True),
}
TRANSMITTER, RECEIVER = (-33.0, 0.0, 10.0), (30.0, 2.0, 1.6)


class Sionna:
    """Sionna RT in a process of its own."""

    def __init__(self, python: str):
        side = Path(__file__).with_name("sionna_side.py")
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([python, str(side)], stdin=pipe, stdout=pipe, text=True)

    def ask(self, call: str, **request) -> dict:
        """Call a function of `sionna_side.py`."""
        print(json.dumps({"call": call, **request}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"Error: Sionna RT stopped with status {self._process.wait()}: see its message above")
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()


def start_sionna(python: str) -> Sionna:
    """Start Sionna RT in an interpreter; ValueError where that has none."""
    try:
        found = subprocess.run([python, "-c", "import sionna.rt"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise ValueError(f"{python}: {error.strerror}") from None
    if found.returncode:
        lines = found.stderr.strip().splitlines() or ["it was aborted: an LLVM of 16 or newer is missing"]
        raise ValueError(f"{python} cannot import sionna.rt: {lines[-1]}")
    return Sionna(python)


def stand_in(sensors: Sensors) -> Scene:
    """Two rows of three houses and eight cars, all boxes: a canyon like Sionna's, for a run without it."""
    boxes = [("ground", "concrete", (180, 120, 0.1), (0, 0, -0.05))]
    boxes += [(f"building_{i}", "brick", (36, 28, 30), (45 * (i % 3 - 1), 24 if i < 3 else -24, 15)) for i in range(6)]
    boxes += [(f"car_{i}", "metal", (4.5, 1.8, 1.5), (9 * (i - 4), -3 if i % 2 else 3, 0.75)) for i in range(8)]
    pieces = []
    for name, material, size, place in boxes:
        kind = name.split("_")[0]
        mesh = trimesh.creation.box(size)
        mesh.apply_translation(place)
        corners = mesh.vertices[mesh.faces].reshape(-1, 3)  # hard edges
        triangles = np.arange(len(corners)).reshape(-1, 3)
        pieces.append(Piece(name, kind, corners, triangles, (surface_material(material),)))
    return assemble(pieces, sensors)


def canyon_caster(path: str | None, thickness: float | None) -> FrameCaster:
    """Sionna's canyon, or the stand-in, seen by the two ends."""
    pose = look_at(TRANSMITTER, (0, 0, 0))
    pose[:3, 3] = RECEIVER
    offset = pose[:3, :3].T @ np.subtract(TRANSMITTER, RECEIVER)
    sensors = Sensors(Camera(pose), Radar(pose, offset), pose)
    scene = load_scene(path, sensors) if path else stand_in(sensors)
    change = {"scattering": SCATTERING, "rms_height": 0.0} | ({} if thickness is None else {"thickness": thickness})
    scene = replace(scene, materials=tuple(replace(material, **change) for material in scene.materials))
    return RayCaster(scene).frame(0)


def canyon_config(caster: FrameCaster, rays: int, *, images: bool) -> TraceConfig:
    """Tubes over the half-space before the transmitter, as many as Sionna has rays."""
    footprint = 0.2
    for _ in range(8):
        launch = {"azimuth_limit": 1.5, "elevation_min": -1.5, "elevation_max": 1.5, "flat_footprint": footprint}
        config = TraceConfig(launch=launch, max_interactions=DEPTH, antenna="isotropic", images=images)
        tubes = sum(grid.num_tubes for grid in plan_grids(caster, config, frequency=FREQUENCY, seed=0))
        if abs(tubes / rays - 1) < 0.03:
            break
        footprint *= (tubes / rays) ** 0.5
    return config


@contextmanager
def counted() -> Iterator[dict[str, int]]:
    """Count the hits whose contributions are evaluated, and the lines tested (those of mirror images too)."""
    counts, interact, occluded = {"hits": 0, "lines": 0}, raysim.follow.interact, FrameCaster.occluded

    def counting_interact(tubes, which, *rest):
        counts["hits"] += len(which)
        return interact(tubes, which, *rest)

    def counting_occluded(caster, origin, target):
        counts["lines"] += len(origin)
        return occluded(caster, origin, target)

    raysim.follow.interact, FrameCaster.occluded = counting_interact, counting_occluded
    yield counts
    raysim.follow.interact, FrameCaster.occluded = interact, occluded


def one(caster: FrameCaster, config: TraceConfig, threads: int = THREADS) -> dict:
    """Trace the canyon once."""
    wall, cpu = time.perf_counter(), time.process_time()
    paths = sum(len(block) for block in trace(caster, config, frequency=FREQUENCY, seed=0, threads=threads))
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "paths": paths}


def report(name: str, launched: int, counts: dict[str, int], rounds: list[dict]) -> dict[str, float]:
    """Print a line; give hits and paths per second, by the wall clock and by the processors' time (medians)."""
    hits, lines, paths = counts["hits"], counts["lines"], rounds[-1]["paths"]
    wall, cpu = (float(np.median([turn[key] for turn in rounds])) for key in ("wall", "cpu"))
    rates = {"hits/s": hits / wall, "hits/cpu s": hits / cpu, "paths/s": paths / wall, "paths/cpu s": paths / cpu}
    numbers = {"launched": launched, "hits": hits, "lines tested": lines, "paths": paths}
    print(f"  {name}: " + ", ".join(f"{number / 1e6:.2f} M {what}" for what, number in numbers.items()), end=" ")
    best = min(turn["wall"] for turn in rounds)
    print(f"in {wall:.2f} s (best {best:.2f}), {cpu:.2f} s of processors:", end=" ")
    print(", ".join(f"{rate / 1e6:.2f} M {unit}" for unit, rate in rates.items()), flush=True)
    return {unit: round(rate) for unit, rate in rates.items()}


def compare(sionna: Sionna | None, path: str | None, rays: int, rounds: int, case: str) -> dict:
    """Print the speed of both, traced in turns; give the rates and their ratios."""
    print(case, flush=True)
    through_walls, images = CASES[case]
    caster = canyon_caster(path, None if through_walls else 0.0)
    config = canyon_config(caster, rays, images=images)
    tubes = sum(grid.num_tubes for grid in plan_grids(caster, config, frequency=FREQUENCY, seed=0))
    with counted() as counts:
        one(caster, config, threads=1)
    ours, theirs, peer = [], [], {}
    if sionna:
        ends = {"transmitter": TRANSMITTER, "receiver": RECEIVER, "scattering": SCATTERING, "refraction": through_walls}
        peer = sionna.ask("canyon", scene=path, frequency=FREQUENCY, rays=rays, depth=DEPTH, **ends)
    for _ in range(rounds):
        ours.append(one(caster, config))
        if sionna:
            theirs.append(sionna.ask("one"))
    result = {"raysim": report("raysim", tubes, counts, ours)}
    if sionna:
        result["sionna"] = report("Sionna RT", rays, peer, theirs)
        result["ratio"] = {unit: round(rate / result["sionna"][unit], 2) for unit, rate in result["raysim"].items()}
        ratios = ", ".join(f"{ratio} in {unit}" for unit, ratio in result["ratio"].items())
        print(f"  raysim over Sionna RT: {ratios}" + (f"; bar {BAR} in hits/s" if case == "opaque walls" else ""))
    return result


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sionna-python", help="interpreter that has Sionna RT; without it raysim runs alone")
    parser.add_argument("--rays", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--figures", type=Path, help="write the measured figures there (JSON)")
    arguments = parser.parse_args()
    try:
        sionna = start_sionna(arguments.sionna_python) if arguments.sionna_python else None
    except ValueError as error:
        parser.error(str(error))
    print(machine())
    path, figures = None, {"machine": f"{processor()}, {os.cpu_count()} cores"}
    if sionna:
        about = sionna.ask("about")
        path, figures["versions"] = about["canyon"], about["versions"]
        print(", ".join(f"{name} {number}" for name, number in about["versions"].items()))
    else:
        print("Sionna RT is not installed (--sionna-python): raysim alone, in a canyon of boxes")
    figures["bar"], figures["speed"] = BAR, {}
    for case in CASES:
        figures["speed"][case] = compare(sionna, path, arguments.rays, arguments.rounds, case)
    if sionna:
        figures["agreement"] = agreement(sionna, FREQUENCY)
        sionna.close()
    if arguments.figures:
        arguments.figures.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)
    main()
