"""Files whose bytes are sound but whose datasets are not: every command that needs one says so in one line."""

import shutil

import h5py
import numpy as np
import pytest

from radar_dsp.files import write_map
from radar_dsp.heatmap import Heatmap
from tests.radar_dsp.command import good_files, refused, run, work_in_copy


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = good_files(tmp_path_factory.mktemp("structure"))
    write_map(folder / "map.h5", Heatmap(np.zeros((4, 6), np.float32), np.arange(4.0), np.arange(6) / 10, 1e-13))
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    return work_in_copy(made, tmp_path, monkeypatch)


def without_unit(file, name):
    del file[name].attrs["unit"]


def in_feet(file, name):
    file[name].attrs["unit"] = "ft"


def replaced(file, name, values):
    attributes = dict(file[name].attrs)
    del file[name]
    file[name] = values
    file[name].attrs.update(attributes)


def cut(file, name):
    replaced(file, name, file[name][()][..., :-1])


def without_an_axis(file, name):
    replaced(file, name, file[name][()].ravel()[:1].reshape(()))


def empty(file, name):
    replaced(file, name, file[name][()][:0])


def text(file, name):
    replaced(file, name, np.full(file[name].shape, "x", h5py.string_dtype()))


def test_a_single_array_is_told_from_hdf5(folder, capsys, monkeypatch):
    for command in ("info", "heatmap", "detect"):
        refused(run(capsys, monkeypatch, command, "cruw.npy"), "numpy.savez(FILE, csi=array)")


SPOILS = (without_unit, in_feet, cut, without_an_axis, empty, text)
CASES = (
    ("shard.h5", "radar/heatmap", ("heatmap",)),
    ("shard.h5", "radar/azimuth", ("heatmap",)),
    ("shard.h5", "radar/range", ("heatmap",)),
    ("shard.h5", "radar/power", ("doppler", "cube", "detect", "estimate", "score")),
    ("shard.h5", "radar/power_velocity", ("doppler", "detect")),
    ("shard.h5", "radar/target/range", ("detect", "score")),
    ("csi.h5", "csi", ("heatmap", "doppler", "angles", "cube", "detect", "estimate", "directions", "score")),
    ("csi.h5", "subcarrier_frequency", ("heatmap", "estimate")),
    ("csi.h5", "symbol_time", ("doppler", "directions")),
    ("csi.h5", "target/azimuth", ("heatmap", "score")),
    ("csi.h5", "paths/arrival", ("csi",)),
    ("paths.h5", "paths/delay", ("csi",)),
    ("paths.h5", "paths/gain", ("csi",)),
    ("map.h5", "heatmap", ("heatmap",)),
    ("map.h5", "range", ("heatmap",)),
    ("map.h5", "azimuth", ("heatmap",)),
)


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name, dataset, commands", CASES)
def test_a_dataset_of_another_kind_is_refused(folder, capsys, monkeypatch, spoil, name, dataset, commands):
    shutil.copy(name, "bad.h5")
    with h5py.File("bad.h5", "r+") as file:
        spoil(file, dataset)
    before = sorted(folder.iterdir())
    for command in commands:
        refused(run(capsys, monkeypatch, command, "bad.h5"), "bad.h5")
        assert sorted(folder.iterdir()) == before, command
