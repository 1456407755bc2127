"""Mesh files of other tools as plain surfaces: glTF, PLY, OBJ, STL by trimesh."""

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh

from raysim.materials import Lobe

SUFFIXES = (".glb", ".gltf", ".obj", ".off", ".ply", ".stl")
NO_MATERIAL = ""  # name of the material of what has none


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles of one object and one material, as read.

    Attributes
    ----------
    owner : str
        Name of the object.
    vertices : (num_vertices, 3) float64
        In the axes of the file.
    triangles : (num_triangles, 3) int64
    material : str
        Name; `NO_MATERIAL` where the file gives none.
    colour : tuple of 3 float
        Linear sRGB.
    thickness : float
        Of the panel that it stands for [m]; 0 = not said.
    scattering : float or None
        Effective-roughness amplitude; None = not said.
    lobe : Lobe or None
        None = not said.
    """

    owner: str
    vertices: np.ndarray
    triangles: np.ndarray
    material: str = NO_MATERIAL
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)
    thickness: float = 0.0
    scattering: float | None = None
    lobe: Lobe | None = None

    @property
    def kind(self) -> tuple[str, float, float | None, Lobe | None]:
        """What tells its material from others of the same name."""
        return self.material, self.thickness, self.scattering, self.lobe


class _Names(trimesh.resolvers.Resolver):
    """Stands in for the .mtl file of an .obj: only the names count, and these are in the .obj itself."""

    def __init__(self, names: list[str]):
        self.names = names

    def get(self, name: str) -> bytes:
        return "".join(f"newmtl {n}\nKd 0.5 0.5 0.5\n" for n in self.names).encode()

    def namespaced(self, namespace: str) -> "_Names":
        return self

    def write(self, name: str, data: bytes) -> None:
        raise OSError(f"{name}: a mesh is only read")

    def keys(self) -> list[str]:
        return []


def read_surfaces(path: Path) -> list[Surface]:
    """Read a mesh file.

    Parameters
    ----------
    path : Path
        One of `SUFFIXES`.

    Returns
    -------
    list of Surface
        Instanced nodes of a glTF placed; by object and material. May be empty.

    Raises
    ------
    ValueError
        Another suffix, or contents that are no such file.
    FileNotFoundError
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"{path}: a mesh file ends in one of {', '.join(SUFFIXES)}, got {path.suffix or 'no suffix'!r}"
        )
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    try:
        if path.suffix.lower() == ".gltf":
            json.loads(path.read_text(encoding="utf-8"))  # trimesh looks for another file where this is none
        scene = _read_obj(path) if path.suffix.lower() == ".obj" else trimesh.load_scene(path, process=False)
    except MemoryError:
        raise
    except Exception as error:  # trimesh raises whatever its parsers meet
        kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
        raise ValueError(f"{path}: cannot be read as {path.suffix}: {kind}{error}") from error
    nodes = [node for node in scene.graph.nodes_geometry if isinstance(_geometry(scene, node), trimesh.Trimesh)]
    return [_surface(scene, node, path) for node in sorted(nodes)]


def _geometry(scene: trimesh.Scene, node: str) -> trimesh.Trimesh:
    return scene.geometry[scene.graph[node][1]]


def _read_obj(path: Path) -> trimesh.Scene:
    text = path.read_text(encoding="utf-8", errors="replace")
    if bad := re.search(r"^v[ \t].*\b(nan|inf)\b.*$", text, re.MULTILINE | re.IGNORECASE):
        raise ValueError(f"vertex that is not finite: {bad[0].strip()!r}")
    if bad := re.search(r"^f[ \t](?:.*[ \t])?0(?=[/ \t\r]|$).*$", text, re.MULTILINE):
        raise ValueError(f"vertices count from 1, got {bad[0].strip()!r}")
    names = sorted(set(re.findall(r"^usemtl[ \t]+(.+?)[ \t\r]*$", text, re.MULTILINE)))
    body = re.sub(r"^mtllib.*$", "", text, flags=re.MULTILINE)
    source = io.BytesIO(("mtllib names\n" + body).encode())
    return trimesh.load_scene(source, file_type="obj", resolver=_Names(names), process=False, split_objects=True)


def _surface(scene: trimesh.Scene, node: str, path: Path) -> Surface:
    pose, geometry = scene.graph[node]
    mesh = scene.geometry[geometry]
    material = getattr(mesh.visual, "material", None)
    name = (material.name or NO_MATERIAL) if material is not None else NO_MATERIAL
    owner = str(node)
    if path.suffix.lower() == ".obj":
        owner = owner.removesuffix(f"_{name}") if name else owner
    elif mesh.metadata.get("from_gltf_primitive"):
        owner = str(scene.graph.transforms.parents.get(node, node))
    unnamed = ("geometry", path.name, "world", "") if path.suffix.lower() == ".obj" else (path.name, "world", "")
    if owner in unnamed:
        owner = path.stem
    vertices = np.asarray(mesh.vertices, np.float64)
    if not np.array_equal(pose, np.eye(4)):
        vertices = vertices @ pose[:3, :3].T + pose[:3, 3]
    triangles = np.asarray(mesh.faces, np.int64).reshape(-1, 3)
    if np.linalg.det(pose[:3, :3]) < 0:  # a mirrored node turns its triangles inside out
        triangles = triangles[:, ::-1]
    return Surface(owner, vertices, triangles, name, _colour(material))


def _colour(material) -> tuple[float, float, float]:
    """Linear sRGB of a trimesh material."""
    encoded = getattr(material, "main_color", None)
    if encoded is None:
        return Surface.colour
    red, green, blue = (float(x) for x in (np.asarray(encoded[:3], float) / 255) ** 2.2)
    return red, green, blue
