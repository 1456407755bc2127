"""Behind and under the panels of a car: floor, wheel wells, interior, a pick-up's bed, a truck's frame and load box."""

import numpy as np

from blender_scenes.assets.car_layout import bed_bounds, pillars
from blender_scenes.assets.car_shape import CarShape
from blender_scenes.assets.mesh import Patch, both_sides, box, drop_degenerate, ellipsoid, fan, loft, merge
from blender_scenes.assets.paints import Slot

ARC_POINTS = 33  # of a wheel well


def well_depth(shape: CarShape) -> float:
    """Depth of the wheel wells, from the widest point of the body inwards [m]."""
    return shape.params.tyre_width + 0.12


def underside(shape: CarShape, half: Patch) -> Patch:
    """Left half of the flat floor inside the panels' lower rim; wheel wells are left out.

    Parameters
    ----------
    shape : CarShape
    half : Patch
        Left half of the panels, wheel wells cut out.
    """
    p = shape.params
    z = p.clearance
    reach = np.sqrt(max((p.wheel_radius + p.arch_gap) ** 2 - (p.wheel_radius - z) ** 2, 0))
    rim = half.vertices[half.vertices[:, 2] < z + 1e-6]
    rim = rim[np.argsort(rim[:, 0], kind="stable")]
    well = shape.half - well_depth(shape)
    axles = [shape.rear_axle, shape.front_axle] if shape.rear_full else [shape.front_axle]
    stops = [axle + side * reach for axle in axles for side in (-1, 1)]
    xs = np.unique(np.round(np.concatenate([rim[1:-1:2, 0], stops, rim[[0, -1], 0]]), 6))
    xs = xs[(xs >= rim[0, 0]) & (xs <= rim[-1, 0])]
    ends = [rim[np.abs(rim[:, 0] - x) < 1e-4][:, 1].max() for x in xs[[0, -1]]]
    outer = np.interp(xs, rim[:, 0], rim[:, 1])
    outer[[0, -1]] = ends
    inner = np.minimum(outer, well)

    def strip(y_out: np.ndarray, y_in: np.ndarray, keep: np.ndarray) -> Patch:
        lines = np.stack([np.stack([xs[keep], y[keep], np.full(keep.sum(), z)], -1) for y in (y_out, y_in)], 1)
        return loft(lines, Slot.UNDERBODY).flipped()

    strips = [strip(inner, np.zeros(len(xs)), np.ones(len(xs), bool))]
    bounds = [-np.inf, *stops, np.inf]
    for low, high in zip(bounds[::2], bounds[1::2], strict=True):
        keep = (xs >= low - 1e-5) & (xs <= high + 1e-5)
        strips.append(strip(outer, inner, keep))
    return drop_degenerate(merge(strips))


def wheel_wells(shape: CarShape) -> Patch:
    """Linings of the left wheel wells: an arc from the panel's edge inwards and a wall behind the wheel."""
    p = shape.params
    radius = p.wheel_radius + p.arch_gap
    start = np.arcsin(np.clip((p.clearance - p.wheel_radius) / radius, -1, 1))
    angle = np.linspace(start, np.pi - start, ARC_POINTS)
    inner = shape.half - well_depth(shape)
    axles = [shape.front_axle, shape.rear_axle] if shape.rear_full else [shape.front_axle]
    xs = np.array(axles)[:, None] + radius * np.cos(angle)
    z = p.wheel_radius + radius * np.sin(angle)
    lips = shape.surface_y(xs, np.maximum(z, p.clearance)[None])
    linings = []
    for x, outer in zip(xs, lips, strict=True):
        rows = np.stack([np.stack([x, y, z], -1) for y in (outer, np.full(ARC_POINTS, inner))], 1)
        linings.append(loft(rows, Slot.UNDERBODY).flipped())
        wall = np.stack([x, np.full(ARC_POINTS, inner), z], -1)
        linings.append(fan(wall[::-1], Slot.UNDERBODY))
    return merge(linings)


