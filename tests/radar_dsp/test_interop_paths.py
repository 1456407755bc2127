"""Files of paths: round trip, and what is refused."""

from dataclasses import replace

import h5py
import numpy as np
import pytest

from radar_dsp.interop_paths import PathFrame, bare_paths, paths_only, read_paths, unit_vector, write_paths
from raysim.paths import Paths, concatenate
from raysim.sensors import look_at
from raysim.shards.schema import CSI
from tests.fixture_shards import tiny_csi
from tests.radar_dsp.oracle import POSE, philox, random_paths


def frame(count=5) -> PathFrame:
    return PathFrame(random_paths(count, speed=5.0, rng=philox(1)), POSE, 28e9)


def test_paths_come_back(tmp_path):
    write_paths(tmp_path / "paths.h5", frame())
    again = read_paths(tmp_path / "paths.h5")
    assert paths_only(tmp_path / "paths.h5") and again.carrier_frequency == 28e9
    np.testing.assert_array_equal(again.pose, POSE)
    for name in Paths.__dataclass_fields__:
        stored = getattr(frame().paths, name)
        tolerance = 0 if CSI.entry(f"paths/{name}").dtype != "float32" else 1e-7
        np.testing.assert_allclose(getattr(again.paths, name), stored, rtol=0, atol=tolerance)


def test_a_csi_file_gives_its_strongest_paths(tmp_path):
    tiny_csi(tmp_path / "csi.h5", distance=20.0)
    found = read_paths(tmp_path / "csi.h5")
    assert len(found.paths) == 1 and found.paths.last_instance[0] == 0
    assert not paths_only(tmp_path / "csi.h5")


def test_frames_are_cut_by_offsets(tmp_path):
    write_paths(tmp_path / "paths.h5", frame(7))
    with h5py.File(tmp_path / "paths.h5", "r+") as file:
        del file["paths/offsets"]
        file["paths/offsets"] = [0, 3, 7]
    parts = [read_paths(tmp_path / "paths.h5", k).paths for k in (0, 1)]
    assert [len(part) for part in parts] == [3, 4]
    np.testing.assert_array_equal(concatenate(parts).gain, frame(7).paths.gain)
    with pytest.raises(ValueError, match=r"frame must lie in 0\.\.1, got 2"):
        read_paths(tmp_path / "paths.h5", 2)


def test_a_file_without_offsets_has_one_frame(tmp_path):
    write_paths(tmp_path / "paths.h5", frame(7))
    with h5py.File(tmp_path / "paths.h5", "r+") as file:
        del file["paths/offsets"]
    assert len(read_paths(tmp_path / "paths.h5").paths) == 7


def test_no_paths_are_a_frame():
    empty = frame(0)
    assert len(empty.paths) == 0


@pytest.mark.parametrize(
    "change, message",
    [
        ({"gain": np.array([np.nan + 0j])}, "paths/gain holds values that are not finite"),
        ({"delay": np.array([-1e-9])}, "zero or more"),
        ({"arrival": np.array([[0.0, 2.0, 0.0]])}, "unit vectors"),
    ],
)
def test_impossible_paths_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        PathFrame(replace(frame(1).paths, **change), POSE, 28e9)


def test_impossible_radars_are_refused():
    with pytest.raises(ValueError, match="rigid motion"):
        PathFrame(frame(1).paths, np.zeros((4, 4)), 28e9)
    with pytest.raises(ValueError, match="carrier_frequency must be positive"):
        PathFrame(frame(1).paths, POSE, np.nan)


def test_angles_of_other_tools_are_world_directions():
    np.testing.assert_allclose(unit_vector(np.array([np.pi / 2]), np.array([np.pi / 2])), [[0, 1, 0]], atol=1e-15)
    np.testing.assert_allclose(unit_vector(np.zeros(1), np.zeros(1)), [[0, 0, 1]], atol=1e-15)
    np.testing.assert_allclose(look_at((0, 0, 0), (1, 0, 0))[:3, 0], [0, -1, 0], atol=1e-15)  # right of x is -y


def test_what_nobody_knows_is_nothing():
    direction = np.array([[1.0, 0, 0]])
    found = bare_paths(np.ones(1, complex), np.array([1e-7]), direction, direction)
    assert found.last_instance[0] == -1 and found.depth[0] == 0 and found.delay_rate[0] == 0
    assert found.last_point[0, 0] == pytest.approx(14.99, abs=0.01)


@pytest.mark.parametrize(
    "name, value, known",
    [
        (None, None, True),
        ("radar/transmitter_offset", [0.1, 0, 0], True),
        ("radar/transmitter_offset", [30.0, 0, 0], False),
        ("radar/transmitter_rotation", np.diag([-1.0, 1, -1]), False),
    ],
)
def test_settings_count_where_the_transmitter_is_beside_the_receiver(tmp_path, name, value, known):
    write_paths(tmp_path / "paths.h5", frame())
    with h5py.File(tmp_path / "paths.h5", "r+") as file:
        file.attrs["config"] = "trace: {antenna: tr38901}\n"
        if name:
            file[name][...] = value
    found = read_paths(tmp_path / "paths.h5").settings
    assert found == ({"trace": {"antenna": "tr38901"}} if known else {})


def test_settings_that_are_not_yaml_are_refused(tmp_path):
    write_paths(tmp_path / "paths.h5", frame())
    with h5py.File(tmp_path / "paths.h5", "r+") as file:
        file.attrs["config"] = "trace: {antenna"
    with pytest.raises(ValueError, match=r"attribute config is not YAML"):
        read_paths(tmp_path / "paths.h5")
