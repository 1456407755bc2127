"""Sharp edges in the tracer: nothing counts twice, nothing is missing."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c
from scipy.special import fresnel

from raysim.environment import Weather
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.motion import Motion
from raysim.paths import Interaction, concatenate
from raysim.sensors import Radar, look_at
from raysim.trace import TraceConfig, trace
from raysim.weather_radio import attenuation_constant
from tests.fixtures import PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db, sphere

D, S, R = Interaction.DIFFRACTION, Interaction.SCATTERING, Interaction.REFLECTION
QUAD = [[0, 1, 2], [0, 2, 3]]
COARSE = LaunchConfig(flat_footprint=0.5, azimuth_limit=0.6, elevation_min=-0.5, elevation_max=0.5)
AHEAD = look_at((0, 0, 0), (0, 1, 0))[:3, :3]  # both ends look along +y


def traced(pieces, source, sink, *, weather=None, axes=AHEAD, threads=1, **settings):
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = axes, sink
    radar = Radar(pose, axes.T @ (np.asarray(source, float) - sink))
    scene = replace(scene_of(pieces, replace(sensors_at((0, 0, 0), (0, 1, 0)), radar=radar)))
    scene = replace(scene, weather=weather or Weather())
    config = TraceConfig(
        **({"antenna": "isotropic", "launch": COARSE, "contributions": "coherent", "weather_scatterers": 0} | settings)
    )
    blocks = trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0, threads=threads)
    return concatenate(blocks)


def kinds(paths, *digits):
    return paths.select(paths.kinds == sum(int(kind) << (4 * place) for place, kind in enumerate(digits)))


def free_space(distance):
    return WAVELENGTH / (4 * np.pi * distance) * np.exp(-2j * np.pi * distance / WAVELENGTH)


def screen(width=8.0):
    """Conducting sheet at y = 10, its upright rim at x = 0."""
    corners = np.array([[-width, 10, -20], [0, 10, -20], [0, 10, 20], [-width, 10, 20]], float)
    return [("screen", "other", False, corners, QUAD, PEC, None)]


def ground(height, half):
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * half + [0, 0, height]
    return ("ground", "ground", False, corners, QUAD, PEC, None)


def block(motion=None, category="building"):
    """Block with its +x, +y upright edge at (0, 0)."""
    vertices, triangles = box_triangles((40.0, 4.0, 30.0), (-20.0, -2.0, 0.0))
    return ("block", category, False, vertices, triangles, PEC, motion)


@pytest.mark.parametrize("polarisation", ["V", "H"])
def test_field_across_the_shadow_boundary_of_a_half_plane(polarisation):
    """Lit, next to the boundary and in the shadow: the Fresnel integral of the exact solution, without a step."""
    settings = {"transmit_polarisation": polarisation, "receive_polarisation": polarisation}
    sign = 1 if polarisation == "V" else -1  # horizontal unit vectors of the two directions oppose each other
    apart, total, truth = 20.0, [], []
    places = np.array([-0.8, -0.4, -0.2, -1e-3, 1e-3, 0.2, 0.4, 0.8])
    for x in places:
        paths = traced(screen(), (0.0, 0.0, 0.0), (x, apart, 0.0), **settings)
        assert len(kinds(paths)) == (x > 0)
        total.append(sign * channel(paths) / free_space(np.hypot(x, apart)))
        detour = 10 + np.hypot(x, 10) - np.hypot(x, apart)  # over the rim
        sine, cosine = fresnel(-np.sign(x) * 2 * np.sqrt(detour / WAVELENGTH))
        truth.append((0.5 - cosine - 1j * (0.5 - sine)) / (1 - 1j))
    error = np.abs(np.array(total) - truth)
    print(f"half plane, {polarisation}: {error.max():.4f} of the free field at worst")
    assert error.max() < 0.015  # the screen's three other rims
    assert abs(total[3] - total[4]) < 0.01
    assert abs(total[3]) == pytest.approx(0.5, abs=0.01)


def mirror_strip(half, source, sink):
    """Fresnel integral of an upright conducting strip at y = 10, |x| < half, over that of the whole plane."""
    k, x = 2 * np.pi / WAVELENGTH, np.linspace(-half, half, 20001)
    height = (source[2] + sink[2]) / 2

    def length(x):
        return sum(np.sqrt((x - end[0]) ** 2 + 100 + (height - end[2]) ** 2) for end in (source, sink))

    strip = np.exp(-1j * k * (length(x) - length(0.0))).sum() * (x[1] - x[0])
    curvature = 2 * 100 / np.hypot(10.0, source[0]) ** 3
    return strip / np.sqrt(2 * np.pi / (1j * k * curvature))


@pytest.mark.parametrize("category", ["building", "other"])
def test_mirror_of_limited_width(category):
    """An explicit image path needs all of its rims' diffraction, tubes hold most of it: both make the same field."""
    source, sink = (2.0, 0.0, 0.0), (-2.0, 0.0, 0.0)
    for half in (3.0, 1.5, 0.9):
        wall = np.array([[-half, 10, -12], [half, 10, -12], [half, 10, 12], [-half, 10, 12]], float)
        launch = LaunchConfig(flat_footprint=0.1, elevation_min=-0.8, elevation_max=0.8, azimuth_limit=0.6)
        paths = traced([("wall", category, False, wall, QUAD, PEC, None)], source, sink, launch=launch)
        assert len(kinds(paths, R)) == (category == "building")
        length = 2 * np.hypot(10, 2)
        ratio = channel(paths.select(paths.depth > 0)) / -free_space(length)
        miss = ratio / mirror_strip(half, source, sink)
        print(f"strip of {2 * half} m, {category}: {db(abs(miss) ** 2):+.3f} dB, {np.angle(miss):+.3f} rad")
        assert abs(db(abs(miss) ** 2)) < (0.1 if category == "building" else 0.3)
        assert abs(np.angle(miss)) < 0.03


