"""Labels of one frame: boxes, radar targets and reflectors, under the names of the shard schema."""

from collections.abc import Iterable

import numpy as np

from raysim.boxes import BoxExtents, box_constants, box_extents, box_state, boxes
from raysim.intersect import FrameCaster
from raysim.paths import Paths
from raysim.reflectors import reflectors
from raysim.sensors import to_polar

__all__ = [
    "BoxExtents", "box_constants", "box_extents", "boxes", "direct_instances", "fractional_index", "radar_targets",
    "reflectors",
]  # fmt: skip

TANGENTIAL_CELLS = 1.5  # slower than this many Doppler cells: hidden under the static clutter's main lobe


def fractional_index(axis: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Place of values on a rising axis, by linear interpolation between its cells.

    Parameters
    ----------
    axis : (n,) float64
        Cell centres, rising.
    value : (...) float64
        In the same unit.

    Returns
    -------
    (...) float64
        0 = centre of the first cell; NaN more than half a cell outside.
    """
    if len(axis) < 2 or not (np.diff(axis) > 0).all():
        raise ValueError(f"an axis needs at least two rising values, got {len(axis)} from {axis[:1]} to {axis[-1:]}")
    cell = np.clip(np.searchsorted(axis, value, side="right") - 1, 0, len(axis) - 2)
    index = cell + (value - axis[cell]) / (axis[cell + 1] - axis[cell])
    return np.where((index >= -0.5) & (index <= len(axis) - 0.5), index, np.nan)


def direct_instances(blocks: Iterable[Paths]) -> set[int]:
    """Find the instances that paths of a single interaction reach.

    Parameters
    ----------
    blocks : iterable of Paths
        Of one frame.

    Returns
    -------
    set of int
        Instance indices, as `radar_targets` takes them.
    """
    return {int(i) for block in blocks for i in np.unique(block.last_instance[block.depth == 1]) if i >= 0}


def radar_targets(
    caster: FrameCaster,
    radar_pose: np.ndarray,
    range_axis: np.ndarray,
    azimuth_axis: np.ndarray,
    doppler_cell: float,
    direct: Iterable[int],
    extents: BoxExtents | None = None,
) -> dict[str, np.ndarray]:
    """Place every instance's box centre on the radar's maps.

    Parameters
    ----------
    caster : FrameCaster
    radar_pose : (4, 4) float64
        Radar to world.
    range_axis, azimuth_axis : (n,), (m,) float64
        Of the heatmap's rows and columns [m], [rad].
    doppler_cell : float
        Velocity resolution [m/s].
    direct : iterable of int
        Indices of the instances that a path of a single interaction reaches in this frame (`direct_instances`).
    extents : BoxExtents, optional
        `box_extents` of the scene.

    Returns
    -------
    dict
        ``radar/target/*`` of one frame, as in `raysim.shards.schema`; row and column are NaN outside the map.
    """
    centre, velocity = box_state(caster.frame, extents or box_extents(caster.frame.scene))
    distance, azimuth, elevation = to_polar(radar_pose, centre)
    line = (centre - radar_pose[:3, 3]) / np.maximum(distance, 1e-9)[:, None]
    radial_velocity = -np.einsum("ij,ij->i", velocity, line)
    return {
        "radar/target/range": distance,
        "radar/target/azimuth": azimuth,
        "radar/target/elevation": elevation,
        "radar/target/radial_velocity": radial_velocity,
        "radar/target/row": fractional_index(range_axis, distance),
        "radar/target/column": fractional_index(azimuth_axis, azimuth),
        "radar/target/tangential": np.abs(radial_velocity) < TANGENTIAL_CELLS * doppler_cell,
        "radar/target/occluded": ~np.isin(np.arange(len(centre)), list(direct)),
    }
