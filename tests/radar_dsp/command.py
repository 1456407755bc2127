"""The radar-dsp command in this process, and files for it, for tests."""

import shutil
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from radar_dsp import cli
from radar_dsp.interop_paths import PathFrame, write_paths
from raysim.paths import point_target
from raysim.sensors import look_at
from tests.fixture_shards import tiny_csi, tiny_shard
from tests.radar_dsp.oracle import philox
from tests.radar_dsp.test_interop import deepmimo_arrays, sionna_arrays

BARE = ("--carrier", "28e9", "--subcarrier-spacing", "3.84e6", "--symbol-interval", "5e-4")


TARGET = {"distance": 20.0, "azimuth": 0.2, "elevation": -0.15, "velocity": 4.0}  # of all files but the shard
POSE = look_at((0, 0, 5), (0, 25, 0))


def good_files(folder: Path) -> Path:
    """Make one good file of each kind that the command reads; the CSI file has two frames. Returns the folder."""
    tiny_shard(folder / "shard.h5")
    tiny_csi(folder / "csi.h5", num_frames=2, **TARGET)
    with h5py.File(folder / "csi.h5") as file:
        np.savez(folder / "bare.npz", channel=file["csi"][0])
    write_paths(folder / "paths.h5", PathFrame(point_target(POSE, **TARGET, gain=1e-5), POSE, 28e9))
    np.savez(folder / "sionna.npz", **sionna_arrays())
    savemat(folder / "deepmimo.mat", deepmimo_arrays())
    np.save(folder / "cruw.npy", philox(5).normal(size=(128, 128, 2)).astype(np.float32))
    return folder


def work_in_copy(made: Path, folder: Path, monkeypatch) -> Path:
    """Copy good files into a folder that a test may spoil, and work there."""
    for path in made.iterdir():
        shutil.copy(path, folder)
    monkeypatch.chdir(folder)
    return folder


def run(capsys, monkeypatch, *arguments) -> tuple[int, str, str]:
    """Exit status, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["radar-dsp", *map(str, arguments)])
    with pytest.raises(SystemExit) as done:
        cli.main()
    out, err = capsys.readouterr()
    return done.value.code or 0, out, err


def refused(result: tuple[int, str, str], message: str) -> None:
    """Assert one line, status 2."""
    status, out, err = result
    assert (status, out) == (2, ""), err
    assert err.splitlines()[-1].startswith("Error: ") and message in err.splitlines()[-1], err
    assert "Traceback" not in err
