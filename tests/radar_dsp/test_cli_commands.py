"""csi, cube, angles, estimate and import: results on every kind of input, one line for every failure."""

import csv
import io
import json
import re
import zipfile

import h5py
import numpy as np
import pytest
import typer
from PIL import Image

from radar_dsp import cli
from radar_dsp.cartesian import cartesian
from radar_dsp.files import write_map
from radar_dsp.heatmap import Heatmap
from radar_dsp.interop_map import stored_map
from radar_dsp.interop_paths import PathFrame, write_paths
from radar_dsp.noise import complex_normal
from raysim.paths import concatenate, point_target
from raysim.shards.check import check
from raysim.shards.reader import open_shard
from tests.radar_dsp.command import BARE, POSE, TARGET, good_files, refused, run, work_in_copy
from tests.radar_dsp.oracle import philox


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return good_files(tmp_path_factory.mktemp("commands"))


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    return work_in_copy(made, tmp_path, monkeypatch)


@pytest.mark.parametrize("name, flags", [("csi.h5", ()), ("bare.npz", BARE)])
@pytest.mark.parametrize("strongest", [(), ("--strongest",)])
def test_estimates_are_the_target(folder, capsys, monkeypatch, name, flags, strongest):
    outputs = ("-o", "t.csv", "-o", "t.json")
    status, out, err = run(capsys, monkeypatch, "estimate", name, *flags, *strongest, *outputs)
    assert (status, err) == (0, "")
    assert out.splitlines()[0].split()[:3] == ["#", "range", "[m]"] and out.splitlines()[-1] == "wrote t.json"
    data = json.loads((folder / "t.json").read_text())
    first = data["targets"][0]
    for key, truth in {"range": 20.0, "velocity": 4.0, "azimuth": 0.2, "elevation": -0.15}.items():
        assert first[key] == pytest.approx(truth, abs=1e-3)
        if name == "csi.h5":
            assert abs(first[key] - truth) < 6 * first[f"sigma_{key}"]
        else:
            assert first[f"sigma_{key}"] is None  # the noise of a bare array is unknown
    assert data["units"]["elevation"] == "rad" and data["source"] == name
    with (folder / "t.csv").open() as stream:
        assert float(next(csv.DictReader(stream))["range [m]"]) == first["range"]


def test_a_shards_power_gives_no_elevation(folder, capsys, monkeypatch):
    with h5py.File("shard.h5", "r+") as file:
        power = file["radar/power"]
        block = philox(5).gamma(10, float(file["radar/noise_power"][()]) / 10, size=power.shape[1:])
        block[14:17, 9:12, 11:14] *= 1e4
        power[0] = block
        want = file["radar/power_range"][15]
    status, out, _ = run(capsys, monkeypatch, "estimate", "shard.h5", "-o", "t.json")
    (found,) = json.loads((folder / "t.json").read_text())["targets"]
    assert status == 0 and found["elevation"] is None and " - " in out
    assert found["range"] == pytest.approx(want, abs=1.9)  # one of three equal cells
    refused(run(capsys, monkeypatch, "estimate", "shard.h5", "--strongest"), "needs CSI")


def test_the_edge_of_a_slow_object_is_no_faster_one(folder, capsys, monkeypatch):
    """A mover, and something slow and so strong that its Doppler sidelobes are detected."""
    slow = {"distance": 30.0, "azimuth": -0.3, "elevation": 0.0, "velocity": 0.4}
    paths = [point_target(POSE, **TARGET, gain=1e-5), point_target(POSE, **slow, gain=1e-3)]
    write_paths(folder / "wall.h5", PathFrame(concatenate(paths), POSE, 28e9))
    run(capsys, monkeypatch, "csi", "wall.h5", "--max-range", 60, "-o", "wall.csi.h5")
    detected = run(capsys, monkeypatch, "detect", "wall.csi.h5", "-o", "d.json")
    found = json.loads((folder / "d.json").read_text())["detections"]
    assert detected[0] == 0 and len(found) > 1
    run(capsys, monkeypatch, "estimate", "wall.csi.h5", "-o", "t.json")
    kept = json.loads((folder / "t.json").read_text())["targets"]
    assert [round(each["range"]) for each in kept] == [20] and kept[0]["velocity"] == pytest.approx(4.0, abs=0.01)


