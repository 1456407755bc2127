"""Where tubes are launched: tiles over the field of view, and finer grids over single objects.

All grids are regular in (azimuth, elevation) of the radar, and the tubes of a grid tile it exactly: jitter would
destroy the coherent sum. A grid is shifted once by a fraction of a step keyed by (seed, owner), never per frame.

Ownership: an object small enough to deserve a grid of its own is owned by it. A first hit counts only if the
tube's grid owns the object; tubes of the tiles drop owned objects. The same holds one bounce later for what is seen
mirrored in a large plane. So overlapping grids count nothing twice.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from raysim.grids import BACKGROUND, Grid, full_lines
from raysim.intersect import FrameCaster
from raysim.mirrors import Planes
from raysim.outlines import hull_spans, outlines, tight_curvature
from raysim.panes import see_through
from raysim.sensors import Radar, to_polar

_OWNED_SIZE = 15.0  # [m] diagonal; larger things (ground, facades) belong to the tiles
_PROBES = 4  # probe rays per tile side
_MOST_TUBES = 10**9  # of the tiles: half an hour of processors, and more than a frame can use
_LOOK = 20  # rays of the coarse look: 40 x 60


class LaunchConfig(BaseModel):
    """Tube budget. Defaults give about 1 M tubes in a full parking lot."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    azimuth_limit: float = Field(1.05, gt=0, le=1.5, description="Half width of the traced field of view [rad].")
    elevation_min: float = Field(-0.9, ge=-1.5, description="Lower edge of the field of view [rad].")
    elevation_max: float = Field(0.5, le=1.5, description="Upper edge of the field of view [rad].")
    flat_footprint: float = Field(0.2, gt=0, description="Footprint on flat surfaces over sqrt(lambda R) [1].")
    curved_footprint: float = Field(
        0.2, gt=0, description="Footprint on curved surfaces over sqrt(lambda r_curv) [1]: keeps the phase error small."
    )
    max_footprint: float = Field(0.02, gt=0, description="Largest footprint on an object with curved parts [m].")
    object_samples: int = Field(64, ge=8, description="Least number of tubes across an object [1].")
    object_tubes: int = Field(
        17_000,
        ge=100,
        le=100_000_000,
        description="Most tubes over one object, times up to 1.5 as steps keep to quarter octaves [1].",
    )
    image_tubes: int = Field(
        4000, ge=0, description="Most tubes over one mirror image of an object, likewise [1]; 0 = the tiles must do."
    )
    flat_turn: float = Field(
        0.05,
        ge=0,
        le=0.5,
        description="Tangent of the angle by which tubes over objects of flat faces are turned against the radar's "
        "axes: along a straight rim they then count by their share of it [1]; 0 = parallel.",
    )
    tile: float = Field(0.07, ge=0.005, description="Side of a background tile [rad]; one tube size per tile.")

    @model_validator(mode="after")
    def _check_edges(self) -> "LaunchConfig":
        if self.elevation_min >= self.elevation_max:
            raise ValueError(
                f"elevation_min must lie under elevation_max, got {self.elevation_min} and {self.elevation_max} rad"
            )
        return self


def is_owned(caster: FrameCaster) -> np.ndarray:
    """(num_instances,) bool: the instance has a grid of its own.

    An instance qualifies by size and by not being ground, building or vegetation: those are flat or rough and
    need no finer tubes than the tiles give.
    """
    scene = caster.frame.scene
    owned = np.zeros(len(scene.instances), bool)
    for index, outline in enumerate(outlines(scene)):
        if len(outline.start):
            owned[index] = np.linalg.norm(np.ptp(outline.points(caster.frame), axis=0)) < _OWNED_SIZE
    return owned


def _stable(step: float) -> float:
    """Round down to a quarter octave, so that a step stays the same while an object moves a little."""
    return 2.0 ** (np.floor(4 * np.log2(step)) / 4)


def _shift(seed: int, owner: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=[seed, owner + 1])).random(2)


