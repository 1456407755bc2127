"""Sums of many plane waves on an array of elements and a comb of subcarriers: a type-1 non-uniform FFT.

``H[r, c, k] = sum_l gain_l exp(-j 2 pi (fc + k df) delay_l(t)) exp(j 2 pi d ((r - R) up_l + (c - C) right_l))``:
waves are spread onto a grid of (delay, up, right), the grid is transformed and the spectrum of the spreading kernel
is divided out (Dutt and Rokhlin 1993).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import fft

from radar_dsp.ofdm import RadarConfig
from radar_dsp.spreading import HALF, WIDTH, Scale, Waves, kernel_spectrum, kernel_table, shape_parameter, spread

DELAY_OVERSAMPLING = 1.35  # least cells for each subcarrier
ARRAY_OVERSAMPLING = 1.5  # least cells for each row and column; the sum's relative error is 4e-6 with both
PLANES = 128  # of delay transformed at once: they stay in the processor's cache
ROUND = 8192  # waves summed before the sum is passed on: float32 loses the square root of their number
BLOCK = 8  # planes that are turned over to lines of delay together: one cache line


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
        _axis(tones, DELAY_OVERSAMPLING),
        _axis(rows, ARRAY_OVERSAMPLING),
        _axis(columns, ARRAY_OVERSAMPLING),
    )
    offsets = (count // 2 - (count - 1) / 2 for count in (rows, columns))  # of element m from FFT mode m - count // 2
    return Gridding(
        shape,
        (delays[0], ups[0], rights[0]),
        (delays[1], ups[1], rights[1]),
        np.outer(ups[2], rights[2]).astype(np.float32),
        delays[2].astype(np.float32),
        Scale(config.carrier_frequency, config.tone_spacing, config.element_spacing, *offsets),
    )


def _axis(modes: int, oversampling: float) -> tuple[int, np.ndarray, np.ndarray]:
    """Cells, kernel table, and one over the kernel's spectrum at modes -modes // 2 .. (modes - 1) // 2."""
    count = fft.next_fast_len(max(int(np.ceil(oversampling * modes)), WIDTH))
    beta = shape_parameter(min(count / modes, 2.0))  # finer still gains nothing
    frequency = (np.arange(modes) - modes // 2) / count
    return count, kernel_table(beta), 1 / kernel_spectrum(beta, frequency)


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
        plan, flat = self.plan, self._cells.view(np.float32).reshape(-1)
        for start in range(0, len(waves.gain), ROUND):
            few = waves.pick(slice(start, start + ROUND))
            first, last = spread(flat, plan.counts, few, time, plan.scale, plan.tables)
            self._transform_planes(int(first), int(last))

    def _transform_planes(self, first: int, last: int) -> None:
        """Move planes of cells to the profile, as elements instead of directions."""
        for start in range(first, last, PLANES):
            planes = self._cells[start : min(start + PLANES, last)]
            beams = fft.ifft2(_fold(_fold(planes, 1), 2), axes=(1, 2), norm="forward", overwrite_x=True)
            planes[:] = 0
            _turn_over(beams, start - HALF, self.plan.over_array, self._profile)

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


@njit(cache=True, nogil=True)
def _turn_over(beams, first, weights, profile):
    """Add the modes of planes first, first + 1 ... of delay, weighted, to (rows, columns, delays)."""
    rows, columns, delays = profile.shape
    for start in range(0, len(beams), BLOCK):
        for row in range(rows):
            up = (row - rows // 2) % beams.shape[1]
            for column in range(columns):
                right = (column - columns // 2) % beams.shape[2]
                weight = weights[row, column]
                for plane in range(start, min(start + BLOCK, len(beams))):
                    profile[row, column, (first + plane) % delays] += weight * beams[plane, up, right]
