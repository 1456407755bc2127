"""Static clutter removal: over the symbols of a frame, or over frames."""

from dataclasses import replace

import numpy as np
from scipy.constants import c

from radar_dsp.csi import Csi


def remove_mean(csi: Csi) -> Csi:
    """Take from every channel its mean over the symbols of the frame.

    What stands still goes exactly, windows applied later included. A path of Doppler f keeps ``1 - |D(f)|^2`` of
    its power (`kept_power`), so crossing targets slower than a Doppler cell suffer.

    Parameters
    ----------
    csi : Csi

    Returns
    -------
    Csi
        With the same `noise_variance`: it holds in the Doppler bins off zero, the noise of the zero bin is gone.

    Raises
    ------
    ValueError
        If there is a single symbol: nothing would be left.
    """
    if csi.values.shape[2] < 2:
        raise ValueError(f"clutter removal over symbols needs at least 2, got {csi.values.shape[2]}")
    return replace(csi, values=csi.values - csi.values.mean(axis=2, keepdims=True))


def kept_power(csi: Csi, velocity: np.ndarray) -> np.ndarray:
    """Power that `remove_mean` leaves to a path of constant radial velocity.

    ``1 - |D|^2`` with ``D = mean_m exp(j 2 pi f t_m)`` and ``f = 2 v fc / c``; for M equidistant symbols
    ``|D| = |sin(pi M f T) / (M sin(pi f T))|``.

    Parameters
    ----------
    csi : Csi
        Of symbol times and carrier.
    velocity : (...) float64
        Radial [m/s].

    Returns
    -------
    (...) float64
        0..1.
    """
    turns = np.multiply.outer(2 * np.asarray(velocity) * csi.carrier_frequency / c, csi.symbol_time)
    return 1 - np.abs(np.exp(2j * np.pi * turns).mean(axis=-1)) ** 2


def subtract_background(csi: Csi, background: np.ndarray | None, *, memory: float) -> tuple[Csi, np.ndarray]:
    """Take an exponential mean over the frames before from a frame, and carry the mean on.

    ``residual_f = H_f - B_{f-1}`` and ``B_f = memory B_{f-1} + (1 - memory) mean_m H_f``. What turns by w rad from
    frame to frame keeps ``|1 - e^{-jw}|^2 / |1 - memory e^{-jw}|^2`` of its power. Unlike `remove_mean` it spares
    targets that move slowly within a frame, and it needs the radar to stand still.

    Parameters
    ----------
    csi : Csi
    background : (num_rows, num_columns, num_subcarriers) complex64 or None
        From the frame before; None in the first frame, which then gives up its own mean.
    memory : float
        0 <= memory < 1; the mean reaches back about ``1 / (1 - memory)`` frames.

    Returns
    -------
    Csi
        Its `noise_variance` holds the noise of the background too, as it is after many frames.
    background : (num_rows, num_columns, num_subcarriers) complex64
        For the next frame.

    Raises
    ------
    ValueError
        If `memory` or the shape of the background does not fit.
    """
    if not 0 <= memory < 1:
        raise ValueError(f"memory must lie in 0 <= memory < 1, got {memory}")
    mean = csi.values.mean(axis=2)
    if background is None:
        return remove_mean(csi), mean
    if background.shape != mean.shape:
        raise ValueError(f"background must have the shape {mean.shape} of a symbol, got {background.shape}")
    noise = csi.noise_variance
    if noise is not None:
        noise *= 1 + (1 - memory) / (1 + memory) / csi.values.shape[2]
    residual = replace(csi, values=csi.values - background[:, :, None], noise_variance=noise)
    return residual, (memory * background + (1 - memory) * mean).astype(np.complex64)