def footprint(curvature: float, size: float, distance: float, wavelength: float, config: LaunchConfig) -> float:
    """Largest footprint that the coherent sum over an object allows.

    Parameters
    ----------
    curvature : float
        Radius that the tubes must resolve [m]; inf for an object of flat faces.
    size : float
        Smaller side of the object as seen [m].
    distance : float
        To the object [m].
    wavelength : float
        [m].
    config : LaunchConfig

    Returns
    -------
    float
        [m].
    """
    best = min(config.flat_footprint * np.sqrt(wavelength * distance), size / config.object_samples)
    if np.isfinite(curvature):
        best = min(best, config.max_footprint, config.curved_footprint * np.sqrt(wavelength * curvature))
    return float(best)


def object_grids(
    caster: FrameCaster,
    radar: Radar,
    config: LaunchConfig,
    planes: Planes,
    *,
    owned: np.ndarray,
    seen: np.ndarray,
    wavelength: float,
    seed: int,
) -> Iterator[Grid]:
    """Yield the grids over every owned instance, and over its mirror images, inside the field of view.

    Parameters
    ----------
    caster : FrameCaster
    radar : Radar
    config : LaunchConfig
    planes : Planes
        Large planes whose images of the objects get grids too.
    owned : (num_instances,) bool
        `is_owned`.
    seen : (num_planes,) bool
        `visible_planes`.
    wavelength : float
        [m].
    seed : int
        Of the grid shifts and the diffuse phases.
    """
    scene, source, pose = caster.frame.scene, radar.transmitter, radar.transmitter_pose
    side = planes.height(source)
    for instance in np.flatnonzero(owned):
        outline = outlines(scene)[instance].points(caster.frame)
        views = [(BACKGROUND, outline, config.object_tubes)]
        before = side * planes.height(outline).mean(0) > 0
        for plane in np.flatnonzero(seen & before & (config.image_tubes > 0)):
            mirrored, crossing = planes.mirrored(outline, source, int(plane))
            if planes.covers(crossing, int(plane)):
                views.append((int(plane), mirrored, config.image_tubes))
        curvature = tight_curvature(scene)[instance]
        for plane, points, budget in views:
            grid = _grid_over(points, curvature, pose, config, budget, wavelength, _shift(seed, instance))
            if grid:
                yield replace(grid, owner=int(instance), plane=plane)


def _grid_over(
    points: np.ndarray,
    curvature: float,
    pose: np.ndarray,
    config: LaunchConfig,
    budget: int,
    wavelength: float,
    shift: np.ndarray,
) -> Grid | None:
    """Grid over world points as seen from a pose; None outside the field of view."""
    distance, azimuth, elevation = to_polar(pose, points)
    low, high = np.array([azimuth.min(), elevation.min()]), np.array([azimuth.max(), elevation.max()])
    low = np.maximum(low, [-config.azimuth_limit, config.elevation_min])
    high = np.minimum(high, [config.azimuth_limit, config.elevation_max])
    if (high <= low).any():
        return None
    near, stretch = distance.min(), np.cos(elevation.mean())
    extent = (high - low) * [stretch, 1.0]  # [rad] as seen
    width = footprint(curvature, near * extent.min(), near, wavelength, config) / near
    width = _stable(max(width, np.sqrt(extent.prod() / budget)))
    step = np.array([width / _stable(stretch), width])
    turn = 0.0 if np.isfinite(curvature) else config.flat_turn
    # columns and lines, counted from the pole of the lattice
    box = np.stack(np.meshgrid(*(np.stack([low, high], axis=1) / step[:, None]), indexing="ij")).reshape(2, 4)
    place, seen = _lattice(box, turn), _lattice(np.stack([azimuth / step[0], elevation / step[1]]), turn)
    first = np.floor(place.min(axis=1) - shift).astype(int)
    count = np.ceil(place.max(axis=1) - shift).astype(int) - first
    column, line = first + shift
    corner = np.array([column + turn * line, line - turn * column]) * step
    cell = min(wavelength / 2, _stable(width * near) / 2)
    spans = hull_spans(seen[0] - column, seen[1] - line, count)
    return Grid(BACKGROUND, corner[0], corner[1], step[0], step[1], spans, cell, turn=turn)


