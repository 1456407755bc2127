"""Crowns and hedges as volumes: grids of cells that leaves fill, and the lengths of ways through them."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit

from raysim.scene import Scene
from raysim.vectors import kernel, row

CELL = 0.5  # [m] side of a crown's cells
_SECTORS = 1024  # of the horizon
_SAMPLE = 0.4 * CELL  # [m] between the points by which triangles fill cells


class Crowns(NamedTuple):
    """The crowns and hedges of a scene as grids of cells, for kernels."""

    low: np.ndarray  # (num_crowns, 3) float64, lowest corner of every grid [m]
    shape: np.ndarray  # (num_crowns, 3) int64, cells
    first: np.ndarray  # (num_crowns,) int64: where a grid's cells start in `row`
    row: np.ndarray  # (num_cells,) int32: running number of every filled cell; -1 = empty
    of_part: np.ndarray  # (num_parts,) int32; -1 = no crown
    of_instance: np.ndarray  # (num_instances,) int32; -1 = no crown

    @property
    def num_filled(self) -> int:
        """Number of filled cells."""
        return int(self.row.max(initial=-1)) + 1


def leaf_triangles(scene: Scene) -> np.ndarray:
    """Tell which triangles are leaves, (num_triangles,) bool: foliage of vegetation at rest."""
    foliage = np.array([material.electrical == "foliage" for material in scene.materials], bool)
    plant = np.array([instance.category == "vegetation" for instance in scene.instances], bool)
    of_part = plant[scene.instance_of_part]
    return foliage[scene.mesh.material] & of_part[scene.mesh.part] & ~scene.triangle_moves


@lru_cache(maxsize=1)
def crowns_of(scene: Scene) -> Crowns | None:
    """Fill cells with the leaves of a scene, once a sequence.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    Crowns or None
        One an instance that has leaves; its cells are those that leaves touch, and all between two such cells one
        above the other. None where nothing grows.
    """
    leaf = leaf_triangles(scene)
    if not leaf.any():
        return None
    corners = scene.frame(0).vertices[scene.mesh.triangles[leaf]]
    instance = scene.instance_of_part[scene.mesh.part[leaf]]
    of_instance = np.full(len(scene.instances), -1, np.int32)
    lows: list[np.ndarray] = []
    filled: list[np.ndarray] = []
    for number in np.unique(instance):
        of_instance[number] = len(lows)
        cell = np.floor(_points_on(corners[instance == number]) / CELL).astype(np.int64)
        low = cell.min(axis=0)
        grid = np.zeros(cell.max(axis=0) - low + 1, bool)
        grid[tuple((cell - low).T)] = True
        up, down = np.logical_or.accumulate(grid, axis=2), np.logical_or.accumulate(grid[:, :, ::-1], axis=2)
        lows.append(low * CELL)
        filled.append(up & down[:, :, ::-1])
    full = np.concatenate([grid.ravel() for grid in filled])
    row = np.where(full, np.cumsum(full) - 1, -1).astype(np.int32)
    first = np.cumsum([0, *(grid.size for grid in filled[:-1])])
    shape = np.array([grid.shape for grid in filled], np.int64)
    return Crowns(np.array(lows), shape, first, row, of_instance[scene.instance_of_part], of_instance)


def _points_on(corners: np.ndarray) -> np.ndarray:
    """Points (n, 3) at most `_SAMPLE` apart along the edges of triangles (num, 3, 3)."""
    a, b, c = np.moveaxis(corners, 1, 0)
    longest = np.max([np.linalg.norm(edge, axis=1) for edge in (b - a, c - a, c - b)], axis=0)
    steps, points = np.ceil(longest / _SAMPLE).astype(int), []
    for count in np.unique(steps):
        mine = steps == count
        i, j = np.divmod(np.arange((count + 1) ** 2), count + 1)
        u, v = (i / max(count, 1))[i + j <= count], (j / max(count, 1))[i + j <= count]
        along = u[:, None, None] * (b - a)[mine] + v[:, None, None] * (c - a)[mine]
        points.append((a[mine] + along).reshape(-1, 3))
    return np.concatenate(points)


@njit(cache=True, error_model="numpy", inline="always")
def crown_row(crowns, crown, point):
    """Return the running number of the filled cell of a crown that holds a point; -1 = none."""
    i = int(np.floor((point[0] - crowns.low[crown, 0]) / CELL))
    j = int(np.floor((point[1] - crowns.low[crown, 1]) / CELL))
    k = int(np.floor((point[2] - crowns.low[crown, 2]) / CELL))
    nx, ny, nz = crowns.shape[crown, 0], crowns.shape[crown, 1], crowns.shape[crown, 2]
    inside = i >= 0 and j >= 0 and k >= 0 and i < nx and j < ny and k < nz
    return crowns.row[crowns.first[crown] + (i * ny + j) * nz + k] if inside else -1


class Bearings(NamedTuple):
    """Which crowns a point sees in which horizontal direction, for kernels."""

    point: np.ndarray  # (3,) float64 [m]
    first: np.ndarray  # (_SECTORS + 1,) int64: where a sector's crowns start in `crown`
    crown: np.ndarray  # (total,) int32
    near: np.ndarray  # (_SECTORS,) float64, horizontal way to a sector's nearest crown [m]; inf = none


@njit(cache=True, error_model="numpy")
def _sector(x, y):
    """Sector of a horizontal direction, by the angle of the diamond |x| + |y| = 1: monotonic in the azimuth."""
    turn = y / (abs(x) + abs(y) + 1e-300)
    turn = 2.0 - turn if x < 0 else (turn if y >= 0 else 4.0 + turn)
    return min(int(turn * (_SECTORS / 4)), _SECTORS - 1)


def bearings(crowns: Crowns, point: np.ndarray) -> Bearings:
    """Sort crowns by their horizontal direction from a world point (3,) [m]; those around it are in all sectors."""
    seen: list[list[int]] = [[] for _ in range(_SECTORS)]
    near = np.full(_SECTORS, np.inf)
    for crown, (low, size) in enumerate(zip(crowns.low, crowns.shape * CELL, strict=True)):
        corner = low[:2] + np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size[:2] - point[:2]
        sector = np.array([_sector(x, y) for x, y in corner])
        span = (
            sector - sector[0] + _SECTORS // 2
        ) % _SECTORS - _SECTORS // 2  # a box seen from outside: under half a turn
        inside = (corner[0] <= 0).all() and (corner[2] >= 0).all()
        reach = range(_SECTORS) if inside else range(sector[0] + span.min() - 1, sector[0] + span.max() + 2)
        way = np.linalg.norm(np.maximum(np.maximum(corner[0], -corner[2]), 0))
        for index in reach:
            seen[index % _SECTORS].append(crown)
            near[index % _SECTORS] = min(near[index % _SECTORS], way)
    first = np.cumsum([0, *(len(one) for one in seen)])
    sorted_crowns = np.array([crown for one in seen for crown in one], np.int32)
    return Bearings(np.asarray(point, float), first, sorted_crowns, near)


@kernel
def crown_depth(crowns, bearings, origin, direction, reach, own, depth):
    """Lengths of ways within crowns.

    Parameters
    ----------
    crowns : Crowns
    bearings : Bearings
        Of the point where most of the ways start: they are quick.
    origin, direction : (n, 3) float64
        World [m]; unit directions.
    reach : (n,) float64
        Length of every way [m], finite.
    own : (n,) int32
        Crown that is left out; -1 = none.
    depth : (n,) float64
        Filled [m].
    """
    low, shape, first, cells = crowns.low, crowns.shape, crowns.first, crowns.row
    x, y, z = bearings.point
    begin, sorted_crowns, near = bearings.first, bearings.crown, bearings.near
    for i in range(len(reach)):
        depth[i] = 0.0
        start, slope = row(origin, i), row(direction, i)
        from_point = start[0] == x and start[1] == y and start[2] == z
        sector = _sector(slope[0], slope[1])
        if from_point and reach[i] * np.sqrt(slope[0] ** 2 + slope[1] ** 2) < near[sector]:
            continue
        inverse = 1 / slope[0], 1 / slope[1], 1 / slope[2]
        n, end = (begin[sector], begin[sector + 1]) if from_point else (0, len(low))
        while n < end:
            crown = sorted_crowns[n] if from_point else n
            n += 1
            enter, leave = _span(low, shape, crown, start, inverse, reach[i])
            if enter < leave and crown != own[i]:
                depth[i] += _march(cells[first[crown] :], low, shape, crown, start, slope, inverse, enter, leave)


@njit(cache=True, error_model="numpy", inline="always")
def _span(low, shape, crown, origin, inverse, reach):
    """Where a way enters and leaves the box round a crown's cells [m]: first after last if it passes by."""
    start, end = 0.0, reach
    for k in range(3):
        a = (low[crown, k] - origin[k]) * inverse[k]
        b = (low[crown, k] + CELL * shape[crown, k] - origin[k]) * inverse[k]
        start, end = max(start, min(a, b)), min(end, max(a, b))
    return start, end


