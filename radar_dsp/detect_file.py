"""Detections and files: the native cube of a shard, tables for people, CSV and JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from radar_dsp.detection import COLUMNS, UNITS, Detection
from radar_dsp.files import stored_config
from radar_dsp.heatmap import Level
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import PowerCube
from radar_dsp.scale import UNITS as SCALE_UNITS
from radar_dsp.scale import Calibration
from radar_dsp.tables import write_table
from raysim.shards.reader import Shard

LEVELS: dict[Level, tuple[str, str]] = {  # column of a file, head in the terminal
    "gain": ("path_gain_db", "gain"),
    "dbsm": ("cross_section_dbsm", "RCS"),
    "dbfs": ("level_dbfs", "level"),
}


@dataclass(frozen=True)
class PeakLevels:
    """Levels of detections other than over noise.

    Attributes
    ----------
    level : str
        As of `radar_dsp.scale.Scale`.
    values : list of float or None
        Of each detection's strongest cell [`unit`]; None = it has none.
    """

    level: Level
    values: list[float | None]

    @property
    def unit(self) -> str:
        """Of the values."""
        return SCALE_UNITS[self.level]

    @property
    def column(self) -> str:
        """Name in a file."""
        return LEVELS[self.level][0]

    @property
    def head(self) -> str:
        """Name in a terminal."""
        return LEVELS[self.level][1]


AXES = ("radar/power_range", "radar/power_azimuth", "radar/power_velocity")


def cube_from_shard(shard: Shard, frame: int) -> tuple[PowerCube, RadarConfig]:
    """Native power of one frame of a shard, and the radar that measured it.

    Parameters
    ----------
    shard : Shard
    frame : int

    Returns
    -------
    PowerCube, RadarConfig
        The configuration is the ``radar`` section of the stored one, or the default where there is none.

    Raises
    ------
    ValueError
        If a dataset is missing, does not fit the others, or is not finite.
    """
    for name in ("radar/power", "radar/noise_power", *AXES):
        if name not in shard:
            raise ValueError(f"{shard.path} holds neither CSI nor {name}")
    power = shard["radar/power", frame]
    distance, beams, velocity = axes = tuple(np.asarray(shard[name], float) for name in AXES)
    if power.shape != tuple(len(axis) for axis in axes):
        raise ValueError(
            f"{shard.path}: radar/power must be ranges x beams x Doppler {tuple(map(len, axes))}, got {power.shape}"
        )
    noise = float(shard["radar/noise_power"])
    if not (np.isfinite(power).all() and all(np.isfinite(axis).all() for axis in axes)):
        raise ValueError(f"{shard.path}: radar/power or its axes in frame {frame} hold values that are not finite")
    if not (noise > 0 and np.isfinite(noise)):
        raise ValueError(f"{shard.path}: radar/noise_power must be positive, got {noise}")
    return PowerCube(power, distance, beams, velocity, noise), stored_config(shard) or RadarConfig()


def peak_levels(detections: Sequence[Detection], calibration: Calibration | None) -> PeakLevels | None:
    """Levels of the strongest cells; None = none asked for but that over noise, which `Detection.snr_db` is."""
    if calibration is None or calibration.level == "noise":
        return None
    values = [calibration.of_peak(d.peak_power, d.peak_range, d.peak_azimuth) for d in detections]
    return PeakLevels(calibration.level, values)


def table_text(detections: Sequence[Detection], levels: PeakLevels | None = None) -> str:
    """Table for a terminal, strongest first, in metres, degrees, m/s and dB."""
    names, units = ("", "") if levels is None else (f" {levels.head:>7}", f" {f'[{levels.unit}]':>7}")
    lines = [
        f"{'#':>3} {'range':>8} {'azimuth':>9} {'velocity':>9} {'SNR':>7}{names} {'length':>7} {'width':>7} "
        f"{'cells':>6}",
        f"{'':3} {'[m]':>8} {'[deg]':>9} {'[m/s]':>9} {'[dB]':>7}{units} {'[m]':>7} {'[deg]':>7}",
    ]
    for number, d in enumerate(detections, 1):
        level = None if levels is None else levels.values[number - 1]
        shown = "" if levels is None else f" {'-' if level is None else f'{level:.1f}':>7}"
        width, velocity = np.degrees(d.max_azimuth - d.min_azimuth), round(d.velocity, 2) + 0.0  # no -0.00
        lines.append(
            f"{number:3d} {d.range:8.2f} {np.degrees(d.azimuth):9.2f} {velocity:9.2f} {d.snr_db:7.1f}{shown} "
            f"{d.max_range - d.min_range:7.2f} {width:7.1f} {d.cells:6d}"
        )
    return "\n".join(lines)


def write_detections(
    path: Path, detections: Sequence[Detection], levels: PeakLevels | None = None, *, source: str, frame: int
) -> None:
    """Write detections as CSV (units in the header) or JSON, by the ending of `path`.

    Parameters
    ----------
    path : Path
        Ends in .csv or .json; written under a temporary name and renamed.
    detections : sequence of Detection
    levels : PeakLevels, optional
        A further column.
    source : str
        Name of the file they come from.
    frame : int

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If the ending is another.
    """
    units, rows = dict(zip(COLUMNS, UNITS, strict=True)), [asdict(d) for d in detections]
    if levels is not None:
        units[levels.column] = levels.unit
        rows = [row | {levels.column: value} for row, value in zip(rows, levels.values, strict=True)]
    write_table(path, rows, units, key="detections", source=source, frame=frame)