def test_nothing_is_said_so(folder, capsys, monkeypatch):
    np.savez("noise.npz", h=complex_normal((4, 8, 16, 64), 1.0, rng=philox(3)))
    status, out, _ = run(capsys, monkeypatch, "estimate", "noise.npz", *BARE)
    assert (status, out) == (0, "nothing detected\n")


@pytest.mark.parametrize("name, flags", [("csi.h5", ()), ("bare.npz", BARE), ("shard.h5", ())])
def test_cubes_are_native_power_with_axes(folder, capsys, monkeypatch, name, flags):
    status, out, err = run(capsys, monkeypatch, "cube", name, *flags, "-o", "cube.h5")
    assert (status, err) == (0, "") and out.startswith("wrote cube.h5: ")
    with h5py.File("cube.h5") as file:
        power, axes = file["power"][()], [file[axis] for axis in file["power"].attrs["axes"]]
        assert power.shape == tuple(len(axis) for axis in axes)
        assert [axis.attrs["unit"] for axis in axes] == ["m", "1", "m/s"]
        if name != "shard.h5":
            place = np.unravel_index(power.argmax(), power.shape)
            truth = 20.0, np.cos(0.15) * np.sin(0.2), 4.0
            cells = [axis[1] - axis[0] for axis in axes]
            for axis, index, want, cell in zip(axes, place, truth, cells, strict=True):
                assert axis[index] == pytest.approx(want, abs=cell)


def test_angles_as_data_and_picture(folder, capsys, monkeypatch):
    for name, flags in (("csi.h5", ()), ("bare.npz", BARE)):
        assert run(capsys, monkeypatch, "angles", name, *flags, "-o", "a.h5")[0] == 0
        with h5py.File("a.h5") as file:
            i, j = np.unravel_index(file["azimuth_elevation"][()].argmax(), file["azimuth_elevation"].shape)
            assert file["elevation"][i] == pytest.approx(np.sin(-0.15), abs=1 / 16)
            assert file["azimuth"][j] == pytest.approx(np.cos(0.15) * np.sin(0.2), abs=1 / 16)
    status, out, err = run(capsys, monkeypatch, "angles", "csi.h5", "--min-range", 15, "--max-range", 25)
    assert (status, err, out) == (0, "", "wrote csi-angles.png: azimuth-elevation map, 15 to 25 m\n")
    with Image.open("csi-angles.png") as picture:
        assert picture.width == 960 and len(picture.convert("RGB").getcolors(1 << 20)) > 50
    refused(run(capsys, monkeypatch, "angles", "shard.h5"), "holds no CSI")
    refused(run(capsys, monkeypatch, "angles", "csi.h5", "--min-range", 30, "--max-range", 25), "no range cell")


def test_the_map_from_above_as_data(folder, capsys, monkeypatch):
    assert run(capsys, monkeypatch, "heatmap", "csi.h5", "--cartesian", "--cell", 0.2, "-o", "above.h5")[0] == 0
    with h5py.File("above.h5") as file:
        i, j = np.unravel_index(np.nanargmax(file["cartesian"][()]), file["cartesian"].shape)
        assert list(file["cartesian"].attrs["axes"]) == ["ahead", "right"] and file["ahead"].attrs["unit"] == "m"
        assert file["ahead"][i] == pytest.approx(20 * np.cos(0.2), abs=0.4)
        assert file["right"][j] == pytest.approx(20 * np.sin(0.2), abs=0.4)
    refused(run(capsys, monkeypatch, "heatmap", "csi.h5", "--cartesian", "--cell", 0, "-o", "no.h5"), "cell must lie")


def test_csi_of_paths_shows_the_target(folder, capsys, monkeypatch):
    arguments = ("csi", "paths.h5", "--preset", "nr-120", "--max-range", 60, "-o", "made.h5")
    status, out, err = run(capsys, monkeypatch, *arguments)
    assert (status, err) == (0, "") and out == (
        "wrote made.h5: 1 paths to 16 x 16 x 32 x 792 (row, column, symbol, subcarrier)\n"
    )
    assert check(folder / "made.h5") == []
    with open_shard("made.h5") as shard:
        first = shard["csi", 0]
        assert shard.attributes["max_range"] == 60 and shard.attributes["shard"] == "paths.h5"
        assert json.loads(shard.attributes["radar_config"])["timing"] == "nr"
    run(capsys, monkeypatch, *arguments, "--seed", 1)
    with open_shard("made.h5") as shard:
        assert not np.array_equal(shard["csi", 0], first)
    run(capsys, monkeypatch, "estimate", "made.h5", "--strongest", "-o", "t.json")
    (found,) = json.loads((folder / "t.json").read_text())["targets"]
    for key, truth in {"range": 20.0, "velocity": 4.0, "azimuth": 0.2, "elevation": -0.15}.items():
        assert found[key] == pytest.approx(truth, abs=2e-3)