@kernel
def _march(cells, low, shape, crown, origin, slope, inverse, start, end):
    """Go from cell to cell of a crown's grid, from `start` to `end` along a way; add up the filled ones [m]."""
    nx, ny, nz = shape[crown, 0], shape[crown, 1], shape[crown, 2]
    x, y, z = origin[0] - low[crown, 0], origin[1] - low[crown, 1], origin[2] - low[crown, 2]
    i = min(max(int(np.floor((x + start * slope[0]) / CELL)), 0), nx - 1)
    j = min(max(int(np.floor((y + start * slope[1]) / CELL)), 0), ny - 1)
    k = min(max(int(np.floor((z + start * slope[2]) / CELL)), 0), nz - 1)
    right, on, up = slope[0] > 0, slope[1] > 0, slope[2] > 0
    total = 0.0
    while start < end and 0 <= i < nx and 0 <= j < ny and 0 <= k < nz:
        to_x = ((i + right) * CELL - x) * inverse[0] if slope[0] != 0 else np.inf
        to_y = ((j + on) * CELL - y) * inverse[1] if slope[1] != 0 else np.inf
        to_z = ((k + up) * CELL - z) * inverse[2] if slope[2] != 0 else np.inf
        stop = max(min(to_x, to_y, to_z, end), start)
        if cells[(i * ny + j) * nz + k] >= 0:
            total += stop - start
        start = stop
        if to_x <= to_y and to_x <= to_z:
            i += 1 if right else -1
        elif to_y <= to_z:
            j += 1 if on else -1
        else:
            k += 1 if up else -1
    return total
