import re

import h5py
import numpy as np
import pytest

from raysim.path_file import write_paths
from raysim.paths import point_target
from raysim.sensors import look_at
from raysim.shards.check import check
from tests.fixtures import tiny_csi, tiny_shard


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    return {False: tiny_shard(folder / "0.h5").read_bytes(), True: tiny_csi(folder / "0.csi.h5").read_bytes()}


@pytest.fixture
def damaged(originals, tmp_path):
    """Problems of a fresh copy after an edit."""

    def problems(edit, csi=False):
        path = tmp_path / "0.h5"
        path.write_bytes(originals[csi])
        with h5py.File(path, "a") as raw:
            edit(raw)
        return check(path)

    return problems


@pytest.mark.parametrize("seed", range(3))
def test_valid_files_have_no_problems(tmp_path, seed):
    assert check(tiny_shard(tmp_path / "0.h5", 3, seed=seed, compress=seed == 1)) == []
    assert check(tiny_csi(tmp_path / "0.csi.h5")) == []


def put(name, index, value):
    def edit(raw):
        raw[name][index] = value

    return edit


def drop(name):
    def edit(raw):
        del raw[name]

    return edit


def replaced(name, value):
    def edit(raw):
        attributes = dict(raw[name].attrs)
        del raw[name]
        raw[name] = value
        raw[name].attrs.update(attributes)

    return edit


def attribute(name, key, value):
    def edit(raw):
        (raw[name] if name else raw).attrs[key] = value

    return edit


SHARD_DAMAGE = [
    (drop("depth/z"), "depth/z: missing"),
    (replaced("radar/range", np.arange(120, dtype="f4")), "radar/range: expected type float64, got float32"),
    (replaced("radar/range", np.arange(7.0)), "radar/heatmap: expected size 7 along axis N|radar/range: expected size"),
    (replaced("camera/pose", np.eye(4)[None]), "camera/pose: expected 2 axes"),
    (attribute("radar/range", "unit", "ft"), "radar/range: expected attribute unit 'm', got 'ft'"),
    (attribute("", "seed", "one"), "attribute seed: expected int, got 'one'"),
    (put("radar/range", slice(None), np.arange(120.0)[::-1]), "radar/range: must be finite and ascend"),
    (put("camera/pose", (0, 0), 2.0), "camera/pose: must be a rigid motion"),
    (put("lidar/offsets", 1, -1), "lidar/offsets: must rise from 0"),
    (put("lidar/offsets", 2, 7), "lidar/points: expected 7 rows by lidar/offsets|lidar/offsets: must rise"),
    (put("depth/z", (1, 5, 5), -1.0), r"depth/z: must be positive, or inf where nothing is hit \(frame 1\)"),
    (put("depth/z", (0, 110, 5), np.nan), r"depth/z: must be positive"),
    (put("depth/z", (0, 110, 5), np.inf), r"masks/instance: must be 0 exactly where depth/z is inf"),
    (put("masks/instance", (0, 110, 5), 9), "masks/instance: id 9 is beyond the 3 instances"),
    (put("masks/category", (0, 110, 5), 5), "masks/category: must be the category of masks/instance"),
    (put("masks/material", (0, 110, 5), 3), "masks/material: id 3 is beyond 2"),
    (put("instances/category", 0, 200), "instances/category: unknown category"),
    (put("lidar/points", (0, 0), np.nan), "lidar/points: must be finite"),
    (put("lidar/instance", 0, 4), "lidar/instance: id 4 is beyond 3"),
    (put("instances/box_rotation", (0, 0, 0), -1.0), "instances/box_rotation: must be rotations"),
    (put("instances/box_2d_full", (1, 1, 0), 1e4), "instances/box_2d_full: must have x0 <= x1"),
    (put("instances/box_2d_visible", (1, 1, 0), np.nan), "instances/box_2d_visible: must have x0 <= x1"),
    (put("instances/box_2d_visible", (1, 1, 2), 1e4), "instances/box_2d_visible: must lie inside box_2d_full"),
    (put("instances/visibility", (0, 1), 1.5), "instances/visibility: must lie in 0..1"),
    (put("radar/heatmap", (0, 3, 3), np.inf), "radar/heatmap: must be finite"),
    (put("radar/power", (0, 3, 3, 3), -1), "radar/power: must be finite and not negative"),
    (put("radar/noise_power", (), 0.0), "radar/noise_power: must be positive"),
    (put("radar/reflectors/instance", 0, 4), "radar/reflectors/instance: id 4 is beyond 3"),
    (put("time", slice(None), 0.0), "time: must be finite and ascend"),
    (put("timing/seconds", (0, 0), -1.0), "timing/seconds: must be finite"),
]


@pytest.mark.parametrize(("edit", "message"), SHARD_DAMAGE, ids=[message[:40] for _, message in SHARD_DAMAGE])
def test_every_kind_of_damage_is_found(damaged, edit, message):
    problems = damaged(edit)
    assert any(re.search(message, problem) for problem in problems), problems


