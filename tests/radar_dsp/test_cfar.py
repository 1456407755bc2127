"""CFAR: golden factors, measured false-alarm rates inside, at edges and in corners, masking, clutter edges."""

import math

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.stats import f, gamma

from radar_dsp.cfar import cfar, ordered_noise
from radar_dsp.cfar_factors import (
    ca_factor,
    ca_rate,
    go_factor,
    go_rate,
    os_factor,
    os_rank,
    os_rate,
    so_factor,
    so_rate,
)
from radar_dsp.cfar_window import AxisWindow, axis_window
from radar_dsp.noise import complex_normal
from radar_dsp.periodogram import periodogram, window
from tests.radar_dsp.oracle import philox

METHODS = ("ca", "go", "so", "os")
PAIR = (AxisWindow(1, 4), AxisWindow(1, 4))  # N = 112 inside, 32 in the outermost corner
SHAPE = (26, 20)


# ---------------------------------------------------------------- factors


@pytest.mark.parametrize(
    "cells, pfa, golden",  # CA, GO, SO, OS with k = 0.75 N: radar-dsp tables after Gandhi and Kassam 1988
    [
        (16, 1e-3, (8.6388, 7.4873, 12.5997, 7.4214)),
        (24, 1e-4, (11.2272, 10.0050, 15.3340, 9.3408)),
        (32, 1e-6, (17.2776, 15.7242, 23.6065, 14.3985)),
    ],
)
def test_golden_factors(cells, pfa, golden):
    half = cells // 2
    found = (
        ca_factor(cells, pfa),
        go_factor(half, half, pfa),
        so_factor(half, half, pfa),
        os_factor(cells, os_rank(cells), pfa),
    )
    np.testing.assert_allclose(found, golden, atol=5e-5)


def test_ordered_statistic_of_the_textbook():
    """Richards, Fundamentals of Radar Signal Processing, 6.5: N = 20, k = 15, alpha 6.857 -> 1e-3."""
    assert os_rate(6.857, 20, 15) == pytest.approx(9.987e-4, rel=1e-4)
    assert os_factor(50, 37, 1e-3) == pytest.approx(5.8317, abs=5e-5)
    assert os_rank(20) == 15 and os_rank(21) == 16 and os_rank(1) == 1


def test_greatest_and_smallest_add_up_to_the_halves():
    """Pfa_GO + Pfa_SO = sum of CA's on the halves, and the finite sums of Gandhi and Kassam for equal halves."""
    n, alpha = 8, 7.4873
    tau = alpha / n
    series = sum(math.comb(n + i - 1, i) * (2 + tau) ** -(n + i) for i in range(n))
    assert so_rate(alpha, n, n) == pytest.approx(2 * series, rel=1e-12)
    assert go_rate(alpha, n, n) == pytest.approx(2 * (1 + tau) ** -n - 2 * series, rel=1e-12)


@pytest.mark.parametrize("halves", [(8, 8), (3, 17), (1, 40)])
@pytest.mark.parametrize("looks", [1, 4, 12.5])
def test_unequal_halves_follow_the_integral(halves, looks):
    """int f(y) F(y / alpha) dy with F = F1 F2 and 1 - (1 - F1)(1 - F2), by brute force on a fine grid."""
    for factor, join in (
        (go_factor, lambda a, b: a * b),
        (so_factor, lambda a, b: 1 - (1 - a) * (1 - b)),
    ):
        alpha = factor(*halves, 1e-3, looks=looks)
        y = np.geomspace(1e-12, 60, 40001)
        x = y / alpha
        cdf = [gamma.cdf(x, n * looks, scale=1 / (n * looks)) for n in halves]
        rate = trapezoid(gamma.pdf(y, looks, scale=1 / looks) * join(*cdf), y)
        assert rate == pytest.approx(1e-3, rel=1e-4)


