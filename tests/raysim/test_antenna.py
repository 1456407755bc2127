import numpy as np
import pytest

from raysim.antenna import (
    Pattern,
    amplitude_gain,
    antenna_gain,
    fixed_antenna,
    horn,
    patch,
    tabulated,
    vertical_polarisation,
)

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))  # right, down, forward


def towards(azimuth, elevation=0.0):
    """Unit vector in sensor axes."""
    return (
        float(np.sin(azimuth) * np.cos(elevation)),
        float(-np.sin(elevation)),
        float(np.cos(azimuth) * np.cos(elevation)),
    )


def gain_db(antenna, azimuth, elevation=0.0):
    return 20 * np.log10(antenna_gain(antenna, towards(azimuth, elevation), *AXES))


def mean_power_gain(gain, steps=120):
    """Average of |gain(direction)|^2 over the sphere: 1 for an antenna without losses."""
    node, weight = np.polynomial.legendre.leggauss(steps)
    azimuth = (np.arange(2 * steps) + 0.5) * np.pi / steps
    rings = [np.mean([abs(gain(towards(a, np.arcsin(s)))) ** 2 for a in azimuth]) for s in node]
    return np.sum(weight * rings) / 2


def test_tr38901_element():
    """3GPP TR 38.901, Table 7.3-1: 8 dBi, -3 dB at 32.5 degrees, -30 dB behind."""
    element = fixed_antenna(Pattern.TR38901)
    assert gain_db(element, 0) == pytest.approx(8, abs=1e-12)
    assert gain_db(element, np.deg2rad(32.5)) == pytest.approx(5, abs=1e-12)
    assert gain_db(element, 0, np.deg2rad(-32.5)) == pytest.approx(5, abs=1e-12)
    assert gain_db(element, np.pi) == pytest.approx(-22, abs=1e-12)


def test_patterns_without_parameters_are_the_same_bits():
    for pattern in (Pattern.ISOTROPIC, Pattern.TR38901):
        for azimuth in np.linspace(-3, 3, 13):
            d = towards(azimuth, 0.3)
            assert antenna_gain(fixed_antenna(pattern), d, *AXES) == amplitude_gain(int(pattern), d, *AXES)
    with pytest.raises(ValueError, match="ISOTROPIC or TR38901"):
        fixed_antenna(Pattern.HORN)


@pytest.mark.parametrize("widths", [(60.0, 60.0), (60.0, 30.0), (110.0, 90.0)])
def test_horn_has_its_beamwidths_and_radiates_what_it_gets(widths):
    azimuth, elevation = np.deg2rad(widths)
    antenna = horn(azimuth, elevation)
    peak = gain_db(antenna, 0)
    half = 10 * np.log10(2)
    assert gain_db(antenna, azimuth / 2) == pytest.approx(peak - half, abs=1e-9)
    assert gain_db(antenna, 0, elevation / 2) == pytest.approx(peak - half, abs=1e-9)
    assert mean_power_gain(lambda d: antenna_gain(antenna, d, *AXES), 60) == pytest.approx(1, rel=1e-3)


def test_narrow_horn_has_the_gain_of_a_gaussian_beam():
    width = np.deg2rad(3.0)
    assert gain_db(horn(width, width), 0) == pytest.approx(10 * np.log10(16 * np.log(2) / width**2), abs=2e-3)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 6.5])
def test_patch_gain_and_power(exponent):
    antenna = patch(exponent)
    assert gain_db(antenna, 0) == pytest.approx(10 * np.log10(2 * (exponent + 1)), abs=1e-12)
    assert gain_db(antenna, np.pi / 3) - gain_db(antenna, 0) == pytest.approx(10 * exponent * np.log10(0.5), abs=1e-12)
    assert antenna_gain(antenna, towards(2.0), *AXES) == 0
    if exponent > 0:
        assert mean_power_gain(lambda d: antenna_gain(antenna, d, *AXES), 100) == pytest.approx(1, rel=3e-3)


def test_table_returns_its_own_values_and_goes_round():
    azimuth = np.deg2rad(np.arange(-180, 180, 10.0))
    elevation = np.deg2rad(np.arange(-90, 91, 10.0))
    gain = 5 * np.cos(azimuth)[None, :] * np.cos(elevation)[:, None]
    antenna = tabulated(azimuth, elevation, gain)
    for i in (0, 4, 9, 18):
        for j in (0, 7, 18, 35):
            if abs(elevation[i]) < 1.5:  # at the zenith no azimuth is left
                assert gain_db(antenna, azimuth[j], elevation[i]) == pytest.approx(gain[i, j], abs=1e-9)
    # between the last column and the first
    between = (10 ** (gain[9, 35] / 20) + 10 ** (gain[9, 0] / 20)) / 2
    assert antenna_gain(antenna, towards(np.deg2rad(175.0)), *AXES) == pytest.approx(between, rel=1e-9)


def test_fine_table_follows_the_element_it_was_made_of():
    azimuth, elevation = np.deg2rad(np.arange(-180, 181, 1.0)), np.deg2rad(np.arange(-90, 91, 1.0))
    element = fixed_antenna(Pattern.TR38901)
    gain = [[gain_db(element, a, e) for a in azimuth] for e in elevation]
    antenna = tabulated(azimuth, elevation, gain)
    for a, e in np.random.default_rng(1).uniform(-1.4, 1.4, (50, 2)):
        assert gain_db(antenna, a, e) == pytest.approx(gain_db(element, a, e), abs=0.02)


def test_sector_table_ends_with_its_edge_and_knows_silence():
    antenna = tabulated([-0.5, 0.0, 0.5], [-0.1, 0.1], [[-np.inf, 0, 6], [-np.inf, 0, 6]])
    assert antenna_gain(antenna, towards(-2.0), *AXES) == 0
    assert gain_db(antenna, 2.0, 1.0) == pytest.approx(6, abs=1e-9)
    assert antenna_gain(antenna, towards(-0.25), *AXES) == pytest.approx(0.5, rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0], [0.0, 1.0], [[0.0], [0.0]]), "azimuth must be at least 2 angles"),
        (([0.0, 1.0, 3.0], [0.0, 1.0], np.zeros((2, 3))), "equal, rising steps"),
        (([0.0, 1.0], [0.0, 1.0], np.zeros((3, 2))), "shape"),
        (([0.0, 1.0], [0.0, 1.0], [[0.0, np.nan], [0.0, 0.0]]), "finite or -inf"),
    ],
)
def test_bad_tables(arguments, message):
    with pytest.raises(ValueError, match=message):
        tabulated(*arguments)


def test_bad_beams():
    with pytest.raises(ValueError, match="beamwidths must lie above 0"):
        horn(0.0, 0.5)
    with pytest.raises(ValueError, match="exponent must be >= 0"):
        patch(-1.0)


def test_vertical_polarisation_is_transverse_and_up():
    for azimuth, elevation in ((0.0, 0.0), (1.0, 0.4), (-2.0, -1.0)):
        d = np.array(towards(azimuth, elevation))
        field = np.array(vertical_polarisation(tuple(d), AXES[1]))
        assert field @ d == pytest.approx(0, abs=1e-12)
        assert np.linalg.norm(field) == pytest.approx(1, rel=1e-12)
        assert field[1] < 0  # y points down
