"""Fields along straight ways through panes and crowns, and all mechanisms that use such ways."""

from dataclasses import replace

import numpy as np
import pytest

from raysim.foliage import vegetation_loss
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material, complex_permittivity
from raysim.paths import Interaction, concatenate
from raysim.sensors import Radar, look_at
from raysim.slab import insertion, single_slab
from raysim.trace import TraceConfig, trace
from raysim.ways import are_open, carry, obstacles_of
from tests.fixtures import ASPHALT, PEC, box_triangles, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db, sphere

R, S = int(Interaction.REFLECTION), int(Interaction.SCATTERING)
D, T = int(Interaction.DIFFRACTION), int(Interaction.TRANSMISSION)
GLASS = Material("pane", "glass", (0, 0, 0), thickness=5e-3)
LEAVES = Material("leaves", "foliage", (0.1, 0.2, 0.05), rms_height=5e-3, scattering=0.6)
QUAD = [[0, 1, 2], [0, 2, 3]]
COARSE = LaunchConfig(flat_footprint=2.0, azimuth_limit=0.3, elevation_min=-0.3, elevation_max=0.1)


def sheet(centre, normal, half=2.0, material=GLASS):
    """Square pane of a position and a normal."""
    pose = look_at((0, 0, 0), normal, up=(0.1, 0.2, 1.0))
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * half @ pose[:3, :3].T + centre
    return (f"pane at {centre}", "building", False, corners, QUAD, material, None)


def hedge(low, high):
    low, high = np.array(low), np.array(high)
    return ("hedge", "vegetation", False, *box_triangles(high - low, (low + high) / 2), LEAVES, None)


def transmission(cosine):
    """(TE, TM) of the glass over that of air."""
    eps = complex_permittivity("glass", FREQUENCY)
    _, _, te, tm = single_slab(eps, GLASS.thickness, WAVELENGTH, cosine)
    return np.array([insertion(t, GLASS.thickness, WAVELENGTH, cosine) for t in (te, tm)])


def obstacles(*pieces):
    return obstacles_of(RayCaster(scene_of(pieces, sensors_at((0, 0, 0), (0, 1, 0)))).frame(0), FREQUENCY)


def test_a_slanted_pane_turns_the_field_by_its_two_coefficients():
    normal = np.array([0.5, -1.0, 0.3]) / np.linalg.norm([0.5, -1.0, 0.3])
    along = np.array([0.0, 1.0, 0.0])
    te = np.cross(along, normal) / np.linalg.norm(np.cross(along, normal))
    tm = np.cross(along, te)
    field = np.array([[1.0, 0, 0.4j]])
    got = carry(field, (0, 0, 0), (0, 10, 0), obstacles(sheet((0, 4.0, 0), normal)))
    factor = transmission(abs(along @ normal))
    expected = factor[0] * (field[0] @ te) * te + factor[1] * (field[0] @ tm) * tm
    np.testing.assert_allclose(got[0], expected, rtol=1e-9, atol=1e-12)


def test_ways_are_free_blocked_weakened_and_reciprocal():
    wall = sheet((8.0, 5.0, 0), (0, -1, 0), material=PEC)
    panes = [sheet((0, y, 0), normal, half=4.0) for y, normal in ((3.0, (0.4, -1, 0.2)), (6.0, (-0.3, -1, -0.5)))]
    what = obstacles(wall, *panes, hedge((-3, 7.6, -3), (-1, 8.4, 3)))
    start = np.array([[0, 0, 0], [8, 0, 0], [5.5, 0, 0], [-2, 0, 0]], float)
    end = start + [0, 10, 0]
    field = np.array([[1, 0, 0.5j]] * 4)
    there = carry(field, start, end, what)
    np.testing.assert_array_equal(there[1], 0)
    np.testing.assert_array_equal(there[2], field[2])
    np.testing.assert_array_equal(are_open(start, end, what), [True, False, True, True])
    np.testing.assert_array_equal(are_open(start, end, what, 0.99), [False, False, True, False])
    leaves = 10 ** (-vegetation_loss(1.0, FREQUENCY) / 20)  # filled cells of half a metre: from 7.5 to 8.5 m
    np.testing.assert_allclose(there[3], leaves * there[0], rtol=1e-9)
    other = np.array([[0.3, 0, 1.0]] * 4)
    back = carry(other, end, start, what)
    np.testing.assert_allclose((other * there).sum(axis=1), (field * back).sum(axis=1), rtol=1e-12, atol=1e-15)


def traced(pieces, source, sink, *, axes=None, **settings):
    pose = np.eye(4)
    pose[:3, :3] = look_at((0, 0, 0), (0, 1, 0))[:3, :3] if axes is None else axes
    pose[:3, 3] = sink
    radar = Radar(pose, pose[:3, :3].T @ (np.asarray(source, float) - sink))
    scene = scene_of(pieces, replace(sensors_at((0, 0, 0), (0, 1, 0)), radar=radar))
    config = TraceConfig(**({"antenna": "isotropic", "launch": COARSE, "contributions": "coherent"} | settings))
    return concatenate(trace(RayCaster(scene).frame(0), config, frequency=FREQUENCY, seed=0))


