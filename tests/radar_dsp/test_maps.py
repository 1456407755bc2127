"""CSI -> cube, heatmap and range-Doppler map: places, signs, levels."""

import numpy as np
import pytest

from radar_dsp.angles import azimuth_elevation
from radar_dsp.beamform import camera_azimuth, elevation_cones, lag_weights, uniform_azimuth
from radar_dsp.csi import synthesise_csi
from radar_dsp.heatmap import range_azimuth
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import beam_cosines, periodogram, power_cube, range_doppler
from radar_dsp.windows import window
from raysim.paths import concatenate, point_target
from tests.radar_dsp.oracle import POSE, SMALL, philox

GRID = RadarConfig(num_subcarriers=208, comb=32, num_symbols=16, heatmap_rows=120, heatmap_columns=160)
QUIET = GRID.model_copy(update={"thermal_noise": False})
FLAT = {"range_window": "rectangular", "doppler_window": "rectangular", "array_window": "rectangular"}
MAX_RANGE = 36.0


def synthesise(paths, config=QUIET):
    return synthesise_csi(paths, config, pose=POSE, rng=philox(1))


def peak(power):
    return np.unravel_index(np.argmax(power), power.shape)


@pytest.mark.parametrize("azimuth", [-0.45, 0.3])
@pytest.mark.parametrize("elevation", [-0.35, 0.25])
@pytest.mark.parametrize("velocity", [-4.3, 6.1])
def test_point_target_is_found_where_it_is(azimuth, elevation, velocity):
    distance = 23.7
    csi = synthesise(
        point_target(POSE, distance=distance, azimuth=azimuth, elevation=elevation, velocity=velocity, gain=1e-4), GRID
    )
    cosine = np.cos(elevation) * np.sin(azimuth)

    cube = power_cube(csi, GRID, max_range=MAX_RANGE)
    r, b, d = peak(cube.power)
    assert cube.range[r] == pytest.approx(distance, abs=GRID.range_resolution)
    assert cube.azimuth[b] == pytest.approx(cosine, abs=GRID.azimuth_resolution)
    assert cube.velocity[d] == pytest.approx(velocity, abs=GRID.velocity_resolution)

    doppler = range_doppler(csi, GRID, max_range=MAX_RANGE)
    r, d = peak(doppler.power)
    assert doppler.range[r] == pytest.approx(distance, abs=GRID.range_resolution)
    assert doppler.velocity[d] == pytest.approx(velocity, abs=GRID.velocity_resolution)

    angles = azimuth_elevation(csi, GRID, max_range=distance + 1, min_range=distance - 1)
    e, a = peak(angles.power)
    assert angles.elevation[e] == pytest.approx(np.sin(elevation), abs=GRID.elevation_resolution)
    assert angles.azimuth[a] == pytest.approx(cosine, abs=GRID.azimuth_resolution)

    heatmap = range_azimuth(csi, GRID, max_range=MAX_RANGE, azimuth=camera_azimuth(0.7, 160))
    r, a = peak(heatmap.decibels)
    assert heatmap.range[r] == pytest.approx(distance, abs=GRID.range_resolution)
    assert heatmap.azimuth[a] == pytest.approx(azimuth, abs=GRID.azimuth_resolution / 4)


def test_elevation_does_not_shift_the_azimuth():
    places = []
    for elevation in (-0.6, 0.0, 0.6):
        csi = synthesise(point_target(POSE, distance=20, azimuth=0.6, elevation=elevation))
        heatmap = range_azimuth(csi, QUIET, max_range=MAX_RANGE)
        places.append(heatmap.azimuth[peak(heatmap.decibels)[1]])
    assert np.ptp(places) < QUIET.azimuth_resolution / 3  # without the cone: 0.13 rad, a whole beam


def test_noise_alone_is_flat_at_its_expectation():
    csi = synthesise([], GRID)
    cube = power_cube(csi, GRID, max_range=MAX_RANGE)
    assert cube.noise_power / csi.noise_variance == pytest.approx(16)
    assert cube.power.mean() / cube.noise_power == pytest.approx(1, abs=0.02)
    doppler = range_doppler(csi, GRID, max_range=MAX_RANGE)
    assert doppler.power.mean() / doppler.noise_power == pytest.approx(1, abs=0.02)
    angles = azimuth_elevation(csi, GRID, max_range=MAX_RANGE)
    assert np.abs(angles.power / angles.noise_power - 1).max() < 0.1
    heatmap = range_azimuth(csi, GRID, max_range=MAX_RANGE)
    linear = 10 ** (heatmap.decibels / 10)
    assert linear.mean() == pytest.approx(1, abs=0.02)
    assert np.abs(linear.mean(axis=0) - 1).max() < 0.1  # every azimuth
    assert np.abs(linear.mean(axis=1) - 1).max() < 0.3  # every range


