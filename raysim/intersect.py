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
from raysim.vectors import combine, dot, kernel, norm, row, store

_BOX_MARGIN = 1e-2  # [m] round the box of moving triangles: far more than float32 loses
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

    def select(self, which: np.ndarray) -> "Hits":
        """Return the hits picked by a boolean mask or an index array."""
        return Hits(self.distance[which], self.triangle[which])


class _Accelerator:
    """Embree structure over a subset of a scene's triangles."""

    def __init__(self, corners: np.ndarray, triangle: np.ndarray):
        self.triangle = triangle.astype(np.int32)
        self.low, self.high = corners.min((0, 1)) - _BOX_MARGIN, corners.max((0, 1)) + _BOX_MARGIN
        self._scene = EmbreeScene(robust=True)
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(corners, np.float32))
        self._scene.run(np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32))  # commit now, in one thread

    def closest(self, origin: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance (n,) float32 and index within `triangle` (n,) int32, -1 where nothing is hit."""
        out = self._scene.run(origin, direction, query="INTERSECT", output=1)
        return out["tfar"], out["primID"]

    def occluded(self, origin: np.ndarray, direction: np.ndarray, reach: np.ndarray) -> np.ndarray:
        return self._scene.run(origin, direction, dists=reach, query="OCCLUDED") != -1

    def meets_box(self, origin: np.ndarray, direction: np.ndarray, reach: np.ndarray) -> np.ndarray:
        """Find the rays that come through the box round all triangles before `reach`, (n,) float32."""
        return np.flatnonzero(_meets_box(origin, direction, reach, self.low, self.high))


@njit(cache=True, error_model="numpy", nogil=True)
def _meets_box(origin, direction, reach, low, high):
    out = np.empty(len(origin), np.bool_)
    for i in range(len(origin)):
        near, far = 0.0, np.float64(reach[i])
        for k in range(3):
            start, slope = np.float64(origin[i, k]), np.float64(direction[i, k])
            if slope == 0.0:
                if start < low[k] or start > high[k]:
                    far = -1.0
                continue
            a, b = (low[k] - start) / slope, (high[k] - start) / slope
            near, far = max(near, min(a, b)), min(far, max(a, b))
        out[i] = near <= far
    return out


@njit(cache=True, error_model="numpy", nogil=True)
def _settle(near, primitive, of_primitive):
    """Distances (n,) float64 and scene triangles (n,) int32 of an accelerator's answers."""
    distance, triangle = np.empty(len(near)), np.empty(len(near), np.int32)
    for i in range(len(near)):
        hit = primitive[i] >= 0
        distance[i] = near[i] if hit else np.inf
        triangle[i] = of_primitive[primitive[i]] if hit else -1
    return distance, triangle


@kernel
def _sharpen(distance, triangle, origin, direction, start, normals, corners):
    """Replace Embree's float32 distances from `start` by those from the origins to the triangles' planes, in place."""
    for i in range(len(distance)):
        t = triangle[i]
        if t < 0:
            continue
        normal, begin, along = row(normals, t), row(origin, i), row(direction, i)
        distance[i] += dot(combine(1.0, row(start, i), -1.0, begin), along) / dot(along, along)
        across = dot(along, normal)
        if across == 0.0:
            continue
        exact = dot(combine(1.0, row(corners, t), -1.0, begin), normal) / across
        # At grazing incidence the plane distance is ill-conditioned; Embree's own value is then the better one.
        if abs(exact - distance[i]) < 1e-2 + 1e-4 * distance[i]:
            distance[i] = exact


def accelerate(frame: SceneFrame, which: np.ndarray) -> _Accelerator | None:
    """Build the structure of some triangles of a frame; None for no triangle."""
    return _Accelerator(frame.vertices[frame.scene.mesh.triangles[which]], which) if len(which) else None


class RayCaster:
    """Ray caster of one sequence. `frame` gives the caster of one frame."""

    def __init__(self, scene: Scene):
        self.scene = scene
        self._static_frame = scene.frame(0)
        still = np.flatnonzero(~scene.triangle_moves)
        self._static = accelerate(self._static_frame, still)

    def frame(self, index: int) -> "FrameCaster":
        """Return the caster of frame `index`; only the moving triangles are built anew."""
        frame = self.scene.frame(index)
        moving = accelerate(frame, np.flatnonzero(self.scene.triangle_moves))
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

    def closest(self, origin: np.ndarray, direction: np.ndarray, start: np.ndarray | None = None) -> Hits:
        """Find the closest hit of every ray.

        Parameters
        ----------
        origin, direction : (num_rays, 3) float64
            World [m]; direction need not be a unit vector.
        start : (num_rays, 3) float64, optional
            Where the search begins: off the surface that holds the origin, past what is not to be met.

        Returns
        -------
        Hits
            Distances from the origins.
        """
        start = origin if start is None else start
        hits = self.cast(np.ascontiguousarray(start, np.float32), np.ascontiguousarray(direction, np.float32))
        _sharpen(hits.distance, hits.triangle, origin, direction, start, self.frame.normals, self.corners)
        return hits

    def cast(self, origin: np.ndarray, direction: np.ndarray) -> Hits:
        """Find the closest hit of every ray, (num_rays, 3) float32 each, at Embree's own precision."""
        if not self.accelerators:
            return Hits(np.full(len(origin), np.inf), np.full(len(origin), -1, np.int32))
        first = self.accelerators[0]
        distance, triangle = _settle(*first.closest(origin, direction), first.triangle)
        for other in self.accelerators[1:]:
            ask = other.meets_box(origin, direction, distance)
            nearer, index = _settle(*other.closest(origin[ask], direction[ask]), other.triangle)
            wins = nearer < distance[ask]
            distance[ask[wins]], triangle[ask[wins]] = nearer[wins], index[wins]
        return Hits(distance, triangle)

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
        o, d, reach = _segments(origin, np.broadcast_to(np.asarray(target, float), origin.shape))
        return self.is_shadowed(o, d, reach)

    def is_shadowed(self, origin: np.ndarray, direction: np.ndarray, reach: np.ndarray) -> np.ndarray:
        """Tell which rays, (num_rays, 3) float32 each, meet something before `reach`, (num_rays,) float32."""
        if not self.accelerators:
            return np.zeros(len(origin), bool)
        blocked = self.accelerators[0].occluded(origin, direction, reach.copy())
        for other in self.accelerators[1:]:
            ask = other.meets_box(origin, direction, reach)
            ask = ask[~blocked[ask]]
            blocked[ask] = other.occluded(origin[ask], direction[ask], reach[ask])
        return blocked


@njit(cache=True, error_model="numpy", nogil=True)
def _segments(origin, target):
    """Embree's rays from origins to targets: origin, unit direction, reach; float32."""
    n = len(origin)
    o, d, reach = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32), np.empty(n, np.float32)
    for i in range(n):
        start = row(origin, i)
        line = combine(1.0, row(target, i), -1.0, start)
        length = norm(line)
        store(o, i, start)
        store(d, i, combine(1 / max(length, 1e-12), line, 0.0, line))
        reach[i] = max(length - OCCLUSION_MARGIN, 0.0)
    return o, d, reach
