"""Reflection at a plane surface and its action on the transverse field.

Time factor exp(+j w t), so a lossy permittivity has a negative imaginary part. TE = perpendicular to the
plane of incidence. The TM coefficient belongs to the basis e_tm = k x e_te on both sides, so a perfect
conductor has TE -1 and TM +1, and both are -E at normal incidence.
"""

import numpy as np
from numba import njit

from raysim.vectors import combine, cross, dot, norm, power


@njit(cache=True, error_model="numpy", inline="always")
def ratio(a, b):
    """Divide complex numbers of ordinary size: a third of the time of a division that minds overflow."""
    share = 1.0 / power(b)
    return complex((a.real * b.real + a.imag * b.imag) * share, (a.imag * b.real - a.real * b.imag) * share)


@njit(cache=True, error_model="numpy", inline="always")
def root_of(z):
    """Take the principal square root of a complex number of ordinary size, its real part above 0."""
    real = np.sqrt((np.sqrt(power(z)) + z.real) / 2)
    return complex(real, z.imag / (2 * real))


@njit(cache=True, error_model="numpy")
def fresnel(permittivity, cos_incidence):
    """Half-space reflection coefficients.

    Parameters
    ----------
    permittivity : complex
        Relative permittivity [1]; an infinite imaginary part = perfect conductor.
    cos_incidence : float
        Cosine of the angle between ray and normal, in (0, 1].

    Returns
    -------
    te, tm : complex
        Reflection coefficients.

    References
    ----------
    ITU-R P.2040-4, eqs. (31a), (31b).
    """
    if np.isinf(permittivity.imag):
        return -1.0 + 0.0j, 1.0 + 0.0j
    refracted = permittivity - (1.0 - cos_incidence * cos_incidence)
    root = root_of(refracted) if refracted.real > 0.0 else np.sqrt(refracted)
    along = permittivity * cos_incidence
    return ratio(cos_incidence - root, cos_incidence + root), ratio(along - root, along + root)


@njit(cache=True, error_model="numpy")
def te_direction(incident, normal):
    """Return a unit vector perpendicular to the plane of incidence; any transverse one at normal incidence."""
    te = cross(incident, normal)
    length = norm(te)
    if length < 1e-9:
        axis = (1.0, 0.0, 0.0) if abs(normal[0]) < 0.9 else (0.0, 1.0, 0.0)
        te = cross(axis, normal)
        length = norm(te)
    return te[0] / length, te[1] / length, te[2] / length


@njit(cache=True, error_model="numpy")
def mirrored_field(field, incident, outgoing, normal, te_gain, tm_gain):
    """`scattered_field` for an `outgoing` in the plane of incidence, as a mirror or a pane sends it: cheaper."""
    te = cross(incident, normal)
    share = 1 / dot(te, te)
    if share > 1e18:
        te, share = te_direction(incident, normal), 1.0
    tm, tm_out = cross(incident, te), cross(outgoing, te)
    return combine(share * te_gain * dot(te, field), te, share * tm_gain * dot(tm, field), tm_out)


@njit(cache=True, error_model="numpy")
def scattered_field(field, incident, outgoing, normal, te_gain, tm_gain):
    """Field that leaves a surface towards `outgoing`.

    Parameters
    ----------
    field : tuple of 3 complex
        Transverse field before the surface.
    incident, outgoing, normal : tuple of 3 float
        Unit vectors; the normal points against `incident`.
    te_gain, tm_gain : complex
        Reflection coefficients.

    Returns
    -------
    tuple of 3 complex
        Transverse to `outgoing`. For the specular direction this is Snell's reflection; for others the
        TE axis is made transverse to `outgoing`, so that in backscatter a conductor returns -field whatever
        its tilt, as the physical-optics integral does.
    """
    te = te_direction(incident, normal)
    tm = cross(incident, te)
    te_out = combine(1.0, te, -dot(te, outgoing), outgoing)
    length = norm(te_out)
    if length < 1e-9:
        return 0.0j, 0.0j, 0.0j
    te_out = (te_out[0] / length, te_out[1] / length, te_out[2] / length)
    tm_out = cross(outgoing, te_out)
    return combine(te_gain * dot(te, field), te_out, tm_gain * dot(tm, field), tm_out)
