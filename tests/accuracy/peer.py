"""Agreement with Sionna RT on shared scenes: stored figures of benchmarks/sionna_rt.py, where it was run."""

import json
from pathlib import Path

from tests.accuracy.rows import Row

STORED = Path(__file__).parents[2] / "docs" / "figures" / "sionna.json"


def rows(stored: Path = STORED) -> list[Row]:
    """Specular paths of shared scenes, as benchmarks/sionna_rt.py last measured and stored them."""
    if not stored.exists():
        reason = "optional: the peer has to be installed for it"
        return [Row("specular paths of a shared scene", "Sionna RT", "-", "-", None, reason)]
    figures = json.loads(stored.read_text())
    truth = f"Sionna RT {figures['versions']['sionna-rt']}"
    return [agreement(figure, truth) for figure in figures["agreement"]]


def agreement(figure: dict, truth: str) -> Row:
    """Row of one stored figure: largest error and its bar, if it has one."""
    bar, error = figure["bar"], figure["measured"]
    if bar is None:
        return Row(figure["case"], truth, f"{error:.1e}", "-", None, "the table asks for no bar")
    return Row(figure["case"], truth, f"{error:.1e}", f"{bar:g}", error <= bar)
