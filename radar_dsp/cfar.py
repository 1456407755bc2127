"""Constant false-alarm rate detection: CA, GO, SO and OS in one and two dimensions.

On linear power on the native grid: interpolated pictures have correlated cells, which break the rate. Windows
weaken the assumption too (neighbours correlate): with Hann and one guard cell CA's counted rate at 1e-3 is 1.5 times
the asked one inside and 1.9 times in corners, SO's 2.7 and 3.6 times. The factor follows the number of training cells
of each cell, so that without a window the rate holds at edges and in corners.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from radar_dsp.cfar_factors import ca_factor, go_factor, os_factor, os_rank, so_factor
from radar_dsp.cfar_ordered import exceeds, ordered_cells, pad
from radar_dsp.cfar_sums import compare_halves, compare_mean, half_sums, ring_sums
from radar_dsp.cfar_window import AxisWindow

Method = Literal["ca", "go", "so", "os"]
Scale = Literal["power", "amplitude", "db"]
_TO_POWER = {"amplitude": "square it (amplitude**2)", "db": "convert it (10 ** (dB / 10))"}


@dataclass(frozen=True)
class CfarResult:
    """Outcome of a CFAR detector; arrays have the shape of the map.

    Attributes
    ----------
    power : float
        Tested, as given.
    mask : bool
        Power above the threshold.
    threshold : float64
        Factor times `noise`; inf where no training cell is left. OS: NaN where nothing was detected.
    noise : float64
        The statistic of the training cells: mean (CA), greater or smaller of the means of the two halves (GO, SO),
        ordered cell (OS: NaN where nothing was detected, because only the comparison is made there).
    cells : int32
        Training cells used.
    """

    power: np.ndarray
    mask: np.ndarray
    threshold: np.ndarray
    noise: np.ndarray
    cells: np.ndarray

    @property
    def snr(self) -> np.ndarray:
        """Power over `noise`, linear, float64: inf where the noise is zero."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.power / self.noise


def cfar(
    power: np.ndarray,
    windows: tuple[AxisWindow, ...],
    *,
    method: Method,
    pfa: float,
    scale: Scale,
    looks: float = 1,
    halves: int = 0,
) -> CfarResult:
    """Detect cells that stand out of their neighbourhood at a constant false-alarm rate.

    Parameters
    ----------
    power : (n,) or (n, m) array of float
        Linear power.
    windows : tuple of AxisWindow
        One an axis; see `axis_window` for metres and m/s.
    method : str
        ``ca``: mean of the ring of training cells; ``os``: its ceil(0.75 N)-th smallest cell; ``go``, ``so``: greater,
        smaller mean of the two blocks before and after the guard along the axis `halves`.
    pfa : float
        Asked rate of false alarms in cells of noise.
    scale : str
        What the numbers are; only ``power`` is accepted, because the factors hold for nothing else.
    looks : float
        *Independent* looks averaged or summed in every cell; 1 = square-law. Correlated looks (zero padding, windows)
        have fewer: mean^2 / variance of a cell of noise is then an approximation.
    halves : int
        Axis that GO and SO divide along.

    Returns
    -------
    CfarResult

    Raises
    ------
    ValueError
        If the scale is not power, or a value is negative or not finite, the windows do not fit, or nothing is trained.
    """
    power = np.asarray(power)
    _check(power, windows, method, scale, halves)
    plane, pair = _as_plane(power, windows)
    if method in ("go", "so"):
        result = _two_halves(plane, pair, method, pfa, looks, halves)
    elif method == "os":
        result = _ordered(plane, pair, pfa, looks)
    else:
        result = _averaged(plane, pair, pfa, looks)
    return CfarResult(power, *(array.reshape(power.shape) for array in result))


def ordered_noise(power: np.ndarray, windows: tuple[AxisWindow, ...]) -> np.ndarray:
    """Noise statistic of OS-CFAR at every cell, by selection: exact, and far slower than detecting.

    Parameters
    ----------
    power, windows
        As in `cfar`.

    Returns
    -------
    (n,) or (n, m) float64
        The ceil(0.75 N)-th smallest training cell; NaN where there is none.
    """
    power = np.asarray(power)
    _check(power, windows, "os", "power", 0)
    plane, pair = _as_plane(power, windows)
    rows, columns, classes = _classes(plane.shape, pair)
    ranks = np.vectorize(os_rank, otypes=[np.int64])(_ring_counts(rows, columns))[np.ix_(*classes)]
    guard, reach = (pair[0].guard, pair[1].guard), (pair[0].reach, pair[1].reach)
    row, column = np.indices(plane.shape).reshape(2, -1)
    return ordered_cells(pad(plane, pair), row, column, ranks.reshape(-1), guard, reach).reshape(power.shape)


