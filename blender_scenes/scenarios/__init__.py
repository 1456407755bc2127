"""Scenarios: each draws recipes from its own configuration."""

from collections.abc import Callable
from typing import NamedTuple

from pydantic import BaseModel

from blender_scenes.recipe import Recipe
from blender_scenes.scenarios import parking_lot


class Scenario(NamedTuple):
    """A scenario: the model of its configuration and ``draw(config, *, seed, index) -> Recipe``."""

    config: type[BaseModel]
    draw: Callable[..., Recipe]


SCENARIOS = {"parking_lot": Scenario(parking_lot.ParkingLotConfig, parking_lot.draw)}
