"""Grids of tubes in (azimuth, elevation) of the radar, and their launch in blocks."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from raysim.vectors import combine, store

BACKGROUND = -1


@dataclass(frozen=True)
class Grid:
    """A rectangle of tubes in (azimuth, elevation), turned or not.

    Tube (column, line) points at ``azimuth + (column + 1/2 + turn (line + 1/2)) step_azimuth`` and ``elevation +
    (line + 1/2 - turn (column + 1/2)) step_elevation``.

    Attributes
    ----------
    owner : int
        Instance index, or `BACKGROUND`.
    azimuth, elevation : float
        Lower corner [rad].
    step_azimuth, step_elevation : float
        Tube widths [rad].
    num_azimuth, num_elevation : int
    cell : float
        Side of the surface cells that carry the diffuse phase [m].
    plane : int
        The grid aims at the owner's mirror image in this large plane; `BACKGROUND` = at the owner itself.
    turn : float
        Tangent of the angle between the lattice and the radar's axes [1].
    """

    owner: int
    azimuth: float
    elevation: float
    step_azimuth: float
    step_elevation: float
    num_azimuth: int
    num_elevation: int
    cell: float
    plane: int = BACKGROUND
    turn: float = 0.0

    @property
    def num_tubes(self) -> int:
        """Number of tubes."""
        return self.num_azimuth * self.num_elevation


class Fan(NamedTuple):
    """All grids of a frame, one after the other: tube k of the frame belongs to the first grid with `ends` > k."""

    ends: np.ndarray  # (num_grids,) int64, tubes up to and with each grid
    corner: np.ndarray  # (num_grids, 2) float64, azimuth and elevation [rad]
    step: np.ndarray  # (num_grids, 2) float64 [rad]
    columns: np.ndarray  # (num_grids,) int64, tubes along the azimuth
    owner: np.ndarray  # (num_grids,) int32
    plane: np.ndarray  # (num_grids,) int32
    cell: np.ndarray  # (num_grids,) float64 [m]
    turn: np.ndarray  # (num_grids,) float64 [1]
    rotation: np.ndarray  # (3, 3) float64, radar axes to world

    @property
    def num_tubes(self) -> int:
        """Number of tubes."""
        return int(self.ends[-1]) if len(self.ends) else 0


def fan_of(grids: list[Grid], rotation: np.ndarray) -> Fan:
    """Line up grids.

    Parameters
    ----------
    grids : list of Grid
    rotation : (3, 3) float64
        Radar axes to world.
    """
    return Fan(
        np.cumsum([g.num_tubes for g in grids], dtype=np.int64),
        np.array([(g.azimuth, g.elevation) for g in grids]).reshape(-1, 2),
        np.array([(g.step_azimuth, g.step_elevation) for g in grids]).reshape(-1, 2),
        np.array([g.num_azimuth for g in grids], np.int64),
        np.array([g.owner for g in grids], np.int32),
        np.array([g.plane for g in grids], np.int32),
        np.array([g.cell for g in grids], float),
        np.array([g.turn for g in grids], float),
        np.ascontiguousarray(rotation, float),
    )


@njit(cache=True, error_model="numpy", inline="always")
def _angles(fan, tube, grid):
    """Sines and cosines of azimuth and elevation of a tube."""
    first = fan.ends[grid - 1] if grid else 0
    columns = fan.columns[grid]
    line = (tube - first) // columns
    column = tube - first - line * columns
    x, y, turn = column + 0.5, line + 0.5, fan.turn[grid]
    azimuth = fan.corner[grid, 0] + (x + turn * y) * fan.step[grid, 0]
    elevation = fan.corner[grid, 1] + (y - turn * x) * fan.step[grid, 1]
    return np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)


@njit(cache=True, error_model="numpy", inline="always")
def _to_world(rotation, x, y, z):
    return (
        rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z,
        rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z,
        rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z,
    )


@njit(cache=True, error_model="numpy", nogil=True)
def aim(fan, start, stop):
    """Directions of the tubes `start` to `stop` of a fan.

    Returns
    -------
    direction : (n, 3) float64
        World unit vectors.
    grid : (n,) int32
        Of every tube.
    """
    n = stop - start
    direction, grids = np.empty((n, 3)), np.empty(n, np.int32)
    grid = np.searchsorted(fan.ends, start, side="right")
    for j in range(n):
        while fan.ends[grid] <= start + j:
            grid += 1
        sa, ca, se, ce = _angles(fan, start + j, grid)
        store(direction, j, _to_world(fan.rotation, ce * sa, -se, ce * ca))
        grids[j] = grid
    return direction, grids


@njit(cache=True, error_model="numpy", nogil=True)
def spread(fan, tubes, grids):
    """Change of the direction of tubes across their width, along the columns and along the lines of their grid.

    Parameters
    ----------
    fan : Fan
    tubes : (n,) int64
        Of the frame.
    grids : (n,) int32
        `aim` of them.

    Returns
    -------
    axis_u, axis_v : (n, 3) float64
        World axes [rad].
    """
    axis_u, axis_v = np.empty((len(tubes), 3)), np.empty((len(tubes), 3))
    for j in range(len(tubes)):
        grid = grids[j]
        sa, ca, se, ce = _angles(fan, tubes[j], grid)
        du, dv, turn = fan.step[grid, 0] * ce, fan.step[grid, 1], fan.turn[grid]
        right = _to_world(fan.rotation, du * ca, 0.0, -du * sa)
        up = _to_world(fan.rotation, -dv * se * sa, -dv * ce, -dv * se * ca)
        store(axis_u, j, combine(1.0, right, -turn, up))
        store(axis_v, j, combine(turn, right, 1.0, up))
    return axis_u, axis_v
