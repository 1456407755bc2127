"""Bounds of several targets: one alone, two far apart, two close against differences, and estimates that reach them."""

from dataclasses import replace

import numpy as np
import pytest

from radar_dsp.cosines import cosines_of
from radar_dsp.crb import SoundingGrid, cramer_rao_bounds
from radar_dsp.estimate import Peak, TargetEstimate, estimate_target, refine_peaks
from radar_dsp.joint_bounds import joint_bounds
from radar_dsp.metrics import rmse
from tests.radar_dsp.oracle import philox
from tests.radar_dsp.single_target import PARAMETERS, TINY, Target, add_noise, measure

GRID = SoundingGrid.of_config(TINY)
ONE = Target(7.3, 0.2, -0.1, 2.0)
CLOSE = replace(ONE, distance=7.3 + 1.1 * GRID.cells[3], azimuth=0.3)


def known(target, csi, gain):
    """The estimate that would be true: amplitude with the carrier's phase."""
    right, up = cosines_of(target.azimuth, target.elevation)
    turns = np.mod(2 * target.distance / TINY.wavelength, 1)
    return TargetEstimate(target.distance, target.velocity, right, up, gain * np.exp(-2j * np.pi * turns), None)


def test_one_target_has_the_closed_form():
    csi = add_noise(measure(TINY, [ONE]), 1e3, rng=philox(1))
    got = joint_bounds(csi, [known(ONE, csi, 1)])[0]
    want = cramer_rao_bounds(GRID, post_snr=1e3, azimuth=ONE.azimuth, elevation=ONE.elevation)
    assert vars(got) == pytest.approx(vars(want), rel=1e-3)  # range walk and carrier offset in the difference


def test_far_targets_do_not_disturb_and_close_ones_do():
    far = replace(ONE, distance=ONE.distance + 11 * GRID.cells[3])
    csi = add_noise(measure(TINY, [ONE, far]), 1e3, rng=philox(2))
    alone = joint_bounds(csi, [known(ONE, csi, 1)])[0]
    beside = joint_bounds(csi, [known(ONE, csi, 1), known(far, csi, 1)])[0]
    assert beside.range == pytest.approx(alone.range, rel=0.01)
    near = replace(ONE, distance=ONE.distance + 0.5 * GRID.cells[3])
    assert joint_bounds(csi, [known(ONE, csi, 1), known(near, csi, 1)])[0].range > 3 * alone.range


def test_two_targets_equal_differences_of_the_channel():
    csi = add_noise(measure(TINY, [ONE, CLOSE]), 1e3, rng=philox(3))
    gains = np.array([1, 0.6j])

    def channel(parameters):
        targets = [Target(p[0], p[2], p[3], p[1]) for p in parameters.reshape(2, 6)]
        turns = [np.exp(4j * np.pi * np.mod(t.distance / TINY.wavelength, 1)) for t in targets]
        rows = [measure(TINY, [t], [turn * complex(*p[4:])]) for t, turn, p in
                zip(targets, turns, parameters.reshape(2, 6), strict=True)]  # fmt: skip
        return sum(row.values.astype(complex).ravel() for row in rows)

    start = np.array([[t.distance, t.velocity, t.azimuth, t.elevation, g.real, g.imag]
                      for t, g in zip((ONE, CLOSE), gains, strict=True)]).ravel()  # fmt: skip
    step = np.tile([0.02, 0.05, 0.01, 0.01, 0.1, 0.1], 2)  # large: the samples are complex64
    slope = np.stack([(channel(start + d) - channel(start - d)) / (2 * s)
                      for d, s in zip(np.diag(step), step, strict=True)])  # fmt: skip
    information = 2 / csi.noise_variance * (slope.conj() @ slope.T).real
    norm = np.sqrt(np.diag(information))
    want = np.sqrt(np.diag(np.linalg.inv(information / np.outer(norm, norm)))) / norm
    targets = [TargetEstimate(t.distance, t.velocity, *cosines_of(t.azimuth, t.elevation), complex(g), None)
               for t, g in zip((ONE, CLOSE), gains, strict=True)]  # fmt: skip
    for got, bound in zip(joint_bounds(csi, targets), want.reshape(2, 6), strict=True):
        assert [getattr(got, name) for name in PARAMETERS] == pytest.approx(bound[:4], rel=0.02)


@pytest.mark.slow
def test_peaks_refined_together_reach_the_joint_bound(capsys):
    rows = []
    for seed in range(400):
        rng = philox(4, seed)
        gains = np.array([1, 0.8 * np.exp(2j * np.pi * rng.random())])
        csi = add_noise(measure(TINY, [ONE, CLOSE], gains), 1e4, rng=rng)
        peaks = [Peak(t.distance, t.velocity, *cosines_of(t.azimuth, t.elevation)) for t in (ONE, CLOSE)]
        found = refine_peaks(csi, peaks, rounds=200)
        bounds = joint_bounds(csi, [known(t, csi, g) for t, g in zip((ONE, CLOSE), gains, strict=True)])
        for got, bound, t in zip(found, bounds, (ONE, CLOSE), strict=True):
            true = (t.distance, t.velocity, t.azimuth, t.elevation)
            rows.append([(getattr(got, n) - v) / getattr(bound, n) for n, v in zip(PARAMETERS, true, strict=True)])
    ratio = rmse(np.array(rows))
    with capsys.disabled():
        print("\ntwo targets 1.1 range cells and 0.1 rad apart, 40 dB: RMSE over the joint bound (bar 0.9..1.15)")
        print("  " + "  ".join(f"{name} {r:.3f}" for name, r in zip(PARAMETERS, ratio, strict=True)))
    assert ((ratio > 0.9) & (ratio < 1.15)).all()


def test_a_line_of_elements_keeps_what_it_can_tell():
    config = TINY.model_copy(update={"num_rows": 1})
    flat = replace(ONE, elevation=0.0)
    csi = add_noise(measure(config, [flat]), 1e3, rng=philox(5))
    bound = joint_bounds(csi, [estimate_target(csi)])[0]
    assert np.isinf(bound.up) and np.isinf(bound.elevation)
    assert np.isfinite([bound.range, bound.velocity, bound.right, bound.azimuth, bound.amplitude]).all()


def test_refused_arguments():
    csi = add_noise(measure(TINY, [ONE]), 1e3, rng=philox(6))
    with pytest.raises(ValueError, match="known noise_variance"):
        joint_bounds(replace(csi, noise_variance=None), [known(ONE, csi, 1)])
    with pytest.raises(ValueError, match="the 2 targets cannot be told apart"):
        joint_bounds(csi, [known(ONE, csi, 1), known(ONE, csi, 1)])
