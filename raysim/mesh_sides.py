"""The sides of a mesh's triangles, those that lie on each other side by side: what edges are made of."""

from dataclasses import dataclass, fields

import numpy as np

from raysim.scene import Mesh

WELD = 1e-6  # [m] vertices of a part nearer than this are one
_LINE = 1e-3  # sides on one line agree to this in direction [rad] and place [m]
GRIDS = (0.237, 0.737)  # offsets of two rounding grids: what a cell's border parts in one, the other keeps together
REFERENCE = np.array([0.56, 0.71, 0.43])  # lines point along it, so that neighbours agree; no common direction


@dataclass(frozen=True)
class Sides:
    """The three sides of every triangle, sorted so that those on one line piece stand together."""

    low: np.ndarray  # (n,) welded vertex ids, low < high
    high: np.ndarray
    forward: np.ndarray  # (n,) bool: the triangle runs from low to high
    start: np.ndarray  # (n, 3) position of low [m]
    end: np.ndarray
    normal: np.ndarray  # (n, 3) of the triangle
    tangent: np.ndarray  # (n, 3) unit vector into the triangle, square to the side
    material: np.ndarray
    part: np.ndarray

    def select(self, which: np.ndarray) -> "Sides":
        """Return the sides picked by a boolean mask or an index array."""
        return Sides(*(getattr(self, f.name)[which] for f in fields(self)))

    def groups(self) -> tuple[np.ndarray, np.ndarray]:
        """First side and number of sides of every line piece."""
        new = np.ones(len(self.low), bool)
        new[1:] = (np.diff(self.low) != 0) | (np.diff(self.high) != 0)
        first = np.flatnonzero(new)
        return first, np.diff(np.append(first, len(new)))


def _weld(mesh: Mesh, which: np.ndarray) -> np.ndarray:
    """(num_triangles, 3) int64: one id for all vertices of a part at one place."""
    used, corner = np.unique(mesh.triangles[which], return_inverse=True)
    owner = np.zeros(len(used), np.int64)
    owner[corner.ravel()] = np.repeat(mesh.part[which], 3)
    keys = np.column_stack([owner, np.rint(mesh.vertices[used] / WELD).astype(np.int64)])
    return _number(keys)[corner].reshape(-1, 3)


def triangle_sides(mesh: Mesh, which: np.ndarray) -> Sides:
    """Return the sides of triangles `which` that have an area, vertices welded by place within a part."""
    welded, corners = _weld(mesh, which), mesh.vertices[mesh.triangles[which]]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(area, axis=1)
    good = (size > WELD**2) & (welded != np.roll(welded, 1, axis=1)).all(axis=1)
    welded, corners, normal = welded[good], corners[good], area[good] / size[good, None]
    a, b = welded.ravel(), np.roll(welded, -1, axis=1).ravel()
    at, to = corners.reshape(-1, 3), np.roll(corners, -1, axis=1).reshape(-1, 3)
    normal = np.repeat(normal, 3, axis=0)
    tangent = np.cross(normal, to - at)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    forward = a < b
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((high, low))
    start, end = np.where(forward[:, None], at, to), np.where(forward[:, None], to, at)
    material, part = np.repeat(mesh.material[which][good], 3), np.repeat(mesh.part[which][good], 3)
    columns = (low, high, forward, start, end, normal, tangent, material, part)
    return Sides(*(column[order] for column in columns))


def _number(keys: np.ndarray) -> np.ndarray:
    """(n,) int64: equal numbers for equal rows."""
    order = np.lexsort(keys.T)
    new = np.ones(len(keys), bool)
    new[1:] = (np.diff(keys[order], axis=0) != 0).any(axis=1)
    label = np.empty(len(keys), np.int64)
    label[order] = np.cumsum(new) - 1
    return label


def split_along_lines(sides: Sides, grid_offset: float) -> Sides:
    """Cut sides at the ends of all others on their line, so that those that overlap come to lie on each other.

    Where one face is cut finer than its neighbour along a common edge, their sides share no two vertices; after the
    cut they do.

    Parameters
    ----------
    sides : Sides
    grid_offset : float
        One of `GRIDS`.

    Returns
    -------
    Sides
        With vertex ids of their own.
    """
    direction = sides.end - sides.start
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    turn = direction @ REFERENCE < 0
    direction[turn] *= -1
    foot = sides.start - np.einsum("ij,ij->i", sides.start, direction)[:, None] * direction
    grid = np.rint(np.hstack([direction, foot]) / _LINE + grid_offset).astype(np.int64)
    line = _number(np.column_stack([sides.part, grid]))
    ends = np.stack([np.einsum("ij,ij->i", p, direction) for p in (sides.start, sides.end)])
    low, high = ends.min(axis=0), ends.max(axis=0)

    key = np.column_stack([np.tile(line, 2), np.rint(np.concatenate([low, high]) / WELD).astype(np.int64)])
    order = np.lexsort((key[:, 1], key[:, 0]))
    new = np.ones(len(key), bool)
    new[1:] = (np.diff(key[order], axis=0) != 0).any(axis=1)
    mark = np.empty(len(key), np.int64)  # places of cuts, numbered along each line
    mark[order] = np.cumsum(new) - 1
    place = np.concatenate([low, high])[order][new]
    first, last = np.split(mark, 2)
    which = np.repeat(np.arange(len(line)), last - first)
    at = np.arange(len(which)) - np.repeat(np.cumsum(last - first) - (last - first), last - first) + first[which]

    picked = sides.select(which)
    points = [foot[which] + place[i][:, None] * direction[which] for i in (at, at + 1)]
    columns = (at, at + 1, picked.forward ^ turn[which], *points)
    rest = (picked.normal, picked.tangent, picked.material, picked.part)
    order = np.argsort(at, kind="stable")
    return Sides(*(column[order] for column in (*columns, *rest)))
