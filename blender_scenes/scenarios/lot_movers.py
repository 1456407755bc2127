"""Pedestrians and cyclists of a parking lot: on the pavement and in the aisles, clear of cars and of each other."""

from typing import NamedTuple

import numpy as np

from blender_scenes.assets.cyclists import draw_cyclist
from blender_scenes.assets.people import draw_person
from blender_scenes.build import build_sensors
from blender_scenes.recipe import Placement, SensorLayout, plain
from blender_scenes.scenarios.lot_layout import Lot
from raysim.camera import project

WALKING = (1.34, 0.26)  # [m/s] mean and spread of pedestrians in the open (Weidmann 1993)
WALKING_LIMITS = (0.8, 2.0)
CYCLING = (3.0, 6.0)  # [m/s]
AISLE_WALK = (0.9, 1.9)  # [m] from the middle of an aisle: parked cars stick out by up to 0.7 m of its 3.1 m
AISLE_RIDE = (1.0, 1.6)  # [m] to the right of the middle
PAVEMENT_WALK = (0.75, 1.3)  # [m] from its southern edge: between bollards and bins
GAP = {"pedestrian": (0.7, 0.45), "cyclist": (1.3, 0.55)}  # [m] before, beside the middle: what each keeps clear
PICTURE_MARGIN = 10.0  # [px]
TRIES = 300


class Track(NamedTuple):
    """Strip that a mover sweeps, along the x axis [m]."""

    west: float
    east: float
    south: float
    north: float

    def meets(self, other: "Track") -> bool:
        """Whether two strips overlap."""
        apart = self.west > other.east or other.west > self.east
        return not (apart or self.south > other.north or other.south > self.north)


def swept(placement: Placement, duration: float) -> Track:
    """Strip that a pedestrian or cyclist who goes east or west sweeps in some time [s]."""
    ahead, beside = GAP[placement.category]
    x, y, _ = placement.position
    end = x + placement.speed * duration * float(np.cos(placement.yaw))
    return Track(min(x, end) - ahead, max(x, end) + ahead, y - beside, y + beside)


def draw_movers(
    lot: Lot, pavement: tuple[float, float], sensors: SensorLayout, target: Placement, duration: float,
    *, pedestrians: int, cyclists: int, rng: np.random.Generator,
) -> list[Placement]:  # fmt: skip
    """Draw pedestrians and cyclists who go east or west, wholly in the picture, each in a strip of its own.

    Parameters
    ----------
    lot : Lot
    pavement : tuple of 2 float
        South and north edge [m].
    sensors : SensorLayout
    target : Placement
        The car that drives: the half of the aisle that it takes stays free.
    duration : float
        From the first frame to the last [s].
    pedestrians, cyclists : int
    rng : numpy.random.Generator

    Returns
    -------
    list of Placement

    Raises
    ------
    ValueError
        If there is no room for so many.
    """
    placed: list[Placement] = []
    for category, count in (("cyclist", cyclists), ("pedestrian", pedestrians)):
        for number in range(count):
            draw = _draw_cyclist if category == "cyclist" else _draw_pedestrian
            tracks = [swept(other, duration) for other in placed]
            for _ in range(TRIES):
                one = draw(f"{category}_{number + 1:02d}", lot, pavement, target, rng=rng)
                track = swept(one, duration)
                if not any(track.meets(other) for other in tracks) and _in_picture(sensors, one, duration):
                    placed.append(one)
                    break
            else:
                raise ValueError(
                    f"parking_lot: found no room in the picture for {category} {number + 1} of {count}; "
                    "ask for fewer, or for fewer frames"
                )
    return placed


def _draw_pedestrian(name: str, lot: Lot, pavement, target: Placement, *, rng) -> Placement:
    """Draw somebody who walks on the pavement or in an aisle, not where the target drives."""
    speed = float(np.clip(rng.normal(*WALKING), *WALKING_LIMITS))
    heading = 1.0 if rng.random() < 0.5 else -1.0
    if rng.random() < 0.25:
        y = pavement[0] + rng.uniform(*PAVEMENT_WALK)
    else:
        middle, free = _free_side(lot, target, rng=rng)
        y = middle + free * rng.uniform(*AISLE_WALK)
    params = plain(draw_person(speed=round(speed, 6), rng=rng))
    return _going(name, "person", "pedestrian", params, lot, y, heading, speed, rng=rng)


def _draw_cyclist(name: str, lot: Lot, _pavement, target: Placement, *, rng) -> Placement:
    """Draw somebody who rides on the right of an aisle."""
    speed = rng.uniform(*CYCLING)
    middle, free = _free_side(lot, target, rng=rng)
    y = middle + free * rng.uniform(*AISLE_RIDE)
    params = plain(draw_cyclist(speed=speed, rng=rng))
    return _going(name, "cyclist", "cyclist", params, lot, y, -free, speed, rng=rng)


def _free_side(lot: Lot, target: Placement, *, rng) -> tuple[float, float]:
    """Draw an aisle's middle [m] and a side of it, north +1, that the target leaves free."""
    south, north = lot.aisles[int(rng.integers(len(lot.aisles)))]
    side, lane = (1.0 if rng.random() < 0.5 else -1.0), target.position[1]
    if south < lane < north:
        side = -float(np.sign(lane - (south + north) / 2))
    return (south + north) / 2, side


def _going(name, asset, category, params, lot: Lot, y: float, heading: float, speed: float, *, rng) -> Placement:
    x = rng.uniform(-lot.half_width, lot.half_width)
    return Placement(name, asset, category, params, (x, y, 0.0), 0.0 if heading > 0 else np.pi, round(speed, 6))


def _in_picture(sensors: SensorLayout, placement: Placement, duration: float) -> bool:
    """Whether feet and head stay in the picture from the first frame to the last."""
    camera, track = build_sensors(sensors).camera, swept(placement, duration)
    corners = [(x, placement.position[1], z) for x in (track.west, track.east) for z in (0.0, 1.9)]
    pixel, depth = project(camera, np.array(corners))
    size = np.array([camera.width, camera.height])
    return bool((depth > 0).all() and ((pixel > PICTURE_MARGIN) & (pixel < size - PICTURE_MARGIN)).all())
