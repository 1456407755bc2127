"""Walls with windows, doors and balconies.

A wall lies in the plane x = 0, faces +x and runs along y from 0; its openings are cut out, so that glass stands back
behind real reveals.
"""

from dataclasses import dataclass, replace

import numpy as np

from blender_scenes.assets import surfaces as s
from blender_scenes.assets.shapes import Shape, Solid, box, joined, moved, quads, repeated
from raysim.materials import Material
from raysim.panels import PANELS, is_dark

REVEAL = 0.14  # [m] glass stands back this far
GLAZING = {
    "single": "single_glazing",
    "shop": "shop_window",
    "double": "double_glazing",
    "low_e": "coated_double_glazing",
}
ROOM_DEPTH = (2.5, 5.0)  # [m]


@dataclass(frozen=True)
class Opening:
    """A kind of opening, repeated over a wall.

    Attributes
    ----------
    width, height : float
        [m].
    corners : (n, 2) float64
        Lower left corner of each, along the wall and up [m].
    is_door : bool
    """

    width: float
    height: float
    corners: np.ndarray
    is_door: bool = False


@dataclass(frozen=True)
class Glazing:
    """The panes of a building's windows and doors, and what stands behind them.

    Attributes
    ----------
    kind : str
        Key of `GLAZING`.
    rooms : numpy.random.Generator
        Chooses how deep the rooms are.
    """

    kind: str
    rooms: np.random.Generator

    @property
    def panes(self) -> tuple[Material, Material]:
        """Glass before a dark room and before a drawn curtain."""
        clear, curtained = (
            replace(glass, name=f"{glass.name}.{self.kind}", panel=GLAZING[self.kind])
            for glass in (s.WINDOW_GLASS, s.CURTAIN_GLASS)
        )
        return clear, curtained


def add_wall(
    solid: Solid, width: float, bands: list[tuple[float, Material]], openings: list[Opening], place, frame: Material,
    glazing: Glazing, *, rng: np.random.Generator,
) -> None:  # fmt: skip
    """Add a wall with its openings to a building.

    Parameters
    ----------
    solid : Solid
        Takes the shapes.
    width : float
        [m].
    bands : list of (float, Material)
        Top of each horizontal band of the wall, bottom first [m], and its surface.
    openings : list of Opening
    place : callable
        Moves a shape from the wall's axes to the building's.
    frame : Material
        Of windows and doors.
    glazing : Glazing
    rng : numpy.random.Generator
        Chooses the windows with drawn curtains.
    """
    tops = [top for top, _ in bands]
    u = _edges([0.0, width], [(o.corners[:, 0], o.width) for o in openings])
    z = _edges([0.0, *tops], [(o.corners[:, 1], o.height) for o in openings])
    solid_cell = np.ones((len(z) - 1, len(u) - 1), bool)
    for opening in openings:
        for corner in opening.corners:
            rows = slice(_index(z, corner[1]), _index(z, corner[1] + opening.height))
            columns = slice(_index(u, corner[0]), _index(u, corner[0] + opening.width))
            solid_cell[rows, columns] = False
    band_of_row = np.searchsorted(tops, (z[:-1] + z[1:]) / 2)
    for band, (_, surface) in enumerate(bands):
        at_row, at_column = np.nonzero(solid_cell & (band_of_row == band)[:, None])
        if len(at_row):
            cells = _rectangles(u[at_column], u[at_column + 1], z[at_row], z[at_row + 1])
            solid.add(place(cells), surface)
    for opening in openings:
        _add_openings(solid, opening, place, bands[-1][1], frame, glazing, rng=rng)


def _edges(fixed: list[float], spans: list[tuple[np.ndarray, float]]) -> np.ndarray:
    every = [np.asarray(fixed)] + [np.concatenate([low, low + size]) for low, size in spans]
    return np.unique(np.round(np.concatenate(every), 4))


def _index(edges: np.ndarray, value: float) -> int:
    return int(np.abs(edges - value).argmin())


def _rectangles(u0, u1, z0, z1, x: float = 0.0) -> Shape:
    flat = np.zeros(np.shape(u0)) + x
    corners = [(flat, u0, z0), (flat, u1, z0), (flat, u1, z1), (flat, u0, z1)]
    return quads(np.stack([np.stack(np.broadcast_arrays(*corner), axis=-1) for corner in corners], axis=1))


