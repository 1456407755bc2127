"""``radar-dsp cube`` and ``radar-dsp angles``: native power over range, beam and Doppler, and over both angles."""

from pathlib import Path
from typing import Annotated

import typer

from radar_dsp.angles import azimuth_elevation
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
from radar_dsp.detect_file import cube_from_shard
from radar_dsp.files import write_map
from radar_dsp.measured import GivenAxes
from radar_dsp.periodogram import power_cube
from radar_dsp.plot import plot_angles

CubeOutput = Annotated[Path | None, typer.Option("-o", "--output", help=".h5 file; default: beside the input.")]


def cube(
    file: FileArgument,
    output: CubeOutput = None,
    frame: FrameOption = 0,
    max_range: MaxRange = None,
    dataset: Dataset = None,
    carrier: Carrier = None,
    subcarrier_spacing: Spacing = None,
    symbol_interval: Interval = None,
    element_spacing: Pitch = 0.5,
) -> None:
    """Native power, range x azimuth beam x Doppler, linear: from CSI, or the one stored in a shard.

    \b
    Examples:
      radar-dsp cube lot.csi.h5 -o cube.h5 --max-range 60
      radar-dsp cube measured.npz --carrier 28e9 --subcarrier-spacing 480e3 --symbol-interval 250e-6
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target = target_path(file, output, "cube", frame, picture=False)
    shard = shard_at(file)
    if shard is not None and not shard.is_csi:
        with readable(file):
            power, _ = cube_from_shard(shard, frame)
    else:
        given = GivenAxes(dataset, carrier, subcarrier_spacing, symbol_interval, element_spacing)
        source = read_frame(file, shard, frame, max_range, given)
        power = power_cube(source.csi, source.config, max_range=source.max_range)
    write_map(target, power)
    print(f"wrote {target}: {' x '.join(map(str, power.power.shape))} (range, azimuth beam, Doppler)")


def angles(
    file: FileArgument,
    output: Output = None,
    frame: FrameOption = 0,
    min_range: Annotated[float, typer.Option(help="Nearest range [m].")] = 0.0,
    max_range: MaxRange = None,
    dataset: Dataset = None,
    carrier: Carrier = None,
    subcarrier_spacing: Spacing = None,
    symbol_interval: Interval = None,
    element_spacing: Pitch = 0.5,
) -> None:
    """Azimuth-elevation map of the native beams, summed over range and Doppler; needs CSI.

    \b
    Examples:
      radar-dsp angles lot.csi.h5
      radar-dsp angles lot.csi.h5 -o near.png --min-range 10 --max-range 20
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target, shard = target_path(file, output, "angles", frame), shard_at(file)
    given = GivenAxes(dataset, carrier, subcarrier_spacing, symbol_interval, element_spacing)
    source = read_frame(file, shard, frame, max_range, given)
    picture = azimuth_elevation(source.csi, source.config, max_range=source.max_range, min_range=min_range)
    if target.suffix.lower() == ".png":
        plot_angles(picture, target, title=f"{file.name}, frame {frame}, {min_range:g} to {source.max_range:.4g} m")
    else:
        write_map(target, picture)
    print(f"wrote {target}")
