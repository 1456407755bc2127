"""Small analytic inputs that tests of every package use."""

import numpy as np

from raysim.materials import Material
from raysim.motion import Motion
from raysim.scene import Instance, Mesh, Part, Scene
from raysim.sensors import Camera, Radar, Sensors, look_at
from tests.fixture_shards import tiny_csi, tiny_shard

__all__ = ["box_triangles", "hand_made_scene", "scene_of", "sensors_at", "tiny_csi", "tiny_shard"]

PEC = Material("pec", "metal", (0.6, 0.6, 0.6))
ASPHALT = Material("asphalt", "asphalt", (0.1, 0.1, 0.1), rms_height=5e-4, scattering=0.3)


def box_triangles(size, centre=(0.0, 0.0, 0.0)):
    """Vertices (24, 3) and triangles (12, 3) of a box with hard edges."""
    corners, triangles = [], []
    for axis in range(3):
        for sign in (-1, 1):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            quad = np.zeros((4, 3))
            quad[:, axis] = sign
            quad[:, u] = [-1, 1, 1, -1]
            quad[:, v] = [-1, -1, 1, 1]
            order = [0, 1, 2, 3] if sign > 0 else [3, 2, 1, 0]
            base = 4 * len(corners)
            corners.append(quad[order])
            triangles += [[base, base + 1, base + 2], [base, base + 2, base + 3]]
    return np.concatenate(corners) * np.asarray(size) / 2 + np.asarray(centre), np.array(triangles, np.int32)


def sensors_at(position, target, width=160, height=120, focal_length=114.0) -> Sensors:
    """Co-located camera, monostatic radar and lidar."""
    pose = look_at(position, target)
    return Sensors(Camera(pose, width, height, focal_length), Radar(pose, np.zeros(3)), pose)


def scene_of(pieces, sensors, frame_times=(0.0,)) -> Scene:
    """Scene from ``(name, category, is_target, vertices, triangles, material, motion)`` pieces, one part each."""
    vertices, triangles, part, material, parts, instances, materials = [], [], [], [], [], [], []
    count = 0
    for index, (name, category, is_target, v, t, surface, motion) in enumerate(pieces):
        vertices.append(np.asarray(v, float))
        triangles.append(np.asarray(t, np.int32) + count)
        count += len(v)
        if surface not in materials:
            materials.append(surface)
        part.append(np.full(len(t), index, np.int32))
        material.append(np.full(len(t), materials.index(surface), np.int32))
        parts.append(Part(name, index, motion or Motion.at_rest()))
        instances.append(Instance(name, category, is_target))
    mesh = Mesh(*(np.concatenate(a) for a in (vertices, triangles, part, material)))
    return Scene(mesh, tuple(parts), tuple(instances), tuple(materials), sensors, np.asarray(frame_times, float))


def hand_made_scene(num_frames: int = 3, speed: float = 5.0) -> Scene:
    """A 60 m asphalt square and a 4.5 x 1.8 x 1.5 m steel box 20 m away that drives left to right.

    The basestation stands 5 m above the origin and looks along +y, slightly down; the box moves along +x.
    """
    times = (np.arange(num_frames) - (num_frames - 1) / 2) / 30
    pose = np.tile(np.eye(4), (num_frames, 1, 1))
    pose[:, 0, 3], pose[:, 1, 3], pose[:, 2, 3] = 2.0 + speed * times, 20.0, 0.9
    velocity = np.tile([speed, 0.0, 0.0], (num_frames, 1))
    motion = Motion(pose, velocity, np.zeros_like(velocity), np.zeros_like(velocity))
    ground = np.array([[-30, 0, 0], [30, 0, 0], [30, 60, 0], [-30, 60, 0]], float)
    box = box_triangles((4.5, 1.8, 1.5))
    pieces = [
        ("asphalt", "ground", False, ground, [[0, 1, 2], [0, 2, 3]], ASPHALT, None),
        ("box", "car", True, *box, PEC, motion),
    ]
    return scene_of(pieces, sensors_at((0, 0, 5), (0, 25, 0)), times)
