"""Parking lot seen from a mast: parked cars, one that drives past, a facade and trees behind."""

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from blender_scenes.lighting import draw_light
from blender_scenes.recipe import Placement, Recipe, SensorLayout, plain
from blender_scenes.scenarios.lot_layout import OPEN_SOUTH, draw_ground, draw_lot
from blender_scenes.scenarios.lot_movers import draw_movers
from blender_scenes.scenarios.lot_surroundings import (
    draw_buildings,
    draw_fences,
    draw_furniture,
    draw_vegetation,
    facade_line,
)
from blender_scenes.scenarios.lot_traffic import draw_parked, draw_target
from blender_scenes.streams import stream
from raysim.environment import Weather

NAME = "parking_lot"
# The radar sits right above the camera, so that azimuths of both agree; its transmit element stands beside the
# receive array of 16 half-wavelengths (8.6 cm at 28 GHz). The lidar crowns the mast.
RADAR_OFFSET = (0.0, -0.1, 0.0)
TRANSMITTER_OFFSET = (0.05, 0.0, 0.0)
LIDAR_OFFSET = (0.0, -0.35, 0.0)
LIDAR_TILT = math.radians(4.0)  # lines from -29 to -2 degrees: from the nearest lane to the facade

TimeOfDay = Literal["morning", "midday", "afternoon", "evening", "overcast"]


class ParkingLotConfig(BaseModel):
    """Configuration of the scenario ``parking_lot``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    frames: int = Field(15, ge=1, le=1000, description="Frames of a sequence [1]; 15 = half a second of motion")
    frame_rate: float = Field(30.0, gt=0, le=1000, description="Frames per second [1/s]; that of common cameras")
    parked_min: int = Field(0, ge=0, le=20, description="Fewest parked cars [1]; they are the clutter")
    parked_max: int = Field(20, ge=0, le=20, description="Most parked cars [1]")
    pedestrians_min: int = Field(0, ge=0, le=10, description="Fewest people who walk in aisles and on the pavement [1]")
    pedestrians_max: int = Field(0, ge=0, le=10, description="Most pedestrians [1]; they swing, hence micro-Doppler")
    cyclists_min: int = Field(0, ge=0, le=5, description="Fewest cyclists in the aisles [1]")
    cyclists_max: int = Field(0, ge=0, le=5, description="Most cyclists [1]; wheels spin, legs pedal")
    speed_min: float = Field(2.0, gt=0, le=40, description="Slowest target [m/s]; a car looking for a bay")
    speed_max: float = Field(10.0, gt=0, le=40, description="Fastest target [m/s]; under the +-10.7 m/s of the radar")
    mast_height_min: float = Field(5.0, ge=3, le=30, description="Lowest camera [m]; sees over parked cars")
    mast_height_max: float = Field(8.0, ge=3, le=30, description="Highest camera [m]; a lamp post's height")
    field_of_view_deg: float = Field(70.0, ge=50, le=120, description="Across the picture [degrees]; 457 px at 640 px")
    image_width: int = Field(640, ge=16, le=4096, description="Picture [px]; one column per azimuth of the heatmap")
    image_height: int = Field(480, ge=16, le=4096, description="Picture [px]")
    max_range: float = Field(70.0, gt=10, le=250, description="Heatmap's last row [m]; just beyond the facade")
    times_of_day: tuple[TimeOfDay, ...] = Field(
        ("morning", "midday", "afternoon", "evening", "overcast"),
        min_length=1,
        description="Light to choose from, each as likely",
    )
    wind_max: float = Field(6.0, ge=0, le=40, description="Fastest wind in the trees [m/s]; drawn evenly from calm up")
    facade: bool = Field(True, description="Buildings behind the lot: strong static echoes and multipath")
    vegetation: bool = Field(True, description="Trees, hedges and the verge before the lot: diffuse clutter")
    furniture: bool = Field(True, description="Mast, islands, kerbs, lamp posts, bins, signs, fences: static clutter")
    fence_share: float = Field(
        0.4, ge=0, le=1, description="Share of the lot's edges with a fence of wood or mesh [1]; furniture"
    )

    @model_validator(mode="after")
    def _check(self) -> "ParkingLotConfig":
        for low, high in (
            ("parked_min", "parked_max"), ("pedestrians_min", "pedestrians_max"), ("cyclists_min", "cyclists_max"),
            ("speed_min", "speed_max"), ("mast_height_min", "mast_height_max"),
        ):  # fmt: skip
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low} must not exceed {high}, got {getattr(self, low)} and {getattr(self, high)}")
        return self


def draw(config: ParkingLotConfig, *, seed: int, index: int) -> Recipe:
    """Draw one parking lot; `blender_scenes.recipe.draw_recipe` is the front door."""

    def rng(purpose: str) -> np.random.Generator:
        return stream(seed, NAME, index, purpose)

    sensors = _draw_sensors(config, rng=rng("sensors"))
    lot = draw_lot(rng=rng("lot"))
    if not config.vegetation:
        lot = replace(lot, south=OPEN_SOUTH)  # no planted verge before the first row: asphalt right to the mast
    pavement, line = facade_line(lot, rng=rng("pavement"))
    duration = (config.frames - 1) / config.frame_rate
    target = draw_target(lot, sensors, (config.speed_min, config.speed_max), duration, rng=rng("target"))
    lane = target.position[1]
    count = int(rng("occupancy").integers(config.parked_min, config.parked_max + 1))
    ground = draw_ground(lot, pavement, rng=rng("ground"))
    placements = [Placement("ground", "ground", "ground", plain(ground), (0.0, 0.0, 0.0)), target]
    placements += draw_parked(lot, sensors, count, lane, rng=rng("parked"))
    movers = rng("movers")  # a stream of their own: without them all else is the same
    pedestrians = int(movers.integers(config.pedestrians_min, config.pedestrians_max + 1))
    cyclists = int(movers.integers(config.cyclists_min, config.cyclists_max + 1))
    placements += draw_movers(
        lot, pavement, sensors, target, duration, pedestrians=pedestrians, cyclists=cyclists, rng=movers
    )
    if config.facade:
        placements += draw_buildings(line, rng=rng("buildings"))
    if config.vegetation:
        placements += draw_vegetation(lot, line, lane, rng=rng("vegetation"))
    if config.furniture:
        placements += draw_furniture(lot, line, sensors.position[2], rng=rng("furniture"))
        placements += draw_fences(lot, config.fence_share, rng=rng("fences"))
    return Recipe(
        NAME, seed, index, config.frames, config.frame_rate, config.max_range, sensors, tuple(placements),
        weather=Weather(wind=float(rng("weather").uniform(0, config.wind_max))),
        light=draw_light(config.times_of_day, rng=rng("light")),
    )  # fmt: skip


def _draw_sensors(config: ParkingLotConfig, *, rng: np.random.Generator) -> SensorLayout:
    height = rng.uniform(config.mast_height_min, config.mast_height_max)
    yaw, reach = math.radians(rng.uniform(-4, 4)), rng.uniform(24, 31)
    focal = config.image_width / 2 / math.tan(math.radians(config.field_of_view_deg) / 2)
    return SensorLayout(
        position=(0.0, 0.0, height),
        aim=(reach * math.sin(yaw), reach * math.cos(yaw), 0.0),
        image_width=config.image_width,
        image_height=config.image_height,
        focal_length=round(focal, 1),
        radar_offset=RADAR_OFFSET,
        lidar_offset=LIDAR_OFFSET,
        lidar_tilt=LIDAR_TILT,
        transmitter_offset=TRANSMITTER_OFFSET,
    )
