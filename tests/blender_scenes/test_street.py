import numpy as np
import pytest
import trimesh

from blender_scenes.assets.buildings import STYLES, BuildingParams, make_building
from blender_scenes.assets.facade import GLAZING, ROOM_DEPTH
from blender_scenes.assets.fence import GAP, SLAT, FenceParams, make_fence
from blender_scenes.assets.ground import Area, GroundParams, make_ground
from blender_scenes.assets.shapes import box, capped, circle, joined, lathe, quads, repeated, tube
from blender_scenes.assets.street import (
    BinParams,
    BollardParams,
    IslandParams,
    LampPostParams,
    MastParams,
    SignParams,
    make_bin,
    make_bollards,
    make_island,
    make_lamp_post,
    make_mast,
    make_sign,
)
from blender_scenes.assets.vegetation import HABITS, HedgeParams, TreeParams, make_hedge, make_tree


def volume(vertices, triangles):
    """Signed volume inside a closed surface: positive only where it faces outwards."""
    a, b, c = np.moveaxis(vertices[triangles], 1, 0)
    return np.einsum("ij,ij->", a, np.cross(b, c)) / 6


def area(vertices, triangles):
    a, b, c = np.moveaxis(vertices[triangles], 1, 0)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def test_box_volume():
    assert volume(*box((1, 2, 3), (2, 4, 6))) == pytest.approx(6)
    assert volume(*repeated(box((0, 0, 0), (1, 1, 1)), np.eye(3))) == pytest.approx(3)


@pytest.mark.parametrize("smooth", [False, True])
def test_lathe_and_tube_volume(smooth):
    polygon = 24 / 2 * np.sin(2 * np.pi / 24)  # area of a regular 24-gon of radius 1
    assert volume(*lathe([(0.5, 0), (0.5, 2)], 24, smooth_along=smooth)) == pytest.approx(polygon * 0.25 * 2)
    bar = tube(np.array([[0, 0, 0], [0, 0, 1], [0, 0, 2.0]]), np.full(3, 0.5), 24)
    assert volume(*bar) == pytest.approx(polygon * 0.25 * 2)


def test_hard_rings_are_closed_too():
    rings = np.stack([np.column_stack([circle(6), np.full(6, z)]) for z in (0.0, 1.0)])
    assert volume(*capped(rings, smooth_around=False)) == pytest.approx(6 / 2 * np.sin(np.pi / 3))


def test_ground_covers_exactly_with_the_last_paint_on_top():
    params = GroundParams(
        (Area((0, 10), (0, 8), "grass"), Area((2, 6), (1, 5), "asphalt"), Area((3, 3.1), (0, 20), "paint"))
    )
    asset = make_ground(params)
    part = asset.parts[0]
    size = area(part.vertices, part.triangles)
    surface = {m.name: size[part.material == k].sum() for k, m in enumerate(asset.materials)}
    assert surface["road_paint"] == pytest.approx(0.1 * 8)
    assert surface["asphalt"] == pytest.approx(16 - 0.1 * 4)
    assert surface["grass"] == pytest.approx(80 - 16 - 0.1 * 4)
    assert (part.vertices[:, 2] == 0).all()
    a, b, c = np.moveaxis(part.vertices[part.triangles], 1, 0)
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()


def test_ground_refuses_nonsense():
    with pytest.raises(ValueError, match=r"surface must be one of .*'lava'"):
        make_ground(GroundParams((Area((0, 1), (0, 1), "lava"),)))
    with pytest.raises(ValueError, match="low < high"):
        make_ground(GroundParams((Area((0, 1), (1, 1), "grass"),)))


FURNITURE = [
    (make_lamp_post, LampPostParams(7.0, arms=2)),
    (make_mast, MastParams(6.0)),
    (make_bin, BinParams()),
    (make_sign, SignParams("parking")),
    (make_sign, SignParams("no_entry")),
    (make_sign, SignParams("board")),
    (make_bollards, BollardParams()),
    (make_fence, FenceParams(12.0, kind="slats")),
    (make_fence, FenceParams(12.0, kind="mesh")),
    (make_island, IslandParams(6.0, 2.0)),
    (make_island, IslandParams(40.0, 0.3, corner_radius=0.05, fill="pavement")),
]


