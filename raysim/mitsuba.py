"""Scenes of Mitsuba and Sionna RT (XML): shapes with their transforms and the names of their materials."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from raysim.materials import Lobe
from raysim.mesh_files import NO_MATERIAL, Surface, read_surfaces

SHAPES = ("ply", "obj", "rectangle", "cube", "sphere")
_WRAPPERS = {"twosided", "mask", "bumpmap", "normalmap"}  # surfaces of Mitsuba that hold the one that counts


def read_mitsuba(path: Path) -> list[Surface]:
    """Read the shapes of a scene.

    Parameters
    ----------
    path : Path
        XML; mesh files are sought beside it.

    Returns
    -------
    list of Surface
        Materials by the ``type`` of an ``itu-radio-material``, else by the id of the surface (``mat-itu_glass``).

    Raises
    ------
    ValueError
        No XML, no scene, or a shape, transform or reference that is not understood.
    FileNotFoundError
        The scene or one of its mesh files.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # also unknown encodings
        raise ValueError(f"{path}: not XML: {error}") from None
    if root.tag != "scene":
        raise ValueError(f"{path}: a Mitsuba scene starts with <scene>, got <{root.tag}>")
    _substitute(root)
    materials = {element.get("id", ""): _material(element, path) for element in root.iter("bsdf")}
    surfaces: list[Surface] = []
    for element in root:
        if element.tag == "shape":
            surfaces += _shape(element, materials, path)
        elif element.tag == "include":
            raise ValueError(f"{path}: <include> is not read; put {element.get('filename')} into the scene itself")
    return surfaces


def _substitute(root: ElementTree.Element) -> None:
    """Put the values of ``<default name=... value=...>`` where ``$name`` stands."""
    values = {e.get("name", ""): e.get("value", "") for e in root.iter("default")}
    for element in root.iter():
        for key, text in element.attrib.items():
            if text.startswith("$") and text[1:] in values:
                element.set(key, values[text[1:]])


def _value(element: ElementTree.Element, name: str) -> str | None:
    """Value of a child property ``<... name="name" value="...">``."""
    return next((child.get("value") for child in element if child.get("name") == name), None)


def _material(element: ElementTree.Element, path: Path) -> dict[str, Any]:
    """Material, thickness, scattering, lobe and colour of a `Surface`; `scattering_coefficient` is Sionna RT's S."""
    inner = element
    while inner.get("type") in _WRAPPERS and (nested := inner.find("bsdf")) is not None:
        inner = nested
    name = element.get("id") or inner.get("id") or NO_MATERIAL
    if inner.get("type") == "itu-radio-material":
        name = _value(inner, "type") or name
    colour = next((rgb.get("value", "") for rgb in inner.iter("rgb")), "")
    where = f"{path}: bsdf {name!r}"
    numbers = [_number(x, where) for x in colour.replace(",", " ").split()]
    values = {key: _value(inner, key) for key in ("thickness", "scattering_coefficient")}
    thickness, scattering = (None if text is None else _number(text, f"{where}: {k}") for k, text in values.items())
    if thickness is not None and not 0 <= thickness < np.inf:
        raise ValueError(f"{where}: thickness must be >= 0 m and finite, got {thickness:g}")
    if scattering is not None and not 0 <= scattering <= 1:
        raise ValueError(f"{where}: scattering_coefficient must lie in [0, 1], got {scattering:g}")
    return {
        "material": name,
        "thickness": thickness or 0.0,
        "scattering": scattering,
        "lobe": _lobe(inner, where),
        "colour": tuple(numbers) if len(numbers) == 3 else Surface.colour,
    }


