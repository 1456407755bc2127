"""Amplitude that a lit patch of surface sends to the receiver: the two contributions of a tube.

Both are numba device functions on plain numbers. The coherent part is physical optics with the closed-form
integral of the linear phase over the patch; the diffuse part is effective roughness whose phase belongs to the
place on the surface.
"""

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.materials import Material
from raysim.vectors import combine, dot

_CELL_SHIFT = 0.381966  # of a cell, irrational: no design plane (a ground at z = 0) lies on a border of two cells
CANOPY = -1.0  # in place of a lobe's first exponent
_PHASORS = np.exp(2j * pi * np.arange(1024) / 1024)
RESOLVED_TURN = 2 * pi  # [rad] phase across a tube up to which its sum over the surface is trusted


@njit(cache=True, error_model="numpy")
def resolved_share(turn):
    """Share of a tube's physical optics that is kept, for a phase `turn` >= 0 [rad] from side to side."""
    if turn >= 2 * RESOLVED_TURN:
        return 0.0
    return 1.0 if turn <= RESOLVED_TURN else np.cos(pi / 2 * (turn / RESOLVED_TURN - 1)) ** 2


@njit(cache=True, error_model="numpy", inline="always")
def is_resolved(turn):
    """Tell whether a phase `turn` [rad] from side to side leaves a tube any physical optics."""
    return abs(turn) < 2 * RESOLVED_TURN


@njit(cache=True, error_model="numpy")
def _footprint_factor(turn):
    """Integral of a linear phase over a tube's width, `turn` [rad] from side to side, over that of no phase.

    A sinc, faded out between one and two times `RESOLVED_TURN`. Where the phase turns faster, the surface is far from
    any specular point and its tubes should cancel; what they leave instead is a lattice ghost: tubes whose turns
    are whole add up.
    """
    turn = abs(turn)
    if turn < 1e-8:
        return 1.0
    if not is_resolved(turn):
        return 0.0
    return resolved_share(turn) * np.sin(turn / 2) / (turn / 2)


@njit(cache=True, error_model="numpy", inline="always")
def footprint_step(axis, direction, normal, cos_in, length):
    """Way across a tube on the surface [m]; parameters as for `phase_turn`."""
    return combine(length, axis, length * dot(axis, normal) / cos_in, direction)


@njit(cache=True, error_model="numpy")
def phase_turn(axis, direction, normal, cos_in, length, back):
    """Change of (length + return distance) across a tube [m]: d(L + s)/d(angle) times the tube's width.

    Parameters
    ----------
    axis : tuple of 3 float
        Change of the direction across the tube [rad].
    direction, normal, back : tuple of 3 float
        Unit vectors: of travel, of the surface (against the travel), towards the receiver.
    cos_in, length : float
        Cosine of incidence; travelled length [m].
    """
    step = footprint_step(axis, direction, normal, cos_in, length)
    return dot(step, direction) - dot(step, back)


@njit(cache=True, error_model="numpy", inline="always")
def bare_weight(omega, length, back_length, cos_in, cos_out):
    """Physical-optics weight of a tube [1] of one phase, reflection and antennas aside.

    For length = back_length it is Omega / (4 pi) at the specular point: the same weight is right for a facet of two
    centimetres and for a wall.
    """
    return omega / (4 * pi) * (length / back_length) * (cos_in + cos_out) / (2 * cos_in)


@njit(cache=True, error_model="numpy")
def coherent_weight(omega, wavenumber, turn_u, turn_v, length, back_length, cos_in, cos_out):
    """`bare_weight` times the mean of the linear phase over the footprint."""
    shape = _footprint_factor(wavenumber * turn_u) * _footprint_factor(wavenumber * turn_v)
    return bare_weight(omega, length, back_length, cos_in, cos_out) * shape


@njit(cache=True, error_model="numpy")
def _moments(turn):
    """Integrals over a unit width of cos(turn x), x sin(turn x) and x^2 cos(turn x), faded."""
    kept = resolved_share(abs(turn))
    if abs(turn) < 1e-2:
        return kept, kept * turn / 12, kept / 12
    sine, cosine = kept * np.sin(turn / 2) / turn, kept * np.cos(turn / 2) / turn
    return 2 * sine, 2 * sine / turn - cosine, sine / 2 + 2 * cosine / turn - 4 * sine / turn**2


