"""A scene as plain data: triangles, materials, rigid motions, sensors.

Triangles belong to parts (one rigid body each: a car's body, a wheel), parts to instances (what a
person would count: a car, a lamp post, the asphalt). Mesh vertices are stored in the axes of their
part. Vertices are shared between triangles only across smooth surfaces; a hard edge duplicates its
vertices. So vertex normals, smooth shading and curvature all follow from the index array.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from raysim.curvature import facet_normals, radius_of_curvature
from raysim.environment import Light, Weather
from raysim.materials import Material
from raysim.motion import Motion
from raysim.sensors import Sensors

# Category ids in masks and lidar points are indices into this tuple; 0 = nothing there (sky).
CATEGORIES = (
    "none", "ground", "building", "vegetation", "street_furniture", "car", "pedestrian", "cyclist", "other",
)  # fmt: skip


@dataclass(frozen=True)
class Mesh:
    """Triangles of all parts, sorted by part.

    Attributes
    ----------
    vertices : (num_vertices, 3) float64
        In the axes of the part that uses them [m].
    triangles : (num_triangles, 3) int32
        Vertex indices, counter-clockwise seen from outside.
    part : (num_triangles,) int32
        Index of the part, non-decreasing.
    material : (num_triangles,) int32
        Index into the scene's material table.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    part: np.ndarray
    material: np.ndarray

    def __post_init__(self):
        count = len(self.triangles)
        if self.vertices.ndim != 2 or self.vertices.shape[1] != 3 or not np.isfinite(self.vertices).all():
            raise ValueError(f"mesh vertices must be finite with shape (n, 3), got {self.vertices.shape}")
        if self.triangles.shape != (count, 3) or self.part.shape != (count,) or self.material.shape != (count,):
            raise ValueError(
                f"mesh needs (n, 3) triangles and (n,) part and material, got "
                f"{self.triangles.shape}, {self.part.shape}, {self.material.shape}"
            )
        if count and (self.triangles.min() < 0 or self.triangles.max() >= len(self.vertices)):
            raise ValueError(f"mesh triangles must index {len(self.vertices)} vertices")
        if (np.diff(self.part) < 0).any():
            raise ValueError("mesh triangles must be sorted by part")

    @cached_property
    def area(self) -> np.ndarray:
        """(num_triangles,) float64 [m2]."""
        a, b, c = np.moveaxis(self.vertices[self.triangles], 1, 0)
        return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2

    @cached_property
    def radius_of_curvature(self) -> np.ndarray:
        """(num_triangles,) float64, smallest radius of each triangle's surface [m]; inf where flat."""
        return radius_of_curvature(self.vertices, self.triangles)


@dataclass(frozen=True)
class Instance:
    """One countable thing; its id in masks is its index in the scene + 1 (0 = nothing there).

    Attributes
    ----------
    name : str
    category : str
        One of `CATEGORIES`.
    is_target : bool
        Whether the radio labels and the learning tasks are about it.
    """

    name: str
    category: str
    is_target: bool = False

    def __post_init__(self):
        if self.category not in CATEGORIES[1:]:
            raise ValueError(f"instance {self.name!r}: category must be one of {CATEGORIES[1:]}, got {self.category!r}")


