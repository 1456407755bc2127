import numpy as np
import pytest
from scipy.constants import c

from raysim.transmit_array import TransmitArray, array_amplitude, steered_array
from tests.raysim.test_antenna import AXES, mean_power_gain, towards

WAVELENGTH = c / 28e9


def amplitude(array, direction, axes=AXES):
    return array_amplitude(array.positions, array.weights, WAVELENGTH, direction, *axes)


def test_steered_beam_adds_up_and_has_its_nulls():
    azimuth, elevation = 0.4, -0.2
    array = steered_array(4, 8, WAVELENGTH / 2, WAVELENGTH, azimuth, elevation)
    assert amplitude(array, towards(azimuth, elevation)) == pytest.approx(np.sqrt(32), rel=1e-12)
    broadside = steered_array(1, 8, WAVELENGTH / 2, WAVELENGTH)
    assert abs(amplitude(broadside, towards(np.arcsin(2 / 8)))) < 1e-12  # first null: sin = lambda / (N d)
    assert abs(amplitude(broadside, towards(0.0, 0.7))) == pytest.approx(
        np.sqrt(8), rel=1e-12
    )  # a row has no elevation


def test_array_of_isotropic_elements_radiates_what_it_gets():
    """Half-wave spacing in a row: no mutual resistance, so the power over all directions is that fed in."""
    array = steered_array(1, 6, WAVELENGTH / 2, WAVELENGTH, 0.5)
    assert mean_power_gain(lambda d: amplitude(array, d), 40) == pytest.approx(1, rel=1e-6)


def test_element_nearer_to_the_target_leads():
    """Two elements, the right one fed: towards the right its path is shorter, so exp(-j k R) has advanced."""
    positions = np.array([[-WAVELENGTH / 8, 0, 0], [WAVELENGTH / 8, 0, 0]])
    array = TransmitArray(positions, np.array([0, 1], complex))
    assert np.angle(amplitude(array, towards(np.pi / 2))) == pytest.approx(np.pi / 4, rel=1e-12)


def test_axes_turn_the_array():
    turned = ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    array = steered_array(1, 8, WAVELENGTH / 2, WAVELENGTH, 0.3)
    assert amplitude(array, (float(np.cos(0.3)), 0.0, float(-np.sin(0.3))), turned) == pytest.approx(
        np.sqrt(8), rel=1e-12
    )


def test_bad_arrays():
    with pytest.raises(ValueError, match="an array needs elements"):
        steered_array(0, 4, 0.5, 1.0)
    with pytest.raises(ValueError, match="power 1"):
        TransmitArray(np.zeros((2, 3)), np.ones(2, complex))
    with pytest.raises(ValueError, match="positions must be"):
        TransmitArray(np.zeros((2, 3)), np.ones(3, complex) / np.sqrt(3))
