"""Framing, the process around Blender and the retry, with stand-ins for Blender."""

import io
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from blender_scenes import renderer
from blender_scenes.blender_process import BlenderCrash, BlenderProcess, find_blender
from blender_scenes.blender_scene import exposure, pack_scene
from blender_scenes.inside_blender.messages import MARK, read_message, skip_noise, write_message
from raysim.environment import Light
from raysim.motion import Motion
from raysim.scene import Mesh
from tests.fixtures import ASPHALT, PEC, box_triangles, hand_made_scene, scene_of, sensors_at

FAKE = Path(__file__).with_name("fake_worker.py")


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


def script(path: Path, text: str) -> str:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def test_message_round_trip():
    stream = io.BytesIO()
    sent = {"a": ("f", np.arange(5, dtype=np.float32)), "none": ("i", b""), "b": ("B", b"\0raysim\1")}
    write_message(stream, {"command": "load", "x": [1, "ü"]}, sent)
    write_message(stream, {})
    stream.seek(0)
    header, arrays = read_message(stream)
    assert header == {"command": "load", "x": [1, "ü"]}
    assert np.array_equal(np.frombuffer(arrays["a"][1], arrays["a"][0]), sent["a"][1])
    assert (arrays["none"], arrays["b"]) == (("i", b""), ("B", b"\0raysim\1"))
    assert read_message(stream) == ({}, {})
    with pytest.raises(EOFError):
        read_message(stream)


def test_message_truncated_or_rubbish():
    stream = io.BytesIO()
    write_message(stream, {}, {"a": ("B", bytes(100))})
    with pytest.raises(EOFError):
        read_message(io.BytesIO(stream.getvalue()[:-1]))
    with pytest.raises(ValueError, match="no message"):
        read_message(io.BytesIO(b"Fra:1 Mem:12M" * 9))
    with pytest.raises(ValueError, match="rubbish"):
        read_message(io.BytesIO(MARK + b"\xff" * 9))


def test_banner_before_the_first_message_is_skipped():
    stream = io.BytesIO(b"Blender\n\0ray" + MARK + b"rest")
    skip_noise(stream, 1000)
    assert stream.read() == b"rest"
    with pytest.raises(ValueError, match="within 10 bytes"):
        skip_noise(io.BytesIO(bytes(100)), 10)


@pytest.mark.parametrize(
    ("body", "said"),
    [("echo cannot open libfoo >&2; exit 3", "libfoo"), ("yes rubbish", "within"), ("exit 0", "closed the pipe")],
)
def test_broken_blender_gives_one_line_within_seconds(tmp_path, body, said):
    start = time.monotonic()
    with pytest.raises(BlenderCrash, match=said) as caught:
        BlenderProcess([script(tmp_path / "blender", body)])
    assert "did not start" in str(caught.value) and "\n" not in str(caught.value)
    assert time.monotonic() - start < 10


