"""Scores of detections over many frames: what share of the targets is found, how far off, at how many false alarms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from radar_dsp.metrics import Rate, assign, detection_rate, gospa, polar_points


class Polar(Protocol):
    """Anything with a place in the range-azimuth plane: a detection, an estimate, a label's marker."""

    @property
    def range(self) -> float:
        """[m]."""

    @property
    def azimuth(self) -> float:
        """Positive right [rad]."""


@dataclass(frozen=True)
class Score:
    """Detections against the truth over frames.

    Attributes
    ----------
    num_frames, num_targets : int
    detected : Rate
        Share of the targets with a detection within the cutoff.
    false_per_frame : float
        Detections that belong to no target.
    median_error, ninetieth_error : float
        Distance that half, nine tenths of all targets keep to [m]: inf where too many of them have no detection
        within the cutoff, NaN if there is no target.
    gospa : float
        Mean over frames [m].
    cutoff : float
        [m].
    """

    num_frames: int
    num_targets: int
    detected: Rate
    false_per_frame: float
    median_error: float
    ninetieth_error: float
    gospa: float
    cutoff: float


def places(items: Sequence[Polar]) -> np.ndarray:
    """(n, 2) float64 places right and forward [m] of detections, estimates or markers; those without azimuth left out.

    Parameters
    ----------
    items : sequence with range [m] and azimuth [rad]
    """
    points = polar_points(np.array([item.range for item in items]), np.array([item.azimuth for item in items]))
    return points[np.isfinite(points).all(axis=1)].reshape(-1, 2)


def score_frames(frames: Iterable[tuple[np.ndarray, np.ndarray]], *, cutoff: float) -> Score:
    """Score frames of true and detected places.

    Parameters
    ----------
    frames : iterable of ((n, 2), (m, 2)) float64
        True and detected places of a frame [m], as `places` makes them.
    cutoff : float
        Farther off than this no detection belongs to a target [m].

    Returns
    -------
    Score

    Raises
    ------
    ValueError
        If there is no frame, or `metrics.assign` refuses one.
    """
    frames = list(frames)
    if not frames:
        raise ValueError("there are no frames to score")
    pairs = [assign(truth, found, cutoff=cutoff) for truth, found in frames]
    errors = np.concatenate([pair.distance for pair in pairs])
    missed = sum(len(pair.missed) for pair in pairs)
    targets = len(errors) + missed
    every = np.append(errors, np.full(missed, np.inf))
    median, ninetieth = np.quantile(every, [0.5, 0.9], method="inverted_cdf") if targets else (np.nan, np.nan)
    return Score(
        num_frames=len(frames),
        num_targets=targets,
        detected=detection_rate(len(errors), targets),
        false_per_frame=sum(len(pair.false) for pair in pairs) / len(frames),
        median_error=float(median),
        ninetieth_error=float(ninetieth),
        gospa=float(np.mean([gospa(truth, found, cutoff=cutoff).total for truth, found in frames])),
        cutoff=cutoff,
    )


def score_table(scores: Mapping[str, Score]) -> str:
    """Return scores as a text table, a named row each."""
    width = max([len(name) for name in scores] + [6])
    lines = [
        f"{'frames':{width}}  count  targets  detected (95 % interval)   false/frame  50 % error  90 % error   GOSPA"
    ]
    for name, s in scores.items():
        interval = f"{s.detected.rate:8.1%} ({s.detected.low:.1%} .. {s.detected.high:.1%})"
        lines.append(
            f"{name:{width}}  {s.num_frames:5}  {s.num_targets:7}  {interval:24}   {s.false_per_frame:11.2f}  "
            f"{s.median_error:8.2f} m  {s.ninetieth_error:8.2f} m  {s.gospa:4.2f} m"
        )
    return "\n".join(lines)
