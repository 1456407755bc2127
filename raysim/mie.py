"""Scattering by a sphere: drops that are no longer small against the wavelength."""

import numpy as np
from scipy.special import spherical_jn, spherical_yn


def _log_derivative(argument: np.ndarray, orders: int) -> np.ndarray:
    """Logarithmic derivative of psi_n at complex arguments, downward recurrence (Bohren and Huffman, eq. (4.89)).

    Returns
    -------
    (orders + 1, n) complex128
        D_0 to D_orders.
    """
    start = orders + int(np.max(np.abs(argument))) + 16
    current = np.zeros_like(argument)
    kept = np.empty((orders + 1, len(argument)), complex)
    for n in range(start, 0, -1):
        current = n / argument - 1.0 / (current + n / argument)  # D_(n-1)
        if n - 1 <= orders:
            kept[n - 1] = current
    return kept


def sphere_efficiencies(size: np.ndarray, permittivity: complex) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cross-sections of spheres over their geometric ones.

    Parameters
    ----------
    size : (n,) float
        Circumference over wavelength, above 0 [1].
    permittivity : complex
        Relative, losses a negative imaginary part [1].

    Returns
    -------
    extinction, scattering, backscatter : (n,) float64
        Over pi r^2 [1]; the last is the radar cross-section's.

    References
    ----------
    Bohren and Huffman, Absorption and Scattering of Light by Small Particles, eqs. (4.61), (4.62), (4.82), (4.88).
    """
    size = np.atleast_1d(np.asarray(size, float))
    if not np.all((size > 0) & np.isfinite(size)):
        raise ValueError(f"size must be above 0 and finite, got {size.min()} to {size.max()}")
    index = np.conj(np.sqrt(complex(permittivity)))  # the book's time factor is exp(-i w t)
    last = np.ceil(size + 4.05 * np.cbrt(size) + 2).astype(int)  # Wiscombe's number of terms
    derivative = _log_derivative(index * size, int(last.max()))
    extinction, scattering, amplitude = np.zeros(len(size)), np.zeros(len(size)), np.zeros(len(size), complex)
    for n in range(1, int(last.max()) + 1):
        on = last >= n  # beyond a size's own number of terms y_n overflows
        x, log_derivative = size[on], derivative[n, on]
        psi, psi_before = x * spherical_jn(n, x), x * spherical_jn(n - 1, x)
        xi = psi + 1j * x * spherical_yn(n, x)
        xi_before = psi_before + 1j * x * spherical_yn(n - 1, x)
        electric, magnetic = log_derivative / index + n / x, log_derivative * index + n / x
        a = (electric * psi - psi_before) / (electric * xi - xi_before)
        b = (magnetic * psi - psi_before) / (magnetic * xi - xi_before)
        extinction[on] += (2 * n + 1) * (a + b).real
        scattering[on] += (2 * n + 1) * (np.abs(a) ** 2 + np.abs(b) ** 2)
        amplitude[on] += (2 * n + 1) * (-1) ** n * (a - b)
    return 2 * extinction / size**2, 2 * scattering / size**2, np.abs(amplitude) ** 2 / size**2
