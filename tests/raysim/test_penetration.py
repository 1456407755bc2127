"""Echoes from behind panes."""

import numpy as np
import pytest

from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material, complex_permittivity
from raysim.motion import Motion
from raysim.panels import PANELS, panel_layers
from raysim.panes import pane_triangles, see_through
from raysim.paths import Interaction, concatenate
from raysim.sensors import Radar
from raysim.slab import insertion, single_slab, slab
from raysim.trace import TraceConfig, trace
from tests.fixtures import ASPHALT, PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db, plate

S, T = Interaction.SCATTERING, Interaction.TRANSMISSION
BEHIND = T | S << 4  # kinds of a path through one pane to an object; the way back is straight
GLASS = Material("pane", "glass", (0, 0, 0), thickness=5e-3)
LAUNCH = LaunchConfig(flat_footprint=0.5, object_tubes=4000)
QUAD = [[0, 1, 2], [0, 2, 3]]


def pane(material, distance, turn=0.0, half=3.0, category="building"):
    """Sheet across the y axis, turned about the vertical."""
    x, z = np.array([-1, 1, 1, -1]) * half, np.array([-1, -1, 1, 1]) * half
    corners = np.stack([x * np.cos(turn), distance + x * np.sin(turn), z], axis=1)
    return (f"pane at {distance}", category, False, corners, QUAD, material, None)


def target(distance=20.0, side=0.15):
    v, t = plate(side)
    return ("plate", "car", True, v + [0, distance, 0], t, PEC, None)


def traced(pieces, sensors=None, **settings):
    scene = scene_of(pieces, sensors or sensors_at((0, 0, 0), (0, 1, 0)))
    config = TraceConfig(**({"antenna": "isotropic", "launch": LAUNCH, "contributions": "coherent"} | settings))
    return concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))


def transmission(material, cosine):
    """(TE, TM) one-way amplitude of a pane over that of the air in its place."""
    eps = complex_permittivity(material.electrical, FREQUENCY)
    _, _, te, tm = single_slab(eps, material.thickness, WAVELENGTH, cosine)
    return tuple(insertion(t, material.thickness, WAVELENGTH, cosine) for t in (te, tm))


