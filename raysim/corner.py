"""Echoes from around a corner: one or both ways between radar and target lead over an edge."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.constants import c, pi

from raysim.diffraction import DiffractionConfig, Terminal, edge_dyadic, is_wanted, keller_rays, visible
from raysim.edge_motion import MovingPoints, path_motion, segment_motion
from raysim.edges import Edges, place_edges
from raysim.intersect import FrameCaster
from raysim.paths import Interaction, Paths
from raysim.radio_edges import face_permittivity

_BLOCK = 1 << 20  # pairs of edge and target looked at together


@dataclass(frozen=True)
class Scatterers:
    """Points that scatter alike into all directions and keep the polarisation.

    Attributes
    ----------
    points : MovingPoints
        (num_scatterers, 3) each; a little outside the surface that they stand for, or it hides them.
    cross_section : (num_scatterers,) float64
        Radar cross section [m2].
    instance : (num_scatterers,) int32
        Scene instance that they belong to.
    """

    points: MovingPoints
    cross_section: np.ndarray
    instance: np.ndarray

    def __post_init__(self):
        n = len(self.cross_section)
        if any(np.shape(a) != (n, 3) for a in self.points) or np.shape(self.instance) != (n,):
            raise ValueError(f"{n} scatterers need ({n}, 3) points and motion and ({n},) instances")
        if not (np.asarray(self.cross_section) >= 0).all():
            raise ValueError(f"cross_section must be >= 0 m2, got {np.min(self.cross_section)}")


class _Ways(NamedTuple):
    """Ways from a terminal to targets, direct or over one edge."""

    target: np.ndarray  # (n,) int
    bent: np.ndarray  # (n,) bool: over an edge
    field: np.ndarray  # (n, 3) complex128 at the target, of the terminal's field [1/m]
    length: np.ndarray  # (n,) [m]
    rate: np.ndarray  # (n,) [m/s]
    acceleration: np.ndarray  # (n,) [m/s2]
    away: np.ndarray  # (n, 3) unit vector from the terminal
    instance: np.ndarray  # (n,) of the first thing met: the edge's body or the target
    point: np.ndarray  # (n, 3) first point met [m]


def _direct(caster: FrameCaster, end: Terminal, targets: Scatterers) -> _Ways:
    seen = np.flatnonzero(~caster.occluded(targets.points.position, end.position))
    points = targets.points.select(seen)
    line = points.position - end.position
    length = np.linalg.norm(line, axis=1)
    away = line / length[:, None]
    motion = segment_motion(MovingPoints.at_rest(end.position), points)
    field = end.field(away) / length[:, None]
    return _Ways(seen, np.zeros(len(seen), bool), field, length, *motion, away, targets.instance[seen], points.position)


def _bent(caster, world: Edges, permittivity, end: Terminal, targets: Scatterers, which, wavelength, config) -> _Ways:
    """Ways over edges to the targets `which`."""
    edge = np.tile(np.arange(len(world)), len(which))
    target = np.repeat(which, len(world))
    rays = keller_rays(world, edge, end.position, targets.points.position[target])
    rays = rays.select(is_wanted(rays, config))
    rays = rays.select(visible(rays, world, caster))
    target = target[rays.pair]
    dyadic = edge_dyadic(rays, world, permittivity, wavelength)
    field = np.einsum("nij,nj->ni", dyadic, end.field(rays.into))
    at = targets.points.select(target)
    motion = path_motion(rays.edge, world, caster.frame, MovingPoints.at_rest(end.position), at)
    instance = caster.frame.scene.instance_of_part[world.part[rays.edge]]
    length = rays.s_in + rays.s_out
    return _Ways(target, np.ones(len(target), bool), field, length, *motion, rays.into, instance, rays.point)


def _ways(caster, world, permittivity, end: Terminal, targets: Scatterers, wavelength, config) -> _Ways:
    """All ways of one end, sorted by target."""
    count = len(targets.cross_section)
    per_block = max(1, _BLOCK // max(len(world), 1))
    blocks = [np.arange(i, min(i + per_block, count)) for i in range(0, count, per_block)]
    found = [_bent(caster, world, permittivity, end, targets, b, wavelength, config) for b in blocks]
    joined = _Ways(*(np.concatenate(arrays) for arrays in zip(_direct(caster, end, targets), *found, strict=True)))
    order = np.argsort(joined.target, kind="stable")
    return _Ways(*(array[order] for array in joined))


def corner_echoes(
    caster: FrameCaster,
    edges: Edges,
    transmitter: Terminal,
    receiver: Terminal,
    targets: Scatterers,
    *,
    frequency: float,
    config: DiffractionConfig | None = None,
) -> Paths:
    """Echoes of point targets of which one way at least, out or back, bends over an edge.

    Parameters
    ----------
    caster : FrameCaster
    edges : Edges
        In part axes, from `raysim.radio_edges.radio_edges`.
    transmitter, receiver : Terminal
        At rest; may be at one place.
    targets : Scatterers
    frequency : float
        Carrier [Hz].
    config : DiffractionConfig
        Default: only edges that hide the target, ``DiffractionConfig(region="shadow")``; straight echoes are the
        tracer's. `max_length` holds for one way.

    Returns
    -------
    Paths
        Every way out with every way back, but for the straight pair. Gain
        ``-lambda / (4 pi) sqrt(sigma / 4 pi) h_r . h_t`` with the one-way fields h [1/m], antenna gains in: a
        conductor turns the field over. By reciprocity the way back is calculated as a way out of the receiver.
    """
    config = config or DiffractionConfig(region="shadow")
    world, wavelength = place_edges(edges, caster.frame), c / frequency
    permittivity = face_permittivity(world, caster.frame.scene, frequency)
    out = _ways(caster, world, permittivity, transmitter, targets, wavelength, config)
    back = out
    if receiver is not transmitter:
        back = _ways(caster, world, permittivity, receiver, targets, wavelength, config)
    first, last = (np.searchsorted(back.target, out.target, side=side) for side in ("left", "right"))
    i = np.repeat(np.arange(len(out.target)), last - first)
    j = np.arange(len(i)) - np.repeat(np.cumsum(last - first) - (last - first), last - first) + first[i]
    bent = out.bent[i] | back.bent[j]
    a, b = _Ways(*(x[i[bent]] for x in out)), _Ways(*(x[j[bent]] for x in back))
    return _echoes(a, b, targets, wavelength)


def _echoes(a: _Ways, b: _Ways, targets: Scatterers, wavelength: float) -> Paths:
    """Paths out along `a` and back along `b`."""
    strength = -np.sqrt(targets.cross_section[a.target] / (4 * pi)) * wavelength / (4 * pi)
    scatter, diffract = np.uint32(Interaction.SCATTERING), np.uint32(Interaction.DIFFRACTION)
    kinds = np.where(a.bent, diffract | (scatter << np.uint32(4)), scatter)
    depth = 1 + a.bent.astype(np.uint32)
    kinds |= np.where(b.bent, diffract, np.uint32(0)) << (4 * depth)
    return Paths(
        gain=strength * np.einsum("ij,ij->i", a.field, b.field),
        delay=(a.length + b.length) / c,
        delay_rate=(a.rate + b.rate) / c,
        delay_acceleration=(a.acceleration + b.acceleration) / c,
        departure=a.away,
        arrival=b.away,
        depth=(depth + b.bent).astype(np.uint8),
        kinds=kinds.astype(np.uint32),
        first_instance=a.instance,
        last_instance=b.instance,
        last_point=b.point,
    )
