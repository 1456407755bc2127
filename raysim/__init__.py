"""raysim: radio-visual synthesis. Scenes, ray casting, propagation, sensors, labels and shards."""

__version__ = "0.1.0"
