"""Options of radar-dsp that commands share: each works, or is refused in one line; none is ignored."""

import csv
import json
import shutil

import h5py
import numpy as np
import pytest

from radar_dsp.cli_options import Source, with_blocks
from radar_dsp.clutter import remove_mean, subtract_background
from radar_dsp.csi import Csi
from radar_dsp.files import csi_from_shard, write_map
from radar_dsp.heatmap import Heatmap
from radar_dsp.levels import radar_cross_section_dbsm, two_way_gain_db
from radar_dsp.noise import complex_normal
from radar_dsp.periodogram import range_doppler
from raysim.shards.reader import open_shard
from tests.fixture_shards import tiny_csi, tiny_shard
from tests.radar_dsp.command import BARE, refused, run, work_in_copy
from tests.radar_dsp.oracle import philox

CELL = ("--at-range", 20, "--at-velocity", 4)
TRACE = "scenario: tiny\ntrace: {antenna: tr38901, transmit_antenna: null, receive_antenna: null}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder with a shard, CSI files with and without stated antennas, frames of a bare array, and a map."""
    folder = tmp_path_factory.mktemp("options")
    tiny_shard(folder / "shard.h5")
    tiny_csi(folder / "csi.h5")
    shutil.copy(folder / "csi.h5", folder / "stated.h5")
    with h5py.File(folder / "stated.h5", "r+") as file:
        file.attrs["config"] = TRACE
    with open_shard(folder / "csi.h5") as shard:
        values = shard["csi", 0]
    still = np.full_like(values, 1e-4)  # a wall in front: the same in every symbol
    turned = np.exp(2j * np.pi * 0.3 * np.arange(4)).astype(np.complex64)
    with h5py.File(folder / "frames.h5", "w") as file:
        file["h"] = values * turned[:, None, None, None, None] + still
    np.savez(folder / "bare.npz", h=values + still)
    np.savez(folder / "line.npz", h=values[:1])
    np.savez(folder / "noise.npz", h=complex_normal((4, 8, 16, 64), 1.0, rng=philox(3)))
    write_map(folder / "map.h5", Heatmap(np.ones((4, 5), np.float32), np.arange(4.0), np.linspace(-1, 1, 5), None))
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    return work_in_copy(made, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("heatmap", "shard.h5", "--carrier", 28e9), "--carrier is for other tools' arrays"),
        (("doppler", "csi.h5", "--subcarrier-spacing", 1e6), "--subcarrier-spacing is for other tools' arrays"),
        (("detect", "shard.h5", "--symbol-interval", 1e-3), "--symbol-interval is for other tools' arrays"),
        (("estimate", "csi.h5", "--element-spacing", 0.4), "--element-spacing is for other tools' arrays"),
        (("cube", "csi.h5", "--dataset", "csi"), "--dataset is for other tools' arrays"),
        (("heatmap", "map.h5", "--carrier", 28e9), "--carrier is for other tools' arrays"),
        (("heatmap", "map.h5", "--frame", 3), "frame must lie in 0..0, got 3"),
        (("heatmap", "map.h5", "--max-range", 9), "max_range must lie in 1..3.5 m (stored), got 9"),
        (("heatmap", "map.h5", "--clutter", "mean"), "is a finished map"),
        (("heatmap", "map.h5", "--level", "dbsm"), "is a finished map"),
        (("heatmap", "shard.h5", "--max-range", 61), "max_range must lie in 0.75..60 m (stored), got 61"),
        (("doppler", "shard.h5", "--max-range", -1), "max_range must lie in"),
        (("detect", "shard.h5", "--max-range", "nan"), "max_range must lie in"),
        (("cube", "csi.h5", "--max-range", 0.1, "--level", "gain"), "at least a range cell, 0.305 m, got 0.1"),
        (("heatmap", "csi.h5", "--cell", 0.2), "--cell is the cell of --cartesian data"),
        (("heatmap", "csi.h5", "--cartesian", "--cell", 0.2), "--cell is the cell of --cartesian data"),
        (("heatmap", "csi.h5", "--cartesian", "--cell", -1, "-o", "a.h5"), "cell must lie between"),
        (("heatmap", "csi.h5", "--polar", "-o", "a.h5"), "--polar draws a picture"),
        (("heatmap", "shard.h5", "--clutter", "mean"), "--clutter needs CSI; shard.h5 holds no CSI"),
        (("cube", "shard.h5", "--clutter", "mean"), "--clutter needs CSI"),
        (("cube", "shard.h5", "--elevation"), "--elevation needs CSI"),
        (("directions", "shard.h5"), "directions needs CSI"),
        (("doppler", "csi.h5", "--clutter", "median"), "'median' is not one of"),
        (("doppler", "csi.h5", "--clutter", "exponential"), "--frame must be 1 or more"),
        (("doppler", "csi.h5", "--clutter-memory", 0.5), "--clutter-memory goes with --clutter exponential"),
        (("doppler", "csi.h5", "--clutter", "mean", "--clutter-memory", 0.5), "goes with --clutter exponential"),
        (("heatmap", "csi.h5", "--antenna-gain", 3), "--antenna-gain goes with --level dbsm"),
        (("heatmap", "csi.h5", "--level", "dbsm"), "give --antenna-gain"),
        (("heatmap", "csi.h5", "--level", "dbsm", "--antenna-gain", "nan"), "--antenna-gain must be finite"),
        (("doppler", "shard.h5", "--level", "dbfs"), "--level dbfs needs CSI"),
        (("directions", "csi.h5", "--at-range", 20), "give --at-range and --at-velocity together"),
        (("directions", "csi.h5", "--at-range", 50, "--at-velocity", 1), "--at-range must lie in 0..38.7 m"),
        (("directions", "csi.h5", "--at-range", 20, "--at-velocity", 6), "--at-velocity must lie in +-5.35 m/s"),
        (("directions", "noise.npz", *BARE, "-o", "d.png"), "there is no cell to draw"),
        (("directions", "line.npz", *BARE, *CELL, "-o", "d.csv", "-o", "d.png"), "2 rows and 2 columns, got (1, 16)"),
        (("directions", "csi.h5", "--order", 0), "Input should be greater than or equal to 1"),
        (("directions", "csi.h5", "--finder", "music", "--order", 500), "order must lie in"),
    ],
)
def test_what_cannot_be_done_is_refused(folder, capsys, monkeypatch, arguments, message):
    before = sorted(folder.iterdir())
    refused(run(capsys, monkeypatch, *arguments), message)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("command", ["heatmap", "doppler", "cube"])
