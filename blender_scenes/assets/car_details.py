"""Parts set on a car's body: wheels, mirrors, handles, number plates, roof rails, grille bars."""

import numpy as np

from blender_scenes.assets.car_layout import door_lines, plate_z
from blender_scenes.assets.car_params import CarParams
from blender_scenes.assets.car_shape import CarShape
from blender_scenes.assets.mesh import Patch, both_sides, box, drop_degenerate, ellipsoid, fan, merge, revolve, tube
from blender_scenes.assets.paints import Slot

SEGMENTS = 40  # of a wheel; a multiple of 4, so that a vertex of the tread touches the ground


def wheel(params: CarParams) -> Patch:
    """Build a left wheel about the origin, its outer face towards +y: tyre, rim, spokes, hub."""
    radius, half = params.wheel_radius, params.tyre_width / 2
    rim = radius - (0.115 if params.wheel_radius > 0.33 else 0.10)
    face = half - 0.015
    tyre = [(rim, half - 0.03), (rim + 0.012, half - 0.006), (rim + 0.045, half), (radius - 0.030, half - 0.006)]
    tyre += [(radius - 0.004, half - 0.032), (radius, 0.0)]
    profile = np.array(tyre + [(r, -y) for r, y in tyre[-2::-1]])
    barrel = np.array(
        [(rim - 0.028, face - 0.10), (rim - 0.022, face - 0.012), (rim - 0.010, face), (rim + 0.004, half - 0.012)]
    )
    angle = 2 * np.pi * np.arange(SEGMENTS) / SEGMENTS
    disc = np.stack([np.sin(angle), np.zeros(SEGMENTS), np.cos(angle)], -1)
    pieces = [
        revolve(profile, SEGMENTS, Slot.TYRE),
        revolve(barrel, SEGMENTS, Slot.RIM),
        fan(disc * (rim - 0.02) + [0, face - 0.095, 0], Slot.BRIGHT),
        fan(disc[::-1] * (rim + 0.002) + [0, -half + 0.028, 0], Slot.UNDERBODY),
        _hub(0.075, face),
    ]
    for k in range(params.spokes):
        pieces.append(_spoke(2 * np.pi * k / params.spokes, 0.05, rim - 0.012, face, 0.30 / params.spokes))
    return merge(pieces)


def _hub(radius: float, face: float) -> Patch:
    """Cap in the middle of a rim."""
    profile = [(0.0, face + 0.004), (0.03, face + 0.003), (radius, face - 0.012), (radius, face - 0.09)]
    return revolve(np.array(profile), 20, Slot.RIM)


def _spoke(angle: float, start: float, end: float, face: float, width: float) -> Patch:
    """Tapered bar from the hub to the rim's edge, in the plane of the wheel at `angle`."""
    w = np.array([0.75 * width + 0.006, 0.5 * width + 0.008])
    r, front, back = (
        np.array([start, end]),
        np.array([face - 0.008, face - 0.004]),
        np.array([face - 0.06, face - 0.05]),
    )
    ends = []
    for i in range(2):
        corners = [(-w[i] / 2, back[i]), (-w[i] / 2 * 0.8, front[i]), (w[i] / 2 * 0.8, front[i]), (w[i] / 2, back[i])]
        ends.append([(r[i], y, t) for t, y in corners])
    near, far = np.array(ends)
    faces = []
    for a, b in ((0, 1), (1, 2), (2, 3)):
        quad = np.array([near[a], near[b], far[b], far[a]])
        faces.append(Patch(quad, np.array([[0, 1, 2], [0, 2, 3]]), np.full(2, Slot.RIM)))
    bar = merge(faces)
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = bar.vertices.T
    return Patch(np.stack([c * x - s * z, y, s * x + c * z], -1), bar.triangles, bar.material)


def wheel_places(shape: CarShape) -> list[tuple[str, np.ndarray]]:
    """Name and centre of every wheel."""
    p = shape.params
    axles = np.array([shape.front_axle, shape.rear_axle])
    lip = shape.surface_y(axles, 2 * p.wheel_radius + p.arch_gap)
    if not shape.rear_full:
        lip[1] = shape.half
    places = []
    for end, axle, y in zip(("front", "rear"), axles, lip - 0.018 - p.tyre_width / 2, strict=True):
        for side, sign in (("left", 1), ("right", -1)):
            places.append((f"wheel_{end}_{side}", np.array([axle, sign * y, p.wheel_radius])))
    return places


