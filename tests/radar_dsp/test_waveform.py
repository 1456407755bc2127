"""Eq. 7 as code: known symbols, received symbols, estimate; and the places where its peaks end up."""

import numpy as np
import pytest

from radar_dsp.angles import azimuth_elevation
from radar_dsp.csi import synthesise_csi
from radar_dsp.estimate import estimate_target
from radar_dsp.heatmap import range_azimuth
from radar_dsp.noise import complex_normal, noise_streams, noise_variance
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube
from radar_dsp.waveform import (
    LEVELS,
    all_subcarriers,
    constellation,
    draw_symbols,
    estimate_channel,
    noise_factor,
    self_noise,
)
from radar_dsp.windows import window
from raysim.paths import point_target
from tests.radar_dsp.oracle import POSE, SMALL, direct_csi, philox, random_paths

FLAT = {"range_window": "rectangular", "doppler_window": "rectangular", "array_window": "rectangular"}


LITTLE = {"num_rows": 2, "num_columns": 2}


def with_impairments(config=SMALL, **fields) -> RadarConfig:
    return RadarConfig(**(config.model_dump() | {"impairments": fields}))


def mean_power(values):
    return float(np.mean(np.abs(values.astype(complex)) ** 2))


@pytest.mark.parametrize("modulation", LEVELS)
def test_constellations_are_square_with_unit_power(modulation):
    points = constellation(modulation)
    count = {"qpsk": 4, "16-qam": 16, "64-qam": 64}[modulation]
    assert len(np.unique(np.round(points, 9))) == count
    assert mean_power(points) == pytest.approx(1)
    distance = np.abs(points[:, None] - points)[~np.eye(count, dtype=bool)].min()
    assert distance == pytest.approx(np.sqrt(6 / (count - 1)))  # of square QAM at unit power
    used = draw_symbols(modulation, 4000, rng=philox(1))
    assert set(np.round(used, 9)) == set(np.round(points, 9))


def test_unknown_modulations_are_refused():
    with pytest.raises(ValueError, match=r"modulation must be one of qpsk, 16-qam, 64-qam, got 'bpsk'"):
        constellation("bpsk")


def test_symbol_division_costs_what_the_books_say():
    loss = [10 * np.log10(noise_factor(with_impairments(modulation=name).impairments)) for name in LEVELS]
    assert loss == pytest.approx([0, 2.76, 4.29], abs=0.01)
    assert noise_factor(with_impairments(modulation="64-qam", estimator="matched").impairments) == 1
    assert [self_noise(name) for name in LEVELS] == pytest.approx([0, 0.32, 0.381], abs=1e-3)


@pytest.mark.parametrize("modulation", ["16-qam", "64-qam"])
@pytest.mark.parametrize("estimator", ["division", "matched"])
def test_noise_of_the_estimate_is_the_stated_one(modulation, estimator):
    """All elements hear the same symbols, whose 1 / |X|^2 spreads: 64-QAM by 4 % of the mean in a frame."""
    config = with_impairments(modulation=modulation, estimator=estimator).model_copy(update=LITTLE)
    frames = [synthesise_csi([], config, pose=POSE, rng=philox(2, frame)) for frame in range(60)]
    csi = frames[0]
    power = np.mean([mean_power(frame.values) for frame in frames])
    assert power / csi.noise_variance == pytest.approx(1, rel=0.02)
    expected = noise_variance(config) * noise_factor(config.impairments)
    assert csi.noise_variance / expected == pytest.approx(1)


def test_division_is_unbiased_and_the_matched_filter_carries_the_symbols():
    paths = random_paths(20, speed=9.0, rng=philox(3))
    quiet = SMALL.model_copy(update={"thermal_noise": False})
    truth = direct_csi(paths, quiet, POSE)
    for modulation in LEVELS:
        exact = synthesise_csi(paths, with_impairments(quiet, modulation=modulation), pose=POSE, rng=philox(4))
        assert np.linalg.norm(exact.values - truth) < 1e-4 * np.linalg.norm(truth)
        config = with_impairments(quiet, modulation=modulation, estimator="matched")
        error = synthesise_csi(paths, config, pose=POSE, rng=philox(5)).values - truth
        measured = np.sum(np.abs(error) ** 2) / np.sum(np.abs(truth) ** 2)
        assert measured == pytest.approx(self_noise(modulation), rel=0.05, abs=1e-7)


