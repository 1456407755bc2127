"""Levels: windows, noise, peaks, cross-sections and full scale, closed form to 0.05 dB."""

import numpy as np
import pytest

from radar_dsp.csi import synthesise_csi
from radar_dsp.heatmap import range_azimuth
from radar_dsp.levels import (
    WINDOWS,
    cube_gain,
    full_scale_db,
    heatmap_gain,
    monostatic_gain,
    over_noise_db,
    path_gain_db,
    radar_cross_section_dbsm,
    received_dbm,
    two_way_gain_db,
    window_figures,
)
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube
from radar_dsp.windows import window
from raysim.paths import point_target
from tests.radar_dsp.oracle import POSE, SMALL, philox

QUIET = SMALL.model_copy(update={"thermal_noise": False})
COSINE_SUMS = {  # coefficients, Harris 1978
    "rectangular": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman-harris": (0.35875, 0.48829, 0.14128, 0.01168),
}


def named(name: str, config=SMALL) -> RadarConfig:
    return config.model_copy(update={"range_window": name, "doppler_window": name, "array_window": name})


@pytest.mark.parametrize("name", COSINE_SUMS)
def test_cosine_sums_lose_what_their_coefficients_say(name):
    """ENBW = (a0^2 + sum ai^2 / 2) / a0^2; half a cell off, sum (-1)^i ai (2 / pi) / (1 - 4 i^2) / a0."""
    a = np.array(COSINE_SUMS[name])
    order = np.arange(len(a))
    figures = window_figures(name, 4096)
    assert figures.amplitude_gain == pytest.approx(20 * np.log10(a[0]), abs=1e-6)
    assert figures.snr_loss == pytest.approx(10 * np.log10(1 + (a[1:] ** 2).sum() / 2 / a[0] ** 2), abs=1e-6)
    # The i-th cosine is two tones i cells aside; half way, their Dirichlet kernels are 2 / (pi (1 +- 2 i)).
    halfway = ((-1.0) ** order * a * 2 / np.pi / (1 - 4 * order**2.0)).sum() / a[0]
    assert figures.scalloping == pytest.approx(-20 * np.log10(abs(halfway)), abs=1e-3)


@pytest.mark.parametrize(
    "name, loss, scalloping, sidelobe, width",  # long windows: Harris 1978; Taylor and Chebyshev by their designs
    [
        ("rectangular", 0.0, 3.92, -13.3, 0.89),
        ("taylor", 0.91, 2.13, -35.0, 1.19),
        ("hamming", 1.34, 1.75, -42.7, 1.31),
        ("hann", 1.76, 1.42, -31.5, 1.45),
        ("chebyshev", 2.41, 1.09, -80.0, 1.66),
        ("blackman-harris", 3.02, 0.83, -92.0, 1.91),
    ],
)
def test_windows_have_their_textbook_figures(name, loss, scalloping, sidelobe, width):
    figures = window_figures(name, 1024)
    assert (figures.snr_loss, figures.scalloping) == pytest.approx((loss, scalloping), abs=0.02)
    assert figures.sidelobe == pytest.approx(sidelobe, abs=0.3)
    assert figures.width == pytest.approx(width, abs=0.02)
    assert window_figures(name, 1024, padding=4).scalloping < 0.23


@pytest.mark.parametrize("name", WINDOWS)
def test_losses_measured_in_the_cube_are_those_of_the_table(name):
    """A path on a cell, and the same half a cell off in range, in Doppler and in azimuth; mean of noise alone."""
    config = named(name, QUIET)
    beam = 1 / (config.num_columns * config.element_spacing)
    shifts = {
        "on a cell": (0, 0, 0, 0),
        "range": (0.5, 0, 0, config.num_subcarriers),
        "doppler": (0, 0.5, 0, config.num_symbols),
        "azimuth": (0, 0, 0.5, config.num_columns),
    }
    for axis, (r, d, b, count) in shifts.items():
        paths = point_target(
            POSE,
            distance=(40 + r) * config.range_resolution,
            azimuth=np.arcsin((2 + b) * beam),
            elevation=0.0,
            velocity=d * config.velocity_resolution,
        )
        cube = power_cube(synthesise_csi(paths, config, pose=POSE, rng=philox(1)), config, max_range=60.0)
        loss = -10 * np.log10(cube.power.max() / cube_gain(config))
        assert loss == pytest.approx(window_figures(name, count).scalloping if count else 0, abs=0.05), axis


