"""Peak refinement and clusters: closed forms, physical distances, and the defects of open peers."""

import numpy as np
import pytest

from radar_dsp.cluster import (
    at_index,
    describe_clusters,
    drop_weak,
    group,
    peak_between_cells,
    range_angle_features,
    range_velocity_features,
)
from radar_dsp.windows import window
from tests.radar_dsp.oracle import philox

FAR = {"reach": (1.5, 1.0), "cell": (0.2, 0.67), "span": 21.4}


def test_a_gaussian_peak_is_found_exactly():
    place = (7.3, 4.81)
    rows, columns = np.mgrid[:16, :12]
    power = np.exp(-((rows - place[0]) ** 2) / 3 - (columns - place[1]) ** 2 / 2)
    np.testing.assert_allclose(peak_between_cells(power, (7, 5), (False, False)), place, atol=1e-12)


@pytest.mark.parametrize("taper, bar", [("hann", 0.02), ("hamming", 0.02), ("taylor", 0.035), ("rectangular", 0.2)])
def test_bias_of_the_parabola(taper, bar):
    """Largest error over a tone's place between the bins [cells]."""
    n = 64
    weight = window(taper, n)
    worst = 0.0
    for offset in np.linspace(-0.5, 0.5, 41):
        power = np.abs(np.fft.fft(weight * np.exp(2j * np.pi * (20 + offset) * np.arange(n) / n))) ** 2
        peak = int(power.argmax())
        worst = max(worst, abs(peak_between_cells(power, (peak,), (True,))[0] - 20 - offset))
    print(f"{taper}: {worst:.4f} cells, bar {bar}")
    assert bar / 2 < worst < bar


def test_refinement_at_the_ends():
    line = np.array([5.0, 1.0, 1.0, 1.0, 4.0])
    assert peak_between_cells(line, (0,), (False,)) == 0
    assert -0.5 <= peak_between_cells(line, (0,), (True,))[0] < 0  # towards the other end, where 4 lies
    assert peak_between_cells(np.array([0.0, 1.0, 0.0]), (1,), (False,)) == 1
    assert at_index(np.array([10.0, 12.0]), 1.25) == 12.5


def test_distance_is_metres_not_squares_nor_cells():
    """Single echoes 1.4 m apart belong together, 1.6 m apart do not, whatever the cell (a peer forgot the root)."""
    for gap, clusters in ((1.4, 1), (1.6, 2)):
        for cell in (0.05, 0.2, 0.9):
            features = range_velocity_features(
                np.array([20, 20 + gap]), np.zeros(2), reach=(1.5, 1.0), cell=(cell, 0.67), span=21.4
            )
            assert group(features, min_cells=1).max() + 1 == clusters


def test_resolution_counts_where_it_is_coarser_than_the_reach():
    """Neighbouring beams at 60 m are 7.5 m apart and still one object; at 10 m, two beams apart are two objects."""
    beam = 0.125
    for distance, cells, clusters in ((60, 1, 1), (60, 2, 2), (10, 1, 1), (10, 2, 2), (3, 4, 1)):
        features = range_angle_features(
            np.full(2, float(distance)), np.array([0, cells * beam]), reach=1.5, cell=(0.2, beam)
        )
        assert group(features, min_cells=1).max() + 1 == clusters, (distance, cells)


def test_velocity_goes_round():
    """+10.5 and -10.5 m/s are 0.4 m/s apart in a span of 21.4 m/s."""
    features = range_velocity_features(np.full(3, 20.0), np.array([10.5, -10.5, 0.0]), **FAR)
    labels = group(features, min_cells=1)
    assert labels[0] == labels[1] != labels[2]


@pytest.mark.parametrize("beams", [3, 4, 5, 16])
def test_beams_go_round_if_they_have_a_period(beams):
    """On the circle as on the line, the next beam is a neighbour and the one after it is not."""
    cosine = (np.arange(beams) - beams // 2) * 2 / beams
    options = {"reach": 1.5, "cell": (0.2, 2 / beams)}
    for span, ends in ((2.0, 1), (None, beams - 1)):
        features = range_angle_features(np.full(beams, 60.0), cosine, **options, span=span)
        apart = np.linalg.norm(features[:, None] - features, axis=-1)
        steps = np.abs(np.subtract.outer(np.arange(beams), np.arange(beams)))
        steps = np.minimum(steps, beams - steps) if ends == 1 else steps
        np.testing.assert_array_equal(apart <= 1, steps <= 1)
    close = range_angle_features(np.full(2, 0.5), np.array([-0.7, 0.2]), **options, span=2.0)
    assert group(close, min_cells=1).max() == 0  # half a metre off, everything is in reach


def test_lone_cells_are_false_alarms():
    features = range_velocity_features(np.array([20, 20.2, 20.4, 50]), np.zeros(4), **FAR)
    np.testing.assert_array_equal(group(features, min_cells=3), [0, 0, 0, -1])
    assert group(np.empty((0, 3)), min_cells=3).shape == (0,)


def test_clusters_do_not_depend_on_the_order_of_cells():
    rng = philox(11)
    place = np.concatenate([rng.normal(10, 0.3, 30), rng.normal(30, 0.3, 30)])
    features = range_velocity_features(place, rng.normal(2, 0.2, 60), **FAR)
    order = rng.permutation(60)
    first, second = group(features, min_cells=3), group(features[order], min_cells=3)
    assert first.max() == 1
    same = first[order][:, None] == first[order]
    np.testing.assert_array_equal(same, second[:, None] == second)


def test_weak_cells_leave_their_own_cluster_only():
    labels = np.array([0, 0, 1, 1, -1])
    np.testing.assert_array_equal(drop_weak(labels, np.array([100, 0.9, 0.5, 0.006, 9]), 0.01), [0, -1, 1, 1, -1])
    assert drop_weak(np.zeros(0, np.int64), np.zeros(0), 0.1).shape == (0,)


def test_centroid_peak_and_extent():
    """Weighted by power, of its own cells only (a peer averaged over all detections)."""
    axes = (np.arange(20) * 0.5, np.arange(10) - 5.0)
    power = np.full((20, 10), 1e-3)
    power[4:7, 3] = [1, 2, 1]
    power[5, 4] = 1
    power[15, 8] = 100
    cells = np.array([[4, 5, 6, 5, 15], [3, 3, 3, 4, 8]])
    strong, weak = describe_clusters(power, cells, np.array([0, 0, 0, 0, 1]), axes, (False, False))
    assert strong.power == 100 and strong.peak == (15, 8)
    np.testing.assert_allclose(weak.centroid, [2.5, -5 + 3 + 0.2])
    assert weak.peak == (5, 3) and weak.power == 2
    np.testing.assert_allclose(weak.extent, [1.5, 2.0])
    assert weak.position[0] == pytest.approx(2.5) and -2 < weak.position[1] < -1.5
    np.testing.assert_array_equal(weak.cells, cells[:, :4])


def test_a_cluster_over_the_fold_keeps_its_centre():
    axes = (np.arange(5) * 1.0, np.arange(8) - 4.0)
    power = np.full((5, 8), 1e-3)
    power[2, [6, 7, 0]] = [1, 2, 1]
    cells = np.array([[2, 2, 2], [6, 7, 0]])
    (cluster,) = describe_clusters(power, cells, np.zeros(3, int), axes, (False, True))
    np.testing.assert_allclose(cluster.centroid, [2, 3])  # without the fold: 1.25
    assert cluster.position[1] == pytest.approx(3)
    assert cluster.extent[1] == 3
