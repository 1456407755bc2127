"""The kernel of non-uniform FFTs, from places between the cells of a grid to the cells and back.

``I0(beta sqrt(1 - (2 x / WIDTH)^2)) / I0(beta)`` for x within half a width (Jackson, Meyer, Nishimura and Macovski
1991). Its spectrum is known and divided out on the other side of the transform.
"""

import numpy as np
from scipy import fft
from scipy.special import i0

# njit loops hold these three as they were when they were compiled; by this comment `raysim.kernel_cache` sees changes.
WIDTH = 8  # cells along each axis: eight float32 are one vector of the processor
HALF = WIDTH // 2
DEGREE = 9  # of the polynomials that stand for the kernel, one for each of its cells; errors of 1e-7


def padded_axis(modes: int, oversampling: float) -> tuple[int, float, np.ndarray]:
    """Grid over one axis.

    Parameters
    ----------
    modes : int
        Samples on the other side of the transform.
    oversampling : float
        Least cells for each of them.

    Returns
    -------
    count : int
        Cells, of a length that is quickly transformed.
    beta : float
        Shape of the kernel.
    correction : (modes,) float64
        One over the kernel's spectrum at modes -modes // 2 .. (modes - 1) // 2.
    """
    count = fft.next_fast_len(max(int(np.ceil(oversampling * modes)), WIDTH))
    beta = shape_parameter(min(count / modes, 2.0))  # finer still gains nothing
    return count, beta, 1 / kernel_spectrum(beta, (np.arange(modes) - modes // 2) / count)


def shape_parameter(oversampling: float) -> float:
    """Beta of the best Kaiser-Bessel kernel for a grid so much finer than the modes (Beatty et al. 2005, Eq. 5)."""
    return float(np.pi * np.sqrt((WIDTH / oversampling * (oversampling - 0.5)) ** 2 - 0.8))


def kernel(beta: float, x: np.ndarray) -> np.ndarray:
    """Kernel at distances of at most half a width [cells]."""
    return i0(beta * np.sqrt(np.maximum(1 - (x / HALF) ** 2, 0))) / i0(beta)


def kernel_table(beta: float) -> np.ndarray:
    """(DEGREE + 1, WIDTH) float32 polynomials of the kernel, highest power first.

    Column j is the kernel at ``j - HALF + z`` for z in 0..1.
    """
    z = (np.polynomial.chebyshev.chebpts1(4 * DEGREE) + 1) / 2
    values = kernel(beta, np.arange(WIDTH) - HALF + z[:, None])
    return np.polynomial.polynomial.polyfit(z, values, DEGREE)[::-1].astype(np.float32)


def kernel_spectrum(beta: float, frequency: np.ndarray) -> np.ndarray:
    """Fourier transform of the kernel at frequencies in cycles a cell, below its cutoff."""
    argument = np.sqrt(beta**2 - (np.pi * WIDTH * frequency) ** 2)
    return WIDTH * np.sinh(argument) / argument / i0(beta)
