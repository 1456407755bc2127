"""Sharp edges of a mesh: where rays diffract.

An edge is a wedge of free space between two faces, wider than pi: the outer side of a convex corner, or all
around the free rim of a sheet. The angle phi about an edge counts from face 0 (0) through free space to face n
(n pi); ``direction = tangent_0 x normal_0``, where the tangent lies in face 0 and points away from the edge.
Concave corners cast no shadow and are left out: there the tracer's several bounces are the physics.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from raysim.mesh_sides import GRIDS, REFERENCE, WELD, Sides, split_along_lines, triangle_sides
from raysim.scene import Mesh, SceneFrame

MIN_TURN = np.pi / 6  # [rad] between the face normals: less is a smooth surface's tessellation
COLLINEAR = 1e-3  # [rad] largest bend between two pieces of one straight edge
STRAIGHT = 1e-4  # [m] a joined edge strays less than this from its chord


@dataclass(frozen=True)
class Edges:
    """Straight sharp edges.

    Attributes
    ----------
    start, end : (num_edges, 3) float64
        [m]; in part axes from `find_edges`, in world axes from `place_edges`.
    direction : (num_edges, 3) float64
        Unit vector from start to end; phi turns right-handed about it.
    normal_0, normal_n : (num_edges, 3) float64
        Unit normals of the two faces, into free space.
    n : (num_edges,) float64
        Angle of free space over pi, in (1, 2]; 2 = rim of a sheet.
    material : (num_edges, 2) int32
        Of face 0 and face n.
    part : (num_edges,) int32
    """

    start: np.ndarray
    end: np.ndarray
    direction: np.ndarray
    normal_0: np.ndarray
    normal_n: np.ndarray
    n: np.ndarray
    material: np.ndarray
    part: np.ndarray

    def __len__(self) -> int:
        return len(self.n)

    @property
    def length(self) -> np.ndarray:
        """(num_edges,) float64 [m]."""
        return np.linalg.norm(self.end - self.start, axis=1)

    @property
    def tangent_0(self) -> np.ndarray:
        """(num_edges, 3) float64: unit vectors in face 0, away from the edge (phi = 0)."""
        return np.cross(self.normal_0, self.direction)

    @property
    def outward(self) -> np.ndarray:
        """(num_edges, 3) float64: unit vectors into the middle of free space (phi = n pi / 2)."""
        half = 0.5 * np.pi * self.n[:, None]
        return np.cos(half) * self.tangent_0 + np.sin(half) * self.normal_0

    def select(self, which: np.ndarray) -> "Edges":
        """Return the edges picked by a boolean mask or an index array."""
        return Edges(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def place_edges(edges: Edges, frame: SceneFrame) -> Edges:
    """Bring edges from part axes to the world axes of a frame."""
    rotation, origin = frame.pose[edges.part, :3, :3], frame.pose[edges.part, :3, 3]

    def turn(vectors: np.ndarray) -> np.ndarray:
        return np.einsum("eij,ej->ei", rotation, vectors)

    return replace(
        edges,
        start=turn(edges.start) + origin,
        end=turn(edges.end) + origin,
        direction=turn(edges.direction),
        normal_0=turn(edges.normal_0),
        normal_n=turn(edges.normal_n),
    )


def find_edges(mesh: Mesh, *, min_turn: float = MIN_TURN, triangles: np.ndarray | None = None) -> Edges:
    """Find the sharp edges of a mesh, in part axes; once per mesh.

    Parameters
    ----------
    mesh : Mesh
        Faces of closed bodies wind counter-clockwise from outside; sheets may wind either way.
    min_turn : float
        Least turn between the two face normals [rad], in (0, pi).
    triangles : (n,) int
        Those that count; default all. Leave out whole parts, or their neighbours gain rims.

    Returns
    -------
    Edges
        Collinear pieces between the same materials joined. Empty for a smooth closed mesh.

    Raises
    ------
    ValueError
        If `min_turn` is out of range.
    """
    if not 0 < min_turn < np.pi:
        raise ValueError(f"min_turn must lie in (0, pi) rad, got {min_turn}")
    sides = triangle_sides(mesh, np.arange(len(mesh.triangles)) if triangles is None else triangles)
    pieces = _shared(sides, min_turn)
    for offset in GRIDS:
        sides = split_along_lines(_alone(sides), offset)
        pieces += _shared(sides, min_turn)
    rims = _alone(sides)
    return _join(_concatenate([*pieces, _rims(rims, np.arange(len(rims.low)))]))


def _alone(sides: Sides) -> Sides:
    """Sides with no other on them."""
    first, count = sides.groups()
    return sides.select(first[count == 1])


def _shared(sides: Sides, min_turn: float) -> list[Edges]:
    """Edges where two triangles or more meet."""
    first, count = sides.groups()
    surface = count == 2
    surface[surface] = _consistent(sides, first[surface])
    pieces = [_folds(sides, first[surface], min_turn)]
    odd = ~surface & (count > 1)
    return pieces + [_junctions(sides, first[odd & (count == k)], int(k), min_turn) for k in np.unique(count[odd])]


def _wedges(sides: Sides, i: np.ndarray, j: np.ndarray, normal_0: np.ndarray, normal_n: np.ndarray, n) -> Edges:
    """Wedges between the triangles of side i (face 0) and side j (face n), pointing along the reference."""
    direction = sides.end[i] - sides.start[i]
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    about = np.cross(sides.tangent[i], normal_0)  # phi turns about this
    mirror = (about @ REFERENCE < 0)[:, None]
    along = (direction @ REFERENCE > 0)[:, None]
    material = np.column_stack([sides.material[i], sides.material[j]])
    return Edges(
        start=np.where(along, sides.start[i], sides.end[i]),
        end=np.where(along, sides.end[i], sides.start[i]),
        direction=np.where(along, direction, -direction),
        normal_0=np.where(mirror, normal_n, normal_0),
        normal_n=np.where(mirror, normal_0, normal_n),
        n=np.broadcast_to(np.asarray(n, float), i.shape).copy(),
        material=np.where(mirror, material[:, ::-1], material).astype(np.int32),
        part=sides.part[i].astype(np.int32),
    )


def _rims(sides: Sides, i: np.ndarray) -> Edges:
    """Free rims of sheets: both faces are the two sides of one triangle."""
    return _wedges(sides, i, i, sides.normal[i], -sides.normal[i], 2.0)


def _consistent(sides: Sides, i: np.ndarray) -> np.ndarray:
    """Whether the two triangles wind alike, as on the surface of a body, and do not lie on each other."""
    back_to_back = np.einsum("ij,ij->i", sides.normal[i], sides.normal[i + 1]) < np.cos(np.pi - 1e-3)
    return (sides.forward[i] != sides.forward[i + 1]) & ~back_to_back


def _folds(sides: Sides, i: np.ndarray, min_turn: float) -> Edges:
    """Convex edges between two triangles of a surface."""
    j = i + 1
    cosine = np.einsum("ij,ij->i", sides.normal[i], sides.normal[j])
    sine = np.linalg.norm(np.cross(sides.normal[i], sides.normal[j]), axis=1)
    turn = np.arctan2(sine, cosine)
    keep = (np.einsum("ij,ij->i", sides.tangent[j], sides.normal[i]) < 0) & (turn >= min_turn)
    i, j = i[keep], j[keep]
    return _wedges(sides, i, j, sides.normal[i], sides.normal[j], 1 + turn[keep] / np.pi)


def _junctions(sides: Sides, first: np.ndarray, size: int, min_turn: float) -> Edges:
    """Where `size` sheets meet: the gap between neighbouring faces that is wider than pi, if there is one."""
    group = first[:, None] + np.arange(size)  # (junction, face)
    direction = sides.end[first] - sides.start[first]
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    x = sides.tangent[first]
    y = np.cross(direction, x)
    along_x, along_y = (np.einsum("jfi,ji->jf", sides.tangent[group], axis) for axis in (x, y))
    angle = np.arctan2(along_y, along_x)
    order = np.argsort(angle, axis=1, kind="stable")
    angle = np.take_along_axis(angle, order, 1)
    gap = np.diff(np.hstack([angle, angle[:, :1] + 2 * np.pi]), axis=1)
    widest = gap.argmax(axis=1)
    junction = np.flatnonzero(gap.max(axis=1) >= np.pi + min_turn)
    low = widest[junction]
    i, j = (group[junction, order[junction, k]] for k in (low, (low + 1) % size))
    normal_0 = np.cross(direction[junction], sides.tangent[i])
    normal_n = -np.cross(direction[junction], sides.tangent[j])
    return _wedges(sides, i, j, normal_0, normal_n, gap[junction, low] / np.pi)


def _concatenate(pieces: list[Edges]) -> Edges:
    return Edges(**{f.name: np.concatenate([getattr(p, f.name) for p in pieces]) for f in fields(Edges)})


def _join(edges: Edges) -> Edges:
    """Join pieces that follow each other on one line between the same faces and materials."""
    if len(edges) == 0:
        return edges
    places = np.rint(np.concatenate([edges.start, edges.end]) / WELD).astype(np.int64)
    parts = np.tile(edges.part, 2)
    _, node = np.unique(np.column_stack([parts, places]), axis=0, return_inverse=True)
    start, end = np.split(node.ravel(), 2)
    order = np.argsort(start, kind="stable")
    low, high = (np.searchsorted(start[order], end, side=side) for side in ("left", "right"))
    i = np.repeat(np.arange(len(edges)), high - low)
    j = order[np.arange(len(i)) - np.repeat(np.cumsum(high - low) - (high - low), high - low) + low[i]]
    same = (edges.material[i] == edges.material[j]).all(axis=1)
    for name in ("direction", "normal_0", "normal_n"):
        same &= np.linalg.norm(getattr(edges, name)[i] - getattr(edges, name)[j], axis=1) < COLLINEAR
    graph = coo_matrix((np.ones(same.sum()), (i[same], j[same])), (len(edges), len(edges)))
    label = connected_components(graph, directed=False)[1]
    chord = _chords(edges, label)
    offset = edges.start - chord.start[label]
    stray = np.linalg.norm(np.cross(offset, chord.direction[label]), axis=1)
    bent = np.bincount(label, stray > STRAIGHT, len(chord)) > 0
    return _concatenate([chord.select(~bent), edges.select(bent[label])])


def _chords(edges: Edges, label: np.ndarray) -> Edges:
    """One edge per label, from its first point to its last."""
    direction = edges.direction[np.unique(label, return_index=True)[1]][label]
    first = np.lexsort((np.einsum("ij,ij->i", edges.start, direction), label))
    last = np.lexsort((np.einsum("ij,ij->i", edges.end, direction), label))
    new = np.append(True, np.diff(label[first]) != 0)
    leading, trailing = first[new], last[np.append(new[1:], True)]
    chord = edges.end[trailing] - edges.start[leading]
    chord /= np.linalg.norm(chord, axis=1, keepdims=True)
    return replace(edges.select(leading), end=edges.end[trailing], direction=chord)
