import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from raysim.app.cli import _warn_of_limits, app
from raysim.app.config import resolve
from raysim.command import run
from raysim.scene import CATEGORIES
from raysim.shards import content_digest
from raysim.shards.check import check
from raysim.shards.reader import open_shard


def raysim(*arguments) -> int:
    return run(app, "raysim", [str(a) for a in arguments])


def digests(folder):
    return {p.name: content_digest(p) for p in sorted(folder.glob("*.h5"))}


def assert_centres_lie_in_their_boxes(shard):
    """The 3-D centre of every visible car projects into its full 2-D box, through what the shard itself stores."""
    pose, k = shard["camera/pose"], shard["camera/intrinsics"]
    cars = shard["instances/category"] == CATEGORIES.index("car")
    for frame in range(shard.num_frames):
        seen = cars & (shard["instances/visibility", frame] > 0)
        assert seen.any()
        local = (shard["instances/box_centre", frame][seen] - pose[:3, 3]) @ pose[:3, :3]
        pixel = (local @ k.T)[:, :2] / local[:, 2:]
        box = shard["instances/box_2d_full", frame][seen]
        assert ((pixel >= box[:, :2]) & (pixel <= box[:, 2:])).all()


def test_a_sequence_is_valid_and_whole(small_config, tmp_path, capsys):
    assert raysim("generate", "--config", small_config, "--out", tmp_path / "a", "--csi", "all") == 0
    said = capsys.readouterr().out
    assert "radio (trace + csi + maps)" in said
    assert int(re.search(r"ray tubes a frame: ([\d,]+)", said)[1].replace(",", "")) > 10_000
    files = sorted((tmp_path / "a").iterdir())
    assert [p.name for p in files] == ["parking_lot-0-00000.csi.h5", "parking_lot-0-00000.h5"]
    assert [check(p) for p in files] == [[], []]
    with open_shard(files[1]) as shard:
        assert shard.num_frames == 2
        assert shard["instances/is_target"].sum() == 1
        assert np.isfinite(shard["radar/heatmap"]).all()
        assert shard["camera/rgb"].std() > 10
        assert len(np.unique(shard["masks/instance"])) > 4
        assert (shard["timing/seconds"] >= 0).all()
        assert_centres_lie_in_their_boxes(shard)


@pytest.mark.parametrize(
    "scene, says",
    [
        ({}, []),
        ({"speed_max": 12.0}, ["radial speeds above 10.7 m/s fold over in Doppler", "walks 0.5 range cells"]),
        ({"max_range": 120.0}, ["echoes beyond 88 m outlast the cyclic prefix"]),
    ],
)
def test_limits_of_the_sounding_grid_are_said_before_the_work(scene, says, capsys):
    _warn_of_limits(resolve("parking_lot", None, {"scene": scene}))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(says)
    assert all(line.startswith("Warning: ") and words in line for line, words in zip(lines, says, strict=True))


def test_same_seed_same_bytes_for_any_number_of_workers(small_config, tmp_path):
    common = ("generate", "--config", small_config, "--sequences", 2, "--seed", 5)
    assert raysim(*common, "--out", tmp_path / "one") == 0
    assert raysim(*common, "--out", tmp_path / "two", "--workers", 2) == 0
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert len(one) == 4
    assert one == two
    assert one["parking_lot-5-00000.h5"] != one["parking_lot-5-00001.h5"]


def test_finished_sequences_are_left_alone_and_other_settings_refused(small_config, tmp_path, capsys):
    common = ("generate", "--config", small_config, "--out", tmp_path / "a", "--csi", "none")
    assert raysim(*common) == 0
    shard = tmp_path / "a" / "parking_lot-0-00000.h5"
    before = shard.stat().st_mtime_ns
    assert raysim(*common, "--sequences", 2) == 0
    assert shard.stat().st_mtime_ns == before
    assert "1 sequences made, 1 were finished" in capsys.readouterr().out
    assert raysim(*common, "--frames", 1) == 2
    assert "was made with other settings" in capsys.readouterr().err
    assert shard.stat().st_mtime_ns == before


