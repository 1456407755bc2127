"""What must hold for the content of every kind of file; every function yields (dataset, what is wrong)."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from raysim.sensors import to_polar
from raysim.shards.reader import Shard
from raysim.shards.schema import CSI, PATHS, SHARD

Problem = tuple[str, str]
RIGID_TOLERANCE = 1e-6
PIXEL_TOLERANCE = 1.0  # visible pixels against projected vertices [px]
LABEL_TOLERANCE = 1e-6  # float64 labels of the same box by two routes
UNIT_VECTOR_TOLERANCE = 1e-5  # stored as float32

_ASCENDING = {
    SHARD: ("time", "radar/range", "radar/azimuth", "radar/power_range", "radar/power_azimuth", "radar/power_velocity"),
    CSI: ("time", "frame", "subcarrier_frequency", "symbol_time"),
    PATHS: (),
}
_POSES = {SHARD: ("camera/pose", "lidar/pose", "radar/pose"), CSI: ("radar/pose",), PATHS: ("radar/pose",)}


def _unless(holds: Any, name: str, message: str) -> Iterator[Problem]:
    if not np.all(holds):
        yield name, message


def _is_rigid(pose: np.ndarray) -> bool:
    rotation = pose[:3, :3]
    return bool(
        np.allclose(rotation @ rotation.T, np.eye(3), atol=RIGID_TOLERANCE)
        and np.linalg.det(rotation) > 0
        and np.isfinite(pose).all()
        and (pose[3] == (0, 0, 0, 1)).all()
    )


def offset_problems(shard: Shard) -> Iterator[Problem]:
    """Offsets of ragged entries: from 0, never falling, up to the number of rows."""
    for entry in shard.schema:
        if entry.is_offsets:
            offsets = shard[entry.name]
            yield from _unless(offsets[0] == 0 and (np.diff(offsets) >= 0).all(), entry.name, "must rise from 0")
        elif entry.offsets:
            rows, last = shard.shape(entry.name)[0], shard[entry.offsets][-1]
            yield from _unless(rows == last, entry.name, f"expected {last} rows by {entry.offsets}, got {rows}")


def constant_problems(shard: Shard) -> Iterator[Problem]:
    """Entries without a frame axis: axes ascend, poses are rigid, ids lie in their tables."""
    for name in _ASCENDING[shard.schema]:
        axis = shard[name]
        yield from _unless(np.isfinite(axis).all() and (np.diff(axis) > 0).all(), name, "must be finite and ascend")
    for name in _POSES[shard.schema]:
        yield from _unless(_is_rigid(shard[name]), name, "must be a rigid motion")
    if shard.is_paths:
        yield from _unless(shard.attributes["carrier_frequency"] > 0, "attribute carrier_frequency", "must be positive")
        offset = shard["radar/transmitter_offset"]
        yield from _unless(np.isfinite(offset), "radar/transmitter_offset", "must be finite")
        return
    if shard.is_csi:
        yield from _unless(shard["frame"] >= 0, "frame", "must not be negative")
        for name in ("carrier_frequency", "noise_variance", "element_spacing", "max_range", "half_fov"):
            yield from _unless(shard.attributes.get(name, 1.0) > 0, f"attribute {name}", "must be positive")
        return
    intrinsics = shard["camera/intrinsics"]
    focal = intrinsics[0, 0] > 0 and intrinsics[1, 1] > 0
    yield from _unless(focal and (intrinsics[2] == (0, 0, 1)).all(), "camera/intrinsics", "must be a pinhole matrix K")
    yield from _unless(shard["radar/noise_power"] > 0, "radar/noise_power", "must be positive")
    yield from _unless(shard["instances/category"] < len(shard.categories), "instances/category", "unknown category")
    sizes = shard["instances/size"]
    yield from _unless(np.isfinite(sizes) & (sizes >= 0), "instances/size", "must be finite and not negative")


def frame_problems(shard: Shard, frame: int) -> Iterator[Problem]:
    """One frame of a shard."""
    yield from _picture(shard, frame)
    yield from _lidar(shard, frame)
    yield from _boxes(shard, frame)
    yield from _maps(shard, frame)
    yield from _targets(shard, frame)
    seconds = shard["timing/seconds", frame]
    yield from _unless(np.isfinite(seconds) & (seconds >= 0), "timing/seconds", "must be finite and not negative")


def _picture(shard: Shard, frame: int) -> Iterator[Problem]:
    depth, instance = shard["depth/z", frame], shard["masks/instance", frame]
    yield from _unless(depth > 0, "depth/z", "must be positive, or inf where nothing is hit")  # fails for NaN too
    nothing = np.isinf(depth)
    for name in ("masks/instance", "masks/category", "masks/material"):
        same = (shard[name, frame] == 0) == nothing
        yield from _unless(same, name, "must be 0 exactly where depth/z is inf")
    category = np.concatenate([[0], shard["instances/category"]])
    if instance.max() >= len(category):
        yield "masks/instance", f"id {instance.max()} is beyond the {len(category) - 1} instances"
    else:
        agrees = shard["masks/category", frame] == category[instance]
        yield from _unless(agrees, "masks/category", "must be the category of masks/instance")
    yield from _ids(shard, "masks/material", frame, shard.shape("materials/name")[0])


def _ids(shard: Shard, name: str, frame: int, largest: int) -> Iterator[Problem]:
    ids = shard[name, frame]
    yield from _unless(ids <= largest, name, f"id {ids.max(initial=0)} is beyond {largest}")


def _lidar(shard: Shard, frame: int) -> Iterator[Problem]:
    for name in ("lidar/points", "lidar/intensity", "lidar/time", "lidar/radial_velocity"):
        yield from _unless(np.isfinite(shard[name, frame]), name, "must be finite")
    for name in ("lidar/intensity", "lidar/time"):
        yield from _unless(shard[name, frame] >= 0, name, "must not be negative")
    yield from _ids(shard, "lidar/instance", frame, shard.shape("instances/name")[0])
    yield from _ids(shard, "lidar/material", frame, shard.shape("materials/name")[0])
    yield from _ids(shard, "lidar/category", frame, len(shard.categories) - 1)


def _boxes(shard: Shard, frame: int) -> Iterator[Problem]:
    for name in ("instances/box_centre", "instances/velocity", "instances/angular_velocity"):
        yield from _unless(np.isfinite(shard[name, frame]), name, "must be finite")
    rotation = shard["instances/box_rotation", frame]
    orthonormal = np.abs(rotation @ rotation.swapaxes(1, 2) - np.eye(3)) < RIGID_TOLERANCE
    proper = orthonormal.all() and (np.linalg.det(rotation) > 0).all()
    yield from _unless(proper, "instances/box_rotation", "must be rotations")
    boxes = {name: shard[name, frame] for name in ("instances/box_2d_full", "instances/box_2d_visible")}
    for name, box in boxes.items():
        whole = np.isnan(box).all(1) | (box[:, :2] <= box[:, 2:]).all(1)
        yield from _unless(whole, name, "must have x0 <= x1 and y0 <= y1, or be NaN as a whole")
    full, visible = boxes["instances/box_2d_full"], boxes["instances/box_2d_visible"]
    inside = (visible[:, :2] >= full[:, :2] - PIXEL_TOLERANCE) & (visible[:, 2:] <= full[:, 2:] + PIXEL_TOLERANCE)
    known = np.isfinite(full).all(1) & np.isfinite(visible).all(1)
    yield from _unless(inside[known], "instances/box_2d_visible", "must lie inside box_2d_full")
    for name in ("instances/visibility", "instances/truncation"):
        share = shard[name, frame]
        yield from _unless((share >= 0) & (share <= 1), name, "must lie in 0..1")


def _maps(shard: Shard, frame: int) -> Iterator[Problem]:
    yield from _unless(np.isfinite(shard["radar/heatmap", frame]), "radar/heatmap", "must be finite")
    power = shard["radar/power", frame]
    yield from _unless(np.isfinite(power) & (power >= 0), "radar/power", "must be finite and not negative")
    for name in ("power", "range", "azimuth", "radial_velocity"):
        name = f"radar/reflectors/{name}"
        yield from _unless(np.isfinite(shard[name, frame]), name, "must be finite")
    yield from _ids(shard, "radar/reflectors/instance", frame, shard.shape("instances/name")[0])


def _targets(shard: Shard, frame: int) -> Iterator[Problem]:
    """Radar labels against boxes, pose and axes."""
    centre, pose = shard["instances/box_centre", frame], shard["radar/pose"]
    polar = dict(zip(("range", "azimuth", "elevation"), to_polar(pose, centre), strict=True))
    line = (centre - pose[:3, 3]) / np.maximum(polar["range"], 1e-12)[:, None]
    polar["radial_velocity"] = -np.einsum("ij,ij->i", shard["instances/velocity", frame], line)
    for key, wanted in polar.items():
        agrees = np.isclose(shard[f"radar/target/{key}", frame], wanted, atol=LABEL_TOLERANCE, rtol=LABEL_TOLERANCE)
        yield from _unless(agrees, f"radar/target/{key}", "must follow from the boxes and radar/pose")
    for key, quantity, axis_name in (("row", "range", "radar/range"), ("column", "azimuth", "radar/azimuth")):
        cell, axis = shard[f"radar/target/{key}", frame], shard[axis_name]
        value = shard[f"radar/target/{quantity}", frame]
        agrees = np.where(np.isnan(cell), _is_outside(value, axis), np.abs(_at(axis, cell) - value) < LABEL_TOLERANCE)
        yield from _unless(agrees, f"radar/target/{key}", f"must point at radar/target/{quantity} on {axis_name}")


def _at(axis: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Value of an axis at fractional cells, extended by half a cell at both ends."""
    low = np.clip(np.nan_to_num(cell).astype(int), 0, len(axis) - 2)
    return axis[low] + (cell - low) * (axis[low + 1] - axis[low])


