"""Spatial spectra of a planar array, and their maxima between the nodes of the search grid."""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import maximum_filter

from radar_dsp.subspace import Subspaces, check_order, real_steering, steering

Spectrum = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (up, right) cosines -> (num_up, num_right)

LOADING = 1e-3  # of the mean eigenvalue, on Capon's diagonal
SEARCH_STEP = 1 / 6  # of a beam between the grid's nodes
ZOOMS = 14  # each halves the step: 1e-5 of a beam at the end


def bartlett(snapshots: np.ndarray, spacing: float) -> Spectrum:
    """Conventional beamformer: mean power of the snapshots in a beam, divided by the number of elements.

    Parameters
    ----------
    snapshots : (rows, columns, num_snapshots) complex
    spacing : float
        Of the elements [wavelengths].

    Returns
    -------
    callable
        (num_up,), (num_right,) cosines -> (num_up, num_right) float64 power.
    """
    rows, columns, count = snapshots.shape

    def power(up: np.ndarray, right: np.ndarray) -> np.ndarray:
        beam = np.einsum("ur,rcn->ucn", steering(rows, spacing, up).conj(), snapshots)
        beam = np.einsum("vc,ucn->uvn", steering(columns, spacing, right).conj(), beam)
        return (np.abs(beam) ** 2).sum(axis=-1) / (rows * columns * count)

    return power


def capon(spaces: Subspaces, spacing: float) -> Spectrum:
    """Minimum-variance spectrum 1 / (a^H R^-1 a) (Capon 1969), with a loaded diagonal; arguments as for `music`."""
    loaded = spaces.eigenvalues + LOADING * max(spaces.eigenvalues.mean(), np.finfo(float).tiny)
    return _inverse_norm(spaces, spacing, 1 / loaded)


def music(spaces: Subspaces, order: int, spacing: float) -> Spectrum:
    """Multiple-signal classification: the inverse of a steering vector's part in the noise subspace (Schmidt 1986).

    Parameters
    ----------
    spaces : Subspaces
    order : int
        Number of targets.
    spacing : float
        Of the elements [wavelengths].

    Returns
    -------
    callable
        (num_up,), (num_right,) cosines -> (num_up, num_right) float64; no power, only its places matter.
    """
    check_order(spaces, order)
    return _inverse_norm(spaces, spacing, (np.arange(len(spaces.eigenvalues)) >= order).astype(float))


def _inverse_norm(spaces: Subspaces, spacing: float, weight: np.ndarray) -> Spectrum:
    """1 / sum_i weight_i |e_i . d|^2 over the eigenvectors e_i and the real steering vectors d."""
    high, wide = spaces.shape
    vectors = (spaces.eigenvectors * np.sqrt(weight)).reshape(high, wide, -1)

    def inverse(up: np.ndarray, right: np.ndarray) -> np.ndarray:
        part = np.tensordot(real_steering(high, spacing, up), vectors, axes=1)  # (num_up, wide, vectors)
        part = np.matmul(real_steering(wide, spacing, right), part)  # (num_up, num_right, vectors)
        return high * wide / np.maximum((part**2).sum(axis=-1), np.finfo(float).tiny)

    return inverse


def spectrum_peaks(
    spectrum: Spectrum, beams: tuple[float, float], *, within_db: float | None = None
) -> list[tuple[float, float]]:
    """Local maxima of a spectrum over all visible directions, between the nodes of the search grid.

    Parameters
    ----------
    spectrum : callable
        Of `bartlett`, `capon` or `music`.
    beams : (float, float)
        Length of the array along its rows and columns [wavelengths]: a beam is the inverse wide.
    within_db : float, optional
        Leave out maxima farther under the highest [dB].

    Returns
    -------
    list of (float, float)
        Cosines up and right, highest first.
    """
    axes = [_search_axis(length) for length in beams]
    power = np.where(np.hypot(axes[0][:, None], axes[1]) <= 1, spectrum(*axes), 0)
    tops = np.argwhere((power == maximum_filter(power, 3, mode="constant")) & (power > 0))
    steps = [SEARCH_STEP / length if len(axis) > 1 else 0.0 for axis, length in zip(axes, beams, strict=True)]
    found = [_zoom(spectrum, axes[0][i], axes[1][j], steps) for i, j in tops]
    found.sort(key=lambda top: -top[0])
    floor = 0.0 if within_db is None or not found else found[0][0] * 10 ** (-within_db / 10)
    kept: list[tuple[float, float]] = []
    for height, up, right in found:
        new = all(abs(up - a) > steps[0] / 2 or abs(right - b) > steps[1] / 2 for a, b in kept)
        if height >= floor and new:  # two nodes may lead to one maximum
            kept.append((up, right))
    return kept


def _search_axis(length: float) -> np.ndarray:
    """Cosines from -1 to 1; 0 alone for a single element, which is half a wavelength or so long."""
    return np.linspace(-1, 1, int(np.ceil(2 * length / SEARCH_STEP)) + 1) if length > 1 else np.zeros(1)


def _zoom(spectrum: Spectrum, up: float, right: float, steps: list[float]) -> tuple[float, float, float]:
    """Height and place of a maximum by ever finer 5 x 5 grids around it."""
    high, wide = steps
    offsets = np.arange(-2, 3) / 2
    height = 0.0
    for _ in range(ZOOMS):
        ups = np.clip(up + high * offsets, -1, 1) if high else np.array([up])
        rights = np.clip(right + wide * offsets, -1, 1) if wide else np.array([right])
        power = spectrum(ups, rights)
        i, j = np.unravel_index(int(np.argmax(power)), power.shape)
        up, right, height = float(ups[i]), float(rights[j]), float(power[i, j])
        high, wide = high / 2, wide / 2
    return height, up, right
