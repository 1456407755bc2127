"""Slow, independent references of the radar tests."""

import numpy as np
from scipy.constants import c

from radar_dsp.ofdm import RadarConfig
from raysim.paths import Paths
from raysim.sensors import look_at

SMALL = RadarConfig(num_subcarriers=128, comb=16, num_symbols=16, num_rows=8, num_columns=10, symbol_interval=400e-6)
POSE = look_at((3.0, -2.0, 6.0), (10.0, 30.0, 0.5))  # turned and tilted: no axis of the array is a world axis


def philox(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key))


def direct_csi(paths: Paths, config: RadarConfig, pose: np.ndarray) -> np.ndarray:
    """Channel by the plain float64 sum over paths, element positions in metres."""
    k0 = 2 * np.pi * config.carrier_frequency / c
    pitch = config.element_spacing * c / config.carrier_frequency
    row, column = (np.arange(n) - (n - 1) / 2 for n in (config.num_rows, config.num_columns))
    right, up = pose[:3, 0], -pose[:3, 1]
    place = pitch * (row[:, None, None] * up + column[:, None] * right)  # (rows, columns, 3) [m]
    t = config.symbol_time
    f = config.carrier_frequency + config.subcarrier_frequency
    total = np.zeros((config.num_rows, config.num_columns, config.num_symbols, config.num_subcarriers), complex)
    for i in range(len(paths)):
        delay = paths.delay[i] + paths.delay_rate[i] * t + paths.delay_acceleration[i] * t**2 / 2
        spread = np.exp(-2j * np.pi * np.mod(np.outer(delay, f), 1))
        total += paths.gain[i] * np.exp(1j * k0 * (place @ paths.arrival[i]))[..., None, None] * spread
    return total


def random_paths(count: int, *, speed: float, rng: np.random.Generator) -> Paths:
    """Paths of all directions and delays to 400 ns, with rates and accelerations of moving bodies."""
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    index = np.zeros(count, np.int32)
    return Paths(
        gain=rng.normal(size=count) + 1j * rng.normal(size=count),
        delay=rng.uniform(1e-8, 4e-7, count),
        delay_rate=2 * speed / c * rng.uniform(-1, 1, count),
        delay_acceleration=200 * speed / c * rng.uniform(-1, 1, count),
        departure=direction,
        arrival=direction,
        depth=np.ones(count, np.uint8),
        kinds=np.ones(count, np.uint32),
        first_instance=index,
        last_instance=index,
        last_point=direction,
    )
