"""A transmitter far from its receiver: line of sight, two rays, reciprocity."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c

from raysim.environment import Weather
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material, complex_permittivity
from raysim.paths import Interaction, concatenate
from raysim.radio_terminals import AntennaConfig
from raysim.sensors import Radar, look_at
from raysim.trace import TraceConfig, trace
from raysim.weather_radio import attenuation_constant
from tests.fixtures import ASPHALT, PEC, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db, plate, sphere

CONCRETE = Material("smooth concrete", "concrete", (0.5, 0.5, 0.5))
COARSE = LaunchConfig(flat_footprint=2.0, azimuth_limit=0.3, elevation_min=-0.3, elevation_max=0.1)
FLAT = np.array([[-300, -300, 0], [300, -300, 0], [300, 300, 0], [-300, 300, 0]], float)
QUAD = [[0, 1, 2], [0, 2, 3]]
AHEAD = look_at((0, 0, 0), (0, 1, 0))[:3, :3]  # both ends look along +y


def ground(material):
    return ("ground", "ground", False, FLAT, QUAD, material, None)


def traced(pieces, source, sink, *, weather=None, axes=AHEAD, **settings):
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = axes, sink
    radar = Radar(pose, axes.T @ (np.asarray(source, float) - sink))
    scene = scene_of(pieces, replace(sensors_at((0, 0, 0), (0, 1, 0)), radar=radar))
    scene = replace(scene, weather=weather or Weather())
    config = TraceConfig(**({"antenna": "isotropic", "launch": COARSE, "contributions": "coherent"} | settings))
    return concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))


def two_rays(material, low, high, span, polarisation):
    """Closed form over an infinite plane; V is TM, whose positive coefficient keeps the vertical component."""
    direct, bounced = np.hypot(span, high - low), np.hypot(span, high + low)
    sine = (high + low) / bounced
    eps = complex_permittivity(material.electrical, FREQUENCY)
    if np.isinf(eps.imag):
        gamma = 1.0 if polarisation == "V" else -1.0
    else:
        root = np.sqrt(eps - (1 - sine**2))
        tm, te = (eps * sine - root) / (eps * sine + root), (sine - root) / (sine + root)
        gamma = tm if polarisation == "V" else te
    k = 2 * np.pi / WAVELENGTH
    one, other = (np.exp(-1j * k * s) / s for s in (direct, bounced))
    return WAVELENGTH / (4 * np.pi) * (one + gamma * other), WAVELENGTH / (4 * np.pi) * (1 / direct)


@pytest.mark.parametrize("material", [PEC, CONCRETE])
@pytest.mark.parametrize("polarisation", ["V", "H"])
def test_two_ray_ground(material, polarisation):
    worst, compared = 0.0, 0
    for span in np.geomspace(4, 150, 24):
        expected, direct = two_rays(material, 1.5, 4.0, span, polarisation)
        if db(abs(expected / direct) ** 2) < -10:
            continue  # in a null the phase of a hundredth of a turn decides
        paths = traced(
            [ground(material)],
            (0.0, span, 4.0),
            (0.0, 0.0, 1.5),
            transmit_polarisation=polarisation,
            receive_polarisation=polarisation,
        )
        worst = max(worst, abs(db(abs(channel(paths) / expected) ** 2)))
        compared += 1
    print(f"two-ray ground, {material.name}, {polarisation}: {worst:.3f} dB at worst of {compared} spans (bar 0.3)")
    assert compared > 15
    assert worst < 0.3


def test_line_of_sight_is_friis_and_depth_zero():
    pieces = [ground(Material("black", "vacuum", (0, 0, 0)))]
    paths = traced(pieces, (3.0, 12.0, 6.0), (0.0, 0.0, 6.0))
    direct = paths.select(paths.depth == 0)
    distance = np.hypot(3, 12)
    assert len(direct) == 1
    assert direct.gain[0] == pytest.approx(WAVELENGTH / (4 * np.pi * distance), rel=1e-9)
    assert direct.delay[0] == pytest.approx(distance / c)
    np.testing.assert_allclose(direct.departure, -direct.arrival)
    np.testing.assert_allclose(direct.arrival[0], np.array([3, 12, 0]) / distance)
    assert (direct.kinds[0], direct.first_instance[0], direct.last_instance[0]) == (0, -1, -1)
    rainy = traced(pieces, (3.0, 12.0, 6.0), (0.0, 0.0, 6.0), weather=Weather(rain=50.0), weather_scatterers=0)
    loss = np.exp(-attenuation_constant(Weather(rain=50.0), FREQUENCY) * distance)
    assert rainy.gain[0] == pytest.approx(direct.gain[0] * loss, rel=1e-12)


def test_a_wall_between_takes_the_line_of_sight():
    wall = np.array([[-2, 5, 0], [2, 5, 0], [2, 5, 20], [-2, 5, 20]], float)
    pieces = [ground(PEC), ("screen", "other", False, wall, QUAD, PEC, None)]
    paths = traced(pieces, (0.0, 10.0, 4.0), (0.0, 0.0, 4.0))
    assert not np.any(paths.depth == 0)
    assert not np.any(paths.kinds == Interaction.REFLECTION)


def test_one_device_has_neither():
    paths = traced([ground(ASPHALT)], (0.5, 0.0, 4.0), (0.0, 0.0, 4.0), contributions="both")
    assert len(paths) > 100
    assert np.all(paths.kinds == Interaction.SCATTERING)


@pytest.mark.parametrize("polarisation", ["V", "H"])
def test_image_path_is_what_physical_optics_sums_to(polarisation):
    """A mirror that is no large plane goes through the tubes: same amplitude, same phase."""
    wall = np.array([[-12, 10, -12], [12, 10, -12], [12, 10, 12], [-12, 10, 12]], float)
    ends = (2.0, 0.0, 1.0), (-2.0, 0.0, 0.0)
    launch = LaunchConfig(elevation_min=-0.8, elevation_max=0.8)
    settings = {"launch": launch, "transmit_polarisation": polarisation, "receive_polarisation": polarisation}
    settings |= {"edges": {"diffraction": False}}
    summed, image = (
        traced([("wall", category, False, wall, QUAD, PEC, None)], *ends, **settings)
        for category in ("other", "building")
    )
    reflected = image.select(image.kinds == Interaction.REFLECTION)
    tubes = summed.select(summed.depth == 1)
    assert len(reflected) == 1
    assert channel(image) - channel(image.select(image.depth == 0)) == pytest.approx(channel(reflected), rel=1e-9)
    ratio = channel(tubes) / channel(reflected)
    print(f"image path against tubes, {polarisation}: {db(abs(ratio) ** 2):.2f} dB, {np.angle(ratio):.3f} rad")
    assert abs(db(abs(ratio) ** 2)) < 0.3  # the mirror's rim diffracts a little
    assert abs(np.angle(ratio)) < 0.06


def test_direct_paths_are_reciprocal():
    a, b = (0.0, 0.0, 2.0), (4.0, 30.0, 5.0)
    horn = AntennaConfig(pattern="horn", azimuth_beamwidth=0.8, elevation_beamwidth=0.6)
    tilted = look_at((0, 0, 0), (0.3, 1.0, -0.2), up=(0.3, 0, 1))[:3, :3]
    for mine, yours in (("V", "V"), ("V", "H"), ("H", "H")):
        there = traced([ground(CONCRETE)], a, b, axes=tilted, transmit_antenna=horn, receive_antenna=horn,
                       transmit_polarisation=mine, receive_polarisation=yours)  # fmt: skip
        back = traced([ground(CONCRETE)], b, a, axes=tilted, transmit_antenna=horn, receive_antenna=horn,
                      transmit_polarisation=yours, receive_polarisation=mine)  # fmt: skip
        assert len(there) == len(back) == 2
        np.testing.assert_allclose(there.gain, back.gain, rtol=1e-9, atol=1e-18)
        np.testing.assert_allclose(there.delay, back.delay, rtol=1e-12)
        np.testing.assert_allclose(there.departure, back.arrival, atol=1e-9)


def test_ghost_in_a_wall_that_the_receiver_alone_sees_is_reciprocal():
    vertices, triangles = sphere(0.5, 5, rng=np.random.default_rng(0))
    corners = np.array([[-30, -5, 15], [30, -5, 15], [30, -5, -10], [-30, -5, -10]], float)
    pieces = [
        ("ball", "car", True, vertices + [0, 20, 1], triangles, PEC, None),
        ("wall", "building", False, corners, QUAD, PEC, None),
    ]
    ends = look_at((0, 0, 1), (0, 20, 1)), look_at((10, 5, 1), (0, -5, 1))
    level = []
    for (source, sink), order in zip((ends, ends[::-1]), ((0, 1), (1, 0)), strict=True):
        scene = scene_of(pieces, replace(sensors_at((0, 0, 0), (0, 1, 0)), radar=Radar.between(source, sink)))
        config = TraceConfig(antenna="isotropic", contributions="coherent")
        paths = concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))
        ghost = paths.select((paths.first_instance == order[0]) & (paths.last_instance == order[1]))
        level.append(db(abs(channel(ghost)) ** 2))
    assert level[0] == pytest.approx(level[1], abs=0.5)


def test_echo_of_a_plate_is_reciprocal():
    """A plate turned to send one end's wave to the other."""
    a, b = np.array([-4.0, 0.0, 1.0]), np.array([5.0, 2.0, -1.0])
    middle = np.array([0.0, 25.0, 0.5])
    bisector = (a - middle) / np.linalg.norm(a - middle) + (b - middle) / np.linalg.norm(b - middle)
    pose = look_at((0, 0, 0), -bisector)
    v, t = plate(0.2)
    corners = np.stack([v[:, 0], v[:, 2], v[:, 1]], axis=1) @ pose[:3, :3].T + middle
    piece = ("plate", "car", True, corners, t, PEC, None)
    levels = []
    for source, sink in ((a, b), (b, a)):
        paths = traced([piece], source, sink, launch=LaunchConfig())
        levels.append(db(abs(channel(paths.select(paths.depth > 0))) ** 2))
    assert levels[0] == pytest.approx(levels[1], abs=0.3)
    s1, s2 = np.linalg.norm(a - middle), np.linalg.norm(b - middle)
    cosine = np.dot(a - middle, bisector) / s1 / np.linalg.norm(bisector)
    rcs = 4 * np.pi * (0.2**2 * cosine / WAVELENGTH) ** 2
    expected = rcs * WAVELENGTH**2 / (4 * np.pi) ** 3 / (s1 * s2) ** 2
    assert levels[0] == pytest.approx(db(expected), abs=1.0)  # the plate's own near field takes some tenths
