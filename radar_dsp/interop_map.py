"""Range-azimuth maps as ``radar-dsp heatmap -o map.h5`` and ``radar-dsp import cruw`` write them, read back."""

from pathlib import Path

import h5py
import numpy as np

from radar_dsp.files import names_the_file
from radar_dsp.heatmap import Heatmap
from radar_dsp.scale import UNITS
from raysim.shards.reader import open_hdf5


def stored_map(path: Path) -> Heatmap | None:
    """Read a map file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Heatmap or None
        None = no map file: it lacks one of ``heatmap``, ``range`` and ``azimuth``, or is no HDF5 by its name.

    Raises
    ------
    ValueError
        If the axes do not fit the map, a value is not finite, or a unit is missing or another.
    """
    if path.suffix == ".npz":
        return None
    with open_hdf5(path) as file, names_the_file(path):
        nodes = [file.get(name) for name in ("heatmap", "range", "azimuth")]
        if not all(isinstance(node, h5py.Dataset) for node in nodes):
            return None
        decibels, distance, azimuth = (np.asarray(node[()], float) for node in nodes)
        if decibels.shape != (distance.size, azimuth.size) or distance.ndim != 1 or azimuth.ndim != 1:
            raise ValueError(f"heatmap must be range x azimuth {distance.shape + azimuth.shape}, got {decibels.shape}")
        if not all(np.isfinite(each).all() for each in (decibels, distance, azimuth)):
            raise ValueError("heatmap or its axes hold values that are not finite")
        for name, axis in (("range", distance), ("azimuth", azimuth)):
            if len(axis) < 2 or (np.diff(axis) <= 0).any():
                raise ValueError(f"{name} must ascend over at least 2 cells")
        noise = file.attrs.get("noise_power")
        estimated = bool(file.attrs.get("noise_is_estimated", False))
        level = str(file.attrs.get("level", "noise"))
        if level not in UNITS:
            raise ValueError(f"attribute level must be one of {', '.join(UNITS)}, got {level!r}")
        for name, unit in (("heatmap", UNITS[level]), ("range", "m"), ("azimuth", "rad")):
            if (given := file[name].attrs.get("unit")) != unit:
                raise ValueError(f"attribute unit of {name} must be {unit!r}, got {given!r}")
        power = None if noise is None else float(noise)
        return Heatmap(decibels.astype(np.float32), distance, azimuth, power, estimated, level)
