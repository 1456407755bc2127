"""A block of ray tubes on its way from hit to hit, and what it meets: bundles of arrays that kernels read by name."""

from typing import NamedTuple

import numpy as np
from numba import njit

from raysim.panels import PanelTable

SURFACE_OFFSET = 5e-4  # [m] a ray starts this far off the surface it left


class Tubes(NamedTuple):
    """State of a block of tubes between two hits.

    Tubes that end leave their rows behind; those that part from others at a pane or behind leaves take such rows.

    Attributes
    ----------
    origin, direction : (n, 3) float64
        Last point [m] and unit direction.
    axis_u, axis_v : (n, 3) float64
        Change of the direction across the tube, mirrored at every bounce [rad].
    field : (n, 3) complex128
        Transverse field times the transmit amplitude gain, all reflections so far in.
    length : (n,) float64
        Travelled [m].
    rate, acceleration : (n,) float64
        First and second time derivative of `length` [m/s], [m/s2].
    velocity, point_acceleration : (n, 3) float64
        Of the last point [m/s], [m/s2].
    moved : (n,) bool
        Some point so far moves; else the four above are of no meaning, and would be 0.
    departure : (n, 3) float64
        Direction at launch.
    first_instance : (n,) int32
        -1 before the first hit.
    kinds : (n,) uint32
        Interaction digits so far.
    owner, plane : (n,) int32
        Owner of the grid, and the large plane in which it sees the owner; -1 = none.
    cell : (n,) float64
        Side of the diffuse phase cells [m].
    imaged : (n,) bool
        The last hit was connected to the receiver's mirror images.
    silent : (n,) bool
        The next hit sends nothing to the receiver: it is a plane on the way to an image, which the tiles cover.
    last_triangle : (n,) int32
        -1 before the first reflection.
    launched : (n,) float64
        Squared magnitude of the field at launch.
    bounces : (n,) int32
        Reflections so far.
    start : (n, 3) float64
        Where the search for the next hit begins [m]: off the last point's surface, behind the panes crossed.
    crossed : (n,) bool
        Panes lie between the last point and `start`.
    through : (n,) complex128
        Transmission of the panes and crowns crossed before the first reflection, in the receiver's polarisation.
    """

    origin: np.ndarray
    direction: np.ndarray
    axis_u: np.ndarray
    axis_v: np.ndarray
    field: np.ndarray
    length: np.ndarray
    rate: np.ndarray
    acceleration: np.ndarray
    velocity: np.ndarray
    point_acceleration: np.ndarray
    moved: np.ndarray
    departure: np.ndarray
    first_instance: np.ndarray
    kinds: np.ndarray
    owner: np.ndarray
    plane: np.ndarray
    cell: np.ndarray
    imaged: np.ndarray
    silent: np.ndarray
    last_triangle: np.ndarray
    launched: np.ndarray
    bounces: np.ndarray
    start: np.ndarray
    crossed: np.ndarray
    through: np.ndarray

    @classmethod
    def room(cls, n: int) -> "Tubes":
        """Rows for `n` tubes, nothing in them."""
        shapes = {name: (n, 3) for name in _VECTORS}
        return cls(*(np.empty(shapes.get(name, n), _TYPES.get(name, np.float64)) for name in cls._fields))

    def widened(self, more: int) -> "Tubes":
        """Return the same tubes with `more` rows to spare."""
        return Tubes(*(np.concatenate(pair) for pair in zip(self, Tubes.room(more), strict=True)))

    def spare(self, alive: np.ndarray, count: int) -> "tuple[Tubes, np.ndarray]":
        """Find `count` rows besides those `alive`; the tubes come back with more rows where these do not suffice."""
        free = np.ones(len(self.length), bool)
        free[alive] = False
        rows = np.flatnonzero(free)
        if len(rows) >= count:
            return self, rows[:count]
        have, more = len(free), count - len(rows)
        return self.widened(more), np.concatenate([rows, np.arange(have, have + more)])


_VECTORS = ("origin", "direction", "axis_u", "axis_v", "field", "velocity", "point_acceleration", "departure", "start")
_TYPES: dict[str, type] = {"field": np.complex128, "through": np.complex128, "kinds": np.uint32}
_TYPES |= dict.fromkeys(("first_instance", "owner", "plane", "last_triangle", "bounces"), np.int32)
_TYPES |= dict.fromkeys(("moved", "imaged", "silent", "crossed"), np.bool_)


