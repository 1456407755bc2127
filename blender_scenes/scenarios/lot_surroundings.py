"""What stands about a parking lot: buildings, trees and hedges, islands, lamp posts, bins and signs."""

from dataclasses import replace
from typing import Any

import numpy as np

from blender_scenes.assets.buildings import BuildingParams
from blender_scenes.assets.fence import FenceParams
from blender_scenes.assets.street import (
    BinParams,
    BollardParams,
    IslandParams,
    LampPostParams,
    MastParams,
    SignParams,
)
from blender_scenes.assets.vegetation import HedgeParams, TreeParams
from blender_scenes.recipe import Placement, plain
from blender_scenes.scenarios.lot_layout import BAY_DEPTH, BAY_WIDTH, ISLAND_WIDTH, Lot

PAVEMENT = 2.6  # [m] wide
WALLS = {  # linear sRGB
    "flats": ((0.33, 0.13, 0.085), (0.24, 0.10, 0.07), (0.45, 0.30, 0.18), (0.60, 0.55, 0.44)),
    "office": ((0.62, 0.57, 0.47), (0.55, 0.56, 0.55), (0.30, 0.31, 0.33), (0.66, 0.62, 0.58)),
    "shop": ((0.50, 0.48, 0.44), (0.22, 0.25, 0.29), (0.58, 0.53, 0.45)),
}
WOODS = ((0.20, 0.125, 0.07), (0.27, 0.25, 0.22), (0.09, 0.06, 0.04), (0.06, 0.09, 0.06))  # new, grey, dark, painted
GLAZING_SHARES = (0.5, 0.35, 0.15)  # of buildings: coated double, double, single panes
GREENS = ((0.07, 0.135, 0.028), (0.095, 0.15, 0.03), (0.05, 0.105, 0.03), (0.12, 0.15, 0.035))


def _place(name: str, asset: str, category: str, params: Any, x: float, y: float, yaw: float = 0.0) -> Placement:
    return Placement(name, asset, category, plain(params), (x, y, 0.0), yaw)


def numbered(placements: list[Placement]) -> list[Placement]:
    """Give every placement a number after its name, counted by name."""
    count: dict[str, int] = {}
    result = []
    for one in placements:
        number = count[one.name] = count.get(one.name, 0) + 1
        name = f"{one.name}_{number:02d}"
        result.append(Placement(name, one.asset, one.category, one.params, one.position, one.yaw))
    return result


def facade_line(lot: Lot, *, rng: np.random.Generator) -> tuple[tuple[float, float], float]:
    """Draw south and north edge of the pavement behind the lot, and the line of the facade [m]."""
    verge = lot.north + rng.uniform(2.2, 4.5)
    return (verge, verge + PAVEMENT), verge + PAVEMENT


def draw_buildings(line: float, *, rng: np.random.Generator) -> list[Placement]:
    """Draw the facade behind the lot and its neighbours on both sides.

    Parameters
    ----------
    line : float
        Foremost line of the buildings' fronts [m].
    rng : numpy.random.Generator
    """
    main = _draw_building(rng.uniform(26, 42), 3, 6, rng=rng)
    centre = rng.uniform(-7, 7)
    buildings = [_front("facade", main, centre, line)]
    for side in (-1, 1):
        neighbour = _draw_building(rng.uniform(18, 30), 2, 5, rng=rng)
        x = centre + side * (main.width / 2 + rng.uniform(6, 13) + neighbour.width / 2)
        buildings.append(_front("building", neighbour, x, line + rng.uniform(0, 6)))
    return numbered([_glazed(one, rng=rng) for one in buildings])


def _glazed(building: Placement, *, rng) -> Placement:
    """Draw a building's glazing: most have been renewed, a few have a single pane."""
    kind = ("low_e", "double", "single")[int(rng.choice(3, p=GLAZING_SHARES))]
    if kind == "single" and building.params["style"] == "shop":
        kind = "shop"
    return replace(building, params={**building.params, "glazing": kind})


def _front(name: str, building: BuildingParams, x: float, line: float) -> Placement:
    return _place(name, "building", "building", building, x, line + 0.2 + building.depth / 2, -np.pi / 2)


