"""Impairments against their closed forms, and their randomness."""

import numpy as np
import pytest
from scipy.constants import c
from scipy.stats import norm

from radar_dsp.clutter import remove_mean
from radar_dsp.csi import synthesise_csi
from radar_dsp.impairments import Impairments, draw_phase, element_errors, phase_noise_density, quantise
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube
from radar_dsp.waveform import draw_symbols, receiver
from raysim.paths import point_target
from tests.radar_dsp.oracle import POSE, SMALL, philox, random_paths

QUIET = SMALL.model_copy(update={"thermal_noise": False})
FLAT = {"range_window": "rectangular", "doppler_window": "rectangular", "array_window": "rectangular"}
NOISY_OSCILLATOR = {"phase_noise_dbc": -95.0}


def impaired(config=QUIET, **fields) -> RadarConfig:
    return RadarConfig(**(config.model_dump() | {"impairments": fields}))


def target(cells: int, config=QUIET):
    return point_target(POSE, distance=cells * config.range_resolution, azimuth=0.0, elevation=0.0)


def synthesise(paths, config, key=1, **options):
    return synthesise_csi(paths, config, pose=POSE, rng=philox(key), **options).values


def error_power(got, truth):
    return float(np.sum(np.abs(got - truth) ** 2) / np.sum(np.abs(truth) ** 2))


def test_everything_is_off_by_default():
    assert not Impairments().waveform_matters
    paths = random_paths(20, speed=4.0, rng=philox(2))
    assert synthesise(paths, SMALL).tobytes() == synthesise(paths, impaired(SMALL, seed=7)).tobytes()


ALL = {
    "modulation": "16-qam",
    "isolation_db": 60.0,
    "phase_noise_dbc": -95.0,
    "adc_bits": 8,
    "gain_error_db": 0.5,
    "phase_error_deg": 4.0,
}


def test_impairments_follow_the_seeds_and_not_the_threads():
    paths = random_paths(20, speed=4.0, rng=philox(3))
    config = impaired(SMALL, **ALL)
    first = synthesise(paths, config, threads=1)
    assert first.tobytes() == synthesise(paths, config, threads=3).tobytes()
    assert first.tobytes() != synthesise(paths, config, key=2).tobytes()
    assert first.tobytes() != synthesise(paths, impaired(SMALL, seed=1, **ALL)).tobytes()


def test_hardware_is_the_same_in_every_frame():
    config = impaired(isolation_db=50.0, gain_error_db=1.0, phase_error_deg=10.0)
    paths = target(8)
    assert synthesise(paths, config, key=1).tobytes() == synthesise(paths, config, key=2).tobytes()


def test_leakage_lies_at_its_distance_with_its_level():
    config = impaired(RadarConfig(**(QUIET.model_dump() | FLAT)), isolation_db=60.0, leakage_distance=2 * 1.22)
    values = synthesise([], config)
    assert 10 * np.log10(np.mean(np.abs(values) ** 2)) == pytest.approx(-60, abs=1e-3)
    delay = -np.diff(np.unwrap(np.angle(values), axis=-1), axis=-1).mean() / (2 * np.pi * config.tone_spacing)
    assert delay * c == pytest.approx(2 * 1.22, rel=1e-4)
    phases = np.angle(values[:, :, 0, 0]).ravel()
    assert np.ptp(phases) > np.pi  # every element has its own
    echo = target(8, config)
    both = synthesise(echo, config)
    np.testing.assert_allclose(both, values + synthesise(echo, QUIET), atol=1e-4)


def test_array_errors_have_their_mean_and_spread():
    """Mean power of a steered beam: |E g|^2 + (E|g|^2 - |E g|^2) / elements, g the gain of an element."""
    gain, phase = 1.0, np.radians(12.0)
    nepers = np.log(10) / 20 * gain
    mean, power = np.exp(nepers**2 / 2 - phase**2 / 2), np.exp(2 * nepers**2)
    draws = np.array(
        [element_errors(Impairments(seed=s, gain_error_db=1.0, phase_error_deg=12.0), 8, 10) for s in range(400)]
    )
    assert draws.mean() == pytest.approx(mean, abs=5e-3)
    assert np.mean(np.abs(draws) ** 2) == pytest.approx(power, rel=5e-3)
    beam = np.mean(np.abs(draws.mean(axis=(1, 2))) ** 2)
    assert beam == pytest.approx(mean**2 + (power - mean**2) / 80, rel=0.01)
    config = impaired(seed=3, gain_error_db=1.0, phase_error_deg=12.0)
    ratio = synthesise(target(8), config) / synthesise(target(8), QUIET)
    np.testing.assert_allclose(ratio, np.broadcast_to(draws[3][..., None, None], ratio.shape), rtol=1e-4)


