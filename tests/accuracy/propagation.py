"""Propagation against closed forms: ``python -m tests.accuracy.propagation > docs/validation-propagation.md``."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import trimesh
from scipy.special import fresnel

from raysim.launch import LaunchConfig
from raysim.trace import TraceConfig
from tests.shapes import (
    WAVELENGTH,
    db,
    measured_rcs,
    plate,
    plate_rcs,
    sphere,
    sphere_rcs,
    trihedral,
    trihedral_rcs,
)

FINE = TraceConfig(antenna="isotropic", launch=LaunchConfig(object_samples=400, object_tubes=200_000))
DEFAULT = TraceConfig(antenna="isotropic")


@dataclass(frozen=True)
class Row:
    """One line of the page: errors in dB over placements, and the bar on their mean and spread."""

    case: str
    truth: str
    errors: np.ndarray
    bar: float
    spread_bar: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        mean_holds = abs(self.errors.mean()) <= self.bar
        return mean_holds and (self.spread_bar is None or self.errors.std() <= self.spread_bar)


def tilted(vertices, angle):
    """Turn a shape about the vertical axis."""
    rotation = trimesh.transformations.rotation_matrix(angle, [0, 0, 1])[:3, :3]
    return vertices @ rotation.T


def tilted_plate_rcs(side, distance, angle, samples=4001):
    """RCS [m2] of a tilted plate: quadrature of the physical-optics integral, near field in."""
    x = ((np.arange(samples) + 0.5) / samples - 0.5) * side
    w = side / np.sqrt(WAVELENGTH * distance)
    s, c = fresnel(w)
    across = np.exp(-2j * np.pi / WAVELENGTH * 2 * (x * np.sin(angle) + (x * np.cos(angle)) ** 2 / (2 * distance)))
    along = side * np.hypot(c, s) / w  # the straight way, closed form
    return 4 * np.pi / WAVELENGTH**2 * abs(across.mean() * side * np.cos(angle)) ** 2 * along**2


def cylinder(radius, height, segments):
    """Upright open cylinder with shared vertices around, as smooth surfaces have."""
    angle = 2 * np.pi * np.arange(segments) / segments
    ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    levels = np.linspace(-height / 2, height / 2, max(2, int(height / 0.05) + 1))
    vertices = np.concatenate([np.column_stack([ring, np.full(segments, z)]) for z in levels])
    here = np.arange(segments)
    following = (here + 1) % segments
    triangles = []
    for level in range(len(levels) - 1):
        low, high = level * segments, (level + 1) * segments
        triangles.append(np.column_stack([low + here, low + following, high + following]))
        triangles.append(np.column_stack([low + here, high + following, high + here]))
    return vertices, np.concatenate(triangles)


def cylinder_rcs(radius, height, distance):
    """RCS [m2] of a cylinder at broadside, near field in; distance to its axis."""
    w = height / np.sqrt(WAVELENGTH * (distance - radius))
    s, c = fresnel(w)
    return 2 * np.pi * radius * height**2 / WAVELENGTH * (distance / (distance - radius)) ** 3 * (c**2 + s**2) / w**2


def dihedral(side):
    """Two squares at a right angle, opening towards -y, their line upright."""
    h = side / np.sqrt(2)
    left = [[-h, -h, -side / 2], [0, 0, -side / 2], [0, 0, side / 2], [-h, -h, side / 2]]
    right = [[0, 0, -side / 2], [h, -h, -side / 2], [h, -h, side / 2], [0, 0, side / 2]]
    return np.array(left + right), np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])


def errors(make: Callable[[int], tuple], truth: float, distance: float, placements: int, config=DEFAULT) -> np.ndarray:
    """Errors [dB] over placements: other attitudes and other places on the grid."""
    measured = [measured_rcs(*make(k), distance, seed=k, config=config) for k in range(placements)]
    return db(np.array(measured)) - db(truth)


def _shifted(shape, k, reach=0.02):
    rng = np.random.default_rng(k)
    vertices, triangles = shape
    return vertices + reach * rng.uniform(-1, 1, 3) * [1, 0, 1], triangles


def rows(placements: int = 10) -> Iterator[Row]:
    """Measure every case."""
    for name, config, bar in (("fine", FINE, 0.05), ("default", DEFAULT, 0.3)):
        cases = [(a, r) for a in (0.1, 0.2, 0.4) for r in (10, 50, 200)]
        each = [errors(lambda k, a=a: _shifted(plate(a), k), plate_rcs(a, r), r, 3, config).mean() for a, r in cases]
        yield Row(f"plates 0.1-0.4 m, 10-200 m, {name}", "Fresnel integrals", np.array(each), bar, bar)
    turns = np.radians([0.5, 1, 2, 3, 5])
    corners, faces = plate(0.2)
    each = [
        errors(lambda k, t=t: (tilted(corners, t), faces), tilted_plate_rcs(0.2, 50, t), 50, 1, FINE)[0] for t in turns
    ]
    yield Row("plate 0.2 m tilted 0.5-5 degrees, fine", "quadrature", np.array(each), 0.3, 0.5)
    for radius, subdivisions, distance in ((0.05, 5, 10), (0.1, 5, 10), (0.25, 6, 20), (1.0, 7, 30), (3.0, 7, 50)):
        e = errors(
            lambda k, a=radius, n=subdivisions: _shifted(sphere(a, n, rng=np.random.default_rng(k)), k, a / 5),
            sphere_rcs(radius, distance), distance, placements,
        )  # fmt: skip
        yield Row(f"sphere {radius} m at {distance} m", "geometrical optics", e, 0.15, 0.6)
    for radius, height in ((0.1, 0.5), (0.3, 1.0), (1.0, 2.0)):
        segments = int(2 * np.pi * radius / min(0.01, 0.15 * np.sqrt(WAVELENGTH * radius)))
        e = errors(
            lambda k, a=radius, h=height, n=segments: _shifted(cylinder(a, h, n), k),
            cylinder_rcs(radius, height, 30.0), 30.0, 5,
        )  # fmt: skip
        yield Row(f"cylinder {radius} m x {height} m at 30 m", "Fresnel integrals", e, 0.3)
    for side in (0.2, 0.3):
        truth = 8 * np.pi * side**4 / WAVELENGTH**2
        e = errors(lambda k, a=side: _shifted(dihedral(a), k), truth, max(200.0, 8 * side**2 / WAVELENGTH), 3)
        yield Row(f"dihedral {side} m", "8 pi a^2 b^2 / lambda^2", e, 0.2)
    for side, square in ((0.1, True), (0.2, True), (0.2, False), (0.25, False)):
        e = errors(
            lambda k, a=side, q=square: _shifted(trihedral(a, square=q), k),
            trihedral_rcs(side, square=square),
            100.0,
            3,
        )
        name = "square" if square else "triangular"
        yield Row(f"{name} trihedral {side} m at 100 m", "12 or 4/3 pi a^4 / lambda^2", e, 0.2)


def page(measured: list[Row]) -> str:
    """Return the page as Markdown."""
    lines = [
        "# Validation: propagation",
        "",
        "Radar cross sections of perfectly conducting meshes at 28 GHz, measured end to end: tubes, hits, paths, their",
        'sum, the radar equation. Errors in dB over placements (other attitudes, other places on the grid). "Fine" =',
        "400 tubes across; the rest is the default budget. Made by `python -m tests.accuracy.propagation`; the slow",
        "tests assert the same bars.",
        "",
        "| case | truth | mean error [dB] | spread [dB] | bar: mean, spread [dB] | holds |",
        "|---|---|---|---|---|---|",
    ]
    for row in measured:
        spread = "" if row.spread_bar is None else f", {row.spread_bar:g}"
        lines.append(
            f"| {row.case} | {row.truth} | {row.errors.mean():+.2f} | {row.errors.std():.2f} | {row.bar:g}{spread} | "
            f"{'yes' if row.holds else 'no'} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(list(rows())))
