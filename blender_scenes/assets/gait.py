"""Walking: published joint angles, made exact on the ground.

Legs: thigh to the vertical, knee and ankle at the ends of the eight phases of a cycle, adults at their natural 80 m/min
(Perry and Burnfield, Gait Analysis, 2nd ed. 2010: the Rancho Los Amigos functional positions), reaching further with
the root of the relative velocity (speed over hip height), as cycles lengthen in Boulic, Magnenat-Thalmann and Thalmann,
The Visual Computer 6 (1990) 344. Pelvis, trunk and arms: that model, of which micro-Doppler work makes much use (Chen,
The Micro-Doppler Effect in Radar, 2011). Angles alone let feet slide, which a radar sees: so the standing
foot rolls over heel, ball and tip where it stands, the swinging one follows the angles, and hip and knee are bent anew
for that. A cycle starts with the heel strike of the right foot.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicHermiteSpline, CubicSpline

from blender_scenes.linkage import (
    FORWARD,
    LEFT,
    REST,
    RIGHT,
    TAU,
    UP,
    Harmonics,
    Joint,
    Linkage,
    Vector,
    bend_two_links,
)  # fmt: skip

ORDER = 10  # harmonics: natural gait has 99.7 % of its power in the first seven (Winter 2009, section 3.4.4)
SAMPLES = 240
STRAIGHT = 0.998  # longest reach of a leg over its length: knees are never quite straight
SLOWEST, FASTEST = 0.4, 2.2  # [m/s] that the model walks

Points = Sequence[tuple[float, float]]  # (share of the cycle, degrees)
NATURAL = 1.36 / 0.93  # [1/s] 80 m/min of the adults whose legs these are
THIGH = ((0.0, 20.0), (0.12, 20.0), (0.31, 0.0), (0.5, -20.0), (0.62, -10.0), (0.75, 15.0), (0.87, 25.0))
KNEE = ((0.0, 5.0), (0.12, 15.0), (0.31, 5.0), (0.5, 10.0), (0.62, 40.0), (0.75, 60.0), (0.87, 25.0))
ANKLE = ((0.0, 0.0), (0.12, -5.0), (0.31, 5.0), (0.5, 10.0), (0.62, -15.0), (0.75, -5.0), (0.87, 0.0))
TOE_OFF = 0.62  # share of a cycle
CLEARANCE = 0.025  # [m] of the lowest point of the shoe in mid-swing
TOE_SPRING = np.radians(15.0)  # by which a sole rises before the ball
SHARE = np.arange(SAMPLES) / SAMPLES  # of a cycle


class Limbs(NamedTuple):
    """Where the joints of a person are [m]: feet on the ground, arms hanging; left ones at +y."""

    hip: Vector
    knee: Vector
    ankle: Vector
    lumbar: float  # height at which the trunk turns on the pelvis
    neck: float
    shoulder: Vector
    elbow: Vector
    heel: float  # where the sole's heel, ball and tip are, before the ankle
    ball: float
    tip: float


class Ride(NamedTuple):
    """What hips and trunk do over a cycle; angles [rad], lengths over the hip's height."""

    ahead: Harmonics
    sway: Harmonics  # to the left
    pelvis: Harmonics  # about the vertical, right hip forwards
    list: Harmonics  # of the pelvis, right hip upwards
    thorax: Harmonics  # about the vertical, against the pelvis
    shoulder: Harmonics  # of the right arm, flexion
    elbow: Harmonics


class Leg(NamedTuple):
    """Flexion of the right leg over a cycle [rad]."""

    hip: Harmonics
    knee: Harmonics
    ankle: Harmonics


def _curve(points: Points, factor: float = 1.0) -> np.ndarray:
    """Smooth curve through control points over a cycle (SAMPLES,) [rad], times `factor`."""
    share, value = np.array(points).T
    around = np.concatenate([share - 1, share, share + 1]), np.tile(value, 3)
    return factor * np.radians(CubicSpline(*around)(SHARE))


def _wave(mean: float, amplitude: float, share: float = 0.0, order: int = 1) -> Harmonics:
    """``mean + amplitude cos(order phase)``, `share` of a cycle late."""
    cosine = (0.0,) * (order - 1) + (amplitude,)
    return Harmonics(mean, cosine, (0.0,) * order).late(TAU * share)


