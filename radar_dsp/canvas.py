"""What all pictures share: figures without a display, colours, labels, marks and writing.

matplotlib is imported when a picture is made, not with this module.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from radar_dsp.files import Marker, replaced
from radar_dsp.heatmap import Level

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = "inferno"
DPI = 150
SMALLEST_SPAN = 20.0  # [dB] of the colour scale
LARGEST_SPAN = 70.0


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure [inches] that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def cell_edges(centres: np.ndarray) -> np.ndarray:
    """(n + 1,) float64 edges half-way between the centres; ValueError of a single cell."""
    if len(centres) < 2:
        raise ValueError(f"a map needs at least 2 cells along each axis, got {len(centres)}")
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[1.5 * centres[0] - centres[1] / 2], middle, [1.5 * centres[-1] - centres[-2] / 2]])


def within(value: float, edges: np.ndarray) -> bool:
    """Whether a value lies between the first and the last edge."""
    return bool(edges[0] <= value <= edges[-1])


def level_label(level: Level, noise_is_estimated: bool) -> str:
    """Return what stands beside a colour bar."""
    return {
        "noise": f"power over {'estimated' if noise_is_estimated else 'thermal'} noise [dB]",
        "gain": "path gain [dB]",
        "dbsm": "radar cross-section of a point [dBsm]",
        "dbfs": "level of a path at the converters [dBFS]",
    }[level]


def draw_map(figure: "Figure", axes: "Axes", across, along, decibels: np.ndarray, label: str) -> None:
    """Draw colours from the noise (the floor) to the strongest cell, at most `LARGEST_SPAN` below it."""
    floor = 0.0 if "noise" in label else float(np.floor(np.nanquantile(decibels, 0.1) / 5) * 5)
    top = max(float(np.ceil(np.nanmax(decibels) / 5) * 5), floor + SMALLEST_SPAN)
    bottom = max(floor, top - LARGEST_SPAN)
    axes.grid(False)  # before pcolormesh, which would otherwise complain
    mesh = axes.pcolormesh(across, along, decibels, cmap=COLOURS, vmin=bottom, vmax=top, shading="flat")
    if axes.name == "polar":
        axes.grid(True, color="white", alpha=0.25, linewidth=0.5)
    else:
        axes.set_facecolor("#e8e8e8")
    figure.colorbar(mesh, ax=axes, label=label, extend="min", shrink=0.9)


def mark(axes: "Axes", places: list[tuple[Marker, tuple[float, float]]]) -> None:
    """Ring labelled targets at places of the axes, with their names."""
    for marker, (x, y) in places:
        axes.plot(x, y, "o", markersize=13, markerfacecolor="none", markeredgecolor="#4df3ff", markeredgewidth=1.4)
        axes.annotate(
            marker.name,
            (x, y),
            xytext=(9, 9),
            textcoords="offset points",
            color="#4df3ff",
            fontsize=8,
            path_effects=outline(),
        )


def outline() -> list[Any]:
    """Keep text readable on any colour."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.5, foreground="black")]


def save(figure: "Figure", axes: "Axes", path: Path, title: str) -> None:
    """Write a PNG under a temporary name and rename it; the same figure gives the same bytes."""
    if title:
        axes.set_title(title, fontsize=10)
    with replaced(path) as part:
        figure.savefig(part, format="png", metadata={"Software": None})  # the version would change the bytes
