"""Paths of DeepMIMO v4, from a mat or npz file with the dataset's matrices under their own names.

Matrices are (num_receivers, max_paths), filled up with NaN: ``power`` [dB], ``phase`` [deg], ``delay`` [s], ``aoa_az``,
``aoa_el``, ``aod_az``, ``aod_el`` [deg, elevation counted from the zenith] and, where there is motion, ``doppler`` [Hz]
(https://github.com/DeepMIMO/DeepMIMO). DeepMIMO's channel of a path is ``sqrt(power) exp(j phase) exp(-j 2 pi f_k
delay)``: its phase holds the propagation at the carrier, ours leave it to the delay; it is turned back here, so both
give the same channel. The files hold no carrier and no pose of an array: the user gives them.
"""

from collections.abc import Mapping

import numpy as np

from radar_dsp.interop_paths import PathFrame, bare_paths, unit_vector

NEEDED = ("power", "phase", "delay", "aoa_az", "aoa_el")


def deepmimo_paths(
    arrays: Mapping[str, np.ndarray], pose: np.ndarray, *, carrier_frequency: float, receiver: int = 0
) -> PathFrame:
    """Paths to one receiver.

    Parameters
    ----------
    arrays : mapping of str to array
        As described above.
    pose : (4, 4) float64
        Receive array to world.
    carrier_frequency : float
        [Hz].
    receiver : int
        Row of the matrices.

    Returns
    -------
    PathFrame

    Raises
    ------
    ValueError
        If a matrix is missing or does not fit.
    """
    for name in NEEDED:
        if name not in arrays:
            raise ValueError(f"has no matrix {name!r}; expected {', '.join(NEEDED)} of DeepMIMO v4")
    shape = np.shape(arrays["power"])

    def row(name: str) -> np.ndarray:
        values = np.asarray(arrays[name], float)
        if values.ndim != 2 or values.shape != shape:
            raise ValueError(f"{name} must be receivers x paths like power {shape}, got {values.shape}")
        if not 0 <= receiver < len(values):
            raise ValueError(f"receiver must lie in 0..{len(values) - 1}, got {receiver}")
        return values[receiver]

    there = np.isfinite(row("power"))
    delay = row("delay")[there]
    turns = row("phase")[there] / 360 + carrier_frequency * delay
    gain = 10 ** (row("power")[there] / 20) * np.exp(2j * np.pi * (turns - np.rint(turns)))

    def direction(end: str) -> np.ndarray:
        return unit_vector(np.radians(row(f"{end}_el")[there]), np.radians(row(f"{end}_az")[there]))

    departure = direction("aod") if "aod_az" in arrays and "aod_el" in arrays else direction("aoa")
    rate = -row("doppler")[there] / carrier_frequency if "doppler" in arrays else np.zeros(len(delay))
    return PathFrame(bare_paths(gain, delay, direction("aoa"), departure, delay_rate=rate), pose, carrier_frequency)
