import numpy as np
import pytest

from learning.metrics import bootstrap_interval, position_error, retrieval


def rng(seed=0):
    return np.random.Generator(np.random.Philox(seed))


def test_error_is_euclidean():
    assert position_error(np.array([[3.0, 0]]), np.array([[0, 4.0]])).tolist() == [5]


def test_interval_holds_the_estimate_and_widens_when_frames_repeat():
    error = rng().exponential(size=200)
    independent = bootstrap_interval(error, [str(k) for k in range(200)], 50, rng=rng())
    assert independent[0] < np.median(error) < independent[1]
    copies = np.repeat(error[:20], 10)
    clustered = bootstrap_interval(copies, [str(k // 10) for k in range(200)], 50, rng=rng())
    naive = bootstrap_interval(copies, [str(k) for k in range(200)], 50, rng=rng())
    assert clustered[1] - clustered[0] > 2 * (naive[1] - naive[0])


def test_retrieval_of_unrelated_scores_is_chance_and_of_perfect_ones_certain():
    sequence = [str(k // 5) for k in range(60)]
    flat = retrieval(1e-6 * rng().random((60, 60)), sequence, 8, 0.1, rng=rng(1))
    assert flat["loss"] == pytest.approx(np.log(8), rel=1e-3) == flat["log_batch"]
    assert flat["top1"] == pytest.approx(1 / 8, abs=0.03)
    same = np.array([[a == b for a in sequence] for b in sequence], float)
    assert retrieval(same, sequence, 8, 0.1, rng=rng(1))["top1"] == pytest.approx(1)  # no rival from the same sequence
    with pytest.raises(ValueError, match=r"batches of 13 pairs need .* got 12"):
        retrieval(same, sequence, 13, 0.1, rng=rng())
