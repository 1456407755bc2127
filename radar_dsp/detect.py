"""Objects in the native power cube: CFAR and clusters in range-velocity and in range-angle, matched over range.

The statistical baseline of "Look, Radiate, and Learn": targets are thresholded and clustered in both domains, then
matched over the same range; here the cube itself tells which of several partners at one range belong together.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from radar_dsp.cfar import cfar
from radar_dsp.cfar_window import AxisWindow, axis_window
from radar_dsp.cluster import (
    Cluster,
    at_index,
    describe_clusters,
    drop_weak,
    group,
    range_angle_features,
    range_velocity_features,
    refine_peak,
)
from radar_dsp.crb import Deviations, SoundingGrid, peak_deviations
from radar_dsp.detection import Detection, DetectionSettings, moving_bins
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import PowerCube, window


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

    down = axis_window(cube.range, guard=settings.guard_range, training=settings.training_range)
    doppler = axis_window(velocity, guard=settings.guard_velocity, training=settings.training_velocity)
    doppler = replace(doppler, wraps=wraps and 2 * doppler.reach < len(velocity))  # a short axis shrinks it instead
    turn = beam_period(beams, grid.element_spacing)
    across = AxisWindow(settings.guard_beams, settings.training_beams)
    across = replace(across, wraps=turn is not None and 2 * across.reach < len(beams))
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
    axes, spans = (cube.range, beams, velocity), (turn, sizes[1] * len(cube.velocity))
    periodic = (False, turn is not None, wraps)
    found = [
        _measure(power, a, joint, axes, periodic, spans, noise, sigma) for a, joint in _match(power, angles, velocities)
    ]
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


def _measure(power, angle: Cluster, box, axes, periodic, spans, noise: float, sigma) -> Detection:
    """Centroid over the common cells, refined peak, extents; `spans` of the cosine and of the velocity."""
    inside = power[box].astype(float)
    peak = tuple(
        int(edge.flat[k]) for edge, k in zip(box, np.unravel_index(inside.argmax(), inside.shape), strict=True)
    )
    places = [at_index(axis, k) for axis, k in zip(axes, refine_peak(power, peak, periodic), strict=True)]
    peak_cosine, peak_velocity = (_folded(place, span) for place, span in zip(places[1:], spans, strict=True))
    share = inside / inside.sum()
    cosine, velocity = (
        _folded(float((share * _unwrapped(axes[k][box[k]], axes[k][peak[k]], span)).sum()), span)
        for k, span in zip((1, 2), spans, strict=True)
    )
    snr = inside.max() / noise if noise > 0 else np.inf
    deviation = sigma(snr, _azimuth(peak_cosine))
    near, far = _edges(axes[0][angle.cells[0]], axes[0])
    left, right = _edges(_unwrapped(axes[1][angle.cells[1]], cosine, spans[0]), axes[1])
    slow, fast = _edges(_unwrapped(axes[2][box[2]], velocity, spans[1]), axes[2])
    return Detection(
        range=float((share * axes[0][box[0]]).sum()),
        azimuth=_azimuth(cosine),
        velocity=velocity,
        peak_range=places[0],
        peak_azimuth=_azimuth(peak_cosine),
        peak_velocity=peak_velocity,
        sigma_range=deviation.range,
        sigma_azimuth=deviation.azimuth if abs(peak_cosine) < 1 else None,  # endfire: its cosine tells no angle
        sigma_velocity=deviation.velocity,
        min_range=max(near, 0.0),
        max_range=far,
        min_azimuth=_azimuth(left),
        max_azimuth=_azimuth(right),
        min_velocity=slow,
        max_velocity=fast,
        snr_db=float(10 * np.log10(snr)),
        cells=angle.cells.shape[1],
    )


def _edges(values: np.ndarray, axis: np.ndarray) -> tuple[float, float]:
    """Outer edges of the cells centred at `values`."""
    half = abs(axis[1] - axis[0]) / 2
    return float(values.min() - half), float(values.max() + half)


def _deviations(grid: SoundingGrid, config: RadarConfig) -> Callable[[float, float], Deviations]:
    """Deviations of a point from the SNR of its cell, which lacks the coherent gain of the array rows."""
    tapers = (config.array_window, config.array_window, config.doppler_window, config.range_window)
    weights = [window(name, n) for name, n in zip(tapers, grid.shape, strict=True)]
    if len(config.occupied) == grid.num_subcarriers:  # a gap between carriers holds no tones
        weights[3] = weights[3] * config.occupied
    gain = weights[0].sum() ** 2 / (weights[0] ** 2).sum()
    return lambda snr, azimuth: peak_deviations(grid, weights, post_snr=snr * gain, azimuth=azimuth)


def _azimuth(cosine: float) -> float:
    return float(np.arcsin(np.clip(cosine, -1, 1)))


def _unwrapped(values: np.ndarray, centre: float, span: float | None) -> np.ndarray:
    """Values on a periodic axis (`span` None: on another) as near to a centre as their period allows."""
    return values if span is None else centre + _folded(values - centre, span)


def _folded(value, span: float | None):
    return value if span is None else (value + span / 2) % span - span / 2
