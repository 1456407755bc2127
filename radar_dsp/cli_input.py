"""What all commands of ``radar-dsp`` share: opening any kind of file, one frame of it, where results go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.constants import c

from radar_dsp.beamform import camera_azimuth
from radar_dsp.cli_options import ClutterRemoval, Levels, Source
from radar_dsp.clutter import remove_mean, subtract_background
from radar_dsp.csi import Csi
from radar_dsp.detect_file import cube_from_shard
from radar_dsp.files import MAP_FORMAT, Marker, check_target, csi_from_shard, markers, stored_settings
from radar_dsp.interop_paths import FORMAT
from radar_dsp.levels import full_scale_db, two_way_gain_db
from radar_dsp.measured import csi_from_arrays
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import PowerCube, power_cube
from radar_dsp.scale import Antennas, Calibration
from radar_dsp.shard_maps import cropped_cube
from radar_dsp.soundness import refuse_unsound
from raysim.shards.reader import Shard, open_hdf5, open_shard
from raysim.shards.schema import SCHEMAS

if TYPE_CHECKING:
    from radar_dsp.crb import SoundingGrid


@dataclass(frozen=True)
class FrameInput:
    """One frame of CSI, with what the file says about its maps.

    Attributes
    ----------
    csi : Csi
        Clutter removed if asked for.
    config : RadarConfig
    max_range : float
        [m].
    azimuth : (num_azimuths,) float64 or None
        Of the heatmap's columns [rad].
    markers : list of Marker
    calibration : Calibration or None
        None = no level asked for.
    """

    csi: Csi
    config: RadarConfig
    max_range: float
    azimuth: np.ndarray | None
    markers: list[Marker]
    calibration: Calibration | None


@dataclass(frozen=True)
class CubeInput:
    """Native power of one frame.

    Attributes
    ----------
    cube : PowerCube
    config : RadarConfig
    markers : list of Marker
    calibration : Calibration or None
    csi : Csi or None
        What the cube was made of; None = it was stored in a shard.
    """

    cube: PowerCube
    config: RadarConfig
    markers: list[Marker]
    calibration: Calibration | None
    csi: Csi | None

    @property
    def grid(self) -> "SoundingGrid":
        """What was sounded."""
        from radar_dsp.crb import SoundingGrid  # slow to import

        return SoundingGrid.of_config(self.config) if self.csi is None else SoundingGrid.of_csi(self.csi)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say that a file is damaged where h5py, numpy or a parser stumble over its bytes; around reading only."""
    try:
        yield
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError, MemoryError) as error:
        reason = error.args[0] if error.args else type(error).__name__
        raise ValueError(f"{path} is damaged: {reason}") from error


def shard_at(path: Path) -> Shard | None:
    """Open a file of raysim; None = the user's own arrays. ValueError if it cannot be read or is not of its format."""
    if path.suffix == ".npz" and not path.is_dir():
        return None
    if path.suffix == ".npy" and path.exists():
        raise ValueError(f"{path} is of npy; expected HDF5 or npz: numpy.savez(FILE, csi=array) makes one")
    with readable(path):
        with open_hdf5(path) as file:
            kind = str(file.attrs.get("format"))
        if kind == FORMAT:
            raise ValueError(f"{path} holds paths; make CSI of them with: radar-dsp csi {path}")
        shard = open_shard(path) if kind in SCHEMAS else None
        if shard is not None:
            refuse_unsound(shard)
        return shard


def open_source(source: Source) -> Shard | None:
    """Open the file of a source; ValueError if it is a finished map, or axes are given that it states itself."""
    shard = shard_at(source.file)
    if shard is not None:
        source.refuse_axes()
    elif source.file.suffix != ".npz":
        with readable(source.file), open_hdf5(source.file) as file:
            if str(file.attrs.get("format")) == MAP_FORMAT:
                raise ValueError(f"{source.file} holds a finished map; only info, and heatmap for its own, read it")
    return shard


def needs_csi(file: Path, what: str) -> ValueError:
    """Error of something asked of a file that holds power only."""
    return ValueError(f"{what} needs CSI; {file} holds no CSI: it is in the CSI file beside it (--csi first or all)")


