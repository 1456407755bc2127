"""A block of ray tubes on its way from hit to hit, and the kernel that moves it.

Every tuple here is a bundle of arrays that numba reads by name.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.antenna import amplitude_gain, vertical_polarisation
from raysim.fresnel import fresnel, scattered_field
from raysim.scattering import cell_phase, coherent_weight, diffuse_weight, mirror_power, phase_turn
from raysim.vectors import combine, cross, dot, norm, power, row, store

SURFACE_OFFSET = 5e-4  # [m] a ray starts this far off the surface it left


class Tubes(NamedTuple):
    """State of a block of tubes between two hits.

    Attributes
    ----------
    origin, direction : (n, 3) float64
        Last point [m] and unit direction.
    axis_u, axis_v : (n, 3) float64
        Change of the direction across the tube, mirrored at every bounce [rad].
    field : (n, 3) complex128
        Transverse field times the transmit amplitude gain, all reflections so far in.
    length : (n,) float64
        Travelled [m].
    rate, acceleration : (n,) float64
        First and second time derivative of `length` [m/s], [m/s2].
    velocity, point_acceleration : (n, 3) float64
        Of the last point [m/s], [m/s2].
    departure : (n, 3) float64
        Direction at launch.
    first_instance : (n,) int32
        -1 before the first hit.
    kinds : (n,) uint32
        Interaction digits so far.
    owner : (n,) int32
        Owner of the grid.
    cell : (n,) float64
        Side of the diffuse phase cells [m].
    """

    origin: np.ndarray
    direction: np.ndarray
    axis_u: np.ndarray
    axis_v: np.ndarray
    field: np.ndarray
    length: np.ndarray
    rate: np.ndarray
    acceleration: np.ndarray
    velocity: np.ndarray
    point_acceleration: np.ndarray
    departure: np.ndarray
    first_instance: np.ndarray
    kinds: np.ndarray
    owner: np.ndarray
    cell: np.ndarray

    def select(self, which: np.ndarray) -> "Tubes":
        """Return the tubes picked by a boolean mask or an index array."""
        return Tubes(*(array[which] for array in self))


class Surfaces(NamedTuple):
    """What the triangles are made of: per triangle (first four), then per material."""

    normal: np.ndarray  # (num_triangles, 3) float64
    material: np.ndarray  # (num_triangles,) int32
    part: np.ndarray  # (num_triangles,) int32
    flat: np.ndarray  # (num_triangles,) bool
    permittivity: np.ndarray  # (num_materials,) complex128
    rms_height: np.ndarray  # (num_materials,) float64 [m]
    scattering: np.ndarray  # (num_materials,) float64


class Bodies(NamedTuple):
    """Rigid motion of the parts at the middle of the frame."""

    pose: np.ndarray  # (num_parts, 4, 4) float64
    velocity: np.ndarray  # (num_parts, 3) float64 [m/s]
    spin: np.ndarray  # (num_parts, 3) float64 [rad/s]
    acceleration: np.ndarray  # (num_parts, 3) float64 [m/s2]


class Receiver(NamedTuple):
    """The receiving element, the wave and the seed of the surfaces' phases."""

    position: np.ndarray  # (3,) float64 [m]
    axes: np.ndarray  # (3, 3) float64, rows = right, down, forward in world axes
    pattern: int
    wavelength: float
    seed: int
    coherent: bool  # keep the coherent contribution
    diffuse: bool  # keep the diffuse contribution


class Contributions(NamedTuple):
    """What a block of hits gives the receiver; filled by `interact`."""

    gain: np.ndarray  # (n,) complex128, visibility not yet looked at
    length: np.ndarray  # (n,) float64, of the whole path [m]
    rate: np.ndarray  # (n,) float64 [m/s]
    acceleration: np.ndarray  # (n,) float64 [m/s2]
    arrival: np.ndarray  # (n, 3) float64, receiver to hit
    normal: np.ndarray  # (n, 3) float64, on the lit side
    goes_on: np.ndarray  # (n,) bool: the surface is flat

    @classmethod
    def empty(cls, n: int) -> "Contributions":
        """Room for `n` hits."""
        real = (np.empty(n), np.empty(n), np.empty(n))
        return cls(np.zeros(n, np.complex128), *real, np.empty((n, 3)), np.empty((n, 3)), np.zeros(n, bool))


