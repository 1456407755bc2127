"""Echoes from around a corner: one or both ways between radar and a hidden object lead over an edge.

The point of diffraction launches tubes of its own over the object. Each of their footprints is a patch of surface; the
fields of both ends at the patch and the way's length are those of the shortest path over the edge to that very
patch, whatever the shape of the wave there.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.constants import c

from raysim.diffraction import DiffractionConfig, Terminal, clear_points, edge_dyadic, is_wanted, keller_rays
from raysim.edge_mirror import Mirror, folded_field, image_terminal, plane_mirrors
from raysim.edge_motion import MovingPoints, path_motion, segment_motion
from raysim.edges import Edges
from raysim.patches import Patches, launch_patches, patch_gain
from raysim.paths import Interaction, Paths
from raysim.penetration import obstacles_in
from raysim.radio_edges import EDGE_CLEARANCE, face_permittivity
from raysim.setting import Setting
from raysim.tubes import SURFACE_OFFSET
from raysim.ways import Obstacles, are_open, carry

_LOOKS = 64  # points of an object that tell whether an end sees it


class _Route(NamedTuple):
    """How an end reaches an object: straight, over an edge or by way of a mirror."""

    kind: Interaction  # NONE, DIFFRACTION or REFLECTION
    number: int  # of the edge or mirror


_STRAIGHT = _Route(Interaction.NONE, -1)


class _Surroundings(NamedTuple):
    """What routes lead by."""

    setting: Setting
    edges: Edges  # in world axes
    mirrors: list[Mirror]
    ends: tuple[Terminal, Terminal]
    obstacles: Obstacles


class _Ways(NamedTuple):
    """Ways from an end to patches along one route."""

    patch: np.ndarray  # (n,) int, increasing
    field: np.ndarray  # (n, 3) complex128 at the patch, of the end's field [1/m]
    length: np.ndarray  # (n,) [m]
    rate: np.ndarray  # (n,) [m/s]
    acceleration: np.ndarray  # (n,) [m/s2]
    away: np.ndarray  # (n, 3) unit vector from the end
    onto: np.ndarray  # (n, 3) unit vector of travel at the patch
    first: np.ndarray  # (n, 3) first point met [m]

    def select(self, which: np.ndarray) -> "_Ways":
        """Return the ways picked by a boolean mask or an index array."""
        return _Ways(*(array[which] for array in self))


def hidden_objects(setting: Setting, ends: tuple[Terminal, Terminal]) -> list[tuple[int, tuple[bool, bool]]]:
    """Objects with a grid of their own of which one end sees nothing: instance, and whether each end sees it."""
    hidden = []
    for instance in np.flatnonzero(setting.owned):
        looks = _look_points(setting, instance)
        sees = [_sees(setting, end.position, looks) for end in ends]
        if not all(sees):
            hidden.append((int(instance), (sees[0], sees[1])))
    return hidden


def _sees(setting: Setting, place: np.ndarray, looks: np.ndarray) -> bool:
    """Tell whether one of the points is seen from a place, also through panes and crowns, as tubes would."""
    start = _repeat(place, looks)
    if not setting.caster.occluded(start, looks).all():
        return True
    both_ways = np.sqrt(setting.config.min_amplitude)
    return bool(are_open(start, looks, obstacles_in(setting), both_ways).any())


def corner_echoes(
    setting: Setting,
    world: Edges,
    ends: tuple[Terminal, Terminal],
    hidden: list[tuple[int, tuple[bool, bool]]],
) -> Iterator[Paths]:
    """Give the echoes of objects that one end at least sees only around an edge.

    Parameters
    ----------
    setting : Setting
    world : Edges
        In world axes.
    ends : pair of Terminal
        Transmitter and receiver; may be at one place.
    hidden : list
        From `hidden_objects`.

    Yields
    ------
    Paths
        One block for every hidden object and every pair of routes out and back of which one at least leads over an
        edge; the other may be straight or by way of a large plane. Gain ``lambda / (4 pi) h_r . S . h_t`` with the
        one-way fields h [1/m], antenna gains in, and the patch's scattering S [m], coherent and diffuse as for the
        tracer's tubes. By reciprocity the way back is calculated as a way out of the receiver.
    """
    mirrors = plane_mirrors(setting.caster, setting.planes, c / setting.receiver.wavelength)
    around = _Surroundings(setting, world, mirrors if setting.config.images else [], ends, obstacles_in(setting))
    for instance, sees in hidden:
        looks = _look_points(setting, instance)
        routes = [
            [*_best_edges(around, end, looks), *_open_mirrors(around, end, looks), *([_STRAIGHT] if straight else [])]
            for end, straight in zip(ends, sees, strict=True)
        ]
        for side in (0, 1):
            yield from _echoes_of_side(around, instance, routes, side)


def _repeat(place: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.broadcast_to(place, points.shape)


def _look_points(setting: Setting, instance: int) -> np.ndarray:
    """Middles of triangles all over an object, (n, 3) [m]."""
    scene, vertices = setting.caster.frame.scene, setting.caster.frame.vertices
    triangles = scene.triangles_of_instance[instance]
    few = triangles[:: -(-len(triangles) // _LOOKS)]
    return vertices[scene.mesh.triangles[few]].mean(axis=1)


def _best_edges(around: _Surroundings, end: Terminal, looks: np.ndarray) -> list[_Route]:
    """Edges over which most of an end's field reaches the middle of an object, the strongest first."""
    setting, world = around.setting, around.edges
    rays = keller_rays(world, np.arange(len(world)), end.position, looks.mean(axis=0))
    rays = rays.select(is_wanted(rays, DiffractionConfig(region="shadow", max_length=setting.config.max_length)))
    clear = clear_points(rays, world)
    free = are_open(clear, _repeat(end.position, clear), around.obstacles)
    ask, n = np.flatnonzero(free), len(looks)
    reached = are_open(np.repeat(clear[ask], n, axis=0), np.tile(looks, (len(ask), 1)), around.obstacles)
    free[ask] = reached.reshape(-1, n).any(axis=1)
    rays = rays.select(free)
    permittivity = face_permittivity(world, setting.caster.frame.scene, c / setting.receiver.wavelength)
    strength = np.linalg.norm(edge_dyadic(rays, world, permittivity, setting.receiver.wavelength), axis=(1, 2))
    best = rays.edge[np.argsort(-strength, kind="stable")][: setting.config.edges.hidden_edges]
    return [_Route(Interaction.DIFFRACTION, int(edge)) for edge in best]


