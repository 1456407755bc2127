"""The `rays` renderer: RGB from the ray caster, without Blender.

Sun with hard shadows, a sky that lights by ambient occlusion, mirror reflections and see-through glass with one
bounce of simply shaded geometry, procedural textures, aerial haze, and extra rays along edges. Everything is
deterministic: the few occlusion rays of a pixel come from a low-discrepancy set shared by 4 x 4 pixels, which are
then averaged.
"""

import weakref
from dataclasses import dataclass, field

import numpy as np

from blender_scenes import shading
from blender_scenes.picture import LUMINANCE, edges, exposure, haze, to_srgb, tone
from blender_scenes.sky import light_table, skies
from blender_scenes.texture import FOLIAGE, texture_row
from raysim.camera import CameraView, pixel_rays
from raysim.chunks import map_chunks
from raysim.curvature import vertex_normals
from raysim.intersect import FrameCaster
from raysim.scene import Scene

CHUNK = 1 << 15  # rays
OCCLUSION_RAYS = 3
OCCLUSION_REACH = 8.0  # [m] farther walls count as sky
SUN_REACH = 1e4  # [m]
PANES = 3  # layers of glass looked through
INDIRECT_OPENNESS = 0.7  # of surfaces seen in mirrors and through glass
EDGE_OFFSETS = ((-0.35, -0.15), (0.2, -0.35), (0.2, 0.4))  # [px] beside the pixel's centre


@dataclass(frozen=True)
class _SceneTables:
    """What holds for a sequence: materials (num_materials, 13), vertex normals in the parts' axes, light, exposure."""

    material: np.ndarray
    normals: np.ndarray
    light: np.ndarray
    exposure: float


@dataclass(frozen=True)
class _Stage:
    """One frame ready for shading."""

    caster: FrameCaster
    tables: _SceneTables
    pixel_angle: float
    rotation: np.ndarray = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "rotation", np.ascontiguousarray(self.caster.frame.pose[:, :3, :3]))


_latest: tuple[weakref.ref, _SceneTables] | None = None


def _tables_of(scene: Scene) -> _SceneTables:
    """Tables of a scene; the last scene's are kept, as frames of one sequence follow each other."""
    global _latest
    kept = _latest
    if kept is not None and kept[0]() is scene:
        return kept[1]
    rows = []
    for m in scene.materials:
        coat = float(m.electrical == "metal" and m.metallic < 0.8 and m.gloss_roughness < 0.6)
        visual = (*m.colour, m.metallic, m.gloss_roughness, m.transmission, m.emission, coat)
        rows.append((*visual, *texture_row(m)))
    normals = vertex_normals(scene.mesh.vertices, scene.mesh.triangles)
    light = light_table(scene.light)
    tables = _SceneTables(np.array(rows), normals, light, exposure(light))
    _latest = (weakref.ref(scene), tables)
    return tables