def test_kill_9_leaves_whole_shards_and_a_rerun_completes(small_config, tmp_path):
    out = tmp_path / "a"
    arguments = ["generate", "--config", str(small_config), "--out", str(out), "--sequences", "6", "--csi", "none"]
    arguments += ["--workers", "2"]
    process = subprocess.Popen([sys.executable, "-m", "raysim.app.cli", *arguments], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(out.glob("*.h5")) and time.monotonic() < deadline:
        time.sleep(0.05)
    while not list(out.glob("*.part")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1.0)  # the workers go with their parent
    finished = {p: p.stat().st_mtime_ns for p in out.glob("*.h5")}
    assert 1 <= len(finished) < 6
    assert all(check(p) == [] for p in finished)
    assert raysim(*arguments) == 0
    assert len(list(out.glob("*.h5"))) == 6
    assert not list(out.glob("*.part"))
    assert all(p.stat().st_mtime_ns == t for p, t in finished.items())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--scenario", "moon"], "scenario must be one of parking_lot, got 'moon'"),
        (["--scenario", "parking_lot", "--sequences", "-1"], "--sequences"),
        (["--scenario", "parking_lot", "--frames", "0"], "--frames"),
        (["--scenario", "parking_lot", "--renderer", "crayons"], "output.renderer"),
        (["--scenario", "parking_lot", "--csi", "some"], "output.csi"),
        (["--scenario", "parking_lot", "--blender", "/no/such/blender"], "/no/such/blender"),
        (["--scenario", "parking_lot", "--blender", "/bin/true"], "/bin/true"),
        (["--config", "/no/such.yaml"], "/no/such.yaml"),
        ([], "scenario must be one of"),
    ],
)
def test_bad_input_ends_in_one_line_and_nothing_written(arguments, says, tmp_path, capsys):
    out = tmp_path / "a"
    assert raysim("generate", "--out", out, *arguments) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert says in last
    assert not out.exists() or not list(out.iterdir())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("scene: {parked_max: 400}", "scene.parked_max"),
        ("trace: {launches: 3}", "trace.launches"),
        ("radar: 3", "radar"),
        ("- 1", "must be a mapping"),
        ("scene: [", "not YAML"),
    ],
)
def test_bad_field_is_named(text, says, tmp_path, capsys):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    assert raysim("generate", "--scenario", "parking_lot", "--config", path, "--out", tmp_path / "a") == 2
    assert says in capsys.readouterr().err.strip().splitlines()[-1]
    assert not (tmp_path / "a").exists()


def test_unwritable_folder(small_config, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert raysim("generate", "--config", small_config, "--out", tmp_path / "file" / "a") == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("Error: ")


def test_truncated_shard(small_config, tmp_path, capsys):
    assert raysim("generate", "--config", small_config, "--out", tmp_path / "a", "--csi", "none") == 0
    shard = tmp_path / "a" / "parking_lot-0-00000.h5"
    shard.write_bytes(shard.read_bytes()[:100_000])
    for command in (["check", shard], ["view", shard], ["generate", "--config", small_config, "--out", shard.parent]):
        assert raysim(*command) == 2
        assert capsys.readouterr().err.strip().splitlines()[-1].startswith("Error: ")
    assert [p.name for p in shard.parent.iterdir()] == [shard.name]


def test_demo_leaves_everything_that_can_be_looked_at(tmp_path):
    """`make demo`, with one frame and without Blender: every file is there and the page stays mailable."""
    assert raysim("demo", "--out", tmp_path, "--frames", 1, "--renderer", "rays") == 0
    kinds = {"".join(p.name.split(".")[1:]): p for p in tmp_path.iterdir()}
    assert set(kinds) == {"h5", "csih5", "csi-heatmappng", "csi-dopplerpng", "png", "html"}
    assert kinds["html"].stat().st_size < 15e6
    assert check(kinds["h5"]) == check(kinds["csih5"]) == []
