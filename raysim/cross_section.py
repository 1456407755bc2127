"""Radar cross section against aspect, and the sum of paths over a band that it is made of."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.constants import c

from raysim.paths import Paths

_LANES = 256  # paths summed side by side


@dataclass(frozen=True)
class CrossSection:
    """Radar cross section against aspect.

    Attributes
    ----------
    azimuth, elevation : (num_aspects,) float64
        Of the radar as the object sees it [rad]: azimuth from x towards y, elevation up.
    frequency : (num_frequencies,) float64
        [Hz].
    amplitude : (num_aspects, num_frequencies) complex128
        [m], |amplitude|^2 = cross section; phase of the time factor exp(+j 2 pi f t), of an echo at the centre 0.
    distance : float
        From the radar to the centre [m].
    centre : (3,) float64
        [m].
    tube_width : (num_aspects,) float64
        At most, across an object [m]: the footprint asked for, or what the most tubes allow.
    """

    azimuth: np.ndarray
    elevation: np.ndarray
    frequency: np.ndarray
    amplitude: np.ndarray
    distance: float
    centre: np.ndarray
    tube_width: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """(num_aspects,) float64: linear mean over the band [m2]."""
        return (np.abs(self.amplitude) ** 2).mean(axis=1)

    @property
    def dbsm(self) -> np.ndarray:
        """(num_aspects,) float64: `mean` in dB over 1 m2; -inf where nothing comes back."""
        with np.errstate(divide="ignore"):
            return 10 * np.log10(self.mean)

    @property
    def profile(self) -> tuple[np.ndarray, np.ndarray]:
        """Range profiles: range behind the centre (num_frequencies,) [m], amplitude (num_aspects, num_frequencies) [m].

        Inverse Fourier transform over the band, rectangular window; a point keeps its amplitude.
        """
        count = len(self.frequency)
        if count < 2:
            raise ValueError("a range profile needs a bandwidth")
        step = (self.frequency[-1] - self.frequency[0]) / (count - 1)
        order = np.arange(count) - count // 2
        kernel = np.exp(2j * np.pi * np.outer(order, np.arange(count)) / count) / count
        return order * c / (2 * step * count), self.amplitude @ kernel.T


def band_sum(paths: Paths, frequencies: np.ndarray, reference: float) -> np.ndarray:
    """Sum of the paths at equidistant frequencies (n,) [Hz], delays counted from `reference` [s]."""
    step = frequencies[1] - frequencies[0] if len(frequencies) > 1 else 0.0
    return _sum_paths(paths.gain, paths.delay - reference, frequencies[0], step, len(frequencies))


@njit(cache=True, nogil=True, fastmath=True)
def _sum_paths(gain, delay, first, step, count):
    """Sum of gain exp(-j 2 pi f delay) at equidistant frequencies; the phase turns by a product a step.

    Blocks of paths side by side: their products fill the processor's vectors.
    """
    total = np.zeros(count, np.complex128)
    real, imag, cosine, sine = np.empty(_LANES), np.empty(_LANES), np.empty(_LANES), np.empty(_LANES)
    for start in range(0, len(gain), _LANES):
        n = min(_LANES, len(gain) - start)
        for i in range(n):
            angle = -2 * np.pi * ((first * delay[start + i]) % 1.0)
            value = gain[start + i] * complex(np.cos(angle), np.sin(angle))
            real[i], imag[i] = value.real, value.imag
            angle = -2 * np.pi * ((step * delay[start + i]) % 1.0)
            cosine[i], sine[i] = np.cos(angle), np.sin(angle)
        for k in range(count):
            sum_real = sum_imag = 0.0
            for i in range(n):
                sum_real += real[i]
                sum_imag += imag[i]
                turned = real[i] * cosine[i] - imag[i] * sine[i]
                imag[i] = real[i] * sine[i] + imag[i] * cosine[i]
                real[i] = turned
            total[k] += complex(sum_real, sum_imag)
    return total
