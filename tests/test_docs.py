"""Every command of the README is run, as it stands, in an empty folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text()
COMMANDS = [
    line.split("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]


def test_the_readme_names_both_commands_and_its_picture():
    assert COMMANDS[:2] == ["make demo", "make test"]
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (CHECKOUT / target).exists(), target


@pytest.mark.slow
@pytest.mark.blender
def test_every_other_command_runs(tmp_path):
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment["RAYSIM_PYTHON"] = sys.executable
    (tmp_path / "raysim").symlink_to(CHECKOUT / "raysim")  # the Blender command names a file of the checkout
    for command in COMMANDS[2:]:
        if command.startswith("blender") and shutil.which("blender") is None:
            continue
        done = subprocess.run(command.split(), cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stderr[-2000:]}"
    assert (tmp_path / "data" / "parking_lot" / "parking_lot-0-00000.csi-heatmap.png").exists()
