import numpy as np
import pytest
from scipy.constants import c

from raysim.intersect import RayCaster
from raysim.paths import concatenate
from raysim.pieces import assemble, radar_at, with_pieces
from raysim.reflector import CornerReflector
from raysim.trace import TraceConfig, trace
from tests.fixtures import hand_made_scene
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db


def measured(reflector, distance, *, apex=(1.0, 2.0, 3.0), towards=(0.3, -1.0, 0.4)):
    """RCS [m2] by the radar equation, of a reflector that faces the radar."""
    apex, towards = np.array(apex), np.array(towards) / np.linalg.norm(towards)
    radar = apex + distance * towards
    scene = assemble([reflector.piece(apex, radar)], radar_at(radar, apex))
    paths = concatenate(trace(RayCaster(scene).frame(0), TraceConfig(antenna="isotropic"), frequency=FREQUENCY, seed=0))
    return abs(channel(paths)) ** 2 * (4 * np.pi) ** 3 * distance**4 / WAVELENGTH**2


@pytest.mark.parametrize("kind", ["triangular", "square"])
def test_the_stated_cross_section_is_what_comes_back(kind):
    for side in (0.1, 0.2):
        reflector = CornerReflector(side, kind)
        error = db(measured(reflector, reflector.far_field(FREQUENCY)) / reflector.cross_section(FREQUENCY))
        print(f"{kind} {side} m at {reflector.far_field(FREQUENCY):.0f} m: {error:+.2f} dB, bar 0.35 dB")
        assert abs(error) < 0.35


def test_what_single_faces_add_is_all_that_small_corners_differ_by():
    reflector, apex, radar = CornerReflector(0.054), np.zeros(3), np.array([10.0, -34.0, 14.0])
    scene = assemble([reflector.piece(apex, radar)], radar_at(radar, apex))
    paths = concatenate(trace(RayCaster(scene).frame(0), TraceConfig(antenna="isotropic"), frequency=FREQUENCY, seed=0))
    scale = (4 * np.pi) ** 3 * np.linalg.norm(radar) ** 4 / WAVELENGTH**2 / reflector.cross_section(FREQUENCY)
    every, triple = (db(abs(channel(p)) ** 2 * scale) for p in (paths, paths.select(paths.depth == 3)))
    print(f"0.054 m at 38 m: {every:+.2f} dB, triple reflections alone {triple:+.2f} dB, bar 0.25 dB")
    assert abs(triple) < 0.25


def test_cross_sections_are_those_of_the_handbook():
    # 4 pi a^4 / 3 lambda^2 and 12 pi a^4 / lambda^2; a 1 m trihedral at 10 GHz is known to have 36.7 dBsm
    assert db(CornerReflector(1.0).cross_section(10e9)) == pytest.approx(36.68, abs=0.02)
    assert CornerReflector(0.3, "square").cross_section(10e9) == pytest.approx(
        9 * CornerReflector(0.3).cross_section(10e9)
    )
    assert db(CornerReflector.of_cross_section(13.0, frequency=77e9).cross_section(77e9)) == pytest.approx(13.0)


@pytest.mark.parametrize("towards", [(0, 0, 1), (0, 0, -1), (1, 0, 0), (-0.2, -0.9, 0.1)])
def test_it_opens_towards_its_viewer_wherever_that_is(towards):
    piece = CornerReflector(0.2).piece((1, 2, 3), np.array([1, 2, 3]) + np.array(towards))
    pose = piece.motion.pose[0]
    assert pose[:3, :3] @ pose[:3, :3].T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1)
    assert pose[:3, :3] @ np.ones(3) / np.sqrt(3) == pytest.approx(np.array(towards) / np.linalg.norm(towards))
    corners = piece.vertices[piece.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (normals.sum(axis=1) > 0).all()  # every face shows its outside to the opening


def test_range_is_that_of_the_apex():
    apex = np.array([0.0, 12.0, 1.0])
    reflector = CornerReflector(0.15)
    scene = assemble([reflector.piece(apex, (0, 0, 1))], radar_at((0, 0, 1), apex))
    paths = concatenate(trace(RayCaster(scene).frame(0), TraceConfig(), frequency=FREQUENCY, seed=0))
    triple = paths.select(paths.depth == 3)
    assert np.average(triple.delay, weights=np.abs(triple.gain) ** 2) * c / 2 == pytest.approx(12.0, abs=2e-3)


def test_it_joins_a_scene_without_renumbering_it():
    scene = hand_made_scene()
    more = with_pieces(scene, [CornerReflector(0.2).piece((3, 15, 1), (0, 0, 5))])
    assert more.instances[:2] == scene.instances
    assert more.parts[:2] == scene.parts
    assert more.instances[more.parts[2].instance].name == "corner reflector"
    assert (more.mesh.material[-3:] == 2).all()
    assert len(more.mesh.triangles) == len(scene.mesh.triangles) + 3
    assert more.num_frames == scene.num_frames


def test_bad_reflectors_are_refused():
    with pytest.raises(ValueError, match="kind must be one of triangular, square, got 'round'"):
        CornerReflector(0.1, "round")
    with pytest.raises(ValueError, match="side must be above 0 m, got -1"):
        CornerReflector(-1)
    with pytest.raises(ValueError, match="cannot face its own apex"):
        CornerReflector(0.1).piece((0, 0, 0), (0, 0, 0))
    with pytest.raises(ValueError, match="frequency must be above 0"):
        CornerReflector(0.1).cross_section(0)
