"""From normalised heatmap coordinates to metres in the sensor plane, and back.

Normalised coordinates run from -1 at the near (left) edge of the heatmap to +1 at its far (right) edge,
whatever its resolution; cell centres lie at +0.5. The axes need not be uniform: conversion interpolates
the axes stored with the heatmap (A3).
"""

import numpy as np


def normalise(value: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Position of `value` on `axis` in -1..1; NaN outside the axis.

    Parameters
    ----------
    value : (...,) float
        Range [m] or azimuth [rad].
    axis : (n,) float64
        Ascending cell centres in the same unit.

    Returns
    -------
    (...,) float64
    """
    edge = 0.5 * (axis[1] - axis[0]), 0.5 * (axis[-1] - axis[-2])
    nodes = np.concatenate([[axis[0] - edge[0]], axis, [axis[-1] + edge[1]]])
    cells = np.concatenate([[0.0], np.arange(len(axis)) + 0.5, [len(axis)]])
    cell = np.interp(value, nodes, cells, left=np.nan, right=np.nan)
    return 2 * cell / len(axis) - 1


def denormalise(position: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Inverse of `normalise`; positions outside -1..1 give the edge.

    Parameters
    ----------
    position : (...,) float
        In -1..1.
    axis : (n,) float64
        Ascending cell centres.

    Returns
    -------
    (...,) float64
        In the unit of `axis`.
    """
    edge = 0.5 * (axis[1] - axis[0]), 0.5 * (axis[-1] - axis[-2])
    nodes = np.concatenate([[axis[0] - edge[0]], axis, [axis[-1] + edge[1]]])
    cells = np.concatenate([[0.0], np.arange(len(axis)) + 0.5, [len(axis)]])
    return np.interp((np.asarray(position) + 1) / 2 * len(axis), cells, nodes)


def to_plane(distance: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """Cartesian position in the sensor plane.

    Parameters
    ----------
    distance, azimuth : (...,) float
        [m], [rad] positive to the right.

    Returns
    -------
    (..., 2) float64
        Right and forward [m].
    """
    return np.stack([distance * np.sin(azimuth), distance * np.cos(azimuth)], axis=-1)
