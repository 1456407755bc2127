import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.constants import c

from radar_dsp.csi import synthesise_csi
from radar_dsp.numerology import (
    HALF_SUBFRAME,
    LONG_PREFIX_EXTRA,
    NR_SPACINGS,
    nr_symbol_time,
    symbol_duration,
    symbols_per_half_subframe,
)
from radar_dsp.ofdm import RadarConfig, describe, limits_broken
from radar_dsp.periodogram import power_cube
from radar_dsp.presets import PRESETS
from raysim.paths import point_target
from tests.radar_dsp.oracle import POSE, philox

FLAT = {"range_window": "rectangular", "doppler_window": "rectangular", "array_window": "rectangular"}


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
    """The library, its plots and every command: what takes long to import waits until it is needed."""
    slow = ("matplotlib", "numba", "scipy.signal", "sklearn")
    code = f"import radar_dsp.plot, radar_dsp.cli, sys; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", PRESETS)
def test_presets_resolve_and_given_fields_win(name):
    config = RadarConfig(preset=name)
    assert RadarConfig(**config.model_dump()) == config
    assert RadarConfig(preset=name, num_symbols=3).num_symbols == 3
    assert config.unambiguous_range > 312
    assert config.symbol_interval == 250e-6
    assert describe(config)


def test_presets_are_what_they_are_named_after():
    assert RadarConfig(preset="maxray") == RadarConfig()
    assert RadarConfig(preset="fine-doppler").velocity_resolution == pytest.approx(0.335, abs=1e-3)
    for name, spacing, width, prefix_range in (  # 3GPP TS 38.101-2 Tab. 5.3.2-1; c T_cp / 2
        ("nr-60", 60e3, 264 * 12 * 60e3, 175.7),
        ("nr-120", 120e3, 264 * 12 * 120e3, 87.8),
        ("nr-240", 240e3, 264 * 12 * 120e3, 43.9),
        ("nr-480", 480e3, 124 * 12 * 480e3, 22.0),
    ):
        config = RadarConfig(preset=name)
        assert (config.subcarrier_spacing, config.bandwidth) == (spacing, pytest.approx(width))
        assert config.cyclic_prefix_range == pytest.approx(prefix_range, abs=0.06)


def test_two_carriers_leave_their_guards_empty():
    config = RadarConfig(preset="two-carriers")
    used = config.subcarrier_frequency[config.occupied]
    assert config.num_resource_elements == 2 * 264 * 12
    np.testing.assert_allclose(used, -used[::-1])  # the gap is in the middle
    steps = np.diff(used)
    assert steps.max() == pytest.approx(2 * 9.86e6 + 480e3, rel=5e-3)  # TS 38.521-2, 5.3.3: 9.86 MHz at 400 MHz
    assert (steps > 480e3 * 1.001).sum() == 1
    assert config.processing_gain_db == pytest.approx(10 * np.log10(1584 * 32 * 256))


@pytest.mark.parametrize("spacing", NR_SPACINGS)
def test_nr_symbols_fill_half_a_subframe(spacing):
    """38.211, 5.3.1: 7 x 2^mu symbols, the first with 16 kappa Tc more."""
    count = symbols_per_half_subframe(spacing)
    assert count == 7 * round(spacing / 15e3)
    assert count * symbol_duration(spacing) + LONG_PREFIX_EXTRA == pytest.approx(HALF_SUBFRAME, rel=1e-12)


@pytest.mark.parametrize("spacing", [60e3, 120e3, 240e3, 480e3])
def test_every_nr_symbol_in_a_row_has_its_real_time(spacing):
    count = symbols_per_half_subframe(spacing)
    time = nr_symbol_time(3 * count, 1, spacing)
    step = np.diff(time)
    long = np.zeros(len(step), bool)
    long[count - 1 :: count] = True
    np.testing.assert_allclose(step[~long], symbol_duration(spacing))
    np.testing.assert_allclose(step[long], symbol_duration(spacing) + LONG_PREFIX_EXTRA)
    assert time[0] == -time[-1]


