"""Where tubes are launched: tiles over the field of view, and finer grids over single objects.

All grids are regular in (azimuth, elevation) of the radar, and the tubes of a grid tile it exactly: jitter would
destroy the coherent sum. A grid is shifted once by a fraction of a step keyed by (seed, owner), never per frame.

Ownership: an object small enough to deserve a grid of its own is owned by it. A first hit counts only if the
tube's grid owns the object; tubes of the tiles drop owned objects. So overlapping grids count nothing twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from raysim.curvature import FLAT_RADIUS
from raysim.intersect import FrameCaster
from raysim.sensors import Radar, to_polar

BACKGROUND = -1
_OWNED_SIZE = 15.0  # [m] diagonal; larger things (ground, facades) belong to the tiles
_PROBES = 4  # probe rays per tile side


class LaunchConfig(BaseModel):
    """Tube budget. Defaults give about 1 M tubes in a full parking lot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    azimuth_limit: float = Field(1.05, gt=0, le=1.5, description="Half width of the traced field of view [rad].")
    elevation_min: float = Field(-0.9, ge=-1.5, description="Lower edge of the field of view [rad].")
    elevation_max: float = Field(0.5, le=1.5, description="Upper edge of the field of view [rad].")
    flat_footprint: float = Field(0.2, gt=0, description="Footprint on flat surfaces over sqrt(lambda R) [1].")
    curved_footprint: float = Field(
        0.3, gt=0, description="Footprint on curved surfaces over sqrt(lambda r_curv) [1]: keeps the phase error small."
    )
    max_footprint: float = Field(0.03, gt=0, description="Largest footprint on an object with curved parts [m].")
    object_samples: int = Field(64, ge=8, description="Least number of tubes across an object [1].")
    object_tubes: int = Field(40_000, ge=100, description="Most tubes over one object [1]: bounds the cost.")
    tile: float = Field(0.07, gt=0, description="Side of a background tile [rad]; one tube size per tile.")


@dataclass(frozen=True)
class Grid:
    """A rectangle of tubes in (azimuth, elevation).

    Attributes
    ----------
    owner : int
        Instance index, or `BACKGROUND`.
    azimuth, elevation : float
        Lower corner [rad].
    step_azimuth, step_elevation : float
        Tube widths [rad].
    num_azimuth, num_elevation : int
    cell : float
        Side of the surface cells that carry the diffuse phase [m].
    """

    owner: int
    azimuth: float
    elevation: float
    step_azimuth: float
    step_elevation: float
    num_azimuth: int
    num_elevation: int
    cell: float

    @property
    def num_tubes(self) -> int:
        """Number of tubes."""
        return self.num_azimuth * self.num_elevation


@dataclass(frozen=True)
class Launch:
    """A block of tubes as launched, world axes.

    Attributes
    ----------
    direction, axis_u, axis_v : (n, 3) float64
        Unit direction, and its change across the tube's width in both ways [rad].
    owner : (n,) int32
    cell : (n,) float64
        [m].
    """

    direction: np.ndarray
    axis_u: np.ndarray
    axis_v: np.ndarray
    owner: np.ndarray
    cell: np.ndarray


def is_owned(caster: FrameCaster) -> np.ndarray:
    """(num_instances,) bool: the instance has a grid of its own.

    An instance qualifies by size and by not being ground, building or vegetation: those are flat or rough and
    need no finer tubes than the tiles give.
    """
    scene, vertices = caster.frame.scene, caster.frame.vertices
    owned = np.zeros(len(scene.instances), bool)
    for index, (instance, mine) in enumerate(zip(scene.instances, scene.vertices_of_instance, strict=True)):
        if instance.category not in ("ground", "building", "vegetation") and len(mine):
            owned[index] = np.linalg.norm(np.ptp(vertices[mine], axis=0)) < _OWNED_SIZE
    return owned


def _stable(step: float) -> float:
    """Round down to a quarter octave, so that a step stays the same while an object moves a little."""
    return 2.0 ** (np.floor(4 * np.log2(step)) / 4)


def _shift(seed: int, owner: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=[seed, owner + 1])).random(2)


def footprint(radius: np.ndarray, area: np.ndarray, size: float, distance: float, wavelength: float, config) -> float:
    """Largest footprint that the coherent sum over an object allows.

    Parameters
    ----------
    radius, area : (num_triangles,) float64
        Radius of curvature [m] and area [m2] of the object's triangles.
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
        [m]. The tightest tenth of the curved area sets the curvature.
    """
    best = min(config.flat_footprint * np.sqrt(wavelength * distance), size / config.object_samples)
    curved = radius < FLAT_RADIUS
    if curved.any():
        order = np.argsort(radius[curved])
        share = np.cumsum(area[curved][order])
        tight = radius[curved][order][np.searchsorted(share, 0.1 * share[-1])]
        best = min(best, config.max_footprint, config.curved_footprint * np.sqrt(wavelength * tight))
    return float(best)


