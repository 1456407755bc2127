"""``radar-dsp csi``: channel state information from a file of propagation paths."""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import yaml
from scipy.constants import c

from radar_dsp.cli_input import readable, target_path
from radar_dsp.cli_options import DataOutput, FrameOption
from radar_dsp.csi import synthesise_csi
from radar_dsp.files import csi_datasets
from radar_dsp.interop_paths import PathFrame, read_paths, stored_columns
from radar_dsp.ofdm import RadarConfig, limits_broken
from radar_dsp.presets import PRESETS
from raysim.shards.schema import CSI
from raysim.shards.writer import ShardWriter

PathsArgument = Annotated[Path, typer.Argument(help="File of paths, or a CSI file: then its strongest paths.")]


def csi(
    paths: PathsArgument,
    output: DataOutput = None,
    preset: Annotated[str, typer.Option(help=f"Sounding grid: {', '.join(PRESETS)}.")] = "maxray",
    frame: FrameOption = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of thermal noise and symbols.")] = 0,
    noise: Annotated[bool, typer.Option(help="Add thermal noise.")] = True,
    max_range: Annotated[float | None, typer.Option(help="Farthest range of its maps [m].")] = None,
) -> None:
    """CSI from a file of paths.

    Of one frame, on a preset's sounding grid around the carrier that the paths were traced at.

    \b
    Examples:
      raysim trace scene.blend -o paths.h5 && radar-dsp csi paths.h5 -o csi.h5
      radar-dsp csi paths.h5 --preset fine-doppler --max-range 60
    """  # noqa: D301 - the backspace keeps click from rewrapping
    target = target_path(paths, output, "csi", frame, picture=False)
    if preset not in PRESETS:
        raise ValueError(f"--preset must be one of {', '.join(PRESETS)}, got {preset!r}")
    with readable(paths):
        found = read_paths(paths, frame)
    settings = {"preset": preset, "carrier_frequency": found.carrier_frequency, "thermal_noise": noise}
    config = RadarConfig.model_validate(settings)
    if max_range is not None and not 0 < max_range <= config.unambiguous_range:
        raise ValueError(f"--max-range must lie in 0..{config.unambiguous_range:.1f} m (unambiguous), got {max_range}")
    rng = np.random.Generator(np.random.Philox([seed, frame]))
    channel = synthesise_csi(found.paths, config, pose=found.pose, rng=rng)
    per_frame, constants, attributes = csi_datasets(channel, config)
    attributes |= _origin(paths, found, config, seed) | ({} if max_range is None else {"max_range": float(max_range)})
    per_frame |= {"time": 0.0, "frame": frame, "paths/power_share": found.power_share} | stored_columns(found.paths)
    with ShardWriter(target, CSI, attributes=attributes, constants=constants) as writer:
        writer.append(per_frame)
    _report(target, found, channel.values.shape)
    reach = max_range or float(np.max(found.paths.delay, initial=0.0)) * c / 2
    speed = float(np.abs(found.paths.delay_rate).max(initial=0.0)) * c / 2
    for line in limits_broken(config, max_range=reach, max_speed=speed):
        print(f"Warning: {line}", file=sys.stderr)


def _origin(paths: Path, found: PathFrame, config: RadarConfig, seed: int) -> dict[str, Any]:
    """Return what every CSI file says about where it comes from."""
    return {
        "scenario": "paths",
        "seed": seed,
        "sequence": 0,
        "config": yaml.safe_dump({"radar": config.model_dump(mode="json"), "trace": found.settings.get("trace")}),
        "versions": json.dumps({"raysim": version("raysim")}),
        "shard": paths.name,
    }


def _report(target: Path, found: PathFrame, shape: tuple[int, ...]) -> None:
    size = " x ".join(map(str, shape))
    print(f"wrote {target}: {len(found.paths)} paths to {size} (row, column, symbol, subcarrier)")
