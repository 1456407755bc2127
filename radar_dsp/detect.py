"""Objects in the native power cube: CFAR and clusters in range-velocity and in range-angle, matched over range.

The statistical baseline of "Look, Radiate, and Learn": targets are thresholded and clustered in both domains, then
matched over the same range; here the cube itself tells which of several partners at one range belong together.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from radar_dsp.cfar import cfar
from radar_dsp.cfar_window import AxisWindow, axis_window
from radar_dsp.cluster import (
    Cluster,
    at_index,
    describe_clusters,
    drop_weak,
    group,
    peak_between_cells,
    range_angle_features,
    range_velocity_features,
)
from radar_dsp.crb import Deviations, SoundingGrid, peak_deviations
from radar_dsp.detection import Detection, DetectionSettings, moving_bins
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import PowerCube
from radar_dsp.windows import config_weights, window


def detect(
    cube: PowerCube,
    config: RadarConfig,
    settings: DetectionSettings | None = None,
    *,
    grid: SoundingGrid | None = None,
) -> list[Detection]:
    """Detect objects in one frame.

    Parameters
    ----------
    cube : PowerCube
        From `radar_dsp.periodogram.power_cube`, or ``radar/power`` of a shard.
    config : RadarConfig
        Of the windows the cube was made with: they set how many looks its sums hold.
    settings : DetectionSettings, optional
    grid : SoundingGrid, optional
        What was sounded; default: the grid of `config`.

    Returns
    -------
    list of Detection
        Strongest first.

    Raises
    ------
    ValueError
        If the cube is not finite linear power, or too small for the windows.
    """
    settings, grid = settings or DetectionSettings(), grid or SoundingGrid.of_config(config)
    if len(cube.azimuth) < 2:
        raise ValueError(f"detection needs at least 2 array columns, got {len(cube.azimuth)}")
    moving, wraps = moving_bins(cube, settings.min_speed)
    power = cube.power[:, :, moving]  # (ranges, beams, kept Doppler bins), gap-free across the Doppler fold
    velocity = _unfolded(cube.velocity)[moving]
    beams = np.asarray(cube.azimuth, float)
    by_velocity, by_angle = power.sum(axis=1, dtype=float), power.sum(axis=2, dtype=float)
    looks_velocity, looks_angle = sum_looks(config, (grid.num_rows, len(beams), cube.velocity.size), moving)

    turn = beam_period(beams, grid.element_spacing)
    down, doppler, across = _axis_windows(cube.range, velocity, len(beams), settings, (wraps, turn is not None))
    # A crossing object leaks to both sides of the bins left out: for clusters the two sides are neighbours.
    closed = np.arange(len(moving)) * (velocity[1] - velocity[0])
    reach, sizes = (settings.reach_range, settings.reach_velocity), _cells(cube.range, closed)
    velocities = _clusters(
        by_velocity, (cube.range, closed), (down, doppler), looks_velocity, settings, True,
        lambda r, v: range_velocity_features(r, v, reach=reach, cell=sizes, span=sizes[1] * len(closed)),
    )  # fmt: skip
    angles = _clusters(
        by_angle, (cube.range, beams), (down, across), looks_angle, settings, turn is not None,
        lambda r, u: range_angle_features(r, u, reach=settings.reach_range, cell=_cells(cube.range, beams), span=turn),
    )  # fmt: skip
    noise = cube.noise_power or float(np.median(power))
    sigma = _deviations(grid, config)
    period = sizes[1] * len(cube.velocity)
    axes = _Axis(cube.range), _Axis(beams, turn, turn is not None), _Axis(velocity, period, wraps)
    found = [_measure(power, a, joint, axes, noise, sigma) for a, joint in _match(power, angles, velocities)]
    return sorted((d for d in found if d.snr_db >= settings.min_snr_db), key=lambda d: -d.snr_db)


def sum_looks(config: RadarConfig, shape: tuple[int, int, int], moving: np.ndarray) -> tuple[float, float]:
    """Effective looks in a cell of the range-velocity and of the range-angle map of noise.

    A cell of the cube sums over array rows, the range-velocity map over columns too: independent, but weighted by
    the array window. The range-angle map sums over Doppler bins, which the Doppler window correlates. The number
    is mean^2 / variance; the gamma law with that shape is exact for rectangular windows only.

    Parameters
    ----------
    config : RadarConfig
    shape : tuple of int
        Array rows, columns and symbols.
    moving : (kept,) int64
        Doppler bins summed.

    Returns
    -------
    range_velocity, range_angle : float
    """
    rows, columns = (_independent(window(config.array_window, n)) for n in shape[:2])
    bins = shape[2]
    weight = window(config.doppler_window, bins) ** 2
    correlation = np.abs(np.fft.fft(weight) / weight.sum()) ** 2
    pairs = correlation[(moving[:, None] - moving) % bins].sum()
    return rows * columns, rows * len(moving) ** 2 / pairs


def _axis_windows(
    distance: np.ndarray, velocity: np.ndarray, beams: int, settings: DetectionSettings, wraps: tuple[bool, bool]
) -> tuple[AxisWindow, AxisWindow, AxisWindow]:
    """Windows of the CFAR over range, Doppler and beams; on an axis too short to wrap a window shrinks instead."""
    down = axis_window(distance, guard=settings.guard_range, training=settings.training_range)
    doppler = axis_window(velocity, guard=settings.guard_velocity, training=settings.training_velocity)
    across = AxisWindow(settings.guard_beams, settings.training_beams)
    return (
        down,
        replace(doppler, wraps=wraps[0] and 2 * doppler.reach < len(velocity)),
        replace(across, wraps=wraps[1] and 2 * across.reach < beams),
    )


def beam_period(cosine: np.ndarray, spacing: float) -> float | None:
    """Period of a spectrum over beams.

    Elements `spacing` wavelengths apart cannot tell direction cosines 1 / spacing apart; half a wavelength apart, -1
    and 1 are one beam, and a target at 70 degrees stands at both ends of the axis.

    Parameters
    ----------
    cosine : (num_beams,) float64
        Direction cosines of the beams, equidistant.
    spacing : float
        [wavelengths].

    Returns
    -------
    float or None
        None where the beams do not cover one period exactly, as resampled or cropped ones: their ends do not meet.
    """
    covered = abs(cosine[1] - cosine[0]) * len(cosine)
    return float(covered) if np.isclose(covered * spacing, 1, rtol=1e-6) else None


def _independent(taper: np.ndarray) -> float:
    share = taper**2 / (taper**2).sum()
    return float(1 / (share**2).sum())


def _cells(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    return abs(first[1] - first[0]), abs(second[1] - second[0])


def _unfolded(velocity: np.ndarray) -> np.ndarray:
    """Velocities with the opening half moved above the closing one, so that the fold is no gap."""
    return np.where(velocity < 0, velocity + (velocity[1] - velocity[0]) * len(velocity), velocity)


def _clusters(power, axes, windows, looks, settings: DetectionSettings, wraps: bool, features) -> list[Cluster]:
    """CFAR, DBSCAN, and sidelobes off: cells far below the strongest of their range or of their cluster."""
    result = cfar(power, windows, method=settings.method, pfa=settings.pfa, scale="power", looks=looks)
    lowest = 10 ** (-settings.dynamic_range_db / 10)
    above = power > power.max(axis=1, keepdims=True) * lowest
    cells = np.stack(np.nonzero(result.mask & above))
    labels = group(features(axes[0][cells[0]], axes[1][cells[1]]), min_cells=settings.min_cells)
    labels = drop_weak(labels, power[cells[0], cells[1]], lowest)
    return describe_clusters(power, cells, labels, axes, (False, wraps))


def _match(power: np.ndarray, angles: list[Cluster], velocities: list[Cluster]):
    """Pairs that share range rows and are, by the cube, the strongest partner of one of the two.

    Yields the range-angle cluster and the common cells, an index into the cube.
    """
    strength = np.zeros((len(angles), len(velocities)))
    joint = {}
    for i, a in enumerate(angles):
        for j, v in enumerate(velocities):
            rows = np.intersect1d(a.cells[0], v.cells[0])
            if len(rows):
                box = np.ix_(rows, np.unique(a.cells[1]), np.unique(v.cells[1]))
                joint[i, j] = box
                strength[i, j] = power[box].max()
    best_of_angle = strength.max(axis=1, initial=0)
    best_of_velocity = strength.max(axis=0, initial=0)
    for (i, j), box in joint.items():
        if strength[i, j] > 0 and strength[i, j] in (best_of_angle[i], best_of_velocity[j]):
            yield angles[i], box


@dataclass(frozen=True)
class _Axis:
    """Equidistant cell centres, the period of what they measure (None = it has none), and whether they cover it."""

    cells: np.ndarray
    period: float | None = None
    closed: bool = False

    def folded(self, value):
        """Values within half a period of zero."""
        return value if self.period is None else (value + self.period / 2) % self.period - self.period / 2

    def beside(self, index: np.ndarray, centre: float) -> np.ndarray:
        """Cells as near to a place as their period allows: beyond the fold they go on counting."""
        return centre + self.folded(self.cells[index] - centre)

    def edges(self, index: np.ndarray, centre: float) -> tuple[float, float]:
        """Outer edges of cells around a place."""
        values, half = self.beside(index, centre), abs(self.cells[1] - self.cells[0]) / 2
        return float(values.min() - half), float(values.max() + half)


def _measure(power, angle: Cluster, box, axes: tuple[_Axis, _Axis, _Axis], noise: float, sigma) -> Detection:
    """Centroid over the common cells, refined peak, extents."""
    inside = power[box].astype(float)
    peak = tuple(
        int(edge.flat[k]) for edge, k in zip(box, np.unravel_index(inside.argmax(), inside.shape), strict=True)
    )
    refined = peak_between_cells(power, peak, tuple(axis.closed for axis in axes))
    top = [axis.folded(at_index(axis.cells, k)) for axis, k in zip(axes, refined, strict=True)]
    share = inside / inside.sum()
    middle = [
        axis.folded(float((share * axis.beside(edge, axis.cells[k])).sum()))
        for axis, edge, k in zip(axes, box, peak, strict=True)
    ]
    snr = inside.max() / noise if noise > 0 else np.inf
    deviation = sigma(snr, _azimuth(top[1]))
    cells = (*angle.cells, box[2])
    (near, far), (left, right), (slow, fast) = (
        axis.edges(index, centre) for axis, index, centre in zip(axes, cells, middle, strict=True)
    )
    return Detection(
        range=middle[0],
        azimuth=_azimuth(middle[1]),
        velocity=middle[2],
        peak_range=top[0],
        peak_azimuth=_azimuth(top[1]),
        peak_velocity=top[2],
        sigma_range=deviation.range,
        sigma_azimuth=deviation.azimuth if abs(top[1]) < 1 else None,  # endfire: its cosine tells no angle
        sigma_velocity=deviation.velocity,
        min_range=max(near, 0.0),
        max_range=far,
        min_azimuth=_azimuth(left),
        max_azimuth=_azimuth(right),
        min_velocity=slow,
        max_velocity=fast,
        snr_db=float(10 * np.log10(snr)),
        peak_power=float(inside.max()),
        cells=angle.cells.shape[1],
    )


def _deviations(grid: SoundingGrid, config: RadarConfig) -> Callable[[float, float], Deviations]:
    """Deviations of a point from the SNR of its cell, which lacks the coherent gain of the array rows."""
    weights = config_weights(config, grid.shape)
    gain = weights[0].sum() ** 2 / (weights[0] ** 2).sum()
    return lambda snr, azimuth: peak_deviations(grid, weights, post_snr=snr * gain, azimuth=azimuth)


def _azimuth(cosine: float) -> float:
    return float(np.arcsin(np.clip(cosine, -1, 1)))
