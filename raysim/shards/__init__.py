"""Shards: one HDF5 file a sequence, and the CSI file beside it. The schema is a table over plain arrays."""
