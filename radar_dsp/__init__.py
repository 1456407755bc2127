"""OFDM radar signal processing: numerology, CSI, noise, maps, plots and the radar-dsp command."""

import raysim  # noqa: F401 (chooses the folder of the compiled kernels before numba is imported)
