"""Edge echoes: the part of an edge's backscatter that physical optics leaves out.

Ufimtsev's fringe currents: Keller's diffraction coefficient minus the one that physical optics already has. Where tubes
are too wide to trace physical optics up to the rim, that part is given as well.
"""

from typing import NamedTuple

import numpy as np
from scipy.constants import c, pi

from raysim.diffraction import HeldByTubes, Terminal
from raysim.edge_motion import MovingPoints, material_points, segment_motion
from raysim.edges import Edges, place_edges
from raysim.intersect import FrameCaster
from raysim.paths import Interaction, Paths
from raysim.radio_edges import EDGE_CLEARANCE, face_permittivity
from raysim.scene import Scene
from raysim.ways import Obstacles, carry, obstacles_of

PIECE = 0.25  # length of a piece of an edge over sqrt(wavelength distance): the wave is plane within 0.1 rad
MIN_SINE = 0.05  # an edge seen closer to its end than this returns nothing


class _Pieces(NamedTuple):
    """Pieces of edges as a radar sees them."""

    edge: np.ndarray  # (n,) int
    point: np.ndarray  # (n, 3) middle [m]
    size: np.ndarray  # (n,) length [m]
    phi: np.ndarray  # (n,) angle of the radar about the edge [rad]
    across: np.ndarray  # (n, 3) unit vectors square to the ray and the edge
    upright: np.ndarray  # (n, 3) unit vectors square to the ray, in the plane of the edge


def _face_term(n: np.ndarray, x: np.ndarray, lit: np.ndarray, held: np.ndarray) -> np.ndarray:
    """``cot(x / 2n) / 2n - held cot(x / 2) / 2``, the second only where lit: the poles at x = 0 cancel."""
    small = np.abs(x) < 1e-4
    safe = np.where(small, 1.0, x)
    keller = 1 / (2 * n * np.tan(safe / (2 * n)))
    # beyond the shadow boundary the face carries no physical-optics current
    optics = np.where(lit, np.tan(0.5 * (pi - np.where(lit, safe, pi))) / 2, 0.0)
    return np.where(small, x / 12 * (1 - 1 / n**2), keller - held * optics)


