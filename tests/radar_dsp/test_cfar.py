"""CFAR cell by cell against plain loops, and what it refuses."""

import math

import numpy as np
import pytest

from radar_dsp.cfar import cfar, ordered_noise
from radar_dsp.cfar_factors import (
    ca_factor,
    go_factor,
    os_factor,
    os_rank,
    so_factor,
)
from radar_dsp.cfar_window import AxisWindow, axis_window
from tests.radar_dsp.oracle import philox

METHODS = ("ca", "go", "so", "os")
PAIR = (AxisWindow(1, 4), AxisWindow(1, 4))  # N = 112 inside, 32 in the outermost corner
SHAPE = (26, 20)


def test_lengths_become_cells():
    assert axis_window(np.arange(19) * 0.1875, guard=0.5, training=2.0) == AxisWindow(3, 11)
    assert axis_window(np.arange(16), guard=1, training=3, wraps=True) == AxisWindow(1, 3, True)
    assert axis_window(np.linspace(3, -3, 13), guard=0, training=0.1) == AxisWindow(0, 1)
    assert axis_window(np.arange(9.0), guard=1e9, training=1e300) == AxisWindow(9, 9)
    with pytest.raises(ValueError, match="equidistant"):
        axis_window(np.array([0.0, 1.0, 3.0]), guard=1, training=1)
    with pytest.raises(ValueError, match="positive lengths"):
        axis_window(np.arange(9.0), guard=-1, training=1)
    with pytest.raises(ValueError, match="must not be negative"):
        AxisWindow(1, -1)


def ref_cells(shape, pair, i, j):
    """Training cells (row offset, value index) of one cell, by the definition."""
    found = []
    for r in range(-pair[0].reach, pair[0].reach + 1):
        for q in range(-pair[1].reach, pair[1].reach + 1):
            place = []
            for offset, centre, axis, length in ((r, i, pair[0], shape[0]), (q, j, pair[1], shape[1])):
                index = centre + offset
                if axis.wraps:
                    index %= length
                place.append(index if 0 <= index < length else None)
            if None not in place and (abs(r) > pair[0].guard or abs(q) > pair[1].guard):
                found.append((r, q, *place))
    return found


def ref_cfar(power, pair, method, pfa):
    """(noise, threshold, cells) of every cell, one at a time."""
    noise, threshold, cells = (np.zeros(power.shape) for _ in range(3))
    for i, j in np.ndindex(power.shape):
        ring = ref_cells(power.shape, pair, i, j)
        values = [power[a, b] for _, _, a, b in ring]
        before = [power[a, b] for r, _, a, b in ring if r < -pair[0].guard]
        after = [power[a, b] for r, _, a, b in ring if r > pair[0].guard]
        if method == "ca":
            noise[i, j], alpha = np.mean(values), ca_factor(len(values), pfa)
        elif method == "os":
            k = os_rank(len(values))
            noise[i, j], alpha = np.sort(values)[k - 1], os_factor(len(values), k, pfa)
        else:
            values = before + after
            pick, solve = (max, go_factor) if method == "go" else (min, so_factor)
            noise[i, j] = pick(np.mean(part) for part in (before, after) if part)
            alpha = solve(len(before), len(after), pfa)
        threshold[i, j], cells[i, j] = alpha * noise[i, j], len(values)
    return noise, threshold, cells


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("wraps", [(False, False), (False, True), (True, False)])
def test_every_cell_follows_the_definition(method, wraps):
    """Unequal windows, a target 80 dB over the noise, edges and corners, against plain loops."""
    pair = (AxisWindow(1, 3, wraps[0]), AxisWindow(2, 2, wraps[1]))
    power = philox(1).exponential(size=(16, 14))
    power[4, 6] = 1e8
    result = cfar(power, pair, method=method, pfa=0.05, scale="power")
    noise, threshold, cells = ref_cfar(power, pair, method, 0.05)
    np.testing.assert_array_equal(result.mask, power > threshold)
    np.testing.assert_array_equal(result.cells, cells)
    seen = result.mask if method == "os" else np.ones(power.shape, bool)
    assert 1 < result.mask.sum() < 40
    np.testing.assert_allclose(result.noise[seen], noise[seen], rtol=1e-6)
    np.testing.assert_allclose(result.threshold[seen], threshold[seen], rtol=1e-6)
    np.testing.assert_allclose(result.snr[seen], power[seen] / noise[seen], rtol=1e-6)
    if method == "os":
        np.testing.assert_array_equal(ordered_noise(power, pair), noise)
        assert np.isnan(result.noise[~seen]).all()


def test_a_line_is_a_column_and_halves_turn():
    power = philox(2).exponential(size=(40, 30))
    line = (AxisWindow(1, 8), AxisWindow(0, 0))
    for method in METHODS:
        whole = cfar(power, line, method=method, pfa=0.05, scale="power")
        alone = cfar(power[:, 3], line[:1], method=method, pfa=0.05, scale="power")
        np.testing.assert_array_equal(whole.mask[:, 3], alone.mask)
        turned = cfar(power.T, line[::-1], method=method, pfa=0.05, scale="power", halves=1)
        np.testing.assert_array_equal(turned.mask.T, whole.mask)
        np.testing.assert_allclose(turned.threshold.T, whole.threshold, rtol=1e-12)


def test_scaling_the_power_changes_nothing():
    power = philox(3).exponential(size=(30, 20)).astype(np.float32)
    for method in METHODS:
        same = [cfar(power * np.float32(s), PAIR, method=method, pfa=0.02, scale="power").mask for s in (1, 2.0**-40)]
        np.testing.assert_array_equal(*same)


def test_no_power_gives_no_detection():
    for method in METHODS:
        assert not cfar(np.zeros((30, 20)), PAIR, method=method, pfa=0.1, scale="power").mask.any()


def test_cells_without_training_stay_undetected():
    power = np.ones(5)
    power[2] = 1e9
    for method in METHODS:
        result = cfar(power, (AxisWindow(2, 1),), method=method, pfa=0.1, scale="power")
        assert not result.mask[2] and result.cells[2] == 0 and result.threshold[2] == math.inf


@pytest.mark.parametrize(
    "change, message",
    [
        ({"scale": "db"}, "10 \\*\\* \\(dB / 10\\)"),
        ({"scale": "amplitude"}, "amplitude\\*\\*2"),
        ({"scale": "volts"}, "must be one of power"),
        ({"method": "cash"}, "must be one of ca, go, so, os, got 'cash'"),
        ({"pfa": 0.0}, "between 0 and 1, got 0.0"),
        ({"looks": -1}, "looks must be positive"),
        ({"windows": PAIR[:1]}, "one window an axis, got 1 for 2"),
        ({"windows": (AxisWindow(3, 0), AxisWindow(2, 0))}, "needs training cells"),
        ({"windows": (AxisWindow(9, 9, True), AxisWindow(0, 2))}, "37 cells does not fit a wrapping axis of 26"),
        ({"power": -np.ones(SHAPE)}, "look like dB"),
        ({"power": np.full(SHAPE, np.nan)}, "finite"),
        ({"power": np.ones(SHAPE, complex)}, "real power"),
        ({"power": np.ones((2, 3, 4))}, "one or two dimensions"),
    ],
)
def test_bad_input_is_refused(change, message):
    given = {"power": np.ones(SHAPE), "windows": PAIR, "method": "go", "pfa": 1e-3, "scale": "power"} | change
    with pytest.raises(ValueError, match=message):
        cfar(given.pop("power"), given.pop("windows"), **given)
