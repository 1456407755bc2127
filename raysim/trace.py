"""The tracer: grids of tubes -> hits -> contributions -> blocks of `Paths`."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.constants import c

from raysim.air import weather_clutter, weathered
from raysim.bistatic import direct_paths, is_bistatic
from raysim.grids import BACKGROUND, Grid, launch, launch_blocks
from raysim.hits import interact
from raysim.images import image_paths
from raysim.intersect import FrameCaster
from raysim.launch import background_tiles, object_grids
from raysim.leakage import leakage_path
from raysim.mirrors import large_planes
from raysim.paths import Interaction, Paths
from raysim.penetration import passed_tubes, way_to_receiver
from raysim.setting import Setting, TraceConfig, frame_setting
from raysim.tubes import SURFACE_OFFSET, Contributions, Tubes, transmit_field

__all__ = ["TraceConfig", "plan_grids", "trace"]

_BLOCK = 1 << 14  # tubes traced together: fixed, so that results do not depend on the number of threads


def plan_grids(caster: FrameCaster, config: TraceConfig, *, frequency: float, seed: int) -> list[Grid]:
    """Grids that `trace` launches for a frame: their tube counts are the cost.

    Parameters are those of `trace`.
    """
    scene = caster.frame.scene
    radar, planes = scene.sensors.radar, large_planes(scene)
    tiles = background_tiles(caster, radar, config.launch, wavelength=c / frequency)
    objects = object_grids(caster, radar, config.launch, planes, wavelength=c / frequency, seed=seed)
    return [*tiles, *objects]


def trace(
    caster: FrameCaster, config: TraceConfig, *, frequency: float, seed: int, threads: int = 1
) -> Iterator[Paths]:
    """Trace one frame.

    Parameters
    ----------
    caster : FrameCaster
        Of the frame; the radar stands in its scene.
    config : TraceConfig
    frequency : float
        Carrier [Hz].
    seed : int
        Of the grid shifts and the surfaces' diffuse phases; the same for all frames of a sequence.
    threads : int
        Blocks traced at once; the result does not depend on it.

    Yields
    ------
    Paths
        Blocks in a fixed order: leakage first, the echoes of rain and snow last. Reference time = middle of the frame.
    """
    setting = frame_setting(caster, config, large_planes(caster.frame.scene), frequency=frequency, seed=seed)
    if config.leakage and not is_bistatic(setting.radar):
        yield leakage_path(config.leakage, setting.radar)
    weather, tilt = caster.frame.scene.weather, 0.0 if config.transmit_polarisation == "H" else np.pi / 2
    yield from weathered(_air_free_paths(setting, threads), weather, frequency=frequency, tilt=tilt)
    count, max_range = config.weather_scatterers, config.max_length / 2
    yield from weather_clutter(caster, setting.transmitter, setting.receiver, count=count, max_range=max_range)


def _air_free_paths(setting: Setting, threads: int) -> Iterator[Paths]:
    """Paths as in a vacuum: those without an object first, if the radar is bistatic, then those by way of surfaces."""
    if is_bistatic(setting.radar) and setting.receiver.coherent:
        yield from direct_paths(setting)
    yield from _surface_paths(setting, threads)


def _surface_paths(setting: Setting, threads: int) -> Iterator[Paths]:
    """Paths by way of surfaces."""
    receiver = setting.receiver
    frequency, seed = c / receiver.wavelength, receiver.seed
    grids = plan_grids(setting.caster, setting.config, frequency=frequency, seed=seed)

    def work(block: tuple[np.ndarray, np.ndarray]) -> list[Paths]:
        return list(_trace_block(_start(setting, grids, *block), setting))

    blocks = launch_blocks(grids, _BLOCK)
    if threads == 1:
        for block in blocks:
            yield from work(block)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in pool.map(work, blocks):
            yield from done


def _start(setting: Setting, grids: list[Grid], grid: np.ndarray, index: np.ndarray) -> Tubes:
    """Launch a block of tubes from the transmitter."""
    fresh = launch(grids, grid, index, setting.radar.transmitter_pose[:3, :3])
    field, n = transmit_field(fresh.direction, setting.transmitter), len(index)
    return Tubes(
        origin=np.tile(setting.radar.transmitter, (n, 1)),
        direction=fresh.direction,
        axis_u=fresh.axis_u,
        axis_v=fresh.axis_v,
        field=field,
        length=np.zeros(n),
        rate=np.zeros(n),
        acceleration=np.zeros(n),
        velocity=np.zeros((n, 3)),
        point_acceleration=np.zeros((n, 3)),
        departure=fresh.direction.copy(),
        first_instance=np.full(n, -1, np.int32),
        kinds=np.zeros(n, np.uint32),
        owner=fresh.owner,
        plane=fresh.plane,
        cell=fresh.cell,
        imaged=np.full(n, setting.config.images and is_bistatic(setting.radar)),  # the direct paths hold the planes
        last_triangle=np.full(n, -1, np.int32),
        launched=np.linalg.norm(field, axis=1),
        bounces=np.zeros(n, np.int32),
        passed=np.zeros(n),
    )


def _trace_block(tubes: Tubes, setting: Setting) -> Iterator[Paths]:
    """Follow a block of tubes from hit to hit; yield the paths that each hit closes."""
    panes = setting.panes
    for depth in range(1, setting.config.max_interactions + 1):
        start = tubes.origin if panes is None else tubes.origin + tubes.passed[:, None] * tubes.direction
        hits = setting.caster.closest(start, tubes.direction)
        distance, triangle = hits.distance + tubes.passed, hits.triangle
        keep = (triangle >= 0) & (tubes.length + distance < setting.config.max_length)
        instance = setting.instance_of_triangle[triangle]
        behind = None
        if panes is not None and depth < setting.config.max_interactions:
            those = np.flatnonzero(keep & panes[triangle])
            met = distance[those], triangle[those], instance[those]
            behind = passed_tubes(tubes.select(those), *met, depth, setting)
        if depth <= 2 or panes is not None:
            keep &= _is_ours(tubes, triangle, instance, setting)
        which = np.flatnonzero(keep)
        met = distance[which], triangle[which], instance[which]
        tubes = yield from _interact(tubes.select(which), *met, depth, setting)
        if behind is not None:
            tubes = tubes.join(behind)
        if not len(tubes.length):
            return


def _interact(
    tubes: Tubes, distance: np.ndarray, triangle: np.ndarray, instance: np.ndarray, depth: int, setting: Setting
) -> Generator[Paths, None, Tubes]:
    """Close the paths of a block of hits; return the tubes that bounce on."""
    n = len(distance)
    if n == 0:
        return tubes
    if depth == 1:
        tubes.first_instance[:] = instance
    out = Contributions.empty(n)
    imaged = setting.owned[instance] & (depth < setting.config.max_interactions) & (len(setting.images) > 0)
    if imaged.any():
        those = np.flatnonzero(imaged)
        at = (distance[those], triangle[those], instance[those])
        yield from image_paths(tubes.select(those), *at, depth, setting)
    interact(tubes.rays, distance, triangle, setting.surfaces, setting.bodies, setting.receiver, out)
    out.gain[(tubes.bounces == 0) & (tubes.plane != BACKGROUND)] = 0  # the plane itself is the tiles' business
    yield _paths(tubes, out, instance, depth, setting)
    # a chain that left a curved surface by a forward bounce is dropped: the tube's weight knows no divergence
    strong = np.linalg.norm(tubes.field, axis=1) > setting.config.min_amplitude * tubes.launched
    which = np.flatnonzero(out.goes_on & strong)
    tubes = tubes.select(which)
    tubes.origin[:] += SURFACE_OFFSET * out.normal[which]
    tubes.imaged[:], tubes.last_triangle[:] = imaged[which], triangle[which]
    tubes.kinds[:] |= np.uint32(Interaction.REFLECTION << (4 * (depth - 1)))
    tubes.bounces[:] += 1
    tubes.passed[:] = 0
    return tubes


def _is_ours(tubes: Tubes, triangle: np.ndarray, instance: np.ndarray, setting: Setting) -> np.ndarray:
    """Tell which hits belong to their tube's grid: it matters before the first bounce and before the second."""
    direct = tubes.plane == BACKGROUND
    owned = np.where(tubes.owner == BACKGROUND, ~setting.owned[instance], tubes.owner == instance)
    first = np.where(direct, owned, setting.surfaces.plane[triangle] == tubes.plane)
    mirrored = (setting.surfaces.plane[tubes.last_triangle] != BACKGROUND) & (setting.config.launch.image_tubes > 0)
    second = np.where(direct & ~mirrored, True, owned)
    return np.where(tubes.bounces == 0, first, np.where(tubes.bounces == 1, second, True))


def _paths(tubes: Tubes, out: Contributions, instance: np.ndarray, depth: int, setting: Setting) -> Paths:
    """Close the paths of a block of hits whose line to the receiver is free."""
    gain, seen = out.gain, (out.gain != 0) & (out.length <= setting.config.max_length)
    # from a monostatic radar a first hit is seen by being hit
    if depth > 1 or np.any(setting.radar.transmitter_offset):
        ask = np.flatnonzero(seen)
        start = tubes.origin[ask] + SURFACE_OFFSET * out.normal[ask]
        through = way_to_receiver(start, setting)
        gain[ask] *= through
        seen[ask] = through != 0
    which = np.flatnonzero(seen)
    return Paths(
        gain=gain[which],
        delay=out.length[which] / c,
        delay_rate=out.rate[which] / c,
        delay_acceleration=out.acceleration[which] / c,
        departure=tubes.departure[which],
        arrival=out.arrival[which],
        depth=np.full(len(which), depth, np.uint8),
        kinds=tubes.kinds[which] | np.uint32(Interaction.SCATTERING << (4 * (depth - 1))),
        first_instance=tubes.first_instance[which],
        last_instance=instance[which],
        last_point=tubes.origin[which],
    )
