"""From detected cells to objects: peak refinement and DBSCAN in metres and metres per second.

Cells are neighbours by physical distance, but never closer than the resolution allows: a beam at 40 m is 5 m wide, and
two of its cells side by side are one object all the same. Ester et al., KDD 1996 (scikit-learn's DBSCAN).
"""

from dataclasses import dataclass

import numpy as np

NEIGHBOURING = 1.5  # resolution cells; cells side by side (1) and across a corner (1.42) touch, the next (2) do not


@dataclass(frozen=True)
class Cluster:
    """Cells of one object in a map of two axes.

    Attributes
    ----------
    cells : (2, n) int64
        Rows and columns.
    peak : tuple of int
        Row and column of the strongest cell.
    position : (2,) float64
        Refined peak, in the units of the axes.
    centroid : (2,) float64
        Power-weighted mean of the cells.
    extent : (2,) float64
        Span of the cells, edge to edge.
    power : float
        Of the strongest cell, linear.
    """

    cells: np.ndarray
    peak: tuple[int, int]
    position: np.ndarray
    centroid: np.ndarray
    extent: np.ndarray
    power: float


def peak_between_cells(power: np.ndarray, peak: tuple[int, ...], wraps: tuple[bool, ...]) -> np.ndarray:
    """Place of a peak between the cells: a parabola through three cells in log power, along each axis.

    Exact for a Gaussian main lobe; windows with low sidelobes come close (Hann and Hamming: within 0.02 cells, Taylor
    0.03; rectangular: 0.17, because its main lobe spans only two cells).

    Parameters
    ----------
    power : (n, ...) array of float
        Linear.
    peak : tuple of int
        Index of a cell.
    wraps : tuple of bool
        Which axes are periodic; at the end of another axis the cell itself is returned.

    Returns
    -------
    (power.ndim,) float64
        Fractional index, within half a cell of `peak`; it may pass the end of a periodic axis by as much.
    """
    refined = np.array(peak, float)
    for axis, periodic in enumerate(wraps):
        line = power[tuple(slice(None) if a == axis else peak[a] for a in range(power.ndim))]
        index, length = peak[axis], len(line)
        if length < 3 or not (periodic or 0 < index < length - 1):
            continue
        before, here, after = (float(line[(index + step) % length]) for step in (-1, 0, 1))
        if min(before, here, after) <= 0:
            continue
        a, b, c = np.log([before, here, after])
        curvature = 2 * b - a - c
        if curvature > 0:
            refined[axis] += np.clip((c - a) / (2 * curvature), -0.5, 0.5)
    return refined


def at_index(axis: np.ndarray, index: float) -> float:
    """Value of an equidistant axis at a fractional index, also beyond its ends."""
    return float(axis[0] + (axis[1] - axis[0]) * index)


def range_velocity_features(
    distance: np.ndarray, velocity: np.ndarray, *, reach: tuple[float, float], cell: tuple[float, float], span: float
) -> np.ndarray:
    """Coordinates in which range-velocity cells of one object lie within a distance of 1.

    Parameters
    ----------
    distance, velocity : (n,) float64
        [m], [m/s].
    reach : tuple of float
        How far apart echoes of one object lie at most: [m], [m/s].
    cell : tuple of float
        Resolution: [m], [m/s].
    span : float
        Unambiguous velocity span [m/s]: +v_max is next to -v_max, so the axis is bent to a circle.

    Returns
    -------
    (n, 3) float64
    """
    step, turn = (max(r, NEIGHBOURING * size) for r, size in zip(reach, cell, strict=True))
    return np.stack([distance / step, *_circle(velocity, span, np.full(len(velocity), turn))], axis=1)


def range_angle_features(
    distance: np.ndarray, cosine: np.ndarray, *, reach: float, cell: tuple[float, float], span: float | None = None
) -> np.ndarray:
    """Coordinates in which range-angle cells of one object lie within a distance of 1.

    Parameters
    ----------
    distance, cosine : (n,) float64
        [m]; direction cosine along the array.
    reach : float
        How far apart echoes of one object lie at most, along and across [m].
    cell : tuple of float
        Resolution: [m], direction cosine. Across it is `distance` times the latter, and counts where it is larger.
    span : float, optional
        Period of the cosine, if the ends of its axis are neighbours: it is bent to a circle.

    Returns
    -------
    (n, 2) float64, or (n, 3) on the circle
    """
    along = distance / max(reach, NEIGHBOURING * cell[0])
    across = np.minimum(distance / reach, 1 / (NEIGHBOURING * cell[1]))
    if span is None:
        return np.stack([along, cosine * across], axis=1)
    return np.stack([along, *_circle(cosine, span, 1 / np.maximum(across, 1 / span))], axis=1)