def object_grids(
    caster: FrameCaster, radar: Radar, config: LaunchConfig, *, wavelength: float, seed: int
) -> Iterator[Grid]:
    """Yield one grid over every owned instance inside the field of view.

    Parameters
    ----------
    caster : FrameCaster
    radar : Radar
    config : LaunchConfig
    wavelength : float
        [m].
    seed : int
        Of the grid shifts and the diffuse phases.
    """
    scene = caster.frame.scene
    pose = radar.pose.copy()
    pose[:3, 3] = radar.transmitter
    for instance in np.flatnonzero(is_owned(caster)):
        distance, azimuth, elevation = to_polar(pose, caster.frame.vertices[scene.vertices_of_instance[instance]])
        low, high = np.array([azimuth.min(), elevation.min()]), np.array([azimuth.max(), elevation.max()])
        low = np.maximum(low, [-config.azimuth_limit, config.elevation_min])
        high = np.minimum(high, [config.azimuth_limit, config.elevation_max])
        if (high <= low).any():
            continue
        near, stretch = distance.min(), np.cos(elevation.mean())
        extent = (high - low) * [stretch, 1.0]  # [rad] as seen
        which = scene.triangles_of_instance[instance]
        radius, area = scene.mesh.radius_of_curvature[which], scene.mesh.area[which]
        width = footprint(radius, area, near * extent.min(), near, wavelength, config) / near
        width = _stable(max(width, np.sqrt(extent.prod() / config.object_tubes)))
        step = np.array([width / _stable(stretch), width])
        shift = _shift(seed, instance)
        first = np.floor(low / step - shift).astype(int)
        count = np.ceil(high / step - shift).astype(int) - first
        corner = (first + shift) * step
        cell = min(wavelength / 2, width * near / 2)
        yield Grid(int(instance), corner[0], corner[1], step[0], step[1], int(count[0]), int(count[1]), cell)


def background_tiles(caster: FrameCaster, radar: Radar, config: LaunchConfig, *, wavelength: float) -> Iterator[Grid]:
    """Yield the tiles of the field of view, each with tubes as fine as the farthest surface in it needs."""
    columns = int(np.ceil(2 * config.azimuth_limit / config.tile))
    rows = int(np.ceil((config.elevation_max - config.elevation_min) / config.tile))
    width = 2 * config.azimuth_limit / columns
    height = (config.elevation_max - config.elevation_min) / rows
    fraction = (np.arange(_PROBES) + 0.5) / _PROBES
    azimuth = -config.azimuth_limit + width * (np.arange(columns)[:, None] + fraction).ravel()
    elevation = config.elevation_min + height * (np.arange(rows)[:, None] + fraction).ravel()
    el, az = np.meshgrid(elevation, azimuth, indexing="ij")
    direction = _directions(az.ravel(), el.ravel()) @ radar.pose[:3, :3].T
    hits = caster.closest(np.broadcast_to(radar.transmitter, direction.shape), direction)
    reach = np.where(np.isfinite(hits.distance), hits.distance, 0).reshape(rows, _PROBES, columns, _PROBES)
    farthest = reach.max(axis=(1, 3))
    for i in range(rows):
        for j in range(columns):
            if farthest[i, j] == 0:
                continue  # open sky: nothing to meet
            step = _stable(config.flat_footprint * np.sqrt(wavelength / farthest[i, j]))
            level = config.elevation_min + (i + 0.5) * height
            na = max(1, int(np.ceil(width * np.cos(level) / step)))
            ne = max(1, int(np.ceil(height / step)))
            corner = -config.azimuth_limit + j * width, config.elevation_min + i * height
            yield Grid(BACKGROUND, *corner, width / na, height / ne, na, ne, wavelength / 2)


def _directions(azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """Return unit vectors (n, 3) in radar axes."""
    ce = np.cos(elevation)
    return np.stack([ce * np.sin(azimuth), -np.sin(elevation), ce * np.cos(azimuth)], 1)


def launch_blocks(grids: list[Grid], block: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cut the tubes of all grids into blocks of `block`, in order: (grid index, index within the grid)."""
    counts = np.array([g.num_tubes for g in grids], np.int64)
    ends = np.cumsum(counts)
    for start in range(0, int(ends[-1]) if len(ends) else 0, block):
        index = np.arange(start, min(start + block, int(ends[-1])))
        grid = np.searchsorted(ends, index, side="right")
        yield grid, index - (ends - counts)[grid]


def launch(grids: list[Grid], grid: np.ndarray, index: np.ndarray, rotation: np.ndarray) -> Launch:
    """Directions and axes of a block of tubes.

    Parameters
    ----------
    grids : list of Grid
    grid, index : (n,) int
        Grid of every tube and its place in it.
    rotation : (3, 3) float64
        Radar axes to world.

    Returns
    -------
    Launch
    """
    fields = ("azimuth", "elevation", "step_azimuth", "step_elevation", "num_azimuth", "owner", "cell")
    table = {name: np.array([getattr(g, name) for g in grids])[grid] for name in fields}
    row, column = np.divmod(index, table["num_azimuth"].astype(int))
    azimuth = table["azimuth"] + (column + 0.5) * table["step_azimuth"]
    elevation = table["elevation"] + (row + 0.5) * table["step_elevation"]
    sa, ca, se, ce = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
    axis_u = np.stack([ca, np.zeros_like(ca), -sa], 1) * (table["step_azimuth"] * ce)[:, None]
    axis_v = np.stack([-se * sa, -ce, -se * ca], 1) * table["step_elevation"][:, None]
    direction = np.stack([ce * sa, -se, ce * ca], 1)

    def world(v: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(v @ rotation.T)

    owner = table["owner"].astype(np.int32)
    return Launch(world(direction), world(axis_u), world(axis_v), owner, table["cell"])