def test_a_shard_is_cut_at_the_range_asked_for(folder, capsys, monkeypatch, command):
    for name, flags in (("all.h5", ()), ("near.h5", ("--max-range", 40))):
        assert run(capsys, monkeypatch, command, "shard.h5", *flags, "-o", name)[0] == 0
    data = {"heatmap": "heatmap", "doppler": "range_doppler", "cube": "power"}[command]
    with h5py.File("all.h5") as whole, h5py.File("near.h5") as near:
        rows = (whole["range"][()] <= 40).sum()
        assert 0 < rows < len(whole["range"]) and near["range"][-1] <= 40
        np.testing.assert_array_equal(near[data][()], whole[data][:rows])


def test_detections_beyond_the_range_asked_for_are_none(folder, capsys, monkeypatch):
    """A shard of noise with a mover at 28 m."""
    with h5py.File("shard.h5", "r+") as file:
        power = file["radar/power"]
        block = philox(5).gamma(10, float(file["radar/noise_power"][()]) / 10, size=power.shape[1:])
        block[14:17, 9:12, 11:14] *= 1e4
        power[0] = block
    for command in ("detect", "estimate"):
        for reach, count in ((60, 1), (24, 0)):
            status, _, _ = run(capsys, monkeypatch, command, "shard.h5", "--max-range", reach, "-o", "t.json")
            found = json.loads((folder / "t.json").read_text())
            assert status == 0 and len(found["detections" if command == "detect" else "targets"]) == count


