from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c
from scipy.special import hankel2

from raysim.antenna import Pattern, fixed_antenna
from raysim.diffraction import Terminal
from raysim.edges import find_edges
from raysim.fringe import fringe_coefficients, fringe_echoes
from raysim.intersect import RayCaster
from raysim.materials import Material
from raysim.motion import Motion
from raysim.paths import Interaction, concatenate
from raysim.sensors import Radar, Sensors, look_at
from raysim.trace import TraceConfig, trace
from raysim.utd import diffraction_matrix, wedge_terms
from tests.fixtures import PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db
from tests.terminals import vertical_terminal

DISTANCE = 40.0
SENSORS = sensors_at((0, 0, 0), (0, 1, 0))


def radar(position=(0.0, 0.0, 0.0), roll=0.0) -> Terminal:
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]
    return vertical_terminal(look_at(position, (0.0, DISTANCE, 0.0)) @ turn, fixed_antenna(Pattern.ISOTROPIC))


def strip(width, height, aspect, material=PEC):
    """Upright sheet at the distance, `aspect` = angle between its plane and the line of sight."""
    across = np.array([np.sin(aspect), np.cos(aspect), 0]) * width / 2
    up = np.array([0, 0, height / 2])
    corners = np.array([-across - up, across - up, across + up, -across + up]) + [0, DISTANCE, 0]
    piece = ("strip", "car", True, corners, [[0, 1, 2], [0, 2, 3]], material, None)
    return scene_of([piece], SENSORS)


def echoes(scene, transmitter=None, receiver=None):
    ends = transmitter or radar(), receiver or transmitter or radar()
    return fringe_echoes(RayCaster(scene).frame(0), find_edges(scene.mesh), *ends, frequency=FREQUENCY)


def rcs(amplitude):
    return abs(amplitude) ** 2 * (4 * np.pi) ** 3 * DISTANCE**4 / WAVELENGTH**2


def ref_strip_echo(width, aspect, count=400):
    """Echo width [m] of a strip, E along it: moment method with pulses and point matching (Harrington 1968, 3-2)."""
    k, step = 2 * np.pi / WAVELENGTH, width / count
    x = (np.arange(count) + 0.5) * step - width / 2
    apart = np.abs(x[:, None] - x)
    np.fill_diagonal(apart, 1.0)
    matrix = k / 4 * step * hankel2(0, k * apart)
    np.fill_diagonal(matrix, k / 4 * step * (1 - 2j / np.pi * np.log(np.exp(np.euler_gamma) * k * step / (4 * np.e))))
    incident = np.exp(1j * k * x * np.cos(aspect))
    return k / 4 * abs((np.linalg.solve(matrix, incident) * incident).sum() * step) ** 2


def ref_strip_echo_across(width, aspect, count=800):
    """The same with E across the strip: charges half a step from the currents (Glisson and Wilton 1980)."""
    k, step = 2 * np.pi / WAVELENGTH, width / (count + 1)

    def potential(m):
        self_term = 1 - 2j / np.pi * np.log(np.exp(np.euler_gamma) * k * step / (4 * np.e))
        return step / 4j * np.where(m == 0, self_term, hankel2(0, k * step * np.where(m == 0, 1, np.abs(m))))

    m = np.arange(count, dtype=float)
    charges = (2 * potential(m) - potential(m - 1) - potential(m + 1)) / (1j * k * step)
    i = np.arange(count)
    matrix = (1j * k * step * potential(m) + charges)[np.abs(i[:, None] - i)]
    incident = np.sin(aspect) * np.exp(1j * k * ((i + 1) * step - width / 2) * np.cos(aspect))
    return k / 4 * abs((np.linalg.solve(matrix, incident * step) * incident).sum() * step) ** 2


def lying_down(scene):
    """The same scene with the radar turned about its line of sight: horizontal polarisation."""
    turn = np.eye(4)
    turn[:2, :2] = [[0, -1], [1, 0]]
    sensors = scene.sensors
    turned = Sensors(sensors.camera, Radar(sensors.radar.pose @ turn, np.zeros(3)), sensors.lidar_pose)
    return replace(scene, sensors=turned)


def traced_echo(scene, *, edges=False):
    settings = {"launch": {"object_tubes": 40_000}, "edges": {"echoes": edges, "min_length": 0.01}}
    config = TraceConfig(antenna="isotropic", **settings)
    return channel(concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0)))


