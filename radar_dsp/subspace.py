"""Array covariance of a range-Doppler cell: snapshots, 2-D spatial smoothing, subspaces and model order.

The echoes of one frame are coherent, so the covariance of the whole array has rank one however many targets share
a cell. Spatial smoothing (Shan, Wax and Kailath 1985; planar arrays: Chen 1997) averages it over shifted subarrays
and restores the rank. Forward-backward averaging doubles the looks; it makes the covariance centro-Hermitian, and a
unitary transform Q turns that into a real matrix (Haardt and Nossek 1995): half the noise, a quarter of the work.
"""

from dataclasses import dataclass

import numpy as np
from scipy.constants import c

from radar_dsp.crb import SoundingGrid
from radar_dsp.csi import Csi
from radar_dsp.estimate import Peak
from radar_dsp.windows import Weights


@dataclass(frozen=True)
class Subspaces:
    """Eigenstructure of the smoothed, forward-backward averaged covariance, in the real domain of the transform Q.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns of the subarray.
    eigenvalues : (rows x columns,) float64
        Falling.
    eigenvectors : (rows x columns, rows x columns) float64
        In columns, of Re(Q^H R Q).
    looks : int
        Real vectors averaged: two for each snapshot and subarray.
    """

    shape: tuple[int, int]
    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    looks: int


def peak_snapshots(csi: Csi, peak: Peak, weights: Weights, *, neighbours: int = 0) -> np.ndarray:
    """Array snapshots at a peak's range and velocity and at the native cells around them.

    Parameters
    ----------
    csi : Csi
    peak : Peak
        Its direction does not matter.
    weights : four arrays of float64
        Windows; those over symbols and subcarriers are used. With rectangular ones the cells' noises are
        independent.
    neighbours : int
        Cells on each side of the peak, in range and in velocity. They add looks where a target spreads over
        several cells; a point target puts little but noise into them.

    Returns
    -------
    (rows, columns, (2 neighbours + 1)^2) complex128
        Divided by the root of the windows' energy: the noise keeps the variance of a CSI sample.

    Raises
    ------
    ValueError
        If `neighbours` is negative.
    """
    if neighbours < 0:
        raise ValueError(f"neighbours must be 0 or more, got {neighbours}")
    cells, (_, _, symbol, tone) = SoundingGrid.of_csi(csi).cells, weights
    beside = np.arange(-neighbours, neighbours + 1)
    delay = 2 * (peak.range + beside * cells[3]) / c
    doppler = 2 * csi.carrier_frequency * (peak.velocity + beside * cells[2]) / c
    range_tap = tone[:, None] * np.exp(2j * np.pi * np.outer(csi.subcarrier_frequency, delay))
    doppler_tap = symbol[:, None] * np.exp(-2j * np.pi * np.outer(csi.symbol_time, doppler))
    profile = np.tensordot(csi.values, range_tap.astype(np.complex64), axes=1)
    snapshots = np.einsum("rcmk,md->rcdk", profile.astype(complex), doppler_tap)
    return snapshots.reshape(*csi.values.shape[:2], -1) / np.sqrt((symbol**2).sum() * (tone**2).sum())


