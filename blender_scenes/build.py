"""A recipe becomes a scene: meshes made, placed and put into one table. Nothing is drawn here."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from pydantic import TypeAdapter, ValidationError

from blender_scenes.assets import Asset
from blender_scenes.assets.buildings import BuildingParams, make_building
from blender_scenes.assets.cars import CarParams, make_car
from blender_scenes.assets.cyclists import CyclistParams, make_cyclist
from blender_scenes.assets.fence import FenceParams, make_fence
from blender_scenes.assets.ground import GroundParams, make_ground
from blender_scenes.assets.people import PersonParams, make_person
from blender_scenes.assets.street import (
    BinParams,
    BollardParams,
    IslandParams,
    LampPostParams,
    MastParams,
    SignParams,
    make_bin,
    make_bollards,
    make_island,
    make_lamp_post,
    make_mast,
    make_sign,
)
from blender_scenes.assets.vegetation import HedgeParams, TreeParams, make_hedge, make_tree
from blender_scenes.motion import part_motion
from blender_scenes.recipe import Placement, Recipe, SensorLayout
from raysim.materials import Material
from raysim.scene import Instance, Mesh, Part, Scene
from raysim.sensors import Camera, Radar, Sensors, look_at


class Maker(NamedTuple):
    """An asset's parameters and the function that makes it."""

    params: type
    make: Callable[[Any], Asset]


MAKERS = {
    "bin": Maker(BinParams, make_bin),
    "bollards": Maker(BollardParams, make_bollards),
    "building": Maker(BuildingParams, make_building),
    "car": Maker(CarParams, make_car),
    "cyclist": Maker(CyclistParams, make_cyclist),
    "ground": Maker(GroundParams, make_ground),
    "fence": Maker(FenceParams, make_fence),
    "hedge": Maker(HedgeParams, make_hedge),
    "island": Maker(IslandParams, make_island),
    "lamp_post": Maker(LampPostParams, make_lamp_post),
    "mast": Maker(MastParams, make_mast),
    "person": Maker(PersonParams, make_person),
    "sign": Maker(SignParams, make_sign),
    "tree": Maker(TreeParams, make_tree),
}


def build(recipe: Recipe) -> Scene:
    """Build the scene of a recipe.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    raysim.scene.Scene
        One instance per placement, in the recipe's order; frame i lies at ``i / frame_rate``.

    Raises
    ------
    ValueError
        If an asset is unknown or its parameters do not fit.
    """
    times = np.arange(recipe.num_frames) / recipe.frame_rate
    table = _Table()
    for placement in recipe.placements:
        table.add(placement, make_asset(placement), times)
    return Scene(
        table.mesh(), tuple(table.parts), tuple(table.instances), tuple(table.materials),
        build_sensors(recipe.sensors), times, recipe.weather, recipe.light,
    )  # fmt: skip


def make_asset(placement: Placement) -> Asset:
    """Make the asset of a placement, in its own axes.

    Raises
    ------
    ValueError
        If the asset is unknown, its parameters do not fit or its category is another.
    """
    if placement.asset not in MAKERS:
        raise ValueError(
            f"placement {placement.name!r}: asset must be one of {sorted(MAKERS)}, got {placement.asset!r}"
        )
    maker = MAKERS[placement.asset]
    try:
        params: Any = TypeAdapter(maker.params).validate_python(placement.params)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(key) for key in first["loc"])
        raise ValueError(f"placement {placement.name!r}: {place}: {first['msg']}, got {first['input']!r}") from None
    asset = maker.make(params)
    if asset.category != placement.category:
        raise ValueError(
            f"placement {placement.name!r}: category {placement.category!r} does not fit asset {placement.asset!r}, "
            f"which is {asset.category!r}"
        )
    return asset


def build_sensors(layout: SensorLayout) -> Sensors:
    """Poses of camera, radar and lidar on the mast.

    Parameters
    ----------
    layout : SensorLayout

    Returns
    -------
    raysim.sensors.Sensors
    """
    pose = look_at(layout.position, layout.aim)
    radar = pose.copy()
    radar[:3, 3] += pose[:3, :3] @ np.asarray(layout.radar_offset)
    origin = pose[:3, 3] + pose[:3, :3] @ np.asarray(layout.lidar_offset)
    level = pose[:3, 2] * [1, 1, 0] / np.hypot(pose[0, 2], pose[1, 2])
    lidar = look_at(origin, origin + np.cos(layout.lidar_tilt) * level - [0, 0, np.sin(layout.lidar_tilt)])
    camera = Camera(pose, layout.image_width, layout.image_height, layout.focal_length)
    return Sensors(camera, Radar(radar, np.asarray(layout.transmitter_offset)), lidar)


class _Table:
    """The scene under construction: arrays of all parts and one table of materials, merged by value."""

    def __init__(self):
        self.parts: list[Part] = []
        self.instances: list[Instance] = []
        self.materials: list[Material] = []
        self._slot: dict[Material, int] = {}
        self._names: set[str] = set()
        self._arrays: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        self._num_vertices = 0

    def add(self, placement: Placement, asset: Asset, times: np.ndarray) -> None:
        slots = np.array([self._material(material) for material in asset.materials], np.int32)
        instance = len(self.instances)
        self.instances.append(Instance(placement.name, placement.category, placement.is_target))
        for part in asset.parts:
            which = np.full(len(part.triangles), len(self.parts), np.int32)
            triangles = part.triangles.astype(np.int32) + self._num_vertices
            self._arrays.append((part.vertices, triangles, which, slots[part.material]))
            self._num_vertices += len(part.vertices)
            self.parts.append(Part(f"{placement.name}.{part.name}", instance, part_motion(placement, part, times)))

    def _material(self, material: Material) -> int:
        """Slot of a material; a second paint of the same name gets a number."""
        if material not in self._slot:
            name, count = material.name, 1
            while name in self._names:
                count += 1
                name = f"{material.name}.{count}"
            self._names.add(name)
            self._slot[material] = len(self.materials)
            self.materials.append(material.renamed(name, material.colour))
        return self._slot[material]

    def mesh(self) -> Mesh:
        return Mesh(*(np.concatenate(arrays) for arrays in zip(*self._arrays, strict=True)))
