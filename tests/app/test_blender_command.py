import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from raysim.app.cli import app
from raysim.command import run
from raysim.shards.reader import open_shard

CHECKOUT = Path(__file__).parents[2]
BLENDER = shutil.which("blender")
pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(BLENDER is None, reason="no blender on the PATH"),
]


def blender_command(*arguments, cwd):
    """Run the user's command, as the README has it."""
    command = [BLENDER, "-b", "-P", str(CHECKOUT / "raysim" / "generate.py"), "--", *arguments]
    environment = os.environ | {"RAYSIM_PYTHON": sys.executable}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_blender_gives_the_same_shard_but_for_the_picture(small_config, tmp_path):
    text = small_config.read_text().replace("renderer: rays", "quality: draft")
    small_config.write_text(text)
    done = blender_command("--scenario", "parking_lot", "--config", str(small_config), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    arguments = ["--scenario", "parking_lot", "--config", str(small_config), "--renderer", "rays"]
    assert run(app, "raysim", ["generate", *arguments, "--out", str(tmp_path / "rays")]) == 0
    for name in ("parking_lot-0-00000.h5", "parking_lot-0-00000.csi.h5"):
        with open_shard(tmp_path / "data" / "parking_lot" / name) as a, open_shard(tmp_path / "rays" / name) as b:
            assert set(a.names()) == set(b.names())
            for entry in set(a.names()) - {"camera/rgb", "timing/seconds"}:
                np.testing.assert_array_equal(a[entry], b[entry], err_msg=entry)
    with open_shard(tmp_path / "data" / "parking_lot" / "parking_lot-0-00000.h5") as shard:
        assert shard.attributes["rgb_renderer"].startswith("cycles")
        rgb = shard["camera/rgb", 0]
        assert rgb.shape == (120, 160, 3)
        assert rgb.std() > 10


def test_exit_status_passes_through(tmp_path):
    done = blender_command("--scenario", "moon", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1] == "Error: scenario must be one of parking_lot, got 'moon'"
    assert not list(tmp_path.iterdir())


def test_save_blend_opens_in_blender(small_config, tmp_path):
    arguments = ["--config", str(small_config), "--out", str(tmp_path / "a"), "--blender", BLENDER, "--save-blend"]
    assert run(app, "raysim", ["generate", *arguments]) == 0
    blend = tmp_path / "a" / "parking_lot-0-00000.blend"
    script = "import bpy; print('objects', len(bpy.data.objects), 'end', bpy.context.scene.frame_end)"
    opened = subprocess.run([BLENDER, "-b", str(blend), "--python-expr", script], capture_output=True, text=True)
    assert "end 2\n" in opened.stdout
    with open_shard(tmp_path / "a" / "parking_lot-0-00000.h5") as shard:
        assert shard.attributes["rgb_renderer"] == "rays"
    assert int(opened.stdout.split("objects ")[1].split()[0]) > 10
