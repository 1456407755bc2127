"""Where pillars, doors, lamps and plates of a car stand."""

from blender_scenes.assets.car_shape import CarShape


def pillars(shape: CarShape) -> tuple[float, ...]:
    """Places of the pillars between the side windows at the belt line, from the front, x [m]."""
    p = shape.params
    middle = shape.rear_axle + 0.50 * p.wheelbase
    if p.body_type in ("van", "minibus"):
        first = shape.front_axle - 1.0
        count = 0 if p.body_type == "van" else int((first - shape.rear_x - 0.5) / 1.0)
        return tuple(first - 1.05 * k for k in range(count + 1))
    if p.body_type == "truck":
        return (shape.rear_x + 0.05,)
    if p.body_type == "pickup":
        return (shape.backlight_x + 0.95,)
    if p.body_type == "coupe":
        return (shape.rear_axle + 0.36 * p.wheelbase,)
    second = shape.rear_axle + (0.10 if p.body_type in ("estate", "suv") else 0.12) * p.wheelbase
    return (middle, second) if p.body_type != "city" else (middle,)


def door_lines(shape: CarShape) -> tuple[float, ...]:
    """Places of the vertical gaps around the doors, from the front, x [m]."""
    p = shape.params
    front = shape.front_axle - p.wheel_radius - p.arch_gap - 0.16
    if p.body_type == "truck":
        return (shape.rear_x + 0.12,)
    if p.body_type == "van" or p.body_type == "minibus":
        return (front, pillars(shape)[0], pillars(shape)[0] - 1.1)
    rear = shape.rear_axle + p.wheel_radius + p.arch_gap + 0.03
    if p.body_type == "coupe":
        return (front, pillars(shape)[0] + 0.06)
    if p.body_type == "pickup":
        return (front, pillars(shape)[0], shape.backlight_x + 0.03)
    return (front, pillars(shape)[0], rear)


def tail_lamp(shape: CarShape) -> tuple[float, float, float, float]:
    """Middle height, height, inner edge from the middle of the car and reach along the side of a tail lamp [m]."""
    p = shape.params
    if p.body_type in ("van", "minibus"):
        return p.belt_height - 0.05, 0.46, shape.half - 0.17, 0.16
    if p.body_type == "pickup":
        return p.deck_height - 0.22, 0.36, shape.half - 0.17, 0.16
    top = p.deck_height if p.body_type in ("saloon", "coupe") else p.belt_height + p.belt_rise + 0.03
    height = 0.13 if p.body_type in ("saloon", "coupe") else 0.19
    return top - (0.11 if height < 0.15 else 0.06) - height / 2, height, 0.52 * shape.half, 0.30


def plate_z(shape: CarShape) -> float:
    """Height of the rear number plate [m]."""
    p = shape.params
    return p.clearance + (0.30 if p.body_type == "pickup" else 0.36 if p.height < 1.4 else 0.42)


def bed_bounds(shape: CarShape) -> tuple[float, float, float]:
    """Rear end, front end and half width of a pick-up's bed [m]."""
    return shape.rear_x + 0.10, shape.backlight_x - 0.10, shape.half - shape.params.shoulder_tuck - 0.14
