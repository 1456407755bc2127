"""Paths of Sionna RT 1.x and 2.x, from an npz file with the arrays of ``sionna.rt.Paths`` under their own names.

Written after ``paths = PathSolver()(scene, synthetic_array=True)`` by::

    a, tau = paths.cir(normalize_delays=False, out_type="numpy")
    np.savez("paths.npz", a=a, tau=tau, normalize_delays=False, frequency=scene.frequency,
             theta_r=paths.theta_r, phi_r=paths.phi_r, theta_t=paths.theta_t, phi_t=paths.phi_t,
             doppler=paths.doppler)

``cir`` removes the delay of the first path unless it is told not to, and with it every range; so the file must say
``normalize_delays`` = False, and paths that all start at zero are refused. Its coefficients are those of the baseband,
``a exp(-j 2 pi f tau)``; ours leave the propagation phase to the delay, which is turned back here. Angles are zenith
and azimuth in world axes [rad], pointing away from the array (https://nvlabs.github.io/sionna/rt/api/paths.html).
"""

from collections.abc import Mapping

import numpy as np

from radar_dsp.interop_paths import PathFrame, bare_paths, unit_vector

NEEDED = ("a", "tau", "theta_r", "phi_r", "frequency", "normalize_delays")


def sionna_paths(arrays: Mapping[str, np.ndarray], pose: np.ndarray, *, receiver: int = 0, transmitter: int = 0):
    """Paths between one receiver and one transmitter.

    Parameters
    ----------
    arrays : mapping of str to array
        ``a`` (num_rx, num_rx_ant, num_tx, num_tx_ant, num_paths[, num_time_steps]) complex, the baseband coefficients
        of ``Paths.cir``; ``tau`` and the angles (num_rx, num_tx, num_paths) of a synthetic array, or with the antenna
        axes of `a`; ``doppler`` likewise [Hz], optional; ``frequency`` [Hz]; ``normalize_delays``, which must be
        False.
    pose : (4, 4) float64
        Receive array to world.
    receiver, transmitter : int
        Which of them; the first antenna of each.

    Returns
    -------
    PathFrame

    Raises
    ------
    ValueError
        If an array is missing or does not fit, or the delays are not absolute.
    """
    for name in NEEDED:
        if name not in arrays:
            raise ValueError(f"has no array {name!r}; expected {', '.join(NEEDED)} of sionna.rt.Paths")
    if bool(np.asarray(arrays["normalize_delays"]).any()):
        raise ValueError("holds delays relative to the first path; call cir(normalize_delays=False)")
    links = np.asarray(arrays["a"])
    if links.ndim not in (5, 6) or not np.iscomplexobj(links):
        raise ValueError(f"a must be complex (rx, rx_ant, tx, tx_ant, paths[, time]), got {links.dtype} {links.shape}")
    for name, index, count in (("receiver", receiver, links.shape[0]), ("transmitter", transmitter, links.shape[2])):
        if not 0 <= index < count:
            raise ValueError(f"{name} must lie in 0..{count - 1}, got {index}")
    coefficient = links[receiver, 0, transmitter, 0]
    coefficient = coefficient[:, 0] if links.ndim == 6 else coefficient

    def column(name: str) -> np.ndarray:
        values = np.asarray(arrays[name], float)
        if values.ndim not in (3, 5):
            raise ValueError(f"{name} must be (rx, tx, paths) or (rx, rx_ant, tx, tx_ant, paths), got {values.shape}")
        link = values[receiver, transmitter] if values.ndim == 3 else values[receiver, 0, transmitter, 0]
        if link.shape != coefficient.shape:
            raise ValueError(f"{name} has {len(link)} paths, a has {len(coefficient)}")
        return link

    delay, carrier = column("tau"), float(np.asarray(arrays["frequency"]).ravel()[0])
    valid = (delay >= 0) & (coefficient != 0)  # Sionna fills missing paths with tau = -1 and a = 0
    if valid.any() and delay[valid].min() == 0:
        raise ValueError("the first path has no delay at all: delays are relative; call cir(normalize_delays=False)")
    arrival = unit_vector(column("theta_r"), column("phi_r"))[valid]
    has_departure = "theta_t" in arrays and "phi_t" in arrays
    departure = unit_vector(column("theta_t"), column("phi_t"))[valid] if has_departure else arrival
    rate = -column("doppler")[valid] / carrier if "doppler" in arrays else np.zeros(valid.sum())
    turns = carrier * delay[valid]
    gain = coefficient[valid].astype(complex) * np.exp(2j * np.pi * (turns - np.rint(turns)))
    return PathFrame(bare_paths(gain, delay[valid], arrival, departure, delay_rate=rate), pose, carrier)