def _circle(value: np.ndarray, span: float, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates on circles of the circumference `span`, so large that the chord over `reach` is 1."""
    radius = 0.5 / np.sin(np.pi * np.minimum(reach / span, 0.5))
    angle = 2 * np.pi * value / span
    return radius * np.cos(angle), radius * np.sin(angle)


def group(features: np.ndarray, *, min_cells: int) -> np.ndarray:
    """Cluster number of every cell by DBSCAN with a radius of 1.

    Parameters
    ----------
    features : (n, d) float64
        From `range_velocity_features` or `range_angle_features`.
    min_cells : int
        Cells within the radius, itself included, that make a cell the core of a cluster.

    Returns
    -------
    (n,) int64
        From 0; -1 = alone, taken for a false alarm.
    """
    if not len(features):
        return np.zeros(0, np.int64)
    from sklearn.cluster import DBSCAN  # slow to import

    return DBSCAN(eps=1.0, min_samples=min_cells).fit_predict(features).astype(np.int64)


def drop_weak(labels: np.ndarray, power: np.ndarray, ratio: float) -> np.ndarray:
    """Take the cells far below the strongest of their cluster out of it: they are its sidelobes.

    Parameters
    ----------
    labels : (n,) int64
        From `group`.
    power : (n,) array of float
        Linear.
    ratio : float
        Of the strongest cell's power.

    Returns
    -------
    (n,) int64
        -1 for what was taken out.
    """
    kept = labels.copy()
    for label in range(labels.max(initial=-1) + 1):
        inside = labels == label
        kept[inside & (power < ratio * power[inside].max())] = -1
    return kept


def describe_clusters(
    power: np.ndarray,
    cells: np.ndarray,
    labels: np.ndarray,
    axes: tuple[np.ndarray, np.ndarray],
    wraps: tuple[bool, bool],
) -> list[Cluster]:
    """Peak, centroid and extent of every cluster, strongest first.

    Parameters
    ----------
    power : (n, m) array of float
        Linear.
    cells : (2, count) int64
        Rows and columns of the detected cells.
    labels : (count,) int64
        From `group`.
    axes : tuple of (n,), (m,) float64
        Equidistant cell centres.
    wraps : tuple of bool
        Periodic axes, along which a cluster may pass the end.

    Returns
    -------
    list of Cluster
    """
    found = [_describe(power, cells[:, labels == label], axes, wraps) for label in range(labels.max(initial=-1) + 1)]
    return sorted(found, key=lambda cluster: -cluster.power)


def _describe(power, cells: np.ndarray, axes, wraps) -> Cluster:
    weight = power[cells[0], cells[1]].astype(float)
    peak = tuple(int(i) for i in cells[:, weight.argmax()])
    position, centroid, extent = (np.empty(2) for _ in range(3))
    refined = peak_between_cells(power, peak, wraps)
    for a in (0, 1):
        offset = cells[a] - peak[a]
        if wraps[a]:  # the shorter way round
            offset = (offset + len(axes[a]) // 2) % len(axes[a]) - len(axes[a]) // 2
        step = abs(axes[a][1] - axes[a][0])
        position[a] = _wrapped(at_index(axes[a], refined[a]), axes[a], wraps[a])
        centre = at_index(axes[a], peak[a] + float((weight * offset).sum() / weight.sum()))
        centroid[a] = _wrapped(centre, axes[a], wraps[a])
        extent[a] = (offset.max() - offset.min() + 1) * step
    return Cluster(cells, (peak[0], peak[1]), position, centroid, extent, float(weight.max()))


def _wrapped(value: float, axis: np.ndarray, periodic: bool) -> float:
    """Bring a value on a periodic axis into its span, from half a cell before the first centre."""
    if not periodic:
        return value
    step = axis[1] - axis[0]
    start = axis[0] - step / 2
    return float(start + (value - start) % (step * len(axis)))
