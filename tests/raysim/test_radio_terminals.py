import numpy as np
import pytest

from raysim.antenna import Pattern, antenna_gain, fixed_antenna, horn, patch
from raysim.intersect import RayCaster
from raysim.launch import LaunchConfig
from raysim.materials import Material
from raysim.paths import concatenate
from raysim.radio_terminals import AntennaConfig, ArrayConfig, build_antenna
from raysim.sensors import look_at
from raysim.trace import TraceConfig, trace
from raysim.transmit_array import array_amplitude, steered_array
from tests.fixtures import PEC, scene_of, sensors_at
from tests.shapes import FREQUENCY, WAVELENGTH, channel, db, plate

AXES = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
LAUNCH = LaunchConfig(object_tubes=4000, object_samples=16)
DISTANCE = 20.0


def plate_at(azimuth, elevation, turned=0.0):
    """Frame caster of a small conducting plate that faces the radar from a direction, turned out of it."""
    direction = np.array([np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])
    v, t = plate(0.1)
    pose = look_at(DISTANCE * direction, (0, 0, 0))
    local = np.stack([v[:, 0], v[:, 2], v[:, 1]], axis=1)
    spin = np.array([[1, 0, 0], [0, np.cos(turned), -np.sin(turned)], [0, np.sin(turned), np.cos(turned)]])
    corners = local @ spin.T @ pose[:3, :3].T + pose[:3, 3]
    scene = scene_of([("plate", "car", True, corners, t, PEC, None)], sensors_at((0, 0, 0), (0, 1, 0)))
    return RayCaster(scene).frame(0)


def traced(caster, seed=0, **settings):
    config = TraceConfig(**({"antenna": "isotropic", "launch": LAUNCH} | settings))
    return concatenate(trace(caster, config, frequency=FREQUENCY, seed=seed))


@pytest.mark.parametrize(
    ("config", "element"),
    [
        (AntennaConfig(pattern="tr38901"), fixed_antenna(Pattern.TR38901)),
        (AntennaConfig(pattern="horn", azimuth_beamwidth=0.3, elevation_beamwidth=0.5), horn(0.3, 0.5)),
        (AntennaConfig(pattern="patch", exponent=3.0), patch(3.0)),
    ],
)
def test_each_end_has_its_own_element(config, element):
    azimuth, elevation = 0.2, -0.1
    direction = (np.sin(azimuth) * np.cos(elevation), -np.sin(elevation), np.cos(azimuth) * np.cos(elevation))
    caster = plate_at(azimuth, elevation)
    gain = antenna_gain(element, direction, *AXES)
    bare = channel(traced(caster))
    one = channel(traced(caster, transmit_antenna=config))
    other = channel(traced(caster, receive_antenna=config))
    assert abs(one / bare) == pytest.approx(gain, rel=0.01)
    assert abs(other / bare) == pytest.approx(gain, rel=0.01)


def test_antenna_of_both_ends_gives_way_to_the_ends_own():
    caster = plate_at(0.0, 0.0)
    isotropic = AntennaConfig(pattern="isotropic")
    mixed = traced(caster, antenna="tr38901", transmit_antenna=isotropic, receive_antenna=isotropic)
    assert mixed.gain.tobytes() == traced(caster).gain.tobytes()


def test_steered_beam_meets_what_it_points_at():
    caster = plate_at(0.3, 0.1)
    bare = channel(traced(caster))
    array = ArrayConfig(rows=4, columns=8, azimuth=0.3, elevation=0.1)
    steered = channel(traced(caster, transmit_array=array))
    assert db(abs(steered / bare) ** 2) == pytest.approx(db(32), abs=0.1)
    beside = channel(traced(caster, transmit_array=ArrayConfig(rows=4, columns=8)))
    feed = steered_array(4, 8, WAVELENGTH / 2, WAVELENGTH)
    direction = (np.sin(0.3) * np.cos(0.1), -np.sin(0.1), np.cos(0.3) * np.cos(0.1))
    expected = array_amplitude(feed.positions, feed.weights, WAVELENGTH, direction, *AXES)
    assert abs(beside / bare) == pytest.approx(abs(expected), rel=0.05)


def test_plate_keeps_horizontal_and_vertical_apart():
    caster = plate_at(0.0, 0.0)
    levels = {
        (t, r): db(abs(channel(traced(caster, transmit_polarisation=t, receive_polarisation=r))) ** 2 + 1e-30)
        for t in "VH"
        for r in "VH"
    }
    assert levels["H", "H"] == pytest.approx(levels["V", "V"], abs=0.05)
    assert max(levels["V", "H"], levels["H", "V"]) < levels["V", "V"] - 40


