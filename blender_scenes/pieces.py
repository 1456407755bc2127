"""Procedural assets in anybody's scene: an asset as loose pieces, placed and moving."""

import numpy as np

from blender_scenes.assets import Asset
from blender_scenes.motion import part_motion
from blender_scenes.recipe import Placement
from raysim.pieces import Piece


def asset_pieces(
    asset: Asset,
    *,
    name: str | None = None,
    position: tuple[float, float, float] = (0.0, 0.0, 0.0),
    yaw: float = 0.0,
    speed: float = 0.0,
    times: np.ndarray | tuple[float, ...] = (0.0,),
) -> list[Piece]:
    """Place an asset.

    Parameters
    ----------
    asset : Asset
        From `blender_scenes.assets.cars.make_car` and its like.
    name : str, optional
        Of the object; default: the asset's.
    position : tuple of 3 float
        Of its origin at time 0 [m].
    yaw : float
        Heading of its x axis, from east towards north [rad].
    speed : float
        Straight along the heading [m/s]; wheels roll.
    times : (num_frames,) array_like
        Middle of every frame [s], those of the scene.

    Returns
    -------
    list of Piece
        One a part, all of one object, for `raysim.pieces.assemble`.
    """
    name = name or asset.name
    placement = Placement(name, asset.name, asset.category, {}, position, yaw, speed, True)
    moments = np.asarray(times, float)
    return [
        Piece(
            f"{name}.{part.name}",
            asset.category,
            part.vertices,
            part.triangles,
            asset.materials,
            part.material,
            part_motion(placement, part, moments),
            is_target=True,
            instance=name,
        )
        for part in asset.parts
    ]
