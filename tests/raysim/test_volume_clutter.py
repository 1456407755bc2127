from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c

from raysim.antenna import Pattern, fixed_antenna
from raysim.environment import Weather
from raysim.intersect import RayCaster
from raysim.stations import seen_by
from raysim.volume_clutter import SNOW_FALL_SPEED, rain_fall_speed, volume_clutter
from raysim.weather_radio import attenuation_constant, rain_reflectivity, snow_reflectivity
from tests.fixtures import PEC, scene_of, sensors_at

FREQUENCY = 28e9
ISOTROPIC = fixed_antenna(Pattern.ISOTROPIC)


def caster_of(weather, wall=500.0, target=(0.0, 1.0, 0.0)):
    """Radar at the origin, a wall across the y axis."""
    corners = np.array([[-1e3, wall, -1e3], [1e3, wall, -1e3], [1e3, wall, 1e3], [-1e3, wall, 1e3]])
    scene = scene_of(
        [("wall", "building", False, corners, [[0, 1, 2], [0, 2, 3]], PEC, None)], sensors_at((0, 0, 0), target)
    )
    return RayCaster(replace(scene, weather=weather)).frame(0)


def draw(caster, count=20_000, seed=1, **more):
    settings = {"antenna": ISOTROPIC, "max_range": 40.0, "frequency": FREQUENCY} | more
    return volume_clutter(caster, count=count, rng=np.random.default_rng(seed), **settings)


@pytest.mark.parametrize("weather", [Weather(rain=20.0), Weather(snow=3.0)])
def test_mean_power_is_the_radar_equations(weather):
    """eta lambda^2 2 pi / (4 pi)^3 times the integral of exp(-4 a r) / r^2 over the hemisphere's ranges."""
    eta = rain_reflectivity(weather.rain, FREQUENCY) + snow_reflectivity(weather.snow, FREQUENCY)
    r = np.linspace(5, 40, 20_001)
    fall = np.exp(-4 * attenuation_constant(weather, FREQUENCY) * r) / r**2
    integral = np.sum(fall[1:] + fall[:-1]) / 2 * (r[1] - r[0])
    expected = eta * (c / FREQUENCY) ** 2 * 2 * np.pi / (4 * np.pi) ** 3 * integral
    for count in (5_000, 40_000):
        power = np.sum(np.abs(draw(caster_of(weather), count, min_range=5.0).gain) ** 2)
        assert power == pytest.approx(expected, rel=6 / np.sqrt(count))


def test_clutter_stays_before_surfaces_and_within_its_ranges():
    paths = draw(caster_of(Weather(rain=5.0), wall=20.0))
    distance = np.linalg.norm(paths.last_point, axis=1)
    assert paths.last_point[:, 1].max() < 20
    assert 0.3 * 20_000 < len(paths) < 0.9 * 20_000
    assert distance.min() >= 1
    assert distance.max() <= 40
    np.testing.assert_allclose(paths.delay, 2 * distance / c, rtol=1e-12)
    np.testing.assert_allclose(paths.arrival * distance[:, None], paths.last_point, atol=1e-9)
    assert np.all(paths.first_instance == -1)


def apart(transmitter, weather=None, **more):
    """Receiver at the origin, transmitter elsewhere in its axes, both looking along y."""
    weather = weather or Weather(rain=5.0)
    caster = caster_of(weather, **more)
    radar = replace(caster.frame.scene.sensors.radar, transmitter_offset=np.asarray(transmitter, float))
    return seen_by(caster, radar)


def test_separate_ends_bound_the_whole_way_and_light_what_both_see():
    """No way over twice the range, none next to an end, none behind a wall from either."""
    open_air = draw(apart((30.0, 0.0, 0.0)))
    ends = np.array([[0.0, 0, 0], [30.0, 0, 0]])
    legs = np.linalg.norm(open_air.last_point[:, None] - ends, axis=2)
    np.testing.assert_allclose(open_air.delay * c, legs.sum(axis=1), rtol=1e-12)
    assert legs.sum(axis=1).max() <= 80
    assert legs.min() >= 1
    assert legs[:, 0].max() > 45  # over the range from the receiver, but near the transmitter
    hidden = draw(apart((30.0, 0.0, 0.0), wall=20.0))
    assert hidden.last_point[:, 1].max() < 20
    assert len(draw(apart((0.0, 0.0, 30.0), wall=20.0))) == 0  # the transmitter stands behind the wall


