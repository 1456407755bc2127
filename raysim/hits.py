"""What a tube does at a hit: the kernels that close paths to the receiver and bounce the tube."""

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.antenna import Pattern, amplitude_gain, antenna_gain
from raysim.fresnel import fresnel, scattered_field
from raysim.panels import panel_coefficients
from raysim.scattering import cell_phase, coherent_weight, diffuse_weight, mirror_power, phase_turn
from raysim.tubes import polarisation
from raysim.vectors import combine, cross, dot, norm, power, row, store


@njit(cache=True)
def _body_motion(point, bodies, part):
    """Velocity and acceleration of a point of a rigid body."""
    pose = bodies.pose[part]
    arm = (point[0] - pose[0, 3], point[1] - pose[1, 3], point[2] - pose[2, 3])
    spin = row(bodies.spin, part)
    turning = cross(spin, arm)
    velocity = combine(1.0, row(bodies.velocity, part), 1.0, turning)
    return velocity, combine(1.0, row(bodies.acceleration, part), 1.0, cross(spin, turning))


@njit(cache=True)
def _segment_derivatives(direction, length, dv, da):
    """First and second time derivative of a segment's length, given its ends' relative motion."""
    along = dot(direction, dv)
    return along, (dot(dv, dv) - along * along) / length + dot(direction, da)


@njit(cache=True)
def scattered(tubes, i, receiver, surfaces, bodies, triangle, hit, back, s):
    """Field that hit i sends towards a point at distance `s` along `back`, antennas aside.

    Parameters
    ----------
    tubes, i, receiver, surfaces, bodies, triangle
        As in `interact`; the tube as it arrives.
    hit : tuple
        `arrive` of the tube.
    back : tuple of 3 float
    s : float
        [m].

    Returns
    -------
    coherent : tuple of 3 complex
        Transverse to `back`.
    diffuse : complex
        Amplitude in the receiver's polarisation.
    """
    point, normal, cos_in, travelled, gamma = hit
    coherent, diffuse = (0.0j, 0.0j, 0.0j), 0.0j
    cos_out = dot(back, normal)
    if cos_out <= 0:
        return coherent, diffuse
    material = surfaces.material[triangle]
    k = 2 * pi / receiver.wavelength
    rms_phase = k * surfaces.rms_height[material]
    d, u, v = row(tubes.direction, i), row(tubes.axis_u, i), row(tubes.axis_v, i)
    field, omega = row(tubes.field, i), norm(cross(u, v))
    if receiver.coherent:
        turn_u = phase_turn(u, d, normal, cos_in, travelled, back)
        turn_v = phase_turn(v, d, normal, cos_in, travelled, back)
        # the physical-optics integral's factor j: direct paths, diffraction and echoes share one absolute phase
        weight = 1j * coherent_weight(omega, k, turn_u, turn_v, travelled, s, cos_in, cos_out)
        if weight != 0.0:
            rho = np.sqrt(mirror_power(surfaces.scattering[material], rms_phase, cos_in + cos_out))
            out = scattered_field(field, d, back, normal, gamma[0], gamma[1])
            coherent = (rho * weight * out[0], rho * weight * out[1], rho * weight * out[2])
    diffuse_power = 1.0 - mirror_power(surfaces.scattering[material], rms_phase, 2 * cos_in)
    if receiver.diffuse_share > 0 and diffuse_power > 0:
        incident = np.sqrt(power(field[0]) + power(field[1]) + power(field[2]))
        mean_reflection = np.sqrt((power(gamma[0]) + power(gamma[1])) / 2)
        weight = incident * diffuse_weight(omega, receiver.wavelength, diffuse_power, mean_reflection, s, cos_out)
        part = surfaces.part[triangle]
        weight *= receiver.diffuse_share
        chi = cell_phase(point, bodies.pose[part], tubes.cell[i], part, receiver.seed)
        diffuse = weight * complex(np.cos(chi), np.sin(chi))
    return coherent, diffuse


@njit(cache=True)
def received(receiver, toward, coherent, diffuse):
    """Amplitude at the receiver's terminals of a field that arrives from the direction `toward`."""
    right, down, forward = row(receiver.axes, 0), row(receiver.axes, 1), row(receiver.axes, 2)
    pattern = receiver.antenna.pattern
    if pattern <= Pattern.TR38901:  # the usual ones need no table's array handed on
        antenna = amplitude_gain(pattern, toward, right, down, forward)
    else:
        antenna = antenna_gain(receiver.antenna, toward, right, down, forward)
    return antenna * (dot(polarisation(toward, down, receiver.horizontal), coherent) + diffuse)


@njit(cache=True)
def meet(tubes, i, distance, triangle, surfaces):
    """Return where tube i meets its triangle: point, normal on the lit side, cosine of incidence, travelled length."""
    d, normal = row(tubes.direction, i), row(surfaces.normal, triangle)
    cos_in = -dot(d, normal)
    if cos_in < 0:
        normal = (-normal[0], -normal[1], -normal[2])
    cos_in = max(abs(cos_in), 1e-9)
    point = combine(1.0, row(tubes.origin, i), distance, d)
    return point, normal, cos_in, tubes.length[i] + distance


@njit(cache=True)
def _reflection(surfaces, triangle, wavelength, cosine):
    """(TE, TM) reflection coefficients of a half-space or panel; `cosine` < 0 where it is met from behind."""
    material = surfaces.material[triangle]
    if surfaces.panels.whole[material] == 0.0:
        return fresnel(surfaces.permittivity[material], abs(cosine))
    te, tm, _, _ = panel_coefficients(surfaces.panels, material, cosine < 0, wavelength, abs(cosine))
    return te, tm


