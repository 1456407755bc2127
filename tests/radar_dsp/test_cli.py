"""The radar-dsp command: pictures and data from every kind of file, one line for every failure."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.constants import c

from radar_dsp.csi import synthesise_csi
from radar_dsp.files import csi_datasets, csi_from_shard, replaced
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import power_cube
from raysim.paths import point_target
from raysim.sensors import look_at
from raysim.shards.reader import open_shard
from raysim.shards.schema import CSI
from raysim.shards.writer import ShardWriter
from tests.fixture_shards import attributes, tiny_csi, tiny_shard
from tests.radar_dsp.command import BARE, refused, run, work_in_copy
from tests.radar_dsp.oracle import SMALL, philox

TARGET = {"distance": 20.0, "azimuth": 0.2, "velocity": 4.0}  # of tiny_csi


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder with one good file of each kind."""
    folder = tmp_path_factory.mktemp("radar")
    tiny_shard(folder / "shard.h5")
    tiny_csi(folder / "csi.h5")
    with h5py.File(folder / "csi.h5") as file:
        values = file["csi"][0]
    np.savez(folder / "bare.npz", channel=values)
    with h5py.File(folder / "bare.h5", "w") as file:
        file["run/channel"] = values[None]
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    return work_in_copy(made, tmp_path, monkeypatch)


def test_the_command_of_the_readme(folder, capsys, monkeypatch):
    """Verbatim, in its own process; the same file gives the same picture."""
    command = Path(sys.executable).with_name("radar-dsp")
    done = subprocess.run([command, "heatmap", "csi.h5"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "wrote csi-heatmap.png: range-azimuth map, 0.0 to 39.0 m\n"
    run(capsys, monkeypatch, "heatmap", folder / "csi.h5", "-o", folder / "again.png")
    assert (folder / "again.png").read_bytes() == (folder / "csi-heatmap.png").read_bytes()
    with Image.open(folder / "csi-heatmap.png") as picture:
        assert picture.size == (960, 720)
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 100  # a map, not an empty frame


@pytest.mark.parametrize("kind", ["csi.h5", "shard.h5"])
@pytest.mark.parametrize("arguments", [("heatmap",), ("heatmap", "--polar"), ("heatmap", "--cartesian"), ("doppler",)])
def test_pictures_of_csi_files_and_shards(folder, capsys, monkeypatch, kind, arguments):
    status, out, err = run(capsys, monkeypatch, arguments[0], folder / kind, *arguments[1:])
    assert (status, err) == (0, "")
    picture = folder / f"{Path(kind).stem}-{arguments[0]}.png"
    assert out.startswith(f"wrote {picture}: range-")
    with Image.open(picture) as opened:
        assert opened.format == "PNG" and opened.width == 960
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("csi.h5",),
        ("bare.npz", *BARE),
        ("bare.h5", "--dataset", "run/channel", *BARE),
    ],
)
def test_maps_as_data_show_the_target(folder, capsys, monkeypatch, arguments):
    name, *flags = arguments
    for kind in ("heatmap", "doppler"):
        status, _, err = run(capsys, monkeypatch, kind, folder / name, "-o", folder / f"{kind}.h5", *flags)
        assert (status, err) == (0, "")
    cell = c / (2 * 128 * 3.84e6)
    with h5py.File(folder / "heatmap.h5") as file:
        row, column = np.unravel_index(np.argmax(file["heatmap"][()]), file["heatmap"].shape)
        assert file["range"][row] == pytest.approx(TARGET["distance"], abs=cell)
        assert file["azimuth"][column] == pytest.approx(TARGET["azimuth"], abs=0.05)
        assert [file[n].attrs["unit"] for n in ("heatmap", "range", "azimuth")] == ["dB", "m", "rad"]
    with h5py.File(folder / "doppler.h5") as file:
        row, column = np.unravel_index(np.argmax(file["range_doppler"][()]), file["range_doppler"].shape)
        assert file["range"][row] == pytest.approx(TARGET["distance"], abs=cell)
        assert file["velocity"][column] == pytest.approx(TARGET["velocity"], abs=c / 28e9 / 2 / 16 / 5e-4)


def test_second_frame_and_range(folder, capsys, monkeypatch):
    status, out, _ = run(capsys, monkeypatch, "heatmap", folder / "shard.h5", "--frame", 1)
    assert status == 0 and out.startswith(f"wrote {folder / 'shard-heatmap-1.png'}: ")
    run(capsys, monkeypatch, "heatmap", folder / "csi.h5", "--max-range", 25, "-o", folder / "near.h5")
    with h5py.File(folder / "near.h5") as file:
        assert file["range"][-1] == pytest.approx(25 - 25 / 480 / 2)


