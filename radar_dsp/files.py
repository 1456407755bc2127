"""Radar data in files: CSI and labels of shards, and maps written to HDF5."""

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import yaml
from pydantic import ValidationError

from radar_dsp.angles import AngleMap
from radar_dsp.cartesian import CartesianMap
from radar_dsp.csi import Csi
from radar_dsp.heatmap import Heatmap
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import PowerCube, RangeDoppler
from radar_dsp.scale import UNITS, Scale
from raysim.shards.reader import Shard


@dataclass(frozen=True)
class Marker:
    """Where a labelled target is in the maps.

    Attributes
    ----------
    name : str
    range : float
        [m].
    azimuth : float
        Positive right [rad].
    velocity : float
        Closing positive [m/s].
    """

    name: str
    range: float
    azimuth: float
    velocity: float


def csi_datasets(csi: Csi, config: RadarConfig) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Everything that a CSI file stores of a `Csi`.

    Parameters
    ----------
    csi : Csi
    config : RadarConfig
        Stored whole, so that `csi_from_shard` processes with the same windows.

    Returns
    -------
    frame, constants, attributes : dict
        For `ShardWriter.append`, its constants and its attributes.
    """
    frame = {"csi": csi.values}
    constants = {
        "subcarrier_frequency": csi.subcarrier_frequency,
        "symbol_time": csi.symbol_time,
        "radar/pose": csi.pose,
    }
    attributes: dict[str, Any] = {
        "carrier_frequency": float(csi.carrier_frequency),
        "element_spacing": float(csi.element_spacing),
        "radar_config": config.model_dump_json(),
    }
    if csi.noise_variance is not None:
        attributes["noise_variance"] = float(csi.noise_variance)
    return frame, constants, attributes


def csi_from_shard(shard: Shard, frame: int) -> tuple[Csi, RadarConfig]:
    """CSI of one frame of a CSI file.

    Parameters
    ----------
    shard : Shard
        From `raysim.shards.reader.open_shard`.
    frame : int
        Index in this file.

    Returns
    -------
    Csi, RadarConfig
        The configuration is the stored one, or the default where none is stored.

    Raises
    ------
    ValueError
        If the file holds no CSI, lacks an axis, or the CSI is not finite.
    """
    if "csi" not in shard:
        raise ValueError(f"{shard.path} holds no CSI; it is in the CSI file beside it, written with --csi first or all")
    for name in ("subcarrier_frequency", "symbol_time", "radar/pose"):
        if name not in shard:
            raise ValueError(f"{shard.path}: dataset {name} is missing")
    if "carrier_frequency" not in shard.attributes:
        raise ValueError(f"{shard.path}: attribute carrier_frequency [Hz] is missing")
    config = stored_config(shard) or RadarConfig()
    with names_the_file(shard.path):
        csi = Csi(
            checked_values(shard["csi", frame]),
            shard["subcarrier_frequency"],
            shard["symbol_time"],
            shard.attributes["carrier_frequency"],
            shard.attributes.get("element_spacing", 0.5),
            shard["radar/pose"],
            shard.attributes.get("noise_variance"),
        )
    return csi, config


def stored_config(shard: Shard) -> RadarConfig | None:
    """Radar settings of a shard or a CSI file; None = not stored. ValueError if they are not valid."""
    if "radar_config" in shard.attributes:
        try:
            section = json.loads(str(shard.attributes["radar_config"]))
        except json.JSONDecodeError as error:
            raise ValueError(f"{shard.path}: attribute radar_config is not JSON") from error
    else:
        section = stored_settings(shard).get("radar")
    try:
        return None if section is None else RadarConfig.model_validate(section)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("radar", *first["loc"])))
        raise ValueError(f"{shard.path}: stored {place}: {first['msg']}, got {first['input']!r}") from None


def stored_settings(shard: Shard) -> dict[str, Any]:
    """Sections of the configuration that made a file; empty if none is stored. ValueError if it is not YAML."""
    try:
        stored = yaml.safe_load(str(shard.attributes.get("config", "")))
    except yaml.YAMLError as error:
        raise ValueError(f"{shard.path}: attribute config is not YAML") from error
    return stored if isinstance(stored, dict) else {}


def markers(shard: Shard, frame: int) -> list[Marker]:
    """Return the labelled targets of a shard, or those of a CSI file, at one frame."""
    if shard.is_csi:
        names = ("target/range", "target/azimuth", "target/radial_velocity")
        if any(name not in shard for name in names):
            return []
        columns = [shard[name, frame] for name in names]
        label = [f"target {i + 1}" if len(columns[0]) > 1 else "target" for i in range(len(columns[0]))]
    else:
        columns = [shard[f"radar/target/{name}", frame] for name in ("range", "azimuth", "radial_velocity")]
        chosen = np.flatnonzero(shard["instances/is_target"])
        columns = [column[chosen] for column in columns]
        label = [str(shard["instances/name"][i]).replace("_", " ") for i in chosen]
    rows = zip(label, *columns, strict=True)
    return [Marker(name, float(r), float(a), float(v)) for name, r, a, v in rows if np.isfinite([r, a, v]).all()]


RadarMap = Heatmap | CartesianMap | RangeDoppler | PowerCube | AngleMap
MAP_FORMAT = "raysim-map"


def write_map(path: Path, radar_map: RadarMap, scale: Scale | None = None) -> None:
    """Write a map or a cube to HDF5, with units and axis names.

    Parameters
    ----------
    path : Path
        Written under a temporary name and renamed.
    radar_map : Heatmap, CartesianMap, RangeDoppler, PowerCube or AngleMap
    scale : Scale, optional
        Writes a map of linear power as levels instead.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    data, axes = _contents(radar_map)
    if scale is not None:
        data = {name: (UNITS[scale.level], scale.decibels(values)) for name, (_, values) in data.items()}
    with replaced(path) as part, h5py.File(part, "w") as file:
        for name, (unit, values) in (data | axes).items():
            dataset = file.create_dataset(name, data=values, track_times=False)
            dataset.attrs["unit"] = unit
            dataset.attrs["axes"] = list(axes) if name in data else [name]
        file.attrs.update(_attributes(radar_map, scale))


