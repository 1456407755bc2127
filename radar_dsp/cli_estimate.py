"""``radar-dsp estimate``: range, velocity, azimuth and elevation of the objects, each with its deviation."""

from dataclasses import asdict
from typing import Annotated

import typer

from radar_dsp.cli_input import antennas_of, needs_csi, open_source, read_cube, read_frame, target_path
from radar_dsp.cli_options import ClutterRemoval, Detector, Source, Tables
from radar_dsp.tables import TABLES, write_table


def estimate(
    source: Source,
    detector: Detector,
    clutter: ClutterRemoval,
    output: Tables = None,
    strongest: Annotated[
        bool, typer.Option("--strongest", help="Only the strongest echo, still ones too: maximum likelihood of one.")
    ] = False,
    antenna_gain: Annotated[
        float | None,
        typer.Option(help="Transmit plus receive gain [dB] for the cross-sections; default: as the file states it."),
    ] = None,
) -> None:
    """Objects measured, with deviations.

    Range, velocity, azimuth, elevation and radar cross-section of each.
    What is detected as moving and turns out to be the edge of something slower is left out, unless
    --min-speed is 0. Deviations are those of one scattering centre; an extended object wanders over itself by more.
    A shard's power gives neither elevation nor cross-section.

    \b
    Examples:
      radar-dsp estimate lot.csi.h5 -o cars.csv -o cars.json
      radar-dsp estimate measured.npz --strongest --carrier 28e9 --subcarrier-spacing 480e3 --symbol-interval 250e-6
    """  # noqa: D301 - the backspace keeps click from rewrapping
    from radar_dsp.estimate import estimate_target  # slow to import, as are the detectors
    from radar_dsp.target_rows import COLUMNS, UNITS, row_of, rows_of_csi, rows_of_power, table_text

    targets = [target_path(source.file, o, "", source.frame, data=TABLES, picture=False) for o in output or ()]
    shard = open_source(source)
    antennas = antennas_of(shard, antenna_gain)
    if strongest:
        if shard is not None and not shard.is_csi:
            raise needs_csi(source.file, "--strongest")
        frame = read_frame(source, shard, clutter)
        rows = [row_of(frame.csi, estimate_target(frame.csi, max_range=frame.max_range), None, antennas)]
    else:
        read = read_cube(source, clutter)
        rows = rows_of_power(read, detector) if read.csi is None else rows_of_csi(read, read.csi, detector, antennas)
    units = dict(zip(COLUMNS, UNITS, strict=True))
    for target in targets:
        found = [asdict(row) for row in rows]
        write_table(target, found, units, key="targets", source=source.file.name, frame=source.frame)
    print(table_text(rows) if rows else "nothing detected")
    for target in targets:
        print(f"wrote {target}")