def test_a_map_is_cut_and_known_by_info(folder, capsys, monkeypatch):
    run(capsys, monkeypatch, "heatmap", "csi.h5", "-o", "made.h5")
    run(capsys, monkeypatch, "heatmap", "made.h5", "--max-range", 20, "-o", "near.h5")
    with h5py.File("made.h5") as whole, h5py.File("near.h5") as near:
        rows = (whole["range"][()] <= 20).sum()
        np.testing.assert_array_equal(near["heatmap"][()], whole["heatmap"][:rows])
    status, out, err = run(capsys, monkeypatch, "info", "made.h5")
    assert (status, err) == (0, "") and "a finished map; radar-dsp heatmap draws it" in out and "--carrier" not in out
    assert out.splitlines()[2].split() == ["heatmap", "480x640", "dB"]
    run(capsys, monkeypatch, "cube", "csi.h5", "-o", "cube.h5")
    refused(run(capsys, monkeypatch, "doppler", "cube.h5"), "holds a finished map")


def test_the_element_spacing_of_a_users_file_is_read(folder, capsys, monkeypatch):
    values = np.load("bare.npz")["h"]
    np.savez("wide.npz", h=values, element_spacing=0.7)
    for name, flags in (("wide.npz", ()), ("bare.npz", ("--element-spacing", 0.7)), ("wide.npz", ())):
        run(capsys, monkeypatch, "cube", name, *BARE, *flags, "-o", "cube.h5")
        with h5py.File("cube.h5") as file:
            np.testing.assert_allclose(file["azimuth"][()], (np.arange(16) - 8) / 16 / 0.7)
    run(capsys, monkeypatch, "cube", "wide.npz", *BARE, "--element-spacing", 0.5, "-o", "cube.h5")
    with h5py.File("cube.h5") as file:  # the command line wins
        assert file["azimuth"][0] == -1
    np.savez("wide.npz", h=values, element_spacing=-1.0)
    refused(run(capsys, monkeypatch, "cube", "wide.npz", *BARE), "--element-spacing must be positive, got -1")


def test_clutter_goes_and_the_mover_stays(folder, capsys, monkeypatch):
    maps = {}
    for clutter in ("keep", "mean"):
        arguments = ("doppler", "bare.npz", *BARE, "--clutter", clutter, "-o", "d.h5")
        assert run(capsys, monkeypatch, *arguments)[0] == 0
        with h5py.File("d.h5") as file:
            maps[clutter] = file["range_doppler"][()]
            mover, still = np.abs(file["velocity"][()] - 4).argmin(), np.abs(file["velocity"][()]).argmin()
    assert maps["keep"].max(axis=0).argmax() == still and maps["mean"].max(axis=0).argmax() == mover
    assert maps["mean"][:, still].max() < 1e-6 * maps["keep"][:, still].max()
    np.testing.assert_allclose(maps["mean"][:, mover].max(), maps["keep"][:, mover].max(), rtol=0.02)


@pytest.mark.parametrize("memory", [None, 0.5])
def test_the_exponential_mean_runs_over_the_frames_before(folder, capsys, monkeypatch, memory):
    flags = () if memory is None else ("--clutter-memory", memory)
    arguments = ("doppler", "frames.h5", *BARE, "--frame", 3, "--clutter", "exponential", *flags, "-o", "d.h5")
    assert run(capsys, monkeypatch, *arguments)[0] == 0
    with open_shard("csi.h5") as shard:
        csi, config = csi_from_shard(shard, 0)
    background = None
    for values in h5py.File("frames.h5")["h"]:
        frame = Csi(values, csi.subcarrier_frequency, csi.symbol_time, csi.carrier_frequency, 0.5, np.eye(4), None)
        residual, background = subtract_background(frame, background, memory=memory or 0.9)
    expected = range_doppler(residual, config, max_range=39.0).power
    with h5py.File("d.h5") as file:
        np.testing.assert_allclose(file["range_doppler"][()], expected, rtol=1e-4, atol=1e-6 * expected.max())
    assert not np.allclose(expected, range_doppler(remove_mean(frame), config, max_range=39.0).power, rtol=0.1, atol=0)