def test_nr_times_stray_from_equidistant_ones_by_half_the_longer_prefix():
    config = RadarConfig(preset="nr-120")
    even = RadarConfig(preset="nr-120", timing="equidistant")
    stray = config.symbol_time - even.symbol_time
    assert 0.1e-6 < np.ptp(stray) <= LONG_PREFIX_EXTRA * (1 + 1e-9)
    assert np.diff(config.symbol_time).mean() == pytest.approx(250e-6, rel=1e-4)


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"preset": "wifi"}, "preset must be one of maxray, fine-doppler"),
        ({"timing": "nr", "subcarrier_spacing": 100e3}, "timing nr needs a subcarrier_spacing of 15, 30, 60"),
        ({"timing": "nr", "symbol_interval": 100e-6}, "multiples of 8.929 us at 120 kHz, got 100 us"),
        ({"gap_subcarriers": 1663}, "gap_subcarriers must leave"),
        ({"impairments": {"adc_bits": 0}}, "adc_bits"),
        ({"impairments": {"jitter": 1}}, "jitter"),
    ],
)
def test_impossible_grids_are_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        RadarConfig(**fields)


def test_a_rounded_interval_still_means_every_nr_symbol():
    config = RadarConfig(timing="nr", symbol_interval=8.93e-6, num_symbols=900)
    assert np.diff(config.symbol_time).min() == pytest.approx(symbol_duration(120e3))
    assert config.symbol_time[-1] - config.symbol_time[0] == pytest.approx(899 * 0.5e-3 / 56, abs=0.6e-6)


def test_the_description_names_what_is_switched_on():
    assert "impairments      none" in describe(RadarConfig())
    text = describe(RadarConfig(preset="two-carriers", impairments={"adc_bits": 10, "isolation_db": 60.0}))
    for part in ("isolation_db 60.0, adc_bits 10", "on the NR grid", "41 in the middle empty"):
        assert part in text


def test_limits_state_the_power_they_cost():
    """Range walk against the chain itself, interference beyond the prefix against its closed form."""
    grid = {"num_subcarriers": 256, "comb": 26, "num_rows": 1, "num_columns": 2, "symbol_interval": 2e-3}
    fast = RadarConfig(**grid, thermal_noise=False, **FLAT)
    speed = 48 * fast.velocity_resolution  # a whole number of Doppler cells: no scalloping there
    (walk,) = [line for line in limits_broken(fast, max_range=40, max_speed=speed) if "walks" in line]
    stated = float(walk.split("loses ")[1].split(" dB")[0])
    levels = []
    for velocity in (0.0, speed):
        paths = point_target(POSE, distance=40 * fast.range_resolution, azimuth=0.0, elevation=0.0, velocity=velocity)
        cube = power_cube(synthesise_csi(paths, fast, pose=POSE, rng=philox(1)), fast, max_range=45.0)
        levels.append(10 * np.log10(cube.power.max()))
    assert levels[0] - levels[1] == pytest.approx(stated, abs=0.05)
    (late,) = limits_broken(RadarConfig(), max_range=150)
    excess = 2 * (150 - RadarConfig().cyclic_prefix_range) / c * 120e3
    assert f"lose {-20 * np.log10(1 - excess):.2f} dB at 150 m" in late
    assert f"interference {10 * np.log10(1 - (1 - excess) ** 2):.0f} dB" in late
    (eirp,) = limits_broken(RadarConfig(eirp_dbm=86), max_range=50)
    assert "77.0 dBm per 100 MHz is above 75 dBm (47 CFR 30.202)" in eirp


@pytest.mark.filterwarnings("error")
def test_an_echo_that_is_a_symbol_late_is_all_interference():
    late = next(line for line in limits_broken(RadarConfig(), max_range=2600) if "cyclic prefix" in line)
    assert "lose 60.00 dB at 2600 m" in late and "interference 0 dB" in late
