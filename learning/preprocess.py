"""From stored arrays to network inputs: resampling, the moving-target map, boxes.

Power is averaged as power, not as decibels: the mean over cells that share a pixel is then again the
power per cell (Parseval), and one strong echo stays visible.
"""

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F

# A Hann window keeps a standing echo in the cell of zero Doppler and its two neighbours.
STATIC_HALF_WIDTH = 1
FLOOR = 1e-3  # power over thermal noise that stands for nothing at all: -30 dB


def area_mean(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Mean over the pixels that fall into each pixel of a coarser grid.

    Parameters
    ----------
    array : (channels, rows, columns) float32
    size : tuple of int
        Rows and columns of the result.

    Returns
    -------
    (channels, *size) float32
    """
    if array.shape[1:] == tuple(size):
        return array
    return F.interpolate(torch.from_numpy(np.ascontiguousarray(array))[None], size=size, mode="area")[0].numpy()


def to_db(power: np.ndarray) -> np.ndarray:
    """Power over thermal noise in dB, floored at -30 dB."""
    return 10 * np.log10(np.maximum(power, FLOOR))


def resample_power_db(heatmap_db: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resample a heatmap stored in dB.

    Parameters
    ----------
    heatmap_db : (rows, columns) float16
        [dB over thermal noise].
    size : tuple of int

    Returns
    -------
    size float32
        [dB over thermal noise].
    """
    heatmap_db = np.nan_to_num(heatmap_db.astype(np.float32), nan=-30.0, neginf=-30.0)
    if heatmap_db.shape == tuple(size):
        return np.maximum(heatmap_db, -30.0)
    return to_db(area_mean(np.power(np.float32(10), heatmap_db / 10)[None], size)[0])


def resample_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resample a picture: (H, W, 3) uint8 -> (3, *size) uint8."""
    planes = np.ascontiguousarray(np.moveaxis(image, -1, 0))
    if planes.shape[1:] == tuple(size):
        return planes
    return np.rint(area_mean(planes.astype(np.float32), size)).astype(np.uint8)


def resample_box(box: np.ndarray, shape: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """Scale a box x0, y0, x1, y1 [px] from a picture of `shape` to one of `size` (rows, columns)."""
    rows, columns = size[0] / shape[0], size[1] / shape[1]
    return (np.asarray(box) * [columns, rows, columns, rows]).astype(np.float32)


def moving_power_map(
    power: np.ndarray,
    *,
    power_range: np.ndarray,
    power_azimuth: np.ndarray,
    power_velocity: np.ndarray,
    noise_power: float,
    range_axis: np.ndarray,
    azimuth_axis: np.ndarray,
    size: tuple[int, int],
) -> np.ndarray:
    """Strongest moving echo per heatmap cell: what stands still drops out, and with it the parked cars.

    Parameters
    ----------
    power : (K, B, D) float32
        Native power over range, azimuth beam and Doppler.
    power_range, power_azimuth, power_velocity : (K,), (B,), (D,) float64
        [m], direction cosine, [m/s].
    noise_power : float
        Expected thermal noise of a cell of `power`.
    range_axis, azimuth_axis : (N,), (M,) float64
        Of the heatmap [m], [rad].
    size : tuple of int
        Rows and columns of the result; row 0 nearest.

    Returns
    -------
    size float32
        [dB over thermal noise].
    """
    cell = abs(power_velocity[1] - power_velocity[0])
    moves = np.abs(power_velocity) > (STATIC_HALF_WIDTH + 0.5) * cell
    moving = power[:, :, moves].max(axis=2) / np.float32(noise_power)  # (K, B)
    rows = _resampling(tuple(power_range), tuple(range_axis), size[0])
    columns = _resampling(tuple(power_azimuth), tuple(np.sin(azimuth_axis)), size[1])
    return to_db(rows @ moving @ columns.T).astype(np.float32)


@lru_cache(maxsize=16)
def _resampling(native: tuple[float, ...], axis: tuple[float, ...], count: int) -> np.ndarray:
    """(count, len(native)) float32: linear interpolation onto `axis`, then the mean of each of `count` groups."""
    source = np.asarray(native)
    order = np.argsort(source)
    upper = np.clip(np.searchsorted(source[order], axis), 1, len(source) - 1)
    left, right = source[order][upper - 1], source[order][upper]
    weight = np.clip((np.asarray(axis) - left) / (right - left), 0, 1)
    matrix = np.zeros((len(axis), len(source)), np.float32)
    cells = np.arange(len(axis))
    matrix[cells, order[upper - 1]] = 1 - weight
    matrix[cells, order[upper]] += weight
    return area_mean(matrix[None], (count, len(source)))[0] if count != len(axis) else matrix
