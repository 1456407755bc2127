"""Mesh toolkit: volumes in closed form (they fail if a face is missing or inside out), cuts and creases."""

import numpy as np
import pytest

from blender_scenes.assets.mesh import Patch, box, ellipsoid, grid_triangles, merge, revolve, tube
from blender_scenes.assets.mesh_edit import cut, drop_slivers, face_normals, split_creases


def volume(patch):
    a, b, c = np.moveaxis(patch.vertices[patch.triangles], 1, 0)
    return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6


def area(patch):
    a, b, c = np.moveaxis(patch.vertices[patch.triangles], 1, 0)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def plate(n=12):
    """Square [-1, 1]^2 in the plane z = 0 facing up, n x n vertices."""
    axis = np.linspace(-1, 1, n)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    triangles = grid_triangles(n, n)
    return Patch(np.stack([x, y, 0 * x], -1).reshape(-1, 3), triangles, np.zeros(len(triangles), int))


def test_box_volume():
    assert volume(box([1, 2, 3], 0, centre=[5, 6, 7])) == pytest.approx(6.0, rel=1e-12)


def test_bevelled_box_volume():
    """Core block, six slabs on it, twelve triangular prisms along the edges, eight tetrahedra at the corners."""
    w, c = np.array([1.0, 1.4, 1.8]), 0.1
    bevelled = volume(box(w, 0, bevel=c))
    core = w - 2 * c
    slabs = 2 * c * (core[0] * core[1] + core[1] * core[2] + core[2] * core[0])
    edges = 4 * core.sum() * c**2 / 2
    corners = 8 * c**3 / 6
    assert bevelled == pytest.approx(core.prod() + slabs + edges + corners, rel=1e-12)


def test_revolved_volume_is_that_of_the_polygonal_cylinder():
    n, radius, height = 40, 0.3, 0.2
    profile = np.array([(0.0, height), (radius, height), (radius, 0.0), (0.0, 0.0)])
    expected = height * n / 2 * radius**2 * np.sin(2 * np.pi / n)
    assert volume(revolve(profile, n, 0)) == pytest.approx(expected, rel=1e-12)


def test_ellipsoid_tends_to_its_closed_form():
    assert volume(ellipsoid([1, 2, 3], 0, rows=61)) == pytest.approx(4 / 3 * np.pi * 6, rel=5e-3)


def test_tube_volume():
    path = np.stack([np.linspace(0, 2, 5), np.zeros(5), np.zeros(5)], -1)
    expected = 2 * 8 / 2 * 0.1**2 * np.sin(2 * np.pi / 8)
    assert volume(tube(path, 0.1, 0, segments=8)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("offset", [0.0, 0.013, 0.09])
def test_cut_along_a_line_keeps_area_and_divides_it_exactly(offset):
    patch = plate()
    normal = np.array([0.8, 0.6])
    whole, inside = cut(patch, patch.vertices[:, :2] @ normal - offset, place=lambda p: p)
    assert area(whole) == pytest.approx(4.0, rel=2e-2)  # rim vertices may snap along their edge
    side = whole.vertices[whole.triangles][:, :, :2] @ normal - offset
    assert side[inside].max() < 1e-12
    assert side[~inside].min() > -1e-12


def test_cut_out_disc_has_its_area_and_faces_up():
    patch = plate(60)
    radius = np.hypot(*patch.vertices[:, :2].T)
    whole, inside = cut(patch, radius - 0.6, place=lambda p: p)
    disc = Patch(whole.vertices, whole.triangles[inside], whole.material[inside])
    assert area(disc) == pytest.approx(np.pi * 0.36, rel=2e-3)
    assert area(whole) == pytest.approx(4.0, rel=1e-12)
    assert (face_normals(whole)[:, 2] > 0.999).all()


def test_a_cut_leaves_no_cracks():
    """Every inner edge still has two triangles."""
    patch = plate(20)
    whole, _ = cut(patch, np.hypot(*patch.vertices[:, :2].T) - 0.6, place=lambda p: p)
    edges = np.sort(np.concatenate([whole.triangles[:, [i, (i + 1) % 3]] for i in range(3)]), axis=1)
    _, uses = np.unique(edges, axis=0, return_counts=True)
    assert (uses == 1).sum() == 4 * 19  # the square's rim
    assert uses.max() == 2


def test_creases_of_a_welded_cube_part_and_a_sphere_stays_whole():
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    triangles = np.array([t for a, b, c, d in quads for t in ([a, b, c], [a, c, d])])
    cube = Patch(corners, triangles, np.zeros(12, int))
    assert volume(cube) == pytest.approx(1.0)
    parted = split_creases(cube, np.deg2rad(40))
    assert len(parted.vertices) == 24
    assert volume(parted) == pytest.approx(1.0)
    sphere = ellipsoid([1, 1, 1], 0, rows=25)
    assert len(split_creases(sphere, np.deg2rad(40)).vertices) == len(sphere.vertices)


def test_slivers_are_dropped():
    good = plate(3)
    thin = Patch(np.array([[0, 0, 0], [1, 0, 0], [0.5, 1e-10, 0]]), np.array([[0, 1, 2]]), np.array([0]))
    assert len(drop_slivers(merge([good, thin]), 1e-9).triangles) == len(good.triangles)
