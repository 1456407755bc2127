"""Real Blenders: the bpy wheel and a `blender` program, each where there is one."""

import dataclasses
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from blender_scenes.renderer import QUALITIES, BlenderRenderer, Quality
from raysim.camera import cast_camera, project
from raysim.environment import Light
from raysim.intersect import RayCaster
from raysim.materials import Material
from raysim.motion import Motion
from tests.fixtures import ASPHALT, PEC, box_triangles, hand_made_scene, scene_of, sensors_at

PROGRAM = shutil.which("blender")
KINDS = [
    pytest.param(
        None, id="wheel", marks=pytest.mark.skipif(not importlib.util.find_spec("bpy"), reason="no bpy wheel installed")
    ),
    pytest.param("blender", id="program", marks=pytest.mark.skipif(not PROGRAM, reason="no program `blender` on PATH")),
]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module", params=KINDS)
def blender(request):
    with BlenderRenderer(request.param, quality="draft", threads=2) as renderer:
        yield renderer


def cluttered_scene(seed: int = 0):
    """Thirty turned boxes, some moving, on a ground, before a camera that looks down on them."""
    rng = np.random.default_rng(seed)
    times = np.arange(2) / 30
    ground = np.array([[-30, 0, 0], [30, 0, 0], [30, 60, 0], [-30, 60, 0]], float)
    pieces = [("ground", "ground", False, ground, [[0, 1, 2], [0, 2, 3]], ASPHALT, None)]
    for index in range(30):
        rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        pose = np.tile(np.eye(4), (2 if index % 3 else 1, 1, 1))
        pose[:, :3, :3] = rotation * np.sign(np.linalg.det(rotation))
        pose[:, :3, 3] = rng.uniform((-10, 8, 0), (10, 40, 3), (len(pose), 3))
        rest = np.zeros((len(pose), 3))
        pieces.append((f"box {index}", "car", False, *box_triangles(rng.uniform(0.2, 4, 3)), PEC,
                       Motion(pose, rest, rest, rest)))  # fmt: skip
    return scene_of(pieces, sensors_at((0, 0, 5), (0, 25, 0), 320, 240, 228.0), times)


def test_picture_is_lit(blender):
    picture = blender.render(hand_made_scene(), 0).astype(float)
    assert picture.shape == (120, 160, 3)
    sky, ground = picture[:10].mean((0, 1)), picture[90:].mean((0, 1))
    assert sky[2] > sky[0] + 10 and sky[2] > 120  # blue, bright
    assert 30 < ground.mean() < 160
    assert abs(ground - ground.mean()).max() < 20  # asphalt is grey


@pytest.mark.parametrize("quality", ["standard", "fine"])
def test_other_presets(blender, quality, monkeypatch):
    monkeypatch.setattr(blender, "quality", QUALITIES[quality])
    assert 60 < blender.render(hand_made_scene(), 1).mean() < 200


def test_box_is_where_the_projection_says(blender, monkeypatch):
    """Only the box glows, in the dark: its pixels fill the projected bounding box to a pixel."""
    monkeypatch.setattr(blender, "quality", Quality(16, 16, None, 1, False))
    lamp = Material("lamp", "plastic", (1.0, 0.0, 0.0), emission=0.03)
    scene = hand_made_scene(num_frames=3, speed=60.0)
    scene = dataclasses.replace(
        scene,
        materials=(ASPHALT, lamp),
        light=Light(sun_irradiance=0, sky_radiance=0),
    )
    for frame in (0, 2):
        red = blender.render(scene, frame)[..., 0]
        row, column = np.nonzero(red > 0.5 * red.max())
        corners = scene.frame(frame).vertices[scene.part_of_vertex == 1]
        pixel, _ = project(scene.sensors.camera, corners)
        assert column.min() == pytest.approx(pixel[:, 0].min(), abs=1)
        assert column.max() + 1 == pytest.approx(pixel[:, 0].max(), abs=1)
        assert row.min() == pytest.approx(pixel[:, 1].min(), abs=1)


def test_instance_mask_equals_the_ray_casters(blender):
    scene = cluttered_scene()
    for frame in (0, 1):
        ours = cast_camera(RayCaster(scene).frame(frame), scene.sensors.camera).instance
        theirs = blender.instance_mask(scene, frame)
        assert len(np.unique(ours)) > 15
        for identity in np.unique(ours):
            a, b = ours == identity, theirs == identity
            assert (a & b).sum() / (a | b).sum() >= 0.999, f"instance {identity}"


