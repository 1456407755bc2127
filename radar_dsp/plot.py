"""Pictures of the radar's maps: axes in metres, degrees and m/s, colour in dB, labelled targets marked.

matplotlib is imported when a picture is made, not with this module.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from radar_dsp.angles import AngleMap
from radar_dsp.canvas import COLOURS, cell_edges, draw_map, level_label, mark, new_figure, outline, save, within
from radar_dsp.detection import Detection, moving_bins
from radar_dsp.files import Marker
from radar_dsp.heatmap import Heatmap
from radar_dsp.periodogram import PowerCube, RangeDoppler, decibels_over
from radar_dsp.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

View = Literal["range-azimuth", "polar", "cartesian"]
SPECTRUM_SPAN = 40.0  # [dB]
SPECTRUM_MARGIN = 1 / 3  # around the directions
SPECTRUM_CELLS = 401  # on each axis
RIGHT, UP = "cos(elevation) sin(azimuth), positive right", "sin(elevation), positive up"


def plot_heatmap(
    heatmap: Heatmap, path: Path, *, view: View = "range-azimuth", markers: Sequence[Marker] = (), title: str = ""
) -> None:
    """Draw a range-azimuth map into a PNG.

    Parameters
    ----------
    heatmap : Heatmap
    path : Path
        Written under a temporary name and renamed.
    view : str
        ``range-azimuth``: the array as it is, column 0 left; ``polar``: a fan with rings of range and spokes of
        azimuth; ``cartesian``: the fan from above in metres.
    markers : sequence of Marker
        Labelled targets.
    title : str

    Raises
    ------
    OSError
        If the picture cannot be written.
    """
    edges = np.degrees(cell_edges(heatmap.azimuth)), np.maximum(cell_edges(heatmap.range), 0)
    figure = new_figure(6.4, 4.8 if view == "range-azimuth" else 5.2)
    if view == "polar":
        axes = _polar_axes(figure, edges)
        across, along = np.radians(edges[0]), edges[1]
        places = [(m.azimuth, m.range) for m in markers]
    elif view == "cartesian":
        axes = figure.add_subplot(aspect="equal", xlabel="to the right [m]", ylabel="ahead [m]")
        angle, distance = np.meshgrid(np.radians(edges[0]), edges[1])
        across, along = distance * np.sin(angle), distance * np.cos(angle)
        places = [(m.range * np.sin(m.azimuth), m.range * np.cos(m.azimuth)) for m in markers]
    else:
        axes = figure.add_subplot(xlabel="azimuth [deg], positive right", ylabel="range [m]")
        across, along = edges
        places = [(np.degrees(m.azimuth), m.range) for m in markers]
    inside = [edges[1][0] <= m.range <= edges[1][-1] and within(np.degrees(m.azimuth), edges[0]) for m in markers]
    draw_map(figure, axes, across, along, heatmap.decibels, level_label(heatmap.level, heatmap.noise_is_estimated))
    mark(axes, [(m, place) for m, place, seen in zip(markers, places, inside, strict=True) if seen])
    save(figure, axes, path, title)


def plot_range_doppler(
    radar_map: RangeDoppler,
    path: Path,
    *,
    scale: Scale | None = None,
    markers: Sequence[Marker] = (),
    title: str = "",
) -> None:
    """Draw a range-Doppler map into a PNG, over noise or in the level of a scale; the rest as in `plot_heatmap`."""
    shown = Scale("noise", decibels_over(radar_map.power, radar_map.noise_power)[1]) if scale is None else scale
    decibels = shown.decibels(radar_map.power)
    figure = new_figure(6.4, 4.8)
    axes = figure.add_subplot(xlabel="radial velocity [m/s], closing positive", ylabel="range [m]")
    across, along = cell_edges(radar_map.velocity), np.maximum(cell_edges(radar_map.range), 0)
    draw_map(figure, axes, across, along, decibels, level_label(shown.level, radar_map.noise_power is None))
    inside = [m for m in markers if m.range <= along[-1] and within(m.velocity, across)]
    mark(axes, [(m, (m.velocity, m.range)) for m in inside])
    save(figure, axes, path, title)


def plot_angles(angle_map: AngleMap, path: Path, *, title: str = "") -> None:
    """Draw an azimuth-elevation map into a PNG, over direction cosines; what no direction has stays empty.

    Raises
    ------
    OSError
        If the picture cannot be written.
    ValueError
        If the array has a single row or column.
    """
    up, right = np.meshgrid(angle_map.elevation, angle_map.azimuth, indexing="ij")
    decibels, _ = decibels_over(angle_map.power, angle_map.noise_power)
    figure = new_figure(6.4, 5.2)
    axes = figure.add_subplot(aspect="equal", xlabel=RIGHT, ylabel=UP)
    edges = cell_edges(angle_map.azimuth), cell_edges(angle_map.elevation)
    shown = np.where(np.hypot(up, right) < 1 + 1e-9, decibels, np.nan)
    draw_map(figure, axes, *edges, shown, level_label("noise", angle_map.noise_power is None))
    _circles(axes)
    save(figure, axes, path, title)


def _circles(axes: "Axes") -> None:
    """Draw circles of equal angle to boresight over direction cosines."""
    for degrees in (30, 60):
        turn, radius = np.linspace(0, 2 * np.pi, 181), np.sin(np.radians(degrees))
        axes.plot(radius * np.cos(turn), radius * np.sin(turn), color="white", alpha=0.4, linewidth=0.6)
        axes.annotate(
            f"{degrees} deg", (0, radius), color="white", fontsize=7, ha="center", path_effects=outline(), clip_on=True
        )


def plot_spectrum(
    spectrum: Callable[[np.ndarray, np.ndarray], np.ndarray],
    directions: Sequence[tuple[float, float]],
    path: Path,
    *,
    title: str = "",
) -> None:
    """Draw a spectrum over direction cosines into a PNG, in dB under its maximum, with the directions found.

    Parameters
    ----------
    spectrum : callable
        (num_up,), (num_right,) cosines -> (num_up, num_right), as of `radar_dsp.spectra`.
    directions : sequence of (float, float)
        Cosines up and right, numbered in this order.
    path : Path
        PNG, written under a temporary name and renamed.
    title : str

    Raises
    ------
    OSError
        If the picture cannot be written.
    """
    up, right = (_around([place[k] for place in directions]) for k in range(2))
    values = spectrum(up, right)
    seen = np.hypot(up[:, None], right) <= 1
    decibels = 10 * np.log10(np.maximum(values / values[seen].max(), 1e-12))
    figure = new_figure(6.4, 5.2)
    axes = figure.add_subplot(aspect="equal", xlabel=RIGHT, ylabel=UP)
    mesh = axes.pcolormesh(right, up, np.where(seen, decibels, np.nan), cmap=COLOURS, vmin=-SPECTRUM_SPAN, vmax=0)
    axes.set_facecolor("#e8e8e8")
    figure.colorbar(mesh, ax=axes, label="spectrum under its maximum [dB]", extend="min", shrink=0.9)
    _circles(axes)
    axes.set(xlim=(right[0], right[-1]), ylim=(up[0], up[-1]))
    for number, place in enumerate(directions, 1):
        axes.plot(
            *place[::-1], "o", markersize=9, markerfacecolor="none", markeredgecolor="#7dff6b", path_effects=outline()
        )
        axes.annotate(
            str(number), place[::-1], xytext=(6, 5), textcoords="offset points", color="#7dff6b", fontsize=8,
            path_effects=outline(),
        )  # fmt: skip
    save(figure, axes, path, title)


def _around(places: list[float]) -> np.ndarray:
    """Cosines from a third under the lowest place to a third over the highest, as far as they exist."""
    low, high = min(places, default=-1.0) - SPECTRUM_MARGIN, max(places, default=1.0) + SPECTRUM_MARGIN
    return np.linspace(max(low, -1.0), min(high, 1.0), SPECTRUM_CELLS)


def plot_detections(
    cube: PowerCube,
    detections: Sequence[Detection],
    path: Path,
    *,
    min_speed: float | None = None,
    scales: tuple[Scale, Scale] | None = None,
    markers: Sequence[Marker] = (),
    title: str = "",
) -> None:
    """Draw the range-angle and range-velocity maps of a cube with a numbered box around each detection.

    Parameters
    ----------
    cube : PowerCube
    detections : sequence of Detection
        Numbered in this order.
    path : Path
        PNG, written under a temporary name and renamed.
    min_speed : float or None
        The range-angle map sums the Doppler bins that were searched, as `DetectionSettings.min_speed`.
    scales : (Scale, Scale), optional
        Of the range-angle and of the range-velocity map; over noise if not given.
    markers : sequence of Marker
        Labelled targets.
    title : str

    Raises
    ------
    OSError
        If the picture cannot be written.
    """
    moving, _ = moving_bins(cube, min_speed)
    noise = cube.noise_power
    figure = new_figure(10.4, 4.8)
    left, right = figure.subplots(1, 2, sharey=True)
    along = np.maximum(cell_edges(cube.range), 0)
    by_angle, by_velocity = cube.power[:, :, moving].sum(axis=2), cube.power.sum(axis=1)
    if scales is None:
        scales = _over_noise(by_angle, noise, len(moving)), _over_noise(by_velocity, noise, len(cube.azimuth))
    cosines, angles = _both_ends(cube.azimuth, scales[0].decibels(by_angle))
    levels = angles, scales[1].decibels(by_velocity)
    across = np.degrees(np.arcsin(np.clip(cell_edges(cosines), -1, 1))), cell_edges(cube.velocity)
    labels = "azimuth [deg], positive right", "radial velocity [m/s], closing positive"
    boxes = (
        [tuple(np.degrees([d.min_azimuth, d.max_azimuth])) for d in detections],
        [(d.min_velocity, d.max_velocity) for d in detections],
    )
    span = across[1][-1] - across[1][0]
    places = [np.degrees(m.azimuth) for m in markers], [m.velocity for m in markers]
    for k, axes in enumerate((left, right)):
        axes.set(xlabel=labels[k], ylabel="range [m]" if k == 0 else "")
        draw_map(figure, axes, across[k], along, levels[k], level_label(scales[k].level, noise is None))
        axes.set_xlim(across[k][0], across[k][-1])
        seen = [(m, (x, m.range)) for m, x in zip(markers, places[k], strict=True) if m.range <= along[-1]]
        mark(axes, [(m, place) for m, place in seen if within(place[0], across[k])])
        _box(axes, boxes[k], [(d.min_range, d.max_range) for d in detections], period=span if k else None)
    figure.suptitle(title, fontsize=10)
    save(figure, left, path, "")


def _over_noise(power: np.ndarray, noise: float | None, summed: int) -> Scale:
    """Level over the noise of so many cells, or over what the map shows of it."""
    return Scale("noise", decibels_over(power, None if noise is None else noise * summed)[1])


def _both_ends(cosines: np.ndarray, power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Beams and their power, the one at -1 at +1 too where the beams cover just the directions that exist."""
    step = cosines[1] - cosines[0]
    if not np.isclose(len(cosines) * step, 2) or not np.isclose(cosines[0], -1):
        return cosines, power
    return np.append(cosines, 1.0), np.concatenate([power, power[:, :1]], axis=1)


