"""Levels of whole maps: a target on the cells reads its cross-section, gain and level, to 0.05 dB."""

import numpy as np
import pytest

from radar_dsp.beam_cube import beam_cube
from radar_dsp.csi import synthesise_csi
from radar_dsp.heatmap import range_azimuth
from radar_dsp.levels import full_scale_db, monostatic_gain, two_way_gain_db
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube, sum_beams
from radar_dsp.scale import Calibration, Scale
from raysim.paths import point_target
from tests.radar_dsp.oracle import POSE, SMALL, philox

QUIET = SMALL.model_copy(update={"thermal_noise": False, "heatmap_rows": 64})
CROSS_SECTION = 20.0  # [m^2], 13.01 dBsm
ANTENNAS = two_way_gain_db


def on_cell(config: RadarConfig, *, up: int = 0, right: int = 0):
    """CSI of a point target on range, Doppler and beam cells, and its range [m]."""
    distance = 12 * config.range_resolution
    elevation = np.arcsin(up / config.num_rows / config.element_spacing)
    azimuth = np.arcsin(right / config.num_columns / config.element_spacing / np.cos(elevation))
    antennas = ANTENNAS(azimuth, elevation)
    gain = monostatic_gain(CROSS_SECTION, distance, config.wavelength, antennas)
    place = {"distance": distance, "azimuth": azimuth, "elevation": elevation}
    target = point_target(POSE, **place, velocity=2 * config.velocity_resolution, gain=gain)
    return synthesise_csi(target, config, pose=POSE, rng=philox(1)), distance, gain


def expected(level: str, csi, config, gain: float) -> float:
    decibels = 20 * np.log10(gain)
    return {"dbsm": 13.01, "gain": decibels, "dbfs": decibels - full_scale_db(csi, config)}[level]


def calibration(level: str, csi, config) -> Calibration:
    full_scale = full_scale_db(csi, config) if level == "dbfs" else None
    return Calibration(level, config, csi, ANTENNAS, full_scale)


@pytest.mark.parametrize("level", ["gain", "dbsm", "dbfs"])
def test_a_target_on_the_cells_reads_its_level_in_every_cube(level):
    csi, distance, gain = on_cell(QUIET, up=1, right=2)
    want = expected(level, csi, QUIET, gain)
    scales = calibration(level, csi, QUIET)
    cube, full = power_cube(csi, QUIET, max_range=14), beam_cube(csi, QUIET, max_range=14)
    row = np.abs(full.range - distance).argmin()
    beams = scales.of_beams(full.range, full.elevation, full.azimuth)
    cell = np.abs(full.elevation - 1 / 4).argmin(), np.abs(full.azimuth - 2 / 5).argmin()  # one and two cells
    assert beams.decibels(full.power)[row][cell].max() == pytest.approx(want, abs=0.05)
    part = beams.rows(slice(row, row + 1)).decibels(full.power[row : row + 1])
    assert part[0][cell].max() == pytest.approx(want, abs=0.05)
    # the cube knows no elevation: its antennas are those at the height of boresight
    beam = np.abs(cube.azimuth - 2 / QUIET.num_columns / 0.5).argmin()
    lost = 0.0
    if level == "dbsm":
        up, right = 1 / QUIET.num_rows / 0.5, cube.azimuth[beam]
        true = ANTENNAS(np.arcsin(right / np.cos(np.arcsin(up))), np.arcsin(up))
        lost = ANTENNAS(np.arcsin(right), 0.0) - true
    assert scales.of_cube(cube).decibels(cube.power)[row, beam].max() == pytest.approx(want - lost, abs=0.05)
    found = scales.of_peak(float(cube.power.max()), distance, float(np.arcsin(cube.azimuth[beam])))
    assert found == pytest.approx(want - lost, abs=0.05)


@pytest.mark.parametrize("level", ["gain", "dbsm", "dbfs"])
def test_a_target_at_boresight_reads_its_level_in_both_maps(level):
    csi, _, gain = on_cell(QUIET)
    want = expected(level, csi, QUIET, gain)
    scales = calibration(level, csi, QUIET)
    cube = power_cube(csi, QUIET, max_range=14)
    by_angle = scales.of_range_angle(cube).decibels(cube.power.sum(axis=2))
    assert np.nanmax(by_angle) == pytest.approx(want, abs=0.05)
    blind = np.abs(cube.azimuth) > np.sin(np.radians(59.3)) if level == "dbsm" else np.zeros(10, bool)
    np.testing.assert_array_equal(np.isnan(by_angle).all(axis=0), blind)
    doppler = sum_beams(cube)
    assert scales.of_range_doppler(doppler).decibels(doppler.power).max() == pytest.approx(want, abs=0.05)
    rows = 2 * 12.5 * QUIET.range_resolution  # of equal height, the target in the middle of one
    picture = range_azimuth(csi, QUIET, max_range=rows, azimuth=np.linspace(-0.5, 0.5, 41))
    found = scales.heatmap(picture)
    assert found.level == level and found.noise_power is None
    assert found.decibels.max() == pytest.approx(want, abs=0.1)  # up to half a row off the cell


def test_levels_over_noise_are_the_map_itself():
    csi, _, _ = on_cell(QUIET)
    scales = calibration("noise", csi, QUIET)
    picture = range_azimuth(csi, QUIET, max_range=14)
    assert scales.heatmap(picture) is picture
    cube = power_cube(csi, QUIET, max_range=14)
    with pytest.raises(ValueError, match=r"number of bins"):
        scales.of_range_angle(cube)
    assert scales.of_cube(cube) == Scale("noise", pytest.approx(QUIET.num_rows * csi.noise_variance, abs=0))


def test_a_peak_without_power_or_range_has_no_level():
    csi, _, _ = on_cell(QUIET)
    scales = calibration("dbsm", csi, QUIET)
    assert scales.of_peak(0.0, 10.0, 0.0) is scales.of_peak(1.0, 0.0, 0.0) is None
    with pytest.raises(ValueError, match=r"noise of its cube"):
        calibration("noise", csi, QUIET).of_peak(1.0, 10.0, 0.0)


def test_a_cell_without_power_is_finite():
    assert Scale("gain", 1e-3).decibels(np.zeros(2)).tolist() == [-120, -120]


@pytest.mark.parametrize(
    "level, message", [("dbsm", r"need the gain of the antennas"), ("dbfs", r"needs full_scale_db")]
)
def test_what_a_level_needs_is_said(level, message):
    csi, _, _ = on_cell(QUIET)
    with pytest.raises(ValueError, match=message):
        Calibration(level, QUIET, csi).of_cube(power_cube(csi, QUIET, max_range=14))


def test_a_single_range_cell_has_no_cross_section():
    csi, _, _ = on_cell(QUIET)
    with pytest.raises(ValueError, match=r"at least 2 range cells, got 1"):
        calibration("dbsm", csi, QUIET).of_cube(power_cube(csi, QUIET, max_range=0.5))


def test_noise_of_a_stored_map_must_be_known():
    csi, _, _ = on_cell(QUIET)
    with pytest.raises(ValueError, match=r"noise_power"):
        picture = calibration("gain", csi, QUIET).heatmap(range_azimuth(csi, QUIET, max_range=14))
        calibration("gain", csi, QUIET).heatmap(picture)
