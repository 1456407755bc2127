"""What the viewer page shows of one frame: small pictures, maps of bytes, a thinned point cloud, boxes, markers."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from raysim.shards import Shard

MAX_POINTS = 8000  # of a lidar frame in the page
JPEG_QUALITY = 85
DYNAMIC_RANGE = 60.0  # [dB] of the maps under their strongest cell
LOWEST_LEVEL = -5.0  # [dB] over the noise: nothing below it is of interest
LIDAR_STEP = 0.01  # [m] of the quantised points: 16 bits reach +-327 m
LARGEST_DEPTH = 150.0  # [m] of the depth map's colours
SCENE_SIZE = 1.6  # longest side of the 3-D view in Plotly's units
ROAD_USERS = ("car", "pedestrian", "cyclist")


def figure_constants(shard: Shard, frames: list[int]) -> dict[str, Any]:
    """Axes and scales that hold for every frame of the page.

    Parameters
    ----------
    shard : Shard
    frames : list of int
        Those that the page shows.

    Returns
    -------
    dict
        ``picture``, ``depth``, ``heatmap``, ``doppler``, ``lidar``: plain values for JSON, angles in degrees.
    """
    height, width = shard.shape("camera/rgb")[1:3]
    rows = _doppler_rows(shard)
    heatmap_peak = max(float(shard["radar/heatmap", frame].max()) for frame in frames)
    doppler_peak = max(float(range_doppler(shard, frame).max()) for frame in frames)
    return {
        "picture": {"width": width, "height": height},
        "depth": {"low": 0.0, "high": _depth_limit(shard, frames)},
        "heatmap": {
            "azimuth": np.degrees(shard["radar/azimuth"]).round(4).tolist(),
            "range": shard["radar/range"].round(4).tolist(),
            **_levels(heatmap_peak),
        },
        "doppler": {
            "velocity": shard["radar/power_velocity"].round(4).tolist(),
            "range": shard["radar/power_range"][rows].round(4).tolist(),
            **_levels(doppler_peak),
        },
        "lidar": _lidar_view(shard, frames),
    }


def frame_figures(shard: Shard, frame: int, constants: dict[str, Any]) -> dict[str, Any]:
    """Everything of one frame, ready for JSON.

    Parameters
    ----------
    shard : Shard
    frame : int
    constants : dict
        `figure_constants`.

    Returns
    -------
    dict
    """
    depth = shard["depth/z", frame]
    depth_bytes = np.where(np.isfinite(depth), 1 + 254 * np.clip(depth / constants["depth"]["high"], 0, 1), 0)
    return {
        "index": frame,
        "time": float(shard["time", frame]),
        "rgb": _jpeg(shard["camera/rgb", frame]),
        "depth": _png(depth_bytes),
        "heatmap": _map(shard["radar/heatmap", frame], constants["heatmap"]),
        "doppler": _map(range_doppler(shard, frame), constants["doppler"]),
        "lidar": _points(shard, frame),
        "things": _things(shard, frame),
    }


def range_doppler(shard: Shard, frame: int) -> np.ndarray:
    """Range-Doppler map of a frame: the native power summed over the azimuth beams.

    Parameters
    ----------
    shard : Shard
    frame : int

    Returns
    -------
    (num_ranges, num_doppler) float64
        [dB] over the expected noise, up to the heatmap's largest range.
    """
    power = shard["radar/power", frame][_doppler_rows(shard)].sum(axis=1, dtype=np.float64)
    noise = float(shard["radar/noise_power"]) * shard.shape("radar/power")[2]
    return 10 * np.log10(np.maximum(power / noise, 1e-10))


def _doppler_rows(shard: Shard) -> slice:
    end = np.searchsorted(shard["radar/power_range"], shard["radar/range"][-1], side="right")
    return slice(0, max(int(end), 1))


def _levels(peak: float) -> dict[str, float]:
    """Colour limits [dB] for a map with this peak, in steps of 5 dB."""
    high = 5 * np.ceil(max(peak, LOWEST_LEVEL + 5) / 5)
    return {"low": float(max(LOWEST_LEVEL, high - DYNAMIC_RANGE)), "high": float(high)}


def _depth_limit(shard: Shard, frames: list[int]) -> float:
    depth = shard["depth/z", frames[0]]
    finite = depth[np.isfinite(depth)]
    return float(min(10 * np.ceil(np.percentile(finite, 95) / 10), LARGEST_DEPTH)) if len(finite) else 10.0


def _lidar_view(shard: Shard, frames: list[int]) -> dict[str, Any]:
    """Find fixed limits of the point cloud, and a place to look from: behind and above the basestation."""
    pose = shard["lidar/pose"]
    lower, upper = pose[:3, 3].copy(), pose[:3, 3].copy()
    for frame in frames:
        points = shard["lidar/points", frame]
        if len(points):
            lower, upper = np.minimum(lower, points.min(0)), np.maximum(upper, points.max(0))
    extent = upper - lower + 1.0
    forward = pose[:3, 2] * (1, 1, 0) / max(float(np.hypot(*pose[:2, 2])), 1e-9)
    place = pose[:3, 3] + extent.max() * (-0.25 * forward + (0, 0, 0.35))  # world [m]
    scale = SCENE_SIZE / extent.max()  # Plotly's units a metre
    return {
        "step": LIDAR_STEP,
        "origin": pose[:3, 3].round(3).tolist(),
        "limits": np.stack([lower - 0.5, upper + 0.5], 1).round(2).tolist(),
        "aspect": dict(zip("xyz", (extent * scale).round(4).tolist(), strict=True)),
        "eye": dict(zip("xyz", ((place - (lower + upper) / 2) * scale).round(4).tolist(), strict=True)),
    }


def _points(shard: Shard, frame: int) -> dict[str, str]:
    points = shard["lidar/points", frame]
    pick = slice(None, None, max(1, -(-len(points) // MAX_POINTS)))
    quantised = np.clip(np.rint(points[pick] / LIDAR_STEP), -32768, 32767).astype("<i2")
    return {
        **{axis: _base64(quantised[:, i].tobytes()) for i, axis in enumerate("xyz")},
        "category": _base64(shard["lidar/category", frame][pick].tobytes()),
    }


def _things(shard: Shard, frame: int) -> list[dict[str, Any]]:
    """Road users and targets of a frame: 2-D box, 3-D box, place on the radar's maps."""
    labels = {key: shard[f"radar/target/{key}", frame] for key in ("range", "azimuth", "radial_velocity", "column")}
    box_2d, visibility = shard["instances/box_2d_visible", frame], shard["instances/visibility", frame]
    centre, rotation = shard["instances/box_centre", frame], shard["instances/box_rotation", frame]
    signs = np.array([[1 if corner >> axis & 1 else -1 for axis in range(3)] for corner in range(8)]) / 2
    axis, things = shard["radar/power_velocity"], []
    for instance in shard.instances():
        i = instance.index
        if instance.category not in ROAD_USERS and not instance.is_target:
            continue
        things.append(
            {
                "name": instance.name,
                "category": int(shard.categories.index(instance.category)),
                "target": instance.is_target,
                "box": None if np.isnan(box_2d[i]).any() else box_2d[i].tolist(),
                "corners": (centre[i] + (signs * instance.size) @ rotation[i].T).round(2).tolist(),
                "range": round(float(labels["range"][i]), 3),
                "azimuth": round(float(np.degrees(labels["azimuth"][i])), 3),
                "velocity": round(float(labels["radial_velocity"][i]), 3),
                "velocity_seen": round(_aliased(float(labels["radial_velocity"][i]), axis), 3),
                "on_map": bool(np.isfinite(labels["column"][i])),
                "visibility": round(float(visibility[i]), 3),
            }
        )
    return things


def _aliased(velocity: float, axis: np.ndarray) -> float:
    """Where a velocity [m/s] appears on an ambiguous Doppler axis."""
    if len(axis) < 2:
        return velocity
    step = float(axis[1] - axis[0])
    start = float(axis[0]) - step / 2
    return (velocity - start) % (step * len(axis)) + start


def _map(levels: np.ndarray, limits: dict[str, Any]) -> str:
    """Levels [dB] as a grey picture of bytes between the map's limits."""
    low, high = limits["low"], limits["high"]
    return _png(255 * np.clip((levels.astype(np.float32) - low) / (high - low), 0, 1))


def _jpeg(picture: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=JPEG_QUALITY)
    return "data:image/jpeg;base64," + _base64(stream.getvalue())


def _png(values: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(np.rint(values).astype(np.uint8)).save(stream, "PNG", compress_level=6)
    return "data:image/png;base64," + _base64(stream.getvalue())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
