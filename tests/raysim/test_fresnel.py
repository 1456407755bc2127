import numpy as np
import pytest

from raysim.fresnel import fresnel, scattered_field
from raysim.materials import complex_permittivity


def test_brewster_angle_and_normal_incidence():
    eps = 6.27 + 0j
    te, tm = fresnel(eps, 1.0)
    expected = (1 - np.sqrt(6.27)) / (1 + np.sqrt(6.27))
    assert te == pytest.approx(expected, rel=1e-12)
    assert tm == pytest.approx(-expected, rel=1e-12)
    assert abs(fresnel(eps, np.cos(np.arctan(np.sqrt(6.27))))[1]) < 1e-12


def test_lossless_half_space_conserves_energy():
    eps, theta = 4.83, 0.7
    te, tm = fresnel(eps + 0j, np.cos(theta))
    ratio = np.sqrt(eps - np.sin(theta) ** 2) / np.cos(theta)
    t_te = 1 + te
    t_tm = (1 + tm) / np.sqrt(eps)
    assert abs(te) ** 2 + ratio * abs(t_te) ** 2 == pytest.approx(1, rel=1e-12)
    assert abs(tm) ** 2 + ratio * abs(t_tm) ** 2 == pytest.approx(1, rel=1e-12)


def test_conductor_mirrors_the_field_and_backscatters_it_reversed():
    """Snell's image for the specular direction, -E in backscatter at any tilt."""
    normal = np.array([0.0, 0.0, 1.0])
    incident = np.array([0.6, 0.0, -0.8])
    field = np.array([0.8, 0.5, 0.6], complex)  # transverse: 0.48 - 0.48
    specular = incident - 2 * (incident @ normal) * normal
    out = scattered_field(tuple(field), tuple(incident), tuple(specular), tuple(normal), -1.0 + 0j, 1.0 + 0j)
    np.testing.assert_allclose(out, -field + 2 * (normal @ field) * normal, atol=1e-12)
    back = scattered_field(tuple(field), tuple(incident), tuple(-incident), tuple(normal), -1.0 + 0j, 1.0 + 0j)
    np.testing.assert_allclose(back, -field, atol=1e-12)


def test_concrete_at_28_ghz_reflects_as_published():
    """Normal-incidence half-space loss of ITU concrete at 28 GHz: 8.1 dB."""
    te, _ = fresnel(complex_permittivity("concrete", 28e9), 1.0)
    assert 20 * np.log10(abs(te)) == pytest.approx(-8.1, abs=0.05)


def test_extrapolated_law_warns():
    with pytest.warns(UserWarning, match="extrapolated"):
        complex_permittivity("asphalt", 77e9)