@pytest.mark.parametrize("windows", [{}, FLAT])
def test_unit_path_on_a_bin_peaks_at_the_windows_gain(windows):
    config = QUIET.model_copy(update=windows)
    distance, velocity, cosine = 30 * config.range_resolution, 5 * config.velocity_resolution, 3 / 8
    csi = synthesise(
        point_target(POSE, distance=distance, azimuth=np.arcsin(cosine), elevation=0.0, velocity=velocity), config
    )
    gain = config.num_rows  # all elevation beams together hold the power of all rows
    for name, count in (
        (config.range_window, config.num_subcarriers),
        (config.doppler_window, config.num_symbols),
        (config.array_window, config.num_columns),
    ):
        weight = window(name, count)
        gain *= weight.sum() ** 2 / (weight**2).sum()
    cube = power_cube(csi, config, max_range=MAX_RANGE)
    place = peak(cube.power)
    assert (place[0], cube.azimuth[place[1]]) == (30, cosine)
    assert cube.velocity[place[2]] == pytest.approx(velocity)
    # A fifth of a range cell of range walk during the frame costs little, and only that.
    assert 10 * np.log10(cube.power.max() / gain) == pytest.approx(0, abs=0.1)


def test_periodogram_peaks_at_the_windows_gain_and_keeps_the_power():
    symbols, subcarriers = np.arange(16), np.arange(64)
    unit = np.exp(2j * np.pi * (3 * symbols[:, None] / 16 - 11 * subcarriers / 64))
    slow, fast = window("hann", 16), window("hamming", 64)
    power = periodogram(unit, doppler_window=slow, range_window=fast)
    assert peak(power) == (3, 11)
    expected = (slow.sum() * fast.sum()) ** 2 / ((slow**2).sum() * (fast**2).sum())
    assert power.max() == pytest.approx(expected)
    noise = philox(2).normal(size=(16, 64)) + 1j * philox(3).normal(size=(16, 64))
    flat = periodogram(noise, doppler_window=np.ones(16), range_window=np.ones(64))
    assert flat.mean() == pytest.approx((np.abs(noise) ** 2).mean())


def test_cube_equals_elevation_beams_summed_one_by_one():
    csi = synthesise(point_target(POSE, distance=7, azimuth=0.2, elevation=0.3, velocity=1), SMALL)
    rows, columns = (window(SMALL.array_window, n) for n in (8, 10))
    beams = np.fft.fft2(csi.values * (rows[:, None] * columns)[..., None, None], axes=(0, 1))
    slow, fast = (window("hann", n) for n in (16, 128))
    power = periodogram(beams, doppler_window=slow, range_window=fast).sum(axis=0)
    power /= (rows**2).sum() * (columns**2).sum()
    expected = np.fft.fftshift(power, axes=(0, 1)).transpose(2, 0, 1)
    cube = power_cube(csi, SMALL, max_range=9.0)
    np.testing.assert_allclose(cube.power, expected[: len(cube.range)], rtol=2e-4, atol=1e-6 * expected.max())
    assert (np.diff(cube.azimuth) > 0).all() and (np.diff(cube.velocity) > 0).all()


def test_heatmap_equals_steering_element_by_element():
    config = SMALL.model_copy(update={"heatmap_rows": 60})
    targets = [
        point_target(POSE, distance=5.3, azimuth=0.4, elevation=0.2, velocity=2, gain=1e-4),
        point_target(POSE, distance=7.1, azimuth=-0.5, elevation=-0.3, velocity=-1, gain=1e-4),
    ]
    csi = synthesise(concatenate(targets), config)
    azimuth = uniform_azimuth(1.0, 50)
    heatmap = range_azimuth(csi, config, max_range=9.0, azimuth=azimuth)
    w_row, w_column, w_range = window("taylor", 8), window("taylor", 10), window("hann", 128)
    delay = 2 * heatmap.range / 299792458.0
    profile = np.einsum(
        "rcmk,kn->rcmn", csi.values * w_range, np.exp(2j * np.pi * np.outer(csi.subcarrier_frequency, delay))
    )
    total = np.zeros((60, 50))
    for sine in (np.arange(8) - 4) / 4:
        if abs(sine) == 1:
            continue
        u = np.sqrt(1 - sine**2) * np.sin(azimuth)
        steer_row = w_row * np.exp(-1j * np.pi * np.arange(8) * sine)
        steer_column = w_column[:, None] * np.exp(-1j * np.pi * np.outer(np.arange(10), u))
        total += (np.abs(np.einsum("r,ca,rcmn->mna", steer_row, steer_column, profile)) ** 2).sum(axis=0)
    total /= (w_row**2).sum() * (w_column**2).sum() * (w_range**2).sum()
    expected = total / (7 * 16 * csi.noise_variance)
    error = np.abs(heatmap.decibels - 10 * np.log10(expected))  # [dB]
    for below, bound in ((40, 0.001), (80, 0.02)):  # [dB] under the peak
        assert error[expected > 10 ** (-below / 10) * expected.max()].max() < bound