@njit(cache=True, error_model="numpy", inline="always")
def copy_tube(tubes, i, k):
    """Make row k a copy of row i."""
    for axis in range(3):
        tubes.origin[k, axis], tubes.direction[k, axis] = tubes.origin[i, axis], tubes.direction[i, axis]
        tubes.axis_u[k, axis], tubes.axis_v[k, axis] = tubes.axis_u[i, axis], tubes.axis_v[i, axis]
        tubes.field[k, axis], tubes.start[k, axis] = tubes.field[i, axis], tubes.start[i, axis]
        tubes.departure[k, axis], tubes.velocity[k, axis] = tubes.departure[i, axis], tubes.velocity[i, axis]
        tubes.point_acceleration[k, axis] = tubes.point_acceleration[i, axis]
    tubes.length[k], tubes.rate[k], tubes.acceleration[k] = tubes.length[i], tubes.rate[i], tubes.acceleration[i]
    tubes.moved[k], tubes.imaged[k], tubes.silent[k] = tubes.moved[i], tubes.imaged[i], tubes.silent[i]
    tubes.crossed[k], tubes.through[k], tubes.launched[k] = tubes.crossed[i], tubes.through[i], tubes.launched[i]
    tubes.first_instance[k], tubes.kinds[k], tubes.cell[k] = tubes.first_instance[i], tubes.kinds[i], tubes.cell[i]
    tubes.owner[k], tubes.plane[k] = tubes.owner[i], tubes.plane[i]
    tubes.last_triangle[k], tubes.bounces[k] = tubes.last_triangle[i], tubes.bounces[i]


class Surfaces(NamedTuple):
    """What the triangles are made of: per triangle (first five), then per material."""

    normal: np.ndarray  # (num_triangles, 3) float64
    material: np.ndarray  # (num_triangles,) int32
    part: np.ndarray  # (num_triangles,) int32
    flat: np.ndarray  # (num_triangles,) bool
    plane: np.ndarray  # (num_triangles,) int32, index of the large plane; -1 = none
    permittivity: np.ndarray  # (num_materials,) complex128
    rms_height: np.ndarray  # (num_materials,) float64 [m]
    scattering: np.ndarray  # (num_materials,) float64
    lobe: np.ndarray  # (num_materials, 3) float64: `raysim.scattering.lobe_row`
    panels: PanelTable  # one a material, empty for half-spaces


class Bodies(NamedTuple):
    """Rigid motion of the parts at the middle of the frame."""

    pose: np.ndarray  # (num_parts, 4, 4) float64
    velocity: np.ndarray  # (num_parts, 3) float64 [m/s]
    spin: np.ndarray  # (num_parts, 3) float64 [rad/s]
    acceleration: np.ndarray  # (num_parts, 3) float64 [m/s2]
    spin_rate: np.ndarray  # (num_parts, 3) float64, angular acceleration [rad/s2]
    moves: np.ndarray  # (num_parts,) bool: any of the four is not 0


class Contributions(NamedTuple):
    """What hits give the receiver, a row each."""

    gain: np.ndarray  # (n,) complex128
    length: np.ndarray  # (n,) float64, of the whole path [m]
    rate: np.ndarray  # (n,) float64 [m/s]
    acceleration: np.ndarray  # (n,) float64 [m/s2]
    arrival: np.ndarray  # (n, 3) float64, receiver to hit
    point: np.ndarray  # (n, 3) float64, the hit [m]
    start: np.ndarray  # (n, 3) float64, off its surface [m]: where the way to the receiver begins
    hit: np.ndarray  # (n,) int32, its number in the block
    known: np.ndarray  # (n,) bool: whether the way to the receiver is free is known, and in `gain`

    @classmethod
    def room(cls, n: int) -> "Contributions":
        """Room for `n` hits, nothing in it."""
        length, rate, acceleration = (np.empty(n) for _ in range(3))
        arrival, point, start = (np.empty((n, 3)) for _ in range(3))
        gain, hit, known = np.empty(n, np.complex128), np.empty(n, np.int32), np.empty(n, bool)
        return cls(gain, length, rate, acceleration, arrival, point, start, hit, known)


class Workspace:
    """Rows that the blocks of one thread use one after the other: fresh memory would cost a seventh of the tracing."""

    def __init__(self, rows: int):
        self._tubes, self._contributions = Tubes.room(rows), Contributions.room(rows)

    def tubes(self, n: int) -> Tubes:
        """Rows for `n` tubes, what the block before left in them; those handed out before are taken back."""
        if n > len(self._tubes.length):
            self._tubes = Tubes.room(n)
        return Tubes(*(column[:n] for column in self._tubes))

    def contributions(self, n: int) -> Contributions:
        """Rows for `n` hits, likewise."""
        if n > len(self._contributions.gain):
            self._contributions = Contributions.room(n)
        return Contributions(*(column[:n] for column in self._contributions))
