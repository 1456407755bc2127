"""Pictures of the radio commands."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from radar_dsp.files import replaced
from raysim.rcs import CrossSection

SPAN = 50.0  # [dB] shown below the strongest aspect
_CIRCLE = np.radians(300.0)  # a wider span of azimuths is drawn on a polar plot


def plot_cross_section(result: CrossSection, path: Path, *, title: str = "") -> None:
    """Draw the cross section against azimuth: on a circle where most of one was asked for, else on a line.

    Parameters
    ----------
    result : CrossSection
        Of at least one aspect.
    path : Path
        Picture; its suffix gives the type.
    title : str
    """
    figure = Figure(figsize=(6.4, 6.4) if np.ptp(result.azimuth) > _CIRCLE else (8, 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    top = np.ceil(max(result.dbsm.max(), -100.0) / 5) * 5
    shown = np.maximum(result.dbsm, top - SPAN)
    if np.ptp(result.azimuth) > _CIRCLE:
        axes = figure.add_subplot(projection="polar")
        axes.plot(result.azimuth, shown, linewidth=1)
    else:
        axes = figure.add_subplot()
        axes.plot(np.degrees(result.azimuth), shown, linewidth=1)
        axes.set(xlabel="azimuth [deg], from x towards y", ylabel="radar cross section [dBsm]")
    axes.set_ylim(top - SPAN, top)
    axes.grid(True, alpha=0.4)
    low, high = result.frequency[[0, -1]] / 1e9
    band = f"{low:g} GHz" if low == high else f"{low:g}-{high:g} GHz, mean"
    axes.set_title(f"{title}: {band}, {result.distance:g} m, mean {10 * np.log10(result.mean.mean()):.1f} dBsm")
    with replaced(path) as part:
        figure.savefig(part, format=path.suffix[1:])
