"""First-order diffraction: transmitter, a point of a sharp edge, receiver.

Uniform theory of diffraction: every edge gives at most one ray, through the point where the path is shortest
(Keller's cone). It stands beside geometrical optics (line of sight, mirror images) and takes its steps away at shadow
and reflection boundaries. Where tubes trace a face's reflection, what physical optics holds of the edge's field is left
out. Straight back an edge echoes along its whole length: there a radar takes `raysim.fringe`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.constants import c, pi

from raysim.edge_motion import MovingPoints, path_motion
from raysim.edges import Edges, place_edges
from raysim.intersect import FrameCaster
from raysim.paths import Interaction, Paths
from raysim.radio_edges import EDGE_CLEARANCE, face_permittivity
from raysim.utd import diffraction_matrix, spherical_distance, spherical_spreading
from raysim.ways import Obstacles, carry, obstacles_of

MIN_SEPARATION = 1.0  # [m] between the ends of a path with diffraction in the lit region: below, it is an echo


class DiffractionConfig(BaseModel):
    """Which rays count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_length: float = Field(500.0, gt=0, description="Longest path, transmitter to receiver [m].")
    region: Literal["all", "shadow"] = Field(
        "all",
        description="all: beside geometrical optics; shadow: only where the edge hides the ends from each other, "
        "beside physical optics.",
    )


@dataclass(frozen=True)
class Terminal:
    """One end of a path.

    Attributes
    ----------
    position : (3,) float64
        World [m].
    field : callable
        (num_rays, 3) world unit vectors away from the terminal -> (num_rays, 3) complex128: transverse field times
        the amplitude gain of its antenna.
    """

    position: np.ndarray
    field: Callable[[np.ndarray], np.ndarray]


class EdgeRays(NamedTuple):
    """Rays over an edge.

    Attributes
    ----------
    pair : (n,) int
        Index of the question that the ray answers.
    edge : (n,) int
    point : (n, 3) float64
        Of diffraction, world [m].
    into, out : (n, 3) float64
        Unit vectors, source to point and point to observer.
    s_in, s_out : (n,) float64
        Source to point, point to observer [m].
    beta, phi_in, phi_out : (n,) float64
        Angles of `raysim.utd` [rad].
    """

    pair: np.ndarray
    edge: np.ndarray
    point: np.ndarray
    into: np.ndarray
    out: np.ndarray
    s_in: np.ndarray
    s_out: np.ndarray
    beta: np.ndarray
    phi_in: np.ndarray
    phi_out: np.ndarray

    def select(self, which: np.ndarray) -> "EdgeRays":
        """Return the rays picked by a boolean mask or an index array."""
        return EdgeRays(*(array[which] for array in self))


