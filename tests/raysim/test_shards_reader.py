import multiprocessing
import os
import pickle

import h5py
import numpy as np
import pytest

from raysim.shards import open_shard
from tests.fixtures import tiny_csi, tiny_shard


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tiny_shard(tmp_path_factory.mktemp("shard") / "0.h5", 3)


def test_reads_whole_datasets_and_frames(path):
    with open_shard(path) as shard:
        assert shard.num_frames == 3
        assert not shard.is_csi
        assert shard["camera/rgb"].shape == (3, 120, 160, 3)
        assert (shard["camera/rgb", 1] == shard["camera/rgb"][1]).all()
        assert shard["camera/pose", 2].shape == (4, 4)  # the same in every frame
        assert shard["radar/noise_power"] == 1e-12
        assert shard["materials/name"].tolist() == ["asphalt", "car_paint"]
        assert shard["time", 0] == 0.0
        assert shard.unit("radar/range") == "m"
        assert "depth/z" in shard and "depth/y" not in shard and "depth" not in shard


def test_ragged_entries_are_cut_by_their_offsets(path):
    with open_shard(path) as shard:
        offsets = shard["lidar/offsets"]
        parts = [shard["lidar/points", frame] for frame in range(3)]
        assert [len(part) for part in parts] == np.diff(offsets).tolist()
        assert (np.concatenate(parts) == shard["lidar/points"]).all()


def test_instances_are_a_small_table(path):
    with open_shard(path) as shard:
        target = shard.instances()[1]
    assert (target.index, target.name, target.category, target.is_target) == (1, "target car", "car", True)
    assert target.size == (4.5, 1.8, 1.5)


@pytest.mark.parametrize("frame", [-1, 3])
def test_frame_outside_the_file_is_refused(path, frame):
    with open_shard(path) as shard, pytest.raises(ValueError, match=rf"frame must lie in 0..2, got {frame}"):
        shard["radar/heatmap", frame]


def test_unknown_dataset_is_refused(path):
    with open_shard(path) as shard, pytest.raises(ValueError, match="has no dataset 'radar'"):
        shard["radar"]


def _sum_of_frame(shard, frame, results):
    results.put((os.getpid(), int(shard["camera/rgb", frame].sum())))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_open_the_file_for_themselves(path, method):
    context = multiprocessing.get_context(method)
    results = context.Queue()
    with open_shard(path) as shard:
        wanted = {int(shard["camera/rgb", frame].sum()) for frame in (0, 2)}  # the handle is open before the fork
        workers = [context.Process(target=_sum_of_frame, args=(shard, frame, results)) for frame in (0, 2)]
        for worker in workers:
            worker.start()
        found = [results.get(timeout=60) for _ in workers]
        for worker in workers:
            worker.join()
        assert shard["camera/rgb", 1].shape == (120, 160, 3)  # and still works here
    assert {value for _, value in found} == wanted
    assert os.getpid() not in {process for process, _ in found}


def test_pickle_carries_the_path_not_the_data(path):
    with open_shard(path) as shard:
        shard["lidar/points", 0]
        text = pickle.dumps(shard)
        assert len(text) < 20_000
        with pickle.loads(text) as copy:
            assert (copy["lidar/points", 2] == shard["lidar/points", 2]).all()
            assert not copy.is_csi


def test_csi_file(tmp_path):
    with open_shard(tiny_csi(tmp_path / "0.csi.h5")) as csi:
        assert csi.is_csi
        assert csi["csi", 0].shape == (16, 16, 16, 128)
        assert csi["csi"].dtype == np.complex64
        assert csi.attributes["shard"] == "0.h5"
        assert csi.attributes["carrier_frequency"] == 28e9


def test_unreadable_files_end_in_one_clear_line(path, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.h5 does not exist"):
        open_shard(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("not HDF5")
    with pytest.raises(ValueError, match=r"text\.h5 is not a readable HDF5 file"):
        open_shard(tmp_path / "text.h5")
    with pytest.raises(ValueError, match="is a folder"):
        open_shard(tmp_path)
    with h5py.File(tmp_path / "other.h5", "w") as raw:
        raw["x"] = 1
    with pytest.raises(ValueError, match=r"other\.h5 is not a raysim file"):
        open_shard(tmp_path / "other.h5")
    with h5py.File(tmp_path / "bare.h5", "w") as raw:
        raw.attrs["format"], raw.attrs["format_version"] = "raysim-shard", 1
    with pytest.raises(ValueError, match=r"bare\.h5 has no dataset 'time'"):
        open_shard(tmp_path / "bare.h5")
    newer = tmp_path / "newer.h5"
    newer.write_bytes(path.read_bytes())
    with h5py.File(newer, "a") as raw:
        raw.attrs["format_version"] = 99
    with pytest.raises(ValueError, match="has format version 99, this raysim reads up to 1: update raysim"):
        open_shard(newer)


@pytest.mark.parametrize("keep", [0.999, 0.5, 0.01])
def test_truncated_file_says_so(path, tmp_path, keep):
    content = path.read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[: int(keep * len(content))])
    with pytest.raises(ValueError, match=r"cut\.h5 is truncated"):
        open_shard(tmp_path / "cut.h5")
