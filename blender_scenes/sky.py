"""Sky, sun and noise of the ray-cast renderer, as compiled functions of one direction or point.

The gradient follows the sky of the Cycles renderer: pale at the horizon, deep at the zenith, thin clouds, dull
below; a glow around the sun is added.
"""

import numpy as np
from numba import njit

from raysim.environment import Light

HORIZON_WHITENESS = 0.72  # how far the long way through the air pales the sky at the horizon
SKY_SAMPLES = 512
GROUND_ALBEDO = 0.12  # of what lies around, for the light that comes from below

# Rows of the light table.
SUN, SUN_IRRADIANCE, ZENITH, HORIZON, AMBIENT, BOUNCE = range(6)


@njit(cache=True, nogil=True)
def _lattice(x, y, z):
    h = (x * 374761393 + y * 668265263 + z * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1103515245) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 1274126177) & 0xFFFFFFFF
    return (h ^ (h >> 16)) / 4294967296.0


@njit(cache=True, nogil=True)
def noise(x, y, z):
    """Return smooth value noise in [0, 1], mean 0.5, one feature a unit."""
    fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
    ix, iy, iz = int(fx), int(fy), int(fz)
    u, v, w = x - fx, y - fy, z - fz
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    total = 0.0
    for k in range(2):
        low = _lattice(ix, iy, iz + k) * (1 - u) + _lattice(ix + 1, iy, iz + k) * u
        high = _lattice(ix, iy + 1, iz + k) * (1 - u) + _lattice(ix + 1, iy + 1, iz + k) * u
        total += (low * (1 - v) + high * v) * (w if k else 1 - w)
    return total


@njit(cache=True, nogil=True)
def _between(height, low, high):
    return min(max((height - low) / (high - low), 0.0), 1.0)


@njit(cache=True, nogil=True)
def _clouds(x, y, height):
    """Cover in [0, 0.7] of thin high clouds on a plane overhead, fading into the haze at the horizon."""
    flatten = 1.0 / (height + 0.12)
    px, py = 0.9 * x * flatten, 0.9 * y * flatten
    value, amplitude = 0.0, 0.5
    for octave in range(5):
        value += amplitude * noise(px + 17.3, py - 5.1, octave * 7.7)
        px, py, amplitude = 2.03 * px, 2.03 * py, 0.5 * amplitude
    return _between(value, 0.46, 0.78) * min(3.0 * height, 0.7)


@njit(cache=True, nogil=True)
def sky_gradient(x, y, z, light, out):
    """Write the radiance of the cloudless sky from direction (x, y, z) into `out` (3,), linear sRGB."""
    toward_sun = max(x * light[SUN, 0] + y * light[SUN, 1] + z * light[SUN, 2], 0.0)
    glow = 0.02 * toward_sun**6 + 0.06 * toward_sun**64 + 0.35 * toward_sun**1500
    disc = 60.0 if toward_sun > 0.99995 else 0.0
    for k in range(3):
        horizon, zenith = light[HORIZON, k], light[ZENITH, k]
        middle = 0.55 * horizon + 0.45 * zenith
        if z < 0.02:  # the ground's far end lies a little below: it fades into pale haze
            value = horizon * (0.35 + 0.65 * _between(z, -0.12, -0.03))
        elif z < 0.12:
            value = horizon + (middle - horizon) * _between(z, 0.02, 0.12)
        elif z < 0.45:
            value = middle + (zenith - middle) * _between(z, 0.12, 0.45)
        else:
            value = zenith * (1.0 - 0.45 * _between(z, 0.45, 1.0))
        out[k] = value + (glow + disc) * light[SUN_IRRADIANCE, k]


@njit(cache=True, nogil=True)
def skies(direction, light):
    """Return the radiance (n, 3) of the sky with its clouds from unit directions (n, 3)."""
    out = np.empty((len(direction), 3))
    cloud = 1.1 * light[ZENITH, 2]  # white, and brighter than the sky's blue
    for i in range(len(direction)):
        x, y, z = direction[i]
        sky_gradient(x, y, z, light, out[i])
        cover = _clouds(x, y, z) if z > 0.01 else 0.0
        for k in range(3):
            out[i, k] += cover * (max(cloud, out[i, k]) - out[i, k])
    return out


def _cosine_directions(count: int) -> np.ndarray:
    """Spread unit vectors (count, 3) above the horizon, as dense as the cosine from the zenith (Fibonacci spiral)."""
    square = (np.arange(count) + 0.5) / count
    turn = np.pi * (3 - 5**0.5) * np.arange(count)
    return np.stack([np.sqrt(square) * np.cos(turn), np.sqrt(square) * np.sin(turn), np.sqrt(1 - square)], axis=-1)


def light_table(light: Light) -> np.ndarray:
    """Pack the light for the compiled functions.

    Parameters
    ----------
    light : Light

    Returns
    -------
    (6, 3) float64
        Direction towards the sun; irradiance facing it; radiance at the zenith, at the horizon, of the whole sky as a
        level plane sees it, and of the ground; linear sRGB.
    """
    flat = np.cos(light.sun_elevation)
    sun = np.array([flat * np.cos(light.sun_azimuth), flat * np.sin(light.sun_azimuth), np.sin(light.sun_elevation)])
    irradiance = light.sun_irradiance * np.array(light.sun_colour)
    zenith = light.sky_radiance * np.array(light.sky_colour)
    horizon = light.sky_radiance * (np.array(light.sky_colour) * (1 - HORIZON_WHITENESS) + HORIZON_WHITENESS)
    table = np.stack([sun, np.zeros(3), zenith, horizon, zenith, np.zeros(3)])
    table[AMBIENT] = skies(_cosine_directions(SKY_SAMPLES), table).mean(0)
    table[SUN_IRRADIANCE] = irradiance
    table[BOUNCE] = GROUND_ALBEDO * (irradiance * max(sun[2], 0.0) / np.pi + table[AMBIENT])
    return table
