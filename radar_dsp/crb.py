"""Cramer-Rao bounds of range, velocity and direction for one target in an OFDM array measurement.

The channel of one target is a four-dimensional complex sinusoid (rows x columns x symbols x subcarriers) of
unknown complex amplitude. About the centre of the grid its four frequencies decouple, and each keeps the bound of
a single tone (Rife and Boorstyn 1974) with the whole grid's processing gain:
``var(omega) >= 6 / (rho (N^2 - 1))``, with omega in rad per sample, N samples on its axis and the post-processing
SNR ``rho = |a|^2 T / sigma^2`` over all T samples. Braun, Sturm and Jondral 2010 ("Maximum likelihood speed and
distance estimation for OFDM radar") give the same for range and velocity. The range walk within the frame, which
the CSI contains, changes the bound of the velocity by (B / fc)^2 / 12 only: 7e-5 for 800 MHz at 28 GHz.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.constants import c
from scipy.integrate import simpson
from scipy.stats import ncx2

from radar_dsp.cosines import angle_deviations
from radar_dsp.csi import Csi
from radar_dsp.ofdm import RadarConfig


@dataclass(frozen=True)
class SoundingGrid:
    """Where the channel is sampled: all that resolution and bounds depend on.

    Attributes
    ----------
    num_rows, num_columns, num_symbols, num_subcarriers : int
    tone_spacing : float
        Between the estimated subcarriers [Hz].
    symbol_interval : float
        [s].
    carrier_frequency : float
        [Hz].
    element_spacing : float
        [wavelengths].
    gap_subcarriers : int
        Without power in the middle of the subcarriers, between two carriers.
    """

    num_rows: int
    num_columns: int
    num_symbols: int
    num_subcarriers: int
    tone_spacing: float
    symbol_interval: float
    carrier_frequency: float
    element_spacing: float
    gap_subcarriers: int = 0

    @classmethod
    def of_config(cls, config: RadarConfig) -> "SoundingGrid":
        """Grid of a configuration."""
        return cls(**{field.name: getattr(config, field.name) for field in fields(cls)})

    @classmethod
    def of_csi(cls, csi: Csi) -> "SoundingGrid":
        """Grid of a measurement. Raises ValueError if it has a single symbol or subcarrier."""
        rows, columns, symbols, subcarriers = csi.values.shape
        interval, spacing = csi.symbol_interval, csi.element_spacing
        gap = int((~csi.values[:, :, 0].any(axis=(0, 1))).sum())  # a gap is zero in every symbol
        grid = cls(rows, columns, symbols, subcarriers, csi.tone_spacing, interval, csi.carrier_frequency, spacing, gap)
        fits = 0 < gap < subcarriers and not csi.values[:, :, 0, ~grid.powered].any()
        return grid if fits else replace(grid, gap_subcarriers=0)

    @property
    def powered(self) -> np.ndarray:
        """(num_subcarriers,) bool: false in the gap."""
        first = (self.num_subcarriers - self.gap_subcarriers) // 2
        index = np.arange(self.num_subcarriers)
        return (index < first) | (index >= first + self.gap_subcarriers)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Samples on the axes (rows, columns, symbols, subcarriers)."""
        return self.num_rows, self.num_columns, self.num_symbols, self.num_subcarriers

    @property
    def cells(self) -> np.ndarray:
        """(4,) float64 native cells: up cosine, right cosine, velocity [m/s], range [m]."""
        return np.array(
            [
                1 / (self.num_rows * self.element_spacing),
                1 / (self.num_columns * self.element_spacing),
                c / (2 * self.carrier_frequency * self.num_symbols * self.symbol_interval),
                c / (2 * self.num_subcarriers * self.tone_spacing),
            ]
        )


@dataclass(frozen=True)
class Deviations:
    """Standard deviations of one target's parameters; inf where an axis of a single sample cannot tell.

    Attributes
    ----------
    range : float
        [m].
    velocity : float
        [m/s].
    right, up : float
        Of the direction cosines.
    azimuth, elevation : float
        [rad].
    amplitude : float
        Of the modulus, relative to it.
    """

    range: float
    velocity: float
    right: float
    up: float
    azimuth: float
    elevation: float
    amplitude: float


def frequency_bound(num_samples: int, post_snr: float) -> float:
    """Bound of one frequency of a sinusoid of unknown complex amplitude (Rife and Boorstyn 1974).

    Parameters
    ----------
    num_samples : int
        On the frequency's axis.
    post_snr : float
        Linear, over all axes: |amplitude|^2 times the number of all samples over the noise variance.

    Returns
    -------
    float
        Standard deviation [rad per sample]; inf for a single sample.
    """
    return float(np.sqrt(6 / (post_snr * (num_samples**2 - 1)))) if num_samples > 1 else np.inf


