"""Procedural scenes: recipes, assets, scenarios, and the renderers of RGB pictures."""

import raysim  # noqa: F401 (chooses the folder of the compiled kernels before numba is imported)
