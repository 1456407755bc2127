"""The form of a car's body as a field: negative inside, zero on the panels, about a distance in metres near them.

A body is the smooth union of a lower hull (bonnet, sides, boot) and a cabin (windscreen, roof, rear window, sides with
tumblehome); each is the smooth intersection of a few surfaces. Feature lines follow from the same surfaces: a side
window is where the cabin's side is far enough from windscreen, roof, belt line and rear window.
"""

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from blender_scenes.assets.car_curves import STEP, Table, smooth_max, smooth_min
from blender_scenes.assets.car_params import CarParams

SHOULDER_RADIUS = 0.065  # [m] bonnet, boot and belt line against the sides
FASCIA_RADIUS = 0.09  # [m] front and rear faces against bonnet and sides
ROOF_RADIUS = 0.09  # [m] roof against the cabin's sides and windows
BLEND_RADIUS = 0.03  # [m] cabin into the lower hull
SIDE_BOW = 0.03  # [m] by which the sides bow out in plan between the axles: doors are nowhere quite flat
WAIST = 0.4  # height of the sides' widest line over the sills [share of the belt line's]
BISECTIONS = 5  # of the search for the surface
SECANTS = 4


class CarShape:
    """Surfaces of a car's body.

    Parameters
    ----------
    params : CarParams
    rear : float, optional
        Where the body ends behind, x [m]; default the rear end of the car (a truck's cab ends earlier).
    """

    def __init__(self, params: CarParams, rear: float | None = None):
        self.params = p = params
        self.front_x = p.length / 2
        self.rear_x = -p.length / 2 if rear is None else rear
        self.rear_full = rear is None
        self.front_axle = self.front_x - p.front_overhang
        self.rear_axle = self.front_axle - p.wheelbase
        self.cowl_x = self.front_axle - p.cowl_setback
        self.backlight_x = self.rear_x + p.rear_base
        self.half = p.width / 2
        self.bumper_z = p.clearance + 0.42 * (p.nose_height - p.clearance)
        self.waist_z = p.clearance + WAIST * (p.belt_height - p.clearance)

    @cached_property
    def belt(self) -> Table:
        """Lower edge of the side windows, z over x [m]."""
        p = self.params
        return Table.through([(self.backlight_x, p.belt_height + p.belt_rise), (self.cowl_x, p.belt_height)], 0.05)

    @cached_property
    def deck(self) -> Table:
        """Top of the lower hull at the middle of the car, z over x [m]."""
        p = self.params
        knee = self.cowl_x - 0.9 * (self.cowl_x - self.backlight_x)
        points = [
            (self.front_x, p.nose_height),
            (self.cowl_x, p.cowl_height),
            (self.cowl_x - 0.25, p.belt_height + 0.02),
            (knee, p.belt_height + 0.9 * p.belt_rise + 0.02),
            (self.backlight_x, p.deck_height),
            (self.rear_x, p.deck_height - p.deck_drop),
        ]
        if p.deck_height > p.belt_height + 0.15:  # no boot: the deck is hidden inside the cabin
            points[4] = (self.backlight_x, p.belt_height + p.belt_rise + 0.02)
            points[5] = (self.rear_x - 0.05, p.belt_height + p.belt_rise + 0.02)
        return Table.through(points, 0.08)

    @cached_property
    def roof(self) -> Table:
        """Top of the cabin at the middle of the car, z over x [m]."""
        p = self.params
        front = self.cowl_x - (p.height - p.cowl_height) / np.tan(p.rake)
        rear = self.backlight_x + (p.height - p.roof_drop - p.deck_height) / np.tan(p.rear_rake)
        top = front - p.roof_peak * (front - rear)
        rise = 0.028 if p.height < 1.75 else 0.015
        xs = np.linspace(0, 1, 6)
        ahead = [(top + (front - top) * s, p.height - rise * s**2) for s in xs[1:]]
        behind = [(top + (rear - top) * s, p.height - p.roof_drop * s**1.7) for s in xs[1:]]
        ahead.append((front + 1.0, p.height - rise - 0.12))
        behind.append((rear - 1.0, p.height - p.roof_drop - 0.16))
        return Table.through([*behind, (top, p.height), *ahead], 0.05)

    @cached_property
    def plan(self) -> Table:
        """Half width over x before the tuck of the sides [m]."""
        p = self.params
        s = np.linspace(0, 1, 9)
        ahead_from, behind_from = self.front_axle - 0.3, self.rear_axle + 0.5
        ahead = [(ahead_from + (self.front_x - ahead_from) * u, 1 - p.front_taper * u**2) for u in s]
        behind = [(behind_from + (self.rear_x - behind_from) * u, 1 - p.rear_taper * u**2) for u in s[1:]]
        if not self.rear_full:
            ahead, behind = ahead[1:], [(ahead_from, 1.0), (self.rear_x - 1.0, 1.0)]
        table = Table.through([*behind, *ahead], 0.04)
        x = table.start + STEP * np.arange(len(table.values))
        middle = (self.front_axle + self.rear_axle) / 2
        bow = SIDE_BOW * np.minimum(np.abs(x - middle) / (p.wheelbase / 2), 1.3) ** 2
        return Table(table.start, table.values * (self.half - p.flare) - bow)

    def half_width(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Half width of the lower hull [m], with tuck under, shoulder line and flared wheel arches."""
        p = self.params
        low = np.maximum(self.waist_z - z, 0) / (self.waist_z - p.clearance)
        high = np.maximum(z - self.waist_z, 0) / (p.belt_height - self.waist_z)
        tuck = p.sill_tuck * low**3 + p.shoulder_tuck * np.minimum(high, 2.0) ** 2
        line = self.belt(x) - 0.13
        swage = p.swage * np.exp(-(((z - line) / 0.035) ** 2)) - 0.5 * p.swage * np.exp(
            -(((z - line + 0.09) / 0.05) ** 2)
        )
        return self.plan(x) - tuck + swage + self.flare(x, z)

    def flare(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Outward bulge around the wheel arches [m]."""
        away = self.arch_distance(x, z)
        return self.params.flare * np.exp(-((np.maximum(away, 0) / 0.14) ** 2))

    def arch_distance(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Distance from the nearest wheel arch's circle in the x-z plane, negative within [m]."""
        p = self.params
        axles = [self.front_axle, self.rear_axle] if self.rear_full else [self.front_axle]
        nearest = np.min([np.hypot(x - axle, z - p.wheel_radius) for axle in axles], axis=0)
        return nearest - p.wheel_radius - p.arch_gap

    @cached_property
    def wing_height(self) -> float:
        """Rise of the bonnet's sides over the front wheels that makes room for them [m]."""
        p = self.params
        top = float(self.deck(np.array(self.front_axle))) - p.bonnet_crown
        return max(0.02, 2 * p.wheel_radius + p.arch_gap + 0.085 - top)

    def wing(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Bulge of the bonnet over the front wheels [m]."""
        along = np.exp(-(((x - self.front_axle) / 0.5) ** 2))
        return self.wing_height * along * np.minimum((y / self.half) ** 2, 1.0)

    def front(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Front face: bowed in plan, leaning back above the bumper, tucked under below."""
        p = self.params
        lean = p.front_lean * np.maximum(z - self.bumper_z, 0) + 0.55 * np.maximum(self.bumper_z - z, 0) ** 1.5
        return 0.97 * (x - self.front_x + p.front_bow * (y / self.half) ** 2 + lean)

    def rear(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Rear face, like the front."""
        p = self.params
        above = np.maximum(z - self.bumper_z - 0.06, 0)
        lean = p.rear_lean * above + 0.45 * np.maximum(self.bumper_z - z, 0) ** 1.5
        return 0.98 * (self.rear_x + p.rear_bow * (y / self.half) ** 2 + lean - x)

    def cabin_side(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Cabin's side with tumblehome; `y` >= 0."""
        p = self.params
        belt = self.belt(x)
        above = np.maximum(z - belt, -0.1)
        foot = self.plan(x) + p.flare - p.shoulder_tuck - p.shoulder_step
        lean = np.tan(p.tumblehome) * above * (0.82 + 0.36 * above / (p.height - p.belt_height))
        return np.cos(p.tumblehome) * (y - foot + lean)

    def screen(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Windscreen's surface: raked plane, bowed in plan."""
        p = self.params
        above = np.maximum(z - p.cowl_height, -0.1)
        bulge = 0.05 * np.sin(np.pi * np.clip(above / (p.height - p.cowl_height), 0, 1))
        edge = self.cowl_x - above / np.tan(p.rake) + bulge - p.screen_bow * (y / self.half) ** 2
        return np.sin(p.rake) * (x - edge)

    def backlight(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Rear window's surface."""
        p = self.params
        above = np.maximum(z - p.deck_height, -0.1)
        bulge = 0.03 * np.sin(np.pi * np.clip(above / (p.height - p.deck_height), 0, 1))
        edge = self.backlight_x + above / np.tan(p.rear_rake) - bulge + p.rear_screen_bow * (y / self.half) ** 2
        return np.sin(p.rear_rake) * (edge - x)

    def roof_top(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Roof's surface, crowned across."""
        return z - self.roof(x) + self.params.roof_crown * (y / self.half) ** 2

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Field at (n, 3) points: about the distance from the body's surface [m], negative inside."""
        x, y, z = points[:, 0], np.abs(points[:, 1]), points[:, 2]
        side = y - self.half_width(x, z)
        crown = self.params.bonnet_crown * (y / self.half) ** 2
        if self.params.body_type == "pickup":  # the walls of its bed are level
            crown = np.where(x > self.cowl_x - 0.5, crown, 0.0)
        top = z - self.deck(x) + crown - self.wing(x, y)
        hull = smooth_max(side, top, SHOULDER_RADIUS)
        hull = smooth_max(hull, self.front(x, y, z), FASCIA_RADIUS)
        rear_radius = FASCIA_RADIUS if self.rear_full else 0.03
        rear = self.rear(x, y, z)
        hull = smooth_max(hull, rear, rear_radius)
        cabin = smooth_max(self.cabin_side(x, y, z), self.roof_top(x, y, z), ROOF_RADIUS)
        cabin = smooth_max(cabin, self.screen(x, y, z), ROOF_RADIUS)
        cabin = smooth_max(cabin, self.backlight(x, y, z), ROOF_RADIUS)
        cabin = np.maximum(cabin, self.belt(x) - 0.25 - z)
        return smooth_min(hull, cabin, BLEND_RADIUS)

    def place(self, points: np.ndarray) -> np.ndarray:
        """Put points within millimetres of the surface onto it: one Newton step along the field's gradient."""
        step = 1e-5
        probes = points[None] + step * np.concatenate([np.zeros((1, 3)), np.eye(3)])[:, None]
        value, *ahead = self(probes.reshape(-1, 3)).reshape(4, -1)
        gradient = (np.stack(ahead, -1) - value[:, None]) / step
        return points - gradient * (value / np.maximum((gradient**2).sum(axis=1), 0.05))[:, None]

    def shoot(self, origin: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Where segments from inside the body to outside leave it: bisection, then regula falsi (Illinois).

        Parameters
        ----------
        origin, target : (n, 3) float64
            [m].

        Returns
        -------
        (n, 3) float64
        """
        ray = target - origin
        low, high = np.zeros(len(origin)), np.ones(len(origin))
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            within = self(origin + ray * middle[:, None]) < 0
            low, high = np.where(within, middle, low), np.where(within, high, middle)
        f_low, f_high = self(origin + ray * low[:, None]), self(origin + ray * high[:, None])
        share = low
        for _ in range(SECANTS):
            share = np.clip(low + (high - low) * f_low / np.minimum(f_low - f_high, -1e-300), low, high)
            value = self(origin + ray * share[:, None])
            within = value < 0
            f_high = np.where(within, 0.5 * f_high, value)
            f_low = np.where(within, value, 0.5 * f_low)
            low, high = np.where(within, share, low), np.where(within, high, share)
        return origin + ray * share[:, None]

    def surface_y(self, x: ArrayLike, z: ArrayLike) -> np.ndarray:
        """Half width of the body's outside at (x, z) [m]."""
        x, z = np.broadcast_arrays(np.asarray(x, float), np.asarray(z, float))
        flat = np.stack([x.ravel(), np.zeros(x.size), z.ravel()], -1)
        return self.shoot(flat, flat + [0.0, self.half + 0.1, 0.0])[:, 1].reshape(x.shape)

    def surface_z(self, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """Top of the body's outside at (x, y) [m]."""
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        low = np.stack([x.ravel(), y.ravel(), np.full(x.size, self.bumper_z)], -1)
        high = np.stack([x.ravel(), y.ravel(), np.full(x.size, self.params.height + 0.1)], -1)
        return self.shoot(low, high)[:, 2].reshape(x.shape)

    def surface_x(self, y: ArrayLike, z: ArrayLike, direction: int) -> np.ndarray:
        """Front (`direction` 1) or rear (-1) face at (y, z), x [m]."""
        y, z = np.broadcast_arrays(np.asarray(y, float), np.asarray(z, float))
        end = self.front_x if direction > 0 else self.rear_x
        start = np.stack([np.full(y.size, end - 0.5 * direction), y.ravel(), z.ravel()], -1)
        return self.shoot(start, start + [0.7 * direction, 0.0, 0.0])[:, 0].reshape(y.shape)
