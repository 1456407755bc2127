"""What no radar can see ends in one line, for `raysim trace` and `raysim rcs` alike, and leaves no file."""

import json
import subprocess
import sys

import numpy as np
import pytest
import trimesh

from raysim.app.cli import app
from raysim.command import run
from raysim.materials import Material
from raysim.mesh_clean import BYTES_PER_TRIANGLE


def box(material="itu_metal"):
    mesh = trimesh.creation.box((1, 1, 1))
    mesh.visual = trimesh.visual.TextureVisuals(material=trimesh.visual.material.PBRMaterial(name=material))
    return mesh


def gltf(**changes):
    """Text of a .gltf whose buffers lie beside it in a file that is not there, or with other changes."""
    text = trimesh.exchange.gltf.export_gltf(trimesh.Scene(box()))["model.gltf"]
    data = json.loads(text) | changes
    for buffer in data["buffers"]:
        buffer["uri"] = "gone.bin"
    return json.dumps(data)


def xml(inside, kind="cube"):
    return f'<scene version="3.0.0"><shape type="{kind}" id="x">{inside}</shape></scene>'


def sionna(**values):
    floats = "".join(f'<float name="{name}" value="{value}"/>' for name, value in values.items())
    return xml(f'<bsdf type="itu-radio-material" id="m"><string name="type" value="concrete"/>{floats}</bsdf>')


NOISE = np.random.default_rng(0).bytes(500)
FILES = [
    ("empty.obj", "", "holds no triangles"),
    ("no-area.obj", "v 0 0 0\nv 1 0 0\nv 2 0 0\nusemtl metal\nf 1 2 3\n", "all 1 triangles are without area"),
    ("nan.obj", "v 0 0 nan\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", "vertex that is not finite: 'v 0 0 nan'"),
    ("zero.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0/1 1/1 2/1\n", "vertices count from 1, got 'f 0/1 1/1 2/1'"),
    ("radius.xml", xml('<float name="radius" value="-1"/>', "sphere"), "radius must be above 0, got -1"),
    ("point.xml", xml('<point name="center" value="1 2"/>', "sphere"), "<point> takes three numbers, got 2"),
    ("empty.xml", "<scene/>", "holds no triangles"),
    ("noise.obj", NOISE, "holds no triangles"),
    ("noise.glb", NOISE, "cannot be read as .glb"),
    ("noise.stl", NOISE, "holds no triangles"),
    ("word.off", "hello", "cannot be read as .off"),
    ("half.glb", box().export(file_type="glb")[:200], "cannot be read as .glb"),
    ("half.ply", box().export(file_type="ply")[:300], "cannot be read as .ply"),
    ("brace.gltf", "{", "cannot be read as .gltf"),
    ("buffer.gltf", gltf(), "gone.bin"),
    ("mesh.xml", xml('<string name="filename" value="gone.ply"/>', "ply"), "gone.ply: there is no such file"),
    ("thickness.xml", sionna(thickness=-1), "bsdf 'concrete': thickness must be >= 0 m and finite, got -1"),
    ("word.xml", sionna(thickness="thin"), "thickness: expected a number, got 'thin'"),
    ("lobe.xml", sionna(alpha_r=0.5), "lobe: alpha_r must be a whole number in [1, 100], got 0.5"),
    ("scattering.xml", sionna(scattering_coefficient=1.5), "scattering_coefficient must lie in [0, 1], got 1.5"),
    ("text.txt", "x", "a scene ends in one of .xml, .glb"),
    ("folder.obj", None, "a scene ends in one of"),
    ("missing.ply", ..., "missing.ply: there is no such file"),
    ("missing.blend", ..., "missing.blend"),
]


