"""The ``radar-dsp`` command: what a radar file holds, its heatmap and its range-Doppler map."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from scipy.constants import c

from radar_dsp.beamform import camera_azimuth
from radar_dsp.csi import Csi
from radar_dsp.files import Marker, csi_from_shard, markers, write_map
from radar_dsp.heatmap import Heatmap, range_azimuth
from radar_dsp.measured import GivenAxes, array_shapes, csi_from_arrays
from radar_dsp.ofdm import RadarConfig, describe, limits_broken
from radar_dsp.periodogram import RangeDoppler, power_cube, sum_beams
from radar_dsp.plot import View, plot_heatmap, plot_range_doppler
from raysim.command import run
from raysim.shards.reader import Shard, open_hdf5, open_shard
from raysim.shards.schema import SCHEMAS

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help=__doc__
)

FileArgument = Annotated[Path, typer.Argument(help="Shard, CSI file, or HDF5/npz with a complex array.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="PNG or .h5 file; default: beside the input.")]
FrameOption = Annotated[int, typer.Option(help="Frame in the file.")]
MaxRange = Annotated[float | None, typer.Option(help="Farthest range [m]; default: as stored, else unambiguous.")]
Pitch = Annotated[float, typer.Option(help="Element spacing [wavelengths], where the file is not raysim's.")]
Dataset = Annotated[str | None, typer.Option(help="Name of the complex array, where the file is not raysim's.")]
Carrier = Annotated[float | None, typer.Option(help="Carrier frequency [Hz], where the file does not say.")]
Spacing = Annotated[float | None, typer.Option(help="Distance of the array's subcarriers [Hz].")]
Interval = Annotated[float | None, typer.Option(help="Time between the array's symbols [s].")]


@dataclass(frozen=True)
class _Input:
    """One frame of a CSI file, with what the file says about its maps."""

    csi: Csi
    config: RadarConfig
    max_range: float
    azimuth: np.ndarray | None
    markers: list[Marker]


def _shard_at(path: Path) -> Shard | None:
    """Open a file of raysim; None = the user's own arrays. A file that cannot be read is an error."""
    if path.suffix == ".npz" and not path.is_dir():
        return None
    with open_hdf5(path) as file:
        known = str(file.attrs.get("format")) in SCHEMAS
    return open_shard(path) if known else None


def _read(path: Path, shard: Shard | None, frame: int, max_range: float | None, given: GivenAxes) -> _Input:
    if shard is None:
        csi, config, found, attributes = csi_from_arrays(path, given, frame), RadarConfig(), [], {}
    else:
        (csi, config), found, attributes = csi_from_shard(shard, frame), markers(shard, frame), shard.attributes
    half_fov = attributes.get("half_fov")
    reach = next(r for r in (max_range, attributes.get("max_range"), _unambiguous(csi)) if r is not None)
    azimuth = None if half_fov is None else camera_azimuth(half_fov, config.heatmap_columns)
    return _Input(csi, config, reach, azimuth, found)


def _unambiguous(csi: Csi) -> float:
    return c / (2 * csi.tone_spacing)


def _stored_heatmap(shard: Shard, frame: int) -> Heatmap:
    if "radar/heatmap" not in shard:
        raise ValueError(f"{shard.path} holds neither CSI nor a heatmap")
    decibels = shard["radar/heatmap", frame].astype(np.float32)
    if np.isnan(decibels).any():
        raise ValueError(f"{shard.path}: radar/heatmap of frame {frame} holds NaN")
    return Heatmap(decibels, shard["radar/range"], shard["radar/azimuth"], None)


def _stored_doppler(shard: Shard, frame: int) -> RangeDoppler:
    if "radar/power" not in shard:
        raise ValueError(f"{shard.path} holds neither CSI nor radar/power")
    power = shard["radar/power", frame]
    noise = float(shard["radar/noise_power"]) * power.shape[1]
    return RangeDoppler(power.sum(axis=1), shard["radar/power_range"], shard["radar/power_velocity"], noise)


