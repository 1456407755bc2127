"""Spinning lidar: sweep-time motion, range noise, intensity, drop-outs, and labels of every point.

The lidar turns about its own up axis (-y), from left to right. The middle of the sweep is the middle of the
frame; a ray of azimuth ``a`` is fired at ``a / (2 pi rotation_rate)`` from there. In the axes of a body that
moves with velocity v, the lidar moves with -v: so a ray fired at time t is cast at the bodies' poses of the
frame's middle from an origin shifted by -v t, body by body. That is exact for bodies in straight uniform motion that do
not hide each other; their turning within the sweep (a few milliseconds) is neglected.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from raysim.camera import surface_ids, to_world
from raysim.chunks import map_chunks
from raysim.intersect import FrameCaster, Hits

CHUNK_RAYS = 1 << 15
KOSCHMIEDER = 3.912  # extinction times visibility at 2 % contrast


class LidarConfig(BaseModel):
    """A spinning lidar; the defaults are the preset ``spinning-64``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lines: int = Field(64, ge=1, le=256, description="Laser lines, evenly spread in elevation [1]")
    lowest_elevation_deg: float = Field(-24.8, ge=-90, le=90, description="Of the lowest line [degrees]")
    highest_elevation_deg: float = Field(2.0, ge=-90, le=90, description="Of the highest line [degrees]")
    azimuth_span_deg: float = Field(
        90.0, gt=0, le=360, description="Swept sector about the forward axis [degrees]; covers the camera's view"
    )
    azimuth_step_deg: float = Field(0.18, gt=0, le=10, description="Between firings of a line [degrees]")
    rotation_rate: float = Field(20.0, gt=0, description="Turns per second [Hz]; sets the time of every point")
    max_range: float = Field(120.0, gt=0, description="Farther returns are dropped [m]")
    min_range: float = Field(0.5, ge=0, description="Nearer returns are dropped [m]")
    range_noise: float = Field(0.02, ge=0, description="Standard deviation of the measured range [m]")
    detectable_reflectivity: float = Field(
        0.05, ge=0, le=1, description="Reflectivity of the weakest facing target seen at max_range: the threshold [1]"
    )
    intensity_noise: float = Field(
        0.1, ge=0, description="Relative standard deviation of the intensity (speckle); blurs the threshold [1]"
    )
    dropout: float = Field(0.005, ge=0, le=1, description="Probability that a return is lost for no reason [1]")

    @model_validator(mode="after")
    def _check(self) -> "LidarConfig":
        if not self.lowest_elevation_deg <= self.highest_elevation_deg:
            raise ValueError(
                f"lowest_elevation_deg must not exceed highest_elevation_deg, got "
                f"{self.lowest_elevation_deg} and {self.highest_elevation_deg}"
            )
        if not self.min_range < self.max_range:
            raise ValueError(f"min_range must be under max_range, got {self.min_range} and {self.max_range} m")
        return self


PRESETS = {
    "spinning-64": LidarConfig(),
    "spinning-32": LidarConfig(lines=32, lowest_elevation_deg=-30.67, highest_elevation_deg=10.67, max_range=80.0),
    "spinning-128": LidarConfig(lines=128, lowest_elevation_deg=-25.0, highest_elevation_deg=15.0, max_range=200.0),
}


@dataclass(frozen=True)
class LidarPoints:
    """Points of one sweep, by azimuth and then by line from the highest down.

    Attributes
    ----------
    points : (n, 3) float32
        World position at the time of the point [m].
    intensity : (n,) float32
        Returned power over that of a white Lambertian target facing the lidar at 1 m [1].
    time : (n,) float32
        After the start of the sweep [s].
    radial_velocity : (n,) float32
        Closing positive [m/s].
    category : (n,) uint8
    instance, material : (n,) uint16
        Index + 1.
    """

    points: np.ndarray
    intensity: np.ndarray
    time: np.ndarray
    radial_velocity: np.ndarray
    category: np.ndarray
    instance: np.ndarray
    material: np.ndarray

    def __len__(self) -> int:
        return len(self.points)


