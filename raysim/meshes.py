"""Scenes from anybody's geometry: glTF, PLY, OBJ, STL meshes, and XML scenes of Mitsuba and Sionna RT.

What a file does not say follows from names: materials as `raysim.materials.match_electrical` reads them, kinds of
objects from words such as "floor" or "car". What is repaired or assumed is said once, in a warning.
"""

import os
import warnings
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import numpy as np

from raysim.electrical import plain_name
from raysim.materials import ELECTRICAL, Lobe, Material, match_electrical
from raysim.mesh_clean import (
    BYTES_PER_TRIANGLE,
    CREASE,
    check_finite,
    check_indices,
    check_near,
    has_area,
    split_creases,
)
from raysim.mesh_files import NO_MATERIAL, SUFFIXES, Surface, read_surfaces
from raysim.mitsuba import read_mitsuba
from raysim.panels import match_panel
from raysim.pieces import Piece, assemble, radar_at
from raysim.scene import Scene
from raysim.sensors import Sensors

DEFAULT_MATERIAL = "metal"
LARGE = 15.0  # [m] a thing of unknown kind with a longer diagonal counts as a building

# Roughness [m] and scattering amplitude of usual surfaces, those of the project's own scenes; smooth if not named.
_ROUGHNESS = {
    "asphalt": (1.2e-4, 0.05), "brick": (8e-4, 0.35), "concrete": (4e-4, 0.25), "foliage": (5e-3, 0.6),
    "marble": (1e-4, 0.1), "plasterboard": (1e-4, 0.1), "rubber": (5e-4, 0.3), "soil": (1e-2, 0.6),
    "wood": (2e-4, 0.15),
}  # fmt: skip
_LAWNS, _GRASS_ALBEDO = ("grass", "lawn"), 0.16  # canopies, see `blender_scenes.assets.surfaces`
_KINDS = {
    "ground": ("ground", "floor", "terrain", "road", "street", "pavement", "asphalt", "lawn"),
    "building": ("building", "house", "wall", "facade", "roof", "ceiling"),
    "vegetation": ("tree", "vegetation", "hedge", "bush", "foliage"),
    "car": ("car", "vehicle", "truck", "van", "bus", "taxi"),
    "pedestrian": ("pedestrian", "person", "human"),
    "cyclist": ("cyclist", "bicycle", "bike"),
    "street_furniture": ("pole", "lamp", "sign", "bench", "bin", "mast", "bollard"),
}


def load_pieces(
    path: str | os.PathLike,
    *,
    up: Literal["y", "z"] | None = None,
    scale: float = 1.0,
    materials: Mapping[str, Material] | None = None,
    default_material: str | None = None,
    crease: float = CREASE,
) -> list[Piece]:
    """Read a file's objects.

    Parameters
    ----------
    path : path-like
        .glb, .gltf, .obj, .off, .ply, .stl, or a Mitsuba .xml.
    up : {"y", "z"}, optional
        Axis of the file that points up; default: y for glTF, as its standard says, else z. From y, x stays x and what
        was z comes to point along -y.
    scale : float
        Metres per unit of the file.
    materials : mapping of str to Material, optional
        By the file's own names; goes before matching by name.
    default_material : str, optional
        Electrical law of surfaces whose material is unknown or missing. Default: metal, with a warning.
    crease : float
        Edges that bend by more are hard [rad].

    Returns
    -------
    list of Piece
        One an object, at rest, by name.

    Raises
    ------
    ValueError
        Unreadable or empty files, vertices that are not finite, more triangles than memory holds.
    FileNotFoundError

    Warns
    -----
    UserWarning
        Once each for triangles without area (left out) and for unknown materials.
    """
    path = Path(path)
    if up not in (None, "y", "z"):
        raise ValueError(f"up must be y or z, got {up!r}")
    axis = up or ("y" if path.suffix.lower() in (".glb", ".gltf") else "z")
    return make_pieces(
        _read(path), path, up=axis, scale=scale, materials=materials, default_material=default_material, crease=crease
    )


