"""Detection on generated lots: the last section of docs/validation-signal-processing.md.

Made of the figures that ``benchmarks/detection.py --store`` kept. ``python -m tests.accuracy.detection`` puts it into
the page; making the whole page again does so too.
"""

import json
from pathlib import Path

TITLE = "Detection on generated lots"
ROOT = Path(__file__).parents[2]
STORED, PAGE = ROOT / "benchmarks" / "detection.json", ROOT / "docs" / "validation-signal-processing.md"
BASELINE = 2.709, 8.062  # [m] median and 90 % error of CFAR and DBSCAN, "Look, Radiate, and Learn", Tab. 3


def section() -> list[str]:
    """Markdown lines of the section, its title first."""
    stored = json.loads(STORED.read_text())
    lines = [
        f"## {TITLE}",
        "",
        "The strongest detection of a frame (CFAR and DBSCAN, no labels) against its one target; frames in which it",
        "moves by at least 1.5 Doppler cells apart from the rest. Errors are those of all frames, to the middle of the",
        "body, of which the radar sees the near face. Their bar is the statistical baseline of the paper, on its own",
        "data. Kept by `python benchmarks/detection.py DIR --store`, which says how the lots are made.",
        "",
        "| preset | frames | detected within 5 m (95 %) | error 50 %, 90 % [m] | detections a frame |",
        "|---|---|---|---|---|",
    ]
    for preset, result in stored.items():
        for name, g in result["groups"].items():
            group = name.replace("|v_r|", "radial speed")
            share = f"{g['detected']:.1%} ({g['detected_low']:.1%} .. {g['detected_high']:.1%})"
            errors = ", ".join("missed" if g[key] is None else f"{g[key]:.3f}" for key in ("error_50", "error_90"))
            number = f"{g['detections_per_frame']:.1f}"
            lines.append(f"| `{preset}` | {g['frames']}, {group} | {share} | {errors} | {number} |")
    lines += [f"| baseline | | | {BASELINE[0]}, {BASELINE[1]} | |", ""]
    lines += ["Detections beside the target are its ghosts, and trees and hedges that sway in the wind.", ""]
    lines += [
        f"`{preset}`: raysim {r['raysim']}, {r['scenario']}, seed {r['seed']}, {r['sequences']} sequences."
        for preset, r in stored.items()
    ]
    return lines


def main() -> None:
    """Put the section at the end of the page, in the place of an older one."""
    before = PAGE.read_text().split(f"\n## {TITLE}\n")[0]
    PAGE.write_text(before + "\n" + "\n".join(section()) + "\n")


if __name__ == "__main__":
    main()
