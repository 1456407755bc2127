import re
import resource
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from raysim.shards import ShardWriter, content_digest, open_shard
from raysim.shards.schema import CSI, SHARD, Attribute, Entry, Schema
from tests.fixtures import tiny_csi, tiny_shard

SMALL = Schema(
    "raysim-shard",
    (
        Entry("time", "float64", ("F",), "s", "Middle of every frame."),
        Entry("axis", "float64", ("N",), "m", "A constant."),
        Entry("map", "float32", ("F", "N", "M"), "dB", "A map.", compress=True),
        Entry("lidar/offsets", "int64", ("F+1",), "1", "Offsets."),
        Entry("lidar/points", "float32", ("P", 3), "m", "Ragged."),
        Entry("lidar/instance", "uint16", ("P",), "1", "Ragged too."),
        Entry("extra", "float32", ("F",), "1", "May be absent.", optional=True),
    ),
    (Attribute("seed", int, "1", "Seed."),),
)


def frame(points=2, **changes):
    return {
        "time": 0.0,
        "map": np.ones((4, 5), np.float32),
        "lidar/points": np.full((points, 3), points, np.float32),
        "lidar/instance": np.full(points, points, np.uint16),
    } | changes


def writer(path, **changes):
    given = {"attributes": {"seed": 3}, "constants": {"axis": np.arange(4.0)}} | changes
    return ShardWriter(path, SMALL, **given)


def test_round_trip_of_frames_ragged_rows_and_attributes(tmp_path):
    with writer(tmp_path / "a.h5", attributes={"seed": np.int64(3), "note": "x", "tags": ["a", "b"]}) as file:
        for index, points in enumerate((2, 0, 5)):
            file.append(frame(points, time=0.1 * index))
    with h5py.File(tmp_path / "a.h5") as raw:
        assert raw["lidar/offsets"][:].tolist() == [0, 2, 2, 7]
        assert raw["lidar/points"][:, 0].tolist() == [2] * 2 + [5] * 5
        assert raw["map"].chunks == (1, 4, 5)
        assert raw["map"].compression == "gzip" and raw["time"].compression is None
        assert raw["map"].attrs["unit"] == "dB"
        assert raw["map"].attrs["axes"].tolist() == ["frame", "heatmap row", "heatmap column"]
    with open_shard(tmp_path / "a.h5") as shard:
        assert shard.attributes["seed"] == 3
        assert shard.attributes["tags"] == ("a", "b")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"map": np.ones((4, 5))}, r"a\.h5, frame 0: map: expected float32, got float64"),
        ({"map": np.ones((5, 4), np.float32)}, r"map: expected shape \(N=4, M\), got \(5, 4\)"),
        ({"lidar/instance": np.zeros(3, np.uint16)}, r"lidar/instance: expected shape \(P=2\), got \(3,\)"),
        ({"lidar/points": np.zeros((2, 2), np.float32)}, r"lidar/points: expected shape \(P, 3\), got \(2, 2\)"),
        ({"mop": 1.0}, "mop: no such entry here, expected one of"),
        ({"time": "noon"}, "time: expected float64, got <U4"),
    ],
)
def test_wrong_frame_names_the_dataset_and_leaves_nothing(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message), writer(tmp_path / "a.h5") as file:
        file.append(frame(**changes))
    assert list(tmp_path.iterdir()) == []


def test_missing_entry_missing_attribute_and_wrong_constant_are_refused(tmp_path):
    bad = frame()
    del bad["map"]
    with pytest.raises(ValueError, match="map: missing"), writer(tmp_path / "a.h5") as file:
        file.append(bad)
    with pytest.raises(ValueError, match="attribute seed: missing"):
        writer(tmp_path / "a.h5", attributes={})
    with pytest.raises(ValueError, match="attribute seed: expected int, got 'one'"):
        writer(tmp_path / "a.h5", attributes={"seed": "one"})
    with pytest.raises(ValueError, match="attribute format is set by the writer"):
        writer(tmp_path / "a.h5", attributes={"seed": 1, "format": "mine"})
    with pytest.raises(ValueError, match="axis: expected float64, got complex128"):
        writer(tmp_path / "a.h5", constants={"axis": np.ones(4, complex)})
    assert list(tmp_path.iterdir()) == []