def _add_openings(solid, opening: Opening, place, wall: Material, frame: Material, glazing: Glazing, *, rng) -> None:
    w, h = opening.width, opening.height
    at = np.column_stack([np.zeros(len(opening.corners)), opening.corners])
    solid.add(place(repeated(_reveals(w, h), at)), wall)
    solid.add(place(repeated(_frame(w, h, opening.is_door), at)), frame)
    if opening.is_door:
        solid.add(place(repeated(box((0.0, -0.5, h + 0.15), (1.3, w + 0.5, h + 0.3)), at)), s.CONCRETE)
    else:
        solid.add(place(repeated(box((-REVEAL, -0.06, -0.05), (0.07, w + 0.06, 0.0)), at)), s.CONCRETE)
    pane = quads(np.array([[[-REVEAL + 0.02, y, z] for y, z in ((0, 0), (w, 0), (w, h), (0, h))]]))
    curtained = rng.random(len(at)) < (0.0 if opening.is_door else 0.3)
    for which, glass in zip((~curtained, curtained), glazing.panes, strict=True):
        if which.any():
            solid.add(place(repeated(pane, at[which])), glass)
    if not is_dark(PANELS[GLAZING[glazing.kind]]):
        solid.add(place(_rooms(opening, rng=glazing.rooms)), s.ROOM)


def _rooms(opening: Opening, *, rng: np.random.Generator) -> Shape:
    """Niches behind openings that narrow down to a back wall, each of its own depth: no two make one large plane."""
    count = len(opening.corners)
    y, z = (np.array([0, 1, 1, 0]) - 0.5) * opening.width, (np.array([0, 0, 1, 1]) - 0.5) * opening.height
    depth, narrow = rng.uniform(*ROOM_DEPTH, (count, 1)), rng.uniform(0.75, 0.9, (count, 1))
    middle = opening.corners + [opening.width / 2, opening.height / 2]
    front = np.stack([np.full((count, 4), -REVEAL), middle[:, :1] + y, middle[:, 1:] + z], axis=2)
    back = np.stack([np.tile(-REVEAL - depth, 4), middle[:, :1] + narrow * y, middle[:, 1:] + narrow * z], axis=2)
    after = np.roll(np.arange(4), -1)
    sides = np.stack([front, front[:, after], back[:, after], back], axis=2)  # (room, side, corner, xyz)
    return quads(np.concatenate([back, sides.reshape(-1, 4, 3)]))


def _reveals(w: float, h: float) -> Shape:
    d = -REVEAL
    return quads(np.array([
        [[0, 0, 0], [d, 0, 0], [d, 0, h], [0, 0, h]][::-1],
        [[0, w, 0], [d, w, 0], [d, w, h], [0, w, h]],
        [[0, 0, 0], [0, w, 0], [d, w, 0], [d, 0, 0]],
        [[0, 0, h], [d, 0, h], [d, w, h], [0, w, h]],
    ]))  # fmt: skip


def _frame(w: float, h: float, is_door: bool) -> Shape:
    back, front, bar = -REVEAL - 0.02, -REVEAL + 0.05, 0.06
    bars = [
        box((back, 0, 0), (front, bar, h)),
        box((back, w - bar, 0), (front, w, h)),
        box((back, bar, h - bar), (front, w - bar, h)),
        box((back, bar, 0), (front, w - bar, bar)),
    ]
    leaves = max(1, round(w / 0.9))
    for k in range(1, leaves):
        middle = w * k / leaves
        bars.append(box((back, middle - bar / 2, bar), (front, middle + bar / 2, h - bar)))
    if is_door:
        bars.append(box((back, bar, 0.95), (front + 0.03, w - bar, 1.05)))
    return joined(bars)


def add_balconies(solid: Solid, corners: np.ndarray, width: float, place) -> None:
    """Add balconies to a wall.

    Parameters
    ----------
    solid : Solid
    corners : (n, 2) float64
        Left end of each slab, along the wall and up [m].
    width : float
        [m].
    place : callable
        Moves a shape from the wall's axes to the building's.
    """
    at = np.column_stack([np.zeros(len(corners)), corners])
    solid.add(place(repeated(box((0.0, 0.0, -0.18), (1.2, width, 0.0)), at)), s.CONCRETE)
    post = box((1.13, 0.0, 0.0), (1.17, 0.04, 1.02))
    along = np.arange(0.0, width - 0.03, 0.14)
    bars = [repeated(post, np.column_stack([0 * along, along, 0 * along]))]
    outward = np.arange(0.0, 1.1, 0.14)
    for side in (0.0, width - 0.04):
        spots = np.column_stack([-outward, np.full(len(outward), side), 0 * outward])
        bars.append(repeated(box((1.13, 0.0, 0.0), (1.17, 0.04, 1.02)), spots))
        bars.append(box((0.0, side, 1.02), (1.18, side + 0.05, 1.07)))
    bars.append(box((1.12, 0.05, 1.02), (1.18, width - 0.05, 1.07)))
    solid.add(place(repeated(joined(bars), at)), s.STEEL_PAINTED)


def side_placer(side: int, width: float, depth: float):
    """Return the move from a wall's axes to side 0 front (+x), 1 left (+y), 2 back or 3 right of a building."""
    length, reach = ((width, depth), (depth, width))[side % 2]

    def place(shape: Shape) -> Shape:
        return moved(moved(shape, (reach / 2, -length / 2, 0.0)), yaw=side * np.pi / 2)

    return place