def _closest(stage: _Stage, origin: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Closest hits at Embree's own precision, enough for colours: distance (n,) and triangle (n,)."""
    o, d = np.ascontiguousarray(origin, np.float32), np.ascontiguousarray(direction, np.float32)
    hits = stage.caster.cast(o, d)
    return hits.distance, hits.triangle


def _blocked(stage: _Stage, origin: np.ndarray, direction: np.ndarray, reach: float) -> np.ndarray:
    o, d = np.ascontiguousarray(origin, np.float32), np.ascontiguousarray(direction, np.float32)
    return stage.caster.is_shadowed(o, d, np.full(len(o), reach, np.float32))


def _surfaces(stage: _Stage, origin, direction, distance, triangle) -> np.ndarray:
    frame = stage.caster.frame
    mesh = frame.scene.mesh
    origin = np.ascontiguousarray(np.broadcast_to(origin, direction.shape))
    hits = origin, np.ascontiguousarray(direction), distance, triangle
    return shading.surfaces(
        *hits, mesh.triangles, mesh.part, stage.rotation, frame.vertices, mesh.vertices, stage.tables.normals
    )


def _off(surface: np.ndarray, distance: np.ndarray, side: float | np.ndarray = 1.0) -> np.ndarray:
    """Points lifted off their surfaces by more than float32 rounding, along the geometric normal."""
    lift = 1e-3 + 2e-5 * distance
    return surface[:, 0] + (lift * side)[:, None] * surface[:, 1]


def _sunlit(stage: _Stage, surface: np.ndarray, distance: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(n,) float64: 1 where the sun is seen from the side that faces the viewer, or from behind a leaf."""
    sun = stage.tables.light[0]
    side = np.sign(surface[:, 1] @ sun)
    lit = np.zeros(len(surface))
    if sun[2] > 0:
        ask = np.flatnonzero((side > 0) | (rows[:, shading.TEXTURE] == FOLIAGE))
        origin = _off(surface[ask], distance[ask], side[ask])
        lit[ask] = ~_blocked(stage, origin, np.broadcast_to(sun, origin.shape), SUN_REACH)
    return lit


def _indirect(stage: _Stage, origin: np.ndarray, direction: np.ndarray, panes: int) -> np.ndarray:
    """Radiance (n, 3) along mirrored or transmitted rays: simple shading, looking through some panes."""
    tables = stage.tables
    distance, triangle = _closest(stage, origin, direction)
    out = skies(direction, tables.light)
    hit = np.flatnonzero(triangle >= 0)
    if not len(hit):
        return out
    direction, distance, triangle = direction[hit], distance[hit], triangle[hit]
    surface = _surfaces(stage, origin[hit], direction, distance, triangle)
    material = stage.caster.frame.scene.mesh.material[triangle]
    through = np.zeros((len(hit), 3))
    rows = tables.material[material]
    glass = np.flatnonzero(rows[:, shading.TRANSMISSION] > 0)
    if panes > 0 and len(glass):
        behind = _off(surface[glass], distance[glass], -np.ones(len(glass)))
        through[glass] = _indirect(stage, behind, direction[glass], panes - 1)
    sunlit = _sunlit(stage, surface, distance, rows)
    openness = np.full(len(hit), INDIRECT_OPENNESS)
    footprint = 4 * stage.pixel_angle * distance
    none = np.zeros(len(hit), bool)
    out[hit] = shading.light_up(
        surface, direction, footprint, material, tables.material, tables.light, sunlit, openness, through, through, none
    )
    return out


def _radiance(stage: _Stage, direction, distance, surface, triangle, openness) -> np.ndarray:
    """Radiance (n, 3) of directly seen surfaces."""
    tables = stage.tables
    material = stage.caster.frame.scene.mesh.material[triangle]
    rows = tables.material[material]
    sunlit = _sunlit(stage, surface, distance, rows)
    mirror, through = np.zeros((len(direction), 3)), np.zeros((len(direction), 3))
    smooth = rows[:, shading.ROUGHNESS] < shading.MIRROR_ROUGHNESS
    traced = (rows[:, shading.COAT] > 0) | (rows[:, shading.TRANSMISSION] > 0) | smooth
    ask = np.flatnonzero(traced)
    if len(ask):
        normal, ray = surface[ask, 2], direction[ask]
        bounced = ray - 2 * np.einsum("ij,ij->i", ray, normal)[:, None] * normal
        mirror[ask] = _indirect(stage, _off(surface[ask], distance[ask]), bounced, 0)
    glass = np.flatnonzero(rows[:, shading.TRANSMISSION] > 0)
    if len(glass):
        behind = _off(surface[glass], distance[glass], -np.ones(len(glass)))
        through[glass] = _indirect(stage, behind, direction[glass], PANES - 1)
    facing = np.abs(np.einsum("ij,ij->i", surface[:, 1], direction))
    footprint = stage.pixel_angle * distance / np.sqrt(np.maximum(facing, 0.05))
    lit = shading.light_up(
        surface,
        direction,
        footprint,
        material,
        tables.material,
        tables.light,
        sunlit,
        openness,
        mirror,
        through,
        traced,
    )
    return haze(lit, distance, tables.light)


def _openness(stage: _Stage, surface: np.ndarray, distance: np.ndarray, tile: np.ndarray) -> np.ndarray:
    """(n,) share of a few cosine-distributed rays that meet nothing near."""
    rays = shading.around(surface[:, 1], tile, OCCLUSION_RAYS).reshape(-1, 3)
    origin = np.repeat(_off(surface, distance).astype(np.float32), OCCLUSION_RAYS, axis=0)
    return 1 - _blocked(stage, origin, rays, OCCLUSION_REACH).reshape(-1, OCCLUSION_RAYS).mean(1)


def _refined(stage: _Stage, view: CameraView, which: np.ndarray, openness, centre) -> np.ndarray:
    """(n, 3) displayed colour of pixels `which`: the mean of `centre` and a few rays beside it."""
    row, column = np.divmod(which, view.camera.width)
    origin = view.camera.pose[:3, 3]
    total = centre.copy()
    for offset in EDGE_OFFSETS:
        rays = pixel_rays(view.camera, np.stack([column + 0.5 + offset[0], row + 0.5 + offset[1]], axis=-1))
        rays /= np.sqrt((rays**2).sum(1))[:, None]
        distance, triangle = _closest(stage, np.broadcast_to(origin, rays.shape), rays)
        radiance = skies(rays, stage.tables.light)
        hit = np.flatnonzero(triangle >= 0)
        if len(hit):
            surface = _surfaces(stage, origin, rays[hit], distance[hit], triangle[hit])
            seen = rays[hit], distance[hit], surface, triangle[hit], openness[hit]
            radiance[hit] = _radiance(stage, *seen)
        total += tone(radiance, stage.tables.exposure)
    return total / (len(EDGE_OFFSETS) + 1)


def _primary(stage: _Stage, view: CameraView, threads: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Surfaces (n, 5, 3) of the pixels that hit something, and openness and normals of the whole picture."""
    hit = np.flatnonzero(view.triangle >= 0)
    triangle, distance = view.triangle.ravel(), view.distance.ravel()
    direction = view.direction.reshape(-1, 3)
    row, column = np.divmod(hit, view.camera.width)
    tile = (row % 4) * 4 + column % 4

    def prepare(s: slice) -> tuple[np.ndarray, np.ndarray]:
        which = hit[s]
        rays = direction[which], distance[which], triangle[which]
        surface = _surfaces(stage, view.camera.pose[:3, 3], *rays)
        return surface, _openness(stage, surface, distance[which], tile[s])

    blocks = map_chunks(prepare, len(hit), CHUNK, threads=threads)
    surface = np.concatenate([b[0] for b in blocks]) if blocks else np.zeros((0, 5, 3))
    openness, normal = np.ones(triangle.shape), np.zeros((len(triangle), 3), np.float32)
    if blocks:
        openness[hit], normal[hit] = np.concatenate([b[1] for b in blocks]), surface[:, 1]
    return surface, openness.reshape(view.triangle.shape), normal.reshape(*view.triangle.shape, 3)


def _smoothed(openness: np.ndarray, normal: np.ndarray, view: CameraView, threads: int) -> np.ndarray:
    out = np.ones(openness.shape)

    def filter_rows(s: slice) -> None:
        rows = np.array([s.start, s.stop])
        shading.smooth_openness(openness, normal, view.distance, view.triangle, rows, out)

    map_chunks(filter_rows, len(openness), 48, threads=threads)
    return out


def _sky_pixels(stage: _Stage, view: CameraView, displayed: np.ndarray, threads: int) -> None:
    empty = np.flatnonzero(view.triangle < 0)
    direction = view.direction.reshape(-1, 3)[empty]
    blocks = map_chunks(
        lambda s: tone(skies(direction[s], stage.tables.light), stage.tables.exposure),
        len(empty),
        CHUNK,
        threads=threads,
    )
    if blocks:
        displayed[empty] = np.concatenate(blocks)


def shade(caster: FrameCaster, view: CameraView, *, threads: int = 1) -> np.ndarray:
    """Render the picture of a camera view.

    Parameters
    ----------
    caster : FrameCaster
    view : CameraView
        Of the same frame.
    threads : int
        The result does not depend on it.

    Returns
    -------
    (height, width, 3) uint8
        sRGB.
    """
    stage = _Stage(caster, _tables_of(caster.frame.scene), 1 / view.camera.focal_length)
    surface, openness, normal = _primary(stage, view, threads)  # what the pixel centres see
    openness = _smoothed(openness, normal, view, threads).ravel()
    displayed = np.zeros((openness.size, 3))
    hit = np.flatnonzero(view.triangle >= 0)
    triangle, distance = view.triangle.ravel(), view.distance.ravel()
    direction = view.direction.reshape(-1, 3)

    def light_chunk(s: slice) -> None:
        which = hit[s]
        seen = direction[which], distance[which], surface[s], triangle[which], openness[which]
        displayed[which] = tone(_radiance(stage, *seen), stage.tables.exposure)

    def edge_chunk(s: slice) -> None:
        which = rim[s]
        displayed[which] = _refined(stage, view, which, openness[which], displayed[which])

    map_chunks(light_chunk, len(hit), CHUNK, threads=threads)
    _sky_pixels(stage, view, displayed, threads)
    luminance = (displayed @ LUMINANCE).reshape(view.triangle.shape)
    rim = np.flatnonzero(edges(view.instance, view.material, luminance, view.distance, view.direction, normal))
    map_chunks(edge_chunk, len(rim), CHUNK // 4, threads=threads)  # more rays along edges
    return to_srgb(displayed).reshape(*view.triangle.shape, 3)
