import numpy as np
import pytest
from scipy.constants import c

from raysim.grids import BACKGROUND, Grid, aim, fan_of, spread
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Lobe, Material
from raysim.motion import Motion
from raysim.outlines import hull_spans
from raysim.paths import concatenate
from raysim.scattering import cell_draw, in_body, lobe_power
from raysim.trace import TraceConfig, plan_grids, trace
from tests.fixtures import PEC, box_triangles, hand_made_scene, scene_of, sensors_at
from tests.shapes import (
    FREQUENCY,
    WAVELENGTH,
    channel,
    db,
    measured_rcs,
    plate,
    plate_rcs,
    sphere,
    sphere_rcs,
    trihedral,
    trihedral_rcs,
)

ISOTROPIC = TraceConfig(antenna="isotropic")


@pytest.mark.parametrize(("side", "distance"), [(0.1, 10), (0.1, 60), (0.3, 30), (0.4, 20)])
def test_plate_rcs(side, distance):
    assert db(measured_rcs(*plate(side), distance)) == pytest.approx(db(plate_rcs(side, distance)), abs=0.3)


@pytest.mark.parametrize(("radius", "subdivisions", "distance"), [(0.1, 5, 10), (0.25, 6, 20), (1.0, 6, 30)])
def test_sphere_rcs(radius, subdivisions, distance):
    rng = np.random.default_rng(1)
    got = [db(measured_rcs(*sphere(radius, subdivisions, rng=rng), distance, seed=k)) for k in range(4)]
    assert np.mean(got) == pytest.approx(db(sphere_rcs(radius, distance)), abs=0.5)
    assert np.std(got) < 0.6


@pytest.mark.parametrize(("side", "square"), [(0.1, True), (0.2, True), (0.2, False)])
def test_trihedral_rcs(side, square):
    got = measured_rcs(*trihedral(side, square=square), 80.0)
    assert db(got) == pytest.approx(db(trihedral_rcs(side, square=square)), abs=0.3)


def test_wall_is_its_mirror_image():
    """An infinite wall returns the amplitude of the image source: lambda / (8 pi R)."""
    corners = np.array([[-40, 12, -40], [40, 12, -40], [40, 12, 40], [-40, 12, 40]], float)
    wall = ("wall", "building", False, corners, [[0, 1, 2], [0, 2, 3]], PEC, None)
    scene = scene_of([wall], sensors_at((0, 0, 0), (0, 1, 0)))
    config = TraceConfig(antenna="isotropic", launch=LaunchConfig(elevation_min=-0.9, elevation_max=0.9))
    paths = concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))
    # the hard edge of the field of view diffracts a little: an average over the Fresnel ripple is not needed at 0.5 dB
    assert db(abs(channel(paths)) ** 2) == pytest.approx(db((WAVELENGTH / (8 * np.pi * 12)) ** 2), abs=0.5)


def test_overlapping_grids_count_nothing_twice():
    """A plate before a wall-like background: its return is that of the plate alone plus that of the wall alone."""
    v, t = plate(0.3)
    front = ("plate", "car", True, v + [0, 20, 0], t, PEC, None)
    alone = scene_of([front], sensors_at((0, 0, 0), (0, 1, 0)))
    black = Material("black", "vacuum", (0, 0, 0))
    corners = np.array([[-40, 40, -40], [40, 40, -40], [40, 40, 40], [-40, 40, 40]], float)
    wall = ("wall", "building", False, corners, [[0, 1, 2], [0, 2, 3]], black, None)
    both = scene_of([front, wall], sensors_at((0, 0, 0), (0, 1, 0)))
    got = [
        channel(concatenate(trace(RayCaster(s).frame(0), ISOTROPIC, frequency=FREQUENCY, seed=0)))
        for s in (alone, both)
    ]
    assert got[1] == pytest.approx(got[0], rel=1e-6)