def test_the_oscillators_phase_has_its_density():
    impairments = Impairments(phase_noise_dbc=-90.0)
    rate, count = 200e6, 4096
    offset = np.fft.fftfreq(count, 1 / rate)
    assert 10 * np.log10(phase_noise_density(impairments, np.array([0.0, 1e6, 1e10]))) == pytest.approx(
        [-90, -93.01, -130], abs=0.02
    )
    draws = np.array([draw_phase(impairments, count, rate, rng=philox(4, i)) for i in range(200)])
    total = phase_noise_density(impairments, offset).sum() * rate / count
    assert np.mean(draws**2) == pytest.approx(total, rel=0.02)
    spectrum = np.mean(np.abs(np.fft.fft(draws, axis=1)) ** 2, axis=0) / count / rate
    low = np.abs(offset) < 3e5
    assert spectrum[low].mean() == pytest.approx(phase_noise_density(impairments, offset[low]).mean(), rel=0.1)


MANY_SYMBOLS = {"num_rows": 1, "num_columns": 1, "num_symbols": 1000}


@pytest.mark.parametrize("comb", [1, 4])
@pytest.mark.parametrize("cells", [3, 30, 90])
def test_phase_noise_is_range_correlated(comb, cells):
    """An echo of delay tau sees phi(t) - phi(t - tau): error power int L(f) (2 - 2 cos 2 pi f tau) df."""
    config = impaired(
        QUIET.model_copy(update={"comb": comb, "subcarrier_spacing": 1.92e6 / comb} | MANY_SYMBOLS),
        **NOISY_OSCILLATOR,
    )
    paths = target(cells, config)
    clean = RadarConfig(**(config.model_dump() | {"impairments": {}}))
    measured = error_power(synthesise(paths, config), synthesise(paths, clean))
    count, rate = comb * config.num_subcarriers, config.bandwidth
    offset = np.fft.fftfreq(count, 1 / rate)
    density = phase_noise_density(config.impairments, offset)
    variance = np.sum(density * (2 - 2 * np.cos(2 * np.pi * offset * paths.delay[0]))) * rate / count
    expected = 2 * (1 - np.exp(-variance / 2))
    print(f"{cells} cells, comb {comb}: error {10 * np.log10(measured):.2f} dB, expected {10 * np.log10(expected):.2f}")
    assert 10 * np.log10(measured / expected) == pytest.approx(0, abs=0.15)


def ref_symbol(taps, symbols, phase, prefix, impairments):
    """Time domain, sample by sample: prefix, oscillator up, delays, prefix off, oscillator down, converters."""
    count = len(symbols)
    samples = np.fft.ifft(symbols, norm="ortho")
    clock = np.arange(-prefix, count) % count
    sent = samples[clock] * np.exp(1j * phase[clock])
    received = np.zeros(count, complex)
    for delay, gain in taps:
        received += gain * sent[prefix - delay : prefix - delay + count]
    received = quantise(received * np.exp(-1j * phase), impairments)
    return np.fft.fft(received, norm="ortho") / symbols


def test_a_symbol_equals_the_time_domain_with_its_cyclic_prefix():
    grid = {"num_subcarriers": 64, "comb": 1, "subcarrier_spacing": 1.92e6, "num_rows": 1, "num_columns": 1}
    fields = {"phase_noise_dbc": -75.0, "adc_bits": 5, "adc_backoff_db": 6.0, "modulation": "16-qam"}
    config = RadarConfig(**grid, num_symbols=1, thermal_noise=False, impairments=fields)
    taps = [(0, 0.5), (3, 1.0j), (11, -0.7 + 0.2j)]
    tone = np.arange(64)  # from the lowest subcarrier: its phase is the same for all and stays in the channel
    channel = sum(gain * np.exp(-2j * np.pi * tone * delay / 64) for delay, gain in taps)
    got = receiver(config)(channel[None, None], rng=philox(11))[0, 0]
    rng = philox(11)
    symbols = draw_symbols("16-qam", 64, rng=rng)
    phase = draw_phase(config.impairments, 64, config.bandwidth, rng=rng)
    expected = ref_symbol(taps, symbols, phase, 16, config.impairments)
    np.testing.assert_allclose(got, expected, atol=2e-5)
    assert np.abs(got - channel).max() > 0.05  # the impairments are strong enough to be tested


def test_near_echoes_hardly_see_the_oscillator():
    config = impaired(**NOISY_OSCILLATOR)
    near, far = (error_power(synthesise(target(n), config), synthesise(target(n), QUIET)) for n in (1, 60))
    assert near < far / 20


