"""Connections of hits to the receiver through its mirror images in large planes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import c, pi

from raysim.fresnel import scattered_field, te_direction
from raysim.hits import (
    derivatives,
    last_derivatives,
    line_to,
    meet,
    motion_at,
    off_plane,
    reflection_of,
    surface_at,
    tube_at,
)
from raysim.intersect import meets_box
from raysim.paths import Interaction, Paths
from raysim.penetration import obstacles_in, taken_polarisation, way_to_receiver
from raysim.reradiation import received, scattered
from raysim.scattering import cell_draw, in_body, is_resolved, phase_turn
from raysim.setting import Setting
from raysim.terminals import polarisation
from raysim.tubes import SURFACE_OFFSET, Contributions, Tubes
from raysim.vectors import combine, dot, kernel, power, row, store
from raysim.ways import past_panes, surface_on_plane, through_crowns

DIFFUSE_SHARE = 8  # one diffuse echo in so many is connected, with so many times its power: the mean is the same
_LOTTERY = 0x5DEECE66D  # separates the draw of a cell from its phase
_DRAWN = np.uint64(2**64 // DIFFUSE_SHARE)


@kernel
def _candidates(tubes, which, distance, triangle, surfaces, bodies, receiver, image, box, start, direction, wanted):
    """Find hits worth connecting to an image in a plane within a box: start point, direction towards it, and `wanted`.

    `wanted` (n,) int8: 0 = no, 1 = it sends something coherent, 2 = drawn to stand for `DIFFUSE_SHARE` diffuse ones.
    """
    k, position = 2 * pi / receiver.wavelength, (image[0], image[1], image[2])
    for j in range(len(which)):
        i, t = which[j], triangle[j]
        wanted[j] = 0
        normal, into = row(surfaces.normal, t), row(tubes.direction, i)
        point = combine(1.0, row(tubes.origin, i), distance[j], into)
        back, s = line_to(point, position)
        lit = dot(into, normal) < 0  # from the side that the normal points to
        if (dot(back, normal) > 0) != lit or not meets_box(point, back, s, row(box, 0), row(box, 1)):
            continue
        tube = tube_at(tubes, i)
        hit = meet(tube, distance[j], normal)
        store(start, j, combine(1.0, point, SURFACE_OFFSET, hit.normal))
        store(direction, j, back)
        turn_u = phase_turn(tube.axis_u, into, hit.normal, hit.cosine, hit.length, back)
        turn_v = phase_turn(tube.axis_v, into, hit.normal, hit.cosine, hit.length, back)
        if receiver.coherent and is_resolved(k * turn_u) and is_resolved(k * turn_v):
            wanted[j] = 1
        elif receiver.diffuse_share > 0:
            part = surfaces.part[t]
            draw = cell_draw(in_body(point, bodies.pose, part), tube.cell, part, receiver.seed ^ _LOTTERY)
            wanted[j] = 2 if draw < _DRAWN else 0


@njit(cache=True, error_model="numpy", inline="always")
def _mirrored_share(taken, incident, normal, te, tm):
    """Amplitude that a plane leaves of a field which reaches the receiver in its own polarisation `taken`.

    The field before the plane is the mirror image of `taken`: a conductor leaves it whole. `incident` : direction of
    travel to the plane; `te`, `tm` : the plane's reflection coefficients.
    """
    share = power(dot(te_direction(incident, normal), taken) + 0j)
    return (1 - share) * tm - share * te


@kernel
def _connect(tubes, which, distance, triangle, surfaces, bodies, receiver, image, mirror, drawn, out):
    """Amplitude and geometry of hits connected through a plane; `mirror` = its triangle that each one meets.

    `drawn` (n,) bool: the echo stands for `DIFFUSE_SHARE` of its kind. `out` : Contributions, filled.
    """
    position = (image[0], image[1], image[2])
    for j in range(len(which)):
        i, t = which[j], triangle[j]
        part = surfaces.part[t]
        tube, surface = tube_at(tubes, i), surface_at(surfaces, t)
        hit = meet(tube, distance[j], surface.normal)
        gamma = reflection_of(hit, surfaces, t, receiver.wavelength)
        back, s = line_to(hit.point, position)
        fronts = (1 / hit.length, 1 / s)
        coherent, diffuse = scattered(tube, hit, surface, gamma, receiver, bodies, part, back, s, fronts)
        normal, onward, te, tm, rho = off_plane(surfaces, mirror[j], back, receiver.wavelength)
        field = scattered_field(coherent, back, onward, normal, te, tm)
        if drawn[j]:
            diffuse *= np.sqrt(DIFFUSE_SHARE)
        toward = (-onward[0], -onward[1], -onward[2])
        taken = polarisation(toward, row(receiver.axes, 1), receiver.horizontal)
        diffuse *= _mirrored_share(taken, back, normal, te, tm)
        out.gain[j] = rho * received(receiver, toward, field, diffuse)
        velocity, acceleration = motion_at(bodies, part, hit.point)
        rate, second = derivatives(tubes, i, tube, distance[j], velocity, acceleration)
        last_rate, last_second = last_derivatives(back, s, velocity, acceleration)
        out.length[j], out.rate[j], out.acceleration[j] = hit.length + s, rate + last_rate, second + last_second
        store(out.arrival, j, toward)


class _Onto(NamedTuple):
    """Lines that lead by way of a plane to the receiver."""

    which: np.ndarray  # (n,) int, index of the line
    triangle: np.ndarray  # (n,) int, of the plane
    point: np.ndarray  # (n, 3) where they meet it [m]
    through: np.ndarray  # (n,) complex128, what panes and crowns leave on both legs


def _onto_plane(start: np.ndarray, direction: np.ndarray, plane: int, setting: Setting) -> _Onto:
    """Follow lines from points onto a plane and on to the receiver, through panes and crowns."""
    obstacles, of_plane = obstacles_in(setting), setting.surfaces.plane
    hits = obstacles.solid.closest(start, direction)
    distance, triangle = hits.distance, hits.triangle
    on_plane = (triangle >= 0) & (of_plane[triangle] == plane)
    paned = np.zeros(len(start), bool)
    if setting.panes is not None:
        ask = np.flatnonzero(~on_plane & (triangle >= 0) & setting.panes[triangle])
        distance[ask], triangle[ask] = _behind_panes(start[ask], direction[ask], plane, setting)
        paned[ask] = on_plane[ask] = triangle[ask] >= 0
    which = np.flatnonzero(on_plane)
    start, direction, paned = start[which], direction[which], np.flatnonzero(paned[which])
    point = start + distance[which, None] * direction
    through = way_to_receiver(point - SURFACE_OFFSET * direction, setting)
    paned = paned[through[paned] != 0]
    through[paned] *= _past_panes_onto(start[paned], point[paned], plane, setting)
    strong = np.flatnonzero(np.abs(through) > setting.config.min_amplitude)
    through = through[strong] * through_crowns(start[strong], point[strong], obstacles)
    return _Onto(which[strong], triangle[which[strong]], point[strong], through)


def _behind_panes(start, direction, plane: int, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Distance [m] to the plane behind panes, and its triangle there, -1 = none; opaque things are not looked at."""
    planes = setting.planes
    normal = planes.normal[plane]
    reach = -planes.height(start)[:, plane] / (direction @ normal)
    point = start + reach[:, None] * direction
    triangle, beyond = surface_on_plane(point, direction, normal, obstacles_in(setting))
    met = (reach > 0) & (setting.surfaces.plane[triangle] == plane)
    return reach + beyond, np.where(met, triangle, -1)


