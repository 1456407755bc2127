"""What the viewer page shows of one frame: small pictures, maps of bytes, a thinned point cloud, boxes, markers."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from raysim.shards import Shard

MAX_POINTS = 8000  # of a lidar frame in the page
JPEG_QUALITY = 85
DYNAMIC_RANGE = 80.0  # [dB] of the maps under their strongest cell
LOWEST_LEVEL = -5.0  # [dB] over the noise: nothing below it is of interest
STATIC_CELLS = 1.5  # echoes slower than this many Doppler bins count as static
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
        ``picture``, ``depth``, ``heatmap``, ``moving``, ``doppler``, ``lidar``: plain values, angles in degrees.
    """
    height, width = shard.shape("camera/rgb")[1:3]
    ranges = shard["radar/power_range"][_power_rows(shard)].round(4).tolist()
    beams = np.degrees(np.arcsin(np.clip(shard["radar/power_azimuth"], -1, 1)))
    heatmap, moving, doppler = (
        _levels(max(float(level(shard, frame).max()) for frame in frames))
        for level in (lambda file, frame: file["radar/heatmap", frame], moving_echoes, range_doppler)
    )
    return {
        "picture": {"width": width, "height": height},
        "depth": _depth_limits(shard["depth/z", frames[0]]),
        "heatmap": {
            "azimuth": np.degrees(shard["radar/azimuth"]).round(4).tolist(),
            "range": shard["radar/range"].round(4).tolist(),
            **heatmap,
        },
        "moving": {"azimuth": beams.round(4).tolist(), "range": ranges, **moving},
        "doppler": {"velocity": shard["radar/power_velocity"].round(4).tolist(), "range": ranges, **doppler},
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
    low, high = constants["depth"]["low"], constants["depth"]["high"]
    depth_bytes = np.where(np.isfinite(depth), 1 + 254 * np.clip((depth - low) / (high - low), 0, 1), 0)
    return {
        "index": frame,
        "time": float(shard["time", frame]),
        "rgb": _jpeg(shard["camera/rgb", frame]),
        "depth": _png(depth_bytes),
        "heatmap": _map(shard["radar/heatmap", frame], constants["heatmap"]),
        "moving": _map(moving_echoes(shard, frame), constants["moving"]),
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
    return _over_noise(shard, shard["radar/power", frame][_power_rows(shard)], axis=1)


def moving_echoes(shard: Shard, frame: int) -> np.ndarray:
    """Range-azimuth map of what moves: the native power summed over the Doppler bins away from zero.

    Parameters
    ----------
    shard : Shard
    frame : int

    Returns
    -------
    (num_ranges, num_beams) float64
        [dB] over the expected noise, up to the heatmap's largest range.
    """
    velocity = shard["radar/power_velocity"]
    step = np.diff(velocity).min(initial=np.inf)
    moves = np.abs(velocity) > STATIC_CELLS * step if np.isfinite(step) else np.ones(len(velocity), bool)
    return _over_noise(shard, shard["radar/power", frame][_power_rows(shard)][:, :, moves], axis=2)


def _over_noise(shard: Shard, power: np.ndarray, axis: int) -> np.ndarray:
    """Power summed along an axis [dB], over the expected noise of as many cells."""
    noise = float(shard["radar/noise_power"]) * power.shape[axis]
    return 10 * np.log10(np.maximum(power.sum(axis, dtype=np.float64) / noise, 1e-10))


def _power_rows(shard: Shard) -> slice:
    end = np.searchsorted(shard["radar/power_range"], shard["radar/range"][-1], side="right")
    return slice(0, max(int(end), 1))


def _levels(peak: float) -> dict[str, float]:
    """Colour limits [dB] for a map with this peak, in steps of 5 dB."""
    high = 5 * np.ceil(max(peak, LOWEST_LEVEL + 5) / 5)
    return {"low": float(max(LOWEST_LEVEL, high - DYNAMIC_RANGE)), "high": float(high)}


def _depth_limits(depth: np.ndarray) -> dict[str, float]:
    """Colour limits [m] in steps of 5 m; far outliers take the last colour."""
    finite = depth[np.isfinite(depth)]
    low, high = np.percentile(finite, (1, 95)) if len(finite) else (0.0, 10.0)
    low = 5 * np.floor(low / 5)
    return {"low": float(low), "high": float(max(min(5 * np.ceil(high / 5), LARGEST_DEPTH), low + 5))}


def _lidar_view(shard: Shard, frames: list[int]) -> dict[str, Any]:
    """Find fixed limits of the point cloud, and a view over the basestation's shoulder, in Plotly's units."""
    pose = shard["lidar/pose"]
    lower, upper = pose[:3, 3].copy(), pose[:3, 3].copy()
    for frame in frames:
        points = shard["lidar/points", frame]
        if len(points):
            lower, upper = np.minimum(lower, points.min(0)), np.maximum(upper, points.max(0))
    extent = upper - lower + 1.0
    forward = pose[:3, 2] * (1, 1, 0) / max(float(np.hypot(*pose[:2, 2])), 1e-9)
    eye = pose[:3, 3] + extent.max() * (-0.3 * forward + (0, 0, 0.42))  # world [m]
    aim = pose[:3, 3] * (1, 1, 0) + extent.max() * 0.25 * forward
    scale = SCENE_SIZE / extent.max()  # Plotly's units a metre, from the middle of the limits

    def placed(point: np.ndarray) -> dict[str, float]:
        return dict(zip("xyz", ((point - (lower + upper) / 2) * scale).round(4).tolist(), strict=True))

    return {
        "step": LIDAR_STEP,
        "origin": pose[:3, 3].round(3).tolist(),
        "limits": np.stack([lower - 0.5, upper + 0.5], 1).round(2).tolist(),
        "aspect": dict(zip("xyz", (extent * scale).round(4).tolist(), strict=True)),
        "camera": {"eye": placed(eye), "center": placed(aim)},
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
