import numpy as np
import pytest
from scipy.constants import c

from raysim.fresnel import fresnel
from raysim.materials import complex_permittivity
from raysim.slab import FREE_SPACE_IMPEDANCE, coating, insertion, single_slab, slab

WAVELENGTH = c / 28e9
ANGLES = np.cos(np.deg2rad([0.0, 20.0, 45.0, 60.0, 75.0, 85.0, 89.9]))


def ref_transfer_matrix(permittivity, thickness, wavelength, cos_incidence):
    """Tangential E and H carried through the layers by 2 x 2 matrices: fields instead of coefficients."""
    sin2 = 1 - cos_incidence**2
    k0 = 2 * np.pi / wavelength
    results = []
    for polarisation in ("te", "tm"):
        outside = cos_incidence if polarisation == "te" else 1 / cos_incidence  # admittance over that of free space
        matrix = np.eye(2, dtype=complex)
        for eps, d in zip(permittivity, thickness, strict=True):
            normal = np.sqrt(complex(eps) - sin2)
            admittance = normal if polarisation == "te" else eps / normal
            angle = k0 * d * normal
            matrix = matrix @ np.array(
                [[np.cos(angle), 1j * np.sin(angle) / admittance], [1j * admittance * np.sin(angle), np.cos(angle)]]
            )
        field, current = matrix @ np.array([1, outside])
        # tangential E: reflected TM has the other sign in the basis k x e_te
        reflection = (outside * field - current) / (outside * field + current)
        results.append((reflection if polarisation == "te" else -reflection, 2 * outside / (outside * field + current)))
    (r_te, t_te), (r_tm, t_tm) = results
    return r_te, r_tm, t_te, t_tm


@pytest.mark.parametrize("cos_incidence", ANGLES)
def test_layers_against_transfer_matrices(cos_incidence):
    eps = np.array([6.27 - 0.15j, 2.9 - 0.05j, 6.27 - 0.15j])
    thickness = np.array([2.1e-3, 0.76e-3, 1.6e-3])  # laminated windscreen
    got = slab(eps, thickness, WAVELENGTH, cos_incidence)
    np.testing.assert_allclose(got, ref_transfer_matrix(eps, thickness, WAVELENGTH, cos_incidence), rtol=1e-11)


@pytest.mark.parametrize("cos_incidence", ANGLES)
def test_lossless_layers_conserve_energy(cos_incidence):
    eps = np.array([6.27, 1.0, 2.9, 6.27], complex)
    thickness = np.array([4e-3, 16e-3, 0.3e-3, 6e-3])
    r_te, r_tm, t_te, t_tm = slab(eps, thickness, WAVELENGTH, cos_incidence)
    assert abs(r_te) ** 2 + abs(t_te) ** 2 == pytest.approx(1, abs=1e-9)
    assert abs(r_tm) ** 2 + abs(t_tm) ** 2 == pytest.approx(1, abs=1e-9)


def test_lossy_layers_absorb_and_are_reciprocal():
    """Power is lost, never made; the panel transmits alike both ways though it reflects differently."""
    eps = np.array([6.27 - 0.15j, 1.0, 5.24 - 0.4j])
    thickness = np.array([4e-3, 16e-3, 10e-3])
    difference = []
    for cos_incidence in ANGLES:
        there = slab(eps, thickness, WAVELENGTH, cos_incidence)
        back = slab(eps[::-1].copy(), thickness[::-1].copy(), WAVELENGTH, cos_incidence)
        np.testing.assert_allclose(there[2:], back[2:], rtol=1e-12)
        difference.append(abs(abs(there[0]) - abs(back[0])))
        for reflection, transmission in zip(there[:2], there[2:], strict=True):
            assert 0 < 1 - abs(reflection) ** 2 - abs(transmission) ** 2 < 1
    assert max(difference) > 0.02  # or the layers were not turned round


@pytest.mark.parametrize("cos_incidence", ANGLES)
def test_one_layer_in_closed_form(cos_incidence):
    eps = complex_permittivity("glass", 28e9)
    general = slab(np.array([eps]), np.array([4e-3]), WAVELENGTH, cos_incidence)
    np.testing.assert_allclose(single_slab(eps, 4e-3, WAVELENGTH, cos_incidence), general, rtol=1e-12)