def test_many_looks_agree_with_one_and_with_the_f_distribution():
    assert ca_factor(20, 1e-4, looks=6) == pytest.approx(f.isf(1e-4, 12, 240), rel=1e-9)
    assert ca_rate(ca_factor(20, 1e-4, looks=6), 20, looks=6) == pytest.approx(1e-4)
    almost = 1 + 1e-9  # takes the general path
    assert os_factor(16, 12, 1e-3, looks=almost) == pytest.approx(os_factor(16, 12, 1e-3), rel=1e-6)
    assert go_factor(5, 9, 1e-3, looks=almost) == pytest.approx(go_factor(5, 9, 1e-3), rel=1e-6)


def test_an_empty_half_leaves_the_other():
    assert go_factor(0, 9, 1e-3) == so_factor(9, 0, 1e-3) == ca_factor(9, 1e-3)
    assert ca_factor(0, 1e-3) == os_factor(0, 0, 1e-3) == math.inf


# ---------------------------------------------------------------- windows


def test_lengths_become_cells():
    assert axis_window(np.arange(9) * 0.1875, guard=0.5, training=2.0) == AxisWindow(3, 11)
    assert axis_window(np.arange(16), guard=1, training=3, wraps=True) == AxisWindow(1, 3, True)
    assert axis_window(np.linspace(3, -3, 13), guard=0, training=0.1) == AxisWindow(0, 1)
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


# ---------------------------------------------------------------- measured false-alarm rates


def noise_map(rng, taper="rectangular", shape=SHAPE):
    """Native range-Doppler map of unit noise through the chain's own transforms."""
    rows, columns = shape
    noise = complex_normal((columns, rows), 1.0, rng=rng)
    weights = {"doppler_window": window(taper, columns), "range_window": window(taper, rows)}
    return np.ascontiguousarray(periodogram(noise, **weights).T)


def regions():
    """Interior, edges and corners of a map whose axes do not wrap; the outermost corner cells apart."""
    inner = [np.minimum(np.arange(n), np.arange(n)[::-1]) >= w.reach for n, w in zip(SHAPE, PAIR, strict=True)]
    both = inner[0].astype(int)[:, None] + inner[1]
    outermost = np.zeros(SHAPE, bool)
    outermost[[0, 0, -1, -1], [0, -1, 0, -1]] = True
    return {"interior": both == 2, "edges": both == 1, "corners": both == 0, "outermost": outermost}


def measured_rates(method, pfa, draws, rng, taper="rectangular"):
    """Mean of e^-T by region, T over the known noise; far less variance than counting. Counted rate beside it."""
    total, counted = np.zeros(SHAPE), 0.0
    for _ in range(draws):
        power = noise_map(rng, taper)
        result = cfar(power, PAIR, method=method, pfa=pfa, scale="power")
        threshold = result.threshold
        if method == "os":
            factors = {int(n): os_factor(int(n), os_rank(int(n)), pfa) for n in np.unique(result.cells)}
            threshold = np.vectorize(factors.get)(result.cells) * ordered_noise(power, PAIR)
        total += np.exp(-threshold)
        counted += result.mask.mean()
    rates = {name: (total / draws)[where].mean() / pfa for name, where in regions().items()}
    return rates, counted / draws / pfa


