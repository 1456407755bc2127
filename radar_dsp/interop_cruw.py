"""Radar frames of CRUW / ROD2021: range-azimuth maps of a 77 GHz FMCW radar, one npy file a chirp.

A file is 128 x 128 x 2 float32 (range, azimuth, real and imaginary part) after the FFTs over samples and array, before
any Doppler FFT; the released frames hold four chirps. Ranges are the bins 3..130 of 134 with c fs / (2 slope 134) =
0.213 m each, azimuths uniform in sine over +-90 degrees, positive right (cruw-devkit, `generate_grids`; RODNet issues
29 and 40). The level is arbitrary: dB count from the noise of the map.
"""

import numpy as np
from scipy.constants import c

from radar_dsp.heatmap import Heatmap
from radar_dsp.periodogram import decibels_over, power_of

SIZE = 128
FIRST_BIN, BINS = 3, 134
SAMPLE_RATE, SLOPE = 4e6, 21.0017e12  # [Hz], [Hz/s]


def cruw_range() -> np.ndarray:
    """(128,) float64 ranges of the rows, 0.639 m to 27.697 m [m]."""
    return (FIRST_BIN + np.arange(SIZE)) * c * SAMPLE_RATE / (2 * SLOPE * BINS)


def cruw_azimuth() -> np.ndarray:
    """(128,) float64 azimuths of the columns, positive right [rad]."""
    return np.arcsin(np.linspace(-1, 1, SIZE))


def cruw_heatmap(values: np.ndarray) -> Heatmap:
    """Range-azimuth map of one frame.

    Parameters
    ----------
    values : (128, 128, 2) or (chirps, 128, 128, 2) float
        Chirps are summed in power.

    Returns
    -------
    Heatmap
        Row 0 nearest, column 0 left; noise estimated from the map.

    Raises
    ------
    ValueError
        If the shape is another, or a value is not finite.
    """
    values = np.asarray(values)
    if (
        values.shape[-3:] != (SIZE, SIZE, 2)
        or values.ndim not in (3, 4)
        or not np.issubdtype(values.dtype, np.floating)
    ):
        raise ValueError(
            f"a CRUW frame must be float {SIZE} x {SIZE} x 2 (range, azimuth, real and imaginary), with chirps in "
            f"front or without, got {values.dtype} {values.shape}"
        )
    if not np.isfinite(values).all() or not values.size:
        raise ValueError("a CRUW frame must be finite and not empty")
    power = power_of(values[..., 0].astype(float) + 1j * values[..., 1])
    power = power if power.ndim == 2 else power.sum(axis=0)
    if not power.any():
        raise ValueError("a CRUW frame must not be zero everywhere")
    decibels, noise = decibels_over(power, None)
    return Heatmap(decibels, cruw_range(), cruw_azimuth(), noise, True)
