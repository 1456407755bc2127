"""Single-target estimates: exact without noise, at the Cramer-Rao bound with it, lost below the threshold."""

from dataclasses import replace

import numpy as np
import pytest

from radar_dsp.cosines import cosines_of
from radar_dsp.crb import SoundingGrid, cramer_rao_bounds, outlier_probability
from radar_dsp.estimate import (
    Peak,
    estimate_deviations,
    estimate_target,
    refine_peak,
    refine_peaks,
    search_peak,
)
from radar_dsp.lobe import Lobe
from radar_dsp.metrics import rmse
from radar_dsp.windows import config_weights, flat_weights
from tests.radar_dsp.oracle import philox
from tests.radar_dsp.single_target import (
    MEDIUM,
    PARAMETERS,
    TINY,
    Target,
    add_noise,
    measure,
    normalised_errors,
    random_target,
)

LOWEST, HIGHEST = 0.9, 1.15  # RMSE over the bound
BIAS = 0.2  # of the bound
GRID = SoundingGrid.of_config(TINY)


def truth(target):
    return (target.distance, target.velocity, target.azimuth, target.elevation)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("windows", ["flat", "config"])
def test_without_noise_the_estimate_is_the_target(seed, windows):
    target = random_target(TINY, rng=philox(1, seed))
    csi = measure(TINY, [target], [0.3 + 0.4j])
    weights = flat_weights(csi) if windows == "flat" else config_weights(TINY, csi.values.shape)
    found = refine_peak(csi, search_peak(csi), weights=weights)
    got = [getattr(found, name) for name in PARAMETERS]
    cells = [TINY.range_resolution, TINY.velocity_resolution, TINY.azimuth_resolution, TINY.elevation_resolution]
    assert got == pytest.approx(truth(target), abs=2e-4 * min(cells))
    carrier = np.exp(-4j * np.pi * np.mod(target.distance / TINY.wavelength, 1))
    assert abs(found.amplitude / ((0.3 + 0.4j) * carrier)) == pytest.approx(1, abs=1e-4)


def test_a_gap_between_carriers_has_no_weight_and_the_bound_knows_it():
    config = TINY.model_copy(update={"gap_subcarriers": 6, "range_window": "hann"})
    csi = measure(TINY, [Target(7.3, 0.2, -0.1, 2.0)])
    csi = replace(csi, values=csi.values * config.occupied, noise_variance=1e-3)
    weights = config_weights(config, csi.values.shape)
    assert not weights[3][~config.occupied].any() and (weights[3][config.occupied] > 0).sum() >= 25
    found = refine_peak(csi, search_peak(csi))
    assert found.range == pytest.approx(7.3, abs=1e-3)
    bound = cramer_rao_bounds(SoundingGrid.of_config(config), post_snr=found.post_snr)
    assert estimate_deviations(csi, found).range == pytest.approx(bound.range, rel=1e-9)


def test_amplitude_carries_the_phase_at_the_carrier():
    target = Target(7.3, 0.2, -0.1, 2.0)
    found = estimate_target(measure(TINY, [target], [0.3 + 0.4j]))
    turns = np.mod(2 * target.distance / TINY.wavelength, 1)
    assert found.amplitude == pytest.approx((0.3 + 0.4j) * np.exp(-2j * np.pi * turns), abs=1e-3)


def test_the_search_is_the_largest_sample_of_the_padded_transform(monkeypatch):
    csi = add_noise(measure(TINY, [random_target(TINY, rng=philox(9))]), 20.0, rng=philox(10))
    monkeypatch.setattr("radar_dsp.estimate.BLOCK_SAMPLES", 7 * 12 * 12 * 16)  # blocks of 7 ranges
    got = search_peak(csi)
    up, right, velocity, distance = np.array([got.up, got.right, got.velocity, got.range]) / GRID.cells * 2
    power = np.abs(np.fft.ifft(np.fft.fftn(csi.values, s=(12, 12, 16), axes=(0, 1, 2)), 64, axis=-1)) ** 2
    cosine = np.fft.fftfreq(12, 0.5)
    power[np.hypot(cosine[:, None], cosine) > 1] = 0
    place = [round(v) for v in (up, right, velocity, distance)]
    assert (place[0] % 12, place[1] % 12, place[2] % 16, place[3]) == np.unravel_index(power.argmax(), power.shape)


def test_range_walk_moves_nothing():
    # 60 m/s over the frame are 4 range cells here: a model of Doppler alone would see them as a smeared peak.
    config = TINY.model_copy(update={"num_subcarriers": 512, "comb": 52, "num_symbols": 16, "symbol_interval": 40e-6})
    target = Target(9.0, 0.1, 0.05, 55.0)
    found = estimate_target(measure(config, [target]), max_range=20)
    assert found.velocity == pytest.approx(55.0, abs=1e-3 * config.velocity_resolution)
    assert abs(found.amplitude) == pytest.approx(1, abs=1e-4)


