"""The four-dimensional Fourier sum of a CSI at any place, with its derivatives, and the climb to its maximum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radar_dsp.csi import Csi
from radar_dsp.windows import Weights

MAX_STEPS = 30
STEP_TOLERANCE = 1e-7  # [cells]: far below the bound at any SNR that complex64 can hold
LARGEST_STEP = 0.3  # [cells]
REACH = 1.0  # [cells] from the start; farther is another lobe
HALVINGS = 8  # of a step that does not climb
ORDERS = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))  # powers of two coordinates up to the second order


@dataclass(frozen=True)
class LobePoint:
    """The weighted Fourier sum g at one place.

    Attributes
    ----------
    place : (4,) float64
        Up, right, velocity, range [native cells].
    sum : complex
        g.
    gradient : (4,) float64
        Of log |g|^2 [1/cell].
    curvature : (4, 4) float64
        Second derivatives of log |g|^2 [1/cell^2].
    """

    place: np.ndarray
    sum: complex
    gradient: np.ndarray
    curvature: np.ndarray


@dataclass(frozen=True)
class Lobe:
    """Weighted CSI and the coordinates of its samples, in turns per native cell.

    Attributes
    ----------
    values : (rows, columns, symbols x subcarriers) complex64
    row, column : (rows,), (columns,) float64
        From the array's centre.
    features : (6, symbols x subcarriers) float64
        1, v, r, v^2, v r, r^2 with v and r the turns per cell of velocity and of range.
    weights : four arrays of float64
    """

    values: np.ndarray
    row: np.ndarray
    column: np.ndarray
    features: np.ndarray
    weights: Weights

    @classmethod
    def of(cls, csi: Csi, weights: Weights) -> "Lobe":
        """Coordinates of a CSI. Raises ValueError if the weights do not fit its axes."""
        lengths = tuple(len(weight) for weight in weights)
        if lengths != csi.values.shape:
            raise ValueError(f"weights must have the lengths {csi.values.shape} of the csi's axes, got {lengths}")
        rows, columns, symbols, tones = lengths
        # A delay rate turns subcarrier k by (fc + f_k) rate t: Doppler and range walk in one.
        stretch = 1 + csi.subcarrier_frequency / csi.carrier_frequency
        v = (csi.symbol_time / (symbols * csi.symbol_interval))[:, None] * stretch
        r = np.broadcast_to(-csi.subcarrier_frequency / (tones * csi.tone_spacing), v.shape)
        features = np.stack([np.ones_like(v), v, r, v * v, v * r, r * r]).reshape(6, -1)
        return cls(
            csi.values.reshape(rows, columns, symbols * tones),
            (np.arange(rows) - (rows - 1) / 2) / rows,
            (np.arange(columns) - (columns - 1) / 2) / columns,
            features,
            weights,
        )

    @property
    def gain(self) -> float:
        """Sum of a unit path's samples at its own place."""
        return float(np.prod([weight.sum() for weight in self.weights]))

    @property
    def energy(self) -> float:
        """Variance of the sum over the variance of a sample."""
        return float(np.prod([(weight**2).sum() for weight in self.weights]))

    def at(self, place: np.ndarray, others: Sequence["Source"] = ()) -> LobePoint:
        """Fourier sum, without the shares of other targets, and the derivatives of its log power at a place [cells]."""
        moments = self._data_moments(place)
        for other in others:
            moments -= other.amplitude * self.path_moments(place - other.place)
        return _derivatives(place, moments)

    def _data_moments(self, place: np.ndarray) -> np.ndarray:
        """(6, 6) complex128 sums of the data over `ORDERS` of the array's coordinates and over the features."""
        row, column, _, _ = self.weights
        rows = _moments(self.row, row, place[0]).astype(np.complex64)
        columns = _moments(self.column, column, place[1]).astype(np.complex64)
        beams = np.tensordot(rows, self.values, axes=1)  # (3, columns, samples)
        beams = np.stack([columns[j] @ beams[i] for i, j in ORDERS])
        return (beams * self._tap(place)) @ self.features.T

    def path_moments(self, distance: np.ndarray) -> np.ndarray:
        """(6, 6) complex128 the same sums for a unit path, seen from a distance of it [cells]."""
        row, column, _, _ = self.weights
        rows = _moments(self.row, row, distance[0]).sum(axis=1)
        columns = _moments(self.column, column, distance[1]).sum(axis=1)
        return np.outer([rows[i] * columns[j] for i, j in ORDERS], self.features @ self._tap(distance))

    def _tap(self, place: np.ndarray) -> np.ndarray:
        """(symbols x subcarriers,) complex128 windowed filter of a velocity and a range."""
        turns = place[2] * self.features[1] + place[3] * self.features[2]
        return np.multiply.outer(self.weights[2], self.weights[3]).ravel() * np.exp(-2j * np.pi * turns)


