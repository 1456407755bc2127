"""Nothing from nowhere, nothing twice: scattered against intercepted power, and what is counted by two mechanisms."""

from dataclasses import replace

import numpy as np

from raysim.intersect import FrameCaster, RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Lobe, Material
from raysim.paths import Interaction, Paths, concatenate
from raysim.sensors import Radar, look_at
from raysim.trace import TraceConfig, trace
from tests.accuracy.diffuse import mean_reflection
from tests.accuracy.rows import Row, worst_row
from tests.fixtures import PEC, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, plate

QUAD = [[0, 1, 2], [0, 2, 3]]
SOURCE, SPHERE = 10.0, 40.0  # [m] transmitter and receivers from the plate
ROUGH = Material("half rough conductor", "metal", (0, 0, 0), scattering=0.6)
STONE = Material("rough concrete", "concrete", (0, 0, 0), scattering=0.4)
LOBES = Material("rough conductor with lobes", "metal", (0, 0, 0), scattering=0.6, lobe=Lobe(4, 6, share=0.5))
NARROW = {"azimuth_limit": 0.1, "elevation_min": -0.1, "elevation_max": 0.1}
BLACK = Material("black", "vacuum", (0, 0, 0))


def directions(polar: int, around: int) -> tuple[np.ndarray, np.ndarray]:
    """Directions (n, 3) over the half-space in front of the plate (towards -y), and their solid angles [sr]."""
    nodes, weights = np.polynomial.legendre.leggauss(polar)
    cosine = (nodes + 1) / 2
    angle = 2 * np.pi * (np.arange(around) + 0.5) / around
    sine = np.sqrt(1 - cosine**2)[:, None]
    shape = (polar, around)
    towards = np.stack([sine * np.cos(angle), np.broadcast_to(-cosine[:, None], shape), sine * np.sin(angle)], axis=-1)
    return towards.reshape(-1, 3), np.repeat(weights / 2 * 2 * np.pi / around, around)


def seen_from(caster: FrameCaster, receiver: np.ndarray) -> FrameCaster:
    """The same scene, its radar split: transmitter before the plate, receiver elsewhere."""
    here, there = look_at((0, -SOURCE, 0), (0, 0, 0)), look_at((0, -SOURCE, 0), (0, 0, 0))
    there[:3, 3] = receiver
    sensors = replace(caster.frame.scene.sensors, radar=Radar.between(here, there))
    return FrameCaster(replace(caster.frame.scene, sensors=sensors).frame(0), caster.accelerators)


def scattered_share(
    side: float, material: Material, polar: int, around: int, contributions: str, samples: int
) -> float:
    """Power through the half-sphere before a plate over the power that the plate intercepts; `samples` tubes across."""
    launch = LaunchConfig(object_samples=samples, **NARROW)
    vertices, triangles = plate(side)
    piece = ("plate", "car", True, vertices, triangles, material, None)
    caster = RayCaster(scene_of([piece], sensors_at((0, -SOURCE, 0), (0, 0, 0)))).frame(0)
    total = 0.0
    for direction, solid_angle in zip(*directions(polar, around), strict=True):
        view = seen_from(caster, SPHERE * direction)
        for polarisation in "VH":
            config = TraceConfig(
                antenna="isotropic", launch=launch, contributions=contributions, receive_polarisation=polarisation
            )
            paths = concatenate(trace(view, config, frequency=FREQUENCY, seed=1))
            paths = paths.select(paths.depth > 0)
            if contributions == "diffuse":  # the mean over phases
                power = (np.abs(paths.gain) ** 2).sum()
            else:
                power = abs(channel(paths)) ** 2
            total += power * SPHERE**2 * solid_angle
    intercepted = (side / SOURCE) ** 2 / (4 * np.pi)
    return total * 4 * np.pi / WAVELENGTH**2 / intercepted


def power_rows() -> list[Row]:
    """Scattered over intercepted power."""
    found = []
    for material in (ROUGH, STONE, LOBES):
        want = material.scattering**2 * mean_reflection(material, 0.0)
        share = scattered_share(0.1, material, 5, 6, "diffuse", 100)
        case = f"{material.name}: diffuse power through the half-sphere, relative"
        found.append(worst_row(case, "S^2 Gamma0^2 of the intercepted", abs(share / want - 1), 0.03))
    share = scattered_share(4 * WAVELENGTH, ROUGH, 20, 24, "coherent", 16)
    case = "plate of 4 wavelengths: coherent power through the half-sphere, relative"
    found.append(worst_row(case, "(1 - S^2) of the intercepted", abs(share / (1 - ROUGH.scattering**2) - 1), 0.1))
    return found


def paths_of(pieces, radar: Radar | None = None, **settings) -> Paths:
    sensors = sensors_at((0, 0, 0), (0, 1, 0))
    scene = scene_of(pieces, replace(sensors, radar=radar) if radar else sensors)
    config = TraceConfig(**({"antenna": "isotropic", "contributions": "coherent"} | settings))
    return concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))


def square(distance: float, size: float) -> np.ndarray:
    return size * np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) + [0, distance, 0]


def overlapping_grids() -> Row:
    """Two plates of which each lies in the other's grid, and a background that returns nothing."""
    vertices, triangles = plate(0.3)
    left, right = (("plate", "car", True, vertices + [x, 20, 0.02 * x], triangles, PEC, None) for x in (-0.2, 0.2))
    wall = ("wall", "building", False, square(40, 40), QUAD, BLACK, None)
    together = channel(paths_of([left, right, wall]))
    # alone, an object gets the grid of its index: the other is kept as a speck out of sight
    speck = ("speck", "car", True, 1e-3 * vertices + [0, -5, 0], triangles, PEC, None)
    apart = channel(paths_of([left, speck, wall])) + channel(paths_of([speck, right, wall]))
    case = "two plates side by side in overlapping grids, relative"
    return worst_row(case, "sum of each alone", abs(together / apart - 1), 1e-6)


def image_or_optics() -> Row:
    """Separate ends before a wall: its reflection is one image path, physical optics adds nothing to it."""
    wall = ("wall", "building", False, square(10, 12), QUAD, PEC, None)
    radar = Radar(look_at((-2, 0, 0), (-2, 1, 0)), np.array([4.0, 0, 0]))
    paths = paths_of([wall], radar)
    is_mirror, is_tube = paths.kinds == Interaction.REFLECTION, paths.kinds == Interaction.SCATTERING
    rest = np.abs(paths.gain[is_tube]).sum()
    case = "wall between separate ends: physical optics beside its image path, relative"
    return worst_row(case, "0", float(rest / abs(channel(paths.select(is_mirror)))), 1e-9)


def rows() -> list[Row]:
    """Power is neither made nor counted twice."""
    return [*power_rows(), overlapping_grids(), image_or_optics()]
