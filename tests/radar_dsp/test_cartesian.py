"""The map from above: targets where they are, nothing outside, levels between those of the pixels."""

import numpy as np
import pytest

from radar_dsp.cartesian import cartesian
from radar_dsp.heatmap import Heatmap

RANGE = (np.arange(120) + 0.5) / 2
AZIMUTH = np.radians((np.arange(160) + 0.5) / 160 * 80 - 40)


def heatmap(decibels) -> Heatmap:
    return Heatmap(np.asarray(decibels, np.float32), RANGE, AZIMUTH, 1e-12)


@pytest.mark.parametrize("row, column", [(30, 20), (80, 81), (60, 150)])
def test_a_target_lies_where_it_is(row, column):
    blob = np.hypot(*np.meshgrid(np.arange(160) - column, np.arange(120) - row)) / 2
    found = cartesian(heatmap(40 * np.exp(-(blob**2))), 0.1)
    i, j = np.unravel_index(np.nanargmax(found.decibels), found.decibels.shape)
    assert found.ahead[i] == pytest.approx(RANGE[row] * np.cos(AZIMUTH[column]), abs=0.15)
    assert found.right[j] == pytest.approx(RANGE[row] * np.sin(AZIMUTH[column]), abs=0.15)


def test_levels_stay_and_outside_is_nothing():
    found = cartesian(heatmap(np.full((120, 160), 7.0)), 0.5)
    azimuth = np.arctan2(found.right, found.ahead[:, None])
    distance = np.hypot(found.right, found.ahead[:, None])
    inside = (np.abs(azimuth) <= AZIMUTH[-1]) & (distance >= RANGE[0]) & (distance <= RANGE[-1])
    np.testing.assert_array_equal(np.isfinite(found.decibels), inside)
    np.testing.assert_allclose(found.decibels[inside], 7.0, rtol=1e-6)
    assert found.noise_power == 1e-12
    edge = RANGE[-1] * np.sin(AZIMUTH[-1])
    assert edge <= found.right[-1] + 0.25 <= edge + 0.5 and found.right[0] == -found.right[-1]


def test_power_is_interpolated_not_decibels():
    decibels = np.zeros((120, 160))
    decibels[60:] = 30
    found = cartesian(heatmap(decibels), 0.02)
    middle = np.argmin(np.abs(found.ahead - (RANGE[59] + RANGE[60]) / 2))
    centre = found.decibels[middle, found.right.size // 2]
    assert centre == pytest.approx(10 * np.log10((1 + 1000) / 2), abs=0.4)


@pytest.mark.parametrize("cell", [0, -1, np.nan, 1e-4, 100])
def test_impossible_cells_are_refused(cell):
    with pytest.raises(ValueError, match="cell must lie between"):
        cartesian(heatmap(np.zeros((120, 160))), cell)
