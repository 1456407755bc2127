"""Benchmarks run, and their stored figures hold their bars."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

CHECKOUT = Path(__file__).parents[1]


def run(script: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(CHECKOUT / "benchmarks" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_comparison_runs_alone_where_sionna_is_not_installed():
    done = run("sionna_rt.py", "--rays", "3000", "--rounds", "1")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Sionna RT is not installed" in done.stdout
    assert done.stdout.count("M hits/s") == 3  # opaque walls, those with mirror images, walls that radio passes


def test_an_interpreter_without_sionna_is_one_clear_line():
    for python in (sys.executable, "no-such-python"):
        done = run("sionna_rt.py", "--sionna-python", python)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith(f"sionna_rt.py: error: {python}")


def test_stored_figures_agree_with_sionna():
    figures = json.loads((CHECKOUT / "docs" / "figures" / "sionna.json").read_text())
    judged = [row for row in figures["agreement"] if row["bar"]]
    assert len(judged) == 4
    for row in judged:
        assert row["measured"] <= row["bar"], row["case"]


def test_the_path_of_stationary_delay_is_found_between_the_tubes(monkeypatch):
    monkeypatch.syspath_prepend(CHECKOUT / "benchmarks")
    from sionna_paths import stationary

    x, y = np.meshgrid(np.linspace(-1, 1, 21), np.linspace(-1, 1, 20))
    x, y = x.ravel(), y.ravel()
    delay = 5 + (x - 0.123) ** 2 + 0.5 * (y + 0.2) ** 2 + 0.3 * (x - 0.123) * (y + 0.2)
    length, rate = stationary(delay, 3 * x + y, x, y)
    assert length == pytest.approx(5, rel=1e-12)
    assert rate == pytest.approx(3 * 0.123 - 0.2, rel=1e-9)


@pytest.mark.slow
def test_the_bytes_of_a_trace_do_not_depend_on_the_threads():
    done = run("scaling.py", "--factors", "0.05", "--cars", "3")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "the same bytes" in done.stdout


@pytest.mark.slow
def test_the_memory_of_a_long_sequence_is_flat():
    done = run("memory.py", "--frames", "300")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
