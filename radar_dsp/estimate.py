"""Range, velocity, direction and amplitude of single targets: the periodogram's maximum, found between its cells.

For one target in white noise the maximum of the four-dimensional periodogram is the maximum-likelihood estimate
(Rife and Boorstyn 1974; for OFDM radar Braun 2014, section 3.3): a search on a zero-padded grid finds the main lobe,
Newton steps on the log of the periodogram, taken from the CSI itself, find its top. The logarithm is concave over the
whole main lobe where the power is not, so Newton converges from anywhere on the padded grid.

The model keeps the range walk within the frame: a delay rate turns the phase of subcarrier k by
``-2 pi (fc + f_k) rate t``, not only by the carrier's Doppler. Array phases are those at the carrier (no beam squint).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from radar_dsp.cosines import azimuth_of, elevation_of
from radar_dsp.crb import Deviations, SoundingGrid, peak_deviations
from radar_dsp.csi import Csi
from radar_dsp.lobe import Lobe, LobePoint, Source, climb
from radar_dsp.periodogram import power_of
from radar_dsp.windows import Weights, flat_weights

SETTLED = 1e-3  # [cells] moved in a round
BLOCK_SAMPLES = 1 << 22  # complex64 samples of the padded periodogram held at once: 32 MiB


@dataclass(frozen=True)
class Peak:
    """Place of a peak, to the cell.

    Attributes
    ----------
    range : float
        [m].
    velocity : float
        Closing positive [m/s].
    right, up : float
        Direction cosines.
    """

    range: float
    velocity: float
    right: float
    up: float


@dataclass(frozen=True)
class TargetEstimate:
    """One target.

    Attributes
    ----------
    range : float
        At t = 0 [m].
    velocity : float
        Closing positive [m/s].
    right, up : float
        Direction cosines: cos(elevation) sin(azimuth) and sin(elevation). 0 along an axis of a single element.
    amplitude : complex
        Channel coefficient at the carrier, t = 0 and the array's centre: the path gain turned by the carrier's
        propagation phase.
    post_snr : float or None
        Linear SNR at the peak; None = the noise is unknown.
    """

    range: float
    velocity: float
    right: float
    up: float
    amplitude: complex
    post_snr: float | None

    @property
    def azimuth(self) -> float:
        """Positive right [rad]; NaN if the cosines are those of no direction."""
        return azimuth_of(self.right, self.up)

    @property
    def elevation(self) -> float:
        """Positive up [rad]; NaN if the cosine is that of no direction."""
        return elevation_of(self.up)


def estimate_target(csi: Csi, *, max_range: float | None = None, padding: int = 2) -> TargetEstimate:
    """Maximum-likelihood estimate of the one target of a measurement.

    Parameters
    ----------
    csi : Csi
    max_range : float, optional
        Farthest range searched [m]; all unambiguous ranges if not given.
    padding : int
        Zero padding of the search on every axis. 2 loses at most 3.7 dB to the grid before the refinement, 1 would
        lose 15.7 dB.

    Returns
    -------
    TargetEstimate
        At low SNR this may be a peak of the noise: the threshold region starts under some 15 dB.

    Raises
    ------
    ValueError
        If the measurement has a single symbol or subcarrier or no power, or `max_range` or `padding` is out of range.
    """
    return refine_peak(csi, search_peak(csi, max_range=max_range, padding=padding))


def search_peak(csi: Csi, *, max_range: float | None = None, padding: int = 2) -> Peak:
    """Largest sample of the zero-padded four-dimensional periodogram, among directions that exist.

    Parameters
    ----------
    csi, max_range, padding
        As in `estimate_target`.

    Returns
    -------
    Peak

    Raises
    ------
    ValueError
        If `max_range` or `padding` is out of range, or the CSI has no power.
    """
    grid = SoundingGrid.of_csi(csi)
    unambiguous = grid.cells[3] * grid.num_subcarriers
    max_range = unambiguous if max_range is None else max_range
    if not 0 < max_range <= unambiguous * (1 + 1e-9):
        raise ValueError(f"max_range must lie in 0..{unambiguous:.1f} m (unambiguous), got {max_range} m")
    if padding < 1:
        raise ValueError(f"padding must be 1 or more, got {padding}")
    sizes = [n * padding if n > 1 else 1 for n in grid.shape]
    up, right, velocity, _ = (
        fft.fftfreq(size, n_cell) for size, n_cell in zip(sizes, 1 / (grid.cells * grid.shape), strict=True)
    )
    visible = up[:, None] ** 2 + right**2 <= 1
    bins = min(int(max_range / grid.cells[3] * padding) + 1, sizes[3])
    profile = np.empty((*grid.shape[:3], bins), np.complex64)
    for row, values in enumerate(csi.values):  # one by one: the padded transform is larger than the CSI
        profile[row] = fft.ifft(values, n=sizes[3], axis=-1)[..., :bins]
    block = max(1, BLOCK_SAMPLES // (sizes[0] * sizes[1] * sizes[2]))
    best, place = -1.0, (0, 0, 0, 0)
    for first in range(0, bins, block):
        part = np.moveaxis(profile[..., first : first + block], -1, 0)
        power = power_of(fft.fftn(part, s=sizes[:3], axes=(1, 2, 3)))
        power *= visible[:, :, None]
        top = np.unravel_index(int(np.argmax(power)), power.shape)
        if power[top] > best:
            best, place = float(power[top]), (int(top[1]), int(top[2]), int(top[3]), first + int(top[0]))
    if not best > 0:
        raise ValueError("csi has no power in any direction that exists: there is no peak to estimate")
    return Peak(
        range=place[3] * grid.cells[3] / padding,
        velocity=float(velocity[place[2]]),
        right=float(right[place[1]]),
        up=float(up[place[0]]),
    )


def refine_peak(csi: Csi, peak: Peak, weights: Weights | None = None) -> TargetEstimate:
    """Climb to the top of the periodogram's lobe at a peak, by Newton steps on the log of its power.

    With rectangular weights and one target this is the maximum-likelihood estimate. Among several targets, windows
    keep the sidelobes of the others away from the peak.

    Parameters
    ----------
    csi : Csi
    peak : Peak
        Within half a cell of the top on every axis.
    weights : four arrays of float64, optional
        Windows over rows, columns, symbols and subcarriers; rectangular if not given.

    Returns
    -------
    TargetEstimate
        Its power is never below that of the start, from which it lies at most one cell on each axis.

    Raises
    ------
    ValueError
        If the measurement has a single symbol or subcarrier, or a window does not fit its axis.
    """
    cells = SoundingGrid.of_csi(csi).cells
    lobe = Lobe.of(csi, flat_weights(csi) if weights is None else weights)
    return _estimate(csi, lobe, climb(lobe, _place(peak) / cells), cells)


def refine_peaks(
    csi: Csi, peaks: Sequence[Peak], weights: Weights | None = None, *, rounds: int = 20
) -> list[TargetEstimate]:
    """Refine the peaks of a cluster together, each without the shares of the others (RELAX, Li and Stoica 1996).

    One after the other, strongest first, the peaks are climbed in what the estimates of all others leave, until none
    moves by a thousandth of a cell any more. Lobes that overlap no longer push each other aside.

    Parameters
    ----------
    csi : Csi
    peaks : sequence of Peak
        Each within half a cell of its top, and apart from the others by a cell or so on some axis.
    weights : four arrays of float64, optional
        As in `refine_peak`.
    rounds : int
        At most.

    Returns
    -------
    list of TargetEstimate
        In the order of the peaks.

    Raises
    ------
    ValueError
        As `refine_peak` does.
    """
    cells = SoundingGrid.of_csi(csi).cells
    lobe = Lobe.of(csi, flat_weights(csi) if weights is None else weights)
    points = [lobe.at(_place(peak) / cells) for peak in peaks]
    strongest_first = sorted(range(len(points)), key=lambda i: -abs(points[i].sum))
    sources: dict[int, Source] = {}
    for _ in range(rounds):
        moved = 0.0
        for i in strongest_first:
            others = [source for j, source in sources.items() if j != i]
            before = points[i].place
            points[i] = climb(lobe, before, others)
            sources[i] = Source(points[i].place, points[i].sum / lobe.gain)
            moved = max(moved, float(np.abs(points[i].place - before).max()))
        if moved < SETTLED:
            break
    return [_estimate(csi, lobe, point, cells) for point in points]


def _place(peak: Peak) -> np.ndarray:
    return np.array([peak.up, peak.right, peak.velocity, peak.range])


def _estimate(csi: Csi, lobe: Lobe, point: LobePoint, cells: np.ndarray) -> TargetEstimate:
    up, right, velocity, distance = (float(value) for value in point.place * cells)
    snr = None if csi.noise_variance is None else abs(point.sum) ** 2 / (lobe.energy * csi.noise_variance)
    return TargetEstimate(distance, velocity, right, up, point.sum / lobe.gain, snr)


def estimate_deviations(csi: Csi, estimate: TargetEstimate, weights: Weights | None = None) -> Deviations | None:
    """Return the standard deviations to expect of an estimate, from its SNR; None if the noise is unknown.

    Parameters
    ----------
    csi : Csi
        The measurement it came from.
    estimate : TargetEstimate
    weights : four arrays of float64, optional
        Those it was refined with; rectangular if not given.

    Returns
    -------
    Deviations or None
    """
    if estimate.post_snr is None:
        return None
    return peak_deviations(
        SoundingGrid.of_csi(csi),
        flat_weights(csi) if weights is None else weights,
        post_snr=estimate.post_snr,
        azimuth=estimate.azimuth,
        elevation=estimate.elevation,
    )