def fringe_coefficients(
    n: np.ndarray, phi: np.ndarray, held: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Fringe coefficients of a conducting wedge straight back to the source.

    Parameters
    ----------
    n : (num_edges,) float64
        Exterior wedge angle over pi, in (1, 2].
    phi : (num_edges,) float64
        Angle of the source about the edge, from face 0, in (0, n pi) [rad].
    held : (num_edges, 2) float64, optional
        Share of the physical optics of face 0 and face n that is traced [1]; 1 near a face's specular direction.
        Default all.

    Returns
    -------
    soft, hard : (num_edges,) float64
        ``f - f_po`` (E along the edge) and ``g - g_po`` (H along the edge) [1]; finite everywhere, specular
        directions of the faces included.

    References
    ----------
    Ufimtsev, Fundamentals of the Physical Theory of Diffraction, chapter 4; Knott, Shaeffer and Tuley, Radar Cross
    Section, eqs. 5.71-5.74 (phi_s = phi_i).
    """
    direct = -1 / (n * np.tan(pi / (2 * n)))
    from_n = n * pi - phi
    share = np.ones((len(phi), 2)) if held is None else held
    faces = _face_term(n, pi - 2 * phi, phi < pi, share[:, 0])
    faces += _face_term(n, pi - 2 * from_n, from_n < pi, share[:, 1])
    return direct + faces, direct - faces


def _cut(edges: Edges, place: np.ndarray, wavelength: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut edges so that each piece lies in the far field: edge index, middle [m], length [m]."""
    length = edges.length
    along = np.clip(np.einsum("ij,ij->i", place - edges.start, edges.direction), 0, length)
    nearest = np.linalg.norm(edges.start + along[:, None] * edges.direction - place, axis=1)
    count = np.ceil(length / (PIECE * np.sqrt(wavelength * np.maximum(nearest, wavelength)))).astype(int)
    edge = np.repeat(np.arange(len(edges)), count)
    index = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    size = (length / count)[edge]
    return edge, edges.start[edge] + ((index + 0.5) * size)[:, None] * edges.direction[edge], size


def _reflectivity(edges: Edges, scene: Scene, frequency: float) -> np.ndarray:
    """(num_edges,) float64: mean amplitude that the two faces reflect at normal incidence."""
    index = np.sqrt(face_permittivity(edges, scene, frequency))
    with np.errstate(invalid="ignore"):
        amplitude = np.abs((1 - index) / (1 + index))
    return np.where(np.isfinite(amplitude), amplitude, 1.0).mean(axis=1)


def fringe_echoes(
    caster: FrameCaster,
    edges: Edges,
    transmitter: Terminal,
    receiver: Terminal,
    *,
    frequency: float,
    held: HeldByTubes | None = None,
    obstacles: Obstacles | None = None,
) -> Paths:
    """Echoes of the fringe currents of all edges of a frame, for a transmitter beside the receiver.

    Parameters
    ----------
    caster : FrameCaster
    edges : Edges
        In part axes, from `raysim.radio_edges.radio_edges`.
    transmitter, receiver : Terminal
        At rest, close to each other compared with the range.
    frequency : float
        Carrier [Hz].
    held : callable, optional
        Gives `held` of `fringe_coefficients`; default all.
    obstacles : Obstacles, optional
        Default: the frame's.

    Returns
    -------
    Paths
        One per visible piece of an edge (a quarter of sqrt(lambda R) long). Gain
        ``lambda / (4 pi s' s) p_r . (f bb - g pp) . p_t  l sinc(k l (s_in - s_out) . e / 2) / (2 pi)`` with b across
        the ray in the plane of the edge and p across both; scaled by the faces' mean reflectivity where they are
        no conductors (a heuristic). The cross-polar term of an edge seen aslant is left out: it is small where
        the edge is bright.

    References
    ----------
    Knott, IEEE Trans. Antennas Propag. 33 (1985): Mitzner's incremental length diffraction coefficient.
    """
    scene, wavelength = caster.frame.scene, c / frequency
    world = place_edges(edges, caster.frame)
    seen = _pieces(world, (transmitter.position + receiver.position) / 2, wavelength)
    obstacles = obstacles or obstacles_of(caster, frequency)
    seen, sent, heard = _lit(seen, world, transmitter, receiver, obstacles)
    point, edge = seen.point, seen.edge
    into, out = point - transmitter.position, receiver.position - point
    s_in, s_out = np.linalg.norm(into, axis=1), np.linalg.norm(out, axis=1)
    into, out = into / s_in[:, None], out / s_out[:, None]
    turn = 2 * pi / wavelength * seen.size * np.einsum("ij,ij->i", into - out, world.direction[edge])
    strength = seen.size * np.sinc(turn / (2 * pi)) / (2 * pi) * _reflectivity(world, scene, frequency)[edge]
    share = held(world.select(edge), into, out, s_in) if held else None
    polarised = _polarised(seen, world, sent, heard, share)
    rate, acceleration = _echo_motion(point, world.part[edge], caster, transmitter, receiver)
    count, instance = len(edge), scene.instance_of_part[world.part[edge]]
    return Paths(
        gain=wavelength / (4 * pi) * strength * polarised / (s_in * s_out),
        delay=(s_in + s_out) / c,
        delay_rate=rate / c,
        delay_acceleration=acceleration / c,
        departure=into,
        arrival=-out,
        depth=np.ones(count, np.uint8),
        kinds=np.full(count, Interaction.DIFFRACTION, np.uint32),
        first_instance=instance,
        last_instance=instance,
        last_point=point,
    )


def _pieces(world: Edges, middle: np.ndarray, wavelength: float) -> _Pieces:
    """Pieces of edges on the side of their body that faces a place, not end-on."""
    edge, point, size = _cut(world, middle, wavelength)
    look = point - middle
    look /= np.linalg.norm(look, axis=1, keepdims=True)
    x, y = (-np.einsum("ij,ij->i", look, axis[edge]) for axis in (world.tangent_0, world.normal_0))
    phi = np.mod(np.arctan2(y, x), 2 * pi)
    across = np.cross(world.direction[edge], look)
    sine = np.linalg.norm(across, axis=1)
    keep = np.flatnonzero((phi < pi * world.n[edge]) & (sine > MIN_SINE))
    across = across[keep] / sine[keep, None]
    return _Pieces(edge[keep], point[keep], size[keep], phi[keep], across, np.cross(look[keep], across))


def _lit(
    pieces: _Pieces, world: Edges, transmitter: Terminal, receiver: Terminal, obstacles: Obstacles
) -> tuple[_Pieces, np.ndarray, np.ndarray]:
    """Pieces that both ends reach, also through panes and crowns, and the ends' fields there, without spreading."""
    fields: list[np.ndarray] = []
    for end in (transmitter, receiver):
        clear = pieces.point + EDGE_CLEARANCE * world.outward[pieces.edge]
        line = pieces.point - end.position
        sent = end.field(line / np.linalg.norm(line, axis=1)[:, None])
        field = carry(sent, end.position, clear, obstacles)
        lit = np.flatnonzero(field.any(axis=1))
        pieces = _Pieces(*(array[lit] for array in pieces))
        fields = [one[lit] for one in (*fields, field)]
    return pieces, fields[0], fields[1]


def _polarised(seen: _Pieces, world: Edges, sent, heard, held) -> np.ndarray:
    """``p_r . (f bb - g pp) . p_t`` of every piece."""
    soft, hard = fringe_coefficients(world.n[seen.edge], seen.phi, held)

    def both(axis: np.ndarray) -> np.ndarray:
        return np.einsum("ij,ij->i", heard, axis) * np.einsum("ij,ij->i", sent, axis)

    return soft * both(seen.upright) - hard * both(seen.across)


def _echo_motion(points, part, caster: FrameCaster, transmitter: Terminal, receiver: Terminal):
    """Return the derivatives of the way out and back to points of moving parts."""
    moving = material_points(points, part, caster.frame)
    legs = [segment_motion(MovingPoints.at_rest(end.position), moving) for end in (transmitter, receiver)]
    return legs[0][0] + legs[1][0], legs[0][1] + legs[1][1]