CENTRE, RADIUS, WALL = np.array([1.0, 20.0, 0.0]), 0.5, 3.0
IMAGE = np.array([2 * WALL, 0.0, 0.0])  # of the radar
LEGS = {"object to wall": (16.0, 1), "wall to radar": (8.0, 1), "both": (None, 2)}


def ghost(*pieces, **settings):
    """Channel sphere - wall - radar, the sphere hit straight: the wall mirrors at y = 12 m, about."""
    v, t = sphere(RADIUS, 6, rng=np.random.default_rng(0))
    corners = np.array([[WALL, 0, -20], [WALL, 60, -20], [WALL, 60, 20], [WALL, 0, 20]], float)
    wall = ("wall", "building", False, corners, QUAD, PEC, None)
    ball = ("sphere", "car", True, v + CENTRE, t, PEC, None)
    launch = LaunchConfig(azimuth_limit=0.4, elevation_min=-0.2, elevation_max=0.2)
    paths = traced([ball, wall, *pieces], (0, 0, 0), (0, 0, 0), launch=launch, **settings)
    return channel(paths.select((paths.kinds == (S | R << 4)) & (paths.first_instance == 0)))


def ghost_cosine():
    """Between the wall's normal and the way from the sphere's point of reflection to the image."""
    half_way = -CENTRE / np.linalg.norm(CENTRE) + (IMAGE - CENTRE) / np.linalg.norm(IMAGE - CENTRE)
    line = IMAGE - CENTRE - RADIUS * half_way / np.linalg.norm(half_way)
    return line[0] / np.linalg.norm(line)


@pytest.mark.parametrize("polarisation", ["V", "H"])
def test_ghost_through_panes_falls_by_the_slab_on_either_leg(polarisation):
    """Panes 2 m off the axis, parallel to the wall: the way to the sphere does not meet them."""
    both = {"transmit_polarisation": polarisation, "receive_polarisation": polarisation}
    bare = ghost(**both)
    factor = transmission(ghost_cosine())[0 if polarisation == "V" else 1]
    for name, (y, count) in LEGS.items():
        panes = [sheet((2.0, y, 0), (1, 0, 0), 1.5) for y in ([8.0, 16.0] if y is None else [y])]
        ratio = ghost(*panes, **both) / bare / factor**count
        print(f"ghost through panes, {name}, {polarisation}: off by {db(abs(ratio) ** 2):.3f} dB (bar 0.3)")
        assert abs(db(abs(ratio) ** 2)) < 0.3
        assert abs(np.angle(ratio)) < 0.1


def test_ghost_through_a_hedge():
    loss = -db(abs(ghost(hedge((1.9, 13.1, -2), (2.1, 18.4, 2))) / ghost()) ** 2)
    inside = 1.0 / ghost_cosine()  # the leaves touch the cells from 1.5 to 2.5 m
    assert loss == pytest.approx(vegetation_loss(inside, FREQUENCY), abs=0.2)


def stripped(paths):
    """Kinds without the transmissions."""
    out = np.zeros(len(paths), np.uint32)
    for i, kinds in enumerate(paths.kinds):
        digits = [int(kinds) >> (4 * k) & 15 for k in range(8)]
        for place, digit in enumerate(d for d in digits if d not in (0, T)):
            out[i] |= digit << (4 * place)
    return out


def test_panes_of_air_change_nothing_with_image_planes():
    """Before the radar, and between a box and the ground: what images hold, physical optics gives not again."""
    ground = np.array([[-30, 3, 0], [30, 3, 0], [30, 40, 0], [-30, 40, 0]], float) + [0, 0, 1e-3]
    pieces = [
        ("asphalt", "ground", False, ground, QUAD, ASPHALT, None),
        ("box", "car", True, *box_triangles((2.0, 1.8, 1.5), (1, 20, 1.1)), PEC, None),
    ]
    launch = LaunchConfig(
        flat_footprint=0.5, object_tubes=4000, object_samples=16, azimuth_limit=0.5, elevation_max=0.2
    )
    sensors = {"launch": launch, "contributions": "both"}
    air = Material("air", "vacuum", (0, 0, 0), thickness=0.01)
    veil = sheet((0, 1.5, 3), (0, 1, 0.1), 15.0, air)
    layer = sheet((0, 20, 0.2), (0.01, 0, 1), 19.0, air)
    bare = traced(pieces, (0, 0, 3), (0, 0, 3), **sensors, max_interactions=2)
    for panes in ([veil], [layer]):
        paths = traced([*pieces, *panes], (0, 0, 3), (0, 0, 3), **sensors, max_interactions=6)
        paths = paths.select(np.abs(paths.gain) > 0)
        kinds = stripped(paths)
        for kind in np.unique(bare.kinds[np.abs(bare.gain) > 0]):
            some, those = bare.select(bare.kinds == kind), paths.select(kinds == kind)
            power = np.sum(np.abs(some.gain) ** 2)
            assert np.sum(np.abs(those.gain) ** 2) == pytest.approx(power, rel=2e-2)
            assert abs(channel(those) - channel(some)) < 0.02 * np.sqrt(power) + 0.02 * abs(channel(some))


