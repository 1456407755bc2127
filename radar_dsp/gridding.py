"""Sums of many plane waves on an array of elements and a comb of subcarriers: a type-1 non-uniform FFT.

``H[r, c, k] = sum_l gain_l exp(-j 2 pi (fc + k df) delay_l(t)) exp(j 2 pi d ((r - R) up_l + (c - C) right_l))``:
waves are spread onto a grid of (delay, up, right), the grid is transformed and the spectrum of the spreading kernel
is divided out (Dutt and Rokhlin 1993).
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft

from radar_dsp.kaiser_bessel import HALF, WIDTH, kernel_table, padded_axis
from radar_dsp.ofdm import RadarConfig
from radar_dsp.waves import Scale, Waves

DELAY_OVERSAMPLING = 1.35  # least cells for each subcarrier
ARRAY_OVERSAMPLING = 1.5  # least cells for each row and column; the sum's relative error is 4e-6 with both
PLANES = 128  # of delay transformed at once: they stay in the processor's cache
ROUND = 8192  # waves summed before the sum is passed on: float32 loses the square root of their number


@dataclass(frozen=True)
class Gridding:
    """Sizes and weights for one configuration.

    Attributes
    ----------
    shape : tuple of three int
        Rows, columns, subcarriers.
    counts : tuple of three int
        Cells over delay, up, right.
    tables : tuple of three (DEGREE + 1, WIDTH) float32
        Polynomials of the kernel over delay, up, right.
    over_array : (num_rows, num_columns) float32
    over_tones : (num_subcarriers,) float32
        One over the spectrum of the kernel.
    scale : Scale
    """

    shape: tuple[int, int, int]
    counts: tuple[int, int, int]
    tables: tuple[np.ndarray, np.ndarray, np.ndarray]
    over_array: np.ndarray
    over_tones: np.ndarray
    scale: Scale


def gridding(config: RadarConfig) -> Gridding:
    """Sizes and weights for the array and the subcarriers of a configuration.

    Parameters
    ----------
    config : RadarConfig

    Returns
    -------
    Gridding
    """
    rows, columns, tones = shape = (config.num_rows, config.num_columns, config.num_subcarriers)
    delays, ups, rights = (
        padded_axis(tones, DELAY_OVERSAMPLING),
        padded_axis(rows, ARRAY_OVERSAMPLING),
        padded_axis(columns, ARRAY_OVERSAMPLING),
    )
    offsets = (count // 2 - (count - 1) / 2 for count in (rows, columns))  # of element m from FFT mode m - count // 2
    return Gridding(
        shape,
        (delays[0], ups[0], rights[0]),
        (kernel_table(delays[1]), kernel_table(ups[1]), kernel_table(rights[1])),
        np.outer(ups[2], rights[2]).astype(np.float32),
        delays[2].astype(np.float32),
        Scale(config.carrier_frequency, config.tone_spacing, config.element_spacing, *offsets),
    )


class Grid:
    """Collects waves and turns them into the channel.

    The padding of the grid takes what kernels hang over its edges. Planes that no wave touches are never written, and
    neither transformed.

    Parameters
    ----------
    plan : Gridding
    """

    def __init__(self, plan: Gridding):
        self.plan = plan
        self._cells = np.zeros([count + WIDTH for count in plan.counts], np.complex64)
        self._profile = np.zeros((*plan.shape[:2], plan.counts[0]), np.complex64)  # the array's channel over delay

    def add(self, waves: Waves, time: float) -> None:
        """Add waves, best in order of delay, as they are at one time [s]."""
        from radar_dsp.spreading import spread  # numba is slow to import

        plan, flat = self.plan, self._cells.view(np.float32).reshape(-1)
        for start in range(0, len(waves.gain), ROUND):
            few = waves.pick(slice(start, start + ROUND))
            first, last = spread(flat, plan.counts, few, time, plan.scale, plan.tables)
            self._transform_planes(int(first), int(last))

    def _transform_planes(self, first: int, last: int) -> None:
        """Move planes of cells to the profile, as elements instead of directions."""
        from radar_dsp.spreading import turn_over

        for start in range(first, last, PLANES):
            planes = self._cells[start : min(start + PLANES, last)]
            beams = fft.ifft2(_fold(_fold(planes, 1), 2), axes=(1, 2), norm="forward", overwrite_x=True)
            planes[:] = 0
            turn_over(beams, start - HALF, self.plan.over_array, self._profile)

    def take(self) -> np.ndarray:
        """(rows, columns, subcarriers) complex64 channel of the waves added; none are left."""
        tones = self.plan.shape[2]
        spectrum = fft.ifft(self._profile, axis=2, norm="forward")
        self._profile[:] = 0
        negative = tones // 2
        channel = np.concatenate(
            [spectrum[..., spectrum.shape[2] - negative :], spectrum[..., : tones - negative]], axis=2
        )
        channel *= self.plan.over_tones
        return channel


def _fold(padded: np.ndarray, axis: int) -> np.ndarray:
    """Copy without the padding of one axis, which is added to the other end."""
    cells = np.moveaxis(padded, axis, 0)
    folded = np.moveaxis(cells[HALF:-HALF], 0, axis).copy()
    target = np.moveaxis(folded, axis, 0)
    target[-HALF:] += cells[:HALF]
    target[:HALF] += cells[-HALF:]
    return folded
