"""Objects that are hidden behind a corner."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c

from raysim.antenna import Pattern, fixed_antenna
from raysim.diffraction import diffract
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.motion import Motion
from raysim.paths import Interaction, concatenate
from raysim.radio_edges import EdgeConfig, radio_edges
from raysim.sensors import Radar, look_at
from raysim.trace import TraceConfig, trace
from tests.fixtures import PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db, sphere
from tests.terminals import vertical_terminal

D, S, R = int(Interaction.DIFFRACTION), int(Interaction.SCATTERING), int(Interaction.REFLECTION)
RADAR, CENTRE = np.array([3.0, -5.0, 0.0]), np.array([-6.0, 2.0, 1.0])
BLOCK = ("block", "building", False, *box_triangles((40.0, 4.0, 30.0), (-20.0, -2.0, 0.0)), PEC, None)
OUT_AND_BACK = D | S << 4 | D << 8
MIXED = R | S << 4 | D << 8, D | S << 4 | R << 8
NARROW = LaunchConfig(azimuth_limit=0.02, elevation_min=-0.02, elevation_max=0.02)  # the tracer's own tubes: few


def scene(*pieces, source=RADAR, sink=RADAR, times=(0.0,)):
    """The block's +x, +y upright edge stands at (0, 0); the radar's receiver looks at it."""
    sensors = sensors_at(sink, (0.0, 0.0, 0.0))
    offset = sensors.radar.pose[:3, :3].T @ (np.asarray(source) - sink)
    return scene_of([BLOCK, *pieces], replace(sensors, radar=Radar(sensors.radar.pose, offset)), times)


def ball(radius, centre=CENTRE, motion=None, seed=0):
    v, t = sphere(radius, 5, rng=np.random.default_rng(seed))
    return ("ball", "car", True, v + centre, t, PEC, motion)


def bent(scene, *, frame=0, threads=1, **settings):
    """Paths that scatter and bend."""
    config = TraceConfig(**({"antenna": "isotropic", "launch": NARROW} | settings))
    paths = concatenate(trace(RayCaster(scene).frame(frame), config, frequency=FREQUENCY, seed=0, threads=threads))
    return paths.select(np.isin(paths.kinds, [OUT_AND_BACK, D | S << 4, S | D << 4, *MIXED]))


def one_way(source, point):
    """Channel from a radar over the upright edge to a point, antennas isotropic."""
    caster = RayCaster(scene()).frame(0)
    ends = (vertical_terminal(look_at(p, (0, 0, 0)), fixed_antenna(Pattern.ISOTROPIC)) for p in (source, point))
    way = diffract(caster, radio_edges(caster, min_length=0.3), *ends, frequency=FREQUENCY)
    return way.select(np.abs(way.last_point[:, :2]).max(axis=1) < 1e-9)


def test_hidden_sphere_echoes_as_the_bent_wave_s_divergence_says():
    """Amplitude ``sqrt(R1 R2) / 2`` on a wave of the radii s (across the edge) and s' + s (along it); phase too."""
    for radius in (0.1, 0.3):
        span = np.hypot(*RADAR[:2]), np.hypot(*CENTRE[:2])
        edge_point = np.array([0, 0, CENTRE[2] * span[0] / sum(span)])
        toward = edge_point - CENTRE
        near = CENTRE + radius * toward / np.linalg.norm(toward)
        s_in, s_out = np.linalg.norm(edge_point - RADAR), np.linalg.norm(near - edge_point)
        way = channel(one_way(tuple(RADAR), tuple(near))) * 4 * np.pi / WAVELENGTH  # [1/m]
        strength = -0.5 / np.sqrt((1 / radius + 1 / s_out) * (1 / radius + 1 / (s_in + s_out)))
        want = WAVELENGTH / (4 * np.pi) * way**2 * strength
        for tubes, bar in ((4000, 0.5), (20_000, 0.2)):
            echo = bent(scene(ball(radius)), edges=EdgeConfig(hidden_tubes=tubes))
            ratio = channel(echo) / want
            print(f"hidden sphere of {radius} m, {tubes} tubes: {db(abs(ratio) ** 2):+.2f} dB, {np.angle(ratio):+.3f}")
            assert abs(db(abs(ratio) ** 2)) < bar
            assert abs(np.angle(ratio)) < 0.1
            assert (echo.kinds == OUT_AND_BACK).all()
            assert (echo.depth == 3).all()
            assert (echo.first_instance == 0).all() and (echo.last_instance == 0).all()
            np.testing.assert_allclose(echo.arrival, echo.departure, atol=1e-12)
            np.testing.assert_allclose(echo.last_point[:, :2], 0, atol=1e-9)


def rough_plate(toward):
    """Square of 0.09 m2 at the hidden place whose reflection is all diffuse."""
    rough = Material("rough", "metal", (0.5, 0.5, 0.5), rms_height=0.05, scattering=0.9)
    pose = look_at(CENTRE, CENTRE + toward)
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * 0.15 @ pose[:3, :3].T + CENTRE
    return ("plate", "car", True, corners, [[0, 1, 2], [0, 2, 3]], rough, None)


