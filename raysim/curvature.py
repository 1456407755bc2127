"""Curvature of a mesh, from the normals of shared vertices."""

import numpy as np

FLAT_RADIUS = 1e3  # [m] a facet with a larger radius of curvature counts as flat


def facet_normals(corners: np.ndarray) -> np.ndarray:
    """Return unit normals (n, 3) of triangles (n, 3, 3), counter-clockwise from outside; zero without an area."""
    a, b, c = np.moveaxis(corners, 1, 0)
    cross = np.cross(b - a, c - a)
    return cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-300)


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Area-weighted vertex normals.

    Parameters
    ----------
    vertices : (num_vertices, 3) float64
    triangles : (num_triangles, 3) int

    Returns
    -------
    (num_vertices, 3) float64
        Unit vectors; zero for an unused vertex.
    """
    a, b, c = np.moveaxis(vertices[triangles], 1, 0)
    facet = np.cross(b - a, c - a)
    flat = triangles.ravel()
    total = np.stack([np.bincount(flat, np.repeat(facet[:, k], 3), len(vertices)) for k in range(3)], 1)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-300)


def radius_of_curvature(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Smallest radius of curvature of every triangle's surface.

    Parameters
    ----------
    vertices : (num_vertices, 3) float64
        [m].
    triangles : (num_triangles, 3) int

    Returns
    -------
    (num_triangles,) float64
        Edge length over the turn of the vertex normals along it, smallest of the three edges [m];
        inf on flat surfaces.
    """
    normals = vertex_normals(vertices, triangles)[triangles]  # (t, corner, xyz)
    corners = vertices[triangles]
    turn = np.linalg.norm(normals - np.roll(normals, 1, axis=1), axis=2)
    edge = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        radius = np.where(turn > 1e-6, edge / turn, np.inf)
    return radius.min(axis=1)
