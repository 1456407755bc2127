"""Footprints of cars on the ground: oriented rectangles that must not overlap."""

import numpy as np


def footprint(position, yaw: float, length: float, width: float) -> np.ndarray:
    """(4, 2) corners of an oriented rectangle [m], counter-clockwise.

    Parameters
    ----------
    position : sequence of float
        Its middle; only x and y count [m].
    yaw : float
        Of its long side, from east towards north [rad].
    length, width : float
        [m].
    """
    corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [length / 2, width / 2]
    c, s = np.cos(yaw), np.sin(yaw)
    return corners @ np.array([[c, s], [-s, c]]) + np.asarray(position, float)[:2]


def overlap(first: np.ndarray, second: np.ndarray) -> bool:
    """Tell whether two convex polygons, (n, 2) corners each, share an area (separating axes)."""
    for polygon in (first, second):
        edge = np.roll(polygon, -1, axis=0) - polygon
        normal = np.column_stack([edge[:, 1], -edge[:, 0]])
        a, b = first @ normal.T, second @ normal.T
        if ((a.max(axis=0) <= b.min(axis=0)) | (b.max(axis=0) <= a.min(axis=0))).any():
            return False
    return True
