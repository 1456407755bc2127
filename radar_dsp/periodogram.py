"""The periodogram and the native power cube (range x azimuth beam x Doppler).

``P = |IFFT_k FFT_n (w H)|^2 / sum w^2`` with unnormalised transforms (MaxRay, Eq. 9, whose printed lengths are
swapped): forward over symbols, inverse over subcarriers. Noise alone has the mean sigma^2; a unit path on a
bin peaks at (sum w)^2 / sum w^2.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.constants import c

from radar_dsp.csi import Csi
from radar_dsp.ofdm import RadarConfig
from radar_dsp.windows import config_weights

FLOOR = 1e-12  # of linear power over noise before the logarithm


def decibels_over(power: np.ndarray, noise_power: float | None) -> tuple[np.ndarray, float]:
    """Power over its noise in dB, floored at -120 dB.

    Parameters
    ----------
    power : array of float
        Linear.
    noise_power : float or None
        What 0 dB stands for; None = estimate it as the power that a tenth of the cells stay below.

    Returns
    -------
    decibels : array of float32
    noise_power : float
        Given or estimated.
    """
    noise = float(np.quantile(power, 0.1)) if noise_power is None else noise_power
    ratio = power / max(noise, np.finfo(np.float32).tiny)
    return (10 * np.log10(np.maximum(ratio, FLOOR))).astype(np.float32), noise


def periodogram(values: np.ndarray, *, doppler_window: np.ndarray, range_window: np.ndarray) -> np.ndarray:
    """Delay-Doppler periodogram of every channel, in FFT order.

    Parameters
    ----------
    values : (..., num_symbols, num_subcarriers) complex
    doppler_window : (num_symbols,) float64
    range_window : (num_subcarriers,) float64

    Returns
    -------
    (..., num_symbols, num_subcarriers) float
        Doppler bin (0, positive, negative) and delay bin; mean noise = its variance.
    """
    weighted = values * (doppler_window[:, None] * range_window).astype(values.real.dtype)
    spectrum = fft.ifft(fft.fft(weighted, axis=-2), axis=-1, norm="forward")
    return power_of(spectrum) / float((doppler_window**2).sum() * (range_window**2).sum())


def power_of(spectrum: np.ndarray) -> np.ndarray:
    """Return the squared magnitude, without the square root in between."""
    return spectrum.real**2 + spectrum.imag**2


@dataclass(frozen=True)
class PowerCube:
    """Native power of one frame, summed over elevation beams.

    Attributes
    ----------
    power : (num_ranges, num_beams, num_doppler) float32
        Linear, on the scale of |path gain|^2 times the processing gain.
    range : (num_ranges,) float64
        [m].
    azimuth : (num_beams,) float64
        Direction cosine along the array's right axis, ascending.
    velocity : (num_doppler,) float64
        Closing positive, ascending [m/s].
    noise_power : float or None
        Expected thermal noise in a cell; None = unknown.
    """

    power: np.ndarray
    range: np.ndarray
    azimuth: np.ndarray
    velocity: np.ndarray
    noise_power: float | None


@dataclass(frozen=True)
class RangeDoppler:
    """Range-Doppler map of one frame, summed over all beams.

    Attributes
    ----------
    power : (num_ranges, num_doppler) float32
        Linear.
    range : (num_ranges,) float64
        [m].
    velocity : (num_doppler,) float64
        Closing positive, ascending [m/s].
    noise_power : float or None
        Expected thermal noise in a cell; None = unknown.
    """

    power: np.ndarray
    range: np.ndarray
    velocity: np.ndarray
    noise_power: float | None


def range_bins(csi: Csi, max_range: float) -> np.ndarray:
    """(num_ranges,) float64 native ranges from 0 to `max_range` [m].

    Raises ValueError if `max_range` is not positive or lies beyond the unambiguous range.
    """
    unambiguous = c / (2 * csi.tone_spacing)
    if not 0 < max_range <= unambiguous:
        raise ValueError(f"max_range must lie in 0..{unambiguous:.1f} m (unambiguous), got {max_range} m")
    resolution = unambiguous / len(csi.subcarrier_frequency)
    return np.arange(min(int(max_range / resolution) + 1, len(csi.subcarrier_frequency))) * resolution


def doppler_velocity(csi: Csi) -> np.ndarray:
    """(num_symbols,) float64 closing velocities of the Doppler bins, ascending [m/s]."""
    doppler = fft.fftshift(fft.fftfreq(len(csi.symbol_time), csi.symbol_interval))
    return doppler * c / (2 * csi.carrier_frequency)


def beam_cosines(count: int, spacing: float) -> np.ndarray:
    """(count,) float64 direction cosines of the native beams, ascending.

    Parameters
    ----------
    count : int
        Elements.
    spacing : float
        [wavelengths].
    """
    return fft.fftshift(fft.fftfreq(count)) / spacing


def power_cube(csi: Csi, config: RadarConfig, *, max_range: float, threads: int = 2) -> PowerCube:
    """Native power of one frame: range x azimuth beam x Doppler.

    The elevation beams are orthogonal, so the sum of their powers equals the sum over array rows (Parseval)
    and is taken there, one row at a time.

    Parameters
    ----------
    csi : Csi
    config : RadarConfig
        Of the windows.
    max_range : float
        Farthest native bin kept [m].
    threads : int
        The bytes of the result do not depend on it.

    Returns
    -------
    PowerCube

    Raises
    ------
    ValueError
        If `max_range` lies beyond the unambiguous range.
    """
    rows, columns, symbols, _ = csi.values.shape
    ranges, velocity = range_bins(csi, max_range), doppler_velocity(csi)
    row_weight, column_weight, doppler_weight, range_weight = config_weights(config, csi.values.shape)
    array_doppler = (column_weight[:, None, None] * doppler_weight[:, None]).astype(np.float32)
    range_factor = range_weight.astype(np.float32)

    def one_row(row: int) -> np.ndarray:
        profile = fft.ifft(csi.values[row] * range_factor, axis=-1, norm="forward", overwrite_x=True)
        return power_of(fft.fft2(profile[..., : len(ranges)] * array_doppler, axes=(0, 1), overwrite_x=True))

    share = row_weight**2 / (row_weight**2).sum()
    total = np.zeros((columns, symbols, len(ranges)), np.float32)
    with ThreadPoolExecutor(threads) as pool:
        for row, power in enumerate(pool.map(one_row, range(rows))):  # summed in this order whatever the threads do
            power *= np.float32(share[row])
            total += power
    energy = (range_weight**2).sum() * (doppler_weight**2).sum() * (column_weight**2).sum()
    total *= np.float32(rows / energy)
    power = np.ascontiguousarray(fft.fftshift(total, axes=(0, 1)).transpose(2, 0, 1))
    noise = None if csi.noise_variance is None else rows * csi.noise_variance
    return PowerCube(power, ranges, beam_cosines(columns, csi.element_spacing), velocity, noise)


def sum_beams(cube: PowerCube) -> RangeDoppler:
    """Sum a native cube over its azimuth beams."""
    noise = None if cube.noise_power is None else cube.noise_power * len(cube.azimuth)
    return RangeDoppler(cube.power.sum(axis=1), cube.range, cube.velocity, noise)


def range_doppler(csi: Csi, config: RadarConfig, *, max_range: float, threads: int = 2) -> RangeDoppler:
    """Range-Doppler map of one frame, summed over all beams; parameters as in `power_cube`."""
    return sum_beams(power_cube(csi, config, max_range=max_range, threads=threads))