def _draw_building(width: float, fewest: int, most: int, *, rng) -> BuildingParams:
    style = ("flats", "flats", "office", "shop")[int(rng.integers(4))]
    floors = int(rng.integers(1, 3)) if style == "shop" else int(rng.integers(fewest, most))
    return BuildingParams(
        width=width,
        depth=rng.uniform(10, 14),
        floors=floors,
        floor_height=rng.uniform(3.6, 4.4) if style == "shop" else rng.uniform(2.8, 3.3),
        bay=rng.uniform(3.8, 5.0) if style == "shop" else rng.uniform(2.6, 3.4),
        style=style,
        colour=WALLS[style][int(rng.integers(len(WALLS[style])))],
        roof="gable" if style == "flats" and rng.random() < 0.5 else "flat",
        balconies=style == "flats" and rng.random() < 0.6,
        seed=int(rng.integers(2**31)),
    )


def draw_vegetation(lot: Lot, line: float, lane: float, *, rng: np.random.Generator) -> list[Placement]:
    """Draw street trees, trees on the islands behind the lane, hedges on those before it, a belt all around.

    Parameters
    ----------
    lot : Lot
    line : float
        Of the facade [m].
    lane : float
        Where the target drives: nothing tall grows between it and the camera [m].
    rng : numpy.random.Generator
    """
    placements = []
    verge = (lot.north + line - PAVEMENT) / 2
    x = -38 + rng.uniform(0, 8)
    while x < 38:
        placements.append(_tree(x, verge, (5.0, 8.0), 2400, 0.34, rng=rng))
        x += rng.uniform(9, 17)
    if lot.south > 0:
        hedge = HedgeParams(2 * lot.side, 0.7, rng.uniform(0.4, 0.6), 0.2, _green(rng=rng), int(rng.integers(2**31)))
        placements.append(_place("hedge", "hedge", "vegetation", hedge, 0.0, lot.south - 1.0))
    spots = [(bay.x, bay.y, BAY_WIDTH) for bay in lot.planted]
    for south, north in lot.strips:
        spots += [(x, (south + north) / 2, 9.0) for x in np.arange(-lot.half_width + 6, lot.half_width - 4, 11.0)]
    spots = [spot for spot in spots if min(np.hypot(spot[0] - x, spot[1] - y) for x, y, *_ in lot.lamps) > 2.5]
    for x, y, room in spots:
        if y > lane + 3 and rng.random() < 0.7:
            placements.append(_tree(x, y, (4.2, 6.5), 2000, 0.3, rng=rng))
        else:
            size = min(room - 0.9, 7.0)
            hedge = HedgeParams(size, 1.0, rng.uniform(0.5, 0.8), 0.15, _green(rng=rng), int(rng.integers(2**31)))
            placements.append(_place("hedge", "hedge", "vegetation", hedge, x, y))
    hedge = HedgeParams(2 * lot.side, 0.8, rng.uniform(0.8, 1.2), 0.3, _green(rng=rng), int(rng.integers(2**31)))
    placements.append(_place("hedge", "hedge", "vegetation", hedge, 0.0, lot.north + 0.9))
    for side in (-1, 1):
        for _ in range(int(rng.integers(2, 5))):
            x = side * (lot.side + rng.uniform(3.5, 16))
            placements.append(_tree(x, rng.uniform(line - 22, line - 6), (7, 12), 1400, 0.58, rng=rng))
    for x in np.arange(-66, 67, 12.0):
        place = (x + rng.uniform(-4, 4), line + rng.uniform(24, 40))
        placements.append(_tree(*place, (11, 18), 900, 1.0, rng=rng))
    return numbered(placements)


def _green(*, rng) -> tuple[float, float, float]:
    red, green, blue = (channel * rng.uniform(0.8, 1.15) for channel in GREENS[int(rng.integers(len(GREENS)))])
    return red, green, blue


def _tree(x: float, y: float, height: tuple[float, float], leaves: int, leaf_size: float, *, rng) -> Placement:
    kind = ("round", "round", "birch", "columnar", "conifer")[int(rng.integers(5))]
    tall = rng.uniform(*height)
    slender = {"round": 0.72, "birch": 0.5, "columnar": 0.34, "conifer": 0.48}[kind]
    tree = TreeParams(
        kind,
        tall,
        tall * slender * rng.uniform(0.88, 1.1),
        leaves,
        leaf_size,
        _green(rng=rng),
        int(rng.integers(2**31)),
    )
    return _place("tree", "tree", "vegetation", tree, x, y)


