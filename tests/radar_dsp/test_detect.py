"""Detections of point targets, pairing over range, noise alone, and the command on every kind of file."""

import json
from dataclasses import astuple, replace

import numpy as np
import pytest

from radar_dsp.crb import SoundingGrid, cramer_rao_bounds
from radar_dsp.csi import synthesise_csi
from radar_dsp.detect import beam_period, detect, sum_looks
from radar_dsp.detect_file import write_detections
from radar_dsp.detection import COLUMNS, UNITS, DetectionSettings, moving_bins
from radar_dsp.metrics import polar_points
from radar_dsp.noise import complex_normal, noise_variance
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import PowerCube, power_cube
from radar_dsp.scores import places, score_frames, score_table
from radar_dsp.windows import window
from raysim.paths import point_target
from tests.radar_dsp.oracle import POSE, SMALL, philox

RANGE_CELL, VELOCITY_CELL = SMALL.range_resolution, SMALL.velocity_resolution
FLAT = SMALL.model_copy(
    update={"range_window": "rectangular", "doppler_window": "rectangular", "array_window": "rectangular"}
)


def scene(*targets, config=SMALL, snr_db=20.0, seed=1) -> PowerCube:
    """Cube of point targets (range, azimuth, velocity, dB over the others), `snr_db` at one element and symbol."""
    gain = np.sqrt(noise_variance(config) * 10 ** (snr_db / 10))
    blocks = [
        point_target(POSE, distance=r, azimuth=a, elevation=0.0, velocity=v, gain=gain * 10 ** (level / 20) + 0j)
        for r, a, v, level in targets
    ]
    csi = synthesise_csi(blocks, config, pose=POSE, rng=philox(seed))
    return power_cube(csi, config, max_range=70.0)


def test_a_mover_is_found_where_it_is():
    (found,) = detect(scene((23.4, -0.31, 2.9, 0)), SMALL)
    assert found.peak_range == pytest.approx(23.4, abs=0.05 * RANGE_CELL)
    assert found.peak_velocity == pytest.approx(2.9, abs=0.05 * VELOCITY_CELL)
    assert found.peak_azimuth == pytest.approx(-0.31, abs=0.05 * 0.2)
    assert found.range == pytest.approx(23.4, abs=0.25 * RANGE_CELL)
    assert found.velocity == pytest.approx(2.9, abs=0.25 * VELOCITY_CELL)
    assert found.azimuth == pytest.approx(-0.31, abs=0.05)
    assert found.min_range < 23.4 < found.max_range and found.max_range - found.min_range < 8 * RANGE_CELL
    assert found.min_azimuth < -0.31 < found.max_azimuth
    assert found.min_velocity < 2.9 < found.max_velocity


def test_snr_and_deviation_follow_the_closed_form():
    """On-bin target, rectangular windows: a cell holds (columns symbols tones) times the element's SNR."""
    place = (40 * RANGE_CELL, np.arcsin(0.2), 4 * VELOCITY_CELL, 0)
    (found,) = detect(scene(place, config=FLAT, snr_db=0), FLAT, DetectionSettings(min_cells=1, dynamic_range_db=12))
    grid = SoundingGrid.of_config(FLAT)
    gain = 10 * np.log10(grid.num_columns * grid.num_symbols * grid.num_subcarriers)
    assert found.snr_db == pytest.approx(gain, abs=0.2)
    bound = cramer_rao_bounds(grid, post_snr=10 ** (found.snr_db / 10) * grid.num_rows, azimuth=found.peak_azimuth)
    deviations = found.sigma_range, found.sigma_velocity, found.sigma_azimuth
    np.testing.assert_allclose(deviations, (bound.range, bound.velocity, bound.azimuth), rtol=0.05)


