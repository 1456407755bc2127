import numpy as np
import pytest
from scipy.constants import c

from raysim.launch import LaunchConfig
from raysim.pieces import Piece, assemble, radar_at
from raysim.radio_terminals import AntennaConfig
from raysim.rcs import radar_cross_section
from raysim.reflector import CornerReflector
from raysim.trace import TraceConfig
from tests.fixtures import PEC, box_triangles
from tests.shapes import FREQUENCY, WAVELENGTH, db, plate, plate_rcs, sphere, sphere_rcs


def scene_of(vertices, triangles):
    return assemble([Piece("shape", "other", vertices, triangles, (PEC,))], radar_at((0, -9, 0), (0, 0, 0)))


@pytest.mark.parametrize("distance", [10.0, 5000.0])
def test_a_plate_near_and_far(distance):
    result = radar_cross_section(scene_of(*plate(0.3)), -np.pi / 2, frequency=FREQUENCY, distance=distance)
    assert result.dbsm[0] == pytest.approx(db(plate_rcs(0.3, distance)), abs=0.15)


def test_a_plate_far_from_its_mirror_direction():
    """Physical optics of a tilted plate, far field, averaged over the band that the sidelobes need to fill in."""
    side, angle = 0.3, np.radians([10.0, 20.0, 30.0, 40.0, 50.0])
    result = radar_cross_section(scene_of(*plate(side)), angle - np.pi / 2, frequency=FREQUENCY, bandwidth=3e9)
    wavelength = c / result.frequency
    lobe = np.sinc(2 * side * np.sin(angle)[:, None] / wavelength) * np.cos(angle)[:, None]
    truth = (4 * np.pi * side**4 / wavelength**2 * lobe**2).mean(axis=1)
    error = result.dbsm - db(truth)
    print("plate 0.3 m, 10-50 deg off its normal:", error.round(2), "dB, bar 0.5 dB")
    assert np.abs(error).max() < 0.5


def test_a_sphere_looks_alike_from_everywhere():
    vertices, triangles = sphere(0.25, 5, rng=np.random.default_rng(3))
    azimuth, elevation = np.linspace(0, 6, 12), np.linspace(-1.4, 1.4, 12)
    result = radar_cross_section(scene_of(vertices, triangles), azimuth, elevation, frequency=FREQUENCY)
    error = result.dbsm - db(sphere_rcs(0.25, result.distance))
    print(f"sphere 0.25 m: mean {error.mean():+.2f} dB, spread {error.std():.2f} dB, bars 0.2 and 0.6 dB")
    assert abs(error.mean()) < 0.2
    assert error.std() < 0.6


def test_a_box_shows_the_face_that_the_angle_names():
    """A box of 10 x 20 x 30 cm along x, y, z: 0 deg sees the y-z face, 90 deg the x-z face, up the x-y face."""
    size = np.array([0.1, 0.2, 0.3])
    result = radar_cross_section(scene_of(*box_triangles(size)), np.radians([0, 90, 180]), frequency=FREQUENCY)
    area = np.array([0.06, 0.03, 0.06])
    assert result.dbsm == pytest.approx(db(4 * np.pi * area**2 / WAVELENGTH**2), abs=0.1)


def test_the_band_resolves_the_ranges_of_two_plates():
    v, t = plate(0.1)
    corners = np.concatenate([v + [-0.2, 0, 0], v + [0.2, 0.9, 0]])
    result = radar_cross_section(
        scene_of(corners, np.concatenate([t, t + 4])), -np.pi / 2, frequency=FREQUENCY, bandwidth=2e9
    )
    ranges, profile = result.profile
    cell = ranges[1] - ranges[0]
    peaks = ranges[np.argsort(-np.abs(profile[0]))[:4]]
    assert np.abs(peaks[:, None] - np.array([-0.45, 0.45])).min(axis=1).max() < 2 * cell
    # Parseval: the profile holds the band's mean power
    assert (np.abs(profile) ** 2).sum() == pytest.approx(result.mean[0], rel=1e-9)


