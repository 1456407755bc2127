import numpy as np
import pytest
from scipy.constants import c

from raysim.dielectrics import water_permittivity
from raysim.environment import Weather
from raysim.mie import sphere_efficiencies
from raysim.weather_radio import (
    DUST_PERMITTIVITY,
    NEPER_DB,
    attenuation_constant,
    fog_attenuation_db_per_km,
    fog_water,
    marshall_palmer,
    rain_attenuation_db_per_km,
    rain_coefficients,
    rain_reflectivity,
    small_particle_attenuation_db_per_km,
    snow_attenuation_db_per_km,
    snow_reflectivity,
    volume_reflectivity,
)


@pytest.mark.parametrize(
    ("ghz", "k_h", "alpha_h", "k_v", "alpha_v"),
    [
        # ITU-R P.838-3, Table 5
        (1, 0.0000259, 0.9691, 0.0000308, 0.8592),
        (10, 0.01217, 1.2571, 0.01129, 1.2156),
        (20, 0.09164, 1.0568, 0.09611, 0.9847),
        (28, 0.2051, 0.9679, 0.1964, 0.9277),
        (30, 0.2403, 0.9485, 0.2291, 0.9129),
        (40, 0.4431, 0.8673, 0.4274, 0.8421),
        (60, 0.8606, 0.7656, 0.8515, 0.7486),
        (100, 1.3671, 0.6815, 1.3680, 0.6765),
    ],
)
def test_rain_coefficients_as_tabulated(ghz, k_h, alpha_h, k_v, alpha_v):
    k, alpha = rain_coefficients(ghz * 1e9, tilt=0.0)
    assert k == pytest.approx(k_h, rel=2e-3 if ghz == 1 else 3e-4)
    assert alpha == pytest.approx(alpha_h, abs=1e-4)
    k, alpha = rain_coefficients(ghz * 1e9, tilt=np.pi / 2)
    assert k == pytest.approx(k_v, rel=2e-3 if ghz == 1 else 3e-4)
    assert alpha == pytest.approx(alpha_v, abs=1e-4)


def test_rain_polarisation_matters_less_upwards():
    """P.838-3, eqs. (4), (5): at the zenith every tilt is alike, at 45 degrees k is the mean."""
    assert rain_coefficients(28e9, elevation=np.pi / 2, tilt=0) == pytest.approx(
        rain_coefficients(28e9, elevation=np.pi / 2, tilt=1.0)
    )
    k_h, k_v = rain_coefficients(28e9, tilt=0)[0], rain_coefficients(28e9)[0]
    assert rain_coefficients(28e9, tilt=np.pi / 4)[0] == pytest.approx((k_h + k_v) / 2, rel=1e-12)


@pytest.mark.parametrize("ghz", [28, 60, 77])
@pytest.mark.parametrize("rate", [2.0, 10.0, 40.0])
def test_rain_attenuation_against_mie_spheres(ghz, rate):
    """P.838 is a fit to such sums; the drop sizes differ (Laws and Parsons there), so within a third."""
    diameter = np.linspace(2e-5, 7e-3, 700)
    eps = water_permittivity(ghz * 1e9, 293.15)
    extinction, _, _ = sphere_efficiencies(np.pi * diameter * ghz * 1e9 / c, eps)
    section = marshall_palmer(diameter, rate) * extinction * np.pi * diameter**2 / 4
    total = np.sum(section) * (diameter[1] - diameter[0])  # [1/m]
    sum_db = total * 1e3 * NEPER_DB / 2
    assert rain_attenuation_db_per_km(rate, ghz * 1e9, tilt=np.pi / 4) == pytest.approx(sum_db, rel=0.35)


def ref_p840(ghz, kelvin):
    """ITU-R P.840-9, eqs. (2)-(11), as printed: [dB/km per g/m3]."""
    theta = 300 / kelvin
    e0, e2 = 77.66 + 103.3 * (theta - 1), 3.52
    e1 = 0.0671 * e0
    fp = 20.20 - 146 * (theta - 1) + 316 * (theta - 1) ** 2
    fs = 39.8 * fp
    imag = ghz * (e0 - e1) / (fp * (1 + (ghz / fp) ** 2)) + ghz * (e1 - e2) / (fs * (1 + (ghz / fs) ** 2))
    real = (e0 - e1) / (1 + (ghz / fp) ** 2) + (e1 - e2) / (1 + (ghz / fs) ** 2) + e2
    eta = (2 + real) / imag
    return 0.819 * ghz / (imag * (1 + eta**2))


@pytest.mark.parametrize("kelvin", [273.15, 283.15, 293.15])
@pytest.mark.parametrize("ghz", [5, 28, 77, 140, 200])
def test_fog_is_p840(ghz, kelvin):
    assert fog_attenuation_db_per_km(1.0, ghz * 1e9, temperature=kelvin) == pytest.approx(
        ref_p840(ghz, kelvin), rel=5e-3
    )