def test_columns_follow_the_camera():
    columns, half_fov = 640, 0.6
    focal_length = columns / 2 / np.tan(half_fov)
    pixel = columns / 2 + focal_length * np.tan(camera_azimuth(half_fov, columns))
    np.testing.assert_allclose(pixel, np.arange(columns) + 0.5)
    assert np.ptp(np.diff(uniform_azimuth(half_fov, columns))) < 1e-12


def test_wide_rows_lose_no_target():
    """Rows of 0.8 m over cells of 0.19 m: the power of every cell counts, wherever it falls in its row."""
    config = QUIET.model_copy(update={"heatmap_rows": 30, "heatmap_columns": 24})
    levels = []
    for distance in (20.0, 20.2, 20.4, 20.6):
        csi = synthesise(point_target(POSE, distance=distance, azimuth=0.1, elevation=0.0))
        levels.append(10 * np.log10((10 ** (range_azimuth(csi, config, max_range=24.0).decibels / 10)).sum()))
    assert np.ptp(levels) < 0.3


def test_maps_do_not_depend_on_threads():
    csi = synthesise(point_target(POSE, distance=9, azimuth=0.2, elevation=0.1, velocity=2), GRID)
    odd = uniform_azimuth(0.9, 157)
    for make in (
        lambda n: power_cube(csi, GRID, max_range=MAX_RANGE, threads=n).power,
        lambda n: azimuth_elevation(csi, GRID, max_range=MAX_RANGE, threads=n).power,
        lambda n: range_azimuth(csi, GRID, max_range=MAX_RANGE, azimuth=odd, threads=n).decibels,
    ):
        assert make(1).tobytes() == make(2).tobytes() == make(3).tobytes()


def test_static_clutter_stays_within_three_doppler_bins():
    csi = synthesise(point_target(POSE, distance=9, azimuth=0.2, elevation=0.1))
    doppler = range_doppler(csi, QUIET, max_range=MAX_RANGE)
    beside = np.abs(doppler.velocity) > 1.5 * QUIET.velocity_resolution
    assert doppler.power[:, beside].max() < 1e-10 * doppler.power.max()


def test_correlations_give_the_power_of_every_beam():
    values = philox(4).normal(size=6) + 1j * philox(5).normal(size=6)
    lags = np.correlate(values, values, "full")[5:]  # sum of conj(x[c]) x[c + lag]
    weights = lag_weights(np.arcsin(beam_cosines(6, 0.5)), np.ones(1), 6, 0.5)[0]
    power = np.append(lags.real, lags.imag[1:]) @ weights
    np.testing.assert_allclose(power, np.fft.fftshift(np.abs(np.fft.fft(values)) ** 2), rtol=1e-10)


@pytest.mark.parametrize(
    "rows, spacing, cones",
    [
        (1, 0.5, [0]),
        (4, 0.5, [0, 1, -1, 1]),
        (5, 0.5, [0, 1, 2, 2, 1]),
        (4, 0.3, [0, 1, -1, 1]),
        (4, 1.5, [0, 1, 2, 1]),
    ],
)
def test_mirrored_elevation_beams_share_a_cone(rows, spacing, cones):
    cone, cosine = elevation_cones(rows, spacing)
    assert cone.tolist() == cones
    sine = np.fft.fftfreq(rows) / spacing
    np.testing.assert_allclose(cosine[cone[cone >= 0]], np.sqrt(1 - sine[cone >= 0] ** 2))


@pytest.mark.parametrize("max_range", [0.0, -1.0, 1e4, np.nan])
def test_ranges_beyond_the_grid_are_refused(max_range):
    csi = synthesise([], SMALL)
    with pytest.raises(ValueError, match="max_range must lie in"):
        range_azimuth(csi, SMALL, max_range=max_range)
    with pytest.raises(ValueError, match="max_range must lie in"):
        power_cube(csi, SMALL, max_range=max_range)


def test_an_empty_range_gate_is_refused():
    with pytest.raises(ValueError, match="no range cell lies between 5 and 4 m"):
        azimuth_elevation(synthesise([], SMALL), SMALL, max_range=4, min_range=5)


def test_a_single_column_has_no_azimuth():
    csi = synthesise([], SMALL.model_copy(update={"num_columns": 1}))
    with pytest.raises(ValueError, match="at least 2 array columns, got 1"):
        range_azimuth(csi, SMALL, max_range=5)
