"""Building scenes from loose meshes: a piece is one object with its surfaces, standing or moving."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from raysim.findings import with_sensors
from raysim.materials import Material
from raysim.motion import Motion
from raysim.scene import Instance, Mesh, Part, Scene
from raysim.sensors import Camera, Radar, Sensors, look_at

__all__ = ["Piece", "assemble", "radar_at", "with_pieces", "with_sensors"]


@dataclass(frozen=True, eq=False)
class Piece:
    """One rigid object.

    Attributes
    ----------
    name : str
    category : str
        One of `raysim.scene.CATEGORIES`.
    vertices : (num_vertices, 3) float64
        In the piece's own axes [m]; shared between triangles only across smooth surfaces.
    triangles : (num_triangles, 3) int
        Vertex indices, counter-clockwise seen from outside.
    materials : tuple of Material
    material : (num_triangles,) int, optional
        Index into `materials`; default: the first for all.
    motion : Motion
        Piece to world.
    is_target : bool
    instance : str, optional
        Name of the object that the piece belongs to (a car's wheel to the car); default: an object of its own. The
        first piece of an object gives its category, and is its body.
    """

    name: str
    category: str
    vertices: np.ndarray
    triangles: np.ndarray
    materials: tuple[Material, ...]
    material: np.ndarray | None = None
    motion: Motion = field(default_factory=Motion.at_rest)
    is_target: bool = False
    instance: str | None = None

    def __post_init__(self):
        if not self.materials:
            raise ValueError(f"piece {self.name!r}: needs at least one material")
        if self.material is not None and len(self.material) != len(self.triangles):
            raise ValueError(
                f"piece {self.name!r}: {len(self.triangles)} triangles need as many materials, got {len(self.material)}"
            )


def radar_at(position, target, *, transmitter_offset=(0.0, 0.0, 0.0)) -> Sensors:
    """Sensors of a scene that is there for its radar: camera and lidar stand where the radar stands.

    Parameters
    ----------
    position, target : (3,) array_like
        World points [m]: where the radar stands and what it looks at.
    transmitter_offset : (3,) array_like
        Transmit phase centre in the radar's axes [m].

    Returns
    -------
    Sensors

    Raises
    ------
    ValueError
        If it looks straight up or down, or at its own place.
    """
    across = np.subtract(target, position)[:2]
    if not 1e-9 < np.linalg.norm(across) < np.inf:
        raise ValueError(f"a radar at {tuple(position)} must look sideways, its target is {tuple(target)}")
    pose = look_at(position, target)
    return Sensors(Camera(pose), Radar(pose, np.asarray(transmitter_offset, float)), pose)


def assemble(pieces: Iterable[Piece], sensors: Sensors, frame_times: Sequence[float] | np.ndarray = (0.0,)) -> Scene:
    """Put pieces into one scene.

    Parameters
    ----------
    pieces : iterable of Piece
    sensors : Sensors
    frame_times : (num_frames,) sequence of float
        Middle of every frame [s].

    Returns
    -------
    Scene
        One part a piece, in order; materials merged by value.

    Raises
    ------
    ValueError
        If there is no piece, or what `Scene` refuses.
    """
    pieces = list(pieces)
    if not pieces:
        raise ValueError("a scene needs at least one piece")
    materials: dict[Material, int] = {}
    instances: dict[str, Instance] = {}
    slots, parts, first = [], [], 0
    triangles: list[np.ndarray] = []
    for index, piece in enumerate(pieces):
        owner = piece.instance or piece.name
        instances.setdefault(owner, Instance(owner, piece.category, piece.is_target))
        parts.append(Part(piece.name, list(instances).index(owner), piece.motion))
        table = np.array([materials.setdefault(m, len(materials)) for m in piece.materials], np.int32)
        count = len(piece.triangles)
        slots.append(table[np.zeros(count, int) if piece.material is None else piece.material])
        triangles.append(np.asarray(piece.triangles, np.int32) + np.int32(first))
        first += len(piece.vertices)
        if first > np.iinfo(np.int32).max:
            raise ValueError(f"a scene holds at most {np.iinfo(np.int32).max} vertices, piece {index} exceeds them")
    mesh = Mesh(
        np.concatenate([np.asarray(piece.vertices, np.float64) for piece in pieces]),
        np.concatenate(triangles),
        np.repeat(np.arange(len(pieces), dtype=np.int32), [len(piece.triangles) for piece in pieces]),
        np.concatenate(slots),
    )
    return Scene(
        mesh, tuple(parts), tuple(instances.values()), tuple(materials), sensors, np.asarray(frame_times, float)
    )


def with_pieces(scene: Scene, pieces: Iterable[Piece]) -> Scene:
    """Return the scene with more pieces in it; its own parts, objects and materials keep their numbers."""
    added = assemble(pieces, scene.sensors, scene.frame_times)
    shift = len(scene.instances)
    mesh, more = scene.mesh, added.mesh
    return replace(
        scene,
        mesh=Mesh(
            np.concatenate([mesh.vertices, more.vertices]),
            np.concatenate([mesh.triangles, more.triangles + np.int32(len(mesh.vertices))]),
            np.concatenate([mesh.part, more.part + np.int32(len(scene.parts))]),
            np.concatenate([mesh.material, more.material + np.int32(len(scene.materials))]),
        ),
        parts=scene.parts + tuple(replace(part, instance=part.instance + shift) for part in added.parts),
        instances=scene.instances + added.instances,
        materials=scene.materials + added.materials,
    )
