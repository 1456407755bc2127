"""Which hits count: each belongs to one grid, so that overlapping grids count nothing twice."""

from typing import NamedTuple

import numpy as np
from numba import njit

from raysim.grids import BACKGROUND
from raysim.vectors import kernel


class Owners(NamedTuple):
    """What decides whether a hit belongs to its tube's grid."""

    owned: np.ndarray  # (num_instances,) bool: the instance has a grid of its own
    instance: np.ndarray  # (num_triangles,) int32, of every triangle
    plane: np.ndarray  # (num_triangles,) int32, large plane; -1 = none
    passable: np.ndarray  # (num_triangles,) bool: a pane or leaves, met by every tube
    by_image: bool  # objects have grids over their mirror images too


@njit(cache=True, error_model="numpy", inline="always")
def _owns(owners, owner, triangle):
    instance = owners.instance[triangle]
    return not owners.owned[instance] if owner == BACKGROUND else owner == instance


@njit(cache=True, error_model="numpy", inline="always")
def _is_first(owners, owner, plane, triangle):
    """Tell whether a hit before the first bounce belongs to its tube's grid."""
    return _owns(owners, owner, triangle) if plane == BACKGROUND else owners.plane[triangle] == plane


@kernel
def first_hits(owners, owner, plane, triangle, which):
    """List the tubes whose first hit belongs to their grid or lets them pass.

    Parameters
    ----------
    owners : Owners
    owner, plane : (n,) int32
        Of the tubes' grids.
    triangle : (n,) int32
        That they hit; -1 = none.
    which : (n,) int64
        Filled with the numbers.

    Returns
    -------
    int
        How many there are.
    """
    count = 0
    for i in range(len(triangle)):
        t = triangle[i]
        if t >= 0 and (owners.passable[t] or _is_first(owners, owner[i], plane[i], t)):
            which[count] = i
            count += 1
    return count


@kernel
def reached(tubes, which, distance, triangle, longest):
    """Move the hits of tubes within their longest way [m] to the front, in place; return their number.

    Parameters
    ----------
    tubes : Tubes
    which : (n,) int64
        Tubes.
    distance, triangle : (n,) array
        Of their hits; triangle -1 = none.
    longest : float
    """
    count = 0
    for j in range(len(which)):
        if triangle[j] >= 0 and tubes.length[which[j]] + distance[j] < longest:
            which[count], distance[count], triangle[count] = which[j], distance[j], triangle[j]
            count += 1
    return count


@kernel
def own_hits(owners, tubes, which, distance, triangle):
    """Move the hits that belong to their tubes' grids to the front, in place; return their number.

    It matters before the first bounce and the second. Parameters as for `reached`.
    """
    count = 0
    for j in range(len(which)):
        i, t = which[j], triangle[j]
        ours, bounces = True, tubes.bounces[i]
        if bounces == 0:
            ours = _is_first(owners, tubes.owner[i], tubes.plane[i], t)
        elif bounces == 1:
            mirrored = owners.by_image and owners.plane[tubes.last_triangle[i]] != BACKGROUND
            if mirrored or tubes.plane[i] != BACKGROUND:  # an object's mirror image has a grid of its own
                ours = _owns(owners, tubes.owner[i], t)
        if ours:
            which[count], distance[count], triangle[count] = i, distance[j], t
            count += 1
    return count
