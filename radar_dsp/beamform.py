"""Azimuth spectra of a planar array: any azimuth from twice as many beams as columns."""

import numpy as np
from scipy import fft


def camera_azimuth(half_fov: float, columns: int) -> np.ndarray:
    """Azimuths of the pixel columns of a pinhole camera, left to right.

    Parameters
    ----------
    half_fov : float
        Half the horizontal field of view [rad].
    columns : int
        Width of the picture [px].

    Returns
    -------
    (columns,) float64
        Of the pixel centres, positive right [rad].
    """
    return np.arctan((2 * (np.arange(columns) + 0.5) / columns - 1) * np.tan(half_fov))


def uniform_azimuth(half_fov: float, columns: int) -> np.ndarray:
    """Equidistant azimuths at column centres; parameters and result as in `camera_azimuth`."""
    return (2 * (np.arange(columns) + 0.5) / columns - 1) * half_fov


def elevation_cosines(rows: int, spacing: float) -> np.ndarray:
    """Direction cosines (upwards) of the native elevation beams, in FFT order.

    Parameters
    ----------
    rows : int
        Array rows.
    spacing : float
        [wavelengths].

    Returns
    -------
    (rows,) float64
        Beams with a modulus of 1 or more look at the zenith or nowhere: they have no azimuth.
    """
    return fft.fftfreq(rows) / spacing


def beam_powers(values: np.ndarray, row_weight: np.ndarray, column_weight: np.ndarray) -> np.ndarray:
    """Power in native elevation beams and in twice as many azimuth beams as columns, summed over symbols.

    Parameters
    ----------
    values : (num_rows, num_columns, num_symbols, n) complex64
    row_weight : (num_rows,) float64
    column_weight : (num_columns,) float64

    Returns
    -------
    (n, num_rows, 2 num_columns) float32
        In FFT order, divided by the energy of the weights: mean noise = num_symbols x its variance.
    """
    rows, columns, symbols, count = values.shape
    energy = (row_weight**2).sum() * (column_weight**2).sum()
    weight = (row_weight[:, None] * column_weight / np.sqrt(energy)).astype(np.float32)
    beams = fft.fft2(values * weight[..., None, None], s=(rows, 2 * columns), axes=(0, 1), overwrite_x=True)
    power = np.zeros((rows, 2 * columns, count), np.float32)
    for symbol in range(symbols):
        power += beams[:, :, symbol].real ** 2 + beams[:, :, symbol].imag ** 2
    return np.ascontiguousarray(power.transpose(2, 0, 1))


def azimuth_interpolation(azimuth: np.ndarray, rows: int, columns: int, spacing: float) -> np.ndarray:
    """Weights that turn `beam_powers` into the power at any azimuth, exactly.

    A beam's power as a function of the direction cosine u is a trigonometric polynomial of the 2C - 1 lags
    between C columns, so 2C equidistant samples carry it. At elevation e the cosine is ``cos(e) sin(azimuth)``:
    the cone of a row of columns is followed beam by beam.

    Parameters
    ----------
    azimuth : (num_azimuths,) float64
        [rad].
    rows, columns : int
        Of the array.
    spacing : float
        [wavelengths].

    Returns
    -------
    (num_rows, 2 num_columns, num_azimuths) float64
        Zero for elevation beams without an azimuth.
    """
    sine = elevation_cosines(rows, spacing)
    visible = np.abs(sine) < 1
    cosine = np.sqrt(np.where(visible, 1 - sine**2, 0))
    turns = spacing * cosine[:, None, None] * np.sin(azimuth) - np.arange(2 * columns)[:, None] / (2 * columns)
    kernel = _dirichlet(turns, 2 * columns - 1)
    return kernel / (2 * columns) * visible[:, None, None]


def _dirichlet(turns: np.ndarray, count: int) -> np.ndarray:
    """Sum of exp(j 2 pi lag turns) over `count` lags around zero; `count` is odd."""
    below = np.sin(np.pi * turns)
    flat = np.abs(below) < 1e-9  # at whole turns all terms are 1
    return np.where(flat, count, np.sin(np.pi * count * turns) / np.where(flat, 1, below))