def read_frame(
    source: Source,
    shard: Shard | None,
    clutter: ClutterRemoval | None = None,
    levels: Levels | None = None,
) -> FrameInput:
    """Read the CSI of one frame; `shard` None = the user's own arrays, with the axes as given."""
    with readable(source.file):
        csi, config = _csi_of(source, shard, source.frame)
        found = [] if shard is None else markers(shard, source.frame)
        attributes = {} if shard is None else shard.attributes
        half_fov, reach = attributes.get("half_fov"), attributes.get("max_range")
        unambiguous = c / (2 * csi.tone_spacing)
        reach = next(r for r in (source.max_range, reach, unambiguous) if r is not None)
        if 0 < reach < unambiguous / csi.values.shape[3]:
            cell = unambiguous / csi.values.shape[3]
            raise ValueError(f"--max-range must be at least a range cell, {cell:.3g} m, got {reach} m")
        azimuth = None if half_fov is None else camera_azimuth(half_fov, config.heatmap_columns)
        scales = calibration(levels, source.file, shard, config, csi)
        if clutter is not None and clutter.clutter != "keep":
            csi = _without_clutter(csi, source, shard, clutter)
    return FrameInput(csi, config, reach, azimuth, found, scales)


def read_cube(source: Source, clutter: ClutterRemoval, levels: Levels | None = None) -> CubeInput:
    """Native power of one frame: of a shard as stored, else made from CSI."""
    shard = open_source(source)
    if shard is None or shard.is_csi:
        frame = read_frame(source, shard, clutter, levels)
        cube = power_cube(frame.csi, frame.config, max_range=frame.max_range)
        return CubeInput(cube, frame.config, frame.markers, frame.calibration, frame.csi)
    if clutter.clutter != "keep":
        raise needs_csi(source.file, "--clutter")
    with readable(source.file):
        cube, config = cube_from_shard(shard, source.frame)
        scales = calibration(levels, source.file, shard, config, None)
        return CubeInput(cropped_cube(cube, source.max_range), config, markers(shard, source.frame), scales, None)


def calibration(
    levels: Levels | None, file: Path, shard: Shard | None, config: RadarConfig, csi: Csi | None
) -> Calibration | None:
    """Return what the levels asked for need to know; None = none asked for."""
    if levels is None or levels.level is None:
        return None
    full_scale = antennas = None
    if levels.level == "dbfs":
        if csi is None:
            raise needs_csi(file, "--level dbfs")
        full_scale = full_scale_db(csi, config)
    if levels.level == "dbsm":
        antennas = antennas_of(shard, levels.antenna_gain)
        if antennas is None:
            raise ValueError(f"{file} does not state plain antennas; give --antenna-gain, transmit plus receive [dB]")
    return Calibration(levels.level, config, csi, antennas, full_scale)


def antennas_of(shard: Shard | None, given: float | None) -> Antennas | None:
    """Gain of both antennas [dB] over azimuth and elevation [rad]: as given, else by the stored configuration.

    None = the file states none, or others than two plain elements.
    """
    if given is not None:
        if not np.isfinite(given):
            raise ValueError(f"--antenna-gain must be finite, got {given} dB")
        return lambda azimuth, elevation: given
    trace = {} if shard is None else stored_settings(shard).get("trace")
    if not isinstance(trace, dict):
        return None
    if any(trace.get(name) for name in ("transmit_antenna", "receive_antenna", "transmit_array")):
        return None
    return {"tr38901": two_way_gain_db, "isotropic": lambda azimuth, elevation: 0.0}.get(str(trace.get("antenna")))


def _csi_of(source: Source, shard: Shard | None, frame: int) -> tuple[Csi, RadarConfig]:
    if shard is None:
        return csi_from_arrays(source.file, source.given, frame), RadarConfig()
    return csi_from_shard(shard, frame)


def _without_clutter(csi: Csi, source: Source, shard: Shard | None, clutter: ClutterRemoval) -> Csi:
    """Take the mean over the symbols off, or the exponential mean over the frames before."""
    if clutter.clutter == "mean":
        return remove_mean(csi)
    if source.frame == 0:
        raise ValueError(
            "--clutter exponential needs frames before the one asked for; --frame must be 1 or more, got 0"
        )
    background = None
    for frame in range(source.frame):
        before, _ = _csi_of(source, shard, frame)
        _, background = subtract_background(before, background, memory=clutter.memory)
    residual, _ = subtract_background(csi, background, memory=clutter.memory)
    return residual


def titled(source: Source, clutter: ClutterRemoval | None = None) -> str:
    """Title of a picture: file, frame and what was done to it."""
    removed = "" if clutter is None or clutter.clutter == "keep" else f", clutter removed ({clutter.clutter})"
    return f"{source.file.name}, frame {source.frame}{removed}"


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
