"""Beam squint: array phases that follow the frequency of every subcarrier.

Element x sees ``exp(+j 2 pi (fc + f_k) x . arrival / c)``, which is the narrow-band phase of an element at
``(1 + f_k / fc) x``. So the channel is computed once for a finer and slightly larger array at the carrier, and
every subcarrier's array is interpolated from it. The weights are least squares over all directions there are,
the same for every path, hence as exact for a million paths as for one.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from radar_dsp.ofdm import RadarConfig

PITCH = 0.25  # [wavelengths] of the finer array: twice as fine as directions of -1..1 need; FFT sizes suit it too
MARGIN = 4  # elements beyond the aperture on each side; leaves errors of 1e-6
DIRECTIONS = 2  # fitted for each finer element, over cosines of -1..1
CUTOFF = 1e-8  # singular values of the finer array left out, relative to the largest: bounds the weights


@dataclass(frozen=True)
class Squint:
    """Interpolation from the finer array.

    Attributes
    ----------
    config : RadarConfig
        With the finer array in the place of the real one.
    rows : (num_rows, finer rows, num_subcarriers) float32
    columns : (num_columns, finer columns, num_subcarriers) float32
    """

    config: RadarConfig
    rows: np.ndarray
    columns: np.ndarray

    def interpolate(self, channel: np.ndarray) -> np.ndarray:
        """(num_rows, num_columns, num_subcarriers) complex64 channel from that of the finer array."""
        half = _contract(self.rows, channel)  # (rows, finer columns, subcarriers)
        return _contract(self.columns, half.transpose(1, 0, 2)).transpose(1, 0, 2)


def squint(config: RadarConfig) -> Squint:
    """Finer array and interpolation weights of a configuration.

    Parameters
    ----------
    config : RadarConfig

    Returns
    -------
    Squint
    """
    stretch = 1 + config.subcarrier_frequency / config.carrier_frequency
    rows = _weights(config.num_rows, config.element_spacing, stretch)
    square = config.num_columns == config.num_rows
    columns = rows if square else _weights(config.num_columns, config.element_spacing, stretch)
    finer = {"num_rows": rows.shape[1], "num_columns": columns.shape[1], "element_spacing": PITCH}
    return Squint(config.model_copy(update=finer), rows, columns)


@njit(cache=True, nogil=True)
def _contract(weights, channel):
    """``out[r, x, k] = sum_y weights[r, y, k] channel[y, x, k]``; the last axes contiguous."""
    rows, finer, tones = weights.shape
    out = np.zeros((rows, channel.shape[1], tones), np.complex64)
    for x in range(channel.shape[1]):
        for row in range(rows):
            line = out[row, x]
            for y in range(finer):
                weight, values = weights[row, y], channel[y, x]
                for k in range(tones):
                    line[k] += weight[k] * values[k]
    return out


def _weights(count: int, spacing: float, stretch: np.ndarray) -> np.ndarray:
    """(count, finer, len(stretch)) float32 weights of the finer elements for each stretched one."""
    if count == 1:  # at the phase centre, whatever the frequency
        return np.ones((1, 1, len(stretch)), np.float32)
    place = (np.arange(count) - (count - 1) / 2) * spacing
    finer = 2 * (int(np.ceil(place[-1] * stretch.max() / PITCH)) + MARGIN)
    node = (np.arange(finer) - (finer - 1) / 2) * PITCH
    cosine = -np.cos(np.pi * (np.arange(DIRECTIONS * finer) + 0.5) / (DIRECTIONS * finer))  # dense at the ends
    inverse = np.linalg.pinv(_waves(node, cosine), rcond=CUTOFF)
    weights = _waves(np.outer(place, stretch).ravel(), cosine).dot(inverse).reshape(count, len(stretch), finer)
    return np.ascontiguousarray(weights.transpose(0, 2, 1), np.float32)


def _waves(place: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """(len(place), 2 len(cosine)) real and imaginary part of plane waves; `place` in wavelengths."""
    angle = 2 * np.pi * np.outer(place, cosine)
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