@pytest.mark.parametrize("bits", [6, 8, 10])
def test_converter_noise_is_six_decibels_a_bit(bits):
    """SQNR = 6.02 bits + 4.77 - back-off, over all subcarriers alike."""
    config = impaired(adc_bits=bits, adc_backoff_db=16.0)
    paths = random_paths(40, speed=5.0, rng=philox(5))
    measured = -10 * np.log10(error_power(synthesise(paths, config), synthesise(paths, QUIET)))
    assert measured == pytest.approx(6.0206 * bits + 4.7712 - 16.0, abs=0.1)


def test_clipping_loses_what_lies_beyond_full_scale():
    """Many converter levels: what is left is E[(|x| - A)^2 beyond A] of a Gaussian."""
    back_off = 3.0
    samples = (philox(6).normal(size=200_000) + 1j * philox(7).normal(size=200_000)).astype(np.complex64)
    error = quantise(samples, Impairments(adc_bits=20, adc_backoff_db=back_off)) - samples
    a = 10 ** (back_off / 20)
    expected = 2 * 2 * ((1 + a**2) * norm.sf(a) - a * norm.pdf(a))  # both sides, I and Q
    assert np.mean(np.abs(error) ** 2) == pytest.approx(expected, rel=0.02)


def test_converters_have_mid_rise_levels_and_leave_silence():
    samples = np.array([0.1 + 0.9j, -0.3 - 5j, 2 + 0.2j], np.complex64)
    got = quantise(samples, Impairments(adc_bits=2, adc_backoff_db=0.0))
    assert len(np.unique(np.abs(np.concatenate([got.real, got.imag])))) == 2
    assert (np.sign(got.real) == np.sign(samples.real)).all()
    silence = np.zeros(4, np.complex64)
    assert (quantise(silence, Impairments(adc_bits=2)) == 0).all()


def test_strong_leakage_raises_the_converters_floor():
    """Full scale follows the leakage: the floor is leakage - SQNR, and a faint echo drowns in it."""
    config = impaired(isolation_db=20.0, leakage_distance=0.0, adc_bits=8, adc_backoff_db=13.0)
    faint = point_target(POSE, distance=20 * QUIET.range_resolution, azimuth=0.0, elevation=0.0, gain=1e-4)
    config = RadarConfig(**(config.model_dump() | FLAT))
    cube = power_cube(synthesise_csi(faint, config, pose=POSE, rng=philox(8)), config, max_range=70.0)
    away = cube.power[10:, :, :].mean() / config.num_rows
    floor = -20 - (6.0206 * 8 + 4.7712 - 13.0)
    assert 10 * np.log10(away) == pytest.approx(floor, abs=0.5)


def test_clutter_removal_cancels_leakage_up_to_the_oscillator():
    """What is left of static leakage is the error of its own phase noise, -40 dB here and not more."""
    fields = {"isolation_db": 30.0, "leakage_distance": 2.44}
    clean = remove_mean(synthesise_csi([], impaired(**fields), pose=POSE, rng=philox(10)))
    assert np.abs(clean.values).max() < 1e-7
    noisy = impaired(**fields, phase_noise_dbc=-95.0)
    rough = remove_mean(synthesise_csi([], noisy, pose=POSE, rng=philox(10))).values
    count, rate = noisy.comb * noisy.num_subcarriers, noisy.bandwidth
    offset = np.fft.fftfreq(count, 1 / rate)
    weight = phase_noise_density(noisy.impairments, offset) * rate / count
    variance = np.sum(weight * (2 - 2 * np.cos(2 * np.pi * offset * 2.44 / c)))
    expected = -30 + 10 * np.log10(variance * (1 - 1 / noisy.num_symbols))
    assert 10 * np.log10(np.mean(np.abs(rough) ** 2)) == pytest.approx(expected, abs=0.7)


def test_several_impairments_at_once_keep_a_strong_target():
    config = impaired(SMALL, **ALL)
    velocity = 2 * SMALL.velocity_resolution
    paths = point_target(POSE, distance=12.0, azimuth=0.3, elevation=-0.1, velocity=velocity, gain=3e-2)
    cube = power_cube(synthesise_csi(paths, config, pose=POSE, rng=philox(9)), config, max_range=70.0)
    r, _, d = np.unravel_index(np.argmax(cube.power), cube.power.shape)
    assert cube.range[r] == pytest.approx(12.0, abs=SMALL.range_resolution)
    assert cube.velocity[d] == pytest.approx(velocity)