def test_find_blender_checks_the_path(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        find_blender(str(tmp_path / "blender"))
    with pytest.raises(ValueError, match=r"not a Blender that runs.*status 4.*'oops'"):
        find_blender(script(tmp_path / "broken", "echo oops >&2; exit 4"))
    with pytest.raises(ValueError, match="not a Blender"):
        find_blender("true")
    good = script(tmp_path / "good", 'echo "Blender 4.2.1"')
    assert find_blender(good)[:2] == [good, "-b"]


@pytest.mark.parametrize("deaths", [0, 1])
def test_a_crash_costs_one_retry(tmp_path, monkeypatch, caplog, deaths):
    log = tmp_path / "log"
    monkeypatch.setattr(renderer, "find_blender", lambda _: [sys.executable, str(FAKE), str(log), "die", str(deaths)])
    scene = hand_made_scene()
    with caplog.at_level(logging.WARNING), renderer.BlenderRenderer("fake") as blender:
        first = blender.pid
        picture = blender.render(scene, 0)
        assert picture.shape == (3, 4, 3)
        assert (picture == [renderer.QUALITIES["standard"].samples_without_denoiser, 0, 0]).all()
        blender.render(scene, 1)
        last = blender.pid
    assert log.read_text().split() == ["load", "render"] * deaths + ["load", "render", "render"]
    assert (first != last) == bool(deaths)
    assert sum("OpenImageDenoise" in r.message for r in caplog.records) == 1
    assert sum("Segmentation fault" in r.message for r in caplog.records) == deaths
    assert gone(first) and gone(last)


def test_a_second_crash_is_an_error(tmp_path, monkeypatch):
    log = tmp_path / "log"
    monkeypatch.setattr(renderer, "find_blender", lambda _: [sys.executable, str(FAKE), str(log), "die", "9"])
    with renderer.BlenderRenderer("fake") as blender:
        with pytest.raises(OSError, match=r"crashed during 'render' \(exit status 11\): Segmentation fault in Cycles"):
            blender.render(hand_made_scene(), 0)
    assert log.read_text().split().count("render") == 2


def test_an_interrupted_command_does_not_answer_the_next(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(renderer, "find_blender", lambda _: [sys.executable, str(FAKE), str(tmp_path / "log")])
    with renderer.BlenderRenderer("fake") as blender:
        blender.render(hand_made_scene(), 0)
        first = blender.pid
        with monkeypatch.context() as patch:
            patch.setattr("blender_scenes.blender_process.read_message", interrupt)
            with pytest.raises(KeyboardInterrupt):
                blender.instance_mask(hand_made_scene(), 0)
        assert blender.render(hand_made_scene(), 0).shape == (3, 4, 3)
        assert blender.pid != first


def test_an_error_inside_blender_leaves_it_alive(tmp_path, monkeypatch):
    monkeypatch.setattr(renderer, "find_blender", lambda _: [sys.executable, str(FAKE), str(tmp_path / "log")])
    with renderer.BlenderRenderer("fake") as blender:
        pid = blender.pid
        with pytest.raises(ValueError, match="not a blend file"):
            blender.read_blend(FAKE)
        with pytest.raises(FileNotFoundError):
            blender.read_blend(tmp_path / "absent.blend")
        assert blender.pid == pid


def test_process_is_renewed_between_scenes_only(tmp_path, monkeypatch):
    monkeypatch.setattr(renderer, "find_blender", lambda _: [sys.executable, str(FAKE), str(tmp_path / "log")])
    monkeypatch.setattr(renderer, "RENDERS_PER_PROCESS", 2)
    with renderer.BlenderRenderer("fake") as blender:
        scene, pids = hand_made_scene(), []
        for frame in range(3):
            blender.render(scene, frame)
            pids.append(blender.pid)
        blender.render(hand_made_scene(), 0)
        assert pids[0] == pids[2] != blender.pid


def test_worker_ends_with_its_parent(tmp_path):
    code = (
        "import os, sys; from blender_scenes.blender_process import BlenderProcess;"
        f"p = BlenderProcess([sys.executable, {str(FAKE)!r}, {str(tmp_path / 'log')!r}]);"
        "print(p.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=30)
    deadline = time.monotonic() + 10
    while not gone(int(done.stdout)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(int(done.stdout))


def test_arguments_are_checked(monkeypatch):
    with pytest.raises(ValueError, match=r"quality must be one of .*'draft'.*, got 'best'"):
        renderer.BlenderRenderer("blender", quality="best")
    monkeypatch.setattr(renderer, "find_blender", lambda _: None)
    with pytest.raises(FileNotFoundError, match="pip install"):
        renderer.BlenderRenderer()


def test_packed_parts_hold_the_triangles_of_the_scene():
    box, (ground, faces) = box_triangles((1, 2, 3)), box_triangles((9, 9, 1))
    turned = np.eye(4)
    turned[:3, :3], turned[:3, 3] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]], [1, 2, 3]
    scene = scene_of(
        [
            ("a", "car", True, *box, PEC, Motion.at_rest(turned)),
            ("b", "ground", False, ground, np.concatenate([faces, [[1, 1, 2]]]), ASPHALT, None),
        ],
        sensors_at((0, 0, 5), (0, 9, 0)),
    )
    # Vertices in any order, some unused: parts do not own contiguous blocks.
    shuffle = np.random.default_rng(1).permutation(len(scene.mesh.vertices) + 3)
    vertices = np.empty((len(shuffle), 3))
    vertices[shuffle] = np.concatenate([scene.mesh.vertices, np.zeros((3, 3))])
    mixed = np.arange(len(scene.mesh.triangles)) % 2
    mesh = Mesh(vertices, shuffle.astype(np.int32)[scene.mesh.triangles], scene.mesh.part, mixed.astype(np.int32))
    scene = type(scene)(mesh, scene.parts, scene.instances, scene.materials, scene.sensors, scene.frame_times)

    header, arrays = pack_scene(scene)
    v = t = 0
    for index, part in enumerate(header["parts"]):
        local = arrays["vertices"][v : v + part["num_vertices"]]
        triangles = arrays["triangles"][t : t + part["num_triangles"]]
        mine = np.flatnonzero(scene.mesh.part == index)[:12]
        assert np.array_equal(local[triangles], scene.mesh.vertices[mesh.triangles[mine]].astype(np.float32))
        assert np.array_equal(np.array(part["slots"])[arrays["slot"][t : t + 12]], mixed[mine])
        assert part["num_vertices"] == 24
        v, t = v + part["num_vertices"], t + part["num_triangles"]
    assert (v, t) == (len(arrays["vertices"]), len(arrays["triangles"])) == (48, 24)  # the degenerate one is gone


def test_exposure_follows_the_light_part_of_the_way():
    noon, dusk = Light(sun_elevation=1.0, sun_irradiance=4.2), Light(sun_elevation=0.2, sun_irradiance=2.2)
    assert -0.5 < exposure(noon) < 0.5
    level = {light: 4.2 * np.sin(1.0) + np.pi * 1.97 / 3 for light in (noon,)}
    level[dusk] = 2.2 * np.sin(0.2) + np.pi * 1.97 / 3
    assert exposure(dusk) - exposure(noon) == pytest.approx(0.75 * np.log2(level[noon] / level[dusk]))
    assert exposure(Light(sun_irradiance=0, sky_radiance=0)) == 2.5
