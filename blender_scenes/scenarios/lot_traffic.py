"""Cars of a parking lot: parked ones in their bays, one that drives."""

from typing import Any

import numpy as np

from blender_scenes.assets.cars import CarParams, draw_car
from blender_scenes.build import build_sensors
from blender_scenes.recipe import Placement, SensorLayout, plain
from blender_scenes.scenarios.lot_layout import BAY_DEPTH, BAY_WIDTH, Bay, Lot
from raysim.camera import project

# Shares of registrations by segment in Germany (KBA 2022), rounded.
BODY_SHARES = {
    "hatchback": 0.24, "suv": 0.22, "estate": 0.14, "city": 0.12, "saloon": 0.11, "van": 0.06, "coupe": 0.04,
    "pickup": 0.03, "minibus": 0.02, "truck": 0.02,
}  # fmt: skip
LANE_OFFSET = 1.4  # [m] traffic keeps to the right of the aisle's middle
LANE_REACH = (12.0, 32.0)  # [m] the target drives where the radar resolves it in azimuth
PICTURE_MARGIN = 6.0  # [px] the target's box stays this far inside
LOW_CAR = 1.9  # [m] taller ones would hide the lane behind them


def draw_body(*, rng: np.random.Generator) -> CarParams:
    """Draw a car with the body types' shares on the road."""
    shares = np.array(list(BODY_SHARES.values()))
    return draw_car(str(rng.choice(list(BODY_SHARES), p=shares / shares.sum())), rng=rng)


def draw_target(
    lot: Lot, sensors: SensorLayout, speed_range: tuple[float, float], duration: float, *, rng: np.random.Generator
) -> Placement:
    """Draw the car that drives along an aisle at constant speed, wholly in the picture all the time.

    Parameters
    ----------
    lot : Lot
    sensors : SensorLayout
    speed_range : tuple of 2 float
        [m/s]; the upper end is lowered where such a car would leave the picture.
    duration : float
        From the first frame to the last [s].
    rng : numpy.random.Generator

    Returns
    -------
    Placement

    Raises
    ------
    ValueError
        If no aisle shows even the slowest car for so long.
    """
    car = draw_body(rng=rng)
    heading = 1.0 if rng.random() < 0.5 else -1.0  # left to right, or right to left
    aisles = [sum(aisle) / 2 for aisle in lot.aisles]
    lanes = [y - heading * LANE_OFFSET for y in aisles if LANE_REACH[0] <= y <= LANE_REACH[1]]
    stretch = {lane: visible_stretch(sensors, lane, lot.side, car) for lane in lanes}
    longest = max((east - west for west, east in stretch.values()), default=0.0)
    slowest, fastest = speed_range
    if longest < slowest * duration:
        raise ValueError(
            f"parking_lot: a car at {slowest:.3g} m/s leaves the picture within {duration:.3g} s; "
            "ask for fewer frames, a lower speed or a wider field of view"
        )
    speed = rng.uniform(slowest, min(fastest, longest / duration) if duration else fastest)
    long_enough = [lane for lane, (west, east) in stretch.items() if east - west >= speed * duration]
    lane = long_enough[int(rng.integers(len(long_enough)))]
    west, east = stretch[lane]
    first = rng.uniform(west, east - speed * duration)
    x = first if heading > 0 else east - (first - west)
    position = (x, lane, 0.0)
    return Placement("target", "car", "car", plain(car), position, 0.0 if heading > 0 else np.pi, speed, True)


def visible_stretch(sensors: SensorLayout, lane: float, side: float, car: CarParams) -> tuple[float, float]:
    """Find where on a lane the whole car is in the picture.

    Parameters
    ----------
    sensors : SensorLayout
    lane, side : float
        Northing of the lane; the lot reaches from -side to +side [m].
    car : CarParams

    Returns
    -------
    west, east : float
        Ends of the stretch for the car's middle [m]; equal where it is never wholly visible.
    """
    camera = build_sensors(sensors).camera
    reach = side - car.length / 2
    x = np.arange(-reach, reach, 0.05)
    corners = np.stack(np.meshgrid((-0.5, 0.5), (-0.5, 0.5), (0.0, 1.0)), axis=-1).reshape(-1, 3)
    corners = corners * [car.length, car.width + 0.4, car.height]  # mirrors stick out by 0.2 m
    points = corners[None] + np.stack([x, np.full(len(x), lane), np.zeros(len(x))], axis=1)[:, None]
    pixel, depth = project(camera, points.reshape(-1, 3))
    size = np.array([camera.width, camera.height])
    inside = (depth > 0) & ((pixel > PICTURE_MARGIN) & (pixel < size - PICTURE_MARGIN)).all(axis=1)
    inside = inside.reshape(len(x), -1).all(axis=1)
    return (float(x[inside].min()), float(x[inside].max())) if inside.any() else (0.0, 0.0)


def draw_parked(
    lot: Lot, sensors: SensorLayout, count: int, lane: float, *, rng: np.random.Generator
) -> list[Placement]:
    """Draw parked cars, each within its bay's lines, in bays that the camera sees while there are any.

    Parameters
    ----------
    lot : Lot
    sensors : SensorLayout
    count : int
    lane : float
        Where the target drives; only low cars park in front of it [m].
    rng : numpy.random.Generator
    """
    camera = build_sensors(sensors).camera
    order = rng.permutation(len(lot.bays))
    pixel, depth = project(camera, np.array([(bay.x, bay.y, 0.7) for bay in lot.bays]))
    size = np.array([camera.width, camera.height])
    seen = (depth > 0) & (pixel > 0.02 * size).all(axis=1) & (pixel < 0.98 * size).all(axis=1)
    ranked = [int(k) for k in order if seen[k]] + [int(k) for k in order if not seen[k]]
    parked = []
    for number, k in enumerate(ranked[:count]):
        bay = lot.bays[k]
        car = _fitting_car(tallest=LOW_CAR if bay.y < lane else np.inf, rng=rng)
        parked.append(_park(f"parked_{number:02d}", bay, car, rng=rng))
    return parked


def _fitting_car(tallest: float, *, rng) -> CarParams:
    while True:
        car = draw_body(rng=rng)
        if car.length <= BAY_DEPTH + 0.45 and car.height <= tallest:
            return car


def _park(name: str, bay: Bay, car: CarParams, *, rng) -> Placement:
    """Place a car between the lines of its bay, a little askew, its inner end just before the back line."""
    askew = float(np.clip(rng.normal(0, np.radians(1.3)), -np.radians(3), np.radians(3)))
    half_across = (car.length * abs(np.sin(askew)) + car.width * np.cos(askew)) / 2
    half_along = (car.length * np.cos(askew) + car.width * abs(np.sin(askew))) / 2
    room = max(0.0, BAY_WIDTH / 2 - 0.08 - half_across)
    sideways = float(np.clip(rng.normal(0, 0.12), -room, room))
    gap = rng.uniform(0.12, max(0.15, min(0.7, BAY_DEPTH + 0.45 - 2 * half_along)))
    inwards = np.sin(bay.inwards)
    y = bay.y + inwards * (BAY_DEPTH / 2 - gap - half_along)
    yaw = bay.inwards + askew + (np.pi if rng.random() < 0.3 else 0.0)
    params: dict[str, Any] = plain(car)
    return Placement(name, "car", "car", params, (bay.x + sideways, y, 0.0), yaw)
