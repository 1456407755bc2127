"""The reference window of a CFAR detector: guard and training cells along each axis, and how many there are."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AxisWindow:
    """Reference window along one axis, in native cells.

    Attributes
    ----------
    guard : int
        Cells left out on each side of the cell under test.
    training : int
        Cells used on each side beyond the guard; 0 = this axis only has its guard cells.
    wraps : bool
        The axis is periodic (Doppler, beams over the whole period): the window goes on at the other end. Otherwise
        it shrinks at the ends (range).
    """

    guard: int
    training: int
    wraps: bool = False

    def __post_init__(self):
        if self.guard < 0 or self.training < 0:
            raise ValueError(f"guard and training cells must not be negative, got {self.guard} and {self.training}")

    @property
    def reach(self) -> int:
        """Cells from the one under test to the end of the window."""
        return self.guard + self.training

    def counts(self, length: int) -> np.ndarray:
        """Cells before, around (guard and cell under test) and after each cell of an axis.

        Parameters
        ----------
        length : int
            Of the axis.

        Returns
        -------
        (3, length) int64

        Raises
        ------
        ValueError
            If the axis wraps and is shorter than the window, which would meet a cell twice.
        """
        index = np.arange(length)
        if self.wraps:
            if 2 * self.reach + 1 > length:
                raise ValueError(
                    f"a window of {2 * self.reach + 1} cells does not fit a wrapping axis of {length}; "
                    "take less guard or training"
                )
            return np.tile([[self.training], [2 * self.guard + 1], [self.training]], length)
        after = np.minimum(index[::-1], self.reach) - np.minimum(index[::-1], self.guard)
        around = np.minimum(index, self.guard) + np.minimum(index[::-1], self.guard) + 1
        return np.stack([after[::-1], around, after])


def axis_window(axis: np.ndarray, *, guard: float, training: float, wraps: bool = False) -> AxisWindow:
    """Build the reference window along an axis from physical lengths.

    Parameters
    ----------
    axis : (n,) float64
        Equidistant cell centres: [m], [m/s], or the numbers of the beams.
    guard : float
        Left out on each side, rounded up to whole cells; unit of `axis`.
    training : float
        Used on each side beyond the guard, rounded to whole cells, at least one unless zero; unit of `axis`.
        Neither is longer than an axis that does not wrap.
    wraps : bool
        The axis is periodic.

    Returns
    -------
    AxisWindow

    Raises
    ------
    ValueError
        If a length is negative or not finite, or the axis is not equidistant.
    """
    axis = np.asarray(axis, float)
    if axis.ndim != 1 or len(axis) < 2:
        raise ValueError(f"an axis needs at least 2 cells in one dimension, got shape {axis.shape}")
    step = np.diff(axis)
    if not (step[0] != 0 and np.allclose(step, step[0], rtol=1e-6, atol=0)):
        raise ValueError("a CFAR axis must be equidistant: use the native cells, not an interpolated picture")
    if not (0 <= guard < np.inf and 0 <= training < np.inf):
        raise ValueError(f"guard and training must be zero or positive lengths, got {guard} and {training}")
    size = abs(step[0])
    cells = max(1, round(training / size)) if training else 0
    around = int(np.ceil(guard / size - 1e-9))
    # Beyond the ends of an axis that does not wrap there is nothing: a longer window is padding only.
    return AxisWindow(around, cells, True) if wraps else AxisWindow(min(around, len(axis)), min(cells, len(axis)))
