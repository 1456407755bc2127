"""People and cyclists: radar cross section against aspect, beside the human of 3GPP TR 38.901."""

from functools import cache

import numpy as np

from blender_scenes.assets.cyclists import draw_cyclist, make_cyclist
from blender_scenes.assets.people import BODY_TYPES, draw_person, make_person
from blender_scenes.pieces import asset_pieces
from raysim.launch import LaunchConfig
from raysim.pieces import assemble, radar_at
from raysim.rcs import FAR, radar_cross_section
from raysim.trace import TraceConfig
from tests.accuracy.rows import Row, worst_row
from tests.shapes import FREQUENCY, db

BANDWIDTH = 800e6
BAR = 4.0  # [dB]
HUMAN = -1.4  # [dBsm] TR 38.901 v19, human as one point: the same from all aspects
TUBES = 60_000  # an aspect: footprints of under half a wavelength
ASPECTS = 180
HIGHEST = 20.0  # [deg] elevation: from eye level to a mast's view at 20 m
WALKING = 1.36  # [m/s]
CYCLISTS = tuple(range(6))  # seeds
GOLDEN = (1 + 5**0.5) / 2


def walker(body_type: str):
    """Scene of one person alone, in mid-step."""
    person = make_person(draw_person(body_type, speed=WALKING, rng=np.random.default_rng(0)))
    return assemble(asset_pieces(person), radar_at((10, 0, 1), (0, 0, 1)))


def cyclist(seed: int):
    """Scene of one cyclist alone."""
    pieces = asset_pieces(make_cyclist(draw_cyclist(rng=np.random.default_rng(seed))))
    return assemble(pieces, radar_at((10, 0, 1), (0, 0, 1)))


@cache
def mean_level(kind: str | int, tubes: int = TUBES, count: int = ASPECTS) -> float:
    """Linear mean over the band and over aspects all around (Fibonacci lattice) [m2], of a body type or a seed."""
    scene = walker(kind) if isinstance(kind, str) else cyclist(kind)
    k = np.arange(count)
    azimuth, elevation = 2 * np.pi * np.mod(0.5 + k / GOLDEN, 1.0), np.radians(HIGHEST * (k + 0.5) / count)
    config = TraceConfig(launch=LaunchConfig(object_tubes=tubes))
    level = radar_cross_section(
        scene, azimuth, elevation, frequency=FREQUENCY, bandwidth=BANDWIDTH, distance=FAR, config=config
    )
    return float(level.mean.mean())


def _row(case: str, truth: str, kinds: tuple[str | int, ...]) -> Row:
    levels = np.array([db(mean_level(kind)) for kind in kinds])
    error = float(np.median(levels) - HUMAN)
    measured = f"{np.median(levels):.1f} dBsm ({levels.min():.1f} to {levels.max():.1f}), {error:+.1f} dB"
    return Row(case, truth, measured, f"{BAR:g} dB", abs(error) <= BAR)


def tubes_row() -> Row:
    """What ten times the tubes would change, on a person and a cyclist."""
    few, many = (np.array([mean_level(kind, n, 24) for kind in ("man", 0)]) for n in (TUBES, 10 * TUBES))
    error = float(np.abs(db(few / many)).max())
    return worst_row("man and cyclist, 24 aspects: 60,000 tubes", "600,000 tubes", error, BAR / 2, "dB")


def rows() -> list[Row]:
    """Walkers and cyclists alone at 5 km: linear mean over all azimuths, elevations to 20 degrees, and 800 MHz."""
    return [
        _row(
            f"people, median of {len(BODY_TYPES)} body types", f"TR 38.901 v19 human: {HUMAN} dBsm", tuple(BODY_TYPES)
        ),
        _row(
            f"cyclists, median of {len(CYCLISTS)}, bicycle included",
            f"no cyclist in TR 38.901 v19; its human, the rider alone: {HUMAN} dBsm",
            CYCLISTS,
        ),
        tubes_row(),
    ]
