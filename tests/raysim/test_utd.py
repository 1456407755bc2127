"""Wedge diffraction against the exact series and the Biot-Tolstoy closed form."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import fresnel as fresnel_integrals
from scipy.special import hankel2, jv

from raysim.fresnel import fresnel
from raysim.utd import (
    diffraction_matrix,
    face_reflection,
    spherical_distance,
    spherical_spreading,
    wedge_terms,
)

PEC = complex(1, -np.inf)
RIGHT = np.pi / 2
LINE_SOURCE = 30.0  # k times its distance from the edge


def ref_wedge_series(n, k_rho, phi_in, phi_out, reflection):
    """Field of a line source H0(k R) beside a conducting wedge (Bowman, Senior and Uslenghi, eq. 6.36)."""
    m = np.arange(int(n * (1.5 * k_rho + 50)))
    radial = jv(m / n, k_rho) * hankel2(m / n, LINE_SOURCE)
    radial = np.where(np.isfinite(radial), radial, 0)
    shape = np.cos if reflection > 0 else np.sin
    return 2 / n * (np.where(m == 0, 1, 2) * radial * shape(m / n * phi_in) * shape(m / n * phi_out)).sum()


def optics(n, k_rho, phi_in, phi_out, reflection):
    """Direct and reflected field of the line source."""

    def wave(angle):
        return hankel2(0, np.sqrt(k_rho**2 + LINE_SOURCE**2 - 2 * k_rho * LINE_SOURCE * np.cos(angle)))

    field = wave(phi_out - phi_in) if abs(phi_out - phi_in) < np.pi else 0
    field += reflection * wave(phi_out + phi_in) if phi_out + phi_in < np.pi else 0
    return field + (
        reflection * wave(2 * n * np.pi - phi_out - phi_in) if phi_out + phi_in > (2 * n - 1) * np.pi else 0
    )


def line_source_diffraction(n, k_rho, phi_in, phi_out, reflection):
    distance = np.array([k_rho * LINE_SOURCE / (k_rho + LINE_SOURCE)])
    terms = wedge_terms(np.array([n]), 1.0, distance, np.array([RIGHT]), np.array([phi_in]), np.array([phi_out]))
    coefficient = (terms.incident + reflection * (terms.face_0 + terms.face_n))[0]
    return np.sqrt(2j / (np.pi * LINE_SOURCE * k_rho)) * np.exp(-1j * (LINE_SOURCE + k_rho)) * coefficient


@pytest.mark.parametrize("reflection", [-1, 1])
@pytest.mark.parametrize(("n", "k_rho"), [(2.0, 3.0), (2.0, 20.0), (1.5, 6.0), (1.5, 20.0)])
def test_conducting_wedge_is_the_exact_series(n, k_rho, reflection):
    """0.3 dB where the field is within 20 dB of the free one, and everywhere as an error of that size at -10 dB."""
    free = abs(hankel2(0, LINE_SOURCE + k_rho))
    for phi_in in np.deg2rad([20.0, 55.0, 100.0]):
        for phi_out in np.deg2rad(np.linspace(2.0, 180 * n - 2.0, 67)):
            exact = ref_wedge_series(n, k_rho, phi_in, phi_out, reflection)
            got = optics(n, k_rho, phi_in, phi_out, reflection)
            got += line_source_diffraction(n, k_rho, phi_in, phi_out, reflection)
            assert abs(got - exact) < 0.011 * free
            if abs(exact) > 0.1 * free:
                assert 20 * np.log10(abs(got / exact)) == pytest.approx(0, abs=0.3)


def point_field(n, k, rho_in, phi_in, rho_out, phi_out, dz, reflection):
    """Optics and diffraction of a point source exp(-j k R) / R beside a conducting wedge: two fields."""

    def wave(angle):
        r = np.sqrt(rho_in**2 + rho_out**2 - 2 * rho_in * rho_out * np.cos(angle) + dz**2)
        return np.exp(-1j * k * r) / r

    optics = wave(phi_out - phi_in) if abs(phi_out - phi_in) < np.pi else 0
    optics += reflection * wave(phi_out + phi_in) if phi_out + phi_in < np.pi else 0
    if phi_out + phi_in > (2 * n - 1) * np.pi:
        optics += reflection * wave(2 * n * np.pi - phi_out - phi_in)
    beta = np.arctan2(rho_in + rho_out, dz)
    s_in, s_out = rho_in / np.sin(beta), rho_out / np.sin(beta)
    distance = spherical_distance(s_in, s_out, beta)
    terms = wedge_terms(*(np.array([x]) for x in (n,)), k, *(np.array([x]) for x in (distance, beta, phi_in, phi_out)))
    coefficient = (terms.incident + reflection * (terms.face_0 + terms.face_n))[0]
    return optics, coefficient * spherical_spreading(s_in, s_out) * np.exp(-1j * k * (s_in + s_out))


@pytest.mark.parametrize("reflection", [-1, 1])
@pytest.mark.parametrize(("n", "phi_in"), [(2.0, 50.0), (1.5, 50.0), (1.5, 110.0), (1.25, 30.0)])
def test_total_field_is_continuous_across_shadow_and_reflection_boundaries(n, phi_in, reflection):
    phi_in, step = np.deg2rad(phi_in), 1e-8
    boundaries = [np.pi + phi_in, np.pi - phi_in, (2 * n - 1) * np.pi - phi_in]
    inside = [b for b in boundaries if 0.05 < b < n * np.pi - 0.05]
    assert len(inside) == 2
    for boundary in inside:
        before, after = (
            point_field(n, 50.0, 2.0, phi_in, 0.7, boundary + side, 1.3, reflection) for side in (-step, step)
        )
        free = 1 / np.hypot(2.7, 1.3)
        assert abs(before[0] - after[0]) > 0.9 * free  # what diffraction has to make up for
        assert sum(before) == pytest.approx(sum(after), rel=1e-5)


def ref_biot_tolstoy(n, k, rho_in, phi_in, rho_out, phi_out, dz, reflection):
    """Diffracted field of a point source exp(-j k R) / R beside a rigid (1) or soft (-1) wedge.

    Svensson, Fred and Vanderkooy, JASA 106 (1999), eq. 27, with the time integral turned to the path of steepest
    descent, length = shortest - j y.
    """
    shortest, v = np.hypot(rho_in + rho_out, dz), 1 / n

    def density(y):
        x = shortest - 1j * y
        eta = np.arccosh((x * x - rho_in**2 - rho_out**2 - dz**2) / (2 * rho_in * rho_out))
        total = 0
        for angle, sign in ((phi_in + phi_out, reflection), (phi_in - phi_out, 1)):
            for turn in (v * (np.pi + angle), v * (np.pi - angle)):
                total += sign * np.sin(turn) / (np.cosh(v * eta) - np.cos(turn))
        return -v / (2 * np.pi) * total / (rho_in * rho_out * np.sinh(eta))

    def integrand(w, part):  # y = w^2 takes the root singularity away
        return getattr(-2j * w * density(w * w) * np.exp(-k * w * w), part)

    parts = [quad(integrand, 1e-6, np.sqrt(40 / k), args=(part,), limit=200)[0] for part in ("real", "imag")]
    return complex(*parts) * np.exp(-1j * k * shortest)


@pytest.mark.parametrize("reflection", [-1, 1])
@pytest.mark.parametrize(("n", "dz"), [(2.0, 0.0), (1.5, 1.5), (1.5, 4.0), (1.3, 3.0)])
def test_oblique_point_source_is_the_biot_tolstoy_solution(n, dz, reflection):
    """Total field within 0.3 dB down to 20 dB below the free one, beta from 90 to 34 degrees."""
    k, rho_in, rho_out = 20.0, 1.7, 1.0
    free = 1 / np.hypot(rho_in + rho_out, dz)
    for phi_in in np.deg2rad([25.0, 80.0]):
        for phi_out in np.deg2rad(np.linspace(5.0, 180 * n - 5.0, 24)):
            optics, diffracted = point_field(n, k, rho_in, phi_in, rho_out, phi_out, dz, reflection)
            exact = optics + ref_biot_tolstoy(n, k, rho_in, phi_in, rho_out, phi_out, dz, reflection)
            assert abs(optics + diffracted - exact) < 0.011 * free
            if abs(exact) > 0.1 * free:
                assert 20 * np.log10(abs((optics + diffracted) / exact)) == pytest.approx(0, abs=0.3)


def test_half_plane_is_the_knife_edge():
    """Small angles: the Fresnel integral of ITU-R P.526 within 0.3 dB, both polarisations."""
    k, s_in, s_out = 2 * np.pi / 0.01, 40.0, 25.0
    for height in np.linspace(-0.5, 0.5, 11):
        v = height * np.sqrt(2 * (s_in + s_out) / (0.01 * s_in * s_out))  # > 0: shadow
        sine, cosine = fresnel_integrals(v)
        exact = np.hypot(0.5 - cosine, 0.5 - sine) / np.sqrt(2)
        phi_out = np.pi + RIGHT + height / s_in + height / s_out
        for reflection in (-1, 1):
            total = sum(point_field(2.0, k, s_in, RIGHT, s_out, phi_out, 0.0, reflection))
            assert abs(total) * (s_in + s_out) == pytest.approx(exact, rel=0.03)


def ref_transition(x):
    """F of Kouyoumjian and Pathak 1974, eq. 26, by Fresnel integrals."""
    sine, cosine = fresnel_integrals(np.sqrt(2 * x / np.pi))
    tail = np.sqrt(np.pi / 2) * ((0.5 - cosine) - 1j * (0.5 - sine))
    return 2j * np.sqrt(x) * np.exp(1j * x) * tail


def test_each_term_is_a_cotangent_times_the_transition_function():
    n, k, distance, beta = 1.5, 587.0, 0.7, 1.1
    phi_in, phi_out = np.full(4, 0.4), np.array([0.3, 2.0, 3.3, 4.6])  # lit, near the boundary, in the shadow
    terms = wedge_terms(np.full(4, n), k, np.full(4, distance), np.full(4, beta), phi_in, phi_out)
    scale = -np.exp(-0.25j * np.pi) / (2 * n * np.sqrt(2 * np.pi * k) * np.sin(beta))
    expected = 0
    for sign in (1, -1):
        angle = sign * (phi_out - phi_in)
        turns = np.rint((angle + np.pi) / (2 * np.pi * n))
        spread = 2 * np.cos((2 * np.pi * n * turns - angle) / 2) ** 2
        expected = expected + ref_transition(k * distance * spread) / np.tan((np.pi + angle) / (2 * n))
    np.testing.assert_allclose(terms.incident, scale * expected, rtol=1e-7)


def random_rays(rng, count=200):
    n = rng.uniform(1.1, 2.0, count)
    beta, phi_in, phi_out = rng.uniform(0.3, 2.8, count), *(n * np.pi * rng.uniform(0.01, 0.99, (2, count)))
    return n, rng.uniform(0.5, 50, count), beta, phi_in, phi_out


def test_real_wedge_is_reciprocal():
    """Swapping the ends transposes the matrix; the edge's sense turns over, so mixed terms change sign."""
    rng = np.random.default_rng(3)
    n, distance, beta, phi_in, phi_out = random_rays(rng)
    permittivity = rng.uniform(1.5, 8, (200, 2)) - 1j * rng.uniform(0, 2, (200, 2))
    there = diffraction_matrix(n, permittivity, 600.0, distance, beta, phi_in, phi_out)
    back = diffraction_matrix(n, permittivity, 600.0, distance, np.pi - beta, phi_out, phi_in)
    turned = np.swapaxes(back, 1, 2) * np.array([[1, -1], [-1, 1]])
    np.testing.assert_allclose(there, turned, rtol=1e-6, atol=1e-9 * abs(there).max())
    assert abs(there[:, 0, 1]).max() > 1e-3  # oblique incidence does mix the two