def test_import_and_csi_and_heatmap(folder, capsys, monkeypatch):
    status, out, err = run(capsys, monkeypatch, "import", "sionna", "sionna.npz", "-o", "s.h5", "--heading", 10)
    assert (status, err) == (0, "") and out.startswith("wrote s.h5: 3 paths, ")
    assert run(capsys, monkeypatch, "csi", "s.h5", "--preset", "nr-480", "-o", "s.csi.h5")[0] == 0
    with open_shard("s.csi.h5") as shard:
        assert shard.attributes["carrier_frequency"] == 28e9  # of the paths, not of the preset
    deepmimo = ("import", "deepmimo", "deepmimo.mat", "--receiver", 1, "-o", "d.h5")
    assert run(capsys, monkeypatch, *deepmimo, "--carrier", 28e9)[0] == 0
    refused(run(capsys, monkeypatch, *deepmimo), "give --carrier")
    assert "propagation paths" in run(capsys, monkeypatch, "info", "d.h5")[1]
    refused(run(capsys, monkeypatch, "heatmap", "d.h5"), "radar-dsp csi d.h5")
    status, out, _ = run(capsys, monkeypatch, "import", "cruw", "cruw.npy")
    assert (status, out) == (0, "wrote cruw-map.h5: 128 ranges x 128 azimuths\n")
    for view in ((), ("--polar",), ("--cartesian",)):
        assert run(capsys, monkeypatch, "heatmap", "cruw-map.h5", *view, "-o", "map.png")[0] == 0
    assert run(capsys, monkeypatch, "import", "cruw", "cruw.npy", "-o", "c.png")[0] == 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("csi", "shard.h5"), "holds no paths"),
        (("csi", "bare.npz"), "not a readable HDF5 file"),
        (("csi", "paths.h5", "--preset", "wifi"), "Error: --preset must be one of maxray, fine-doppler, nr-60"),
        (("csi", "paths.h5", "--frame", "1"), "frame must lie in 0..0, got 1"),
        (("csi", "paths.h5", "--max-range", "1e4"), "--max-range must lie in 0..312"),
        (("csi", "paths.h5", "-o", "paths.h5"), "must not be the input"),
        (("csi", "paths.h5", "--preset", "nr-480", "-o", "nowhere/csi.h5"), "nowhere"),
        (("csi", "missing.h5"), "does not exist"),
        (("cube", "csi.h5", "-o", "cube.png"), "must end in .h5 or .hdf5"),
        (("cube", "bare.npz"), "give --carrier"),
        (("cube", "paths.h5"), "holds paths"),
        (("cube", "cruw.npy"), "expected HDF5 or npz"),
        (("estimate", "csi.h5", "-o", "t.png"), "must end in .csv or .json"),
        (("estimate", "csi.h5", "--max-range", "0"), "max_range must lie in"),
        (("estimate", "bare.npz", *BARE[:4]), "give --symbol-interval"),
        (("import", "sionna", "missing.npz"), "does not exist"),
        (("import", "sionna", "bare.npz"), "has no array 'a'"),
        (("import", "sionna", "csi.h5"), "has no array 'a'"),
        (("import", "deepmimo", "sionna.npz", "--carrier", "1e9"), "has no matrix 'power'"),
        (("import", "cruw", "deepmimo.mat"), "must hold one array"),
        (("import", "cruw", "cruw.npy", "-o", "m.txt"), "must end in"),
        (("import", "cruw", "."), "is a folder"),
        (("import", "matlab", "x"), "No such command"),
    ],
)
def test_bad_arguments_end_in_one_line(folder, capsys, monkeypatch, arguments, message):
    before = sorted(folder.iterdir())
    refused(run(capsys, monkeypatch, *arguments), message)
    assert sorted(folder.iterdir()) == before


def change_delay(file):
    file["paths/delay"][0] = np.nan


def change_shape(file):
    del file["paths/arrival"]
    file["paths/arrival"] = np.ones((1, 2))


def change_missing(file):
    del file["paths/gain"]


def change_carrier(file):
    del file.attrs["carrier_frequency"]


def change_pose(file):
    file["radar/pose"][0, 0] = 7


