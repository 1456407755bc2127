"""Range profiles of every element: on the native cells, and on a finer grid from which any range follows.

Between cells, a transform over subcarriers that is padded a little is interpolated with the kernel of
`radar_dsp.kaiser_bessel`, whose spectrum is divided out of the subcarriers beforehand: a type-2 non-uniform FFT.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.constants import c

from radar_dsp.csi import Csi
from radar_dsp.kaiser_bessel import HALF, WIDTH, kernel, padded_axis

OVERSAMPLING = 1.25  # least bins for each subcarrier; the relative error of a profile is 1e-5, 1e-6 with a Hann window
LINES = 64  # transformed at once: they stay in the processor's cache


@dataclass(frozen=True)
class RangeTaps:
    """Bins of a padded transform, and the weights that make samples at any ranges of them.

    Attributes
    ----------
    count : int
        Length of the transform.
    correction : (num_subcarriers,) float64
        Factor of the subcarriers.
    bins : (num_bins,) int64
        Of the transform: all that the samples need, ascending but for the fold.
    first : (num_ranges,) int64
        Index into `bins` of the first of `WIDTH` neighbours of a sample.
    weights : (num_ranges, WIDTH) float32
        Of these.
    """

    count: int
    correction: np.ndarray
    bins: np.ndarray
    first: np.ndarray
    weights: np.ndarray


def range_taps(ranges: np.ndarray, *, tone_spacing: float, num_subcarriers: int) -> RangeTaps:
    """Bins and weights for ascending ranges.

    Parameters
    ----------
    ranges : (num_ranges,) float64
        [m].
    tone_spacing : float
        [Hz].
    num_subcarriers : int

    Returns
    -------
    RangeTaps
    """
    count, beta, correction = padded_axis(num_subcarriers, OVERSAMPLING)
    place = 2 * tone_spacing / c * ranges * count  # [bins]
    first = np.ceil(place - HALF).astype(np.int64)
    weights = kernel(beta, first[:, None] + np.arange(WIDTH) - place[:, None]).astype(np.float32)
    bins = np.arange(first[0], first[-1] + WIDTH) % count
    return RangeTaps(count, correction, bins, first - first[0], weights)


def fine_profiles(
    csi: Csi, array_weight: np.ndarray, tone_weight: np.ndarray, taps: RangeTaps, pool: ThreadPoolExecutor
) -> np.ndarray:
    """Range profiles on the bins of a padded transform, bins first.

    Parameters
    ----------
    csi : Csi
    array_weight : (num_rows, num_columns) float64
    tone_weight : (num_subcarriers,) float64
    taps : RangeTaps
    pool : ThreadPoolExecutor

    Returns
    -------
    (num_bins, num_rows, num_columns * num_symbols) complex64
    """
    from radar_dsp.lags import bins_first  # numba is slow to import

    rows, columns, symbols, tones = csi.values.shape
    step, low = max(1, LINES // symbols), tones // 2  # subcarriers below the carrier go to the end of the transform
    factor = array_weight[:, :, None, None] * (tone_weight * taps.correction)
    profiles = np.empty((len(taps.bins), rows, columns * symbols), np.complex64)

    def one_row(row: int) -> None:
        lines = np.empty((min(step, columns), symbols, taps.count), np.complex64)
        for start in range(0, columns, step):
            weight = factor[row, start : start + step].astype(np.float32)
            values, padded = csi.values[row, start : start + step], lines[: len(weight)]
            np.multiply(values[..., low:], weight[..., low:], out=padded[..., : tones - low])
            padded[..., tones - low : taps.count - low] = 0
            np.multiply(values[..., :low], weight[..., :low], out=padded[..., taps.count - low :])
            spectrum = fft.ifft(padded, axis=-1, norm="forward", overwrite_x=True)
            bins_first(spectrum.reshape(-1, taps.count), taps.bins, row, start * symbols, profiles)

    list(pool.map(one_row, range(rows)))
    return profiles
