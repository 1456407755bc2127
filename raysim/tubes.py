"""What one ray tube gives the receiver at a hit, and what it carries on.

A tube of solid angle Omega lights a patch of a surface. The patch returns a coherent part (physical optics with
the closed-form integral of the linear phase over the patch) and a diffuse part (effective roughness with a phase
that belongs to the place on the surface). On a flat surface the tube then goes on as a mirror image of itself.
"""

from dataclasses import dataclass, fields

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.antenna import amplitude_gain, vertical_polarisation
from raysim.fresnel import fresnel, scattered_field
from raysim.vectors import combine, cross, dot, norm, row, store

SURFACE_OFFSET = 5e-4  # [m] a ray starts this far off the surface it left


@dataclass(frozen=True)
class Tubes:
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
        First and second time derivative of `length` but for the free end [m/s], [m/s2].
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

    def __len__(self) -> int:
        return len(self.length)

    def select(self, which: np.ndarray) -> "Tubes":
        """Return the tubes picked by a boolean mask or an index array."""
        return Tubes(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


@njit(cache=True, nogil=True)
def transmit_field(direction, axes, pattern):
    """Field of a vertically polarised transmitter in every direction, (n, 3) complex128; axes = columns x, y, z."""
    field = np.empty(direction.shape, np.complex128)
    right, down, forward = row(axes, 0), row(axes, 1), row(axes, 2)
    for i in range(len(direction)):
        d = row(direction, i)
        gain = amplitude_gain(pattern, d, right, down, forward)
        p = vertical_polarisation(d, down)
        store(field, i, (gain * p[0] + 0j, gain * p[1] + 0j, gain * p[2] + 0j))
    return field


@njit(cache=True)
def _sinc(x):
    return 1.0 if abs(x) < 1e-8 else np.sin(x) / x


@njit(cache=True)
def _phase_turn(axis, direction, normal, cos_in, length, back):
    """d(length + return distance) / d(tube angle) times the tube's width [m]."""
    step = combine(length, axis, length * dot(axis, normal) / cos_in, direction)
    return dot(step, direction) - dot(step, back)


@njit(cache=True)
def coherent_gain(omega, wavenumber, turns, length, back_length, cos_in, cos_out):
    """Physical-optics weight of a tube, reflection and antennas aside.

    Closed-form integral of the linear phase over the footprint; for length = back_length it is Omega / (4 pi), so
    one weight is right for a small facet and for a wall.
    """
    shape = _sinc(wavenumber * turns[0] / 2) * _sinc(wavenumber * turns[1] / 2)
    return omega / (4 * pi) * (length / back_length) * (cos_in + cos_out) / (2 * cos_in) * shape


@njit(cache=True)
def _mix(h):
    """Finaliser of splitmix64."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@njit(cache=True)
def cell_phase(point, pose, cell, part, seed):
    """Phase in [0, 2 pi) of the surface cell around a world point: it moves with its body."""
    arm = (point[0] - pose[0, 3], point[1] - pose[1, 3], point[2] - pose[2, 3])
    h = _mix(np.uint64(seed) + np.uint64(part) * np.uint64(0x9E3779B97F4A7C15))
    for k in range(3):
        local = pose[0, k] * arm[0] + pose[1, k] * arm[1] + pose[2, k] * arm[2]
        h = _mix(h + np.uint64(np.int64(np.floor(local / cell))) * np.uint64(0x9E3779B97F4A7C15))
    return 2 * pi * (np.float64(h >> np.uint64(11)) / 9007199254740992.0)


@njit(cache=True)
def _body_motion(point, pose, velocity, spin, acceleration):
    """Velocity and acceleration of a point of a rigid body."""
    arm = (point[0] - pose[0, 3], point[1] - pose[1, 3], point[2] - pose[2, 3])
    turning = cross(spin, arm)
    return combine(1.0, velocity, 1.0, turning), combine(1.0, acceleration, 1.0, cross(spin, turning))


@njit(cache=True)
def _segment_derivatives(direction, length, dv, da):
    """First and second time derivative of a segment's length, given its ends' relative motion."""
    along = dot(direction, dv)
    return along, (dot(dv, dv) - along * along) / length + dot(direction, da)


@njit(cache=True, nogil=True)
def interact(
    origin, direction, axis_u, axis_v, field, length, rate, acceleration, velocity, point_acceleration, cell,
    distance, triangle, normals, triangle_material, triangle_part, flat,
    permittivity, rms_height, scattering,
    pose, part_velocity, part_spin, part_acceleration,
    receiver, receiver_axes, pattern, wavelength, seed, parts,
    gain, path_length, path_rate, path_acceleration, arrival, outgoing, goes_on,
):  # fmt: skip
    """Advance a block of tubes to their hits (in place) and give each hit's contribution.

    The state arrays are those of `Tubes` and are overwritten with the state after the mirror-like bounce. `parts`
    = (coherent, diffuse) weights, each 0 or 1. Outputs: `gain` (n,) complex128 without visibility, `path_length`,
    `path_rate`, `path_acceleration` (n,) of the whole path to the receiver, `arrival` (n, 3) from the receiver to
    the hit, `outgoing` (n, 3) the surface normal on the lit side, `goes_on` (n,) bool.

    References
    ----------
    Coherent part: physical optics over a tube's footprint. Diffuse part: V. Degli-Esposti et al., IEEE Trans.
    Antennas Propag. 55 (2007) 143, eqs. (1)-(8), Lambertian lobe.
    """
    k = 2 * pi / wavelength
    right, down, forward = row(receiver_axes, 0), row(receiver_axes, 1), row(receiver_axes, 2)
    for i in range(len(distance)):
        t = triangle[i]
        d = row(direction, i)
        n = row(normals, t)
        cos_in = -dot(d, n)
        if cos_in < 0:
            n = (-n[0], -n[1], -n[2])
            cos_in = -cos_in
        cos_in = max(cos_in, 1e-9)
        point = combine(1.0, row(origin, i), distance[i], d)
        travelled = length[i] + distance[i]

        part = triangle_part[t]
        v, a = _body_motion(
            point, pose[part], row(part_velocity, part), row(part_spin, part), row(part_acceleration, part)
        )
        dv, da = combine(1.0, v, -1.0, row(velocity, i)), combine(1.0, a, -1.0, row(point_acceleration, i))
        first, second = _segment_derivatives(d, distance[i], dv, da)
        rate[i] += first
        acceleration[i] += second

        line = combine(1.0, row(receiver, 0), -1.0, point)
        s = norm(line)
        back = (line[0] / s, line[1] / s, line[2] / s)
        cos_out = dot(back, n)
        first, second = _segment_derivatives(back, s, (-v[0], -v[1], -v[2]), (-a[0], -a[1], -a[2]))
        path_length[i] = travelled + s
        path_rate[i] = rate[i] + first
        path_acceleration[i] = acceleration[i] + second
        toward = (-back[0], -back[1], -back[2])
        store(arrival, i, toward)
        store(outgoing, i, n)

        m = triangle_material[t]
        te, tm = fresnel(permittivity[m], cos_in)
        e = (field[i, 0], field[i, 1], field[i, 2])
        smooth = 1.0 - scattering[m] ** 2
        roughness = (k * rms_height[m]) ** 2
        mirror_power = smooth * np.exp(-roughness * (2 * cos_in) ** 2)
        gain[i] = 0.0
        if cos_out > 0:
            u, w = row(axis_u, i), row(axis_v, i)
            omega = norm(cross(u, w))
            receive = amplitude_gain(pattern, toward, right, down, forward)
            polarisation = vertical_polarisation(toward, down)
            if parts[0] > 0:
                turns = (
                    _phase_turn(u, d, n, cos_in, travelled, back),
                    _phase_turn(w, d, n, cos_in, travelled, back),
                )
                weight = coherent_gain(omega, k, turns, travelled, s, cos_in, cos_out)
                rho = np.sqrt(smooth * np.exp(-roughness * (cos_in + cos_out) ** 2))
                scattered = scattered_field(e, d, back, n, te, tm)
                gain[i] += receive * rho * weight * dot(polarisation, scattered)
            if parts[1] > 0 and mirror_power < 1.0:
                strength = np.sqrt(
                    e[0].real ** 2 + e[0].imag ** 2 + e[1].real ** 2 + e[1].imag ** 2 + e[2].real ** 2 + e[2].imag ** 2
                )
                mean_reflection = np.sqrt((abs(te) ** 2 + abs(tm) ** 2) / 2)
                spread = np.sqrt((1.0 - mirror_power) * cos_out / pi * omega) / s
                chi = cell_phase(point, pose[part], cell[i], part, seed)
                amplitude = receive * wavelength / (4 * pi) * strength * mean_reflection * spread
                gain[i] += amplitude * complex(np.cos(chi), np.sin(chi))

        # the tube after a mirror-like bounce
        goes_on[i] = flat[t]
        mirrored = combine(1.0, d, 2 * cos_in, n)
        out = scattered_field(e, d, mirrored, n, te, tm)
        rho = np.sqrt(mirror_power)
        store(field, i, (rho * out[0], rho * out[1], rho * out[2]))
        u, w = row(axis_u, i), row(axis_v, i)
        store(axis_u, i, combine(1.0, u, -2 * dot(u, n), n))
        store(axis_v, i, combine(1.0, w, -2 * dot(w, n), n))
        store(direction, i, mirrored)
        store(origin, i, point)
        store(velocity, i, v)
        store(point_acceleration, i, a)
        length[i] = travelled
