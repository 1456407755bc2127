"""The known-symbol measurement of the channel, MaxRay Eq. 7: ``Y = H X + W``, then H from Y and X.

With unit-modulus symbols and an ideal receiver the division leaves the noise white with its variance, and the
estimate is simply H + W: that is the default, without any waveform. Anything else runs the equation. Phase noise
and converters act on the samples of the whole symbol, so all subcarriers are sent, not only the estimated comb.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft

from radar_dsp.impairments import Estimator, Impairments, Modulation, draw_phase, element_errors, leakage, quantise
from radar_dsp.noise import complex_normal, noise_variance
from radar_dsp.ofdm import RadarConfig

LEVELS: dict[str, int] = {"qpsk": 2, "16-qam": 4, "64-qam": 8}  # per axis
NEGATIVE_DELAYS = 8  # one in so many delays counts as negative: sidelobes of near echoes


def constellation(modulation: Modulation) -> np.ndarray:
    """Points of a square constellation with unit mean power.

    Parameters
    ----------
    modulation : str
        qpsk, 16-qam or 64-qam.

    Returns
    -------
    (points,) complex128

    Raises
    ------
    ValueError
        If the modulation is unknown.
    """
    if modulation not in LEVELS:
        raise ValueError(f"modulation must be one of {', '.join(LEVELS)}, got {modulation!r}")
    count = LEVELS[modulation]
    axis = 2 * np.arange(count) - (count - 1.0)
    points = (axis[:, None] + 1j * axis).ravel()
    return points / np.sqrt(np.mean(np.abs(points) ** 2))


def draw_symbols(modulation: Modulation, count: int, *, rng: np.random.Generator) -> np.ndarray:
    """Independent equally likely symbols.

    Parameters
    ----------
    modulation : str
    count : int
    rng : numpy.random.Generator

    Returns
    -------
    (count,) complex128
    """
    points = constellation(modulation)
    return points[rng.integers(len(points), size=count)]


def estimate_channel(received: np.ndarray, symbols: np.ndarray, estimator: Estimator) -> np.ndarray:
    """Channel from received and known symbols of unit mean power.

    Parameters
    ----------
    received : (..., n) complex
        Y.
    symbols : (n,) complex
        X; zero where nothing was sent, and so is the estimate.
    estimator : str
        ``division``: Y / X, unbiased, noise grows by `noise_factor`. ``matched``: Y conj(X), noise kept, but the
        power of the symbols stays on the channel.

    Returns
    -------
    (..., n) complex
    """
    if estimator == "matched":
        return received * symbols.conj()
    power = np.abs(symbols) ** 2
    return received * (symbols.conj() / np.where(power > 0, power, 1))


def noise_factor(impairments: Impairments) -> float:
    """Noise variance of the estimate over that of the received symbols: E[1 / |X|^2] for division, else 1."""
    if impairments.estimator == "matched":
        return 1.0
    return float(np.mean(1 / np.abs(constellation(impairments.modulation)) ** 2))


def self_noise(modulation: Modulation) -> float:
    """Variance that the matched filter adds to the channel, over |H|^2: E|X|^4 - 1."""
    return float(np.mean(np.abs(constellation(modulation)) ** 4) - 1)


def all_subcarriers(channel: np.ndarray, comb: int) -> np.ndarray:
    """Channel on every subcarrier from every comb-th.

    The delay profile of the comb is that of the whole grid as long as no echo lies beyond the unambiguous delay.

    Parameters
    ----------
    channel : (..., n) complex
        Ascending frequency.
    comb : int

    Returns
    -------
    (..., comb n) complex
        Ascending; every comb-th is the input.
    """
    if comb == 1:
        return channel
    count = channel.shape[-1]
    profile = fft.ifft(fft.ifftshift(channel, axes=-1), axis=-1)
    wide = np.zeros((*channel.shape[:-1], comb * count), profile.dtype)
    negative = count // NEGATIVE_DELAYS
    wide[..., : count - negative] = profile[..., : count - negative]
    wide[..., comb * count - negative :] = profile[..., count - negative :]
    spectrum = fft.fft(wide, axis=-1)
    return np.roll(spectrum, comb * (count // 2), axis=-1)


@dataclass(frozen=True)
class Receiver:
    """One piece of hardware with its waveform: turns the true channel of a symbol into the estimated one.

    Attributes
    ----------
    config : RadarConfig
    response : (num_rows, num_columns, 1) complex128 or None
        Gains of the elements; None = all one.
    leakage : (num_rows, num_columns, num_subcarriers) complex128 or float
        Added to the channel.
    noise : float
        Variance of the thermal noise; 0 = none.
    """

    config: RadarConfig
    response: np.ndarray | None
    leakage: np.ndarray | float
    noise: float

    def __call__(self, channel: np.ndarray, *, rng: np.random.Generator | None) -> np.ndarray:
        """Estimate the channel of one symbol.

        Parameters
        ----------
        channel : (num_rows, num_columns, num_subcarriers) complex
        rng : numpy.random.Generator or None
            Of this symbol; None where nothing is drawn.

        Returns
        -------
        (num_rows, num_columns, num_subcarriers) complex64
        """
        if self.response is not None:
            channel = channel * self.response
        if self.config.impairments.isolation_db is not None:
            channel = channel + self.leakage
        estimate = channel.astype(np.complex64)
        if rng is not None and self.config.impairments.waveform_matters:
            estimate = self._measure(estimate, rng)
        elif rng is not None:
            estimate += complex_normal(estimate.shape, self.noise, rng=rng)
        if self.config.gap_subcarriers:
            estimate[..., ~self.config.occupied] = 0
        return estimate

    def _measure(self, channel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Eq. 7: send known symbols, receive, estimate."""
        config, impairments = self.config, self.config.impairments
        comb = config.comb if impairments.acts_on_samples else 1
        channel = all_subcarriers(channel, comb)
        count = channel.shape[-1]
        symbols = draw_symbols(impairments.modulation, count, rng=rng) * np.repeat(config.occupied, comb)
        symbols = symbols.astype(np.complex64)
        sent, mixer = symbols, None
        if impairments.phase_noise_dbc is not None:
            phase = draw_phase(impairments, count, count * config.tone_spacing / comb, rng=rng)
            mixer = np.exp(1j * phase).astype(np.complex64)
            sent = fft.fft(fft.ifft(symbols, norm="ortho") * mixer, norm="ortho")
        received = channel * sent
        if self.noise:
            received += complex_normal(received.shape, self.noise, rng=rng)
        if impairments.acts_on_samples:
            samples = fft.ifft(received, axis=-1, norm="ortho", overwrite_x=True)
            if mixer is not None:
                samples *= mixer.conj()
            received = fft.fft(quantise(samples, impairments), axis=-1, norm="ortho", overwrite_x=True)
        return estimate_channel(received, symbols, impairments.estimator)[..., ::comb]


def receiver(config: RadarConfig) -> Receiver:
    """Build the receiver that a configuration describes."""
    impairments, shape = config.impairments, (config.num_rows, config.num_columns)
    exact = impairments.gain_error_db == 0 and impairments.phase_error_deg == 0
    return Receiver(
        config,
        None if exact else element_errors(impairments, *shape)[..., None],
        leakage(impairments, config.carrier_frequency + config.subcarrier_frequency, *shape),
        noise_variance(config) if config.thermal_noise else 0.0,
    )