def test_angles_frequencies_threads_and_progress():
    reflector = CornerReflector(0.15)
    scene = assemble([reflector.piece((0, 0, 0), (1, 1, 0))], radar_at((5, 0, 0), (0, 0, 0)))
    counted = []
    one = radar_cross_section(scene, [0.7, np.pi / 4], frequency=77e9, progress=lambda: counted.append(1))
    two = radar_cross_section(scene, [0.7, np.pi / 4], frequency=77e9, threads=2)
    assert (one.amplitude == two.amplitude).all()
    assert len(counted) == 2
    assert one.dbsm[1] == pytest.approx(db(reflector.cross_section(77e9)), abs=0.4)


@pytest.mark.parametrize(
    ("side", "kind"), [(0.2, "triangular"), (0.25, "triangular"), (0.1, "square"), (0.2, "square")]
)
def test_corner_reflectors(side, kind):
    reflector = CornerReflector(side, kind)
    scene = assemble([reflector.piece((0, 0, 0), (1, 1, 0))], radar_at((5, 0, 0), (0, 0, 0)))
    result = radar_cross_section(scene, np.pi / 4, frequency=FREQUENCY)
    assert result.dbsm[0] == pytest.approx(db(reflector.cross_section(FREQUENCY)), abs=0.2)


def test_antennas_of_a_configuration_do_not_matter():
    scene, config = scene_of(*plate(0.2)), TraceConfig(transmit_antenna=AntennaConfig(pattern="horn"))
    plain, horned = (
        radar_cross_section(scene, -np.pi / 2, frequency=FREQUENCY, config=given) for given in (None, config)
    )
    assert horned.dbsm == pytest.approx(plain.dbsm, abs=0.2)


def test_how_a_file_cuts_an_object_up_makes_no_difference():
    """Two halves of a box, one piece or two: one grid covers both, and no part of the other is around a corner."""
    vertices, triangles = box_triangles((0.2, 0.3, 0.1))
    whole = scene_of(vertices, triangles)
    halves = [
        Piece(name, "car", vertices, part, (PEC,)) for name, part in zip("ab", np.split(triangles, 2), strict=True)
    ]
    azimuth = np.radians([3, 40, 90])
    one, two = (
        radar_cross_section(scene, azimuth, frequency=FREQUENCY)
        for scene in (whole, assemble(halves, radar_at((0, -9, 0), (0, 0, 0))))
    )
    assert two.dbsm == pytest.approx(one.dbsm, abs=1e-6)


def test_tubes_are_as_wide_as_asked_for_or_as_the_most_allow():
    scene = scene_of(*plate(0.3))
    asked, few = (
        radar_cross_section(
            scene, -np.pi / 2, frequency=FREQUENCY, footprint=0.5, config=TraceConfig(launch=LaunchConfig(**launch))
        )
        for launch in ({"object_tubes": 100_000}, {"object_tubes": 900})
    )
    assert asked.tube_width == pytest.approx(0.5 * WAVELENGTH)
    assert few.tube_width == pytest.approx(0.3 / 30)


def test_what_cannot_be_measured_is_refused():
    scene = scene_of(*plate(0.3))
    for options, message in (
        ({"distance": 0.1}, r"distance must exceed the object's radius of 0.212 m, got 0.1 m"),
        ({"elevation": 1.57}, r"elevations within"),
        ({"bandwidth": -1.0}, r"bandwidth"),
        ({"frequency": 0.0}, r"frequency"),
        ({"frequency": np.inf}, r"frequency"),
        ({"footprint": 0.0}, r"footprint must be above 0 wavelengths, got 0"),
    ):
        with pytest.raises(ValueError, match=message):
            radar_cross_section(scene, 0.0, **({"frequency": FREQUENCY} | options))
    with pytest.raises(ValueError, match=r"'shape' measures 28.3 m; objects of up to 15 m"):
        radar_cross_section(scene_of(*plate(20.0)), 0.0, frequency=FREQUENCY)
    for aspects in ([], np.zeros((2, 2)), np.nan):
        with pytest.raises(ValueError, match=r"needs a list of aspects"):
            radar_cross_section(scene, aspects, frequency=FREQUENCY)
    with pytest.raises(ValueError, match=r"has no extent"):
        radar_cross_section(scene_of(np.zeros((3, 3)), [[0, 1, 2]]), 0.0, frequency=FREQUENCY)
    with pytest.raises(ValueError, match="profile needs a bandwidth"):
        _ = radar_cross_section(scene, 0.0, frequency=FREQUENCY).profile