def ride(relative: float) -> Ride:
    """Pelvis, trunk and arms at a relative velocity [1/s] up to 3.

    References
    ----------
    Boulic et al. 1990, appendices A, B and D.
    """
    slow, brisk = min(relative / 0.5, 1.0), np.clip((relative - 0.5) / 0.8, 0.0, 1.0)
    early = 0.084 * relative * (1 - relative) if relative < 0.5 else 0.021
    aside = 0.128 * relative * (1 - relative) if relative < 0.5 else 0.032
    support = 0.752 - 0.143 * np.sqrt(relative) / 1.346  # share of a cycle that a foot stands
    elbow = ((0.05, 3 + 3 * slow + 8 * brisk), (0.5, 3 + 17 * slow + 24 * brisk), (0.9, 3 + 5 * slow + 9 * brisk))
    swing, torsion = np.radians(9.88 * relative), np.radians(4 * relative)
    return Ride(
        _wave(0.0, early, 0.125 + support - 0.625, 2),
        _wave(0.0, -aside, 0.35),
        _wave(0.0, torsion),
        _wave(0.0, np.radians(1.66 * relative), 0.2),
        _wave(0.0, -torsion - np.radians(1.4 * relative), 0.02),
        _wave(np.radians(3) - swing / 2, -swing),
        Harmonics.fit(_curve(elbow), ORDER),
    )


