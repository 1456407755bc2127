"""From a mesh to dBsm through the commands: trace, CSI, estimate and the levels of maps."""

import json

import h5py
import numpy as np
import pytest
import trimesh

from radar_dsp.cli import app as radar_dsp
from raysim.app.cli import app as raysim
from raysim.command import run


def test_a_sphere_reads_its_cross_section(tmp_path, monkeypatch, capsys):
    """pi r^2 within 0.15 dB at the target's own place, within the scalloping of three axes in a map's cell."""
    monkeypatch.chdir(tmp_path)
    sphere = trimesh.creation.icosphere(subdivisions=5, radius=0.5)  # facets of 1.6 wavelengths
    sphere.apply_translation((0, 30, 5))
    sphere.export("sphere.ply")
    (tmp_path / "radar.yaml").write_text("position: [0, 0, 5]\ntarget: [0, 30, 5]\n")
    for app, line in (
        (raysim, "trace sphere.ply --radar radar.yaml -o paths.h5"),
        (radar_dsp, "csi paths.h5 --preset nr-120 --max-range 40 -o csi.h5"),
        (radar_dsp, "estimate csi.h5 --strongest -o targets.json"),
        (radar_dsp, "heatmap csi.h5 --level dbsm -o map.h5"),
    ):
        assert run(app, "test", line.split()) == 0, line
    truth = 10 * np.log10(np.pi * 0.5**2)
    (found,) = json.loads((tmp_path / "targets.json").read_text())["targets"]
    assert found["range"] == pytest.approx(29.5, abs=0.02)
    assert found["cross_section_dbsm"] == pytest.approx(truth, abs=0.15)
    with h5py.File("map.h5") as file:
        assert truth - 4 < file["heatmap"][()].max() < truth + 0.15
    capsys.readouterr()
