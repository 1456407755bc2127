"""The ``radar-dsp`` command: what a radar file holds, its maps and the objects in it."""

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from radar_dsp.cartesian import cartesian as cartesian_map
from radar_dsp.cli_csi import csi
from radar_dsp.cli_detect import detect
from radar_dsp.cli_estimate import estimate
from radar_dsp.cli_import import importers
from radar_dsp.cli_input import (
    Carrier,
    Dataset,
    FileArgument,
    FrameOption,
    Interval,
    MaxRange,
    Output,
    Pitch,
    Spacing,
    read_frame,
    readable,
    shard_at,
    target_path,
)
from radar_dsp.cli_maps import angles, cube
from radar_dsp.detect_file import cube_from_shard
from radar_dsp.files import markers, write_map
from radar_dsp.heatmap import Heatmap, range_azimuth
from radar_dsp.interop_map import stored_map
from radar_dsp.interop_paths import paths_only
from radar_dsp.measured import GivenAxes, array_shapes
from radar_dsp.ofdm import RadarConfig, describe, limits_broken
from radar_dsp.periodogram import power_cube, sum_beams
from radar_dsp.plot import View, plot_heatmap, plot_range_doppler
from raysim.command import run
from raysim.shards.reader import Shard

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help=__doc__
)


def _stored_heatmap(shard: Shard, frame: int) -> Heatmap:
    if "radar/heatmap" not in shard:
        raise ValueError(f"{shard.path} holds neither CSI nor a heatmap")
    decibels = shard["radar/heatmap", frame].astype(np.float32)
    distance, azimuth = shard["radar/range"], shard["radar/azimuth"]
    if not all(np.isfinite(each).all() for each in (decibels, distance, azimuth)):
        raise ValueError(f"{shard.path}: radar/heatmap or its axes in frame {frame} hold values that are not finite")
    return Heatmap(decibels, distance, azimuth, None)


def _view(polar: bool, cartesian: bool) -> View:
    if polar and cartesian:
        raise ValueError("give --polar or --cartesian, not both")
    return "polar" if polar else "cartesian" if cartesian else "range-azimuth"


@app.command()
def heatmap(
    file: FileArgument,
    output: Output = None,
    frame: FrameOption = 0,
    polar: Annotated[bool, typer.Option("--polar", help="Draw a fan with rings and spokes.")] = False,
    cartesian: Annotated[bool, typer.Option("--cartesian", help="Draw a view from above in metres.")] = False,
    cell: Annotated[float, typer.Option(help="Cells of --cartesian data [m].")] = 0.25,
    max_range: MaxRange = None,
    dataset: Dataset = None,
    carrier: Carrier = None,
    subcarrier_spacing: Spacing = None,
    symbol_interval: Interval = None,
    element_spacing: Pitch = 0.5,
) -> None:
    """Range-azimuth heatmap: from CSI, or the one stored in a shard or a map file.

    \b
    Examples:
      radar-dsp heatmap lot.csi.h5
      radar-dsp heatmap lot.h5 --frame 3 --cartesian -o lot.png
      radar-dsp heatmap measured.npz --carrier 28e9 --subcarrier-spacing 480e3 --symbol-interval 250e-6
    """  # noqa: D301 - the backspace keeps click from rewrapping
    view, shard = _view(polar, cartesian), shard_at(file)
    target = target_path(file, output, "heatmap", frame)
    with readable(file):
        stored = None if shard is not None else stored_map(file)
    if stored is not None:
        picture, found = stored, []
    elif shard is not None and not shard.is_csi:
        with readable(file):
            picture, found = _stored_heatmap(shard, frame), markers(shard, frame)
    else:
        given = GivenAxes(dataset, carrier, subcarrier_spacing, symbol_interval, element_spacing)
        source = read_frame(file, shard, frame, max_range, given)
        picture = range_azimuth(source.csi, source.config, max_range=source.max_range, azimuth=source.azimuth)
        found = source.markers
    if target.suffix.lower() == ".png":
        plot_heatmap(picture, target, view=view, markers=found, title=f"{file.name}, frame {frame}")
    else:
        write_map(target, cartesian_map(picture, cell) if cartesian else picture)
    print(f"wrote {target}")


