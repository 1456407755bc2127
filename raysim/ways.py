"""Straight ways between points: what panes and crowns leave of a field, and what stops it.

A pane is one surface: `raysim.slab.insertion` takes out the air that the panel displaces, so delays stay those of the
straight line. A crown weakens both polarisations alike.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import c

from raysim.foliage import Foliage, foliage_of
from raysim.fresnel import mirrored_field
from raysim.intersect import OCCLUSION_MARGIN, FrameCaster
from raysim.panels import PanelTable, panel_coefficients, panel_table
from raysim.panes import GRAZING, MOST_PANES, PANE_CLEARANCE, pane_triangles
from raysim.slab import insertion
from raysim.vectors import combine, dot, kernel, row, store

_CLEARANCE = 1e-2  # [m] above a plane: panes are looked for up to there


class PaneSurfaces(NamedTuple):
    """What kernels read of panes; `raysim.tubes.Surfaces` has the same fields."""

    normal: np.ndarray  # (num_triangles, 3) float64
    material: np.ndarray  # (num_triangles,) int32
    panels: PanelTable  # one a material, empty for half-spaces


@dataclass(frozen=True)
class Obstacles:
    """What straight ways of a frame may meet.

    Attributes
    ----------
    solid : FrameCaster
        The frame without leaves.
    panes : (num_triangles,) bool or None
        None = the scene has none.
    surfaces : PaneSurfaces
    foliage : Foliage or None
        None = nothing grows.
    wavelength : float
        [m].
    """

    solid: FrameCaster
    panes: np.ndarray | None
    surfaces: PaneSurfaces
    foliage: Foliage | None
    wavelength: float


def obstacles_of(caster: FrameCaster, frequency: float) -> Obstacles:
    """Gather a frame's obstacles at a carrier [Hz]."""
    frame, scene = caster.frame, caster.frame.scene
    foliage = foliage_of(caster, frequency)
    table = panel_table([material.layers for material in scene.materials], frequency)
    surfaces = PaneSurfaces(frame.normals, scene.mesh.material, table)
    solid = caster if foliage is None else foliage.bare
    return Obstacles(solid, pane_triangles(scene), surfaces, foliage, c / frequency)


@njit(cache=True, error_model="numpy")
def pane_transmission(surfaces, triangle, wavelength, cosine):
    """(TE, TM) coefficients of a pane relative to air, the same from both sides."""
    material = surfaces.material[triangle]
    thickness = surfaces.panels.whole[material]
    _, _, te, tm = panel_coefficients(surfaces.panels, material, False, wavelength, cosine)
    return insertion(te, thickness, wavelength, cosine), insertion(tm, thickness, wavelength, cosine)


@kernel
def _step(field, at, distance, triangle, start, direction, reach, begin, arrives, panes, surfaces, wavelength):
    """Send fields through the panes that ways meet; return how many, moved to the front of `at`, go on from `begin`."""
    count = 0
    for j in range(len(at)):
        i, t = at[j], triangle[j]
        if t < 0 or distance[j] > reach[i] - OCCLUSION_MARGIN:
            arrives[i] = True
        elif panes[t]:
            d, normal = row(direction, i), row(surfaces.normal, t)
            cosine = max(abs(dot(d, normal)), 1e-9)
            te, tm = pane_transmission(surfaces, t, wavelength, cosine)
            store(field, i, mirrored_field(row(field, i), d, d, normal, te, tm))
            behind = distance[j] + PANE_CLEARANCE / max(cosine, GRAZING)
            store(begin, i, combine(1.0, row(start, i), behind, d))
            at[count] = i
            count += 1
    return count


def past_panes(field: np.ndarray, start: np.ndarray, end: np.ndarray, obstacles: Obstacles) -> np.ndarray:
    """Send fields along straight ways on which something solid stands.

    Parameters
    ----------
    field : (n, 3) float64 or complex128
        Transverse.
    start, end : (n, 3) float64
        World, off the points' own surfaces [m].
    obstacles : Obstacles

    Returns
    -------
    (n, 3) complex128
        Behind the panes; 0 where one of the solids is opaque. Crowns are not looked at.
    """
    field = np.array(field, np.complex128)
    if obstacles.panes is None:
        return np.zeros_like(field)
    line = end - start
    reach = np.linalg.norm(line, axis=1)
    direction = line / np.maximum(reach, 1e-12)[:, None]
    start = np.ascontiguousarray(start)
    at, begin, arrives = np.arange(len(start)), start.copy(), np.zeros(len(start), bool)
    held = obstacles.panes, obstacles.surfaces, obstacles.wavelength
    for _ in range(MOST_PANES + 1):
        hits = obstacles.solid.closest(start, direction, begin, at)
        met = hits.distance, hits.triangle
        at = at[: _step(field, at, *met, start, direction, reach, begin, arrives, *held)]
        if not len(at):
            break
    field[~arrives] = 0
    return field


