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
from raysim.command import run

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help=__doc__
)
for command in (info, csi, heatmap, doppler, angles, cube, detect, estimate, directions):
    app.command()(with_blocks(command))
app.add_typer(importers, name="import")


def main() -> None:
    """Run the command; every failure ends in one line ``Error: ...`` and exit status 2."""
    sys.exit(run(app, "radar-dsp"))


if __name__ == "__main__":
    main()
