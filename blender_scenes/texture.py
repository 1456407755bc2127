"""Procedural variation of natural surfaces, by what they are electrically, in the axes of their part.

Scales and contrasts are those of the Cycles materials. Detail finer than a pixel's footprint fades to its mean.
"""

import numpy as np
from numba import njit

from blender_scenes.sky import noise
from raysim.materials import Material

PLAIN, GRAINED, BRICK, GRASS, FOLIAGE = range(5)
KIND = {"asphalt": GRAINED, "concrete": GRAINED, "wood": GRAINED, "marble": GRAINED,
        "brick": BRICK, "soil": GRASS, "foliage": FOLIAGE}  # fmt: skip
# Scale of the grain [1/m], its contrast, scale of the patches [1/m], their contrast.
VARIATION = {
    "asphalt": (60.0, 0.55, 0.22, 0.35),
    "concrete": (30.0, 0.18, 0.4, 0.22),
    "brick": (9.0, 0.25, 0.5, 0.2),
    "soil": (25.0, 0.6, 0.35, 0.5),
    "foliage": (18.0, 0.5, 0.6, 0.45),
    "wood": (12.0, 0.3, 1.0, 0.2),
    "marble": (3.0, 0.12, 0.5, 0.1),
}
BRICK_LENGTH, BRICK_HEIGHT, MORTAR = 0.24, 0.083, 0.011  # [m] with the joint


def texture_row(material: Material) -> tuple[float, float, float, float, float]:
    """Kind and variation of a material, as `texture_factor` takes them."""
    variation = VARIATION.get(material.electrical)
    if variation is None or material.emission > 0:
        return (PLAIN, 1.0, 0.0, 1.0, 0.0)
    return (KIND[material.electrical], *variation)


@njit(cache=True, nogil=True)
def _octaves(p, scale, contrast, count, footprint):
    """Swing about zero of `count` octaves of noise from `scale` downwards, filtered by the pixel's footprint."""
    swing, weight = 0.0, 0.6
    for _ in range(count):
        fade = 1.0 / (1.0 + (0.7 * footprint * scale) ** 2)
        if fade < 0.03:
            fade = 0.0
        if fade > 0:
            swing += weight * fade * (2 * noise(p[0] * scale, p[1] * scale, p[2] * scale) - 1)
        scale, weight = scale / 2.7, 0.6 * weight
    return contrast * swing


@njit(cache=True, nogil=True)
def _brick(p, normal, footprint, out):
    """Stretcher bond on upright faces: pale joints, every brick a little different."""
    along = p[1] if abs(normal[0]) > abs(normal[1]) else p[0]
    course = np.floor(p[2] / BRICK_HEIGHT)
    place = along / BRICK_LENGTH + 0.5 * (course % 2)
    joint_u = (place - np.floor(place)) * BRICK_LENGTH < MORTAR
    joint_v = p[2] - course * BRICK_HEIGHT < MORTAR
    fade = max(0.0, 1.0 - footprint / 0.05)
    tone = 0.5 * (noise(np.floor(place) * 1.37 + 0.5, course * 1.71 + 0.5, 0.5) - 0.5)
    for k in range(3):
        out[k] *= 1.0 + fade * tone
        if joint_u or joint_v:
            out[k] += fade * (0.32 - out[k])
        else:
            out[k] += (1 - fade) * 0.18 * (0.32 - out[k])  # joints and bricks blend in the distance


@njit(cache=True, nogil=True)
def textured(row, p, normal, footprint, out):
    """Vary a colour in place.

    Parameters
    ----------
    row : (5,) float64
        `texture_row`.
    p, normal : (3,) float64
        Point [m] and unit normal in the axes of the part.
    footprint : float
        Size of the pixel on the surface [m].
    out : (3,) float64
        Linear sRGB.
    """
    kind = int(row[0])
    if kind == PLAIN:
        return
    if kind == BRICK and abs(normal[2]) < 0.5:
        _brick(p, normal, footprint, out)
    swing = _octaves(p, row[1], row[2], 3, footprint) + _octaves(p, 4.0 * row[3], 0.6 * row[4], 4, footprint)
    if kind == GRASS or kind == FOLIAGE:
        dry = _octaves(p, 1.3, 0.25, 2, footprint)  # patches turn yellowish
        out[0] *= 1.0 + max(dry, -0.6)
    for k in range(3):
        out[k] *= min(max(1.0 + swing, 0.3), 1.9)
