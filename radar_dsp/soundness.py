"""Whether the radar data in a file of raysim are what its format says: type, shape, axes, and the unit above all."""

from raysim.shards.check import structure_problems
from raysim.shards.reader import Shard

RADAR = ("csi", "subcarrier_frequency", "symbol_time", "time", "radar/", "paths/", "target/", "instances/")


def refuse_unsound(shard: Shard) -> None:
    """Refuse a file whose radar data are not of the format's type, shape, unit and axes.

    What is missing is left to whoever reads it, and so are the other sensors to ``raysim check``.

    Parameters
    ----------
    shard : Shard

    Raises
    ------
    ValueError
        At the first dataset of another kind.
    """
    for name, message in structure_problems(shard):
        if name in shard and name.startswith(RADAR):
            raise ValueError(f"{shard.path} is damaged: {name}: {message}")
