"""``radar-dsp heatmap``, ``doppler``, ``angles`` and ``cube``: power over range, angles and Doppler."""

from typing import Annotated

import typer

from radar_dsp.angles import azimuth_elevation
from radar_dsp.beam_cube import write_beam_cube
from radar_dsp.cartesian import cartesian as cartesian_map
from radar_dsp.cli_input import (
    calibration,
    needs_csi,
    open_source,
    read_cube,
    read_frame,
    readable,
    shard_at,
    target_path,
    titled,
)
from radar_dsp.cli_options import ClutterRemoval, DataOutput, Levels, Output, Source
from radar_dsp.files import Marker, markers, write_map
from radar_dsp.heatmap import Heatmap, range_azimuth
from radar_dsp.interop_map import stored_map
from radar_dsp.periodogram import sum_beams
from radar_dsp.plot import View, plot_angles, plot_heatmap, plot_range_doppler
from radar_dsp.shard_maps import cropped_heatmap, stored_heatmap, with_noise
from raysim.shards.reader import Shard

DEFAULT_CELL = 0.25  # [m]


def heatmap(
    source: Source,
    levels: Levels,
    clutter: ClutterRemoval,
    output: Output = None,
    polar: Annotated[bool, typer.Option("--polar", help="Draw a fan with rings and spokes.")] = False,
    cartesian: Annotated[bool, typer.Option("--cartesian", help="The view from above in metres.")] = False,
    cell: Annotated[
        float | None, typer.Option(help=f"Of --cartesian data [m]; default {DEFAULT_CELL:g}.", show_default=False)
    ] = None,
) -> None:
    """Range-azimuth heatmap.

    From CSI, or the one stored in a shard or a map file.

    \b
    Examples:
      radar-dsp heatmap lot.csi.h5
      radar-dsp heatmap lot.csi.h5 --clutter mean --level dbsm
      radar-dsp heatmap lot.h5 --frame 3 --cartesian -o lot.png
      radar-dsp heatmap measured.npz --carrier 28e9 --subcarrier-spacing 480e3 --symbol-interval 250e-6
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target = target_path(source.file, output, "heatmap", source.frame)
    drawn = target.suffix.lower() == ".png"
    view = _view(polar, cartesian, cell, drawn)
    picture, found = _heatmap(source, clutter, levels)
    if drawn:
        plot_heatmap(picture, target, view=view, markers=found, title=titled(source, clutter))
    else:
        write_map(target, cartesian_map(picture, DEFAULT_CELL if cell is None else cell) if cartesian else picture)
    what = "range-azimuth map from above" if cartesian else "range-azimuth map"
    print(f"wrote {target}: {what}, {picture.range[0]:.1f} to {picture.range[-1]:.1f} m")


def _view(polar: bool, cartesian: bool, cell: float | None, drawn: bool) -> View:
    if polar and cartesian:
        raise ValueError("give --polar or --cartesian, not both")
    if polar and not drawn:
        raise ValueError("--polar draws a picture; --output must end in .png")
    if cell is not None and (drawn or not cartesian):
        raise ValueError("--cell is the cell of --cartesian data; give --cartesian and an --output that ends in .h5")
    return "polar" if polar else "cartesian" if cartesian else "range-azimuth"


def _heatmap(source: Source, clutter: ClutterRemoval, levels: Levels) -> tuple[Heatmap, list[Marker]]:
    """Heatmap of a map file, of a shard, or of CSI, in the level asked for."""
    shard = shard_at(source.file)
    if shard is None:
        with readable(source.file):
            stored = stored_map(source.file)
        if stored is not None:
            _refuse_for_map(source, clutter, levels)
            return cropped_heatmap(stored, source.max_range), []
    shard = open_source(source)
    if shard is not None and not shard.is_csi:
        return _of_shard(shard, source, clutter, levels)
    frame = read_frame(source, shard, clutter, levels)
    picture = range_azimuth(frame.csi, frame.config, max_range=frame.max_range, azimuth=frame.azimuth)
    return (picture if frame.calibration is None else frame.calibration.heatmap(picture)), frame.markers


def _refuse_for_map(source: Source, clutter: ClutterRemoval, levels: Levels) -> None:
    source.refuse_axes()
    if source.frame != 0:
        raise ValueError(f"{source.file} is a map of one frame: frame must lie in 0..0, got {source.frame}")
    if clutter.clutter != "keep":
        raise ValueError(f"--clutter needs CSI; {source.file} is a finished map")
    if levels.level is not None:
        raise ValueError(f"--level needs CSI or a shard; {source.file} is a finished map")


def _of_shard(shard: Shard, source: Source, clutter: ClutterRemoval, levels: Levels) -> tuple[Heatmap, list[Marker]]:
    if clutter.clutter != "keep":
        raise needs_csi(source.file, "--clutter")
    with readable(source.file):
        picture = cropped_heatmap(stored_heatmap(shard, source.frame), source.max_range)
        found = markers(shard, source.frame)
        if levels.level not in (None, "noise"):
            picture, config = with_noise(picture, shard, source.frame)
            scales = calibration(levels, source.file, shard, config, None)
            assert scales is not None
            picture = scales.heatmap(picture)
    return picture, found


def doppler(
    source: Source,
    levels: Levels,
    clutter: ClutterRemoval,
    output: Output = None,
) -> None:
    """Range-Doppler map, summed over all beams.

    From CSI, or from the power stored in a shard.
    Data are linear power unless --level asks for dB; dBsm count the antennas as at boresight.

    \b
    Examples:
      radar-dsp doppler lot.csi.h5 --max-range 60
      radar-dsp doppler lot.csi.h5 --frame 1 --clutter exponential
      radar-dsp doppler lot.h5 --frame 3 -o doppler.h5
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target = target_path(source.file, output, "doppler", source.frame)
    read = read_cube(source, clutter, levels)
    picture = sum_beams(read.cube)
    scale = None if read.calibration is None else read.calibration.of_range_doppler(picture)
    if target.suffix.lower() == ".png":
        plot_range_doppler(picture, target, scale=scale, markers=read.markers, title=titled(source, clutter))
    else:
        write_map(target, picture, scale)
    print(f"wrote {target}: range-Doppler map, {picture.range[0]:.1f} to {picture.range[-1]:.1f} m")


