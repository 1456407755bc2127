"""A block of tubes on its way: launch, hit, paths to the receiver, bounce, until nothing is left."""

from collections.abc import Generator, Iterator

import numpy as np
from scipy.constants import c

from raysim.grids import BACKGROUND, Fan, aim, spread
from raysim.hits import interact
from raysim.images import image_paths
from raysim.intersect import Hits
from raysim.paths import Interaction, Paths
from raysim.penetration import fade, passed_tubes, past_leaves, way_to_receiver
from raysim.sensors import is_bistatic
from raysim.setting import Setting
from raysim.sway import wind_on
from raysim.tubes import SURFACE_OFFSET, Contributions, Tubes, transmit_field
from raysim.vectors import take_rows

_ONE_VIEW = 0.2  # [m] ends nearer than this see the same: far less than a Fresnel zone's radius at 5 m


def follow(fan: Fan, start: int, stop: int, setting: Setting) -> Iterator[Paths]:
    """Follow a block of tubes from hit to hit; yield the paths that each hit closes."""
    tubes, hits = _launch(fan, start, stop, setting)
    for depth in range(1, setting.config.max_interactions + 1):
        tubes = yield from _next_hit(tubes, hits, depth, setting)
        if not len(tubes.length) or depth == setting.config.max_interactions:
            return
        hits = setting.caster.closest(tubes.origin, tubes.direction, tubes.start)


def _launch(fan: Fan, start: int, stop: int, setting: Setting) -> tuple[Tubes, Hits]:
    """Give the tubes of a block that first meet what their grid is for, a pane or leaves, and those hits."""
    direction, line = aim(fan, start, stop)
    owner, plane = fan.owner[line], fan.plane[line]
    hits = _first_hits(direction, owner, setting)
    triangle = hits.triangle
    keep = _is_first(owner, plane, triangle, setting)
    if setting.panes is not None:
        keep |= setting.panes[triangle]
    if setting.foliage is not None:
        keep |= setting.foliage.leaf[triangle]
    which = np.flatnonzero(keep & (triangle >= 0))
    direction, line, n = take_rows(direction, which), line[which], len(which)
    axis_u, axis_v = spread(fan, start + which, line)
    field = transmit_field(direction, setting.transmitter)
    tubes = Tubes(
        origin=np.tile(setting.radar.transmitter, (n, 1)),
        direction=direction,
        axis_u=axis_u,
        axis_v=axis_v,
        field=field,
        length=np.zeros(n),
        rate=np.zeros(n),
        acceleration=np.zeros(n),
        velocity=np.zeros((n, 3)),
        point_acceleration=np.zeros((n, 3)),
        departure=direction.copy(),
        first_instance=np.full(n, -1, np.int32),
        kinds=np.zeros(n, np.uint32),
        owner=owner[which],
        plane=plane[which],
        cell=fan.cell[line],
        imaged=np.full(n, setting.config.images and is_bistatic(setting.radar)),  # the direct paths hold the planes
        silent=plane[which] != BACKGROUND,
        last_triangle=np.full(n, -1, np.int32),
        launched=np.linalg.norm(field, axis=1),
        bounces=np.zeros(n, np.int32),
        start=np.tile(setting.radar.transmitter, (n, 1)),
        crossed=np.zeros(n, bool),
        through=np.ones(n, np.complex128),
    )
    return tubes, hits.select(which)


def _first_hits(direction: np.ndarray, owner: np.ndarray, setting: Setting) -> Hits:
    """Find what tubes meet first; those of objects' grids meet no leaves, which belong to the tiles."""
    origin = np.broadcast_to(setting.radar.transmitter, direction.shape)
    if setting.foliage is None:
        return setting.caster.closest(origin, direction)
    hits = Hits(np.empty(len(owner)), np.empty(len(owner), np.int32))
    for caster, mine in ((setting.caster, owner == BACKGROUND), (setting.foliage.bare, owner != BACKGROUND)):
        rows = np.flatnonzero(mine)
        found = caster.closest(origin[rows], take_rows(direction, rows))
        hits.distance[rows], hits.triangle[rows] = found.distance, found.triangle
    return hits


def _next_hit(tubes: Tubes, hits: Hits, depth: int, setting: Setting) -> Generator[Paths, None, Tubes]:
    """Close the paths of a block of tubes at their next hits; return the tubes that bounce on or pass a pane."""
    panes = setting.panes
    distance, triangle = hits.distance, hits.triangle
    more = None if setting.foliage is None else _behind_leaves(tubes, hits, setting)
    keep = (triangle >= 0) & (tubes.length + distance < setting.config.max_length)
    instance = setting.instance_of_triangle[triangle]
    behind = None
    if panes is not None and depth < setting.config.max_interactions:
        those = np.flatnonzero(keep & panes[triangle])
        met = distance[those], triangle[those], instance[those]
        behind = passed_tubes(tubes.select(those), *met, depth, setting)
    if depth == 2 or panes is not None or setting.foliage is not None:
        keep &= _is_ours(tubes, slice(None), triangle, setting)
    which = np.flatnonzero(keep)
    met = distance[which], triangle[which], instance[which]
    tubes = yield from _interact(tubes, which, *met, depth, setting)
    if behind is not None:
        tubes = tubes.join(behind)
    if more is not None:
        tubes = tubes.join((yield from _next_hit(*more, depth, setting)))
    return tubes


