import numpy as np

from raysim.edges import find_edges
from raysim.intersect import RayCaster
from raysim.materials import Material
from raysim.radio_edges import radio_edges
from tests.fixtures import PEC, box_triangles, scene_of, sensors_at

CONCRETE = Material("concrete", "concrete", (0.5, 0.5, 0.5))
SENSORS = sensors_at((0, 0, 0), (0, 1, 0))


def test_only_edges_that_diffract_are_kept():
    rim = [[-9, -9, 0], [9, -9, 0], [9, 9, 0], [-9, 9, 0]]
    vertices, triangles = box_triangles((0.1, 0.1, 2.0), (0.0, 0.0, 1.0))
    pieces = [
        ("ground", "ground", False, rim, [[0, 1, 2], [0, 2, 3]], CONCRETE, None),
        ("tree", "vegetation", False, vertices + 3, triangles, CONCRETE, None),
        ("post", "street_furniture", False, vertices, triangles, PEC, None),
    ]
    scene = scene_of(pieces, SENSORS)
    kept = radio_edges(RayCaster(scene).frame(0), min_length=0.3)
    np.testing.assert_allclose(kept.length, 2.0)  # the post's four upright edges
    assert (scene.instance_of_part[kept.part] == 2).all()
    assert len(kept) == 4


def test_rims_that_end_at_another_surface_are_not_free():
    """A shelf 5 mm before a wall keeps three rims; a fold is kept wherever it stands."""
    shelf = np.array([[-1, 0.005, 0], [1, 0.005, 0], [1, 1, 0], [-1, 1, 0]])
    wall = np.array([[-3, 0, -3], [3, 0, -3], [3, 0, 3], [-3, 0, 3]], float)
    pieces = [
        ("shelf", "building", False, shelf, [[0, 1, 2], [0, 2, 3]], PEC, None),
        ("wall", "building", False, wall, [[0, 1, 2], [0, 2, 3]], PEC, None),
        ("box", "building", False, *box_triangles((1.0, 1.0, 1.0), (0.0, 0.501, -1.5)), PEC, None),
    ]
    scene = scene_of(pieces, SENSORS)
    assert len(find_edges(scene.mesh)) == 4 + 4 + 12
    free = radio_edges(RayCaster(scene).frame(0), min_length=0.3)
    assert len(free) == 3 + 4 + 12
    at_wall = (free.part == 0) & (np.abs(free.start[:, 1] - 0.005) < 1e-9) & (np.abs(free.end[:, 1] - 0.005) < 1e-9)
    assert not at_wall.any()


def test_pane_in_its_frame_is_covered_and_the_frame_keeps_its_front():
    """A glass pane 10 cm inside a square hole lined with four sheets: only the lining's front rims stay free."""
    ring = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    front, back = (np.column_stack([ring[:, 0], np.full(4, y), ring[:, 1]]) for y in (0.0, 0.1))
    pieces = [("pane", "building", False, back, [[0, 1, 2], [0, 2, 3]], PEC, None)]
    for k in range(4):
        quad = np.array([front[k], front[(k + 1) % 4], back[(k + 1) % 4], back[k]])
        pieces.append((f"lining {k}", "building", False, quad, [[0, 1, 2], [0, 2, 3]], PEC, None))
    scene = scene_of(pieces, SENSORS)
    free = radio_edges(RayCaster(scene).frame(0), min_length=0.3)
    assert len(free) == 4
    np.testing.assert_allclose([free.start[:, 1], free.end[:, 1]], 0)