@njit(cache=True, nogil=True)
def transmit_field(direction, axes, pattern):
    """Field of a vertically polarised transmitter in every direction.

    Parameters
    ----------
    direction : (n, 3) float64
        World unit vectors.
    axes : (3, 3) float64
        Rows = right, down, forward of the transmitter in world axes.
    pattern : int
        `raysim.antenna.Pattern`.

    Returns
    -------
    (n, 3) complex128
        Transverse field times the amplitude gain.
    """
    field = np.empty(direction.shape, np.complex128)
    right, down, forward = row(axes, 0), row(axes, 1), row(axes, 2)
    for i in range(len(direction)):
        d = row(direction, i)
        gain = amplitude_gain(pattern, d, right, down, forward)
        p = vertical_polarisation(d, down)
        store(field, i, (gain * p[0] + 0j, gain * p[1] + 0j, gain * p[2] + 0j))
    return field


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
def _gain(tubes, i, receiver, surfaces, bodies, triangle, reflection, point, travelled, back, s, normal, cos_in):
    """Amplitude of hit i at the receiver, both contributions."""
    cos_out = dot(back, normal)
    if cos_out <= 0:
        return 0.0j
    material = surfaces.material[triangle]
    k = 2 * pi / receiver.wavelength
    rms_phase = k * surfaces.rms_height[material]
    d, u, v = row(tubes.direction, i), row(tubes.axis_u, i), row(tubes.axis_v, i)
    field, omega = row(tubes.field, i), norm(cross(u, v))
    toward = (-back[0], -back[1], -back[2])
    down = row(receiver.axes, 1)
    antenna = amplitude_gain(receiver.pattern, toward, row(receiver.axes, 0), down, row(receiver.axes, 2))
    total = 0.0j
    if receiver.coherent:
        turn_u = phase_turn(u, d, normal, cos_in, travelled, back)
        turn_v = phase_turn(v, d, normal, cos_in, travelled, back)
        weight = coherent_weight(omega, k, turn_u, turn_v, travelled, s, cos_in, cos_out)
        if weight != 0.0:
            rho = np.sqrt(mirror_power(surfaces.scattering[material], rms_phase, cos_in + cos_out))
            scattered = scattered_field(field, d, back, normal, reflection[0], reflection[1])
            total += rho * weight * dot(vertical_polarisation(toward, down), scattered)
    diffuse_power = 1.0 - mirror_power(surfaces.scattering[material], rms_phase, 2 * cos_in)
    if receiver.diffuse and diffuse_power > 0:
        incident = np.sqrt(power(field[0]) + power(field[1]) + power(field[2]))
        mean_reflection = np.sqrt((power(reflection[0]) + power(reflection[1])) / 2)
        weight = diffuse_weight(omega, receiver.wavelength, diffuse_power, mean_reflection, s, cos_out)
        part = surfaces.part[triangle]
        chi = cell_phase(point, bodies.pose[part], tubes.cell[i], part, receiver.seed)
        total += incident * weight * complex(np.cos(chi), np.sin(chi))
    return antenna * total


@njit(cache=True)
def _bounce(tubes, i, receiver, surfaces, triangle, reflection, normal, cos_in):
    """Turn tube i into its mirror image in the surface."""
    material = surfaces.material[triangle]
    rms_phase = 2 * pi / receiver.wavelength * surfaces.rms_height[material]
    rho = np.sqrt(mirror_power(surfaces.scattering[material], rms_phase, 2 * cos_in))
    d, u, v = row(tubes.direction, i), row(tubes.axis_u, i), row(tubes.axis_v, i)
    mirrored = combine(1.0, d, 2 * cos_in, normal)
    field = scattered_field(row(tubes.field, i), d, mirrored, normal, reflection[0], reflection[1])
    store(tubes.field, i, (rho * field[0], rho * field[1], rho * field[2]))
    store(tubes.axis_u, i, combine(1.0, u, -2 * dot(u, normal), normal))
    store(tubes.axis_v, i, combine(1.0, v, -2 * dot(v, normal), normal))
    store(tubes.direction, i, mirrored)


@njit(cache=True, nogil=True)
def interact(tubes, distance, triangle, surfaces, bodies, receiver, out):
    """Move a block of tubes to their hits (in place), give each hit's contribution, bounce the tubes.

    Parameters
    ----------
    tubes : Tubes
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
        d, normal = row(tubes.direction, i), row(surfaces.normal, t)
        cos_in = -dot(d, normal)
        if cos_in < 0:
            normal = (-normal[0], -normal[1], -normal[2])
        cos_in = max(abs(cos_in), 1e-9)
        point = combine(1.0, row(tubes.origin, i), distance[i], d)
        travelled = tubes.length[i] + distance[i]
        line = combine(1.0, (receiver.position[0], receiver.position[1], receiver.position[2]), -1.0, point)
        s = norm(line)
        back = (line[0] / s, line[1] / s, line[2] / s)

        v, a = _body_motion(point, bodies, surfaces.part[t])
        dv, da = combine(1.0, v, -1.0, row(tubes.velocity, i)), combine(1.0, a, -1.0, row(tubes.point_acceleration, i))
        rate, acceleration = _segment_derivatives(d, distance[i], dv, da)
        tubes.rate[i] += rate
        tubes.acceleration[i] += acceleration
        rate, acceleration = _segment_derivatives(back, s, (-v[0], -v[1], -v[2]), (-a[0], -a[1], -a[2]))
        out.length[i] = travelled + s
        out.rate[i] = tubes.rate[i] + rate
        out.acceleration[i] = tubes.acceleration[i] + acceleration
        store(out.arrival, i, (-back[0], -back[1], -back[2]))
        store(out.normal, i, normal)
        out.goes_on[i] = surfaces.flat[t]

        reflection = fresnel(surfaces.permittivity[surfaces.material[t]], cos_in)
        out.gain[i] = _gain(
            tubes, i, receiver, surfaces, bodies, t, reflection, point, travelled, back, s, normal, cos_in
        )
        if out.goes_on[i]:
            _bounce(tubes, i, receiver, surfaces, t, reflection, normal, cos_in)
        store(tubes.origin, i, point)
        store(tubes.velocity, i, v)
        store(tubes.point_acceleration, i, a)
        tubes.length[i] = travelled
