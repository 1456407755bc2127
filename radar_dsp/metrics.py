"""Scores of estimates against the truth: detection rate, RMSE, GOSPA, OSPA, and the detection curves of theory."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import ncx2, norm


@dataclass(frozen=True)
class Assignment:
    """Best pairing of estimates with true points.

    Attributes
    ----------
    truth, estimate : (num_pairs,) int64
        Indices that belong together.
    distance : (num_pairs,) float64
        Of the pairs [unit of the points]; under the cutoff.
    missed, false : (n,) int64
        Indices of true points and of estimates that are left over.
    """

    truth: np.ndarray
    estimate: np.ndarray
    distance: np.ndarray
    missed: np.ndarray
    false: np.ndarray


@dataclass(frozen=True)
class Gospa:
    """Generalised optimal sub-pattern assignment metric and what it is made of.

    Attributes
    ----------
    total : float
        The metric [unit of the points].
    localisation, missed, false : float
        Shares of ``total ** order``.
    """

    total: float
    localisation: float
    missed: float
    false: float


@dataclass(frozen=True)
class Rate:
    """A rate with its 95 % confidence interval (Wilson 1927).

    Attributes
    ----------
    rate, low, high : float
        NaN, 0 and 1 without any trial.
    """

    rate: float
    low: float
    high: float


def polar_points(distance: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """Points of the range-azimuth plane in metres, as map detections and labels are compared.

    Parameters
    ----------
    distance : (n,) float64
        [m].
    azimuth : (n,) float64
        Positive right [rad].

    Returns
    -------
    (n, 2) float64
        Right and forward [m].
    """
    distance = np.asarray(distance, float)
    return np.stack([distance * np.sin(azimuth), distance * np.cos(azimuth)], axis=-1)


def assign(truth: np.ndarray, estimates: np.ndarray, *, cutoff: float, order: float = 2.0) -> Assignment:
    """Pair estimates with true points at the least cost ``sum min(distance, cutoff)^order``.

    Parameters
    ----------
    truth, estimates : (n, d), (m, d) float64
        In one unit, metres as a rule.
    cutoff : float
        Farther apart than this nothing is a pair.
    order : float
        Exponent of the distances, 1 or more.

    Returns
    -------
    Assignment

    Raises
    ------
    ValueError
        If the points do not fit together or are not finite, or cutoff or order is out of range.
    """
    truth, estimates = _points(truth, "truth"), _points(estimates, "estimates")
    if len(truth) and len(estimates) and truth.shape[1] != estimates.shape[1]:
        raise ValueError(f"truth has {truth.shape[1]} coordinates, estimates have {estimates.shape[1]}")
    if not cutoff > 0 or not order >= 1:
        raise ValueError(f"cutoff must be positive and order 1 or more, got {cutoff} and {order}")
    if not (len(truth) and len(estimates)):
        none = np.empty(0, np.int64)
        return Assignment(none, none, np.empty(0), np.arange(len(truth)), np.arange(len(estimates)))
    distance = np.linalg.norm(truth[:, None] - estimates, axis=-1)
    rows, columns = linear_sum_assignment(np.minimum(distance, cutoff) ** order)
    near = distance[rows, columns] < cutoff
    rows, columns = rows[near], columns[near]
    missed, false = np.setdiff1d(np.arange(len(truth)), rows), np.setdiff1d(np.arange(len(estimates)), columns)
    return Assignment(rows, columns, distance[rows, columns], missed, false)


def gospa(truth: np.ndarray, estimates: np.ndarray, *, cutoff: float, order: float = 2.0) -> Gospa:
    """GOSPA metric with alpha = 2 (Rahmathullah, Garcia-Fernandez and Svensson 2017, Eq. 1 and Prop. 1).

    ``(sum over pairs distance^p + cutoff^p / 2 (missed + false))^(1/p)``; parameters and errors as in `assign`.

    Returns
    -------
    Gospa
    """
    pairs = assign(truth, estimates, cutoff=cutoff, order=order)
    localisation = float((pairs.distance**order).sum())
    missed, false = (cutoff**order / 2 * len(left) for left in (pairs.missed, pairs.false))
    return Gospa((localisation + missed + false) ** (1 / order), localisation, missed, false)


def ospa(truth: np.ndarray, estimates: np.ndarray, *, cutoff: float, order: float = 2.0) -> float:
    """OSPA metric (Schuhmacher, Vo and Vo 2008): the mean error of a point, `cutoff` where it has no partner.

    Parameters and errors as in `assign`.

    Returns
    -------
    float
        0..cutoff; 0 if both sets are empty.
    """
    pairs = assign(truth, estimates, cutoff=cutoff, order=order)
    most = len(pairs.truth) + max(len(pairs.missed), len(pairs.false))
    if most == 0:
        return 0.0
    total = (pairs.distance**order).sum() + cutoff**order * (most - len(pairs.truth))
    return float((total / most) ** (1 / order))


def detection_rate(hits: int, trials: int) -> Rate:
    """Share of hits, with its confidence interval. Raises ValueError if there are more hits than trials."""
    if not 0 <= hits <= trials:
        raise ValueError(f"hits must lie in 0..{trials}, got {hits}")
    if trials == 0:
        return Rate(np.nan, 0.0, 1.0)
    z = norm.ppf(0.975)
    share = hits / trials
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return Rate(share, float(max(centre - half, 0)), float(min(centre + half, 1)))


def rmse(errors: np.ndarray) -> np.ndarray:
    """Root of the mean square over the first axis, without NaN (no estimate); NaN where there is nothing else."""
    squares = np.asarray(errors, float) ** 2
    count = np.sum(~np.isnan(squares), axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sqrt(np.nansum(squares, axis=0) / count))


def detection_probability(snr: np.ndarray, false_alarm: float, *, fluctuating: bool = False) -> np.ndarray:
    """Probability that one cell of exponential noise power and a target exceeds the threshold of known noise.

    Parameters
    ----------
    snr : (...) float64
        Linear, mean over fluctuations.
    false_alarm : float
        Probability for noise alone, 0..1.
    fluctuating : bool
        Swerling 1 (exponential power, ``Pfa^(1 / (1 + snr))``) instead of a constant
        target (Marcum's Q function).

    Returns
    -------
    (...) float64

    Raises
    ------
    ValueError
        If the false-alarm probability is not within 0..1.
    """
    if not 0 < false_alarm < 1:
        raise ValueError(f"false_alarm must lie between 0 and 1, got {false_alarm}")
    snr = np.asarray(snr, float)
    if fluctuating:
        return np.asarray(false_alarm ** (1 / (1 + snr)))
    return np.asarray(ncx2.sf(-2 * np.log(false_alarm), 2, 2 * snr))


def roc_curve(noise: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Measured receiver operating characteristic of a score.

    Parameters
    ----------
    noise, target : (n,), (m,) float64
        Scores of cells without and with a target; higher means target.

    Returns
    -------
    false_alarm, detection : (k,) float64
        Shares above each threshold, rising from (0, 0) to (1, 1).

    Raises
    ------
    ValueError
        If there are no scores, or one is NaN.
    """
    noise, target = np.asarray(noise, float).ravel(), np.asarray(target, float).ravel()
    if not len(noise) or not len(target) or np.isnan(noise).any() or np.isnan(target).any():
        raise ValueError(
            f"roc_curve needs scores that are not NaN, got {len(noise)} of noise, {len(target)} of targets"
        )
    threshold = np.unique(np.concatenate([noise, target]))
    above = [1 - np.searchsorted(np.sort(scores), threshold, side="left") / len(scores) for scores in (noise, target)]
    false_alarm, detection = (np.concatenate([share, [0.0]])[::-1] for share in above)
    return false_alarm, detection


def _points(points: np.ndarray, name: str) -> np.ndarray:
    points = np.asarray(points, float)
    if points.size == 0:
        return points.reshape(0, points.shape[-1] if points.ndim == 2 else 0)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise ValueError(f"{name} must be finite points (n, d), got an array {points.shape}")
    return points
