"""Foliage in the wind: motion of every cell of a crown, the main Doppler clutter of a street.

Speeds follow Billingsley's model of windblown clutter: seen from anywhere, the moving share of the foliage has a
two-sided exponential distribution of radial speed. Every cell swings at a frequency of its own, so that displacement,
velocity and acceleration belong together and go on from frame to frame.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import mph, pi

from raysim.crowns import Crowns, crown_row, crowns_of
from raysim.scene import Scene, SceneFrame
from raysim.vectors import combine, dot, norm, row

SLOWEST, FASTEST = 1.0, 3.0  # [Hz] swing of boughs and twigs
_STREAM = 0x5A1A  # of the draws, apart from other uses of a seed


def speed_scale(wind: float) -> float:
    """Mean magnitude of the moving foliage's radial speed [m/s] in a wind [m/s].

    References
    ----------
    Billingsley, Low-Angle Radar Clutter (2002), chapter 6: 1 / beta = 0.1048 (log10 w + 0.4147), w in miles an hour. It
    does not depend on the frequency, from VHF to X band; used here at any.
    """
    return max(0.1048 * (np.log10(wind / mph) + 0.4147), 0.0) if wind > 0 else 0.0


def resting_share(wind: float, frequency: float) -> float:
    """Share of the foliage's return that does not move, in a wind [m/s], at a frequency [Hz].

    References
    ----------
    Billingsley, as above: power at rest over power in motion = 489.8 w^-1.55 f^-1.21, w in miles an hour, f in GHz.
    """
    if speed_scale(wind) == 0:
        return 1.0
    ratio = 489.8 * (wind / mph) ** -1.55 * (frequency / 1e9) ** -1.21
    return ratio / (1 + ratio)


class Sway(NamedTuple):
    """Motion of the cells of a scene's crowns at the middle of a frame, for kernels."""

    crowns: Crowns
    displacement: np.ndarray  # (num_filled, 3) float64 [m]
    velocity: np.ndarray  # (num_filled, 3) float64 [m/s]
    acceleration: np.ndarray  # (num_filled, 3) float64 [m/s2]


class Swings(NamedTuple):
    """How every cell swings along every axis: velocity = cosine cos(rate t) + sine sin(rate t)."""

    rate: np.ndarray  # (num_filled, 3) float64 [rad/s]
    cosine: np.ndarray  # (num_filled, 3) float64 [m/s]
    sine: np.ndarray


@lru_cache(maxsize=1)
def swings(scene: Scene, frequency: float, seed: int) -> Swings:
    """Draw how the cells of a scene's crowns swing; the same for every frame of a sequence.

    Parameters
    ----------
    scene : Scene
        Whose weather has the wind.
    frequency : float
        Carrier [Hz]: it decides how much of the return rests.
    seed : int

    Returns
    -------
    Swings
        A cell's velocity is normal with a variance that is itself exponential, so that over the cells any component
        has the two-sided exponential distribution.
    """
    crowns, wind = crowns_of(scene), scene.weather.wind
    count = crowns.num_filled if crowns else 0
    rng = np.random.Generator(np.random.Philox(key=[seed, _STREAM]))
    rate = 2 * pi * SLOWEST * (FASTEST / SLOWEST) ** rng.random((count, 3))
    spread = speed_scale(wind) * np.sqrt(2 * rng.exponential(size=count))
    spread[rng.random(count) < resting_share(wind, frequency)] = 0
    parts = spread[:, None, None] * rng.standard_normal((count, 3, 2))
    return Swings(rate, parts[..., 0].copy(), parts[..., 1].copy())


def sway_of(frame: SceneFrame, *, frequency: float, seed: int) -> Sway | None:
    """Motion of a frame's crowns, None where nothing moves; parameters as for `swings`."""
    scene = frame.scene
    crowns, time = crowns_of(scene), scene.frame_times[frame.index]
    if crowns is None or speed_scale(scene.weather.wind) == 0:
        return None
    swing = swings(scene, frequency, seed)
    cosine, sine = np.cos(swing.rate * time), np.sin(swing.rate * time)
    velocity = swing.cosine * cosine + swing.sine * sine
    displacement = (swing.cosine * sine - swing.sine * cosine) / swing.rate
    return Sway(crowns, displacement, velocity, -(swing.rate**2) * displacement)


@njit(cache=True, error_model="numpy", nogil=True)
def wind_on(sway, tubes, which, distance, triangle, part_of_triangle, receiver):
    """Work out what the wind adds to the paths of hits.

    Parameters
    ----------
    sway : Sway
    tubes : Tubes
        As they arrive.
    which : (n,) int
        The tubes that hit something.
    distance, triangle : (n,) array
        Of the hits.
    part_of_triangle : (num_triangles,) int32
    receiver : (3,) float64
        [m].

    Returns
    -------
    (3, n) float64
        Length [m], its rate [m/s] and acceleration [m/s2]; 0 for hits outside crowns.
    """
    change = np.zeros((3, len(which)))
    crowns, displacement, velocity, acceleration = sway
    end = (receiver[0], receiver[1], receiver[2])
    for j in range(len(which)):
        i, part = which[j], part_of_triangle[triangle[j]]
        crown, cell = crowns.of_part[part], -1
        if crown >= 0:
            direction = row(tubes.direction, i)
            point = combine(1.0, row(tubes.origin, i), distance[j], direction)
            cell = crown_row(crowns, crown, point)
        if cell < 0:
            continue
        line = combine(1.0, end, -1.0, point)
        s = norm(line)
        back = combine(1 / s, line, 0.0, line)
        u, v, a = row(displacement, cell), row(velocity, cell), row(acceleration, cell)
        # of the last point: the length's second derivative mixes both ends' motion
        before = row(tubes.velocity, i) if tubes.moved[i] else (0.0, 0.0, 0.0)
        across = (
            combine(1.0, v, -dot(direction, v), direction),
            combine(1.0, before, -dot(direction, before), direction),
        )
        away = combine(1.0, v, -dot(back, v), back)
        bend = (dot(across[0], across[0]) - 2 * dot(across[0], across[1])) / distance[j] + dot(away, away) / s
        turned = combine(1.0, direction, -1.0, back)
        change[0, j], change[1, j], change[2, j] = dot(turned, u), dot(turned, v), dot(turned, a) + bend
    return change
