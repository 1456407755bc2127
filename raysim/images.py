"""Connections of hits to the receiver through its mirror images in large planes."""

from collections.abc import Iterator

import numpy as np
from numba import njit
from scipy.constants import c, pi

from raysim.fresnel import scattered_field
from raysim.hits import arrive, line_to, meet, off_plane, path_derivatives, received, scattered
from raysim.paths import Interaction, Paths
from raysim.scattering import cell_phase, coherent_weight, phase_turn
from raysim.setting import Setting
from raysim.tubes import SURFACE_OFFSET, Tubes
from raysim.vectors import combine, dot, power, row, store

DIFFUSE_SHARE = 8  # one diffuse echo in so many is connected, with so many times its power: the mean is the same
_LOTTERY = 0x5DEECE66D  # separates the draw of a cell from its phase


@njit(cache=True, nogil=True)
def _candidates(tubes, distance, triangle, surfaces, bodies, receiver, image, start, direction, wanted):
    """Find hits worth connecting to an image: start point, direction towards it, and `wanted`.

    `wanted` (n,) int8: 0 = no, 1 = it sends something coherent, 2 = drawn to stand for `DIFFUSE_SHARE` diffuse ones.
    """
    k = 2 * pi / receiver.wavelength
    for i in range(len(distance)):
        t = triangle[i]
        point, normal, cos_in, travelled = meet(tubes, i, distance[i], t, surfaces)
        back, s = line_to(point, image)
        store(start, i, combine(1.0, point, SURFACE_OFFSET, normal))
        store(direction, i, back)
        cos_out = dot(back, normal)
        wanted[i] = 0
        if cos_out <= 0:
            continue
        d, u, v = row(tubes.direction, i), row(tubes.axis_u, i), row(tubes.axis_v, i)
        turn_u = phase_turn(u, d, normal, cos_in, travelled, back)
        turn_v = phase_turn(v, d, normal, cos_in, travelled, back)
        if receiver.coherent and coherent_weight(1.0, k, turn_u, turn_v, travelled, s, cos_in, cos_out) != 0:
            wanted[i] = 1
        elif receiver.diffuse_share > 0:
            part = surfaces.part[t]
            draw = cell_phase(point, bodies.pose[part], tubes.cell[i], part, receiver.seed ^ _LOTTERY)
            wanted[i] = 2 if draw * DIFFUSE_SHARE < 2 * pi else 0


@njit(cache=True, nogil=True)
def _connect(
    tubes,
    distance,
    triangle,
    surfaces,
    bodies,
    receiver,
    image,
    mirror,
    drawn,
    gain,
    length,
    rate,
    acceleration,
    arrival,
):
    """Amplitude and geometry of hits connected through a plane; `mirror` = its triangle that each one meets.

    `drawn` (n,) bool: the echo stands for `DIFFUSE_SHARE` of its kind.
    """
    for i in range(len(distance)):
        t, w = triangle[i], mirror[i]
        hit = arrive(tubes, i, distance[i], t, surfaces, receiver.wavelength)
        back, s = line_to(hit[0], image)
        coherent, diffuse = scattered(tubes, i, receiver, surfaces, bodies, t, hit, back, s)
        normal, onward, te, tm, rho = off_plane(surfaces, w, back, receiver.wavelength)
        field = scattered_field(coherent, back, onward, normal, te, tm)
        if drawn[i]:
            diffuse *= np.sqrt(DIFFUSE_SHARE)
        diffuse *= np.sqrt((power(te) + power(tm)) / 2)
        toward = (-onward[0], -onward[1], -onward[2])
        gain[i] = rho * received(receiver, toward, field, diffuse)
        length[i] = hit[3] + s
        _, _, rate[i], acceleration[i], _, _ = path_derivatives(
            tubes, i, distance[i], hit[0], back, s, bodies, surfaces.part[t]
        )
        store(arrival, i, toward)


def image_paths(
    tubes: Tubes, distance: np.ndarray, triangle: np.ndarray, instance: np.ndarray, depth: int, setting: Setting
) -> Iterator[Paths]:
    """Close the paths of a block of hits through the receiver's images.

    Parameters
    ----------
    tubes : Tubes
        As they arrive at their hits; not changed.
    distance, triangle, instance : (n,) array
        Of the hits.
    depth : int
        Number of the hit, from 1; the plane is one more interaction.
    setting : Setting

    Yields
    ------
    Paths
        One block a plane.
    """
    n = len(distance)
    start, direction, wanted = np.empty((n, 3)), np.empty((n, 3)), np.zeros(n, np.int8)
    for plane, image in enumerate(setting.images):
        if np.isnan(image[0]):
            continue
        scene_side = (setting.surfaces, setting.bodies, setting.receiver, image)
        _candidates(tubes.rays, distance, triangle, *scene_side, start, direction, wanted)
        ask = np.flatnonzero((wanted > 0) & (setting.surfaces.plane[triangle] != plane))
        hits = setting.caster.closest(start[ask], direction[ask])
        on_plane = (hits.triangle >= 0) & (setting.surfaces.plane[hits.triangle] == plane)
        ask, mirror = ask[on_plane], hits.triangle[on_plane]
        point = start[ask] + hits.distance[on_plane, None] * direction[ask]
        free = ~setting.caster.occluded(point - SURFACE_OFFSET * direction[ask], setting.radar.receiver)
        ask, mirror, point = ask[free], mirror[free], point[free]
        if not len(ask):
            continue
        m = len(ask)
        gain, arrival = np.empty(m, np.complex128), np.empty((m, 3))
        length, rate, acceleration = np.empty(m), np.empty(m), np.empty(m)
        chosen = tubes.select(ask)
        results = (gain, length, rate, acceleration, arrival)
        _connect(chosen.rays, distance[ask], triangle[ask], *scene_side, mirror, wanted[ask] == 2, *results)
        digits = Interaction.SCATTERING << (4 * (depth - 1)) | Interaction.REFLECTION << (4 * depth)
        paths = Paths(
            gain=gain,
            delay=length / c,
            delay_rate=rate / c,
            delay_acceleration=acceleration / c,
            departure=chosen.departure,
            arrival=arrival,
            depth=np.full(m, depth + 1, np.uint8),
            kinds=chosen.kinds | np.uint32(digits),
            first_instance=instance[ask] if depth == 1 else chosen.first_instance,
            last_instance=setting.instance_of_triangle[mirror],
            last_point=point,
        )
        yield paths.select(length <= setting.config.max_length)
