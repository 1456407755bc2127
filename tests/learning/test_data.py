import pickle

import h5py
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from learning.config import preset
from learning.data import LabelledDataset, PairDataset, find_shards, index_folder, on_the_heatmap
from learning.geometry import to_plane
from raysim.shards.reader import open_shard
from tests.fixture_shards import tiny_csi, tiny_shard
from tests.learning.world import write_world


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    for sequence in range(2):
        tiny_shard(folder / f"{sequence}.h5", 2, sequence=sequence, height=480, width=640, rows=480, columns=640)
    tiny_csi(folder / "0.csi.h5")
    (folder / "2.h5.part").write_bytes(b"half a shard")
    return folder


def test_index_lists_targets_by_frame_and_leaves_other_files_alone(folder):
    index = index_folder(folder)
    assert [path.name for path in find_shards(folder)] == ["0.h5", "1.h5"]
    assert index.sequences == ("tiny-0-0", "tiny-0-1")
    assert [(item.frame, item.instance) for item in index.items] == [(0, 1), (1, 1)] * 2


def test_a_pair_has_no_label_and_a_labelled_pair_adds_them(folder):
    items = index_folder(folder).items
    pair = PairDataset(items, preset("scl"))[0]
    labelled = LabelledDataset(items, preset("supervised"))[0]
    assert set(pair) == {"radio", "image", "box", "mirrors"}
    assert set(labelled) - set(pair) == {"target", "position", "range_axis", "azimuth_axis"}
    assert {name: tuple(value.shape) for name, value in pair.items()} == {
        "radio": (2, 120, 160), "image": (3, 120, 160), "box": (4,), "mirrors": (),
    }  # fmt: skip
    assert bool(pair["mirrors"])


@pytest.mark.parametrize("size", ["small", "full"])
def test_target_box_and_echo_agree(folder, size):
    """Far is at the top, left is left: the strongest cell lies at the label, and the box below the car's column."""
    dataset = LabelledDataset(index_folder(folder).items, preset("supervised", size))
    for sample in (dataset[0], dataset[2]):
        rows, columns = sample["radio"].shape[1:]
        row, column = np.unravel_index(sample["radio"][0].argmax(), (rows, columns))
        distance, azimuth = sample["target"].tolist()
        assert 1 - 2 * (row + 0.5) / rows == pytest.approx(distance, abs=2 / rows)
        assert 2 * (column + 0.5) / columns - 1 == pytest.approx(azimuth, abs=2 / columns)
        x0, _, x1, _ = sample["box"].tolist()
        focal_length = 0.7125 * columns
        image_column = columns / 2 + focal_length * sample["position"][0] / sample["position"][1]
        assert x0 < image_column < x1
        red = sample["image"][:, int(sample["box"][1::2].mean()), int((x0 + x1) / 2)]
        assert red[0] > 2 * red[1]


def test_position_in_metres_follows_the_label(folder):
    item = index_folder(folder).items[0]
    sample = LabelledDataset([item], preset("supervised"))[0]
    distance, azimuth = (sample["target"].double().numpy() + 1) / 2
    half_fov = np.arctan(0.5 / 0.7125)
    assert sample["position"].numpy() == pytest.approx(to_plane(60 * distance, half_fov * (2 * azimuth - 1)), abs=1e-4)


def test_moving_target_channel_peaks_at_the_target(tmp_path):
    tiny_shard(tmp_path / "0.h5", 1, sequence=3)
    with open_shard(tmp_path / "0.h5") as shard:
        assert not shard["radar/target/tangential"][0, 1]
    dataset = LabelledDataset(index_folder(tmp_path).items, preset("supervised", radio="heatmap+doppler"))
    sample = dataset[0]
    assert sample["radio"].shape == (2, 120, 160)
    row, column = np.unravel_index(sample["radio"][1].argmax(), (120, 160))
    distance, azimuth = sample["target"].tolist()
    assert 1 - 2 * (row + 0.5) / 120 == pytest.approx(distance, abs=2 / 32)  # native bins of the fixture
    assert 2 * (column + 0.5) / 160 - 1 == pytest.approx(azimuth, abs=2 / 16)


def test_worker_processes_open_the_shards_for_themselves(folder):
    dataset = PairDataset(index_folder(folder).items, preset("scl"))
    dataset[0]  # open in this process first
    assert pickle.loads(pickle.dumps(dataset))[1]["radio"].equal(dataset[1]["radio"])
    (batch,) = DataLoader(dataset, batch_size=4, num_workers=1, timeout=60)
    assert batch["radio"][2].equal(dataset[2]["radio"])


def test_samples_are_cached_but_never_shared(world):
    dataset = PairDataset(index_folder(world).items, preset("scl"))
    first = dataset[0]
    first["box"] = torch.zeros(4)
    assert dataset[0]["radio"] is first["radio"]
    assert not dataset[0]["box"].equal(first["box"])


def test_targets_without_box_or_beside_the_heatmap_are_left_out(tmp_path):
    write_world(tmp_path, 1, 3, seed=2)
    with h5py.File(tmp_path / "00000.h5", "r+") as shard:
        shard["instances/box_2d_visible"][0, 0] = np.nan
        shard["radar/target/range"][1, 0] = 200.0
    index = index_folder(tmp_path)
    assert (index.num_frames, index.num_without_box) == (3, 1)
    assert [item.frame for item in index.items] == [1, 2]
    assert [item.frame for item in on_the_heatmap(index.items)] == [2]


def test_bad_folders_and_shards_are_named(tmp_path, folder):
    with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
        index_folder(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="holds no shard"):
        index_folder(tmp_path)
    whole = (folder / "0.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut\.h5 is truncated"):
        index_folder(tmp_path)
