"""Traces at any carrier between any two places, and physical optics of flat shapes by quadrature."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.constants import c, pi

from raysim.environment import Weather
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.paths import Paths, concatenate
from raysim.sensors import Radar, look_at
from raysim.trace import TraceConfig, trace
from tests.fixtures import scene_of, sensors_at

QUAD = [[0, 1, 2], [0, 2, 3]]
ORIGIN = np.zeros(3)


def body(vertices, triangles, material, name="body", category="car") -> tuple:
    """A piece of `tests.fixtures.scene_of` at rest."""
    return name, category, True, np.asarray(vertices, float), np.asarray(triangles), material, None


def traced(
    pieces, *, frequency=28e9, source=ORIGIN, sink=None, aim=(0.0, 1.0, 0.0), seed=0, weather=None, launch=None,
    **settings,
) -> Paths:  # fmt: skip
    """Paths from a source to a sink, at one place where there is none; both look at the point `aim`."""
    source, sink = np.asarray(source, float), np.asarray(source if sink is None else sink, float)
    radar = Radar.between(look_at(source, aim), look_at(sink, aim))
    scene = scene_of(pieces, replace(sensors_at((0, 0, 0), (0, 1, 0)), radar=radar))
    scene = replace(scene, weather=weather or Weather())
    config = TraceConfig(**({"antenna": "isotropic", "launch": launch or LaunchConfig()} | settings))
    return concatenate(trace(RayCaster(scene).frame(0), config, frequency=frequency, seed=seed))


def channel(paths: Paths, frequency: float) -> complex:
    """Sum of paths at a carrier, t = 0."""
    return complex((paths.gain * np.exp(-2j * np.pi * np.mod(frequency * paths.delay, 1.0))).sum())


def power(paths: Paths) -> float:
    """Sum of the paths' powers."""
    return float((np.abs(paths.gain) ** 2).sum())


def kirchhoff(
    inside: Callable, size: float, place: np.ndarray, turn: np.ndarray, frequency: float, source=ORIGIN, sink=ORIGIN
) -> complex:
    """Channel of a conducting flat shape by way of Kirchhoff's integral, near field in; its sign is left open.

    Parameters
    ----------
    inside : callable
        (x, z) of the shape's own plane -> bool: on it.
    size : float
        It lies within |x|, |z| < size / 2 [m].
    place, turn : (3,), (3, 3) float64
        World position of the middle [m], and rotation; unturned the shape faces -y.
    frequency : float
        [Hz]; the quadrature has twelve points a wavelength.
    source, sink : (3,) float64
        World [m].
    """
    wavelength = c / frequency
    n = int(np.ceil(12 * size / wavelength))
    grid = ((np.arange(n) + 0.5) / n - 0.5) * size
    x, z = (a.ravel() for a in np.meshgrid(grid, grid))
    x, z = x[inside(x, z)], z[inside(x, z)]
    points = np.stack([x, np.zeros(len(x)), z], axis=1) @ turn.T + place
    normal = turn @ [0.0, -1.0, 0.0]
    legs = [points - source, points - sink]
    s_in, s_out = (np.linalg.norm(leg, axis=1) for leg in legs)
    cosines = sum(np.abs(leg @ normal) / s for leg, s in zip(legs, (s_in, s_out), strict=True))
    waves = np.exp(-2j * pi / wavelength * (s_in + s_out)) / (s_in * s_out) * cosines / 2
    return complex(wavelength / (4 * pi) * 1j / wavelength * waves.sum() * (size / n) ** 2)
