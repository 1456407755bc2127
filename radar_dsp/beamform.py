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


def elevation_cones(rows: int, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Cones that the native elevation beams look along; a beam and its mirror image below the horizon share one.

    Parameters
    ----------
    rows : int
        Array rows.
    spacing : float
        [wavelengths].

    Returns
    -------
    cone : (rows,) int64
        Of every beam in FFT order; -1 for beams without an azimuth.
    cosine : (num_cones,) float64
        Of the cones' elevations.
    """
    sine = elevation_cosines(rows, spacing)
    order = np.arange(rows)
    cone = np.where(np.abs(sine) < 1, np.minimum(order, rows - order), -1)
    return cone, np.sqrt(1 - sine[: cone.max() + 1] ** 2)


def lag_weights(azimuth: np.ndarray, cosine: np.ndarray, columns: int, spacing: float) -> np.ndarray:
    """Weights that turn correlations over array columns into the power at any azimuth, exactly.

    ``|sum_c x_c exp(-j 2 pi c t)|^2 = sum over lags of r_lag exp(-j 2 pi lag t)`` with
    ``r_lag = sum_c conj(x_c) x_{c + lag}``. At elevation e, t is ``spacing cos(e) sin(azimuth)``: the cone of a row of
    columns is followed beam by beam.

    Parameters
    ----------
    azimuth : (num_azimuths,) float64
        [rad].
    cosine : (num_cones,) float64
        Of the beams' elevations.
    columns : int
        Of the array.
    spacing : float
        [wavelengths].

    Returns
    -------
    (num_cones, 2 columns - 1, num_azimuths) float64
        Of the real parts of r from lag 0, then of the imaginary parts from lag 1.
    """
    phase = 2 * np.pi * spacing * cosine[:, None, None] * np.arange(columns)[:, None] * np.sin(azimuth)
    weights = 2 * np.concatenate([np.cos(phase), np.sin(phase[:, 1:])], axis=1)
    weights[:, 0] = 1
    return weights
