import numpy as np
import pytest

from raysim.echoes import kind_letters, strongest_echoes
from raysim.paths import Interaction, concatenate, point_target
from raysim.sensors import look_at

POSE = look_at((1.0, 2.0, 3.0), (1.0, 30.0, 2.0))
FREQUENCY, CELL = 28e9, 0.2


def target(distance, gain=1.0, azimuth=0.1, velocity=0.0):
    return point_target(POSE, distance=distance, azimuth=azimuth, elevation=-0.05, velocity=velocity, gain=gain)


def strongest(*paths, count=20):
    return strongest_echoes(concatenate(paths), POSE, frequency=FREQUENCY, range_cell=CELL, count=count)


def test_a_point_comes_back_as_it_was_put():
    (echo,) = strongest(target(20.1, 1e-6j, velocity=-3.0))
    assert echo.power_db == pytest.approx(-120)
    assert (echo.range, echo.azimuth, echo.elevation, echo.velocity) == pytest.approx((20.1, 0.1, -0.05, -3.0))
    assert (echo.kinds, echo.num_paths, echo.last_instance) == ("S", 1, 0)
    local = (echo.last_point - POSE[:3, 3]) @ POSE[:3, :3]
    assert np.linalg.norm(local) == pytest.approx(20.1)


def test_paths_of_a_cell_add_with_their_phases():
    quarter = 299792458 / FREQUENCY / 4  # a quarter wave further: half a turn there and back
    (echo,) = strongest(target(20.1), target(20.1 + quarter))
    assert echo.power_db < -100
    (echo,) = strongest(target(20.1), target(20.1 + 2 * quarter))
    assert echo.power_db == pytest.approx(20 * np.log10(2), abs=1e-6)


def test_ranges_kinds_and_objects_are_kept_apart_strongest_first():
    near, far = target(20.1, 0.5), target(30.1, 2.0)
    other = target(20.1, 1.0)
    other.kinds[:] = Interaction.REFLECTION | Interaction.SCATTERING << 4
    elsewhere = target(20.1, 0.25)
    elsewhere.last_instance[:] = 7
    echoes = strongest(near, far, other, elsewhere)
    assert [round(e.power_db) for e in echoes] == [6, 0, -6, -12]
    assert [e.kinds for e in echoes] == ["S", "RS", "S", "S"]
    assert echoes[-1].last_instance == 7
    assert [e.range for e in strongest(near, far, other, elsewhere, count=1)] == pytest.approx([30.1])


def test_letters_and_limits():
    assert kind_letters(0x1421) == "RSTR"
    assert kind_letters(0) == ""
    assert strongest(target(20.0).select(np.zeros(1, bool))) == []
    with pytest.raises(ValueError, match="range_cell must be above 0 m, got 0"):
        strongest_echoes(target(20.0), POSE, frequency=FREQUENCY, range_cell=0, count=3)
