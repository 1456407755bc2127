from itertools import pairwise

import numpy as np
import pytest
import trimesh

from raysim.edges import Edges, find_edges, place_edges
from raysim.motion import Motion
from raysim.scene import Mesh
from tests.fixtures import PEC, box_triangles, scene_of, sensors_at
from tests.shapes import plate, trihedral


def mesh_of(vertices, triangles, material=None, part=None) -> Mesh:
    zeros = np.zeros(len(triangles), np.int32)
    return Mesh(
        np.asarray(vertices, float),
        np.asarray(triangles, np.int32),
        zeros if part is None else np.asarray(part, np.int32),
        zeros if material is None else np.asarray(material, np.int32),
    )


def assert_consistent(edges: Edges):
    """The invariants that diffraction builds on."""
    np.testing.assert_allclose(edges.end - edges.start, edges.length[:, None] * edges.direction, atol=1e-9)
    np.testing.assert_allclose(np.cross(edges.tangent_0, edges.normal_0), edges.direction, atol=1e-9)
    angle = (edges.n * np.pi)[:, None]
    want = np.sin(angle) * edges.tangent_0 - np.cos(angle) * edges.normal_0
    np.testing.assert_allclose(edges.normal_n, want, atol=1e-9)


def bent_strip(turn, pieces=5):
    """Two rectangles that meet along x at `turn` between their normals, cut into pieces, vertices not shared."""
    x = np.linspace(0, 2, pieces + 1)
    far = np.array([[0, 1, 0], [0, -np.cos(turn), -np.sin(turn)]])
    vertices, triangles = [], []
    for a, b in pairwise(x):
        for side, order in zip(far, ([0, 1, 2, 3], [3, 2, 1, 0]), strict=True):
            quad = np.array([[a, 0, 0], [b, 0, 0], [b, *side[1:]], [a, *side[1:]]])
            base = 4 * len(vertices)
            vertices.append(quad[order])
            triangles += [[base, base + 1, base + 2], [base, base + 2, base + 3]]
    return np.concatenate(vertices), np.array(triangles)


def test_box_has_twelve_right_angled_edges():
    vertices, triangles = box_triangles((2.0, 3.0, 4.0), (5.0, -1.0, 2.0))
    edges = find_edges(mesh_of(vertices, triangles))
    assert_consistent(edges)
    np.testing.assert_allclose(edges.n, 1.5)
    np.testing.assert_allclose(np.sort(edges.length), np.repeat([2.0, 3.0, 4.0], 4))
    middle = (edges.start + edges.end) / 2 - [5.0, -1.0, 2.0]
    for vector in (edges.normal_0, edges.normal_n, edges.outward):
        assert (np.einsum("ij,ij->i", vector, middle) > 0).all()


def test_subdivided_turned_box_has_the_same_edges():
    box = trimesh.creation.box((2.0, 3.0, 4.0)).subdivide().subdivide()
    box.apply_transform(trimesh.transformations.random_rotation_matrix(np.array([0.2, 0.7, 0.4])))
    soup = box.vertices[box.faces].reshape(-1, 3)  # every triangle with vertices of its own
    edges = find_edges(mesh_of(soup, np.arange(len(soup)).reshape(-1, 3)))
    assert_consistent(edges)
    np.testing.assert_allclose(edges.n, 1.5)
    np.testing.assert_allclose(np.sort(edges.length), np.repeat([2.0, 3.0, 4.0], 4))


def test_sheet_has_four_rims():
    edges = find_edges(mesh_of(*plate(1.5)))
    assert_consistent(edges)
    np.testing.assert_allclose(edges.n, 2.0)
    np.testing.assert_allclose(edges.length, 1.5)
    # the middle of free space points away from the sheet, in its plane
    middle = (edges.start + edges.end) / 2
    np.testing.assert_allclose(edges.outward, middle / np.linalg.norm(middle, axis=1, keepdims=True), atol=1e-9)


@pytest.mark.parametrize("turn", np.deg2rad([35.0, 90.0, 150.0]))
def test_fold_is_joined_and_has_the_right_angle(turn):
    edges = find_edges(mesh_of(*bent_strip(turn)))
    assert_consistent(edges)
    fold = edges.select(edges.n < 2)
    assert len(fold) == 1
    assert fold.n[0] == pytest.approx(1 + turn / np.pi)
    assert fold.length[0] == pytest.approx(2.0)
    assert len(edges) == 7  # and six rims


@pytest.mark.parametrize("turn", np.deg2rad([-90.0, 0.0, 20.0]))
def test_concave_flat_and_gentle_folds_are_no_edges(turn):
    edges = find_edges(mesh_of(*bent_strip(turn)))
    assert (edges.n == 2).all()


def test_smooth_body_has_no_edges():
    sphere = trimesh.creation.icosphere(3, 1.0)
    assert len(find_edges(mesh_of(sphere.vertices, sphere.faces))) == 0


def test_round_rim_is_not_joined_to_one_chord():
    cylinder = trimesh.creation.cylinder(1.0, 2.0, sections=64)
    edges = find_edges(mesh_of(cylinder.vertices, cylinder.faces))
    assert_consistent(edges)
    assert len(edges) == 128
    np.testing.assert_allclose(edges.length, 2 * np.sin(np.pi / 64), rtol=1e-6)


