"""Every figure of docs/validation-signal-processing.md keeps its bar, and the page says so."""

import re

import numpy as np
import pytest

from radar_dsp.windows import window
from tests.accuracy import detection
from tests.accuracy.dsp_false_alarms import DRAWS
from tests.accuracy.dsp_plots import IMAGES, PLOTS
from tests.accuracy.dsp_windows import WINDOWS, closed_form
from tests.accuracy.signal_processing import PAGE, SECTIONS, THRESHOLD, docstring, factors


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
    assert titles == [*SECTIONS, THRESHOLD, detection.TITLE]
    for title, make in SECTIONS.items():
        part = text.split(f"## {title}\n")[1].split("\n## ")[0]
        assert "\n".join(docstring(make)) in part
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| ")]
        assert len(rows) > 1 and all(row[2] == "none" or row[3] == "yes" for row in rows[1:]), title
    for name, _ in PLOTS.values():
        assert f"images/{name}" in text and (IMAGES / name).stat().st_size < 100_000


def test_the_page_holds_every_cheap_figure_as_it_is_now():
    text = PAGE.read_text()
    for figure in factors():
        assert f"| {figure.case} | {figure.measured} | {figure.bar} | yes |" in text
    for pfa in DRAWS:
        for method in ("CA", "GO", "SO", "OS"):
            assert f"| {method} {pfa:g}: interior, edges, corners, outermost |" in text
    for name in ("range", "velocity", "azimuth", "elevation"):
        for snr in (20, 30, 40):
            assert f"| {snr} dB, {name}: RMSE / CRB, bias / sigma |" in text


@pytest.mark.parametrize("length", [10, 16, 128])
@pytest.mark.parametrize("name", WINDOWS)
def test_closed_forms_are_the_transforms_of_the_windows(name, length):
    offset = np.linspace(0.1, length / 2, 301)
    weight = window(name, length)
    transform = np.abs(np.exp(-2j * np.pi * np.outer(offset, np.arange(length)) / length) @ weight) / weight.sum()
    np.testing.assert_allclose(closed_form(name, length, offset), transform, atol=1e-9)
