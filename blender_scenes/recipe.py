"""A recipe: everything that was drawn for one sequence, as small plain data.

All randomness ends here: `blender_scenes.build.build` turns a recipe into a scene without drawing anything. Numbers
are rounded to `DECIMALS` when drawn, so that the text is short and does not hang on the last bit of a cosine.
"""

import json
import math
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from raysim.environment import Light, Weather
from raysim.scene import CATEGORIES

DECIMALS = 6  # a micrometre, a microradian


@dataclass(frozen=True)
class Placement:
    """One asset in the world.

    Attributes
    ----------
    name : str
        Unique within the recipe.
    asset : str
        Key of `blender_scenes.build.MAKERS`.
    category : str
        One of `raysim.scene.CATEGORIES`.
    params : dict
        Parameters of the asset as plain JSON values.
    position : tuple of 3 float
        Origin of the asset at time 0, the middle of the first frame [m].
    yaw : float
        Heading of the asset's x axis, counted from east towards north [rad].
    speed : float
        Constant speed straight along the heading [m/s]; 0 = at rest.
    is_target : bool
        Whether the labels are about it.
    """

    name: str
    asset: str
    category: str
    params: dict[str, Any]
    position: tuple[float, float, float]
    yaw: float = 0.0
    speed: float = 0.0
    is_target: bool = False

    def __post_init__(self):
        if self.category not in CATEGORIES[1:]:
            raise ValueError(
                f"placement {self.name!r}: category must be one of {CATEGORIES[1:]}, got {self.category!r}"
            )


@dataclass(frozen=True)
class SensorLayout:
    """Sensors of the basestation. The radar shares the camera's orientation; the lidar looks the same way, less tilted.

    Attributes
    ----------
    position, aim : tuple of 3 float
        Camera, and the point that it looks at [m].
    image_width, image_height : int
        [px].
    focal_length : float
        [px].
    radar_offset, lidar_offset : tuple of 3 float
        Origins of radar and lidar in the camera's axes [m].
    lidar_tilt : float
        How far the lidar's forward axis points below the horizon [rad].
    transmitter_offset : tuple of 3 float
        Transmit element in the radar's axes [m].
    """

    position: tuple[float, float, float]
    aim: tuple[float, float, float]
    image_width: int
    image_height: int
    focal_length: float
    radar_offset: tuple[float, float, float]
    lidar_offset: tuple[float, float, float]
    lidar_tilt: float
    transmitter_offset: tuple[float, float, float]


@dataclass(frozen=True)
class Recipe:
    """One sequence before it is built.

    Attributes
    ----------
    scenario : str
    seed, index : int
        The user's seed and the number of the sequence.
    num_frames : int
    frame_rate : float
        [1/s].
    max_range : float
        Range that the scenario's heatmap should reach [m].
    sensors : SensorLayout
    placements : tuple of Placement
    weather, light : Weather, Light
    """

    scenario: str
    seed: int
    index: int
    num_frames: int
    frame_rate: float
    max_range: float
    sensors: SensorLayout
    placements: tuple[Placement, ...]
    weather: Weather = field(default_factory=Weather)
    light: Light = field(default_factory=Light)

    def __post_init__(self):
        names = [placement.name for placement in self.placements]
        if len(set(names)) != len(names):
            repeated = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"recipe: placement names must be unique, got {repeated} more than once")
        if self.num_frames < 1 or not self.frame_rate > 0:
            raise ValueError(
                f"recipe: needs num_frames >= 1 and frame_rate > 0, got {self.num_frames} and {self.frame_rate}"
            )

    def to_json(self) -> str:
        """Return canonical JSON: sorted keys, no spaces, shortest floats; an infinite number is written as null."""
        return json.dumps(plain(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @staticmethod
    def from_json(text: str) -> "Recipe":
        """Return the recipe that `to_json` wrote.

        Raises
        ------
        ValueError
            If the text is not such a recipe.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"recipe: not JSON: {error}") from None
        weather = data.get("weather") if isinstance(data, dict) else None
        if isinstance(weather, dict) and weather.get("visibility", 0) is None:
            weather["visibility"] = math.inf
        try:
            return TypeAdapter(Recipe).validate_python(data)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(key) for key in first["loc"])
            raise ValueError(f"recipe: {place}: {first['msg']}, got {first['input']!r}") from None


def plain(value: Any) -> Any:
    """Return `value` as plain JSON data.

    Parameters
    ----------
    value : dataclass, dict, sequence, array, number or str

    Returns
    -------
    dict, list, str, int, float, bool or None
        Floats are rounded to `DECIMALS`; infinity becomes None.
    """
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, DECIMALS) + 0.0 if math.isfinite(value) else None  # + 0.0 turns -0.0 into 0.0
    return value


def draw_recipe(scenario: str, *, seed: int, index: int, config: Any = None) -> Recipe:
    """Draw one sequence of a scenario.

    Parameters
    ----------
    scenario : str
        Key of `blender_scenes.scenarios.SCENARIOS`.
    seed, index : int
        The user's seed and the number of the sequence.
    config : pydantic.BaseModel, optional
        The scenario's configuration; its defaults without one.

    Returns
    -------
    Recipe
        The same, byte for byte, for the same arguments.

    Raises
    ------
    ValueError
        If there is no such scenario or the configuration is another scenario's.
    """
    from blender_scenes.scenarios import SCENARIOS  # scenarios draw recipes: importing them above would be a circle

    if scenario not in SCENARIOS:
        raise ValueError(f"scenario must be one of {', '.join(sorted(SCENARIOS))}, got {scenario!r}")
    entry = SCENARIOS[scenario]
    config = entry.config() if config is None else config
    if not isinstance(config, entry.config):
        raise ValueError(f"scenario {scenario}: config must be a {entry.config.__name__}, got {type(config).__name__}")
    drawn = entry.draw(config, seed=seed, index=index)
    return Recipe.from_json(drawn.to_json())  # a recipe is its text: what is built is what is stored
