"""Pictures of docs/validation-signal-processing.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing

from radar_dsp.doa import find_directions
from radar_dsp.levels import WINDOWS
from tests.accuracy.dsp_false_alarms import DRAWS, METHODS, PLACES, rates
from tests.accuracy.dsp_targets import APART, MEDIUM, PARAMETERS, RIGHT_CELL, cut, pair, threshold_region
from tests.accuracy.dsp_windows import closed_form, length_of, pattern
from tests.radar_dsp.oracle import philox
from tests.radar_dsp.single_target import add_noise, measure
from tests.radar_dsp.test_doa import HERE

IMAGES = Path(__file__).parents[2] / "docs" / "images"
STYLE = {"axes.prop_cycle": matplotlib.cycler(color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"])}
MARKERS = "os^D"


@contextmanager
def drawn(path: Path, rows: int, columns: int, size: tuple[float, float]) -> Iterator[list[Axes]]:
    """Axes in Okabe and Ito's colours, which all eyes tell apart; saved at the end."""
    with matplotlib.rc_context(STYLE):
        drawing = Drawing(figsize=size, dpi=90, layout="constrained")
        FigureCanvasAgg(drawing)
        yield list(np.ravel(drawing.subplots(rows, columns)))
        path.parent.mkdir(exist_ok=True)
        drawing.savefig(path, metadata={"Software": None})


def threshold(path: Path) -> None:
    """RMSE over the bound, and lost targets, against the SNR."""
    table = threshold_region()
    with drawn(path, 1, 2, (9, 3.4)) as (left, right):
        snr = list(table)
        for i, name in enumerate(PARAMETERS):
            left.semilogy(snr, [table[s][0][i] for s in snr], MARKERS[i] + "-", markersize=4, label=name)
        left.axhspan(0.9, 1.15, color="0.85")
        left.set(xlabel="post-processing SNR [dB]", ylabel="RMSE / Cramer-Rao bound")
        left.legend()
        right.plot(snr, [100 * table[s][1] for s in snr], "o", label="measured, 200 targets")
        right.plot(snr, [100 * table[s][2] for s in snr], "-", label="Rife and Boorstyn 1974")
        right.set(xlabel="post-processing SNR [dB]", ylabel="lost to the noise [%]")
        right.legend()


def false_alarms(path: Path) -> None:
    """Measured over asked rate by place, method and rate."""
    with drawn(path, 1, len(DRAWS), (9, 3.0)) as axes:
        for place, pfa in zip(axes, DRAWS, strict=True):
            for i, method in enumerate(METHODS):
                across = np.arange(len(PLACES)) + 0.12 * (i - 1.5)
                found = [rates(method, pfa)[name] for name in PLACES]
                place.plot(across, found, MARKERS[i], markersize=5, label=method.upper())
            place.axhspan(0.9, 1.1, color="0.9")
            place.axhline(1, color="0.6", linewidth=0.8)
            place.set(title=f"asked {pfa:g}", ylim=(0.85, 1.15), xticks=range(len(PLACES)))
            place.set_xticklabels(PLACES, rotation=20)
        axes[0].set_ylabel("measured / asked rate")
        axes[0].legend(ncols=2, loc="lower left")


def sidelobes(path: Path) -> None:
    """Measured patterns over range on their closed forms."""
    with drawn(path, 2, 3, (9, 4.6)) as axes:
        fine = np.linspace(0.0, 10, 1001)
        for place, name in zip(axes, WINDOWS, strict=True):
            offset, measured, _ = pattern(name, "range")
            near = (offset >= 0) & (offset <= 10)
            exact = 20 * np.log10(closed_form(name, length_of("range"), fine + 1e-9) + 1e-9)
            place.plot(fine, exact, "-", color="0.6", linewidth=2.5, label="closed form")
            place.plot(offset[near], measured[near], ".", markersize=3, label="measured in the cube")
            place.set(title=name, ylim=(-115, 5), xlim=(0, 10))
        axes[0].set_ylabel("level [dB]")
        axes[3].set_ylabel("level [dB]")
        axes[4].set_xlabel("range cells from the target")
        axes[0].legend(fontsize=8)


def resolution(path: Path) -> None:
    """Cuts through two targets: 1.5 cells apart at three relative phases, and half a cell apart in phase."""
    with drawn(path, 1, 2, (9, 3.2)) as (left, right):
        cosine = np.fft.fftshift(np.fft.fftfreq(32 * MEDIUM.num_columns)) / MEDIUM.element_spacing
        line = APART["right"][1]
        for phase, style in ((0, "-"), (np.pi / 2, "--"), (np.pi, ":")):
            csi = measure(MEDIUM, pair("right", 1.5), [1, np.exp(1j * phase)])
            _show_cut(left, cosine, csi, style, f"relative phase {np.degrees(phase):.0f} degrees")
        left.set(title="1.5 cells apart: the beam parts them")
        csi = add_noise(measure(MEDIUM, pair("right", 0.5)), 1e5, rng=philox(2))
        _show_cut(right, cosine, csi, "-", "FFT beam")
        for found in find_directions(csi, HERE, "music"):
            right.axvline(found.right, color="#D55E00", linestyle="--", label="smoothed MUSIC")
        right.set(title="half a cell apart, in phase, 50 dB: MUSIC does")
        for place, cells in ((left, 1.5), (right, 0.5)):
            for x in (line, line + cells * RIGHT_CELL):
                place.plot(x, 2, "kv", markersize=6)
            place.set(xlim=(line - 0.6, line + 0.9), ylim=(-38, 4), xlabel="direction cosine to the right")
            handles = dict(zip(*reversed(place.get_legend_handles_labels()), strict=True))
            place.legend(handles.values(), handles.keys(), fontsize=8, loc="lower left")
        left.set_ylabel("power below the peak [dB]")


def _show_cut(place: Axes, cosine: np.ndarray, csi, style: str, label: str) -> None:
    power = np.fft.fftshift(cut(csi, "right"))
    place.plot(cosine, 10 * np.log10(power / power.max() + 1e-6), style, label=label)


PLOTS = {  # file, what it shows, section that it closes
    "Sidelobes": ("signal-processing-sidelobes.png", sidelobes),
    "False alarms": ("signal-processing-false-alarms.png", false_alarms),
    "Resolution": ("signal-processing-resolution.png", resolution),
    "Threshold region": ("signal-processing-threshold.png", threshold),
}