BLOCK = ("block", "building", False, *box_triangles((4.0, 4.0, 30.0), (-2.0, -2.0, 0.0)), PEC, None)


def over_the_edge(*pieces, **settings):
    """Channel round the block's upright edge at (0, 0), both ends level with each other."""
    narrow = LaunchConfig(azimuth_limit=0.02, elevation_min=-0.02, elevation_max=0.02)
    paths = traced([BLOCK, *pieces], (3.0, -3.0, 0.0), (-6.0, 2.0, 0.0), launch=narrow, **settings)
    mine = (paths.kinds == D) & (np.abs(paths.last_point[:, :2]).max(axis=1) < 1e-6)
    return channel(paths.select(mine))


@pytest.mark.parametrize("polarisation", ["V", "H"])
def test_edge_behind_panes_and_leaves(polarisation):
    both = {"transmit_polarisation": polarisation, "receive_polarisation": polarisation}
    bare = over_the_edge(**both)
    square, slanted = sheet((1.5, -1.5, 0), (1, -1, 0), 0.5), sheet((-3.0, 1.0, 0), (1, 0, 0), 0.5)
    index = 0 if polarisation == "V" else 1
    factors = transmission(1.0)[index], transmission(6 / np.hypot(6, 2))[index]
    assert over_the_edge(square, **both) / bare == pytest.approx(factors[0], rel=1e-6)
    assert over_the_edge(slanted, **both) / bare == pytest.approx(factors[1], rel=3e-4)  # seen 1 mm off the edge
    assert over_the_edge(square, slanted, **both) / bare == pytest.approx(factors[0] * factors[1], rel=3e-4)
    leaves = hedge((-3.4, -0.9, -0.9), (-2.6, 2.9, 0.9))  # cells from -3.5 to -2.5 m
    loss = vegetation_loss(1.0 * np.hypot(6, 2) / 6, FREQUENCY)
    assert db(abs(over_the_edge(leaves, **both) / bare) ** 2) == pytest.approx(-loss, rel=1e-3)
    assert over_the_edge(sheet((1.5, -1.5, 0), (1, -1, 0), 0.5, PEC), **both) == 0


@pytest.mark.parametrize("polarisations", ["VV", "VH", "HH"])
def test_explicit_paths_through_panes_and_leaves_are_reciprocal(polarisations):
    """Line of sight, planes, edges, edge and plane: the same both ways, past two slanted panes and a hedge."""
    ground = np.array([[-60, -60, -4], [60, -60, -4], [60, 60, -4], [-60, 60, -4]], float)
    pieces = [
        ("ground", "ground", False, ground, QUAD, ASPHALT, None),
        ("screen", "building", False, *box_triangles((3.0, 1.0, 9.0), (-2.6, 15.0, 0.5)), PEC, None),
        sheet((0.2, 4.0, 0), (0.5, -1.0, 0.3), 6.0),
        sheet((0.6, 25.0, 0), (-0.2, -1.0, -0.4), 6.0),
        hedge((-4.4, 20.1, -3.9), (4.9, 20.4, 2.9)),
    ]
    ends = (0.0, 0.0, 0.5), (1.0, 30.0, 2.0)
    axes = look_at((0, 0, 0), (0.3, 1.0, -0.2), up=(0.3, 0, 1))[:3, :3]
    found = []
    for (source, sink), (mine, yours) in zip((ends, ends[::-1]), (polarisations, polarisations[::-1]), strict=True):
        both = {"transmit_polarisation": mine, "receive_polarisation": yours}
        paths = traced(pieces, source, sink, axes=axes, **both)
        explicit = np.isin(paths.kinds, [0, R, D, R | D << 4, D | R << 4])
        found.append(paths.select(explicit))
    there, back = (p.select(np.lexsort((p.gain.imag, p.gain.real, np.round(p.delay * 1e12)))) for p in found)
    assert set(np.unique(there.kinds)) == {0, R, D, R | D << 4, D | R << 4}
    assert len(there) == len(back) > 5
    np.testing.assert_allclose(there.gain, back.gain, rtol=1e-6, atol=1e-6 * np.abs(there.gain).max())


def test_what_stands_behind_glass_is_not_hidden():
    """A ball behind the block answers round its edge; so does one behind a steel sheet, but not one behind glass."""
    v, t = sphere(0.3, 3, rng=np.random.default_rng(0))
    ball = ("ball", "car", True, v + [-6.0, 6.0, 0.0], t, PEC, None)
    kinds = []
    for material in (PEC, GLASS):
        screen = sheet((-6.0, 3.0, 0), (0, 1, 0), 1.0, material)
        paths = traced([ball, screen], (-6.0, 0, 0), (-6.0, 0, 0))
        kinds.append(paths.kinds[np.abs(paths.gain) > 0])
    assert (D | S << 4 | D << 8) in kinds[0]
    assert not np.any(kinds[1] & 15 == D)
    assert (T | S << 4) in kinds[1]
