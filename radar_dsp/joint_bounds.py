"""Cramer-Rao bounds of several targets at once: what can be known of each where their lobes overlap.

The Fisher information of K sinusoids in white noise needs sums of the coordinates' products over the phase differences
of each pair (Stoica and Nehorai 1989, for the deterministic model). Array, time and frequency separate in them but for
the range walk, as in the refinement.
"""

from collections.abc import Sequence

import numpy as np

from radar_dsp.cosines import angle_deviations
from radar_dsp.crb import Deviations, SoundingGrid
from radar_dsp.csi import Csi
from radar_dsp.estimate import TargetEstimate
from radar_dsp.lobe import Lobe, by_order
from radar_dsp.windows import flat_weights

PARAMETERS = 6  # of a target: up, right, velocity, range [cells], real and imaginary part of the amplitude


def joint_bounds(csi: Csi, targets: Sequence[TargetEstimate]) -> list[Deviations]:
    """Cramer-Rao bounds of targets that are all unknown, evaluated at their estimates.

    Parameters
    ----------
    csi : Csi
        Of known noise; its axes count, not its values.
    targets : sequence of TargetEstimate
        Places and amplitudes, as from `radar_dsp.estimate.refine_peaks`.

    Returns
    -------
    list of Deviations
        Of each target; inf along axes of a single sample.

    Raises
    ------
    ValueError
        If the noise is unknown, or targets lie so close that nothing tells them apart.
    """
    if csi.noise_variance is None:
        raise ValueError("joint_bounds needs a csi of known noise_variance")
    cells = SoundingGrid.of_csi(csi).cells
    lobe = Lobe.of(csi, flat_weights(csi))
    information = _information(lobe, targets, cells) * (2 / csi.noise_variance)
    known = np.tile(np.append(np.array(csi.values.shape) > 1, [True, True]), len(targets))
    scale = np.sqrt(np.diag(information)[known])
    covariance = np.full(information.shape, np.inf)
    try:
        inverse = np.linalg.inv(information[np.ix_(known, known)] / np.outer(scale, scale))
    except np.linalg.LinAlgError as error:
        raise ValueError(f"the {len(targets)} targets cannot be told apart") from error
    if (np.diag(inverse) <= 0).any():
        raise ValueError(f"the {len(targets)} targets cannot be told apart")
    covariance[np.ix_(known, known)] = inverse / np.outer(scale, scale)
    blocks = [slice(i * PARAMETERS, (i + 1) * PARAMETERS) for i in range(len(targets))]
    return [_deviations(covariance[b, b], t, cells) for b, t in zip(blocks, targets, strict=True)]


def _information(lobe: Lobe, targets: Sequence[TargetEstimate], cells: np.ndarray) -> np.ndarray:
    """(6 K, 6 K) real parts of the inner products of the model's derivatives."""
    place = [np.array([t.up, t.right, t.velocity, t.range]) / cells for t in targets]
    rows = []
    for a, here in zip(targets, place, strict=True):
        row = []
        for b, there in zip(targets, place, strict=True):
            total, first, second = by_order(lobe.path_moments(here - there))
            turn = 2j * np.pi  # d/dplace of exp(j 2 pi place x) = turn x exp(...)
            block = np.empty((PARAMETERS, PARAMETERS), complex)
            block[:4, :4] = np.conj(turn * a.amplitude) * turn * b.amplitude * second
            block[:4, 4:] = np.outer(np.conj(turn * a.amplitude) * first, [1, 1j])
            block[4:, :4] = np.outer([1, -1j], turn * b.amplitude * first)
            block[4:, 4:] = total * np.outer([1, -1j], [1, 1j])
            row.append(block.real)
        rows.append(row)
    return np.block(rows)


def _deviations(covariance: np.ndarray, target: TargetEstimate, cells: np.ndarray) -> Deviations:
    up, right, velocity, distance = np.sqrt(np.diag(covariance)[:4]) * cells
    of_cosines = covariance[:2, :2] * np.outer(cells[:2], cells[:2])
    azimuth, elevation = angle_deviations(of_cosines, target.azimuth, target.elevation)
    phase = target.amplitude / abs(target.amplitude)
    along = np.array([phase.real, phase.imag])  # of the modulus
    return Deviations(
        range=float(distance),
        velocity=float(velocity),
        right=float(right),
        up=float(up),
        azimuth=azimuth,
        elevation=elevation,
        amplitude=float(np.sqrt(along @ covariance[4:, 4:] @ along) / abs(target.amplitude)),
    )
