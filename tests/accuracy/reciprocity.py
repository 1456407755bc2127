"""Reciprocity: the same echo with transmitter and receiver swapped."""

import numpy as np

from raysim.antenna import Pattern, fixed_antenna
from raysim.diffraction import diffract
from raysim.edges import find_edges
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.paths import Interaction
from raysim.radio_terminals import AntennaConfig
from raysim.sensors import look_at
from tests.accuracy import anywhere
from tests.accuracy.bodies import dihedral
from tests.accuracy.rows import Row, worst_row
from tests.fixtures import PEC
from tests.raysim.test_bistatic import CONCRETE, ground, traced
from tests.raysim.test_diffraction import block
from tests.shapes import FREQUENCY, channel, db, plate, sphere
from tests.terminals import vertical_terminal

BAR, TUBES_BAR = 1e-6, 0.5
ENDS = np.array([-4.0, 0.0, 1.0]), np.array([5.0, 2.0, -1.0])
MIDDLE = np.array([0.0, 25.0, 0.5])


def images() -> float:
    """Line of sight and ground reflection, tilted horns, mixed polarisations: largest relative difference."""
    a, b, worst = (0.0, 0.0, 2.0), (4.0, 30.0, 5.0), 0.0
    horn = AntennaConfig(pattern="horn", azimuth_beamwidth=0.8, elevation_beamwidth=0.6)
    axes = look_at((0, 0, 0), (0.3, 1.0, -0.2), up=(0.3, 0, 1))[:3, :3]
    for mine, yours in (("V", "V"), ("V", "H"), ("H", "H")):
        ends = ((a, b, mine, yours), (b, a, yours, mine))
        there, back = (
            traced([ground(CONCRETE)], source, sink, axes=axes, transmit_antenna=horn, receive_antenna=horn,
                   transmit_polarisation=sent, receive_polarisation=heard)
            for source, sink, sent, heard in ends
        )  # fmt: skip
        direct = [p.select(np.isin(p.kinds, (Interaction.NONE, Interaction.REFLECTION))) for p in (there, back)]
        assert len(direct[0]) == 2
        worst = max(worst, np.abs(direct[0].gain - direct[1].gain).max() / np.abs(direct[0].gain).max())
    return float(worst)


def wedges() -> float:
    """Rays over the edges of a concrete block."""
    ends = [
        vertical_terminal(look_at((3.0, -5.0, 4.0), (1.0, 2.0, -3.0)), fixed_antenna(Pattern.TR38901)),
        vertical_terminal(look_at((-6.0, 2.5, -7.0), (-2.0, 0.0, 5.0)), fixed_antenna(Pattern.TR38901)),
    ]
    scene = block(CONCRETE)
    edges, caster = find_edges(scene.mesh), RayCaster(scene).frame(0)
    there = diffract(caster, edges, *ends, frequency=FREQUENCY)
    back = diffract(caster, edges, *ends[::-1], frequency=FREQUENCY)
    assert len(there) > 0
    return float((np.abs(there.gain - back.gain) / np.abs(there.gain)).max())


def swapped(vertices: np.ndarray, triangles: np.ndarray, placements: int) -> float:
    """Difference [dB] between both directions of the echo of a body at `MIDDLE`, mean over places on the grid."""
    differences = []
    for k in range(placements):
        shift = 0.01 * np.random.default_rng(k).uniform(-1, 1, 3)
        piece = ("body", "car", True, vertices + MIDDLE + shift, triangles, PEC, None)
        levels = []
        for source, sink in (ENDS, ENDS[::-1]):
            paths = traced([piece], source, sink, launch=LaunchConfig())
            is_tube = (paths.depth > 0) & np.isin(paths.kinds & 15, (Interaction.REFLECTION, Interaction.SCATTERING))
            levels.append(db(abs(channel(paths.select(is_tube))) ** 2))
        differences.append(levels[0] - levels[1])
    return abs(float(np.mean(differences)))


def towards_both() -> np.ndarray:
    """Axes (3, 3) of a body that faces the bisector of the two ends with its -y side."""
    bisector = sum((end - MIDDLE) / np.linalg.norm(end - MIDDLE) for end in ENDS)
    turned = look_at((0, 0, 0), -bisector)[:3, :3]
    return np.stack([turned[:, 0], turned[:, 2], -turned[:, 1]], axis=1)


def tubes(placements: int = 8) -> list[Row]:
    axes = towards_both()
    corner, faces = dihedral(0.2)
    bodies = {
        "plate 0.2 m at its mirror angle": plate(0.2),
        "plate 0.2 m, 0.4 degrees off": (plate(0.2)[0] @ turn(np.radians(0.4)).T, plate(0.2)[1]),
        "sphere 0.5 m": sphere(0.5, 6, rng=np.random.default_rng(0)),
        "dihedral 0.2 m, its line level": (np.stack([corner[:, 2], corner[:, 1], -corner[:, 0]], axis=1), faces),
    }
    rows = []
    for name, (v, t) in bodies.items():
        case = f"tubes, {name}, ends 9 m apart at 25 m, {placements} placements"
        rows.append(worst_row(case, "equal both ways", swapped(v @ axes.T, t, placements), TUBES_BAR, "dB"))
    return rows


def ghost_error(sides: str) -> float:
    """Difference [dB] of a rough sphere's diffuse echoes ground first and, with ends swapped, ground last."""
    ground = np.array([[-5, 10, 0], [5, 10, 0], [5, 25, 0], [-5, 25, 0]], float)
    vertices, triangles = sphere(0.4, 5, rng=np.random.default_rng(1))
    pieces = [
        ("ground", "ground", False, ground, anywhere.QUAD, Material("smooth", "asphalt", (0, 0, 0)), None),
        anywhere.body(vertices + [0, 20, 0.6], triangles, Material("rough", "metal", (0, 0, 0), scattering=0.6)),
    ]
    ends = np.array([0, 0, 5.0]), np.array([6.0, 1, 4])

    def echoes(source, sink, sent, heard, code) -> float:
        total = 0.0
        for seed in range(6):
            paths = anywhere.traced(
                pieces, source=source, sink=sink, aim=(0, 20, 0), seed=seed, contributions="diffuse",
                transmit_polarisation=sent, receive_polarisation=heard, cross_polar_share=0.2,
            )  # fmt: skip
            total += anywhere.power(paths.select(paths.kinds == code))
        return total

    there, back = echoes(*ends, *sides, 0x12), echoes(*ends[::-1], *sides[::-1], 0x21)
    return abs(float(db(there / back)))


def ghosts() -> list[Row]:
    case = "rough sphere over smooth asphalt, {}: ground last against ground first"
    return [worst_row(case.format(s), "equal both ways", ghost_error(s), TUBES_BAR, "dB") for s in ("VV", "HH", "VH")]


def turn(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def rows() -> list[Row]:
    """Ends swapped."""
    return [
        worst_row("line of sight and ground image, tilted horns, relative", "equal both ways", images(), BAR),
        worst_row("UTD over the edges of a concrete block, relative", "equal both ways", wedges(), BAR),
        *tubes(),
        *ghosts(),
    ]
