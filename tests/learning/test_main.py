import subprocess
import sys

import pytest

from learning.__main__ import app
from raysim.command import run


def command(*arguments):
    return run(app, "python -m learning", [str(argument) for argument in arguments])


def last_line(capsys):
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_train_then_evaluate_prints_a_table(world, tmp_path, capsys):
    arguments = ["train", "supervised", "--data", world, "--out", tmp_path / "run", "--epochs", 1]
    assert command(*arguments) == 0
    assert command("evaluate", tmp_path / "run") == 0
    out = capsys.readouterr().out
    assert "50 % [m]" in out and "train-mean position" in out and "localiser" in out
    assert (tmp_path / "run" / "evaluation.json").is_file()


@pytest.mark.parametrize("task", ["supervised", "scl"])
@pytest.mark.parametrize("fault", ["empty", "missing", "truncated", "no shard"])
def test_bad_data_ends_in_one_line_and_writes_nothing(task, fault, world, tmp_path, capsys):
    data = tmp_path / "data"
    if fault != "missing":
        data.mkdir()
    if fault == "truncated":
        for path in world.glob("*.h5"):
            (data / path.name).write_bytes(path.read_bytes())
        cut = data / "00003.h5"
        cut.write_bytes(cut.read_bytes()[:-5000])
    if fault == "no shard":
        (data / "notes.txt").write_text("nothing")
    assert command("train", task, "--data", data, "--out", tmp_path / "run") == 2
    line = last_line(capsys)
    assert line.startswith("Error: ") and ("00003.h5 is truncated" in line or str(data) in line)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "supervised", "--epochs", "0"], "epochs"),
        (["train", "scl", "--batch-size", "64"], "batch of 64 pairs"),
        (["train", "scl", "--radio", "doppler"], "radio"),
        (["train", "moco"], "moco"),
        (["train", "scl", "--size", "tiny"], "tiny"),
        (["train", "scl", "--device", "abacus"], "abacus"),
    ],
)
def test_bad_options_end_in_one_line_and_write_nothing(arguments, says, world, tmp_path, capsys):
    assert command(*arguments, "--data", world, "--out", tmp_path / "run") == 2
    line = last_line(capsys)
    assert line.startswith("Error: ") and says in line
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_something_else_is_left_alone(world, tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("precious")
    assert command("train", "scl", "--data", world, "--out", tmp_path) == 2
    assert "not empty" in last_line(capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_evaluate_without_a_run(tmp_path, capsys):
    assert command("evaluate", tmp_path / "nowhere") == 2
    assert last_line(capsys) == f"Error: run folder {tmp_path / 'nowhere'} does not exist"
    assert command("evaluate", tmp_path) == 2
    assert "no run folder" in last_line(capsys)


def test_as_a_module(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "learning", "train", "scl", "--data", tmp_path, "--out", tmp_path / "run"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr.strip().splitlines()[-1].startswith("Error: data folder")
