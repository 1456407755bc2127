"""Maps that a shard holds, and maps cut to the ranges asked for."""

from dataclasses import replace

import numpy as np

from radar_dsp.beamform import elevation_cosines
from radar_dsp.detect_file import cube_from_shard
from radar_dsp.heatmap import Heatmap
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import PowerCube
from raysim.shards.reader import Shard


def stored_heatmap(shard: Shard, frame: int) -> Heatmap:
    """Read the heatmap of one frame of a shard.

    Parameters
    ----------
    shard : Shard
    frame : int

    Returns
    -------
    Heatmap
        Its noise is unknown: see `with_noise`.

    Raises
    ------
    ValueError
        If there is none, or a value is not finite.
    """
    if "radar/heatmap" not in shard:
        raise ValueError(f"{shard.path} holds neither CSI nor a heatmap")
    decibels = shard["radar/heatmap", frame].astype(np.float32)
    distance, azimuth = shard["radar/range"], shard["radar/azimuth"]
    if not all(np.isfinite(each).all() for each in (decibels, distance, azimuth)):
        raise ValueError(f"{shard.path}: radar/heatmap or its axes in frame {frame} hold values that are not finite")
    return Heatmap(decibels, distance, azimuth, None)


def with_noise(heatmap: Heatmap, shard: Shard, frame: int) -> tuple[Heatmap, RadarConfig]:
    """Give a shard's heatmap its noise power: what `range_azimuth` expects on the stored grid.

    A cell of the cube holds the noise of all rows, one of the heatmap that of all symbols and of the elevation beams
    that have an azimuth.

    Parameters
    ----------
    heatmap : Heatmap
        From `stored_heatmap`.
    shard : Shard
    frame : int

    Returns
    -------
    Heatmap, RadarConfig
        The configuration as of `cube_from_shard`.

    Raises
    ------
    ValueError
        As `cube_from_shard` does.
    """
    cube, config = cube_from_shard(shard, frame)
    visible = (np.abs(elevation_cosines(config.num_rows, config.element_spacing)) < 1).sum()
    variance = (cube.noise_power or np.nan) / config.num_rows
    return replace(heatmap, noise_power=float(visible * len(cube.velocity) * variance)), config


def cropped_heatmap(heatmap: Heatmap, max_range: float | None) -> Heatmap:
    """Keep the rows of a heatmap up to a range [m], None = all; ValueError if under two are left, or not stored."""
    rows = _rows(heatmap.range, max_range)
    return replace(heatmap, decibels=heatmap.decibels[:rows], range=heatmap.range[:rows])


def cropped_cube(cube: PowerCube, max_range: float | None) -> PowerCube:
    """Keep the range cells of a cube up to a range; as `cropped_heatmap`."""
    rows = _rows(cube.range, max_range)
    return replace(cube, power=cube.power[:rows], range=cube.range[:rows])


def _rows(distance: np.ndarray, max_range: float | None) -> int:
    if max_range is None:
        return len(distance)
    farthest = distance[-1] + (distance[1] - distance[0]) / 2 if len(distance) > 1 else distance[-1]
    rows = int((distance <= max_range).sum())
    if not (max_range <= farthest and rows >= 2):
        raise ValueError(
            f"max_range must lie in {distance[:2].max():.3g}..{farthest:.3g} m (stored), got {max_range} m"
        )
    return rows
