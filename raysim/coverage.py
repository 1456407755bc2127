"""Pixels an object would cover alone and in full view: a small silhouette rasteriser.

Sampling at pixel centres, as the camera's rays do, so a wholly visible object has visibility 1. Exact but for pixel
centres within float rounding of an edge; objects larger than `LARGEST_SILHOUETTE` pixels are sampled every second,
third, ... pixel.
"""

import numpy as np
from numba import njit

from raysim.sensors import Camera

NEAR = 0.05  # [m] triangles are clipped at this distance in front of the camera
LARGEST_SILHOUETTE = 1 << 18  # samples


@njit(cache=True, nogil=True)
def _clip_near(corner, near, clipped):
    """Clip one triangle (3, 3) in camera axes at z = near into `clipped`; return the number of corners."""
    count = 0
    for i in range(3):
        a, b = corner[i], corner[(i + 1) % 3]
        if a[2] >= near:
            clipped[count] = a
            count += 1
        if (a[2] >= near) != (b[2] >= near):
            t = (near - a[2]) / (b[2] - a[2])
            clipped[count] = a + t * (b - a)
            count += 1
    return count


@njit(cache=True, nogil=True)
def _fill(pixel, a, b, c, x0, y0, step, mask):
    """Set the samples of `mask` inside one projected triangle, edges included, either winding."""
    rows, columns = mask.shape
    top = min(pixel[a, 1], pixel[b, 1], pixel[c, 1])
    bottom = max(pixel[a, 1], pixel[b, 1], pixel[c, 1])
    first = max(int(np.ceil((top - y0) / step)), 0)
    last = min(int(np.floor((bottom - y0) / step)), rows - 1)
    for row in range(first, last + 1):
        y = y0 + row * step
        left, right = np.inf, -np.inf  # the row's span, from the edges that it crosses
        for e in range(3):
            i = (a, b, c)[e]
            j = (b, c, a)[e]
            yi, yj = pixel[i, 1], pixel[j, 1]
            if min(yi, yj) <= y <= max(yi, yj):
                if yi == yj:
                    left, right = min(left, pixel[i, 0], pixel[j, 0]), max(right, pixel[i, 0], pixel[j, 0])
                else:
                    x = pixel[i, 0] + (y - yi) / (yj - yi) * (pixel[j, 0] - pixel[i, 0])
                    left, right = min(left, x), max(right, x)
        if left <= right:
            begin = max(int(np.ceil((left - x0) / step)), 0)
            end = min(int(np.floor((right - x0) / step)), columns - 1)
            for column in range(begin, end + 1):
                mask[row, column] = 1


@njit(cache=True, nogil=True)
def _rasterise(local, triangles, focal_length, cx, cy, near, x0, y0, step, mask):
    clipped = np.empty((4, 3))
    pixel = np.empty((4, 2))
    corner = np.empty((3, 3))
    for t in range(len(triangles)):
        for i in range(3):
            corner[i] = local[triangles[t, i]]
        count = _clip_near(corner, near, clipped)
        for i in range(count):
            pixel[i, 0] = cx + focal_length * clipped[i, 0] / clipped[i, 2]
            pixel[i, 1] = cy + focal_length * clipped[i, 1] / clipped[i, 2]
        for i in range(1, count - 1):
            _fill(pixel, 0, i, i + 1, x0, y0, step, mask)


@njit(cache=True, nogil=True)
def projected_bounds(local, triangles, instance, num_instances, focal_length, cx, cy, near):
    """Bounding boxes of the instances' triangles, clipped at the near plane but not at the picture.

    Parameters
    ----------
    local : (num_vertices, 3) float64
        Camera axes [m].
    triangles : (num_triangles, 3) int32
    instance : (num_triangles,) int
    num_instances : int
    focal_length, cx, cy, near : float
        [px], [px], [px], [m].

    Returns
    -------
    (num_instances, 4) float64
        x0, y0, x1, y1 [px]; inf and -inf where an instance lies wholly behind the camera.
    """
    bounds = np.empty((num_instances, 4))
    bounds[:, :2] = np.inf
    bounds[:, 2:] = -np.inf
    pixel = np.empty((len(local), 2))
    for v in range(len(local)):
        depth = max(local[v, 2], near)
        pixel[v, 0] = cx + focal_length * local[v, 0] / depth
        pixel[v, 1] = cy + focal_length * local[v, 1] / depth
    clipped = np.empty((4, 3))
    corner = np.empty((3, 3))
    for t in range(len(triangles)):
        box = bounds[instance[t]]
        behind = 0
        for i in range(3):
            behind += local[triangles[t, i], 2] < near
        if behind == 0:
            for i in range(3):
                x, y = pixel[triangles[t, i], 0], pixel[triangles[t, i], 1]
                box[0], box[1], box[2], box[3] = min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)
        elif behind < 3:
            for i in range(3):
                corner[i] = local[triangles[t, i]]
            for i in range(_clip_near(corner, near, clipped)):
                x = cx + focal_length * clipped[i, 0] / clipped[i, 2]
                y = cy + focal_length * clipped[i, 1] / clipped[i, 2]
                box[0], box[1], box[2], box[3] = min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)
    return bounds


def covered_pixels(camera: Camera, local: np.ndarray, triangles: np.ndarray, box: np.ndarray) -> int:
    """Count the pixel centres that some triangles cover, inside the picture or not.

    Parameters
    ----------
    camera : Camera
    local : (num_vertices, 3) float64
        Camera axes [m].
    triangles : (n, 3) int32
    box : (4,) float64
        Their `projected_bounds` [px].

    Returns
    -------
    int
        An estimate from a coarser grid where the box exceeds `LARGEST_SILHOUETTE` pixels.
    """
    first = np.floor(box[:2]) + 0.5
    span = np.maximum(np.ceil(box[2:]) - np.floor(box[:2]), 1)
    step = float(np.ceil(np.sqrt(max(span[0] * span[1] / LARGEST_SILHOUETTE, 1))))
    mask = np.zeros((int(span[1] // step) + 1, int(span[0] // step) + 1), np.uint8)
    cx, cy = camera.width / 2, camera.height / 2
    _rasterise(local, triangles, camera.focal_length, cx, cy, NEAR, first[0], first[1], step, mask)
    return int(mask.sum(dtype=np.int64) * step**2)