def _is_outside(value: np.ndarray, axis: np.ndarray) -> np.ndarray:
    tolerance = LABEL_TOLERANCE
    low, high = _at(axis, np.array([-0.5, len(axis) - 0.5]))
    return (value < low + tolerance) | (value > high - tolerance)


def csi_frame_problems(shard: Shard, frame: int) -> Iterator[Problem]:
    """One frame of a CSI file."""
    csi = shard.dataset("csi")
    finite = all(np.isfinite(csi[frame, row]).all() for row in range(csi.shape[1]))  # one array row at a time
    yield from _unless(finite, "csi", "must be finite")
    yield from _unless(shard["paths/delay", frame] > 0, "paths/delay", "must be positive")
    yield from _paths(shard, frame)
    share = shard["paths/power_share", frame]
    yield from _unless(0 < share <= 1 + LABEL_TOLERANCE, "paths/power_share", "must lie in (0, 1]")


def path_file_problems(shard: Shard, frame: int) -> Iterator[Problem]:
    """One frame of a file of paths."""
    yield from _unless(shard["paths/delay", frame] >= 0, "paths/delay", "must not be negative")
    yield from _paths(shard, frame)
    names = shard.shape("instances/name")[0]
    for name in ("paths/first_instance", "paths/last_instance"):
        yield from _ids(shard, name, frame, names)


def _paths(shard: Shard, frame: int) -> Iterator[Problem]:
    for name in ("gain", "delay", "delay_rate", "delay_acceleration", "last_point"):
        yield from _unless(np.isfinite(shard[f"paths/{name}", frame]), f"paths/{name}", "must be finite")
    for name in ("paths/departure", "paths/arrival"):
        length = np.linalg.norm(shard[name, frame], axis=1)
        yield from _unless(np.abs(length - 1) < UNIT_VECTOR_TOLERANCE, name, "must be unit vectors")
    digits = shard["paths/kinds", frame][:, None] >> np.arange(0, 32, 4, dtype=np.uint32) & 15
    same = (digits > 0).sum(1) == shard["paths/depth", frame]
    yield from _unless(same, "paths/kinds", "must have paths/depth digits")
