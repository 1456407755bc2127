import numpy as np
import pytest

from raysim.motion import Motion
from raysim.pieces import Piece, assemble, radar_at, with_pieces, with_sensors
from tests.fixtures import ASPHALT, PEC, box_triangles

SENSORS = radar_at((0, 0, 2), (0, 10, 0))


def piece(name, centre=(0.0, 10.0, 1.0), **more):
    return Piece(name, "car", *box_triangles((1, 1, 1), centre), (PEC,), **more)


def test_pieces_of_one_instance_are_its_parts_and_materials_are_merged():
    halves = np.repeat([0, 1], 6)
    two = Piece("body", "car", *box_triangles((1, 1, 1)), (ASPHALT, PEC), halves, is_target=True, instance="car")
    scene = assemble([piece("alone"), two, piece("wheel", instance="car")], SENSORS)
    assert [(i.name, i.is_target) for i in scene.instances] == [("alone", False), ("car", True)]
    assert [p.instance for p in scene.parts] == [0, 1, 1]
    assert scene.materials == (PEC, ASPHALT)
    assert (scene.mesh.material == np.concatenate([np.zeros(12), 1 - halves, np.zeros(12)])).all()
    assert scene.frame(0).normals == pytest.approx(np.tile(scene.frame(0).normals[:12], (3, 1)))


def test_moving_pieces_follow_the_frames():
    pose = np.tile(np.eye(4), (2, 1, 1))
    pose[1, 0, 3] = 3.0
    motion = Motion(pose, *(np.zeros((2, 3)) for _ in range(3)))
    scene = with_pieces(assemble([piece("still")], SENSORS, (0.0, 1.0)), [piece("mover", motion=motion)])
    moved = scene.frame(1).vertices - scene.frame(0).vertices
    assert moved[:24] == pytest.approx(0)
    assert moved[24:] == pytest.approx(np.tile([3.0, 0, 0], (24, 1)))
    with pytest.raises(ValueError, match="'mover': motion needs 1 or 1 frames"):
        assemble([piece("mover", motion=motion)], SENSORS)


def test_other_sensors_leave_the_scene_alone():
    scene = assemble([piece("box")], SENSORS)
    other = with_sensors(scene, radar_at((5, 5, 5), (0, 10, 0), transmitter_offset=(0.5, 0, 0)))
    assert other.mesh is scene.mesh
    assert np.linalg.norm(other.sensors.radar.transmitter - other.sensors.radar.receiver) == pytest.approx(0.5)


def test_what_makes_no_scene_is_refused():
    with pytest.raises(ValueError, match="at least one piece"):
        assemble([], SENSORS)
    with pytest.raises(ValueError, match="'bare': needs at least one material"):
        Piece("bare", "car", *box_triangles((1, 1, 1)), ())
    with pytest.raises(ValueError, match="12 triangles need as many materials, got 3"):
        Piece("box", "car", *box_triangles((1, 1, 1)), (PEC,), np.zeros(3, int))
    with pytest.raises(ValueError, match="category must be one of"):
        assemble([Piece("ufo", "ufo", *box_triangles((1, 1, 1)), (PEC,))], SENSORS)


@pytest.mark.parametrize("target", [(1, 2, 3), (1, 2, 9), (np.nan, 0, 0), (0, np.inf, 0)])
def test_a_radar_looks_sideways(target):
    with pytest.raises(ValueError, match=r"a radar at \(1, 2, 3\) must look sideways, its target is"):
        radar_at((1, 2, 3), target)