def _target_path(path: Path, output: Path | None, kind: str, frame: int) -> Path:
    if output is None:
        return path.with_name(f"{path.stem}-{kind}{f'-{frame}' if frame else ''}.png")
    if output.suffix.lower() not in (".png", ".h5", ".hdf5"):
        raise ValueError(f"--output must end in .png, .h5 or .hdf5, got {output}")
    if output.resolve() == path.resolve():
        raise ValueError(f"--output must not be the input, got {output}")
    return output


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
    max_range: MaxRange = None,
    dataset: Dataset = None,
    carrier: Carrier = None,
    subcarrier_spacing: Spacing = None,
    symbol_interval: Interval = None,
    element_spacing: Pitch = 0.5,
) -> None:
    """Range-azimuth heatmap: from CSI, or the one stored in a shard."""
    view, shard = _view(polar, cartesian), _shard_at(file)
    target = _target_path(file, output, "heatmap", frame)
    if shard is not None and not shard.is_csi:
        picture, found = _stored_heatmap(shard, frame), markers(shard, frame)
    else:
        given = GivenAxes(dataset, carrier, subcarrier_spacing, symbol_interval, element_spacing)
        source = _read(file, shard, frame, max_range, given)
        picture = range_azimuth(source.csi, source.config, max_range=source.max_range, azimuth=source.azimuth)
        found = source.markers
    if target.suffix.lower() == ".png":
        plot_heatmap(picture, target, view=view, markers=found, title=f"{file.name}, frame {frame}")
    else:
        write_map(target, picture)
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
    """Range-Doppler map, summed over all beams: from CSI, or from the power stored in a shard."""
    shard = _shard_at(file)
    target = _target_path(file, output, "doppler", frame)
    if shard is not None and not shard.is_csi:
        picture, found = _stored_doppler(shard, frame), markers(shard, frame)
    else:
        given = GivenAxes(dataset, carrier, subcarrier_spacing, symbol_interval)
        source = _read(file, shard, frame, max_range, given)
        picture = sum_beams(power_cube(source.csi, source.config, max_range=source.max_range))
        found = source.markers
    if target.suffix.lower() == ".png":
        plot_range_doppler(picture, target, markers=found, title=f"{file.name}, frame {frame}")
    else:
        write_map(target, picture)
    print(f"wrote {target}")


@app.command()
def info(file: Annotated[Path | None, typer.Argument(help="Any radar file; none = the default radar.")] = None) -> None:
    """Contents, axes and limits of a file, or of the default radar."""
    if file is None:
        config = RadarConfig()
        print(describe(config))
        for line in limits_broken(config, max_range=config.unambiguous_range, max_speed=config.unambiguous_velocity):
            print(f"{'note':16} {line}")
        return
    shard = _shard_at(file)
    if shard is None:
        _list_arrays(file)
        return
    kind = "CSI file" if shard.is_csi else "shard"
    print(f"{file}: {kind}, {shard.num_frames} frames, scenario {shard.attributes.get('scenario', 'unknown')}")
    for name in shard.names():
        print(f"  {name:34} {'x'.join(map(str, shard.shape(name))) or 'scalar':20} {shard.unit(name)}")
    stored = shard.attributes.get("radar_config")
    if stored is not None:
        config = RadarConfig.model_validate_json(stored)
        print(describe(config))
        for line in limits_broken(config, max_range=float(shard.attributes.get("max_range", 0.0))):
            print(f"{'note':16} {line}")


def _list_arrays(path: Path) -> None:
    print(f"{path}: arrays without raysim's format; heatmap and doppler need --carrier, --subcarrier-spacing and")
    print("  --symbol-interval unless carrier_frequency, subcarrier_frequency and symbol_time are in the file")
    for name, (shape, dtype) in array_shapes(path).items():
        print(f"  {name:34} {'x'.join(map(str, shape)) or 'scalar':20} {dtype}")


def main() -> None:
    """Run the command; every failure ends in one line ``Error: ...`` and exit status 2."""
    sys.exit(run(app, "radar-dsp"))


if __name__ == "__main__":
    main()
