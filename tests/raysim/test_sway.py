"""Foliage in the wind: the distribution of its speeds, motion that goes on from frame to frame."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c, mph

from raysim.crowns import crowns_of
from raysim.environment import Weather
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.paths import concatenate
from raysim.sway import resting_share, speed_scale, sway_of
from raysim.trace import TraceConfig, trace
from tests.fixtures import box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH

LEAVES = Material("leaves", "foliage", (0.1, 0.2, 0.05), rms_height=5e-3, scattering=0.6)
STEP = 1e-4  # [s] between frames


def crown(wind, half=9.9, frames=2):
    box = box_triangles((2 * half, 2 * half, 2 * half), (0.0, 15.0 + half, 0.0))
    piece = ("tree", "vegetation", False, *box, LEAVES, None)
    scene = scene_of([piece], sensors_at((0, 0, 0), (0, 1, 0)), STEP * np.arange(frames))
    return replace(scene, weather=Weather(wind=wind))


def traced(scene, frame=0, **settings):
    launch = LaunchConfig(azimuth_limit=0.5, elevation_min=-0.5, elevation_max=0.5)
    config = TraceConfig(antenna="isotropic", launch=launch, max_interactions=1, **settings)
    return concatenate(trace(RayCaster(scene).frame(frame), config, frequency=FREQUENCY, seed=3))


def test_billingsley_at_the_winds_of_his_book():
    """Rates of decay near 8, 6 and 4.3 s/m in breezy air (10 mph), wind (20) and gales (50)."""
    for wind, rate in ((10, 6.8), (20, 5.6), (50, 4.5)):
        assert 1 / speed_scale(wind * mph) == pytest.approx(rate, rel=0.02)
    assert speed_scale(0.0) == 0 and resting_share(0.0, 28e9) == 1
    assert resting_share(5.0, 28e9) < resting_share(5.0, 10e9) < resting_share(1.0, 10e9) < 1


@pytest.mark.parametrize("wind", [3.0, 8.0])
def test_speeds_over_the_cells_follow_the_model(wind):
    """Any component: two-sided exponential, with a part at rest; deviation sqrt(2 moving share) / beta."""
    scene = crown(wind)
    velocity = sway_of(scene.frame(0), frequency=FREQUENCY, seed=1).velocity
    assert len(velocity) == crowns_of(scene).num_filled > 50_000
    direction = np.array([0.6, -0.64, 0.48])
    speed, scale, moving = velocity @ direction, speed_scale(wind), 1 - resting_share(wind, FREQUENCY)
    assert speed.std() == pytest.approx(scale * np.sqrt(2 * moving), rel=0.02)
    for times in (1.0, 2.0, 4.0):
        assert np.mean(np.abs(speed) > times * scale) == pytest.approx(moving * np.exp(-times), rel=0.08)
    assert np.mean(speed == 0) == pytest.approx(1 - moving, abs=0.01)
    assert abs(speed.mean()) < 0.02 * scale


def test_motion_goes_on_from_frame_to_frame():
    scene = crown(6.0)
    first, second = (sway_of(scene.frame(i), frequency=FREQUENCY, seed=1) for i in (0, 1))
    again = sway_of(crown(6.0).frame(1), frequency=FREQUENCY, seed=1)
    np.testing.assert_array_equal(second.displacement, again.displacement)
    between = (first.velocity + second.velocity) / 2
    np.testing.assert_allclose(second.displacement - first.displacement, STEP * between, atol=1e-10)
    between = (first.acceleration + second.acceleration) / 2
    np.testing.assert_allclose(second.velocity - first.velocity, STEP * between, atol=1e-8)
    other = sway_of(scene.frame(0), frequency=FREQUENCY, seed=2)
    assert np.abs(other.velocity - first.velocity).max() > 0.1


def test_paths_carry_the_exact_derivatives():
    scene = crown(6.0)
    first, second = traced(scene), traced(scene, 1)
    assert len(first) == len(second) > 1000
    np.testing.assert_array_equal(first.gain, second.gain)  # same cells, same phases
    rate = (first.delay_rate + second.delay_rate) / 2
    np.testing.assert_allclose((second.delay - first.delay) / STEP, rate, atol=1e-6 * np.abs(rate).max())
    change = (second.delay_rate - first.delay_rate) / STEP
    acceleration = (first.delay_acceleration + second.delay_acceleration) / 2
    # cells that move across the line of sight add v^2 / distance on either way, 15 m or more
    fastest = np.linalg.norm(sway_of(scene.frame(0), frequency=FREQUENCY, seed=3).velocity, axis=1).max()
    across = (acceleration - change) * c
    assert across.min() > -1e-4 * np.abs(acceleration * c).max()
    assert np.median(across) < across.max() < 2 * fastest**2 / 15


def test_doppler_spread_of_a_crown():
    """Power-weighted deviation of the Doppler frequency: 2 / lambda times that of the radial speed."""
    wind = 6.0
    paths = traced(crown(wind))
    power, doppler = np.abs(paths.gain) ** 2, -FREQUENCY * paths.delay_rate
    spread = np.sqrt(np.average(doppler**2, weights=power))
    expected = 2 / WAVELENGTH * speed_scale(wind) * np.sqrt(2 * (1 - resting_share(wind, FREQUENCY)))
    print(f"crown in {wind} m/s of wind: Doppler deviation {spread:.1f} Hz, model {expected:.1f} Hz (bar 10 %)")
    assert spread == pytest.approx(expected, rel=0.1)


def test_no_wind_no_motion():
    paths = traced(crown(0.0))
    np.testing.assert_array_equal(paths.delay_rate, 0)
    np.testing.assert_array_equal(paths.delay_acceleration, 0)
    assert sway_of(crown(0.0).frame(0), frequency=FREQUENCY, seed=0) is None
    aside = (traced(crown(6.0)).delay - paths.delay) * c
    assert 0.005 < aside.std() < 0.1  # [m]
