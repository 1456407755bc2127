"""``radar-dsp directions``: the targets that share a range-Doppler cell, told apart by their directions."""

from typing import Annotated, Literal

import typer

from radar_dsp.cli_input import needs_csi, open_source, read_cube, target_path
from radar_dsp.cli_options import ClutterRemoval, Detector, Source, Tables
from radar_dsp.tables import TABLES, write_table

Method = Literal["bartlett", "capon", "music", "esprit"]


def directions(
    source: Source,
    detector: Detector,
    clutter: ClutterRemoval,
    output: Tables = None,
    finder: Annotated[Method, typer.Option(help="How directions are found.")] = "bartlett",
    order: Annotated[
        int | None, typer.Option(min=1, help="Targets in a cell; default: by minimum description length.")
    ] = None,
    at_range: Annotated[float | None, typer.Option(help="Look here [m] instead of at the detected objects.")] = None,
    at_velocity: Annotated[float | None, typer.Option(help="With --at-range: closing positive [m/s].")] = None,
) -> None:
    """Direction finding in range-Doppler cells.

    In the cells of the detected objects, or in one cell; needs CSI.
    Bartlett is the best answer to one target in a cell; Capon, MUSIC and ESPRIT part targets within a beam.

    \b
    Examples:
      radar-dsp directions lot.csi.h5 --finder music
      radar-dsp directions lot.csi.h5 --at-range 21.4 --at-velocity 3 --finder esprit --order 2 -o cell.csv
    """  # noqa: D301 - the backspace keeps click from rewrapping
    from radar_dsp.direction_rows import UNITS, cell_at, direction_rows, object_cells, table_text  # slow to import

    targets = [target_path(source.file, o, "", source.frame, data=TABLES, picture=False) for o in output or ()]
    if (at_range is None) != (at_velocity is None):
        raise ValueError("give --at-range and --at-velocity together")
    shard = open_source(source)
    if shard is not None and not shard.is_csi:
        raise needs_csi(source.file, "directions")
    read = read_cube(source, clutter)
    assert read.csi is not None  # the file holds CSI
    if at_range is None or at_velocity is None:
        cells = object_cells(read, read.csi, detector)
    else:
        cells = [cell_at(read.csi, at_range, at_velocity, read.cube.range[-1])]
    rows = direction_rows(read, read.csi, cells, finder, order)
    for target in targets:
        write_table(target, rows, UNITS, key="directions", source=source.file.name, frame=source.frame)
    print(table_text(rows) if rows else "nothing detected")
    for target in targets:
        print(f"wrote {target}")
