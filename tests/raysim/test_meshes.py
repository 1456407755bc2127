import base64
import json
import subprocess
import sys
import warnings

import numpy as np
import pytest
import trimesh

from blender_scenes.assets.surfaces import GRASS
from raysim.curvature import FLAT_RADIUS
from raysim.materials import Lobe, Material
from raysim.mesh_clean import BYTES_PER_TRIANGLE, cluster_vertices, split_creases
from raysim.meshes import category_of, load_pieces, load_scene, surface_material

SIONNA = """<scene version="2.1.0">
  <default name="spp" value="4096"/>
  <bsdf type="twosided" id="mat-itu_concrete"><bsdf type="diffuse">
    <rgb value="0.5 0.25 0.125" name="reflectance"/></bsdf></bsdf>
  <bsdf type="itu-radio-material" id="pane"><string name="type" value="glass"/>
    <float name="thickness" value="0.006"/></bsdf>
  <shape type="ply" id="mesh-building_1"><string name="filename" value="meshes/box.ply"/>
    <ref id="mat-itu_concrete" name="bsdf"/>
    <transform name="to_world"><scale value="2"/><rotate z="1" angle="90"/><translate x="10"/></transform></shape>
  <shape type="rectangle" id="mesh-window"><ref id="pane" name="bsdf"/></shape>
</scene>"""


def box(size=(1.0, 2.0, 3.0), material=None):
    mesh = trimesh.creation.box(size)
    if material:
        mesh.visual = trimesh.visual.TextureVisuals(material=trimesh.visual.material.PBRMaterial(name=material))
    return mesh


def export(tmp_path, name, **objects):
    scene = trimesh.Scene()
    for key, mesh in objects.items():
        scene.add_geometry(mesh, node_name=key, geom_name=key)
    scene.export(tmp_path / name)
    return tmp_path / name


def extent(piece):
    return np.ptp(piece.vertices, axis=0)


def test_gltf_objects_stand_upright_with_their_materials(tmp_path):
    path = export(tmp_path, "a.glb", car_1=box(material="itu_metal"), floor=box((9, 0.1, 9), "ITU-Concrete.001"))
    car, floor = load_pieces(path)
    assert [(p.name, p.category, p.is_target) for p in (car, floor)] == [
        ("car_1", "car", True), ("floor", "ground", False),
    ]  # fmt: skip
    assert [p.materials[0].electrical for p in (car, floor)] == ["metal", "concrete"]
    assert extent(car) == pytest.approx([1, 3, 2])  # the file's y points up
    assert extent(load_pieces(path, up="z", scale=0.5)[0]) == pytest.approx([0.5, 1, 1.5])


def test_every_format_gives_the_same_volume_and_twelve_triangles(tmp_path):
    for suffix in ("ply", "stl", "obj", "off", "glb"):
        box().export(tmp_path / f"b.{suffix}")
        with pytest.warns(UserWarning, match="not known by name, taken for metal"):
            (piece,) = load_pieces(tmp_path / f"b.{suffix}", up="z")
        assert len(piece.triangles) == 12
        assert len(piece.vertices) == 24  # hard edges share nothing: four a face
        assert trimesh.Trimesh(piece.vertices, piece.triangles, process=False).volume == pytest.approx(6)


