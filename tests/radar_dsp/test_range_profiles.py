"""Range profiles at any range against the plain sum over subcarriers."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.constants import c

from radar_dsp.csi import Csi
from radar_dsp.kaiser_bessel import WIDTH
from radar_dsp.range_profiles import fine_profiles, range_taps
from tests.radar_dsp.oracle import POSE, SMALL, philox


def noise_csi(tones, rows=2, columns=3, symbols=40):
    rng = philox(6)
    shape = rows, columns, symbols, tones
    values = (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)
    frequency = (np.arange(tones) - tones // 2) * SMALL.tone_spacing
    return Csi(values, frequency, np.arange(symbols) * 1e-3, 28e9, 0.5, POSE, None)


@pytest.mark.parametrize("tones", [2, 5, 127, 208])
def test_profiles_at_any_range_are_the_plain_sum(tones):
    """All unambiguous ranges, past both ends of the transform; columns that do not fill the last batch of lines."""
    csi = noise_csi(tones)
    unambiguous = c / (2 * csi.tone_spacing)
    ranges = np.linspace(0, unambiguous, 501)
    array_weight, tone_weight = np.array([[1, 2, 0.5], [3, 1, 1]]), 1 + np.cos(np.arange(tones))
    taps = range_taps(ranges, tone_spacing=csi.tone_spacing, num_subcarriers=tones)
    with ThreadPoolExecutor(2) as pool:
        fine = fine_profiles(csi, array_weight, tone_weight, taps, pool)
    near = fine[taps.first[:, None] + np.arange(WIDTH)]
    got = np.einsum("nt,ntrl->nrl", taps.weights, near).reshape(len(ranges), *csi.values.shape[:3])
    steering = np.exp(4j * np.pi * np.outer(csi.subcarrier_frequency, ranges) / c)
    want = np.einsum("rcmk,kn->nrcm", csi.values * array_weight[..., None, None] * tone_weight, steering)
    assert np.linalg.norm(got - want) < 2e-5 * np.linalg.norm(want)
    edge = 5 * WIDTH  # samples, where the transform folds
    for part in (slice(0, edge), slice(-edge, None)):
        assert np.linalg.norm(got[part] - want[part]) < 3e-5 * np.linalg.norm(want[part])