@app.command()
def doppler(
    file: FileArgument,
    output: Output = None,
    frame: FrameOption = 0,
    max_range: MaxRange = None,
    dataset: Dataset = None,
    carrier: Carrier = None,
    subcarrier_spacing: Spacing = None,
    symbol_interval: Interval = None,
) -> None:
    """Range-Doppler map, summed over all beams: from CSI, or from the power stored in a shard.

    \b
    Examples:
      radar-dsp doppler lot.csi.h5 --max-range 60
      radar-dsp doppler lot.h5 --frame 3 -o doppler.h5
    """  # noqa: D301 - the backspace keeps click from rewrapping
    shard = shard_at(file)
    target = target_path(file, output, "doppler", frame)
    if shard is not None and not shard.is_csi:
        with readable(file):
            picture, found = sum_beams(cube_from_shard(shard, frame)[0]), markers(shard, frame)
    else:
        given = GivenAxes(dataset, carrier, subcarrier_spacing, symbol_interval)
        source = read_frame(file, shard, frame, max_range, given)
        picture = sum_beams(power_cube(source.csi, source.config, max_range=source.max_range))
        found = source.markers
    if target.suffix.lower() == ".png":
        plot_range_doppler(picture, target, markers=found, title=f"{file.name}, frame {frame}")
    else:
        write_map(target, picture)
    print(f"wrote {target}")


@app.command()
def info(file: Annotated[Path | None, typer.Argument(help="Any radar file; none = the default radar.")] = None) -> None:
    """Contents, axes and limits of a file, or of the default radar.

    \b
    Examples:
      radar-dsp info lot.csi.h5
      radar-dsp info
    """  # noqa: D301 - the backspace keeps click from rewrapping
    if file is None:
        config = RadarConfig()
        print(describe(config))
        for line in limits_broken(config, max_range=config.unambiguous_range, max_speed=config.unambiguous_velocity):
            print(f"{'note':16} {line}")
        return
    with readable(file):
        shard = None if file.suffix != ".npz" and paths_only(file) else shard_at(file)
        lines = _arrays(file) if shard is None else _contents(shard)
    print("\n".join(lines))


def _contents(shard: Shard) -> list[str]:
    kind = "CSI file" if shard.is_csi else "shard"
    lines = [f"{shard.path}: {kind}, {shard.num_frames} frames, scenario {shard.attributes.get('scenario', 'unknown')}"]
    for name in shard.names():
        size = "x".join(map(str, shard.shape(name))) or "scalar"
        lines.append(f"  {name:34} {size:20} {shard.unit(name)}")
    stored = shard.attributes.get("radar_config")
    if stored is not None:
        config = RadarConfig.model_validate_json(stored)
        limits = limits_broken(config, max_range=float(shard.attributes.get("max_range", 0.0)))
        lines += [describe(config), *(f"{'note':16} {line}" for line in limits)]
    return lines


def _arrays(path: Path) -> list[str]:
    arrays = array_shapes(path)
    if {"paths/gain", "paths/delay"} <= arrays.keys():
        lines = [f"{path}: propagation paths; radar-dsp csi makes CSI of them"]
    else:
        lines = [
            f"{path}: arrays without raysim's format; the commands need --carrier, --subcarrier-spacing and",
            "  --symbol-interval unless carrier_frequency, subcarrier_frequency and symbol_time are in the file",
        ]
    return lines + [
        f"  {name:34} {'x'.join(map(str, shape)) or 'scalar':20} {dtype}" for name, (shape, dtype) in arrays.items()
    ]


for command in (detect, estimate, cube, angles, csi):
    app.command()(command)
app.add_typer(importers, name="import")


def main() -> None:
    """Run the command; every failure ends in one line ``Error: ...`` and exit status 2."""
    sys.exit(run(app, "radar-dsp"))


if __name__ == "__main__":
    main()