def test_diffuse_echo_does_not_depend_on_the_number_of_tubes():
    """Towards the edge: sigma0 = 4 S^2 cos^2 over its area, weakened twice on its way."""
    way = abs(one_way(tuple(RADAR), tuple(CENTRE)).gain[0]) * 4 * np.pi / WAVELENGTH
    want = (WAVELENGTH / (4 * np.pi)) ** 2 * way**4 * 4 * 0.09 / (4 * np.pi)
    for tubes in (4000, 16_000):
        plate = rough_plate(np.array([6.0, -2.0, -0.52]))
        echo = bent(scene(plate), contributions="diffuse", edges=EdgeConfig(hidden_tubes=tubes))
        level = db((np.abs(echo.gain) ** 2).sum() / want)
        print(f"rough plate behind the edge, {tubes} tubes: {level:+.2f} dB")
        assert abs(level) < 0.3


def test_out_by_a_mirror_and_back_around_the_edge():
    """The mean of both levels; either order has the same gains and delays."""
    wall = np.array([[20, 14, -9], [-20, 14, -9], [-20, 14, 9], [20, 14, 9]], float)
    image = RADAR * [1, -1, 1] + [0, 28, 0]
    toward = [v / np.linalg.norm(v) for v in (-CENTRE + [0, 0, 0.48], image - CENTRE)]
    plate, mirror = rough_plate(sum(toward)), ("wall", "building", False, wall, [[0, 1, 2], [0, 2, 3]], PEC, None)
    echo = bent(scene(plate, mirror), contributions="diffuse")
    first, last = (echo.select(echo.kinds == kinds) for kinds in MIXED)
    np.testing.assert_allclose(first.gain, last.gain, rtol=1e-9)
    np.testing.assert_allclose(first.delay, last.delay, rtol=1e-12)
    np.testing.assert_allclose(first.departure, last.arrival, atol=1e-12)
    assert (first.first_instance == 2).all() and (first.last_instance == 0).all()
    assert (first.depth == 3).all()
    np.testing.assert_allclose(last.last_point[:, 1], 14, atol=1e-9)
    way = one_way(tuple(RADAR), tuple(CENTRE))
    span = np.linalg.norm(image - CENTRE)
    assert np.median(first.delay) == pytest.approx(way.delay[0] + span / c, rel=1e-3)
    cosine = np.sqrt((1 + toward[0] @ toward[1]) / 2)
    want = abs(way.gain[0]) ** 2 / span**2 * 4 * 0.09 * cosine**2 / (4 * np.pi)
    level = db((np.abs(first.gain) ** 2).sum() / want)
    print(f"out by a mirror, back around the edge: {level:+.2f} dB")
    assert abs(level) < 0.3


def test_visible_object_is_left_to_the_tubes():
    assert len(bent(scene(ball(0.3, (4.0, 3.0, 0.0))))) == 0


def test_one_way_may_be_straight_and_ends_can_be_swapped():
    here, there = RADAR, np.array([-1.0, 12.0, 2.0])
    edges = EdgeConfig(hidden_tubes=20_000)
    forth = bent(scene(ball(0.1), source=here, sink=there), edges=edges)
    back = bent(scene(ball(0.1), source=there, sink=here), edges=edges)
    forth, back = forth.select(forth.kinds == (D | S << 4)), back.select(back.kinds == (S | D << 4))
    assert (forth.depth == 2).all()
    assert (forth.first_instance == 0).all() and (forth.last_instance == 1).all()
    assert (back.first_instance == 1).all() and (back.last_instance == 0).all()
    ratio = channel(forth) / channel(back)
    print(f"ends swapped: {db(abs(ratio) ** 2):+.2f} dB, {np.angle(ratio):+.3f} rad")
    assert abs(db(abs(ratio) ** 2)) < 0.5  # as physical optics is reciprocal
    assert abs(np.angle(ratio)) < 0.1


def test_moving_object_s_rates_are_derivatives_of_the_delay():
    velocity, step = np.array([-3.0, 1.0, 0.5]), 1e-3
    delays = []
    for t in (-step, 0.0, step):
        pose = np.eye(4)
        pose[:3, 3] = t * velocity
        motion = Motion(pose[None], velocity[None], np.zeros((1, 3)), np.zeros((1, 3)))
        echo = bent(scene(ball(0.05, motion=motion)), edges=EdgeConfig(hidden_tubes=100))
        first = np.argmin(echo.delay)  # where the sphere is nearest; it stays so
        delays.append(echo.delay[first] * c)
        if t == 0.0:
            rate = echo.delay_rate[first] * c
    assert rate == pytest.approx((delays[2] - delays[0]) / (2 * step), rel=2e-3)


def test_thread_count_and_switches():
    hidden = scene(ball(0.3))
    one, two = bent(hidden, threads=1), bent(hidden, threads=2)
    np.testing.assert_array_equal(one.gain, two.gain)
    np.testing.assert_array_equal(one.delay, two.delay)
    assert len(bent(hidden, edges=EdgeConfig(diffraction=False))) == 0
    assert len(bent(hidden, edges=EdgeConfig(hidden_edges=0))) == 0
    assert len(bent(hidden, max_interactions=2)) == 0
    assert len(bent(hidden, max_length=20.0)) == 0