def windowed_deviation(weight: np.ndarray, post_snr: float) -> float:
    """Deviation of the frequency at the maximum of a windowed periodogram, above the threshold region.

    With x the sample's place about the weighted mean, a small noise moves the maximum by
    ``sum w x Im(n / a) / sum w x^2``; hence the variance
    ``sum w^2 x^2 (sum w)^2 / (2 rho (sum w x^2)^2 sum w^2)``, with `rho` the SNR at the windowed peak. All weights
    equal, it is the Cramer-Rao bound.

    Parameters
    ----------
    weight : (num_samples,) float64
        Window of the frequency's axis.
    post_snr : float
        Linear, at the peak of the windowed periodogram (the windows' losses taken off).

    Returns
    -------
    float
        Standard deviation [rad per sample]; inf for a single sample.
    """
    if len(weight) < 2:
        return np.inf
    place = np.arange(len(weight)) - np.average(np.arange(len(weight)), weights=weight)
    spread = (weight**2 * place**2).sum() / (weight * place**2).sum() ** 2
    return float(np.sqrt(spread * weight.sum() ** 2 / (2 * post_snr * (weight**2).sum())))


def cramer_rao_bounds(
    grid: SoundingGrid, *, post_snr: float, azimuth: float = 0.0, elevation: float = 0.0
) -> Deviations:
    """Cramer-Rao bounds of one target of unknown complex amplitude in white noise.

    Parameters
    ----------
    grid : SoundingGrid
    post_snr : float
        Linear SNR after coherent processing: |amplitude|^2 rows columns symbols subcarriers / noise variance, of the
        subcarriers that carry power.
    azimuth, elevation : float
        Of the target [rad]; the angles' bounds widen away from boresight.

    Returns
    -------
    Deviations

    Raises
    ------
    ValueError
        If the SNR is not positive.
    """
    _check_snr(post_snr)
    frequency = [frequency_bound(n, post_snr) for n in grid.shape]
    if grid.gap_subcarriers:  # with weights of one and zero the windowed deviation is the bound of the powered tones
        frequency[3] = windowed_deviation(grid.powered.astype(float), post_snr)
    return _deviations(grid, frequency, post_snr, azimuth, elevation)


def peak_deviations(
    grid: SoundingGrid,
    weights: Sequence[np.ndarray],
    *,
    post_snr: float,
    azimuth: float = 0.0,
    elevation: float = 0.0,
) -> Deviations:
    """Deviations of the maximum of a windowed periodogram: the bounds, and what the windows cost.

    Parameters
    ----------
    grid : SoundingGrid
    weights : four arrays of float64
        Windows over rows, columns, symbols and subcarriers.
    post_snr : float
        Linear, at the windowed peak.
    azimuth, elevation : float
        [rad].

    Returns
    -------
    Deviations

    Raises
    ------
    ValueError
        If the SNR is not positive or a window does not fit its axis.
    """
    _check_snr(post_snr)
    lengths = tuple(len(weight) for weight in weights)
    if lengths != grid.shape:
        raise ValueError(f"weights must have the lengths {grid.shape} (rows, columns, symbols, tones), got {lengths}")
    return _deviations(grid, [windowed_deviation(w, post_snr) for w in weights], post_snr, azimuth, elevation)


def outlier_probability(post_snr: float, num_cells: int) -> float:
    """Probability that a search over independent cells takes noise for the target: the threshold region.

    ``1 - int f(x) (1 - e^-x)^(cells - 1) dx`` with f the density of the power of the target's cell (Rife and
    Boorstyn 1974, section VII). Where this is not small, no bound of this module is reached. A padded search meets
    somewhat more noise, and a target between its nodes somewhat less signal: up to 2 dB worse.

    Parameters
    ----------
    post_snr : float
        Linear, after coherent processing.
    num_cells : int
        Cells searched: rows x columns x symbols x subcarriers, as far as they are searched.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the SNR is not positive or there is no cell.
    """
    _check_snr(post_snr)
    if num_cells < 1:
        raise ValueError(f"num_cells must be 1 or more, got {num_cells}")
    reach = np.sqrt(post_snr)
    amplitude = np.linspace(max(reach - 8, 0), reach + 8, 4001)  # 8 sigma around: the density's amplitude scale
    density = ncx2.pdf(2 * amplitude**2, 2, 2 * post_snr) * 4 * amplitude
    with np.errstate(divide="ignore"):
        alone = np.exp((num_cells - 1) * np.log1p(-np.exp(-(amplitude**2)))) if num_cells > 1 else 1.0
    return float(np.clip(1 - simpson(density * alone, x=amplitude), 0, 1))


def _check_snr(post_snr: float) -> None:
    if not post_snr > 0:
        raise ValueError(f"post_snr must be a positive power ratio, got {post_snr}")


def _deviations(
    grid: SoundingGrid, frequency: Sequence[float], post_snr: float, azimuth: float, elevation: float
) -> Deviations:
    """Turn deviations in rad per sample (rows, columns, symbols, tones) into metres, metres per second, radians."""
    up, right, velocity, distance = np.array(frequency) * grid.shape / (2 * np.pi) * grid.cells
    sigma_azimuth, sigma_elevation = angle_deviations(np.diag([up**2, right**2]), azimuth, elevation)
    return Deviations(
        range=float(distance),
        velocity=float(velocity),
        right=float(right),
        up=float(up),
        azimuth=sigma_azimuth,
        elevation=sigma_elevation,
        amplitude=float(1 / np.sqrt(2 * post_snr)),
    )