def test_equation_7_by_hand():
    symbols = draw_symbols("16-qam", 64, rng=philox(6))
    channel = complex_normal((3, 64), 1.0, rng=philox(7))
    received = channel * symbols
    np.testing.assert_allclose(estimate_channel(received, symbols, "division"), channel, rtol=1e-6)
    np.testing.assert_allclose(
        estimate_channel(received, symbols, "matched"), channel * np.abs(symbols) ** 2, rtol=1e-6
    )
    symbols[5] = 0
    assert (estimate_channel(channel * symbols, symbols, "division")[:, 5] == 0).all()


@pytest.mark.parametrize("count, comb", [(64, 4), (33, 3), (16, 1)])
def test_all_subcarriers_carry_the_comb_and_the_delays(count, comb):
    values = complex_normal((2, count), 1.0, rng=philox(8)).astype(complex)
    np.testing.assert_allclose(all_subcarriers(values, comb)[..., ::comb], values, atol=1e-12)
    tone = np.arange(count) - count // 2
    every = np.arange(comb * count) - comb * (count // 2)
    for delay in (-1, 0, count // 3):  # in native cells
        got = all_subcarriers(np.exp(-2j * np.pi * tone * delay / count), comb)
        np.testing.assert_allclose(got, np.exp(-2j * np.pi * every * delay / (comb * count)), atol=1e-10)


@pytest.mark.parametrize("modulation, estimator", [("qpsk", "division"), ("64-qam", "division"), ("16-qam", "matched")])
@pytest.mark.parametrize("azimuth", [-0.4, 0.3])
@pytest.mark.parametrize("elevation", [-0.3, 0.2])
@pytest.mark.parametrize("velocity", [-3.1, 2.2])
def test_symbols_sent_and_received_find_the_target(modulation, estimator, azimuth, elevation, velocity):
    """Eq. 7-9 end to end: X -> Y -> H -> peak, with phase noise and converters in between.

    The native maps must show the cell that holds the target, half a cell off at most; the refined estimate keeps to
    0.05 cells.
    """
    config = with_impairments(modulation=modulation, estimator=estimator, phase_noise_dbc=-100.0, adc_bits=10)
    distance = 6.3
    paths = point_target(POSE, distance=distance, azimuth=azimuth, elevation=elevation, velocity=velocity, gain=1e-4)
    csi = synthesise_csi(paths, config, pose=POSE, rng=philox(9))
    cube = power_cube(csi, config, max_range=9.0)
    r, b, d = np.unravel_index(np.argmax(cube.power), cube.power.shape)
    right, up = np.cos(elevation) * np.sin(azimuth), np.sin(elevation)
    cell = {  # what half a cell is, with a little for the noise where a target lies between two
        "range": 0.55 * config.range_resolution,
        "velocity": 0.55 * config.velocity_resolution,
        "right": 0.55 / (config.element_spacing * config.num_columns),
        "up": 0.55 / (config.element_spacing * config.num_rows),
    }
    assert cube.range[r] == pytest.approx(distance, abs=cell["range"])
    assert cube.velocity[d] == pytest.approx(velocity, abs=cell["velocity"])
    assert cube.azimuth[b] == pytest.approx(right, abs=cell["right"])
    angles = azimuth_elevation(csi, config, max_range=9.0)
    e, _ = np.unravel_index(np.argmax(angles.power), angles.power.shape)
    assert angles.elevation[e] == pytest.approx(up, abs=cell["up"])
    found = estimate_target(csi, max_range=9.0)
    assert found.range == pytest.approx(distance, abs=0.05 * config.range_resolution)
    assert found.velocity == pytest.approx(velocity, abs=0.05 * config.velocity_resolution)
    assert np.cos(found.elevation) * np.sin(found.azimuth) == pytest.approx(right, abs=0.05 / 0.55 * cell["right"])
    assert np.sin(found.elevation) == pytest.approx(up, abs=0.05 / 0.55 * cell["up"])


def test_the_default_is_channel_plus_noise_of_one_stream_a_symbol():
    """The bytes of the default do not pass through the waveform."""
    paths = random_paths(20, speed=9.0, rng=philox(10))
    noisy = synthesise_csi(paths, SMALL, pose=POSE, rng=philox(11)).values
    quiet = SMALL.model_copy(update={"thermal_noise": False})
    clean = synthesise_csi(paths, quiet, pose=POSE, rng=philox(11)).values
    streams = noise_streams(SMALL.num_symbols, rng=philox(11))
    grid = (SMALL.num_rows, SMALL.num_columns, SMALL.num_subcarriers)
    noise = [complex_normal(grid, noise_variance(SMALL), rng=stream) for stream in streams]
    assert noisy.tobytes() == (clean + np.stack(noise, axis=2)).tobytes()


GAP = SMALL.model_copy(update={"gap_subcarriers": 20, "num_subcarriers": 128})


@pytest.mark.parametrize("windows", [{}, FLAT, {"range_window": "hamming"}])
def test_levels_hold_with_a_gap_between_carriers(windows):
    """Empty subcarriers hold neither signal nor noise: levels count the others alone, to 0.05 dB."""
    config = GAP.model_copy(update=windows)
    draws = [synthesise_csi([], config, pose=POSE, rng=philox(12, i)) for i in range(16)]  # one strays by 0.047 dB
    assert (draws[0].values[..., ~config.occupied] == 0).all()

    def floor(share_of) -> float:
        return float(10 * np.log10(np.mean([share_of(csi) for csi in draws])))

    def share(map_):
        return map_.power.mean() / map_.noise_power

    assert floor(lambda csi: share(power_cube(csi, config, max_range=75.0))) == pytest.approx(0, abs=0.05)
    assert floor(lambda csi: share(azimuth_elevation(csi, config, max_range=75.0))) == pytest.approx(0, abs=0.05)
    heatmaps = (range_azimuth(csi, config, max_range=75.0).decibels for csi in draws[:4])  # more samples than cells
    assert 10 * np.log10(np.mean([(10 ** (map_ / 10)).mean() for map_ in heatmaps])) == pytest.approx(0, abs=0.05)

    quiet = config.model_copy(update={"thermal_noise": False})
    target = point_target(POSE, distance=20 * config.range_resolution, azimuth=0.0, elevation=0.0)
    cube = power_cube(synthesise_csi(target, quiet, pose=POSE, rng=philox(13)), quiet, max_range=40.0)
    gain = float(config.num_rows)
    for weight in (
        window(config.range_window, 128) * config.occupied,
        window(config.doppler_window, config.num_symbols),
        window(config.array_window, config.num_columns),
    ):
        gain *= weight.sum() ** 2 / (weight**2).sum()
    assert 10 * np.log10(cube.power.max() / gain) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("name, sidelobe", [("rectangular", -12.1), ("hamming", -25.1)])
def test_the_guard_of_two_carriers_raises_sidelobes(name, sidelobe):
    config = RadarConfig(preset="two-carriers")
    weight = window(name, config.num_subcarriers) * config.occupied
    pattern = 20 * np.log10(np.abs(np.fft.fft(weight, 64 * len(weight))) / weight.sum() + 1e-12)
    first_null = np.flatnonzero(np.diff(pattern) > 0)[0]
    assert pattern[first_null : 32 * len(weight)].max() == pytest.approx(sidelobe, abs=0.15)


def test_a_gap_needs_its_own_configuration():
    csi = synthesise_csi([], SMALL, pose=POSE, rng=philox(14))
    other = GAP.model_copy(update={"num_subcarriers": 100})
    with pytest.raises(ValueError, match="csi has 128 subcarriers, its configuration 100 with a gap"):
        power_cube(csi, other, max_range=5.0)


def test_nr_symbol_times_cost_less_than_a_thousandth():
    """Maps take the mean step; the longer prefixes stray by 0.13 us, 2 pi f_D 0.13 us = 1.5 mrad at 10 m/s."""
    config = RadarConfig(preset="nr-120", num_subcarriers=64, comb=4, num_rows=1, num_columns=2, thermal_noise=False)
    velocity = 8 * config.velocity_resolution
    paths = point_target(POSE, distance=30.0, azimuth=0.0, elevation=0.0, velocity=velocity)
    csi = synthesise_csi(paths, config, pose=POSE, rng=philox(15))
    np.testing.assert_allclose(csi.values, direct_csi(paths, config, POSE), atol=1e-3)
    spectrum = power_cube(csi, config, max_range=60.0).power.max(axis=(0, 1))
    ghost = (np.argmax(spectrum) + config.num_symbols // 2) % config.num_symbols
    stray = np.pi * (2 * velocity / config.wavelength) * np.abs(np.diff(csi.symbol_time) - csi.symbol_interval).max()
    level = 10 * np.log10(spectrum[ghost] / spectrum.max())
    assert level == pytest.approx(20 * np.log10(stray), abs=1.0)
    assert level < -50
