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

from raysim.diffraction import DiffractionConfig, Terminal, edge_dyadic, is_wanted, keller_rays, visible
from raysim.edge_motion import MovingPoints, path_motion, segment_motion
from raysim.edges import Edges
from raysim.patches import Patches, launch_patches, patch_gain
from raysim.paths import Interaction, Paths
from raysim.radio_edges import EDGE_CLEARANCE, face_permittivity
from raysim.setting import Setting
from raysim.tubes import SURFACE_OFFSET

_LOOKS = 64  # points of an object that tell whether an end sees it
_STRAIGHT = -1


class _Ways(NamedTuple):
    """Ways from an end to patches, straight or over one edge."""

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
        sees = [bool((~setting.caster.occluded(_repeat(end.position, looks), looks)).any()) for end in ends]
        if not all(sees):
            hidden.append((int(instance), (sees[0], sees[1])))
    return hidden


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
        One block for every hidden object and every pair of ways out and back but for the straight one. Gain
        ``lambda / (4 pi) h_r . S . h_t`` with the one-way fields h [1/m], antenna gains in, and the patch's
        scattering S [m], coherent and diffuse as for the tracer's tubes. By reciprocity the way back is calculated as
        a way out of the receiver.
    """
    for instance, sees in hidden:
        looks = _look_points(setting, instance)
        out, back = (
            [*([_STRAIGHT] if straight else []), *_best_edges(setting, world, end, looks)]
            for end, straight in zip(ends, sees, strict=True)
        )
        for edge in out if back else []:
            yield from _echoes_over(setting, world, ends, instance, edge, back)


def _repeat(place: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.broadcast_to(place, points.shape)


def _look_points(setting: Setting, instance: int) -> np.ndarray:
    """Middles of triangles all over an object, (n, 3) [m]."""
    scene, vertices = setting.caster.frame.scene, setting.caster.frame.vertices
    triangles = scene.triangles_of_instance[instance]
    few = triangles[:: -(-len(triangles) // _LOOKS)]
    return vertices[scene.mesh.triangles[few]].mean(axis=1)


def _best_edges(setting: Setting, world: Edges, end: Terminal, looks: np.ndarray) -> list[int]:
    """Edges over which most of an end's field reaches the middle of an object, the strongest first."""
    frequency = c / setting.receiver.wavelength
    rays = keller_rays(world, np.arange(len(world)), end.position, looks.mean(axis=0))
    rays = rays.select(is_wanted(rays, DiffractionConfig(region="shadow", max_length=setting.config.max_length)))
    clear = rays.point + EDGE_CLEARANCE * world.outward[rays.edge]
    free = ~setting.caster.occluded(clear, _repeat(end.position, clear))
    ask, n = np.flatnonzero(free), len(looks)
    blocked = setting.caster.occluded(np.repeat(clear[ask], n, axis=0), np.tile(looks, (len(ask), 1)))
    free[ask] = ~blocked.reshape(-1, n).all(axis=1)
    rays = rays.select(free)
    permittivity = face_permittivity(world, setting.caster.frame.scene, frequency)
    strength = np.linalg.norm(edge_dyadic(rays, world, permittivity, setting.receiver.wavelength), axis=(1, 2))
    return [int(e) for e in rays.edge[np.argsort(-strength, kind="stable")][: setting.config.edges.hidden_edges]]


def _echoes_over(setting: Setting, world: Edges, ends, instance: int, out: int, backs: list[int]) -> Iterator[Paths]:
    """Echoes of one object whose way out is given: over an edge, or straight."""
    view = ends[0].position
    if out != _STRAIGHT:
        one = world.select(np.array([out]))
        ray = keller_rays(one, np.zeros(1, int), view, _look_points(setting, instance).mean(axis=0))
        view = ray.point[0] + EDGE_CLEARANCE * one.outward[0]
    patches = launch_patches(setting, view, instance)
    way_out = _ways(setting, world, ends[0], patches, out)
    for back in backs:
        bends = (out != _STRAIGHT) + (back != _STRAIGHT)
        if not 1 <= bends < setting.config.max_interactions:
            continue
        way_back = _ways(setting, world, ends[1], patches, back)
        _, i, j = np.intersect1d(way_out.patch, way_back.patch, assume_unique=True, return_indices=True)
        paths = _close(setting, patches, way_out.select(i), way_back.select(j))
        first, last = (instance if e == _STRAIGHT else _body(setting, world, e) for e in (out, back))
        yield _labelled(paths, first, last, out != _STRAIGHT, back != _STRAIGHT)


def _body(setting: Setting, world: Edges, edge: int) -> int:
    return int(setting.caster.frame.scene.instance_of_part[world.part[edge]])


def _ways(setting: Setting, world: Edges, end: Terminal, patches: Patches, edge: int) -> _Ways:
    """Ways of an end to those patches that it reaches, over one edge or straight."""
    points, place = patches.points, patches.points.position
    at_end = MovingPoints.at_rest(end.position)
    if edge == _STRAIGHT:
        start = place + SURFACE_OFFSET * patches.normal
        patch = np.flatnonzero(~setting.caster.occluded(start, _repeat(end.position, place)))
        line = place[patch] - end.position
        length = np.linalg.norm(line, axis=1)
        away = line / length[:, None]
        motion = segment_motion(at_end, points.select(patch))
        return _Ways(patch, end.field(away) / length[:, None], length, *motion, away, away, place[patch])
    one, wavelength = world.select(np.array([edge])), setting.receiver.wavelength
    permittivity = face_permittivity(one, setting.caster.frame.scene, c / wavelength)
    rays = keller_rays(one, np.zeros(len(place), int), end.position, place)
    rays = rays.select(is_wanted(rays, DiffractionConfig(region="shadow", max_length=setting.config.max_length)))
    rays = rays.select(visible(rays, one, setting.caster))
    field = np.einsum("nij,nj->ni", edge_dyadic(rays, one, permittivity, wavelength), end.field(rays.into))
    motion = path_motion(rays.edge, one, setting.caster.frame, at_end, points.select(rays.pair))
    return _Ways(rays.pair, field, rays.s_in + rays.s_out, *motion, rays.into, rays.out, rays.point)


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


def _labelled(paths: Paths, first: int, last: int, out_bends: bool, back_bends: bool) -> Paths:
    """Paths of one scattering with the diffraction before and behind it told."""
    scatter, diffract = int(Interaction.SCATTERING), int(Interaction.DIFFRACTION)
    kinds = diffract | scatter << 4 if out_bends else scatter
    depth = 1 + out_bends
    kinds |= diffract << (4 * depth) if back_bends else 0
    count = len(paths)
    return replace(
        paths,
        depth=np.full(count, depth + back_bends, np.uint8),
        kinds=np.full(count, kinds, np.uint32),
        first_instance=np.full(count, first, np.int32),
        last_instance=np.full(count, last, np.int32),
    )
