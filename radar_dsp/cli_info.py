"""``radar-dsp info``: what a radar file holds, its axes and where its scenario breaks the grid's limits."""

from pathlib import Path
from typing import Annotated

import h5py
import numpy as np
import typer
from scipy.constants import c

from radar_dsp.cli_input import readable, shard_at
from radar_dsp.files import MAP_FORMAT, stored_config
from radar_dsp.interop_paths import paths_only
from radar_dsp.measured import array_shapes
from radar_dsp.ofdm import RadarConfig, describe, limits_broken
from raysim.shards.reader import Shard, open_hdf5, open_shard

InfoArgument = Annotated[Path | None, typer.Argument(help="Any radar file; none = the default radar.")]


def info(file: InfoArgument = None) -> None:
    """Contents, axes and limits of a file.

    Without a file: of the default radar.

    \b
    Examples:
      radar-dsp info lot.csi.h5
      radar-dsp info
    """  # noqa: D301 - the backspace keeps click from rewrapping
    if file is None:
        config = RadarConfig()
        print("\n".join(_limits(config, config.unambiguous_range, config.unambiguous_velocity)))
        return
    with readable(file):
        shard = open_shard(file) if file.suffix not in (".npz", ".npy") and paths_only(file) else shard_at(file)
        lines = _arrays(file) if shard is None else _contents(shard)
    print("\n".join(lines))


def _limits(config: RadarConfig, max_range: float, max_speed: float) -> list[str]:
    broken = limits_broken(config, max_range=max_range, max_speed=max_speed)
    return [describe(config), *(f"{'note':16} {line}" for line in broken)]


def _contents(shard: Shard) -> list[str]:
    kind = "propagation paths" if shard.is_paths else "CSI file" if shard.is_csi else "shard"
    origin = f"scene {shard.attributes.get('scene') or 'unknown'}; radar-dsp csi makes CSI of them"
    if not shard.is_paths:
        origin = f"scenario {shard.attributes.get('scenario', 'unknown')}"
    lines = [f"{shard.path}: {kind}, {shard.num_frames} frame{'s' * (shard.num_frames != 1)}, {origin}"]
    for name in shard.names():
        size = "x".join(map(str, shard.shape(name))) or "scalar"
        lines.append(f"  {name:34} {size:20} {shard.unit(name)}")
    config = None if shard.is_paths else stored_config(shard)
    if config is None:
        return lines
    reach = shard.attributes.get("max_range")
    if reach is None and "radar/range" in shard:
        reach = np.max(shard["radar/range"])
    lines += _limits(config, float(reach or 0.0), _max_speed(shard))
    return lines


def _max_speed(shard: Shard) -> float:
    """Largest radial speed in a file, of its labelled instances or of its paths [m/s]."""
    speeds = [
        np.abs(shard[name] * factor).max(initial=0, where=np.isfinite(shard[name]))
        for name, factor in (
            ("radar/target/radial_velocity", 1.0),
            ("target/radial_velocity", 1.0),
            ("paths/delay_rate", c / 2),
        )
        if name in shard
    ]
    return float(max(speeds, default=0.0))


def _arrays(path: Path) -> list[str]:
    arrays = array_shapes(path)
    units: dict[str, str] = {}
    if {"paths/gain", "paths/delay"} <= arrays.keys():
        lines = [f"{path}: propagation paths; radar-dsp csi makes CSI of them"]
    elif path.suffix != ".npz" and (units := _map_units(path)):
        lines = [f"{path}: a finished map" + ("; radar-dsp heatmap draws it" if "heatmap" in arrays else "")]
    elif not arrays:
        lines = [f"{path}: no arrays"]
    else:
        lines = [
            f"{path}: arrays without raysim's format; the commands need --carrier, --subcarrier-spacing and",
            "  --symbol-interval unless carrier_frequency, subcarrier_frequency and symbol_time are in the file",
        ]
    return lines + [
        f"  {name:34} {'x'.join(map(str, shape)) or 'scalar':20} {units.get(name, dtype)}"
        for name, (shape, dtype) in arrays.items()
    ]


def _map_units(path: Path) -> dict[str, str]:
    """Units of the arrays of a map file; empty if it is none."""
    with open_hdf5(path) as file:
        if str(file.attrs.get("format")) != MAP_FORMAT:
            return {}
        return {name: str(node.attrs.get("unit", "1")) for name, node in file.items() if isinstance(node, h5py.Dataset)}
