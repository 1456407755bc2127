"""What is cut into the panels of a car: windows, lamps, grille, plastic trim, shut lines; and the finished shell."""

import numpy as np
from numpy.typing import ArrayLike

from blender_scenes.assets.car_body import Cutter, mirror_weld, panels
from blender_scenes.assets.car_chassis import bed, interior, underside, well_depth, wheel_wells
from blender_scenes.assets.car_curves import inset
from blender_scenes.assets.car_front import Cell, cooling_pack, lamp
from blender_scenes.assets.car_layout import bed_bounds, door_lines, pillars, tail_lamp
from blender_scenes.assets.car_shape import CarShape
from blender_scenes.assets.mesh import Patch, both_sides, merge
from blender_scenes.assets.paints import Slot

CORNER = 0.04  # [m] radius of the corners of windows
BORDER = 0.016  # [m] black edge of the glass
SHUT_LINE = 0.007  # [m]
FAR = 9.0  # [m] a field that is nowhere inside


def shell(shape: CarShape) -> Patch:
    """Body of a car without the parts that are set on it."""
    cutter = Cutter(shape, panels(shape))
    x, y, z = cutter.xyz
    well = np.maximum(shape.arch_distance(x, z), shape.half - well_depth(shape) - y)
    cutter.remove(well)
    if shape.params.body_type == "pickup":
        cutter.remove(_bed_opening(shape, *cutter.xyz))
    _glaze(shape, cutter)
    _trim(shape, cutter)
    extra = [_headlamps(shape, cutter), *_front(shape, cutter)]
    _tail_lamps(shape, cutter)
    _shut_lines(shape, cutter)
    extra += [underside(shape, cutter.patch), wheel_wells(shape)]
    extra = [*map(both_sides, extra), interior(shape)]
    if shape.params.body_type == "pickup":
        extra.append(bed(shape))
    return merge([mirror_weld(cutter.patch), *extra])


