"""MATLAB files against scipy's writer, and damaged ones."""

import io

import numpy as np
import pytest
from scipy.io import savemat

from radar_dsp.interop_mat import is_hdf5, numeric_arrays
from tests.radar_dsp.oracle import philox

ARRAYS = {
    "power": philox(1).normal(size=(3, 4)),
    "gain": philox(2).normal(size=(2, 3, 2)) + 1j * philox(3).normal(size=(2, 3, 2)),
    "single": philox(4).normal(size=(1, 5)).astype(np.float32),
    "count": np.arange(6, dtype=np.int16).reshape(2, 3),
    "one": np.array([[7.0]]),
    "empty": np.empty((0, 3)),
}


def written(arrays, **options) -> bytes:
    stream = io.BytesIO()
    savemat(stream, arrays, **options)
    return stream.getvalue()


@pytest.mark.parametrize("packed", [True, False])
def test_arrays_are_those_that_were_written(packed):
    content = written(ARRAYS | {"text": "left out", "cell": {"a": 1.0}}, do_compression=packed)
    found = numeric_arrays(content)
    assert found.keys() == ARRAYS.keys() and not is_hdf5(content)
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize("packed", [True, False])
def test_damaged_files_are_a_value_error(packed):
    """Bar: nothing else in 600 mutations, among them ones that end scipy's reader in a segmentation fault."""
    content, rng, refused = written(ARRAYS, do_compression=packed), philox(5), 0
    for turn in range(300):
        changed = bytearray(content)
        for place in rng.integers(100, len(changed), size=rng.choice([1, 4, 20])):
            changed[place] = rng.integers(256)
        try:
            numeric_arrays(bytes(changed[: rng.integers(len(changed))] if turn % 5 == 0 else changed))
        except ValueError:
            refused += 1
    assert 100 < refused < 300
