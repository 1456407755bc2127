"""Splitting by sequence, and the order of training examples.

Both are pure functions of names and seeds: the split of a folder is the same for every run, and the order
of an epoch can be taken up in the middle (two integers are the whole state of the sampler).
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from learning.data import Item


def split_sequences(sequences: Sequence[str], held_out_fraction: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide sequences into training and held-out ones, by the hash of their identity.

    Parameters
    ----------
    sequences : sequence of str
    held_out_fraction : float
        Share of the held-out ones; at least one on either side.

    Returns
    -------
    training, held_out : tuple of str
        Disjoint, sorted.

    Raises
    ------
    ValueError
        Fewer than two sequences.
    """
    unique = sorted(set(sequences))
    if len(unique) < 2:
        raise ValueError(f"training needs at least 2 sequences, so that one can be held out, got {len(unique)}")
    ranked = sorted(unique, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    count = min(max(round(held_out_fraction * len(unique)), 1), len(unique) - 1)
    held_out, training = set(ranked[:count]), set(ranked[count:])
    assert not held_out & training and held_out | training == set(unique)
    return tuple(sorted(training)), tuple(sorted(held_out))


def stream(seed: int, *keys: int) -> np.random.Generator:
    """Independent random numbers of one purpose."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *keys])))


def ordered_batches(count: int, batch_size: int, *, rng: np.random.Generator) -> list[list[int]]:
    """Every example once, in random order; the last batch may be smaller."""
    order = rng.permutation(count).tolist()
    return [order[start : start + batch_size] for start in range(0, count, batch_size)]


def distinct_sequence_batches(items: Sequence[Item], batch_size: int, *, rng: np.random.Generator) -> list[list[int]]:
    """Batches with at most one frame of a sequence each (D8): neighbouring frames are no negatives.

    Round k takes one not yet used frame of every sequence that has one left; a round is cut into full batches
    and its remainder dropped (D10).

    Parameters
    ----------
    items : sequence of Item
    batch_size : int
    rng : numpy Generator

    Returns
    -------
    list of list of int
        Indices into `items`.

    Raises
    ------
    ValueError
        Fewer sequences than a batch has places.
    """
    frames: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        frames.setdefault(item.sequence, []).append(index)
    if len(frames) < batch_size:
        raise ValueError(
            f"a batch of {batch_size} pairs needs as many training sequences (one frame of each), got {len(frames)}; "
            f"generate more or lower --batch-size"
        )
    queues = [rng.permutation(indices).tolist() for indices in frames.values()]
    batches = []
    while any(queues):
        ready = [queue for queue in queues if queue]
        round_ = [ready[k].pop() for k in rng.permutation(len(ready))]
        batches += [round_[start : start + batch_size] for start in range(0, len(round_) - batch_size + 1, batch_size)]
    return batches


def shuffled_partners(items: Sequence[Item], *, rng: np.random.Generator) -> list[int]:
    """Partner of every example from another sequence: the negative control (I7).

    Sequences are shifted cyclically in a random order, so no sequence meets itself.
    """
    frames: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        frames.setdefault(item.sequence, []).append(index)
    if len(frames) < 2:
        raise ValueError(f"shuffling pairs needs at least 2 sequences, got {len(frames)}")
    names = [list(frames)[k] for k in rng.permutation(len(frames))]
    other = dict(zip(names, names[1:] + names[:1], strict=True))
    return [int(rng.choice(frames[other[item.sequence]])) for item in items]
