import base64
import csv
import importlib.util
import json
import re
import subprocess
import sys

import h5py
import numpy as np
import pytest
import trimesh
import yaml
from PIL import Image

from blender_scenes.assets.surfaces import GRASS, PAVEMENT
from blender_scenes.renderer import BlenderRenderer
from radar_dsp.cli import app as radar_dsp
from radar_dsp.estimate import estimate_target
from radar_dsp.files import csi_from_shard
from raysim.app.cli import app
from raysim.app.geometry import read_geometry
from raysim.app.progress import Steps
from raysim.app.radio_config import RadioConfig, read_radio_config
from raysim.command import run
from raysim.materials import Material
from raysim.meshes import load_scene
from raysim.path_file import read_path_file
from raysim.paths import Paths
from raysim.pieces import Piece, assemble, radar_at
from raysim.shards.check import check
from raysim.shards.reader import open_shard
from raysim.shards.schema import PATHS
from tests.fixtures import box_triangles

RADAR = {"position": [6, 0, 1], "target": [0, 0, 0.5], "trace": {"launch": {"object_tubes": 2000}}}


def raysim(*arguments) -> int:
    return run(app, "raysim", [str(a) for a in arguments])


@pytest.fixture
def lot(tmp_path):
    """Export a metal box on a concrete floor, as glTF."""
    scene = trimesh.Scene()
    for name, size, height, material in (
        ("car_1", (2, 1, 1), 0.5, "itu_metal"),
        ("floor", (20, 20, 0.1), -0.05, "itu_concrete"),
    ):
        mesh = trimesh.creation.box(size)
        mesh.apply_translation((0, 0, height))
        mesh.visual = trimesh.visual.TextureVisuals(material=trimesh.visual.material.PBRMaterial(name=material))
        scene.add_geometry(mesh, node_name=name, geom_name=name)
    scene.export(tmp_path / "lot.glb")
    return tmp_path / "lot.glb"


@pytest.fixture
def radar(tmp_path):
    path = tmp_path / "radar.yaml"
    path.write_text(yaml.safe_dump(RADAR))
    return path


def test_trace_writes_every_path_and_tells_the_strongest(lot, radar, tmp_path, capsys):
    output = tmp_path / "paths.h5"
    assert raysim("trace", lot, "--up", "z", "--radar", radar, "-o", output, "--strongest", 4) == 0
    said = capsys.readouterr()
    assert "Warning" not in said.err
    rows = [line for line in said.out.splitlines() if line.startswith("│")]
    assert len(rows) == 4
    assert "car_1" in rows[0] and " 5.0" in rows[0]  # the near face, 5 m away, facing the radar
    assert any("floor ... car_1" in row for row in rows)  # its ghost by way of the floor
    with h5py.File(output) as file:
        assert file.attrs["format"] == "raysim-paths"
        assert file.attrs["carrier_frequency"] == 28e9
        assert yaml.safe_load(file.attrs["config"])["position"] == RADAR["position"]
        assert list(file["instances/name"].asstr()) == ["car_1", "floor"]
        assert file["radar/pose"][:3, 3] == pytest.approx([6, 0, 1])
        assert set(Paths.__dataclass_fields__) <= set(file["paths"])
        gain, delay = file["paths/gain"][:], file["paths/delay"][:]
        assert set(np.unique(file["paths/last_instance"])) == {1, 2}
    assert f"{len(gain)} paths of 2 objects, 24 triangles" in said.out
    # power of the near face, 1 m2 of conductor: more than -80 dB, less than an endless mirror's
    near = np.abs(delay * 299792458 / 2 - 5.0) < 0.1
    assert -80 < 20 * np.log10(abs((gain * np.exp(-2j * np.pi * np.mod(28e9 * delay, 1)))[near].sum())) < -50


@pytest.mark.slow
def test_its_file_goes_through_the_signal_processing(lot, radar, tmp_path):
    paths, csi = tmp_path / "paths.h5", tmp_path / "csi.h5"
    assert raysim("trace", lot, "--up", "z", "--radar", radar, "-o", paths) == 0
    assert run(radar_dsp, "radar-dsp", ["csi", str(paths), "-o", str(csi)]) == 0
    assert check(csi) == []
    with open_shard(csi) as shard:
        found = estimate_target(csi_from_shard(shard, 0)[0], max_range=20.0)
    print(f"near face at {found.range:.3f} m, built at 5.000 m; azimuth {np.degrees(found.azimuth):.2f} deg")
    assert found.range == pytest.approx(5.0, abs=0.05)
    assert found.azimuth == pytest.approx(0, abs=0.01)


