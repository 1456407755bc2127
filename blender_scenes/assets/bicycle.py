"""A city bicycle: diamond frame of tubes, fork, handlebar, saddle, wheels with spokes, cranks and pedals.

Axes as those of all assets: x forward, y left, z up, origin on the ground midway between the wheels' axles.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from blender_scenes.assets.flesh import lying, moved, rounded, segments_around
from blender_scenes.assets.mesh import Patch, both_sides, box, merge, revolve, tube
from raysim.materials import Material


class Slot(IntEnum):
    """Index of a bicycle's surface in its material table."""

    PAINT = 0
    TYRE = 1
    ALLOY = 2
    STEEL = 3
    BLACK = 4
    LAMP = 5


TUBE_SIDES = 14  # bend by under 30 degrees: no edges that diffract
SPOKES = 28
CRANK = 0.170  # [m] length
CRANK_OFF, PEDAL_OFF = 0.075, 0.125  # [m] of crank arms and pedals from the middle plane
SEAT_ANGLE, HEAD_ANGLE = np.radians(73.0), np.radians(71.0)


@dataclass(frozen=True)
class Bicycle:
    """Geometry of a bicycle [m]; `size` scales the frame, 1 for a rider of 1.75 m."""

    size: float
    wheel_radius: float

    @property
    def axles(self) -> tuple[np.ndarray, np.ndarray]:
        """Rear and front axle."""
        half = 0.25 + 0.28 * self.size
        return np.array([-half, 0.0, self.wheel_radius]), np.array([half, 0.0, self.wheel_radius])

    @property
    def bracket(self) -> np.ndarray:
        """Bottom bracket, about which the cranks turn."""
        return np.array([self.axles[0][0] + 0.10 + 0.34 * self.size, 0.0, 0.28])

    def on_seat_tube(self, way: float) -> np.ndarray:
        """Point of the seat tube's line, some way from the bracket."""
        return self.bracket + way * np.array([-np.cos(SEAT_ANGLE), 0.0, np.sin(SEAT_ANGLE)])

    def on_steerer(self, way: float) -> np.ndarray:
        """Point of the steering axis, some way over the front axle's height."""
        foot = self.axles[1] - [0.045 / np.sin(HEAD_ANGLE), 0.0, 0.0]
        return foot + way * np.array([-np.cos(HEAD_ANGLE), 0.0, np.sin(HEAD_ANGLE)])

    @property
    def crown(self) -> float:
        """Way along the steering axis to the crown of the fork."""
        return self.wheel_radius + 0.05

    @property
    def grip(self) -> np.ndarray:
        """Middle of the left grip."""
        return self.on_steerer(self.crown + 0.14 * self.size + 0.14) + [0.0, 0.27, 0.01]


def frame(bike: Bicycle, saddle: np.ndarray) -> Patch:
    """Frame, fork, handlebar and saddle, all that does not turn; `saddle`: middle of its top [m]."""
    rear, front = bike.axles
    top, low, high = bike.on_seat_tube(0.50 * bike.size), bike.crown + 0.01, bike.crown + 0.14 * bike.size
    head = bike.on_steerer(low), bike.on_steerer(high)
    pieces = [
        _bar(bike.bracket, top, 0.0150), _bar(bike.bracket, head[0], 0.0175), _bar(top, head[1], 0.0145),
        _bar(*head, 0.019), _bar(bike.bracket - [0, 0.035, 0], bike.bracket + [0, 0.035, 0], 0.021),
        _bar(top, saddle - [0, 0, 0.05], 0.0135, Slot.ALLOY), *_handlebar(bike, high), *_seat(saddle),
    ]  # fmt: skip
    side = np.array([0.0, 0.055, 0.0])
    stays = [
        _bar(bike.bracket + [0, 0.03, 0], rear + side, 0.010), _bar(top + [0, 0.02, 0], rear + side, 0.008),
        _bar(bike.on_steerer(low) + 0.9 * side, front + side, 0.012),
    ]  # fmt: skip
    crown = _bar(bike.on_steerer(low) - side, bike.on_steerer(low) + side, 0.014)
    return merge([*pieces, both_sides(merge(stays)), crown])


def _bar(start: np.ndarray, end: np.ndarray, radius: float, slot: Slot = Slot.PAINT) -> Patch:
    return tube(np.array([start, (start + end) / 2, end]), radius, slot, TUBE_SIDES)


def _handlebar(bike: Bicycle, high: float) -> list[Patch]:
    """Stem, a bar that sweeps back to the grips, and a lamp."""
    clamp, grip = bike.on_steerer(high + 0.12) + [0.06, 0, 0.02], bike.grip
    bar = np.array([clamp, clamp + [0.0, 0.10, 0.0], clamp + [-0.02, 0.18, 0.0], grip - [0, 0.05, 0], grip])
    half = merge(
        [
            tube(bar, 0.0125, Slot.ALLOY, TUBE_SIDES),
            _bar(grip - [0, 0.06, 0], grip + [-0.01, 0.06, 0], 0.017, Slot.BLACK),
        ]
    )
    stem = [
        _bar(bike.on_steerer(high), bike.on_steerer(high + 0.12), 0.0145, Slot.ALLOY),
        _bar(bike.on_steerer(high + 0.12), clamp, 0.016, Slot.ALLOY),
    ]
    lamp = revolve(np.array([(0.0, -0.03), (0.03, -0.03), (0.03, 0.02), (0.0, 0.02)]), 16, Slot.LAMP)
    lamp = Patch(lamp.vertices[:, [1, 0, 2]] * [-1, 1, 1] + clamp + [0.03, 0, -0.06], lamp.triangles, lamp.material)
    return [both_sides(half), *stem, lamp]