def test_expected_deviations_follow_the_snr_of_the_peak():
    csi = add_noise(measure(TINY, [Target(7.3, 0.2, -0.1, 2.0)]), 1e3, rng=philox(7))
    found = estimate_target(csi)
    assert 10 * np.log10(found.post_snr) == pytest.approx(30, abs=1)
    got = estimate_deviations(csi, found)
    want = cramer_rao_bounds(GRID, post_snr=found.post_snr, azimuth=found.azimuth, elevation=found.elevation)
    assert vars(got) == pytest.approx(vars(want))
    assert estimate_deviations(csi, replace(found, post_snr=None)) is None


def test_windows_keep_a_stronger_target_away():
    weak, strong = Target(7.3, 0.2, -0.1, 2.0), Target(13.9, -0.3, 0.15, -1.0)
    csi = measure(TINY, [weak, strong], [1, 10])
    start = Peak(range=7.4, velocity=2.1, right=np.cos(0.1) * np.sin(0.2), up=np.sin(-0.1))
    flat, hann = (refine_peak(csi, start, w) for w in (None, config_weights(TINY, csi.values.shape)))
    assert abs(hann.range - 7.3) < 0.1 * abs(flat.range - 7.3)
    assert abs(hann.range - 7.3) < 0.02 * TINY.range_resolution


def test_peaks_refined_together_do_not_push_each_other():
    range_cell, speed_cell = TINY.range_resolution, TINY.velocity_resolution
    one = Target(7.3, 0.2, -0.1, 2.0)
    pair = [one, replace(one, distance=7.3 + 1.3 * range_cell, velocity=2.0 + 0.4 * speed_cell)]
    pushed = []
    for phase in np.arange(0, 2 * np.pi, np.pi / 4):
        gains = [1, 0.7 * np.exp(1j * phase)]
        csi = measure(TINY, pair, gains)
        starts = [peak_at(t, off=0.2) for t in pair]
        pushed += [abs(refine_peak(csi, s).range - t.distance) for s, t in zip(starts, pair, strict=True)]
        together = refine_peaks(csi, starts, rounds=200)
        for found, target, gain in zip(together, pair, gains, strict=True):
            assert abs(found.range - target.distance) < 0.01 * range_cell
            assert abs(found.velocity - target.velocity) < 0.01 * speed_cell
            assert abs(found.amplitude) == pytest.approx(abs(gain), rel=0.02)
    assert max(pushed) > 0.1 * range_cell


def test_a_single_peak_is_refined_alone():
    csi = add_noise(measure(TINY, [Target(7.3, 0.2, -0.1, 2.0)]), 1e3, rng=philox(8))
    start = search_peak(csi)
    together, alone = vars(refine_peaks(csi, [start])[0]), vars(refine_peak(csi, start))
    assert together == pytest.approx(alone, rel=1e-4)
    assert refine_peaks(csi, []) == []


def peak_at(target, off):
    """Peak `off` cells beside a target."""
    right, up = cosines_of(target.azimuth, target.elevation)
    return Peak(
        target.distance + off * TINY.range_resolution, target.velocity - off * TINY.velocity_resolution, right, up
    )


@pytest.mark.parametrize("rows, columns", [(1, 6), (6, 1), (1, 1)])
def test_arrays_without_an_axis_leave_its_cosine_zero(rows, columns):
    config = TINY.model_copy(update={"num_rows": rows, "num_columns": columns})
    target = Target(7.3, 0.2 if columns > 1 else 0.0, -0.1 if rows > 1 else 0.0, 2.0)
    found = estimate_target(measure(config, [target]))
    assert [getattr(found, name) for name in PARAMETERS] == pytest.approx(truth(target), abs=1e-4)


def test_refused_arguments():
    csi = measure(TINY, [Target(7.3, 0.2, -0.1, 2.0)])
    with pytest.raises(ValueError, match=r"max_range must lie in 0\.\.24\.0 m \(unambiguous\), got 30 m"):
        search_peak(csi, max_range=30)
    with pytest.raises(ValueError, match="padding must be 1 or more, got 0"):
        search_peak(csi, padding=0)
    with pytest.raises(ValueError, match=r"lengths \(6, 6, 8, 32\) of the csi's axes, got \(6,\)"):
        refine_peak(csi, Peak(7, 2, 0, 0), [np.ones(6)])
    still = replace(csi, values=csi.values[:, :, :1], symbol_time=np.zeros(1))
    with pytest.raises(ValueError, match="at least 2 symbols, got 1"):
        estimate_target(still)


