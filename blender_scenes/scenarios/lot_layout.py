"""Plan of a parking lot: rows of bays, aisles, planted islands, and the ground with its markings.

The basestation stands at the origin and looks north; rows and aisles run east-west.
"""

from dataclasses import dataclass

import numpy as np

from blender_scenes.assets.ground import Area, GroundParams

BAY_WIDTH, BAY_DEPTH = 2.5, 5.0  # [m] German EAR 05 recommends 2.50 x 5.00
LINE_WIDTH = 0.12  # [m]
ISLAND_WIDTH = 1.9  # [m] islands at the ends of rows
CROSS_AISLE = 6.0  # [m] between these islands and the edge of the lot
WORLD = 260.0  # [m] the ground reaches this far: its end lies in the haze behind trees and houses
OPEN_SOUTH = -12.0  # [m] edge of a lot that goes on under the mast
# Bands from south to north: a = aisle, R = row of bays, m = planted strip between rows back to back.
PLANS = {2: ("RaR", "aRaR"), 3: ("aRmRaR", "RaRaR"), 4: ("RaRmRaR", "RaRRaR")}


@dataclass(frozen=True)
class Bay:
    """One marked bay.

    Attributes
    ----------
    x, y : float
        Middle [m].
    inwards : float
        Heading of a car that drives in nose first [rad], north or south.
    """

    x: float
    y: float
    inwards: float


@dataclass(frozen=True)
class Row:
    """A row of bays.

    Attributes
    ----------
    south, north : float
        Edges [m].
    opens_south : bool
        Whether cars come in from the south.
    """

    south: float
    north: float
    opens_south: bool


@dataclass(frozen=True)
class Lot:
    """Plan of a lot.

    Attributes
    ----------
    rows : tuple of Row
    aisles, strips : tuple of (float, float)
        South and north edges of aisles and planted strips [m].
    half_width : float
        Bays reach from -half_width to +half_width [m].
    south, north : float
        Edges of the asphalt [m].
    bays : tuple of Bay
        All bays but the planted ones.
    planted : tuple of Bay
        Bays given up to islands.
    """

    rows: tuple[Row, ...]
    aisles: tuple[tuple[float, float], ...]
    strips: tuple[tuple[float, float], ...]
    half_width: float
    south: float
    north: float
    bays: tuple[Bay, ...]
    planted: tuple[Bay, ...]

    @property
    def side(self) -> float:
        """Eastern edge of the asphalt; the western one is its negative [m]."""
        return self.half_width + ISLAND_WIDTH + 0.2 + CROSS_AISLE

    @property
    def lamps(self) -> tuple[tuple[float, float, float, int], ...]:
        """Feet of the lamp posts: x, y [m], heading of the first arm [rad], number of arms."""
        feet = [(x, sum(strip) / 2, np.pi / 2, 2) for strip in self.strips for x in (-12.0, 12.0)]
        end = self.half_width + ISLAND_WIDTH / 2 + 0.15
        for row in self.rows[:: max(1, len(self.rows) - 1)]:
            feet += [(side * end, row.north - 1.2, np.pi * (side > 0), 1) for side in (-1, 1)]
        along = self.side - CROSS_AISLE
        feet += [(x, self.north + 0.6, -np.pi / 2, 1) for x in (-along, 0.0, along)]
        return tuple(feet)


def draw_lot(*, rng: np.random.Generator) -> Lot:
    """Draw the plan of a lot with two to four rows of bays."""
    plans = PLANS[int(rng.integers(2, 5))]
    plan = plans[int(rng.integers(len(plans)))]
    depth = {"a": rng.uniform(6.2, 6.8), "R": BAY_DEPTH, "m": rng.uniform(1.8, 2.4)}
    edge = south = rng.uniform(9.0, 11.0)
    rows, aisles, strips = [], [], []
    for k, band in enumerate(plan):
        start, edge = edge, edge + depth[band]
        if band == "a":
            aisles.append((start, edge))
        elif band == "m":
            strips.append((start, edge))
        else:
            rows.append(Row(start, edge, opens_south=plan[k - 1 : k] == "a"))
    count = int(rng.integers(16, 23))
    half_width = count * BAY_WIDTH / 2
    bays: list[Bay] = []
    planted: list[Bay] = []
    for row in rows:
        gone = rng.choice(np.arange(2, count - 2), int(rng.integers(0, 3)), replace=False)
        for k in range(count):
            x, y = -half_width + (k + 0.5) * BAY_WIDTH, (row.south + row.north) / 2
            bay = Bay(x, y, np.pi / 2 if row.opens_south else -np.pi / 2)
            (planted if k in gone else bays).append(bay)
    kerbed = plan[0] == "R" and rng.random() < 0.6  # the lot ends at its first row, else it goes on under the mast
    start = south - 0.1 if kerbed else OPEN_SOUTH
    return Lot(tuple(rows), tuple(aisles), tuple(strips), half_width, start, edge, tuple(bays), tuple(planted))


