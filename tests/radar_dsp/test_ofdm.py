import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError

from radar_dsp.ofdm import RadarConfig, describe, limits_broken


def test_default_grid_is_that_of_the_paper():
    config = RadarConfig()
    assert config.bandwidth == pytest.approx(800e6, rel=2e-3)
    assert config.range_resolution == pytest.approx(0.1877, abs=1e-4)
    assert config.unambiguous_range == pytest.approx(312.3, abs=0.1)
    assert config.cyclic_prefix_range == pytest.approx(87.8, abs=0.1)
    assert config.velocity_resolution == pytest.approx(0.669, abs=1e-3)
    assert config.unambiguous_velocity == pytest.approx(10.71, abs=0.01)
    assert np.degrees(config.azimuth_resolution) == pytest.approx(7.16, abs=0.01)
    assert config.processing_gain_db == pytest.approx(71.35, abs=0.01)
    assert config.num_resource_elements == 6656
    assert config.transmit_power_dbm == 47


@pytest.mark.parametrize("count", [7, 8])
def test_axes_ascend_around_the_middle(count):
    config = RadarConfig(num_subcarriers=count, num_symbols=count)
    assert config.subcarrier_frequency[count // 2] == 0
    assert config.symbol_time.sum() == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(np.diff(config.subcarrier_frequency), 480e3)
    np.testing.assert_allclose(np.diff(config.symbol_time), 250e-6)


@pytest.mark.parametrize(
    "field, value",
    [
        ("carrier_frequency", 0),
        ("num_symbols", 0),
        ("comb", -1),
        ("eirp_dbm", float("nan")),
        ("range_window", "kaiser"),
        ("symbol_interval", 8e-6),
        ("carier", 28e9),
    ],
)
def test_bad_fields_are_named(field, value):
    with pytest.raises(ValidationError, match=field):
        RadarConfig(**{field: value})


def test_every_field_says_what_it_is():
    for name, field in RadarConfig.model_fields.items():
        assert field.description, name


def test_limits_broken_names_each_limit_once_it_is_broken():
    config = RadarConfig()
    assert limits_broken(config, max_range=80, max_speed=3) == []
    (cyclic,) = limits_broken(config, max_range=100)
    assert "beyond 88 m outlast the cyclic prefix" in cyclic
    folded = limits_broken(config, max_range=400, max_speed=12)
    assert [any(word in line for line in folded) for word in ("fold back", "fold over", "walks 0.5")] == [True] * 3
    fast = limits_broken(RadarConfig(symbol_interval=1e-5), max_range=10, max_speed=60)
    assert any("inter-carrier interference would reach -15 dB" in line for line in fast)


def test_description_states_axes_and_noise():
    text = describe(RadarConfig())
    for part in ("28 GHz", "1664 x 480 kHz", "0.188 m", "closing positive", "-125.0 dB"):
        assert part in text


def test_import_stays_light():
    code = "import radar_dsp, radar_dsp.plot, sys; print('matplotlib' in sys.modules, 'scipy.signal' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