def test_tiles_cover_the_field_of_view_once():
    caster = RayCaster(hand_made_scene()).frame(1)
    config = TraceConfig()
    tiles = [g for g in plan_grids(caster, config, frequency=FREQUENCY, seed=0) if g.owner == BACKGROUND]
    for g in tiles[:20]:
        fan = fan_of([g], np.eye(3))
        axis_u, axis_v = spread(fan, *aim(fan, 0, g.num_tubes))
        omega = np.linalg.norm(np.cross(axis_u, axis_v), axis=1).sum()
        top = g.elevation + len(g.spans) * g.step_elevation
        exact = g.spans[0, 1] * g.step_azimuth * (np.sin(top) - np.sin(g.elevation))
        assert omega == pytest.approx(exact, rel=1e-5)
    corners = {(round(g.azimuth, 9), round(g.elevation, 9)) for g in tiles}
    assert len(corners) == len(tiles)


def test_a_fan_is_its_grids_one_after_the_other_however_it_is_cut():
    caster = RayCaster(hand_made_scene()).frame(1)
    grids = plan_grids(caster, TraceConfig(), frequency=FREQUENCY, seed=0)
    fan = fan_of(grids, np.eye(3))
    assert fan.num_tubes == sum(g.num_tubes for g in grids)
    whole, of_whole = aim(fan, 0, fan.num_tubes)
    cut = fan.num_tubes // 3
    parts = [aim(fan, 0, cut), aim(fan, cut, fan.num_tubes)]
    np.testing.assert_array_equal(np.concatenate([d for d, _ in parts]), whole)
    np.testing.assert_array_equal(np.concatenate([g for _, g in parts]), of_whole)
    lengths = np.concatenate([g.spans[:, 1] - g.spans[:, 0] for g in grids])
    assert np.array_equal(np.bincount(of_whole, minlength=len(lengths)), lengths)
    last = grids[-1]
    y = np.flatnonzero(np.diff(last.spans, axis=1).ravel())[-1]
    x, y = last.spans[y, 1] - 0.5, y + 0.5
    azimuth = last.azimuth + (x + last.turn * y) * last.step_azimuth
    elevation = last.elevation + (y - last.turn * x) * last.step_elevation
    far = [np.cos(elevation) * np.sin(azimuth), -np.sin(elevation), np.cos(elevation) * np.cos(azimuth)]
    np.testing.assert_allclose(whole[-1], far, atol=1e-12)


def test_rim_tubes_count_by_their_share():
    """Wherever an upright plate lies on the grid its level is the same: whole tubes at the rim would flip by lines."""
    vertices, triangles = plate(0.1)
    shifts = 0.02 * np.random.default_rng(0).uniform(-1, 1, (12, 3)) * [1, 0, 1]
    levels = [db(measured_rcs(vertices + shift, triangles, 50.0, seed=k)) for k, shift in enumerate(shifts)]
    assert np.std(levels) < 0.02
    assert np.mean(levels) == pytest.approx(db(plate_rcs(0.1, 50.0)), abs=0.02)


def test_turned_tubes_tile():
    """Neighbours meet: the direction moves by one axis from column to column, and by the other from line to line."""
    grid = Grid(0, 0.1, -0.2, 1e-4, 1.2e-4, np.tile([0, 50], (40, 1)), 0.005, turn=0.05)
    fan, count = fan_of([grid], np.eye(3)), grid.num_tubes
    direction, _ = aim(fan, 0, count)
    axis_u, axis_v = (
        a.reshape(40, 50, 3) for a in spread(fan, direction, np.repeat(np.arange(40, dtype=np.int32), 50))
    )
    direction = direction.reshape(40, 50, 3)
    np.testing.assert_allclose(np.diff(direction, axis=1), axis_u[:, :-1], atol=2e-8)
    np.testing.assert_allclose(np.diff(direction, axis=0), axis_v[:-1], atol=2e-8)