@dataclass(frozen=True)
class Source:
    """A target taken as known.

    Attributes
    ----------
    place : (4,) float64
        Up, right, velocity, range [native cells].
    amplitude : complex
    """

    place: np.ndarray
    amplitude: complex


def _moments(coordinate: np.ndarray, weight: np.ndarray, place: float) -> np.ndarray:
    """(3, n) steering weights times the coordinate's powers 0, 1, 2."""
    return weight * np.exp(-2j * np.pi * place * coordinate) * coordinate ** np.arange(3)[:, None]


def by_order(moment: np.ndarray) -> tuple[complex, np.ndarray, np.ndarray]:
    """Sort moments (array orders x features, both as 1, a, b, aa, ab, bb) by their order in the four coordinates.

    Parameters
    ----------
    moment : (6, 6) complex128

    Returns
    -------
    complex, (4,) complex128, (4, 4) complex128
        Sums with no, one and two coordinates: up, right, velocity, range.
    """
    first = np.array([moment[1, 0], moment[2, 0], moment[0, 1], moment[0, 2]])
    second = np.zeros((4, 4), complex)
    for block, (aa, ab, bb) in ((0, moment[3:6, 0]), (2, moment[0, 3:6])):
        second[block : block + 2, block : block + 2] = [[aa, ab], [ab, bb]]
    second[:2, 2:] = moment[1:3, 1:3]
    second[2:, :2] = moment[1:3, 1:3].T
    return complex(moment[0, 0]), first, second


def _derivatives(place: np.ndarray, moment: np.ndarray) -> LobePoint:
    total, first, second = by_order(moment)
    slope = -2j * np.pi * first / total
    bend = (2j * np.pi) ** 2 * second / total
    return LobePoint(place, total, 2 * slope.real, 2 * (bend - np.outer(slope, slope)).real)


def climb(lobe: Lobe, start: np.ndarray, others: Sequence[Source] = ()) -> LobePoint:
    """Newton steps on the log power from a place within the main lobe to its top.

    Parameters
    ----------
    lobe : Lobe
    start : (4,) float64
        [cells].
    others : sequence of Source
        Targets whose shares are taken off first.

    Returns
    -------
    LobePoint
        Its power is never below the start's, and it lies at most `REACH` cells from it on each axis.
    """
    free = np.array([len(weight) for weight in lobe.weights]) > 1
    point = lobe.at(np.where(free, start, 0.0), others)
    for _ in range(MAX_STEPS):
        step = np.zeros(4)
        step[free] = _newton_step(point.gradient[free], point.curvature[np.ix_(free, free)])
        higher = _search(lobe, point, step, start, others)
        moved = np.abs(higher.place - point.place).max()
        point = higher
        if moved < STEP_TOLERANCE:
            break
    return point


def _newton_step(gradient: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Uphill step; where the surface is not concave, along the gradient with the curvature's modulus."""
    value, vector = np.linalg.eigh(curvature)
    step = vector @ (vector.T @ gradient / np.maximum(np.abs(value), 1e-3))
    return step * min(1, LARGEST_STEP / max(np.abs(step).max(), STEP_TOLERANCE))


def _search(lobe: Lobe, point: LobePoint, step: np.ndarray, start: np.ndarray, others: Sequence[Source]) -> LobePoint:
    """Halve a step until it climbs; stay where none does."""
    for halving in range(HALVINGS):
        place = point.place + step / 2**halving
        place = np.where(step, np.clip(place, start - REACH, start + REACH), point.place)
        if np.abs(place - point.place).max() < STEP_TOLERANCE:
            break
        trial = lobe.at(place, others)
        if abs(trial.sum) > abs(point.sum):
            return trial
    return point