@njit(cache=True, error_model="numpy", inline="always")
def _phase_bend(one, other, direction, back, fronts):
    """Second derivative of (length + return distance) along two steps on the surface [m]."""
    both = dot(one, other)
    way_in = both - dot(one, direction) * dot(other, direction)
    return fronts[0] * way_in + fronts[1] * (both - dot(one, back) * dot(other, back))


@njit(cache=True, error_model="numpy")
def footprint_bend(wavenumber, step_u, step_v, direction, back, fronts):
    """Imaginary part of the mean of exp(-j phase) over a footprint: what the bend of the phase adds, first order.

    Without it the tubes of a wall across which the phase turns once leave a ghost of a few hundredths of its echo: each
    errs by a hundredth of itself, and all of them add up.

    Parameters
    ----------
    wavenumber : float
        [rad/m].
    step_u, step_v : tuple of 3 float
        Ways across the footprint, on the surface [m].
    direction, back : tuple of 3 float
        Unit vectors: of travel, towards the receiver.
    fronts : tuple of 2 float
        Curvatures of the waves that come in and go back [1/m]: one over their lengths.
    """
    turn_u, turn_v = dot(step_u, direction) - dot(step_u, back), dot(step_v, direction) - dot(step_v, back)
    u, v = _moments(wavenumber * turn_u), _moments(wavenumber * turn_v)
    bend_uu = _phase_bend(step_u, step_u, direction, back, fronts)
    bend_vv = _phase_bend(step_v, step_v, direction, back, fronts)
    bend_uv = _phase_bend(step_u, step_v, direction, back, fronts)
    bent = bend_uv * u[1] * v[1] - (bend_uu * u[2] * v[0] + bend_vv * u[0] * v[2]) / 2
    # tubes too wide for the first order keep that of a radian
    return wavenumber * bent / max(wavenumber * max(bend_uu, bend_vv), 1.0)


@njit(cache=True, error_model="numpy")
def lobe_power(alpha, cosine):
    """Power of the lobe ((1 + cos psi) / 2)^alpha over the half-space [sr], psi from the lobe's axis.

    Parameters
    ----------
    alpha : float
        Whole number >= 1.
    cosine : float
        Between the normal and the axis.

    References
    ----------
    V. Degli-Esposti et al., IEEE Trans. Antennas Propag. 55 (2007) 143: F_alpha, the binomial sum over the integrals of
    cos^j psi, which are 2 pi / (j + 1) for even j and as much times a series in sin^2 for odd j.
    """
    total, binomial, term, series = 0.0, 1.0, 1.0, 0.0
    for j in range(int(alpha) + 1):
        if j % 2:
            series += term
            term *= (1 - cosine * cosine) * j / (j + 1)
        total += binomial / (j + 1) * (cosine * series if j % 2 else 1.0)
        binomial *= (alpha - j) / (j + 1)
    return 2 * pi * total / 2**alpha


def lobe_row(material: Material) -> tuple[float, float, float]:
    """Return how a material scatters: alpha_r, alpha_i, share; zeros if Lambertian; (`CANOPY`, 0, albedo)."""
    if material.albedo:
        return CANOPY, 0.0, material.albedo
    lobe = material.lobe
    return (lobe.alpha_r, lobe.alpha_i, lobe.share) if lobe else (0.0, 0.0, 0.0)


@njit(cache=True, error_model="numpy", inline="always")
def lobe_density(lobe, direction, cos_in, back, cos_out):
    """Share of the scattered power that leaves along `back` [1/sr]; over the half-space it sums to one.

    Of a canopy it is the share of what its elements scatter; the rest is lost on its way out.

    Parameters
    ----------
    lobe : tuple of 3 float
        `lobe_row`.
    direction, back : tuple of 3 float
        Unit vectors: of travel, and towards the receiver.
    cos_in, cos_out : float
        Of incidence and scattering.

    References
    ----------
    V. Degli-Esposti et al., IEEE Trans. Antennas Propag. 55 (2007) 143: the models named Lambertian, single lobe and
    double lobe. S. Chandrasekhar, Radiative Transfer (1950), section 26: what isotropic scatterers of a deep layer send
    back at their first meeting, the law of Lommel and Seeliger.
    """
    if lobe[0] == 0.0:
        return cos_out / pi
    if lobe[0] == CANOPY:
        return cos_out / (4 * pi * (cos_in + cos_out))
    along = dot(direction, back)
    forward, backward = max(1 + along + 2 * cos_in * cos_out, 0.0) / 2, max(1 - along, 0.0) / 2
    peak = lobe[2] * forward ** lobe[0] + (1 - lobe[2]) * backward ** lobe[1]
    return peak / (lobe[2] * lobe_power(lobe[0], cos_in) + (1 - lobe[2]) * lobe_power(lobe[1], cos_in))


