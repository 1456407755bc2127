"""Reflectors: the resolution cells in which an object's paths add up to a strong echo."""

from collections.abc import Iterable

import numpy as np
from numba import njit
from scipy.constants import c

from raysim.paths import Paths

RE, IM, WEIGHT, RANGE, RIGHT, FORWARD, RATE = range(7)  # columns of a cell's sums


@njit(cache=True, nogil=True)
def _accumulate(gain, delay, rate, arrival, instance, axes, grid, slot, key_of, sums, used):
    """Add paths to their cells. grid: carrier, range cell, cosine cell, range bins, cosine bins; returns cells used.

    Cells are numbered as they first appear; `slot` maps a key (instance, range bin, cosine bin) to that number + 1.
    """
    carrier, range_cell, cosine_cell, range_bins, cosine_bins = grid
    for p in range(len(gain)):
        if instance[p] < 0:
            continue
        distance = 0.5 * c * delay[p]
        right = arrival[p, 0] * axes[0, 0] + arrival[p, 1] * axes[0, 1] + arrival[p, 2] * axes[0, 2]
        forward = arrival[p, 0] * axes[2, 0] + arrival[p, 1] * axes[2, 1] + arrival[p, 2] * axes[2, 2]
        i = int(distance / range_cell)
        if i >= range_bins:
            continue
        j = min(max(int((right + 1) / cosine_cell), 0), int(cosine_bins) - 1)
        key = int((instance[p] * range_bins + i) * cosine_bins + j)
        if slot[key] == 0:
            key_of[used] = key
            used += 1
            slot[key] = used
        cell = sums[slot[key] - 1]
        phase = -2 * np.pi * ((carrier * delay[p]) % 1.0)
        cosine, sine = np.cos(phase), np.sin(phase)
        cell[RE] += gain[p].real * cosine - gain[p].imag * sine
        cell[IM] += gain[p].real * sine + gain[p].imag * cosine
        weight = gain[p].real ** 2 + gain[p].imag ** 2
        cell[WEIGHT] += weight
        cell[RANGE] += weight * distance
        cell[RIGHT] += weight * right
        cell[FORWARD] += weight * forward
        cell[RATE] += weight * rate[p]
    return used


@njit(cache=True, nogil=True)
def _is_local_maximum(power, key_of, slot, used, range_bins, cosine_bins):
    """Cells that no neighbour (one range bin, one cosine bin, same instance) exceeds."""
    local = np.ones(used, np.bool_)
    for n in range(used):
        j = key_of[n] % cosine_bins
        i = key_of[n] // cosine_bins % range_bins
        for di in range(-1, 2):
            for dj in range(-1, 2):
                if 0 <= i + di < range_bins and 0 <= j + dj < cosine_bins:
                    other = slot[key_of[n] + di * cosine_bins + dj]
                    if other > 0 and power[other - 1] > power[n]:
                        local[n] = False
    return local


def _strongest(instance: np.ndarray, power: np.ndarray, limit: int, dynamic_range_db: float) -> np.ndarray:
    """Find the strongest cells of every instance, by instance and falling power."""
    order = np.lexsort((-power, instance))
    starts = np.r_[True, np.diff(instance[order]) > 0]
    begin = np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    rank = np.arange(len(order)) - begin
    floor = power[order][begin] * 10 ** (-dynamic_range_db / 10)
    return order[(rank < limit) & (power[order] >= floor) & (power[order] > 0)]


def _cells(
    blocks: Iterable[Paths], axes: np.ndarray, grid: tuple, num_instances: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sums (num_cells, 7) and keys (num_cells,) of the cells that paths fall into, and the slot of every key."""
    slot = np.zeros(num_instances * grid[3] * grid[4], np.int32)
    key_of, sums, used = np.zeros(0, np.int64), np.zeros((0, 7)), 0
    for block in blocks:
        if len(block) and block.last_instance.max() >= num_instances:
            raise ValueError(
                f"paths touch instance {block.last_instance.max()}, the scene has {num_instances} instances"
            )
        room = min(used + len(block), len(slot))  # every path might open a cell
        if room > len(key_of):
            room = max(room, 2 * len(key_of))
            key_of, sums = np.resize(key_of, room), np.concatenate([sums, np.zeros((room - len(sums), 7))])
        fields = block.gain, block.delay, block.delay_rate, block.arrival, block.last_instance
        used = _accumulate(*fields, axes, grid, slot, key_of, sums, used)
    return sums[:used], key_of[:used], slot


def reflectors(
    blocks: Iterable[Paths],
    radar_pose: np.ndarray,
    *,
    num_instances: int,
    frequency: float,
    range_cell: float,
    azimuth_cell_cosine: float,
    max_range: float = 512.0,
    max_per_instance: int = 16,
    dynamic_range_db: float = 40.0,
) -> dict[str, np.ndarray]:
    """Find the strongest reflectors of every object.

    Paths are sorted by the last object they touched into cells of range and azimuth cosine. A reflector is a cell
    whose power ``|sum gain exp(-j 2 pi f delay)|^2`` no neighbouring cell of the same object exceeds; its place and
    velocity are the means over its paths, weighted by ``|gain|^2``.

    Parameters
    ----------
    blocks : iterable of Paths
        Of one frame; consumed once, in order.
    radar_pose : (4, 4) float64
        Radar to world.
    num_instances : int
        Instances of the scene.
    frequency : float
        Carrier [Hz].
    range_cell : float
        Range resolution [m].
    azimuth_cell_cosine : float
        Beam spacing, in direction cosine [1].
    max_range : float
        Farther paths are left out [m].
    max_per_instance : int
    dynamic_range_db : float
        Below the strongest reflector of the same object [dB].

    Returns
    -------
    dict
        ``radar/reflectors/*`` but for the offsets, by instance and falling power, as in `raysim.shards.schema`.
    """
    range_bins, cosine_bins = int(np.ceil(max_range / range_cell)), int(np.ceil(2 / azimuth_cell_cosine))
    grid = (float(frequency), float(range_cell), float(azimuth_cell_cosine), range_bins, cosine_bins)
    sums, key_of, slot = _cells(blocks, np.ascontiguousarray(radar_pose[:3, :3].T), grid, num_instances)
    power = sums[:, RE] ** 2 + sums[:, IM] ** 2
    peaks = np.flatnonzero(_is_local_maximum(power, key_of, slot, len(sums), range_bins, cosine_bins))
    instance = key_of // (range_bins * cosine_bins)
    kept = peaks[_strongest(instance[peaks], power[peaks], max_per_instance, dynamic_range_db)]
    mean = sums[kept] / sums[kept, WEIGHT, None]
    return {
        "radar/reflectors/instance": (instance[kept] + 1).astype(np.uint16),
        "radar/reflectors/power": (10 * np.log10(power[kept])).astype(np.float32),
        "radar/reflectors/range": mean[:, RANGE].astype(np.float32),
        "radar/reflectors/azimuth": np.arctan2(mean[:, RIGHT], mean[:, FORWARD]).astype(np.float32),
        "radar/reflectors/radial_velocity": (-0.5 * c * mean[:, RATE]).astype(np.float32),
    }
