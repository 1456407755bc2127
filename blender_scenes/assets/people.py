"""Procedural people who walk or stand: head, trunk, pelvis and limbs as rigid parts on a linkage.

``make_person(draw_person(rng=rng, speed=1.3))`` gives an `Asset`; the parameters are plain numbers for a recipe.
"""

from collections.abc import Mapping

import numpy as np

from blender_scenes.assets import Asset, AssetPart
from blender_scenes.assets.gait import walk
from blender_scenes.assets.mesh import Patch
from blender_scenes.assets.person_body import (
    foot,
    forearm,
    limbs_of,
    pelvis,
    shank,
    thigh,
    trunk,
    upper_arm,
)
from blender_scenes.assets.person_head import head
from blender_scenes.assets.person_materials import person_materials
from blender_scenes.assets.person_params import BODY_TYPES, PersonParams, draw_params
from blender_scenes.linkage import Linkage

__all__ = ["BODY_TYPES", "PersonParams", "draw_person", "make_person", "person_patches"]

draw_person = draw_params


def make_person(params: PersonParams) -> Asset:
    """Build a person's meshes; the same parameters give the same bytes.

    Parameters
    ----------
    params : PersonParams

    Returns
    -------
    Asset
        Part 0 has no triangles: it goes straight ahead at an even pace, and so do pose, velocity and box.
    """
    linkages = walk(limbs_of(params), params.speed, params.phase)
    parts = linked_parts(person_patches(params), linkages)
    return Asset(params.body_type, "pedestrian", (carrier(), *parts), person_materials(params))


def carrier() -> AssetPart:
    """Part without triangles that all others swing about."""
    none = np.zeros((0, 3), np.int32)
    return AssetPart("pace", np.zeros((0, 3)), none, np.zeros(0, np.int32), np.zeros(3))


def linked_parts(patches: Mapping[str, Patch], linkages: Mapping[str, Linkage]) -> list[AssetPart]:
    """Parts of bodies whose linkages have the same names."""
    return [AssetPart(name, *arrays(patch), np.zeros(3), linkage=linkages[name]) for name, patch in patches.items()]


def arrays(patch: Patch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, triangles and materials of a patch as a part has them."""
    return patch.vertices, patch.triangles.astype(np.int32), patch.material.astype(np.int32)


def person_patches(params: PersonParams, grasping: bool = False) -> dict[str, Patch]:
    """Bodies of all parts by name, each in the axes of its joint; hands open or closed."""
    patches = {"pelvis": pelvis(params), "trunk": trunk(params), "head": head(params)}
    leg = {"thigh": thigh(params), "shank": shank(params), "foot": foot(params)}
    for name, side in (("left", 1), ("right", -1)):
        patches |= {f"{limb}_{name}": patch for limb, patch in leg.items()}
        patches[f"upper_arm_{name}"] = upper_arm(params, side)
        patches[f"forearm_{name}"] = forearm(params, side, grasping)
    return patches