@pytest.mark.parametrize(
    "change, message",
    [
        (change_delay, "paths/delay holds values that are not finite"),
        (change_shape, "paths.arrival must have shape (1, 3), got (1, 2)"),
        (change_missing, "dataset paths/gain is missing"),
        (change_carrier, "carrier_frequency [Hz] is missing"),
        (change_pose, "rigid motion"),
    ],
)
def test_bad_paths_end_in_one_line(folder, capsys, monkeypatch, change, message):
    with h5py.File("paths.h5", "r+") as file:
        change(file)
    refused(run(capsys, monkeypatch, "csi", "paths.h5"), message)
    assert not (folder / "paths-csi.h5").exists()


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"heatmap": np.ones((4, 5)), "range": np.arange(4.0), "azimuth": np.arange(4.0)}, "range x azimuth (4, 4)"),
        ({"heatmap": np.full((2, 2), np.nan), "range": np.arange(2.0), "azimuth": np.arange(2.0)}, "not finite"),
        ({"heatmap": np.ones((2, 2)), "range": np.zeros(2), "azimuth": np.arange(2.0)}, "range must ascend"),
    ],
)
def test_bad_maps_end_in_one_line(folder, capsys, monkeypatch, arrays, message):
    with h5py.File("map.h5", "w") as file:
        for name, values in arrays.items():
            file[name] = values
    refused(run(capsys, monkeypatch, "heatmap", "map.h5"), message)


@pytest.mark.parametrize(
    "command", ["info", "heatmap", "doppler", "cube", "angles", "detect", "estimate", "directions", "score", "csi",
                "import sionna", "import deepmimo", "import cruw"],
)  # fmt: skip
def test_every_command_has_examples_that_it_understands(capsys, monkeypatch, command):
    status, out, _ = run(capsys, monkeypatch, *command.split(), "--help")
    examples = [part.split()[1:] for part in re.findall(r"radar-dsp [^&\n]+", out.split("Example")[1].split("Arg")[0])]
    assert status == 0 and any(example[: command.count(" ") + 1] == command.split() for example in examples)
    for example in examples:
        parser = typer.main.get_command(cli.app)
        while hasattr(parser, "commands"):
            parser = parser.commands[example.pop(0)]
        parser.make_context(command, example)  # raises where an option is unknown or its value is not allowed


@pytest.mark.parametrize("command", ["info", "heatmap", "import sionna", "import cruw"])
def test_an_unclosed_bracket_in_a_header_ends_in_one_line(tmp_path, capsys, monkeypatch, command):
    stream = io.BytesIO()
    np.save(stream, np.zeros(3, complex))
    content = stream.getvalue().replace(b"(3,)", b"(3, ").replace(b"}", b" ")
    path = tmp_path / ("open.npy" if command == "import cruw" else "open.npz")
    path.write_bytes(content)
    if path.suffix == ".npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("channel.npy", content)
    refused(run(capsys, monkeypatch, *command.split(), path), "is truncated or not a")
    assert list(tmp_path.iterdir()) == [path]


def test_csi_of_zeros_has_no_strongest_echo(tmp_path, capsys, monkeypatch):
    path = tmp_path / "zeros.npz"
    np.savez(path, channel=np.zeros((4, 8, 16, 64), np.complex64))
    refused(run(capsys, monkeypatch, "estimate", path, "--strongest", *BARE), "csi has no power")


@pytest.mark.parametrize("command", ["detect", "estimate"])
def test_nothing_is_written_where_a_later_folder_is_missing(folder, capsys, monkeypatch, command):
    before = sorted(folder.iterdir())
    outputs = ("-o", "a.csv", "-o", "nowhere/b.csv")
    refused(run(capsys, monkeypatch, command, "csi.h5", *outputs), "its folder does not exist")
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("estimated", [True, False])
def test_a_map_file_tells_whether_its_noise_is_estimated(tmp_path, estimated):
    picture = Heatmap(np.zeros((4, 5), np.float32), np.arange(4.0), np.linspace(-1, 1, 5), 2.0, estimated)
    write_map(tmp_path / "map.h5", picture)
    found = stored_map(tmp_path / "map.h5")
    assert (found.noise_power, found.noise_is_estimated) == (2.0, estimated)
    write_map(tmp_path / "above.h5", cartesian(picture, 0.5))
    with h5py.File(tmp_path / "above.h5") as file:
        assert file.attrs["noise_is_estimated"] == estimated
