"""Buildings: offices, blocks of flats and shops with real windows, doors, balconies and roofs."""

from dataclasses import dataclass

import numpy as np

from blender_scenes.assets import Asset
from blender_scenes.assets import surfaces as s
from blender_scenes.assets.facade import GLAZING, Glazing, Opening, add_balconies, add_wall, side_placer
from blender_scenes.assets.shapes import Solid, box, moved, quads, tube
from raysim.materials import Material

PLINTH = 0.55  # [m] height of the base


@dataclass(frozen=True)
class Style:
    """What a kind of building looks like.

    Attributes
    ----------
    wall : Material
        Recoloured by the building's own colour.
    frame : Material
    window : tuple of 2 float
        Share of a bay's width and of the storey's height.
    sill : float
        Height of a window above its floor [m].
    courses : bool
        Bands of stone between the storeys.
    """

    wall: Material
    frame: Material
    window: tuple[float, float]
    sill: float
    courses: bool


STYLES = {
    "office": Style(s.RENDER, s.FRAME_DARK, (0.72, 0.52), 0.9, True),
    "flats": Style(s.BRICK, s.FRAME_WHITE, (0.46, 0.48), 0.9, False),
    "shop": Style(s.CONCRETE, s.FRAME_DARK, (0.84, 0.62), 0.45, True),
}


@dataclass(frozen=True)
class BuildingParams:
    """Rectangular building whose front faces +x.

    Attributes
    ----------
    width, depth : float
        Along y and x [m].
    floors : int
    floor_height : float
        [m].
    bay : float
        Distance of the windows' axes, before it is fitted to the width [m].
    style : str
        Key of `STYLES`.
    colour : tuple of 3 float
        Of the walls, linear sRGB.
    roof : str
        "flat" or "gable".
    balconies : bool
        Whether upper storeys have balconies in front.
    seed : int
        Of the windows' curtains, the rooms' depths and the doors' places.
    glazing : str
        Key of `blender_scenes.assets.facade.GLAZING`.
    """

    width: float = 36.0
    depth: float = 13.0
    floors: int = 4
    floor_height: float = 3.1
    bay: float = 3.0
    style: str = "flats"
    colour: tuple[float, float, float] = (0.33, 0.13, 0.085)
    roof: str = "flat"
    balconies: bool = False
    seed: int = 0
    glazing: str = "low_e"


def make_building(params: BuildingParams) -> Asset:
    """Make a building.

    Parameters
    ----------
    params : BuildingParams

    Returns
    -------
    Asset
        Category "building", origin on the ground under its middle.

    Raises
    ------
    ValueError
        If style, roof or glazing is unknown.
    """
    if params.style not in STYLES:
        raise ValueError(f"building: style must be one of {sorted(STYLES)}, got {params.style!r}")
    if params.roof not in ("flat", "gable"):
        raise ValueError(f"building: roof must be 'flat' or 'gable', got {params.roof!r}")
    if params.glazing not in GLAZING:
        raise ValueError(f"building: glazing must be one of {sorted(GLAZING)}, got {params.glazing!r}")
    rng = np.random.Generator(np.random.Philox(params.seed))
    glazing = Glazing(params.glazing, np.random.Generator(np.random.Philox(key=[params.seed, 1])))
    solid = Solid()
    for side in range(4):
        _add_side(solid, params, side, glazing, rng=rng)
    _add_trim(solid, params)
    if params.roof == "flat":
        _add_flat_roof(solid, params, rng=rng)
    else:
        _add_gable_roof(solid, params)
    return solid.asset("building", "building")


def _height(params: BuildingParams) -> float:
    return PLINTH + params.floors * params.floor_height


def _wall_material(params: BuildingParams) -> Material:
    style = STYLES[params.style]
    return style.wall.renamed("facade", params.colour)


