"""A scene as the arrays and JSON that the worker inside Blender builds its objects from."""

from dataclasses import asdict
from math import log2, pi, sin
from typing import Any

import numpy as np

from raysim.environment import Light
from raysim.scene import Mesh, Scene

# A camera's automatic exposure follows the light part of the way: dusk stays darker than noon, yet is not black.
ADAPTATION = 0.75
NORMAL_ILLUMINANCE = 5.0  # [W/m2 in renderer units] on level ground, in which no correction is made
NORMAL_EXPOSURE, EXPOSURE_LIMITS = 0.15, (-1.0, 2.5)  # [stops]


def pack_scene(scene: Scene) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Cut a scene into one mesh per part.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    header : dict
        ``parts``, ``materials``, ``camera``, ``light``.
    arrays : dict
        ``vertices`` (n, 3) float32, ``triangles`` (m, 3) int32 counted within their part, ``slot`` (m,) int32
        material slot within the part, ``rest`` (num_parts, 4, 4) float64 poses at the first frame.
    """
    mesh = _drawable(scene.mesh)
    vertices, triangles, num_vertices = _by_part(scene, mesh)
    num_triangles = np.bincount(mesh.part, minlength=len(scene.parts))
    slot = np.empty(len(mesh.part), np.int32)
    parts = []
    ends = np.cumsum(num_triangles)
    for index, part in enumerate(scene.parts):
        block = slice(ends[index] - num_triangles[index], ends[index])
        used, slot[block] = np.unique(mesh.material[block], return_inverse=True)
        instance = scene.instances[part.instance]
        parts.append({
            "name": part.name if part.name.startswith(instance.name) else f"{instance.name}.{part.name}",
            "part": part.name, "instance": instance.name, "instance_id": part.instance + 1,
            "category": instance.category, "is_target": int(instance.is_target), "moves": part.motion.moves,
            "num_vertices": int(num_vertices[index]), "num_triangles": int(num_triangles[index]),
            "slots": used.tolist(),
        })  # fmt: skip
    camera = scene.sensors.camera
    header = {
        "parts": parts,
        "materials": [asdict(material) for material in scene.materials],
        "light": asdict(scene.light),
        "camera": {"width": camera.width, "height": camera.height, "focal_length": camera.focal_length,
                   "pose": camera.pose.tolist()},
    }  # fmt: skip
    return header, {"vertices": vertices, "triangles": triangles, "slot": slot, "rest": scene.frame(0).pose}


def moving_poses(scene: Scene, frame: int) -> np.ndarray:
    """Poses of the parts that move at one frame, (num_moving, 4, 4) float64, in the order of the parts."""
    moves = np.array([part.motion.moves for part in scene.parts])
    return scene.frame(frame).pose[moves]


def exposure(light: Light) -> float:
    """Return the exposure [stops] that an automatic camera would choose in this light."""
    sky = light.sky_radiance * sum(light.sky_colour) / 3
    illuminance = light.sun_irradiance * max(sin(light.sun_elevation), 0.0) + pi * sky
    stops = NORMAL_EXPOSURE + ADAPTATION * log2(NORMAL_ILLUMINANCE / max(illuminance, 1e-3))
    return min(max(stops, EXPOSURE_LIMITS[0]), EXPOSURE_LIMITS[1])


def _drawable(mesh: Mesh) -> Mesh:
    """Drop triangles that name a vertex twice: they have no area, and Blender's edge builder trips over them."""
    a, b, c = mesh.triangles.T
    keep = (a != b) & (b != c) & (c != a)
    return mesh if keep.all() else Mesh(mesh.vertices, mesh.triangles[keep], mesh.part[keep], mesh.material[keep])


def _by_part(scene: Scene, mesh: Mesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort the used vertices by part; count the triangles' corners within their part."""
    used = np.unique(mesh.triangles)
    owner = scene.part_of_vertex[used]
    order = used[np.argsort(owner, kind="stable")]
    count = np.bincount(owner, minlength=len(scene.parts))
    start = np.cumsum(count) - count
    local = np.empty(len(mesh.vertices), np.int32)
    local[order] = np.arange(len(order)) - np.repeat(start, count)
    return mesh.vertices[order].astype(np.float32), local[mesh.triangles], count
