"""Grids of tubes in (azimuth, elevation) of the radar, and their launch in blocks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BACKGROUND = -1


@dataclass(frozen=True)
class Grid:
    """A rectangle of tubes in (azimuth, elevation).

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

    @property
    def num_tubes(self) -> int:
        """Number of tubes."""
        return self.num_azimuth * self.num_elevation


@dataclass(frozen=True)
class Launch:
    """A block of tubes as launched, world axes.

    Attributes
    ----------
    direction, axis_u, axis_v : (n, 3) float64
        Unit direction, and its change across the tube's width in both ways [rad].
    owner, plane : (n,) int32
    cell : (n,) float64
        [m].
    """

    direction: np.ndarray
    axis_u: np.ndarray
    axis_v: np.ndarray
    owner: np.ndarray
    plane: np.ndarray
    cell: np.ndarray


def launch_blocks(grids: list[Grid], block: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cut the tubes of all grids into blocks of `block`, in order: (grid index, index within the grid)."""
    counts = np.array([g.num_tubes for g in grids], np.int64)
    ends = np.cumsum(counts)
    for start in range(0, int(ends[-1]) if len(ends) else 0, block):
        index = np.arange(start, min(start + block, int(ends[-1])))
        grid = np.searchsorted(ends, index, side="right")
        yield grid, index - (ends - counts)[grid]


def launch(grids: list[Grid], grid: np.ndarray, index: np.ndarray, rotation: np.ndarray) -> Launch:
    """Directions and axes of a block of tubes.

    Parameters
    ----------
    grids : list of Grid
    grid, index : (n,) int
        Grid of every tube and its place in it.
    rotation : (3, 3) float64
        Radar axes to world.

    Returns
    -------
    Launch
    """
    fields = ("azimuth", "elevation", "step_azimuth", "step_elevation", "num_azimuth", "owner", "plane", "cell")
    table = {name: np.array([getattr(g, name) for g in grids])[grid] for name in fields}
    row, column = np.divmod(index, table["num_azimuth"].astype(int))
    azimuth = table["azimuth"] + (column + 0.5) * table["step_azimuth"]
    elevation = table["elevation"] + (row + 0.5) * table["step_elevation"]
    sa, ca, se, ce = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
    axis_u = np.stack([ca, np.zeros_like(ca), -sa], 1) * (table["step_azimuth"] * ce)[:, None]
    axis_v = np.stack([-se * sa, -ce, -se * ca], 1) * table["step_elevation"][:, None]
    direction = np.stack([ce * sa, -se, ce * ca], 1)

    def world(v: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(v @ rotation.T)

    owner, plane = table["owner"].astype(np.int32), table["plane"].astype(np.int32)
    return Launch(world(direction), world(axis_u), world(axis_v), owner, plane, table["cell"])
