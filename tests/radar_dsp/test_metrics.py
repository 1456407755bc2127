"""Scores by hand, by brute force over all pairings, and against simulated detections."""

from itertools import permutations

import numpy as np
import pytest

from radar_dsp.metrics import (
    assign,
    detection_probability,
    detection_rate,
    gospa,
    ospa,
    polar_points,
    rmse,
    roc_curve,
)
from tests.radar_dsp.oracle import philox


def ref_gospa(truth, estimates, cutoff, order):
    """Equation 1 over all permutations, alpha = 2."""
    if len(truth) > len(estimates):
        truth, estimates = estimates, truth
    distance = np.minimum(np.linalg.norm(truth[:, None] - estimates, axis=-1), cutoff)
    costs = [
        sum(distance[i, j] ** order for i, j in enumerate(choice))
        for choice in permutations(range(len(estimates)), len(truth))
    ]
    return (min(costs) + cutoff**order / 2 * (len(estimates) - len(truth))) ** (1 / order)


def ref_ospa(truth, estimates, cutoff, order):
    few, many = sorted((truth, estimates), key=len)
    distance = np.minimum(np.linalg.norm(few[:, None] - many, axis=-1), cutoff)
    pairings = permutations(range(len(many)), len(few))
    best = min(sum(distance[i, j] ** order for i, j in enumerate(choice)) for choice in pairings)
    return ((best + cutoff**order * (len(many) - len(few))) / len(many)) ** (1 / order)


@pytest.mark.parametrize("order", [1.0, 2.0])
@pytest.mark.parametrize("sizes", [(1, 1), (3, 4), (4, 2), (3, 3)])
def test_metrics_equal_brute_force(sizes, order):
    for seed in range(10):
        rng = philox(1, seed)
        truth, estimates = (rng.uniform(0, 5, (n, 2)) for n in sizes)
        got = gospa(truth, estimates, cutoff=2.0, order=order)
        assert got.total == pytest.approx(ref_gospa(truth, estimates, 2.0, order))
        assert got.localisation + got.missed + got.false == pytest.approx(got.total**order)
        assert ospa(truth, estimates, cutoff=2.0, order=order) == pytest.approx(ref_ospa(truth, estimates, 2.0, order))


def test_gospa_is_a_metric():
    for seed in range(20):
        a, b, c = (philox(2, seed, i).uniform(0, 4, (philox(2, seed, i).integers(0, 4), 2)) for i in range(3))
        ab, ba, bc, ac = (gospa(x, y, cutoff=1.5).total for x, y in ((a, b), (b, a), (b, c), (a, c)))
        assert ab == pytest.approx(ba)
        assert gospa(a, a, cutoff=1.5).total == 0
        assert ac <= ab + bc + 1e-12


def test_an_example_by_hand():
    truth = np.array([[0.0, 10.0], [5.0, 20.0]])
    estimates = np.array([[0.3, 10.4], [40.0, 40.0], [41.0, 41.0]])
    pairs = assign(truth, estimates, cutoff=4.0)
    assert (pairs.truth.tolist(), pairs.estimate.tolist()) == ([0], [0])
    assert pairs.distance == pytest.approx([0.5])
    assert (pairs.missed.tolist(), pairs.false.tolist()) == ([1], [1, 2])
    score = gospa(truth, estimates, cutoff=4.0)
    assert (score.localisation, score.missed, score.false) == pytest.approx((0.25, 8.0, 16.0))


def test_empty_sets():
    some, none = np.ones((2, 2)), np.empty((0, 2))
    assert gospa(none, none, cutoff=1.0).total == ospa(none, none, cutoff=1.0) == 0
    assert gospa(some, none, cutoff=3.0).missed == pytest.approx(9)
    assert gospa(none, some, cutoff=3.0).false == pytest.approx(9)
    assert ospa(none, some, cutoff=3.0) == 3


def test_polar_points_are_right_and_forward():
    assert polar_points(np.array([10.0]), np.array([np.pi / 6]))[0] == pytest.approx([5, 10 * np.cos(np.pi / 6)])


def test_rate_has_wilson_bounds():
    rate = detection_rate(18, 20)  # Newcombe 1998's form: 0.6990..0.9721
    assert (rate.rate, rate.low, rate.high) == pytest.approx((0.9, 0.6990, 0.9721), abs=1e-4)
    assert detection_rate(20, 20).high == pytest.approx(1) and detection_rate(20, 20).low < 0.9
    assert np.isnan(detection_rate(0, 0).rate)


def test_wilson_bounds_cover_the_true_rate():
    hits = philox(3).binomial(60, 0.85, 2000)
    inside = [rate.low <= 0.85 <= rate.high for rate in (detection_rate(int(h), 60) for h in hits)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)


def test_rmse_leaves_missing_estimates_out():
    assert rmse(np.array([[3.0, 1.0], [4.0, np.nan], [np.nan, 1.0]])) == pytest.approx([np.sqrt(12.5), 1])
    assert np.isnan(rmse(np.full((3, 1), np.nan))).all()


@pytest.mark.parametrize("fluctuating", [False, True])
def test_detection_curves_equal_simulation(fluctuating):
    rng, snr, count = philox(4), 8.0, 200_000
    noise = (rng.normal(size=(2, count)) + 1j * rng.normal(size=(2, count))) / np.sqrt(2)
    amplitude = np.sqrt(snr)
    if fluctuating:
        amplitude = amplitude * (rng.normal(size=count) + 1j * rng.normal(size=count)) / np.sqrt(2)
    false_alarm, detection = roc_curve(np.abs(noise[0]) ** 2, np.abs(noise[1] + amplitude) ** 2)
    for asked in (1e-2, 1e-3):
        measured = np.interp(asked, false_alarm, detection)
        assert measured == pytest.approx(detection_probability(snr, asked, fluctuating=fluctuating), abs=0.02)
    assert (np.diff(false_alarm) >= 0).all() and (np.diff(detection) >= 0).all()
    assert false_alarm[[0, -1]].tolist() == detection[[0, -1]].tolist() == [0, 1]


def test_textbook_points():
    # Albersheim's equation for one sample: 13.1 dB for Pd 0.9 at 1e-6 (Richards 2014, 6.3).
    assert detection_probability(10**1.314, 1e-6) == pytest.approx(0.9, abs=0.01)
    assert detection_probability(0.0, 1e-4) == pytest.approx(1e-4)
    assert detection_probability(0.0, 1e-4, fluctuating=True) == pytest.approx(1e-4)


def test_refused_arguments():
    point = np.zeros((1, 2))
    with pytest.raises(ValueError, match="truth has 2 coordinates, estimates have 3"):
        assign(point, np.zeros((1, 3)), cutoff=1)
    with pytest.raises(ValueError, match="truth must be finite points"):
        assign(np.array([[np.nan, 1]]), point, cutoff=1)
    with pytest.raises(ValueError, match="cutoff must be positive and order 1 or more, got 0 and 2"):
        gospa(point, point, cutoff=0)
    with pytest.raises(ValueError, match=r"hits must lie in 0\.\.2, got 3"):
        detection_rate(3, 2)
    with pytest.raises(ValueError, match="false_alarm must lie between 0 and 1, got 0"):
        detection_probability(1.0, 0)
    with pytest.raises(ValueError, match="got 0 of noise, 1 of targets"):
        roc_curve(np.empty(0), np.ones(1))
