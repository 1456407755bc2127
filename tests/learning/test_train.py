import copy
import csv

import pytest
import torch

from learning.config import preset
from learning.evaluate import SclReport, SupervisedReport, evaluate
from learning.run import load_checkpoint, load_run
from learning.train import learning_rate, train

SCL = preset("scl", epochs=2, batch_size=2, width=0.125)
SUPERVISED = preset("supervised", epochs=2, batch_size=4)


def bits(state):
    """Every tensor of a checkpoint, by place."""
    if isinstance(state, torch.Tensor):
        return {(): state}
    entries = state.items() if isinstance(state, dict) else enumerate(state) if isinstance(state, list) else ()
    return {(key, *rest): value for key, part in entries for rest, value in bits(part).items()}


@pytest.mark.parametrize("config", [SCL, SUPERVISED], ids=lambda config: config.task)
def test_resuming_gives_the_same_bits_as_never_stopping(config, world, tmp_path):
    train(config, world, tmp_path / "whole")
    train(config, world, tmp_path / "parts", stop_after=1)  # within the first epoch
    assert load_checkpoint(tmp_path / "parts")["step"] == 1
    train(config, world, tmp_path / "parts", stop_after=4)
    train(config, world, tmp_path / "parts")
    whole, parts = (load_checkpoint(tmp_path / name) for name in ("whole", "parts"))
    assert whole["history"] == parts["history"] and whole["step"] == parts["step"] > 4 - 1
    expected, got = bits(whole), bits(parts)
    assert expected.keys() == got.keys() and len(expected) > 20
    assert all(got[key].equal(expected[key]) for key in expected)


def test_a_checkpoint_at_any_step_resumes_with_complete_metrics(world, tmp_path, monkeypatch):
    monkeypatch.setattr("learning.train.CHECKPOINT_SECONDS", -1.0)
    saved = []
    monkeypatch.setattr("learning.train.save_checkpoint", lambda folder, state: saved.append(copy.deepcopy(state)))
    train(SCL, world, tmp_path)
    per_epoch = saved[-1]["step"] // SCL.epochs
    assert [state["step"] for state in saved] == list(range(SCL.epochs * per_epoch + 1))
    for state in saved:
        assert len(state["history"]) == state["step"] // per_epoch
        assert len(state["losses"]) == state["step"] % per_epoch


def test_seeds_differ(world, tmp_path):
    for seed in (0, 1):
        train(preset("scl", epochs=1, batch_size=2, width=0.125, seed=seed), world, tmp_path / str(seed))
    losses = [load_checkpoint(tmp_path / str(seed))["history"][0]["loss"] for seed in (0, 1)]
    assert losses[0] != losses[1]


def test_a_changed_configuration_refuses_to_resume_and_leaves_the_run_alone(world, tmp_path):
    train(SUPERVISED, world, tmp_path, stop_after=1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match="epochs = 2, got 3"):
        train(preset("supervised", epochs=3, batch_size=4), world, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_run_folder_tells_split_and_metrics(world, tmp_path):
    train(SUPERVISED, world, tmp_path / "run")
    run = load_run(tmp_path / "run")
    assert len(run.training) == 5 and len(run.held_out) == 1
    with (tmp_path / "run" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"] and float(rows[1]["loss"]) > 0
    assert not list((tmp_path / "run").glob("*.part"))


def test_evaluation_uses_only_sequences_that_the_run_has_not_seen(world, tmp_path):
    train(SUPERVISED, world, tmp_path / "a")
    report = evaluate(tmp_path / "a")
    assert isinstance(report, SupervisedReport) and report.num_sequences == 1 and report.num_frames == 2
    methods = ["localiser", "train-mean position", "strongest cell", "strongest mover"]
    assert [row.method for row in report.rows] == methods
    assert evaluate(tmp_path / "a", world) == report


def test_scl_report_has_chance_beside_it(world, tmp_path):
    config = preset("scl", epochs=1, batch_size=2, width=0.125, held_out_fraction=0.5)
    train(config, world, tmp_path / "run")
    report = evaluate(tmp_path / "run")
    assert isinstance(report, SclReport)
    assert (report.batch_size, report.num_sequences, report.chance) == (2, 3, 0.5)


def test_cosine_schedule_warms_up_and_ends_near_zero():
    rates = [learning_rate(SCL, step, 100) for step in range(100)]
    assert rates[4] == max(rates) == pytest.approx(SCL.learning_rate)
    assert rates[0] < 0.3 * rates[4] and rates[-1] < 1e-3 * rates[4]
    assert rates[4:] == sorted(rates[4:], reverse=True)


def test_a_damaged_checkpoint_is_named(world, tmp_path):
    train(SUPERVISED, world, tmp_path, stop_after=1)
    checkpoint = tmp_path / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"checkpoint\.pt is damaged"):
        evaluate(tmp_path)
