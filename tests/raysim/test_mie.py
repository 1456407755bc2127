import numpy as np
import pytest
from scipy.special import hankel1, jv

from raysim.dielectrics import water_permittivity
from raysim.mie import sphere_efficiencies


def ref_sphere(x, permittivity):
    """Fields matched at the surface with Bessel functions of complex order argument, one size at a time."""
    m = np.conj(np.sqrt(complex(permittivity)))

    def psi(n, z):
        return np.sqrt(np.pi * z / 2) * jv(n + 0.5, z)

    def xi(n, z):
        return np.sqrt(np.pi * z / 2) * hankel1(n + 0.5, z)

    def slope(function, n, z):
        return function(n - 1, z) - n / z * function(n, z)

    extinction = scattering = 0.0
    back = 0.0j
    for n in range(1, int(x + 4 * x ** (1 / 3) + 8)):
        inner, inner_slope, outer, outer_slope = psi(n, m * x), slope(psi, n, m * x), psi(n, x), slope(psi, n, x)
        a = (m * inner * outer_slope - outer * inner_slope) / (m * inner * slope(xi, n, x) - xi(n, x) * inner_slope)
        b = (inner * outer_slope - m * outer * inner_slope) / (inner * slope(xi, n, x) - m * xi(n, x) * inner_slope)
        extinction += (2 * n + 1) * (a + b).real
        scattering += (2 * n + 1) * (abs(a) ** 2 + abs(b) ** 2)
        back += (2 * n + 1) * (-1) ** n * (a - b)
    return 2 * extinction / x**2, 2 * scattering / x**2, abs(back) ** 2 / x**2


@pytest.mark.parametrize("permittivity", [25.4 - 33.2j, 3.19 - 0.003j, 2.0 + 0j])
def test_against_matched_fields(permittivity):
    size = np.array([0.05, 0.3, 1.0, 2.3, 6.0, 12.0])
    got = np.transpose(sphere_efficiencies(size, permittivity))
    expected = [ref_sphere(x, permittivity) for x in size]
    np.testing.assert_allclose(got, expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("size", "index", "extinction"),
    [
        (1, 1.33 - 1e-5j, 0.093952),
        (100, 1.33 - 1e-5j, 2.101321),
        (1, 1.5 - 1j, 2.336321),
        (100, 1.5 - 1j, 2.097502),
        (10, 0.75, 2.232265),
    ],
)
def test_published_spheres(size, index, extinction):
    """Wiscombe, Mie scattering calculations, NCAR/TN-140+STR (1979), table of test cases."""
    assert sphere_efficiencies(np.array([size]), index**2)[0][0] == pytest.approx(extinction, abs=1e-6)


def test_small_spheres_are_rayleighs():
    eps = water_permittivity(28e9)
    x = np.array([1e-3, 1e-2])
    k = (eps - 1) / (eps + 2)
    extinction, scattering, backscatter = sphere_efficiencies(x, eps)
    np.testing.assert_allclose(scattering, 8 / 3 * x**4 * abs(k) ** 2, rtol=2e-3)
    np.testing.assert_allclose(backscatter, 4 * x**4 * abs(k) ** 2, rtol=2e-3)
    np.testing.assert_allclose(extinction, -4 * x * k.imag, rtol=4e-3)


def test_clear_spheres_lose_only_what_they_scatter():
    extinction, scattering, _ = sphere_efficiencies(np.linspace(0.1, 15, 40), 3.17 + 0j)
    np.testing.assert_allclose(extinction, scattering, rtol=1e-10)


def test_large_absorbing_sphere_mirrors_its_front():
    """Backscatter tends to the half-space's reflection, extinction to twice the shadow."""
    eps = 20 - 20j
    extinction, _, backscatter = sphere_efficiencies(np.array([400.0]), eps)
    mirror = abs((1 - np.sqrt(eps)) / (1 + np.sqrt(eps))) ** 2
    assert backscatter[0] == pytest.approx(mirror, rel=0.01)
    assert extinction[0] == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("size", [0.0, -1.0, np.inf])
def test_bad_sizes(size):
    with pytest.raises(ValueError, match="size must be above 0"):
        sphere_efficiencies(np.array([size, 1.0]), 2.0)