def default_subarray(rows: int, columns: int) -> tuple[int, int]:
    """Two thirds of the array on each axis, rounded up: a good compromise of aperture and looks for two targets."""
    return -(-2 * rows // 3), -(-2 * columns // 3)


def unitary_transform(size: int) -> np.ndarray:
    """(size, size) complex128 left-Pi-real matrix Q of Haardt and Nossek 1995.

    Q^H times a steering vector centred on the array is real.
    """
    half = size // 2
    eye, flip, zero = np.eye(half), np.eye(half)[::-1], np.zeros((half, 1))
    if size % 2 == 0:
        return np.block([[eye, 1j * eye], [flip, -1j * flip]]) / np.sqrt(2)
    middle = np.r_[np.zeros(half), np.sqrt(2), np.zeros(half)][None]
    return np.vstack([np.hstack([eye, zero, 1j * eye]), middle, np.hstack([flip, zero, -1j * flip])]) / np.sqrt(2)


def steering(size: int, spacing: float, cosine: np.ndarray) -> np.ndarray:
    """Phases of a line of elements about its centre.

    Parameters
    ----------
    size : int
        Elements.
    spacing : float
        [wavelengths].
    cosine : (num_cosines,) float64
        Along the line.

    Returns
    -------
    (num_cosines, size) complex128
    """
    return np.exp(2j * np.pi * spacing * np.multiply.outer(cosine, np.arange(size) - (size - 1) / 2))


def real_steering(size: int, spacing: float, cosine: np.ndarray) -> np.ndarray:
    """(num_cosines, size) float64 steering vectors in the domain of `unitary_transform`; arguments of `steering`."""
    return (steering(size, spacing, cosine) @ unitary_transform(size).conj()).real


def subspaces(snapshots: np.ndarray, subarray: tuple[int, int] | None = None) -> Subspaces:
    """Smooth, average forward-backward and decompose the covariance of array snapshots.

    Parameters
    ----------
    snapshots : (rows, columns, num_snapshots) complex
    subarray : (int, int), optional
        Rows and columns of the subarrays; two thirds of the array if not given.

    Returns
    -------
    Subspaces

    Raises
    ------
    ValueError
        If the subarray does not fit into the array.
    """
    rows, columns = snapshots.shape[:2]
    high, wide = default_subarray(rows, columns) if subarray is None else subarray
    if not (1 <= high <= rows and 1 <= wide <= columns):
        raise ValueError(f"subarray must fit into the {rows} x {columns} array, got {high} x {wide}")
    moved = np.lib.stride_tricks.sliding_window_view(snapshots, (high, wide, snapshots.shape[2]))[..., 0, :, :, :]
    looks = moved.transpose(2, 3, 0, 1, 4).reshape(high * wide, -1)  # (subarray elements, shifts x snapshots)
    turned = np.kron(unitary_transform(high), unitary_transform(wide)).conj().T @ looks
    both = np.hstack([turned.real, turned.imag])  # Re(z z^H): the backward looks are in it
    value, vector = np.linalg.eigh(both @ both.T / looks.shape[1])
    return Subspaces((high, wide), np.maximum(value[::-1], 0), vector[:, ::-1], both.shape[1])


def model_order(spaces: Subspaces, *, most: int = 8) -> int:
    """Count the targets in the cell by the minimum description length.

    Wax and Kailath 1985 for a real covariance: with N looks of p values a model of k targets costs
    ``-N (p - k) / 2 log(geometric / arithmetic mean of the smaller eigenvalues) + k (2 p - k + 1) / 4 log N``; Xu,
    Pierre and Kaveh 1994 find this penalty for forward-backward averages. With fewer looks than values p counts only
    the eigenvalues that the looks can fill.

    Parameters
    ----------
    spaces : Subspaces
    most : int
        Largest number considered.

    Returns
    -------
    int
        0 = nothing but noise, or too few looks to tell: one snapshot of an array that is not smoothed.
    """
    count = spaces.looks
    value = spaces.eigenvalues[: max(count - 1, 1)]
    value = np.maximum(value, np.finfo(np.float32).eps ** 2 * max(value[0], np.finfo(float).tiny))
    sizes = len(value)
    costs = []
    for order in range(min(most, sizes - 1) + 1):
        rest = value[order:]
        flatness = np.log(rest).mean() - np.log(rest.mean())
        costs.append(-count * (sizes - order) / 2 * flatness + order * (2 * sizes - order + 1) / 4 * np.log(count))
    return int(np.argmin(costs))


def check_order(spaces: Subspaces, order: int, limit: int | None = None) -> None:
    """Raise ValueError unless the number of targets lies under a limit, the subarray's elements if not given."""
    limit = len(spaces.eigenvalues) if limit is None else limit
    if not 0 <= order < limit:
        raise ValueError(f"order must lie in 0..{limit - 1} for subarrays of {spaces.shape}, got {order}")
