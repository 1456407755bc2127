"""Mesh building: lofts, revolutions, tubes, rounded boxes and ellipsoids, put together into the parts of an asset.

Smooth surfaces share their vertices, hard edges duplicate them; triangles run counter-clockwise seen from outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Patch:
    """A piece of surface under construction.

    Attributes
    ----------
    vertices : (num_vertices, 3) float64
        [m].
    triangles : (num_triangles, 3) int64
    material : (num_triangles,) int64
        Slot in the asset's material table.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    material: np.ndarray

    def flipped(self) -> "Patch":
        """Return the patch with its outside turned inside."""
        return Patch(self.vertices, self.triangles[:, ::-1], self.material)

    def mirrored(self) -> "Patch":
        """Return the mirror image in the plane y = 0, outside kept outside."""
        return Patch(self.vertices * [1.0, -1.0, 1.0], self.triangles[:, ::-1], self.material)


def merge(patches: Sequence[Patch]) -> Patch:
    """Put patches side by side without sharing vertices between them."""
    offsets = np.cumsum([0, *(len(patch.vertices) for patch in patches)])
    return Patch(
        np.concatenate([patch.vertices for patch in patches]),
        np.concatenate([patch.triangles + offset for patch, offset in zip(patches, offsets, strict=False)]),
        np.concatenate([patch.material for patch in patches]),
    )


def both_sides(patch: Patch) -> Patch:
    """Return a patch and its mirror image in the plane y = 0, unconnected."""
    return merge([patch, patch.mirrored()])


def grid_triangles(rows: int, columns: int, *, wrap: bool = False) -> np.ndarray:
    """Triangles of a grid of vertices; outside is where rows x columns points to.

    Parameters
    ----------
    rows, columns : int
        Vertices each way, stored row by row.
    wrap : bool
        Join the last column to the first.

    Returns
    -------
    (num_triangles, 3) int64
    """
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns if wrap else columns - 1), indexing="ij")
    right = (j + 1) % columns
    a, b = i * columns + j, (i + 1) * columns + j
    c, d = (i + 1) * columns + right, i * columns + right
    corners = np.stack([a, b, c, d], -1).reshape(-1, 4)
    return np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])


def loft(sections: np.ndarray, material: int, *, closed: bool = False) -> Patch:
    """Smooth surface through sections with equal numbers of points.

    Parameters
    ----------
    sections : (num_sections, num_points, 3) float64
        [m].
    material : int
    closed : bool
        The sections are closed curves.

    Returns
    -------
    Patch
        Facing the direction (along the sections' order) x (along a section).
    """
    triangles = grid_triangles(*sections.shape[:2], wrap=closed)
    return Patch(sections.reshape(-1, 3), triangles, np.full(len(triangles), material))


def fan(rim: np.ndarray, material: int) -> Patch:
    """Flat convex face inside a closed rim, (num_points, 3) [m], counter-clockwise seen from outside."""
    vertices = np.concatenate([rim, rim.mean(axis=0, keepdims=True)])
    here = np.arange(len(rim))
    triangles = np.stack([here, np.roll(here, -1), np.full(len(rim), len(rim))], -1)
    return Patch(vertices, triangles, np.full(len(rim), material))


def revolve(profile: np.ndarray, segments: int, material: int) -> Patch:
    """Turn a profile about the y axis.

    Parameters
    ----------
    profile : (num_points, 2) float64
        Radius and y [m], in the order that keeps the outside to the right when radius points up and y right.
    segments : int
    material : int

    Returns
    -------
    Patch
    """
    angle = 2 * np.pi * np.arange(segments) / segments
    radius, y = profile[:, 0, None], profile[:, 1, None]
    ring = np.stack([radius * np.cos(angle), np.broadcast_to(y, (len(profile), segments)), radius * np.sin(angle)], -1)
    # A ring about +y as (cos, ., sin) turns clockwise, hence the flip for an outward face.
    patch = loft(ring, material, closed=True).flipped()
    return drop_degenerate(patch)


def box(size: ArrayLike, material: int, centre: ArrayLike = (0.0, 0.0, 0.0), bevel: float = 0.0) -> Patch:
    """Box with hard edges, or chamfered ones.

    Parameters
    ----------
    size : 3 floats
        Outer dimensions [m].
    material : int
    centre : 3 floats
        [m].
    bevel : float
        Width of the chamfer [m].

    Returns
    -------
    Patch
    """
    half = np.asarray(size, float) / 2
    cut = min(bevel, 0.9 * half.min())
    corner, edge, triangles = _box_template(bevel > 0)
    vertices = corner * (half - cut) + edge * cut + np.asarray(centre, float)
    return Patch(vertices, triangles, np.full(len(triangles), material))


