"""raysim: radio-visual synthesis. Scenes, ray casting, propagation, sensors, labels and shards."""

from raysim.kernel_cache import use_fresh_kernels

__version__ = "0.1.0"

use_fresh_kernels()