def test_dihedral_turned_by_45_degrees_swaps_the_polarisations():
    """A dihedral whose seam stands at 45 degrees sends V back as H alone: its echo is all cross-polar."""
    side = 0.2
    wings = np.array([[0, 0, -1], [0, 0, 1], [-1, -1, 1], [-1, -1, -1], [1, -1, 1], [1, -1, -1]], float) * side / 2
    turn = np.array([[1, 0, 1], [0, np.sqrt(2), 0], [-1, 0, 1]]) / np.sqrt(2)
    faces = np.array([[0, 1, 2], [0, 2, 3], [0, 1, 4], [0, 4, 5]])
    corners = (wings @ turn.T + [0, DISTANCE, 0])[faces].reshape(-1, 3)
    piece = ("dihedral", "car", True, corners, np.arange(12).reshape(-1, 3), PEC, None)
    caster = RayCaster(scene_of([piece], sensors_at((0, 0, 0), (0, 1, 0)))).frame(0)
    fine = LaunchConfig(object_samples=64)
    same = abs(channel(traced(caster, launch=fine))) ** 2
    swapped = abs(channel(traced(caster, launch=fine, receive_polarisation="H"))) ** 2
    assert db(swapped / same) > 20


def test_cross_polar_share_splits_the_diffuse_power():
    rough = Material("rough", "metal", (0, 0, 0), scattering=0.6)
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float) * 3 + [0, 12, 0]
    patch_of_ground = ("patch", "ground", False, corners, [[0, 1, 2], [0, 2, 3]], rough, None)
    caster = RayCaster(scene_of([patch_of_ground], sensors_at((0, 0, 6), (0, 12, 0)))).frame(0)
    settings = {"contributions": "diffuse", "launch": LaunchConfig(flat_footprint=0.5)}
    power = {
        (share, receive): np.sum(
            np.abs(traced(caster, cross_polar_share=share, receive_polarisation=receive, **settings).gain) ** 2
        )
        for share, receive in ((0.0, "V"), (0.2, "V"), (0.2, "H"))
    }
    assert power[0.2, "V"] / power[0.0, "V"] == pytest.approx(0.8, rel=1e-9)
    assert power[0.2, "H"] / power[0.0, "V"] == pytest.approx(0.2, rel=1e-9)


def test_table_file(tmp_path):
    path = tmp_path / "element.csv"
    rows = [(a, e, 5.0 - 0.1 * abs(a) - 0.2 * abs(e)) for a in range(-90, 91, 10) for e in range(-90, 91, 10)]
    path.write_text("# azimuth, elevation, gain\n" + "\n".join(f"{a}, {e}, {g}" for a, e, g in rows))
    element = build_antenna(AntennaConfig(pattern="table", table=path))
    direction = (np.sin(np.deg2rad(20)), 0.0, np.cos(np.deg2rad(20)))
    assert 20 * np.log10(antenna_gain(element, direction, *AXES)) == pytest.approx(3.0, abs=1e-6)


def test_peak_gain_lowers_a_horn():
    direction = (0.1, 0.05, np.sqrt(1 - 0.0125))
    lossless = antenna_gain(horn(0.3, 0.3), direction, *AXES)
    config = AntennaConfig(pattern="horn", azimuth_beamwidth=0.3, elevation_beamwidth=0.3, peak_gain_dbi=20.0)
    peak = antenna_gain(horn(0.3, 0.3), (0.0, 0.0, 1.0), *AXES)
    assert antenna_gain(build_antenna(config), direction, *AXES) == pytest.approx(lossless * 10 / peak)


@pytest.mark.parametrize(
    ("text", "says"),
    [("0 0 1\n1 0 2\n0 1 3\n", "full grid"), ("0 0\n", "columns"), ("left right up\n", "not a table")],
)
def test_bad_table_is_one_line(tmp_path, text, says):
    path = tmp_path / "bad.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=says):
        build_antenna(AntennaConfig(pattern="table", table=path))


def test_missing_table_and_misplaced_settings(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such antenna table"):
        build_antenna(AntennaConfig(pattern="table", table=tmp_path / "none.csv"))
    with pytest.raises(ValueError, match="table"):
        AntennaConfig(pattern="horn", table=tmp_path / "none.csv")
    with pytest.raises(ValueError, match="peak_gain_dbi"):
        AntennaConfig(pattern="isotropic", peak_gain_dbi=3.0)


def test_settings_survive_the_configuration_file():
    config = TraceConfig(transmit_antenna=AntennaConfig(pattern="horn"), transmit_array=ArrayConfig(columns=4))
    assert TraceConfig.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pattern": "isotropic", "exponent": 3.0}, r"exponent is for patch, got isotropic"),
        ({"pattern": "patch", "azimuth_beamwidth": 0.1}, r"azimuth_beamwidth is for horn, got patch"),
        ({"pattern": "tr38901", "peak_gain_dbi": 9.0}, r"peak_gain_dbi is for horn and patch, got tr38901"),
        ({"pattern": "horn", "peak_gain_dbi": np.inf}, r"finite number"),
    ],
)
def test_settings_of_another_pattern_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        AntennaConfig(**settings)
    kept = AntennaConfig(pattern="isotropic")
    assert AntennaConfig.model_validate(kept.model_dump()) == kept  # stored configurations show every default
