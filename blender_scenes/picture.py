"""From radiance to a displayed picture: haze, tone curve, edges that need more rays, sRGB."""

import numpy as np
from numba import njit

from blender_scenes.sky import AMBIENT, HORIZON, SUN, SUN_IRRADIANCE

CLEAR_VISIBILITY = 12e3  # [m] of clean summer air
KOSCHMIEDER = 3.912  # extinction times visibility at 2 % contrast
EXPOSURE = 0.68  # of a scene whose level ground receives `NOON`
NOON = 1.8  # radiance of a white level plane on a clear noon
ADAPTATION = 0.5  # 1 = the ground always looks alike, 0 = a fixed exposure
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear sRGB
CONTRAST = 0.12  # between neighbours, (a - b) / (a + b), that shows stairs
PLANE_STEP = 0.01  # of the distance: a neighbour farther off the tangent plane lies beyond an edge


def haze(radiance: np.ndarray, distance: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Aerial perspective of clear air: surfaces fade into the horizon's colour.

    Parameters
    ----------
    radiance : (n, 3) float64
    distance : (n,) float64
        [m].
    light : (6, 3) float64
        `blender_scenes.sky.light_table`.

    Returns
    -------
    (n, 3) float64
    """
    kept = np.exp(-KOSCHMIEDER / CLEAR_VISIBILITY * distance)[:, None]
    return radiance * kept + light[HORIZON] * (1 - kept)


def exposure(light: np.ndarray) -> float:
    """Exposure that a camera would choose for a light; the same in all frames of a sequence.

    Parameters
    ----------
    light : (6, 3) float64
        `blender_scenes.sky.light_table`.

    Returns
    -------
    float
        Factor on radiance.
    """
    ground = light[SUN_IRRADIANCE] * max(light[SUN, 2], 0.0) / np.pi + light[AMBIENT]
    return float(EXPOSURE * (NOON / max(ground @ LUMINANCE, 1e-3)) ** ADAPTATION)


def tone(radiance: np.ndarray, exposed: float) -> np.ndarray:
    """Filmic curve from radiance to displayed light in [0, 1].

    A fit of the ACES reference transform: Narkowicz, "ACES filmic tone mapping curve" (2016).

    Parameters
    ----------
    radiance : (..., 3) float64
    exposed : float
        `exposure`.

    Returns
    -------
    (..., 3) float64
    """
    x = exposed * np.maximum(radiance, 0)
    return np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)


def to_srgb(displayed: np.ndarray) -> np.ndarray:
    """Encode displayed light in [0, 1] as sRGB uint8 (IEC 61966-2-1), by a table of 4096 steps."""
    light = np.arange(4097) / 4096
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)[np.rint(4096 * displayed).astype(np.int32)]


@njit(cache=True, nogil=True)
def edges(instance, material, luminance, distance, direction, normal):
    """Find pixels on the rim of an object, a material, a crease, a shadow or a reflection.

    Parameters
    ----------
    instance, material : (height, width) uint16
    luminance : (height, width) float64
        Displayed, in [0, 1].
    distance : (height, width) float64
        [m]; inf where nothing was hit.
    direction : (height, width, 3) float64
    normal : (height, width, 3) float32

    Returns
    -------
    (height, width) bool
    """
    height, width = instance.shape
    found = np.zeros((height, width), np.bool_)
    for i in range(height):
        for j in range(width):
            for step in range(2):
                y, x = i + step, j + 1 - step
                if y == height or x == width or (instance[i, j] == 0 and instance[y, x] == 0):
                    continue
                edge = instance[i, j] != instance[y, x] or material[i, j] != material[y, x]
                step_up = abs(luminance[i, j] - luminance[y, x])
                edge = edge or step_up > CONTRAST * (luminance[i, j] + luminance[y, x]) + 0.01
                if not edge:
                    turn, off = 0.0, 0.0
                    for k in range(3):
                        turn += normal[i, j, k] * normal[y, x, k]
                        line = distance[y, x] * direction[y, x, k] - distance[i, j] * direction[i, j, k]
                        off += normal[i, j, k] * line
                    edge = turn < 0.85 or abs(off) > PLANE_STEP * distance[i, j]
                if edge:
                    found[i, j] = True
                    found[y, x] = True
    return found
