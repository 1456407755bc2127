"""Inner loops of the heatmap (numba): profiles are turned over to bins, interpolated in range and correlated."""

import numpy as np
from numba import njit

from radar_dsp.kaiser_bessel import WIDTH

BLOCK = 8  # bins turned over together: one cache line


@njit(cache=True, nogil=True)
def bins_first(lines, bins, row, at, profiles):
    """Copy bins of (lines, count) complex64 to ``profiles[:, row, at : at + lines]``."""
    for start in range(0, len(bins), BLOCK):
        for line in range(len(lines)):
            for i in range(start, min(start + BLOCK, len(bins))):
                profiles[i, row, at + line] = lines[line, bins[i]]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _interpolate(beams, first, row, weights, line):
    """``line[:] = sum of WIDTH bins of one beam``, weighted."""
    for i in range(len(line)):
        total = np.float32(0)
        for tap in range(WIDTH):
            total += weights[tap] * beams[first + tap, row, i]
        line[i] = total


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _add_lags(real, imaginary, columns, total):
    """Add ``sum conj(x[i]) x[i + lag]`` over columns and symbols: real parts from lag 0, imaginary parts from lag 1."""
    for lag in range(columns):
        # Slices, not sums of indices: only then does the compiler see that nothing counts from the end.
        later_real, later_imaginary = real[lag * len(real) // columns :], imaginary[lag * len(real) // columns :]
        rr = ii = ri = ir = 0.0
        for i in range(len(later_real)):
            rr += real[i] * later_real[i]
            ii += imaginary[i] * later_imaginary[i]
            ri += real[i] * later_imaginary[i]
            ir += imaginary[i] * later_real[i]
        total[lag] += rr + ii
        if lag:
            total[columns - 1 + lag] += ri - ir


@njit(cache=True, nogil=True)
def lag_sums(beams, first, weights, cones, columns, sums):
    """Add the correlation over array columns of every range sample to that of its row of the map.

    Sums are in float64: a beam far below the strongest one is a small difference of large sums.

    Parameters
    ----------
    beams : (num_bins, num_rows, 2 num_columns num_symbols) float32
        Elevation beams, symbols fastest, real and imaginary parts in turn.
    first : (num_ranges,) int64
    weights : (num_ranges, WIDTH) float32
        As in `radar_dsp.range_profiles.RangeTaps`.
    cones : (num_rows,) int64
        Index into the sums of every elevation beam; negative = it looks nowhere.
    columns : int
    sums : (num_map_rows, num_cones, 2 num_columns - 1) float64
        Real parts of lags 0 .. num_columns - 1, then imaginary parts of lags 1 .. num_columns - 1; `num_ranges` is a
        multiple of `num_map_rows`.
    """
    looks = len(first) // len(sums)
    line = np.empty(beams.shape[2], np.float32)
    real, imaginary = np.empty(len(line) // 2), np.empty(len(line) // 2)
    for sample in range(len(first)):
        for row in range(beams.shape[1]):
            if cones[row] >= 0:
                _interpolate(beams, first[sample], row, weights[sample], line)
                for i in range(len(real)):
                    real[i] = line[2 * i]
                    imaginary[i] = line[2 * i + 1]
                _add_lags(real, imaginary, columns, sums[sample // looks, cones[row]])
