"""Sionna, DeepMIMO and CRUW: the channel of the other tool's own definition, and what is refused."""

import numpy as np
import pytest
from scipy.constants import c

from radar_dsp.csi import synthesise_csi
from radar_dsp.interop_cruw import cruw_azimuth, cruw_heatmap, cruw_range
from radar_dsp.interop_deepmimo import deepmimo_paths
from radar_dsp.interop_paths import unit_vector
from radar_dsp.interop_sionna import sionna_paths
from raysim.sensors import look_at
from tests.radar_dsp.oracle import SMALL, philox

FORWARD = look_at((0, 0, 0), (1, 0, 0))
COUNT = 3


def angles(rng):
    return rng.uniform(1.2, 1.9, COUNT), rng.uniform(-0.6, 0.6, COUNT)


def sionna_arrays(**change):
    """One receiver, one transmitter, a synthetic array; a fourth path that does not exist."""
    rng = philox(3)
    zenith, azimuth = angles(rng)
    delay = rng.uniform(5e-8, 2e-7, COUNT)
    passband = rng.normal(size=COUNT) + 1j * rng.normal(size=COUNT)
    pad = lambda values, fill: np.append(values, fill)  # noqa: E731
    arrays = {
        "a": pad(passband * np.exp(-2j * np.pi * 28e9 * delay), 0)[None, None, None, None, :, None],
        "tau": pad(delay, -1.0)[None, None],
        "theta_r": pad(zenith, 0.0)[None, None],
        "phi_r": pad(azimuth, 0.0)[None, None],
        "doppler": pad(rng.uniform(-500, 500, COUNT), 0.0)[None, None],
        "frequency": np.float64(28e9),
        "normalize_delays": np.False_,
    }
    return arrays | change


def channel(paths_frame, config=SMALL):
    quiet = config.model_copy(update={"thermal_noise": False})
    return synthesise_csi(paths_frame.paths, quiet, pose=paths_frame.pose, rng=philox(0)).values


def expected(coefficient, delay, doppler, direction):
    """Baseband coefficients, evaluated as the other tools do: array, Doppler and frequency multiply."""
    row, column = (np.arange(n) - (n - 1) / 2 for n in (SMALL.num_rows, SMALL.num_columns))
    up, right = direction @ -FORWARD[:3, 1], direction @ FORWARD[:3, 0]
    total = 0
    for i in range(len(delay)):
        array = np.exp(1j * np.pi * (row[:, None] * up[i] + column * right[i]))
        turn = np.exp(2j * np.pi * doppler[i] * SMALL.symbol_time)
        tone = np.exp(-2j * np.pi * SMALL.subcarrier_frequency * delay[i])
        total = total + coefficient[i] * array[..., None, None] * turn[:, None] * tone
    return total


@pytest.mark.parametrize("still", [True, False])
def test_sionnas_baseband_channel_comes_out(still):
    """Sionna's Doppler turns all subcarriers alike, ours stretches with the frequency: compared at the carrier."""
    arrays = sionna_arrays()
    if still:
        del arrays["doppler"]
    found = sionna_paths(arrays, FORWARD)
    assert len(found.paths) == COUNT and found.carrier_frequency == 28e9
    flat = {name: np.ravel(arrays[name])[:COUNT] for name in ("a", "tau", "theta_r", "phi_r")}
    doppler = np.zeros(COUNT) if still else np.ravel(arrays["doppler"])[:COUNT]
    want = expected(flat["a"], flat["tau"], doppler, unit_vector(flat["theta_r"], flat["phi_r"]))
    tones = slice(None) if still else slice(64, 65)
    np.testing.assert_allclose(channel(found)[..., tones], want[..., tones], rtol=0, atol=1e-4 * np.abs(want).max())


def test_sionnas_antenna_axes_are_read_too():
    arrays = sionna_arrays()
    wide = arrays | {name: arrays[name][:, None, :, None] for name in ("tau", "theta_r", "phi_r", "doppler")}
    np.testing.assert_array_equal(sionna_paths(wide, FORWARD).paths.gain, sionna_paths(arrays, FORWARD).paths.gain)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"normalize_delays": np.True_}, r"call cir\(normalize_delays=False\)"),
        ({"tau": np.array([0.0, 1e-8, 2e-8, -1.0])[None, None]}, "the first path has no delay at all"),
        ({"a": np.ones((1, 1, 1, 1, 4))}, "a must be complex"),
        ({"tau": np.ones((1, 1, 2))}, "tau has 2 paths, a has 4"),
        ({"tau": np.ones(4)}, "tau must be"),
        ({"frequency": np.float64(-1)}, "carrier_frequency must be positive"),
    ],
)
def test_sionna_files_that_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        sionna_paths(sionna_arrays(**change), FORWARD)


