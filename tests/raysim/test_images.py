"""Echoes by way of a large plane: image theory."""

import numpy as np
import pytest
from scipy.constants import c
from scipy.optimize import minimize

from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.mirrors import large_planes
from raysim.paths import Interaction, concatenate
from raysim.trace import TraceConfig, trace
from tests.fixtures import PEC, box_triangles, hand_made_scene, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db, sphere

CENTRE, RADIUS, WALL = np.array([1.0, 20.0, 0.0]), 0.5, 3.0
S, R = Interaction.SCATTERING, Interaction.REFLECTION


def digits(*kinds):
    return sum(int(kind) << (4 * place) for place, kind in enumerate(kinds))


def sphere_channel(source, receiver):
    """A conducting sphere's specular reflection between two points: geometrical optics with its divergence."""

    def point(angles):
        return CENTRE + RADIUS * np.array(
            [np.cos(angles[1]) * np.sin(angles[0]), -np.cos(angles[1]) * np.cos(angles[0]), np.sin(angles[1])]
        )

    def length(angles):
        return np.linalg.norm(point(angles) - source) + np.linalg.norm(point(angles) - receiver)

    p = point(minimize(length, [0.0, 0.0], tol=1e-12).x)
    s1, s2 = np.linalg.norm(p - source), np.linalg.norm(p - receiver)
    cosine = (source - p) @ (p - CENTRE) / s1 / RADIUS
    rho1 = 1 / (1 / s1 + 2 / (RADIUS * cosine))
    rho2 = 1 / (1 / s1 + 2 * cosine / RADIUS)
    gain = WAVELENGTH / (4 * np.pi * s1) * np.sqrt(rho1 * rho2 / ((rho1 + s2) * (rho2 + s2)))
    return -gain * np.exp(-2j * np.pi * (s1 + s2) / WAVELENGTH)


def sphere_beside_wall(seed):
    v, t = sphere(RADIUS, 6, rng=np.random.default_rng(seed))
    corners = np.array([[WALL, 0, -20], [WALL, 60, -20], [WALL, 60, 20], [WALL, 0, 20]], float)
    pieces = [
        ("wall", "building", False, corners, [[0, 1, 2], [0, 2, 3]], PEC, None),
        ("sphere", "car", True, v + CENTRE, t, PEC, None),
    ]
    scene = scene_of(pieces, sensors_at((0, 0, 0), (0, 1, 0)))
    launch = LaunchConfig(image_tubes=40_000)
    config = TraceConfig(antenna="isotropic", launch=launch)
    return concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=seed))


def test_sphere_beside_a_wall_gives_its_ghosts_at_the_level_and_phase_of_image_theory():
    image = np.array([2 * WALL, 0, 0])
    here = np.zeros(3)
    once, twice = -sphere_channel(here, image), sphere_channel(image, image)  # the wall turns the field over
    truth = {(S,): sphere_channel(here, here), (S, R): once, (R, S): once, (R, S, R): twice}
    bars = {(S,): 0.2, (S, R): 0.5, (R, S): 1.0, (R, S, R): 1.0}
    ratios = {kinds: [] for kinds in truth}
    for seed in range(4):
        paths = sphere_beside_wall(seed)
        paths = paths.select((paths.first_instance == 1) | (paths.depth > 1))
        for kinds, ratio in ratios.items():
            ratio.append(channel(paths.select(paths.kinds == digits(*kinds))) / truth[kinds])
    for kinds, ratio in ratios.items():
        assert np.mean(db(np.abs(ratio) ** 2)) == pytest.approx(0, abs=bars[kinds])
        assert np.angle(np.mean(ratio)) == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize("sides", ["VV", "HH", "VH"])
def test_diffuse_ghosts_by_the_ground_are_as_strong_there_as_back(sides):
    """Ground first or last, ends swapped: it takes of each polarisation what Fresnel says, near Brewster too."""
    ground = np.array([[-5, 10, 0], [5, 10, 0], [5, 25, 0], [-5, 25, 0]], float)
    v, t = sphere(0.4, 4, rng=np.random.default_rng(1))
    pieces = [
        ("ground", "ground", False, ground, [[0, 1, 2], [0, 2, 3]], Material("smooth", "asphalt", (0, 0, 0)), None),
        ("sphere", "car", True, v + [0, 20, 0.6], t, Material("rough", "metal", (0, 0, 0), scattering=0.6), None),
    ]
    caster = RayCaster(scene_of(pieces, sensors_at((0, 0, 5), (0, 20, 0)))).frame(0)

    def power(sent, heard, *kinds):
        config = TraceConfig(
            antenna="isotropic",
            contributions="diffuse",
            transmit_polarisation=sent,
            receive_polarisation=heard,
            cross_polar_share=0.3,
        )
        paths = concatenate(trace(caster, config, frequency=FREQUENCY, seed=0))
        return (np.abs(paths.gain[paths.kinds == digits(*kinds)]) ** 2).sum()

    assert db(power(*sides, S, R) / power(*sides[::-1], R, S)) == pytest.approx(0, abs=1)  # one in eight is connected


def test_ghost_lies_behind_the_wall_and_its_delay_is_that_of_the_image():
    paths = sphere_beside_wall(0)
    ghosts = paths.select(paths.kinds == digits(S, R))
    np.testing.assert_allclose(ghosts.last_point[:, 0], WALL, atol=1e-6)
    strongest = ghosts.select([np.argmax(np.abs(ghosts.gain))])
    nearest = np.linalg.norm(CENTRE) + np.linalg.norm(CENTRE - [2 * WALL, 0, 0]) - 2 * RADIUS
    assert strongest.delay[0] * c == pytest.approx(nearest, abs=0.1)


def test_dihedral_of_a_flat_side_and_the_ground_counts_once():
    """A steel box on a steel plane: both orders of the two bounces have the same level, and no order comes twice."""
    ground = np.array([[-30, 0, 0], [30, 0, 0], [30, 60, 0], [-30, 60, 0]], float)
    box = box_triangles((2.0, 2.0, 1.5), (0, 20, 0.75))
    pieces = [
        ("plane", "ground", False, ground, [[0, 1, 2], [0, 2, 3]], PEC, None),
        ("box", "car", True, *box, PEC, None),
    ]
    scene = scene_of(pieces, sensors_at((0, 0, 5), (0, 20, 0)))
    config = TraceConfig(antenna="isotropic", launch=LaunchConfig(flat_footprint=0.05))
    paths = concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))
    box_first = paths.select((paths.kinds == digits(S, R)) & (paths.first_instance == 1))
    kinds = paths.kinds == digits(R, S)
    ground_first = paths.select(kinds & (paths.first_instance == 0) & (paths.last_instance == 1))
    both = paths.select(kinds & (paths.first_instance == 1) & (paths.last_instance == 0))
    assert db(abs(channel(box_first)) ** 2) == pytest.approx(db(abs(channel(ground_first)) ** 2), abs=1.0)
    assert abs(channel(both)) < 1e-3 * abs(channel(box_first))


def test_large_planes_are_the_ground_and_not_the_car():
    planes = large_planes(hand_made_scene())
    np.testing.assert_allclose(np.abs(planes.normal), [[0, 0, 1]])
    assert (planes.of_triangle >= 0).sum() == 2
    np.testing.assert_allclose(planes.images(np.array([1.0, 2.0, 5.0])), [[1, 2, -5]])