def _as_plane(power: np.ndarray, windows: tuple[AxisWindow, ...]):
    """Two axes always: a line is a plane of one column, whose window is the cell itself."""
    pair = windows if len(windows) == 2 else (windows[0], AxisWindow(0, 0))
    plane = power.reshape(len(power), -1)
    return np.ascontiguousarray(plane, np.float32 if power.dtype == np.float32 else np.float64), pair


def _check(power: np.ndarray, windows: tuple[AxisWindow, ...], method: str, scale: str, halves: int) -> None:
    if scale != "power":
        hint = _TO_POWER.get(scale, f"scale must be one of {', '.join(get_args(Scale))}")
        raise ValueError(f"CFAR needs linear power, got scale {scale!r}: {hint}")
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(get_args(Method))}, got {method!r}")
    if power.ndim not in (1, 2) or not power.size or power.dtype.kind not in "fiu":
        raise ValueError(f"CFAR needs real power in one or two dimensions, got {power.dtype} {power.shape}")
    if not (power.min() >= 0 and np.isfinite(power.max())):  # NaN fails the first
        raise ValueError("CFAR needs finite power of zero or more; values below zero look like dB")
    if len(windows) != power.ndim:
        raise ValueError(f"CFAR needs one window an axis, got {len(windows)} for {power.ndim} axes")
    if not 0 <= halves < power.ndim:
        raise ValueError(f"halves must be an axis in 0..{power.ndim - 1}, got {halves}")
    trained = windows[halves].training if method in ("go", "so") else sum(w.training for w in windows)
    if trained == 0:
        raise ValueError("CFAR needs training cells" + (" along the axis it halves" if method in ("go", "so") else ""))


def _classes(shape: tuple[int, ...], pair: tuple[AxisWindow, AxisWindow]):
    """Cells before, around and after by class of row and of column, and the class of every row and column."""
    (rows, row_class), (columns, column_class) = (
        np.unique(window.counts(length), axis=1, return_inverse=True)
        for window, length in zip(pair, shape, strict=True)
    )
    return rows, columns, (row_class.reshape(-1), column_class.reshape(-1))


def _ring_counts(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Training cells of the whole window without its guard, by class."""
    return np.multiply.outer(rows.sum(0), columns.sum(0)) - np.multiply.outer(rows[1], columns[1])


def _averaged(plane: np.ndarray, pair: tuple[AxisWindow, AxisWindow], pfa: float, looks: float):
    rows, columns, classes = _classes(plane.shape, pair)
    count = _ring_counts(rows, columns)
    alpha = np.vectorize(lambda n: ca_factor(int(n), pfa, looks=looks), otypes=[float])(count)
    return compare_mean(plane, ring_sums(plane, pair), count, alpha, *classes)


def _two_halves(plane, pair: tuple[AxisWindow, AxisWindow], method: str, pfa: float, looks: float, halves: int):
    """Blocks before and after the guard along `halves`, as wide as the whole window along the other axis."""
    if halves == 1:
        result = _two_halves(np.ascontiguousarray(plane.T), pair[::-1], method, pfa, looks, 0)
        return tuple(array.T for array in result)
    rows, columns, classes = _classes(plane.shape, pair)
    leading, trailing = (np.multiply.outer(rows[part], columns.sum(0)) for part in (0, 2))
    solve = go_factor if method == "go" else so_factor

    def factor(a: int, b: int) -> float:
        return solve(int(min(a, b)), int(max(a, b)), pfa, looks=looks)  # symmetric: half as many to solve

    alpha = np.vectorize(factor, otypes=[float])(leading, trailing)
    before, after = half_sums(plane, pair)
    return compare_halves(plane, before, after, leading, trailing, method == "go", alpha, *classes)


def _ordered(plane: np.ndarray, pair: tuple[AxisWindow, AxisWindow], pfa: float, looks: float):
    rows, columns, (row_class, column_class) = _classes(plane.shape, pair)
    count = _ring_counts(rows, columns)
    ranks = np.vectorize(os_rank, otypes=[np.int64])(count)
    alpha = np.vectorize(lambda n, k: os_factor(int(n), int(k), pfa, looks=looks), otypes=[float])(count, ranks)
    every = np.ix_(row_class, column_class)
    guard, reach = (pair[0].guard, pair[1].guard), (pair[0].reach, pair[1].reach)
    padded = pad(plane, pair)
    mask = exceeds(padded, alpha, count - ranks, row_class, column_class, guard, reach)
    noise = np.full(plane.shape, np.nan)
    row, column = np.nonzero(mask)
    noise[mask] = ordered_cells(padded, row, column, ranks[every][mask], guard, reach)
    cells = count.astype(np.int32)[every]
    threshold = np.where(cells > 0, 1, np.inf)
    threshold[cells > 0] = (np.where(count > 0, alpha, 0)[every] * noise)[cells > 0]
    return mask, threshold, noise, cells
