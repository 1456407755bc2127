"""What stands before a target: car glass, a crown, other objects; and a screen between separate ends."""

from collections.abc import Callable

import numpy as np
import trimesh
from scipy.constants import c, pi
from scipy.special import hankel2e

from raysim.crowns import CELL
from raysim.foliage import vegetation_loss
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.panels import PANELS, panel_layers
from tests.accuracy.anywhere import QUAD, body, channel, kirchhoff, traced
from tests.accuracy.bistatic import abcd
from tests.accuracy.rows import Row, worst_row
from tests.fixtures import PEC
from tests.shapes import FREQUENCY, db, plate, trihedral

RANGE = 20.0
SQUARE = np.array([[-1.0, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]])
FAR_OFF = [0.0, 0.0, 60.0]


def pane_error(panel: str, carrier: float, degrees: float, about: list, sides: str) -> float:
    """Error [dB] of a trihedral behind a pane of a car that is turned about one of its edges."""
    turn = trimesh.transformations.rotation_matrix(np.radians(degrees), about)[:3, :3]
    corners = 1.2 * SQUARE @ turn.T + [0, RANGE - 2.5, 0]
    vertices, triangles = trihedral(0.15, square=False)
    target = body(vertices + [0, RANGE, 0], triangles, PEC)
    glass = Material("glass", "glass", (1, 1, 1), panel=panel)
    settings = {"frequency": carrier, "seed": 1, "transmit_polarisation": sides, "receive_polarisation": sides}

    def echo(shift) -> complex:
        paths = traced([body(corners + shift, QUAD, glass, "pane", "other"), target], **settings)
        return channel(paths.select((paths.first_instance >= 0) & (paths.last_instance == 1)), carrier)

    layers = panel_layers(PANELS[panel], carrier)
    _, _, te, tm = abcd(*layers, carrier, float(np.radians(degrees)))
    upright = about == [0, 0, 1]  # turned about the vertical: the plane of incidence is level, and V is TE
    once = te if upright == (sides == "V") else tm
    return abs(float(db(abs(echo([0, 0, 0]) / echo(FAR_OFF)) ** 2) - 2 * db(abs(once) ** 2)))


def glass_rows() -> list[Row]:
    cases = [(24e9, 0.0), (28e9, 30.0), (28e9, 60.0), (77e9, 30.0)]
    found = []
    for panel in ("side_window", "windscreen", "double_glazing"):
        worst = max(
            pane_error(panel, carrier, degrees, about, sides)
            for carrier, degrees in cases
            for about in ([0, 0, 1], [1, 0, 0])
            for sides in "VH"
        )
        case = f"corner behind a {panel.replace('_', ' ')}, 0-60 degrees, V and H, 24-77 GHz: both ways through it"
        found.append(worst_row(case, "layers' matrices, squared", worst, 0.2, "dB"))
    return found


def crown_error(depth: float, carrier: float) -> float:
    """Error [dB] of a plate behind a crown of a depth that is a whole number of cells [m]."""
    rng = np.random.default_rng(0)
    low, high = np.array([-1.5, 18.0, -1.5]) + 1e-3, np.array([1.5, 18.0 + depth, 1.5]) - 1e-3
    leaves = rng.uniform(low, high, (6000, 1, 3)) + 0.03 * rng.standard_normal((6000, 3, 3))
    vertices = np.clip(leaves, low, high).reshape(-1, 3)
    green = Material("leaf", "foliage", (0, 1, 0), scattering=0.3)
    shape, faces = plate(0.2)
    target = body(shape + [0, 25, 0], faces, PEC)

    def echo(shift) -> complex:
        tree = body(vertices + shift, np.arange(18000).reshape(-1, 3), green, "tree", "vegetation")
        paths = traced([tree, target], frequency=carrier, max_interactions=2, min_amplitude=0.0)
        return channel(paths.select(paths.last_instance == 1), carrier)

    return abs(float(db(abs(echo([0, 0, 0]) / echo(FAR_OFF)) ** 2) + 2 * vegetation_loss(depth, carrier)))


def crown_row() -> Row:
    worst = max(crown_error(depth, carrier) for carrier in (24e9, 28e9) for depth in (CELL, 2 * CELL, 4 * CELL))
    return worst_row("plate behind a crown of 0.5-2 m, both ways, 24 and 28 GHz", "P.833, eq. 1", worst, 0.1, "dB")


