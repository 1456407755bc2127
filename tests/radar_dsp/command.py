"""The radar-dsp command in this process, for tests."""

import shutil
import sys
from pathlib import Path

import pytest

from radar_dsp import cli

BARE = ("--carrier", "28e9", "--subcarrier-spacing", "3.84e6", "--symbol-interval", "5e-4")


def work_in_copy(made: Path, folder: Path, monkeypatch) -> Path:
    """Copy good files into a folder that a test may spoil, and work there."""
    for path in made.iterdir():
        shutil.copy(path, folder)
    monkeypatch.chdir(folder)
    return folder


def run(capsys, monkeypatch, *arguments) -> tuple[int, str, str]:
    """Exit status, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["radar-dsp", *map(str, arguments)])
    with pytest.raises(SystemExit) as done:
        cli.main()
    out, err = capsys.readouterr()
    return done.value.code or 0, out, err


def refused(result: tuple[int, str, str], message: str) -> None:
    """Assert one line, status 2."""
    status, out, err = result
    assert (status, out) == (2, ""), err
    assert err.splitlines()[-1].startswith("Error: ") and message in err.splitlines()[-1], err
    assert "Traceback" not in err