@pytest.mark.parametrize(("make", "params"), FURNITURE, ids=lambda x: getattr(x, "__name__", ""))
def test_furniture_faces_outwards_and_stands_in_the_ground(make, params):
    part = make(params).parts[0]
    assert volume(part.vertices, part.triangles) > 0
    assert area(part.vertices, part.triangles).min() > 1e-9
    assert -0.2 < part.vertices[:, 2].min() < 0


def test_fence_of_slats_has_gaps_and_one_of_mesh_none():
    """Share of the front that its panels cover: slats stand a gap apart, a mesh is one sheet."""
    for kind, share in (("slats", SLAT / (SLAT + GAP)), ("mesh", 1.0)):
        asset = make_fence(FenceParams(12.0, 1.4, kind))
        part, panels = asset.parts[0], [bool(m.panel) for m in asset.materials]
        sheet = np.array(panels)[part.material]
        assert area(part.vertices, part.triangles)[sheet].sum() == pytest.approx(share * 12.0 * 1.35, rel=0.01)
        assert np.ptp(part.vertices[:, 0]) == pytest.approx(12.0, abs=0.01)
        assert part.vertices[:, 2].max() == pytest.approx(1.4, abs=0.05)


def test_lamp_post_pole_is_round_to_the_radar():
    part = make_lamp_post(LampPostParams(7.0)).parts[0]
    ring = part.vertices[np.isclose(part.vertices[:, 2], 1.1) & (np.hypot(*part.vertices[:, :2].T) < 0.09)]
    angles = np.unique(np.round(np.arctan2(ring[:, 1], ring[:, 0]), 6))
    assert len(angles) >= 24


def test_kinds_are_checked():
    with pytest.raises(ValueError, match="kind must be"):
        make_sign(SignParams("speed"))
    with pytest.raises(ValueError, match="fill must be one of"):
        make_island(IslandParams(2, 2, fill="lava"))
    with pytest.raises(ValueError, match="kind must be one of"):
        make_tree(TreeParams("baobab"))
    with pytest.raises(ValueError, match="style must be one of"):
        make_building(BuildingParams(style="castle"))
    with pytest.raises(ValueError, match="roof must be"):
        make_building(BuildingParams(roof="onion"))
    with pytest.raises(ValueError, match="glazing must be one of"):
        make_building(BuildingParams(glazing="stained"))
    with pytest.raises(ValueError, match="kind must be 'slats' or 'mesh'"):
        make_fence(FenceParams(10.0, kind="hedge"))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("roof", ["flat", "gable"])
def test_front_wall_has_holes_with_glass_behind(style, roof):
    params = BuildingParams(width=20, depth=10, floors=3, style=style, roof=roof)
    asset = make_building(params)
    part, names = asset.parts[0], [m.name for m in asset.materials]
    size = area(part.vertices, part.triangles)
    assert size.min() > 1e-9
    a, b, c = np.moveaxis(part.vertices[part.triangles], 1, 0)
    normal = np.cross(b - a, c - a) / (2 * size[:, None])
    front = (normal[:, 0] > 0.999) & np.isclose(a[:, 0], 5)
    wall = size[front & np.isin(part.material, [names.index(n) for n in ("facade", "concrete")])].sum()
    glass = size[
        (normal[:, 0] > 0.999)
        & np.isclose(a[:, 0], 5 - 0.12)
        & np.isin(part.material, [k for k, n in enumerate(names) if "glass" in n])
    ].sum()
    height = 0.55 + 3 * params.floor_height
    assert wall + glass == pytest.approx(20 * height, rel=0.02)  # courses of stone overlap the wall by a little
    assert 0.1 < glass / (20 * height) < 0.6


