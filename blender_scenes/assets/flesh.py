"""Round bodies without edges: lofts through stations, closed by round ends, meshed as finely as 28 GHz asks for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator

from blender_scenes.assets.mesh import Patch, drop_degenerate, loft

WAVELENGTH = 0.0107  # [m] at 28 GHz
EDGE = 0.6  # edges around a body over sqrt(WAVELENGTH radius): facets stray from it by 1/22 of a wavelength
ROW = 0.075  # [m] between rows along a limb, which bends little that way
LEAST_SEGMENTS = 14  # edges that bend by under 30 degrees diffract nothing


def segments_around(radius: float) -> int:
    """Even number of segments around a body of some radius [m]."""
    edge = EDGE * np.sqrt(WAVELENGTH * radius)
    return max(LEAST_SEGMENTS, 2 * round(np.pi * radius / edge))


def rounded(
    stations: Sequence[Sequence[float]], material: int, *, ends: tuple[float, float] = (0.02, 0.02), row: float = ROW,
    squareness: tuple[float, float] = (2.0, 2.0),
) -> Patch:  # fmt: skip
    """Body through stations along z, smooth between them.

    Parameters
    ----------
    stations : (n, 5) or (n, 6) floats
        By rising z: height z, middle x, reach to the front (+x) and to the back, half width (y), and middle y [m].
    material : int
    ends : (lower, upper)
        Height of the round ends, beyond the stations [m].
    row : float
        Between rings [m].
    squareness : (front, back)
        Exponents of the superellipses: 2 = ellipses.

    Returns
    -------
    Patch
        Closed.
    """
    table = np.asarray(stations, float)
    if table.shape[1] == 5:
        table = np.column_stack([table, np.zeros(len(table))])
    z = table[:, 0]
    count = max(4, round((z[-1] - z[0]) / row) + 1)
    heights = np.linspace(z[0], z[-1], count)
    between = np.column_stack([heights, PchipInterpolator(z, table[:, 1:])(heights)])
    radius = float(np.median(between[:, 2:5].mean(axis=1)))
    rings = [_ring(station, segments_around(radius), squareness) for station in _closed(between, *ends)]
    return drop_degenerate(loft(np.array(rings), material, closed=True).flipped())


def _closed(table: np.ndarray, lower: float, upper: float) -> np.ndarray:
    """Stations with those of round ends before and behind."""
    angle = np.radians([90.0, 58.0, 25.0])
    out = []
    for end, height in ((table[0], -lower), (table[-1], upper)):
        cap = np.tile(end, (len(angle), 1))
        cap[:, 0] += height * np.sin(angle)
        cap[:, 2:5] *= np.cos(angle)[:, None]
        cap[0, 2:5] = 0.0
        out.append(cap)
    return np.concatenate([out[0], table, out[1][::-1]])


def _ring(station: np.ndarray, segments: int, squareness: tuple[float, float]) -> np.ndarray:
    """Return the closed curve (segments, 3) of a station, counter-clockwise seen from above."""
    z, x, front, back, side, y = station
    angle = 2 * np.pi * (np.arange(segments) + 0.5) / segments
    c, s = np.cos(angle), np.sin(angle)
    power = 2 / np.where(c > 0, *squareness)
    ahead = np.sign(c) * np.abs(c) ** power * np.where(c > 0, front, back)
    return np.stack([x + ahead, y + np.sign(s) * np.abs(s) ** power * side, np.full(segments, z)], axis=-1)


def lying(patch: Patch) -> Patch:
    """Lay a body that was lofted along z along x: its front faces up."""
    x, y, z = patch.vertices.T
    return Patch(np.stack([z, -y, x], axis=-1), patch.triangles, patch.material)


def moved(patch: Patch, by: ArrayLike) -> Patch:
    """Shift a patch [m]."""
    return Patch(patch.vertices + np.asarray(by, float), patch.triangles, patch.material)
