import numpy as np
import pytest

from learning.geometry import denormalise, normalise, to_plane


def test_cell_centres_and_edges_of_a_uniform_axis():
    axis = (np.arange(480) + 0.5) * 80 / 480
    assert np.allclose(normalise(np.array([0, 40, 80.0]), axis), [-1, 0, 1])
    assert normalise(axis[0], axis) == pytest.approx(1 / 480 - 1)
    assert np.isnan(normalise(np.array([-0.1, 80.1]), axis)).all()


def test_round_trip_on_an_axis_that_is_not_uniform():
    axis = np.arctan((np.arange(640) - 319.5) / 457)  # a camera's columns
    azimuth = np.linspace(axis[0], axis[-1], 1001)
    assert np.allclose(denormalise(normalise(azimuth, axis), axis), azimuth, rtol=0, atol=1e-12)


def test_positions_beyond_the_heatmap_give_its_edge():
    axis = np.array([1.0, 3.0, 5.0])
    assert denormalise(np.array([-2, 2]), axis).tolist() == [0, 6]


def test_plane_has_right_and_forward():
    assert np.allclose(to_plane(np.array([10.0, 10.0]), np.radians([0, 30])), [[0, 10], [5, 10 * np.cos(np.pi / 6)]])
