"""Flat shapes other than squares, tilted and rolled: how exact their rims are."""

import numpy as np
import trimesh

from tests.accuracy.anywhere import body, channel, kirchhoff, traced
from tests.accuracy.rows import Row, errors_row
from tests.fixtures import PEC
from tests.shapes import db

SIZE = 0.3
DISTANCE = 40.0


def disc(corners: int = 96):
    turn = 2 * np.pi * np.arange(corners) / corners
    rim = SIZE / 2 * np.stack([np.cos(turn), 0 * turn, np.sin(turn)], axis=1)
    here = np.arange(corners)
    triangles = np.stack([0 * here, 1 + here, 1 + (here + 1) % corners], axis=1)
    area = corners / 2 * np.sin(2 * np.pi / corners) * SIZE**2 / 4
    return np.concatenate([[[0.0, 0, 0]], rim]), triangles, lambda x, z: np.pi * (x**2 + z**2) < area


def angle():
    """An L: a square without one of its quarters."""
    h = SIZE / 2

    def quad(x0, z0, x1, z1):
        return [[x0, 0, z0], [x1, 0, z0], [x1, 0, z1], [x0, 0, z1]]

    vertices = np.array(quad(-h, -h, 0, h) + quad(0, -h, h, 0), float)
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    return vertices, triangles, lambda x, z: ~((x > 0) & (z > 0))


def frame():
    """A square with a square hole of half its side."""
    square = np.array([[-1.0, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) * SIZE / 2
    triangles = [t for i in range(4) for t in ([i, (i + 1) % 4, 4 + (i + 1) % 4], [i, 4 + (i + 1) % 4, 4 + i])]
    vertices = np.concatenate([square, square / 2])
    return vertices, np.array(triangles), lambda x, z: np.maximum(np.abs(x), np.abs(z)) > SIZE / 4


def triangle():
    h = SIZE / 2
    vertices = np.array([[-h, 0, -h], [h, 0, -h], [0, 0, h]])
    return vertices, np.array([[0, 1, 2]]), lambda x, z: z < h - 2 * np.abs(x)


SHAPES = {"disc": disc, "L": angle, "square with a square hole": frame, "triangle": triangle}


def errors(make, carrier: float, tilts=(0.0, 1.0, 3.0), placements: int = 6) -> np.ndarray:
    """Errors [dB] of the field over that of the untilted shape, over tilts [degrees] and rolls at random."""
    vertices, triangles, inside = make()
    found = []
    for tilt in tilts:
        for k in range(placements):
            rng = np.random.default_rng(k)
            roll, about = rng.uniform(0, 2 * np.pi, 2)
            tilted = trimesh.transformations.rotation_matrix(np.radians(tilt), [np.cos(about), 0, np.sin(about)])
            turn = (tilted @ trimesh.transformations.rotation_matrix(roll, [0, 1, 0]))[:3, :3]
            place = np.array([0, DISTANCE, 0]) + 0.02 * rng.uniform(-1, 1, 3) * [1, 0, 1]
            top = abs(kirchhoff(inside, SIZE, place, np.eye(3), carrier))
            want = abs(kirchhoff(inside, SIZE, place, turn, carrier))
            got = abs(
                channel(traced([body(vertices @ turn.T + place, triangles, PEC)], frequency=carrier, seed=k), carrier)
            )
            found.append(db((1 + (got - want) / top) ** 2))
    return np.array(found)


def rows() -> list[Row]:
    """Conducting flat shapes at 40 m, usual tubes: errors of the field over that of the shape seen square on."""
    found = []
    for name, make in SHAPES.items():
        for carrier in (28e9, 77e9):
            case = f"{name} of {SIZE} m at {carrier / 1e9:g} GHz, rolled, tilted by 0-3 degrees"
            found.append(errors_row(case, "quadrature of the aperture", errors(make, carrier), 0.05, 0.1))
    return found