def fittings(shape: CarShape) -> Patch:
    """Everything small that is fixed to the body."""
    p = shape.params
    pieces = [both_sides(_mirror(shape)), _plate(shape, 1), _badge(shape)]
    if shape.rear_full:
        pieces.append(_plate(shape, -1))
    pieces += [both_sides(handle) for handle in _handles(shape)]
    if p.roof_rails:
        pieces.append(both_sides(_rail(shape)))
    return merge(pieces)


def _mirror(shape: CarShape) -> Patch:
    """Left door mirror: housing in paint, glass behind, foot."""
    p = shape.params
    tall = p.height > 1.9
    size = np.array([0.075, 0.105, 0.16 if tall else 0.072])
    z = p.belt_height + (0.20 if tall else 0.085)
    x = shape.cowl_x - (z - p.cowl_height) / np.tan(p.rake) - p.screen_bow - 0.10
    y = float(shape.surface_y(x, z)) + size[1] + 0.045
    housing = ellipsoid(size, Slot.TRIM if tall else Slot.PAINT, (x, y, z), 2.8, 13)
    glass = box([0.004, 1.5 * size[1], 1.45 * size[2]], Slot.MIRROR, (x - 0.9 * size[0], y, z), 0.0)
    foot = box([0.05, 0.14, 0.03], Slot.TRIM, (x, y - size[1] - 0.01, z - 0.55 * size[2]), 0.008)
    return merge([housing, glass, foot])


def _plate(shape: CarShape, direction: int) -> Patch:
    """Place the number plate, 520 mm x 112 mm, in front (1) or behind (-1)."""
    p = shape.params
    z = p.clearance + 0.22 if direction > 0 else plate_z(shape)
    x = direction * float((direction * shape.surface_x(np.zeros(3), z + np.array([-0.06, 0.0, 0.06]), direction)).max())
    holder = box([0.012, 0.54, 0.13], Slot.TRIM, (x, 0, z), 0.004)
    return merge([holder, box([0.012, 0.52, 0.112], Slot.PLATE, (x + 0.005 * direction, 0, z), 0.003)])


def _badge(shape: CarShape) -> Patch:
    """Badge in the middle of the grille."""
    p = shape.params
    middle = p.nose_height - 0.085 - (0.085 if p.height > 1.55 else 0.062)
    x = float(shape.surface_x(0.0, middle, 1))
    return ellipsoid([0.012, 0.055, 0.045], Slot.BRIGHT, (x + 0.004, 0, middle), 2.0, 7)


def _handles(shape: CarShape) -> list[Patch]:
    """Place the handles of the left doors, one ahead of each shut line but the first."""
    x = np.array(sorted(door_lines(shape))[:-1]) + 0.17
    z = shape.belt(x) - 0.14
    y = shape.surface_y(x, z) + 0.008
    return [ellipsoid([0.095, 0.022, 0.016], Slot.PAINT, place, 3.0, 7) for place in np.stack([x, y, z], -1)]


def _rail(shape: CarShape) -> Patch:
    """Left roof rail."""
    front = shape.cowl_x - (shape.params.height - shape.params.cowl_height) / np.tan(shape.params.rake) - 0.30
    rear = shape.backlight_x + (shape.params.height - shape.params.deck_height) / np.tan(shape.params.rear_rake) + 0.15
    x = np.linspace(rear, front, 15)
    z = shape.params.belt_height + 0.86 * (shape.params.height - shape.params.belt_height)
    y = float(shape.surface_y((front + rear) / 2, z)) - 0.08
    height = shape.surface_z(x, np.full(len(x), y)) + 0.035 * np.minimum(1, 6 * np.sin(np.linspace(0, np.pi, 15)))
    return drop_degenerate(tube(np.stack([x, np.full(15, y), height], -1), 0.016, Slot.BRIGHT, 8))
