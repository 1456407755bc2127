"""What the grids over an instance need to know of its shape, found once a sequence."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit

from raysim.curvature import FLAT_RADIUS
from raysim.findings import once_a_scene
from raysim.scene import Scene, SceneFrame

WITHOUT_GRID = ("ground", "building", "vegetation")  # flat or rough: they need no finer tubes than the tiles give
_INNER = 30  # vertices kept beside the farthest: the nearest point may lie on a face
_NUM_DIRECTIONS = 500  # whose extremes are kept: 4 mm inside a smooth body of 1 m radius
_LONGEST = 0.5  # [m] pieces of straight edges: seen from near, they bend in azimuth and elevation
_TIGHT_SHARE = 0.1  # of the curved area, the tightest, sets an object's curvature


@dataclass(frozen=True)
class Outline:
    """Points that bound an instance as seen from anywhere, whatever its parts do: places on lines between vertices.

    Attributes
    ----------
    start, end : (k,) int
        Scene vertices.
    share : (k,) float64
        0 at the start.
    """

    start: np.ndarray
    end: np.ndarray
    share: np.ndarray

    def points(self, frame: SceneFrame) -> np.ndarray:
        """World places (k, 3) in a frame [m]."""
        a, b = frame.vertices[self.start], frame.vertices[self.end]
        return a + self.share[:, None] * (b - a)


@once_a_scene
def outlines(scene: Scene) -> tuple[Outline, ...]:
    """Give the outline of each instance: the farthest vertices of what moves as one, long edges cut up, a few more.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    tuple of Outline
        Empty for instances of `WITHOUT_GRID`.
    """
    group = np.where(scene.triangle_moves, scene.mesh.part, -1)
    out = []
    for instance, triangles in zip(scene.instances, scene.triangles_of_instance, strict=True):
        own = () if instance.category in WITHOUT_GRID else np.unique(group[triangles])
        found = [_outline(scene, triangles[group[triangles] == g]) for g in own]
        pieces = [np.concatenate(column) for column in zip(*found, strict=True)] or [np.empty(0, int)] * 3
        out.append(Outline(*pieces))
    return tuple(out)


@lru_cache(maxsize=1)
def _directions() -> np.ndarray:
    """Spread unit vectors (n, 3) over the sphere (Fibonacci spiral)."""
    k = np.arange(_NUM_DIRECTIONS) + 0.5
    z, turn = 1 - 2 * k / _NUM_DIRECTIONS, k * np.pi * (1 + np.sqrt(5))
    return np.column_stack([np.sqrt(1 - z**2) * np.cos(turn), np.sqrt(1 - z**2) * np.sin(turn), z]).astype(np.float32)


def _outline(scene: Scene, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lines and shares of triangles that move as one."""
    vertices, faces = scene.first_frame[0], scene.mesh.triangles[triangles]
    which = np.unique(faces)
    places = vertices[which].astype(np.float32)
    # a few directions at a time: the products of a large mesh with all of them would fill the memory
    far = [
        np.argmax(places @ d.T, axis=0) for d in np.array_split(_directions(), 1 + (len(which) * _NUM_DIRECTIONS >> 24))
    ]
    points = np.union1d(which[np.concatenate(far)], which[:: max(1, len(which) // _INNER)])
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    length = np.linalg.norm(vertices[edges[:, 1]] - vertices[edges[:, 0]], axis=1)
    edges = np.unique(edges[length > _LONGEST], axis=0)
    pieces = np.ceil(np.linalg.norm(vertices[edges[:, 1]] - vertices[edges[:, 0]], axis=1) / _LONGEST).astype(int)
    cut = np.repeat(edges, pieces - 1, axis=0)
    step = np.concatenate([np.arange(1, n) / n for n in pieces] or [np.empty(0)])
    share = np.concatenate([np.zeros(len(points)), step])
    return np.append(points, cut[:, 0]), np.append(points, cut[:, 1]), share


@once_a_scene
def tight_curvature(scene: Scene) -> np.ndarray:
    """Radius of curvature that the tubes over each instance must resolve, (num_instances,) float64 [m].

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    (num_instances,) float64
        The tightest tenth of the curved area has this radius or less; inf = no curved part.
    """
    out = np.full(len(scene.instances), np.inf)
    for instance, which in enumerate(scene.triangles_of_instance):
        radius, area = scene.mesh.radius_of_curvature[which], scene.mesh.area[which]
        curved = radius < FLAT_RADIUS
        if curved.any():
            order = np.argsort(radius[curved])
            share = np.cumsum(area[curved][order])
            out[instance] = radius[curved][order][np.searchsorted(share, _TIGHT_SHARE * share[-1])]
    return out


@njit(cache=True, error_model="numpy")
def _chain(x, y, order, side):
    """Hull of points on one side, `order` rising in y: side 1 = smallest x, -1 = largest."""
    kept, n = np.empty(len(order), np.int64), 0
    for p in order:
        while n >= 2:
            a, b = kept[n - 2], kept[n - 1]
            if side * ((x[b] - x[a]) * (y[p] - y[a]) - (x[p] - x[a]) * (y[b] - y[a])) < 0:
                break
            n -= 1
        kept[n] = p
        n += 1
    return kept[:n]


@njit(cache=True, error_model="numpy")
def hull_spans(x, y, count):
    """Columns of a raster that the convex hull of points may cover, line by line.

    Parameters
    ----------
    x, y : (n,) float64
        Points in columns and lines of the raster; they may lie outside.
    count : (2,) int
        Columns and lines.

    Returns
    -------
    (num_lines, 2) int64
        First column, and one past the last; a margin of two cells all round is in.
    """
    order = np.argsort(y, kind="mergesort")
    spans = np.empty((count[1], 2), np.int64)
    left, right = _chain(x, y, order, 1), _chain(x, y, order, -1)
    for line in range(count[1]):
        low, high = line - 2.0, line + 3.0
        first = np.floor(_extreme(x, y, left, low, high, 1)) - 2
        last = np.floor(_extreme(x, y, right, low, high, -1)) + 3
        spans[line, 0] = min(max(first, 0.0), count[0])
        spans[line, 1] = max(min(last, count[0]), spans[line, 0])
    return spans


@njit(cache=True, error_model="numpy")
def _extreme(x, y, chain, low, high, side):
    """Smallest (side 1) or largest (-1) x of a chain between two y; the other way round infinite where it has none."""
    best = np.inf
    for k in range(len(chain)):
        p = chain[k]
        if low <= y[p] <= high:
            best = min(best, side * x[p])
        if k:
            q = chain[k - 1]
            for level in (low, high):
                if y[q] < level < y[p]:
                    share = (level - y[q]) / (y[p] - y[q])
                    best = min(best, side * (x[q] + share * (x[p] - x[q])))
    return side * best
