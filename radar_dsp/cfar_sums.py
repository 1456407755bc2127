"""Box sums of CFAR windows and the comparison with the threshold, in float64 (numba).

Running sums: a few operations a cell whatever the window. With 80 dB between the strongest cell and the noise they
are good to 1e-8 of the noise.
"""

import numpy as np
from numba import njit

from radar_dsp.cfar_window import AxisWindow


def ring_sums(plane: np.ndarray, pair: tuple[AxisWindow, AxisWindow]) -> np.ndarray:
    """Sum of the training cells around every cell: all of the window but its guard.

    Parameters
    ----------
    plane : (n, m) array of float
    pair : tuple of AxisWindow

    Returns
    -------
    (n, m) float64
    """
    down, across = pair
    full, sides = _along_rows(plane, across.guard, across.reach, across.wraps)
    total = np.zeros(plane.shape)
    if down.training:
        _add_along_columns(full, -down.reach, -down.guard - 1, down.wraps, total)
        _add_along_columns(full, down.guard + 1, down.reach, down.wraps, total)
    if across.training:
        _add_along_columns(sides, -down.guard, down.guard, down.wraps, total)
    return total


def half_sums(plane: np.ndarray, pair: tuple[AxisWindow, AxisWindow]) -> tuple[np.ndarray, np.ndarray]:
    """Sum the blocks before and after the guard along the first axis, as wide as the window along the second.

    Parameters and types as in `ring_sums`.
    """
    down, across = pair
    full, _ = _along_rows(plane, across.guard, across.reach, across.wraps)
    before, after = np.zeros(plane.shape), np.zeros(plane.shape)
    _add_along_columns(full, -down.reach, -down.guard - 1, down.wraps, before)
    _add_along_columns(full, down.guard + 1, down.reach, down.wraps, after)
    return before, after


@njit(cache=True, nogil=True)
def _along_rows(plane, guard, reach, wraps):
    """Per cell: the sum of its row within `reach`, and the same without the cells within `guard`."""
    rows, columns = plane.shape
    full, sides = np.empty((rows, columns)), np.empty((rows, columns))
    running = np.zeros(columns + 2 * reach + 1)
    for i in range(rows):
        for j in range(columns + 2 * reach):
            source = j - reach
            value = 0.0
            if 0 <= source < columns:
                value = plane[i, source]
            elif wraps:
                value = plane[i, source % columns]
            running[j + 1] = running[j] + value
        for j in range(columns):
            full[i, j] = running[j + 2 * reach + 1] - running[j]
            before = running[j + reach - guard] - running[j]
            sides[i, j] = before + (running[j + 2 * reach + 1] - running[j + reach + guard + 1])
    return full, sides


@njit(cache=True, nogil=True)
def _add_along_columns(values, first, last, wraps, out):
    """Add the rows first..last from every row to it; never below zero, which rounding could give."""
    rows, columns = values.shape
    running = np.zeros(columns)
    for offset in range(first, last):
        if wraps or 0 <= offset < rows:
            running += values[offset % rows]
    for i in range(rows):
        entering, leaving = i + last, i + first
        if wraps or 0 <= entering < rows:
            running += values[entering % rows]
        for j in range(columns):
            out[i, j] += max(running[j], 0.0)
        if wraps or 0 <= leaving < rows:
            running -= values[leaving % rows]


@njit(cache=True, nogil=True)
def compare_mean(plane, total, count, alpha, row_class, column_class):
    """Threshold from the mean of the training cells.

    Parameters
    ----------
    plane, total : (n, m) float
        Power, and the sum of its training cells.
    count : (r, c) int64
        Training cells by class of row and of column.
    alpha : (r, c) float64
        Factors by class; inf where there is no cell.
    row_class, column_class : (n,), (m,) int64

    Returns
    -------
    mask : (n, m) bool
    threshold, noise : (n, m) float64
        Threshold inf and noise NaN where there is no training cell.
    cells : (n, m) int32
    """
    mask, cells = np.empty(plane.shape, np.bool_), np.empty(plane.shape, np.int32)
    threshold, noise = np.empty(plane.shape), np.empty(plane.shape)
    for i in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            number, factor = count[row_class[i], column_class[j]], alpha[row_class[i], column_class[j]]
            cells[i, j] = number
            noise[i, j] = total[i, j] / number if number else np.nan
            threshold[i, j] = factor * noise[i, j] if number else np.inf
            mask[i, j] = plane[i, j] > threshold[i, j]
    return mask, threshold, noise, cells


@njit(cache=True, nogil=True)
def compare_halves(plane, before, after, leading, trailing, greatest, alpha, row_class, column_class):
    """Threshold from the greater or smaller of two means; an empty half leaves the other alone.

    Parameters as in `compare_mean`, with sums and counts of the two halves, and `greatest`: GO instead of SO.
    """
    mask, cells = np.empty(plane.shape, np.bool_), np.empty(plane.shape, np.int32)
    threshold, noise = np.empty(plane.shape), np.empty(plane.shape)
    for i in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            a, b = leading[row_class[i], column_class[j]], trailing[row_class[i], column_class[j]]
            first = before[i, j] / a if a else np.nan
            second = after[i, j] / b if b else first
            first = first if a else second
            cells[i, j] = a + b
            noise[i, j] = max(first, second) if greatest else min(first, second)
            threshold[i, j] = alpha[row_class[i], column_class[j]] * noise[i, j] if a + b else np.inf
            mask[i, j] = plane[i, j] > threshold[i, j]
    return mask, threshold, noise, cells