def test_info_lists_contents_and_limits(folder, capsys, monkeypatch):
    for name, words in {
        "shard.h5": ("shard, 2 frames", "radar/heatmap"),
        "csi.h5": ("CSI file, 1 frame,", "1x16x16x16x128"),
        "bare.npz": ("channel", "complex64", "--carrier"),
        "bare.h5": ("run/channel",),
    }.items():
        status, out, err = run(capsys, monkeypatch, "info", folder / name)
        assert (status, err) == (0, "")
        assert all(word in out for word in words)
    status, out, _ = run(capsys, monkeypatch, "info")
    assert status == 0 and "unambiguous 312 m" in out and "cyclic prefix" in out


def spoil_truncated(folder):
    path = folder / "bad.h5"
    path.write_bytes((folder / "csi.h5").read_bytes()[:100_000])


def spoil_text(folder):
    (folder / "bad.h5").write_text("range azimuth\n")


def spoil_edited(change):
    def spoil(folder):
        shutil.copy(folder / "csi.h5", folder / "bad.h5")
        with h5py.File(folder / "bad.h5", "r+") as file:
            change(file)

    return spoil


def with_nan(file):
    file["csi"][0, 0, 0, 0, 0] = np.nan


def without_axis(file):
    del file["symbol_time"]


def without_carrier(file):
    del file.attrs["carrier_frequency"]


def with_wrong_axis(file):
    del file["symbol_time"]
    file["symbol_time"] = np.arange(5.0)


def with_uneven_axis(file):
    file["subcarrier_frequency"][3] += 1e5


def with_bad_noise(file):
    file.attrs["noise_variance"] = -1.0


@pytest.mark.parametrize(
    "spoil, message",
    [
        (spoil_truncated, "truncated"),
        (spoil_text, "not a readable HDF5 file"),
        (spoil_edited(with_nan), "not finite"),
        (spoil_edited(without_axis), "symbol_time"),
        (spoil_edited(without_carrier), "carrier_frequency"),
        (spoil_edited(with_wrong_axis), "symbol_time: expected"),
        (spoil_edited(with_uneven_axis), "equal steps"),
        (spoil_edited(with_bad_noise), "noise_variance must be positive"),
    ],
)
def test_bad_files_end_in_one_line(folder, capsys, monkeypatch, spoil, message):
    spoil(folder)
    before = sorted(folder.iterdir())
    for kind in ("heatmap", "doppler"):
        refused(run(capsys, monkeypatch, kind, folder / "bad.h5"), message)
    assert sorted(folder.iterdir()) == before


def npz(folder, **arrays):
    np.savez(folder / "bad.npz", **arrays)


@pytest.mark.parametrize(
    "arrays, flags, message",
    [
        ({"h": np.ones((4, 4, 8, 8), complex)}, (), "give --carrier"),
        ({"h": np.ones((4, 4, 8, 8), complex)}, BARE[:2], "give --subcarrier-spacing"),
        ({"h": np.ones((4, 4, 8, 8), complex)}, BARE[:4], "give --symbol-interval"),
        ({"h": np.ones((4, 4, 8, 8), complex)}, ("--carrier", "-1", *BARE[2:]), "--carrier must be positive"),
        ({"h": np.ones((4, 4, 8, 8))}, BARE, "has no complex array, only h"),
        ({}, BARE, "has no complex array, only nothing"),
        ({"g": np.ones(2, complex), "h": np.ones(2, complex)}, BARE, "must name the complex array, one of: g, h"),
        ({"h": np.ones((4, 4, 8, 8))}, (*BARE, "--dataset", "h"), "must be complex"),
        ({"h": np.ones((4, 4, 8, 8), complex)}, (*BARE, "--dataset", "g"), "no dataset 'g', only h"),
        ({"h": np.ones((4, 8, 8), complex)}, BARE, "got shape (4, 8, 8)"),
        ({"h": np.ones((4, 4, 0, 8), complex)}, BARE, "is empty"),
        ({"h": np.ones((8, 8), complex)}, BARE, "at least 2 array columns"),
        ({"h": np.ones((4, 4, 1, 8), complex)}, (*BARE, "--frame", "1"), "frame must lie in 0..0, got 1"),
        ({"h": np.full((4, 4, 8, 8), np.inf + 0j)}, BARE, "not finite"),
        ({"h": np.array({}, object)}, BARE, "plain arrays"),
    ],
)
def test_bad_arrays_end_in_one_line(tmp_path, capsys, monkeypatch, arrays, flags, message):
    npz(tmp_path, **arrays)
    refused(run(capsys, monkeypatch, "heatmap", tmp_path / "bad.npz", *flags), message)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.npz"]


def test_npy_called_npz_ends_in_one_line(tmp_path, capsys, monkeypatch):
    with (tmp_path / "bad.npz").open("wb") as stream:
        np.save(stream, np.ones((4, 4, 8, 8), complex))
    refused(run(capsys, monkeypatch, "heatmap", tmp_path / "bad.npz", *BARE), "plain arrays")


