"""Symbol and cyclic-prefix times of NR (3GPP TS 38.211, 4.2 and 5.3.1)."""

import numpy as np

NR_SPACINGS = (15e3, 30e3, 60e3, 120e3, 240e3, 480e3, 960e3)  # [Hz]
NORMAL_PREFIX = 144 / 2048  # of the useful symbol
LONG_PREFIX_EXTRA = 16 / (2048 * 15e3)  # [s] more before the first symbol of each half subframe
HALF_SUBFRAME = 0.5e-3  # [s]
STRIDE_TOLERANCE = 1e-3  # of a given symbol interval: people write 8.93 us


def symbol_duration(spacing: float) -> float:
    """Return useful symbol and normal cyclic prefix together [s] at a subcarrier spacing [Hz]."""
    return (1 + NORMAL_PREFIX) / spacing


def symbols_per_half_subframe(spacing: float) -> int:
    """Count the symbols that fill 0.5 ms, with its longer first prefix, at one of `NR_SPACINGS` [Hz]."""
    return round((HALF_SUBFRAME - LONG_PREFIX_EXTRA) / symbol_duration(spacing))


def symbol_stride(interval: float, spacing: float) -> int:
    """Count the NR symbols from one symbol used to the next.

    Parameters
    ----------
    interval : float
        Wanted between the symbols used [s].
    spacing : float
        Of the subcarriers [Hz].

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the spacing is none of NR's, or the interval no whole number of symbols.
    """
    if spacing not in NR_SPACINGS:
        allowed = ", ".join(f"{value / 1e3:g}" for value in NR_SPACINGS)
        raise ValueError(f"timing nr needs a subcarrier_spacing of {allowed} kHz, got {spacing / 1e3:g} kHz")
    mean = HALF_SUBFRAME / symbols_per_half_subframe(spacing)
    stride = round(interval / mean)
    if stride < 1 or abs(stride * mean / interval - 1) > STRIDE_TOLERANCE:
        raise ValueError(
            f"timing nr needs a symbol_interval of whole symbols, multiples of {mean * 1e6:.4g} us at "
            f"{spacing / 1e3:g} kHz, got {interval * 1e6:.4g} us"
        )
    return stride


def nr_symbol_time(count: int, stride: int, spacing: float) -> np.ndarray:
    """Take every `stride`-th symbol of the NR grid.

    The longer prefix moves all but the first symbol of a half subframe, so the times stray from equidistant
    ones by up to half of `LONG_PREFIX_EXTRA`, 0.26 us.

    Parameters
    ----------
    count : int
        Symbols used.
    stride : int
        From one to the next.
    spacing : float
        Of the subcarriers, one of `NR_SPACINGS` [Hz].

    Returns
    -------
    (count,) float64
        Of the useful parts; zero in the middle of the first and the last [s].
    """
    half, within = np.divmod(np.arange(count) * stride, symbols_per_half_subframe(spacing))
    start = half * HALF_SUBFRAME + within * symbol_duration(spacing)
    return start - (start[0] + start[-1]) / 2