def test_the_ground_s_mirror_image_bends_over_the_edge_too():
    """Behind a screen on the ground: over its top directly, after the ground and before it; nothing else."""
    corners = np.array([[-200, 10, 0], [200, 10, 0], [200, 10, 4], [-200, 10, 4]], float)
    pieces = [ground(0.0, 300.0), ("screen", "other", False, corners, QUAD, PEC, None)]
    paths = traced(pieces, (0.0, 0.0, 2.0), (0.0, 20.0, 1.0), axes=look_at((0, 20, 0), (0, 0, 0))[:3, :3])
    assert len(kinds(paths)) == len(kinds(paths, R)) == 0  # neither sight nor mirror
    legs = {(D,): (2, 3), (R, D): (6, 3), (D, R): (2, 5)}  # heights between the top and the ends or their images
    for digits, heights in legs.items():
        found = kinds(paths, *digits)
        found = found.select(np.abs(found.departure[:, 0]) < 1e-9)  # the screen's sides aside
        np.testing.assert_allclose(found.delay * c, sum(np.hypot(10, h) for h in heights))
        assert (found.first_instance == (0 if digits[0] == R else 1)).all()
        assert (found.last_instance == (0 if digits[-1] == R else 1)).all()


def test_without_straight_edges_nothing_changes():
    v, t = sphere(1.0, 4, rng=np.random.default_rng(0))
    pieces = [ground(-2.0, 60.0), ("ball", "car", True, v + [0, 15, 0], t, PEC, None)]
    for source in ((0.0, 0.0, 0.0), (5.0, 0.0, 0.0)):
        on, off = (
            traced(pieces, source, (0.0, 0.0, 0.0), edges={"diffraction": on, "echoes": on}) for on in (True, False)
        )
        np.testing.assert_array_equal(on.gain, off.gain)
        np.testing.assert_array_equal(on.kinds, off.kinds)


def moving_block(t, velocity, spin):
    """The block, turned and shifted for a short time."""
    angle = spin * t
    pose = np.eye(4)
    pose[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    pose[:3, 3] = np.array(velocity) * t
    motion = Motion(pose[None], np.array([velocity]), np.array([[0, 0, spin]]), np.zeros((1, 3)))
    return block(motion, "other")


def test_doppler_of_a_moving_edge():
    """Driving and turning: rate and acceleration are derivatives of the delay."""
    step, velocity, spin = 1e-3, [4.0, -2.0, 0.0], 0.7
    ends = (3.0, -5.0, 0.5), (-6.0, 2.0, -0.5)
    found = [kinds(traced([moving_block(t, velocity, spin)], *ends), D) for t in (-step, 0.0, step)]
    assert [len(p) for p in found] == [1, 1, 1]
    length = np.array([p.delay[0] * c for p in found])
    assert found[1].delay_rate[0] * c == pytest.approx((length[2] - length[0]) / (2 * step), rel=1e-5)
    curve = (length[2] - 2 * length[1] + length[0]) / step**2
    assert found[1].delay_acceleration[0] * c == pytest.approx(curve, rel=1e-3)
    assert abs(found[1].delay_rate[0] * c) > 0.5


def test_threads_and_weather():
    ends = (3.0, -5.0, 0.0), (-6.0, 2.0, 1.0)
    one, two = (traced([block()], *ends, threads=n) for n in (1, 2))
    for name in ("gain", "delay", "kinds", "last_point"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    rain = Weather(rain=50.0)
    wet, dry = kinds(traced([block()], *ends, weather=rain), D), kinds(one, D)
    loss = np.exp(-attenuation_constant(rain, FREQUENCY) * dry.delay * c)
    np.testing.assert_allclose(wet.gain, dry.gain * loss, rtol=1e-9)
    assert len(traced([block()], *ends, max_length=5.0)) == 0
    assert len(kinds(traced([block()], *ends, edges={"diffraction": False}), D)) == 0


def test_bad_settings():
    with pytest.raises(ValueError, match=r"edges\.min_length"):
        TraceConfig(edges={"min_length": 0.0})
    with pytest.raises(ValueError, match=r"edges\.hidden_tubes"):
        TraceConfig(edges={"hidden_tubes": 0})