def test_materials_split_an_edge_and_stay_with_their_faces():
    vertices, triangles = bent_strip(np.pi / 2, pieces=4)
    material = np.array([1, 1, 2, 2] * 2 + [1, 1, 3, 3] * 2)
    edges = find_edges(mesh_of(vertices, triangles, material))
    fold = edges.select(edges.n < 2)
    np.testing.assert_allclose(fold.length, [1.0, 1.0])
    up = fold.normal_0[:, 2] > 0.5  # the rectangle of material 1 faces up
    assert up.all() or not up.any()
    order = fold.material if up.all() else fold.material[:, ::-1]
    assert {tuple(row) for row in order} == {(1, 2), (1, 3)}


def test_parts_are_not_welded():
    first, triangles = plate(1.0)
    both = np.concatenate([first, first + [1.0, 0, 0]])
    edges = find_edges(mesh_of(both, np.concatenate([triangles, triangles + 4]), part=[0, 0, 1, 1]))
    assert len(edges) == 8
    assert len(find_edges(mesh_of(both, np.concatenate([triangles, triangles + 4])))) == 4


def test_wide_gap_where_sheets_of_any_winding_meet():
    """A square trihedral of sheets: six rims; its folds diffract only behind, where the winding says outside."""
    edges = find_edges(mesh_of(*trihedral(1.0, square=True)))
    assert_consistent(edges)
    assert (edges.n == 2).sum() == 6
    np.testing.assert_allclose(edges.n[edges.n < 2], 1.5)
    fin = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [1, -1, 0], [0, -1, 0], [1, 0, 1], [0, 0, 1]]
    tee = find_edges(mesh_of(fin, [[0, 1, 2], [0, 2, 3], [0, 4, 1], [0, 5, 4], [0, 1, 6], [0, 6, 7]]))
    assert (tee.n == 2).all()  # a fin on a flat sheet: half space behind, corners in front


@pytest.mark.parametrize("cuts", [2, 3, 7])
def test_faces_cut_at_different_places_still_share_their_edge(cuts):
    """A roof whose one slope is a single rectangle and whose other is cut into strips: no false rims between them."""
    x = np.linspace(0, 3, cuts + 1)
    vertices = [[0, 0, 0], [3, 0, 0], [3, 1, -1], [0, 1, -1]]
    triangles = [[0, 1, 2], [0, 2, 3]]
    for a, b in pairwise(x):
        base = len(vertices)
        vertices += [[b, 3e-5, 0], [a, 3e-5, 0], [a, -1, -1], [b, -1, -1]]  # and not drawn with care
        triangles += [[base, base + 1, base + 2], [base, base + 2, base + 3]]
    edges = find_edges(mesh_of(vertices, triangles))
    assert_consistent(edges)
    ridge = edges.select((np.abs(edges.start[:, 1]) < 1e-4) & (np.abs(edges.end[:, 1]) < 1e-4))
    np.testing.assert_allclose(ridge.length, 3.0)
    np.testing.assert_allclose(ridge.n, 1.5, atol=1e-4)
    assert len(edges) == 7


def test_degenerate_triangles_are_passed_over():
    vertices, triangles = plate(1.0)
    bad = np.concatenate([triangles, [[0, 0, 1], [0, 2, 2]]])
    assert len(find_edges(mesh_of(vertices, bad))) == 4


def test_edges_move_with_their_part():
    angle = 0.6
    pose = np.eye(4)
    pose[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    pose[:3, 3] = [4.0, 5.0, 6.0]
    vertices, triangles = box_triangles((1.0, 2.0, 3.0))
    piece = ("box", "car", True, vertices, triangles, PEC, Motion.at_rest(pose))
    scene = scene_of([piece], sensors_at((0, 0, 0), (0, 1, 0)))
    placed = place_edges(find_edges(scene.mesh), scene.frame(0))
    assert_consistent(placed)
    corners = {tuple(np.round(v, 6)) for v in scene.frame(0).vertices}
    assert {tuple(np.round(v, 6)) for v in np.concatenate([placed.start, placed.end])} == corners


def test_parts_can_be_left_out():
    (vertices, triangles), (sheet, two) = box_triangles((1.0, 2.0, 3.0)), plate(1.0)
    part = np.repeat([0, 1], [len(triangles), 2])
    mesh = mesh_of(np.concatenate([vertices, sheet]), np.concatenate([triangles, two + len(vertices)]), part=part)
    assert len(find_edges(mesh)) == 16
    kept = find_edges(mesh, triangles=np.flatnonzero(part == 1))
    assert len(kept) == 4
    assert (kept.part == 1).all()


def test_mesh_without_edges_or_triangles():
    nothing = find_edges(mesh_of(np.zeros((0, 3)), np.zeros((0, 3), np.int32)))
    assert len(nothing) == 0


def test_bad_threshold():
    with pytest.raises(ValueError, match="min_turn must lie in"):
        find_edges(mesh_of(*plate(1.0)), min_turn=4.0)
