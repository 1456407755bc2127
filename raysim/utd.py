"""Uniform theory of diffraction at a straight wedge (Kouyoumjian-Pathak, Luebbers).

Time factor exp(+j w t). The wedge's faces lie at the angles 0 and n pi, free space between them; ``phi_in``
and ``phi_out`` are the angles of source and observer about the edge, ``beta`` the angle between the edge and
the incident ray. A field on its way to the edge has the amplitudes ``(soft, hard) = (-beta_in . E, -phi_in . E)``,
behind it ``E = beta_out soft + phi_out hard`` (Kouyoumjian and Pathak 1974, eqs. 13-16), so that a perfect
conductor mixes neither, and at normal incidence soft is E and hard H along the edge.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.special import wofz

from raysim.fresnel import fresnel

GRAZING_COSINE = 1e-6  # reflection coefficients are taken no closer to grazing than this


class WedgeTerms(NamedTuple):
    """The parts of the diffraction coefficient [sqrt(m)], each (num_rays,) complex128.

    ``incident`` makes up for the direct field that ends at the shadow boundary, ``face_0`` and ``face_n`` for
    the reflected fields of the two faces; they have to be multiplied by the faces' reflection coefficients.
    """

    incident: np.ndarray
    face_0: np.ndarray
    face_n: np.ndarray


def _cotangent_term(n, k_l, angle):
    """``cot((pi + angle) / 2n) F(k L a+(angle))`` with the pole of one and the zero of the other cancelled.

    F is the transition function, ``F(x) = 2 j sqrt(x) exp(j x) int_sqrt(x)^inf exp(-j t^2) dt`` (eq. 26).
    """
    turns = np.rint((angle + np.pi) / (2 * np.pi * n))  # N+ of eq. 28
    miss = angle + np.pi - 2 * np.pi * n * turns  # from the boundary of this term
    half, part = 0.5 * miss, miss / (2 * n)
    small = np.abs(part) < 1e-8
    safe = np.where(small, 1.0, part)
    ratio = np.where(small, n, np.sin(np.where(small, 1.0, half)) / np.sin(safe))  # sin(miss/2) / sin(miss/2n)
    side = np.where(miss < 0, -1.0, 1.0)
    root = np.sqrt(2.0 * k_l) * np.abs(np.sin(half))  # sqrt(k L a)
    slope = np.sqrt(2 * np.pi * k_l) * np.exp(0.25j * np.pi) * wofz(np.exp(0.75j * np.pi) * root)
    return slope * np.cos(part) * side * np.abs(ratio)


def wedge_terms(
    n: np.ndarray,
    wavenumber: float,
    distance: np.ndarray,
    beta: np.ndarray,
    phi_in: np.ndarray,
    phi_out: np.ndarray,
) -> WedgeTerms:
    """Terms of the uniform diffraction coefficient.

    Parameters
    ----------
    n : (num_rays,) float
        Exterior wedge angle over pi, in (1, 2]; 2 = half plane.
    wavenumber : float
        k [rad/m].
    distance : (num_rays,) float
        Distance parameter L [m]: `spherical_distance` for a point source.
    beta, phi_in, phi_out : (num_rays,) float
        Angles [rad]; phi in [0, n pi].

    Returns
    -------
    WedgeTerms
        ``D_soft = incident - face_0 - face_n``, ``D_hard = incident + face_0 + face_n`` for a conductor.
        On a boundary itself a term takes one of its two limits.

    References
    ----------
    Kouyoumjian and Pathak 1974, eq. 25; Luebbers, IEEE Trans. Antennas Propag. 32 (1984), eq. 3.
    """
    scale = -np.exp(-0.25j * np.pi) / (2 * n * np.sqrt(2 * np.pi * wavenumber) * np.sin(beta))
    k_l, minus, plus = wavenumber * distance, phi_out - phi_in, phi_out + phi_in
    return WedgeTerms(
        scale * (_cotangent_term(n, k_l, minus) + _cotangent_term(n, k_l, -minus)),
        scale * _cotangent_term(n, k_l, -plus),
        scale * _cotangent_term(n, k_l, plus),
    )


def optics_terms(
    n: np.ndarray,
    wavenumber: float,
    distance: np.ndarray,
    beta: np.ndarray,
    phi_in: np.ndarray,
    phi_out: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Part of the terms `face_0` and `face_n` that a sum of narrow tubes over the faces holds.

    Parameters
    ----------
    n, wavenumber, distance, beta, phi_in, phi_out
        As in `wedge_terms`.

    Returns
    -------
    face_0, face_n : (num_rays,) complex128
        What the rim of a lit aperture radiates with the obliquity ``(cos ti + cos ts) / 2`` of the tubes: the same pole
        at the reflection boundary as the wedge's, so the difference of both is finite. 0 where a face is dark or turned
        away.

    References
    ----------
    Ufimtsev, Fundamentals of the Physical Theory of Diffraction, chapter 3: Keller's coefficient minus that of physical
    optics, here with Kirchhoff's obliquity ``tan((phi + phi') / 2) / 2`` in place of the vector currents'.
    """
    scale = -np.exp(-0.25j * np.pi) / (2 * np.sqrt(2 * np.pi * wavenumber) * np.sin(beta))

    def rim(low: np.ndarray, high: np.ndarray) -> np.ndarray:
        term = scale * _cotangent_term(1.0, wavenumber * distance, -(low + high))
        return np.where(np.maximum(low, high) < np.pi, term, 0.0)

    return rim(phi_in, phi_out), rim(n * np.pi - phi_in, n * np.pi - phi_out)


