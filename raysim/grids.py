"""Grids of tubes in (azimuth, elevation) of the radar, and their launch in blocks."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from raysim.vectors import combine, row, store

BACKGROUND = -1


@dataclass(frozen=True)
class Grid:
    """Lines of tubes of one size in (azimuth, elevation), turned against these or not.

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
    spans : (num_lines, 2) int64
        First column of every line, and one past its last.
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
    spans: np.ndarray
    cell: float
    plane: int = BACKGROUND
    turn: float = 0.0

    @property
    def num_tubes(self) -> int:
        """Number of tubes."""
        return int(np.sum(self.spans[:, 1] - self.spans[:, 0]))


def full_lines(columns: int, lines: int) -> np.ndarray:
    """Give the `Grid.spans` of a rectangle."""
    return np.broadcast_to(np.array([0, columns], np.int64), (lines, 2))


class Fan(NamedTuple):
    """The lines of all grids of a frame, one after the other: tube k belongs to the first line with `ends` > k."""

    ends: np.ndarray  # (num_lines,) int64, tubes up to and with each line
    centre: np.ndarray  # (num_lines, 2) float64, azimuth and elevation of the first tube [rad]
    step: np.ndarray  # (num_lines, 2) float64 [rad]
    turn: np.ndarray  # (num_lines,) float64 [1]
    owner: np.ndarray  # (num_lines,) int32
    plane: np.ndarray  # (num_lines,) int32
    cell: np.ndarray  # (num_lines,) float64 [m]
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
    spans = np.concatenate([g.spans for g in grids] or [np.empty((0, 2), np.int64)])
    lines = [len(g.spans) for g in grids]
    of_grid = np.repeat(np.arange(len(grids)), lines)
    table = np.array([(g.azimuth, g.elevation, g.step_azimuth, g.step_elevation, g.turn, g.cell) for g in grids])
    azimuth, elevation, step_azimuth, step_elevation, turn, cell = table.reshape(-1, 6)[of_grid].T
    x, y = spans[:, 0] + 0.5, np.concatenate([np.arange(n, dtype=float) for n in lines] or [np.empty(0)]) + 0.5
    centre = azimuth + (x + turn * y) * step_azimuth, elevation + (y - turn * x) * step_elevation
    return Fan(
        np.cumsum(spans[:, 1] - spans[:, 0]),
        np.column_stack(centre),
        np.column_stack([step_azimuth, step_elevation]),
        np.ascontiguousarray(turn),
        np.array([g.owner for g in grids], np.int32)[of_grid],
        np.array([g.plane for g in grids], np.int32)[of_grid],
        np.ascontiguousarray(cell),
        np.ascontiguousarray(rotation, float),
    )


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
    line : (n,) int32
        Of every tube.
    """
    n = stop - start
    direction, lines = np.empty((n, 3)), np.empty(n, np.int32)
    line, level = np.searchsorted(fan.ends, start, side="right"), np.nan
    se = ce = 0.0
    for j in range(n):
        while fan.ends[line] <= start + j:
            line += 1
        column = start + j - (fan.ends[line - 1] if line else 0)
        azimuth = fan.centre[line, 0] + column * fan.step[line, 0]
        elevation = fan.centre[line, 1] - fan.turn[line] * column * fan.step[line, 1]
        if elevation != level:  # of most lines it is the same all along
            level, se, ce = elevation, np.sin(elevation), np.cos(elevation)
        store(direction, j, _to_world(fan.rotation, ce * np.sin(azimuth), -se, ce * np.cos(azimuth)))
        lines[j] = line
    return direction, lines


@njit(cache=True, error_model="numpy", inline="always")
def tube_axes(fan, line, direction):
    """Change of a tube's direction across its width, as `spread` gives it; direction a tuple of 3 float."""
    r, (dx, dy, dz) = fan.rotation, direction
    x = r[0, 0] * dx + r[1, 0] * dy + r[2, 0] * dz  # in the radar's axes
    y = r[0, 1] * dx + r[1, 1] * dy + r[2, 1] * dz
    z = r[0, 2] * dx + r[1, 2] * dy + r[2, 2] * dz
    level = max(np.sqrt(x * x + z * z), 1e-12)
    du, dv, turn = fan.step[line, 0], fan.step[line, 1], fan.turn[line]
    right = _to_world(r, du * z, 0.0, -du * x)
    up = _to_world(r, dv * y * x / level, -dv * level, dv * y * z / level)
    return combine(1.0, right, -turn, up), combine(turn, right, 1.0, up)


@njit(cache=True, error_model="numpy", nogil=True)
def spread(fan, direction, lines):
    """Change of the direction of tubes across their width, along the columns and across the lines of their grid.

    Parameters
    ----------
    fan : Fan
    direction : (n, 3) float64
        World unit vectors.
    lines : (n,) int32
        `aim` of them.

    Returns
    -------
    axis_u, axis_v : (n, 3) float64
        World axes [rad].
    """
    axis_u, axis_v = np.empty(direction.shape), np.empty(direction.shape)
    for j in range(len(direction)):
        u, v = tube_axes(fan, lines[j], row(direction, j))
        store(axis_u, j, u)
        store(axis_v, j, v)
    return axis_u, axis_v