@pytest.mark.parametrize("name", WINDOWS)
def test_every_sidelobe_in_the_cube_is_that_of_the_windows_transform(name):
    config, place = named(name, QUIET), 40.37
    paths = point_target(POSE, distance=place * config.range_resolution, azimuth=0.0, elevation=0.0)
    cube = power_cube(synthesise_csi(paths, config, pose=POSE, rng=philox(8)), config, max_range=75.0)
    cut = 10 * np.log10(cube.power[:, np.argmin(np.abs(cube.azimuth)), np.argmin(np.abs(cube.velocity))])
    count = config.num_subcarriers
    turns = np.outer(np.arange(len(cut)) - place, np.arange(count)) / count
    pattern = np.abs(np.exp(2j * np.pi * turns) @ window(name, count)) / window(name, count).sum()
    expected = 20 * np.log10(pattern) + 10 * np.log10(cube_gain(config))
    seen = pattern > 10 ** (-75 / 20)  # the transform of the CSI itself is good for 1e-5 of its norm
    assert seen.sum() >= 6
    np.testing.assert_allclose(cut[seen], expected[seen], atol=0.05)


@pytest.mark.parametrize("name", WINDOWS)
def test_snr_loss_measured_on_noise_and_a_path(name):
    """Peak over mean noise, against the rectangular window: the product of the three axes' losses."""
    config, grid = named(name), (SMALL.num_subcarriers, SMALL.num_symbols, SMALL.num_columns)
    draws = (synthesise_csi([], config, pose=POSE, rng=philox(2, i)) for i in range(10))
    cubes = [power_cube(csi, config, max_range=75.0) for csi in draws]
    floor = 10 * np.log10(np.mean([cube.power.mean() / cube.noise_power for cube in cubes]))
    assert floor == pytest.approx(0, abs=0.05)
    unit = point_target(POSE, distance=40 * config.range_resolution, azimuth=0.0, elevation=0.0)
    quiet = named(name, QUIET)
    peak = power_cube(synthesise_csi(unit, quiet, pose=POSE, rng=philox(3)), quiet, max_range=60.0).power.max()
    measured = 10 * np.log10(np.prod(grid)) - 10 * np.log10(peak / config.num_rows) + floor
    assert measured == pytest.approx(sum(window_figures(name, n).snr_loss for n in grid), abs=0.05)


@pytest.mark.parametrize("cross_section", [0.1, 10.0])
@pytest.mark.parametrize("azimuth", [0.0, 0.4])
def test_a_target_reads_its_cross_section(cross_section, azimuth):
    config = named("hann", QUIET)
    azimuth = np.arcsin(round(np.sin(azimuth) * 5) / 5)  # on a beam
    distance = 30 * config.range_resolution
    antenna = two_way_gain_db(azimuth, 0.0)
    gain = monostatic_gain(cross_section, distance, config.wavelength, antenna)
    paths = point_target(POSE, distance=distance, azimuth=azimuth, elevation=0.0, gain=gain)
    cube = power_cube(synthesise_csi(paths, config, pose=POSE, rng=philox(4)), config, max_range=60.0)
    level = path_gain_db(cube.power.max(), config)
    assert level == pytest.approx(20 * np.log10(gain), abs=0.05)
    read = radar_cross_section_dbsm(level, distance, config.wavelength, antenna_gain_db=antenna)
    assert read == pytest.approx(10 * np.log10(cross_section), abs=0.05)
    assert received_dbm(level, config) == pytest.approx(47 + 20 * np.log10(gain), abs=0.05)


