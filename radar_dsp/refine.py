"""From detections on the map to targets in space: each detection's peak found in the CSI, with its elevation."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from radar_dsp.crb import SoundingGrid
from radar_dsp.csi import Csi
from radar_dsp.estimate import Peak, TargetEstimate, flat_weights, refine_peaks
from radar_dsp.lobe import Weights
from radar_dsp.spectra import bartlett
from radar_dsp.subspace import peak_snapshots

BEAM_STEP = 0.25  # of a beam between the directions tried


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


def refine_detections(csi: Csi, detections: Sequence[OnMap], weights: Weights | None = None) -> list[TargetEstimate]:
    """Estimate the strongest scattering centre of each detection, all of them together.

    Range-angle and range-velocity maps sum over what the other shows and neither holds elevation, so the peak of a
    detection may be a cell off. It is looked for in the cells around, in beams of all elevations, and then climbed
    (`refine_peaks`).

    Parameters
    ----------
    csi : Csi
    detections : sequence of `radar_dsp.detection.Detection`, or with its peaks
    weights : four arrays of float64, optional
        Windows over rows, columns, symbols and subcarriers; rectangular if not given. In a scene take
        `radar_dsp.estimate.config_weights`.

    Returns
    -------
    list of TargetEstimate
        In the order of the detections.

    Raises
    ------
    ValueError
        If the measurement has a single symbol or subcarrier, or a window does not fit its axis.
    """
    weights = flat_weights(csi) if weights is None else weights
    return refine_peaks(csi, [_peak_near(csi, detection, weights) for detection in detections], weights)


def _peak_near(csi: Csi, detection: OnMap, weights: Weights) -> Peak:
    """Strongest of the cells next to a detection and of the beams within a cell of its azimuth."""
    cells = SoundingGrid.of_csi(csi).cells
    centre = Peak(detection.peak_range, detection.peak_velocity, float(np.sin(detection.peak_azimuth)), 0.0)
    row, column, _, _ = weights
    snapshots = peak_snapshots(csi, centre, weights, neighbours=1) * row[:, None, None] * column[:, None]
    up = np.arange(-1, 1 + 1e-9, BEAM_STEP * cells[0]) if len(row) > 1 else np.zeros(1)
    beside = np.arange(-1, 1 + 1e-9, BEAM_STEP) * cells[1] if len(column) > 1 else np.zeros(1)
    right = centre.right + beside
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
    return peak
