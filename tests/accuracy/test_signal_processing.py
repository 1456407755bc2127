"""Every figure of docs/validation-signal-processing.md keeps its bar, and the page says so."""

import re

import pytest

from tests.accuracy import detection
from tests.accuracy.signal_processing import DRAWS, PAGE, PLOT, SECTIONS, factors


@pytest.mark.slow
@pytest.mark.parametrize("section", SECTIONS)
def test_every_figure_keeps_its_bar(section, capsys):
    figures = SECTIONS[section]()
    with capsys.disabled():
        print(f"\n{section}")
        for figure in figures:
            print(f"  {figure.case}: {figure.measured} (bar {figure.bar})")
    assert all(figure.holds for figure in figures), [f for f in figures if not f.holds]


def test_the_page_names_every_section_and_bar():
    text = PAGE.read_text()
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert titles == [*SECTIONS, "Threshold region", detection.TITLE]
    for title, make in SECTIONS.items():
        part = text.split(f"## {title}\n")[1].split("\n## ")[0]
        assert make.__doc__.strip() in part
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| ")]
        assert len(rows) > 1 and all(row[2] and row[3] == "yes" for row in rows[1:]), title
    assert f"images/{PLOT.name}" in text and PLOT.exists()


def test_the_page_holds_every_cheap_figure_as_it_is_now():
    text = PAGE.read_text()
    for figure in factors():
        assert f"| {figure.case} | {figure.measured} | {figure.bar} | yes |" in text
    for pfa in DRAWS:
        for method in ("CA", "GO", "SO", "OS"):
            assert f"| {method} {pfa:g}: interior, edges, corners |" in text
    for name in ("range", "velocity", "azimuth", "elevation"):
        for snr in (20, 30, 40):
            assert f"| {snr} dB, {name}: RMSE / CRB, bias / sigma |" in text
