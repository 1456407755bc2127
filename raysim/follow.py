"""A block of tubes on its way: launch, hit, paths to the receiver, bounce, until nothing is left."""

from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np
from scipy.constants import c

from raysim.grids import BACKGROUND, Fan, aim, tube_axes
from raysim.images import image_paths
from raysim.interact import Ending, interact
from raysim.intersect import Hits
from raysim.ownership import first_hits, own_hits, reached
from raysim.paths import Interaction, Paths
from raysim.penetration import fade, pass_leaves, pass_panes, way_to_receiver
from raysim.sensors import is_bistatic
from raysim.setting import Setting
from raysim.sway import wind_on
from raysim.terminals import fill_field
from raysim.tubes import Contributions, Tubes, Workspace
from raysim.vectors import kernel, row, store, take_rows

_ONE_VIEW = 0.2  # [m] ends nearer than this see the same: far less than a Fresnel zone's radius at 5 m


def follow(fan: Fan, start: int, stop: int, setting: Setting, space: Workspace) -> Iterator[Paths]:
    """Follow a block of tubes from hit to hit; yield the paths that each hit closes, none of them in `space`."""
    tubes, hits = _launch(fan, start, stop, setting, space)
    alive = np.arange(len(hits.triangle))
    for depth in range(1, setting.config.max_interactions + 1):
        tubes, alive = yield from _next_hit(tubes, alive, hits, depth, setting, space)
        if not len(alive):
            return
        hits = setting.caster.closest(tubes.origin, tubes.direction, tubes.start, alive)


def _launch(fan: Fan, start: int, stop: int, setting: Setting, space: Workspace) -> tuple[Tubes, Hits]:
    """Give the tubes of a block that first meet what their grid is for, a pane or leaves, and those hits."""
    direction, line = aim(fan, start, stop)
    owner, plane = fan.owner[line], fan.plane[line]
    hits = _first_hits(direction, owner, setting)
    which = np.empty(stop - start, np.int64)
    which = which[: first_hits(setting.owners, owner, plane, hits.triangle, which)]
    # panes and leaves split tubes: spare rows for some
    tubes = space.tubes(len(which) if setting.panes is None and setting.foliage is None else stop - start)
    imaged = setting.config.images and is_bistatic(setting.radar)  # the direct paths hold the planes
    _depart(fan, line, direction, which, setting.radar.transmitter, imaged, tubes)
    sent = tubes.departure[: len(which)], tubes.field[: len(which)], tubes.launched[: len(which)]
    fill_field(sent[0], setting.transmitter, *sent[1:])
    return tubes, hits.select(which)


@kernel
def _depart(fan, lines, direction, which, transmitter, imaged, tubes):
    """Fill the first rows with the tubes `which`, their fields aside, that start from the transmitter."""
    position = (transmitter[0], transmitter[1], transmitter[2])
    for j in range(len(which)):
        line, along = lines[which[j]], row(direction, which[j])
        axis_u, axis_v = tube_axes(fan, line, along)
        store(tubes.origin, j, position)
        store(tubes.start, j, position)
        store(tubes.direction, j, along)
        store(tubes.departure, j, along)
        store(tubes.axis_u, j, axis_u)
        store(tubes.axis_v, j, axis_v)
        tubes.owner[j], tubes.plane[j], tubes.cell[j] = fan.owner[line], fan.plane[line], fan.cell[line]
        tubes.first_instance[j] = tubes.last_triangle[j] = -1
        tubes.imaged[j], tubes.silent[j], tubes.through[j] = imaged, fan.plane[line] != BACKGROUND, 1.0
        tubes.length[j], tubes.kinds[j], tubes.bounces[j] = 0.0, np.uint32(0), 0
        tubes.moved[j] = tubes.crossed[j] = False


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


def _next_hit(
    tubes: Tubes, alive: np.ndarray, hits: Hits, depth: int, setting: Setting, space: Workspace
) -> Generator[Paths, None, tuple[Tubes, np.ndarray]]:
    """Close the paths of a block of tubes at their next hits; return the tubes that bounce on or pass a pane."""
    if setting.foliage is not None:
        tubes, alive, hits = pass_leaves(tubes, alive, hits, setting)
    which = alive.copy()
    count = reached(tubes, which, hits.distance, hits.triangle, setting.config.max_length)
    which, hits = which[:count], hits.first(count)
    behind = np.empty(0, np.int64)
    if setting.panes is not None and depth < setting.config.max_interactions:
        those = np.flatnonzero(setting.panes[hits.triangle])
        tubes, behind = pass_panes(tubes, alive, which[those], hits.select(those), depth, setting)
    if depth == 2 or setting.panes is not None or setting.foliage is not None:
        count = own_hits(setting.owners, tubes, which, hits.distance, hits.triangle)
        which, hits = which[:count], hits.first(count)
    onward = yield from _interact(tubes, which, hits, depth, setting, space)
    return tubes, np.concatenate([onward, behind])


