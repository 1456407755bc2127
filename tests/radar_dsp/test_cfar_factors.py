"""Factors of CFAR: golden tables, closed forms, the integral they come from."""

import math

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.stats import f, gamma

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