@pytest.mark.parametrize(
    "name, flags, gain",
    [("stated.h5", (), two_way_gain_db(0.2, 0.0)), ("csi.h5", ("--antenna-gain", 3), 3), ("bare", BARE, 3)],
)
def test_cross_sections_of_maps_are_those_of_the_radar_equation(folder, capsys, monkeypatch, name, flags, gain):
    """A path of 1e-5 at 20 m; the target lies off the bins, which costs up to the scalloping of three axes."""
    if name == "bare":
        np.savez("bare.npz", h=h5py.File("csi.h5")["csi"][0])
        name, flags = "bare.npz", (*BARE, "--antenna-gain", 3)
    truth = radar_cross_section_dbsm(np.array(-100.0), np.array(20.0), 299792458 / 28e9, antenna_gain_db=gain)
    for command, data in (("heatmap", "heatmap"), ("cube", "power")):
        status, _, err = run(capsys, monkeypatch, command, name, *flags, "--level", "dbsm", "-o", "m.h5")
        assert (status, err) == (0, "")
        with h5py.File("m.h5") as file:
            near = np.abs(file["range"][()] - 20) < 1
            assert file[data].attrs["unit"] == file.attrs["level"].replace("dbsm", "dBsm") == "dBsm"
            ahead = np.abs(file["azimuth"][()] - 0.2) < 0.1  # at the rim antennas see little, so sidelobes count much
            assert truth - 4 < file[data][()][near][:, ahead].max() < truth + 0.3
    run(capsys, monkeypatch, "estimate", name, "--strongest", *flags, "-o", "t.json")
    found = json.loads((folder / "t.json").read_text())
    elevated = two_way_gain_db(0.2, -0.15) if name == "stated.h5" else gain
    assert found["targets"][0]["cross_section_dbsm"] == pytest.approx(truth + gain - elevated, abs=0.05)
    assert found["units"]["cross_section_dbsm"] == "dBsm"


def test_levels_over_full_scale_and_path_gain(folder, capsys, monkeypatch):
    """Full scale is 12 dB over the root mean square of I and Q, so the signal lies at -9 dBFS in all."""
    for level, truth in (("gain", -100), ("dbfs", -12 + 3.01)):
        for command, data in (("doppler", "range_doppler"), ("heatmap", "heatmap")):
            run(capsys, monkeypatch, command, "csi.h5", "--level", level, "-o", "m.h5")
            with h5py.File("m.h5") as file:
                assert truth - 4 < file[data][()].max() < truth + 0.3
                assert file[data].attrs["unit"] == {"gain": "dB", "dbfs": "dBFS"}[level]
        assert run(capsys, monkeypatch, "doppler", "csi.h5", "--level", level)[0] == 0
        status, out, _ = run(capsys, monkeypatch, "detect", "csi.h5", "--level", level, "-o", "t.png", "-o", "t.json")
        found = json.loads((folder / "t.json").read_text())
        column = {"gain": "path_gain_db", "dbfs": "level_dbfs"}[level]
        assert status == 0 and truth - 4 < found["detections"][0][column] < truth + 0.3
        assert found["units"][column] == {"gain": "dB", "dbfs": "dBFS"}[level]
        assert out.splitlines()[2].split()[5] == f"{found['detections'][0][column]:.1f}"


def test_a_detections_level_is_that_of_its_cell_in_the_cube(folder, capsys, monkeypatch):
    run(capsys, monkeypatch, "cube", "csi.h5", "--level", "dbsm", "--antenna-gain", 16, "-o", "c.h5")
    arguments = ("--level", "dbsm", "--antenna-gain", 16, "-o", "t.csv")
    status, out, _ = run(capsys, monkeypatch, "detect", "csi.h5", *arguments)
    assert status == 0 and out.splitlines()[0].split()[5] == "RCS"
    with (folder / "t.csv").open() as stream:
        found = next(csv.DictReader(stream))
    with h5py.File("c.h5") as file:
        near = np.abs(file["range"][()] - 20) < 1
        cell = float(file["power"][()][near].max())
    assert float(found["cross_section_dbsm [dBsm]"]) == pytest.approx(cell, abs=0.15)  # half a cell of range


