"""What a tube does at a hit: the kernels that close paths to the receiver and bounce the tube.

The functions that work on one tube take plain numbers, bundled as `Tube` and `Surface`: handing arrays from function
to function costs numba more than the physics does.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.fresnel import fresnel, mirrored_field
from raysim.panels import panel_coefficients
from raysim.paths import Interaction
from raysim.reradiation import received, scattered
from raysim.scattering import mirror_power
from raysim.tubes import SURFACE_OFFSET
from raysim.vectors import combine, cross, dot, kernel, norm, power, row, store

REFLECTION = int(Interaction.REFLECTION)


class Tube(NamedTuple):
    """One tube of `Tubes`: tuples of 3 and numbers, same units."""

    origin: tuple
    direction: tuple
    axis_u: tuple
    axis_v: tuple
    field: tuple
    length: float
    cell: float


class Surface(NamedTuple):
    """The material of one triangle, and its outward normal."""

    normal: tuple
    rms_height: float
    scattering: float
    lobe: tuple


class Hit(NamedTuple):
    """Where a tube meets a surface.

    Attributes
    ----------
    point : tuple of 3 float
        World [m].
    normal : tuple of 3 float
        On the lit side.
    cosine : float
        Of incidence, above 0.
    length : float
        Travelled up to the hit [m].
    """

    point: tuple
    normal: tuple
    cosine: float
    length: float


@njit(cache=True, error_model="numpy", inline="always")
def tube_at(tubes, i):
    """Gather tube i."""
    return Tube(
        row(tubes.origin, i),
        row(tubes.direction, i),
        row(tubes.axis_u, i),
        row(tubes.axis_v, i),
        row(tubes.field, i),
        tubes.length[i],
        tubes.cell[i],
    )


@njit(cache=True, error_model="numpy", inline="always")
def surface_at(surfaces, triangle):
    """Gather a triangle's surface."""
    material = surfaces.material[triangle]
    return Surface(
        row(surfaces.normal, triangle),
        surfaces.rms_height[material],
        surfaces.scattering[material],
        row(surfaces.lobe, material),
    )


@njit(cache=True, error_model="numpy", inline="always")
def motion_at(bodies, part, point):
    """Velocity [m/s] and acceleration [m/s2] of a point of a rigid body."""
    pose = bodies.pose
    arm = (point[0] - pose[part, 0, 3], point[1] - pose[part, 1, 3], point[2] - pose[part, 2, 3])
    spin = row(bodies.spin, part)
    turning = cross(spin, arm)
    velocity = combine(1.0, row(bodies.velocity, part), 1.0, turning)
    origin = combine(1.0, row(bodies.acceleration, part), 1.0, cross(row(bodies.spin_rate, part), arm))
    return velocity, combine(1.0, origin, 1.0, cross(spin, turning))


@njit(cache=True, error_model="numpy")
def segment_derivatives(direction, length, dv, da):
    """First and second time derivative of a segment's length, given its ends' relative motion."""
    along = dot(direction, dv)
    return along, (dot(dv, dv) - along * along) / length + dot(direction, da)


@njit(cache=True, error_model="numpy")
def meet(tube, distance, normal):
    """Return the `Hit` of a tube on a surface with a given normal, either way round."""
    cosine = -dot(tube.direction, normal)
    if cosine < 0:
        normal = (-normal[0], -normal[1], -normal[2])
    point = combine(1.0, tube.origin, distance, tube.direction)
    return Hit(point, normal, max(abs(cosine), 1e-9), tube.length + distance)


@njit(cache=True, error_model="numpy", inline="always")
def reflection(surfaces, triangle, wavelength, cosine):
    """(TE, TM) reflection coefficients of a half-space or panel; `cosine` < 0 where it is met from behind."""
    material = surfaces.material[triangle]
    if surfaces.panels.whole[material] == 0.0:
        gamma = fresnel(surfaces.permittivity[material], abs(cosine))
    else:
        te, tm, _, _ = panel_coefficients(surfaces.panels, material, cosine < 0, wavelength, abs(cosine))
        gamma = te, tm
    return gamma


