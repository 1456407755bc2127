"""Damaged files of every kind through every command: a result, or one line and status 2, never a traceback."""

import json
import shutil

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from radar_dsp.csi import synthesise_csi
from radar_dsp.files import csi_datasets, write_map
from radar_dsp.heatmap import range_azimuth
from radar_dsp.interop_paths import PathFrame, stored_columns, write_paths
from radar_dsp.ofdm import RadarConfig
from raysim.paths import point_target
from raysim.shards.schema import CSI
from raysim.shards.writer import ShardWriter
from tests.fixture_shards import attributes, tiny_shard
from tests.radar_dsp.command import BARE, run
from tests.radar_dsp.oracle import POSE, philox
from tests.radar_dsp.test_interop import deepmimo_arrays, sionna_arrays

TINY = RadarConfig(
    num_subcarriers=16, comb=64, num_symbols=8, num_rows=4, num_columns=4, heatmap_rows=12, heatmap_columns=16
)
MAPS = (("heatmap", ".h5"), ("doppler", ".h5"), ("cube", ".h5"), ("detect", ".csv"), ("estimate", ".json"))
COMMANDS = {
    "shard.h5": (
        ("info", None),
        *MAPS,
        ("score", ".csv"),
        ("heatmap", ".h5", "--level", "gain", "--max-range", "9"),
        ("detect", ".json", "--level", "gain"),
    ),
    "csi.h5": (
        ("info", None),
        *MAPS,
        ("angles", ".h5"),
        ("csi", ".h5", "--preset", "nr-60"),
        ("score", ".json"),
        ("cube", ".h5", "--elevation", "--level", "dbfs"),
        ("doppler", ".h5", "--clutter", "mean", "--level", "dbsm", "--antenna-gain", "16"),
        ("directions", ".csv", "--at-range", "4", "--at-velocity", "4", "--finder", "esprit"),
    ),
    "map.h5": (("info", None), ("heatmap", ".h5"), ("heatmap", ".h5", "--cartesian", "--max-range", "3")),
    "bare.h5": (("info", None), *((name, end, *BARE) for name, end in MAPS), ("angles", ".h5", *BARE)),
    "bare.npz": (("info", None), *((name, end, *BARE) for name, end in MAPS), ("angles", ".h5", *BARE)),
    "paths.h5": (("info", None), ("csi", ".h5", "--preset", "nr-60")),
    "sionna.npz": (("import sionna", ".h5"),),
    "deepmimo.mat": (("import deepmimo", ".h5", "--carrier", "28e9"),),
    "cruw.npy": (("import cruw", ".h5"),),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """One small good file of each kind."""
    folder = tmp_path_factory.mktemp("fuzz")
    tiny_shard(folder / "shard.h5", num_frames=1, height=24, width=32, rows=12, columns=16)
    target = point_target(POSE, distance=4.0, azimuth=0.2, elevation=0.1, velocity=4.0)
    csi = synthesise_csi(target, TINY, pose=POSE, rng=philox(1))
    frame, constants, of_csi = csi_datasets(csi, TINY)
    given = attributes(0, 0) | of_csi | {"shard": "shard.h5", "versions": json.dumps({})}
    with ShardWriter(folder / "csi.h5", CSI, attributes=given, constants=constants) as writer:
        labels = {"target/range": [4.0], "target/azimuth": [0.2], "target/radial_velocity": [4.0]}
        writer.append(frame | {"time": 0.0, "frame": 0, "paths/power_share": 1.0} | labels | stored_columns(target))
    with h5py.File(folder / "bare.h5", "w") as file:
        file["run/channel"] = csi.values
    np.savez(folder / "bare.npz", channel=csi.values)
    write_map(folder / "map.h5", range_azimuth(csi, TINY, max_range=8.0))
    write_paths(folder / "paths.h5", PathFrame(target, POSE, 28e9))
    np.savez(folder / "sionna.npz", **sionna_arrays())
    savemat(folder / "deepmimo.mat", deepmimo_arrays())
    np.save(folder / "cruw.npy", philox(5).normal(size=(128, 128, 2)).astype(np.float32))
    return folder


def damaged(content: bytes, turn: int, rng: np.random.Generator) -> bytes:
    """Bytes changed anywhere or in the head, the end cut off, or a stretch lost."""
    changed = bytearray(content)
    if turn % 7 == 0:
        return bytes(changed[: rng.integers(len(changed))])
    if turn % 7 == 1:
        start = int(rng.integers(len(changed)))
        del changed[start : start + int(rng.integers(1, 200))]
        return bytes(changed)
    reach = len(changed) if turn % 2 else min(6000, len(changed))
    for place in rng.integers(reach, size=rng.choice([1, 4, 20])):
        changed[place] = rng.integers(256)
    return bytes(changed)


def ends_of(kind: str, turns: int, seed: int, good, tmp_path, capsys, monkeypatch) -> dict[int, int]:
    """How often each exit status came; asserts one line for each failure, and nothing written by it."""
    content, rng, ends = (good / kind).read_bytes(), philox(seed), {0: 0, 2: 0}
    bad = tmp_path / f"bad.{kind.split('.')[1]}"
    for turn in range(turns):
        bad.write_bytes(damaged(content, turn, rng))
        command, ending, *flags = COMMANDS[kind][turn % len(COMMANDS[kind])]
        output = [] if ending is None else ["-o", tmp_path / f"out{ending}"]
        status, _, err = run(capsys, monkeypatch, *command.split(), bad, *output, *flags)
        assert status in ends, (command, turn, err)
        assert status == 0 or (err.splitlines()[-1].startswith("Error: ") and "Traceback" not in err)
        if output:
            assert output[1].exists() == (status == 0), (command, turn, err)
            output[1].unlink(missing_ok=True)
        assert [path.name for path in tmp_path.iterdir()] == [bad.name]
        ends[status] += 1
    return ends


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # overflow in mutated powers
@pytest.mark.parametrize("kind", COMMANDS)
def test_damaged_files_end_in_one_line(good, tmp_path, capsys, monkeypatch, kind):
    """Every kind of file, every command that takes it: once whole, and some damaged."""
    for command, ending, *flags in COMMANDS[kind]:
        shutil.copy(good / kind, tmp_path / kind)
        output = [] if ending is None else ["-o", tmp_path / f"out{ending}"]
        status, _, err = run(capsys, monkeypatch, *command.split(), tmp_path / kind, *output, *flags)
        assert (status, err) == (0, ""), command
    for path in tmp_path.iterdir():
        path.unlink()
    ends_of(kind, 8, 41, good, tmp_path, capsys, monkeypatch)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", COMMANDS)
def test_many_damaged_files(good, tmp_path, capsys, monkeypatch, kind):
    """Bar: no traceback in 150 mutations of each of 9 kinds, 1350 in all."""
    ends = ends_of(kind, 150, 43, good, tmp_path, capsys, monkeypatch)
    with capsys.disabled():
        print(f"\n{kind}: {ends[0]} mutations still read, {ends[2]} refused in one line")
    assert ends[2] > 10
