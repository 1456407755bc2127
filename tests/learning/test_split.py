from pathlib import Path

import numpy as np
import pytest

from learning.data import Item
from learning.split import distinct_sequence_batches, ordered_batches, shuffled_partners, split_sequences, stream


def items_of(frames_of_sequence):
    return [Item(Path(f"{s}.h5"), s, frame, 0) for s, n in frames_of_sequence.items() for frame in range(n)]


def test_split_is_disjoint_complete_and_blind_to_order():
    names = [f"s{k}" for k in range(40)]
    training, held_out = split_sequences(names, 0.2)
    assert len(held_out) == 8
    assert set(training) | set(held_out) == set(names) and not set(training) & set(held_out)
    assert split_sequences(names[::-1] * 3, 0.2) == (training, held_out)


def test_both_sides_of_a_tiny_split_have_a_sequence():
    assert [len(side) for side in split_sequences(["a", "b"], 0.01)] == [1, 1]
    with pytest.raises(ValueError, match="at least 2 sequences"):
        split_sequences(["a", "a"], 0.5)


def test_no_two_frames_of_a_sequence_meet_in_a_batch():
    items = items_of({f"s{k}": 3 + k % 3 for k in range(12)})
    batches = distinct_sequence_batches(items, 5, rng=stream(0, 1))
    assert batches and all(len(batch) == 5 for batch in batches)
    for batch in batches:
        assert len({items[k].sequence for k in batch}) == 5
    used = np.concatenate(batches)
    assert len(used) == len(set(used.tolist()))


def test_every_frame_is_used_when_sequences_are_equal():
    items = items_of({f"s{k}": 5 for k in range(32)})
    batches = distinct_sequence_batches(items, 8, rng=stream(0, 1))
    assert sorted(np.concatenate(batches).tolist()) == list(range(160))


def test_a_batch_larger_than_the_number_of_sequences_is_refused():
    with pytest.raises(ValueError, match=r"batch of 4 pairs needs as many training sequences .* got 3"):
        distinct_sequence_batches(items_of({"a": 9, "b": 9, "c": 9}), 4, rng=stream(0, 1))


def test_ordered_batches_hold_every_example_once():
    batches = ordered_batches(23, 5, rng=stream(3, 1))
    assert sorted(k for batch in batches for k in batch) == list(range(23))
    assert batches == ordered_batches(23, 5, rng=stream(3, 1)) != ordered_batches(23, 5, rng=stream(4, 1))


def test_shuffled_partners_come_from_other_sequences():
    items = items_of({f"s{k}": 4 for k in range(6)})
    partners = shuffled_partners(items, rng=stream(0, 2))
    assert all(items[k].sequence != items[p].sequence for k, p in enumerate(partners))
