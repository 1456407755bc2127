"""Mesh editing: cuts along the zero set of a field, creases, and the face normals that both need."""

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from blender_scenes.assets.mesh import Patch, compact

# A vertex nearer to the cut than this share of an edge moves onto it, so that cuts leave no slivers.
SNAP = 0.25


def face_normals(patch: Patch) -> np.ndarray:
    """Return unit normals, (num_triangles, 3) float64."""
    a, b, c = np.moveaxis(patch.vertices[patch.triangles], 1, 0)
    cross = np.cross(b - a, c - a)
    return cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-300)


def _crossings(triangles: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the unique edges whose ends lie on opposite sides, (n, 2), and the crossings as shares of the edges."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.sort(edges[values[edges[:, 0]] * values[edges[:, 1]] < 0], axis=1)
    key = np.unique(edges[:, 0] * len(values) + edges[:, 1])
    edges = np.stack([key // len(values), key % len(values)], -1)
    a, b = values[edges[:, 0]], values[edges[:, 1]]
    return edges, a / (a - b)


def _snap(
    vertices: np.ndarray, values: np.ndarray, edges: np.ndarray, share: np.ndarray, movable: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices with those nearest to the cut moved onto it, and the values with theirs set to zero."""
    vertex = edges.T.reshape(-1)
    distance = np.concatenate([share, 1 - share])
    point = np.tile(vertices[edges[:, 0]] * (1 - share)[:, None] + vertices[edges[:, 1]] * share[:, None], (2, 1))
    order = np.lexsort((vertex, distance))
    order = order[(distance[order] < SNAP) & movable[vertex[order]]]
    chosen, first = np.unique(vertex[order], return_index=True)
    vertices, values = vertices.copy(), values.copy()
    vertices[chosen] = point[order[first]]
    values[chosen] = 0.0
    return vertices, values


def cut(
    patch: Patch,
    values: np.ndarray,
    *,
    place: Callable[[np.ndarray], np.ndarray],
    movable: np.ndarray | None = None,
) -> tuple[Patch, np.ndarray]:
    """Split the triangles of a patch along the zero set of a field.

    Parameters
    ----------
    patch : Patch
    values : (num_vertices,) float64
        The field at the vertices; negative inside.
    place : callable
        Puts (n, 3) points near the surface back onto it.
    movable : (num_vertices,) bool, optional
        Vertices that may be moved onto the cut; default all.

    Returns
    -------
    patch : Patch
        Old vertices first (some moved), new ones behind.
    inside : (num_triangles,) bool
    """
    if movable is None:
        movable = np.ones(len(values), bool)
    corner = values[patch.triangles.T]  # (3, num_triangles)
    near = (corner.min(axis=0) < 0) & (corner.max(axis=0) > 0)
    crossed, crossed_material = patch.triangles[near], patch.material[near]
    vertices, values = _snap(patch.vertices, values, *_crossings(crossed, values), movable)
    moved = np.flatnonzero((vertices != patch.vertices).any(axis=1))
    edges, share = _crossings(crossed, values)
    fresh = vertices[edges[:, 0]] * (1 - share)[:, None] + vertices[edges[:, 1]] * share[:, None]
    placed = place(np.concatenate([vertices[moved], fresh]))
    vertices[moved] = placed[: len(moved)]
    triangles, source, inside = _divide(crossed, values, edges)
    result = Patch(
        np.concatenate([vertices, placed[len(moved) :]]),
        np.concatenate([patch.triangles[~near], triangles]),
        np.concatenate([patch.material[~near], crossed_material[source]]),
    )
    return result, np.concatenate([corner.sum(axis=0)[~near] < 0, inside])


def _divide(triangles: np.ndarray, values: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Divide triangles along the cut.

    Parameters
    ----------
    triangles : (num_triangles, 3) int
    values : (num_vertices,) float64
    edges : (num_crossings, 2) int
        Edges that hold the new vertices ``num_vertices ...``, as `_crossings` gives them.

    Returns
    -------
    triangles : (num_pieces, 3) int
    source : (num_pieces,) int
        Triangle that the piece comes from.
    inside : (num_pieces,) bool
    """
    keys = edges[:, 0] * len(values) + edges[:, 1]

    def middle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Index of the new vertex on the edge a-b."""
        key = np.minimum(a, b) * len(values) + np.maximum(a, b)
        return np.searchsorted(keys, key) + len(values)

    sign = np.sign(values).astype(int)[triangles]
    mixed = (sign.min(axis=1) < 0) & (sign.max(axis=1) > 0)  # the others only touch the cut after snapping
    pieces, sources, insides = [triangles[~mixed]], [np.flatnonzero(~mixed)], [sign[~mixed].sum(axis=1) < 0]
    for has_zero in (True, False):
        chosen = np.flatnonzero(mixed & ((sign == 0).any(axis=1) == has_zero))
        # First corner: the one on the cut, or the one alone on its side.
        lone = sign[chosen] == 0 if has_zero else sign[chosen] == -sign[chosen].sum(axis=1, keepdims=True)
        start = lone.argmax(axis=1)
        a, b, c = np.take_along_axis(triangles[chosen], (start[:, None] + np.arange(3)) % 3, axis=1).T
        if has_zero:
            m = middle(b, c)
            parts = [(a, b, m, values[b]), (a, m, c, values[c])]
        else:
            m, n = middle(a, b), middle(c, a)
            parts = [(a, m, n, values[a]), (m, b, c, values[b]), (m, c, n, values[b])]
        for i, j, k, side in parts:
            pieces.append(np.stack([i, j, k], -1))
            sources.append(chosen)
            insides.append(side < 0)
    return np.concatenate(pieces), np.concatenate(sources), np.concatenate(insides)


def drop_slivers(patch: Patch, area: float) -> Patch:
    """Remove triangles smaller than `area` [m2], which cuts through corners leave."""
    a, b, c = np.moveaxis(patch.vertices[patch.triangles], 1, 0)
    keep = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 2 * area
    return compact(Patch(patch.vertices, patch.triangles[keep], patch.material[keep]))


def split_creases(patch: Patch, limit: float) -> Patch:
    """Duplicate vertices so that none is shared across an edge that bends by more than `limit` [rad].

    Corners of triangles that meet at a vertex keep sharing it where a chain of smooth edges joins them, but for the
    two triangles at a crease themselves.
    """
    triangles, count = patch.triangles, len(patch.triangles)
    normals = face_normals(patch)
    start = triangles.reshape(-1)
    end = np.roll(triangles, -1, axis=1).reshape(-1)
    corner = np.arange(3 * count)
    following = (corner // 3) * 3 + (corner + 1) % 3  # corner at the end of the half-edge that starts in `corner`
    key = np.minimum(start, end) * len(patch.vertices) + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    one, two = order[same], order[same + 1]
    smooth = (normals[one // 3] * normals[two // 3]).sum(axis=1) > np.cos(limit)
    smooth &= start[one] == end[two]  # neighbours run along their common edge in opposite directions
    sharp_one, sharp_two = one[~smooth], two[~smooth]
    one, two = one[smooth], two[smooth]
    rows, columns = np.concatenate([one, following[one]]), np.concatenate([following[two], two])
    graph = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(3 * count, 3 * count))
    _, group = connected_components(graph, directed=False)
    # Where a crease ends within a smooth surface, chains around its ends still join its sides: part those.
    joined = (group[sharp_one] == group[following[sharp_two]]) & (group[following[sharp_one]] == group[sharp_two])
    parted = np.unique(np.concatenate([sharp_two[joined], following[sharp_two[joined]]]))
    group[parted] = group.max() + 1 + np.arange(len(parted))
    vertices = np.zeros((group.max() + 1, 3))
    vertices[group] = patch.vertices[start]
    return compact(Patch(vertices, group.reshape(-1, 3), patch.material))