@pytest.mark.parametrize("glazing", GLAZING)
def test_a_room_stands_behind_every_pane_that_radio_passes(glazing):
    """Rays through the middle of each pane, straight and aslant, meet the room's walls within its depth."""
    asset = make_building(BuildingParams(width=48, depth=14, floors=2, glazing=glazing))
    part, names = asset.parts[0], [m.name for m in asset.materials]
    panel = {m.name: m.panel for m in asset.materials if "glass" in m.name}
    assert set(panel) == {f"window_glass.{glazing}", f"curtained_glass.{glazing}"}
    assert set(panel.values()) == {GLAZING[glazing]}
    if glazing == "low_e":
        assert "furnished_room" not in names
        return
    mesh = trimesh.Trimesh(part.vertices, part.triangles, process=False)
    middle = part.vertices[part.triangles].mean(axis=1)
    panes = np.isin(part.material, [names.index(name) for name in panel]) & (mesh.face_normals[:, 0] > 0.999)
    start = middle[panes] - [1e-3, 0, 0]
    for slope in ([0, 0, 0], [0, 0.5, 0.3], [0, -1.0, -0.5]):
        along = np.broadcast_to(np.array([-1.0, 0, 0]) + slope, start.shape)
        hit, _, triangle = mesh.ray.intersects_location(start, along, multiple_hits=False)
        assert len(hit) == len(start)
        inside = part.material[triangle] == names.index("furnished_room")
        assert inside.mean() > 0.7  # the others meet frames
        depth = 7 - 0.14 - hit[inside, 0]
        assert (depth > 0).all() and (depth <= ROOM_DEPTH[1] + 1e-6).all()
        faces = np.einsum("ij,ij->i", mesh.face_normals[triangle[inside]], along[inside]) < 0
        assert faces.mean() > 0.7  # rooms of two walls meet in the building's corners


def test_buildings_differ_by_seed_only_in_detail():
    one, two = (make_building(BuildingParams(seed=seed)) for seed in (1, 2))
    assert one.parts[0].vertices.shape != two.parts[0].vertices.shape or (
        (one.parts[0].vertices != two.parts[0].vertices).any() or (one.parts[0].material != two.parts[0].material).any()
    )
    again = make_building(BuildingParams(seed=1))
    np.testing.assert_array_equal(one.parts[0].vertices, again.parts[0].vertices)


@pytest.mark.parametrize("kind", HABITS)
def test_trees_keep_their_size_and_carry_their_leaves_aloft(kind):
    params = TreeParams(kind, height=9.0, crown=5.0, leaves=1500, seed=3)
    asset = make_tree(params)
    part, names = asset.parts[0], [m.name for m in asset.materials]
    leaf = np.isin(part.material, [k for k, n in enumerate(names) if n.startswith("foliage")])
    assert leaf.sum() == 2 * 1500
    crown = part.vertices[np.unique(part.triangles[leaf])]
    assert 0.8 * 9 < crown[:, 2].max() < 1.15 * 9
    assert np.percentile(crown[:, 2], 2) > 0.05 * 9
    width = np.percentile(np.hypot(*crown[:, :2].T), 98) * 2
    assert 0.7 * 5 < width < 1.3 * 5
    again = make_tree(params).parts[0]
    np.testing.assert_array_equal(part.vertices, again.vertices)
    other = make_tree(TreeParams(kind, height=9.0, crown=5.0, leaves=1500, seed=4)).parts[0]
    assert np.abs(other.vertices - part.vertices).max() > 0.1


def test_trunk_faces_outwards():
    asset = make_tree(TreeParams(leaves=4))
    part = asset.parts[0]
    wood = part.triangles[part.material == [m.name for m in asset.materials].index("bark")]
    assert volume(part.vertices, wood) > 0


def test_hedge_is_opaque_from_the_side():
    part = make_hedge(HedgeParams(length=4.0, width=0.9, height=1.0)).parts[0]
    leaf = part.vertices[part.triangles]
    assert np.ptp(part.vertices[:, 0]) == pytest.approx(4.0, abs=0.5)
    facing = np.abs(np.cross(leaf[:, 1] - leaf[:, 0], leaf[:, 2] - leaf[:, 0])[:, 1]).sum() / 2
    assert facing > 2 * 1.4 * 4.0  # both sides, the coat and the core behind it


def test_quads_and_joined_count():
    one = quads(np.zeros((3, 4, 3)))
    assert one[0].shape == (12, 3)
    both = joined([one, one])
    assert both[1].max() == 23