def test_naming_the_faces_the_other_way_round_changes_nothing():
    rng = np.random.default_rng(4)
    n, distance, beta, phi_in, phi_out = random_rays(rng)
    permittivity = rng.uniform(1.5, 8, (200, 2)) - 1j * rng.uniform(0, 2, (200, 2))
    one = diffraction_matrix(n, permittivity, 600.0, distance, beta, phi_in, phi_out)
    other = diffraction_matrix(
        n, permittivity[:, ::-1], 600.0, distance, np.pi - beta, n * np.pi - phi_in, n * np.pi - phi_out
    )
    # the mirrored edge runs the other way: both edge-fixed bases turn by pi
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9 * abs(one).max())


def test_conductor_does_not_mix():
    rng = np.random.default_rng(5)
    n, distance, beta, phi_in, phi_out = random_rays(rng)
    got = diffraction_matrix(n, np.full((200, 2), PEC), 600.0, distance, beta, phi_in, phi_out)
    terms = wedge_terms(n, 600.0, distance, beta, phi_in, phi_out)
    np.testing.assert_allclose(got[:, 0, 0], terms.incident - terms.face_0 - terms.face_n)
    np.testing.assert_allclose(got[:, 1, 1], terms.incident + terms.face_0 + terms.face_n)
    np.testing.assert_allclose(got[:, 0, 1], 0, atol=1e-12)