def sweep(config: LidarConfig, pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rays of one sweep.

    Parameters
    ----------
    config : LidarConfig
    pose : (4, 4) float64
        Lidar to world.

    Returns
    -------
    direction : (num_rays, 3) float64
        World unit vectors.
    time : (num_rays,) float64
        From the middle of the sweep [s].
    """
    columns = max(1, round(config.azimuth_span_deg / config.azimuth_step_deg))
    azimuth = np.deg2rad((np.arange(columns) - (columns - 1) / 2) * config.azimuth_step_deg)
    elevation = np.deg2rad(np.linspace(config.highest_elevation_deg, config.lowest_elevation_deg, config.lines))
    a, e = (g.ravel() for g in np.meshgrid(azimuth, elevation, indexing="ij"))
    local = np.stack([np.cos(e) * np.sin(a), -np.sin(e), np.cos(e) * np.cos(a)], axis=-1)
    return to_world(pose, local), a / (2 * np.pi * config.rotation_rate)


def _closest(caster: FrameCaster, origin: np.ndarray, direction: np.ndarray, threads: int) -> Hits:
    blocks = map_chunks(lambda s: caster.closest(origin[s], direction[s]), len(origin), CHUNK_RAYS, threads=threads)
    return Hits(np.concatenate([b.distance for b in blocks]), np.concatenate([b.triangle for b in blocks]))


def _split(caster: FrameCaster) -> tuple[FrameCaster | None, FrameCaster | None]:
    """Casters of the triangles at rest and of the moving ones."""
    moves = caster.frame.scene.triangle_moves
    halves: list[FrameCaster | None] = []
    for moving in (False, True):
        chosen = tuple(a for a in caster.accelerators if bool(moves[a.triangle[0]]) == moving)
        halves.append(FrameCaster(caster.frame, chosen) if chosen else None)
    return halves[0], halves[1]


def _near_sphere(origin: np.ndarray, direction: np.ndarray, points: np.ndarray, margin: float) -> np.ndarray:
    """Rays that pass within `margin` of the bounding sphere of `points`."""
    centre = (points.min(0) + points.max(0)) / 2
    radius = np.linalg.norm(points - centre, axis=1).max() + margin
    line = centre - origin
    along = direction @ line
    return np.flatnonzero((line @ line - along**2 <= radius**2) & (along > -radius))


def _cast_sweep(caster: FrameCaster, origin, direction, time, threads: int) -> Hits:
    """Cast every ray at its own time: bodies at rest together, each moving body from its own shifted origin."""
    frame, scene = caster.frame, caster.frame.scene
    still, moving = _split(caster)
    best = Hits(np.full(len(time), np.inf), np.full(len(time), -1, np.int32))
    if still is not None:
        best = _closest(still, np.broadcast_to(origin, direction.shape), direction, threads)
    if moving is None:
        return best
    instance_of_vertex = scene.instance_of_part[scene.part_of_vertex]
    movers = {part.instance: index for index, part in reversed(list(enumerate(scene.parts))) if part.motion.moves}
    for instance, body in sorted(movers.items()):
        velocity = frame.velocity[body]
        reach = float(np.linalg.norm(velocity) * np.abs(time).max())
        near = _near_sphere(origin, direction, frame.vertices[instance_of_vertex == instance], reach)
        if not len(near):
            continue
        shifted = origin - velocity * time[near, None]
        hits = _closest(moving, shifted, direction[near], threads)
        own = scene.instance_of_part[scene.mesh.part[hits.triangle]] == instance
        nearer = own & (hits.triangle >= 0) & (hits.distance < best.distance[near])
        best.distance[near[nearer]] = hits.distance[nearer]
        best.triangle[near[nearer]] = hits.triangle[nearer]
    return best


def scan(caster: FrameCaster, config: LidarConfig, *, rng: np.random.Generator, threads: int = 1) -> LidarPoints:
    """Sweep the scene once.

    Intensity follows ``reflectivity cos(incidence) / range^2`` (Lambertian target larger than the beam), with the
    two-way extinction of fog by Koschmieder's law; see Wagner et al., ISPRS J. Photogramm. 60 (2006), eq. (6).

    Parameters
    ----------
    caster : FrameCaster
    config : LidarConfig
    rng : Generator
        Draws the same count of numbers whatever is hit.
    threads : int
        The result does not depend on it.

    Returns
    -------
    LidarPoints
    """
    frame, scene = caster.frame, caster.frame.scene
    pose = scene.sensors.lidar_pose
    direction, time = sweep(config, pose)
    hits = _cast_sweep(caster, pose[:3, 3], direction, time, threads)
    noise = rng.standard_normal((2, len(time)))
    lost = rng.random(len(time)) < config.dropout

    distance, triangle = hits.distance, hits.triangle
    measured = distance + config.range_noise * noise[0]
    reflectivity = np.array([m.lidar_reflectivity for m in scene.materials])[scene.mesh.material[triangle]]
    facing = np.abs(np.einsum("ij,ij->i", frame.normals[triangle], direction))
    extinction = np.exp(-2 * KOSCHMIEDER / scene.weather.visibility * np.where(triangle >= 0, distance, 0))
    intensity = reflectivity * facing * extinction / np.maximum(distance, config.min_range) ** 2
    intensity *= np.maximum(1 + config.intensity_noise * noise[1], 0)
    threshold = config.detectable_reflectivity / config.max_range**2
    seen = (triangle >= 0) & ~lost & (intensity > 0) & (intensity >= threshold)
    keep = np.flatnonzero(seen & (measured >= config.min_range) & (measured <= config.max_range))

    part = scene.mesh.part[triangle[keep]]
    velocity = frame.point_velocity(part, pose[:3, 3] + direction[keep] * distance[keep, None])
    instance, category, material = surface_ids(scene, triangle[keep])
    return LidarPoints(
        points=(pose[:3, 3] + direction[keep] * measured[keep, None]).astype(np.float32),
        intensity=intensity[keep].astype(np.float32),
        time=(time[keep] - time.min()).astype(np.float32),
        radial_velocity=(-np.einsum("ij,ij->i", velocity, direction[keep])).astype(np.float32),
        category=category,
        instance=instance,
        material=material,
    )