def make_pieces(
    surfaces: list[Surface],
    source: Path,
    *,
    up: Literal["y", "z"] = "z",
    scale: float = 1.0,
    materials: Mapping[str, Material] | None = None,
    default_material: str | None = None,
    crease: float = CREASE,
) -> list[Piece]:
    """Turn surfaces into objects, as `load_pieces` does with those of a file.

    Parameters
    ----------
    surfaces : list of Surface
        Those with one owner make one object.
    source : Path
        That messages name.
    up, scale, materials, default_material, crease
        As for `load_pieces`.

    Returns
    -------
    list of Piece
    """
    if not 0 < scale < np.inf:
        raise ValueError(f"scale must be above 0, got {scale}")
    if not 0 <= crease <= np.pi:
        raise ValueError(f"crease must lie in 0 to pi rad, got {crease}")
    if missing := [name for name in materials or () if name not in {surface.material for surface in surfaces}]:
        raise ValueError(f"{source}: no surface has the material {missing[0]!r}")
    if default_material is not None and default_material not in ELECTRICAL:
        raise ValueError(f"default_material must be one of {', '.join(sorted(ELECTRICAL))}, got {default_material!r}")
    count = sum(len(surface.triangles) for surface in surfaces)
    if not count:
        raise ValueError(f"{source}: holds no triangles")
    _check_memory(source, count)
    table = _materials(source, surfaces, dict(materials or {}), default_material)
    surfaces_of = list(table.values())
    ordered = sorted(surfaces, key=lambda surface: surface.owner)
    pieces, dropped = [], 0
    for owner, group in groupby(ordered, key=lambda surface: surface.owner):
        vertices, triangles, material = _joined(list(group), table, f"{source}: {owner!r}")
        vertices *= scale
        check_near(vertices, f"{source}: {owner!r}")
        if up == "y":
            vertices = vertices[:, [0, 2, 1]] * [1.0, -1.0, 1.0]
        good = has_area(vertices, triangles)
        dropped += len(good) - int(good.sum())
        if good.any():
            vertices, triangles = split_creases(vertices, triangles[good], crease=crease)
            kind = category_of(owner, float(np.linalg.norm(np.ptp(vertices, axis=0))))
            slots, index = np.unique(material[good], return_inverse=True)
            used = tuple(surfaces_of[slot] for slot in slots)
            pieces.append(Piece(owner, kind, vertices, triangles, used, index, is_target=kind == "car"))
    if dropped:
        warnings.warn(f"{source}: {dropped} of {count} triangles have no area and are left out", stacklevel=2)
    if not pieces:
        raise ValueError(f"{source}: all {count} triangles are without area: check the unit (scale)")
    return pieces


def load_scene(path: str | os.PathLike, sensors: Sensors | None = None, **options) -> Scene:
    """Read a file as a scene of one frame.

    Parameters
    ----------
    path : path-like
    sensors : Sensors, optional
        Default: a radar two diagonals away along +x that looks at the middle.
    **options
        Of `load_pieces`.

    Returns
    -------
    Scene
        One part and one instance an object.
    """
    pieces = load_pieces(path, **options)
    return assemble(pieces, sensors or _outside(pieces))


def category_of(name: str, diagonal: float) -> str:
    """Kind of an object, one of `raysim.scene.CATEGORIES`, from words in its name and its size [m]."""
    words = "".join(letter if letter.isalpha() else " " for letter in name.lower()).split()
    for category, known in _KINDS.items():
        if any(word in known or word.removesuffix("s") in known for word in words):
            return category
    return "building" if diagonal > LARGE else "other"