@pytest.mark.parametrize("beta", [RIGHT, 1.1, 0.5])
def test_face_reflection_is_snell_at_the_reflection_boundary(beta):
    """Independent of the module's algebra: mirror the ray in face 0 and project on TE and TM in space."""
    permittivity, phi_in = 5.24 - 0.3j, 0.7
    phi_out = np.pi - phi_in
    into = np.array([-np.sin(beta) * np.cos(phi_in), -np.sin(beta) * np.sin(phi_in), np.cos(beta)])
    normal = np.array([0, 1.0, 0])
    out = into - 2 * (into @ normal) * normal
    phi_axes = [np.array([-np.sin(a), np.cos(a), 0]) for a in (phi_in, phi_out)]
    beta_axes = [np.cross(into, phi_axes[0]), np.cross(out, phi_axes[1])]
    te = np.cross(into, normal) / np.linalg.norm(np.cross(into, normal))
    r_te, r_tm = fresnel(permittivity, -into @ normal)
    snell = r_te * np.outer(te, te) + r_tm * np.outer(np.cross(out, te), np.cross(into, te))
    want = np.array([[o @ snell @ -i for i in (beta_axes[0], phi_axes[0])] for o in (beta_axes[1], phi_axes[1])])
    got = face_reflection(*(np.array([x]) for x in (permittivity, phi_in, beta, phi_in, phi_out)))[0]
    np.testing.assert_allclose(got, want, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("n", [2.0, 1.75, 1.5, 1.25])
def test_figures_of_the_wedge(n):
    """Largest errors against the series within 20 dB of the free field; half a wavelength away, a little more."""
    for k_rho, bar in ((3.0, 0.4), (6.0, 0.3), (12.0, 0.3), (25.0, 0.3)):
        worst, bias = 0.0, 0.0
        free = abs(hankel2(0, LINE_SOURCE + k_rho))
        for reflection in (-1, 1):
            for phi_in in np.deg2rad([15.0, 45.0, 75.0, 105.0]):
                for phi_out in np.deg2rad(np.arange(0.5, 180 * n, 2.0)):
                    exact = ref_wedge_series(n, k_rho, phi_in, phi_out, reflection)
                    got = optics(n, k_rho, phi_in, phi_out, reflection)
                    got += line_source_diffraction(n, k_rho, phi_in, phi_out, reflection)
                    bias = max(bias, abs(got - exact) / free)
                    if abs(exact) > 0.1 * free:
                        worst = max(worst, abs(20 * np.log10(abs(got / exact))))
        print(f"n = {n}, k rho = {k_rho}: {worst:.3f} dB (bar {bar}), {100 * bias:.2f} % of the free field")
        assert worst < bar