def _open_mirrors(around: _Surroundings, end: Terminal, looks: np.ndarray) -> list[_Route]:
    """Mirrors in which an end sees an object."""
    seen = [folded_field(end, mirror, looks, looks, around.obstacles)[1].any() for mirror in around.mirrors]
    return [_Route(Interaction.REFLECTION, int(number)) for number in np.flatnonzero(seen)]


def _echoes_of_side(around: _Surroundings, instance: int, routes: list[list[_Route]], side: int) -> Iterator[Paths]:
    """Echoes of patches that are lit over the edges of one end; pairs of edges come with the transmitter's."""
    setting, (here, there) = around.setting, (around.ends[side], around.ends[1 - side])
    others = [route for route in routes[1 - side] if side == 0 or route.kind != Interaction.DIFFRACTION]
    for route in routes[side] if others else []:
        if route.kind != Interaction.DIFFRACTION:
            continue
        edge = around.edges.select(np.array([route.number]))
        ray = keller_rays(edge, np.zeros(1, int), here.position, _look_points(setting, instance).mean(axis=0))
        patches = launch_patches(setting, ray.point[0] + EDGE_CLEARANCE * edge.outward[0], instance)
        way = _ways(around, here, patches, route)
        for other in others:
            legs = (route, other) if side == 0 else (other, route)
            if 1 + sum(leg.kind != Interaction.NONE for leg in legs) > setting.config.max_interactions:
                continue
            facing = _ways(around, there, patches, other)
            _, i, j = np.intersect1d(way.patch, facing.patch, assume_unique=True, return_indices=True)
            pair = (way.select(i), facing.select(j)) if side == 0 else (facing.select(j), way.select(i))
            yield _labelled(_close(setting, patches, *pair), legs, [_body(around, leg, instance) for leg in legs])


def _body(around: _Surroundings, route: _Route, instance: int) -> int:
    """Instance that an end's side of a path meets first."""
    if route.kind == Interaction.DIFFRACTION:
        return int(around.setting.caster.frame.scene.instance_of_part[around.edges.part[route.number]])
    return around.mirrors[route.number].instance if route.kind == Interaction.REFLECTION else instance


