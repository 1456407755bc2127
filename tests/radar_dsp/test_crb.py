"""Bounds: closed forms against the Fisher information of the full model, published numbers, limits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c

from radar_dsp.crb import (
    SoundingGrid,
    cramer_rao_bounds,
    frequency_bound,
    outlier_probability,
    peak_deviations,
    windowed_deviation,
)
from radar_dsp.csi import Csi
from radar_dsp.ofdm import RadarConfig
from radar_dsp.windows import window

GRID = SoundingGrid(5, 6, 7, 9, 1e6, 4e-4, 28e9, 0.45)


def channel(grid: SoundingGrid, parameters: np.ndarray) -> np.ndarray:
    """Samples of one target: range, velocity, azimuth, elevation, real and imaginary amplitude; with range walk."""
    distance, velocity, azimuth, elevation, real, imaginary = parameters
    row, column, symbol, tone = np.meshgrid(
        *(np.arange(n) - (n - 1) / 2 for n in grid.shape[:3]),
        np.arange(grid.num_subcarriers) - grid.num_subcarriers // 2,
        indexing="ij",
    )
    delay = 2 * (distance - velocity * symbol * grid.symbol_interval) / c
    turns = grid.element_spacing * (row * np.sin(elevation) + column * np.cos(elevation) * np.sin(azimuth))
    turns = (
        turns
        - tone * grid.tone_spacing * delay
        + grid.carrier_frequency * 2 * velocity / c * (symbol * grid.symbol_interval)
    )
    return ((real + 1j * imaginary) * np.exp(2j * np.pi * turns)).ravel()


def ref_bounds(grid: SoundingGrid, parameters: np.ndarray, noise_variance: float) -> np.ndarray:
    """Square roots of the inverse Fisher information, from central differences of the channel."""
    scale = np.array([1e-4, 1e-4, 1e-5, 1e-5, 1e-4, 1e-4])
    slope = np.stack(
        [
            (channel(grid, parameters + step) - channel(grid, parameters - step)) / (2 * step.max())
            for step in np.diag(scale)
        ]
    )
    information = 2 / noise_variance * (slope.conj() @ slope.T).real
    norm = np.sqrt(np.diag(information))
    return np.sqrt(np.diag(np.linalg.inv(information / np.outer(norm, norm)))) / norm


@pytest.mark.parametrize("azimuth, elevation", [(0.0, 0.0), (0.5, 0.0), (0.0, -0.4), (0.7, 0.5), (-0.3, 0.6)])
def test_closed_forms_equal_the_inverse_fisher_information(azimuth, elevation):
    amplitude, noise = 0.3 - 0.4j, 0.01
    post_snr = abs(amplitude) ** 2 * np.prod(GRID.shape) / noise
    got = cramer_rao_bounds(GRID, post_snr=post_snr, azimuth=azimuth, elevation=elevation)
    want = ref_bounds(GRID, np.array([20.0, 3.0, azimuth, elevation, amplitude.real, amplitude.imag]), noise)
    assert [got.range, got.velocity, got.azimuth, got.elevation] == pytest.approx(want[:4], rel=1e-4)


def test_amplitude_bound_is_half_the_noise_per_sample():
    assert cramer_rao_bounds(GRID, post_snr=50.0).amplitude == pytest.approx(np.sqrt(1 / 100))


def test_numbers_of_a_wide_grid():
    # 6336 x 120 kHz, 140 symbols of 8.92 us, 16 x 16: 33.6 dB post-processing give 1.6 mm and 0.059 degrees.
    grid = SoundingGrid(16, 16, 140, 6336, 120e3, 8.92e-6, 28e9, 0.5)
    bound = cramer_rao_bounds(grid, post_snr=1e-5 * np.prod(grid.shape))
    assert bound.range == pytest.approx(1.6e-3, rel=0.02)
    assert bound.velocity == pytest.approx(0.035, rel=0.02)
    assert np.degrees(bound.azimuth) == pytest.approx(0.059, rel=0.02)


def test_bounds_fall_with_the_root_of_the_snr_and_widen_off_boresight():
    one, ten = (cramer_rao_bounds(GRID, post_snr=snr, azimuth=0.3, elevation=0.2) for snr in (10.0, 1000.0))
    for name in ("range", "velocity", "right", "up", "azimuth", "elevation", "amplitude"):
        assert getattr(one, name) == pytest.approx(10 * getattr(ten, name))
    assert one.azimuth > cramer_rao_bounds(GRID, post_snr=10.0).azimuth
    assert one.elevation == pytest.approx(one.up / np.cos(0.2))


def test_rectangular_windows_reach_the_bound_and_others_cost_their_loss():
    assert windowed_deviation(np.ones(13), 100.0) == pytest.approx(frequency_bound(13, 100.0))
    assert windowed_deviation(window("hann", 512), 100.0) > 1.2 * frequency_bound(512, 100.0)


@pytest.mark.parametrize("name", ["hann", "taylor"])
def test_windowed_deviation_is_that_of_small_noise(name):
    weight, rng = window(name, 24), np.random.default_rng(1)
    place = np.arange(24) - np.average(np.arange(24), weights=weight)
    noise = (rng.normal(size=(40_000, 24)) + 1j * rng.normal(size=(40_000, 24))) * 1e-3 / np.sqrt(2)
    moved = (noise.imag @ (weight * place)) / (weight * place**2).sum()
    post_snr = 1e6 * weight.sum() ** 2 / (weight**2).sum()
    assert moved.std() == pytest.approx(windowed_deviation(weight, post_snr), rel=0.02)


def test_a_single_element_tells_no_angle():
    grid = SoundingGrid.of_config(RadarConfig(num_rows=1))
    bound = cramer_rao_bounds(grid, post_snr=100.0, azimuth=0.2)
    assert np.isinf(bound.up) and np.isinf(bound.elevation)
    assert np.isfinite([bound.right, bound.azimuth, bound.range, bound.velocity]).all()


def test_a_gap_between_carriers_is_not_counted_as_powered():
    """Two blocks of tones: the bound of the inverse Fisher information over the tones that carry power."""
    full = SoundingGrid(3, 3, 5, 24, 1e6, 4e-4, 28e9, 0.5)
    grid = replace(full, gap_subcarriers=8)
    assert grid.powered.sum() == 16 and not grid.powered[8:16].any()
    tone = (np.arange(24) - 11.5)[grid.powered]
    post_snr = 50.0
    per_tone = post_snr / 16  # |a|^2 over the noise, all other axes summed
    information = 2 * per_tone * (tone**2).sum() * (4 * np.pi * grid.tone_spacing / c) ** 2
    got = cramer_rao_bounds(grid, post_snr=post_snr)
    assert got.range == pytest.approx(1 / np.sqrt(information), rel=1e-9)
    assert got.range < cramer_rao_bounds(full, post_snr=post_snr).range  # the power sits farther out
    assert got.velocity == cramer_rao_bounds(full, post_snr=post_snr).velocity


def test_the_gap_of_a_measurement_is_seen():
    config = RadarConfig(num_subcarriers=40, comb=20, num_symbols=4, num_rows=2, num_columns=3, gap_subcarriers=7)
    values = np.where(config.occupied, 1, 0) * np.ones((2, 3, 4, 1), np.complex64)
    axes = config.subcarrier_frequency, config.symbol_time
    csi = Csi(values.astype(np.complex64), *axes, 28e9, 0.5, np.eye(4), None)
    assert SoundingGrid.of_csi(csi) == SoundingGrid.of_config(config)
    values[..., 0] = 0  # zeros elsewhere are no gap between carriers
    csi = Csi(values.astype(np.complex64), *axes, 28e9, 0.5, np.eye(4), None)
    assert SoundingGrid.of_csi(csi).gap_subcarriers == 0


@pytest.mark.parametrize("cells", [1, 10, 500])
def test_outlier_probability_is_that_of_drawn_cells(cells):
    rng, post_snr, count = np.random.default_rng(2), 4.0, 20_000
    target = np.abs(2 + (rng.normal(size=count) + 1j * rng.normal(size=count)) / np.sqrt(2)) ** 2
    noise = rng.exponential(size=(count, cells - 1)).max(axis=1, initial=0)
    assert outlier_probability(post_snr, cells) == pytest.approx((noise > target).mean(), abs=0.012)


def test_outlier_probability_of_two_cells_is_half_an_exponential():
    # Noncoherent binary orthogonal signalling: e^(-rho / 2) / 2.
    for post_snr in (0.5, 3.0, 20.0):
        assert outlier_probability(post_snr, 2) == pytest.approx(np.exp(-post_snr / 2) / 2, rel=1e-4)


def test_refused_arguments():
    with pytest.raises(ValueError, match="num_cells must be 1 or more, got 0"):
        outlier_probability(1.0, 0)
    with pytest.raises(ValueError, match="post_snr must be a positive power ratio, got 0"):
        cramer_rao_bounds(GRID, post_snr=0)
    with pytest.raises(ValueError, match=r"lengths \(5, 6, 7, 9\).*got \(5, 6, 7\)"):
        peak_deviations(GRID, [np.ones(5), np.ones(6), np.ones(7)], post_snr=1.0)
