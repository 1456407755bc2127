"""Beam squint against the direct sum with element delays, and its size."""

import numpy as np
import pytest
from scipy.constants import c

from radar_dsp.csi import synthesise_csi
from radar_dsp.ofdm import RadarConfig
from raysim.paths import Paths, concatenate, point_target
from tests.radar_dsp.oracle import POSE, SMALL, direct_csi, philox, random_paths

WIDE = SMALL.model_copy(update={"thermal_noise": False, "beam_squint": True, "comb": 64})  # 983 MHz


def true_delays(paths: Paths, config: RadarConfig) -> np.ndarray:
    """Direct sum in which every element has its own delay, the whole of beam squint."""
    pitch = config.element_spacing * config.wavelength
    total = np.zeros((config.num_rows, config.num_columns, config.num_symbols, config.num_subcarriers), complex)
    for row in range(config.num_rows):
        for column in range(config.num_columns):
            up, right = row - (config.num_rows - 1) / 2, column - (config.num_columns - 1) / 2
            place = pitch * (right * POSE[:3, 0] - up * POSE[:3, 1])
            shifted = Paths(**(vars(paths) | {"delay": paths.delay - paths.arrival @ place / c}))
            alone = config.model_copy(update={"num_rows": 1, "num_columns": 1})
            total[row, column] = direct_csi(shifted, alone, POSE)[0, 0]
    return total


@pytest.mark.parametrize("rows, columns", [(8, 10), (1, 5), (3, 1)])
@pytest.mark.parametrize("speed", [0.0, 20.0])
def test_squint_equals_element_delays(rows, columns, speed):
    config = WIDE.model_copy(update={"num_rows": rows, "num_columns": columns})
    paths = concatenate([random_paths(10, speed=0.0, rng=philox(1)), random_paths(10, speed=speed, rng=philox(2))])
    truth = true_delays(paths, config)
    got = synthesise_csi(paths, config, pose=POSE, rng=philox(3)).values
    assert np.linalg.norm(got - truth) < 1e-4 * np.linalg.norm(truth)
    narrow = direct_csi(paths, config, POSE)
    assert np.linalg.norm(narrow - truth) > 5e-3 * np.linalg.norm(truth)  # the effect is there to be seen


def test_squint_turns_the_beam_by_the_frequency():
    """sin(angle) of the peak scales with f / fc: 1.4 degrees at the band's edges for a target at 60 degrees."""
    config = RadarConfig(num_symbols=1, num_rows=1, thermal_noise=False, beam_squint=True)
    csi = synthesise_csi(
        point_target(POSE, distance=20, azimuth=np.pi / 3, elevation=0.0), config, pose=POSE, rng=philox(4)
    )
    edge = np.arcsin(np.sin(np.pi / 3) * (1 + 400e6 / 28e9)) - np.pi / 3
    assert np.degrees(edge) == pytest.approx(1.4, abs=0.05)
    phase = np.unwrap(np.angle(csi.values[0, :, 0, :]), axis=0)
    slope = np.diff(phase, axis=0).mean(axis=0) / np.pi
    np.testing.assert_allclose(
        slope, np.sin(np.pi / 3) * (1 + csi.subcarrier_frequency / csi.carrier_frequency), rtol=1e-4
    )


def test_squint_does_not_depend_on_threads():
    paths = random_paths(50, speed=3.0, rng=philox(5))
    one, two = (synthesise_csi(paths, WIDE, pose=POSE, rng=philox(6), threads=n).values.tobytes() for n in (1, 3))
    assert one == two


@pytest.mark.slow
def test_squint_holds_on_the_default_grid():
    config = RadarConfig(thermal_noise=False, beam_squint=True, num_symbols=2)
    paths = concatenate([random_paths(3, speed=0.0, rng=philox(7)), random_paths(3, speed=20.0, rng=philox(8))])
    truth = true_delays(paths, config)
    got = synthesise_csi(paths, config, pose=POSE, rng=philox(9)).values
    error = np.linalg.norm(got - truth) / np.linalg.norm(truth)
    print(f"beam squint, default grid: relative error {error:.1e} (bar 1e-4)")
    assert error < 1e-4