def draw_furniture(lot: Lot, line: float, height: float, *, rng: np.random.Generator) -> list[Placement]:
    """Draw mast, islands, kerbs, lamp posts, bins, signs and bollards.

    Parameters
    ----------
    lot : Lot
    line : float
        Of the facade [m].
    height : float
        Of the sensors [m].
    rng : numpy.random.Generator
    """
    things = [("mast", MastParams(height), 0.0, 0.0, np.pi / 2), *_islands(lot, rng=rng)]
    kerb = IslandParams(2 * lot.side, 0.3, corner_radius=0.05, fill="pavement")
    things.append(("island", kerb, 0.0, lot.north + 0.15, 0.0))
    if lot.south > 0:
        things.append(("island", kerb, 0.0, lot.south - 0.15, 0.0))
    else:
        things.append(("island", IslandParams(3.0, 2.2), 0.0, -0.5, 0.0))
    for side in (-1, 1):
        south, north = lot.south, lot.aisles[-1][0] - 0.5  # the exit leaves through the last aisle
        kerb = IslandParams(north - south, 0.3, corner_radius=0.05, fill="pavement")
        things.append(("island", kerb, side * (lot.side + 0.15), (south + north) / 2, np.pi / 2))
    lamp = rng.uniform(5.5, 8.0)
    things += [("lamp_post", LampPostParams(lamp, arms=arms), x, y, yaw) for x, y, yaw, arms in lot.lamps]
    for _ in range(int(rng.integers(2, 4))):
        things.append(
            ("bin", BinParams(rng.uniform(0.9, 1.1)), rng.uniform(-25, 25), line - rng.uniform(0.4, 0.8), 0.0)
        )
    end = lot.half_width + ISLAND_WIDTH / 2
    for row in lot.rows:
        kind = ("parking", "no_entry", "board")[int(rng.integers(3))]
        place = (end * (-1) ** int(rng.integers(2)), row.south + 0.9)
        things.append(("sign", SignParams(kind, rng.uniform(2.1, 2.5)), *place, -np.pi / 2))
    things.append(
        ("bollards", BollardParams(int(rng.integers(4, 8))), rng.uniform(-12, 12), line - PAVEMENT + 0.3, 0.0)
    )
    return numbered(
        [_place(asset, asset, "street_furniture", params, x, y, yaw) for asset, params, x, y, yaw in things]
    )


def draw_fences(lot: Lot, share: float, *, rng: np.random.Generator) -> list[Placement]:
    """Draw fences behind the kerbs of the lot's far edge and of its sides.

    Parameters
    ----------
    lot : Lot
    share : float
        Of the edges that have one [1].
    rng : numpy.random.Generator
    """
    south, exit_road = max(lot.south, 0.0), lot.aisles[-1][0] - 0.5
    far = (2 * lot.side, 0.0, lot.north + 0.33, 0.0)
    sides = [(exit_road - south, x * (lot.side + 0.45), (south + exit_road) / 2, -x * np.pi / 2) for x in (1, -1)]
    fences = []
    for length, x, y, yaw in (far, *sides):
        if rng.random() >= share:
            continue
        if rng.random() < 0.5:
            params = FenceParams(length, rng.uniform(1.0, 1.5), "slats", WOODS[int(rng.integers(len(WOODS)))])
        else:
            params = FenceParams(length, rng.uniform(1.2, 1.8), "mesh")
        fences.append(_place("fence", "fence", "street_furniture", params, x, y, yaw))
    return numbered(fences)


def _islands(lot: Lot, *, rng) -> list[tuple]:
    """Islands at both ends of every row, in planted bays and on planted strips."""
    fill = ("grass", "mulch")[int(rng.integers(2))]
    end = lot.half_width + ISLAND_WIDTH / 2 + 0.15
    islands = []
    for row in lot.rows:
        params = IslandParams(ISLAND_WIDTH, BAY_DEPTH - 0.15, corner_radius=0.7, fill=fill)
        islands += [("island", params, side * end, (row.south + row.north) / 2, 0.0) for side in (-1, 1)]
    for bay in lot.planted:
        params = IslandParams(BAY_WIDTH - 0.2, BAY_DEPTH - 0.2, corner_radius=0.7, fill=fill)
        islands.append(("island", params, bay.x, bay.y, 0.0))
    for south, north in lot.strips:
        params = IslandParams(2 * lot.half_width, north - south - 0.2, fill=fill)
        islands.append(("island", params, 0.0, (south + north) / 2, 0.0))
    return islands