def test_gltf_meshes_of_several_materials_and_nodes_stay_one_object_a_node(tmp_path):
    """One mesh of two primitives, glass and metal, placed by two nodes, one of them mirrored."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.uint16)
    data = base64.b64encode(corners.tobytes() + faces.tobytes()).decode()
    views = [{"buffer": 0, "byteOffset": at, "byteLength": size} for at, size in ((0, 48), (48, 6), (54, 6))]
    accessors = [
        {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 1]},
        *({"bufferView": view, "componentType": 5123, "count": 3, "type": "SCALAR"} for view in (1, 2)),
    ]
    gltf = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0, 1]}],
        "nodes": [
            {"name": "near", "mesh": 0, "translation": [5, 0, 0]}, {"name": "far", "mesh": 0, "scale": [-1, 1, 1]},
        ],
        "meshes": [{"name": "thing", "primitives": [
            {"attributes": {"POSITION": 0}, "indices": 1, "material": 0},
            {"attributes": {"POSITION": 0}, "indices": 2, "material": 1},
        ]}],
        "materials": [{"name": "itu_glass"}, {"name": "itu_metal"}],
        "accessors": accessors, "bufferViews": views,
        "buffers": [{"byteLength": 60, "uri": f"data:application/octet-stream;base64,{data}"}],
    }  # fmt: skip
    (tmp_path / "a.gltf").write_text(json.dumps(gltf))
    far, near = load_pieces(tmp_path / "a.gltf", up="z")
    assert (far.name, near.name) == ("far", "near")
    for piece, x, side in ((near, [5, 6], 1), (far, [-1, 0], -1)):
        assert sorted(piece.materials[i].electrical for i in piece.material) == ["glass", "metal"]
        assert [piece.vertices[:, 0].min(), piece.vertices[:, 0].max()] == pytest.approx(x)
        normals = trimesh.Trimesh(piece.vertices, piece.triangles, process=False).face_normals
        laws = [piece.materials[i].electrical for i in piece.material]
        assert normals[laws.index("glass")] == pytest.approx([0, 0, 1])
        assert normals[laws.index("metal")] == pytest.approx([side, 0, 0])


def test_an_obj_tells_objects_and_materials_apart_without_its_material_file(tmp_path):
    text = "mtllib lost.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\no wall\nusemtl itu_brick\nf 1 2 3\n"
    (tmp_path / "a.obj").write_text(text + "usemtl itu_glass\nf 1 2 4\no pole\nusemtl itu_metal\nf 2 3 4\n")
    pole, wall = load_pieces(tmp_path / "a.obj")
    assert (pole.name, wall.name) == ("pole", "wall")
    assert sorted(wall.materials[i].electrical for i in wall.material) == ["brick", "glass"]
    (tmp_path / "car.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl itu_metal\nf 1 2 3\n")
    (unnamed,) = load_pieces(tmp_path / "car.obj")
    assert (unnamed.name, unnamed.category) == ("car", "car")


def test_sionna_scenes_come_with_transforms_and_radio_materials(tmp_path):
    (tmp_path / "meshes").mkdir()
    box().export(tmp_path / "meshes" / "box.ply")
    (tmp_path / "scene.xml").write_text(SIONNA)
    building, window = load_pieces(tmp_path / "scene.xml")
    assert (building.category, building.materials[0].electrical) == ("building", "concrete")
    assert building.materials[0].colour == (0.5, 0.25, 0.125)
    assert building.vertices.min(0) == pytest.approx([8, -1, -3])
    assert building.vertices.max(0) == pytest.approx([12, 1, 3])
    assert (window.materials[0].electrical, window.materials[0].thickness) == ("glass", 0.006)
    triangles = trimesh.Trimesh(window.vertices, window.triangles, process=False)
    assert triangles.face_normals == pytest.approx(np.tile([0, 0, 1.0], (2, 1)))


def test_materials_of_one_name_may_differ_in_thickness_and_scattering(tmp_path):
    def pane(name, **values):
        floats = "".join(f'<float name="{key}" value="{value}"/>' for key, value in values.items())
        bsdf = f'<bsdf type="itu-radio-material" id="m-{name}"><string name="type" value="glass"/>{floats}</bsdf>'
        return f'<shape type="rectangle" id="{name}">{bsdf}</shape>'

    shapes = pane("a", thickness=0.004) + pane("b", thickness=0.01, scattering_coefficient=0.3)
    shapes += pane("c") + pane("d", alpha_r=4) + pane("e", alpha_r=4, alpha_i=2, lambda_=0.3)
    (tmp_path / "s.xml").write_text(f"<scene>{shapes}</scene>")
    found = [piece.materials[0] for piece in load_pieces(tmp_path / "s.xml")]
    assert [(m.electrical, m.thickness, m.scattering, m.lobe) for m in found] == [
        ("glass", 0.004, 0.0, None), ("glass", 0.01, 0.3, None), ("glass", 0.0, 0.0, None),
        ("glass", 0.0, 0.0, Lobe(4)), ("glass", 0.0, 0.0, Lobe(4, 2, share=0.3)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "steps",
    [
        '<scale value="2"/><translate x="3" z="1"/>',
        '<scale value="2, 2, 2"/><translate value="3 0 1"/>',
        '<matrix value="2 0 0 3 0 2 0 0 0 0 2 1 0 0 0 1"/>',
        '<rotate y="1" angle="90"/><scale x="2" y="2" z="2"/><rotate value="0 1 0" angle="-90"/>'
        '<translate value="3,0,1"/>',
    ],
)
def test_one_transform_has_many_spellings(tmp_path, steps):
    shape = f'<shape type="rectangle" id="r"><transform name="to_world">{steps}</transform></shape>'
    (tmp_path / "a.xml").write_text(f"<scene>{shape}</scene>")
    (piece,) = load_pieces(tmp_path / "a.xml", default_material="metal")
    assert piece.vertices.min(0) == pytest.approx([1, -2, 1])
    assert piece.vertices.max(0) == pytest.approx([5, 2, 1])


@pytest.mark.parametrize("place", ['value="1, 12, -3"', 'x="1" y="12" z="-3"'])
def test_a_sphere_stands_at_its_centre(tmp_path, place):
    (tmp_path / "a.xml").write_text(
        f'<scene version="3.0.0"><shape type="sphere" id="s"><float name="radius" value="0.5"/>'
        f'<point name="center" {place}/></shape></scene>'
    )
    vertices = load_scene(tmp_path / "a.xml", default_material="metal").frame(0).vertices
    assert np.linalg.norm(vertices - [1, 12, -3], axis=1) == pytest.approx(0.5)


def test_a_mirrored_transform_keeps_the_outside_outside(tmp_path):
    (tmp_path / "a.xml").write_text(
        '<scene><shape type="cube" id="b"><transform><scale x="-1" y="2"/></transform></shape></scene>'
    )
    (piece,) = load_pieces(tmp_path / "a.xml", default_material="metal")
    assert trimesh.Trimesh(piece.vertices, piece.triangles, process=False).volume == pytest.approx(16)


def test_creases_split_by_their_angle():
    cylinder = trimesh.creation.cylinder(1.0, 2.0, sections=32)
    vertices, triangles = split_creases(np.asarray(cylinder.vertices), np.asarray(cylinder.faces))
    assert len(vertices) == 64 + 2 * 33  # the smooth side, and each lid with its middle
    for limit, shared in ((np.radians(5), False), (np.radians(100), True)):
        vertices, _ = split_creases(np.asarray(cylinder.vertices), np.asarray(cylinder.faces), crease=limit)
        assert (len(vertices) == len(cylinder.vertices)) == shared
    assert triangles.dtype == np.int32


def test_a_sphere_of_loose_triangles_is_curved_again(tmp_path):
    sphere = trimesh.creation.icosphere(4, 0.7)
    loose = trimesh.Trimesh(sphere.triangles.reshape(-1, 3), np.arange(3 * len(sphere.faces)).reshape(-1, 3))
    loose.export(tmp_path / "s.stl")
    scene = load_scene(tmp_path / "s.stl", default_material="metal")
    assert len(scene.mesh.vertices) == len(sphere.vertices)
    assert np.median(scene.mesh.radius_of_curvature) == pytest.approx(0.7, rel=0.03)
    assert scene.mesh.radius_of_curvature.max() < FLAT_RADIUS


def test_a_thinned_mesh_keeps_its_shape():
    sphere = trimesh.creation.icosphere(6, 2.0)  # 81,920 triangles
    vertices, triangles, kept = cluster_vertices(np.asarray(sphere.vertices), np.asarray(sphere.faces), most=3000)
    assert 500 < len(triangles) <= 3000
    thinned = trimesh.Trimesh(vertices, triangles, process=False)
    assert thinned.area == pytest.approx(sphere.area, rel=0.1)
    assert np.linalg.norm(vertices, axis=1) == pytest.approx(np.full(len(vertices), 2.0), abs=1e-6)
    assert len(kept) == len(triangles) and (np.diff(kept) > 0).all()
    gap = np.linalg.norm(thinned.triangles_center - sphere.triangles_center[kept], axis=1)
    assert gap.max() < 0.3  # each stands for the one it is
    whole = cluster_vertices(vertices, triangles, most=3000)
    np.testing.assert_array_equal(whole[1], triangles)


def test_triangles_without_area_are_left_out_with_one_warning(tmp_path):
    lines = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 2 0 0\nv 1 0 0\n"
    (tmp_path / "a.obj").write_text(lines + "usemtl metal\nf 1 2 3\nf 1 2 4\nf 2 5 3\n")
    with pytest.warns(UserWarning, match="2 of 3 triangles have no area") as said:
        (piece,) = load_pieces(tmp_path / "a.obj")
    assert (len(said), len(piece.triangles)) == (1, 1)
    (tmp_path / "b.obj").write_text(lines + "usemtl metal\nf 1 2 4\n")
    with pytest.raises(ValueError, match="all 1 triangles"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        load_pieces(tmp_path / "b.obj")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"up": "x"}, r"up must be y or z, got 'x'"),
        ({"crease": np.nan}, r"crease must lie in 0 to pi rad, got nan"),
        ({"materials": {"chese": Material("a", "wood", (0.5, 0.5, 0.5))}}, r"no surface has the material 'chese'"),
    ],
)
def test_options_that_nothing_follows_are_refused(options, message, tmp_path):
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(ValueError, match=message):
        load_pieces(tmp_path / "a.obj", default_material="metal", **options)


def test_bad_files_say_what_is_wrong(tmp_path):
    def refused(name, text, message, error=ValueError):
        if text is not None:
            (tmp_path / name).write_text(text)
        with pytest.raises(error, match=message):
            load_pieces(tmp_path / name, default_material="metal")

    refused("a.obj", "v 0 0 0\nv 1 0 nan\nv 0 1 0\nf 1 2 3\n", "not finite: 'v 1 0 nan'")
    refused("empty.obj", "v 0 0 0\n", "holds no triangles|cannot be read")
    refused("a.ply", "no mesh at all", "cannot be read as .ply")
    refused("a.glb", "no mesh at all", "cannot be read as .glb")
    refused("a.fbx", "x", "ends in one of .xml, .glb")
    refused("missing.ply", None, "no such file", FileNotFoundError)
    refused("a.xml", "<scene>", "not XML")
    refused("b.xml", "<mesh/>", "starts with <scene>")
    refused("c.xml", '<scene><shape type="blob" id="x"/></scene>', "type must be one of ply.*'blob'")
    refused("d.xml", '<scene><shape type="cube"><ref id="y"/></shape></scene>', "refers to 'y'")
    refused(
        "f.xml", '<scene><shape type="cube" id="x"><transform><scale x="big"/></transform></shape></scene>', "'big'"
    )
    refused(
        "g.xml", '<scene><shape type="cube" id="x"><transform><rotate angle="9"/></transform></shape></scene>', "axis"
    )
    refused(
        "h.xml", '<scene><shape type="cube"><transform><matrix value="1 2"/></transform></shape></scene>', "9 or 16"
    )
    refused("e.xml", "<scene/>", "holds no triangles")
    path = tmp_path / "nan.ply"
    mesh = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, np.inf, 0]], [[0, 1, 2]], process=False, validate=False)
    path.write_bytes(trimesh.exchange.ply.export_ply(mesh))
    refused("nan.ply", None, "1 of 3 vertices are not finite; vertex 2")
    mesh = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False)
    data = trimesh.exchange.ply.export_ply(mesh)
    path.write_bytes(data[:-4] + (1999).to_bytes(4, "little"))
    refused("nan.ply", None, "'nan': damaged: a triangle has vertex 1999, there are 3")
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"lies 4e\+05 m from the origin, allowed are 100000 m"):
        load_pieces(path, scale=4e5, default_material="metal")
    with pytest.raises(ValueError, match=r"scale must be above 0, got -1"):
        load_pieces(path, scale=-1)
    with pytest.raises(ValueError, match=r"default_material must be one of .*got 'cheese'"):
        load_pieces(path, default_material="cheese")


def test_unknown_materials_are_named_once_and_can_be_given(tmp_path):
    path = export(tmp_path, "a.glb", one=box(material="Unobtainium"), two=box(material="Cheese"))
    with pytest.warns(UserWarning, match=r"'Unobtainium', 'Cheese': not known by name, taken for metal") as said:
        load_pieces(path)
    assert len(said) == 1
    cheese = Material("cheese", "plastic", (1.0, 0.9, 0.2))
    one, two = load_pieces(path, materials={"Cheese": cheese}, default_material="wood")
    assert (one.materials[0].electrical, two.materials[0]) == ("wood", cheese)
    assert one.materials[0].name == "Unobtainium"
    assert one.materials[0].scattering == surface_material("wood").scattering > 0  # as rough as a named one


def test_more_triangles_than_memory_holds_are_refused(tmp_path, monkeypatch):
    box(material="metal").export(tmp_path / "b.glb")
    monkeypatch.setattr("raysim.meshes.available_memory", lambda: 11.0 * BYTES_PER_TRIANGLE)
    with pytest.raises(ValueError, match=r"12 triangles need about .* GiB of memory"):
        load_pieces(tmp_path / "b.glb")


@pytest.mark.parametrize("name", ["Grass", "itu_lawn.002"])
def test_grass_is_a_canopy_as_in_the_projects_own_scenes(name):
    material = surface_material(name)
    assert (material.electrical, material.scattering, material.albedo) == ("foliage", 1.0, GRASS.albedo)


def test_names_and_sizes_tell_kinds():
    assert category_of("Car_Body.003", 4.0) == "car"
    assert category_of("north-walls", 4.0) == "building"
    assert category_of("carpet", 4.0) == "other"
    assert category_of("altes_rathaus", 40.0) == "building"
    assert surface_material("itu_brick").rms_height > 0
    assert surface_material("cheese") is None


@pytest.mark.slow
def test_a_million_triangles_stay_within_the_stated_memory(tmp_path):
    """Peak from the file to a ray caster; in a process of its own, as the peak of a process never falls."""
    side = np.arange(709.0)
    x, y = (a.ravel() for a in np.meshgrid(side, side))
    first = (np.arange(708)[:, None] * 709 + np.arange(708)).ravel()
    lower, upper = np.array([0, 1, 710]), np.array([0, 710, 709])
    triangles = np.concatenate([first[:, None] + lower, first[:, None] + upper])
    trimesh.Trimesh(np.column_stack([x, y, np.sin(x / 9)]), triangles, process=False).export(tmp_path / "a.ply")
    code = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from raysim.meshes import load_scene\n"
        "from raysim.intersect import RayCaster\n"
        "peak = lambda: 1024 * int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        "before = peak()\n"
        "scene = load_scene(sys.argv[1], default_material='concrete', scale=0.01)\n"
        "scene.mesh.radius_of_curvature\n"
        "RayCaster(scene).frame(0).frame.normals\n"
        "print(len(scene.mesh.triangles), (peak() - before) / len(scene.mesh.triangles))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.ply")]
    count, each = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    print(f"{count} triangles: {float(each):.0f} bytes each at the peak, bar {BYTES_PER_TRIANGLE}")
    assert int(count) == len(triangles)
    assert 0.5 * BYTES_PER_TRIANGLE < float(each) < BYTES_PER_TRIANGLE
