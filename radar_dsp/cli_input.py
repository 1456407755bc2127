"""What all commands of ``radar-dsp`` share: arguments, opening any kind of file, where results go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from scipy.constants import c

from radar_dsp.beamform import camera_azimuth
from radar_dsp.csi import Csi
from radar_dsp.files import Marker, check_target, csi_from_shard, markers
from radar_dsp.interop_paths import FORMAT
from radar_dsp.measured import GivenAxes, csi_from_arrays
from radar_dsp.ofdm import RadarConfig
from raysim.shards.reader import Shard, open_hdf5, open_shard
from raysim.shards.schema import SCHEMAS

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
class FrameInput:
    """One frame of a CSI file, with what the file says about its maps."""

    csi: Csi
    config: RadarConfig
    max_range: float
    azimuth: np.ndarray | None
    markers: list[Marker]


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say that a file is damaged where h5py, numpy or a parser stumble over its bytes; around reading only."""
    try:
        yield
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError, MemoryError) as error:
        reason = error.args[0] if error.args else type(error).__name__
        raise ValueError(f"{path} is damaged: {reason}") from error


def shard_at(path: Path) -> Shard | None:
    """Open a file of raysim; None = the user's own arrays. A file that cannot be read is an error."""
    if path.suffix == ".npz" and not path.is_dir():
        return None
    with readable(path):
        with open_hdf5(path) as file:
            kind = str(file.attrs.get("format"))
        if kind == FORMAT:
            raise ValueError(f"{path} holds paths; make CSI of them with: radar-dsp csi {path}")
        return open_shard(path) if kind in SCHEMAS else None


def read_frame(path: Path, shard: Shard | None, frame: int, max_range: float | None, given: GivenAxes) -> FrameInput:
    """Read the CSI of one frame; `shard` None = the user's own arrays, with the axes as given."""
    with readable(path):
        if shard is None:
            csi, config, found, attributes = csi_from_arrays(path, given, frame), RadarConfig(), [], {}
        else:
            (csi, config), found, attributes = csi_from_shard(shard, frame), markers(shard, frame), shard.attributes
        half_fov = attributes.get("half_fov")
        reach = next(r for r in (max_range, attributes.get("max_range"), _unambiguous(csi)) if r is not None)
        azimuth = None if half_fov is None else camera_azimuth(half_fov, config.heatmap_columns)
    return FrameInput(csi, config, reach, azimuth, found)


def _unambiguous(csi: Csi) -> float:
    return c / (2 * csi.tone_spacing)


def target_path(
    path: Path,
    output: Path | None,
    kind: str,
    frame: int,
    *,
    data: tuple[str, ...] = (".h5", ".hdf5"),
    picture: bool = True,
) -> Path:
    """Where a command writes: `output` if that is of an allowed kind, in a folder and not the input, else beside it."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder, expected a file")
    allowed = (".png", *data) if picture else data
    if output is None:
        return path.with_name(f"{path.stem}-{kind}{f'-{frame}' if frame else ''}{allowed[0]}")
    if output.suffix.lower() not in allowed:
        raise ValueError(f"--output must end in {', '.join(allowed[:-1])} or {allowed[-1]}, got {output}")
    if output.resolve() == path.resolve():
        raise ValueError(f"--output must not be the input, got {output}")
    check_target(output)  # before anything is written: a command may have several outputs
    return output