def _ways(around: _Surroundings, end: Terminal, patches: Patches, route: _Route) -> _Ways:
    """Ways of an end to those patches that it reaches along a route."""
    setting = around.setting
    if route.kind == Interaction.DIFFRACTION:
        return _bent(setting, around.edges.select(np.array([route.number])), end, patches, around.obstacles)
    points, place = patches.points, patches.points.position
    clear = place + SURFACE_OFFSET * patches.normal
    source = end.position
    if route.kind == Interaction.REFLECTION:
        mirror = around.mirrors[route.number]
        first, field = folded_field(end, mirror, place, clear, around.obstacles)
        source = image_terminal(end, mirror).position
    else:
        line = place - source
        sent = end.field(line / np.linalg.norm(line, axis=1)[:, None])
        first, field = place, carry(sent, source, clear, around.obstacles)
    patch = np.flatnonzero(field.any(axis=1))
    line = place[patch] - source
    length = np.linalg.norm(line, axis=1)
    onto = line / length[:, None]
    away = onto
    if route.kind == Interaction.REFLECTION:
        away = onto - 2 * (onto @ mirror.normal)[:, None] * mirror.normal
    motion = segment_motion(MovingPoints.at_rest(source), points.select(patch))
    return _Ways(patch, field[patch] / length[:, None], length, *motion, away, onto, first[patch])


def _bent(setting: Setting, one: Edges, end: Terminal, patches: Patches, obstacles: Obstacles) -> _Ways:
    """Ways over the only edge of `one`."""
    points, place, wavelength = patches.points, patches.points.position, setting.receiver.wavelength
    permittivity = face_permittivity(one, setting.caster.frame.scene, c / wavelength)
    rays = keller_rays(one, np.zeros(len(place), int), end.position, place)
    rays = rays.select(is_wanted(rays, DiffractionConfig(region="shadow", max_length=setting.config.max_length)))
    sent = carry(end.field(rays.into), end.position, clear_points(rays, one), obstacles)
    bent = np.einsum("nij,nj->ni", edge_dyadic(rays, one, permittivity, wavelength), sent)
    field = carry(bent, clear_points(rays, one), place[rays.pair], obstacles)
    lit = np.flatnonzero(field.any(axis=1))
    rays = rays.select(lit)
    motion = path_motion(
        rays.edge, one, setting.caster.frame, MovingPoints.at_rest(end.position), points.select(rays.pair)
    )
    return _Ways(rays.pair, field[lit], rays.s_in + rays.s_out, *motion, rays.into, rays.out, rays.point)


def _close(setting: Setting, patches: Patches, a: _Ways, b: _Ways) -> Paths:
    """Paths out along `a` and back along `b`, as if both were straight."""
    patch, count = a.patch, len(a.patch)
    gain = patch_gain(
        patches.points.position[patch],
        patches.step_u[patch],
        patches.step_v[patch],
        patches.triangle[patch],
        patches.cell,
        a.onto,
        a.field,
        -b.onto,
        b.field,
        setting.surfaces,
        setting.bodies,
        setting.receiver,
    )
    paths = Paths(
        gain=gain,
        delay=(a.length + b.length) / c,
        delay_rate=(a.rate + b.rate) / c,
        delay_acceleration=(a.acceleration + b.acceleration) / c,
        departure=a.away,
        arrival=b.away,
        depth=np.ones(count, np.uint8),
        kinds=np.full(count, Interaction.SCATTERING, np.uint32),
        first_instance=np.zeros(count, np.int32),
        last_instance=np.zeros(count, np.int32),
        last_point=b.first,
    )
    return paths.select((gain != 0) & (paths.delay * c <= setting.config.max_length))


def _labelled(paths: Paths, legs: tuple[_Route, ...], bodies: list[int]) -> Paths:
    """Paths of one scattering, with what stands before and behind it told."""
    digits = [int(kind) for kind in (legs[0].kind, Interaction.SCATTERING, legs[1].kind) if kind]
    count = len(paths)
    return replace(
        paths,
        depth=np.full(count, len(digits), np.uint8),
        kinds=np.full(count, sum(digit << (4 * place) for place, digit in enumerate(digits)), np.uint32),
        first_instance=np.full(count, bodies[0], np.int32),
        last_instance=np.full(count, bodies[1], np.int32),
    )
