"""``radar-dsp detect`` on shards, CSI files and bare arrays, and one line for every failure."""

import csv
import json

import h5py
import numpy as np
import pytest
from PIL import Image

from radar_dsp.noise import complex_normal
from tests.fixture_shards import tiny_csi, tiny_shard
from tests.radar_dsp import command
from tests.radar_dsp.command import BARE
from tests.radar_dsp.oracle import philox


def run(capsys, monkeypatch, *arguments) -> tuple[int, str, str]:
    return command.run(capsys, monkeypatch, "detect", *arguments)


@pytest.fixture(scope="module")
def csi_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("detect") / "csi.h5"
    tiny_csi(path)
    with h5py.File(path) as file:
        np.savez(path.with_name("bare.npz"), channel=file["csi"][0])
    return path


@pytest.mark.parametrize("name, flags", [("csi.h5", ()), ("bare.npz", BARE)])
def test_csi_to_table_data_and_picture(csi_file, tmp_path, capsys, monkeypatch, name, flags):
    """The target of `tiny_csi`: 20 m, 0.2 rad at -0.15 rad of elevation, closing at 4 m/s."""
    outputs = [tmp_path / f"found.{kind}" for kind in ("csv", "json", "png")]
    options = [word for path in outputs for word in ("-o", path)]
    status, out, err = run(capsys, monkeypatch, csi_file.with_name(name), *options, *flags)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["#", "range", "azimuth"] and lines[2].split()[0] == "1"
    assert lines[-3:] == [f"wrote {path}" for path in outputs]
    with outputs[0].open() as stream:
        rows = list(csv.DictReader(stream))
    assert float(rows[0]["peak_range [m]"]) == pytest.approx(20, abs=0.05)
    assert float(rows[0]["peak_velocity [m/s]"]) == pytest.approx(4, abs=0.05)
    assert np.sin(float(rows[0]["peak_azimuth [rad]"])) == pytest.approx(np.cos(0.15) * np.sin(0.2), abs=0.01)
    data = json.loads(outputs[1].read_text())
    assert data["units"]["azimuth"] == "rad" and data["frame"] == 0 and data["source"] == name
    assert [d["range"] for d in data["detections"]] == [float(row["range [m]"]) for row in rows]
    with Image.open(outputs[2]) as picture:
        assert picture.size == (1560, 720) and len(picture.convert("RGB").getcolors(1 << 21)) > 100


def test_shard_without_output_gives_a_picture_beside_it(tmp_path, capsys, monkeypatch):
    tiny_shard(tmp_path / "shard.h5")
    status, out, err = run(capsys, monkeypatch, tmp_path / "shard.h5", "--frame", 1, "--method", "ca", "--min-speed", 0)
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == f"wrote {tmp_path / 'shard-detect-1.png'}"
    assert (tmp_path / "shard-detect-1.png").exists()


def test_a_strong_cell_of_a_shard_is_found(tmp_path, capsys, monkeypatch):
    """Shard power alone, without CSI: a 3 x 3 x 3 block at 40 dB."""
    tiny_shard(tmp_path / "shard.h5")
    rng = philox(5)
    with h5py.File(tmp_path / "shard.h5", "r+") as file:
        power = file["radar/power"]
        block = rng.gamma(10, float(file["radar/noise_power"][()]) / 10, size=power.shape[1:])
        block[14:17, 9:12, 11:14] *= 1e4
        power[0] = block
        want = (
            file["radar/power_range"][15],
            np.arcsin(file["radar/power_azimuth"][10]),
            file["radar/power_velocity"][12],
        )
    target = tmp_path / "found.json"
    status, _, _ = run(capsys, monkeypatch, tmp_path / "shard.h5", "-o", target)
    assert status == 0
    (found,) = json.loads(target.read_text())["detections"]
    assert (found["range"], found["azimuth"], found["velocity"]) == pytest.approx(want, abs=0.8)
    assert (found["max_range"] - found["min_range"]) == pytest.approx(3 * 60 / 32)


