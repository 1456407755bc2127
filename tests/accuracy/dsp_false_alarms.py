"""False alarms of CFAR, its factors, and targets that mask each other."""

from functools import cache

import numpy as np

from radar_dsp.cfar import cfar, ordered_noise
from radar_dsp.cfar_factors import ca_factor, go_factor, os_factor, os_rank, so_factor
from radar_dsp.cfar_window import AxisWindow
from tests.accuracy.dsp_figure import Figure
from tests.radar_dsp.oracle import philox
from tests.radar_dsp.test_cfar_rates import METHODS, measured_rates

RATE_BAR = "0.90..1.10"
DRAWS = {1e-2: 1500, 1e-3: 4000, 1e-4: 12000}
PLACES = ("interior", "edges", "corners", "outermost")
TAPERS = ("taylor", "hamming", "hann", "chebyshev", "blackman-harris")


def factors() -> list[Figure]:
    """CFAR factors to four digits (tables after Gandhi and Kassam 1988)."""
    golden = {"CA": 8.6388, "GO": 7.4873, "SO": 12.5997, "OS, k = 12": 7.4214}
    rank = os_rank(16)
    got = ca_factor(16, 1e-3), go_factor(8, 8, 1e-3), so_factor(8, 8, 1e-3), os_factor(16, rank, 1e-3)
    return [
        Figure(f"{name}, N = 16, 1e-3", f"{g:.4f}", f"{want:.4f}", abs(g - want) < 6e-5)
        for (name, want), g in zip(golden.items(), got, strict=True)
    ]


@cache
def rates(method: str, pfa: float) -> dict[str, float]:
    """Measured over asked rate, by place."""
    return measured_rates(method, pfa, DRAWS[pfa], philox(5))[0]


def false_alarms() -> list[Figure]:
    """Measured over asked rate: rectangular window, native grid; the outermost corner cells apart.

    Means of exp(-T) over the thresholds T, which need a hundredth of the draws that counting would.
    """
    rows = []
    for pfa in DRAWS:
        for method in METHODS:
            found = [rates(method, pfa)[name] for name in PLACES]
            measured = ", ".join(f"{rate:.3f}" for rate in found)
            holds = all(0.9 <= rate <= 1.1 for rate in found)
            rows.append(Figure(f"{method.upper()} {pfa:g}: {', '.join(PLACES)}", measured, RATE_BAR, holds))
    return rows


def tapered() -> list[Figure]:
    """Counted over asked rate with other windows, 1e-3 asked.

    Their noise is correlated from cell to cell, past one guard cell. No bar: this is what such windows give.
    """
    rows = []
    for taper in TAPERS:
        counted = [measured_rates(method, 1e-3, 1000, philox(6), taper)[1]["all"] for method in METHODS]
        measured = ", ".join(f"{rate:.2f}" for rate in counted)
        rows.append(Figure(f"{taper}: {', '.join(METHODS).upper()}", measured, "none", True))
    return rows


def masking() -> list[Figure]:
    """Fluctuating target of 20 dB, alone and with one of 30 dB among its leading cells; N = 16, 1e-3."""
    line = (AxisWindow(2, 8), AxisWindow(0, 0))

    def detected(power: np.ndarray, method: str) -> float:
        if method == "os":
            threshold = os_factor(16, 12, 1e-3) * ordered_noise(power, line)
        else:
            threshold = cfar(power, line, method=method, pfa=1e-3, scale="power").threshold
        return float(np.exp(-threshold[20] / 101).mean())

    power = philox(8).exponential(size=(41, 4000))
    alone = {method: detected(power, method) for method in METHODS}
    power[14] *= 1001
    bars = {"ca": "masked: < 0.35", "go": "masked: < 0.25", "so": "kept within 0.05", "os": "kept within 0.05"}
    rows = []
    for method, bar in bars.items():
        beside = detected(power, method)
        limit = {"ca": 0.35, "go": 0.25}.get(method)
        holds = beside < limit if limit else beside > alone[method] - 0.05
        rows.append(Figure(f"{method.upper()}: Pd alone, masked", f"{alone[method]:.3f}, {beside:.3f}", bar, holds))
    return rows
