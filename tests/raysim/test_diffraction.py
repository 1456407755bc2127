import numpy as np
import pytest
from scipy.constants import c

from raysim.antenna import Pattern, fixed_antenna
from raysim.diffraction import (
    DiffractionConfig,
    Terminal,
    diffract,
    edge_dyadic,
    keller_rays,
)
from raysim.edges import find_edges, place_edges
from raysim.fresnel import fresnel, scattered_field
from raysim.intersect import RayCaster
from raysim.materials import Material, complex_permittivity
from raysim.motion import Motion
from raysim.paths import Interaction
from raysim.radio_edges import face_permittivity, radio_edges
from raysim.sensors import look_at
from tests.fixtures import PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH
from tests.terminals import vertical_terminal

CONCRETE = Material("concrete", "concrete", (0.5, 0.5, 0.5))
SENSORS = sensors_at((0, 0, 0), (0, 1, 0))
ISOTROPIC = fixed_antenna(Pattern.ISOTROPIC)


def terminal(position, target=(0.0, 0.0, 0.0)) -> Terminal:
    return vertical_terminal(look_at(position, target), ISOTROPIC)


def block(material=PEC, motion=None, size=(4.0, 4.0, 30.0), category="building"):
    """One block with its +x, +y vertical edge at (0, 0), |z| <= 15."""
    vertices, triangles = box_triangles(size, (-size[0] / 2, -size[1] / 2, 0.0))
    return scene_of([("block", category, False, vertices, triangles, material, motion)], SENSORS)


def around(scene, source, observer, **options):
    caster = RayCaster(scene).frame(0)
    edges, ends = radio_edges(caster, min_length=0.3), (terminal(source), terminal(observer))
    return diffract(caster, edges, *ends, frequency=FREQUENCY, config=DiffractionConfig(**options))


def test_path_around_a_corner():
    """Source before one wall of a block, receiver before the other: the vertical edge between them carries it."""
    source, observer = np.array([3.0, -3.0, 0.0]), np.array([-6.0, 2.0, 1.0])
    paths = around(block(), source, observer)
    assert len(paths) == 1
    rho = np.hypot(3, 3), np.hypot(6, 2)
    length = np.hypot(sum(rho), 1.0)
    point = np.array([0, 0, rho[0] / sum(rho)])
    np.testing.assert_allclose(paths.last_point[0], point, atol=1e-12)
    assert paths.delay[0] * c == pytest.approx(length, rel=1e-14)
    np.testing.assert_allclose(paths.departure[0], (point - source) / np.linalg.norm(point - source))
    np.testing.assert_allclose(paths.arrival[0], (point - observer) / np.linalg.norm(point - observer))
    assert paths.kinds[0] == Interaction.DIFFRACTION
    assert (paths.depth[0], paths.first_instance[0], paths.last_instance[0]) == (1, 0, 0)
    # deep in the shadow: some 36 dB below free space
    assert 20 * np.log10(abs(paths.gain[0]) * 4 * np.pi * length / WAVELENGTH) == pytest.approx(-36, abs=6)


def keller_soft(n, k, phi_in, phi_out):
    """Keller 1962, eq. 6 with the product's time factor, E along the edge."""
    terms = [1 / (np.cos(np.pi / n) - np.cos(a / n)) for a in (phi_out - phi_in, phi_out + phi_in)]
    return np.exp(-0.25j * np.pi) * np.sin(np.pi / n) / (n * np.sqrt(2 * np.pi * k)) * (terms[0] - terms[1])