def _lobe(element: ElementTree.Element, where: str) -> Lobe | None:
    """Scattering lobe by the properties of Sionna RT's patterns; None where it says no exponent."""
    found = {key: _value(element, key) for key in ("alpha_r", "alpha_i", "lambda_")}
    said = {key: _number(text, f"{where}: {key}") for key, text in found.items() if text is not None}
    if "alpha_r" not in said:
        return None
    whole = {key: int(value) if value.is_integer() else value for key, value in said.items()}
    try:
        return Lobe(whole["alpha_r"], whole.get("alpha_i", 1), said.get("lambda_", 1.0))  # type: ignore[arg-type]
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _shape(element: ElementTree.Element, materials: dict, path: Path) -> list[Surface]:
    kind, owner = element.get("type"), element.get("name") or element.get("id") or "shape"
    owner = owner.removeprefix("mesh-").removeprefix("elm__")
    of = _surface_of(element, materials, path, f"{path}: shape {owner!r}")
    if kind in ("ply", "obj"):
        file = path.parent / (_value(element, "filename") or "")
        meshes = [(s.vertices, s.triangles) for s in read_surfaces(file)]
    elif kind in SHAPES:
        mesh = _primitive(element, str(kind), f"{path}: shape {owner!r}")
        meshes = [(np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64))]
    else:
        raise ValueError(f"{path}: shape {owner!r}: type must be one of {', '.join(SHAPES)}, got {kind!r}")
    pose = _transform(element.find("transform"), f"{path}: shape {owner!r}")
    flip = np.linalg.det(pose[:3, :3]) < 0
    return [Surface(owner, v @ pose[:3, :3].T + pose[:3, 3], t[:, ::-1] if flip else t, **of) for v, t in meshes]


def _surface_of(element: ElementTree.Element, materials: dict, path: Path, where: str) -> dict[str, Any]:
    if (own := element.find("bsdf")) is not None:
        return _material(own, path)
    for ref in element.iter("ref"):
        if ref.get("id") in materials:
            return materials[ref.get("id")]
        raise ValueError(
            f"{where}: refers to {ref.get('id')!r}; the scene has {', '.join(sorted(materials)) or 'none'}"
        )
    return {}


def _primitive(element: ElementTree.Element, kind: str, where: str) -> trimesh.Trimesh:
    """Mesh of Mitsuba's rectangle ([-1, 1]^2, facing +z), cube ([-1, 1]^3) or sphere."""
    if kind == "rectangle":
        corners = [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]
        return trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], process=False)
    if kind == "cube":
        return trimesh.creation.box((2, 2, 2))
    radius = _number(_value(element, "radius") or 1.0, where)
    if not radius > 0:
        raise ValueError(f"{where}: radius must be above 0, got {radius:g}")
    sphere = trimesh.creation.icosphere(5, radius)
    centre = next((child for child in element if child.get("name") == "center"), None)
    if centre is not None:
        sphere.apply_translation(_vector(centre, 0.0, where))
    return sphere


def _transform(element: ElementTree.Element | None, where: str) -> np.ndarray:
    """(4, 4) matrix of a ``<transform>``: its steps in order, each applied after those before it."""
    total = np.eye(4)
    for step in () if element is None else element:
        total = _step(step, where) @ total
    return total


def _number(text: str | float, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{where}: expected a number, got {text!r}") from None


def _values(element: ElementTree.Element, where: str) -> list[float]:
    return [_number(x, where) for x in element.get("value", "").replace(",", " ").split()]


def _vector(element: ElementTree.Element, missing: float, where: str) -> np.ndarray:
    """(3,) numbers of ``x= y= z=`` or of ``value="x y z"``; a scale's also as one number."""
    given = _values(element, where)
    if len(given) not in ((0, 1, 3) if element.tag == "scale" else (0, 3)):
        raise ValueError(f"{where}: <{element.tag}> takes three numbers, got {len(given)}")
    single = np.array([_number(element.get(axis, missing), where) for axis in "xyz"])
    return np.broadcast_to(given, 3) if given else single


def _step(step: ElementTree.Element, where: str) -> np.ndarray:
    """(4, 4) matrix of one step."""
    matrix = np.eye(4)
    if step.tag == "matrix":
        given = _values(step, where)
        if len(given) not in (9, 16):
            raise ValueError(f"{where}: a matrix has 9 or 16 numbers, got {len(given)}")
        size = 4 if len(given) == 16 else 3
        matrix[:size, :size] = np.reshape(given, (size, size))
        return matrix
    vector = _vector(step, 1.0 if step.tag == "scale" else 0.0, where)
    if step.tag == "translate":
        matrix[:3, 3] = vector
    elif step.tag == "scale":
        matrix[:3, :3] = np.diag(vector)
    elif step.tag == "rotate":
        if not vector.any():
            raise ValueError(f"{where}: a rotation needs an axis (x, y, z)")
        matrix = trimesh.transformations.rotation_matrix(np.radians(_number(step.get("angle", 0), where)), vector)
    else:
        raise ValueError(f"{where}: transform must be of matrix, translate, scale or rotate, got <{step.tag}>")
    return matrix
