"""The page of rays: the strongest echoes of a file of paths in their scene, in 3-D."""

import base64
import os
from pathlib import Path
from typing import Any

import numpy as np
from scipy.constants import c

from raysim.app.echo_table import objects
from raysim.app.view import COLOURS, write_html
from raysim.echoes import Echo, strongest_echoes
from raysim.intersect import RayCaster
from raysim.mesh_clean import cluster_vertices
from raysim.path_file import PathFile
from raysim.ray_points import ray_points
from raysim.scene import CATEGORIES, Scene
from raysim.stations import seen_by

MAX_TRIANGLES = 60_000  # of the scene in the page: 2 MB
_KINDS = ("line of sight", "reflection", "scattering", "diffraction", "penetration")
# Okabe and Ito's palette, which people with any colour vision tell apart.
_KIND_COLOURS = ("#1d232b", "#0072b2", "#e69f00", "#cc79a7", "#009e73")


def write_ray_page(
    held: PathFile, scene: Scene, output: str | os.PathLike, *, range_cell: float, strongest: int = 300
) -> Path:
    """Write a page with a scene and the strongest echoes in it, to open in any browser without a network.

    Parameters
    ----------
    held : PathFile
    scene : Scene
        That the paths were traced in; its own radar does not matter.
    output : path-like
        HTML file; an existing one is replaced.
    range_cell : float
        Paths of the same kind, objects and range cell [m] are one echo, drawn as its strongest path.
    strongest : int
        Echoes.

    Returns
    -------
    Path
        `output`.

    Raises
    ------
    ValueError
        If the paths touch objects that the scene does not have.
    OSError
    """
    names = tuple(instance.name for instance in scene.instances)
    if names != held.instances:
        raise ValueError(
            f"the paths were traced among {len(held.instances)} objects, of which the scene has "
            f"{len(set(names) & set(held.instances))}: is it the same file?"
        )
    echoes = strongest_echoes(
        held.paths, held.radar.pose, frequency=held.carrier_frequency, range_cell=range_cell, count=strongest
    )
    chosen = held.paths.select(np.array([echo.strongest for echo in echoes], int))
    caster = seen_by(RayCaster(scene).frame(0), held.radar)
    drawn = ray_points(chosen, caster, held.radar)
    page = {
        "title": f"{held.scene}{': ' * bool(held.pair)}{held.pair}",
        "subtitle": (
            f"{len(echoes)} strongest echoes of {len(held.paths)} paths, {held.carrier_frequency / 1e9:g} GHz, "
            f"range cells of {range_cell:.3g} m; each drawn as its strongest path"
        ),
        "rays": [
            _ray(echo, *points, names, held.carrier_frequency) for echo, points in zip(echoes, drawn, strict=True)
        ],
        "kinds": [{"name": name, "colour": colour} for name, colour in zip(_KINDS, _KIND_COLOURS, strict=True)],
        "surfaces": _surfaces(scene),
        "ends": _ends(held),
        "limits": _limits(np.concatenate([points for points, _ in drawn])),
    }
    return write_html(Path(output), "rays", page)


def _ray(echo: Echo, points: np.ndarray, is_whole: bool, names: tuple[str, ...], frequency: float) -> dict[str, Any]:
    """One echo, ready for JSON."""
    return {
        "points": points.round(3).tolist(),
        "kind": _kind(echo.kinds),
        "kinds": echo.kinds,
        "whole": is_whole,
        "level": round(echo.power_db, 2),
        "range": round(echo.range, 3),
        "delay": round(2e9 * echo.range / c, 3),
        "azimuth": round(float(np.degrees(echo.azimuth)), 2),
        "elevation": round(float(np.degrees(echo.elevation)), 2),
        "velocity": round(echo.velocity, 3) + 0.0,
        "doppler": round(2 * echo.velocity * frequency / c, 2) + 0.0,
        "objects": objects(echo, names),
        "paths": echo.num_paths,
    }


def _kind(kinds: str) -> int:
    """Index into `_KINDS`: what is rarest in a path names it."""
    return next((index for letter, index in (("D", 3), ("T", 4), ("R", 1), ("S", 2)) if letter in kinds), 0)


def _surfaces(scene: Scene) -> list[dict[str, Any]]:
    """Triangles by category; no more than `MAX_TRIANGLES`, else near vertices become one."""
    vertices, triangles = scene.frame(0).vertices, scene.mesh.triangles
    kind = np.array([CATEGORIES.index(instance.category) for instance in scene.instances])
    category = kind[scene.instance_of_part[scene.mesh.part]]
    vertices, triangles, kept = cluster_vertices(vertices, triangles, most=MAX_TRIANGLES)
    found = []
    for index in np.unique(category[kept]):
        name = CATEGORIES[index]
        mine = triangles[category[kept] == index]
        used, corners = np.unique(mine, return_inverse=True)
        found.append(
            {
                "name": name,
                "colour": COLOURS.get(name, COLOURS["other"]),
                "vertices": _base64(vertices[used].astype("<f4")),
                "triangles": _base64(corners.reshape(-1, 3).astype("<u4")),
            }
        )
    return found


def _ends(held: PathFile) -> list[dict[str, Any]]:
    """Receiver, and the transmitter where it stands apart."""
    radar = held.radar
    places = [("receiver", radar.pose), ("transmitter", radar.transmitter_pose)]
    if np.linalg.norm(radar.transmitter_offset) < 1:
        places = [("radar", radar.pose)]
    return [
        {"name": name, "point": pose[:3, 3].round(3).tolist(), "forward": pose[:3, 2].round(4).tolist()}
        for name, pose in places
    ]


def _limits(points: np.ndarray) -> list[list[float]]:
    """Box (3, 2) around the rays [m]: far ground and houses beside them would make them small."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * float(np.max(high - low)) + 1
    return np.stack([low - margin, high + margin], 1).round(2).tolist()


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
