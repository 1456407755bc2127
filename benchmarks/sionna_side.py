"""Sionna RT's side of `benchmarks/sionna_rt.py`: runs in Sionna's interpreter and needs nothing of raysim.

A request a line on standard input, an answer a line on standard output, both JSON with the keys of the functions below.
"""

import json
import os
import sys
import time
from importlib.metadata import version

import drjit as dr
import mitsuba as mi
import numpy as np
from sionna import rt
from sionna.rt.path_solvers.sample_data import SampleData

SOLVER = rt.PathSolver()
state = {}


def about():
    """Versions, and where the canyon lies."""
    names = ("sionna-rt", "mitsuba", "drjit")
    return {"versions": {n: version(n) for n in names}, "canyon": rt.scene.simple_street_canyon_with_cars}


def world(scene, frequency, polarisation="V"):
    """Load a scene with isotropic ends."""
    loaded = rt.load_scene(scene, merge_shapes=False)
    loaded.frequency = frequency
    loaded.tx_array = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization=polarisation)
    loaded.rx_array = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization=polarisation)
    return loaded


def canyon(scene, frequency, transmitter, receiver, scattering, refraction, rays, depth):
    """Prepare `one`, warm up, and count the interactions of a run: (ray, depth) pairs that met a surface."""
    loaded = world(scene, frequency)
    for material in loaded.radio_materials.values():
        material.scattering_coefficient = scattering
    loaded.add(rt.Transmitter("tx", position=transmitter))
    loaded.add(rt.Receiver("rx", position=receiver))
    options = {"max_depth": depth, "samples_per_src": rays, "refraction": refraction}
    state["solve"] = lambda: SOLVER(loaded, **options, max_num_paths_per_src=10 * rays, diffuse_reflection=True)
    counter, insert = dr.zeros(mi.UInt, depth + 2), SampleData.insert

    def counting(self, at, *rest):
        dr.scatter_inc(counter, at, rest[-1])
        return insert(self, at, *rest)

    SampleData.insert = counting
    state["solve"]()
    hits = np.array(counter)
    SampleData.insert = insert
    for _ in range(3):
        one()
    return {"hits": int(hits.sum()), "lines": int(hits.sum())}


def one():
    """Trace the canyon once."""
    wall, cpu = time.perf_counter(), time.process_time()
    paths = state["solve"]()
    count = int(np.asarray(paths.valid).sum())
    np.asarray(paths.a[0])
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "paths": count}


def paths(scene, frequency, polarisation, transmitters, receivers, velocity, options):
    """Paths of one interaction at most between pairs of ends, by rising delay."""
    loaded = world(scene, frequency, polarisation)
    for name, value in velocity.items():
        loaded.objects[name].velocity = value
    found = []
    for transmitter, receiver in zip(transmitters, receivers, strict=True):
        loaded.add(rt.Transmitter("tx", position=transmitter))
        loaded.add(rt.Receiver("rx", position=receiver))
        solved = SOLVER(loaded, max_depth=1, refraction=False, **options)
        tau, doppler = np.asarray(solved.tau).ravel(), np.asarray(solved.doppler).ravel()
        gain = (np.asarray(solved.a[0]) + 1j * np.asarray(solved.a[1])).ravel()
        order = np.argsort(tau)
        parts = {"delay": tau, "doppler": doppler, "real": gain.real, "imag": gain.imag}
        found.append({name: part[order].astype(float).tolist() for name, part in parts.items()})
        loaded.remove("tx")
        loaded.remove("rx")
    return {"pairs": found}


def main():
    """Answer until the input ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else prints must not get between the answers
    for line in sys.stdin:
        request = json.loads(line)
        answer = globals()[request.pop("call")](**request)
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