def test_sionna_files_that_lack_something():
    for name in ("a", "normalize_delays"):
        arrays = sionna_arrays()
        del arrays[name]
        with pytest.raises(ValueError, match=f"no array '{name}'"):
            sionna_paths(arrays, FORWARD)
    with pytest.raises(ValueError, match=r"receiver must lie in 0\.\.0, got 1"):
        sionna_paths(sionna_arrays(), FORWARD, receiver=1)


def deepmimo_arrays():
    rng = philox(4)
    zenith, azimuth = angles(rng)
    rows = {
        "power": rng.uniform(-110, -80, COUNT),
        "phase": rng.uniform(-180, 180, COUNT),
        "delay": rng.uniform(5e-8, 2e-7, COUNT),
        "aoa_az": np.degrees(azimuth),
        "aoa_el": np.degrees(zenith),
    }
    return {
        name: np.stack([np.full(COUNT + 2, np.nan), np.append(values, [np.nan] * 2)]) for name, values in rows.items()
    }


def test_deepmimos_channel_comes_out():
    arrays = deepmimo_arrays()
    found = deepmimo_paths(arrays, FORWARD, carrier_frequency=28e9, receiver=1)
    flat = {name: values[1, :COUNT] for name, values in arrays.items()}
    coefficient = 10 ** (flat["power"] / 20) * np.exp(1j * np.radians(flat["phase"]))
    direction = unit_vector(np.radians(flat["aoa_el"]), np.radians(flat["aoa_az"]))
    want = expected(coefficient, flat["delay"], np.zeros(COUNT), direction)
    assert np.abs(channel(found) - want).max() < 1e-4 * np.linalg.norm(coefficient) * COUNT
    assert len(deepmimo_paths(arrays, FORWARD, carrier_frequency=28e9, receiver=0).paths) == 0


@pytest.mark.parametrize(
    "change, receiver, message",
    [
        ({"phase": None}, 0, "no matrix 'phase'"),
        ({"phase": np.ones((3, 3))}, 0, "phase must be receivers x paths"),
        ({}, 5, r"receiver must lie in 0\.\.1, got 5"),
    ],
)
def test_deepmimo_files_that_are_refused(change, receiver, message):
    arrays = {name: values for name, values in (deepmimo_arrays() | change).items() if values is not None}
    with pytest.raises(ValueError, match=message):
        deepmimo_paths(arrays, FORWARD, carrier_frequency=28e9, receiver=receiver)


def test_cruws_grid_is_that_of_its_devkit():
    assert cruw_range()[[0, -1]] == pytest.approx([0.639, 27.697], abs=1e-3)
    assert np.diff(cruw_range())[0] == pytest.approx(0.2130549, abs=1e-6)
    assert np.degrees(np.diff(cruw_azimuth())[63]) == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("chirps", [None, 4])
def test_a_cruw_target_lies_where_it_was_put(chirps):
    values = philox(5).normal(size=(128, 128, 2)).astype(np.float32)
    values[40, 90] = (300, -400)
    found = cruw_heatmap(values if chirps is None else np.stack([values] * chirps))
    row, column = np.unravel_index(found.decibels.argmax(), found.decibels.shape)
    assert (row, column) == (40, 90) and found.azimuth[column] > 0  # right
    assert found.range[row] == pytest.approx(43 * c * 4e6 / (2 * 21.0017e12 * 134))
    assert found.noise_is_estimated


@pytest.mark.parametrize(
    "values, message",
    [
        (np.ones((128, 64, 2), np.float32), "128 x 128 x 2"),
        (np.ones((128, 128, 2), int), "must be float"),
        (np.full((128, 128, 2), np.nan), "finite"),
        (np.zeros((128, 128, 2)), "zero everywhere"),
        (np.ones((0, 128, 128, 2)), "not empty"),
    ],
)
def test_cruw_frames_that_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        cruw_heatmap(values)
