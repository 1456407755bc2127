"""Random streams: one independent generator for every purpose of every sequence."""

import hashlib

import numpy as np


def stream(seed: int, scenario: str, index: int, purpose: str) -> np.random.Generator:
    """Return the generator of one purpose, the same on every machine and in every process.

    Parameters
    ----------
    seed : int
        The user's seed.
    scenario : str
        Name of the scenario.
    index : int
        Number of the sequence.
    purpose : str
        What the numbers are for. Purposes are independent: drawing more trees moves no car.

    Returns
    -------
    numpy.random.Generator
        Philox (Salmon et al. 2011), keyed by a 128-bit BLAKE2 hash of the four.
    """
    name = "\x1f".join((str(int(seed)), scenario, str(int(index)), purpose))
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(digest, "<u8").astype(np.uint64)))