def test_tubes_have_the_phase_of_the_physical_optics_integral():
    """A small conducting plate of area A at broadside has the gain ``-j A / (4 pi R^2)``; so a wall is its mirror."""
    side = 4 * WAVELENGTH
    got = traced_echo(strip(side, side, np.pi / 2)) * np.exp(4j * np.pi * DISTANCE / WAVELENGTH)
    ratio = got / (-1j * side**2 / (4 * np.pi * DISTANCE**2))
    assert abs(np.angle(ratio)) < 0.05
    assert abs(db(abs(ratio) ** 2)) < 0.1


@pytest.mark.parametrize("aspect_deg", [15.0, 25.0, 35.0, 55.0])
def test_tubes_and_fringe_make_the_strip_of_the_moment_method(aspect_deg):
    """Physical optics alone errs by 2 to 16 dB; with the fringe currents, 0.5 dB. Proves their sign and phase."""
    width, height, aspect = 3 * WAVELENGTH, 12 * WAVELENGTH, np.deg2rad(aspect_deg)
    scene = strip(width, height, aspect)
    optics, whole = traced_echo(scene), traced_echo(scene, edges=True)
    want = db(2 * height**2 / WAVELENGTH * ref_strip_echo(width, aspect))
    print(
        f"strip, E along it, {aspect_deg} deg: {db(rcs(whole)) - want:+.2f} dB, {db(rcs(optics)) - want:+.1f} without"
    )
    assert db(rcs(whole)) == pytest.approx(want, abs=0.5)
    assert channel(echoes(scene)) == pytest.approx(whole - optics, rel=1e-6)  # narrow tubes hold all of physical optics
    assert abs(db(rcs(optics)) - want) > 1.5


@pytest.mark.parametrize("aspect_deg", [30.3, 41.0, 52.0, 63.0])
def test_horizontal_polarisation_on_a_wide_strip(aspect_deg):
    """E across the edges, where they also light each other (left out): 1 dB at 15 wavelengths, 2 to 7 without them."""
    width, height, aspect = 15 * WAVELENGTH, 12 * WAVELENGTH, np.deg2rad(aspect_deg)
    scene = lying_down(strip(width, height, aspect))
    optics, whole = traced_echo(scene), traced_echo(scene, edges=True)
    want = db(2 * height**2 / WAVELENGTH * ref_strip_echo_across(width, aspect))
    print(
        f"strip, E across it, {aspect_deg} deg: {db(rcs(whole)) - want:+.2f} dB, {db(rcs(optics)) - want:+.1f} without"
    )
    assert db(rcs(whole)) == pytest.approx(want, abs=1.0)
    assert abs(db(rcs(optics)) - want) > 1.5


def test_edge_on_flash_of_a_sheet():
    """sigma = L^2 / pi for E along the leading edge (Knott, Shaeffer and Tuley, section 5.8); none across."""
    length = 0.2
    scene = strip(0.3, length, 1e-3)
    front = echoes(scene)
    front = front.select(front.last_point[:, 1] < DISTANCE - 0.149)
    assert db(rcs(channel(front))) == pytest.approx(db(length**2 / np.pi), abs=0.15)
    across = echoes(scene, radar(roll=np.pi / 2))
    across = across.select((across.last_point[:, 1] < DISTANCE - 0.149) & (np.abs(across.last_point[:, 2]) < 0.09))
    assert db(rcs(channel(across))) < db(length**2 / np.pi) - 40


def test_fringe_and_optics_make_keller():
    """f + f_po = the diffraction coefficient of `raysim.utd` far from its boundaries."""
    for n in (2.0, 1.5, 1.2):
        phi = np.linspace(0.05, n * np.pi - 0.05, 41)
        ones = np.ones(41)
        terms = wedge_terms(n * ones, 1.0, 1e9 * ones, np.pi / 2 * ones, phi, phi)
        unit = np.sqrt(2 * np.pi) * np.exp(0.25j * np.pi)
        faces = np.where(phi < np.pi, np.tan(phi), 0) / 2
        faces += np.where(n * np.pi - phi < np.pi, np.tan(n * np.pi - phi), 0) / 2
        soft, hard = fringe_coefficients(n * ones, phi)
        np.testing.assert_allclose(soft + faces, unit * (terms.incident - terms.face_0 - terms.face_n), atol=1e-4)
        np.testing.assert_allclose(hard - faces, unit * (terms.incident + terms.face_0 + terms.face_n), atol=1e-4)