def _add_side(solid: Solid, params: BuildingParams, side: int, glazing: Glazing, *, rng: np.random.Generator) -> None:
    style = STYLES[params.style]
    length = (params.width, params.depth)[side % 2]
    place = side_placer(side, params.width, params.depth)
    bays = max(1, int((length - 0.8) / params.bay))
    step = length / bays
    axis = (np.arange(bays) + 0.5) * step
    levels = PLINTH + params.floor_height * np.arange(params.floors)
    window = (style.window[0] * step, style.window[1] * params.floor_height)
    grid = np.stack(np.meshgrid(axis - window[0] / 2, levels + style.sill), axis=-1)  # (floors, bays, 2)
    keep = np.ones(grid.shape[:2], bool)
    openings = []
    if side == 0:
        doors = 1 + (bays > 8)
        at = np.sort(rng.choice(bays, doors, replace=False))
        keep[0, at] = False
        door_width = min(1.9, 0.8 * step)
        corners = np.column_stack([axis[at] - door_width / 2, np.zeros(doors)])
        openings.append(Opening(door_width, min(2.5, params.floor_height), corners, is_door=True))
    if side == 2:
        keep[:] = False  # nobody sees the back
    if keep.any():
        openings.append(Opening(window[0], window[1], grid[keep]))
    bands = [(PLINTH, s.CONCRETE), (_height(params), _wall_material(params))]
    add_wall(solid, length, bands, openings, place, style.frame, glazing, rng=rng)
    if side == 0 and params.balconies and params.floors > 1:
        columns = np.arange(1, bays - 1, 3)
        slab = 0.9 * step
        corners = np.stack(np.meshgrid(axis[columns] - slab / 2, levels[1:]), axis=-1).reshape(-1, 2)
        if len(corners):
            add_balconies(solid, corners, slab, place)


def _add_trim(solid: Solid, params: BuildingParams) -> None:
    x, y = params.depth / 2, params.width / 2
    if STYLES[params.style].courses:
        for floor in range(1, params.floors):
            z = PLINTH + floor * params.floor_height
            solid.add(box((x - 0.02, -y, z - 0.08), (x + 0.05, y, z + 0.08)), s.CONCRETE)
    for side in (-1, 1):
        at = side * (y - 0.25)
        pipe = np.array([[x + 0.08, at, 0.0], [x + 0.08, at, _height(params) - 0.1]])
        solid.add(tube(pipe, np.full(2, 0.05), 12), s.STEEL)


def _add_flat_roof(solid: Solid, params: BuildingParams, *, rng: np.random.Generator) -> None:
    x, y, top = params.depth / 2, params.width / 2, _height(params)
    roof = top - 0.35
    solid.add(quads(np.array([[[-x, -y, roof], [x, -y, roof], [x, y, roof], [-x, y, roof]]])), s.ROOF_FELT)
    out, thick = 0.14, 0.3
    for sign in (-1, 1):
        across = sorted((sign * (x - thick), sign * (x + out)))
        solid.add(box((across[0], -y - out, top - 0.12), (across[1], y + out, top + 0.22)), s.CONCRETE)
        along = sorted((sign * (y - thick), sign * (y + out)))
        solid.add(box((-x + thick, along[0], top - 0.12), (x - thick, along[1], top + 0.22)), s.CONCRETE)
    for _ in range(int(rng.integers(1, 4))):
        centre = np.array([rng.uniform(-0.5, 0.2) * x, rng.uniform(-0.7, 0.7) * y])
        half = rng.uniform(0.8, 1.6, 2)
        low, high = centre - half, centre + half
        solid.add(box((*low, roof), (*high, top + rng.uniform(0.9, 1.8))), s.STEEL)


def _add_gable_roof(solid: Solid, params: BuildingParams) -> None:
    x, y, top = params.depth / 2, params.width / 2, _height(params)
    rise = 0.42 * params.depth
    out, thick = 0.45, 0.22
    slope = rise / x
    eave, side = top - slope * out, y + 0.35
    for sign in (-1, 1):
        outer = np.array([[x + out, -side, eave], [x + out, side, eave], [0, side, top + rise], [0, -side, top + rise]])
        outer[:, 2] += thick
        under = (outer - [0, 0, thick])[::-1]
        edge = np.array([outer[0] - [0, 0, thick], outer[1] - [0, 0, thick], outer[1], outer[0]])
        verge = [
            np.array([outer[i], outer[j], outer[j] - [0, 0, thick], outer[i] - [0, 0, thick]])
            for i, j in ((0, 3), (2, 1))
        ]
        faces = quads(np.array([outer, under, edge, *verge]))
        solid.add(moved(faces, yaw=0.0 if sign > 0 else np.pi), s.ROOF_TILE)
    for sign in (-1, 1):
        corners = np.array([[-sign * -x, sign * y, top], [-sign * x, sign * y, top], [0, sign * y, top + rise]])
        solid.add((corners, np.array([[0, 1, 2]], np.int32)), _wall_material(params))
    chimney = 0.3 * y
    solid.add(box((-1.4, chimney, top), (-0.7, chimney + 0.9, top + rise + 0.9)), s.BRICK)