def through_crowns(
    start: np.ndarray, end: np.ndarray, obstacles: Obstacles, own: np.ndarray | None = None
) -> np.ndarray:
    """Amplitude (n,) float64 that crowns leave on straight ways.

    Parameters
    ----------
    start, end : (n, 3) float64
        World [m]. Ways that start at the radar's receiver or transmitter are found faster.
    obstacles : Obstacles
    own : (n,) int32, optional
        Crown that is left out of each; -1 = none. Default none.
    """
    amplitude, foliage = np.ones(len(start)), obstacles.foliage
    if foliage is None or not len(start):
        return amplitude
    near = foliage.receiver if np.array_equal(start[0], foliage.receiver.point) else foliage.transmitter
    line = end - start
    reach = np.linalg.norm(line, axis=1)
    own = np.full(len(start), -1, np.int32) if own is None else own
    some, weaker = foliage.transmission(start, line / np.maximum(reach, 1e-12)[:, None], reach, own, near)
    amplitude[some] = weaker
    return amplitude


def carry(field: np.ndarray, start: np.ndarray, end: np.ndarray, obstacles: Obstacles) -> np.ndarray:
    """Carry fields along straight ways.

    Parameters
    ----------
    field : (n, 3) float64 or complex128
        Transverse, at the starts.
    start, end : (n, 3) or (3,) float64
        World, off the points' own surfaces [m].
    obstacles : Obstacles

    Returns
    -------
    (n, 3) complex128
        At the ends, spreading and propagation phase aside: the same where nothing is in the way, 0 where something
        opaque is, else after the panes' transmission in both polarisations, and the crowns'. Carried back from the end
        a field gives the same projection on the one at the start: ways are reciprocal.
    """
    field = np.array(field, np.complex128)
    start, end = (np.broadcast_to(np.asarray(place, float), field.shape) for place in (start, end))
    met = np.flatnonzero(obstacles.solid.occluded(start, end))
    field[met] = past_panes(field[met], start[met], end[met], obstacles)
    alive = np.flatnonzero(field.any(axis=1))
    field[alive] *= through_crowns(start[alive], end[alive], obstacles)[:, None]
    return field


def are_open(start: np.ndarray, end: np.ndarray, obstacles: Obstacles, least: float = 0.0) -> np.ndarray:
    """Tell which straight ways leave a field more than the share `least` of its amplitude.

    Parameters
    ----------
    start, end : (n, 3) float64
        World [m].
    obstacles : Obstacles
    least : float
        [1].

    Returns
    -------
    (n,) bool
        Asked for one transverse field of each way.
    """
    line = end - start
    axis = np.where(np.abs(line[:, :1]) < np.abs(line[:, 1:2]), [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    field = np.cross(line, axis)
    field /= np.maximum(np.linalg.norm(field, axis=1, keepdims=True), 1e-300)
    return np.linalg.norm(carry(field, start, end, obstacles), axis=1) > least


def surface_on_plane(
    point: np.ndarray, direction: np.ndarray, normal: np.ndarray, obstacles: Obstacles
) -> tuple[np.ndarray, np.ndarray]:
    """Find the surfaces that lines meet where they cross a plane, whatever stands before it.

    Parameters
    ----------
    point : (n, 3) float64
        Crossings, world [m].
    direction : (n, 3) float64
        Of the lines, unit vectors.
    normal : (3,) float64
        Of the plane.
    obstacles : Obstacles

    Returns
    -------
    triangle : (n,) int32
        -1 where nothing solid lies within a centimetre of the plane.
    beyond : (n,) float64
        Way from the crossing to the surface [m].
    """
    back = _CLEARANCE / np.maximum(np.abs(direction @ normal), 1e-6)
    hits = obstacles.solid.closest(point - back[:, None] * direction, direction)
    beyond = hits.distance - back
    return np.where(np.abs(beyond) < back, hits.triangle, -1), beyond
