from dataclasses import replace

import numpy as np
from scipy.constants import c

from raysim.environment import Weather
from raysim.intersect import RayCaster
from raysim.labels import direct_instances, reflectors
from raysim.launch import LaunchConfig
from raysim.paths import concatenate
from raysim.trace import TraceConfig, trace
from raysim.weather_radio import NEPER_DB, attenuation_constant, rain_attenuation_db_per_km
from tests.fixtures import hand_made_scene
from tests.shapes import FREQUENCY

LAUNCH = LaunchConfig(flat_footprint=1.5, object_tubes=1000, object_samples=8, image_tubes=0)
CONFIG = TraceConfig(launch=LAUNCH, max_interactions=2, weather_scatterers=2000)


def traced(weather, config=CONFIG, frame=0, seed=3):
    scene = replace(hand_made_scene(), weather=weather)
    return list(trace(RayCaster(scene).frame(frame), config, frequency=FREQUENCY, seed=seed))


def test_paths_fall_with_their_own_length_and_drops_come_last():
    clear, rainy = concatenate(traced(Weather())), traced(Weather(rain=30.0))
    surfaces, drops = concatenate(rainy[:-1]), rainy[-1]
    assert surfaces.delay.tobytes() == clear.delay.tobytes()
    per_km = rain_attenuation_db_per_km(30.0, FREQUENCY)
    np.testing.assert_allclose(surfaces.gain, clear.gain * 10 ** (-per_km * c * clear.delay / 2e4), rtol=1e-9)
    assert len(drops) > 500
    assert np.all(drops.last_instance == -1)


def test_drops_fade_by_the_polarisation_sent():
    sides = {"transmit_polarisation": "H", "receive_polarisation": "H", "antenna": "isotropic"}
    across, upright = (
        traced(Weather(rain=60.0), CONFIG.model_copy(update=update))[-1] for update in (sides, {"antenna": "isotropic"})
    )
    rates = [attenuation_constant(Weather(rain=60.0), FREQUENCY, tilt=tilt) for tilt in (0.0, np.pi / 2)]
    far = across.delay * c > 100
    want = np.exp(-(rates[0] - rates[1]) * c * across.delay)
    np.testing.assert_allclose(np.abs(across.gain / upright.gain)[far], want[far], rtol=1e-9)


def test_fog_weakens_and_adds_nothing():
    clear, foggy = concatenate(traced(Weather())), concatenate(traced(Weather(visibility=50.0)))
    constant = attenuation_constant(Weather(visibility=50.0), FREQUENCY)
    assert constant * NEPER_DB > 1e-4
    np.testing.assert_allclose(foggy.gain, clear.gain * np.exp(-constant * c * clear.delay), rtol=1e-12)


def test_drops_are_new_every_frame_and_the_same_for_one_seed():
    first, again, next_frame = (traced(Weather(snow=2.0), frame=f)[-1] for f in (0, 0, 1))
    assert first.gain.tobytes() == again.gain.tobytes()
    assert first.gain[:10].tobytes() != next_frame.gain[:10].tobytes()


def test_labels_pass_over_drops():
    rainy = traced(Weather(rain=30.0))
    assert -1 not in direct_instances(rainy)
    settings = {"num_instances": 2, "frequency": FREQUENCY, "range_cell": 0.5, "azimuth_cell_cosine": 0.1}
    pose = hand_made_scene().sensors.radar.pose
    with_drops, without = reflectors(rainy, pose, **settings), reflectors(rainy[:-1], pose, **settings)
    for name, value in without.items():
        np.testing.assert_array_equal(with_drops[name], value)


def test_every_setting_is_written_out_and_read_back():
    assert TraceConfig().model_dump(mode="json")["weather_scatterers"] == 20_000
    changed = TraceConfig(weather_scatterers=10)
    assert changed.model_dump(mode="json")["weather_scatterers"] == 10
    assert TraceConfig.model_validate(changed.model_dump(mode="json")) == changed


def test_no_scatterers_no_drops():
    config = CONFIG.model_copy(update={"weather_scatterers": 0})
    paths = concatenate(traced(Weather(rain=30.0), config))
    assert paths.last_instance.min() == 0