@pytest.mark.parametrize("command", ["trace", "rcs"])
@pytest.mark.parametrize(("name", "contents", "message"), FILES, ids=[name for name, _, _ in FILES])
def test_files_that_are_no_scene(command, name, contents, message, tmp_path, capsys):
    path = tmp_path / name
    if contents is None:
        path.mkdir()
    elif contents is not ...:
        path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
    before = sorted(tmp_path.iterdir())
    assert run(app, "raysim", [command, str(path)]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("Error: ") and message in last, last
    assert sorted(tmp_path.iterdir()) == before


PLACES = [
    ("position: [0, 0, 0.1]\ntarget: [5, 0, 0]", "transmitter at [0.0, 0.0, 0.1] stands inside or under 'block'"),
    (
        "position: [3, 0, 0.1]\ntarget: [0, 0, 0.1]\ntransmitter_offset: [0, 0, 3]",
        "transmitter at [0.0, 0.0, 0.1] stands inside or under 'block'",
    ),
    ("position: [5, 0, -1]\ntarget: [0, 0, -1]", "stands inside or under 'floor'"),
    ("position: [5, 0, 1]\nyaw_deg: 0\ntilt_deg: -60", "nothing comes back; does the radar look"),
    ("position: [1e9, 0, 0]", "nothing comes back; does the radar look"),
    ("position: [.inf, 0, 0]", "position.0: Input should be a finite number"),
    ("position: [5, 0, 9]\ntarget: [5, 0, 1]", "straight up or down is yaw_deg and tilt_deg"),
    ("tilt_deg: 5", "tilt_deg and roll_deg go with yaw_deg"),
    ("yaw_deg: 3\ntarget: [1, 2, 3]", "looks either at a target or along yaw_deg, got [1.0, 2.0, 3.0] and 3"),
    ("yaw_deg: 3\ntilt_deg: 95", "tilt_deg: Input should be less than or equal to 90, got 95"),
    ("pairs: all", "pairs need stations"),
    ("stations: {a: {position: [3, 0, 1]}}\npairs: [[a, b]]", "pairs are of the stations a, got b"),
    ("stations: {a: {position: [3, 0, 1]}}\npairs: [[a, a], [a, a]]", "at least one pair, and none twice"),
    ("stations: {a/b: {position: [3, 0, 1]}}", "a station's name has letters, digits and _, got 'a/b'"),
    ("stations: {a: {}}\nposition: [3, 0, 1]", "position: belongs to each of the stations"),
    ("trace: {leakage: {isolation_db: -3}}", "isolation_db: Input should be greater than or equal to 0, got -3"),
    ("trace: {leakage: {isolation_db: 60}}\nradar: {impairments: {isolation_db: 60}}", "got both"),
    ("weather: {rain: -5}", "weather.rain: Input should be greater than or equal to 0, got -5"),
    ("weather: {hail: 5}", "weather.hail: Extra inputs are not permitted"),
    ("geometry: {scale: 0}", "geometry.scale: Input should be greater than 0, got 0"),
    ("radar: {carrier_frequency: -1}", "radar.carrier_frequency: Input should be greater than 0"),
    ("radar: {carrier_frequency: 1.0e+18}", "carrier frequency must lie in 1e+08 to 1e+12 Hz, got 1e+18"),
    ("trace: {launch: {flat_footprint: 1.0e-9}}", "the field of view takes"),
    ("trace: {launch: {flat_footprint: .nan}}", "flat_footprint: Input should be a finite number, got nan"),
    (
        "trace: {launch: {feet: 1}}",
        "feet: Extra inputs are not permitted, got 1; allowed here: azimuth_limit, elevation_",
    ),
    (
        "stations: {a: {feet: 1}}",
        "stations.a.feet: Extra inputs are not permitted, got 1; allowed here: position, target",
    ),
    ("{", "not YAML"),
    ("- a", "should be a valid dictionary"),
]


@pytest.fixture(scope="module")
def lot(tmp_path_factory):
    scene = trimesh.Scene()
    scene.add_geometry(box(), node_name="block", geom_name="block")
    floor = trimesh.creation.box((20, 20, 1))
    floor.apply_translation((0, 0, -1.0))
    scene.add_geometry(floor, node_name="floor", geom_name="floor")
    path = tmp_path_factory.mktemp("lot") / "lot.glb"
    scene.export(path)
    return path


@pytest.mark.parametrize(("text", "message"), PLACES, ids=[text[:40] for text, _ in PLACES])
def test_radars_that_cannot_look(text, message, lot, tmp_path, capsys):
    (tmp_path / "r.yaml").write_text(text)
    output = str(tmp_path / "p.h5")
    options = ["--up", "z", "--material", "metal", "--radar", str(tmp_path / "r.yaml"), "-o", output]
    assert run(app, "raysim", ["trace", str(lot), *options]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("Error: ") and message in last, last
    assert list(tmp_path.iterdir()) == [tmp_path / "r.yaml"]


def test_a_room_may_be_a_box(lot, tmp_path):
    (tmp_path / "r.yaml").write_text("position: [0, 0, 0.1]\ntarget: [0.5, 0, 0]\nindoors: true")
    options = ["--up", "z", "--material", "metal", "--radar", str(tmp_path / "r.yaml"), "-o", str(tmp_path / "p.h5")]
    assert run(app, "raysim", ["trace", str(lot), *options]) == 0
    assert (tmp_path / "p.h5").exists()


def test_one_station_that_sees_nothing_does_not_stop_the_others(lot, tmp_path, capsys):
    place = "position: [5, 0, 1]"
    (tmp_path / "r.yaml").write_text(f"stations: {{up: {{{place}, yaw_deg: 0, tilt_deg: -60}}, in: {{{place}}}}}")
    options = ["--up", "z", "--material", "metal", "--radar", str(tmp_path / "r.yaml"), "-o", str(tmp_path / "p.h5")]
    assert run(app, "raysim", ["trace", str(lot), *options]) == 0
    assert "nothing comes back of up: no file of it" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p-in.h5", "r.yaml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trace", "{lot}", "-o", "{lot}"), "--output must end in .h5 or .hdf5"),
        (("trace", "{lot}", "-o", "/nowhere/p.h5"), "there is no folder /nowhere"),
        (("trace", "{lot}", "--scale", "nan"), "scale must be above 0, got nan"),
        (("trace", "{lot}", "--scale", "1e9"), "map coordinates?"),
        (("trace", "{lot}", "--material", "cheese"), "got 'cheese'"),
        (("rcs", "{lot}", "-o", "/nowhere/p.csv"), "there is no folder /nowhere"),
        (("rcs", "{lot}", "--step", "1e-9"), "under 100000 steps"),
        (("rcs", "{lot}", "--to", "inf"), "under 100000 steps"),
        (
            ("rcs", "{lot}", "--frequency", "nan", "--to", "0"),
            "carrier frequency must lie in 1e+08 to 1e+12 Hz, got nan",
        ),
        (("rcs", "{lot}", "--elevation", "90", "--to", "0"), "elevations within"),
        (("echoes", "{lot}"), "is not a readable HDF5 file"),
        (("view", "{lot}"), "is not a readable HDF5 file"),
    ],
    ids=lambda value: " ".join(value[:1] + value[2:]) if isinstance(value, tuple) else "",
)
def test_options_that_cannot_be(arguments, message, lot, capsys):
    content = lot.read_bytes()
    assert run(app, "raysim", [argument.format(lot=lot) for argument in arguments]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("Error: ") and message in last, last
    assert lot.read_bytes() == content


def test_a_texture_that_is_missing_does_not_matter(tmp_path, capsys):
    files = trimesh.exchange.gltf.export_gltf(trimesh.Scene(box()))
    data = json.loads(files.pop("model.gltf"))
    data |= {"images": [{"uri": "gone.png"}], "textures": [{"source": 0}]}
    data["materials"][0].setdefault("pbrMetallicRoughness", {})["baseColorTexture"] = {"index": 0}
    (tmp_path / "a.gltf").write_text(json.dumps(data))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert run(app, "raysim", ["rcs", str(tmp_path / "a.gltf"), "--to", "0", "--bandwidth", "0"]) == 0
    assert "Warning" not in capsys.readouterr().err


def test_unknown_and_impossible_materials():
    with pytest.raises(ValueError, match=r"'m': electrical must be one of .*got 'cheese'"):
        Material("m", "cheese", (1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match=r"'m': rms_height must be >= 0 m and finite, got -0.001"):
        Material("m", "metal", (1.0, 1.0, 1.0), rms_height=-1e-3)
    with pytest.raises(ValueError, match=r"'m': rms_height must be >= 0 m and finite, got nan"):
        Material("m", "metal", (1.0, 1.0, 1.0), rms_height=float("nan"))
    with pytest.raises(ValueError, match=r"'m': scattering must lie in \[0, 1\], got -0.1"):
        Material("m", "metal", (1.0, 1.0, 1.0), scattering=-0.1)


@pytest.mark.slow
def test_ten_million_triangles_work_or_say_what_they_need(tmp_path):
    """A wavy ground of 2237 x 2237 squares, 190 MB: about 6 GiB and half a minute of processor time to trace."""
    side = 2238
    x, y = (a.ravel() for a in np.meshgrid(np.arange(side), np.arange(side)))
    first = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    lower, upper = np.array([0, 1, side + 1]), np.array([0, side + 1, side])
    triangles = np.concatenate([first[:, None] + lower, first[:, None] + upper])
    vertices = 0.02 * np.column_stack([x, y, 3 * np.sin(x / 9)])
    trimesh.Trimesh(vertices, triangles, process=False).export(tmp_path / "big.ply")
    (tmp_path / "r.yaml").write_text("trace: {launch: {flat_footprint: 1.0}}")
    code = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from raysim.app.cli import app\n"
        "from raysim.command import run\n"
        "status = run(app, 'raysim', sys.argv[1:])\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) * 1024)\n"
        "sys.exit(status)\n"
    )
    options = ["--material", "concrete", "--radar", str(tmp_path / "r.yaml"), "--strongest", "0"]
    command = [sys.executable, "-c", code, "trace", str(tmp_path / "big.ply"), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    peak = int(done.stdout.splitlines()[-1])
    print(f"{len(triangles)} triangles: status {done.returncode}, peak {peak / 2**30:.1f} GiB; {done.stderr[-300:]}")
    if done.returncode:
        assert done.returncode == 2 and "GiB of memory" in done.stderr.splitlines()[-1]
        assert peak < 0.5 * BYTES_PER_TRIANGLE * len(triangles)  # before it took the memory
    else:
        assert f"{len(triangles)} triangles" in done.stdout
        assert peak < 1.2 * BYTES_PER_TRIANGLE * len(triangles)
