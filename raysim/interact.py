"""What a block of tubes does at its hits: closes paths to the receiver, bounces on."""

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.fresnel import mirrored_field
from raysim.hits import derivatives, last_derivatives, line_to, meet, motion_at, reflection_of, surface_at, tube_at
from raysim.paths import Interaction
from raysim.reradiation import received, scattered
from raysim.scattering import mirror_power
from raysim.tubes import SURFACE_OFFSET
from raysim.vectors import combine, dot, kernel, power, store

REFLECTION = int(Interaction.REFLECTION)


@njit(cache=True, error_model="numpy", inline="always")
def bounce(tubes, i, tube, hit, surface, gamma, wavelength, least):
    """Send tube i on from a hit as a mirror does, but for what roughness takes; return whether enough of it is left."""
    rho = np.sqrt(mirror_power(surface.scattering, 2 * pi / wavelength * surface.rms_height, 2 * hit.cosine))
    direction = combine(1.0, tube.direction, 2 * hit.cosine, hit.normal)
    field = mirrored_field(tube.field, tube.direction, direction, hit.normal, rho * gamma[0], rho * gamma[1])
    strong = power(field[0]) + power(field[1]) + power(field[2]) > least * least * tubes.launched[i]
    if strong:
        store(tubes.origin, i, hit.point)
        store(tubes.start, i, combine(1.0, hit.point, SURFACE_OFFSET, hit.normal))
        store(tubes.direction, i, direction)
        store(tubes.axis_u, i, combine(1.0, tube.axis_u, -2 * dot(tube.axis_u, hit.normal), hit.normal))
        store(tubes.axis_v, i, combine(1.0, tube.axis_v, -2 * dot(tube.axis_v, hit.normal), hit.normal))
        store(tubes.field, i, field)
        tubes.length[i] = hit.length
        tubes.bounces[i] += 1
        tubes.crossed[i] = tubes.silent[i] = False
    return strong


class Ending(NamedTuple):
    """What ends tubes and paths, and when the way to the receiver needs no look."""

    least: float  # share of the launched amplitude
    longest: float  # path [m]
    depth: int  # number of the hits, from 1
    last: bool  # no tube goes on
    beside: bool  # what the transmitter sees the receiver sees
    monostatic: bool  # and what it sees through panes too


@njit(cache=True, error_model="numpy", inline="always")
def _rates(tubes, i, tube, distance, bodies, part, point, back, s):
    """Motion of a hit [m/s], [m/s2], and both derivatives of the ways to it and from it to the receiver."""
    velocity, acceleration = motion_at(bodies, part, point)
    rate, second = derivatives(tubes, i, tube, distance, velocity, acceleration)
    last_rate, last_second = last_derivatives(back, s, velocity, acceleration)
    return velocity, acceleration, rate, second, last_rate, last_second


@njit(cache=True, error_model="numpy", inline="always")
def _heard(tubes, i, tube, hit, surface, gamma, receiver, bodies, surfaces, triangle, back, s, ending):
    """Amplitude that the receiver takes of a hit, and whether that holds whether the way to it is free."""
    toward = (-back[0], -back[1], -back[2])
    fronts = (1 / hit.length, 1 / s)
    part = surfaces.part[triangle]
    coherent, diffuse = scattered(tube, hit, surface, gamma, receiver, bodies, part, back, s, fronts)
    if tubes.imaged[i] and surfaces.plane[triangle] >= 0:
        coherent = (0.0j, 0.0j, 0.0j)  # the last hit's connection through this plane's image holds it
    gain = received(receiver, toward, coherent, diffuse)
    straight = tubes.crossed[i] and tubes.bounces[i] == 0 and ending.monostatic
    known = straight or (ending.depth == 1 and ending.beside)
    if known:
        gain *= tubes.through[i]
    return gain, known


@kernel
def interact(tubes, which, distance, triangle, imaged, surfaces, bodies, receiver, ending, out, onward):
    """Close the paths of tubes at their hits, as far as the receiver is not hidden; bounce the tubes in place.

    Parameters
    ----------
    tubes : Tubes
        As they arrive.
    which : (n,) int64
        The tubes that hit something.
    distance, triangle : (n,) array
        Of the hits [m].
    imaged : (n,) bool
        The hit is connected to the receiver's images.
    surfaces, bodies, receiver, ending : Surfaces, Bodies, Receiver, Ending
    out : Contributions
        Filled from the front, one row a hit that sends anything.
    onward : (n,) int64
        Filled from the front: the tubes that go on, off flat surfaces and strong enough.

    Returns
    -------
    closed, left : int
        Rows filled of `out` and of `onward`.
    """
    position = (receiver.position[0], receiver.position[1], receiver.position[2])
    reflected = np.uint32(REFLECTION << (4 * (ending.depth - 1)))
    closed = left = 0
    for j in range(len(which)):
        i, t = which[j], triangle[j]
        part = surfaces.part[t]
        tube, surface = tube_at(tubes, i), surface_at(surfaces, t)
        hit = meet(tube, distance[j], surface.normal)
        back, s = line_to(hit.point, position)
        sends = not tubes.silent[i] and dot(back, hit.normal) > 0 and hit.length + s <= ending.longest
        # a chain that leaves a curved surface by a forward bounce is dropped: the tube's weight knows no divergence
        bounces = not ending.last and surfaces.flat[t]
        if not (sends or bounces):
            continue
        gamma = reflection_of(hit, surfaces, t, receiver.wavelength)
        rate = second = last_rate = last_second = 0.0
        velocity = acceleration = (0.0, 0.0, 0.0)
        moved = tubes.moved[i] or bodies.moves[part]
        if moved:
            moving = _rates(tubes, i, tube, distance[j], bodies, part, hit.point, back, s)
            velocity, acceleration, rate, second, last_rate, last_second = moving
        if sends:
            gain, known = _heard(tubes, i, tube, hit, surface, gamma, receiver, bodies, surfaces, t, back, s, ending)
            if gain != 0:
                out.gain[closed], out.length[closed], out.hit[closed] = gain, hit.length + s, j
                out.rate[closed], out.acceleration[closed] = rate + last_rate, second + last_second
                store(out.arrival, closed, (-back[0], -back[1], -back[2]))
                store(out.point, closed, hit.point)
                store(out.start, closed, combine(1.0, hit.point, SURFACE_OFFSET, hit.normal))
                out.known[closed] = known
                closed += 1
        if bounces and bounce(tubes, i, tube, hit, surface, gamma, receiver.wavelength, ending.least):
            tubes.kinds[i] |= reflected
            tubes.last_triangle[i], tubes.imaged[i], tubes.moved[i] = t, imaged[j], moved
            if moved:
                store(tubes.velocity, i, velocity)
                store(tubes.point_acceleration, i, acceleration)
                tubes.rate[i], tubes.acceleration[i] = rate, second
            onward[left] = i
            left += 1
    return closed, left