@njit(cache=True)
def arrive(tubes, i, distance, triangle, surfaces, wavelength):
    """Return `meet` of a tube and, last, the (TE, TM) reflection coefficients of its surface there."""
    point, normal, cos_in, travelled = meet(tubes, i, distance, triangle, surfaces)
    is_outer = dot(normal, row(surfaces.normal, triangle)) > 0
    gamma = _reflection(surfaces, triangle, wavelength, cos_in if is_outer else -cos_in)
    return point, normal, cos_in, travelled, gamma


@njit(cache=True)
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
    normal = row(surfaces.normal, triangle)
    cosine = -dot(incident, normal)
    te, tm = _reflection(surfaces, triangle, wavelength, cosine)
    if cosine < 0:
        normal = (-normal[0], -normal[1], -normal[2])
        cosine = -cosine
    onward = combine(1.0, incident, 2 * cosine, normal)
    material = surfaces.material[triangle]
    rms_phase = 2 * pi / wavelength * surfaces.rms_height[material]
    rho = np.sqrt(mirror_power(surfaces.scattering[material], rms_phase, 2 * cosine))
    return normal, onward, te, tm, rho


@njit(cache=True)
def path_derivatives(tubes, i, distance, point, back, s, bodies, part):
    """Rates of the length up to the hit and of the whole path, and the hit point's motion.

    Returns
    -------
    rate, acceleration : float
        Of the travelled length [m/s], [m/s2].
    path_rate, path_acceleration : float
        Of the path that ends `s` further along `back`, at a point at rest.
    velocity, point_acceleration : tuple of 3 float
    """
    v, a = _body_motion(point, bodies, part)
    dv, da = combine(1.0, v, -1.0, row(tubes.velocity, i)), combine(1.0, a, -1.0, row(tubes.point_acceleration, i))
    rate, acceleration = _segment_derivatives(row(tubes.direction, i), distance, dv, da)
    rate += tubes.rate[i]
    acceleration += tubes.acceleration[i]
    last_rate, last_acceleration = _segment_derivatives(back, s, (-v[0], -v[1], -v[2]), (-a[0], -a[1], -a[2]))
    return rate, acceleration, rate + last_rate, acceleration + last_acceleration, v, a


@njit(cache=True)
def line_to(point, end):
    """Return the unit vector and the distance from a point to the (3,) array `end`."""
    line = combine(1.0, (end[0], end[1], end[2]), -1.0, point)
    s = norm(line)
    return (line[0] / s, line[1] / s, line[2] / s), s


@njit(cache=True)
def _bounce(tubes, i, receiver, surfaces, triangle, gamma, normal, cos_in):
    """Turn tube i into its mirror image in the surface."""
    material = surfaces.material[triangle]
    rms_phase = 2 * pi / receiver.wavelength * surfaces.rms_height[material]
    rho = np.sqrt(mirror_power(surfaces.scattering[material], rms_phase, 2 * cos_in))
    d, u, v = row(tubes.direction, i), row(tubes.axis_u, i), row(tubes.axis_v, i)
    mirrored = combine(1.0, d, 2 * cos_in, normal)
    field = scattered_field(row(tubes.field, i), d, mirrored, normal, gamma[0], gamma[1])
    store(tubes.field, i, (rho * field[0], rho * field[1], rho * field[2]))
    store(tubes.axis_u, i, combine(1.0, u, -2 * dot(u, normal), normal))
    store(tubes.axis_v, i, combine(1.0, v, -2 * dot(v, normal), normal))
    store(tubes.direction, i, mirrored)


@njit(cache=True, nogil=True)
def interact(tubes, distance, triangle, surfaces, bodies, receiver, out):
    """Move a block of tubes to their hits (in place), give each hit's contribution, bounce the tubes.

    Parameters
    ----------
    tubes : Rays
        Overwritten with the state after the mirror-like bounce, where there is one; `origin` becomes the hit point.
    distance : (n,) float64
        To the hit [m].
    triangle : (n,) int32
    surfaces, bodies, receiver : Surfaces, Bodies, Receiver
    out : Contributions
        Filled.
    """
    for i in range(len(distance)):
        t = triangle[i]
        hit = arrive(tubes, i, distance[i], t, surfaces, receiver.wavelength)
        point, normal, cos_in, travelled, gamma = hit
        back, s = line_to(point, receiver.position)
        rate, acceleration, out.rate[i], out.acceleration[i], v, a = path_derivatives(
            tubes, i, distance[i], point, back, s, bodies, surfaces.part[t]
        )
        toward = (-back[0], -back[1], -back[2])
        out.length[i] = travelled + s
        store(out.arrival, i, toward)
        store(out.normal, i, normal)
        out.goes_on[i] = surfaces.flat[t]
        coherent, diffuse = scattered(tubes, i, receiver, surfaces, bodies, t, hit, back, s)
        if tubes.imaged[i] and surfaces.plane[t] >= 0:
            coherent = (0.0j, 0.0j, 0.0j)  # the last hit's connection through this plane's image holds it
        out.gain[i] = received(receiver, toward, coherent, diffuse)
        if out.goes_on[i]:
            _bounce(tubes, i, receiver, surfaces, t, gamma, normal, cos_in)
        store(tubes.origin, i, point)
        store(tubes.velocity, i, v)
        store(tubes.point_acceleration, i, a)
        tubes.length[i], tubes.rate[i], tubes.acceleration[i] = travelled, rate, acceleration