STATIONS = """
stations:
  west: {position: [-6, -3, 2], target: [0, 0, 0.5]}
  east: {position: [6, -4, 3], yaw_deg: 146, tilt_deg: 15}
trace: {launch: {object_tubes: 2000, flat_footprint: 1.0}}
"""


def test_several_stations_make_a_file_a_pair(lot, radar, tmp_path, capsys):
    radar.write_text(STATIONS + "pairs: [[west, west], [west, east]]\n")
    assert raysim("trace", lot, "--up", "z", "--radar", radar, "-o", tmp_path / "p.h5", "--strongest", 3) == 0
    said = capsys.readouterr().out
    assert "west-east: strongest echoes" in said and "direct" in said
    assert sorted(path.name for path in tmp_path.glob("*.h5")) == ["p-west-east.h5", "p-west.h5"]
    own, heard = read_path_file(tmp_path / "p-west.h5"), read_path_file(tmp_path / "p-west-east.h5")
    assert (own.pair, heard.pair, heard.instances) == ("west", "west-east", ("car_1", "floor"))
    assert check(tmp_path / "p-west-east.h5") == []
    np.testing.assert_allclose(heard.radar.transmitter_pose, own.radar.pose, atol=1e-9)
    assert heard.radar.receiver == pytest.approx([6, -4, 3])
    tilt, yaw = np.radians(15), np.radians(146)
    forward = [np.cos(tilt) * np.cos(yaw), np.cos(tilt) * np.sin(yaw), -np.sin(tilt)]
    assert heard.radar.pose[:3, 2] == pytest.approx(forward)
    direct = heard.paths.select(heard.paths.depth == 0)
    assert direct.delay * 299792458 == pytest.approx(np.linalg.norm([12, -1, 1]))
    radar.write_text(STATIONS + "pairs: all\n")
    config = read_radio_config(radar)
    assert list(config.radars(load_scene(lot))) == ["west", "west-east", "east-west", "east"]


def test_echoes_of_a_file_as_a_table(lot, radar, tmp_path, capsys):
    paths, table = tmp_path / "p.h5", tmp_path / "echoes.csv"
    assert raysim("trace", lot, "--up", "z", "--radar", radar, "-o", paths, "--strongest", 0) == 0
    assert raysim("echoes", paths, "--strongest", 5, "--csv", table) == 0
    said = capsys.readouterr().out
    assert "paths of 2 objects at 28 GHz, received at (6.00, 0.00, 1.00) m" in said
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    best = rows[0]
    assert (best["first_object"], best["last_object"], best["kinds"]) == ("car_1", "car_1", "S")
    assert float(best["range_m"]) == pytest.approx(5.0, abs=0.1)
    assert float(best["delay_s"]) == pytest.approx(2 * float(best["range_m"]) / 299792458)
    assert float(best["last_x_m"]) == pytest.approx(1.0, abs=0.01)
    assert f"{float(best['power_db']):.1f}" in said
    coarse = tmp_path / "coarse.csv"
    assert raysim("echoes", paths, "--strongest", 1000, "--csv", coarse, "--cell", 5) == 0
    with coarse.open() as file:
        assert len(list(csv.DictReader(file))) < 20


