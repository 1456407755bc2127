"""Errors in metres and retrieval figures, with sequences as the independent units.

Frames of one sequence are near-copies: a confidence interval that ignores it is far too narrow, so the
bootstrap draws sequences, not frames.
"""

from collections.abc import Sequence

import numpy as np

PERCENTILES = (50, 90)


def position_error(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Euclidean distance: (n, 2) and (n, 2) [m] -> (n,) [m] (I1)."""
    return np.linalg.norm(np.asarray(estimate) - np.asarray(truth), axis=-1)


def _groups(sequence: Sequence[str]) -> list[np.ndarray]:
    names = np.asarray(sequence)
    return [np.flatnonzero(names == name) for name in np.unique(names)]


def bootstrap_interval(
    error: np.ndarray,
    sequence: Sequence[str],
    percentile: float,
    *,
    rng: np.random.Generator,
    draws: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Confidence interval of a percentile of the error, by drawing whole sequences (I2).

    Parameters
    ----------
    error : (n,) float
        [m].
    sequence : sequence of n str
        Sequence of each error.
    percentile : float
        0..100.
    rng : numpy Generator
    draws : int
    level : float

    Returns
    -------
    low, high : float
        [m].
    """
    groups = _groups(sequence)
    values = np.empty(draws)
    for draw in range(draws):
        chosen = rng.integers(len(groups), size=len(groups))
        values[draw] = np.percentile(error[np.concatenate([groups[k] for k in chosen])], percentile)
    low, high = np.percentile(values, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


def retrieval(
    score: np.ndarray,
    sequence: Sequence[str],
    batch_size: int,
    temperature: float,
    *,
    rng: np.random.Generator,
    draws: int = 2000,
) -> dict[str, float]:
    """Contrastive loss and top-1 match over random batches with one frame of a sequence each.

    Parameters
    ----------
    score : (n, n) float
        Radio x vision over all held-out pairs; true pairs on the diagonal.
    sequence : sequence of n str
    batch_size : int
        Pairs in a batch, at most the number of sequences.
    temperature : float
    rng : numpy Generator
    draws : int
        Batches.

    Returns
    -------
    dict
        ``loss`` (mean of Eq. 3's two directions), ``top1`` (share of rows and columns whose largest score is the
        true pair), ``log_batch`` and ``chance`` (what no knowledge gives: log B and 1 / B).

    Raises
    ------
    ValueError
        Fewer sequences than places in a batch.
    """
    groups = _groups(sequence)
    if len(groups) < batch_size:
        raise ValueError(f"batches of {batch_size} pairs need as many held-out sequences, got {len(groups)}")
    loss, top1 = 0.0, 0.0
    truth = np.arange(batch_size)
    for _ in range(draws):
        chosen = rng.permutation(len(groups))[:batch_size]
        pick = np.array([rng.choice(groups[k]) for k in chosen])
        block = score[np.ix_(pick, pick)].astype(float)
        for scores in (block, block.T):
            logits = scores / temperature
            peak = logits.max(axis=1)
            total = peak + np.log(np.exp(logits - peak[:, None]).sum(axis=1))
            loss += float((total - np.diag(logits)).mean()) / (2 * draws)
            top1 += float((scores.argmax(axis=1) == truth).mean()) / (2 * draws)
    return {"loss": loss, "log_batch": float(np.log(batch_size)), "top1": top1, "chance": 1 / batch_size}
