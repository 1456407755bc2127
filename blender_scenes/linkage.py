"""Linkages: rigid parts that hang on each other by joints whose angles repeat with the way that the asset travels.

Every angle and shift is a Fourier series of the phase, so that velocities and accelerations, linear and angular, are
exact derivatives of the pose: walking people and pedalling cyclists move by them.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

TAU = 2 * np.pi
Vector = tuple[float, float, float]


def axis_rotation(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Return the turns about an axis (Rodrigues' formula).

    Parameters
    ----------
    axis : (3,) float64
        Unit vector.
    angle : (n,) float64
        [rad], right-hand rule.

    Returns
    -------
    (n, 3, 3) float64
    """
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    sine, versine = np.sin(angle)[:, None, None], (1 - np.cos(angle))[:, None, None]
    return np.eye(3) + sine * cross + versine * (cross @ cross)


@dataclass(frozen=True)
class Harmonics:
    """Fourier series of a phase: ``mean + turns phase + sum_k cosine_k cos(k phase) + sine_k sin(k phase)``.

    Attributes
    ----------
    mean : float
    cosine, sine : tuple of float
        Of the harmonics 1, 2, ...
    turns : int
        What is gained in each cycle, in whole turns: of cranks.
    """

    mean: float = 0.0
    cosine: tuple[float, ...] = ()
    sine: tuple[float, ...] = ()
    turns: int = 0

    @classmethod
    def fit(cls, samples: np.ndarray, count: int) -> "Harmonics":
        """Return the first `count` harmonics of samples (n,) that are evenly spaced over one cycle, from phase 0."""
        terms = np.fft.rfft(samples)[: count + 1] / len(samples)
        return cls(terms[0].real, tuple(2 * terms[1:].real), tuple(-2 * terms[1:].imag))

    def at(self, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value, first and second derivative with respect to the phase, each (n,) float64."""
        order = np.arange(1, len(self.cosine) + 1)
        a, b = np.array(self.cosine), np.array(self.sine)
        c, s = np.cos(order * phase[:, None]), np.sin(order * phase[:, None])
        value = self.mean + self.turns * phase + c @ a + s @ b
        return value, self.turns + c @ (order * b) - s @ (order * a), -(c @ (order**2 * a) + s @ (order**2 * b))

    def late(self, shift: float) -> "Harmonics":
        """Return the series that does the same `shift` [rad] later."""
        order = np.arange(1, len(self.cosine) + 1)
        terms = (np.array(self.cosine) - 1j * np.array(self.sine)) * np.exp(-1j * order * shift)
        return Harmonics(self.mean - self.turns * shift, tuple(terms.real), tuple(-terms.imag), self.turns)

    def __add__(self, other: "Harmonics") -> "Harmonics":
        """Sum of two series."""
        count = max(len(self.cosine), len(other.cosine))
        columns = [
            np.sum([np.pad(np.array(column), (0, count - len(column))) for column in pair], axis=0)
            for pair in ((self.cosine, other.cosine), (self.sine, other.sine))
        ]
        return Harmonics(self.mean + other.mean, tuple(columns[0]), tuple(columns[1]), self.turns + other.turns)

    def __rmul__(self, factor: float) -> "Harmonics":
        """Return `factor` times the series; one with turns keeps whole ones only by -1."""
        cosine, sine = (tuple(factor * np.array(column)) for column in (self.cosine, self.sine))
        return Harmonics(factor * self.mean, cosine, sine, round(factor * self.turns))


FORWARD, LEFT, UP = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
RIGHT = (0.0, -1.0, 0.0)  # limbs that hang down swing forwards about it
REST = Harmonics()


@dataclass(frozen=True)
class Joint:
    """Where a part hangs on another, or on the asset, and how it turns there.

    Attributes
    ----------
    place : tuple of 3 float
        In the axes of what it hangs on [m].
    turns : tuple of (axis, angle)
        Turns about unit vectors, one after the other, each in the axes that the ones before leave; angles [rad].
    shift : tuple of 3 Harmonics
        Added to the place [m].
    """

    place: Vector
    turns: tuple[tuple[Vector, Harmonics], ...] = ()
    shift: tuple[Harmonics, Harmonics, Harmonics] = (REST, REST, REST)


@dataclass(frozen=True)
class Linkage:
    """What moves a part: the joints from the asset to it.

    Attributes
    ----------
    joints : tuple of Joint
        The first hangs on the asset, the last carries the part: its place is the part's origin.
    cycle : float
        Way that the asset travels in one cycle [m].
    phase : float
        At time 0 [rad].
    """

    joints: tuple[Joint, ...]
    cycle: float
    phase: float = 0.0

    def __post_init__(self):
        if not self.joints or not self.cycle > 0:
            raise ValueError(f"linkage: needs joints and a cycle above 0 m, got {len(self.joints)} and {self.cycle}")


class Track(NamedTuple):
    """Rigid motion in the asset's axes: (n, 3, 3), then (n, 3) float64 [m], [m/s], [m/s2], [rad/s], [rad/s2]."""

    rotation: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    spin: np.ndarray
    spin_rate: np.ndarray


def track(linkage: Linkage, speed: float, times: np.ndarray) -> Track:
    """Motion of the part that a linkage carries.

    Parameters
    ----------
    linkage : Linkage
    speed : float
        Of the asset [m/s].
    times : (n,) float64
        [s].

    Returns
    -------
    Track
        The asset's own motion not counted.
    """
    rate = TAU * speed / linkage.cycle
    phase = linkage.phase + rate * np.asarray(times, float)
    rotation = np.tile(np.eye(3), (len(phase), 1, 1))
    position, velocity, acceleration, spin, spin_rate = (np.zeros((len(phase), 3)) for _ in range(5))
    for joint in linkage.joints:
        shift = np.stack(
            [np.stack(series.at(phase), axis=-1) for series in joint.shift], axis=1
        )  # (n, xyz, derivative)
        arm, drift, push = np.moveaxis(rotation @ (shift * [1, rate, rate**2]), 2, 0)
        arm = arm + rotation @ np.array(joint.place)
        turning = np.cross(spin, arm)
        position = position + arm
        velocity = velocity + turning + drift
        acceleration = (
            acceleration + np.cross(spin_rate, arm) + np.cross(spin, turning) + 2 * np.cross(spin, drift) + push
        )
        for axis, angle in joint.turns:
            value, first, second = angle.at(phase)
            along = rotation @ np.array(axis)
            turn = rate * first[:, None] * along
            spin_rate = spin_rate + np.cross(spin, turn) + rate**2 * second[:, None] * along
            spin = spin + turn
            rotation = rotation @ axis_rotation(np.array(axis), value)
    return Track(rotation, position, velocity, acceleration, spin, spin_rate)


def bend_two_links(ahead: np.ndarray, down: np.ndarray, upper: float, lower: float) -> tuple[np.ndarray, np.ndarray]:
    """Bend a leg so that its ankle stands where it should: hip and knee that solve two links in a plane.

    Parameters
    ----------
    ahead, down : (n,) float64
        Of the ankle, from the hip [m].
    upper, lower : float
        Lengths [m].

    Returns
    -------
    hip, knee : (n,) float64
        Flexion [rad]: thigh forwards of the vertical, shank backwards of the thigh.

    Raises
    ------
    ValueError
        Where the leg is too short or too long to be bent so.
    """
    reach = np.hypot(ahead, down)
    if (reach > upper + lower).any() or (reach < abs(upper - lower)).any():
        raise ValueError(
            f"a leg of {upper:.3f} and {lower:.3f} m does not reach {reach.min():.3f} to {reach.max():.3f} m"
        )
    inside = np.arccos((upper**2 + reach**2 - lower**2) / (2 * upper * reach))
    knee = np.pi - np.arccos((upper**2 + lower**2 - reach**2) / (2 * upper * lower))
    return np.arctan2(ahead, down) + inside, knee