@njit(cache=True, error_model="numpy")
def diffuse_weight(omega, wavelength, scattered_power, back_length, density):
    """Effective-roughness weight of a tube, phase and antennas aside; the unit is that of the field.

    Parameters
    ----------
    omega : float
        Solid angle of the tube [sr].
    wavelength, back_length : float
        [m].
    scattered_power : float
        Of the incident power |E|^2 the share S^2 that leaves the specular direction, times the mean |Gamma|^2 of both
        polarisations: the co-polar one alone digs a Brewster hole.
    density : float
        `lobe_density` towards the receiver [1/sr].

    References
    ----------
    V. Degli-Esposti et al., IEEE Trans. Antennas Propag. 55 (2007) 143, eqs. (1)-(8).
    """
    return wavelength / (4 * pi) * np.sqrt(scattered_power * density * omega) / back_length


@njit(cache=True, error_model="numpy")
def mirror_power(scattering, rms_phase, cosine_sum):
    """Share rho^2 of the power that stays coherent.

    Parameters
    ----------
    scattering : float
        S0 of the material.
    rms_phase : float
        Wavenumber times rms height [rad].
    cosine_sum : float
        cos(incidence) + cos(exit).
    """
    share = 1.0 - scattering * scattering
    return share if rms_phase == 0.0 else share * np.exp(-((rms_phase * cosine_sum) ** 2))


@njit(cache=True, error_model="numpy", inline="always")
def _mix(h):
    """Finaliser of splitmix64."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@njit(cache=True, error_model="numpy", inline="always")
def in_body(point, poses, part):
    """Return a world point in the axes of a part; poses (num_parts, 4, 4) float64, body to world."""
    x, y, z = point[0] - poses[part, 0, 3], point[1] - poses[part, 1, 3], point[2] - poses[part, 2, 3]
    return (
        poses[part, 0, 0] * x + poses[part, 1, 0] * y + poses[part, 2, 0] * z,
        poses[part, 0, 1] * x + poses[part, 1, 1] * y + poses[part, 2, 1] * z,
        poses[part, 0, 2] * x + poses[part, 1, 2] * y + poses[part, 2, 2] * z,
    )


@njit(cache=True, error_model="numpy", inline="always")
def cell_draw(local, cell, part, seed):
    """Draw the number in [0, 2^64) of the surface cell around a point: it moves with its body.

    Parameters
    ----------
    local : tuple of 3 float
        `in_body` [m].
    cell : float
        Side of the cells [m]. At most half a footprint, so that tubes do not share cells: they would add
        coherently and the power would depend on the number of rays.
    part, seed : int
    """
    per_metre, h = 1 / cell, np.uint64(seed) + np.uint64(part) * np.uint64(0x9E3779B97F4A7C15)
    h += np.uint64(np.int64(np.floor(local[0] * per_metre + _CELL_SHIFT))) * np.uint64(0xD1342543DE82EF95)
    h += np.uint64(np.int64(np.floor(local[1] * per_metre + _CELL_SHIFT))) * np.uint64(0xAF251AF3B0F025B5)
    h += np.uint64(np.int64(np.floor(local[2] * per_metre + _CELL_SHIFT))) * np.uint64(0x2545F4914F6CDD1D)
    return _mix(_mix(h))


@njit(cache=True, error_model="numpy", inline="always")
def cell_phasor(draw):
    """Return the phasor of a `cell_draw`: 1,024 phases in equal steps, whose powers up to the 1,023rd average to 0."""
    return _PHASORS[np.int64(draw >> np.uint64(54))]
