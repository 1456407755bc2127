import numpy as np
import pytest

from learning.preprocess import moving_power_map, resample_box, resample_image, resample_power_db


def test_heatmap_resampling_keeps_mean_power():
    rng = np.random.Generator(np.random.Philox(1))
    heatmap = 20 * rng.random((480, 640))
    small = resample_power_db(heatmap.astype(np.float16), (120, 160))
    assert np.mean(10 ** (small / 10)) == pytest.approx(np.mean(10 ** (heatmap / 10)), rel=1e-3)


def test_heatmap_without_any_echo_stays_finite():
    assert np.allclose(resample_power_db(np.full((8, 8), -np.inf, np.float16), (2, 2)), -30)


def test_image_resampling_is_the_mean_of_a_block():
    image = np.zeros((480, 640, 3), np.uint8)
    image[4:8, 8:12] = [40, 80, 120]
    small = resample_image(image, (120, 160))
    assert small[:, 1, 2].tolist() == [40, 80, 120]
    assert small.astype(int).sum() == 240


def test_box_scales_with_the_picture():
    assert resample_box(np.array([4, 8, 12, 16.0]), (480, 640), (120, 160)).tolist() == [1, 2, 3, 4]


def test_a_mover_shows_at_its_place_and_a_parked_car_does_not():
    range_bins, beams = np.arange(320) * 0.1875, (np.arange(16) - 8) / 8
    velocity = (np.arange(32) - 16) * 0.67
    cube = np.ones((320, 16, 32), np.float32)
    cube[100, 4, 15:18] = [2.5e4, 1e5, 2.5e4]  # parked, under a Hann window
    cube[200, 10, 20] = 1e3  # closing at 2.7 m/s
    range_axis, azimuth_axis = (np.arange(480) + 0.5) / 8, np.radians((np.arange(640) - 319.5) * 70 / 640)
    moving = moving_power_map(
        cube, power_range=range_bins, power_azimuth=beams, power_velocity=velocity, noise_power=1.0,
        range_axis=range_axis, azimuth_axis=azimuth_axis, size=(120, 160),
    )  # fmt: skip
    row, column = np.unravel_index(moving.argmax(), moving.shape)
    assert range_axis[4 * row : 4 * row + 4].mean() == pytest.approx(range_bins[200], abs=0.25)
    assert np.sin(azimuth_axis[4 * column]) == pytest.approx(beams[10], abs=0.02)
    assert moving[int(100 * 0.1875 * 2)].max() < 1  # dB
