"""``radar-dsp detect``: the objects in a frame as a table, as data and as a picture with boxes."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from radar_dsp.cli_input import CubeInput, read_cube, target_path, titled
from radar_dsp.cli_options import DETECTION, ClutterRemoval, Detector, Levels, Source
from radar_dsp.detect_file import peak_levels, table_text, write_detections
from radar_dsp.periodogram import sum_beams
from radar_dsp.plot import plot_detections
from radar_dsp.scale import Scale
from radar_dsp.tables import TABLES

Outputs = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="CSV, JSON or PNG file, may be repeated; default: a PNG beside the input."),
]


def detect(
    source: Source,
    detector: Detector,
    levels: Levels,
    clutter: ClutterRemoval,
    output: Outputs = None,
    guard_range: Annotated[float, typer.Option(help="CFAR guard along range [m].")] = DETECTION.guard_range,
    training_range: Annotated[float, typer.Option(help="CFAR training along range [m].")] = DETECTION.training_range,
) -> None:
    """Objects by CFAR and clustering.

    From CSI, or from the power stored in a shard.
    --level adds a column, of each object's strongest cell, and is that of the picture.

    \b
    Examples:
      radar-dsp detect lot.h5 --frame 3
      radar-dsp detect lot.h5 --level dbsm -o cars.json
      radar-dsp detect lot.csi.h5 -o cars.csv -o cars.png --pfa 1e-5
    """  # noqa: D301 - the backspace keeps click from rewrapping
    from radar_dsp.detect import detect as detect_objects  # slow to import

    settings = replace(detector.settings, guard_range=guard_range, training_range=training_range)
    outputs: list[Path | None] = [*output] if output else [None]
    targets = [target_path(source.file, each, "detect", source.frame, data=TABLES) for each in outputs]
    read = read_cube(source, clutter, levels)
    detections = detect_objects(read.cube, read.config, settings, grid=read.grid)
    peaks = peak_levels(detections, read.calibration)
    for target in targets:
        if target.suffix.lower() == ".png":
            plot_detections(
                read.cube,
                detections,
                target,
                min_speed=detector.min_speed,
                scales=_scales(read),
                markers=read.markers,
                title=titled(source, clutter),
            )
        else:
            write_detections(target, detections, peaks, source=source.file.name, frame=source.frame)
    print(table_text(detections, peaks) if detections else "nothing detected")
    for target in targets:
        print(f"wrote {target}")


def _scales(read: CubeInput) -> tuple[Scale, Scale] | None:
    """Scales of the two maps of the picture; None = over noise."""
    if read.calibration is None or read.calibration.level == "noise":
        return None
    return read.calibration.of_range_angle(read.cube), read.calibration.of_range_doppler(sum_beams(read.cube))
