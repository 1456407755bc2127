"""``radar-dsp directions``: the targets that share a range-Doppler cell, told apart by their directions."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from radar_dsp.cli_input import needs_csi, open_source, read_cube, target_path, titled
from radar_dsp.cli_options import ClutterRemoval, Detector, Source
from radar_dsp.tables import TABLES, write_table

Outputs = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="CSV, JSON or PNG (the first cell's spectrum), may be repeated."),
]
Method = Literal["bartlett", "capon", "music", "esprit"]


def directions(
    source: Source,
    detector: Detector,
    clutter: ClutterRemoval,
    output: Outputs = None,
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
      radar-dsp directions lot.csi.h5 --at-range 21.4 --at-velocity 3 --finder music --order 2 -o cell.csv -o cell.png
    """  # noqa: D301 - the backspace keeps click from rewrapping
    from radar_dsp.direction_rows import (  # slow to import
        UNITS,
        cell_at,
        cell_directions,
        check_drawable,
        direction_rows,
        object_cells,
        plot_cell,
        table_text,
    )
    from radar_dsp.windows import config_weights

    targets = [target_path(source.file, o, "", source.frame, data=TABLES) for o in output or ()]
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
    weights = config_weights(read.config, read.csi.values.shape)
    found = cell_directions(read.csi, cells, weights, finder, order)
    rows = direction_rows(read.csi, found)
    if any(target.suffix.lower() == ".png" for target in targets):
        check_drawable(read.csi, found)
    for target in targets:
        if target.suffix.lower() == ".png":
            plot_cell(target, read.csi, found[0], weights, finder, order, title=titled(source, clutter))
        else:
            write_table(target, rows, UNITS, key="directions", source=source.file.name, frame=source.frame)
    print(table_text(rows) if rows else "nothing detected")
    for target in targets:
        print(f"wrote {target}")
