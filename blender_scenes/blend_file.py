"""What a .blend file holds, as plain arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from blender_scenes.inside_blender.messages import POSE
from raysim.sensors import Camera

POSE_TOLERANCE = 1e-4  # [m, 1] beyond float32 rounding: somebody moved the object since
_TO_SENSOR = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender's cameras look along -z with y up


@dataclass(frozen=True)
class BlendMaterial:
    """A material: its name, viewport colour (3,) and custom properties."""

    name: str
    colour: tuple[float, float, float]
    properties: dict[str, Any]


@dataclass(frozen=True)
class BlendObject:
    """The evaluated surface of an object.

    Attributes
    ----------
    name : str
    vertices : (n, 3) float32
        In the object's axes [m].
    triangles : (m, 3) int32
    material : (m,) int32
        Index into the file's materials; -1 = none.
    pose : (num_frames, 4, 4) float64
        Object to world; one frame where it rests. May scale, for an object that was scaled in Blender.
    properties : dict
        Custom properties.
    """

    name: str
    vertices: np.ndarray
    triangles: np.ndarray
    material: np.ndarray
    pose: np.ndarray
    properties: dict[str, Any]


@dataclass(frozen=True)
class BlendFile:
    """Surfaces, materials and camera of a .blend file.

    Attributes
    ----------
    objects : tuple of BlendObject
    materials : tuple of BlendMaterial
    camera : Camera or None
        At the first frame.
    num_frames : int
    frame_rate : float
        [Hz]
    """

    objects: tuple[BlendObject, ...]
    materials: tuple[BlendMaterial, ...]
    camera: Camera | None
    num_frames: int
    frame_rate: float

    def world_triangles(self, frame: int) -> np.ndarray:
        """Return the corners of all triangles at one frame, (m, 3, 3) float64, world axes [m]."""
        corners = []
        for thing in self.objects:
            pose = thing.pose[frame if len(thing.pose) > 1 else 0]
            world = thing.vertices.astype(float) @ pose[:3, :3].T + pose[:3, 3]
            # A mirrored object turns its triangles inside out.
            turn = [0, 2, 1] if np.linalg.det(pose[:3, :3]) < 0 else [0, 1, 2]
            corners.append(world[thing.triangles[:, turn]])
        return np.concatenate(corners) if corners else np.zeros((0, 3, 3))


def unpack_blend(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> BlendFile:
    """Make a `BlendFile` of the worker's answer.

    Parameters
    ----------
    header, arrays : dict
        As `blender_scenes.inside_blender.blend_files.read` gives them.

    Returns
    -------
    BlendFile
    """
    records = header["objects"]
    num_frames = header["frames"][1] - header["frames"][0] + 1
    vertices, triangles = arrays["vertices"].reshape(-1, 3), arrays["triangles"].reshape(-1, 3)
    v = np.cumsum([0] + [record["num_vertices"] for record in records])
    t = np.cumsum([0] + [record["num_triangles"] for record in records])
    poses = arrays["pose"].reshape(len(records), num_frames, 4, 4)
    objects = tuple(
        BlendObject(
            record["name"],
            vertices[v[i] : v[i + 1]],
            triangles[t[i] : t[i + 1]],
            arrays["material"][t[i] : t[i + 1]],
            _exact(poses[i], record["properties"]),
            {key: value for key, value in record["properties"].items() if key != POSE},
        )
        for i, record in enumerate(records)
    )
    materials = tuple(BlendMaterial(m["name"], tuple(m["colour"]), m["properties"]) for m in header["materials"])
    return BlendFile(objects, materials, _camera(header["camera"], arrays["camera"]), num_frames, header["frame_rate"])


def _exact(pose: np.ndarray, properties: dict[str, Any]) -> np.ndarray:
    """Blender's float32 poses, or the float64 ones kept beside them where these are still true."""
    kept = np.asarray(properties.get(POSE, ()), float).reshape(-1, 4, 4)
    if len(kept) in (1, len(pose)) and np.abs(kept - pose).max() < POSE_TOLERANCE:
        pose = kept
    return pose[:1] if (pose == pose[0]).all() else pose


def _camera(record: dict[str, Any] | None, poses: np.ndarray) -> Camera | None:
    if record is None or not record["perspective"]:
        return None
    width, height = record["width"], record["height"]
    across = record["sensor_fit"] == "HORIZONTAL" or (record["sensor_fit"] == "AUTO" and width >= height)
    sensor = record["sensor_height"] if record["sensor_fit"] == "VERTICAL" else record["sensor_width"]
    focal_length = record["lens"] / sensor * (width if across else height)
    pose = _exact(poses.reshape(-1, 4, 4)[:1] @ _TO_SENSOR, record["properties"])[0].copy()
    u, _, vt = np.linalg.svd(pose[:3, :3])  # nearest rotation: float32 is not orthogonal enough, and cameras get scaled
    if np.abs(pose[:3, :3] @ pose[:3, :3].T - np.eye(3)).max() > 1e-12:
        pose[:3, :3] = u @ vt
    return Camera(pose, width, height, float(focal_length))
