"""Behind the openings of a car's front: the cooler with its frame and the grille's blades, and the lamps' cells.

What returns on real cars over wide angles are corners of flat metal: blades before the cooler, silvered cells of lamps.
They are flat faces with hard edges here, so that the tracer's tubes bounce off them.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from blender_scenes.assets.car_body import Region
from blender_scenes.assets.car_shape import CarShape
from blender_scenes.assets.mesh import Patch, box, drop_degenerate, fan, loft, merge
from blender_scenes.assets.paints import Slot

COOLER_DEPTH = 0.15  # [m] of the cooler behind the rearmost point of the opening's rim
FRAME_DEPTH = 0.13  # [m] of the steel frame around the cooler
SHEET = 0.004  # [m] thickness of its sides
BLADE_DEPTH, BLADE_HEIGHT = 0.04, 0.007  # [m]
CELL_YAW = np.deg2rad(18.0)  # outwards: cells follow the sweep of the lens
CELL_CLEARANCE = 0.008  # [m] behind the lens


class Cell(NamedTuple):
    """A silvered box behind a lens, open to the front: middle of its mouth in y and z, size [m]."""

    y: float
    z: float
    width: float
    height: float
    depth: float


def pocket(region: Region, place: Callable[[np.ndarray], np.ndarray], wall: int, back: int) -> Patch:
    """Walls from a region's rim inwards, and a back of the region's own triangles.

    Parameters
    ----------
    region : Region
    place : callable
        Puts (n, 3) points of the region to where the back stands [m].
    wall, back : int
        Slots.
    """
    start, end = region.rim[:, 0], region.rim[:, 1]
    quads = np.stack([end, start, place(start), place(end)], axis=1)
    first = 4 * np.arange(len(quads))[:, None]
    triangles = np.concatenate([first + [0, 1, 2], first + [0, 2, 3]])
    walls = drop_degenerate(Patch(quads.reshape(-1, 3), triangles, np.full(len(triangles), wall)))
    count = len(region.patch.triangles)
    return merge([walls, Patch(place(region.patch.vertices), region.patch.triangles, np.full(count, back))])


def cooling_pack(shape: CarShape, opening: Region, blades: int, slot: int) -> Patch:
    """Left half of what an opening in the front shows: cooler, frame of steel around it, blades across it.

    Parameters
    ----------
    shape : CarShape
    opening : Region
        Left half.
    blades : int
        Number of them.
    slot : int
        Of the blades.
    """
    low, high = opening.patch.vertices.min(axis=0), opening.patch.vertices.max(axis=0)
    cooler, half, tall = low[0] - COOLER_DEPTH, high[1], high[2] - low[2]

    def at_cooler(points: np.ndarray) -> np.ndarray:
        return np.column_stack([np.full(len(points), cooler), points[:, 1:]])

    middle = cooler + FRAME_DEPTH / 2
    level, upright = [FRAME_DEPTH, half, SHEET], [FRAME_DEPTH, SHEET, tall]
    frame = [
        box(level, Slot.COOLER, (middle, half / 2, low[2] + SHEET)),
        box(level, Slot.COOLER, (middle, half / 2, high[2] - SHEET)),
        box(upright, Slot.COOLER, (middle, half - SHEET, low[2] + tall / 2)),
    ]
    heights = low[2] + tall * (np.arange(blades) + 1) / (blades + 1)
    across = [_blade(shape, z, half - SHEET, slot) for z in heights]
    return merge([pocket(opening, at_cooler, Slot.TRIM, Slot.COOLER), *frame, *across])


def _blade(shape: CarShape, z: float, half: float, slot: int) -> Patch:
    """Left half of a level blade that follows the front's bow, flat above and below."""
    y = np.linspace(0, half, 6)
    lead = shape.surface_x(y, np.full(len(y), z), 1) - 0.006
    section = np.array([(-BLADE_DEPTH, -0.5), (-0.006, -0.5), (0.0, 0.0), (-0.006, 0.5), (-BLADE_DEPTH, 0.5)])
    x, level = lead[:, None] + section[:, 0], z + BLADE_HEIGHT * section[:, 1]
    lines = np.stack(np.broadcast_arrays(x, y[:, None], level), axis=-1)
    return merge([loft(lines[:, k : k + 2], slot) for k in range(len(section) - 1)])


def lamp(shape: CarShape, lens: Region, cells: Sequence[Cell]) -> Patch:
    """Housing and cells of a left lamp behind its lens."""
    deep = 2 * max(cell.depth for cell in cells)

    def behind(points: np.ndarray) -> np.ndarray:
        # shallow at the side, where the wheel well follows
        share = np.clip((points[:, 0] - shape.front_x + 0.42) / 0.2, 0.12, 1.0)
        return points - deep * share[:, None] * np.array([np.cos(CELL_YAW), np.sin(CELL_YAW), 0.0])

    return merge([pocket(lens, behind, Slot.TRIM, Slot.HEADLAMP), *(_box_of(shape, cell) for cell in cells)])


def _box_of(shape: CarShape, cell: Cell) -> Patch:
    """Three sides of a cell in plan, its floor and top."""
    ahead, aside = np.array([np.cos(CELL_YAW), np.sin(CELL_YAW)]), np.array([-np.sin(CELL_YAW), np.cos(CELL_YAW)])
    wide, deep = cell.width / 2 * aside, cell.depth * ahead
    plan = _room_for(shape, cell, wide) + np.array([wide, wide - deep, -wide - deep, -wide])
    low, high = (np.column_stack([plan, np.full(4, cell.z + side * cell.height / 2)]) for side in (-1, 1))
    sides = [loft(np.stack([low[k : k + 2], high[k : k + 2]]), Slot.MIRROR) for k in range(3)]
    return merge([*sides, fan(low, Slot.MIRROR), fan(high[::-1], Slot.MIRROR)])


def _room_for(shape: CarShape, cell: Cell, wide: np.ndarray) -> np.ndarray:
    """Middle of a cell's mouth in plan, (2,): as far ahead as the lens lets it [m]."""
    x = np.linspace(shape.front_x, shape.front_x - 0.5, 126)
    across = np.array([np.append(u * wide, v * cell.height / 2) for u in (-1, 0, 1) for v in (-1, 1)])
    points = across + np.array([0.0, cell.y, cell.z]) + np.stack([x, 0 * x, 0 * x], axis=-1)[:, None]
    room = shape(points.reshape(-1, 3)).reshape(len(x), -1).max(axis=1)
    return np.array([x[np.argmax(room < -CELL_CLEARANCE)], cell.y])
