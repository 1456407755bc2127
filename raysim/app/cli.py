"""The ``raysim`` command."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from raysim.app import cli_radio, cli_rcs
from raysim.app.options import checked_output
from raysim.command import run as run_command

if TYPE_CHECKING:
    from raysim.app.config import Config

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Radio-visual synthesis: one scene, every sensor of a 6G basestation, in HDF5 shards.",
)


def main() -> None:
    """Run the command; bad input ends in one line ``Error: ...`` and exit status 2."""
    sys.exit(run_command(app, "raysim"))


@app.command()
def generate(
    scenario: Annotated[str | None, typer.Option(help="parking_lot; or as the configuration file says.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the shards [default: data/<scenario>].")] = None,
    sequences: Annotated[int, typer.Option(min=1, help="Sequences, one shard each.")] = 1,
    frames: Annotated[int | None, typer.Option(min=1, help="Frames of a sequence [default: 15].")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="The same seed gives the same data.")] = 0,
    config: Annotated[Path | None, typer.Option(help="YAML file; see configs/.")] = None,
    renderer: Annotated[str | None, typer.Option(help="RGB by cycles or rays [default: cycles if found].")] = None,
    quality: Annotated[str | None, typer.Option(help="Cycles preset: draft, standard or fine.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes, one sequence each; the data stay the same.")] = 1,
    csi: Annotated[str | None, typer.Option(help="Frames whose CSI is stored: none, first or all.")] = None,
    blender: Annotated[str | None, typer.Option(help="Blender program [default: the bpy wheel if installed].")] = None,
    save_blend: Annotated[bool, typer.Option("--save-blend", help="Save each scene as .blend beside it.")] = False,
) -> None:
    """Make sequences of a scenario with every sensor; finished ones are left alone, so a stopped run resumes."""
    from raysim.app.config import resolve
    from raysim.app.generate import Run, resolve_renderer
    from raysim.app.generate import generate as make

    overrides: dict[str, dict[str, Any]] = {
        "scene": {"frames": frames},
        "output": {"renderer": renderer, "quality": quality, "csi": csi},
    }
    settings = resolve_renderer(resolve(scenario, config, overrides), blender, save_blend)
    folder = out or Path("data") / settings.scenario
    _warn_of_limits(settings)
    outcome = make(Run(settings, folder, sequences, seed, workers, blender, save_blend))
    if outcome.made:
        _print_timing(outcome.seconds, outcome.tubes, settings.output.renderer)
    done = len(outcome.shards) - outcome.made
    print(f"{outcome.made} sequences made, {done} were finished: {folder}")


def _warn_of_limits(settings: "Config") -> None:
    """Say on stderr where the scenario breaks the idealisations of the sounding grid."""
    from radar_dsp.ofdm import limits_broken

    scene: Any = settings.scene  # every scenario has its own fields
    reach, speed = getattr(scene, "max_range", 0.0), getattr(scene, "speed_max", 0.0)
    for line in limits_broken(settings.radar, max_range=reach, max_speed=speed):
        print(f"Warning: {line}", file=sys.stderr)


def _print_timing(seconds: np.ndarray, tubes: np.ndarray, renderer: str) -> None:
    """Show the median time of every stage of a frame, and what the radio part worked on."""
    from raysim.app.sequence import RADIO_STAGES, STAGES

    median = np.median(seconds, axis=0)
    table = Table("stage", "median s a frame", title=f"timing, {len(seconds)} frames, {renderer}")
    for stage, value in zip(STAGES, median, strict=True):
        table.add_row(stage, f"{value:.2f}")
    radio = sum(value for stage, value in zip(STAGES, median, strict=True) if stage in RADIO_STAGES)
    table.add_section()
    table.add_row("radio (trace + csi + maps)", f"{radio:.2f}")
    table.add_row("all", f"{median.sum():.2f}")
    Console().print(table)
    print(f"ray tubes a frame: {int(np.median(tubes)):,}")


@app.command()
def check(files: Annotated[list[Path], typer.Argument(help="Shards, CSI files or files of paths.")]) -> None:
    """Validate shards, CSI files and files of paths against the format."""
    from raysim.shards.check import check as problems_of

    bad = 0
    for file in files:
        try:
            problems = problems_of(file)
        except (ValueError, OSError) as error:
            problems = [str(error)]
        bad += bool(problems)
        print(f"{file}: {'valid' if not problems else f'{len(problems)} problems'}")
        for problem in problems:
            print(f"  {problem}")
    if bad:
        raise ValueError(f"{bad} of {len(files)} files are not valid")


@app.command()
def view(
    file: Annotated[Path, typer.Argument(help="Shard, or file of paths.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Page [default: beside the file].")] = None,
    scene: Annotated[Path | None, typer.Option(help="Of a file of paths [default: beside it, by its name].")] = None,
    strongest: Annotated[int, typer.Option(min=1, max=5000, help="Echoes of a file of paths that are drawn.")] = 300,
) -> None:
    """Write one self-contained HTML page.

    Of a shard: camera, depth, lidar, radar maps, with a frame slider. Of a file of paths: the rays of its strongest
    echoes in the scene, in 3-D, and a table of them.
    """
    from raysim.shards.reader import open_shard

    with open_shard(file) as shard:
        is_paths = shard.is_paths
    target = checked_output(output, file.with_suffix(".html"), (".html", ".htm"))
    if is_paths:
        written = cli_radio.view_paths(file, target, scene, strongest)
    else:
        from raysim.app.view import write_page

        written = write_page(file, target)
    print(f"wrote {written}")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder of everything that the demo makes.")] = Path("demo"),
    frames: Annotated[int, typer.Option(min=1, help="Frames of the sequence.")] = 15,
    renderer: Annotated[str | None, typer.Option(help="RGB by cycles or rays [default: cycles if found].")] = None,
) -> None:
    """Make one parking-lot sequence, its pictures, a contact sheet and the viewer page, and say where they are."""
    from raysim.app.demo import make_demo

    for name, path in make_demo(out, frames=frames, renderer=renderer).items():
        print(f"{name:22} {path}")


for command in (cli_radio.trace, cli_radio.echoes, cli_rcs.rcs):
    app.command()(command)


if __name__ == "__main__":
    main()
