"""Every row of docs/validation-propagation.md keeps its bar, and the page says so."""

import re

import pytest

from tests.accuracy.propagation import PAGE, PICTURES, QUICK, SECTIONS, about


def check(title, capsys):
    rows = SECTIONS[title]()
    with capsys.disabled():
        print(f"\n{title}")
        for row in rows:
            print(f"  {row.case}: {row.measured} (bar {row.bar})")
    missed = [row for row in rows if row.holds is False and not row.explained]
    assert not missed


@pytest.mark.parametrize("title", QUICK)
def test_quick_rows_keep_their_bars(title, capsys):
    check(title, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("title", [title for title in SECTIONS if title not in QUICK])
def test_every_row_keeps_its_bar(title, capsys):
    check(title, capsys)


def test_the_page_names_every_section_and_explains_every_missed_bar():
    text = PAGE.read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(SECTIONS)
    for title in SECTIONS:
        part = text.split(f"## {title}\n")[1].split("\n## ")[0]
        assert about(title) in part
        lines = [
            [cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| ")
        ]
        assert len(lines) > 1
        for case, _, measured, bar, holds in lines[1:]:
            assert measured and bar and holds in ("yes", "no", "-")
            assert holds == "yes" or f"- {case}: " in part, f"{case}: no reason given"
    for picture in PICTURES.values():
        assert f"images/{picture.name}" in text and picture.path.exists()
