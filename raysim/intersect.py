"""The ray caster: Embree on a scene, static triangles built once a sequence.

Embree works in float32; the distances given back are recomputed in float64 from the plane of the
triangle that was hit. Every query is thread-safe and releases the GIL: callers cut their rays into
fixed chunks and run the chunks in threads.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numba import njit

from raysim.scene import Scene, SceneFrame
from raysim.vectors import combine, dot, row

OCCLUSION_MARGIN = 1e-3  # [m] a segment ends this much before its target: more than Embree's float32 error at 500 m


@dataclass(frozen=True)
class Hits:
    """Closest hits of a block of rays.

    Attributes
    ----------
    distance : (num_rays,) float64
        [m] in units of the direction's length; inf where nothing was hit.
    triangle : (num_rays,) int32
        Scene triangle; -1 where nothing was hit.
    """

    distance: np.ndarray
    triangle: np.ndarray


class _Accelerator:
    """Embree structure over a subset of a scene's triangles."""

    def __init__(self, corners: np.ndarray, triangle: np.ndarray):
        self.triangle = triangle.astype(np.int32)
        self._scene = EmbreeScene(robust=True)
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(corners, np.float32))
        self._scene.run(np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32))  # commit now, in one thread

    def closest(self, origin: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        out = self._scene.run(origin, direction, query="INTERSECT", output=1)
        triangle = out["primID"]
        return np.where(triangle >= 0, out["tfar"], np.inf), np.where(triangle >= 0, self.triangle[triangle], -1)

    def occluded(self, origin: np.ndarray, direction: np.ndarray, reach: np.ndarray) -> np.ndarray:
        return self._scene.run(origin, direction, dists=reach, query="OCCLUDED") != -1


@njit(cache=True, nogil=True)
def _sharpen(distance, triangle, origin, direction, normals, corners):
    """Replace Embree's float32 distances by those to the triangles' planes, in place."""
    for i in range(len(distance)):
        t = triangle[i]
        if t < 0:
            continue
        normal, start = row(normals, t), row(origin, i)
        across = dot(row(direction, i), normal)
        if across == 0.0:
            continue
        exact = dot(combine(1.0, row(corners, t), -1.0, start), normal) / across
        # At grazing incidence the plane distance is ill-conditioned; Embree's own value is then the better one.
        if abs(exact - distance[i]) < 1e-2 + 1e-4 * distance[i]:
            distance[i] = exact


class RayCaster:
    """Ray caster of one sequence. `frame` gives the caster of one frame."""

    def __init__(self, scene: Scene):
        self.scene = scene
        self._static_frame = scene.frame(0)
        still = np.flatnonzero(~scene.triangle_moves)
        self._static = self._accelerate(self._static_frame, still)

    @staticmethod
    def _accelerate(frame: SceneFrame, which: np.ndarray) -> "_Accelerator | None":
        if not len(which):
            return None
        return _Accelerator(frame.vertices[frame.scene.mesh.triangles[which]], which)

    def frame(self, index: int) -> "FrameCaster":
        """Return the caster of frame `index`; only the moving triangles are built anew."""
        frame = self.scene.frame(index)
        moving = self._accelerate(frame, np.flatnonzero(self.scene.triangle_moves))
        return FrameCaster(frame, tuple(a for a in (self._static, moving) if a is not None))


@dataclass(frozen=True)
class FrameCaster:
    """Ray caster of one frame."""

    frame: SceneFrame
    accelerators: tuple[_Accelerator, ...]

    @cached_property
    def corners(self) -> np.ndarray:
        """(num_triangles, 3) float64: first corner of every triangle, world axes [m]."""
        return self.frame.vertices[self.frame.scene.mesh.triangles[:, 0]]

    def closest(self, origin: np.ndarray, direction: np.ndarray) -> Hits:
        """Find the closest hit of every ray.

        Parameters
        ----------
        origin, direction : (num_rays, 3) float64
            World [m]; direction need not be a unit vector.

        Returns
        -------
        Hits
        """
        o, d = np.ascontiguousarray(origin, np.float32), np.ascontiguousarray(direction, np.float32)
        distance, triangle = self.accelerators[0].closest(o, d)
        for other in self.accelerators[1:]:
            nearer, index = other.closest(o, d)
            triangle = np.where(nearer < distance, index, triangle)
            distance = np.minimum(nearer, distance)
        exact = distance.astype(np.float64)
        _sharpen(exact, triangle, origin, direction, self.frame.normals, self.corners)
        return Hits(exact, triangle)

    def occluded(self, origin: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Tell which segments are blocked, ends excluded.

        Parameters
        ----------
        origin, target : (num_rays, 3) float64
            World [m]; move the origin off its own surface first.

        Returns
        -------
        (num_rays,) bool
        """
        line = np.broadcast_to(target, origin.shape) - origin
        length = np.linalg.norm(line, axis=1)
        o = np.ascontiguousarray(origin, np.float32)
        d = np.ascontiguousarray(line / np.maximum(length, 1e-12)[:, None], np.float32)
        reach = np.ascontiguousarray(np.maximum(length - OCCLUSION_MARGIN, 0), np.float32)
        blocked = np.zeros(len(o), bool)
        for accelerator in self.accelerators:
            blocked |= accelerator.occluded(o, d, reach.copy())
        return blocked
