"""Exact threshold factors of CA, GO, SO and OS CFAR, and the false-alarm rates they follow from.

Cells of noise are square-law: exponential power, or gamma with the shape `looks` where that many *independent*
looks are averaged. The threshold is the factor times the noise statistic, a mean (CA), the greater or smaller of
two means (GO, SO) or an ordered cell (OS). Rohling, IEEE TAES 19(4), 1983; Gandhi and Kassam, IEEE TAES 24(4), 1988.
"""

from collections.abc import Callable
from functools import lru_cache
from math import ceil, exp, inf, log

import numpy as np
from scipy import special
from scipy.optimize import brentq

NODES = 400  # at least, of the integral over the cell under test; trapezoids on a smooth peak converge exponentially
STEP = 0.7  # of that integral, at most, in deviations of the noise statistic
TAIL = 1e-18  # probability left out at either end of that integral


def ca_rate(alpha: float, cells: int, *, looks: float = 1) -> float:
    """False-alarm rate of CA-CFAR.

    The ratio of a cell to the mean of n others is F-distributed with 2 L and 2 n L degrees of freedom; for one look
    this is ``(1 + alpha / n)^-n`` (Richards, Fundamentals of Radar Signal Processing, 6.5).

    Parameters
    ----------
    alpha : float
        Factor on the mean.
    cells : int
        Training cells.
    looks : float
        Independent looks averaged in every cell.

    Returns
    -------
    float
    """
    return float(special.betainc(cells * looks, looks, 1 / (1 + alpha / cells)))


def ca_factor(cells: int, pfa: float, *, looks: float = 1) -> float:
    """Factor on the mean of `cells` training cells; inf where there is none. Parameters as in `ca_rate`."""
    _check(pfa, looks)
    if cells == 0:
        return inf
    return float(cells * (1 / special.betaincinv(cells * looks, looks, pfa) - 1))


def go_rate(alpha: float, leading: int, trailing: int, *, looks: float = 1) -> float:
    """False-alarm rate of GO-CFAR: the threshold is `alpha` times the greater of two means.

    ``int alpha e^{-alpha x} F1(x) F2(x) dx`` with ``Fi(x) = P(ni, ni x)``. For one look each term of the product rule
    is a ratio of two gamma variables, which gives the closed form with incomplete beta functions for any n1, n2.

    Parameters
    ----------
    alpha : float
    leading, trailing : int
        Cells in the two halves, both at least 1.
    looks : float

    Returns
    -------
    float
    """
    if looks != 1:
        return _integral(
            alpha,
            lambda x: _mean_cdf(x, leading, looks) * _mean_cdf(x, trailing, looks),
            looks,
            leading + trailing,
        )
    total = leading + trailing + alpha
    return float(
        sum(
            (own / (own + alpha)) ** own * special.betainc(other, own, other / total)
            for own, other in ((leading, trailing), (trailing, leading))
        )
    )


def so_rate(alpha: float, leading: int, trailing: int, *, looks: float = 1) -> float:
    """False-alarm rate of SO-CFAR, the smaller of two means: ``F = 1 - (1 - F1)(1 - F2)``; else as `go_rate`."""
    alone = ca_rate(alpha, leading, looks=looks) + ca_rate(alpha, trailing, looks=looks)
    return alone - go_rate(alpha, leading, trailing, looks=looks)


@lru_cache(maxsize=16384)
def go_factor(leading: int, trailing: int, pfa: float, *, looks: float = 1) -> float:
    """Factor on the greater of the means of two halves.

    Parameters
    ----------
    leading, trailing : int
        Cells in the halves, unequal at edges; with one of them empty it is CA on the other, with both inf.
    pfa : float
        Probability of a false alarm in a cell of noise.
    looks : float
        Independent looks averaged in every cell.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If `pfa` is not within 0..1 or `looks` not positive.
    """
    if leading == 0 or trailing == 0:
        return ca_factor(leading + trailing, pfa, looks=looks)
    start = ca_factor(leading + trailing, pfa, looks=looks)
    return _solve(lambda a: go_rate(a, leading, trailing, looks=looks), pfa, start)


