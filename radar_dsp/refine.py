"""From detections on the map to targets in space: each detection's peak found in the CSI, with its elevation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from radar_dsp.crb import SoundingGrid
from radar_dsp.csi import Csi
from radar_dsp.estimate import Peak, TargetEstimate, refine_peaks
from radar_dsp.lobe import Lobe, Source, climb
from radar_dsp.spectra import bartlett
from radar_dsp.subspace import peak_snapshots
from radar_dsp.windows import Weights, flat_weights

BEAM_STEP = 0.25  # of a beam between the directions tried
SHARED = 0.05  # of the power at a detection: where other targets leave less, it is theirs


class OnMap(Protocol):
    """Anything with a peak on the map, as `radar_dsp.detection.Detection` has."""

    @property
    def peak_range(self) -> float:
        """[m]."""

    @property
    def peak_azimuth(self) -> float:
        """Positive right [rad], for a target at the height of boresight: its sine is the right cosine."""

    @property
    def peak_velocity(self) -> float:
        """Closing positive [m/s]."""


def refine_detections(
    csi: Csi, detections: Sequence[OnMap], weights: Weights | None = None, *, min_snr_db: float = -np.inf
) -> list[TargetEstimate]:
    """Estimate the strongest scattering centre of each detection, all of them together.

    Range-angle and range-velocity maps sum over what the other shows and neither holds elevation, so the peak of a
    detection may be a cell off. It is looked for in the cells around, in beams of all elevations and, strongest first,
    in what the peaks found before leave; then all are climbed together (`refine_peaks`).

    Parameters
    ----------
    csi : Csi
    detections : sequence of `radar_dsp.detection.Detection`, or with its peaks
    weights : four arrays of float64, optional
        Windows over rows, columns, symbols and subcarriers; rectangular if not given. In a scene take
        `radar_dsp.windows.config_weights`.
    min_snr_db : float
        Weakest target kept, after all coherent processing [dB]; without effect where the noise is unknown.

    Returns
    -------
    list of TargetEstimate
        In the order of the detections. A detection whose peak is a stronger one's has none: one target, found twice.

    Raises
    ------
    ValueError
        If the measurement has a single symbol or subcarrier, or a window does not fit its axis.
    """
    weights = flat_weights(csi) if weights is None else weights
    lobe, cells = Lobe.of(csi, weights), SoundingGrid.of_csi(csi).cells
    centres = [_centre(detection) for detection in detections]
    around = [peak_snapshots(csi, centre, weights, neighbours=1) for centre in centres]
    power = [_strongest(csi, *near, weights)[1] for near in zip(centres, around, strict=True)]
    found: dict[int, Source] = {}
    for i in sorted(range(len(power)), key=lambda i: -power[i]):
        others = list(found.values())
        left = around[i] - sum(_echo(csi, lobe, other, centres[i], weights) for other in others)
        start, rest = _strongest(csi, centres[i], left, weights)
        if rest > SHARED * power[i]:
            top = climb(lobe, np.array([start.up, start.right, start.velocity, start.range]) / cells, others)
            found[i] = Source(top.place, top.sum / lobe.gain)
    places = [found[i].place * cells for i in sorted(found)]
    targets = refine_peaks(csi, [Peak(distance, v, right, up) for up, right, v, distance in places], weights)
    return [t for t in targets if t.post_snr is None or t.post_snr >= 10 ** (min_snr_db / 10)]


def _centre(detection: OnMap) -> Peak:
    return Peak(detection.peak_range, detection.peak_velocity, float(np.sin(detection.peak_azimuth)), 0.0)


def _echo(csi: Csi, lobe: Lobe, source: Source, centre: Peak, weights: Weights) -> np.ndarray:
    """(rows, columns, 9) complex128 share of a target in the snapshots around a peak."""
    up, right, velocity, distance = 2j * np.pi * source.place
    signal = np.exp(velocity * lobe.features[1] + distance * lobe.features[2]).astype(np.complex64)
    alone = replace(csi, values=signal.reshape(1, 1, *csi.values.shape[2:]))
    array = np.multiply.outer(np.exp(up * lobe.row), np.exp(right * lobe.column))
    return source.amplitude * array[..., None] * peak_snapshots(alone, centre, weights, neighbours=1)


def _strongest(csi: Csi, centre: Peak, snapshots: np.ndarray, weights: Weights) -> tuple[Peak, float]:
    """Strongest of the cells around a peak and of the beams within a cell of its azimuth, and its power."""
    cells = SoundingGrid.of_csi(csi).cells
    row, column, _, _ = weights
    snapshots = snapshots * row[:, None, None] * column[:, None]
    up = np.arange(-1, 1 + 1e-9, BEAM_STEP * cells[0]) if len(row) > 1 else np.zeros(1)
    beside = np.arange(-1, 1 + 1e-9, BEAM_STEP) * cells[1] if len(column) > 1 else np.zeros(1)
    turn = 1 / csi.element_spacing  # cosines so far apart are one beam: a detection at endfire may be on either side
    right = (centre.right + beside + turn / 2) % turn - turn / 2
    seen = np.hypot(up[:, None], right) <= 1
    best, peak = -1.0, centre
    for index in range(snapshots.shape[2]):
        power = np.where(seen, bartlett(snapshots[..., index : index + 1], csi.element_spacing)(up, right), 0)
        i, j = np.unravel_index(int(np.argmax(power)), power.shape)
        if power[i, j] > best:
            best = float(power[i, j])
            slower, nearer = index // 3 - 1, index % 3 - 1
            peak = Peak(
                centre.range + nearer * cells[3], centre.velocity + slower * cells[2], float(right[j]), float(up[i])
            )
    return peak, best
