"""Files of traced paths: one frame, every path, and the radar's pose.

The datasets are those of the CSI files' group ``paths``, under the same names and with the same types; so a program
that reads the one reads the other.
"""

import json
import os
from dataclasses import fields

import numpy as np

from raysim.paths import Paths
from raysim.shards.schema import PATHS
from raysim.shards.writer import ShardWriter

_INSTANCES = ("first_instance", "last_instance")  # stored as index + 1


def write_paths(
    path: str | os.PathLike,
    paths: Paths,
    *,
    pose: np.ndarray,
    transmitter_offset: np.ndarray,
    carrier_frequency: float,
    instances: tuple[str, ...],
    scene: str = "",
    config: str = "",
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
    scene, config, seed, versions
        Where the paths come from.
    """
    attributes = {
        "carrier_frequency": float(carrier_frequency), "scene": scene, "config": config, "seed": int(seed),
        "versions": json.dumps(versions or {}),
    }  # fmt: skip
    constants = {"radar/pose": pose, "radar/transmitter_offset": transmitter_offset, "instances/name": list(instances)}
    columns = {}
    for field in fields(Paths):
        column, entry = getattr(paths, field.name), PATHS.entry(f"paths/{field.name}")
        if entry is None:
            raise ValueError(f"paths.{field.name} has no place in a file of paths")
        columns[entry.name] = (column + 1 if field.name in _INSTANCES else column).astype(entry.dtype)
    with ShardWriter(path, PATHS, attributes=attributes, constants=constants) as file:
        file.append(columns)