def test_a_shards_heatmap_has_the_level_of_its_cube(folder, capsys, monkeypatch):
    """Both of noise alone: what an isotropic point would have to be to equal it."""
    with h5py.File("shard.h5", "r+") as file:
        file.attrs["config"] = "trace: {antenna: isotropic}\nradar: {num_symbols: 16}\n"
        file["radar/heatmap"][...] = 0
        file["radar/power"][...] = file["radar/noise_power"][()]
    levels = {}
    for command, data in (("heatmap", "heatmap"), ("cube", "power")):
        assert run(capsys, monkeypatch, command, "shard.h5", "--level", "dbsm", "-o", "m.h5")[0] == 0
        with h5py.File("m.h5") as file:
            levels[command] = np.interp(30, file["range"], file[data][()].reshape(len(file["range"]), -1)[:, 0])
    doppler_gain_db = 10 * np.log10(16 / 1.5)  # Hann over 16 symbols, which the heatmap sums: 16 noises, gain 16
    visible_db = 10 * np.log10(15 / 16)  # one elevation beam of 16 has no azimuth
    assert levels["heatmap"] - levels["cube"] == pytest.approx(doppler_gain_db + visible_db, abs=0.1)


def test_the_full_cube_is_written_in_blocks(folder, capsys, monkeypatch):
    status, out, _ = run(capsys, monkeypatch, "cube", "csi.h5", "--elevation", "--level", "gain", "-o", "c.h5")
    assert status == 0 and out == "wrote c.h5: 128 x 16 x 16 x 16 (range, elevation beam, azimuth beam, Doppler)\n"
    with h5py.File("c.h5") as file:
        assert list(file["power"].attrs["axes"]) == ["range", "elevation", "azimuth", "velocity"]
        power = file["power"][()]
        place = np.unravel_index(power.argmax(), power.shape)
        truth = {"range": 20.0, "elevation": np.sin(-0.15), "azimuth": np.cos(0.15) * np.sin(0.2), "velocity": 4.0}
        for (name, want), index in zip(truth.items(), place, strict=True):
            assert file[name][index] == pytest.approx(want, abs=0.51 * (file[name][1] - file[name][0]))
        assert -106 < power.max() < -99.7


@pytest.mark.parametrize("finder", ["bartlett", "capon", "music", "esprit"])
def test_directions_of_the_objects_and_of_one_cell(folder, capsys, monkeypatch, finder):
    for flags in ((), CELL):
        outputs = ("-o", "d.json", "-o", "d.csv", "-o", "d.png")
        arguments = ("directions", "csi.h5", "--finder", finder, "--order", 1, *flags, *outputs)
        status, out, err = run(capsys, monkeypatch, *arguments)
        assert (status, err) == (0, "") and "azimuth" in out and out.endswith("wrote d.csv\nwrote d.png\n")
        assert (folder / "d.png").read_bytes().startswith(b"\x89PNG")
        (found,) = json.loads((folder / "d.json").read_text())["directions"]
        assert found["azimuth"] == pytest.approx(0.2, abs=0.003)
        assert found["elevation"] == pytest.approx(-0.15, abs=0.003)
        assert found["range"] == pytest.approx(20, abs=0.1) and found["snr_db"] > 60


def test_blocks_are_spelt_out_and_put_together():
    seen = []

    def command(source: Source, twice: int = 2) -> None:
        seen.append((source, twice))

    with_blocks(command)(**{"file": "a", "twice": 3} | dict.fromkeys(
        ("max_range", "dataset", "carrier", "subcarrier_spacing", "symbol_interval", "element_spacing")
    ) | {"frame": 7})  # fmt: skip
    ((source, twice),) = seen
    assert (source.file, source.frame, twice) == ("a", 7, 3)