def test_gain_is_keller_s_far_from_the_boundaries():
    """Vertical field and edge, horizontal rays: gain = lambda / (4 pi) D / sqrt(s' s (s' + s)), phase included."""
    source, observer = (8.0, -2.0, 0.0), (-3.0, 7.0, 0.0)
    paths = around(block(), source, observer)
    # face 0 along -y: phi counts from there through +x
    phi_in, phi_out = np.arctan2(8, 2), np.pi / 2 + np.pi / 2 + np.arctan2(3, 7)
    s_in, s_out = np.hypot(8, 2), np.hypot(3, 7)
    want = keller_soft(1.5, 2 * np.pi / WAVELENGTH, phi_in, phi_out) / np.sqrt(s_in * s_out * (s_in + s_out))
    vertical = paths.gain[np.abs(paths.last_point[:, 0]) < 1e-9]
    assert vertical[0] == pytest.approx(WAVELENGTH / (4 * np.pi) * want, rel=3e-3)


@pytest.mark.parametrize("material", [PEC, CONCRETE])
def test_reciprocity(material):
    """Other end first: the same gains and delays, tilted antennas and oblique rays included."""
    ends = [
        vertical_terminal(look_at((3.0, -5.0, 4.0), (1.0, 2.0, -3.0)), fixed_antenna(Pattern.TR38901)),
        vertical_terminal(look_at((-6.0, 2.5, -7.0), (-2.0, 0.0, 5.0)), fixed_antenna(Pattern.TR38901)),
    ]
    scene = block(material)
    edges, caster = find_edges(scene.mesh), RayCaster(scene).frame(0)
    there = diffract(caster, edges, *ends, frequency=FREQUENCY)
    back = diffract(caster, edges, *ends[::-1], frequency=FREQUENCY)
    assert len(there) > 0
    np.testing.assert_allclose(there.gain, back.gain, rtol=1e-6)
    np.testing.assert_allclose(there.delay, back.delay, rtol=1e-14)
    np.testing.assert_allclose(there.departure, back.arrival, atol=1e-12)


def test_half_screen_at_the_shadow_boundary_is_half_the_free_field():
    """On the line from source over the edge to the receiver the field is -6 dB: either side, both polarisations."""
    screen = np.array([[-8, 0, -20], [0, 0, -20], [0, 0, 20], [-8, 0, 20]], float)
    scene = scene_of([("screen", "building", False, screen, [[0, 1, 2], [0, 2, 3]], PEC, None)], SENSORS)
    for lying in (False, True):
        pose = look_at((0.0, -10.0, 0.0), (0, 0, 0))
        if lying:  # antenna turned about its line of sight
            pose = pose @ np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
        for x, direct in ((1e-4, 1.0), (-1e-4, 0.0)):
            observer = pose.copy()
            observer[:3, 3] = [x, 10.0, 0.0]
            caster = RayCaster(scene).frame(0)
            ends = vertical_terminal(pose, ISOTROPIC), vertical_terminal(observer, ISOTROPIC)
            paths = diffract(caster, radio_edges(caster, min_length=0.3), *ends, frequency=FREQUENCY)
            edge = paths.gain[np.abs(paths.last_point[:, 0]) < 1e-9][0]
            total = direct + edge / (WAVELENGTH / (4 * np.pi * 20))
            assert total == pytest.approx(0.5, abs=0.01)


def reflected_field(source, sent, observer, material):
    """Vector field of the image in the plane x = 0, material towards +x, for unit strength, phase in."""
    image = source * [-1, 1, 1]
    line = observer - image
    length = np.linalg.norm(line)
    out = line / length
    into, normal = out * [-1, 1, 1], (1.0, 0.0, 0.0)
    te, tm = fresnel(complex_permittivity(material.electrical, FREQUENCY), out[0])
    field = scattered_field(tuple(sent.astype(complex)), tuple(into), tuple(out), normal, te, tm)
    return np.array(field) / length * np.exp(-2j * np.pi / WAVELENGTH * length)