def _interact(
    tubes: Tubes, which: np.ndarray, hits: Hits, depth: int, setting: Setting, space: Workspace
) -> Generator[Paths, None, np.ndarray]:
    """Close the paths of the tubes `which` at their hits; return those that bounce on."""
    distance, triangle = hits.distance, hits.triangle
    if depth == 1:
        tubes.first_instance[which] = setting.instance_of_triangle[triangle]
    if setting.foliage is not None:
        fade(tubes, which, distance, triangle, setting)
    imaged, last = np.zeros(len(which), bool), depth == setting.config.max_interactions
    if len(setting.images) and not last:
        imaged = setting.owned[setting.instance_of_triangle[triangle]]
        if len(those := np.flatnonzero(imaged)):
            yield from image_paths(tubes, which[those], distance[those], triangle[those], depth, setting)
    wind = None
    if setting.sway is not None:
        ends = setting.surfaces.part, setting.receiver.position
        wind = wind_on(setting.sway, tubes, which, distance, triangle, *ends)
    onward, ending = np.empty(len(which), np.int64), _ending(depth, last, setting)
    out = space.contributions(len(which))
    scene_side = setting.surfaces, setting.bodies, setting.receiver
    closed, left = interact(tubes, which, distance, triangle, imaged, *scene_side, ending, out, onward)
    out = Contributions(*(column[:closed] for column in out))
    if wind is not None:
        for changed, change in zip((out.length, out.rate, out.acceleration), wind, strict=True):
            changed += change[out.hit]
    yield _paths(tubes, which, triangle, out, depth, setting)
    return onward[:left]


def _ending(depth: int, last: bool, setting: Setting) -> Ending:
    config, bistatic = setting.config, is_bistatic(setting.radar)
    beside = bool(np.linalg.norm(setting.radar.transmitter_offset) <= _ONE_VIEW)
    return Ending(config.min_amplitude, config.max_length, depth, last, beside, not bistatic)


def _paths(
    tubes: Tubes, which: np.ndarray, triangle: np.ndarray, out: Contributions, depth: int, setting: Setting
) -> Paths:
    """Close the paths of a block of hits whose line to the receiver is free."""
    ask = np.flatnonzero(~out.known)
    if len(ask):
        start = out.start if len(ask) == len(out.start) else take_rows(out.start, ask)
        out.gain[ask] *= way_to_receiver(start, setting, triangle[out.hit[ask]])
    closed = np.flatnonzero(out.gain)
    paths, kind = _room(len(closed)), np.uint32(Interaction.SCATTERING << (4 * (depth - 1)))
    _close(tubes, which, triangle, setting.instance_of_triangle, out, closed, depth, kind, paths)
    return Paths(**paths._asdict())


class _Columns(NamedTuple):
    """The arrays of `Paths`, as kernels take them."""

    gain: np.ndarray
    delay: np.ndarray
    delay_rate: np.ndarray
    delay_acceleration: np.ndarray
    departure: np.ndarray
    arrival: np.ndarray
    depth: np.ndarray
    kinds: np.ndarray
    first_instance: np.ndarray
    last_instance: np.ndarray
    last_point: np.ndarray


def _room(n: int) -> _Columns:
    """Room for `n` paths, nothing in it."""
    delay, rate, acceleration = (np.empty(n) for _ in range(3))
    departure, arrival, point = (np.empty((n, 3)) for _ in range(3))
    depth, kinds = np.empty(n, np.uint8), np.empty(n, np.uint32)
    first, last, gain = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.complex128)
    return _Columns(gain, delay, rate, acceleration, departure, arrival, depth, kinds, first, last, point)


@kernel
def _close(tubes, which, triangle, instance, out, closed, depth, kind, paths):
    """Write the paths of rows `closed` of `out`."""
    before = np.uint32((1 << (4 * (depth - 1))) - 1)  # what a tube that bounced on has met since is not its path's
    for k in range(len(closed)):
        j = closed[k]
        i, t = which[out.hit[j]], triangle[out.hit[j]]
        paths.gain[k], paths.delay[k] = out.gain[j], out.length[j] / c
        paths.delay_rate[k], paths.delay_acceleration[k] = out.rate[j] / c, out.acceleration[j] / c
        store(paths.departure, k, row(tubes.departure, i))
        store(paths.arrival, k, row(out.arrival, j))
        store(paths.last_point, k, row(out.point, j))
        paths.depth[k], paths.kinds[k] = depth, (tubes.kinds[i] & before) | kind
        paths.first_instance[k], paths.last_instance[k] = tubes.first_instance[i], instance[t]
