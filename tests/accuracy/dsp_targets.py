"""Errors of single targets against their bounds, and two targets side by side."""

from functools import cache

import numpy as np

from radar_dsp.crb import SoundingGrid, outlier_probability
from radar_dsp.doa import find_directions
from radar_dsp.estimate import estimate_target
from radar_dsp.metrics import rmse
from tests.accuracy.dsp_figure import Figure
from tests.radar_dsp.oracle import philox
from tests.radar_dsp.single_target import MEDIUM, PARAMETERS, TINY, add_noise, measure, normalised_errors
from tests.radar_dsp.test_doa import HERE, RANGE_CELL, RIGHT_CELL, SPEED_CELL, UP_CELL, count_tops, cut, places, target

RATIO_BAR, BIAS_BAR = "0.90..1.15", "+-0.20"
THRESHOLD_SNR = (6, 8, 10, 12, 14, 16, 18, 20)
PHASES = np.arange(0, 2 * np.pi, np.pi / 16)
APART = {  # one cell, in the units of `target`
    "range": ("distance", 10.3, RANGE_CELL),
    "velocity": ("velocity", 2.0, SPEED_CELL),
    "right": ("right", 0.1, RIGHT_CELL),
    "up": ("up", -0.1, UP_CELL),
}


def bounds() -> list[Figure]:
    """RMSE over the Cramer-Rao bound and bias in its units, 600 targets anywhere between the cells."""
    rows = []
    for snr in (20, 30, 40):
        errors = normalised_errors(MEDIUM, snr, 600, estimate_target, rng=philox(5, snr))
        for name, ratio, bias in zip(PARAMETERS, rmse(errors), errors.mean(axis=0), strict=True):
            holds = 0.9 <= ratio <= 1.15 and abs(bias) <= 0.2
            bar = f"{RATIO_BAR}, {BIAS_BAR}"
            rows.append(Figure(f"{snr} dB, {name}: RMSE / CRB, bias / sigma", f"{ratio:.3f}, {bias:+.3f}", bar, holds))
    return rows


def pair(axis: str, cells: float):
    """Two targets so many cells apart along one axis."""
    name, place, cell = APART[axis]
    return [target(**({"right": 0.1, "up": -0.1} | {name: place + shift * cell})) for shift in (0, cells)]


def resolution() -> list[Figure]:
    """Two equal targets on an 8 x 8 array, 16 symbols, 64 subcarriers, rectangular windows."""
    rows = []
    for axis in APART:
        two = pair(axis, 1.5)
        tops = [count_tops(cut(measure(MEDIUM, two, [1, np.exp(1j * phase)]), axis)) for phase in PHASES]
        parted = np.mean(np.equal(tops, 2))
        case = f"1.5 cells in {axis}, FFT: share of {len(PHASES)} relative phases that part"
        rows.append(Figure(case, f"{parted:.0%}", "100%", parted == 1))
    for method, bar in (("bartlett", 0.0), ("music", 1.0), ("esprit", 1.0)):
        share = half_a_cell(method)
        case = f"half a cell in phase, 50 dB, {method}: share of 20 that part within an eighth of a cell"
        rows.append(Figure(case, f"{share:.0%}", f"{bar:.0%}", share == bar))
    return rows


def half_a_cell(method: str) -> float:
    """Share of pairs half a cell apart, in phase, of which both are found within an eighth of a cell."""
    hits = 0
    for seed in range(20):
        rng = philox(2, seed)
        first = rng.uniform(-0.35, 0.2, 2)
        both = np.array([first, first + [RIGHT_CELL / 2, 0]])
        csi = add_noise(measure(MEDIUM, [target(*p) for p in both]), 1e5, rng=rng)
        found = places(find_directions(csi, HERE, method))
        hits += found.shape == (2, 2) and bool(np.abs(found - both).max() < RIGHT_CELL / 8)
    return hits / 20


@cache
def threshold_region() -> dict[int, tuple[np.ndarray, float, float]]:
    """RMSE over the bound, share of lost targets, and that share in theory, by SNR [dB]."""
    table = {}
    cells = int(np.prod(SoundingGrid.of_config(TINY).shape))
    for snr in THRESHOLD_SNR:
        errors = normalised_errors(TINY, snr, 200, estimate_target, rng=philox(6, snr))
        lost = float((~(np.abs(errors) < 6).all(axis=1)).mean())  # NaN = cosines of no direction
        seen = np.where(np.isfinite(errors), errors, 0)
        table[snr] = (rmse(seen), lost, outlier_probability(10 ** (snr / 10), cells))
    return table
