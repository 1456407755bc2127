"""The ray caster: Embree on a scene, static triangles built once a sequence.

Embree works in float32; the distances given back are recomputed in float64 from the plane of the
triangle that was hit. Every query is thread-safe and releases the GIL: callers cut their rays into
fixed chunks and run the chunks in threads. Neighbouring rays that go the same way cost least.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit

from raysim.embree import (
    DIRECTION,
    FAR,
    GEOMETRY,
    ORIGIN,
    PACKET,
    PRIMITIVE,
    Triangles,
    intersect_packet,
    occluded_packet,
    packet,
)
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

    def first(self, count: int) -> "Hits":
        """Return the first hits, the same memory."""
        return Hits(self.distance[:count], self.triangle[:count])


class _Accelerator:
    """Embree structure over a subset of a scene's triangles."""

    def __init__(self, corners: np.ndarray, triangle: np.ndarray):
        self.triangle = triangle.astype(np.int32)
        self.low, self.high = corners.min((0, 1)) - _BOX_MARGIN, corners.max((0, 1)) + _BOX_MARGIN
        self._triangles = Triangles(corners)

    def closest(self, origin: np.ndarray, direction: np.ndarray, which: np.ndarray | None, hits: Hits) -> None:
        """Replace hits, in place, by those on this subset that are nearer; rays (n, 3), float32 or float64."""
        held = self._triangles.handle, self.triangle, self.low, self.high, packet()
        _closest(*held, origin, direction, which, hits.distance, hits.triangle)

    def occluded(self, origin: np.ndarray, direction: np.ndarray, reach: np.ndarray, blocked: np.ndarray) -> None:
        """Mark the rays, (n, 3) float32 each, that meet this subset before `reach`, (n,) float32."""
        _occluded(self._triangles.handle, self.low, self.high, packet(), origin, direction, reach, blocked)


@njit(cache=True, error_model="numpy", inline="always")
def meets_box(origin, direction, reach, low, high):
    """Tell whether a ray comes through a box before `reach`."""
    near, far = 0.0, reach
    for k in range(3):
        slope = direction[k] if direction[k] != 0.0 else 1e-300
        a, b = (low[k] - origin[k]) / slope, (high[k] - origin[k]) / slope
        near, far = max(near, min(a, b)), min(far, max(a, b))
    return near <= far


@njit(cache=True, error_model="numpy", inline="always")
def _load(rays, filled, origin, direction, reach):
    """Put a ray into place `filled` of a packet."""
    rays.valid[filled] = -1
    for k in range(3):
        rays.real[ORIGIN + k, filled] = origin[k]
        rays.real[DIRECTION + k, filled] = direction[k]
    rays.real[FAR, filled] = reach
    rays.whole[GEOMETRY, filled] = -1


@kernel
def _closest(scene, of_primitive, low, high, rays, origin, direction, which, distance, triangle):
    """Ask for hits nearer than `distance`, packet by packet; replace it and `triangle` where there are any."""
    filled, n = 0, len(distance)
    for i in range(n):
        at = i if which is None else which[i]
        start, along = row(origin, at), row(direction, at)
        if meets_box(start, along, distance[i], low, high):
            _load(rays, filled, start, along, distance[i])
            rays.ray[filled] = i
            filled += 1
        if filled == PACKET or (i == n - 1 and filled > 0):
            rays.valid[filled:] = 0
            intersect_packet(rays.valid_address, scene, rays.address, rays.arguments)
            for k in range(filled):
                if rays.whole[GEOMETRY, k] != -1:
                    distance[rays.ray[k]] = rays.real[FAR, k]
                    triangle[rays.ray[k]] = of_primitive[rays.whole[PRIMITIVE, k]]
            filled = 0


@kernel
def _occluded(scene, low, high, rays, origin, direction, reach, blocked):
    """Ask, packet by packet, which rays meet anything before `reach`; mark them."""
    filled, n = 0, len(origin)
    for i in range(n):
        start, along = row(origin, i), row(direction, i)
        if not blocked[i] and meets_box(start, along, np.float64(reach[i]), low, high):
            _load(rays, filled, start, along, reach[i])
            rays.ray[filled] = i
            filled += 1
        if filled == PACKET or (i == n - 1 and filled > 0):
            rays.valid[filled:] = 0
            occluded_packet(rays.valid_address, scene, rays.address, rays.arguments)
            for k in range(filled):
                blocked[rays.ray[k]] = rays.real[FAR, k] < 0
            filled = 0


@kernel
def _sharpen(distance, triangle, origin, direction, start, which, normals, corners):
    """Replace Embree's float32 distances from `start` by those from the origins to the triangles' planes, in place."""
    for i in range(len(distance)):
        t = triangle[i]
        if t < 0:
            continue
        at = i if which is None else which[i]
        normal, begin, along = row(normals, t), row(origin, at), row(direction, at)
        distance[i] += dot(combine(1.0, row(start, at), -1.0, begin), along) / dot(along, along)
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

    def closest(
        self,
        origin: np.ndarray,
        direction: np.ndarray,
        start: np.ndarray | None = None,
        which: np.ndarray | None = None,
    ) -> Hits:
        """Find the closest hit of every ray.

        Parameters
        ----------
        origin, direction : (num_rows, 3) float64
            World [m]; direction need not be a unit vector.
        start : (num_rows, 3) float64, optional
            Where the search begins: off the surface that holds the origin, past what is not to be met.
        which : (num_rays,) int, optional
            Rows that are rays. Default: all.

        Returns
        -------
        Hits
            Distances from the origins.
        """
        start = origin if start is None else start
        hits = self.cast(start, direction, which)
        _sharpen(hits.distance, hits.triangle, origin, direction, start, which, self.frame.normals, self.corners)
        return hits

    def cast(self, origin: np.ndarray, direction: np.ndarray, which: np.ndarray | None = None) -> Hits:
        """Find the closest hit of every ray, (num_rows, 3) each, at Embree's own precision."""
        count = len(origin) if which is None else len(which)
        hits = Hits(np.full(count, np.inf), np.full(count, -1, np.int32))
        for accelerator in self.accelerators:
            accelerator.closest(origin, direction, which, hits)
        return hits

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
        blocked = np.zeros(len(origin), bool)
        for accelerator in self.accelerators:
            accelerator.occluded(origin, direction, reach, blocked)
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