def cube(
    source: Source,
    levels: Levels,
    clutter: ClutterRemoval,
    output: DataOutput = None,
    elevation: Annotated[
        bool, typer.Option("--elevation", help="Keep the elevation beams: range x elevation x azimuth x Doppler.")
    ] = False,
) -> None:
    """Native power: range x beam x Doppler.

    Range x azimuth beam x Doppler from CSI, or as stored in a shard.
    Linear unless --level asks for dB. With --elevation in blocks of range, written one by one; needs CSI.

    \b
    Examples:
      radar-dsp cube lot.csi.h5 -o cube.h5 --max-range 60
      radar-dsp cube lot.csi.h5 --elevation --max-range 40
      radar-dsp cube measured.npz --carrier 28e9 --subcarrier-spacing 480e3 --symbol-interval 250e-6
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target = target_path(source.file, output, "cube", source.frame, picture=False)
    if elevation:
        shard = open_source(source)
        if shard is not None and not shard.is_csi:
            raise needs_csi(source.file, "--elevation")
        frame = read_frame(source, shard, clutter, levels)
        shape = write_beam_cube(
            target, frame.csi, frame.config, max_range=frame.max_range, calibration=frame.calibration
        )
        axes = "range, elevation beam, azimuth beam, Doppler"
    else:
        read = read_cube(source, clutter, levels)
        scale = None if read.calibration is None else read.calibration.of_cube(read.cube)
        write_map(target, read.cube, scale)
        shape, axes = read.cube.power.shape, "range, azimuth beam, Doppler"
    print(f"wrote {target}: {' x '.join(map(str, shape))} ({axes})")


def angles(
    source: Source,
    clutter: ClutterRemoval,
    output: Output = None,
    min_range: Annotated[float, typer.Option(help="Nearest range [m].")] = 0.0,
) -> None:
    """Azimuth-elevation map; needs CSI.

    Power of the native beams, summed over range and Doppler. `radar-dsp directions` tells single targets.

    \b
    Examples:
      radar-dsp angles lot.csi.h5
      radar-dsp angles lot.csi.h5 -o near.png --min-range 10 --max-range 20
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target, shard = target_path(source.file, output, "angles", source.frame), open_source(source)
    if shard is not None and not shard.is_csi:
        raise needs_csi(source.file, "angles")
    frame = read_frame(source, shard, clutter)
    picture = azimuth_elevation(frame.csi, frame.config, max_range=frame.max_range, min_range=min_range)
    between = f"{min_range:g} to {frame.max_range:.4g} m"
    if target.suffix.lower() == ".png":
        plot_angles(picture, target, title=f"{titled(source, clutter)}, {between}")
    else:
        write_map(target, picture)
    print(f"wrote {target}: azimuth-elevation map, {between}")