@dataclass(frozen=True)
class Part:
    """One rigid body of an instance. The first part of an instance is its body: it defines pose and box."""

    name: str
    instance: int
    motion: Motion = field(default_factory=Motion.at_rest)


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the sensors see during one sequence.

    Attributes
    ----------
    mesh : Mesh
    parts, instances, materials : tuple
    sensors : Sensors
    frame_times : (num_frames,) float64
        Middle of every frame [s].
    weather, light : Weather, Light
    """

    mesh: Mesh
    parts: tuple[Part, ...]
    instances: tuple[Instance, ...]
    materials: tuple[Material, ...]
    sensors: Sensors
    frame_times: np.ndarray
    weather: Weather = field(default_factory=Weather)
    light: Light = field(default_factory=Light)

    def __post_init__(self):
        if len(self.mesh.triangles) == 0:
            raise ValueError("a scene needs at least one triangle")
        if self.mesh.part.max() >= len(self.parts) or self.mesh.material.max() >= len(self.materials):
            raise ValueError("mesh refers to a part or material that the scene does not have")
        for part in self.parts:
            if not 0 <= part.instance < len(self.instances):
                raise ValueError(
                    f"part {part.name!r}: instance {part.instance} of {len(self.instances)} does not exist"
                )
            if len(part.motion.pose) not in (1, self.num_frames):
                raise ValueError(f"part {part.name!r}: motion needs 1 or {self.num_frames} frames")

    @property
    def num_frames(self) -> int:
        """Number of frames."""
        return len(self.frame_times)

    @cached_property
    def instance_of_part(self) -> np.ndarray:
        """(num_parts,) int32."""
        return np.array([part.instance for part in self.parts], np.int32)

    @cached_property
    def part_moves(self) -> np.ndarray:
        """(num_parts,) bool."""
        return np.array([part.motion.moves for part in self.parts])

    @cached_property
    def triangle_moves(self) -> np.ndarray:
        """(num_triangles,) bool: the triangle belongs to a moving part."""
        return self.part_moves[self.mesh.part]

    @cached_property
    def part_of_vertex(self) -> np.ndarray:
        """(num_vertices,) int32: part that uses the vertex (a vertex is used by one part only)."""
        owner = np.zeros(len(self.mesh.vertices), np.int32)
        owner[self.mesh.triangles] = self.mesh.part[:, None]
        return owner

    @cached_property
    def vertices_of_instance(self) -> tuple[np.ndarray, ...]:
        """Vertex indices of every instance."""
        return _members(self.instance_of_part[self.part_of_vertex], len(self.instances))

    @cached_property
    def triangles_of_instance(self) -> tuple[np.ndarray, ...]:
        """Triangle indices of every instance."""
        return _members(self.instance_of_part[self.mesh.part], len(self.instances))

    @cached_property
    def first_frame(self) -> tuple[np.ndarray, np.ndarray]:
        """World vertices and normals of frame 0: what stands still keeps them."""
        vertices = _placed(self.mesh.vertices, self.frame(0).pose[self.part_of_vertex])
        return vertices, facet_normals(vertices[self.mesh.triangles])

    def frame(self, index: int) -> "SceneFrame":
        """Return the scene at the middle of frame `index`."""
        if not 0 <= index < self.num_frames:
            raise ValueError(f"frame must lie in 0..{self.num_frames - 1}, got {index}")
        return SceneFrame(self, index)


def _members(group: np.ndarray, count: int) -> tuple[np.ndarray, ...]:
    """Return the indices of the members of groups 0 .. count - 1."""
    order = np.argsort(group, kind="stable")
    return tuple(np.split(order, np.searchsorted(group[order], np.arange(1, count))))


def _placed(vertices: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """Vertices (n, 3) of parts with poses (n, 4, 4), in world axes."""
    return np.einsum("vij,vj->vi", pose[:, :3, :3], vertices) + pose[:, :3, 3]


def _at(array: np.ndarray, index: int) -> np.ndarray:
    return array[index if len(array) > 1 else 0]


@dataclass(frozen=True)
class SceneFrame:
    """A scene at one instant, in world axes."""

    scene: Scene
    index: int

    def _table(self, name: str) -> np.ndarray:
        return np.stack([_at(getattr(part.motion, name), self.index) for part in self.scene.parts])

    @cached_property
    def pose(self) -> np.ndarray:
        """(num_parts, 4, 4) float64, part to world."""
        return self._table("pose")

    @cached_property
    def velocity(self) -> np.ndarray:
        """(num_parts, 3) float64 of every part's origin [m/s]."""
        return self._table("velocity")

    @cached_property
    def angular_velocity(self) -> np.ndarray:
        """(num_parts, 3) float64 [rad/s]."""
        return self._table("angular_velocity")

    @cached_property
    def acceleration(self) -> np.ndarray:
        """(num_parts, 3) float64 of every part's origin [m/s2]."""
        return self._table("acceleration")

    @cached_property
    def angular_acceleration(self) -> np.ndarray:
        """(num_parts, 3) float64 [rad/s2]."""
        tables = (part.motion.angular_acceleration for part in self.scene.parts)
        return np.stack([np.zeros(3) if table is None else _at(table, self.index) for table in tables])

    @cached_property
    def vertices(self) -> np.ndarray:
        """(num_vertices, 3) float64 in world axes [m]."""
        scene = self.scene
        vertices, moving = scene.first_frame[0].copy(), np.flatnonzero(scene.part_moves[scene.part_of_vertex])
        vertices[moving] = _placed(scene.mesh.vertices[moving], self.pose[scene.part_of_vertex[moving]])
        return vertices

    @cached_property
    def normals(self) -> np.ndarray:
        """(num_triangles, 3) float64 outward unit normals; zero for a degenerate triangle."""
        normals, moving = self.scene.first_frame[1].copy(), np.flatnonzero(self.scene.triangle_moves)
        normals[moving] = facet_normals(self.vertices[self.scene.mesh.triangles[moving]])
        return normals

    def point_velocity(self, part: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Velocity of material points [m/s].

        Parameters
        ----------
        part : (n,) int
        points : (n, 3) float64
            World points [m].

        Returns
        -------
        (n, 3) float64
        """
        arm = points - self.pose[part, :3, 3]
        return self.velocity[part] + np.cross(self.angular_velocity[part], arm)