def test_targets_of_one_range_are_paired_right():
    """Same range, other beams and speeds: the cube tells which belong together; no ghost of crossed pairs."""
    found = detect(scene((30, -0.5, 3.0, 0), (30, 0.45, -4.0, -6), (45, 0.1, 2.5, -3)), SMALL)
    assert len(found) == 3
    pairs = sorted((d.peak_azimuth, d.peak_velocity, d.peak_range) for d in found)
    want = [(-0.5, 3.0, 30), (0.1, 2.5, 45), (0.45, -4.0, 30)]
    np.testing.assert_allclose(pairs, want, atol=0.1)
    assert [d.snr_db for d in found] == sorted((d.snr_db for d in found), reverse=True)


def test_two_beams_of_one_range_and_speed_stay_two():
    found = detect(scene((30, -0.6, 3.0, 0), (30, 0.5, 3.0, 0)), SMALL)
    np.testing.assert_allclose(sorted(d.peak_azimuth for d in found), [-0.6, 0.5], atol=0.02)


def test_static_clutter_is_left_out_unless_asked_for():
    cube = scene((30, 0.2, 0.0, 30), (50, -0.2, 3.0, 0))
    (mover,) = detect(cube, SMALL)
    assert mover.peak_range == pytest.approx(50, abs=0.1)
    both = detect(cube, SMALL, DetectionSettings(min_speed=0.0))
    assert both[0].peak_range == pytest.approx(30, abs=0.1) and abs(both[0].velocity) < 0.05
    assert any(abs(d.peak_range - 50) < 0.1 for d in both)


def test_a_slow_mover_is_one_detection():
    """A third of a Doppler cell: without a Doppler window it leaks to both sides of the bins left out."""
    leaky = SMALL.model_copy(update={"doppler_window": "rectangular"})
    (found,) = detect(scene((30, 0.2, 0.35 * VELOCITY_CELL, 0), config=leaky), leaky)
    assert found.peak_range == pytest.approx(30, abs=0.2 * RANGE_CELL)
    assert found.min_velocity < 0 < found.max_velocity


def test_over_the_fold():
    """At the unambiguous velocity, half the echo stands at the other end of the axis."""
    top = SMALL.unambiguous_velocity
    (found,) = detect(scene((30, 0.2, top - 0.4 * VELOCITY_CELL, 0)), SMALL)
    away = (found.velocity - top + 0.4 * VELOCITY_CELL + top) % (2 * top) - top
    assert abs(away) < 0.25 * VELOCITY_CELL
    assert found.max_velocity - found.min_velocity < 8 * VELOCITY_CELL


@pytest.mark.parametrize("spacing, count", [(0.5, 0), (0.45, 1)])
def test_what_is_loud_beyond_the_fold_of_the_beams_counts_as_noise(spacing, count):
    """An echo in beam 0 under the level of beams 6 and 7: those train it only where -1 and 1 are one direction."""
    looks = SMALL.num_rows
    power = philox(8).gamma(looks, 1 / looks, (64, 10, 16))
    power[:, 6:8] *= 1e3
    power[30:33, 0, 11:13] += 7e3
    cube = PowerCube(power, np.arange(64.0) / 2, np.arange(-5, 5) / 5, np.arange(-8.0, 8.0), 1.0)
    grid = SoundingGrid.of_config(SMALL.model_copy(update={"element_spacing": spacing}))
    across = DetectionSettings(training_range=0.0)
    assert sum(found.snr_db > 37 for found in detect(cube, FLAT, across, grid=grid)) == count  # others are at 30 dB


@pytest.mark.parametrize("spacing", [0.5, 0.45])
@pytest.mark.parametrize("azimuth", [-85, -70, -62, 50, 60, 66, 72, 76, 85])
def test_beside_the_array(azimuth, spacing):
    """The beams' ends meet: the lobe of a target far to a side stands at both, and is one detection all the same."""
    config = SMALL.model_copy(update={"element_spacing": spacing})
    (found,) = detect(scene((30, np.radians(azimuth), 3.0, 0), config=config), config)
    places = np.sin([found.azimuth, found.peak_azimuth])
    np.testing.assert_allclose(places, np.sin(np.radians(azimuth)), atol=0.25 * config.azimuth_resolution)
    assert found.min_azimuth < found.azimuth < found.max_azimuth
    assert np.sin(found.max_azimuth) - np.sin(found.min_azimuth) <= 4 * config.azimuth_resolution


