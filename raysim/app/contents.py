"""What the stages made, under the names of the shard schema."""

import json
import platform
from importlib.metadata import version
from typing import Any

import numpy as np

from blender_scenes.recipe import Recipe
from radar_dsp.csi import Csi
from radar_dsp.heatmap import Heatmap
from radar_dsp.periodogram import PowerCube
from raysim.camera import CameraView
from raysim.labels import BoxExtents, box_constants
from raysim.lidar import LidarPoints
from raysim.paths import Paths
from raysim.scene import Scene

_LIBRARIES = ("raysim", "numpy", "scipy", "numba", "embreex", "h5py")


def origin_attributes(recipe: Recipe, config_yaml: str) -> dict[str, Any]:
    """Return where a file comes from: attributes that shards and CSI files share."""
    versions = {name: version(name) for name in _LIBRARIES} | {"python": platform.python_version()}
    return {
        "scenario": recipe.scenario,
        "seed": recipe.seed,
        "sequence": recipe.index,
        "config": config_yaml,
        "versions": json.dumps(versions, sort_keys=True),
    }


def shard_constants(
    scene: Scene, extents: BoxExtents, cube: PowerCube, heatmap: Heatmap, stages: tuple[str, ...]
) -> dict[str, Any]:
    """Return the datasets of a shard that do not change from frame to frame."""
    sensors = scene.sensors
    return box_constants(scene, extents) | {
        "camera/intrinsics": sensors.camera.intrinsics,
        "camera/pose": sensors.camera.pose,
        "lidar/pose": sensors.lidar_pose,
        "materials/name": np.array([m.name for m in scene.materials], dtype=object),
        "radar/pose": sensors.radar.pose,
        "radar/range": heatmap.range,
        "radar/azimuth": heatmap.azimuth,
        "radar/power_range": cube.range,
        "radar/power_azimuth": cube.azimuth,
        "radar/power_velocity": cube.velocity,
        "radar/noise_power": np.float64(cube.noise_power),
        "timing/stage": np.array(stages, dtype=object),
    }


def vision_arrays(view: CameraView, rgb: np.ndarray, points: LidarPoints) -> dict[str, Any]:
    """Return camera, depth, masks and lidar of one frame."""
    return {
        "camera/rgb": rgb,
        "depth/z": view.depth,
        "masks/instance": view.instance,
        "masks/category": view.category,
        "masks/material": view.material,
        "lidar/points": points.points,
        "lidar/intensity": points.intensity,
        "lidar/time": points.time,
        "lidar/radial_velocity": points.radial_velocity,
        "lidar/category": points.category,
        "lidar/instance": points.instance,
        "lidar/material": points.material,
    }


def csi_arrays(csi: Csi, paths: Paths, labels: dict[str, Any], targets: list[int], strongest: int) -> dict[str, Any]:
    """Return CSI of one frame, its strongest paths, and where the targets are.

    Parameters
    ----------
    csi : Csi
    paths : Paths
        All of the frame's.
    labels : dict
        The frame's ``radar/target/*``.
    targets : list of int
        Instances that are targets.
    strongest : int
        Paths to keep.
    """
    power = np.abs(paths.gain) ** 2
    kept = np.sort(np.argsort(-power, kind="stable")[:strongest])
    chosen = paths.select(kept)
    return {
        "csi": csi.values,
        "paths/gain": chosen.gain,
        "paths/delay": chosen.delay,
        "paths/delay_rate": chosen.delay_rate,
        "paths/delay_acceleration": chosen.delay_acceleration,
        "paths/departure": chosen.departure.astype(np.float32),
        "paths/arrival": chosen.arrival.astype(np.float32),
        "paths/depth": chosen.depth,
        "paths/kinds": chosen.kinds,
        "paths/first_instance": (chosen.first_instance + 1).astype(np.uint16),
        "paths/last_instance": (chosen.last_instance + 1).astype(np.uint16),
        "paths/last_point": chosen.last_point.astype(np.float32),
        "paths/power_share": power[kept].sum() / power.sum(),
        "target/range": labels["radar/target/range"][targets],
        "target/azimuth": labels["radar/target/azimuth"][targets],
        "target/radial_velocity": labels["radar/target/radial_velocity"][targets],
    }