@njit(cache=True, error_model="numpy", inline="always")
def reflection_of(hit, surfaces, triangle, wavelength):
    """`reflection` of the surface that a tube hits."""
    from_behind = dot(hit.normal, row(surfaces.normal, triangle)) < 0
    return reflection(surfaces, triangle, wavelength, -hit.cosine if from_behind else hit.cosine)


@njit(cache=True, error_model="numpy", inline="always")
def off_plane(surfaces, triangle, incident, wavelength):
    """Reflect a direction at a triangle.

    Returns
    -------
    normal, onward : tuple of 3 float
        The normal on the lit side; the mirrored direction.
    te, tm : complex
        Reflection coefficients.
    rho : float
        Amplitude share that stays coherent.
    """
    surface = surface_at(surfaces, triangle)
    normal, cosine = surface.normal, -dot(incident, surface.normal)
    te, tm = reflection(surfaces, triangle, wavelength, cosine)
    if cosine < 0:
        normal, cosine = (-normal[0], -normal[1], -normal[2]), -cosine
    onward = combine(1.0, incident, 2 * cosine, normal)
    rho = np.sqrt(mirror_power(surface.scattering, 2 * pi / wavelength * surface.rms_height, 2 * cosine))
    return normal, onward, te, tm, rho


@njit(cache=True, error_model="numpy", inline="always")
def derivatives(tubes, i, tube, distance, velocity, acceleration):
    """First and second time derivative of the length up to a hit that moves as given [m/s], [m/s2].

    Off mirrors at rest the way is straight to the transmitter's image, so all of it turns, not the last segment alone.
    """
    before = point = (0.0, 0.0, 0.0)
    rate = second = 0.0
    if tubes.moved[i]:
        before, point = row(tubes.velocity, i), row(tubes.point_acceleration, i)
        rate, second = tubes.rate[i], tubes.acceleration[i]
    dv, da = combine(1.0, velocity, -1.0, before), combine(1.0, acceleration, -1.0, point)
    straight = tube.length + distance if norm(before) == 0.0 else distance
    first, bend = segment_derivatives(tube.direction, straight, dv, da)
    return rate + first, second + bend


@njit(cache=True, error_model="numpy")
def last_derivatives(back, s, velocity, acceleration):
    """Return the derivatives of the way from a moving hit to a point at rest at distance `s` along `back`."""
    dv, da = combine(-1.0, velocity, 0.0, velocity), combine(-1.0, acceleration, 0.0, acceleration)
    return segment_derivatives(back, s, dv, da)


@njit(cache=True, error_model="numpy")
def line_to(point, end):
    """Return the unit vector and the distance from a point to the point `end`."""
    line = combine(1.0, end, -1.0, point)
    s = norm(line)
    share = 1 / s
    return (share * line[0], share * line[1], share * line[2]), s


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
            velocity, acceleration = motion_at(bodies, part, hit.point)
            rate, second = derivatives(tubes, i, tube, distance[j], velocity, acceleration)
            last_rate, last_second = last_derivatives(back, s, velocity, acceleration)
        if sends:
            toward = (-back[0], -back[1], -back[2])
            fronts = (1 / hit.length, 1 / s)
            coherent, diffuse = scattered(tube, hit, surface, gamma, receiver, bodies, part, back, s, fronts)
            if tubes.imaged[i] and surfaces.plane[t] >= 0:
                coherent = (0.0j, 0.0j, 0.0j)  # the last hit's connection through this plane's image holds it
            gain = received(receiver, toward, coherent, diffuse)
            straight = tubes.crossed[i] and tubes.bounces[i] == 0 and ending.monostatic
            known = straight or (ending.depth == 1 and ending.beside)
            if known:
                gain *= tubes.through[i]
            if gain != 0:
                out.gain[closed], out.length[closed], out.hit[closed] = gain, hit.length + s, j
                out.rate[closed], out.acceleration[closed] = rate + last_rate, second + last_second
                store(out.arrival, closed, toward)
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