@pytest.mark.parametrize("lobe", [None, Lobe(4), Lobe(3, 6, share=0.2), "canopy"])
def test_diffuse_ground_has_the_sigma0_of_its_lobe(lobe):
    """Mean power of a rough surface = sum of sigma0 dA by the radar equation, whatever the footprint.

    sigma0 = 4 pi S^2 Gamma^2 f cos: 4 S^2 Gamma^2 cos^2 if Lambertian; albedo / 2 cos of a canopy.
    """
    rough = Material("rough", "metal", (0, 0, 0), scattering=0.6, lobe=None if lobe == "canopy" else lobe)
    if lobe == "canopy":
        rough = Material("grass", "foliage", (0, 0, 0), scattering=1.0, albedo=0.3)
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float) * 3 + [0, 12, 0]
    patch = ("patch", "ground", False, corners, [[0, 1, 2], [0, 2, 3]], rough, None)
    scene = scene_of([patch], sensors_at((0, 0, 6), (0, 12, 0)))
    caster = RayCaster(scene).frame(0)
    x, y = np.meshgrid(np.linspace(-3, 3, 301), np.linspace(9, 15, 301))
    r2 = x**2 + y**2 + 36
    cosine = 6 / np.sqrt(r2)
    density = 0.3 / 0.6**2 / (8 * np.pi) if lobe == "canopy" else cosine / np.pi
    if isinstance(lobe, Lobe):
        peak = lobe.share * cosine ** (2 * lobe.alpha_r) + 1 - lobe.share
        whole = [np.vectorize(lobe_power)(float(alpha), cosine) for alpha in (lobe.alpha_r, lobe.alpha_i)]
        density = peak / (lobe.share * whole[0] + (1 - lobe.share) * whole[1])
    sigma0 = 4 * np.pi * 0.6**2 * density * cosine
    truth = (sigma0 * WAVELENGTH**2 / ((4 * np.pi) ** 3 * r2**2)).mean() * 36.0
    for footprint in (0.05, 0.2):
        config = TraceConfig(
            antenna="isotropic", contributions="diffuse", launch=LaunchConfig(flat_footprint=footprint)
        )
        power = [
            (np.abs(concatenate(trace(caster, config, frequency=FREQUENCY, seed=k)).gain) ** 2).sum() for k in range(2)
        ]
        assert db(np.mean(power)) == pytest.approx(db(truth), abs=0.2)


def test_doppler_is_the_derivative_of_the_delay():
    """Rate and acceleration of every path against finite differences of a box that moves and turns."""

    def box_paths(t):
        spin = np.array([0.3, -0.5, 2.0])
        velocity, acceleration = np.array([3.0, -6.0, 1.0]), np.array([0.5, 1.0, -2.0])
        angle = np.linalg.norm(spin) * (t + 4 * t**2)  # it swings: the angular velocity grows
        axis = spin / np.linalg.norm(spin)
        k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
        pose = np.eye(4)
        pose[:3, :3] = np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k
        pose[:3, 3] = [1, 15, 0] + velocity * t + acceleration * t**2 / 2
        rates = velocity + acceleration * t, spin * (1 + 8 * t), acceleration, 8 * spin
        return Motion(pose[None], *(rate[None] for rate in rates))

    v, t = box_triangles((1.0, 2.0, 1.5))
    scene = scene_of([("box", "car", True, v, t, PEC, box_paths(0.0))], sensors_at((0, 0, 0), (0, 1, 0)))
    paths = concatenate(trace(RayCaster(scene).frame(0), ISOTROPIC, frequency=FREQUENCY, seed=0))
    local = paths.last_point - scene.parts[0].motion.pose[0, :3, 3]
    h = 1e-4

    def length(time):
        pose = box_paths(time).pose[0]
        return 2 * np.linalg.norm(local @ pose[:3, :3].T + pose[:3, 3], axis=1)

    before, now, after = length(-h), length(0.0), length(h)
    np.testing.assert_allclose(now / c, paths.delay, rtol=1e-12)
    np.testing.assert_allclose((after - before) / (2 * h) / c, paths.delay_rate, rtol=1e-5, atol=1e-14)
    np.testing.assert_allclose((after - 2 * now + before) / h**2 / c, paths.delay_acceleration, rtol=1e-3, atol=1e-10)