def test_random_scenes_have_neither_ghosts_nor_gaps():
    """One to four targets anywhere in view, 15 dB apart at most: no false detection, all but a few found."""
    config = RadarConfig(num_subcarriers=416, num_rows=2, comb=16)
    frames = []
    for seed in range(15):
        rng = philox(77, seed)
        speed = rng.choice([-1, 1], 4) * rng.uniform(1.2, 10.0, 4)
        targets = zip(rng.uniform(4, 65, 4), rng.uniform(-1.3, 1.3, 4), speed, rng.uniform(-15, 0, 4), strict=True)
        targets = list(targets)[: rng.integers(1, 5)]
        found = detect(scene(*targets, config=config, snr_db=0, seed=seed), config)
        truth = polar_points(*np.array(targets)[:, :2].T)
        frames.append((truth, places(found)))
    score = score_frames(frames, cutoff=5.0)
    print(score_table({"random scenes": score}))
    assert score.false_per_frame == 0 and score.detected.rate >= 0.95 and score.ninetieth_error < 1.0


def test_elements_farther_apart_alias_but_do_not_split():
    """0.6 wavelengths: cosines 1.67 apart are one beam. A target at 60 degrees stands at one place, a wrong one."""
    config = SMALL.model_copy(update={"element_spacing": 0.6})
    (found,) = detect(scene((30, np.radians(60), 3.0, 0), config=config), config)
    assert np.sin(found.peak_azimuth) == pytest.approx(np.sin(np.radians(60)) - 1 / 0.6, abs=0.05)


def test_two_targets_at_the_two_ends_stay_two():
    found = detect(scene((30, np.radians(45), 3.0, 0), (30, np.radians(-45), 3.0, -3)), SMALL)
    np.testing.assert_allclose([np.degrees(d.peak_azimuth) for d in found], [45, -45], atol=1)


def test_beams_that_do_not_cover_a_period_have_ends():
    beams = (np.arange(10) - 5) / 5
    assert beam_period(beams, 0.5) == pytest.approx(2)
    assert beam_period(beams / 0.9, 0.45) == pytest.approx(2 / 0.9)
    assert beam_period(beams[1:], 0.5) is beam_period(beams, 0.45) is beam_period(np.linspace(-1, 1, 10), 0.5) is None
    whole = scene((30, np.radians(70), 3.0, 0))
    cropped = PowerCube(whole.power[:, 1:], whole.range, whole.azimuth[1:], whole.velocity, whole.noise_power)
    np.testing.assert_allclose([np.sin(d.azimuth) for d in detect(cropped, SMALL)], [0.8, -0.8])  # no neighbours


def test_noise_alone():
    """A cluster needs several false alarms side by side: under one detection in ten frames."""
    noise = SMALL.num_rows * 1.0
    count = 0
    for seed in range(20):
        csi = complex_normal((8, 10, 16, 128), 1.0, rng=philox(21, seed))
        weight = [window(n, k) for n, k in (("taylor", 8), ("taylor", 10), ("hann", 16), ("hann", 128))]
        for axis, w in enumerate(weight):
            csi = csi * (w / np.sqrt((w**2).mean())).astype(np.float32).reshape(
                [-1 if a == axis else 1 for a in range(4)]
            )
        power = (np.abs(np.fft.fft(np.fft.fft(np.fft.ifft(csi, axis=3), axis=2), axis=1)) ** 2).sum(0) * 128 / 160
        power = np.fft.fftshift(power, axes=(0, 1)).transpose(2, 0, 1)
        axes = np.arange(128) * RANGE_CELL, (np.arange(10) - 5) / 5, (np.arange(16) - 8) * VELOCITY_CELL
        cube = PowerCube(power.astype(np.float32), *axes, noise)
        assert cube.power.mean() == pytest.approx(noise, rel=0.05)
        count += len(detect(cube, SMALL, DetectionSettings(min_snr_db=0)))
    print(f"{count} detections in 20 frames of noise, bar 2")
    assert count <= 2


