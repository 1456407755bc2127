"""The full native cube, range x elevation beam x azimuth beam x Doppler, in blocks of range.

The native cube of `radar_dsp.periodogram` is its sum over elevation beams.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from scipy import fft

from radar_dsp.csi import Csi
from radar_dsp.files import MAP_FORMAT, replaced
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import beam_cosines, doppler_velocity, power_of, range_bins
from radar_dsp.scale import UNITS, Calibration
from radar_dsp.windows import config_weights

BLOCK = 32  # range cells transformed at once: 32 MiB of complex64 on the default grid


@dataclass(frozen=True)
class BeamCube:
    """Native power of one frame in every beam.

    Attributes
    ----------
    power : (num_ranges, num_elevations, num_azimuths, num_doppler) float32
        Linear, on the scale of |path gain|^2 times the processing gain (`radar_dsp.levels.beam_gain`).
    range : (num_ranges,) float64
        [m].
    elevation, azimuth : (num_elevations,), (num_azimuths,) float64
        Direction cosines upwards and rightwards, ascending. Where their squares sum to more than 1 nothing looks.
    velocity : (num_doppler,) float64
        Closing positive, ascending [m/s].
    noise_power : float or None
        Expected thermal noise in a cell; None = unknown.
    """

    power: np.ndarray
    range: np.ndarray
    elevation: np.ndarray
    azimuth: np.ndarray
    velocity: np.ndarray
    noise_power: float | None


def beam_cube(csi: Csi, config: RadarConfig, *, max_range: float) -> BeamCube:
    """Native power of one frame in every beam, all at once: 13.6 million cells for 312 m of the default grid.

    Parameters
    ----------
    csi : Csi
    config : RadarConfig
        Of the windows.
    max_range : float
        Farthest native bin kept [m].

    Returns
    -------
    BeamCube

    Raises
    ------
    ValueError
        If `max_range` lies beyond the unambiguous range.
    """
    ranges, elevation, azimuth, velocity = beam_axes(csi, max_range)
    power = np.concatenate(list(beam_cube_blocks(csi, config, max_range=max_range)))
    return BeamCube(power, ranges, elevation, azimuth, velocity, csi.noise_variance)


def beam_axes(csi: Csi, max_range: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Range [m], elevation and azimuth cosines and velocity [m/s] of the full cube, as in `BeamCube`."""
    rows, columns = csi.values.shape[:2]
    beams = beam_cosines(rows, csi.element_spacing), beam_cosines(columns, csi.element_spacing)
    return range_bins(csi, max_range), *beams, doppler_velocity(csi)


def beam_cube_blocks(csi: Csi, config: RadarConfig, *, max_range: float) -> Iterator[np.ndarray]:
    """Blocks of the full cube, nearest range first.

    Parameters
    ----------
    csi, config, max_range
        As in `beam_cube`.

    Yields
    ------
    (n, num_elevations, num_azimuths, num_doppler) float32
        `BLOCK` range cells, fewer in the last one.
    """
    rows, columns, symbols, _ = csi.values.shape
    count = len(range_bins(csi, max_range))
    *tapers, tone_weight = config_weights(config, csi.values.shape)
    energy = (tone_weight**2).sum() * np.prod([(taper**2).sum() for taper in tapers])
    taper = np.einsum("r,c,m->rcm", *tapers) / np.sqrt(energy)
    tone_factor = tone_weight.astype(np.float32)
    profile = np.empty((rows, columns, symbols, count), np.complex64)
    for row, values in enumerate(csi.values):  # one by one: the transform of all would be a second CSI
        profile[row] = fft.ifft(values * tone_factor, axis=-1, norm="forward", overwrite_x=True)[..., :count]
    profile *= taper[..., None].astype(np.float32)
    for start in range(0, count, BLOCK):
        block = np.ascontiguousarray(np.moveaxis(profile[..., start : start + BLOCK], -1, 0))
        power = power_of(fft.fftn(block, axes=(1, 2, 3), overwrite_x=True))
        yield fft.fftshift(power, axes=(1, 2, 3))


def write_beam_cube(
    path: Path, csi: Csi, config: RadarConfig, *, max_range: float, calibration: Calibration | None = None
) -> tuple[int, ...]:
    """Write the full cube to HDF5 block by block, as ``power`` with its axes; returns its shape.

    Parameters
    ----------
    path : Path
        Written under a temporary name and renamed.
    csi, config, max_range
        As in `beam_cube`.
    calibration : Calibration, optional
        Writes levels in dB instead of linear power.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If `max_range` lies beyond the unambiguous range.
    """
    axes = beam_axes(csi, max_range)
    names = {"range": "m", "elevation": "1", "azimuth": "1", "velocity": "m/s"}
    shape = tuple(map(len, axes))
    with replaced(path) as part, h5py.File(part, "w") as file:
        file.attrs["format"] = MAP_FORMAT
        if csi.noise_variance is not None:
            file.attrs["noise_power"] = csi.noise_variance
        for (name, unit), values in zip(names.items(), axes, strict=True):
            axis = file.create_dataset(name, data=values, track_times=False)
            axis.attrs["unit"], axis.attrs["axes"] = unit, [name]
        data = file.create_dataset("power", shape, "f4", chunks=(1, *shape[1:]), track_times=False)
        data.attrs["unit"], data.attrs["axes"] = "1", list(names)
        start = 0
        scale = None if calibration is None else calibration.of_beams(*axes[:3])
        if scale is not None:
            data.attrs["unit"], file.attrs["level"] = UNITS[scale.level], scale.level
        for block in beam_cube_blocks(csi, config, max_range=max_range):
            rows = slice(start, start + len(block))
            data[rows] = block if scale is None else scale.rows(rows).decibels(block)
            start = rows.stop
    return shape