def interior(shape: CarShape) -> Patch:
    """Dark deck at the belt line, seats, dashboard and steering wheel's bulk: what is seen through the glass."""
    p = shape.params
    low = p.belt_height - 0.10
    xs = np.linspace(shape.backlight_x + 0.06, shape.cowl_x - 0.06, 13)
    half = shape.surface_y(xs, np.full(len(xs), low)) - 0.05
    deck = np.stack([np.stack([xs, side * half, np.full(len(xs), low)], -1) for side in (1, -1)], 1)
    pieces = [loft(deck, Slot.INTERIOR).flipped()]
    top = p.height - 0.20
    front = pillars(shape)[0] + 0.10
    rows = [front]
    if p.body_type not in ("pickup", "truck", "van", "coupe"):
        rows += list(np.arange(front - 0.85, shape.backlight_x + 0.75, -0.85))
    seat_half = 0.22
    y = 0.46 * half.max()
    for row in rows:
        back = ellipsoid(
            [0.07, seat_half, (min(top, low + 0.55) - low + 0.1) / 2],
            Slot.INTERIOR,
            (row, y, (low + min(top, low + 0.55)) / 2 - 0.12),
            4.0,
            9,
        )
        rest = ellipsoid([0.05, 0.13, 0.09], Slot.INTERIOR, (row - 0.03, y, min(top, low + 0.55) - 0.02), 3.0, 7)
        pieces.append(both_sides(merge([back, rest])))
    pieces.append(box([0.30, 1.5 * half.max(), 0.14], Slot.INTERIOR, (shape.cowl_x - 0.42, 0.0, low + 0.06), 0.04))
    pieces.append(ellipsoid([0.03, 0.19, 0.19], Slot.INTERIOR, (front + 0.42, y, low + 0.10), 2.0, 9))
    return merge(pieces)


def bed(shape: CarShape) -> Patch:
    """Inside of a pick-up's load bed, with boxes over the wheel wells."""
    rear, front, half = bed_bounds(shape)
    floor = shape.params.deck_height - 0.45
    x, y = np.linspace(rear, front, 25), np.linspace(-half, half, 19)
    outline = [
        np.stack([x, np.full(25, -half)], -1),
        np.stack([np.full(19, front), y], -1),
        np.stack([x[::-1], np.full(25, half)], -1),
        np.stack([np.full(19, rear), y[::-1]], -1),
    ]
    walls = []
    for side in outline:
        edge = np.column_stack([side, shape.surface_z(side[:, 0], side[:, 1])])  # the panels' edge
        walls.append(loft(np.stack([edge, edge * [1, 1, 0] + [0, 0, floor]], 1), Slot.TRIM))
    corners = np.array([[rear, -half, floor], [front, -half, floor], [front, half, floor], [rear, half, floor]])
    tub = merge([*walls, fan(corners, Slot.TRIM)])
    inner = shape.half - well_depth(shape) - 0.02
    arch = box([0.85, half - inner + 0.02, 0.2], Slot.TRIM, (shape.rear_axle, (half + inner) / 2, floor + 0.1), 0.04)
    return merge([tub, both_sides(arch)])


def load_body(shape: CarShape, top: float) -> Patch:
    """Frame, load box up to `top` [m] with its doors, lamps and plate, tanks of a small truck, behind its cab."""
    p = shape.params
    rear, front = -p.length / 2, shape.rear_x - 0.08
    floor = 2 * p.wheel_radius + 0.14
    middle, length, half = (rear + front) / 2, front - rear, shape.half
    size = [length, p.width, top - floor]
    tank = (0.5 * (shape.rear_axle + shape.rear_x) + 0.1, 0.62 * half, floor - 0.26)
    rod = [0.012, 0.03, 0.92 * size[2]]
    flap = (shape.rear_axle - p.wheel_radius - 0.14, half - 0.16, floor - 0.22)
    sides = [
        box([length + 0.6, 0.08, 0.2], Slot.UNDERBODY, (middle + 0.3, 0.38, floor - 0.12), 0.01),
        box([0.04, 0.34, 0.11], Slot.TAIL_LAMP, (rear + 0.01, 0.70 * half, floor - 0.30), 0.01),
        box([0.9, 0.42, 0.36], Slot.TRIM, tank, 0.04),
        box(rod, Slot.BRIGHT, (rear, 0.12, (top + floor) / 2), 0.004),
        box(rod, Slot.BRIGHT, (rear, 0.62 * half, (top + floor) / 2), 0.004),
        box([0.012, 0.26, 0.40], Slot.TRIM, flap, 0.0),
    ]
    return merge(
        [
            box(size, Slot.LOAD, (middle, 0, (top + floor) / 2), 0.03),
            box([length, p.width + 0.01, 0.06], Slot.BRIGHT, (middle, 0, floor + 0.04), 0.01),
            box([0.10, 1.7 * half, 0.12], Slot.TRIM, (rear + 0.06, 0, floor - 0.32), 0.02),
            box([0.012, 0.02, size[2] - 0.06], Slot.TRIM, (rear + 0.002, 0, (top + floor) / 2), 0.0),
            box([0.012, 0.52, 0.112], Slot.PLATE, (rear + 0.005, 0, floor - 0.31), 0.003),
            both_sides(merge(sides)),
        ]
    )