def test_later_frames_must_have_the_sizes_and_entries_of_the_first(tmp_path):
    with pytest.raises(ValueError, match=r"frame 1: map: expected shape \(N=4, M=5\)"), writer(tmp_path / "a") as file:
        file.append(frame())
        file.append(frame(map=np.ones((4, 6), np.float32)))
    with pytest.raises(ValueError, match="extra: in some frames but not in all"), writer(tmp_path / "a") as file:
        file.append(frame())
        file.append(frame(extra=1.0))
    with pytest.raises(ValueError, match="at least one frame"), writer(tmp_path / "a"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_exception_keeps_the_finished_file_and_a_rerun_overwrites_a_leftover(tmp_path):
    path = tiny_shard(tmp_path / "a.h5", 1)
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), writer(path) as file:
        file.append(frame())
        raise KeyboardInterrupt
    assert path.read_bytes() == before
    (tmp_path / "a.h5.part").write_bytes(b"left by a killed run")
    with writer(path) as file:
        file.append(frame())
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]
    assert path.read_bytes() != before


def test_killed_in_the_middle_leaves_the_final_name_free(tmp_path):
    script = (
        "import os, signal, sys\n"
        "from tests.raysim.test_shards_writer import frame, writer\n"
        "with writer(sys.argv[1]) as file:\n"
        "    file.append(frame())\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.h5")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5.part"]
    with writer(tmp_path / "a.h5") as file:
        file.append(frame())
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]


def test_full_disk_is_an_os_error_and_leaves_nothing(tmp_path):
    # A limit on the file size fails the same write() that a full disk does.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(OSError, match=r"cannot write .*a\.h5\.part: File too large"):
            tiny_shard(tmp_path / "a.h5", 4)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
    assert open_shard(tiny_shard(tmp_path / "a.h5", 1)).num_frames == 1  # the library still works


def test_missing_folder_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match=r"cannot write .*nowhere/a\.h5\.part"), writer(tmp_path / "nowhere" / "a.h5"):
        pass


@pytest.mark.parametrize("compress", [False, True])
def test_same_input_gives_the_same_bytes(tmp_path, compress):
    first = tiny_shard(tmp_path / "a.h5", compress=compress).read_bytes()
    csi = tiny_csi(tmp_path / "a.csi.h5", compress=compress).read_bytes()
    time.sleep(1.1)  # HDF5 stamps whole seconds
    assert tiny_shard(tmp_path / "b.h5", compress=compress).read_bytes() == first
    assert tiny_csi(tmp_path / "b.csi.h5", compress=compress).read_bytes() != csi  # names another shard
    assert tiny_csi(tmp_path / "a.csi.h5", compress=compress).read_bytes() == csi


def test_digest_sees_every_value_but_the_timing(tmp_path):
    digest = content_digest(tiny_shard(tmp_path / "a.h5"))
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert content_digest(tiny_shard(tmp_path / "c.h5", compress=True)) == digest  # content, not layout
    with h5py.File(tmp_path / "a.h5", "a") as raw:
        raw["timing/seconds"][0, 0] = 9.0
    assert content_digest(tmp_path / "a.h5") == digest
    assert content_digest(tmp_path / "a.h5", exclude=("none",)) != digest
    with h5py.File(tmp_path / "a.h5", "a") as raw:
        raw["camera/rgb"][1, 7, 7, 0] ^= 1
    changed = content_digest(tmp_path / "a.h5")
    assert changed != digest
    with h5py.File(tmp_path / "a.h5", "a") as raw:
        raw["camera/rgb"][1, 7, 7, 0] ^= 1
        raw.attrs["seed"] = 5
    assert content_digest(tmp_path / "a.h5") not in (digest, changed)


def test_only_what_the_table_says_is_compressed(tmp_path):
    with h5py.File(tiny_shard(tmp_path / "a.h5")) as raw:
        found = {entry.name for entry in SHARD if raw[entry.name].compression}
    assert found == {"depth/z", "masks/instance", "masks/category", "masks/material"}
    with h5py.File(tiny_csi(tmp_path / "b.h5", compress=True)) as raw:
        assert raw["csi"].compression == "gzip"
        assert {entry.name for entry in CSI} == {name for name in _names(raw)}


def _names(file):
    found = []
    file.visititems(lambda name, node: found.append(name) if isinstance(node, h5py.Dataset) else None)
    return found
