"""The launcher, with a fake application in the place of the real one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import raysim.generate

LAUNCHER = Path(raysim.generate.__file__)
ECHO = "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit {status}\n"
BLENDER = shutil.which("blender")
needs_blender = pytest.mark.skipif(BLENDER is None, reason="no program `blender` on the PATH")


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def run(command, path="/usr/bin:/bin", **environment):
    clean = {k: v for k, v in os.environ.items() if k not in ("RAYSIM_PYTHON", "PYTHONPATH")}
    return subprocess.run(
        [str(part) for part in command],
        env={**clean, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def checkout(tmp_path):
    """A checkout that holds nothing but the launcher."""
    copy = tmp_path / "checkout" / "raysim" / "generate.py"
    copy.parent.mkdir(parents=True)
    shutil.copy(LAUNCHER, copy)
    return copy


# -S -E: a Python that sees no installed package, as inside Blender.
BARE = (sys.executable, "-S", "-E")


@pytest.mark.parametrize("status", [0, 2])
def test_options_and_exit_status_pass_through_the_chosen_python(tmp_path, status):
    fake = program(tmp_path / "python", ECHO.format(status=status))
    done = run([*BARE, LAUNCHER, "--seed", "3", "a b"], RAYSIM_PYTHON=str(fake))
    assert done.returncode == status
    assert done.stdout.splitlines()[-4:] == ["generate", "--seed", "3", "a b"]


def test_virtual_environment_beside_the_checkout_comes_before_the_path(checkout, tmp_path):
    elsewhere = program(tmp_path / "bin" / "raysim", ECHO.format(status=5))
    program(checkout.parent.parent / ".venv/bin/python", ECHO.format(status=4))
    assert run([*BARE, checkout], path=str(elsewhere.parent)).returncode == 4


def test_command_on_the_path(checkout, tmp_path):
    elsewhere = program(tmp_path / "bin" / "raysim", ECHO.format(status=5))
    done = run([*BARE, checkout, "--frames", "2"], path=str(elsewhere.parent))
    assert (done.returncode, done.stdout.split()) == (5, ["generate", "--frames", "2"])


def test_nothing_found_says_what_to_install(checkout):
    done = run([*BARE, checkout], path="/nonexistent")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("Error: raysim is not installed")


def test_missing_python_is_named(checkout):
    done = run([*BARE, checkout], RAYSIM_PYTHON="/no/such/python")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["Error: cannot run /no/such/python: No such file or directory"]


def test_plain_python_runs_the_application_of_its_checkout(checkout):
    application = checkout.parent / "app" / "cli.py"
    application.parent.mkdir()
    for folder in (checkout.parent, application.parent):
        (folder / "__init__.py").touch()
    # A module beside the launcher must not hide one of the standard library.
    (checkout.parent / "random.py").write_text("raise ImportError('shadowed')\n")
    application.write_text("import random, sys\ndef main():\n    print(sys.argv)\n    sys.exit(2)\n")
    done = run([sys.executable, checkout, "--scenario", "nowhere"])
    assert (done.returncode, done.stdout.strip()) == (2, str(["raysim", "generate", "--scenario", "nowhere"]))


@pytest.mark.blender
@needs_blender
@pytest.mark.parametrize("status", [0, 2])
@pytest.mark.parametrize("flags", [(), ("--factory-startup", "--python-exit-code", "1")])
def test_inside_blender(tmp_path, status, flags):
    fake = program(tmp_path / "python", ECHO.format(status=status))
    done = run([BLENDER, "-b", *flags, "-P", LAUNCHER, "--", "--scenario", "parking_lot"], RAYSIM_PYTHON=str(fake))
    assert done.returncode == status
    assert done.stdout.splitlines()[-5:] == ["generate", "--blender", BLENDER, "--scenario", "parking_lot"]


@pytest.mark.blender
@needs_blender
def test_inside_blender_nothing_found(checkout):
    done = run([BLENDER, "-b", "-P", checkout], path="/nonexistent")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: raysim is not installed")


@pytest.mark.blender
@needs_blender
def test_inside_blender_with_the_real_application(tmp_path):
    command = [BLENDER, "-b", "-P", LAUNCHER, "--", "--scenario", "nowhere", "--out", tmp_path / "out"]
    done = run(command, RAYSIM_PYTHON=sys.executable)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: ") and "nowhere" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