def test_derivatives_equal_differences():
    csi = add_noise(measure(TINY, [random_target(TINY, rng=philox(2))]), 30.0, rng=philox(3))
    lobe = Lobe.of(csi, config_weights(TINY, csi.values.shape))
    place, step = np.array([0.7, -1.1, 2.2, 5.3]), 1e-2
    point = lobe.at(place)
    level = [[np.log(abs(lobe.at(place + s * e).sum) ** 2) for s in (-step, step)] for e in np.eye(4)]
    assert point.gradient == pytest.approx(np.diff(level, axis=1)[:, 0] / (2 * step), rel=5e-3, abs=5e-3)
    slope = [[lobe.at(place + s * e).gradient for s in (-step, step)] for e in np.eye(4)]
    np.testing.assert_allclose(
        point.curvature, np.diff(slope, axis=1)[:, 0] / (2 * step), rtol=1e-2, atol=1e-2 * abs(point.curvature).max()
    )


def test_errors_keep_to_the_bound():
    errors = normalised_errors(TINY, 30, 600, estimate_target, rng=philox(4))
    ratio, bias = rmse(errors), errors.mean(axis=0)
    assert ((ratio > LOWEST) & (ratio < HIGHEST)).all(), ratio
    assert (np.abs(bias) < BIAS).all(), bias


@pytest.mark.slow
def test_windowed_peaks_scatter_as_expected(capsys):
    rows = []
    for seed in range(800):
        rng = philox(11, seed)
        target = random_target(TINY, rng=rng)
        csi = add_noise(measure(TINY, [target]), 10**3.5, rng=rng)
        weights = config_weights(TINY, csi.values.shape)
        found = refine_peak(csi, search_peak(csi), weights)
        sigma = estimate_deviations(csi, found, weights)
        rows.append(
            [(getattr(found, n) - t) / getattr(sigma, n) for n, t in zip(PARAMETERS, truth(target), strict=True)]
        )
    ratio = rmse(np.array(rows))
    with capsys.disabled():
        print("\nHann and Taylor windows, 35 dB: RMSE over the expected deviation (bar 0.9..1.15)")
        print("  " + "  ".join(f"{name} {r:.3f}" for name, r in zip(PARAMETERS, ratio, strict=True)))
    assert ((ratio > LOWEST) & (ratio < HIGHEST)).all()


@pytest.mark.slow
@pytest.mark.parametrize("post_snr_db", [20, 30, 40])
def test_rmse_over_bound(post_snr_db, capsys):
    errors = normalised_errors(MEDIUM, post_snr_db, 800, estimate_target, rng=philox(5, post_snr_db))
    ratio, bias = rmse(errors), errors.mean(axis=0)
    with capsys.disabled():
        print(f"\n{post_snr_db} dB, 8 x 8 x 16 x 64, 800 targets")
        for name, r, b in zip(PARAMETERS, ratio, bias, strict=True):
            print(f"  {name:10} RMSE / CRB {r:.3f} (bar {LOWEST}..{HIGHEST})   bias {b:+.3f} sigma (bar {BIAS})")
    assert ((ratio > LOWEST) & (ratio < HIGHEST)).all()
    assert (np.abs(bias) < BIAS).all()


@pytest.mark.slow
def test_threshold_region(capsys):
    cells = int(np.prod(GRID.shape))
    table = {}
    for snr in (6, 8, 10, 12, 14, 16, 18, 20):
        errors = normalised_errors(TINY, snr, 200, estimate_target, rng=philox(6, snr))
        lost = ~(np.abs(errors) < 6).all(axis=1)  # NaN = cosines of no direction
        table[snr] = (rmse(errors), lost.mean(), outlier_probability(10 ** (snr / 10), cells))
    with capsys.disabled():
        print("\nthreshold region, 6 x 6 x 8 x 32: RMSE / CRB of " + ", ".join(PARAMETERS) + "; lost; lost in theory")
        for snr, (ratio, lost, theory) in table.items():
            print(f"  {snr:3} dB  " + "  ".join(f"{r:8.2f}" for r in ratio) + f"   {lost:6.1%}  {theory:6.1%}")
    assert (table[20][0] < HIGHEST).all() and table[20][1] == 0  # above the threshold
    assert (table[8][0][:2] > 5).all()  # below it the search falls for the noise
    for snr, (_, lost, _) in table.items():
        best, worst = (
            outlier_probability(10 ** (snr / 10), cells // 2),
            outlier_probability(10 ** (snr / 10 - 0.2), 16 * cells),
        )
        assert best - 0.08 <= lost <= worst + 0.08  # 200 draws: 0.035 at most
