"""Scores over frames, counted by hand."""

import numpy as np
import pytest

from radar_dsp.estimate import TargetEstimate
from radar_dsp.files import Marker
from radar_dsp.scores import places, score_frames, score_table

NONE = np.empty((0, 2))


def test_a_count_by_hand():
    frames = [
        (np.array([[0.0, 10.0]]), np.array([[0.0, 10.5], [8.0, 8.0]])),  # found, one false
        (np.array([[0.0, 20.0], [5.0, 20.0]]), np.array([[5.3, 20.4], [0.0, 24.0]])),  # one found, one too far
        (np.array([[0.0, 30.0]]), NONE),  # missed
        (NONE, NONE),
    ]
    score = score_frames(frames, cutoff=2.0)
    assert (score.num_frames, score.num_targets) == (4, 4)
    assert score.detected.rate == 0.5
    assert score.false_per_frame == 0.5
    assert (score.median_error, score.ninetieth_error) == (pytest.approx(0.5), np.inf)  # two of four are missed
    half = 2.0**2 / 2
    assert score.gospa == pytest.approx((np.sqrt(0.25 + half) + np.sqrt(0.25 + 2 * half) + np.sqrt(half)) / 4)


def test_quantiles_are_those_of_the_errors():
    offsets = np.linspace(0, 1, 101)
    score = score_frames([(np.array([[0.0, 10.0]]), np.array([[0.0, 10.0 + o]])) for o in offsets], cutoff=2.0)
    assert (score.median_error, score.ninetieth_error) == pytest.approx((0.5, 0.9))


def test_a_missed_target_is_far_off():
    """Of ten targets, one missed leaves nine tenths within 0.9 m, and two do not."""
    frames = [(np.array([[0.0, 10.0]]), np.array([[0.0, 10 + k / 10]])) for k in range(1, 11)]
    for missed, want in ((1, (0.5, 0.9)), (2, (0.5, np.inf))):
        few = frames[: 10 - missed] + [(np.array([[0.0, 10.0]]), np.array([[0.0, 16.0]]))] * missed
        score = score_frames(few, cutoff=5.0)
        assert (score.median_error, score.ninetieth_error) == pytest.approx(want), missed


def test_places_of_anything_polar():
    items = [Marker("car", 10.0, np.pi / 2, 1.0), TargetEstimate(5.0, 0.0, 0.0, 0.0, 1 + 0j, None)]
    np.testing.assert_allclose(places(items), [[10, 0], [0, 5]], atol=1e-12)
    nowhere = TargetEstimate(5.0, 0.0, 1.2, 0.0, 1 + 0j, None)
    assert places([nowhere]).shape == places([]).shape == (0, 2)


def test_the_table_names_its_rows():
    score = score_frames([(np.array([[0.0, 10.0]]), np.array([[0.0, 10.25]]))], cutoff=2.0)
    lines = score_table({"moving": score, "the rest": score_frames([(NONE, NONE)], cutoff=2.0)}).splitlines()
    assert lines[1].startswith("moving") and "100.0%" in lines[1] and "0.25 m" in lines[1]
    assert lines[2].startswith("the rest") and "nan" in lines[2]


def test_no_frames_are_refused():
    with pytest.raises(ValueError, match="there are no frames to score"):
        score_frames([], cutoff=1.0)
