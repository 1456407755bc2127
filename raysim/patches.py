"""Footprints of tubes on an object, for waves of any shape: what each sends from one end's field to the other's."""

from typing import NamedTuple

import numpy as np
from numba import njit

from raysim.edge_motion import MovingPoints, material_points
from raysim.grids import BACKGROUND, Grid, aim, fan_of, full_lines, spread
from raysim.hits import Tube, meet, reflection_of, surface_at
from raysim.panes import see_through
from raysim.reradiation import scattered
from raysim.sensors import look_at, to_polar
from raysim.setting import Setting
from raysim.vectors import combine, dot, power, row

GRAZING = 1e-3  # footprints are no longer than those of this cosine of incidence


class Patches(NamedTuple):
    """Footprints of tubes on an object.

    Attributes
    ----------
    points : MovingPoints
        (n, 3) each, on the surface.
    normal : (n, 3) float64
        On the lit side.
    step_u, step_v : (n, 3) float64
        Sides of the footprint [m].
    triangle : (n,) int32
    cell : float
        Side of the cells that carry the diffuse phase [m].
    """

    points: MovingPoints
    normal: np.ndarray
    step_u: np.ndarray
    step_v: np.ndarray
    triangle: np.ndarray
    cell: float


def launch_patches(setting: Setting, view: np.ndarray, instance: int) -> Patches:
    """Launch a regular grid of tubes over an object, `EdgeConfig.hidden_tubes` at most, and cut it out of the surface.

    Parameters
    ----------
    setting : Setting
    view : (3,) float64
        Where the tubes start, world [m].
    instance : int
        The object.
    """
    caster, frame = setting.caster, setting.caster.frame
    vertices = frame.vertices[frame.scene.vertices_of_instance[instance]]
    pose, grid = _grid(view, vertices, setting.config.edges.hidden_tubes, setting.receiver.wavelength)
    fan = fan_of([grid], pose[:3, :3])
    direction, lines = aim(fan, 0, fan.num_tubes)
    solid = caster if setting.foliage is None else setting.foliage.bare
    hits = see_through(
        solid, np.broadcast_to(view, direction.shape), direction, setting.instance_of_triangle == instance
    )
    mine = np.flatnonzero((hits.triangle >= 0) & (setting.instance_of_triangle[hits.triangle] == instance))
    direction, triangle, reach = direction[mine], hits.triangle[mine], hits.distance[mine, None]
    axis_u, axis_v = spread(fan, direction, lines[mine])
    normal = frame.normals[triangle]
    cosine = np.einsum("ij,ij->i", direction, normal)[:, None]
    normal = -np.sign(cosine) * normal
    cosine = np.maximum(np.abs(cosine), GRAZING)

    def footprint(axis: np.ndarray) -> np.ndarray:
        return reach * (axis + np.einsum("ij,ij->i", axis, normal)[:, None] / cosine * direction)

    points = material_points(view + reach * direction, frame.scene.mesh.part[triangle], frame)
    return Patches(points, normal, footprint(axis_u), footprint(axis_v), triangle, grid.cell)


def _grid(view: np.ndarray, vertices: np.ndarray, budget: int, wavelength: float) -> tuple[np.ndarray, Grid]:
    """Grid over world points as seen from a place, and the axes that it is laid in."""
    middle = vertices.mean(axis=0)
    steep = abs(middle[2] - view[2]) > 0.9 * np.linalg.norm(middle - view)
    pose = look_at(view, middle, up=(1.0, 0.0, 0.0) if steep else (0.0, 0.0, 1.0))
    distance, azimuth, elevation = to_polar(pose, vertices)
    span = np.array([np.ptp(azimuth), np.ptp(elevation)])
    seen = span * [np.cos(elevation.mean()), 1.0]
    width = max(np.sqrt(seen.prod() / budget), seen.max() / budget, 1e-9)  # edge-on, too, within the budget
    columns, rows = (int(n) for n in np.maximum(np.floor(seen / width), 1))
    cell = min(wavelength, width * distance.min()) / 2
    corner = float(azimuth.min()), float(elevation.min())
    step = float(span[0] / columns), float(span[1] / rows)
    return pose, Grid(BACKGROUND, *corner, *step, full_lines(columns, rows), cell)


@njit(cache=True, error_model="numpy", inline="always")
def _across(step, direction):
    """Part of a vector that is transverse to a direction."""
    return combine(1.0, step, -dot(step, direction), direction)


@njit(cache=True, error_model="numpy", nogil=True)
def patch_gain(place, step_u, step_v, triangle, cell, onto, field, back, heard, surfaces, bodies, receiver):
    """Amplitude that patches send from one end's field to the other's.

    Parameters
    ----------
    place, step_u, step_v, triangle, cell
        Of `Patches`.
    onto, back : (n, 3) float64
        Unit vectors of travel: before the patch and behind it.
    field, heard : (n, 3) complex128
        Transmitter's field at the patch, and the receiver's if it sent [1/m].
    surfaces, bodies, receiver : Surfaces, Bodies, Receiver

    Returns
    -------
    (n,) complex128
        Path gain, by `raysim.reradiation.scattered` with the spreading in the two fields instead of in the tube.
    """
    gain = np.empty(len(triangle), np.complex128)
    for i in range(len(triangle)):
        t, d, heard_here = triangle[i], row(onto, i), row(heard, i)
        surface = surface_at(surfaces, t)
        met = meet(Tube(row(place, i), d, d, d, row(field, i), 1.0, cell), 0.0, surface.normal)
        # axes of a tube that starts a metre before the patch and has its footprint
        axis_u, axis_v = _across(row(step_u, i), d), _across(row(step_v, i), d)
        tube = Tube(met.point, d, axis_u, axis_v, row(field, i), 1.0, cell)
        gamma = reflection_of(met, surfaces, t, receiver.wavelength)
        part = surfaces.part[t]
        plane = (0.0, 0.0)  # the real ways are far longer than a metre
        coherent, diffuse = scattered(tube, met, surface, gamma, receiver, bodies, part, row(back, i), 1.0, plane)
        strength = np.sqrt(power(heard_here[0]) + power(heard_here[1]) + power(heard_here[2]))
        gain[i] = dot(heard_here, coherent) + strength * diffuse
    return gain