def _attributes(radar_map: RadarMap, scale: Scale | None) -> dict[str, Any]:
    found: dict[str, Any] = {"format": MAP_FORMAT}
    if radar_map.noise_power is not None:
        found["noise_power"] = radar_map.noise_power
    if isinstance(radar_map, Heatmap | CartesianMap):
        found |= {"noise_is_estimated": radar_map.noise_is_estimated, "level": radar_map.level}
    elif scale is not None:
        found["level"] = scale.level
    return found


def _contents(radar_map: RadarMap) -> tuple[dict[str, tuple[str, np.ndarray]], dict[str, tuple[str, np.ndarray]]]:
    """Name, unit and values of a map, and of its axes in order."""
    if isinstance(radar_map, Heatmap):
        axes = {"range": ("m", radar_map.range), "azimuth": ("rad", radar_map.azimuth)}
        return {"heatmap": (UNITS[radar_map.level], radar_map.decibels)}, axes
    if isinstance(radar_map, CartesianMap):
        axes = {"ahead": ("m", radar_map.ahead), "right": ("m", radar_map.right)}
        return {"cartesian": (UNITS[radar_map.level], radar_map.decibels)}, axes
    if isinstance(radar_map, RangeDoppler):
        axes = {"range": ("m", radar_map.range), "velocity": ("m/s", radar_map.velocity)}
        return {"range_doppler": ("1", radar_map.power)}, axes
    if isinstance(radar_map, AngleMap):  # direction cosines
        axes = {"elevation": ("1", radar_map.elevation), "azimuth": ("1", radar_map.azimuth)}
        return {"azimuth_elevation": ("1", radar_map.power)}, axes
    axes = {
        "range": ("m", radar_map.range),
        "azimuth": ("1", radar_map.azimuth),  # direction cosine
        "velocity": ("m/s", radar_map.velocity),
    }
    return {"power": ("1", radar_map.power)}, axes


def check_target(path: Path) -> None:
    """Raise OSError where `path` cannot be a file: its folder does not exist, or it is one."""
    if path.is_dir() or not path.parent.is_dir():
        raise OSError(f"cannot write {path}: {'it is a folder' if path.is_dir() else 'its folder does not exist'}")


@contextmanager
def replaced(path: Path):
    """Give a temporary path beside `path` that takes its name on success and goes away on failure."""
    check_target(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def names_the_file(path: Path):
    """Put the file's name in front of the message of a ValueError."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def checked_values(values: np.ndarray) -> np.ndarray:
    """Return `values` as complex64; ValueError unless they are complex and finite."""
    if not np.iscomplexobj(values):
        raise ValueError(f"csi must be complex, got {values.dtype}")
    if not values.size or not np.isfinite(values).all():
        raise ValueError("csi holds values that are not finite" if values.size else f"csi is empty: {values.shape}")
    return values.astype(np.complex64, copy=False)
