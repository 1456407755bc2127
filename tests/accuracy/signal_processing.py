"""Figures of the signal processing against theory, and docs/validation-signal-processing.md made of them.

``python -m tests.accuracy.signal_processing`` writes the page and its plots; the slow tests assert the same bars.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from tests.accuracy import detection
from tests.accuracy.dsp_channel import chain, channel
from tests.accuracy.dsp_false_alarms import factors, false_alarms, masking, tapered
from tests.accuracy.dsp_figure import Figure
from tests.accuracy.dsp_plots import IMAGES, PLOTS
from tests.accuracy.dsp_targets import PARAMETERS, bounds, resolution, threshold_region
from tests.accuracy.dsp_windows import levels, sidelobes

PAGE = Path(__file__).parents[2] / "docs" / "validation-signal-processing.md"
THRESHOLD = "Threshold region"
THRESHOLD_NOTE = (
    "6 x 6 elements, 8 symbols, 32 subcarriers, 200 targets a point. Theory counts native cells; the padded search",
    "meets more noise, and targets that lie between its nodes: up to 2 dB worse.",
)
SECTIONS: dict[str, Callable[[], list[Figure]]] = {
    "Channel": channel,
    "Known symbols to peak": chain,
    "Levels and windows": levels,
    "Sidelobes": sidelobes,
    "CFAR factors": factors,
    "False alarms": false_alarms,
    "False alarms of other windows": tapered,
    "Masking": masking,
    "Bounds": bounds,
    "Resolution": resolution,
}


def docstring(make: Callable[[], list[Figure]]) -> list[str]:
    """Lines of what a section says of itself."""
    return [line.strip() for line in (make.__doc__ or "").strip().splitlines()]


def verdict(figure: Figure) -> str:
    """Whether a figure keeps its bar, where it has one."""
    return "" if figure.bar == "none" else "yes" if figure.holds else "no"


def picture(title: str) -> list[str]:
    """Markdown lines of a section's plot, if it has one."""
    if title not in PLOTS:
        return []
    name, draw = PLOTS[title]
    return ["", f"![{(draw.__doc__ or '').strip()}](images/{name})"]


def threshold_section() -> list[str]:
    """Markdown lines of the threshold region."""
    lines = ["", f"## {THRESHOLD}", "", *THRESHOLD_NOTE, ""]
    lines += [f"| SNR [dB] | {' | '.join(f'{n}: RMSE / CRB' for n in PARAMETERS)} | lost | lost in theory |"]
    lines += ["|" + "---|" * 7]
    for snr, (ratio, lost, theory) in threshold_region().items():
        lines.append(f"| {snr} | {' | '.join(f'{r:.2f}' for r in ratio)} | {lost:.1%} | {theory:.1%} |")
    return lines + picture(THRESHOLD)


def page(results: dict[str, list[Figure]]) -> str:
    """Markdown of the page."""
    lines = [
        "# Validation: signal processing",
        "",
        "What the chain of [signal-processing.md](signal-processing.md) measures on synthetic channels, against closed",
        "forms and bounds. Made by `python -m tests.accuracy.signal_processing`; the slow tests assert the same bars.",
    ]
    for title, make in SECTIONS.items():
        lines += ["", f"## {title}", "", *docstring(make), ""]
        lines += ["| case | measured | bar | holds |", "|---|---|---|---|"]
        lines += [f"| {f.case} | {f.measured} | {f.bar} | {verdict(f)} |" for f in results[title]]
        lines += picture(title)
    return "\n".join([*lines, *threshold_section(), "", *detection.section()]) + "\n"


def main() -> int:
    """Write the page and its plots; status 1 if a bar is missed."""
    results = {title: make() for title, make in SECTIONS.items()}
    for name, draw in PLOTS.values():
        draw(IMAGES / name)
    PAGE.write_text(page(results))
    missed = [f for figures in results.values() for f in figures if not f.holds]
    for figure in missed:
        print(f"missed: {figure.case}: {figure.measured}, bar {figure.bar}")
    print(f"wrote {PAGE} with {sum(map(len, results.values()))} figures, {len(missed)} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
