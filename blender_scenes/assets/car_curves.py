"""Curves and fillets of car bodies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

STEP = 0.01  # [m] of the tables along the car


def smooth_max(a: np.ndarray, b: np.ndarray, radius: float) -> np.ndarray:
    """Intersection of two solids with a fillet (circular where the surfaces are at right angles)."""
    u, v = np.maximum(a + radius, 0), np.maximum(b + radius, 0)
    return np.minimum(-radius, np.maximum(a, b)) + np.sqrt(u * u + v * v)


def smooth_min(a: np.ndarray, b: np.ndarray, radius: float) -> np.ndarray:
    """Union of two solids with a fillet."""
    return -smooth_max(-a, -b, radius)


def inset(fields: Sequence[np.ndarray], radius: float) -> np.ndarray:
    """Intersection of several regions with rounded corners."""
    result = fields[0]
    for field in fields[1:]:
        result = smooth_max(result, field, radius)
    return result


@dataclass(frozen=True)
class Table:
    """Smooth curve along the car, value over x."""

    start: float
    values: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Interpolate linearly between entries `STEP` apart."""
        position = np.clip((np.asarray(x) - self.start) / STEP, 0, len(self.values) - 1.001)
        index = position.astype(int)
        share = position - index
        return self.values[index] * (1 - share) + self.values[index + 1] * share

    @classmethod
    def through(cls, points: Sequence[tuple[float, float]], smoothing: float) -> "Table":
        """Polyline through (x, value) points, rounded over about `smoothing` [m]."""
        knots = np.array(sorted(points))
        x = np.arange(knots[0, 0] - 1.0, knots[-1, 0] + 1.0, STEP)
        outer = np.concatenate(
            [[knots[0] - (knots[1] - knots[0]) * 9], knots, [knots[-1] + (knots[-1] - knots[-2]) * 9]]
        )
        return cls(x[0], gaussian_filter1d(np.interp(x, outer[:, 0], outer[:, 1]), smoothing / STEP, mode="nearest"))
