import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import epsilon_0, pi

from raysim.dielectrics import DRY_SKIN, ColeCole, Soil, ice_permittivity, water_permittivity
from raysim.electrical import _TEXTURES, Electrical
from raysim.materials import ELECTRICAL, Lobe, Material, complex_permittivity, match_electrical

GREY = (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("name", "eps", "sigma"),
    [
        # ITU-R P.2040-4, Table 3: a, and c 28^d
        ("concrete", 5.24, 0.0462 * 28**0.7822),
        ("brick", 3.91, 0.0238 * 28**0.16),
        ("glass", 6.27, 0.0043 * 28**1.1925),
        ("asphalt", 4.83, 0.0108 * 28**1.3969),
        ("wood", 1.99, 0.0047 * 28**1.0718),
        ("marble", 7.074, 0.0055 * 28**0.9262),
        ("chipboard", 2.58, 0.0217 * 28**0.78),
        ("plywood", 2.71, 0.33),
    ],
)
def test_table_at_28_ghz(name, eps, sigma):
    got = complex_permittivity(name, 28e9)
    assert got.real == pytest.approx(eps, rel=1e-12)
    assert -got.imag * 2 * pi * 28e9 * epsilon_0 == pytest.approx(sigma, rel=1e-12)


def test_published_conductivities_at_9_ghz():
    """Laws that the editions share, evaluated by MATLAB's buildingMaterialPermittivity at 9 GHz."""
    for name, sigma in (("wood", 0.049528), ("glass", 0.059075), ("plasterboard", 0.054914)):
        got = -complex_permittivity(name, 9e9).imag * 2 * pi * 9e9 * epsilon_0
        assert got == pytest.approx(sigma, rel=2e-5)


def test_every_material_is_passive_from_1_to_100_ghz():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ELECTRICAL:
            for frequency in (1e9, 5.8e9, 28e9, 60e9, 77e9, 100e9):
                eps = complex_permittivity(name, frequency)
                assert eps.real >= 1
                assert eps.imag <= 0


def test_higher_bands_have_their_own_row():
    assert complex_permittivity("concrete", 140e9).real == 5.17
    assert complex_permittivity("glass", 77e9).real == 6.27
    row = ELECTRICAL["brick"]
    assert isinstance(row, Electrical)
    assert row.row(50e9).a == 3.91  # nearer to 40 than to 100 GHz
    assert row.row(90e9).a == 3.95
    assert row.row(1e12).a == 3.95
    assert row.row(1e8).a == 3.91


def test_extrapolation_warns_once_a_material_and_tests_do_not_share_it():
    for _ in range(2):  # as two tests
        with pytest.warns(UserWarning) as said:
            for _ in range(3):
                complex_permittivity("asphalt", 77e9)
            complex_permittivity("brick", 60e9)
            complex_permittivity("asphalt", 60e9)
            complex_permittivity("wet_ground", 28e9)
        assert [str(w.message).split(":")[0] for w in said] == ["asphalt", "brick", "wet_ground"]
        assert "77 GHz lies outside 1-40 GHz; the P.2040 law is extrapolated" in str(said[0].message)


def test_extrapolation_can_be_made_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="asphalt"):
            complex_permittivity("asphalt", 77e9)
        with pytest.raises(UserWarning, match="asphalt"):
            complex_permittivity("asphalt", 77e9)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("itu_concrete", "concrete"),
        ("mat-itu_glass", "glass"),
        ("ITU-Brick.001", "brick"),
        ("Asphalt concrete", "asphalt"),
        ("itu_medium_dry_ground", "medium_dry_ground"),
        ("itu ceiling board", "ceiling_board"),
        ("wet_loam", "wet_loam"),
        ("metal", "metal"),
        ("Stainless steel.002", "metal"),
        ("tyre", "rubber"),
        ("car_paint.3", None),
        ("concrete_pump", None),
        ("", None),
    ],
)
def test_names_of_other_tools(name, key):
    assert match_electrical(name) == key


def test_thickness_is_none_by_default_and_checked():
    assert Material("wall", "concrete", GREY).thickness == 0
    assert Material("pane", "glass", GREY, thickness=4e-3).renamed("b", GREY).thickness == 4e-3
    for bad in (-1e-3, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="'pane': thickness must be >= 0 m"):
            Material("pane", "glass", GREY, thickness=bad)


@pytest.mark.parametrize("wrong", [{"scattering": 0.6}, {"thickness": 0.1}, {"lobe": Lobe(4)}])
def test_canopies_are_volumes_alone(wrong):
    grass = Material("grass", "foliage", GREY, scattering=1.0, albedo=0.1)
    with pytest.raises(ValueError, match=r"'grass': albedo needs scattering = 1 and neither"):
        replace(grass, **wrong)
    with pytest.raises(ValueError, match=r"'grass': albedo must lie in \[0, 1\], got 1.5"):
        replace(grass, albedo=1.5)


