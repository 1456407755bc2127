"""Exact ordered-statistic CFAR by counting instead of sorting (numba).

A cell P exceeds alpha times the k-th smallest of N training cells exactly if at most N - k of them reach P / alpha.
In noise the count passes N - k after a fraction of the window, and the search ends there.
"""

import numpy as np
from numba import njit

from radar_dsp.cfar_window import AxisWindow

OUTSIDE = -1.0  # of the padding beyond an end: below any power, so that it is never counted


def pad(power: np.ndarray, windows: tuple[AxisWindow, AxisWindow]) -> np.ndarray:
    """Return `power` (2-D) in float64 with the reach of the windows around it: the other end, or `OUTSIDE`."""
    for axis, window in enumerate(windows):
        width = [(window.reach, window.reach) if a == axis else (0, 0) for a in (0, 1)]
        if window.wraps:
            power = np.pad(power, width, mode="wrap")
        else:
            power = np.pad(power, width, constant_values=OUTSIDE)
    return np.ascontiguousarray(power, np.float64)


@njit(cache=True, nogil=True)
def exceeds(padded, alpha, above, row_class, column_class, guard, reach):
    """Test every cell against its ordered training cell.

    Parameters
    ----------
    padded : (n + 2 reach[0], m + 2 reach[1]) float64
        From `pad`.
    alpha : (r, c) float64
        Factors by class of row and of column; inf where there is no training cell.
    above : (r, c) int64
        N - k by class.
    row_class, column_class : (n,), (m,) int64
    guard, reach : tuple of int
        Along both axes [cells].

    Returns
    -------
    (n, m) bool
    """
    rows, columns = len(row_class), len(column_class)
    found = np.zeros((rows, columns), np.bool_)
    width = 2 * reach[1] + 1
    near, far = reach[1] - guard[1], reach[1] + guard[1] + 1  # of the guard, from the left end of the window
    for i in range(rows):
        for j in range(columns):
            factor = alpha[row_class[i], column_class[j]]
            level = padded[i + reach[0], j + reach[1]] / factor
            left = above[row_class[i], column_class[j]]
            for r in range(2 * reach[0] + 1):
                line = padded[i + r, j : j + width]
                if abs(r - reach[0]) > guard[0]:
                    for q in range(width):
                        left -= line[q] >= level
                else:
                    for q in range(near):
                        left -= line[q] >= level
                    for q in range(far, width):
                        left -= line[q] >= level
                if left < 0:
                    break
            found[i, j] = left >= 0 and factor < np.inf
    return found


@njit(cache=True, nogil=True)
def ordered_cells(padded, rows, columns, rank, guard, reach):
    """Ordered training cell of chosen cells.

    Parameters
    ----------
    padded : (n + 2 reach[0], m + 2 reach[1]) float64
        From `pad`.
    rows, columns : (count,) int64
        Cells under test.
    rank : (count,) int64
        From 1; 0 where there is no training cell.
    guard, reach : tuple of int

    Returns
    -------
    (count,) float64
        NaN where the rank is 0.
    """
    result = np.full(len(rows), np.nan)
    buffer = np.empty((2 * reach[0] + 1) * (2 * reach[1] + 1))
    for index in range(len(rows)):
        count = 0
        for r in range(-reach[0], reach[0] + 1):
            for q in range(-reach[1], reach[1] + 1):
                value = padded[rows[index] + reach[0] + r, columns[index] + reach[1] + q]
                if value >= 0 and (abs(r) > guard[0] or abs(q) > guard[1]):
                    buffer[count] = value
                    count += 1
        if rank[index] > 0:
            result[index] = np.partition(buffer[:count], rank[index] - 1)[rank[index] - 1]
    return result