def test_mask_leaves_the_picture_settings_as_they_were(blender):
    scene = hand_made_scene()
    before = blender.render(scene, 1).astype(int)
    blender.instance_mask(scene, 1)
    assert np.abs(blender.render(scene, 1) - before).max() <= 2


def test_ids_beyond_a_byte_survive(blender):
    """Three hundred instances: ids use both bytes of the code."""
    pieces = []
    for index in range(300):
        centre = (0.5 * (index % 20) - 4.75, 10.0, 0.5 * (index // 20) - 3.5)
        pieces.append((f"{index}", "other", False, *box_triangles((0.5, 0.1, 0.5), centre), PEC, None))
    scene = scene_of(pieces, sensors_at((0, 0, 0), (0, 1, 0), 160, 120, 150.0))
    ours = cast_camera(RayCaster(scene).frame(0), scene.sensors.camera).instance
    assert ours.max() == 300
    assert np.array_equal(blender.instance_mask(scene, 0), ours)


def test_saved_scene_comes_back(blender, tmp_path):
    scene = cluttered_scene()
    for _ in range(2):  # over itself
        blender.save_blend(scene, tmp_path / "scene.blend")
    assert [path.name for path in tmp_path.iterdir()] == ["scene.blend"]
    back = blender.read_blend(tmp_path / "scene.blend")
    assert (back.num_frames, back.frame_rate) == (scene.num_frames, pytest.approx(30))
    by_name = {thing.name: thing for thing in back.objects}
    assert by_name.keys() == {part.name for part in scene.parts}
    for index, part in enumerate(scene.parts):
        thing = by_name[part.name]
        surface = scene.materials[scene.mesh.material[scene.mesh.part == index][0]]
        mine = scene.mesh.vertices[scene.mesh.triangles[scene.mesh.part == index]].astype(np.float32)
        assert as_set(thing.vertices[thing.triangles]) == as_set(mine)
        assert np.array_equal(thing.pose, part.motion.pose)
        assert back.materials[thing.material[0]].name == surface.name
    camera = scene.sensors.camera
    assert np.array_equal(back.camera.pose, camera.pose)
    assert (back.camera.width, back.camera.height) == (camera.width, camera.height)
    assert back.camera.focal_length == pytest.approx(camera.focal_length, rel=1e-6)


def as_set(triangles: np.ndarray) -> set[bytes]:
    return {t.tobytes() for t in np.ascontiguousarray(triangles)}


def test_second_trip_through_blender_changes_no_bit(blender, tmp_path):
    """What came out of Blender as a scene goes in and out again with the same world triangles."""
    blender.save_blend(cluttered_scene(), tmp_path / "first.blend")
    first = blender.read_blend(tmp_path / "first.blend")
    pieces = [(o.name, "other", False, o.vertices, o.triangles, PEC, motion(o.pose)) for o in first.objects]
    scene = scene_of(pieces, sensors_at((0, 0, 5), (0, 25, 0)), np.arange(2) / 30)
    blender.save_blend(scene, tmp_path / "second.blend")
    second = blender.read_blend(tmp_path / "second.blend")
    for frame in (0, 1):
        ours = scene.frame(frame).vertices[scene.mesh.triangles].astype(np.float32)
        assert as_set(ours) == as_set(second.world_triangles(frame).astype(np.float32))


def motion(pose):
    rest = np.zeros((len(pose), 3))
    return Motion(pose, rest, rest, rest)


def inside(blender: BlenderRenderer, code: str, *arguments) -> str:
    """Run a script in the same Blender and return what it printed after a mark."""
    command = [*blender.command[:-1], "--python-expr" if len(blender.command) > 2 else "-c", code, "--"]
    command = [part for part in command if part != "-P"]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert "RESULT" in done.stdout, done.stderr
    return done.stdout.partition("RESULT")[2].splitlines()[0].strip()


def test_saved_movers_move_evenly_between_frames(blender, tmp_path):
    """Key frames are linear: a quarter of the way after a quarter of the time."""
    scene = hand_made_scene(num_frames=3, speed=30.0)
    blender.save_blend(scene, tmp_path / "scene.blend")
    code = (
        "import bpy, sys, os; bpy.ops.wm.open_mainfile(filepath=sys.argv[-1]); s = bpy.context.scene\n"
        "o = next(o for o in bpy.data.objects if o.name == 'box'); x = []\n"
        "for f in (0.0, 0.25, 0.5, 1.0): s.frame_set(1 + int(f), subframe=f % 1); x.append(o.matrix_world[0][3])\n"
        "print('RESULT', *x, flush=True); os._exit(0)"
    )
    x = [float(word) for word in inside(blender, code, tmp_path / "scene.blend").split()]
    assert x == pytest.approx([1.0, 1.25, 1.5, 2.0], abs=1e-5)


def test_a_users_file(blender, tmp_path):
    """Modifiers applied, instances placed, mirrored objects kept outside out, hidden ones left out."""
    code = (
        "import bpy, sys, os; bpy.ops.wm.read_factory_settings(use_empty=True); s = bpy.context.scene\n"
        "bpy.ops.mesh.primitive_cube_add(size=2, location=(5, 0, 0)); a = bpy.context.object; a.scale = (-1, 2, 1)\n"
        "a['raysim_material'] = 'metal'; a.data.materials.append(bpy.data.materials.new('steel'))\n"
        "a.modifiers.new('split', 'SUBSURF').subdivision_type = 'SIMPLE'; a.modifiers['split'].levels = 1\n"
        "bpy.ops.mesh.primitive_cube_add(); bpy.context.object.hide_viewport = True\n"
        "c = bpy.data.collections.new('c'); m = bpy.data.objects.new('one', a.data); c.objects.link(m)\n"
        "for x in (20, 30): e = bpy.data.objects.new('e', None); e.instance_type = 'COLLECTION'; "
        "e.instance_collection = c; e.location.x = x; s.collection.objects.link(e)\n"
        "s.frame_end = 4; bpy.ops.wm.save_as_mainfile(filepath=sys.argv[-1])\n"
        "print('RESULT', flush=True); os._exit(0)"
    )
    inside(blender, code, tmp_path / "user.blend")
    back = blender.read_blend(tmp_path / "user.blend")
    assert [len(thing.triangles) for thing in back.objects] == [48, 12, 12]
    assert back.camera is None
    assert [m.name for m in back.materials] == ["steel"]
    assert back.objects[0].properties == {"raysim_material": "metal"}
    triangles = back.world_triangles(0)
    a, b, c = np.moveaxis(triangles, 1, 0)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6  # signed, sums to the inside's when all look outwards
    assert [volume[:48].sum(), volume[48:60].sum(), volume[60:].sum()] == pytest.approx([16, 8, 8], rel=1e-6)
    centres = [part.mean((0, 1))[0] for part in np.split(triangles, [48, 60])]
    assert centres == pytest.approx([5, 20, 30])


def test_unwritable_folder(blender, tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        blender.save_blend(hand_made_scene(), tmp_path / "absent" / "scene.blend")
    (tmp_path / "scene.blend").mkdir()
    with pytest.raises(OSError, match=r"scene\.blend is a folder"):
        blender.save_blend(hand_made_scene(), tmp_path / "scene.blend")


def test_rubbish_is_no_blend_file(blender, tmp_path):
    path = tmp_path / "rubbish.blend"
    path.write_bytes(b"rubbish")
    with pytest.raises(ValueError, match=r"rubbish\.blend"):
        blender.read_blend(path)


def test_killed_blender_costs_one_retry(blender):
    scene = hand_made_scene()
    before = blender.render(scene, 1).astype(int)
    killed = blender.pid
    os.kill(killed, signal.SIGKILL)
    assert np.abs(blender.render(scene, 1) - before).max() <= 2
    assert blender.pid != killed


def test_memory_stays_flat_over_scenes(blender):
    """Five more scenes of 200 k triangles, each about 20 MB in Blender, add next to nothing."""

    def resident() -> float:
        status = Path(f"/proc/{blender.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024  # [MB]

    def load(seed):
        n = 316
        x, y = np.meshgrid(np.arange(n + 1), np.arange(n + 1))
        z = np.random.default_rng(seed).uniform(0, 0.1, x.shape)
        first = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).reshape(-1, 1)
        faces = np.concatenate([first + [0, 1, n + 2], first + [0, n + 2, n + 1]])
        vertices = np.stack([x - n / 2, y, z], -1).reshape(-1, 3)
        pieces = [("ground", "ground", False, vertices, faces, ASPHALT, None)]
        blender.instance_mask(scene_of(pieces, sensors_at((0, 0, 5), (0, 25, 0), 64, 48, 45.0)), 0)

    for seed in range(3):
        load(seed)
    start = resident()
    for seed in range(3, 8):
        load(seed)
    assert resident() - start < 50
