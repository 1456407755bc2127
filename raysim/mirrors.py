"""Large planes of a scene, and the receiver's mirror images in them.

A hit connects to the receiver directly and through its image in each large plane: that is how an echo leaves a curved
body towards the ground or a wall, where a forward bounce of a flat tube would be wrong. A coherent echo whose last
surface is such a plane belongs to the image, not to physical optics on the plane, so that nothing counts twice.
"""

from dataclasses import dataclass

import numpy as np

from raysim.curvature import FLAT_RADIUS
from raysim.findings import once_a_scene
from raysim.scene import Scene

_MARGIN = 0.05  # [m] round the boxes of planes
LEAST_AREA = 20.0  # [m2]
MOST_PLANES = 6
_ANGLE, _OFFSET = 1e-3, 5e-3  # normals [1] and offsets [m] closer than this make one plane


@dataclass(frozen=True)
class Planes:
    """Large planes, the largest first.

    Attributes
    ----------
    normal : (num_planes, 3) float64
    offset : (num_planes,) float64
        Plane: normal . x = offset [m].
    of_triangle : (num_triangles,) int32
        Plane of every triangle; -1 = none.
    low, high : (num_planes, 3) float64
        Corners of the box round the triangles of each plane, world axes [m].
    """

    normal: np.ndarray
    offset: np.ndarray
    of_triangle: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def height(self, points: np.ndarray) -> np.ndarray:
        """Distances of world points (..., 3) in front of the planes, (..., num_planes) float64 [m]."""
        return points @ self.normal.T - self.offset

    def images(self, point: np.ndarray) -> np.ndarray:
        """Mirror images of a world point, (num_planes, 3) float64 [m]."""
        return point - 2 * self.height(point)[:, None] * self.normal

    def mirrored(self, points: np.ndarray, source: np.ndarray, plane: int) -> tuple[np.ndarray, np.ndarray]:
        """Mirror images of points in front of a plane, and where the lines to them from a source there cross it.

        Parameters
        ----------
        points : (n, 3) float64
            World [m].
        source : (3,) float64
            World [m].
        plane : int

        Returns
        -------
        images, crossings : (n, 3) float64
            World [m].
        """
        above, height = self.height(points)[:, plane, None], self.height(source)[plane]
        images = points - 2 * above * self.normal[plane]
        return images, source + height / (height + above) * (images - source)

    def box(self, plane: int) -> np.ndarray:
        """Give the box round a plane's triangles, (2, 3) float64: lower and upper corner [m]."""
        return np.stack([self.low[plane] - _MARGIN, self.high[plane] + _MARGIN])

    def covers(self, points: np.ndarray, plane: int) -> bool:
        """Tell whether the box round world points (n, 3) touches the one round a plane's triangles."""
        low, high = self.box(plane)
        return bool(np.all((points.min(0) <= high) & (points.max(0) >= low)))


@once_a_scene
def large_planes(scene: Scene) -> Planes:
    """Find the large flat surfaces of grounds and buildings at rest.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    Planes
        At most `MOST_PLANES`, of at least `LEAST_AREA` each.
    """
    category = np.array([instance.category in ("ground", "building") for instance in scene.instances])
    flat = scene.mesh.radius_of_curvature > FLAT_RADIUS
    candidate = np.flatnonzero(flat & ~scene.triangle_moves & category[scene.instance_of_part[scene.mesh.part]])
    of_triangle = np.full(len(scene.mesh.triangles), -1, np.int32)
    frame = scene.frame(0)
    normal = frame.normals[candidate]
    corner = frame.vertices[scene.mesh.triangles[candidate, 0]]
    offset = np.einsum("ij,ij->i", normal, corner)
    area = scene.mesh.area[candidate]
    key = np.column_stack([np.rint(normal / _ANGLE), np.rint(offset / _OFFSET)[:, None]]).astype(np.int64)
    _, group = np.unique(key, axis=0, return_inverse=True)
    total = np.bincount(group, area) if len(group) else np.zeros(0)
    chosen = [g for g in np.argsort(-total, kind="stable")[:MOST_PLANES] if total[g] >= LEAST_AREA]
    normals, offsets = np.zeros((len(chosen), 3)), np.zeros(len(chosen))
    low, high = np.zeros((len(chosen), 3)), np.zeros((len(chosen), 3))
    for index, g in enumerate(chosen):
        mine = group == g
        normals[index] = np.average(normal[mine], axis=0, weights=area[mine])
        normals[index] /= np.linalg.norm(normals[index])
        offsets[index] = np.average(corner[mine] @ normals[index], weights=area[mine])
        of_triangle[candidate[mine]] = index
        corners = frame.vertices[scene.mesh.triangles[candidate[mine]]].reshape(-1, 3)
        low[index], high[index] = corners.min(0), corners.max(0)
    return Planes(normals, offsets, of_triangle, low, high)
