"""Fences along x that face -y: upright wooden slats on rails, or wire mesh between steel posts."""

from dataclasses import dataclass

import numpy as np

from blender_scenes.assets import Asset
from blender_scenes.assets import surfaces as s
from blender_scenes.assets.shapes import Solid, box, lathe, moved, quads, repeated, tube
from blender_scenes.assets.street import BURIED, POLE_SIDES

SPAN = 2.5  # [m] between posts, at most
SLAT, GAP = 0.095, 0.018  # [m] wide
CLEARANCE = 0.05  # [m] under slats and mesh


@dataclass(frozen=True)
class FenceParams:
    """Fence.

    Attributes
    ----------
    length, height : float
        [m].
    kind : str
        "slats" or "mesh".
    colour : tuple of 3 float
        Of the slats, linear sRGB.
    """

    length: float
    height: float = 1.3
    kind: str = "slats"
    colour: tuple[float, float, float] = (0.20, 0.125, 0.07)


def make_fence(params: FenceParams) -> Asset:
    """Make a fence with a post at both ends.

    Parameters
    ----------
    params : FenceParams

    Returns
    -------
    Asset
        Category "street_furniture". Slats and mesh are panels of one surface: radio passes them in part.

    Raises
    ------
    ValueError
        If the kind is unknown.
    """
    if params.kind not in ("slats", "mesh"):
        raise ValueError(f"fence: kind must be 'slats' or 'mesh', got {params.kind!r}")
    fence = Solid()
    (_add_slats if params.kind == "slats" else _add_mesh)(fence, params)
    return fence.asset("fence", "street_furniture")


def _posts(length: float, inset: float) -> np.ndarray:
    """Places (n, 3) of the posts along x [m]."""
    x = np.linspace(inset - length / 2, length / 2 - inset, max(2, int(np.ceil(length / SPAN)) + 1))
    return np.column_stack([x, 0 * x, 0 * x])


def _add_slats(fence: Solid, params: FenceParams) -> None:
    """Slats before two rails before the posts."""
    half, h = params.length / 2, params.height
    wood = s.FENCE_POST.renamed("fence_post", params.colour)
    fence.add(repeated(box((-0.045, 0.04, -BURIED), (0.045, 0.13, h - 0.04)), _posts(params.length, 0.045)), wood)
    for z in (0.22 * h, 0.78 * h):
        fence.add(box((-half, 0.0, z - 0.045), (half, 0.04, z + 0.045)), wood)
    count = int((params.length + GAP) / (SLAT + GAP))
    x = (np.arange(count) - (count - 1) / 2) * (params.length - SLAT) / max(count - 1, 1)
    left, right = -SLAT / 2, SLAT / 2
    slat = quads(np.array([[[left, 0, CLEARANCE], [right, 0, CLEARANCE], [right, 0, h], [left, 0, h]]]))
    fence.add(repeated(slat, np.column_stack([x, 0 * x - 1e-3, 0 * x])), s.FENCE_SLAT.renamed("slat", params.colour))


def _add_mesh(fence: Solid, params: FenceParams) -> None:
    """Mesh before round posts with a rail at the top and one at the foot."""
    half, h = params.length / 2, params.height
    post = lathe([(0.03, -BURIED), (0.03, h + 0.02), (0.02, h + 0.035)], POLE_SIDES)
    fence.add(repeated(moved(post, (0.0, 0.035, 0.0)), _posts(params.length, 0.03)), s.FENCE_STEEL)
    for z in (CLEARANCE, h):
        bar = tube(np.array([[-half, 0.0, z], [half, 0.0, z]]), np.full(2, 0.017), 12)
        fence.add(bar, s.FENCE_STEEL)
    mesh = np.array([[[-half, 0, CLEARANCE], [half, 0, CLEARANCE], [half, 0, h], [-half, 0, h]]])
    fence.add(quads(mesh), s.FENCE_MESH)