def test_truncated_npz_ends_in_one_line(folder, capsys, monkeypatch):
    (folder / "bad.npz").write_bytes((folder / "bare.npz").read_bytes()[:5000])
    for command in (("heatmap", *BARE), ("info",)):
        refused(run(capsys, monkeypatch, command[0], folder / "bad.npz", *command[1:]), "is truncated")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("heatmap", "missing.h5"), "does not exist"),
        (("heatmap", "csi.h5", "--frame", "7"), "frame must lie in 0..0, got 7"),
        (("heatmap", "shard.h5", "--frame", "-1"), "frame must lie in 0..1, got -1"),
        (("doppler", "csi.h5", "--frame", "7"), "frame must lie in 0..0, got 7"),
        (("heatmap", "csi.h5", "-o", "nowhere/map.png"), "its folder does not exist"),
        (("heatmap", "csi.h5", "-o", "map.gif"), "must end in .png"),
        (("heatmap", "csi.h5", "-o", "csi.h5"), "must not be the input"),
        (("heatmap", "csi.h5", "--max-range", "1000"), "max_range must lie in 0..39.0 m"),
        (("heatmap", "csi.h5", "--max-range", "0"), "max_range must lie in"),
        (("heatmap", "csi.h5", "--polar", "--cartesian"), "not both"),
        (("heatmap", "csi.h5", "--colour"), "No such option"),
        (("heatmap",), "Missing argument"),
        (("heatmap", "."), "is a folder"),
        (("blur", "csi.h5"), "No such command"),
    ],
)
def test_bad_arguments_end_in_one_line(folder, capsys, monkeypatch, arguments, message):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    refused(run(capsys, monkeypatch, *arguments), message)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_shard_without_maps_is_refused(folder, capsys, monkeypatch):
    with h5py.File(folder / "shard.h5", "r+") as file:
        del file["radar/heatmap"], file["radar/power"]
    for kind in ("heatmap", "doppler"):
        refused(run(capsys, monkeypatch, kind, folder / "shard.h5"), "holds neither CSI nor")


def test_csi_comes_back_from_its_file(tmp_path):
    config = SMALL.model_copy(update={"array_window": "hamming"})
    pose = look_at((1, 2, 5), (3, 20, 0))
    csi = synthesise_csi(point_target(pose, distance=7, azimuth=0.1, elevation=0.0), config, pose=pose, rng=philox(1))
    frame, constants, of_csi = csi_datasets(csi, config)
    tiny_csi(tmp_path / "tiny.h5")
    with open_shard(tmp_path / "tiny.h5") as tiny:
        rest = {name: tiny[name, 0] for name in tiny.names() if name.startswith(("paths/", "time", "frame"))}
    del rest["paths/offsets"]
    given = attributes(0, 0) | of_csi | {"shard": "x.h5"}
    with ShardWriter(tmp_path / "csi.h5", CSI, attributes=given, constants=constants) as writer:
        writer.append(rest | frame)
    with open_shard(tmp_path / "csi.h5") as shard:
        again, stored = csi_from_shard(shard, 0)
    assert stored == config
    for name in ("values", "subcarrier_frequency", "symbol_time", "pose"):
        np.testing.assert_array_equal(getattr(again, name), getattr(csi, name))
    assert (again.carrier_frequency, again.noise_variance) == (csi.carrier_frequency, csi.noise_variance)
    assert np.array_equal(power_cube(again, stored, max_range=8).power, power_cube(csi, config, max_range=8).power)


def test_a_shard_is_not_csi(folder):
    with open_shard(folder / "shard.h5") as shard, pytest.raises(ValueError, match="holds no CSI"):
        csi_from_shard(shard, 0)


def test_failed_writes_leave_the_old_file(tmp_path):
    path = tmp_path / "map.png"
    path.write_text("old")
    with pytest.raises(RuntimeError), replaced(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_default_config_is_used_where_none_is_stored(folder):
    with open_shard(folder / "csi.h5") as shard:
        assert csi_from_shard(shard, 0)[1] == RadarConfig()


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    "command, name",
    [
        ("doppler", "radar/power"),
        ("doppler", "radar/power_velocity"),
        ("heatmap", "radar/heatmap"),
        ("heatmap", "radar/range"),
    ],
)
def test_a_shard_that_is_not_finite_ends_in_one_line(tmp_path, capsys, monkeypatch, command, name, value):
    tiny_shard(tmp_path / "shard.h5")
    with h5py.File(tmp_path / "shard.h5", "r+") as file:
        file[name][(0,) * file[name].ndim] = value
    refused(run(capsys, monkeypatch, command, tmp_path / "shard.h5"), "not finite")
    assert [path.name for path in tmp_path.iterdir()] == ["shard.h5"]
