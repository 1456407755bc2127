"""Pictures of the radar's maps: axes in metres, degrees and m/s, colour in dB, labelled targets marked.

matplotlib is imported when a picture is made, not with this module.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from radar_dsp.angles import AngleMap
from radar_dsp.detection import Detection, moving_bins
from radar_dsp.files import Marker, replaced
from radar_dsp.heatmap import Heatmap, Level
from radar_dsp.periodogram import PowerCube, RangeDoppler, decibels_over
from radar_dsp.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

View = Literal["range-azimuth", "polar", "cartesian"]
COLOURS = "inferno"
DPI = 150
SMALLEST_SPAN = 20.0  # [dB] of the colour scale
LARGEST_SPAN = 70.0


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
    edges = np.degrees(_edges(heatmap.azimuth)), np.maximum(_edges(heatmap.range), 0)
    figure = _figure(6.4, 4.8 if view == "range-azimuth" else 5.2)
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
    inside = [edges[1][0] <= m.range <= edges[1][-1] and _within(np.degrees(m.azimuth), edges[0]) for m in markers]
    _draw(figure, axes, across, along, heatmap.decibels, level_label(heatmap.level, heatmap.noise_is_estimated))
    _mark(axes, [(m, place) for m, place, seen in zip(markers, places, inside, strict=True) if seen])
    _save(figure, axes, path, title)


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
    figure = _figure(6.4, 4.8)
    axes = figure.add_subplot(xlabel="radial velocity [m/s], closing positive", ylabel="range [m]")
    across, along = _edges(radar_map.velocity), np.maximum(_edges(radar_map.range), 0)
    _draw(figure, axes, across, along, decibels, level_label(shown.level, radar_map.noise_power is None))
    inside = [m for m in markers if m.range <= along[-1] and _within(m.velocity, across)]
    _mark(axes, [(m, (m.velocity, m.range)) for m in inside])
    _save(figure, axes, path, title)


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
    figure = _figure(6.4, 5.2)
    axes = figure.add_subplot(
        aspect="equal", xlabel="cos(elevation) sin(azimuth), positive right", ylabel="sin(elevation), positive up"
    )
    edges = _edges(angle_map.azimuth), _edges(angle_map.elevation)
    shown = np.where(np.hypot(up, right) < 1 + 1e-9, decibels, np.nan)
    _draw(figure, axes, *edges, shown, level_label("noise", angle_map.noise_power is None))
    for degrees in (30, 60):  # circles of equal angle to boresight
        turn, radius = np.linspace(0, 2 * np.pi, 181), np.sin(np.radians(degrees))
        axes.plot(radius * np.cos(turn), radius * np.sin(turn), color="white", alpha=0.4, linewidth=0.6)
        axes.annotate(f"{degrees} deg", (0, radius), color="white", fontsize=7, ha="center", path_effects=_outline())
    _save(figure, axes, path, title)


def plot_detections(
    cube: PowerCube,
    detections: Sequence[Detection],
    path: Path,
    *,
    min_speed: float | None = None,
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
    figure = _figure(10.4, 4.8)
    left, right = figure.subplots(1, 2, sharey=True)
    along = np.maximum(_edges(cube.range), 0)
    cosines, by_angle = _both_ends(cube.azimuth, cube.power[:, :, moving].sum(axis=2))
    across = np.degrees(np.arcsin(np.clip(_edges(cosines), -1, 1))), _edges(cube.velocity)
    powers = by_angle, cube.power.sum(axis=1)
    summed = len(moving), len(cube.azimuth)
    labels = "azimuth [deg], positive right", "radial velocity [m/s], closing positive"
    boxes = (
        [tuple(np.degrees([d.min_azimuth, d.max_azimuth])) for d in detections],
        [(d.min_velocity, d.max_velocity) for d in detections],
    )
    span = across[1][-1] - across[1][0]
    places = [np.degrees(m.azimuth) for m in markers], [m.velocity for m in markers]
    for k, axes in enumerate((left, right)):
        decibels, _ = decibels_over(powers[k], None if noise is None else noise * summed[k])
        axes.set(xlabel=labels[k], ylabel="range [m]" if k == 0 else "")
        _draw(figure, axes, across[k], along, decibels, level_label("noise", noise is None))
        axes.set_xlim(across[k][0], across[k][-1])
        seen = [(m, (x, m.range)) for m, x in zip(markers, places[k], strict=True) if m.range <= along[-1]]
        _mark(axes, [(m, place) for m, place in seen if _within(place[0], across[k])])
        _box(axes, boxes[k], [(d.min_range, d.max_range) for d in detections], period=span if k else None)
    figure.suptitle(title, fontsize=10)
    _save(figure, left, path, "")


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


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _polar_axes(figure: "Figure", edges: tuple[np.ndarray, np.ndarray]) -> "Axes":
    axes = figure.add_subplot(projection="polar", theta_offset=np.pi / 2, theta_direction=-1)
    axes.set(thetamin=edges[0][0], thetamax=edges[0][-1], rmin=0, rmax=edges[1][-1])
    spokes = np.arange(np.ceil(edges[0][0] / 10), np.floor(edges[0][-1] / 10) + 1) * 10
    axes.set_xticks(np.radians(spokes), [f"{angle:.0f}°" for angle in spokes])
    axes.set_xlabel("range [m], azimuth [deg] positive right")
    return axes


def _edges(centres: np.ndarray) -> np.ndarray:
    """Cell edges half-way between the centres."""
    if len(centres) < 2:
        raise ValueError(f"a map needs at least 2 cells along each axis, got {len(centres)}")
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[1.5 * centres[0] - centres[1] / 2], middle, [1.5 * centres[-1] - centres[-2] / 2]])


def _within(value: float, edges: np.ndarray) -> bool:
    return bool(edges[0] <= value <= edges[-1])


def level_label(level: Level, noise_is_estimated: bool) -> str:
    """Return what stands beside a colour bar."""
    return {
        "noise": f"power over {'estimated' if noise_is_estimated else 'thermal'} noise [dB]",
        "gain": "path gain [dB]",
        "dbsm": "radar cross-section of a point [dBsm]",
        "dbfs": "level of a path at the converters [dBFS]",
    }[level]


def _draw(figure: "Figure", axes: "Axes", across, along, decibels: np.ndarray, label: str) -> None:
    """Colours from the noise (the floor) to the strongest cell, at most `LARGEST_SPAN` below it."""
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


def _mark(axes: "Axes", places: list[tuple[Marker, tuple[float, float]]]) -> None:
    for marker, (x, y) in places:
        axes.plot(x, y, "o", markersize=13, markerfacecolor="none", markeredgecolor="#4df3ff", markeredgewidth=1.4)
        axes.annotate(
            marker.name,
            (x, y),
            xytext=(9, 9),
            textcoords="offset points",
            color="#4df3ff",
            fontsize=8,
            path_effects=_outline(),
        )


def _outline() -> list[Any]:
    """Keep text readable on any colour."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.5, foreground="black")]


def _save(figure: "Figure", axes: "Axes", path: Path, title: str) -> None:
    if title:
        axes.set_title(title, fontsize=10)
    with replaced(path) as part:
        figure.savefig(part, format="png", metadata={"Software": None})  # the version would change the bytes