@pytest.mark.parametrize("turn", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("polarisation", ["V", "H"])
def test_plate_behind_a_pane_falls_by_the_slab_twice(turn, polarisation):
    both = {"transmit_polarisation": polarisation, "receive_polarisation": polarisation}
    bare = channel(traced([target()], **both))
    paths = traced([target(), pane(GLASS, 6.0, turn)], **both)
    got = channel(paths.select(paths.kinds == BEHIND))
    te, tm = transmission(GLASS, np.cos(turn))
    expected = (te if polarisation == "V" else tm) ** 2  # turned about the vertical: V is TE
    error = db(abs(got / bare / expected) ** 2)
    print(f"behind glass, {turn} rad, {polarisation}: {db(abs(expected) ** 2):.2f} dB, off by {error:.4f} dB (bar 0.3)")
    assert abs(error) < 0.3
    assert abs(np.angle(got / bare / expected)) < 0.05


def test_two_panes_weaken_four_times():
    paths = traced([target(), pane(GLASS, 5.0), pane(GLASS, 8.0)])
    got = channel(paths.select(paths.kinds == (T | T << 4 | S << 8)))
    expected = channel(traced([target()])) * transmission(GLASS, 1.0)[0] ** 4
    assert db(abs(got / expected) ** 2) == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize("category", ["building", "car"])
def test_pane_of_air_changes_nothing(category):
    """Ground, a turning box and their multiple bounces: every path is there once, with its motion."""
    spin, velocity, acceleration = np.array([0.3, -0.5, 2.0]), np.array([3.0, -6.0, 1.0]), np.array([0.5, 1.0, -2.0])
    pose = np.eye(4)
    pose[:3, 3] = [1, 20, 0.9]
    motion = Motion(pose[None], velocity[None], spin[None], acceleration[None])
    ground = np.array([[-30, 3, 0], [30, 3, 0], [30, 40, 0], [-30, 40, 0]], float) + [0, 0, 1e-3]  # inside a phase cell
    scene = [
        ("asphalt", "ground", False, ground, QUAD, ASPHALT, None),
        ("box", "car", True, *box_triangles((2.0, 1.8, 1.5)), PEC, motion),
    ]
    sensors = sensors_at((0, 0, 3), (0, 20, 1))
    launch = LaunchConfig(
        flat_footprint=1.5, object_tubes=2000, object_samples=16, image_tubes=0, azimuth_limit=0.5, elevation_max=0.2
    )
    air = Material("air", "vacuum", (0, 0, 0), thickness=0.01)
    settings = {"launch": launch, "images": False, "contributions": "both", "max_interactions": 3}
    bare = traced(scene, sensors, **settings)
    paths = traced(
        [*scene, pane(air, 1.5, half=15.0, category=category)], sensors, **settings | {"max_interactions": 4}
    )
    through = paths.select((paths.kinds & 15 == T) & (np.abs(paths.gain) > 0))
    some = bare.select(np.abs(bare.gain) > 0)
    assert len(some) > 1000
    assert len(np.unique(some.depth)) == 3
    np.testing.assert_array_equal(np.sort(through.kinds >> 4), np.sort(some.kinds))
    mine, yours = (np.lexsort((p.gain.real, p.delay)) for p in (through, some))
    for name in ("delay", "delay_rate", "delay_acceleration"):
        np.testing.assert_allclose(getattr(through, name)[mine], getattr(some, name)[yours], rtol=1e-6, atol=1e-14)
    total, expected = channel(through), channel(some)
    assert abs(total - expected) < 1e-3 * np.sqrt(np.sum(np.abs(some.gain) ** 2))


@pytest.mark.parametrize("name", ["windscreen", "double_glazing", "chain_link_fence"])
def test_plate_behind_a_layered_panel(name):
    """Falls by the panel's transmission twice, with its phase; the panel itself reflects as its own layers do."""
    material = Material("panel", "glass", (0, 0, 0), panel=name)
    paths = traced([target(), pane(material, 6.0)])
    got = channel(paths.select(paths.kinds == BEHIND)) / channel(traced([target()]))
    layers = panel_layers(PANELS[name], FREQUENCY)
    r, _, t, _ = slab(*layers, WAVELENGTH, 1.0)
    expected = insertion(t, layers[1].sum(), WAVELENGTH, 1.0) ** 2
    assert abs(db(abs(got / expected) ** 2)) < 0.3
    assert abs(np.angle(got / expected)) < 0.05
    mirror = channel(traced([pane(material, 6.0)])) / channel(traced([pane(PEC, 6.0)]))
    assert abs(mirror) == pytest.approx(abs(r), rel=0.02)


def test_half_space_stays_opaque_and_a_pane_reflects_as_a_slab():
    opaque = Material("block", "glass", (0, 0, 0))
    paths = traced([target(), pane(opaque, 6.0)])
    assert not np.any(paths.kinds & np.uint32(15) == T)
    thin = channel(traced([pane(GLASS, 6.0)]))
    thick = channel(traced([pane(opaque, 6.0)]))
    eps = complex_permittivity("glass", FREQUENCY)
    ratio = single_slab(eps, GLASS.thickness, WAVELENGTH, 1.0)[0] / single_slab(eps, 0.0, WAVELENGTH, 1.0)[0]
    assert abs(thin / thick) == pytest.approx(abs(ratio), rel=0.02)


def test_a_dark_panel_reflects_as_its_layers_do_and_lets_nothing_through():
    coated = Material("coated", "glass", (0, 0, 0), panel="coated_double_glazing")
    paths = traced([target(), pane(coated, 6.0)])
    assert np.all(paths.kinds & 15 != T)
    r, _, _, _ = slab(*panel_layers(PANELS["coated_double_glazing"], FREQUENCY), WAVELENGTH, 1.0)
    mirror = channel(traced([pane(coated, 6.0)])) / channel(traced([pane(PEC, 6.0)]))
    assert abs(mirror) == pytest.approx(abs(r), rel=0.02)


def test_line_of_sight_through_a_window():
    sensors = sensors_at((0, 0, 0), (0, 1, 0))
    apart = type(sensors)(sensors.camera, Radar(sensors.radar.pose, np.array([0.0, 0.0, 10.0])), sensors.lidar_pose)
    paths = traced([pane(GLASS, 4.0)], apart)
    direct = paths.select(paths.depth == 0)
    expected = WAVELENGTH / (4 * np.pi * 10) * transmission(GLASS, 1.0)[0]
    assert direct.gain[0] == pytest.approx(expected, rel=1e-6)


def test_see_through_stops_at_what_is_opaque():
    scene = scene_of([target(), pane(GLASS, 5.0), pane(GLASS, 30.0)], sensors_at((0, 0, 0), (0, 1, 0)))
    caster = RayCaster(scene).frame(0)
    direction = np.array([[0.0, 1.0, 0.0], [0.05, 1.0, 0.0], [0.0, -1.0, 0.0]])
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    hits = see_through(caster, np.zeros((3, 3)), direction)
    np.testing.assert_allclose(hits.distance[:2] * direction[:2, 1], [20.0, 30.0], atol=1e-6)
    assert hits.triangle[2] == -1
    assert pane_triangles(scene).sum() == 4
    assert pane_triangles(scene_of([target()], scene.sensors)) is None
