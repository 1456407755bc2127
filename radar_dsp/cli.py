"""The ``radar-dsp`` command: what a radar file holds, its maps and the objects in it."""

import sys

import typer

from radar_dsp.cli_csi import csi
from radar_dsp.cli_detect import detect
from radar_dsp.cli_directions import directions
from radar_dsp.cli_estimate import estimate
from radar_dsp.cli_import import importers
from radar_dsp.cli_info import info
from radar_dsp.cli_maps import angles, cube, doppler, heatmap
from radar_dsp.cli_options import with_blocks
from radar_dsp.cli_score import score
from raysim.command import run

HELP = """What a radar file holds, its maps and the objects in it. Files are shards and CSI files of raysim, or any
HDF5 or npz file with a complex array. Every command has examples: radar-dsp heatmap --help."""
app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help=HELP
)
for command in (info, csi, heatmap, doppler, angles, cube, detect, estimate, directions, score):
    app.command()(with_blocks(command))
app.add_typer(importers, name="import")


def main() -> None:
    """Run the command; every failure ends in one line ``Error: ...`` and exit status 2."""
    sys.exit(run(app, "radar-dsp"))


if __name__ == "__main__":
    main()