def _behind_leaves(tubes: Tubes, hits: Hits, setting: Setting) -> tuple[Tubes, Hits] | None:
    """Copy the tubes that meet something worthwhile behind leaves, with those hits; None if there are none."""
    which, behind = past_leaves(tubes, hits, setting)
    ours = _is_ours(tubes, which, behind.triangle, setting)
    if setting.panes is not None:
        ours |= setting.panes[behind.triangle]
    return (tubes.select(which[ours]), behind.select(ours)) if ours.any() else None


def _interact(
    tubes: Tubes,
    which: np.ndarray,
    distance: np.ndarray,
    triangle: np.ndarray,
    instance: np.ndarray,
    depth: int,
    setting: Setting,
) -> Generator[Paths, None, Tubes]:
    """Close the paths of the tubes `which` at their hits; return those that bounce on."""
    if depth == 1:
        tubes.first_instance[which] = instance
    if setting.foliage is not None:
        fade(tubes, which, distance, triangle, setting)
    imaged = setting.owned[instance] & (depth < setting.config.max_interactions) & (len(setting.images) > 0)
    if imaged.any():
        those = np.flatnonzero(imaged)
        yield from image_paths(tubes, which[those], distance[those], triangle[those], depth, setting)
    out, scene_side = Contributions.empty(len(which)), (setting.surfaces, setting.bodies, setting.receiver)
    wind = None
    if setting.sway is not None:
        ends = setting.surfaces.part, setting.receiver.position
        wind = wind_on(setting.sway, tubes.rays, which, distance, triangle, *ends)
    interact(tubes.rays, which, distance, triangle, *scene_side, setting.config.min_amplitude, out)
    if wind is not None:
        for changed, change in zip((out.length, out.rate, out.acceleration), wind, strict=True):
            changed += change
    yield _paths(tubes, which, out, triangle, depth, setting)
    onward = np.flatnonzero(out.goes_on)
    tubes = tubes.select(which[onward])
    tubes.imaged[:], tubes.last_triangle[:] = imaged[onward], triangle[onward]
    tubes.kinds[:] |= np.uint32(Interaction.REFLECTION << (4 * (depth - 1)))
    tubes.bounces[:] += 1
    tubes.start[:] = tubes.origin + SURFACE_OFFSET * take_rows(out.normal, onward)
    tubes.crossed[:] = tubes.silent[:] = False
    return tubes


def _is_first(owner: np.ndarray, plane: np.ndarray, triangle: np.ndarray, setting: Setting) -> np.ndarray:
    """Tell which hits before the first bounce belong to their tube's grid."""
    owned = _owns(owner, triangle, setting)
    return np.where(plane == BACKGROUND, owned, setting.surfaces.plane[triangle] == plane)


def _owns(owner: np.ndarray, triangle: np.ndarray, setting: Setting) -> np.ndarray:
    instance = setting.instance_of_triangle[triangle]
    return np.where(owner == BACKGROUND, ~setting.owned[instance], owner == instance)


def _is_ours(tubes: Tubes, which: np.ndarray | slice, triangle: np.ndarray, setting: Setting) -> np.ndarray:
    """Tell which hits of the tubes `which` belong to their grid: it matters before the first bounce and the second."""
    owner, plane, bounces = tubes.owner[which], tubes.plane[which], tubes.bounces[which]
    mirrored = setting.surfaces.plane[tubes.last_triangle[which]] != BACKGROUND
    by_image = (plane != BACKGROUND) | (mirrored & (setting.config.launch.image_tubes > 0))
    second = ~by_image | _owns(owner, triangle, setting)
    first = _is_first(owner, plane, triangle, setting)
    return np.where(bounces == 0, first, (bounces > 1) | second)


def _paths(
    tubes: Tubes, which: np.ndarray, out: Contributions, triangle: np.ndarray, depth: int, setting: Setting
) -> Paths:
    """Close the paths of a block of hits whose line to the receiver is free."""
    gain, seen = out.gain, (out.gain != 0) & (out.length <= setting.config.max_length)
    # a first hit is seen by being hit, from a receiver beside the transmitter
    if depth > 1 or np.linalg.norm(setting.radar.transmitter_offset) > _ONE_VIEW:
        # what was seen straight through panes by the transmitter beside the receiver is seen back through the same ones
        straight = tubes.crossed[which] & (tubes.bounces[which] == 0) & (not is_bistatic(setting.radar))
        gain[straight] *= tubes.through[which[straight]]
        ask = np.flatnonzero(seen & ~straight)
        start = take_rows(tubes.origin, which[ask]) + SURFACE_OFFSET * take_rows(out.normal, ask)
        through = way_to_receiver(start, setting, triangle[ask])
        gain[ask] *= through
        seen[ask] = through != 0
    else:
        gain *= tubes.through[which]
    closed = np.flatnonzero(seen)
    which = which[closed]
    return Paths(
        gain=gain[closed],
        delay=out.length[closed] / c,
        delay_rate=out.rate[closed] / c,
        delay_acceleration=out.acceleration[closed] / c,
        departure=take_rows(tubes.departure, which),
        arrival=take_rows(out.arrival, closed),
        depth=np.full(len(which), depth, np.uint8),
        kinds=tubes.kinds[which] | np.uint32(Interaction.SCATTERING << (4 * (depth - 1))),
        first_instance=tubes.first_instance[which],
        last_instance=setting.instance_of_triangle[triangle[closed]],
        last_point=take_rows(tubes.origin, which),
    )
