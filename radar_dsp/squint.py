"""Beam squint: array phases that follow the frequency of every subcarrier.

Element x sees ``exp(+j 2 pi (fc + f_k) x . arrival / c)``, which is the narrow-band phase of an element at
``(1 + f_k / fc) x``. So the channel is computed once for a finer and slightly larger array at the carrier, and
every subcarrier's array is interpolated from it. The weights are least squares over all directions there are,
the same for every path, hence as exact for a million paths as for one.
"""

from dataclasses import dataclass

import numpy as np

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
    rows : (num_subcarriers, num_rows, finer rows) float64
    columns : (num_subcarriers, num_columns, finer columns) float64
    """

    config: RadarConfig
    rows: np.ndarray
    columns: np.ndarray

    def interpolate(self, channel: np.ndarray) -> np.ndarray:
        """(num_rows, num_columns, num_subcarriers) channel from that of the finer array."""
        # einsum without BLAS, whose last bits depend on its number of threads.
        half = np.einsum("kry,yxk->krx", self.rows, channel)
        return np.einsum("kcx,krx->rck", self.columns, half)


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
    finer = {"num_rows": rows.shape[2], "num_columns": columns.shape[2], "element_spacing": PITCH}
    return Squint(config.model_copy(update=finer), rows, columns)


def _weights(count: int, spacing: float, stretch: np.ndarray) -> np.ndarray:
    """(len(stretch), count, finer) weights of the finer elements for each stretched one."""
    if count == 1:  # at the phase centre, whatever the frequency
        return np.ones((len(stretch), 1, 1))
    place = (np.arange(count) - (count - 1) / 2) * spacing
    finer = 2 * (int(np.ceil(place[-1] * stretch.max() / PITCH)) + MARGIN)
    node = (np.arange(finer) - (finer - 1) / 2) * PITCH
    cosine = -np.cos(np.pi * (np.arange(DIRECTIONS * finer) + 0.5) / (DIRECTIONS * finer))  # dense at the ends
    inverse = np.linalg.pinv(_waves(node, cosine), rcond=CUTOFF)
    return _waves(np.outer(stretch, place).ravel(), cosine).dot(inverse).reshape(len(stretch), count, finer)


def _waves(place: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """(len(place), 2 len(cosine)) real and imaginary part of plane waves; `place` in wavelengths."""
    angle = 2 * np.pi * np.outer(place, cosine)
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
