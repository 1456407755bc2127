"""Files of traced paths: one frame, every path, and the radar's pose.

The datasets are those of the CSI files' group ``paths``, under the same names and with the same types; so a program
that reads the one reads the other.
"""

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from raysim.paths import Paths
from raysim.sensors import Radar
from raysim.shards.check import structure_problems
from raysim.shards.invariants import constant_problems, path_file_problems
from raysim.shards.reader import Shard, open_shard
from raysim.shards.schema import PATHS
from raysim.shards.writer import ShardWriter

_INSTANCES = ("first_instance", "last_instance")  # stored as index + 1


@dataclass(frozen=True)
class PathFile:
    """What a file of paths holds.

    Attributes
    ----------
    paths : Paths
    radar : Radar
    carrier_frequency : float
        [Hz].
    instances : tuple of str
    scene, config : str
        As given to `write_paths`.
    pair : str
    """

    paths: Paths
    radar: Radar
    carrier_frequency: float
    instances: tuple[str, ...]
    scene: str
    config: str
    pair: str


def write_paths(
    path: str | os.PathLike,
    paths: Paths,
    *,
    pose: np.ndarray,
    transmitter_offset: np.ndarray,
    carrier_frequency: float,
    instances: tuple[str, ...],
    transmitter_rotation: np.ndarray | None = None,
    scene: str = "",
    config: str = "",
    pair: str = "",
    seed: int = 0,
    versions: dict[str, str] | None = None,
) -> None:
    """Write the paths of one frame.

    Parameters
    ----------
    path : path-like
        Replaced when complete.
    paths : Paths
    pose : (4, 4) float64
        Radar to world.
    transmitter_offset : (3,) float64
        [m].
    carrier_frequency : float
        [Hz].
    instances : tuple of str
        Names of the scene's instances.
    transmitter_rotation : (3, 3) float64, optional
        Of the transmit array in the radar's axes; default: it looks where the radar looks.
    scene, config, seed, versions
        Where the paths come from.
    pair : str
        Station, or transmitter and receiver, where a scene has several.
    """
    attributes = {
        "carrier_frequency": float(carrier_frequency), "scene": scene, "config": config, "seed": int(seed),
        "versions": json.dumps(versions or {}),
    } | ({"pair": pair} if pair else {})  # fmt: skip
    constants = {
        "radar/pose": pose,
        "radar/transmitter_offset": transmitter_offset,
        "radar/transmitter_rotation": np.eye(3) if transmitter_rotation is None else transmitter_rotation,
        "instances/name": list(instances),
    }
    columns = {}
    for field in fields(Paths):
        column, entry = getattr(paths, field.name), PATHS.entry(f"paths/{field.name}")
        if entry is None:
            raise ValueError(f"paths.{field.name} has no place in a file of paths")
        columns[entry.name] = (column + 1 if field.name in _INSTANCES else column).astype(entry.dtype)
    with ShardWriter(path, PATHS, attributes=attributes, constants=constants) as file:
        file.append(columns)


def read_path_file(path: str | os.PathLike) -> PathFile:
    """Read a file of paths whole.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    PathFile

    Raises
    ------
    FileNotFoundError, ValueError
        The file cannot be read, or is none of paths.
    """
    with open_shard(path) as file:
        if not file.is_paths:
            raise ValueError(f"{path}: holds no paths of `raysim trace`: it is {file.attributes['format']}")
        for problems in (structure_problems(file), constant_problems(file), path_file_problems(file, 0)):
            for name, message in problems:
                raise ValueError(f"{path}: {name}: {message}")
        rotation = "radar/transmitter_rotation"
        return PathFile(
            paths=_paths(file),
            radar=Radar(
                file["radar/pose"],
                file["radar/transmitter_offset"],
                file[rotation] if rotation in file else np.eye(3),
            ),
            carrier_frequency=file.attributes["carrier_frequency"],
            instances=tuple(str(name) for name in file["instances/name"]),
            scene=Path(file.attributes["scene"]).name,
            config=file.attributes["config"],
            pair=file.attributes.get("pair", ""),
        )


def _paths(file: Shard) -> Paths:
    columns = {field.name: file[f"paths/{field.name}"] for field in fields(Paths)}
    columns |= {name: columns[name].astype(np.int32) - 1 for name in _INSTANCES}
    columns |= {name: columns[name].astype(np.float64) for name in ("departure", "arrival", "last_point")}
    return Paths(**columns)