def test_threads_do_not_change_a_byte():
    caster = RayCaster(hand_made_scene()).frame(0)
    one, two = (concatenate(trace(caster, TraceConfig(), frequency=FREQUENCY, seed=3, threads=n)) for n in (1, 2))
    assert one.gain.tobytes() == two.gain.tobytes()
    assert one.last_point.tobytes() == two.last_point.tobytes()


def test_diffuse_phase_moves_with_its_body():
    """The phase of a surface cell depends on the place on the body, not on where the body is."""
    pose = np.eye(4)
    moved = np.eye(4)
    moved[:3, 3] = [5, 6, 7]
    point = np.array([0.101, 0.202, 0.303])
    args = (0.005, 2, 7)
    here = cell_draw(in_body(point, pose[None], 0), *args)
    assert cell_draw(in_body(point + [5, 6, 7], moved[None], 0), *args) == here
    assert cell_draw(in_body(point + [0.01, 0, 0], pose[None], 0), *args) != here


def test_lines_of_a_grid_hold_all_that_the_hull_of_an_object_covers():
    rng = np.random.default_rng(0)
    x, y = 30 + 8 * rng.normal(size=40), 20 + 5 * rng.normal(size=40)
    spans = hull_spans(x, y, np.array([60, 40]))
    inside = rng.dirichlet(np.full(40, 0.2), 4000) @ np.column_stack([x, y])  # places in the hull
    column, line = np.floor(inside).astype(int).T
    on_raster = (column >= 0) & (column < 60) & (line >= 0) & (line < 40)
    column, line = column[on_raster], line[on_raster]
    assert ((spans[line, 0] <= column) & (column < spans[line, 1])).all()
    assert np.diff(spans, axis=1).sum() < 0.8 * 60 * 40  # and leave the corners out
    assert not np.diff(hull_spans(x, y + 1000, np.array([60, 40])), axis=1).any()


def test_long_edges_seen_from_near_stay_inside_their_grid():
    """A kerb of 10 m, 4 m away and 3 m below: its middle is far below its ends in elevation."""
    kerb = ("kerb", "other", False, *box_triangles((10, 0.3, 0.15)), PEC, None)
    scene = scene_of([kerb], sensors_at((0, -4, 3), (0, 0, 3)))
    caster = RayCaster(scene).frame(0)
    view = LaunchConfig(azimuth_limit=1.5, elevation_min=-1.5, elevation_max=1.5)
    grids = [g for g in plan_grids(caster, TraceConfig(launch=view), frequency=FREQUENCY, seed=0) if g.owner == 0]
    fan = fan_of(grids, scene.sensors.radar.pose[:3, :3])
    direction, lines = aim(fan, 0, fan.num_tubes)
    axis_u, axis_v = spread(fan, direction, lines)
    steps = 2000
    angle = 1.5 * (2 * (np.arange(steps) + 0.5) / steps - 1)
    azimuth, elevation = np.meshgrid(angle, angle[:1000])
    every = np.stack([np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)], -1)
    seen = [
        np.sum(weight[caster.closest(np.broadcast_to(scene.sensors.radar.transmitter, d.shape), d).triangle >= 0])
        for d, weight in (
            (direction, np.linalg.norm(np.cross(axis_u, axis_v), axis=1)),
            (every.reshape(-1, 3), np.cos(elevation).ravel() * (3 / steps) ** 2),
        )
    ]
    assert seen[0] == pytest.approx(seen[1], rel=5e-3)