def test_rain_weakens_and_echoes(lot, radar, tmp_path):
    found = {}
    for name, rain in (("dry", 0), ("wet", 100)):
        radar.write_text(yaml.safe_dump(RADAR | {"weather": {"rain": rain}}))
        output = tmp_path / f"{name}.h5"
        assert raysim("trace", lot, "--up", "z", "--radar", radar, "-o", output, "--strongest", 0) == 0
        found[name] = read_path_file(output).paths
    dry, wet = found["dry"], found["wet"].select(found["wet"].first_instance >= 0)
    lost = 20 * np.log10(np.abs(dry.gain / wet.gain)) / (dry.delay * 299792458)
    assert lost == pytest.approx(np.full(len(dry), 1e-3 * 0.1964 * 100**0.9277), rel=2e-3)  # dB/m, P.838-3, V, 28 GHz
    assert len(found["wet"]) - len(wet) > 1000  # drops
    table = tmp_path / "wet.csv"
    assert raysim("echoes", tmp_path / "wet.h5", "--strongest", 500, "--csv", table) == 0
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert {"air", "car_1"} <= {row["first_object"] for row in rows}
    assert "-0" not in {row["velocity_m_s"] for row in rows}


def test_rays_in_a_page(lot, radar, tmp_path, capsys):
    paths = tmp_path / "p.h5"
    assert raysim("trace", lot, "--up", "z", "--radar", radar, "-o", paths, "--strongest", 0) == 0
    assert raysim("view", paths, "--strongest", 20) == 0
    text = (tmp_path / "p.html").read_text()
    assert len(text) < 10e6
    page = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)[1])
    assert len(page["rays"]) == 20
    best = page["rays"][0]
    assert (best["objects"], best["kinds"], best["kind"], best["whole"]) == ("car_1", "S", 2, True)
    assert best["points"][0] == best["points"][-1] == pytest.approx([6, 0, 1])
    assert best["points"][1][0] == pytest.approx(1.0, abs=0.01)  # the near face
    levels = [ray["level"] for ray in page["rays"]]
    assert levels == sorted(levels, reverse=True)
    assert {part["name"] for part in page["surfaces"]} == {"car", "ground"}
    corners = np.frombuffer(base64.b64decode(page["surfaces"][0]["triangles"]), "<u4")
    assert len(corners) == 36
    assert [end["name"] for end in page["ends"]] == ["radar"]
    # the scene is looked for beside the file, and has to be the one that was traced
    moved = tmp_path / "elsewhere" / "p.h5"
    moved.parent.mkdir()
    paths.rename(moved)
    assert raysim("view", moved) == 2
    assert "say where with --scene" in capsys.readouterr().err
    assert raysim("view", moved, "--scene", lot, "-o", tmp_path / "q.html", "--strongest", 20) == 0
    assert (tmp_path / "q.html").read_text() == text
    trimesh.creation.box().export(tmp_path / "box.ply")
    assert raysim("view", moved, "--scene", tmp_path / "box.ply") == 2
    assert "of which the scene has 0: is it the same file?" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_file_for_any_number_of_threads(lot, radar, tmp_path):
    for name, threads in (("a.h5", 1), ("b.h5", 2)):
        common = ("trace", lot, "--up", "z", "--radar", radar, "--seed", 3, "--strongest", 0)
        assert raysim(*common, "-o", tmp_path / name, "--threads", threads) == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_trace_needs_no_configuration(lot, tmp_path, capsys):
    assert raysim("trace", lot, "--up", "z") == 0
    assert (tmp_path / "lot-paths.h5").exists()
    said = capsys.readouterr().out
    assert "strongest echoes" in said and "power [dB]" in said and "v [m/s]" in said


@pytest.mark.blender
@pytest.mark.slow
def test_a_blend_file_is_a_scene_too(tmp_path, capsys):
    if importlib.util.find_spec("bpy") is None:  # not imported here: it must live in a process of its own
        pytest.skip("no bpy wheel")
    code = (
        "import bpy, sys\n"
        "bpy.ops.wm.read_factory_settings(use_empty=True)\n"
        "bpy.ops.mesh.primitive_cube_add(size=1, location=(0, 0, 0.5), scale=(0.1, 0.2, 0.3))\n"
        "cube = bpy.context.object; cube.name = 'car_1'\n"
        "cube.data.materials.append(bpy.data.materials.new('paint'))\n"
        "bpy.data.materials['paint']['radio_material'] = sys.argv[2]\n"
        "bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.blend"), "itu_metal"], check=True, capture_output=True
    )
    assert raysim("rcs", tmp_path / "a.blend", "--to", 0, "--bandwidth", 0) == 0
    said = capsys.readouterr()
    assert "Warning" not in said.err
    with (tmp_path / "a-rcs.csv").open() as file:
        (row,) = csv.DictReader(file)
    area, wavelength = 0.06, 299792458 / 28e9
    assert float(row["rcs_dbsm"]) == pytest.approx(10 * np.log10(4 * np.pi * area**2 / wavelength**2), abs=0.1)