@pytest.mark.parametrize("method", METHODS)
def test_false_alarm_rate(method):
    """Within 10 % of the asked rate everywhere, by thresholds at 1e-2 and by counted masks."""
    rates, counted = measured_rates(method, 1e-2, 500, philox(4))
    print(method, {name: round(rate, 3) for name, rate in rates.items()}, "counted", round(counted, 3))
    assert counted == pytest.approx(1, abs=0.1)
    for rate in rates.values():
        assert rate == pytest.approx(1, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("pfa, draws", [(1e-3, 4000), (1e-4, 12000)])
@pytest.mark.parametrize("method", METHODS)
def test_small_false_alarm_rates(method, pfa, draws):
    """Bar: within 10 % of 1e-3 and 1e-4 in the interior, at edges, in corners."""
    rates, _ = measured_rates(method, pfa, draws, philox(5))
    print(f"{method} {pfa:g}:", {name: round(rate, 3) for name, rate in rates.items()}, "bar 0.9..1.1")
    for name in ("interior", "edges", "corners"):
        assert rates[name] == pytest.approx(1, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "taper, excess", [("hann", 1.49), ("hamming", 1.40), ("taylor", 1.26), ("blackman-harris", 2.23)]
)
def test_windows_raise_the_rate(taper, excess):
    """Correlated neighbours, one guard cell: printed for all types, and CA's excess held to what was measured."""
    for method in METHODS:
        rates, counted = measured_rates(method, 1e-3, 1000, philox(6), taper)
        print(f"{taper} {method} 1e-3:", {n: round(r, 2) for n, r in rates.items()}, "counted", round(counted, 2))
        if method == "ca":
            assert rates["interior"] == pytest.approx(excess, rel=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_rate_of_independent_looks(method):
    """Eight looks summed: the survival of a gamma cell over the threshold, averaged."""
    rng, looks, pfa = philox(7), 8, 1e-3
    total = []
    for _ in range(60):
        power = rng.gamma(looks, size=(60, 24))
        noise = cfar(power, PAIR, method=method, pfa=pfa, scale="power", looks=looks)
        threshold = noise.threshold
        if method == "os":
            factors = {int(n): os_factor(int(n), os_rank(int(n)), pfa, looks=looks) for n in np.unique(noise.cells)}
            threshold = np.vectorize(factors.get)(noise.cells) * ordered_noise(power, PAIR)
        total.append(gamma.sf(threshold, looks).mean())
    assert np.mean(total) == pytest.approx(pfa, rel=0.1)


# ---------------------------------------------------------------- textbook behaviour

LINE = (AxisWindow(2, 8), AxisWindow(0, 0))  # N = 16 along the first axis, one draw a column


def thresholds(power, method, pfa=1e-3):
    if method == "os":
        return os_factor(16, 12, pfa) * ordered_noise(power, LINE)
    return cfar(power, LINE, method=method, pfa=pfa, scale="power").threshold


def test_a_second_target_masks_ca_and_go_but_not_os():
    """Fluctuating target of 20 dB, another of 30 dB among its leading cells (Gandhi and Kassam 1988, Fig. 9-12)."""
    power = philox(8).exponential(size=(41, 4000))
    alone, beside = {}, {}
    for method in METHODS:
        alone[method] = np.exp(-thresholds(power, method)[20] / 101).mean()
    power[14] *= 1001
    for method in METHODS:
        beside[method] = np.exp(-thresholds(power, method)[20] / 101).mean()
    print("Pd alone", alone, "beside a second target", beside)
    assert min(alone.values()) > 0.85
    assert beside["os"] > alone["os"] - 0.05  # the interferer is one ordered cell more
    assert beside["so"] > alone["so"] - 0.05  # the other half is clean
    assert beside["ca"] < 0.35 and beside["go"] < 0.25 < beside["os"]
    assert beside["go"] < beside["ca"]  # the greater half is the spoilt one


def test_at_a_clutter_edge_go_keeps_the_rate_and_so_loses_it():
    """First strong cells behind a 20 dB step: GO takes the strong half, SO the weak one (Rohling 1983)."""
    power = philox(9).exponential(size=(41, 20000))
    power[20:] *= 100
    rate = {method: np.exp(-thresholds(power, method)[22] / 100).mean() for method in METHODS}
    print("false alarms per cell behind a clutter edge, 1e-3 asked", rate)
    assert rate["go"] == pytest.approx((1 + go_factor(8, 8, 1e-3) / 8) ** -8, rel=0.1)  # CA on the strong half: 5e-3
    assert rate["so"] > 0.2
    assert rate["go"] < rate["os"] < rate["so"] and rate["go"] < rate["ca"] < rate["so"]