def test_looks_of_the_sums_are_mean_squared_over_variance():
    """Against noise through the chain, for windows that weight (Taylor) and correlate (Hann)."""
    values, angles = [], []
    for seed in range(6):
        cube = scene((60, 0.0, 0.0, -300), seed=seed)
        moving, _ = moving_bins(cube, None)
        kept = cube.power[:, :, moving].astype(float)
        values.append(kept.sum(axis=1).ravel())
        angles.append(kept.sum(axis=2).ravel())
    shape = (SMALL.num_rows, SMALL.num_columns, SMALL.num_symbols)
    for sample, looks in zip((values, angles), sum_looks(SMALL, shape, moving), strict=True):
        sample = np.concatenate(sample)
        print(f"looks {looks:.1f}, measured {sample.mean() ** 2 / sample.var():.1f}")
        assert sample.mean() ** 2 / sample.var() == pytest.approx(looks, rel=0.15)


def test_moving_bins_pass_the_fold_without_a_gap():
    cube = scene((60, 0.0, 0.0, 0))
    kept, wraps = moving_bins(cube, None)
    assert not wraps and len(kept) == 16 - 3
    np.testing.assert_allclose(np.diff(cube.velocity[kept]) % (16 * VELOCITY_CELL), VELOCITY_CELL)
    assert moving_bins(cube, 0.0)[1]
    with pytest.raises(ValueError, match="min_speed of 99 m/s leaves 0 of 16"):
        moving_bins(cube, 99.0)


def test_without_any_noise_files_stay_json(tmp_path):
    """Echoes on nothing: the SNR is infinite, which JSON has no word for."""
    power = np.zeros((64, 10, 16), np.float32)
    power[20:23, 4:7, 11:14] = 1
    axes = np.arange(64) * RANGE_CELL, (np.arange(10) - 5) / 5, (np.arange(16) - 8) * VELOCITY_CELL
    (found,) = detect(PowerCube(power, *axes, None), SMALL)
    assert found.snr_db == np.inf and found.range == pytest.approx(21 * RANGE_CELL)
    write_detections(tmp_path / "found.json", [found], source="nothing", frame=0)
    written = json.loads((tmp_path / "found.json").read_text(), parse_constant=pytest.fail)
    assert written["detections"][0]["snr_db"] is None


def test_power_scale_does_not_matter():
    cube = scene((30, 0.2, 3.0, 0))
    louder = PowerCube(
        cube.power * np.float32(2**20), cube.range, cube.azimuth, cube.velocity, cube.noise_power * 2**20
    )
    found = [
        [astuple(replace(d, peak_power=d.peak_power / times)) for d in detect(each, SMALL)]
        for each, times in ((louder, 2**20), (cube, 1))
    ]
    np.testing.assert_allclose(*found, rtol=1e-9)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"min_speed": -1.0}, "min_speed must be zero or more"),
        ({"min_cells": 0}, "must be positive"),
        ({"reach_range": 0.0}, "must be positive"),
        ({"dynamic_range_db": -3.0}, "dynamic_range_db must be positive"),
    ],
)
def test_bad_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        DetectionSettings(**change)


def test_columns_have_units():
    assert len(COLUMNS) == len(UNITS)
    assert dict(zip(COLUMNS, UNITS, strict=True))["max_velocity"] == "m/s"


def test_the_default_radar_resolves_two_cars_in_line():
    """Tab. 1's radar: two cars 8 m apart in one beam, 20 dB apart, are two detections."""
    config = RadarConfig(num_subcarriers=416, num_rows=2, comb=16)
    cube = scene((30, 0.1, 3.0, 0), (38, 0.1, 3.2, -20), config=config)
    near, far = detect(cube, config)
    assert (near.peak_range, far.peak_range) == pytest.approx((30, 38), abs=0.05)
