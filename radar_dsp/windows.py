"""Windows, and the weights that a configuration lays over the axes of a measurement."""

from collections.abc import Sequence

import numpy as np

from radar_dsp.csi import Csi
from radar_dsp.ofdm import RadarConfig

Weights = Sequence[np.ndarray]  # windows over rows, columns, symbols and subcarriers


def window(name: str, length: int) -> np.ndarray:
    """Window over one axis.

    Parameters
    ----------
    name : str
        rectangular, hann, hamming, taylor (nbar 4, 35 dB), chebyshev (80 dB) or blackman-harris.
    length : int

    Returns
    -------
    (length,) float64
        Periodic where the name denotes a cosine sum, so that a tone on a bin leaks into few bins only;
        symmetric for the designs whose sidelobe level counts.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    from scipy.signal import windows  # slow to import

    makers = {
        "rectangular": lambda: np.ones(length),
        "hann": lambda: windows.hann(length, sym=False),
        "hamming": lambda: windows.hamming(length, sym=False),
        "blackman-harris": lambda: windows.blackmanharris(length, sym=False),
        "taylor": lambda: windows.taylor(length, nbar=4, sll=35),
        "chebyshev": lambda: windows.chebwin(length, at=80),
    }
    if name not in makers:
        raise ValueError(f"window must be one of {', '.join(makers)}, got {name!r}")
    if length < 4:  # too few samples to taper
        return np.ones(length)
    return makers[name]()


def config_weights(config: RadarConfig, shape: Sequence[int]) -> Weights:
    """Windows of a configuration over the axes of a measurement.

    Parameters
    ----------
    config : RadarConfig
    shape : sequence of four int
        Rows, columns, symbols and subcarriers, as of `Csi.values`.

    Returns
    -------
    four arrays of float64
        Zero in a gap between carriers: there is neither signal nor noise.

    Raises
    ------
    ValueError
        If the configuration has a gap and another number of subcarriers.
    """
    names = (config.array_window, config.array_window, config.doppler_window, config.range_window)
    rows, columns, symbols, tones = (window(name, length) for name, length in zip(names, shape, strict=True))
    if config.gap_subcarriers:
        if len(tones) != config.num_subcarriers:
            raise ValueError(f"csi has {len(tones)} subcarriers, its configuration {config.num_subcarriers} with a gap")
        tones = tones * config.occupied
    return rows, columns, symbols, tones


def flat_weights(csi: Csi) -> Weights:
    """Rectangular windows over rows, columns, symbols and subcarriers: the maximum-likelihood weights.

    Subcarriers that are zero everywhere carry no power (a gap between carriers) and get no weight.
    """
    rows, columns, symbols, _ = (np.ones(n) for n in csi.values.shape)
    return rows, columns, symbols, csi.values.any(axis=(0, 1, 2)).astype(float)