def _bed_opening(shape: CarShape, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    rear, front, half = bed_bounds(shape)
    return np.max([rear - x, x - front, y - half, shape.params.deck_height - 0.12 - z], axis=0)


def windscreen_field(shape: CarShape, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Negative on the windscreen."""
    edge = [-shape.screen(x, y, z) - 0.06, shape.cabin_side(x, y, z) + 0.07]
    edge.append(shape.roof_top(x, y, z) + 0.10 * np.sin(shape.params.rake))
    return inset([*edge, shape.params.cowl_height + 0.02 - z], CORNER)


def side_field(shape: CarShape, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Negative on the side windows and the pillars between them."""
    p = shape.params
    edge = [-shape.cabin_side(x, y, z) - 0.05, shape.screen(x, y, z) + 0.085, shape.roof_top(x, y, z) + 0.085]
    edge += [shape.belt(x) + 0.03 - z, shape.backlight(x, y, z) + p.pillar_rear]
    if p.body_type == "van":  # panels behind the front doors
        edge.append(pillars(shape)[0] - x)
    return inset(edge, CORNER)


def backlight_field(shape: CarShape, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Negative on the rear window."""
    if shape.params.body_type == "truck":
        return np.full(len(x), FAR)
    edge = [-shape.backlight(x, y, z) - 0.06, shape.cabin_side(x, y, z) + 0.08]
    edge.append(shape.roof_top(x, y, z) + 0.09 * np.sin(shape.params.rear_rake))
    return inset([*edge, shape.params.deck_height + 0.03 - z], CORNER)


def _glaze(shape: CarShape, cutter: Cutter) -> None:
    """Cut the glass, each pane with its black border; pillars between side windows stay black."""
    for field, glass in ((windscreen_field, Slot.WINDSCREEN), (backlight_field, Slot.GLASS)):
        cutter.paint(field(shape, *cutter.xyz), Slot.TRIM)
        cutter.paint(field(shape, *cutter.xyz) + BORDER, glass, only=Slot.TRIM)
    cutter.paint(side_field(shape, *cutter.xyz), Slot.TRIM)
    x, y, z = cutter.xyz
    panes = side_field(shape, x, y, z) + BORDER
    for pillar in pillars(shape):
        panes = np.maximum(panes, 0.038 - np.abs(x - pillar - 0.12 * (z - shape.belt(x))))
    inside_before = cutter.patch.material == Slot.TRIM
    if inside_before.any():
        cutter.paint(panes, Slot.GLASS, only=Slot.TRIM)


def _trim(shape: CarShape, cutter: Cutter) -> None:
    """Black plastic along the sills and, on cars with cladding, around the wheel arches."""
    p = shape.params
    x, y, z = cutter.xyz
    skirt = z - p.clearance - (0.11 if p.cladding else 0.055)
    if p.cladding:
        arch = np.maximum(shape.arch_distance(x, z) - 0.075, 0.6 * shape.half - y)
        skirt = np.minimum(skirt, arch)
    cutter.paint(skirt, Slot.TRIM)


def _headlamps(shape: CarShape, cutter: Cutter) -> Patch:
    """Cut headlamps that wrap around the corners; returns what stands behind the left lens."""
    inner, z = 0.54 * shape.half, float(_headlamp_z(shape, 0.66 * shape.half))
    cells = [Cell(inner + dy, z, 0.11, 0.118, 0.10) for dy in (0.077, 0.189)]
    cutter.paint(_headlamp_field(shape, *cutter.xyz), Slot.TRIM)  # a dark frame around the lens
    lens = cutter.paint(_headlamp_field(shape, *cutter.xyz) + 0.014, Slot.LENS)
    return lamp(shape, cutter.region(lens), cells)


def _headlamp_z(shape: CarShape, y: ArrayLike) -> np.ndarray:
    """Height of the headlamp's middle [m]."""
    p = shape.params
    u = np.asarray(y) / shape.half
    return p.nose_height - 0.122 + 0.05 * (u - 0.6) - 0.7 * p.bonnet_crown * np.maximum(u - 0.7, 0)


def _headlamp_field(shape: CarShape, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    band = np.abs(z - _headlamp_z(shape, y)) - 0.076 - 0.02 * (y / shape.half - 0.5)
    return inset([band, 0.54 * shape.half - y, shape.front_x - 0.46 - x], 0.03)


def _tail_lamps(shape: CarShape, cutter: Cutter) -> None:
    """Cut tail lamps that wrap around the corners."""
    if not shape.rear_full:
        return
    middle, height, inner, reach = tail_lamp(shape)
    for border, slot in ((0.0, Slot.TRIM), (0.011, Slot.TAIL_LAMP)):
        x, y, z = cutter.xyz
        lens = inset([np.abs(z - middle) - height / 2, inner - y, x - shape.rear_x - reach], 0.03)
        cutter.paint(lens + border, slot)
    _, _, z = cutter.xyz
    cutter.paint(z - middle + 0.22 * height, Slot.INDICATOR, only=Slot.TAIL_LAMP)


def _front(shape: CarShape, cutter: Cutter) -> list[Patch]:
    """Open the grille between the lamps and the intake in the bumper, cut the dark insert of the rear bumper.

    Returns
    -------
    list of Patch
        What the openings show, left half.
    """
    p = shape.params
    tall = 0.085 if p.height > 1.55 else 0.062

    def grille(x, y, z):
        ahead = shape.front_x - 0.5 - x
        return inset([np.abs(z - p.nose_height + 0.085 + tall) - tall, y - 0.47 * shape.half, ahead], 0.03)

    def intake(x, y, z):
        middle = p.clearance + 0.115
        return inset([np.abs(z - middle) - 0.055, y - 0.62 * shape.half, shape.front_x - 0.5 - x], 0.03)

    packs = []
    for field, blades, slot in ((grille, 3 if tall < 0.08 else 4, Slot.BRIGHT), (intake, 1, Slot.TRIM)):
        cutter.paint(field(*cutter.xyz), Slot.TRIM, only=Slot.PAINT)
        opening = cutter.remove(field(*cutter.xyz) + 0.012)
        packs.append(cooling_pack(shape, opening, blades, slot))
    if shape.rear_full:
        x, y, z = cutter.xyz
        valance = inset([z - p.clearance - 0.16, y - 0.72 * shape.half, x - shape.rear_x - 0.5], 0.03)
        cutter.paint(valance, Slot.TRIM, only=Slot.PAINT)
    return packs


def _shut_lines(shape: CarShape, cutter: Cutter) -> None:
    """Draw the gaps around doors, bonnet and tailgate."""
    p = shape.params
    for place in door_lines(shape):
        x, _, z = cutter.xyz
        cx, cy, cz = cutter.centres
        flank = (cy > 0.8 * shape.half) & (cz < shape.belt(cx) + 0.02) & (np.abs(cx - place) < 0.25)
        cutter.line(x - place - 0.1 * (z - shape.waist_z), SHUT_LINE, flank, Slot.TRIM)
    cx, cy, cz = cutter.centres
    lid = (cx > shape.cowl_x - 0.1) & (cx < shape.front_x - 0.12) & (np.abs(cy - 0.78 * shape.half) < 0.15)
    _, y, _ = cutter.xyz
    cutter.line(y - 0.78 * shape.half, SHUT_LINE, lid & (cz > p.nose_height - 0.05), Slot.TRIM)
    if not shape.rear_full:
        return
    cx, cy, cz = cutter.centres
    _, _, z = cutter.xyz
    seam = p.clearance + 0.26
    bumper = (cx < shape.rear_axle - p.wheel_radius - p.arch_gap) & (np.abs(cz - seam) < 0.15)
    cutter.line(z - seam, SHUT_LINE, bumper, Slot.TRIM)
    cx, cy, cz = cutter.centres
    _, y, _ = cutter.xyz
    inner = 0.0 if p.body_type in ("van", "minibus") else 0.74 * shape.half  # two doors, or a tailgate
    gate = (cx < shape.backlight_x + 0.05) & (np.abs(cy - inner) < 0.15) & (cz > seam) & (cz < p.deck_height + 0.03)
    if inner > 0:
        cutter.line(y - inner, SHUT_LINE, gate, Slot.TRIM)
