"""Procedural cars: ten body types with continuous variation, lofted bodies, glass, lamps and wheels that spin.

``make_car(draw_car("saloon", rng=rng))`` gives an `Asset`; the parameters are plain numbers for a recipe.
"""

from dataclasses import replace

import numpy as np

from blender_scenes.assets import Asset, AssetPart
from blender_scenes.assets.car_chassis import load_body
from blender_scenes.assets.car_details import fittings, wheel, wheel_places
from blender_scenes.assets.car_panels import shell
from blender_scenes.assets.car_params import BODY_TYPES, CarParams, draw_params
from blender_scenes.assets.car_shape import CarShape
from blender_scenes.assets.mesh import Patch, merge
from blender_scenes.assets.mesh_edit import drop_slivers, split_creases
from blender_scenes.assets.paints import car_materials

__all__ = ["BODY_TYPES", "CREASE", "CarParams", "draw_car", "make_car"]

CREASE = np.deg2rad(40.0)  # sharper edges do not share their vertices
SLIVER = 2e-9  # [m2] a triangle 5 cm long and less than 0.1 um high
CAB_LENGTH = 1.85  # [m] of a truck
LOAD_RISE = 0.50  # [m] by which its load box overtops the cab

# Shares of body types on a car park.
_SHARES = {
    "city": 0.11, "hatchback": 0.22, "saloon": 0.13, "estate": 0.12, "suv": 0.24, "coupe": 0.05, "pickup": 0.03,
    "van": 0.06, "minibus": 0.02, "truck": 0.02,
}  # fmt: skip


def draw_car(body_type: str | None = None, *, rng: np.random.Generator) -> CarParams:
    """Draw a car.

    Parameters
    ----------
    body_type : str, optional
        Key of `BODY_TYPES`; drawn with the shares of a car park where not given.
    rng : numpy.random.Generator

    Returns
    -------
    CarParams

    Raises
    ------
    ValueError
        Where the body type is unknown.
    """
    if body_type is None:
        body_type = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
    return draw_params(body_type, rng=rng)


def make_car(params: CarParams) -> Asset:
    """Build a car's meshes; the same parameters give the same bytes.

    Parameters
    ----------
    params : CarParams

    Returns
    -------
    Asset
        Part 0 is the body, its origin on the ground under the middle of the car; four wheels follow, each about its
        own centre, with the axle along +y.
    """
    truck = params.body_type == "truck"
    shape = (
        CarShape(replace(params, height=params.height - LOAD_RISE), params.length / 2 - CAB_LENGTH)
        if truck
        else CarShape(params)
    )
    pieces = [shell(shape), fittings(shape)]
    if truck:
        pieces.append(load_body(shape, params.height))
    parts = [_part("body", merge(pieces), np.zeros(3))]
    left = split_creases(wheel(params), CREASE)
    for name, centre in wheel_places(shape):
        turned = left if centre[1] > 0 else left.mirrored()
        parts.append(
            AssetPart(
                name, turned.vertices, turned.triangles.astype(np.int32), turned.material.astype(np.int32), centre,
                np.array([0.0, 1.0, 0.0]), params.wheel_radius,
            )
        )  # fmt: skip
    name = f"{params.body_type}_{params.paint}"
    return Asset(name, "car", tuple(parts), car_materials(params.paint, params.rim, params.plate))


def _part(name: str, patch: Patch, origin: np.ndarray) -> AssetPart:
    split = split_creases(drop_slivers(patch, SLIVER), CREASE)
    return AssetPart(name, split.vertices, split.triangles.astype(np.int32), split.material.astype(np.int32), origin)