def test_the_two_fogs_of_p840():
    assert fog_water(300.0) == pytest.approx(0.05, rel=1e-12)
    assert fog_water(50.0) == pytest.approx(0.5, rel=1e-12)
    assert fog_water(float("inf")) == 0


def test_snow_as_published():
    """0.75 mm/h over 10 km at 77 GHz: 1.0017 dB by Gunn and East's formula (MATLAB's snowpl example)."""
    assert 10 * snow_attenuation_db_per_km(0.75, 77e9) == pytest.approx(1.0017, abs=5e-5)


def test_small_particles_against_mie():
    """Dust of 20 micrometres: the sum over spheres is the Rayleigh absorption."""
    diameter, mass, frequency = 20e-6, 0.5, 28e9
    number = mass * 1e-6 / 2.65 / (np.pi / 6 * diameter**3)
    extinction, _, _ = sphere_efficiencies(np.array([np.pi * diameter * frequency / c]), DUST_PERMITTIVITY)
    expected = number * extinction[0] * np.pi * diameter**2 / 4 * 1e3 * NEPER_DB / 2
    got = small_particle_attenuation_db_per_km(mass, 2.65, DUST_PERMITTIVITY, frequency)
    assert got == pytest.approx(expected, rel=1e-3)


def test_rain_reflectivity_at_long_waves_is_marshall_and_palmers_z():
    """pi^5 |K|^2 / lambda^4 N0 6! / Lambda^7 at 1 GHz."""
    for rate in (0.5, 4.0):
        eps = water_permittivity(1e9, 283.15)
        z = 8e6 * 720 / (4100 * rate**-0.21) ** 7
        expected = np.pi**5 * abs((eps - 1) / (eps + 2)) ** 2 * z * (1e9 / c) ** 4
        assert rain_reflectivity(rate, 1e9) == pytest.approx(expected, rel=0.01)


def test_rain_reflectivity_leaves_rayleighs_law():
    """Against pi^5 |K|^2 Z / lambda^4 at 10 mm/h: within 1 dB at 28 GHz, 12 dB below at 77 GHz."""
    z = 8e6 * 720 / (4100 * 10**-0.21) ** 7
    for ghz, below in ((28, 0.0), (77, 12.0)):
        eps = water_permittivity(ghz * 1e9, 283.15)
        rayleigh = np.pi**5 * abs((eps - 1) / (eps + 2)) ** 2 * z * (ghz * 1e9 / c) ** 4
        assert 10 * np.log10(rayleigh / rain_reflectivity(10.0, ghz * 1e9)) == pytest.approx(below, abs=1.0)
    assert rain_reflectivity(1.0, 28e9) < rain_reflectivity(10.0, 28e9) / 10
    assert rain_reflectivity(0.0, 28e9) == 0


def test_snow_reflectivity_in_both_bands():
    """Ze = 56 S^1.2 at Ka and 10 S^0.8 at W band; between them between."""
    for ghz, factor, exponent in ((34.6, 56, 1.2), (94, 10, 0.8)):
        expected = np.pi**5 * 0.93 * factor * 2**exponent * 1e-18 * (ghz * 1e9 / c) ** 4
        assert snow_reflectivity(2.0, ghz * 1e9) == pytest.approx(expected, rel=1e-9)
    ze = [snow_reflectivity(1.0, f) / f**4 for f in (34.6e9, 57e9, 94e9)]
    assert ze[0] > ze[1] > ze[2]
    assert snow_reflectivity(0.0, 28e9) == 0


def test_clear_air_does_nothing():
    assert attenuation_constant(Weather(), 28e9) == 0
    assert volume_reflectivity(Weather(), 28e9) == 0


def test_weather_adds_up():
    weather = Weather(rain=5.0, snow=1.0, visibility=200.0, dust=0.3)
    alone = [Weather(rain=5.0), Weather(snow=1.0), Weather(visibility=200.0), Weather(dust=0.3)]
    assert attenuation_constant(weather, 28e9) == pytest.approx(sum(attenuation_constant(w, 28e9) for w in alone))
    assert all(attenuation_constant(w, 28e9) > 0 for w in alone)
    assert volume_reflectivity(weather, 28e9) == pytest.approx(sum(volume_reflectivity(w, 28e9) for w in alone))


def test_attenuation_constant_is_of_the_amplitude():
    """A kilometre of 20 mm/h at 28 GHz, vertical: exp(-constant 1 km) is 0.1964 20^0.9277 dB down."""
    down = -20 * np.log10(np.exp(-1e3 * attenuation_constant(Weather(rain=20.0), 28e9)))
    assert down == pytest.approx(0.1964 * 20**0.9277, rel=1e-3)


@pytest.mark.parametrize(
    "function", [rain_coefficients, lambda f: rain_reflectivity(1.0, f), lambda f: attenuation_constant(Weather(), f)]
)
def test_frequency_out_of_range(function):
    with pytest.raises(ValueError, match=r"frequency must lie in 1-1000 GHz, got 0\.5 GHz"):
        function(0.5e9)
