"""Detection on generated lots: the stored figures keep the bars, and the benchmark that makes them."""

import json
import sys

import h5py
import numpy as np
import pytest

from benchmarks import detection
from tests.accuracy.detection import BASELINE, PAGE, STORED, section
from tests.fixture_shards import tiny_shard
from tests.radar_dsp.oracle import philox

SMALL = {"height": 24, "width": 32, "rows": 12, "columns": 16}


def benchmark(capsys, monkeypatch, *arguments) -> tuple[int, str, str]:
    """Status, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["detection.py", *map(str, arguments)])
    return detection.main(), *capsys.readouterr()


def test_the_page_shows_the_stored_figures():
    assert PAGE.read_text().endswith("\n\n" + "\n".join(section()) + "\n")


@pytest.mark.parametrize("preset, frames", [("maxray", 200), ("fine-doppler", 40)])
def test_the_stored_figures_keep_the_bars(preset, frames):
    """The paper's baseline is the bar of the errors; 9 of 10 targets found, in as many frames or more."""
    groups = json.loads(STORED.read_text())[preset]["groups"]
    for name, group in groups.items():
        assert group["detected"] >= 0.9 and group["error_50"] < BASELINE[0] and group["error_90"] < BASELINE[1], name
    assert groups["all"]["frames"] >= frames


def test_a_folder_of_shards_is_scored(tmp_path, capsys, monkeypatch):
    """Four frames of power: an echo on the target in three of them, thirty metres behind it in one."""
    for sequence in (0, 1):
        path = tiny_shard(tmp_path / f"{sequence}.h5", sequence=sequence, **SMALL)
        with h5py.File(path, "r+") as file:
            axes = [file[f"radar/power_{name}"][()] for name in ("range", "azimuth", "velocity")]
            for frame in (0, 1):
                distance, azimuth, speed = (
                    float(file[f"radar/target/{name}"][frame, 1]) for name in ("range", "azimuth", "radial_velocity")
                )
                distance += 30 * (sequence == frame == 1) * np.sign(25 - distance)
                shape = file["radar/power"].shape[1:]
                power = philox(5, sequence, frame).gamma(10, float(file["radar/noise_power"][()]) / 10, size=shape)
                places = distance, np.sin(azimuth), max(abs(speed), 2.0) * np.sign(speed)
                near = [np.abs(axis - place).argsort()[:3] for axis, place in zip(axes, places, strict=True)]
                power[np.ix_(*near)] *= 1e4
                file["radar/power"][frame] = power
    status, out, err = benchmark(capsys, monkeypatch, tmp_path, "--store", tmp_path / "figures.json")
    assert (status, err) == (0, "") and out.startswith("maxray: 2 shards")
    result = json.loads((tmp_path / "figures.json").read_text())["maxray"]
    everything = result["groups"]["all"]
    assert (everything["frames"], everything["detected"], everything["error_90"]) == (4, 0.75, None)
    assert everything["error_50"] < 3 and (result["scenario"], result["seed"], result["sequences"]) == ("tiny", 0, 2)


def test_what_cannot_be_scored_is_one_line(tmp_path, capsys, monkeypatch):
    for folder, message in (
        (tmp_path, "must hold frames of one target, got 0 shards"),
        (tmp_path / "nowhere", "must be a folder of shards"),
    ):
        status, out, err = benchmark(capsys, monkeypatch, folder)
        assert (status, out) == (2, "") and message in err
        assert err.startswith("Error: ") and err.count("\n") == 1
    for seed in (1, 2):
        tiny_shard(tmp_path / f"{seed}.h5", seed=seed, **SMALL)
    status, _, err = benchmark(capsys, monkeypatch, tmp_path)
    assert status == 2 and "one scenario, seed and radar, got [('tiny', 1), ('tiny', 2)]" in err
