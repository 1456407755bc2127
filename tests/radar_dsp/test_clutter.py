"""Clutter removal against its closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from radar_dsp.clutter import kept_power, remove_mean, subtract_background
from radar_dsp.csi import synthesise_csi
from radar_dsp.periodogram import power_cube, range_doppler
from raysim.paths import concatenate, point_target
from tests.radar_dsp.oracle import POSE, SMALL, philox

QUIET = SMALL.model_copy(update={"thermal_noise": False})


def synthesise(paths, config=QUIET, key=1):
    return synthesise_csi(paths, config, pose=POSE, rng=philox(key))


def target(**place):
    return point_target(POSE, **({"distance": 20.0, "azimuth": 0.1, "elevation": 0.0} | place))


def power(csi):
    return float(np.mean(np.abs(csi.values.astype(complex)) ** 2))


def test_static_paths_go_and_a_faint_mover_stays():
    mover = {"distance": 25.0, "velocity": 4 * QUIET.velocity_resolution, "gain": 1e-3}
    csi = synthesise(concatenate([target(), target(distance=25.0), target(**mover)]))
    cleaned = range_doppler(remove_mean(csi), QUIET, max_range=60.0)
    alone = range_doppler(synthesise(target(**mover)), QUIET, max_range=60.0)
    assert power(remove_mean(synthesise(target()))) < 1e-11
    assert cleaned.power.max() == pytest.approx(alone.power.max(), rel=1e-3)
    r, d = np.unravel_index(np.argmax(cleaned.power), cleaned.power.shape)
    assert cleaned.range[r] == pytest.approx(25.0, abs=QUIET.range_resolution)
    assert cleaned.velocity[d] == pytest.approx(4 * QUIET.velocity_resolution)


@pytest.mark.parametrize("cells", [0.0, 0.25, 0.5, 1.0, 1.37, 2.0])
def test_movers_keep_what_the_notch_leaves(cells):
    velocity = cells * QUIET.velocity_resolution
    csi = synthesise(target(velocity=velocity))
    kept = kept_power(csi, np.array([velocity]))[0]
    assert power(remove_mean(csi)) / power(csi) == pytest.approx(kept, abs=2e-3)
    count, turns = QUIET.num_symbols, cells / QUIET.num_symbols
    dirichlet = np.sin(np.pi * count * turns) / (count * np.sin(np.pi * turns)) if cells else 1.0
    assert kept == pytest.approx(1 - dirichlet**2, abs=1e-12)


def test_noise_off_zero_doppler_keeps_its_level():
    flat = SMALL.model_copy(update={"doppler_window": "rectangular"})
    cube = power_cube(remove_mean(synthesise([], flat)), flat, max_range=60.0)
    off = cube.velocity != 0
    assert cube.power[:, :, off].mean() / cube.noise_power == pytest.approx(1, abs=0.02)
    assert cube.power[:, :, ~off].max() < 1e-6 * cube.noise_power


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_the_background_has_its_transfer_function(memory):
    """A path that turns by w a frame keeps |1 - e^-jw|^2 / |1 - a e^-jw|^2 of its power."""
    csi = synthesise(target())
    for turn in (0.0, 0.2, 1.0, np.pi):
        background = None
        for frame in range(120):
            moved = replace(csi, values=(csi.values * np.exp(1j * turn * frame)).astype(np.complex64))
            residual, background = subtract_background(moved, background, memory=memory)
        expected = abs(1 - np.exp(-1j * turn)) ** 2 / abs(1 - memory * np.exp(-1j * turn)) ** 2
        assert power(residual) / power(csi) == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_the_background_adds_the_noise_it_states():
    config, background = SMALL.model_copy(update={"num_symbols": 2}), None
    for frame in range(30):
        residual, background = subtract_background(synthesise([], config, key=frame), background, memory=0.5)
    assert power(residual) / residual.noise_variance == pytest.approx(1, rel=0.03)
    assert residual.noise_variance / synthesise([], config).noise_variance == pytest.approx(1 + (0.5 / 1.5) / 2)


def test_a_slow_target_survives_the_background_but_not_the_mean():
    """A quarter Doppler cell: 0.2 of the power after the mean over symbols; all of it after many frames."""
    velocity = QUIET.velocity_resolution / 4
    still, background = target(distance=25.0, gain=10.0), None
    for frame in range(12):
        csi = synthesise(concatenate([still, target(distance=20.0 - velocity * frame / 30, velocity=velocity)]))
        residual, background = subtract_background(csi, background, memory=0.9)
    assert power(residual) > 0.5
    assert power(remove_mean(csi)) < 0.25


def test_bad_arguments_are_refused():
    csi = synthesise(target())
    with pytest.raises(ValueError, match=r"memory must lie in 0 <= memory < 1, got 1\.0"):
        subtract_background(csi, None, memory=1.0)
    with pytest.raises(ValueError, match=r"background must have the shape \(8, 10, 128\)"):
        subtract_background(csi, np.zeros((2, 2, 2), np.complex64), memory=0.5)
    single = synthesise(target(), SMALL.model_copy(update={"num_symbols": 1}))
    with pytest.raises(ValueError, match="needs at least 2, got 1"):
        remove_mean(single)
