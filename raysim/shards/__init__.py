"""Shards: one HDF5 file a sequence, and the CSI file beside it. The schema is a table over plain arrays."""

from raysim.shards.digest import content_digest
from raysim.shards.reader import Shard, open_shard
from raysim.shards.writer import ShardWriter

__all__ = ["Shard", "ShardWriter", "content_digest", "open_shard"]
