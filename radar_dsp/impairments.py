"""Impairments of a real receiver: leakage, phase noise, converters, array errors. All off by default.

What belongs to the hardware (array errors, leakage) follows from `Impairments.seed` and is the same in every
frame; what changes with time (phase noise) is drawn from the frame's own stream.
"""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.constants import c

Modulation = Literal["qpsk", "16-qam", "64-qam"]
Estimator = Literal["division", "matched"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
_LEAKAGE, _ARRAY = range(2)  # purposes of the hardware's random streams


class Impairments(BaseModel):
    """Imperfections of waveform and hardware; null or zero = off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(0, ge=0, description="Of the array errors and leakage phases: one seed is one piece of hardware.")
    modulation: Modulation = Field("qpsk", description="Of the known symbols (Eq. 7); QPSK leaves the noise as it is.")
    estimator: Estimator = Field(
        "division",
        description="Channel from received and known symbols: division Y / X, or matched filter Y conj(X) / E|X|^2.",
    )
    isolation_db: NotNegative | None = Field(
        None, description="Transmit power over leakage power in an element [dB]; null = no leakage."
    )
    leakage_distance: NotNegative = Field(0.1, description="Travelled by the leakage [m].")
    phase_noise_dbc: Finite | None = Field(
        None,
        description="Plateau of the oscillator's phase noise L(f) [dBc/Hz], e.g. -100; null = none. One oscillator "
        "mixes up and down, so near echoes hardly see it.",
    )
    phase_noise_pole: Positive = Field(1e6, description="Offset from which L(f) falls, the loop bandwidth [Hz].")
    phase_noise_zero: Positive = Field(1e8, description="Offset from which L(f) stays at its floor [Hz].")
    adc_bits: int | None = Field(None, ge=1, le=24, description="Of each converter (I and Q); null = ideal.")
    adc_backoff_db: Finite = Field(
        12.0, description="Full scale over the root mean square of I or Q [dB]; 12 clips 1 sample in 15,000."
    )
    gain_error_db: NotNegative = Field(0.0, description="Standard deviation of the elements' gains [dB].")
    phase_error_deg: NotNegative = Field(0.0, description="Standard deviation of the elements' phases [deg].")

    @property
    def waveform_matters(self) -> bool:
        """The estimate depends on the transmitted symbols, so Eq. 7 has to be run."""
        return self.modulation != "qpsk" or self.acts_on_samples

    @property
    def acts_on_samples(self) -> bool:
        """Something acts on the samples in time, where all subcarriers are superposed."""
        return self.phase_noise_dbc is not None or self.adc_bits is not None

    def switched_on(self) -> list[tuple[str, Any]]:
        """Return name and value of every field that is not at its default."""
        fields = type(self).model_fields.items()
        return [(name, getattr(self, name)) for name, field in fields if getattr(self, name) != field.default]

    def stream(self, purpose: int) -> np.random.Generator:
        """Return the random stream of one property of the hardware."""
        return np.random.Generator(np.random.Philox((self.seed, purpose)))


def element_errors(impairments: Impairments, rows: int, columns: int) -> np.ndarray:
    """Complex gain of every element, in front of its amplifier: gain normal in dB, phase normal.

    Parameters
    ----------
    impairments : Impairments
    rows, columns : int

    Returns
    -------
    (rows, columns) complex128
        Ones where both errors are zero. Mean ``exp(s_g^2 / 2 - s_p^2 / 2)`` with ``s_g = ln(10) / 20 x`` dB.
    """
    gain_db, phase = impairments.stream(_ARRAY).standard_normal((2, rows, columns))
    nepers = np.log(10) / 20 * impairments.gain_error_db * gain_db
    return np.exp(nepers + 1j * np.radians(impairments.phase_error_deg) * phase)


def leakage(impairments: Impairments, frequency: np.ndarray, rows: int, columns: int) -> np.ndarray | float:
    """Channel of the leakage from transmitter to receivers; 0.0 if there is none.

    Equally strong in all elements, with a phase of its own in each (near field, unknown coupling), and one delay.

    Parameters
    ----------
    impairments : Impairments
    frequency : (num_subcarriers,) float64
        Of the subcarriers, the carrier included [Hz].
    rows, columns : int

    Returns
    -------
    (rows, columns, num_subcarriers) complex128 or float
        On the scale of path gains.
    """
    if impairments.isolation_db is None:
        return 0.0
    start = impairments.stream(_LEAKAGE).random((rows, columns, 1))
    turns = start - frequency * (impairments.leakage_distance / c)
    return 10 ** (-impairments.isolation_db / 20) * np.exp(2j * np.pi * (turns - np.rint(turns)))


def phase_noise_density(impairments: Impairments, offset: np.ndarray) -> np.ndarray:
    """Two-sided density of the oscillator's phase, ``L(f) = L(0) (1 + (f / zero)^2) / (1 + (f / pole)^2)``.

    Parameters
    ----------
    impairments : Impairments
        With `phase_noise_dbc` set.
    offset : array of float64
        From the carrier [Hz].

    Returns
    -------
    array of float64
        [rad^2/Hz].
    """
    if impairments.phase_noise_dbc is None:
        return np.zeros(np.shape(offset))
    shape = (1 + (offset / impairments.phase_noise_zero) ** 2) / (1 + (offset / impairments.phase_noise_pole) ** 2)
    return 10 ** (impairments.phase_noise_dbc / 10) * shape


def draw_phase(impairments: Impairments, count: int, sample_rate: float, *, rng: np.random.Generator) -> np.ndarray:
    """Phase of the oscillator during one symbol, periodic in it.

    Periodic, because then transmitter and receiver may both work on whole symbols: the difference of the phases
    at two times has its right statistics as long as they are less than half a symbol apart.

    Parameters
    ----------
    impairments : Impairments
    count : int
        Samples.
    sample_rate : float
        [Hz].
    rng : numpy.random.Generator

    Returns
    -------
    (count,) float64
        [rad].
    """
    density = phase_noise_density(impairments, np.fft.rfftfreq(count, 1 / sample_rate))
    white = np.fft.rfft(rng.standard_normal(count))
    return np.fft.irfft(white * np.sqrt(density * sample_rate), count)


def quantise(samples: np.ndarray, impairments: Impairments) -> np.ndarray:
    """Clip at full scale and round to mid-rise levels, I and Q apart: what the converters do.

    Full scale lies `adc_backoff_db` above the root mean square of I and Q over the whole array (gain control).

    Parameters
    ----------
    samples : (..., n) complex
    impairments : Impairments

    Returns
    -------
    (..., n) complex
        On the scale of the input.
    """
    if impairments.adc_bits is None:
        return samples
    full_scale = 10 ** (impairments.adc_backoff_db / 20) * np.sqrt(np.mean(np.abs(samples) ** 2, dtype=float) / 2)
    if full_scale == 0:
        return samples
    step = 2 * full_scale / 2**impairments.adc_bits
    highest = 2 ** (impairments.adc_bits - 1) - 0.5
    parts = np.ascontiguousarray(samples).view(samples.real.dtype)
    levels = np.clip(np.floor(parts / step) + 0.5, -highest, highest)
    return (levels * step).astype(samples.real.dtype).view(samples.dtype)
