"""The full cube: its sum over elevation is the native cube, its noise the noise of a coefficient."""

from dataclasses import replace

import numpy as np
import pytest

from radar_dsp.beam_cube import BLOCK, beam_cube, beam_cube_blocks
from radar_dsp.csi import synthesise_csi
from radar_dsp.noise import complex_normal
from radar_dsp.periodogram import power_cube
from raysim.paths import point_target
from tests.radar_dsp.oracle import POSE, SMALL, philox

CSI = synthesise_csi(
    point_target(POSE, distance=11.0, azimuth=0.3, elevation=-0.2, velocity=-3.0), SMALL, pose=POSE, rng=philox(2)
)


def test_summed_over_elevation_it_is_the_native_cube():
    full, native = beam_cube(CSI, SMALL, max_range=30), power_cube(CSI, SMALL, max_range=30)
    np.testing.assert_allclose(full.power.sum(axis=1), native.power, rtol=2e-4, atol=1e-7 * native.power.max())
    for name in ("range", "azimuth", "velocity"):
        np.testing.assert_array_equal(getattr(full, name), getattr(native, name))


@pytest.mark.parametrize("azimuth, elevation, velocity", [(0.3, -0.2, -3.0), (-0.4, 0.25, 2.0), (0.1, 0.3, 4.0)])
def test_the_peak_is_at_the_target(azimuth, elevation, velocity):
    target = point_target(POSE, distance=11.0, azimuth=azimuth, elevation=elevation, velocity=velocity)
    cube = beam_cube(synthesise_csi(target, SMALL, pose=POSE, rng=philox(2)), SMALL, max_range=30)
    place = np.unravel_index(cube.power.argmax(), cube.power.shape)
    truth = 11.0, np.sin(elevation), np.cos(elevation) * np.sin(azimuth), velocity
    for axis, index, want in zip((cube.range, cube.elevation, cube.azimuth, cube.velocity), place, truth, strict=True):
        assert axis[index] == pytest.approx(want, abs=0.51 * (axis[1] - axis[0]))


def test_noise_has_the_mean_of_a_coefficient():
    noise = complex_normal(CSI.values.shape, 0.25, rng=philox(4)).astype(np.complex64)
    cube = beam_cube(replace(CSI, values=noise, noise_variance=0.25), SMALL, max_range=30)
    assert cube.noise_power == 0.25
    assert 10 * np.log10(cube.power.mean(dtype=float) / 0.25) == pytest.approx(0, abs=0.05)


def test_blocks_put_together_are_the_cube():
    blocks = list(beam_cube_blocks(CSI, SMALL, max_range=39))
    assert len(blocks) > 1 and all(len(block) == BLOCK for block in blocks[:-1])
    np.testing.assert_array_equal(np.concatenate(blocks), beam_cube(CSI, SMALL, max_range=39).power)


def test_beyond_the_unambiguous_range_there_is_nothing():
    with pytest.raises(ValueError, match=r"max_range must lie in"):
        beam_cube(CSI, SMALL, max_range=1e4)
