"""Calibration targets with closed-form radar cross sections, and the measurement of one."""

import numpy as np
import trimesh
from scipy.constants import c
from scipy.special import fresnel

from raysim.intersect import RayCaster
from raysim.paths import concatenate
from raysim.trace import TraceConfig, trace
from tests.fixtures import PEC, scene_of, sensors_at

FREQUENCY = 28e9
WAVELENGTH = c / FREQUENCY


def channel(paths) -> complex:
    """Sum of all paths at the carrier, t = 0."""
    return complex((paths.gain * np.exp(-2j * np.pi * np.mod(FREQUENCY * paths.delay, 1.0))).sum())


def measured_rcs(vertices, triangles, distance, *, seed=0, config=None) -> float:
    """RCS [m2] of a perfect conductor whose axes' origin lies `distance` along +y, by the radar equation."""
    shifted = np.asarray(vertices) + [0, distance, 0]
    scene = scene_of([("shape", "car", True, shifted, triangles, PEC, None)], sensors_at((0, 0, 0), (0, 1, 0)))
    config = config or TraceConfig(antenna="isotropic")
    paths = concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=seed))
    return abs(channel(paths)) ** 2 * (4 * np.pi) ** 3 * distance**4 / WAVELENGTH**2


def plate(side):
    """Square plate facing -y."""
    corners = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) * side / 2
    return corners, np.array([[0, 1, 2], [0, 2, 3]])


def plate_rcs(side, distance):
    """RCS [m2] of a square plate at broadside, near field in: Fresnel integrals."""
    w = side / np.sqrt(WAVELENGTH * distance)
    s, cc = fresnel(w)
    return 4 * np.pi * side**4 / WAVELENGTH**2 * ((cc**2 + s**2) / w**2) ** 2


def sphere(radius, subdivisions, *, rng):
    """Icosphere in a random attitude."""
    mesh = trimesh.creation.icosphere(subdivisions, radius)
    mesh.apply_transform(trimesh.transformations.random_rotation_matrix(rng.random(3)))
    return mesh.vertices, mesh.faces


def sphere_rcs(radius, distance):
    """RCS [m2] of a sphere, geometrical optics at a finite distance to the centre."""
    return np.pi * radius**2 * (distance / (distance - radius)) ** 2


def trihedral(side, *, square):
    """Corner reflector opening towards -y, hard edges."""
    v = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], float) * side
    if square:
        faces = [[0, 1, 4], [0, 4, 2], [0, 1, 5], [0, 5, 3], [0, 2, 6], [0, 6, 3]]
    else:
        faces = [[0, 1, 2], [0, 1, 3], [0, 2, 3]]
    turned = v @ trimesh.geometry.align_vectors([1, 1, 1], [0, -1, 0])[:3, :3].T
    return turned[np.array(faces)].reshape(-1, 3), np.arange(3 * len(faces)).reshape(-1, 3)


def trihedral_rcs(side, *, square):
    """RCS [m2] of a corner reflector on its axis of symmetry."""
    return (12 if square else 4 / 3) * np.pi * side**4 / WAVELENGTH**2


def db(x):
    """Ratio in decibel."""
    return 10 * np.log10(x)
