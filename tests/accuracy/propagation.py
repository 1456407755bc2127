"""Every row of the propagation's accuracy, and docs/validation-propagation.md made of them.

``python -m tests.accuracy.propagation`` measures all sections and writes the page and its pictures; with names of
sections it measures these and leaves the rest of the page as it is. The slow tests assert the same bars.
"""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.accuracy import (
    bistatic,
    bodies,
    clutter,
    conservation,
    contours,
    covers,
    diffuse,
    motion,
    peer,
    phase,
    polarimetry,
    rainfall,
    reciprocity,
    roadusers,
    surfaces,
    walls,
    wedges,
)
from tests.accuracy.rows import Row, table

PAGE = Path(__file__).parents[2] / "docs" / "validation-propagation.md"
SECTIONS: dict[str, Callable[[], list[Row]]] = {
    "Plates": bodies.plates,
    "Contours": contours.rows,
    "Curved bodies": bodies.curved,
    "Corner reflectors": bodies.corners,
    "Separate ends and carriers": bistatic.rows,
    "Polarisation": polarimetry.rows,
    "Mirror images": walls.rows,
    "Covers": covers.rows,
    "Diffuse scattering": diffuse.rows,
    "Conservation": conservation.rows,
    "Surfaces": surfaces.rows,
    "Diffraction": wedges.rows,
    "Motion": motion.rows,
    "Reciprocity": reciprocity.rows,
    "Phase": phase.rows,
    "Rain": rainfall.rows,
    "Road users": roadusers.rows,
    "Clutter": clutter.rows,
    "Peer": peer.rows,
}
QUICK = ("Corner reflectors", "Polarisation", "Covers", "Surfaces", "Motion", "Phase", "Peer")  # a second or two each
PICTURES = {"Road users": roadusers.PICTURE, "Clutter": clutter.PICTURE}
NOTES = {"Clutter": clutter.notes}  # lines under a section's table
INTRODUCTION = """# Validation: propagation

What the tracer gives against closed forms, independent solutions and published measurements, at 28 GHz and end to end
where nothing else is said: tubes, hits, paths, their sum. Each row names its truth and its bar; where a bar is missed
the reason stands under the table. Made by `python -m tests.accuracy.propagation`; the slow tests assert the same bars.
"""


def section(title: str, rows: list[Row]) -> str:
    """Markdown of a section, heading and picture included."""
    lines = [f"## {title}", "", about(title), "", *table(rows)]
    if title in NOTES:
        lines += ["", *NOTES[title]()]
    if title in PICTURES:
        lines += ["", f"![{PICTURES[title].alt}](images/{PICTURES[title].name})"]
    return "\n".join(lines) + "\n"


def sections_of(text: str) -> dict[str, str]:
    """Sections of a page by their titles."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part[3 : part.index("\n")]: part.rstrip() + "\n" for part in parts}


def about(title: str) -> str:
    """First paragraph of what a section measures."""
    return " ".join((SECTIONS[title].__doc__ or "").split())


def main(names: list[str]) -> int:
    """Measure all sections or those named; status 1 if a bar is missed without a reason."""
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        print(f"Error: sections, got {unknown}, allowed: {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    kept = sections_of(PAGE.read_text()) if names and PAGE.exists() else {}
    missed = []
    for title in names or SECTIONS:
        start = time.process_time()
        rows = SECTIONS[title]()
        if title in PICTURES:
            PICTURES[title].draw()
        kept[title] = section(title, rows)
        PAGE.write_text("\n".join([INTRODUCTION, *(kept[name] for name in SECTIONS if name in kept)]))
        print(f"{title}: {time.process_time() - start:.0f} s of a processor", flush=True)
        missed += [row for row in rows if row.holds is False]
    for row in missed:
        print(f"missed{'' if row.explained else ' and not explained'}: {row.case}: {row.measured}, bar {row.bar}")
    return int(any(not row.explained for row in missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
