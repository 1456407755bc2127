"""Symbol and cyclic-prefix times of NR (3GPP TS 38.211, 4.2 and 5.3.1)."""

import numpy as np

NR_SPACINGS = (15e3, 30e3, 60e3, 120e3, 240e3, 480e3, 960e3)  # [Hz]
NORMAL_PREFIX = 144 / 2048  # of the useful symbol
LONG_PREFIX_EXTRA = 16 / (2048 * 15e3)  # [s] more before the first symbol of each half subframe
HALF_SUBFRAME = 0.5e-3  # [s]


def symbol_duration(spacing: float) -> float:
    """Return useful symbol and normal cyclic prefix together [s] at a subcarrier spacing [Hz]."""
    return (1 + NORMAL_PREFIX) / spacing


def symbols_per_half_subframe(spacing: float) -> int:
    """Count the symbols that fill 0.5 ms, with its longer first prefix, at one of `NR_SPACINGS` [Hz]."""
    return round((HALF_SUBFRAME - LONG_PREFIX_EXTRA) / symbol_duration(spacing))


def nr_symbol_time(count: int, interval: float, spacing: float) -> np.ndarray:
    """Take symbols of the NR grid, each the one nearest to an equidistant time.

    The longer prefix moves all but the first symbol of a half subframe, so the times stray from equidistant
    ones by up to half of `LONG_PREFIX_EXTRA`, 0.26 us.

    Parameters
    ----------
    count : int
        Symbols.
    interval : float
        Wanted between them [s].
    spacing : float
        Of the subcarriers, one of `NR_SPACINGS` [Hz].

    Returns
    -------
    (count,) float64
        Zero in the middle of the first and the last [s].
    """
    per_half = symbols_per_half_subframe(spacing)
    number = np.rint(np.arange(count) * (interval * per_half / HALF_SUBFRAME))
    start = number // per_half * HALF_SUBFRAME + number % per_half * symbol_duration(spacing)
    return start - (start[0] + start[-1]) / 2