@pytest.mark.parametrize("azimuth, tolerance", [(0.0, 0.05), (0.5, 0.3), (-0.8, 0.3)])
@pytest.mark.parametrize("elevation", [0.0, -0.12, -0.3])
def test_a_path_reads_its_gain_in_the_heatmap(azimuth, tolerance, elevation):
    """At the centre of a row; rows of half a cell."""
    rows = 100
    config = RadarConfig(num_subcarriers=208, comb=32, num_symbols=4, heatmap_rows=rows, thermal_noise=False)
    row = config.range_resolution / 2
    paths = point_target(POSE, distance=60.5 * row, azimuth=azimuth, elevation=elevation, velocity=1.3, gain=1e-4)
    csi = synthesise_csi(paths, config, pose=POSE, rng=philox(9))
    heatmap = range_azimuth(csi, config, max_range=rows * row, azimuth=np.array([azimuth - 0.2, azimuth]))
    power = 10 ** (heatmap.decibels[60, 1] / 10) * heatmap.noise_power
    assert heatmap.range[60] == pytest.approx(60.5 * row)
    assert 10 * np.log10(power / heatmap_gain(config)) == pytest.approx(-80, abs=tolerance)


def test_the_elements_gain_is_that_of_the_standard():
    assert two_way_gain_db(0.0, 0.0) == pytest.approx(16)
    assert two_way_gain_db(np.radians(32.5), 0.0) == pytest.approx(16 - 2 * 3)  # half the 65 degree beamwidth
    assert two_way_gain_db(0.0, -np.radians(32.5)) == pytest.approx(16 - 2 * 3)


def test_levels_over_noise_follow_the_link_budget():
    """Radar equation against k T F B: 1 m^2 at 50 m, post-processing SNR by hand."""
    config = named("rectangular", RadarConfig(num_rows=1, num_columns=1, num_symbols=2))
    gain = monostatic_gain(1.0, 50.0, config.wavelength, 16.0)
    # 47 + 16 - 10 lg((4 pi)^3 50^4 / lambda^2) dBm over 6656 subcarriers, against -116.2 dBm in each
    by_hand = 47 + 16 + 20 * np.log10(config.wavelength) - 32.976 - 67.959 - 38.232 + 116.183
    snr = over_noise_db(gain**2 * cube_gain(config), noise_variance_of(config))
    assert snr == pytest.approx(by_hand + 10 * np.log10(1664 * 2), abs=0.05)


def noise_variance_of(config: RadarConfig) -> float:
    return synthesise_csi([], config, pose=POSE, rng=philox(5)).noise_variance * config.num_rows


def test_the_whole_signal_lies_below_full_scale_by_the_back_off():
    paths = point_target(POSE, distance=20.0, azimuth=0.0, elevation=0.0, gain=1e-2)
    csi = synthesise_csi(paths, QUIET, pose=POSE, rng=philox(6))
    assert -40 - full_scale_db(csi, QUIET) == pytest.approx(3.01 - 12, abs=0.01)
    gap = QUIET.model_copy(update={"gap_subcarriers": 28})
    gapped = synthesise_csi(paths, gap, pose=POSE, rng=philox(6))
    assert full_scale_db(gapped, gap) == pytest.approx(full_scale_db(csi, QUIET), abs=1e-3)
    with pytest.raises(ValueError, match="csi is zero throughout"):
        full_scale_db(synthesise_csi([], QUIET, pose=POSE, rng=philox(7)), QUIET)


def test_impossible_levels_are_refused():
    with pytest.raises(ValueError, match=r"noise_power must be positive, got 0\.0"):
        over_noise_db(1.0, 0.0)
    with pytest.raises(ValueError, match="distance must be positive"):
        radar_cross_section_dbsm(-90.0, np.array([3.0, 0.0]), SMALL.wavelength, antenna_gain_db=16.0)