def _seat(saddle: np.ndarray) -> list[Patch]:
    """Saddle: narrow nose, broad back."""
    rows = (
        (-0.13, -0.014, 0.012, 0.010, 0.075),
        (-0.06, -0.014, 0.012, 0.014, 0.072),
        (0.02, -0.014, 0.010, 0.016, 0.035),
        (0.13, -0.014, 0.010, 0.016, 0.020),
    )
    body = moved(lying(rounded(rows, Slot.BLACK, ends=(0.015, 0.015))), saddle)
    return [body, _bar(saddle - [0.0, 0.0, 0.05], saddle - [0.0, 0.0, 0.02], 0.02, Slot.STEEL)]


def wheel(radius: float) -> Patch:
    """Tyre, rim, hub and spokes about the y axis."""
    thick = 0.019
    angle = np.radians(np.arange(0, 361, 36))
    tread = np.stack([radius - thick + thick * np.cos(angle), thick * np.sin(angle)], axis=-1)
    inner = radius - 2 * thick - 0.012
    rim = np.array([(inner, -0.011), (inner + 0.020, -0.012), (inner + 0.020, 0.012), (inner, 0.011), (inner, -0.011)])
    hub = np.array([(0.0, -0.05), (0.008, -0.05), (0.010, -0.036), (0.028, -0.033), (0.014, -0.028), (0.014, 0.028),
                    (0.028, 0.033), (0.010, 0.036), (0.008, 0.05), (0.0, 0.05)])  # fmt: skip
    around = segments_around(radius)
    spokes = []
    for k in range(SPOKES):
        side = 0.033 * (-1) ** k
        out, start = 2 * np.pi * k / SPOKES, 2 * np.pi * (k + 2.5 * (-1) ** (k // 2)) / SPOKES  # laced crosswise
        ends = np.array(
            [[0.026 * np.cos(start), side, 0.026 * np.sin(start)], [inner * np.cos(out), 0.0, inner * np.sin(out)]]
        )
        spokes.append(tube(ends, 0.001, Slot.STEEL, 4))
    pieces = [revolve(tread, around, Slot.TYRE), revolve(rim, around, Slot.ALLOY), revolve(hub, 18, Slot.ALLOY)]
    return merge([*pieces, *spokes])


def cranks() -> Patch:
    """Chain ring on the right and both arms, about the bracket; the right one points forwards."""
    ring = np.array([(0.0, -0.047), (0.088, -0.047), (0.088, -0.043), (0.0, -0.043)])
    right, left = np.array([CRANK, -CRANK_OFF, 0.0]), np.array([-CRANK, CRANK_OFF, 0.0])
    middle = np.array([0.0, CRANK_OFF, 0.0])
    arms = [
        _bar(-middle, right, 0.011, Slot.ALLOY),
        _bar(middle, left, 0.011, Slot.ALLOY),
        _bar(-middle, middle, 0.011, Slot.STEEL),
    ]
    return merge([revolve(ring, 40, Slot.STEEL), *arms])


def pedal(side: int) -> Patch:
    """Pedal about its axle, as it hangs on the crank; side +1 left."""
    inner, off = side * CRANK_OFF, side * PEDAL_OFF
    axle = _bar(np.array([0.0, inner, 0.0]), np.array([0.0, off + side * 0.045, 0.0]), 0.007, Slot.STEEL)
    return merge([axle, box((0.10, 0.085, 0.022), Slot.BLACK, (0.0, off, 0.0), bevel=0.004)])


def bicycle_materials(paint: tuple[float, float, float]) -> tuple[Material, ...]:
    """Material table of a bicycle, in the order of `Slot`."""
    return (
        Material("bicycle_paint", "metal", paint, 2e-5, 0.1, 0.4, metallic=0.2, gloss_roughness=0.25),
        Material("bicycle_tyre", "rubber", (0.02, 0.02, 0.02), 5e-4, 0.3, 0.06, gloss_roughness=0.85),
        Material("bicycle_alloy", "metal", (0.45, 0.45, 0.46), 2e-5, 0.1, 0.5, metallic=0.8, gloss_roughness=0.3),
        Material("bicycle_steel", "metal", (0.30, 0.30, 0.31), 5e-5, 0.2, 0.4, metallic=0.7, gloss_roughness=0.4),
        Material("bicycle_black", "plastic", (0.02, 0.02, 0.02), 2e-4, 0.1, 0.1, gloss_roughness=0.6),
        Material("bicycle_lamp", "plastic", (0.6, 0.6, 0.6), 1e-5, 0.1, 0.7, gloss_roughness=0.1),
    )
