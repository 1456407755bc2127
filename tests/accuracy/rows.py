"""One line of docs/validation-propagation.md: a case, its truth, what was measured, and the bar."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

IMAGES = Path(__file__).parents[2] / "docs" / "images"


@dataclass(frozen=True)
class Picture:
    """A picture of the page: its file in docs/images, what it shows, and the function that draws it."""

    name: str
    alt: str
    draw: Callable[[], None]

    @property
    def path(self) -> Path:
        """Where it is written."""
        return IMAGES / self.name


@dataclass(frozen=True)
class Row:
    """A measured case.

    Attributes
    ----------
    case, truth, measured, bar : str
        As the page shows them.
    holds : bool or None
        Whether the bar is met; None = a figure without a bar.
    reason : str
        Why the bar is missed, or what a figure without a bar means; not shown where the bar is met.
    explained : bool
        A missed bar stays within what its reason explains: more is a defect.
    """

    case: str
    truth: str
    measured: str
    bar: str
    holds: bool | None
    reason: str = ""
    explained: bool = False

    @property
    def verdict(self) -> str:
        """Last column of the page."""
        return {None: "-", True: "yes", False: "no"}[self.holds]


def errors_row(
    case: str, truth: str, errors: np.ndarray, bar: float, spread: float | None = None, *, reason="", limit=0.0
) -> Row:
    """Row of errors [dB] over placements: bars on their mean and, where given, on their standard deviation.

    `limit`: largest single error [dB] that `reason` explains where a bar is missed.
    """
    errors = np.asarray(errors, float)
    holds = bool(abs(errors.mean()) <= bar and (spread is None or errors.std() <= spread))
    measured = f"{errors.mean():+.2f}, spread {errors.std():.2f} dB"
    bars = f"{bar:g} dB" if spread is None else f"{bar:g}, spread {spread:g} dB"
    return Row(case, truth, measured, bars, holds, reason, not holds and bool(np.abs(errors).max() <= limit))


def worst_row(case: str, truth: str, error: float, bar: float, unit: str = "", *, reason="", limit=0.0) -> Row:
    """Row of a largest absolute error; `limit` as in `errors_row`."""
    shown = f"{error:.1e}" if bar < 1e-3 else f"{error:.3f}"
    holds = bool(error <= bar)
    unit = f" {unit}" if unit else ""
    return Row(case, truth, shown + unit, f"{bar:g}{unit}", holds, reason, not holds and bool(error <= limit))


def table(rows: list[Row]) -> list[str]:
    """Markdown table; reasons stand under it."""
    lines = ["| case | truth | measured | bar | holds |", "|---|---|---|---|---|"]
    lines += [f"| {r.case} | {r.truth} | {r.measured} | {r.bar} | {r.verdict} |" for r in rows]
    reasons = list(dict.fromkeys(f"- {r.case}: {r.reason}" for r in rows if r.reason and not r.holds))
    return lines + ([""] + reasons if reasons else [])