@lru_cache(maxsize=16384)
def so_factor(leading: int, trailing: int, pfa: float, *, looks: float = 1) -> float:
    """Factor on the smaller of the means of two halves; parameters, result and errors as in `go_factor`."""
    if leading == 0 or trailing == 0:
        return ca_factor(leading + trailing, pfa, looks=looks)
    start = ca_factor(leading + trailing, pfa, looks=looks)
    return _solve(lambda a: so_rate(a, leading, trailing, looks=looks), pfa, start)


def os_rank(cells: int) -> int:
    """Rank k = ceil(0.75 N) of the ordered cell that stands for the noise (Rohling 1983), counted from 1."""
    return ceil(0.75 * cells)


def os_rate(alpha: float, cells: int, rank: int, *, looks: float = 1) -> float:
    """False-alarm rate of OS-CFAR: ``prod_{i<k} (N - i) / (N - i + alpha)`` for one look.

    Parameters
    ----------
    alpha : float
        Factor on the `rank`-th smallest cell.
    cells, rank : int
        Training cells; rank from 1.
    looks : float

    Returns
    -------
    float
    """
    if looks != 1:
        return _integral(
            alpha, lambda x: special.betainc(rank, cells - rank + 1, special.gammainc(looks, looks * x)), looks, cells
        )
    above = cells - rank + 1
    return exp(special.betaln(above + alpha, rank) - special.betaln(above, rank))


@lru_cache(maxsize=16384)
def os_factor(cells: int, rank: int, pfa: float, *, looks: float = 1) -> float:
    """Factor on the `rank`-th smallest of `cells` training cells; inf where there is none.

    Raises ValueError if `pfa` is not within 0..1, `looks` not positive or `rank` not within 1..cells.
    """
    _check(pfa, looks)
    if cells == 0:
        return inf
    if not 1 <= rank <= cells:
        raise ValueError(f"rank must lie in 1..{cells}, got {rank}")
    typical = float(special.gammaincinv(looks, rank / (cells + 1))) / looks  # of the ordered cell, over the mean
    return _solve(lambda a: os_rate(a, cells, rank, looks=looks), pfa, ca_factor(cells, pfa, looks=looks) / typical)


def _check(pfa: float, looks: float) -> None:
    if not 0 < pfa < 1:
        raise ValueError(f"the false-alarm rate must lie between 0 and 1, got {pfa}")
    if not (looks > 0 and np.isfinite(looks)):
        raise ValueError(f"the number of looks must be positive, got {looks}")


def _solve(rate: Callable[[float], float], pfa: float, start: float) -> float:
    """Factor at which the falling `rate` equals `pfa`, bracketed from `start`."""
    low, high = 0.9 * start, 1.1 * start  # apart, so that rounding cannot put both on one side of the root
    while rate(low) < pfa:
        low /= 1.2
    while rate(high) > pfa:
        high *= 1.2
    return exp(brentq(lambda s: log(max(rate(exp(s)), 1e-300) / pfa), log(low), log(high), xtol=1e-7))


def _mean_cdf(x: np.ndarray, cells: int, looks: float) -> np.ndarray:
    return special.gammainc(cells * looks, cells * looks * x)


def _integral(alpha: float, statistic_cdf: Callable[[np.ndarray], np.ndarray], looks: float, cells: int) -> float:
    """P(cell > alpha statistic) = int f(y) F(y / alpha) dy over the density f of a cell of mean 1, in log y."""
    low, high = special.gammaincinv(looks, TAIL), special.gammainccinv(looks, TAIL)
    start, stop = log(max(low, 1e-300)), log(high)
    s = np.linspace(start, stop, max(NODES, ceil((stop - start) * (cells * looks) ** 0.5 / STEP)))
    y = np.exp(s)
    density = np.exp(looks * s - y - special.gammaln(looks))  # of log y; y = looks x cell
    return float((density * statistic_cdf(y / (looks * alpha))).sum() * (s[1] - s[0]))