def draw_ground(lot: Lot, pavement: tuple[float, float], *, rng: np.random.Generator) -> GroundParams:
    """Draw the ground: grass, asphalt with repairs and worn tracks, markings, a pavement along the facade.

    Parameters
    ----------
    lot : Lot
    pavement : tuple of 2 float
        South and north edge [m].
    rng : numpy.random.Generator
    """
    side = lot.side
    exit_aisle = lot.aisles[-1]
    areas = [
        Area((-WORLD, WORLD), (-WORLD / 2, WORLD), "grass"),
        Area((-WORLD, WORLD), pavement, "pavement"),
        Area((-side, side), (lot.south, lot.north), "asphalt"),
        Area((side, WORLD) if rng.random() < 0.5 else (-WORLD, -side), exit_aisle, "asphalt"),
    ]
    areas += _repairs(lot, rng=rng)
    areas += [track for aisle in lot.aisles for track in _tracks(aisle, side)]
    areas += [line for row in lot.rows for line in _lines(lot, row)]
    areas += _reserved(lot, rng=rng) + _crossing(lot, rng=rng)
    return GroundParams(tuple(areas), shade=rng.uniform(0.7, 1.35))


def _repairs(lot: Lot, *, rng) -> list[Area]:
    areas = []
    for _ in range(int(rng.integers(3, 8))):
        x, y = rng.uniform(-0.8 * lot.side, 0.8 * lot.side), rng.uniform(9.0, lot.north - 2)
        long, short = rng.uniform(1.2, 9.0), rng.uniform(0.5, 1.8)
        across, along = (long, short) if rng.random() < 0.5 else (short, long)
        areas.append(Area((x, min(x + across, lot.side)), (y, min(y + along, lot.north)), "asphalt_patch"))
    return areas


def _tracks(aisle: tuple[float, float], side: float) -> list[Area]:
    """Paler bands where the wheels of both directions roll."""
    middle = sum(aisle) / 2
    places = [middle + lane + wheel for lane in (-1.4, 1.4) for wheel in (-0.78, 0.78)]
    return [Area((-side, side), (y - 0.2, y + 0.2), "asphalt_worn") for y in places]


def _lines(lot: Lot, row: Row) -> list[Area]:
    half = LINE_WIDTH / 2
    count = round(2 * lot.half_width / BAY_WIDTH)
    across = [-lot.half_width + k * BAY_WIDTH for k in range(count + 1)]
    lines = [Area((x - half, x + half), (row.south, row.north), "paint") for x in across]
    back = row.north if row.opens_south else row.south
    lines.append(Area((-lot.half_width - half, lot.half_width + half), (back - half, back + half), "paint"))
    return lines


def _crossing(lot: Lot, *, rng) -> list[Area]:
    """Zebra crossing over the last aisle, from island to island at one end of the rows."""
    x = (lot.half_width + ISLAND_WIDTH / 2 + 0.15) * (1 if rng.random() < 0.5 else -1)
    south, north = lot.aisles[-1]
    return [Area((x - 1.2, x + 1.2), (y, y + 0.5), "paint") for y in np.arange(south + 0.3, north - 0.6, 1.0)]


def _reserved(lot: Lot, *, rng) -> list[Area]:
    """Blue squares with a white border in a few bays of the last row."""
    last = [bay for bay in lot.bays if bay.y > lot.rows[-1].south]
    first = int(rng.integers(0, max(1, len(last) - 3)))
    areas = []
    for bay in last[first : first + int(rng.integers(1, 4))]:
        for half, surface in ((0.62, "paint"), (0.56, "paint_blue")):
            y = bay.y - 0.8 * np.sign(np.sin(bay.inwards))
            areas.append(Area((bay.x - half, bay.x + half), (y - half, y + half), surface))
    return areas
