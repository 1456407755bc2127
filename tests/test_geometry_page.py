"""What docs/geometry.md shows is run: its commands, its settings, its Python."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import trimesh
import yaml

from raysim.app.radio_config import RadioConfig

PAGE = (Path(__file__).parents[1] / "docs" / "geometry.md").read_text()
CANYON = """<scene version="3.0.0">
  <bsdf type="itu-radio-material" id="concrete"><string name="type" value="concrete"/></bsdf>
  <shape type="rectangle" id="ground"><ref id="concrete"/>
    <transform name="to_world"><scale value="20"/></transform></shape>
  <shape type="cube" id="house"><ref id="concrete"/>
    <transform name="to_world"><scale value="4"/><translate x="11" y="16" z="4"/></transform></shape>
</scene>"""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "canyon.xml").write_text(CANYON)
    box = trimesh.creation.box((0.08, 0.05, 0.04))  # a toy car: commands and not figures are tested here
    box.visual = trimesh.visual.TextureVisuals(material=trimesh.visual.material.PBRMaterial(name="itu_metal"))
    box.export(tmp_path / "car.glb")
    return tmp_path


def test_its_settings_are_settings():
    first, second = (RadioConfig.model_validate(yaml.safe_load(block)) for block in blocks("yaml"))
    assert first.position == (4, 0, 2) and first.target == (11, 12, 1)
    assert list(second.stations) == ["north", "south"] and second.pairs == "all"


@pytest.mark.parametrize("block", blocks("python"), ids=["trace", "cross section"])
def test_its_python_runs_in_ten_lines_and_a_few_imports(block, folder):
    assert len([line for line in block.splitlines() if line and not re.match(r"import|from", line)]) <= 10
    done = subprocess.run([sys.executable, "-W", "error", "-c", block], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    numbers = [float(word) for word in done.stdout.split()]
    assert numbers and all(abs(number) < 200 for number in numbers)


@pytest.mark.slow
def test_its_commands_run(folder):
    (folder / "radar.yaml").write_text(blocks("yaml")[0])
    commands = [line.split("  #")[0].split() for line in blocks("")[0].splitlines()]
    assert len(commands) >= 7
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands:
        done = subprocess.run(command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stderr[-2000:]}"
    names = {file.name for file in folder.iterdir()}
    assert {"paths.h5", "paths.html", "echoes.csv", "csi.h5", "csi-heatmap.png", "car-rcs.csv", "car-rcs.png"} <= names
