"""Fixed chunks of independent work in threads: the cut never depends on the number of threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def map_chunks(function: Callable[[slice], Result], count: int, size: int, *, threads: int = 1) -> list[Result]:
    """Call `function` on consecutive slices of ``range(count)``.

    Parameters
    ----------
    function : callable
        Takes a slice; should release the GIL for most of its time, and must not depend on other chunks.
    count, size : int
        Items in all and in a chunk; the last chunk may be shorter.
    threads : int
        Threads that share the chunks; the results do not depend on it.

    Returns
    -------
    list
        One result a chunk, in order.
    """
    if size < 1 or threads < 1:
        raise ValueError(f"chunk size and threads must be at least 1, got {size} and {threads}")
    slices = [slice(start, min(start + size, count)) for start in range(0, count, size)]
    if threads == 1 or len(slices) < 2:
        return [function(s) for s in slices]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, slices))
