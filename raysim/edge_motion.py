"""How the length of a path over an edge changes while the edge's body and the path's ends move."""

from typing import NamedTuple

import numpy as np

from raysim.edges import Edges
from raysim.scene import SceneFrame


class MovingPoints(NamedTuple):
    """Points with their motion, each (n, 3) or (3,) float64: [m], [m/s], [m/s2], world axes."""

    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray

    @classmethod
    def at_rest(cls, position: np.ndarray) -> "MovingPoints":
        """Points that never move."""
        zero = np.zeros(3)
        return cls(np.asarray(position, float), zero, zero)

    def select(self, which: np.ndarray) -> "MovingPoints":
        """Return the points picked by an index array; a single point stands for all."""
        return MovingPoints(*(a if a.ndim == 1 else a[which] for a in self))


def material_points(points: np.ndarray, part: np.ndarray, frame: SceneFrame) -> MovingPoints:
    """Points (n, 3) that are fixed to parts (n,), with their motion at the middle of the frame."""
    spin, arm = frame.angular_velocity[part], points - frame.pose[part, :3, 3]
    turning, swinging = np.cross(spin, arm), np.cross(frame.angular_acceleration[part], arm)
    return MovingPoints(
        points, frame.velocity[part] + turning, frame.acceleration[part] + swinging + np.cross(spin, turning)
    )


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", a, b)


def segment_motion(start: MovingPoints, end: MovingPoints) -> tuple[np.ndarray, np.ndarray]:
    """First and second time derivative of the distance between points [m/s], [m/s2]; both (n,) float64."""
    line, dv, da = (np.atleast_2d(b - a) for a, b in zip(start, end, strict=True))
    length = np.linalg.norm(line, axis=1)
    rate = _dot(line, dv) / length
    return rate, (_dot(dv, dv) + _dot(line, da) - rate**2) / length


def _about_edge(end: MovingPoints, base: MovingPoints, axes: tuple[np.ndarray, np.ndarray, np.ndarray]):
    """Place along the edge and distance from its line, each with two time derivatives."""
    arm, arm1, arm2 = (np.atleast_2d(a - b) for a, b in zip(end, base, strict=True))
    e, e1, e2 = axes
    z = _dot(arm, e)
    z1 = _dot(arm1, e) + _dot(arm, e1)
    z2 = _dot(arm2, e) + 2 * _dot(arm1, e1) + _dot(arm, e2)
    rho = np.linalg.norm(arm - z[:, None] * e, axis=1)
    rho1 = (_dot(arm, arm1) - z * z1) / rho
    rho2 = (_dot(arm1, arm1) + _dot(arm, arm2) - z1**2 - z * z2 - rho1**2) / rho
    return (z, z1, z2), (rho, rho1, rho2)


def path_motion(
    edge: np.ndarray, edges: Edges, frame: SceneFrame, source: MovingPoints, observer: MovingPoints
) -> tuple[np.ndarray, np.ndarray]:
    """First and second time derivative of the shortest path over an edge.

    Parameters
    ----------
    edge : (n,) int
    edges : Edges
        In world axes.
    frame : SceneFrame
        Gives the rigid motion of the edges' parts.
    source, observer : MovingPoints
        n points each, or one for all.

    Returns
    -------
    rate, acceleration : (n,) float64
        [m/s], [m/s2], of ``L = sqrt((rho_in + rho_out)^2 + (z_in - z_out)^2)``: exact, the sliding of the point of
        diffraction along the edge included.
    """
    part, direction = edges.part[edge], edges.direction[edge]
    base = material_points(edges.start[edge], part, frame)
    spin = frame.angular_velocity[part]
    turning = np.cross(spin, direction)
    swinging = np.cross(frame.angular_acceleration[part], direction)
    axes = (direction, turning, swinging + np.cross(spin, turning))
    (a, a1, a2), (p, p1, p2) = _about_edge(source, base, axes)
    (b, b1, b2), (q, q1, q2) = _about_edge(observer, base, axes)
    s, s1, s2 = p + q, p1 + q1, p2 + q2
    z, z1, z2 = a - b, a1 - b1, a2 - b2
    length = np.hypot(s, z)
    rate = (s * s1 + z * z1) / length
    return rate, (s1**2 + s * s2 + z1**2 + z * z2 - rate**2) / length