# (edges of the rays, into, out, s_in) -> (num_rays, 2): share of faces 0 and n whose physical optics tubes trace
HeldByTubes = Callable[[Edges, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _angle(edges: Edges, edge: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Angle phi of directions away from the edge, in [0, 2 pi)."""
    x = np.einsum("ij,ij->i", away, edges.tangent_0[edge])
    y = np.einsum("ij,ij->i", away, edges.normal_0[edge])
    return np.mod(np.arctan2(y, x), 2 * pi)


def keller_rays(edges: Edges, edge: np.ndarray, source: np.ndarray, observer: np.ndarray) -> EdgeRays:
    """Rays from sources over edges to observers.

    Parameters
    ----------
    edges : Edges
        In world axes.
    edge : (num_pairs,) int
        Edge of every question.
    source, observer : (num_pairs, 3) or (3,) float64
        World [m].

    Returns
    -------
    EdgeRays
        Of the pairs whose shortest way over the edge's line meets the edge between its ends, with both source and
        observer in free space. Occlusion is not looked at.

    References
    ----------
    Keller, J. Opt. Soc. Am. 52 (1962): unfolded about the edge, the path is a straight line.
    """
    start, direction = edges.start[edge], edges.direction[edge]

    def cylinder(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        arm = np.broadcast_to(place, start.shape) - start
        along = np.einsum("ij,ij->i", arm, direction)
        return along, np.linalg.norm(arm - along[:, None] * direction, axis=1)

    (z_in, rho_in), (z_out, rho_out) = cylinder(source), cylinder(observer)
    apart = np.maximum(rho_in + rho_out, 1e-300)
    z = (z_in * rho_out + z_out * rho_in) / apart
    pair = np.flatnonzero((z >= 0) & (z <= edges.length[edge]) & (rho_in > 0) & (rho_out > 0))
    point = start[pair] + z[pair, None] * direction[pair]
    into = point - np.broadcast_to(source, start.shape)[pair]
    out = np.broadcast_to(observer, start.shape)[pair] - point
    s_in, s_out = np.linalg.norm(into, axis=1), np.linalg.norm(out, axis=1)
    beta = np.arctan2(apart[pair], z_out[pair] - z_in[pair])
    which = edge[pair]
    phi_in, phi_out = _angle(edges, which, -into), _angle(edges, which, out)
    rays = EdgeRays(pair, which, point, into / s_in[:, None], out / s_out[:, None], s_in, s_out, beta, phi_in, phi_out)
    return rays.select(np.maximum(phi_in, phi_out) < pi * edges.n[which])


def is_wanted(rays: EdgeRays, config: DiffractionConfig) -> np.ndarray:
    """(num_rays,) bool: short enough, and in the region that is asked for."""
    short = rays.s_in + rays.s_out <= config.max_length
    return short & ((np.abs(rays.phi_out - rays.phi_in) > pi) | (config.region == "all"))


def clear_points(rays: EdgeRays, edges: Edges) -> np.ndarray:
    """(num_rays, 3) float64: just outside the edges [m], where ways to the points of diffraction end."""
    return rays.point + EDGE_CLEARANCE * edges.outward[rays.edge]


def fields_at_edges(
    rays: EdgeRays, edges: Edges, source: Terminal, observer: Terminal, obstacles: Obstacles
) -> tuple[EdgeRays, np.ndarray, np.ndarray]:
    """Send both ends' fields along their segments to the edge, through panes and crowns.

    Parameters
    ----------
    rays : EdgeRays
    edges : Edges
        In world axes.
    source, observer : Terminal
    obstacles : Obstacles

    Returns
    -------
    EdgeRays
        Those of which something passes on both segments, m.
    sent, heard : (m, 3) complex128
        Field of the source at the edge, and of the observer if it sent; without spreading.
    """
    clear = clear_points(rays, edges)
    sent = carry(source.field(rays.into), source.position, clear, obstacles)
    lit = np.flatnonzero(sent.any(axis=1))
    rays, sent, clear = rays.select(lit), sent[lit], clear[lit]
    heard = carry(observer.field(-rays.out), observer.position, clear, obstacles)
    seen = np.flatnonzero(heard.any(axis=1))
    return rays.select(seen), sent[seen], heard[seen]


def edge_dyadic(
    rays: EdgeRays, edges: Edges, permittivity: np.ndarray, wavelength: float, held: np.ndarray | None = None
) -> np.ndarray:
    """Field at the observers for sources of unit strength, without the propagation phase.

    Parameters
    ----------
    rays : EdgeRays
    edges : Edges
        In world axes.
    permittivity : (num_edges, 2) complex128
        From `face_permittivity`.
    wavelength : float
        [m]
    held : (num_rays, 2) float64, optional
        Share of the diffraction of faces 0 and n that tubes give already, as physical optics [1]: it is left out.
        Default none: beside geometrical optics.

    Returns
    -------
    (num_rays, 3, 3) complex128
        [1/m]: takes the transverse field ``p`` of a source ``p exp(-j k R) / R`` to the field at the observer.
    """
    n, direction = edges.n[rays.edge], edges.direction[rays.edge]
    distance = spherical_distance(rays.s_in, rays.s_out, rays.beta)
    angles = (rays.beta, rays.phi_in, rays.phi_out)
    matrix = diffraction_matrix(n, permittivity[rays.edge], 2 * pi / wavelength, distance, *angles, held)
    sine = np.sin(rays.beta)[:, None]
    phi_in, phi_out = np.cross(rays.into, direction) / sine, np.cross(direction, rays.out) / sine
    bases_in = -np.stack([np.cross(rays.into, phi_in), phi_in], axis=1)  # (ray, soft/hard, xyz)
    bases_out = np.stack([np.cross(rays.out, phi_out), phi_out], axis=2)  # (ray, xyz, soft/hard)
    return spherical_spreading(rays.s_in, rays.s_out)[:, None, None] * (bases_out @ matrix @ bases_in)


def require_separate_ends(transmitter: Terminal, receiver: Terminal, config: DiffractionConfig) -> None:
    """Raise ValueError if the ends lie together and the lit region is asked for: that would be an echo."""
    if config.region == "all" and np.linalg.norm(transmitter.position - receiver.position) < MIN_SEPARATION:
        raise ValueError(
            f"diffraction in the lit region needs ends {MIN_SEPARATION} m apart or more, got "
            f"{transmitter.position} and {receiver.position}; take region='shadow', and fringe currents for echoes"
        )


def diffract(
    caster: FrameCaster,
    edges: Edges,
    transmitter: Terminal,
    receiver: Terminal,
    *,
    frequency: float,
    config: DiffractionConfig | None = None,
    held: HeldByTubes | None = None,
    obstacles: Obstacles | None = None,
) -> Paths:
    """Diffracted paths of one frame.

    Parameters
    ----------
    caster : FrameCaster
    edges : Edges
        In part axes, from `raysim.radio_edges.radio_edges`.
    transmitter, receiver : Terminal
        At rest.
    frequency : float
        Carrier [Hz].
    config : DiffractionConfig
        Default: `DiffractionConfig()`.
    held : callable, optional
        Gives `held` of `edge_dyadic`; default none.
    obstacles : Obstacles, optional
        Default: the frame's.

    Returns
    -------
    Paths
        One per edge at most, in the edges' order; reference time = middle of the frame. Gain
        ``lambda / (4 pi) p_r . D . p_t`` with the uniform diffraction dyadic D [1/m], and what panes and crowns leave.

    Raises
    ------
    ValueError
        If the ends lie together and the lit region is asked for: edge echoes are `raysim.fringe`'s.
    """
    config = config or DiffractionConfig()
    require_separate_ends(transmitter, receiver, config)
    scene, wavelength = caster.frame.scene, c / frequency
    world = place_edges(edges, caster.frame)
    rays = keller_rays(world, np.arange(len(world)), transmitter.position, receiver.position)
    rays = rays.select(is_wanted(rays, config))
    obstacles = obstacles or obstacles_of(caster, frequency)
    rays, sent, heard = fields_at_edges(rays, world, transmitter, receiver, obstacles)
    share = held(world.select(rays.edge), rays.into, rays.out, rays.s_in) if held else None
    dyadic = edge_dyadic(rays, world, face_permittivity(world, scene, frequency), wavelength, share)
    received = np.einsum("ni,nij,nj->n", heard, dyadic, sent)
    ends = MovingPoints.at_rest(transmitter.position), MovingPoints.at_rest(receiver.position)
    rate, acceleration = path_motion(rays.edge, world, caster.frame, *ends)
    count, instance = len(rays.edge), scene.instance_of_part[world.part[rays.edge]]
    return Paths(
        gain=wavelength / (4 * pi) * received,
        delay=(rays.s_in + rays.s_out) / c,
        delay_rate=rate / c,
        delay_acceleration=acceleration / c,
        departure=rays.into,
        arrival=-rays.out,
        depth=np.ones(count, np.uint8),
        kinds=np.full(count, Interaction.DIFFRACTION, np.uint32),
        first_instance=instance,
        last_instance=instance,
        last_point=rays.point,
    )
