"""Where single paths touch the scene, for pictures: `Paths` keep the first direction and the last point only."""

import numpy as np
from scipy.constants import c

from raysim.intersect import FrameCaster
from raysim.paths import MAX_INTERACTIONS, Interaction, Paths
from raysim.sensors import Radar

STEP = 1e-4  # [m] off a surface that a ray has met
TOLERANCE = 0.02  # [m] between the length of a path and that of its points


def ray_points(paths: Paths, caster: FrameCaster, radar: Radar) -> list[tuple[np.ndarray, bool]]:
    """Find where paths touch what they touch.

    Parameters
    ----------
    paths : Paths
        A few: every one is retraced for itself.
    caster : FrameCaster
        Of the frame that they were traced in.
    radar : Radar

    Returns
    -------
    list of tuple
        One a path: points (num_points, 3) from transmitter to receiver [m], and whether they are as long as the path.
        Where that fails (over an edge to an object, and back over another edge or a mirror: two unknown points in a
        row), the points are the two ends and the last point.
    """
    return [_points(paths, index, caster, radar) for index in range(len(paths))]


def _points(paths: Paths, index: int, caster: FrameCaster, radar: Radar) -> tuple[np.ndarray, bool]:
    digits = [int(paths.kinds[index]) >> 4 * i & 15 for i in range(MAX_INTERACTIONS)]
    kinds, total = [Interaction(digit) for digit in digits if digit], c * float(paths.delay[index])
    last = [paths.last_point[index]] if kinds else []
    between = _between(kinds[:-1], paths.departure[index], total, caster, radar, last[0]) if kinds else []
    points = np.array([radar.transmitter, *(between or []), *last, radar.receiver])
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    return points, between is not None and abs(length - total) < TOLERANCE


def _between(
    kinds: list[Interaction], direction: np.ndarray, total: float, caster: FrameCaster, radar: Radar, last: np.ndarray
) -> list[np.ndarray] | None:
    """Points of all interactions but the last one; None where a ray does not find them.

    The last of them follows from the length of the path: it lies on an ellipse with known foci, and on a known ray.
    """
    origin, points = radar.transmitter, list[np.ndarray]()
    rest = total - float(np.linalg.norm(last - radar.receiver))
    for order, kind in enumerate(kinds):
        if order == len(kinds) - 1 and kind != Interaction.TRANSMISSION:
            return [*points, origin + _on_ellipse(origin, direction, last, rest) * direction]
        hits = caster.closest(origin[None], direction[None])
        if hits.triangle[0] < 0 or kind not in (Interaction.REFLECTION, Interaction.TRANSMISSION):
            return None
        rest -= float(hits.distance[0])
        point, normal = origin + hits.distance[0] * direction, caster.frame.normals[hits.triangle[0]]
        if kind == Interaction.REFLECTION:
            direction = direction - 2 * (direction @ normal) * normal
        points.append(point)
        origin = point + STEP * direction
    return points


def _on_ellipse(origin: np.ndarray, direction: np.ndarray, end: np.ndarray, length: float) -> float:
    """Distance t along a ray at which ``t + |origin + t direction - end| = length``."""
    line = end - origin
    return float((length**2 - line @ line) / (2 * max(length - direction @ line, 1e-12)))