def _lattice(place: np.ndarray, turn: float) -> np.ndarray:
    """Columns and lines (2, n) in a turned lattice of places (2, n) counted in steps of azimuth and elevation."""
    return np.stack([place[0] - turn * place[1], place[1] + turn * place[0]]) / (1 + turn**2)


def _look(radar: Radar, config: LaunchConfig, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Give a regular grid of rays over the field of view, row by row from the lower left: origins and directions."""
    azimuth = config.azimuth_limit * (2 * (np.arange(columns) + 0.5) / columns - 1)
    span = config.elevation_max - config.elevation_min
    elevation = config.elevation_min + span * (np.arange(rows) + 0.5) / rows
    el, az = np.meshgrid(elevation, azimuth, indexing="ij")
    direction = _directions(az.ravel(), el.ravel()) @ radar.transmitter_pose[:3, :3].T
    return np.broadcast_to(radar.transmitter, direction.shape), direction


def visible_planes(caster: FrameCaster, radar: Radar, config: LaunchConfig, planes: Planes) -> np.ndarray:
    """Tell which large planes the transmitter sees, (num_planes,) bool, by a coarse look over the field of view."""
    rays = _look(radar, config, 2 * _LOOK, 3 * _LOOK)
    triangle = np.concatenate([hits.triangle for hits in (caster.closest(*rays), see_through(caster, *rays))])
    return np.isin(np.arange(len(planes.offset)), planes.of_triangle[triangle[triangle >= 0]])


def background_tiles(caster: FrameCaster, radar: Radar, config: LaunchConfig, *, wavelength: float) -> Iterator[Grid]:
    """Yield the tiles of the field of view, each with tubes as fine as the farthest surface in it needs."""
    columns = int(np.ceil(2 * config.azimuth_limit / config.tile))
    rows = int(np.ceil((config.elevation_max - config.elevation_min) / config.tile))
    width = 2 * config.azimuth_limit / columns
    height = (config.elevation_max - config.elevation_min) / rows
    hits = see_through(caster, *_look(radar, config, rows * _PROBES, columns * _PROBES))
    reach = np.where(np.isfinite(hits.distance), hits.distance, 0).reshape(rows, _PROBES, columns, _PROBES)
    farthest = reach.max(axis=(1, 3))
    _check_count(width * height * farthest.sum() / (config.flat_footprint**2 * wavelength))
    for i in range(rows):
        for j in range(columns):
            if farthest[i, j] == 0:
                continue  # open sky: nothing to meet
            step = _stable(config.flat_footprint * np.sqrt(wavelength / farthest[i, j]))
            level = config.elevation_min + (i + 0.5) * height
            na = max(1, int(np.ceil(width * np.cos(level) / step)))
            ne = max(1, int(np.ceil(height / step)))
            corner = -config.azimuth_limit + j * width, config.elevation_min + i * height
            yield Grid(BACKGROUND, *corner, width / na, height / ne, full_lines(na, ne), wavelength / 2)


def _check_count(tubes: float) -> None:
    """Refuse what no machine traces before its lines fill the memory."""
    if tubes > _MOST_TUBES:
        raise ValueError(
            f"the field of view takes {tubes:.1g} ray tubes, {_MOST_TUBES:.0e} are allowed: is the carrier frequency "
            "in Hz, the scene in metres? Else a larger launch.flat_footprint or a narrower field of view"
        )


def _directions(azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """Return unit vectors (n, 3) in radar axes."""
    ce = np.cos(elevation)
    return np.stack([ce * np.sin(azimuth), -np.sin(elevation), ce * np.cos(azimuth)], 1)
