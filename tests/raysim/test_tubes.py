import numpy as np
import pytest
from numba import njit

from raysim.ownership import Owners, own_hits, reached
from raysim.tubes import Tubes, copy_tube


@pytest.fixture
def tubes():
    """Five tubes, every entry another number."""
    out, value = Tubes.room(5), 0
    for column in out:
        column.flat[:] = np.arange(value, value + column.size) % 251
        value += column.size
    return out


def test_a_copy_is_whole(tubes):
    njit(copy_tube.py_func)(tubes, 1, 3)
    for name, column in tubes._asdict().items():
        np.testing.assert_array_equal(column[3], column[1], err_msg=name)


def test_rows_that_tubes_left_are_taken_first(tubes):
    same, rows = tubes.spare(np.array([0, 3]), 2)
    assert same is tubes
    assert rows.tolist() == [1, 2]


def test_rows_are_added_where_none_are_left(tubes):
    before = [column.copy() for column in tubes]
    wider, rows = tubes.spare(np.array([4, 0, 3]), 4)
    assert rows.tolist() == [1, 2, 5, 6]
    assert len(wider.length) == 7
    for old, new in zip(before, wider, strict=True):
        np.testing.assert_array_equal(new[:5], old)


def test_hits_beyond_the_longest_way_and_misses_are_left(tubes):
    tubes.length[:] = [1, 2, 3, 4, 5]
    which, distance, triangle = (
        np.array([0, 1, 3, 4]),
        np.array([8.0, 1.0, 2.0, 1.0]),
        np.array([7, -1, 5, 6], np.int32),
    )
    count = reached(tubes, which, distance, triangle, 7.0)
    assert count == 2
    assert which[:2].tolist() == [3, 4]
    assert distance[:2].tolist() == [2.0, 1.0]
    assert triangle[:2].tolist() == [5, 6]


@pytest.mark.parametrize(
    ("bounces", "owner", "plane", "by_image", "ours"),
    [
        (0, -1, -1, False, [True, False]),  # a tile owns what has no grid
        (0, 1, -1, False, [False, True]),
        (0, 1, 0, False, [True, False]),  # on the way to an image the plane is met first
        (1, -1, -1, False, [True, True]),
        (1, -1, -1, True, [True, False]),  # off a plane: the image of the object has its own grid
        (1, 1, 0, True, [False, True]),
        (2, -1, -1, True, [True, True]),
    ],
)
def test_hits_belong_to_one_grid(tubes, bounces, owner, plane, by_image, ours):
    """Triangle 0 is of the ground, a large plane; triangle 1 of an object with a grid."""
    owned, instance, planes = np.array([False, True]), np.array([0, 1], np.int32), np.array([0, -1], np.int32)
    owners = Owners(owned, instance, planes, np.zeros(2, bool), by_image)
    tubes.bounces[:], tubes.owner[:], tubes.plane[:], tubes.last_triangle[:] = bounces, owner, plane, 0
    which, triangle = np.array([2, 4]), np.array([0, 1], np.int32)
    count = own_hits(owners, tubes, which, np.ones(2), triangle)
    assert which[:count].tolist() == [tube for tube, mine in zip((2, 4), ours, strict=True) if mine]