def spherical_distance(s_in: np.ndarray, s_out: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Distance parameter L [m] of a point source: ``s' s sin^2(beta) / (s' + s)`` (1974, eq. 31)."""
    return s_in * s_out * np.sin(beta) ** 2 / (s_in + s_out)


def spherical_spreading(s_in: np.ndarray, s_out: np.ndarray) -> np.ndarray:
    """Amplitude at the observer of a unit point source over the diffraction coefficient [m^-3/2].

    The incident ``1 / s'`` times ``sqrt(s' / (s (s' + s)))`` (1974, eq. 21); symmetric in its ends.
    """
    return 1.0 / np.sqrt(s_in * s_out * (s_in + s_out))


@njit(cache=True, nogil=True)
def _fresnel_rows(permittivity, cos_incidence):
    """Half-space coefficients of every ray: (num_rays, 2) complex128, TE and TM."""
    out = np.empty((len(cos_incidence), 2), np.complex128)
    for i in range(len(cos_incidence)):
        te, tm = fresnel(permittivity[i], cos_incidence[i])
        out[i, 0] = te
        out[i, 1] = tm
    return out


def face_reflection(
    permittivity: np.ndarray, grazing: np.ndarray, beta: np.ndarray, phi_in: np.ndarray, phi_out: np.ndarray
) -> np.ndarray:
    """Reflection of a face as a matrix on (soft, hard).

    Parameters
    ----------
    permittivity : (num_rays,) complex
        Relative permittivity of the face [1]; infinite imaginary part = perfect conductor.
    grazing : (num_rays,) float
        Angle about the edge between the face and the ray [rad].
    beta, phi_in, phi_out : (num_rays,) float
        Angles [rad].

    Returns
    -------
    (num_rays, 2, 2) complex128
        ``diag(-1, 1)`` for a conductor. At the face's reflection boundary it is Snell's reflection exactly,
        at any beta: the plane of incidence is the one that mirrors the incident into the outgoing ray.
    """
    cos_incidence = np.clip(np.sin(beta) * np.abs(np.sin(grazing)), GRAZING_COSINE, 1.0)
    te, tm = _fresnel_rows(np.ascontiguousarray(permittivity, np.complex128), cos_incidence).T
    half = 0.5 * (phi_out - phi_in)
    s, t = np.sin(half), np.cos(beta) * np.cos(half)  # TE axis in the edge-fixed basis
    length = np.hypot(s, t)
    back = length < 1e-12  # straight back at normal incidence: TE along the edge
    s, t = np.where(back, 1.0, s / np.where(back, 1.0, length)), np.where(back, 0.0, t / np.where(back, 1.0, length))
    cross = s * t * (te + tm)
    matrix = np.array([[te * s * s - tm * t * t, cross], [-cross, tm * s * s - te * t * t]])
    return np.moveaxis(matrix, 2, 0)


def diffraction_matrix(
    n: np.ndarray,
    permittivity: np.ndarray,
    wavenumber: float,
    distance: np.ndarray,
    beta: np.ndarray,
    phi_in: np.ndarray,
    phi_out: np.ndarray,
    held: np.ndarray | None = None,
) -> np.ndarray:
    """Uniform diffraction coefficient of a wedge of real materials.

    Parameters
    ----------
    n : (num_rays,) float
        Exterior wedge angle over pi.
    permittivity : (num_rays, 2) complex
        Of face 0 and face n [1]; infinite imaginary part = perfect conductor.
    wavenumber, distance, beta, phi_in, phi_out
        As in `wedge_terms`.
    held : (num_rays, 2) float, optional
        Share of `optics_terms` that tubes over face 0 and face n give already [1]: it is left out. Default none.

    Returns
    -------
    (num_rays, 2, 2) complex128
        On (soft, hard) [sqrt(m)].

    References
    ----------
    Luebbers 1984, eqs. 3-6. His two grazing angles, source to face 0 and observer to face n, name the faces:
    face 0 is the one that the source is nearer to. Taken so, the coefficient is reciprocal.
    """
    terms = wedge_terms(n, wavenumber, distance, beta, phi_in, phi_out)
    if held is not None:
        rims = optics_terms(n, wavenumber, distance, beta, phi_in, phi_out)
        terms = terms._replace(face_0=terms.face_0 - held[:, 0] * rims[0], face_n=terms.face_n - held[:, 1] * rims[1])
    low, high = np.minimum(phi_in, phi_out), np.maximum(phi_in, phi_out)
    face_0 = face_reflection(permittivity[:, 0], low, beta, phi_in, phi_out)
    face_n = face_reflection(permittivity[:, 1], n * np.pi - high, beta, phi_in, phi_out)
    return (
        terms.incident[:, None, None] * np.eye(2)
        + terms.face_0[:, None, None] * face_0
        + terms.face_n[:, None, None] * face_n
    )
