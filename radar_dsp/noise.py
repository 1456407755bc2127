"""Thermal noise of the channel estimate from a link budget."""

import numpy as np
from scipy.constants import k as boltzmann

from radar_dsp.ofdm import RadarConfig


def noise_variance(config: RadarConfig) -> float:
    """Variance of the thermal noise of one channel coefficient, on the scale of |path gain|^2.

    ``sigma^2 = k T F B_re N_re / P_tx``: the noise power in one subcarrier over the transmit power in one
    subcarrier, the power being spread over the whole grid (not boosted onto the comb, which would gain
    10 log10(comb) dB). Known unit-modulus symbols are divided out, which leaves the noise white.

    Parameters
    ----------
    config : RadarConfig

    Returns
    -------
    float
        E|w|^2, real and imaginary part together.
    """
    transmit_power = 10 ** ((config.transmit_power_dbm - 30) / 10)  # [W]
    noise_figure = 10 ** (config.noise_figure_db / 10)
    noise_power = boltzmann * config.temperature * noise_figure * config.subcarrier_spacing  # [W]
    return noise_power * config.num_resource_elements / transmit_power


def complex_normal(shape: tuple[int, ...], variance: float, *, rng: np.random.Generator) -> np.ndarray:
    """Circular complex white noise: exponential power, uniform phase (Box and Muller 1958).

    Half the time of two normal draws, whose branches keep them from the processor's vectors.

    Parameters
    ----------
    shape : tuple of int
    variance : float
        E|w|^2.
    rng : numpy.random.Generator

    Returns
    -------
    (*shape) complex64
    """
    drawn = rng.integers(2**32, size=(2, *shape), dtype=np.uint32).astype(np.float32)
    power, phase = (drawn + np.float32(0.5)) * np.float32(2**-32)
    amplitude = np.sqrt(np.float32(-variance) * np.log(power))
    phase *= np.float32(2 * np.pi)
    noise = np.empty(shape, np.complex64)
    np.cos(phase, out=noise.real)
    np.sin(phase, out=noise.imag)
    noise *= amplitude
    return noise


def noise_streams(count: int, *, rng: np.random.Generator) -> list[np.random.Generator]:
    """Independent streams for parts that are drawn in any order, all following from `rng`.

    SFC64 draws twice as fast as Philox.

    Parameters
    ----------
    count : int
    rng : numpy.random.Generator

    Returns
    -------
    list of numpy.random.Generator
    """
    keys = rng.integers(0, 2**32, size=(count, 4), dtype=np.uint32)
    return [np.random.Generator(np.random.SFC64(np.random.SeedSequence(key.tolist()))) for key in keys]
