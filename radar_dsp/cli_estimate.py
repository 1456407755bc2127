"""``radar-dsp estimate``: range, velocity, azimuth and elevation of the objects, each with its deviation."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer

from radar_dsp.cli_input import (
    Carrier,
    Dataset,
    FileArgument,
    FrameInput,
    FrameOption,
    Interval,
    MaxRange,
    Pitch,
    Spacing,
    read_frame,
    readable,
    shard_at,
    target_path,
)
from radar_dsp.detect_file import cube_from_shard
from radar_dsp.detection import DetectionSettings
from radar_dsp.files import replaced
from radar_dsp.measured import GivenAxes
from radar_dsp.periodogram import power_cube

Outputs = Annotated[list[Path] | None, typer.Option("-o", "--output", help="CSV or JSON file, may be repeated.")]
DEFAULT = DetectionSettings()


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


COLUMNS = tuple(Row.__dataclass_fields__)
UNITS = (*("m", "m/s", "rad", "rad") * 2, "dB")
IN_DEGREES = np.array([1, 1, 180 / np.pi, 180 / np.pi] * 2 + [1])


def estimate(
    file: FileArgument,
    output: Outputs = None,
    frame: FrameOption = 0,
    strongest: Annotated[
        bool, typer.Option("--strongest", help="Only the strongest echo, still ones too: maximum likelihood of one.")
    ] = False,
    method: Annotated[Literal["ca", "go", "so", "os"], typer.Option(help="Kind of CFAR.")] = "os",
    pfa: Annotated[float, typer.Option(help="False alarms per cell of noise.")] = DEFAULT.pfa,
    min_speed: Annotated[
        float | None, typer.Option(help="Slowest Doppler bins searched [m/s]; default 1.5 cells, 0 = static too.")
    ] = DEFAULT.min_speed,
    min_snr: Annotated[float, typer.Option(help="Weakest detection over the noise [dB].")] = DEFAULT.min_snr_db,
    max_range: MaxRange = None,
    dataset: Dataset = None,
    carrier: Carrier = None,
    subcarrier_spacing: Spacing = None,
    symbol_interval: Interval = None,
    element_spacing: Pitch = 0.5,
) -> None:
    """Objects with range, velocity, azimuth, elevation and deviations; a shard's power has no elevation.

    What is detected as moving and turns out to be the edge of something slower is left out, unless
    --min-speed is 0. Deviations are those of one scattering centre; an extended object wanders over itself by more.

    \b
    Examples:
      radar-dsp estimate lot.csi.h5 -o cars.csv -o cars.json
      radar-dsp estimate measured.npz --strongest --carrier 28e9 --subcarrier-spacing 480e3 --symbol-interval 250e-6
    """  # noqa: D301 - the backspace keeps click from rewrapping
    settings = DetectionSettings(method=method, pfa=pfa, min_speed=min_speed, min_snr_db=min_snr)
    targets = [target_path(file, each, "", frame, data=(".csv", ".json"), picture=False) for each in output or ()]
    shard = shard_at(file)
    if shard is not None and not shard.is_csi:
        if strongest:
            raise ValueError(f"--strongest needs CSI; {file} holds power only")
        with readable(file):
            cube, config = cube_from_shard(shard, frame)
        rows = _of_power(cube, config, settings)
    else:
        given = GivenAxes(dataset, carrier, subcarrier_spacing, symbol_interval, element_spacing)
        source = read_frame(file, shard, frame, max_range, given)
        rows = _strongest(source) if strongest else _of_csi(source, settings)
    for target in targets:
        _write(target, rows, source=file.name, frame=frame)
    print(_table(rows) if rows else "nothing detected")
    for target in targets:
        print(f"wrote {target}")


def _of_power(cube, config, settings: DetectionSettings) -> list[Row]:
    from radar_dsp.detect import detect

    return [
        Row(
            d.peak_range, d.peak_velocity, d.peak_azimuth, None,
            _known(d.sigma_range), _known(d.sigma_velocity), _known(d.sigma_azimuth), None, _known(d.snr_db),
        )
        for d in detect(cube, config, settings)
    ]  # fmt: skip


def _of_csi(source: FrameInput, settings: DetectionSettings) -> list[Row]:
    from radar_dsp.crb import SoundingGrid  # slow to import, as are the detectors
    from radar_dsp.detect import detect
    from radar_dsp.estimate import config_weights
    from radar_dsp.refine import refine_detections

    csi, config = source.csi, source.config
    cube = power_cube(csi, config, max_range=source.max_range)
    found = detect(cube, config, settings, grid=SoundingGrid.of_csi(csi))
    weights = config_weights(csi, config)
    cell = cube.velocity[1] - cube.velocity[0]
    slowest = (1.5 * cell if settings.min_speed is None else settings.min_speed) - cell / 2
    targets = refine_detections(csi, found, weights)
    return [_row(csi, target, weights) for target in targets if abs(target.velocity) >= slowest]


def _strongest(source: FrameInput) -> list[Row]:
    from radar_dsp.estimate import estimate_target

    return [_row(source.csi, estimate_target(source.csi, max_range=source.max_range), None)]


def _row(csi, target, weights) -> Row:
    from radar_dsp.estimate import estimate_deviations

    seen = np.isfinite([target.azimuth, target.elevation]).all()  # else no direction has these cosines
    known = target.post_snr is not None and target.post_snr > 0
    sigma = estimate_deviations(csi, target, weights) if known and seen else None
    names = ("range", "velocity", "azimuth", "elevation")
    rows, columns = csi.values.shape[:2]
    deviation = {name: None if sigma is None else _known(getattr(sigma, name)) for name in names}
    return Row(
        range=target.range,
        velocity=target.velocity,
        azimuth=_known(target.azimuth) if columns > 1 else None,
        elevation=_known(target.elevation) if rows > 1 else None,
        sigma_range=deviation["range"],
        sigma_velocity=deviation["velocity"],
        sigma_azimuth=deviation["azimuth"],
        sigma_elevation=deviation["elevation"],
        snr_db=float(10 * np.log10(target.post_snr)) if known else None,
    )


def _known(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def _table(rows: Sequence[Row]) -> str:
    """Table for a terminal in metres, degrees, m/s and dB; a deviation stands behind its value."""
    heads = ("range [m]", "velocity [m/s]", "azimuth [deg]", "elevation [deg]")
    lines = [f"{'#':>3} " + " ".join(f"{head:>19}" for head in heads) + f" {'SNR [dB]':>9}"]
    for number, row in enumerate(rows, 1):
        values = [None if v is None else v * f for v, f in zip(astuple(row), IN_DEGREES, strict=True)]
        cells = [_cell(values[i], values[i + 4]) for i in range(4)]
        snr = "-" if values[8] is None else f"{values[8]:.1f}"
        lines.append(f"{number:3d} " + " ".join(f"{cell:>19}" for cell in cells) + f" {snr:>9}")
    return "\n".join(lines)


def _cell(value: float | None, sigma: float | None) -> str:
    if value is None:
        return "-"
    if not sigma:
        return f"{value + 0.0:.3f}"
    digits = int(np.clip(1 - np.floor(np.log10(sigma)), 0, 5))  # two digits of the deviation
    return f"{round(value, digits) + 0.0:.{digits}f} +- {sigma:.{digits}f}"


def _write(path: Path, rows: Sequence[Row], *, source: str, frame: int) -> None:
    """CSV with units in the header, or JSON; what cannot be told is empty, or null."""
    with replaced(path) as part, part.open("w", newline="") as stream:
        if path.suffix.lower() == ".csv":
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(f"{name} [{unit}]" for name, unit in zip(COLUMNS, UNITS, strict=True))
            table.writerows(astuple(row) for row in rows)
        else:
            units = dict(zip(COLUMNS, UNITS, strict=True))
            found = {"source": source, "frame": frame, "units": units, "targets": [asdict(row) for row in rows]}
            json.dump(found, stream, indent=1, allow_nan=False)
            stream.write("\n")
