"""Levels, losses and sidelobes of every window, measured in the cube, against closed forms."""

from functools import cache

import numpy as np

from radar_dsp.csi import synthesise_csi
from radar_dsp.levels import WINDOWS, cube_gain, window_figures
from radar_dsp.periodogram import power_cube
from raysim.paths import point_target
from tests.accuracy.dsp_figure import Figure
from tests.radar_dsp.oracle import POSE, SMALL, philox
from tests.radar_dsp.single_target import Target, measure
from tests.radar_dsp.test_levels import COSINE_SUMS, named

LEVEL_BAR = "+-0.05 dB"
TAYLOR, CHEBYSHEV = (4, 35.0), 80.0  # nbar and level; level [dB]
SHIFTS = np.arange(16) / 16  # of a cell
FLOOR = 1e-15  # of power, before the logarithm
BELOW = 10.0  # [dB] under the highest sidelobe: lobes are compared down to there; single precision ends at -130 dB


def levels() -> list[Figure]:
    """Noise floor, on-cell peak, scalloping and SNR loss of every window in the cube, against closed forms."""
    rows = []
    for name in WINDOWS:
        config = named(name)
        quiet = config.model_copy(update={"thermal_noise": False})
        draws = (synthesise_csi([], config, pose=POSE, rng=philox(2, i)) for i in range(10))
        cubes = [power_cube(csi, config, max_range=75.0) for csi in draws]
        floor = 10 * np.log10(np.mean([cube.power.mean() / cube.noise_power for cube in cubes]))

        def top(shift: float, config=quiet) -> float:
            place = (40 + shift) * config.range_resolution
            unit = point_target(POSE, distance=place, azimuth=0.0, elevation=0.0)
            csi = synthesise_csi(unit, config, pose=POSE, rng=philox(3))
            return float(10 * np.log10(power_cube(csi, config, max_range=60.0).power.max()))

        peak = top(0.0) - 10 * np.log10(cube_gain(quiet))
        scalloping = top(0.0) - top(0.5) - window_figures(name, quiet.num_subcarriers).scalloping
        grid = (quiet.num_subcarriers, quiet.num_symbols, quiet.num_columns)
        loss = 10 * np.log10(np.prod(grid)) - (top(0.0) - 10 * np.log10(quiet.num_rows)) + floor
        loss -= sum(window_figures(name, n).snr_loss for n in grid)
        worst = max(abs(x) for x in (floor, peak, scalloping, loss))
        measured = f"{floor:+.3f}, {peak:+.3f}, {scalloping:+.3f}, {loss:+.3f} dB"
        case = f"{name}: noise floor, peak, scalloping, SNR loss less their closed forms"
        rows.append(Figure(case, measured, LEVEL_BAR, worst <= 0.05))
    return rows


def taylor_coefficients(nbar: int, level: float) -> np.ndarray:
    """(nbar,) coefficients of 1, cos, cos 2 ... of a Taylor window (Taylor 1955)."""
    ratio = np.arccosh(10 ** (level / 20)) / np.pi
    stretch = nbar**2 / (ratio**2 + (nbar - 0.5) ** 2)
    every = np.arange(1, nbar)

    def coefficient(m: int) -> float:
        above = np.prod(1 - m**2 / stretch / (ratio**2 + (every - 0.5) ** 2))
        below = np.prod([1 - m**2 / j**2 for j in every if j != m])
        return float((-1) ** (m + 1) * above / below)

    return np.array([1.0, *(coefficient(m) for m in every)])


def closed_form(name: str, length: int, offset: np.ndarray) -> np.ndarray:
    """Amplitude of a window's pattern over its peak; `offset` in cells.

    Sums of cosines are Dirichlet kernels at whole cells (Harris 1978); Dolph and Chebyshev's window is a polynomial.
    """
    if name == "chebyshev":
        edge = np.cosh(np.arccosh(10 ** (CHEBYSHEV / 20)) / (length - 1))
        polynomial = np.polynomial.chebyshev.Chebyshev.basis(length - 1)
        return np.abs(polynomial(edge * np.cos(np.pi * offset / length)) / polynomial(edge))
    coefficients = taylor_coefficients(*TAYLOR) if name == "taylor" else np.array(COSINE_SUMS[name])
    middle = (length - 1) / 2 if name == "taylor" else length / 2

    def dirichlet(u):
        turn = np.exp(-1j * np.pi * u * (length - 1) / length)
        return turn * length * np.sinc(u) / np.sinc(u / length)

    total = np.zeros(len(offset), complex)
    for m, a in enumerate(coefficients):
        turn = np.exp(-2j * np.pi * m * middle / length)
        total += a / 2 * (turn * dirichlet(offset - m) + turn.conj() * dirichlet(offset + m))
    return np.abs(total) / (coefficients[0] * length)


@cache
def pattern(name: str, axis: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Offsets from a target [cells], measured level and closed form [dB], while it moves through a cell of the cube.

    The channel is the direct sum: the error of the fast one, 4e-6, lies at -108 dB, near the lowest sidelobes.
    """
    config = named(name).model_copy(update={"thermal_noise": False})
    length, straight, still = length_of(axis), config.num_columns // 2, config.num_symbols // 2
    offsets, levels = [], []
    for shift in SHIFTS:
        cell = 1 / (config.num_columns * config.element_spacing)
        here = {
            "distance": (40 + shift * (axis == "range")) * config.range_resolution,
            "velocity": shift * (axis == "velocity") * config.velocity_resolution,
            "azimuth": float(np.arcsin(shift * (axis == "azimuth") * cell)),
        }
        csi = measure(config, [Target(elevation=0.0, **here)])
        power = power_cube(csi, config, max_range=config.unambiguous_range).power
        line = {"range": power[:, straight, still], "velocity": power[40, straight], "azimuth": power[40, :, still]}
        centre = 40 if axis == "range" else length // 2
        offset = np.arange(length) - centre - shift
        offsets.append((offset + length / 2) % length - length / 2)
        levels.append(10 * np.log10(line[axis] / cube_gain(config) + FLOOR))
    offset, level = np.concatenate(offsets), np.concatenate(levels)
    order = np.argsort(offset)
    return offset[order], level[order], 10 * np.log10(closed_form(name, length, offset[order]) ** 2 + FLOOR)


def length_of(axis: str) -> int:
    """Cells along an axis."""
    return {"range": SMALL.num_subcarriers, "velocity": SMALL.num_symbols, "azimuth": SMALL.num_columns}[axis]


def sidelobes() -> list[Figure]:
    """Sidelobes of a target that moves through a cell of the cube in sixteenths.

    Over range (128 cells), Doppler (16) and azimuth (10): the highest, measured and in closed form, and the worst stray
    of all points less than 10 dB below it.
    """
    rows = []
    for name in WINDOWS:
        for axis in ("range", "velocity", "azimuth"):
            offset, measured, exact = pattern(name, axis)
            beyond = np.abs(offset) >= first_null(name, length_of(axis))
            highest = exact[beyond].max()
            lobes = beyond & (exact > highest - BELOW)
            worst = np.abs(measured - exact)[lobes].max()
            got = f"{measured[beyond].max():.2f}, {highest:.2f} dB, {worst:.3f} dB"
            case = f"{name}, {axis}: highest sidelobe measured, in theory; worst stray"
            rows.append(Figure(case, got, LEVEL_BAR, worst <= 0.05))
    return rows


def first_null(name: str, length: int) -> float:
    """Cells from the peak to the first null."""
    offset = np.arange(1, 32 * length) / 64
    return float(offset[np.flatnonzero(np.diff(closed_form(name, length, offset)) > 0)[0]])