def _past_panes_onto(start, point, plane: int, setting: Setting) -> np.ndarray:
    """Transmission (n,) of panes before a plane for the field that it mirrors into the receiver's polarisation."""
    toward, normal = point - setting.radar.receiver, setting.planes.normal[plane]
    taken = taken_polarisation(toward / np.linalg.norm(toward, axis=1)[:, None], setting.receiver)
    taken = taken - 2 * (taken @ normal)[:, None] * normal
    return np.einsum("ij,ij->i", taken, past_panes(taken, start, point, obstacles_in(setting)))


def image_paths(
    tubes: Tubes,
    which: np.ndarray,
    distance: np.ndarray,
    triangle: np.ndarray,
    depth: int,
    setting: Setting,
) -> Iterator[Paths]:
    """Close the paths of a block of hits through the receiver's images.

    Parameters
    ----------
    tubes : Tubes
        As they arrive at their hits; not changed.
    which : (n,) int
        The tubes that hit something.
    distance, triangle : (n,) array
        Of the hits.
    depth : int
        Number of the hit, from 1; the plane is one more interaction.
    setting : Setting

    Yields
    ------
    Paths
        One block a plane.
    """
    n, planes = len(which), setting.planes
    start, direction, wanted = np.empty((n, 3)), np.empty((n, 3)), np.zeros(n, np.int8)
    for plane, image in enumerate(setting.images):
        if np.isnan(image[0]):
            continue
        scene_side = (setting.surfaces, setting.bodies, setting.receiver, image)
        _candidates(tubes, which, distance, triangle, *scene_side, planes.box(plane), start, direction, wanted)
        ask = np.flatnonzero((wanted > 0) & (setting.surfaces.plane[triangle] != plane))
        onto = _onto_plane(start[ask], direction[ask], plane, setting)
        ask, mirror, point, through = ask[onto.which], onto.triangle, onto.point, onto.through
        if not len(ask):
            continue
        chosen, out = which[ask], Contributions.room(len(ask))
        _connect(tubes, chosen, distance[ask], triangle[ask], *scene_side, mirror, wanted[ask] == 2, out)
        digits = Interaction.SCATTERING << (4 * (depth - 1)) | Interaction.REFLECTION << (4 * depth)
        paths = Paths(
            gain=out.gain * through,
            delay=out.length / c,
            delay_rate=out.rate / c,
            delay_acceleration=out.acceleration / c,
            departure=tubes.departure[chosen],
            arrival=out.arrival,
            depth=np.full(len(ask), depth + 1, np.uint8),
            kinds=tubes.kinds[chosen] | np.uint32(digits),
            first_instance=tubes.first_instance[chosen],
            last_instance=setting.instance_of_triangle[mirror],
            last_point=point,
        )
        yield paths.select((out.gain != 0) & (out.length <= setting.config.max_length))  # canopies mirror nothing
