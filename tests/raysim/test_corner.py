import numpy as np
import pytest
from scipy.constants import c

from raysim.antenna import Pattern, fixed_antenna
from raysim.corner import Scatterers, corner_echoes
from raysim.diffraction import diffract, vertical_terminal
from raysim.edge_motion import MovingPoints
from raysim.intersect import RayCaster
from raysim.paths import Interaction
from raysim.radio_edges import radio_edges
from raysim.sensors import look_at
from tests.fixtures import PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH

ANTENNA = fixed_antenna(Pattern.TR38901)
VELOCITY = np.array([[-3.0, 1.0, 0.0]])


def block():
    """One block with its +x, +y vertical edge at (0, 0); the target stands behind it."""
    vertices, triangles = box_triangles((40.0, 4.0, 30.0), (-20.0, -2.0, 0.0))
    piece = ("block", "building", False, vertices, triangles, PEC, None)
    scene = scene_of([piece], sensors_at((0, 0, 0), (0, 1, 0)))
    caster = RayCaster(scene).frame(0)
    return caster, radio_edges(caster, min_length=0.3)


def target(position=(-6.0, 2.0, 1.0)) -> Scatterers:
    points = MovingPoints(np.array([position]), VELOCITY, np.zeros((1, 3)))
    return Scatterers(points, np.array([10.0]), np.array([7], np.int32))


def radar(position):
    return vertical_terminal(look_at(position, (0.0, 0.0, 0.0)), ANTENNA)


def test_hidden_target_comes_back_over_the_edge():
    """Monostatic: twice the one-way length and rate, the gain of the two ways times the target's."""
    caster, edges = block()
    here, hidden = radar((3.0, -5.0, 0.0)), target()
    echo = corner_echoes(caster, edges, here, here, hidden, frequency=FREQUENCY)
    assert len(echo) == 1
    there = vertical_terminal(
        look_at(tuple(hidden.points.position[0]), (0.0, 0.0, 0.0)), fixed_antenna(Pattern.ISOTROPIC)
    )
    way = diffract(caster, edges, here, there, frequency=FREQUENCY)
    way = way.select(np.abs(way.last_point[:, 0]) < 1e-9)
    assert echo.delay[0] == pytest.approx(2 * way.delay[0], rel=1e-14)
    # co-polar within the tilt of the way; |h|^2 = (4 pi / lambda)^2 gain^2
    want = np.sqrt(10.0 / (4 * np.pi)) * 4 * np.pi / WAVELENGTH * abs(way.gain[0]) ** 2
    assert abs(echo.gain[0]) == pytest.approx(want, rel=0.02)
    assert echo.kinds[0] == Interaction.DIFFRACTION | Interaction.SCATTERING << 4 | Interaction.DIFFRACTION << 8
    assert (echo.depth[0], echo.first_instance[0], echo.last_instance[0]) == (3, 0, 0)
    np.testing.assert_allclose(echo.arrival, echo.departure)


def test_visible_target_is_left_to_the_tracer():
    caster, edges = block()
    here = radar((3.0, -5.0, 0.0))
    assert len(corner_echoes(caster, edges, here, here, target((4.0, 3.0, 0.0)), frequency=FREQUENCY)) == 0


def test_one_way_may_be_straight_and_ends_can_be_swapped():
    caster, edges = block()
    ends = radar((3.0, -5.0, 0.0)), radar((-1.0, 12.0, 2.0))
    there = corner_echoes(caster, edges, *ends, target(), frequency=FREQUENCY)
    back = corner_echoes(caster, edges, *ends[::-1], target(), frequency=FREQUENCY)
    assert len(there) == len(back) == 1
    assert there.kinds[0] == Interaction.DIFFRACTION | Interaction.SCATTERING << 4
    assert back.kinds[0] == Interaction.SCATTERING | Interaction.DIFFRACTION << 4
    assert (there.last_instance[0], back.last_instance[0]) == (7, 0)
    assert there.gain[0] == pytest.approx(back.gain[0], rel=1e-6)
    np.testing.assert_array_equal(there.arrival, back.departure)
    np.testing.assert_allclose(back.last_point[0, :2], 0, atol=1e-9)


def test_rates_are_derivatives_of_the_delay():
    caster, edges = block()
    ends = radar((3.0, -5.0, 0.0)), radar((-1.0, 12.0, 2.0))
    step = 1e-3
    before, now, after = (
        corner_echoes(
            caster, edges, *ends, target(tuple(target().points.position[0] + t * VELOCITY[0])), frequency=28e9
        )
        for t in (-step, 0.0, step)
    )
    delay = np.array([p.delay[0] for p in (before, now, after)]) * c
    assert now.delay_rate[0] * c == pytest.approx((delay[2] - delay[0]) / (2 * step), rel=1e-6)
    acceleration = (delay[2] - 2 * delay[1] + delay[0]) / step**2
    assert now.delay_acceleration[0] * c == pytest.approx(acceleration, rel=1e-4)


def test_bad_scatterers():
    points = MovingPoints(np.zeros((1, 3)), np.zeros((1, 3)), np.zeros((1, 3)))
    with pytest.raises(ValueError, match="cross_section must be >= 0"):
        Scatterers(points, np.array([-1.0]), np.zeros(1, np.int32))
    with pytest.raises(ValueError, match="2 scatterers need"):
        Scatterers(points, np.ones(2), np.zeros(2, np.int32))