def surface_material(
    name: str,
    *,
    colour=(0.5, 0.5, 0.5),
    thickness: float = 0.0,
    scattering: float | None = None,
    lobe: Lobe | None = None,
) -> Material | None:
    """Material that a name of another tool stands for; None where it is no material's.

    Roughness and, if not given, scattering are usual ones.
    """
    if plain_name(name) in _LAWNS:
        return Material(name, "foliage", tuple(colour), scattering=1.0, albedo=_GRASS_ALBEDO)
    found = match_panel(name)
    panel, key = found or ("", match_electrical(name))
    if key is None:
        return None
    rms_height, usual = _ROUGHNESS.get(key, (0.0, 0.0))
    metallic = 1.0 if ELECTRICAL[key].conductor else 0.0
    thick = 0.0 if panel else thickness  # a panel has its own
    share = usual if scattering is None else scattering
    layers: dict[str, Any] = {"thickness": thick, "panel": panel}
    return Material(name, key, tuple(colour), rms_height, share, metallic=metallic, lobe=lobe, **layers)


def _read(path: Path) -> list[Surface]:
    if path.suffix.lower() == ".xml":
        return read_mitsuba(path)
    if path.is_dir() or path.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"{path}: a scene ends in one of .xml, {', '.join(SUFFIXES)}, got {path.suffix or 'nothing'!r}"
        )
    return read_surfaces(path)


def _materials(
    path: Path, surfaces: Iterable[Surface], given: dict[str, Material], default: str | None
) -> dict[tuple, Material]:
    """Material of every `Surface.kind` in the file, with one warning for all whose name is not known."""
    table: dict[tuple, Material] = {}
    unknown = []
    for surface in surfaces:
        if surface.kind in table:
            continue
        name, thickness, scattering, lobe = surface.kind
        said: dict[str, Any] = {
            "colour": surface.colour,
            "thickness": thickness,
            "scattering": scattering,
            "lobe": lobe,
        }
        found = given.get(name) or surface_material(name, **said)
        if found is None:
            unknown.append(name)
            law = default or DEFAULT_MATERIAL
            of_law = surface_material(law, **said) or Material(law, law, surface.colour, thickness=thickness)
            found = of_law.renamed(name or f"no material ({law})", surface.colour)
        table[surface.kind] = found
    if unknown and default is None:
        names = dict.fromkeys("surfaces without a material" if n == NO_MATERIAL else repr(n) for n in unknown)
        warnings.warn(f"{path}: {', '.join(names)}: not known by name, taken for {DEFAULT_MATERIAL}", stacklevel=3)
    return table


def _joined(group: list[Surface], table: dict[tuple, Material], where: str) -> tuple[np.ndarray, ...]:
    """Vertices, triangles and material index of all surfaces of one object."""
    slot = {kind: index for index, kind in enumerate(table)}
    starts = np.cumsum([0] + [len(surface.vertices) for surface in group])
    vertices = np.concatenate([surface.vertices for surface in group])
    check_finite(vertices, where)
    for surface in group:
        check_indices(surface.triangles, len(surface.vertices), where)
    triangles = np.concatenate([s.triangles + start for s, start in zip(group, starts, strict=False)])
    material = np.repeat([slot[s.kind] for s in group], [len(s.triangles) for s in group])
    return vertices, triangles, material


def _check_memory(path: Path, count: int) -> None:
    """Refuse what would fill the memory, instead of being killed half-way."""
    need, free = count * BYTES_PER_TRIANGLE, available_memory()
    if need > free:
        raise ValueError(
            f"{path}: {count} triangles need about {need / 2**30:.1f} GiB of memory, {free / 2**30:.1f} GiB are free; "
            "simplify the mesh or split it"
        )


def available_memory() -> float:
    """Memory that can be had without swapping [byte]; inf where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return float("inf")
    return next((1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), float("inf"))


def _outside(pieces: list[Piece]) -> Sensors:
    corners = np.array([[piece.vertices.min(0), piece.vertices.max(0)] for piece in pieces])
    low, high = corners[:, 0].min(0), corners[:, 1].max(0)
    middle, reach = (low + high) / 2, 2 * np.linalg.norm(high - low)
    return radar_at(middle + [reach, 0, 0], middle)
