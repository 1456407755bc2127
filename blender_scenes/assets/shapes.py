"""Simple solids for buildings and street furniture: ``(vertices, triangles)`` pairs and a builder that collects them.

Edges are hard (vertices duplicated) unless a surface is round.
"""

from collections.abc import Sequence

import numpy as np

from blender_scenes.assets import Asset, AssetPart
from raysim.materials import Material

Shape = tuple[np.ndarray, np.ndarray]  # (n, 3) float64 vertices [m], (m, 3) int32 triangles


class Solid:
    """Shapes of one rigid body under construction, each with its material."""

    def __init__(self):
        self._vertices: list[np.ndarray] = []
        self._triangles: list[np.ndarray] = []
        self._material: list[np.ndarray] = []
        self._materials: list[Material] = []
        self._count = 0

    def add(self, shape: Shape, material: Material) -> None:
        """Add a shape, given in the asset's axes."""
        vertices, triangles = shape
        if material not in self._materials:
            self._materials.append(material)
        self._vertices.append(vertices)
        self._triangles.append(triangles + self._count)
        self._material.append(np.full(len(triangles), self._materials.index(material), np.int32))
        self._count += len(vertices)

    def asset(self, name: str, category: str) -> Asset:
        """Return everything added so far as an asset of one part."""
        body = AssetPart(
            name,
            np.concatenate(self._vertices),
            np.concatenate(self._triangles).astype(np.int32),
            np.concatenate(self._material),
            np.zeros(3),
        )
        return Asset(name, category, (body,), tuple(self._materials))


def moved(shape: Shape, offset=(0.0, 0.0, 0.0), yaw: float = 0.0) -> Shape:
    """Turn a shape by `yaw` [rad] about z, then shift it by `offset` [m]."""
    vertices, triangles = shape
    c, s = np.cos(yaw), np.sin(yaw)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    return vertices @ turn.T + np.asarray(offset, float), triangles


def joined(shapes: list[Shape]) -> Shape:
    """Put shapes together into one."""
    starts = np.cumsum([0] + [len(vertices) for vertices, _ in shapes[:-1]])
    triangles = [t + start for (_, t), start in zip(shapes, starts, strict=True)]
    return np.concatenate([vertices for vertices, _ in shapes]), np.concatenate(triangles)


def repeated(shape: Shape, offsets: np.ndarray) -> Shape:
    """Put a copy of a shape at each of the (n, 3) `offsets` [m]."""
    vertices, triangles = shape
    count = len(offsets)
    copies = (vertices[None] + np.asarray(offsets, float)[:, None]).reshape(-1, 3)
    starts = (np.arange(count) * len(vertices))[:, None, None]
    return copies, (triangles[None] + starts).reshape(-1, 3).astype(np.int32)


def quads(corners: np.ndarray) -> Shape:
    """Separate quadrilaterals from (n, 4, 3) corners [m], counter-clockwise seen from outside."""
    corners = np.asarray(corners, float).reshape(-1, 4, 3)
    first = 4 * np.arange(len(corners))[:, None, None]
    triangles = (first + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    return corners.reshape(-1, 3), triangles.astype(np.int32)


def box(low, high) -> Shape:
    """Box between two corners [m]."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    faces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for side in (0, 1):
            face = np.zeros((4, 3))
            face[:, axis] = (low, high)[side][axis]
            face[:, u] = np.array([low[u], high[u], high[u], low[u]])
            face[:, v] = np.array([low[v], low[v], high[v], high[v]])
            faces.append(face if side else face[::-1])
    return quads(np.array(faces))


def fan(outline: np.ndarray) -> Shape:
    """Flat convex polygon from its (n, 3) outline, counter-clockwise seen from outside."""
    count = len(outline)
    index = np.arange(1, count - 1, dtype=np.int32)
    return np.asarray(outline, float), np.stack([np.zeros_like(index), index, index + 1], axis=1)


def loft(rings: np.ndarray, smooth_around: bool = True, smooth_along: bool = True) -> Shape:
    """Surface through closed rings.

    Parameters
    ----------
    rings : (num_rings, num_points, 3) float64
        Each counter-clockwise seen from the end of the stack towards which the rings go [m].
    smooth_around, smooth_along : bool
        Whether the surface bends smoothly (shared vertices) from side to side and from ring to ring.

    Returns
    -------
    Shape
        Open at both ends.
    """
    rings = np.asarray(rings, float)
    count, sides = rings.shape[:2]
    following = np.roll(np.arange(sides), -1)
    if smooth_around and smooth_along:
        low, high = np.arange(count - 1)[:, None] * sides, np.arange(1, count)[:, None] * sides
        a, b = low + np.arange(sides), low + following
        c, d = high + following, high + np.arange(sides)
        triangles = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], axis=2).reshape(-1, 3)
        return rings.reshape(-1, 3), triangles.astype(np.int32)
    if smooth_around:
        return joined([loft(rings[i : i + 2]) for i in range(count - 1)])
    corners = np.stack([rings[:-1], rings[:-1, following], rings[1:, following], rings[1:]], axis=2)
    return quads(corners)


def capped(rings: np.ndarray, smooth_around: bool = True, smooth_along: bool = True) -> Shape:
    """Loft closed at both ends by flat convex caps."""
    return joined([loft(rings, smooth_around, smooth_along), fan(rings[0][::-1]), fan(rings[-1])])


def circle(sides: int) -> np.ndarray:
    """(sides, 2) points of the unit circle, counter-clockwise."""
    angle = 2 * np.pi * np.arange(sides) / sides
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def lathe(profile: Sequence[tuple[float, float]] | np.ndarray, sides: int, smooth_along: bool = False) -> Shape:
    """Body of revolution about z from (n, 2) radius and height [m], bottom first, closed by flat caps."""
    stations = np.asarray(profile, float)
    ring = circle(sides)
    rings = np.concatenate(
        [stations[:, None, :1] * ring[None], np.broadcast_to(stations[:, None, 1:], (len(stations), sides, 1))], axis=2
    )
    return capped(rings, smooth_along=smooth_along)


def tube(points: np.ndarray, radii: np.ndarray, sides: int, cap: bool = True) -> Shape:
    """Round bar along (n, 3) points with (n,) radii [m]; the rings are turned as little as possible on the way."""
    points, radii = np.asarray(points, float), np.asarray(radii, float)
    tangent = np.gradient(points, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    seed = np.array([1.0, 0, 0]) if abs(tangent[0, 0]) < 0.8 else np.array([0, 1.0, 0])
    rings = []
    for point, along, radius in zip(points, tangent, radii, strict=True):
        seed = seed - along * (seed @ along)
        seed /= np.linalg.norm(seed)
        frame = np.stack([seed, np.cross(along, seed)])
        rings.append(point + radius * circle(sides) @ frame)
    stack = np.array(rings)
    return capped(stack) if cap else loft(stack)


def rounded_rectangle(length: float, width: float, radius: float, steps: int) -> np.ndarray:
    """(4 (steps + 1), 2) outline about the origin [m], counter-clockwise, with round corners."""
    radius = min(radius, length / 2 - 1e-3, width / 2 - 1e-3)
    angle = np.linspace(0, np.pi / 2, steps + 1)
    corner = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    outline = []
    for quarter, (sx, sy) in enumerate([(1, 1), (-1, 1), (-1, -1), (1, -1)]):
        turned = corner
        for _ in range(quarter):
            turned = np.stack([-turned[:, 1], turned[:, 0]], axis=1)
        outline.append(turned + np.array([sx * (length / 2 - radius), sy * (width / 2 - radius)]))
    return np.concatenate(outline)