def test_the_projects_own_blend_files_keep_their_radio_materials(tmp_path, recwarn):
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("no bpy wheel")
    made = [GRASS, PAVEMENT, Material("glass of a door", "glass", (0.1, 0.1, 0.1), panel="side_window")]
    pieces = [Piece(f"thing {k}", "other", *box_triangles((1, 1, 1)), (material,)) for k, material in enumerate(made)]
    with BlenderRenderer(None, quality="draft") as blender:
        blender.save_blend(assemble(pieces, radar_at((9, 0, 3), (0, 0, 0))), tmp_path / "own.blend")
    read = read_geometry(tmp_path / "own.blend", None, None, None).materials
    for material, other in zip(made, read, strict=True):
        for name in ("electrical", "panel", "albedo", "scattering", "thickness"):
            assert getattr(other, name) == getattr(material, name), (material.name, name)
    assert not [str(w.message) for w in recwarn if "not known by name" in str(w.message)]


def test_rcs_writes_a_table_and_a_picture(tmp_path, capsys):
    trimesh.creation.box((0.1, 0.2, 0.3)).export(tmp_path / "box.ply")
    assert raysim("rcs", tmp_path / "box.ply", "--step", 45, "--bandwidth", 0) == 0
    said = capsys.readouterr()
    assert "Warning:" in said.err and "taken for metal" in said.err
    wavelength = 299792458 / 28e9
    with (tmp_path / "box-rcs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["azimuth_deg"]) for row in rows] == list(range(0, 361, 45))
    broadside = [float(row["rcs_dbsm"]) for row in rows if float(row["azimuth_deg"]) % 90 == 0]
    area = np.array([0.06, 0.03, 0.06, 0.03, 0.06])
    assert broadside == pytest.approx(10 * np.log10(4 * np.pi * area**2 / wavelength**2), abs=0.1)
    assert float(rows[0]["rcs_m2"]) == pytest.approx(10 ** (broadside[0] / 10), rel=1e-3)
    with Image.open(tmp_path / "box-rcs.png") as picture:
        assert np.asarray(picture).std() > 5
    assert raysim("rcs", tmp_path / "box.ply", "--to", 0, "--polarisation", "HV", "-o", tmp_path / "hv.csv") == 0
    with (tmp_path / "hv.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert float(row["rcs_dbsm"]) < broadside[0] - 40  # a plate turns no polarisation
    options = ("--from", -5, "--to", 5, "--step", 5, "--material", "metal", "-o", tmp_path / "fine.png")
    assert raysim("rcs", tmp_path / "box.ply", *options) == 0
    assert (tmp_path / "fine.csv").exists() and (tmp_path / "fine.png").exists()


def test_too_few_tubes_are_told(tmp_path, capsys):
    trimesh.creation.box((0.1, 0.2, 0.3)).export(tmp_path / "box.ply")
    assert raysim("rcs", tmp_path / "box.ply", "--to", 90, "--step", 90, "--tubes", 500, "--material", "metal") == 0
    assert (
        "Warning: at 2 of 2 aspects tubes are up to 1 wavelengths wide, not 0.33; flat faces" in capsys.readouterr().err
    )


def test_a_stopped_measurement_leaves_nothing(tmp_path, capsys, monkeypatch):
    def stop(steps):
        raise KeyboardInterrupt

    trimesh.creation.box((0.1, 0.2, 0.3)).export(tmp_path / "box.ply")
    monkeypatch.setattr("raysim.app.progress.Steps.advance", stop)
    assert raysim("rcs", tmp_path / "box.ply", "--step", 10) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "Error: interrupted"
    assert [path.name for path in tmp_path.iterdir()] == ["box.ply"]


def test_too_little_memory_is_one_line(lot, capsys, monkeypatch):
    def refuse(*_, **__):
        raise MemoryError("Unable to allocate 74.5 GiB for an array")

    monkeypatch.setattr("raysim.stations.trace", refuse)
    assert raysim("trace", lot, "--up", "z") == 2
    message = "Error: not enough memory: Unable to allocate 74.5 GiB for an array"
    assert capsys.readouterr().err.splitlines()[-1] == message
    assert [path.name for path in lot.parent.iterdir()] == ["lot.glb"]


def test_steps_are_told_in_lines_without_a_terminal(capsys, monkeypatch):
    clock = iter((0.0, 5.0, 12.0, 13.0))
    monkeypatch.setattr("raysim.app.progress.time.monotonic", lambda: next(clock))
    with Steps("aspects", 6) as steps:
        for _ in range(3):
            steps.advance()
    assert capsys.readouterr().err == "2 of 6 aspects, 12 s, about 24 s left\n"


def test_the_cross_section_of_one_object_of_a_scene(lot, tmp_path, capsys):
    options = ("--up", "z", "--to", 0, "--bandwidth", 0)
    assert raysim("rcs", lot, *options, "--object", "car_1", "-o", tmp_path / "car.csv") == 0
    with (tmp_path / "car.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert float(row["rcs_dbsm"]) == pytest.approx(10 * np.log10(4 * np.pi / (299792458 / 28e9) ** 2), abs=0.2)
    capsys.readouterr()
    assert raysim("rcs", lot, *options, "--object", "bike") == 2
    assert "has no object 'bike', only 'car_1', 'floor'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("paths/delay", np.nan, "paths/delay: must not be negative"),
        ("paths/gain", np.nan, "paths/gain: must be finite"),
        ("paths/last_instance", 99, "paths/last_instance: id 99 is beyond 2"),
        ("radar/pose", 0.0, "radar/pose: must be a rigid motion"),
    ],
)
def test_a_damaged_file_of_paths_is_no_table(name, value, message, lot, radar, tmp_path, capsys):
    file = tmp_path / "paths.h5"
    assert raysim("trace", lot, "--up", "z", "--radar", radar, "-o", file) == 0
    with h5py.File(file, "r+") as held:
        held[name][...] = np.full_like(held[name][...], value)
    assert raysim("echoes", file) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {file}: {message}"


def test_bad_input_ends_in_one_line(lot, radar, tmp_path, capsys):
    def refused(message, *arguments):
        assert raysim(*arguments) == 2
        last = capsys.readouterr().err.splitlines()[-1]
        assert last.startswith("Error: ") and message in last, last

    refused("no such file", "trace", tmp_path / "none.ply")
    refused("no such configuration", "trace", lot, "--radar", tmp_path / "none.yaml")
    refused("--up must be y or z, got 'x'", "trace", lot, "--up", "x")
    radar.write_text("position: [0, 0]\n")
    refused("radar.yaml: position", "trace", lot, "--radar", radar)
    radar.write_text("colour: red\n")
    refused("colour: Extra inputs are not permitted, got 'red'", "trace", lot, "--radar", radar)
    radar.write_text("position: [0, 0, 9]\ntarget: [0, 0, 0]\n")
    refused("must look sideways", "trace", lot, "--radar", radar)
    radar.write_text("position: [0, 0, 90]\ntarget: [500, 0, 99]\n")
    refused("nothing comes back", "trace", lot, "--radar", radar)
    refused("--step > 0", "rcs", lot, "--step", 0)
    refused("one of VV, HH, VH, HV, got 'LR'", "rcs", lot, "--polarisation", "LR")
    refused("--csv must end in .csv, got", "echoes", lot, "--csv", tmp_path / "a.txt")
    (tmp_path / "a-rcs.png").mkdir()
    refused("a-rcs.png: cannot be written, it is a folder", "rcs", lot, "-o", tmp_path / "a-rcs.csv")
    refused("must end in .csv or .png, got", "rcs", lot, "-o", tmp_path / "a.txt")
    refused("'floor' measures 28.3 m", "rcs", lot)


def test_the_file_of_paths_has_a_place_for_every_field():
    assert {f"paths/{name}" for name in Paths.__dataclass_fields__} <= {entry.name for entry in PATHS}
    assert RadioConfig.model_validate(yaml.safe_load(RadioConfig().to_yaml())) == RadioConfig()
    assert read_radio_config(None) == RadioConfig()
