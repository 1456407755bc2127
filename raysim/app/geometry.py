"""Anybody's geometry for the radio commands: what the files of a command line become."""

import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from blender_scenes.blend_file import BlendMaterial
from blender_scenes.renderer import BlenderRenderer, find_blender
from raysim.mesh_files import Surface
from raysim.meshes import load_pieces, make_pieces
from raysim.pieces import Piece, assemble, radar_at
from raysim.scene import Scene


def read_geometry(
    path: Path, up: str | None, scale: float | None, material: str | None, objects: Sequence[str] = ()
) -> Scene:
    """Read a scene of any kind of file.

    Parameters
    ----------
    path : Path
    up, scale, material
        Of the command line; None = the default.
    objects : sequence of str
        Names of those that are kept; none = all.

    Returns
    -------
    Scene

    Raises
    ------
    ValueError, FileNotFoundError
        As `raysim.meshes.load_scene`, and where a .blend file finds no Blender or an object is not in the file.
    """
    axis: Literal["y", "z"] | None
    match up:
        case None | "y" | "z":
            axis = up
        case _:
            raise ValueError(f"--up must be y or z, got {up!r}")
    size = 1.0 if scale is None else scale
    if path.suffix.lower() == ".blend":
        pieces = _read_blend(path, axis or "z", size, material)
    else:
        pieces = load_pieces(path, up=axis, scale=size, default_material=material)
    names = [piece.name for piece in pieces]
    if missing := [name for name in objects if name not in names]:
        raise ValueError(f"{path}: has no object {missing[0]!r}, only {', '.join(map(repr, names))}")
    kept = [piece for piece in pieces if piece.name in objects] if objects else pieces
    return assemble(kept, radar_at((0, 0, 0), (1, 0, 0)))  # every command places its own radars


def _read_blend(path: Path, up: Literal["y", "z"], scale: float, material: str | None) -> list[Piece]:
    """Read the first frame of a .blend file.

    A material's property `radio_material` goes before its name, so do those that `raysim generate --save-blend` leaves.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    program = None if find_blender(None) else shutil.which("blender")  # the wheel is the newer one of the two
    if find_blender(program) is None:
        raise ValueError(f"{path}: needs a Blender: install the bpy wheel (pip install raysim[blender]) or blender")
    with BlenderRenderer(program, quality="draft") as blender:
        file = blender.read_blend(path)
    surfaces = []
    for thing in file.objects:
        pose = thing.pose[0]
        triangles = thing.triangles[:, ::-1] if np.linalg.det(pose[:3, :3]) < 0 else thing.triangles
        world = thing.vertices.astype(float) @ pose[:3, :3].T + pose[:3, 3]
        for index in np.unique(thing.material):
            of = file.materials[index] if index >= 0 else None
            faces = triangles[thing.material == index].astype(int)
            surfaces.append(Surface(thing.name, world, faces, **_radio_surface(of) if of else {}))
    return make_pieces(surfaces, path, up=up, scale=scale, default_material=material)


def _radio_surface(material: BlendMaterial) -> dict[str, Any]:
    """Fields of `Surface` for a material of a .blend file."""
    of, colour = material.properties, material.colour
    if "radio_material" in of or "raysim_electrical" not in of:
        return {"material": str(of.get("radio_material", material.name)), "colour": colour}
    name = "grass" if of.get("raysim_albedo") else str(of.get("raysim_panel") or of["raysim_electrical"])
    thickness, scattering = (float(of.get(f"raysim_{key}", 0.0)) for key in ("thickness", "scattering"))
    return {"material": name, "colour": colour, "thickness": thickness, "scattering": scattering}


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Print warnings as lines without the place in the code, which says nothing to a user."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = lambda message, *_: print(f"Warning: {message}", file=sys.stderr)
        yield
