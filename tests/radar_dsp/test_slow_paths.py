"""Paths that hardly move, summed at a few times only."""

import numpy as np
import pytest

from radar_dsp import slow_paths
from radar_dsp.csi import synthesise_csi
from radar_dsp.slow_paths import NODES, PHASE, interpolation_weights, node_times
from raysim.paths import concatenate
from tests.radar_dsp.oracle import POSE, SMALL, direct_csi, philox, random_paths

QUIET = SMALL.model_copy(update={"thermal_noise": False})


def test_interpolation_is_exact_for_polynomials_and_keeps_its_bound_for_phases():
    times = np.linspace(-3e-3, 3e-3, 16)
    nodes = node_times(times)
    weights = interpolation_weights(nodes, times)
    for degree in range(NODES):
        np.testing.assert_allclose(weights @ (nodes / 3e-3) ** degree, (times / 3e-3) ** degree, atol=1e-12)
    phase = np.exp(1j * PHASE * nodes / 3e-3)
    error = np.abs(weights @ phase - np.exp(1j * PHASE * times / 3e-3)).max()
    assert 1e-8 < error < 2 * (PHASE / 2) ** NODES / 40320 < 6e-6  # 8!


@pytest.mark.parametrize("squint", [False, True])
def test_slow_fast_and_static_paths_equal_the_direct_sum(squint, monkeypatch):
    """0.3 m/s of 6.4 ms turn by 1.1 rad to either side: nodes; 9 m/s: every symbol."""
    monkeypatch.setattr(slow_paths, "LEAST", 10)
    config = QUIET.model_copy(update={"beam_squint": squint})
    blocks = [random_paths(30, speed=speed, rng=philox(1, i)) for i, speed in enumerate((0.0, 0.3, 9.0))]
    counted = []
    monkeypatch.setattr(slow_paths, "node_times", lambda times: counted.append(1) or node_times(times))
    got = synthesise_csi(iter(blocks), config, pose=POSE, rng=philox(2)).values
    assert counted
    if squint:  # against the sum that takes all of them as fast
        monkeypatch.setattr(slow_paths, "LEAST", 1000)
        truth = synthesise_csi(iter(blocks), config, pose=POSE, rng=philox(2)).values
    else:
        truth = direct_csi(concatenate(blocks), config, POSE)
    assert np.linalg.norm(got - truth) < 2e-5 * np.linalg.norm(truth)


def test_slow_paths_do_not_depend_on_threads(monkeypatch):
    monkeypatch.setattr(slow_paths, "LEAST", 10)
    paths = random_paths(300, speed=0.5, rng=philox(3))
    one, two = (synthesise_csi(paths, SMALL, pose=POSE, rng=philox(4), threads=n).values.tobytes() for n in (1, 3))
    assert one == two