def shaded(x: float, y: float) -> Callable:
    """Visible part of a plate at (x, y) behind one of 0.3 m at (0.05, 18)."""

    def inside(u, w):
        across, up = (x + u) * 18 / y, w * 18 / y
        return ~((np.abs(across - 0.05) < 0.15) & (np.abs(up) < 0.15))

    return inside


def shading_row() -> Row:
    """Five plates, each with its own grid, partly behind each other: their sum."""
    places = [(0.0, 20.0), (0.31, 20.5), (-0.31, 19.6), (0.1, 25.0)]
    shape, faces = plate(0.3)
    pieces = [body(shape + [x, y, 0], faces, PEC, f"plate {i}") for i, (x, y) in enumerate([*places, (0.05, 18.0)])]
    whole = kirchhoff(lambda x, z: np.abs(x) < 1, 0.3, np.array([0.05, 18, 0]), np.eye(3), FREQUENCY)
    whole += sum(kirchhoff(shaded(x, y), 0.3, np.array([x, y, 0]), np.eye(3), FREQUENCY) for x, y in places)
    sums = [channel(traced(pieces, seed=seed, max_interactions=1), FREQUENCY) for seed in range(4)]
    worst = float(np.abs(db(np.abs(np.array(sums) / whole) ** 2)).max())
    return worst_row(
        "five plates partly behind each other: their coherent sum", "quadrature of what is seen", worst, 0.2, "dB"
    )


def beyond(k: float, distance: float, detour: float) -> complex:
    """Wave beyond a half-plane's shadow boundary at `detour` [m] over the straight way, over exp(-jkR): Macdonald.

    A point source's wave exp(-jkR) / R behind a conducting half-plane, by quadrature along the steepest descent.
    """
    t = np.linspace(0, 12, 20_001)

    def tail(start):
        way = start + t * np.exp(-0.25j * pi)
        wave = hankel2e(1, k * distance + way**2) * np.exp(-1j * way**2) / np.sqrt(way**2 + 2 * k * distance)
        return np.sum(wave[1:] + wave[:-1]) / 2 * t[1] * np.exp(-0.25j * pi)

    return tail(np.sqrt(k * max(detour, 0.0))) / (2 * tail(0.0)) / distance


def screen_error(sides: str) -> float:
    """Largest error [dB] of the field round a screen's upright edge, where it is within 20 dB of the free one."""
    k, source = 2 * pi * FREQUENCY / c, np.array([2.0, 0.0, 0.3])
    corners = np.array([[-60, 10, -40], [0, 10, -40], [0, 10, 40], [-60, 10, 40]], float)
    wide = LaunchConfig(azimuth_limit=1.4, elevation_min=-1.0, elevation_max=1.0)
    edge, mirrored = np.array([0.0, 10.0]), source * [1, -1, 1] + [0, 20, 0]
    worst = 0.0
    for x, y in [(x, 20.0) for x in (-2.4, -2.1, -1.9, -1.5, -1.0, 0.0, 3.0)] + [
        (x, 2.0) for x in (-20, -6, -3, -1, 3)
    ]:
        sink = np.array([x, y, -0.4])
        around = np.linalg.norm(source[:2] - edge) + np.linalg.norm(sink[:2] - edge)
        longest = np.hypot(around, sink[2] - source[2])
        turns = [np.mod(np.arctan2(10 - end[1], -end[0]), 2 * pi) for end in (source, sink)]
        field = 0.0j
        for end, lit, sign in (
            (source, abs(turns[1] - turns[0]) < pi, 1),
            (mirrored, sum(turns) < pi, -1 if sides == "V" else 1),
        ):
            straight = np.linalg.norm(sink - end)
            dark = beyond(k, straight, longest - straight)
            field += sign * (1 / straight - dark if lit else dark) * np.exp(-1j * k * straight)
        paths = traced(
            [("screen", "building", False, corners, QUAD, PEC, None)], source=source, sink=sink, aim=(0, 10, 0),
            launch=wide, transmit_polarisation=sides, receive_polarisation=sides,
        )  # fmt: skip
        got = channel(paths, FREQUENCY) * 4 * pi * FREQUENCY / c
        if abs(field) * np.linalg.norm(sink - source) > 0.1:
            worst = max(worst, abs(float(db(abs(got / field) ** 2))))
    return worst


def rows() -> list[Row]:
    """Targets behind car glass, leaves and each other; the field of separate ends round a screen's edge."""
    screens = []
    for sides in "VH":
        case = f"conducting screen, ends 10-30 m apart round its edge, {sides}"
        screens.append(worst_row(case, "half-plane, exact", screen_error(sides), 0.3, "dB"))
    return [*glass_rows(), crown_row(), shading_row(), *screens]