def test_attenuation_is_that_of_the_polarisation():
    """P.838: rain weakens horizontal waves more; a far echo tells."""
    weather = Weather(rain=50.0)
    vertical, horizontal = (draw(caster_of(weather), tilt=tilt) for tilt in (np.pi / 2, 0.0))
    rates = [attenuation_constant(weather, FREQUENCY, tilt=tilt) for tilt in (np.pi / 2, 0.0)]
    ratio = np.abs(horizontal.gain / vertical.gain)
    np.testing.assert_allclose(ratio, np.exp(-(rates[1] - rates[0]) * c * vertical.delay), rtol=1e-9)
    assert ratio.min() < 0.99


def test_dry_weather_has_none():
    assert len(draw(caster_of(Weather(visibility=50.0, dust=1.0)), 100)) == 0


def test_antenna_gain_is_in():
    """8 dBi each way lift what is straight ahead by 16 dB."""
    weather = Weather(rain=5.0)
    plain = draw(caster_of(weather))
    gained = draw(caster_of(weather), antenna=fixed_antenna(Pattern.TR38901))
    ratio = np.abs(gained.gain / plain.gain)
    ahead = plain.arrival[:, 1] > 0.999
    assert 20 * np.log10(ratio[ahead].min()) == pytest.approx(16, abs=0.2)
    assert 20 * np.log10(ratio.max()) <= 16


def test_rain_falls_on_a_radar_that_looks_up():
    """Straight up the drops close in with their fall speeds, which at 28 GHz are those of the large drops."""
    upwards = caster_of(Weather(rain=10.0), target=(0.0, 0.01, 1.0))
    paths = draw(upwards, turbulence=0.0)
    overhead = paths.arrival[:, 2] > 0.999
    closing = -paths.delay_rate[overhead] * c / 2
    assert 5 < np.mean(closing) < 8.5
    assert closing.min() > 0
    assert closing.max() < 9.65
    snow = draw(caster_of(Weather(snow=1.0), target=(0.0, 0.01, 1.0)), turbulence=0.0)
    np.testing.assert_allclose(-snow.delay_rate * c / 2, SNOW_FALL_SPEED * snow.arrival[:, 2], atol=1e-12)


def test_wind_turbulence_and_curvature():
    caster = caster_of(Weather(snow=1.0))
    still = draw(caster, turbulence=0.0)
    blown = draw(caster, turbulence=0.0, wind=(0.0, -6.0, 0.0))
    np.testing.assert_allclose((still.delay_rate - blown.delay_rate) * c / 2, 6 * still.arrival[:, 1], atol=1e-9)
    rough = draw(caster, turbulence=0.7)
    assert np.std((rough.delay_rate - still.delay_rate) * c / 2) == pytest.approx(0.7, rel=0.03)
    # a drop that passes crosswise bends away: against the exact distance a moment before and after
    speed = np.array([0.0, -6.0, -SNOW_FALL_SPEED])
    step = 1e-3
    after, before = (np.linalg.norm(blown.last_point + t * speed, axis=1) for t in (step, -step))
    middle = np.linalg.norm(blown.last_point, axis=1)
    bend = 2 * (after - 2 * middle + before) / step**2
    np.testing.assert_allclose(blown.delay_acceleration * c, bend, rtol=1e-3, atol=1e-5)


def test_same_stream_same_echoes():
    caster = caster_of(Weather(rain=5.0, snow=1.0))
    np.testing.assert_array_equal(draw(caster, 500).gain, draw(caster, 500).gain)
    assert not np.array_equal(draw(caster, 500).gain, draw(caster, 500, seed=2).gain)


def test_fall_speeds_as_measured():
    """Gunn and Kinzer (1949): 4.03 m/s at 1 mm, 6.49 at 2 mm, 8.06 at 3 mm, 9.09 at 5 mm."""
    np.testing.assert_allclose(rain_fall_speed(np.array([1, 2, 3, 5]) * 1e-3), [4.03, 6.49, 8.06, 9.09], rtol=0.025)
    assert rain_fall_speed(np.array([1e-5]))[0] == 0


@pytest.mark.parametrize("wrong", [{"count": 0}, {"max_range": 0.5}, {"min_range": 0.0}])
def test_bad_ranges(wrong):
    with pytest.raises(ValueError, match="need count >= 1 and 0 < min_range < max_range"):
        draw(caster_of(Weather(rain=1.0)), **({"count": 10} | wrong))