@cache
def _box_template(bevelled: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Faces, chamfers and corners of a box: signs of the core's corners, directions out of the core, triangles."""
    corners, outward, triangles, count = [], [], [], 0
    for signs in np.ndindex(3, 3, 3):
        direction = np.array(signs) - 1.0
        touching = np.flatnonzero(direction)
        if len(touching) == 0 or (len(touching) > 1 and not bevelled):
            continue
        rim = [(direction, np.eye(3)[axis] * direction) for axis in touching]
        for axis in np.flatnonzero(direction == 0):
            rim = [(corner + sign * np.eye(3)[axis], out) for corner, out in rim for sign in (-1, 1)]
        points = np.array([corner + 0.2 * out for corner, out in rim])
        u = points[0] - points.mean(axis=0)
        v = np.cross(direction, u)
        v *= np.linalg.norm(u) / np.linalg.norm(v)
        order = np.argsort(np.arctan2((points - points.mean(axis=0)) @ v, (points - points.mean(axis=0)) @ u))
        corners += [rim[k][0] for k in order]
        outward += [rim[k][1] for k in order]
        triangles += [[count, count + k, count + k + 1] for k in range(1, len(rim) - 1)]
        count += len(rim)
    return np.array(corners), np.array(outward), np.array(triangles)


def ellipsoid(
    radii: ArrayLike, material: int, centre: ArrayLike = (0, 0, 0), exponent: float = 2.0, rows: int = 9
) -> Patch:
    """Superellipsoid with its poles along z (exponent 2: ellipsoid; larger: towards a rounded box)."""
    unit = _unit_ellipsoid(exponent, rows)
    vertices = unit.vertices * np.asarray(radii, float) + np.asarray(centre, float)
    return Patch(vertices, unit.triangles, np.full(len(unit.triangles), material))


@cache
def _unit_ellipsoid(exponent: float, rows: int) -> Patch:
    """Superellipsoid with half axes 1."""
    latitude = np.linspace(-np.pi / 2, np.pi / 2, rows)
    longitude = 2 * np.pi * np.arange(2 * rows - 2) / (2 * rows - 2)

    def power(a: np.ndarray) -> np.ndarray:
        return np.sign(a) * np.abs(a) ** (2 / exponent)

    ring = np.stack(
        [
            power(np.cos(latitude))[:, None] * power(np.cos(longitude)),
            power(np.cos(latitude))[:, None] * power(np.sin(longitude)),
            np.broadcast_to(power(np.sin(latitude))[:, None], (rows, len(longitude))),
        ],
        -1,
    )
    ring[[0, -1], :, :2] = 0.0
    return drop_degenerate(loft(ring, 0, closed=True).flipped())


def tube(path: np.ndarray, radius: float, material: int, segments: int = 8) -> Patch:
    """Round bar along a path, (num_points, 3) [m], with closed ends."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    least = np.eye(3)[np.abs(tangent).mean(axis=0).argmin()]
    u = np.cross(tangent, least)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(tangent, u)
    angle = 2 * np.pi * np.arange(segments) / segments
    ring = path[:, None] + radius * (np.cos(angle)[:, None] * u[:, None] + np.sin(angle)[:, None] * v[:, None])
    wall = loft(ring, material, closed=True)
    return merge([wall.flipped(), fan(ring[0][::-1], material), fan(ring[-1], material)])


def drop_degenerate(patch: Patch) -> Patch:
    """Remove triangles without area (poles of a revolution) and weld the poles' coincident vertices."""
    place = np.round(patch.vertices * 1e9).astype(np.int64)
    key = (place * [73_856_093, 19_349_663_111, 83_492_791_571_093]).sum(axis=1)  # hash of the place, wraps around
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    triangles = first[inverse.reshape(-1)][patch.triangles]
    keep = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    return compact(Patch(patch.vertices, triangles[keep], patch.material[keep]))


def compact(patch: Patch) -> Patch:
    """Remove the vertices that no triangle uses."""
    used = np.zeros(len(patch.vertices), bool)
    used[patch.triangles] = True
    index = np.cumsum(used) - 1
    return Patch(patch.vertices[used], index[patch.triangles], patch.material)
