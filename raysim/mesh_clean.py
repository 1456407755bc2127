"""Triangles as other tools write them, made into what a scene wants: finite, with area, creases split."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

CREASE = np.radians(30.0)  # sharper edges do not share their vertices
LEAST_SHAPE = 1e-9  # area over the square of the longest side; float32 files make nothing better of three on a line
FARTHEST = 1e5  # [m] of a vertex from the origin: there single precision resolves 8 mm
WELD = 1e-6  # [m] vertices nearer than this are one
BYTES_PER_TRIANGLE = 650  # peak from file to ray caster, measured by tests/raysim/test_meshes.py


def check_finite(vertices: np.ndarray, where: str) -> None:
    """Raise ValueError naming the first vertex (num_vertices, 3) that is not finite."""
    bad = np.flatnonzero(~np.isfinite(vertices).all(axis=1))
    if len(bad):
        place = ", ".join(f"{x:g}" for x in vertices[bad[0]])
        raise ValueError(
            f"{where}: {len(bad)} of {len(vertices)} vertices are not finite; vertex {bad[0]} is ({place})"
        )


def check_indices(triangles: np.ndarray, count: int, where: str) -> None:
    """Raise ValueError if triangles (num_triangles, 3) do not index `count` vertices."""
    if len(triangles) and not (0 <= triangles.min() and triangles.max() < count):
        wrong = triangles.max() if triangles.max() >= count else triangles.min()
        raise ValueError(f"{where}: damaged: a triangle has vertex {wrong}, there are {count}")


def check_near(vertices: np.ndarray, where: str) -> None:
    """Raise ValueError if vertices (num_vertices, 3) lie farther from the origin than single precision allows [m]."""
    reach = float(np.abs(vertices).max(initial=0.0))
    if reach > FARTHEST:
        raise ValueError(
            f"{where}: lies {reach:.3g} m from the origin, allowed are {FARTHEST:g} m, as the ray caster computes in "
            "single precision: move the scene to the origin (map coordinates?) or check the unit (scale)"
        )


def has_area(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Tell triangles from points and lines.

    Parameters
    ----------
    vertices : (num_vertices, 3) float64
        [m].
    triangles : (num_triangles, 3) int

    Returns
    -------
    (num_triangles,) bool
        Area above `LEAST_SHAPE` times the square of the longest side.
    """
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    longest = np.max([((p - q) ** 2).sum(axis=1) for p, q in ((a, b), (b, c), (c, a))], axis=0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return (area > LEAST_SHAPE * longest) & (longest > WELD**2)


def _weld(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(num_triangles, 3) int64: one id for all vertices at one place."""
    keys = np.rint(vertices / WELD).astype(np.int64)
    order = np.lexsort(keys.T)
    new = np.ones(len(keys), bool)
    new[1:] = (np.diff(keys[order], axis=0) != 0).any(axis=1)
    label = np.empty(len(keys), np.int64)
    label[order] = np.cumsum(new) - 1
    return label[triangles]


def _neighbours(welded: np.ndarray, normals: np.ndarray, crease: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of half-edges on one edge of exactly two triangles between which the surface is smooth.

    A half-edge has the number of the corner that it starts from. Neighbours run in opposite directions.
    """
    start = welded.reshape(-1)
    end = np.roll(welded, -1, axis=1).reshape(-1)
    key = np.minimum(start, end) * (start.max() + 1) + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    new = np.ones(len(key), bool)
    new[1:] = np.diff(key[order]) != 0
    first = np.flatnonzero(new)
    pair = first[np.diff(np.append(first, len(key))) == 2]
    one, two = order[pair], order[pair + 1]
    smooth = np.einsum("ij,ij->i", normals[one // 3], normals[two // 3]) > np.cos(crease)
    smooth &= start[one] == end[two]
    return one[smooth], two[smooth]


def split_creases(
    vertices: np.ndarray, triangles: np.ndarray, *, crease: float = CREASE
) -> tuple[np.ndarray, np.ndarray]:
    """Share vertices across smooth surfaces and nowhere else, whatever the file shares.

    Parameters
    ----------
    vertices : (num_vertices, 3) float64
        [m]; those at one place count as one.
    triangles : (num_triangles, 3) int
        All with an area.
    crease : float
        Edges that bend by more than this are hard [rad]; so are those of one triangle, of three and more, and
        those whose triangles disagree about the outside.

    Returns
    -------
    vertices : (n, 3) float64
    triangles : (num_triangles, 3) int32
        In the order given.
    """
    welded = _weld(vertices, triangles)
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    one, two = _neighbours(welded, normals, crease)
    following = np.arange(len(welded) * 3).reshape(-1, 3)[:, [1, 2, 0]].reshape(-1)
    rows, columns = np.concatenate([one, following[one]]), np.concatenate([following[two], two])
    corners = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(len(following),) * 2)
    count, group = connected_components(corners, directed=False)
    shared = np.empty((count, 3))
    shared[group] = vertices[triangles.reshape(-1)]
    return shared, group.reshape(-1, 3).astype(np.int32)


def cluster_vertices(
    vertices: np.ndarray, triangles: np.ndarray, *, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thin a mesh for a picture: vertices in one cell of a cubic grid become one, ever larger cells until it is small.

    Parameters
    ----------
    vertices : (num_vertices, 3) float64
        [m].
    triangles : (num_triangles, 3) int
    most : int
        Triangles that may stay; a smaller mesh is given back as it is.

    Returns
    -------
    vertices : (n, 3) float64
    triangles : (m, 3) int64
    kept : (m,) int64
        Which of the triangles given these are.
    """
    if len(triangles) <= most:
        return vertices, triangles.astype(np.int64), np.arange(len(triangles))
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    cell = 0.5 * np.sqrt(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2 / most)
    while True:
        place = np.floor((vertices - vertices.min(axis=0)) / cell).astype(np.int64)
        size = place.max(axis=0) + 1
        _, first, label = np.unique(
            (place[:, 0] * size[1] + place[:, 1]) * size[2] + place[:, 2], return_index=True, return_inverse=True
        )
        corners = label.reshape(-1)[triangles]
        low, middle, high = np.sort(corners, axis=1).T
        _, kept = np.unique((low * len(first) + middle) * len(first) + high, return_index=True)
        kept = np.sort(kept[(low[kept] < middle[kept]) & (middle[kept] < high[kept])])
        if len(kept) <= most:
            return vertices[first], corners[kept], kept
        cell *= 1.5
