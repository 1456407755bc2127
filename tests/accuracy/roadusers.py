"""Procedural road users: radar cross section against aspect and the lobes of 3GPP TR 38.901."""

from functools import cache
from typing import NamedTuple

import numpy as np

from blender_scenes.assets.cars import BODY_TYPES, draw_car, make_car
from blender_scenes.pieces import asset_pieces
from raysim.launch import LaunchConfig
from raysim.pieces import assemble, radar_at
from raysim.rcs import FAR, radar_cross_section
from raysim.trace import TraceConfig
from tests.accuracy import people
from tests.accuracy.rows import Picture, Row, worst_row
from tests.shapes import FREQUENCY, db

BANDWIDTH = 800e6
BAR = 4.0  # [dB]
TUBES = 20_000  # an aspect, footprints of one to two wavelengths: what that costs is a row of its own
ASPECTS = 48  # in the 3 dB box of a lobe: a few glints carry a linear mean


class Lobe(NamedTuple):
    """TR 38.901 v19, vehicle as one point: middle and 3 dB width [deg], peak and range [dB]."""

    azimuth: tuple[float, ...]
    width: float
    zenith: float
    zenith_width: float
    peak: float  # [dBsm]
    depth: float


LOBES = {
    "front": Lobe((0.0,), 40.54, 71.75, 29.13, 15.52, 8.45),
    "back": Lobe((180.0,), 36.32, 79.65, 36.73, 14.56, 7.50),
    "sides": Lobe((90.0, 270.0), 26.90, 79.70, 44.42, 20.75, 13.68),
    "roof": Lobe((0.0,), 360.0, 0.0, 18.13, 21.26, 14.19),
}
GOLDEN = (1 + 5**0.5) / 2
HIGHEST = 85.0  # [deg] elevation up to which a body is looked at


def lobe_level(lobe: Lobe, azimuth: np.ndarray, zenith: np.ndarray) -> np.ndarray:
    """Cross section of a lobe [m2], azimuth off its middle and zenith [deg] (clause 7.9.2, monostatic)."""
    drop = 12 * ((zenith - lobe.zenith) / lobe.zenith_width) ** 2
    if lobe.width < 360:
        drop = drop + 12 * (azimuth / lobe.width) ** 2
    return 10 ** ((lobe.peak - np.minimum(drop, lobe.depth)) / 10)


def aspects(name: str, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Directions spread evenly over a lobe's 3 dB box: azimuth, azimuth off the middle, zenith [deg]."""
    lobe, k = LOBES[name], np.arange(count)
    even = np.stack([(k + 0.5) / count, np.mod(0.5 + k / GOLDEN, 1.0)])  # Fibonacci lattice
    off, zenith = lobe.width * (even[0] - 0.5), lobe.zenith + lobe.zenith_width * (even[1] - 0.5)
    zenith = np.clip(np.abs(zenith), 90 - HIGHEST, 90)  # over the horizon, and not quite overhead
    return np.array(lobe.azimuth)[k % len(lobe.azimuth)] + off, off, zenith


def car(body_type: str, seed: int = 0):
    """Scene of one car alone."""
    params = draw_car(body_type, rng=np.random.default_rng(seed))
    return assemble(asset_pieces(make_car(params)), radar_at((10, 0, 1), (0, 0, 1)))


@cache
def lobe_means(body_type: str, tubes: int = TUBES, count: int = ASPECTS) -> dict[str, tuple[float, float]]:
    """Linear mean over aspects and band, and the lobe's mean over the same aspects [m2], by lobe."""
    config = TraceConfig(launch=LaunchConfig(object_tubes=tubes))
    scene, found = car(body_type), {}
    for name, lobe in LOBES.items():
        azimuth, off, zenith = aspects(name, count)
        level = radar_cross_section(
            scene, np.radians(azimuth), np.radians(90 - zenith), frequency=FREQUENCY, bandwidth=BANDWIDTH,
            distance=FAR, config=config,
        )  # fmt: skip
        found[name] = float(level.mean.mean()), float(lobe_level(lobe, off, zenith).mean())
    return found


def tubes_row() -> Row:
    """What ten times the tubes would change, on one car and a few aspects."""
    few, many = (np.array([m for m, _ in lobe_means("saloon", n, 6).values()]) for n in (TUBES, 10 * TUBES))
    error = float(np.abs(db(few / many)).max())
    return worst_row("saloon, 6 aspects a lobe: 20,000 tubes", "200,000 tubes", error, BAR / 2, "dB")


def rows() -> list[Row]:
    """Cars, walkers and cyclists alone at 5 km, 28 GHz: linear mean over aspects and 800 MHz, median over bodies.

    Cars: the 3 dB box of a lobe; walkers and cyclists: all azimuths, elevations to 20 degrees.
    """
    means = {body_type: lobe_means(body_type) for body_type in BODY_TYPES}
    found = []
    for name in LOBES:
        levels = np.array([db(each[name][0]) for each in means.values()])
        want = float(db(means["saloon"][name][1]))
        error = float(np.median(levels) - want)
        measured = f"{np.median(levels):.1f} dBsm ({levels.min():.1f} to {levels.max():.1f}), {error:+.1f} dB"
        case, truth = f"cars, {name}, median of {len(levels)} body types", f"TR 38.901 v19 lobe: {want:.1f} dBsm"
        found.append(Row(case, truth, measured, f"{BAR:g} dB", abs(error) <= BAR))
    return [*found, tubes_row(), *people.rows()]


def draw() -> None:
    """Draw every body type's means beside the lobes'."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(8, 4), dpi=110, layout="constrained")
    FigureCanvasAgg(drawing)
    panel = drawing.subplots()
    for place, name in enumerate(LOBES):
        want = db(lobe_means("saloon")[name][1])
        label = ("TR 38.901 v19, +-4 dB", None)[place > 0]
        panel.fill_between([place - 0.4, place + 0.4], want - BAR, want + BAR, color="0.85", label=label)
        panel.plot([place - 0.4, place + 0.4], [want, want], color="0.4")
    for index, body_type in enumerate(BODY_TYPES):
        where = np.arange(len(LOBES)) + 0.6 * (index / (len(BODY_TYPES) - 1) - 0.5)
        levels = [db(lobe_means(body_type)[name][0]) for name in LOBES]
        panel.plot(where, levels, "osD^v"[index % 5], markersize=5, label=body_type)
    panel.set_xticks(range(len(LOBES)), list(LOBES))
    panel.set(
        ylabel="radar cross section [dBsm], mean over the lobe", title="procedural cars, 28 GHz, 800 MHz, plane wave"
    )
    panel.grid(axis="y", alpha=0.3)
    panel.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    drawing.savefig(PICTURE.path, metadata={"Software": None})


PICTURE = Picture("validation-road-users.png", "Radar cross sections of cars beside the lobes of TR 38.901", draw)