def test_scores_against_the_labels(folder, capsys, monkeypatch):
    """Frame 0: a detection at the target of a CSI file; a shard of noise finds nothing of its two frames."""
    status, out, err = run(capsys, monkeypatch, "score", "csi.h5", "-o", "s.json", "-o", "s.csv")
    assert (status, err) == (0, "") and "100.0%" in out and out.endswith("wrote s.csv\n")
    fast, whole = json.loads((folder / "s.json").read_text())["scores"]
    assert fast["frames"] == "|v| >= 1.5 cells" and (whole["num_frames"], whole["detection_rate"]) == (1, 1)
    assert whole["median_error"] < 0.3 and whole["false_per_frame"] == 0
    with h5py.File("shard.h5", "r+") as file:
        noise = float(file["radar/noise_power"][()])
        file["radar/power"][...] = philox(5).gamma(10, noise / 10, size=file["radar/power"].shape)
    run(capsys, monkeypatch, "score", "shard.h5", "csi.h5", "-o", "s.json")
    whole = json.loads((folder / "s.json").read_text())["scores"][-1]
    assert (whole["num_frames"], whole["detection_rate"]) == (3, 1 / 3)
    with h5py.File("csi.h5", "r+") as file:  # of the same frames as the shard: not counted twice
        file.attrs["shard"] = "shard.h5"
    run(capsys, monkeypatch, "score", "shard.h5", "csi.h5", "-o", "s.json")
    assert json.loads((folder / "s.json").read_text())["scores"][-1]["num_frames"] == 2
    refused(run(capsys, monkeypatch, "score", "bare.npz"), "has no labels")
    refused(run(capsys, monkeypatch, "score", "missing.npz"), "does not exist")
    refused(run(capsys, monkeypatch, "score", "csi.h5", "--cutoff", 0), "cutoff")


def test_csi_of_the_strongest_paths_keeps_their_share(folder, capsys, monkeypatch):
    with h5py.File("stated.h5", "r+") as file:
        file["paths/power_share"][0] = 0.75
    arguments = ("csi", "stated.h5", "--preset", "nr-120", "--max-range", 60, "-o", "made.h5")
    assert run(capsys, monkeypatch, *arguments)[0] == 0
    with open_shard("made.h5") as shard:
        assert shard["paths/power_share", 0] == 0.75
    # what the paths were traced with is known of the CSI too
    assert run(capsys, monkeypatch, "doppler", "made.h5", "--level", "dbsm", "-o", "d.h5")[0] == 0
    with h5py.File("stated.h5", "r+") as file:
        file["paths/power_share"][0] = 0
    refused(run(capsys, monkeypatch, "csi", "stated.h5"), "power_share must lie in (0, 1], got 0.0")


def test_broken_limits_are_said(folder, capsys, monkeypatch):
    with h5py.File("csi.h5", "r+") as file:
        file["paths/delay"][0], file["paths/delay_rate"][0] = 1e-6, 1e-7  # 150 m, 15 m/s
    status, out, err = run(capsys, monkeypatch, "csi", "csi.h5", "--preset", "nr-120", "-o", "far.h5")
    assert status == 0 and out.startswith("wrote far.h5: 1 paths")
    warnings = err.splitlines()
    assert all(line.startswith("Warning: ") for line in warnings) and len(warnings) == 3
    assert "cyclic prefix" in warnings[0] and "fold over in Doppler" in warnings[1]
    assert "inter-carrier interference" in warnings[2]
    out = run(capsys, monkeypatch, "info", "far.h5")[1]
    assert "note             radial speeds above 10.7 m/s fold over in Doppler" in out


def test_settings_that_are_not_valid_end_in_one_short_line(folder, capsys, monkeypatch):
    for text, message in (
        ('{"comb": -1}', "csi.h5: stored radar.comb: Input should be greater than or equal to 1, got -1"),
        ("{", "csi.h5: attribute radar_config is not JSON"),
    ):
        with h5py.File("csi.h5", "r+") as file:
            file.attrs["radar_config"] = text
        result = run(capsys, monkeypatch, "heatmap", "csi.h5")
        refused(result, message)
        assert result[2] == f"Error: {message}\n"
