import numpy as np
import pytest
from scipy.constants import c

from radar_dsp.csi import Csi, synthesise_csi
from radar_dsp.noise import complex_normal, noise_variance
from radar_dsp.ofdm import RadarConfig
from raysim.paths import concatenate, point_target
from tests.radar_dsp.oracle import POSE, SMALL, direct_csi, philox, random_paths

QUIET = SMALL.model_copy(update={"thermal_noise": False})


def synthesise(paths, config=QUIET, pose=POSE, **options):
    return synthesise_csi(paths, config, pose=pose, rng=philox(1), **options)


def relative_error(got, truth):
    return np.linalg.norm(got - truth) / np.linalg.norm(truth)


@pytest.mark.parametrize("speed", [0.0, 1e-5, 1e-3, 10.0, 60.0])
def test_csi_equals_the_direct_sum(speed):
    paths = random_paths(60, speed=speed, rng=philox(2))
    assert relative_error(synthesise(paths).values, direct_csi(paths, QUIET, POSE)) < 1e-4


def test_static_and_moving_paths_in_blocks_equal_the_direct_sum():
    blocks = [random_paths(20, speed=speed, rng=philox(3, i)) for i, speed in enumerate((0.0, 20.0, 0.0))]
    truth = direct_csi(concatenate(blocks), QUIET, POSE)
    assert relative_error(synthesise(iter(blocks)).values, truth) < 1e-4


@pytest.mark.parametrize("sizes", [[30, 30], [7] * 8 + [4], [0, 25, 0, 35]])
def test_blocks_of_any_size_give_the_same_sum(sizes, monkeypatch):
    monkeypatch.setattr("radar_dsp.csi.BATCH", 16)
    paths = concatenate([random_paths(30, speed=0.0, rng=philox(3)), random_paths(30, speed=9.0, rng=philox(4))])
    ends = np.cumsum(sizes)
    blocks = (paths.select(slice(end - size, end)) for size, end in zip(sizes, ends, strict=True))
    assert relative_error(synthesise(blocks).values, direct_csi(paths, QUIET, POSE)) < 1e-4


def test_acceleration_alone_moves_the_phase():
    paths = random_paths(1, speed=0.0, rng=philox(4))
    paths.delay_acceleration[:] = 2 * 30 / c  # 30 m/s2
    got = synthesise(paths).values
    assert relative_error(got, direct_csi(paths, QUIET, POSE)) < 1e-4
    assert relative_error(got, got[:, :, :1]) > 1e-2


@pytest.mark.parametrize("rows, columns, subcarriers", [(7, 5, 33), (1, 4, 64), (8, 1, 16)])
def test_odd_and_single_sizes_equal_the_direct_sum(rows, columns, subcarriers):
    update = {"num_rows": rows, "num_columns": columns, "num_subcarriers": subcarriers, "element_spacing": 0.4}
    config = QUIET.model_copy(update=update)
    paths = random_paths(30, speed=5.0, rng=philox(5))
    assert relative_error(synthesise(paths, config).values, direct_csi(paths, config, POSE)) < 1e-4


@pytest.mark.slow
def test_the_default_grid_equals_the_direct_sum():
    config = RadarConfig(thermal_noise=False)
    paths = random_paths(12, speed=8.0, rng=philox(6))
    assert relative_error(synthesise(paths, config).values, direct_csi(paths, config, POSE)) < 1e-4


def test_bytes_do_not_depend_on_threads_and_follow_the_seed():
    paths = random_paths(500, speed=3.0, rng=philox(7))
    one, two = (synthesise(paths, SMALL, threads=n).values.tobytes() for n in (1, 3))
    assert one == two
    other = synthesise_csi(paths, SMALL, pose=POSE, rng=philox(8)).values
    assert other.tobytes() != one


def test_no_paths_leave_noise_of_the_link_budget():
    csi = synthesise([], SMALL)
    power = np.abs(csi.values.astype(complex)) ** 2
    spread = 5 / np.sqrt(power.size)
    assert power.mean() / noise_variance(SMALL) == pytest.approx(1, abs=spread)
    assert csi.noise_variance == noise_variance(SMALL)
    correlation = np.vdot(csi.values[:, :, 1:], csi.values[:, :, :-1]) / power.sum()
    assert abs(correlation) < spread


def test_noise_is_circular():
    noise = complex_normal((200_000,), 3.0, rng=philox(9)).astype(complex)
    assert np.mean(np.abs(noise) ** 2) == pytest.approx(3, abs=0.04)
    assert abs(np.mean(noise**2)) < 0.04
    assert abs(np.mean(noise)) < 0.02


def test_power_of_noise_is_exponential_far_into_its_tail():
    """What false-alarm rates rest on; and its phase tells nothing of its power."""
    count = 4_000_000
    noise = complex_normal((count,), 1.0, rng=philox(10))
    power = np.abs(noise.astype(complex)) ** 2
    for level in (0.01, 1, 3, 6, 9, 12):
        share = np.exp(-level)
        assert np.mean(power > level) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / count))
    turn = np.exp(1j * np.angle(noise[power > 6]))
    for harmonic in (1, 2, 4):
        assert abs(np.mean(turn**harmonic)) < 4 / np.sqrt(len(turn))


def test_noise_variance_is_ktbf_over_the_power_of_a_subcarrier():
    # -174 dBm/Hz + 10 lg 120 kHz + 7 dB = -116.2 dBm in a subcarrier; 47 dBm spread over 6656 are 8.8 dBm.
    assert 10 * np.log10(noise_variance(RadarConfig())) == pytest.approx(
        -173.975 + 50.792 + 7 - (47 - 38.232), abs=2e-3
    )


def test_closing_targets_advance_the_phase():
    csi = synthesise(point_target(POSE, distance=20, azimuth=0.1, elevation=-0.2, velocity=1.0))
    turn = np.angle(csi.values[0, 0, 1:, 64] / csi.values[0, 0, :-1, 64])
    assert turn == pytest.approx(2 * np.pi * 2 / QUIET.wavelength * QUIET.symbol_interval, rel=1e-3)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"values": np.zeros((2, 2, 3, 4), complex)}, "complex64"),
        ({"values": np.zeros((2, 2, 4, 3), np.complex64)}, "matching 3 symbol times"),
        ({"symbol_time": np.array([0.0, 1.0, 3.0])}, "equal steps"),
        ({"carrier_frequency": 0.0}, "positive carrier"),
        ({"carrier_frequency": np.inf}, "both finite"),
        ({"element_spacing": np.inf}, "both finite"),
    ],
)
def test_csi_checks_its_axes(change, message):
    good = {
        "values": np.zeros((2, 2, 3, 4), np.complex64),
        "subcarrier_frequency": np.arange(4.0),
        "symbol_time": np.arange(3.0),
        "carrier_frequency": 28e9,
        "element_spacing": 0.5,
        "pose": np.eye(4),
        "noise_variance": None,
    }
    Csi(**good)
    with pytest.raises(ValueError, match=message):
        Csi(**(good | change))


def test_paths_that_are_not_finite_are_refused():
    paths = random_paths(3, speed=1.0, rng=philox(10))
    paths.delay[1] = np.inf
    with pytest.raises(ValueError, match="delay that is not finite"):
        synthesise(paths)