def test_nothing_is_said_so(tmp_path, capsys, monkeypatch):
    np.savez(tmp_path / "noise.npz", h=complex_normal((4, 8, 16, 64), 1.0, rng=philox(3)))
    status, out, _ = run(capsys, monkeypatch, tmp_path / "noise.npz", *BARE, "-o", tmp_path / "none.csv")
    assert (status, out.splitlines()[0]) == (0, "nothing detected")
    assert (tmp_path / "none.csv").read_text().count("\n") == 1


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("csi.h5", "-o", "found.txt"), "must end in .png, .csv or .json"),
        (("csi.h5", "-o", "nowhere/found.csv"), "its folder does not exist"),
        (("csi.h5", "--pfa", "0"), "between 0 and 1"),
        (("csi.h5", "--method", "cash"), "cash"),
        (("csi.h5", "--min-speed", "50"), "leaves 0 of 16"),
        (("csi.h5", "--guard-range", "-1"), "positive lengths"),
        (("csi.h5", "--frame", "3"), "frame must lie in 0..0, got 3"),
        (("bare.npz", *BARE[:2]), "give --subcarrier-spacing"),
        (("missing.h5",), "does not exist"),
    ],
)
def test_bad_arguments_end_in_one_line(csi_file, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(csi_file.parent)
    before = sorted(csi_file.parent.iterdir())
    status, out, err = run(capsys, monkeypatch, *arguments)
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("Error: ") and message in err.splitlines()[-1]
    assert sorted(csi_file.parent.iterdir()) == before


def spoil_nan(file):
    file["radar/power"][0, 3, 3, 3] = np.nan


def spoil_noise(file):
    file["radar/noise_power"][()] = 0


def spoil_missing(file):
    del file["radar/power_azimuth"]


def spoil_axis(file):
    del file["radar/power_range"]
    file["radar/power_range"] = np.arange(7.0)


@pytest.mark.parametrize(
    "spoil, message",
    [
        (spoil_nan, "not finite"),
        (spoil_noise, "noise_power must be positive"),
        (spoil_missing, "power_azimuth"),
        (spoil_axis, "radar/power_range: expected"),
    ],
)
def test_bad_shards_end_in_one_line(tmp_path, capsys, monkeypatch, spoil, message):
    tiny_shard(tmp_path / "shard.h5")
    with h5py.File(tmp_path / "shard.h5", "r+") as file:
        spoil(file)
    status, _, err = run(capsys, monkeypatch, tmp_path / "shard.h5")
    assert status == 2 and err.splitlines()[-1].startswith("Error: ") and message in err.splitlines()[-1]
    assert not list(tmp_path.glob("*.png"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")  # mutated powers
@pytest.mark.parametrize("kind", ["shard", "csi"])
def test_damaged_files_never_end_in_a_traceback(tmp_path, capsys, monkeypatch, kind):
    """Bar: 500 mutations a kind, of metadata and data, and cuts: a result, or one line and status 2."""
    good = tmp_path / "good.h5"
    if kind == "shard":
        tiny_shard(good, num_frames=1, height=24, width=32, rows=12, columns=16)
    else:
        tiny_csi(good)
    content, rng = good.read_bytes(), philox(31)
    ends = {0: 0, 2: 0}
    for turn in range(500):
        damaged = bytearray(content)
        reach = len(damaged) if turn % 2 else 6000  # the metadata of the root comes first
        for place in rng.integers(reach, size=rng.choice([1, 4, 20])):
            damaged[place] = rng.integers(256)
        if turn % 10 == 0:
            damaged = damaged[: rng.integers(len(damaged))]
        (tmp_path / "bad.h5").write_bytes(damaged)
        status, _, err = run(capsys, monkeypatch, tmp_path / "bad.h5", "-o", tmp_path / "found.csv")
        assert status == 0 or err.splitlines()[-1].startswith("Error: ")
        ends[status] += 1
    print(f"{kind}: {ends[0]} mutations still read, {ends[2]} refused in one line")
    assert min(ends.values()) > 50


@pytest.mark.parametrize("option", ["--guard-range", "--training-range"])
def test_a_window_longer_than_the_range_axis_is_the_whole_axis(csi_file, tmp_path, capsys, monkeypatch, option):
    status, out, err = run(capsys, monkeypatch, csi_file, option, 1e9, "-o", tmp_path / "found.csv")
    assert (status, err) == (0, "") and out.splitlines()[-1] == f"wrote {tmp_path / 'found.csv'}"


def test_a_target_at_endfire_has_no_deviation_of_its_azimuth(tmp_path, capsys, monkeypatch):
    tiny_shard(tmp_path / "shard.h5")
    with h5py.File(tmp_path / "shard.h5", "r+") as file:
        power = file["radar/power"]
        block = philox(5).gamma(10, float(file["radar/noise_power"][()]) / 10, size=power.shape[1:])
        block[14:17, 0, 11:14] *= 1e4
        block[:, -1] = block[:, 1]  # on both sides of endfire: the refined peak stays on the beam
        power[0] = block
        file["radar/power_azimuth"][...] -= 1 / 16  # half-wavelength beams start at a cosine of -1
        assert file["radar/power_azimuth"][0] == -1
    outputs = [tmp_path / "found.json", tmp_path / "found.csv"]
    status, _, _ = run(capsys, monkeypatch, tmp_path / "shard.h5", "-o", outputs[0], "-o", outputs[1])
    (found,) = json.loads(outputs[0].read_text())["detections"]
    assert status == 0 and found["azimuth"] == pytest.approx(-np.pi / 2) and found["sigma_azimuth"] is None
    with outputs[1].open() as stream:
        assert next(csv.DictReader(stream))["sigma_azimuth [rad]"] == ""
    assert command.run(capsys, monkeypatch, "estimate", tmp_path / "shard.h5")[0] == 0
