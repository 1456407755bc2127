import numpy as np

from raysim.findings import frame_with_sensors, once_a_scene, with_sensors
from raysim.pieces import Piece, assemble, radar_at
from tests.fixtures import PEC, box_triangles


def box_scene():
    return assemble([Piece("box", "car", *box_triangles((1, 1, 1)), (PEC,))], radar_at((9, 0, 0), (0, 0, 0)))


def test_a_finding_is_made_once_for_all_sensors_of_a_scene():
    asked = []

    @once_a_scene
    def count(scene, times):
        """Count triangles."""
        asked.append(times)
        return times * len(scene.mesh.triangles)

    scene = box_scene()
    other = with_sensors(scene, radar_at((0, 9, 0), (0, 0, 0)))
    assert [count(scene, 1), count(other, 1), count(other, 2), count(scene, 2)] == [12, 12, 24, 24]
    assert asked == [1, 2]
    assert count(box_scene(), 1) == 12 and asked == [1, 2, 1]


def test_a_frame_keeps_its_places_and_gets_the_sensors():
    frame = box_scene().frame(0)
    vertices = frame.vertices
    sensors = radar_at((0, 9, 0), (0, 0, 0))
    other = frame_with_sensors(frame, sensors)
    assert other.scene.sensors is sensors and other.index == 0
    assert other.vertices is vertices
    assert np.array_equal(other.normals, frame.normals)