def test_half_wave_window_is_invisible_and_quarter_wave_is_not():
    eps = 6.25 + 0j
    for cos_incidence in (1.0, np.cos(0.6)):
        inside = WAVELENGTH / np.sqrt(eps.real - 1 + cos_incidence**2)  # period across the layer
        r_te, r_tm, t_te, t_tm = single_slab(eps, inside / 2, WAVELENGTH, cos_incidence)
        np.testing.assert_allclose([r_te, r_tm, t_te, t_tm], [0, 0, -1, -1], atol=1e-12)
    # a quarter wave at normal incidence: R = (1 - eps) / (1 + eps)
    assert single_slab(eps, WAVELENGTH / 2.5 / 4, WAVELENGTH, 1.0)[0] == pytest.approx(-5.25 / 7.25, rel=1e-12)


def test_thickness_zero_is_the_opaque_half_space_to_the_bit():
    for name in ("concrete", "glass", "metal"):
        eps = complex_permittivity(name, 28e9)
        for cos_incidence in ANGLES:
            assert single_slab(eps, 0.0, WAVELENGTH, cos_incidence) == (*fresnel(eps, cos_incidence), 0, 0)


def test_a_metre_of_wet_concrete_is_its_own_half_space():
    """No overflow in thick lossy layers: the far face is not felt, nothing comes through."""
    eps = np.array([5.24 - 0.4j, 1.0 + 0j, 5.24 - 0.4j])
    r_te, r_tm, t_te, t_tm = slab(eps, np.array([1.0, 0.1, 20.0]), WAVELENGTH, 0.6)
    np.testing.assert_allclose((r_te, r_tm), fresnel(eps[0], 0.6), rtol=1e-12)
    assert abs(t_te) < 1e-100 and abs(t_tm) < 1e-100


def test_conductor_within_a_panel_stops_everything():
    """A sheet behind a quarter wave of glass: the layer before it still turns the reflection's phase."""
    eps = np.array([6.25, complex(1, -np.inf), 2.0])
    thickness = np.array([WAVELENGTH / 2.5 / 4, 1e-3, 5e-3])
    r_te, r_tm, t_te, t_tm = slab(eps, thickness, WAVELENGTH, 1.0)
    assert (t_te, t_tm) == (0, 0)
    np.testing.assert_allclose((r_te, r_tm), (1, -1), rtol=1e-12)  # a quarter wave turns a short into an open circuit
    assert abs(slab(eps, thickness, WAVELENGTH, 0.4)[1]) == pytest.approx(1, rel=1e-12)


def test_air_panel_is_nothing_at_all():
    t = slab(np.array([1.0 + 0j]), np.array([0.05]), WAVELENGTH, 0.7)
    np.testing.assert_allclose(t[:2], 0, atol=1e-12)
    np.testing.assert_allclose([insertion(x, 0.05, WAVELENGTH, 0.7) for x in t[2:]], 1, rtol=1e-12)


@pytest.mark.parametrize("cos_incidence", [1.0, 0.5])
def test_film_in_air_is_a_resistive_sheet(cos_incidence):
    """Closed form of a thin sheet: T = 2 / (2 + Z0 / Rs x), x = 1 / cos for TE and cos for TM."""
    resistance = 5.0
    eps, d = coating(resistance, 28e9)
    _, _, t_te, t_tm = slab(np.array([eps]), np.array([d]), WAVELENGTH, cos_incidence)
    ratio = FREE_SPACE_IMPEDANCE / resistance
    assert abs(t_te) == pytest.approx(2 / (2 + ratio / cos_incidence), rel=5e-3)
    assert abs(t_tm) == pytest.approx(2 / (2 + ratio * cos_incidence), rel=5e-3)


def test_coated_double_glazing_blocks_what_clear_glazing_lets_pass():
    """Low-emissivity windows cost tens of dB at 28 GHz where clear ones cost a few."""
    glass = complex_permittivity("glass", 28e9)
    film, film_thickness = coating(4.0, 28e9)
    clear = slab(np.array([glass, 1.0, glass]), np.array([4e-3, 16e-3, 4e-3]), WAVELENGTH, 1.0)[2]
    coated = slab(np.array([glass, film, 1.0, glass]), np.array([4e-3, film_thickness, 16e-3, 4e-3]), WAVELENGTH, 1.0)[
        2
    ]
    clear_db, coated_db = -20 * np.log10(abs(clear)), -20 * np.log10(abs(coated))
    assert 0 < clear_db < 12
    assert 20 < coated_db - clear_db < 45


def test_bad_coating():
    with pytest.raises(ValueError, match="sheet_resistance must be > 0"):
        coating(0.0, 28e9)