@pytest.mark.parametrize("material", [PEC, CONCRETE])
@pytest.mark.parametrize("field", [np.array([0.3, -0.2, 1.0]), np.array([1.0, 0.5, -0.4])])
def test_reflection_of_a_face_goes_over_into_diffraction(material, field):
    """Oblique rays, any polarisation: where the mirror point leaves the wall the total field has no step."""
    scene = block(material)
    edges = find_edges(scene.mesh)
    upright = np.flatnonzero((np.abs(edges.start[:, :2]) < 1e-9).all(axis=1) & (edges.length > 20))
    permittivity = face_permittivity(edges, scene, FREQUENCY)
    source = np.array([3.0, -4.0, 2.0])
    totals, reflections = [], []
    for mirror_y in (-1e-7, 1e-7):  # mirror point on the wall x = 0, y < 0, and just beyond its edge
        observer = np.array([2.0, mirror_y * 5 / 3 + 4 * 2 / 3, -1.0])
        way = observer - source * [-1, 1, 1]
        into = way * [-1, 1, 1] / np.linalg.norm(way)
        sent = field - (field @ into) * into
        rays = keller_rays(edges, upright, source, observer)
        dyadic = edge_dyadic(rays, edges, permittivity, WAVELENGTH)[0]
        phase = np.exp(-2j * np.pi / WAVELENGTH * (rays.s_in + rays.s_out)[0])
        reflected = reflected_field(source, sent, observer, material)
        totals.append(dyadic @ sent * phase + (reflected if mirror_y < 0 else 0))
        reflections.append(reflected)
    size = np.linalg.norm(reflections[0])
    assert np.linalg.norm(totals[0] - totals[1]) < 1e-3 * size
    assert np.linalg.norm(totals[1] - reflections[1] / 2) < 0.2 * size  # half the reflection is left


def test_occluded_segments_carry_nothing():
    source, observer = (3.0, -3.0, 0.0), (-6.0, 2.0, 0.0)
    free = around(block(), source, observer)
    vertices, triangles = box_triangles((4.0, 4.0, 30.0), (-2.0, -2.0, 0.0))
    wall = np.array([[-4, 1, -15], [0, 1, -15], [0, 1, 15], [-4, 1, 15]], float) * [1, 1, 1]
    pieces = [
        ("block", "building", False, vertices, triangles, PEC, None),
        ("wall", "building", False, wall, [[0, 1, 2], [0, 2, 3]], PEC, None),
    ]
    closed = around(scene_of(pieces, SENSORS), source, observer)
    corner = [np.hypot(*p.last_point[:, :2].T) < 1e-9 for p in (free, closed)]
    assert corner[0].any()
    assert not corner[1].any()


def test_shadow_region_alone():
    """Beside physical optics only the hidden side counts; an echo of the edge itself never does."""
    assert len(around(block(), (3.0, -3.0, 0.0), (-6.0, 2.0, 0.0), region="shadow")) == 1
    lit = (5.0, 4.0, 0.0)
    assert len(around(block(), (3.0, -3.0, 0.0), lit, region="shadow")) == 0
    assert len(around(block(), (3.0, -3.0, 0.0), lit)) > 0
    with pytest.raises(ValueError, match="fringe currents for echoes"):
        around(block(), lit, lit)


def test_longest_path():
    length = np.hypot(3, 3) + np.hypot(6, 2)
    for limit, count in ((length + 0.1, 1), (length - 0.1, 0)):
        found = around(block(), (3.0, -3.0, 0.0), (-6.0, 2.0, 0.0), max_length=limit)
        assert (np.abs(found.last_point[:, :2]).max(axis=1) < 1e-9).sum() == count


def test_ends_inside_the_wedge_and_beyond_the_edge_give_nothing():
    scene = block()
    edges = find_edges(scene.mesh)
    upright = np.flatnonzero((np.abs(edges.start[:, :2]) < 1e-9).all(axis=1) & (edges.length > 20))
    cases = [((-1.0, -1.0, 0.0), (5.0, 5.0, 0.0)), ((3.0, -5.0, 40.0), (-6.0, 2.0, 30.0))]
    for source, observer in cases:
        assert len(keller_rays(edges, upright, np.array(source), np.array(observer)).edge) == 0