def _rolled(limbs: Limbs, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place of an ankle over a sole that rolls over heel, ball and tip without sliding.

    Parameters
    ----------
    limbs : Limbs
    pitch : (n,) float64
        Toes up [rad].

    Returns
    -------
    ahead, height : (n,) float64
        Of the ankle: from where a flat foot has it, over the ground [m].
    """
    spring = limbs.tip - limbs.ball
    x = np.array([limbs.heel, limbs.ball, limbs.tip])
    z = np.array([0.0, 0.0, spring * np.tan(TOE_SPRING)]) - limbs.ankle[2]
    unrolled = np.array([limbs.heel, limbs.ball, limbs.ball + spring / np.cos(TOE_SPRING)])
    c, s = np.cos(pitch)[:, None], np.sin(pitch)[:, None]
    below = x * s + z * c
    lowest = below.argmin(axis=1)
    at = np.arange(len(pitch))
    return (unrolled - x * c + z * s)[at, lowest], -below[at, lowest]


def _steps(limbs: Limbs, over: Ride, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Way of the right ankle over a cycle and the way of the cycle.

    Returns
    -------
    ahead, height : (SAMPLES,) float64
        Of the ankle: before a pelvis of even pace, over the ground [m].
    pitch : (SAMPLES,) float64
        Of the foot, toes up [rad].
    cycle : float
        [m].
    """
    thigh, knee = _curve(THIGH, reach), _curve(KNEE, reach)
    pitch = thigh - knee + _curve(ANKLE, reach)
    upper, lower = limbs.hip[2] - limbs.knee[2], limbs.knee[2] - limbs.ankle[2]
    turn = over.pelvis.at(TAU * SHARE)[0]
    free = upper * np.sin(thigh) + lower * np.sin(thigh - knee) + limbs.hip[1] * np.sin(turn)
    roll, height = _rolled(limbs, pitch)
    strike, passed = (free - roll)[[0, SAMPLES // 2]]
    cycle = 2 * float(strike - passed)
    ahead = strike - cycle * SHARE + roll
    swing = np.maximum(SHARE - TOE_OFF, 0.0) / (1 - TOE_OFF)
    off, pace = round(TOE_OFF * SAMPLES), _rate(roll) - cycle
    across = CubicHermiteSpline([TOE_OFF, 1.0], ahead[[off, 0]], pace[[off, 0]])
    ahead = np.where(swing > 0, across(SHARE), ahead)
    return ahead, height + CLEARANCE * reach * np.sin(np.pi * swing) ** 2, pitch, cycle


def _rate(samples: np.ndarray) -> np.ndarray:
    """Return the derivative with respect to the share of a cycle."""
    return (np.roll(samples, -1) - np.roll(samples, 1)) * SAMPLES / 2


def _stride(limbs: Limbs, over: Ride, reach: float) -> tuple[Leg, Harmonics, float]:
    """Right leg's angles, height of the hips and way of a cycle [m].

    Hips rise and fall twice a cycle, as high as both feet let them; how far ahead feet are set down decides on that.
    """
    ankle_ahead, ankle_height, pitch, cycle = _steps(limbs, over, reach)
    turn, list_ = (series.at(TAU * SHARE)[0] for series in (over.pelvis, over.list))
    ahead = ankle_ahead - limbs.hip[2] * over.ahead.at(TAU * SHARE)[0] - limbs.hip[1] * np.sin(turn)
    drop = ankle_height + limbs.hip[1] * np.sin(list_)  # of the ankle, beside a pelvis that does not list
    upper, lower = limbs.hip[2] - limbs.knee[2], limbs.knee[2] - limbs.ankle[2]
    shifted = ahead + np.linspace(-0.1, 0.15, 51)[:, None]
    room = drop + np.sqrt(np.maximum((STRAIGHT * (upper + lower)) ** 2 - shifted**2, 0.0))
    room = np.minimum(room, np.roll(room, SAMPLES // 2, axis=1))
    terms = np.fft.rfft(room, axis=1)
    terms[:, [1, *range(3, terms.shape[1])]] = 0.0
    ridden = np.fft.irfft(terms, SAMPLES, axis=1)
    ridden -= (ridden - room).max(axis=1, keepdims=True)
    best = int(ridden.mean(axis=1).argmax())
    thigh, knee = bend_two_links(shifted[best], ridden[best] - drop, upper, lower)
    leg = Leg(*(Harmonics.fit(x, ORDER) for x in (thigh, knee, pitch - thigh + knee)))
    return leg, Harmonics.fit(ridden[best], 2), cycle


def walk(limbs: Limbs, speed: float, phase: float) -> dict[str, Linkage]:
    """Linkages of a person who walks, or stands.

    Parameters
    ----------
    limbs : Limbs
    speed : float
        [m/s]; 0 = stands, else from `SLOWEST` to `FASTEST`.
    phase : float
        Of the cycle at time 0 [rad].

    Returns
    -------
    dict of Linkage
        ``pelvis``, ``trunk``, ``head``, and with ``_left`` and ``_right``: ``thigh``, ``shank``, ``foot``,
        ``upper_arm``, ``forearm``.
    """
    over, leg, hips, cycle = STILL, UPRIGHT, Harmonics(limbs.hip[2]), 1.0
    if speed:
        relative = speed / limbs.hip[2]
        over = ride(relative)
        leg, hips, cycle = _stride(limbs, over, float(np.sqrt(relative / NATURAL)))
    turned = (UP, over.pelvis), (FORWARD, over.list)
    pelvis = Joint((0.0, 0.0, 0.0), turned, (limbs.hip[2] * over.ahead, limbs.hip[2] * over.sway, hips))
    trunk = Joint((0.0, 0.0, limbs.lumbar - limbs.hip[2]), ((FORWARD, -1.0 * over.list), (UP, over.thorax)))
    steady = ((UP, -1.0 * (over.pelvis + over.thorax)),)  # the head looks ahead
    chains: dict[str, tuple[Joint, ...]] = {"pelvis": (pelvis,), "trunk": (pelvis, trunk)}
    chains["head"] = (pelvis, trunk, Joint((0.0, 0.0, limbs.neck - limbs.lumbar), steady))
    for name, side in (("left", 1), ("right", -1)):
        hip, knee, ankle = _leg(limbs, over, leg, side)
        shoulder, elbow = _arm(limbs, over, side)
        chains[f"thigh_{name}"] = (pelvis, hip)
        chains[f"shank_{name}"] = (pelvis, hip, knee)
        chains[f"foot_{name}"] = (pelvis, hip, knee, ankle)
        chains[f"upper_arm_{name}"] = (pelvis, trunk, shoulder)
        chains[f"forearm_{name}"] = (pelvis, trunk, shoulder, elbow)
    return {name: Linkage(joints, cycle, phase) for name, joints in chains.items()}


def _leg(limbs: Limbs, over: Ride, leg: Leg, side: int) -> tuple[Joint, Joint, Joint]:
    """Hip, knee and ankle of a side (+1 left) as they hang on the pelvis, whose turns the hip undoes."""
    flexion, bend, rise = (series.late(np.pi if side > 0 else 0.0) for series in leg)
    lean = (
        -limbs.hip[2] / (limbs.hip[2] - limbs.ankle[2]) * over.sway
    )  # feet stay where they are under a swaying pelvis
    places = np.array([limbs.hip, limbs.knee, limbs.ankle]) * [1, side, 1]
    thigh, shank = ((float(x), float(y), float(z)) for x, y, z in np.diff(places, axis=0))
    undone = (FORWARD, -1.0 * over.list), (UP, -1.0 * over.pelvis), (FORWARD, lean)
    hip = Joint((limbs.hip[0], side * limbs.hip[1], 0.0), (*undone, (RIGHT, flexion)))
    return hip, Joint(thigh, ((LEFT, bend),)), Joint(shank, ((RIGHT, rise),))


def _arm(limbs: Limbs, over: Ride, side: int) -> tuple[Joint, Joint]:
    """Shoulder and elbow of a side; arms hang a little away from the body."""
    flexion, bend = (series.late(np.pi if side > 0 else 0.0) for series in (over.shoulder, over.elbow))
    (x, y, z), (elbow_x, elbow_y, elbow_z) = limbs.shoulder, limbs.elbow
    away, inwards = Harmonics(side * np.radians(6.0)), Harmonics(-side * np.radians(4.0))
    shoulder = Joint((x, side * y, z - limbs.lumbar), ((FORWARD, away), (RIGHT, flexion)))
    return shoulder, Joint((elbow_x - x, side * (elbow_y - y), elbow_z - z), ((FORWARD, inwards), (RIGHT, bend)))


STILL = Ride(REST, REST, REST, REST, REST, Harmonics(np.radians(2.0)), Harmonics(np.radians(12.0)))
UPRIGHT = Leg(REST, REST, REST)
