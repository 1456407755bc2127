"""Targets of a frame as rows of a table: estimates with deviations and radar cross-sections. Slow to import."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from scipy.constants import c

from radar_dsp.cli_input import CubeInput
from radar_dsp.cli_options import Detector
from radar_dsp.csi import Csi
from radar_dsp.detect import detect
from radar_dsp.detection import slowest_speed
from radar_dsp.estimate import TargetEstimate, estimate_deviations
from radar_dsp.levels import radar_cross_section_dbsm
from radar_dsp.refine import refine_detections
from radar_dsp.scale import Antennas
from radar_dsp.windows import Weights, config_weights


@dataclass(frozen=True)
class Row:
    """One object.

    Attributes
    ----------
    range, velocity, azimuth, elevation : float or None
        [m], closing positive [m/s], positive right and up [rad]; None = cannot be told.
    sigma_range, sigma_velocity, sigma_azimuth, sigma_elevation : float or None
        Standard deviations of a single scattering centre; None = the noise is unknown.
    snr_db : float or None
        After all coherent processing, or of the map's cell where there is no CSI.
    cross_section_dbsm : float or None
        Of a point target in free space; None = the antennas are unknown, or there is no CSI.
    """

    range: float | None
    velocity: float | None
    azimuth: float | None
    elevation: float | None
    sigma_range: float | None
    sigma_velocity: float | None
    sigma_azimuth: float | None
    sigma_elevation: float | None
    snr_db: float | None
    cross_section_dbsm: float | None


COLUMNS = tuple(Row.__dataclass_fields__)
UNITS = (*("m", "m/s", "rad", "rad") * 2, "dB", "dBsm")
IN_DEGREES = np.array([1, 1, 180 / np.pi, 180 / np.pi] * 2 + [1, 1])


def rows_of_power(read: CubeInput, detector: Detector) -> list[Row]:
    """Rows of the detections in a cube without CSI: no elevation."""
    return [
        Row(
            d.peak_range, d.peak_velocity, d.peak_azimuth, None,
            _known(d.sigma_range), _known(d.sigma_velocity), _known(d.sigma_azimuth), None, _known(d.snr_db), None,
        )
        for d in detect(read.cube, read.config, detector.settings, grid=read.grid)
    ]  # fmt: skip


def rows_of_csi(read: CubeInput, csi: Csi, detector: Detector, antennas: Antennas | None) -> list[Row]:
    """Rows of the detections in a cube, each climbed to its peak in the CSI; `antennas` None = unknown."""
    targets, weights = refined_targets(read, csi, detector)
    return [row_of(csi, target, weights, antennas) for target in targets]


def refined_targets(read: CubeInput, csi: Csi, detector: Detector) -> tuple[list[TargetEstimate], Weights]:
    """Climb detections to their peaks in the CSI, under the windows of the configuration.

    Parameters
    ----------
    read : CubeInput
        Made from `csi`.
    csi : Csi
    detector : Detector

    Returns
    -------
    targets : list of TargetEstimate
        Those that are still fast and strong enough.
    weights : four arrays of float64
    """
    found = detect(read.cube, read.config, detector.settings, grid=read.grid)
    weights = config_weights(read.config, csi.values.shape)
    cell = read.cube.velocity[1] - read.cube.velocity[0]
    slowest = slowest_speed(read.cube.velocity, detector.min_speed) - cell / 2
    targets = refine_detections(csi, found, weights, min_snr_db=detector.settings.min_snr_db)
    return [t for t in targets if abs(t.velocity) >= slowest], weights


def row_of(csi: Csi, target: TargetEstimate, weights: Weights | None, antennas: Antennas | None) -> Row:
    """Row of one estimate; `weights` as it was refined with, None = rectangular, `antennas` None = unknown."""
    seen = bool(np.isfinite([target.azimuth, target.elevation]).all())  # else no direction has these cosines
    snr = target.post_snr if target.post_snr is not None and target.post_snr > 0 else None
    sigma = estimate_deviations(csi, target, weights) if snr is not None and seen else None
    rows, columns = csi.values.shape[:2]
    names = ("range", "velocity", "azimuth", "elevation")
    deviation = {f"sigma_{name}": None if sigma is None else _known(getattr(sigma, name)) for name in names}
    return Row(
        range=target.range,
        velocity=target.velocity,
        azimuth=_known(target.azimuth) if columns > 1 else None,
        elevation=_known(target.elevation) if rows > 1 else None,
        **deviation,
        snr_db=None if snr is None else float(10 * np.log10(snr)),
        cross_section_dbsm=_cross_section(csi, target, antennas) if seen and antennas is not None else None,
    )


def _cross_section(csi: Csi, target: TargetEstimate, antennas: Antennas) -> float | None:
    if not (target.range > 0 and target.amplitude):
        return None
    gain, towards = np.array(20 * np.log10(abs(target.amplitude))), antennas(target.azimuth, target.elevation)
    wavelength = c / csi.carrier_frequency
    return _known(float(radar_cross_section_dbsm(gain, np.array(target.range), wavelength, antenna_gain_db=towards)))


def _known(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def table_text(rows: Sequence[Row]) -> str:
    """Table for a terminal in metres, degrees, m/s and dB; a deviation stands behind its value."""
    heads = ("range [m]", "velocity [m/s]", "azimuth [deg]", "elevation [deg]")
    lines = [f"{'#':>3} " + " ".join(f"{head:>19}" for head in heads) + f" {'SNR [dB]':>9} {'RCS [dBsm]':>10}"]
    for number, row in enumerate(rows, 1):
        values = [None if v is None else v * f for v, f in zip(astuple(row), IN_DEGREES, strict=True)]
        cells = [_cell(values[i], values[i + 4]) for i in range(4)]
        snr, section = ("-" if value is None else f"{value:.1f}" for value in values[8:])
        lines.append(f"{number:3d} " + " ".join(f"{cell:>19}" for cell in cells) + f" {snr:>9} {section:>10}")
    return "\n".join(lines)


def _cell(value: float | None, sigma: float | None) -> str:
    if value is None:
        return "-"
    if not sigma:
        return f"{value + 0.0:.3f}"
    digits = int(np.clip(1 - np.floor(np.log10(sigma)), 0, 5))  # two digits of the deviation
    return f"{round(value, digits) + 0.0:.{digits}f} +- {sigma:.{digits}f}"
