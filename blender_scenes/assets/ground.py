"""The ground of a scene: one flat surface cut into rectangles of asphalt, paint, grass and pavement.

Markings are cut into the ground instead of laid on it, so that no two surfaces lie a millimetre apart.
"""

from dataclasses import dataclass

import numpy as np

from blender_scenes.assets import Asset, AssetPart
from blender_scenes.assets import surfaces as s
from raysim.materials import Material

SURFACES = {
    "asphalt": s.ASPHALT,
    "asphalt_patch": s.ASPHALT_PATCH,
    "asphalt_worn": s.ASPHALT_WORN,
    "paint": s.PAINT_WHITE,
    "paint_blue": s.PAINT_BLUE,
    "pavement": s.PAVEMENT,
    "grass": s.GRASS,
    "mulch": s.MULCH,
}


@dataclass(frozen=True)
class Area:
    """A rectangle of one surface.

    Attributes
    ----------
    x, y : tuple of 2 float
        Low and high edge [m].
    surface : str
        Key of `SURFACES`.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    surface: str


@dataclass(frozen=True)
class GroundParams:
    """Ground plane.

    Attributes
    ----------
    patches : tuple of Patch
        The first is the whole ground; each later one is painted over those before it.
    shade : float
        Factor on the colour of asphalt: 0.7 fresh, 1.4 bleached.
    """

    patches: tuple[Area, ...]
    shade: float = 1.0


def make_ground(params: GroundParams) -> Asset:
    """Make the ground at z = 0.

    Parameters
    ----------
    params : GroundParams

    Returns
    -------
    Asset
        Category "ground"; two triangles for every cell of the grid that the edges of the patches span, so that
        neighbouring triangles share whole edges.

    Raises
    ------
    ValueError
        If a surface is unknown or a patch is empty.
    """
    for patch in params.patches:
        if patch.surface not in SURFACES:
            raise ValueError(f"ground: surface must be one of {sorted(SURFACES)}, got {patch.surface!r}")
        if not (patch.x[0] < patch.x[1] and patch.y[0] < patch.y[1]):
            raise ValueError(f"ground: patch needs low < high, got x {patch.x}, y {patch.y}")
    whole = params.patches[0]
    x = np.unique(np.clip([edge for patch in params.patches for edge in patch.x], *whole.x))
    y = np.unique(np.clip([edge for patch in params.patches for edge in patch.y], *whole.y))
    names = sorted({patch.surface for patch in params.patches})
    cell = np.zeros((len(y) - 1, len(x) - 1), np.int32)
    for patch in params.patches:
        rows = slice(*np.searchsorted(y, np.clip(patch.y, *whole.y)))
        columns = slice(*np.searchsorted(x, np.clip(patch.x, *whole.x)))
        cell[rows, columns] = names.index(patch.surface)
    vertices, triangles = _grid(x, y)
    materials = tuple(_shaded(SURFACES[name], params.shade) for name in names)
    body = AssetPart("ground", vertices, triangles, np.repeat(cell.ravel(), 2), np.zeros(3))
    return Asset("ground", "ground", (body,), materials)


def _grid(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    across, up = np.meshgrid(x, y)
    vertices = np.stack([across.ravel(), up.ravel(), np.zeros(across.size)], axis=1)
    index = np.arange(across.size).reshape(across.shape)
    a, b, c, d = (corner.ravel() for corner in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    return vertices, np.stack([a, b, c, a, c, d], axis=1).reshape(-1, 3).astype(np.int32)


def _shaded(material: Material, shade: float) -> Material:
    if not material.name.startswith("asphalt"):
        return material
    red, green, blue = (min(1.0, shade * channel) for channel in material.colour)
    return material.renamed(material.name, (red, green, blue))
