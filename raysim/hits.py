"""One tube at a hit: where it meets what, how that moves and reflects.

The functions that work on one tube take plain numbers, bundled as `Tube` and `Surface`: handing arrays from function
to function costs numba more than the physics does.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.fresnel import fresnel
from raysim.panels import panel_coefficients
from raysim.scattering import mirror_power
from raysim.vectors import combine, cross, dot, norm, row


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