def test_between_separate_ends_the_same_is_left_out():
    """Straight back, diffraction without what tubes hold is the fringe coefficient, shadowed faces included."""
    for n in (2.0, 1.5, 1.2):
        phi = np.linspace(0.05, n * np.pi - 0.05, 41)
        ones, both = np.ones(41), np.ones((41, 2))
        conductor = np.full((41, 2), 1 - 1j * np.inf)
        ray = n * ones, conductor, 1.0, 1e9 * ones, np.pi / 2 * ones, phi, phi
        matrix = np.sqrt(2 * np.pi) * np.exp(0.25j * np.pi) * diffraction_matrix(*ray, held=both)
        soft, hard = fringe_coefficients(n * ones, phi)
        np.testing.assert_allclose(matrix[:, 0, 0], soft, atol=1e-4)
        np.testing.assert_allclose(matrix[:, 1, 1], hard, atol=1e-4)


def test_coefficients_are_finite_and_smooth_at_the_specular_directions_of_both_faces():
    for n in (2.0, 1.5, 1.2):
        for normal in (np.pi / 2, n * np.pi - np.pi / 2):
            phi = normal + np.array([-1e-3, -4e-5, 0.0, 4e-5, 1e-3])
            for values in fringe_coefficients(np.full(5, n), phi):
                np.testing.assert_allclose(values, values[2], rtol=3e-3)


def test_cutting_an_edge_into_pieces_is_its_line_integral():
    """A 6 m edge at 40 m, deep in its own near field, against direct integration."""
    scene = strip(0.5, 6.0, 0.4)
    paths = echoes(scene)
    left = paths.select(np.abs(paths.last_point[:, 1] - paths.last_point[:, 1].min()) < 1e-6)
    z = (np.arange(60000) + 0.5) * 1e-4 - 3.0
    base = left.last_point[0] * [1, 1, 0]
    r = np.sqrt((base**2).sum() + z**2)
    soft = fringe_coefficients(np.array([2.0]), np.array([np.pi - 0.4 + np.arctan2(-base[0], base[1])]))[0][0]
    want = WAVELENGTH / (4 * np.pi) * soft / (2 * np.pi) * (np.exp(-4j * np.pi / WAVELENGTH * r) / r**2).sum() * 1e-4
    assert channel(left) == pytest.approx(want, rel=0.02)


def test_reciprocity():
    """Polarisations turned against each other, radar elements apart: the ends can be swapped."""
    scene = strip(0.3, 0.5, 0.7)
    ends = radar((0.02, 0.0, 0.0), roll=0.5), radar((-0.02, 0.0, 0.01), roll=-0.3)
    np.testing.assert_allclose(echoes(scene, *ends).gain, echoes(scene, *ends[::-1]).gain, rtol=1e-9)


def test_hidden_and_weakly_reflecting_edges():
    box = box_triangles((1.0, 1.0, 1.0), (0.0, 20.0, 0.0))
    scene = scene_of([("box", "car", True, *box, PEC, None)], SENSORS)
    paths = echoes(scene)
    assert (paths.last_point[:, 1] < 19.5 + 1e-6).all()  # the front's four edges; the rest is behind them
    assert (paths.kinds == Interaction.DIFFRACTION).all()
    black = Material("black", "vacuum", (0, 0, 0))
    nothing = echoes(scene_of([("box", "car", True, *box, black, None)], SENSORS))
    np.testing.assert_array_equal(nothing.gain, 0)


def test_doppler_of_an_approaching_edge():
    motion = Motion(np.eye(4)[None], np.array([[0, -7.0, 0]]), np.zeros((1, 3)), np.zeros((1, 3)))
    box = box_triangles((1.0, 1.0, 1.0), (0.0, 20.0, 0.0))
    paths = echoes(scene_of([("box", "car", True, *box, PEC, motion)], SENSORS))
    r = np.linalg.norm(paths.last_point, axis=1)
    np.testing.assert_allclose(paths.delay_rate * c, -2 * 7 * paths.last_point[:, 1] / r, rtol=1e-12)
