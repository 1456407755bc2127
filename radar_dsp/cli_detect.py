"""``radar-dsp detect``: the objects in a frame as a table, as data and as a picture with boxes."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from radar_dsp.cli_input import (
    Carrier,
    Dataset,
    FileArgument,
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
from radar_dsp.detect_file import cube_from_shard, table_text, write_detections
from radar_dsp.detection import DetectionSettings
from radar_dsp.files import markers
from radar_dsp.measured import GivenAxes
from radar_dsp.periodogram import power_cube
from radar_dsp.plot import plot_detections

Outputs = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="CSV, JSON or PNG file, may be repeated; default: a PNG beside the input."),
]
DEFAULT = DetectionSettings()


def detect(
    file: FileArgument,
    output: Outputs = None,
    frame: FrameOption = 0,
    method: Annotated[Literal["ca", "go", "so", "os"], typer.Option(help="Kind of CFAR.")] = "os",
    pfa: Annotated[float, typer.Option(help="False alarms per cell of noise.")] = DEFAULT.pfa,
    min_speed: Annotated[
        float | None, typer.Option(help="Slowest Doppler bins searched [m/s]; default 1.5 cells, 0 = static too.")
    ] = DEFAULT.min_speed,
    min_snr: Annotated[float, typer.Option(help="Weakest detection over the noise [dB].")] = DEFAULT.min_snr_db,
    guard_range: Annotated[float, typer.Option(help="CFAR guard along range [m].")] = DEFAULT.guard_range,
    training_range: Annotated[float, typer.Option(help="CFAR training along range [m].")] = DEFAULT.training_range,
    max_range: MaxRange = None,
    dataset: Dataset = None,
    carrier: Carrier = None,
    subcarrier_spacing: Spacing = None,
    symbol_interval: Interval = None,
    element_spacing: Pitch = 0.5,
) -> None:
    """Objects by CFAR and clustering: from CSI, or from the power stored in a shard.

    \b
    Examples:
      radar-dsp detect lot.h5 --frame 3
      radar-dsp detect lot.csi.h5 -o cars.csv -o cars.png --pfa 1e-5
    """  # noqa: D301 - the backspace keeps click from rewrapping
    from radar_dsp.crb import SoundingGrid  # slow to import, as are the detectors
    from radar_dsp.detect import detect as detect_objects

    settings = DetectionSettings(
        method=method,
        pfa=pfa,
        min_speed=min_speed,
        min_snr_db=min_snr,
        guard_range=guard_range,
        training_range=training_range,
    )
    outputs: list[Path | None] = [*output] if output else [None]
    targets = [target_path(file, each, "detect", frame, data=(".csv", ".json")) for each in outputs]
    shard = shard_at(file)
    if shard is not None and not shard.is_csi:
        with readable(file):
            (cube, config), found = cube_from_shard(shard, frame), markers(shard, frame)
        grid = SoundingGrid.of_config(config)
    else:
        given = GivenAxes(dataset, carrier, subcarrier_spacing, symbol_interval, element_spacing)
        source = read_frame(file, shard, frame, max_range, given)
        cube, config = power_cube(source.csi, source.config, max_range=source.max_range), source.config
        found, grid = source.markers, SoundingGrid.of_csi(source.csi)
    detections = detect_objects(cube, config, settings, grid=grid)
    for target in targets:
        if target.suffix.lower() == ".png":
            title = f"{file.name}, frame {frame}"
            plot_detections(cube, detections, target, min_speed=min_speed, markers=found, title=title)
        else:
            write_detections(target, detections, source=file.name, frame=frame)
    print(table_text(detections) if detections else "nothing detected")
    for target in targets:
        print(f"wrote {target}")