@pytest.mark.parametrize("label", ["range", "azimuth", "elevation", "radial_velocity"])
def test_radar_labels_must_follow_from_the_boxes(damaged, label):
    def flip(raw):
        raw[f"radar/target/{label}"][0, 1] *= -1

    assert f"radar/target/{label}: must follow from the boxes and radar/pose (frame 0)" in damaged(flip)


@pytest.mark.parametrize("label", ["row", "column"])
@pytest.mark.parametrize("value", [3.0, np.nan])
def test_heatmap_cells_must_agree_with_the_axes(damaged, label, value):
    (problem,) = damaged(put(f"radar/target/{label}", (slice(None), 1), value))
    assert problem.startswith(f"radar/target/{label}: must point at radar/target/")
    assert problem.endswith("(2 frames, first 0)")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (drop("csi"), "csi: missing"),
        (put("csi", (0, 15, 15, 15, 127), np.nan), "csi: must be finite (frame 0)"),
        (put("paths/power_share", 0, 0.0), "paths/power_share: must lie in (0, 1] (frame 0)"),
        (put("paths/power_share", 0, 1.1), "paths/power_share: must lie in (0, 1] (frame 0)"),
        (put("paths/arrival", (0, 0), 3.0), "paths/arrival: must be unit vectors (frame 0)"),
        (put("paths/depth", 0, 2), "paths/kinds: must have paths/depth digits (frame 0)"),
        (put("frame", 0, -1), "frame: must not be negative"),
        (put("subcarrier_frequency", 0, 1e12), "subcarrier_frequency: must be finite and ascend"),
        (attribute("", "noise_variance", 0.0), "attribute noise_variance: must be positive"),
    ],
)
def test_damage_to_a_csi_file_is_found(damaged, edit, message):
    assert message in damaged(edit, csi=True)


def test_csi_file_is_checked_against_the_shard_beside_it(tmp_path):
    csi = tiny_csi(tmp_path / "0.csi.h5")
    tiny_shard(tmp_path / "0.h5", 2)
    assert check(csi) == []
    with h5py.File(csi, "a") as raw:
        raw["frame"][0] = 2
    assert check(csi) == ["frame: 2 does not exist in 0.h5, which has 2 frames"]
    with h5py.File(csi, "a") as raw:
        raw["frame"][0] = 1
    assert check(csi) == ["time: differs from that of the same frames in 0.h5"]


def test_damaged_compressed_chunk_is_a_problem_not_a_crash(originals, tmp_path):
    path = tmp_path / "0.h5"
    path.write_bytes(originals[False])
    with h5py.File(path) as raw:
        info = raw["depth/z"].id.get_chunk_info(1)
    with path.open("r+b") as file:
        file.seek(info.byte_offset + 8)
        file.write(b"\0" * 64)
    (problem,) = check(path)
    assert problem.startswith("0.h5: cannot be read to its end")


def test_truncated_and_missing_files_raise(originals, tmp_path):
    (tmp_path / "cut.h5").write_bytes(originals[False][:5000])
    with pytest.raises(ValueError, match="truncated"):
        check(tmp_path / "cut.h5")
    with pytest.raises(FileNotFoundError):
        check(tmp_path / "none.h5")


PATH_DAMAGE = [
    (drop("paths/delay"), "paths/delay: missing"),
    (put("paths/gain", 0, np.nan), "paths/gain: must be finite (frame 0)"),
    (put("paths/delay", 0, -1e-9), "paths/delay: must not be negative (frame 0)"),
    (put("paths/departure", (0, 0), 3.0), "paths/departure: must be unit vectors (frame 0)"),
    (put("paths/depth", 0, 2), "paths/kinds: must have paths/depth digits (frame 0)"),
    (put("paths/last_instance", 0, 2), "paths/last_instance: id 2 is beyond 1 (frame 0)"),
    (put("paths/offsets", 1, 3), "paths/gain: expected 3 rows by paths/offsets, got 1"),
    (put("radar/pose", (0, 0), 2.0), "radar/pose: must be a rigid motion"),
    (put("radar/transmitter_offset", 0, np.inf), "radar/transmitter_offset: must be finite"),
    (attribute("", "carrier_frequency", 0.0), "attribute carrier_frequency: must be positive"),
    (attribute("", "carrier_frequency", "28 GHz"), "attribute carrier_frequency: expected float, got '28 GHz'"),
]


@pytest.fixture(scope="module")
def path_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("paths") / "p.h5"
    pose = look_at((0, 0, 2), (9, 0, 1))
    paths = point_target(pose, distance=9.0, azimuth=0.1, elevation=0.0)
    write_paths(path, paths, pose=pose, transmitter_offset=np.zeros(3), carrier_frequency=28e9, instances=("car",))
    return path.read_bytes()


@pytest.mark.parametrize(("edit", "message"), PATH_DAMAGE, ids=[message[:40] for _, message in PATH_DAMAGE])
def test_damage_to_a_file_of_paths_is_found(path_file, tmp_path, edit, message):
    path = tmp_path / "p.h5"
    path.write_bytes(path_file)
    assert check(path) == []
    with h5py.File(path, "a") as raw:
        edit(raw)
    assert message in check(path)