def test_unknown_material_names_what_is_allowed():
    with pytest.raises(ValueError, match=r"'x': electrical must be one of .*'concrete'.*got 'cheese'"):
        Material("x", "cheese", GREY)


def test_permittivity_of_nothing_known():
    with pytest.raises(ValueError, match=r"electrical must be one of .*got 'cheese'"):
        complex_permittivity("cheese", 28e9)
    with pytest.raises(ValueError, match="frequency must be above 0 Hz"):
        complex_permittivity("glass", 0.0)


def test_skin_as_published():
    """Dry skin of Gabriel et al.: 16.55 and 25.8 S/m at 28 GHz; 7.98 - j 10.90 at 60 GHz (IFAC tissue tables)."""
    eps = complex_permittivity("skin", 28e9)
    assert eps.real == pytest.approx(16.55, abs=0.005)
    assert -eps.imag * 2 * pi * 28e9 * epsilon_0 == pytest.approx(25.82, abs=0.01)
    assert complex_permittivity("skin", 60e9) == pytest.approx(7.98 - 10.90j, abs=0.01)


def test_cole_cole_without_broadening_is_debye():
    law = ColeCole(4.0, ((30.0, 7e-12, 0.0),), 0.0, 1e6, 1e11, "test")
    turn = 2 * pi * 28e9 * 7e-12
    assert law.permittivity(28e9) == pytest.approx(
        complex(4 + 30 / (1 + turn**2), -30 * turn / (1 + turn**2)), rel=1e-12
    )
    assert DRY_SKIN.permittivity(1e3).real == pytest.approx(1136, rel=1e-3)  # every relaxation keeps up


def test_water_limits_and_relaxation():
    """Static 80.1 at 20 C; the loss peaks where the principal relaxation is, 17 GHz at 20 C."""
    assert water_permittivity(1e6).real == pytest.approx(80.1, abs=0.1)
    frequency = np.linspace(5e9, 40e9, 351)
    loss = [-water_permittivity(f).imag for f in frequency]
    assert frequency[np.argmax(loss)] == pytest.approx(17e9, rel=0.05)
    theta = 300 / 293.15 - 1
    assert water_permittivity(1e16).real == pytest.approx(3.52 - 7.52 * theta, rel=1e-3)


def test_ice_has_hardly_any_loss():
    assert ice_permittivity(28e9).real == pytest.approx(3.1884, rel=1e-12)
    assert 1e-3 < -ice_permittivity(28e9).imag < 1e-2
    assert -ice_permittivity(28e9, 253.15).imag < -ice_permittivity(28e9).imag


def test_bulk_densities_of_the_example_soils():
    """P.527-6, eq. (57), gives the densities of its Table 2: the compositions are transcribed rightly."""
    for sand, clay, _, density in _TEXTURES.values():
        silt = 100 - sand - clay
        expected = 1.07256 + 0.078886 * np.log(sand) + 0.038753 * np.log(clay) + 0.032732 * np.log(silt)
        assert density == pytest.approx(expected, abs=1e-3)


def test_soil_against_the_equations_written_out():
    """P.527-6, eqs. (58)-(70), in real arithmetic as the Recommendation prints them."""
    sand, clay, gravity, density, water = 41.96, 8.53, 2.70, 1.5781, 0.25
    f = 28.0
    low = 0.0467 + 0.2204 * density - 0.004111 * sand - 0.006614 * clay
    high = -1.645 + 1.939 * density - 0.0225622 * sand + 0.01594 * clay
    turn = f / 1.35
    sigma_real, sigma_imag = turn * (low - high) / (1 + turn**2), high + (low - high) / (1 + turn**2)
    pure = water_permittivity(28e9)
    scale = 18 / f * (gravity - density) / (gravity * water)
    free_real, free_imag = pure.real + scale * sigma_real, -pure.imag + scale * sigma_imag
    grains = (1.01 + 0.44 * gravity) ** 2 - 0.062
    beta_real, beta_imag = 1.2748 - 0.00519 * sand - 0.00152 * clay, 1.33797 - 0.00603 * sand - 0.00166 * clay
    real = (1 + density / gravity * (grains**0.65 - 1) + water**beta_real * free_real**0.65 - water) ** (1 / 0.65)
    imag = (water**beta_imag * free_imag**0.65) ** (1 / 0.65)
    got = Soil(sand, clay, gravity, density, water).permittivity(28e9)
    assert got == pytest.approx(complex(real, -imag), rel=1e-12)


def test_wetter_soil_reflects_more():
    dry, moist, wet = (abs(complex_permittivity(f"{w}_loam", 28e9)) for w in ("dry", "moist", "wet"))
    assert 3 < dry < 5 < moist < 9 < wet < 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((80, 30, 2.7, 1.6, 0.2), "at most 100 %"),
        ((40, 10, 2.7, 1.6, 0.0), "water must lie above 0"),
        ((40, 10, 2.7, 2.8, 0.2), "bulk_density must lie"),
    ],
)
def test_bad_soils(arguments, message):
    with pytest.raises(ValueError, match=message):
        Soil(*arguments)