def test_keller_point_is_the_shortest_way():
    rng = np.random.default_rng(2)
    scene = block()
    edges = find_edges(scene.mesh)
    pairs = rng.uniform(-12, 12, (600, 2, 3))
    rays = keller_rays(edges, rng.integers(0, len(edges), 600), pairs[:, 0], pairs[:, 1])
    assert len(rays.edge) > 50
    e = edges.direction[rays.edge]
    np.testing.assert_allclose(np.einsum("ij,ij->i", rays.into, e), np.einsum("ij,ij->i", rays.out, e), atol=1e-12)
    np.testing.assert_allclose(np.cos(rays.beta), np.einsum("ij,ij->i", rays.into, e), atol=1e-12)
    np.testing.assert_allclose(rays.point + rays.s_out[:, None] * rays.out, pairs[rays.pair, 1], atol=1e-12)


def test_dyadic_is_transverse():
    scene = block(CONCRETE)
    edges = find_edges(scene.mesh)
    rng = np.random.default_rng(7)
    pairs = rng.uniform(-12, 12, (200, 2, 3))
    rays = keller_rays(edges, rng.integers(0, len(edges), 200), pairs[:, 0], pairs[:, 1])
    dyadic = edge_dyadic(rays, edges, face_permittivity(edges, scene, FREQUENCY), WAVELENGTH)
    size = abs(dyadic).max()
    assert abs(np.einsum("ni,nij->nj", rays.out, dyadic)).max() < 1e-12 * size
    assert abs(np.einsum("nij,nj->ni", dyadic, rays.into)).max() < 1e-12 * size


def spinning(time):
    """Pose and motion of a body that drives, brakes and turns, at a time around the frame."""
    spin, velocity, acceleration = np.array([0.3, -0.2, 1.7]), np.array([4.0, -3.0, 0.5]), np.array([-2.0, 1.0, 0.0])
    angle = np.linalg.norm(spin) * (time + 2 * time**2)
    k = spin / np.linalg.norm(spin)
    skew = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    pose = np.eye(4)
    pose[:3, :3] = np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew
    pose[:3, 3] = [0.5, 0.2, -0.1] + velocity * time + acceleration * time**2 / 2
    return Motion(*(np.stack([x, x]) for x in (pose, velocity, spin, acceleration, 4 * spin)))


def test_rates_of_a_moving_turning_edge_are_derivatives_of_the_delay():
    source, observer = np.array([6.0, -9.0, 2.0]), np.array([-11.0, 4.0, -3.0])

    def scene_at(time):
        vertices, triangles = box_triangles((4.0, 4.0, 30.0), (-2.0, -2.0, 0.0))
        piece = ("block", "car", True, vertices, triangles, PEC, spinning(time))
        return scene_of([piece], SENSORS, (0.0, 1.0))

    paths = around(scene_at(0.0), source, observer)
    corner = np.argmin(np.linalg.norm(paths.last_point[:, :2] - [0.5, 0.2], axis=1))
    edges = find_edges(scene_at(0.0).mesh)
    step = 1e-3

    def length(time):
        world = place_edges(edges, scene_at(time).frame(0))
        upright = np.flatnonzero((np.abs(edges.start[:, :2]) < 1e-9).all(axis=1) & (edges.length > 20))
        rays = keller_rays(world, upright, source, observer)
        return (rays.s_in + rays.s_out)[0]

    before, now, after = (length(t) for t in (-step, 0.0, step))
    assert paths.delay[corner] * c == pytest.approx(now, rel=1e-13)
    assert paths.delay_rate[corner] * c == pytest.approx((after - before) / (2 * step), rel=1e-5)
    assert paths.delay_acceleration[corner] * c == pytest.approx((after - 2 * now + before) / step**2, rel=1e-4)
