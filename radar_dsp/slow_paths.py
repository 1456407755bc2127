"""Paths whose phase turns by a radian or so over a frame, as leaves in the wind do: a channel smooth in time.

It is worked out at a few times only, Chebyshev's nodes, and interpolated between them. A path that turns by ``P`` to
either side leaves an error below ``2 (P / 2)^n / n!`` of itself with n nodes (from its Taylor remainder): 5e-6 here.
"""

import numpy as np

NODES = 8
PHASE = 1.5  # [rad] from the middle of the frame to either end
LEAST = 20_000  # paths; fewer are summed sooner at every symbol than at the nodes and interpolated


def node_times(times: np.ndarray) -> np.ndarray:
    """(NODES,) float64 Chebyshev nodes within the span of the symbols [s]."""
    half = (times[-1] - times[0]) / 2
    return times[0] + half * (1 + np.polynomial.chebyshev.chebpts1(NODES))


def interpolation_weights(nodes: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(num_times, num_nodes) weights of values at the nodes for the polynomial through them (Lagrange).

    Parameters
    ----------
    nodes : (num_nodes,) float64
        Distinct.
    times : (num_times,) float64
    """
    away = times[:, None, None] - nodes  # (num_times, 1, num_nodes)
    apart = nodes[:, None] - nodes
    others = ~np.eye(len(nodes), dtype=bool)
    return np.prod(np.where(others, away, 1.0), axis=2) / np.prod(np.where(others, apart, 1.0), axis=1)