def _box(
    axes: "Axes", across: list[tuple[float, float]], along: list[tuple[float, float]], *, period: float | None
) -> None:
    """Draw numbered boxes; over the fold of a periodic axis a box shows at both ends."""
    from matplotlib.patches import Rectangle

    left, right = axes.get_xlim()
    for number, ((x0, x1), (y0, y1)) in enumerate(zip(across, along, strict=True), 1):
        for shift in (0.0,) if period is None else (-period, 0.0, period):
            if x0 + shift < right and x1 + shift > left:
                place = x0 + shift, y0
                axes.add_patch(Rectangle(place, x1 - x0, y1 - y0, fill=False, edgecolor="#7dff6b", linewidth=1.2))
                axes.annotate(
                    str(number), (min(x1 + shift, right), y0), xytext=(3, -3), textcoords="offset points",
                    color="#7dff6b", fontsize=8, clip_on=True,
                )  # fmt: skip


def _polar_axes(figure: "Figure", edges: tuple[np.ndarray, np.ndarray]) -> "Axes":
    axes = figure.add_subplot(projection="polar", theta_offset=np.pi / 2, theta_direction=-1)
    axes.set(thetamin=edges[0][0], thetamax=edges[0][-1], rmin=0, rmax=edges[1][-1])
    spokes = np.arange(np.ceil(edges[0][0] / 10), np.floor(edges[0][-1] / 10) + 1) * 10
    axes.set_xticks(np.radians(spokes), [f"{angle:.0f}°" for angle in spokes])
    axes.set_xlabel("range [m], azimuth [deg] positive right")
    return axes
