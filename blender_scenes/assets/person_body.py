"""Trunk and limbs of a person as smooth closed bodies, in the axes of their joints.

Heights and lengths of segments are shares of the body height (Drillis and Contini 1966, in Winter 2009, fig. 4.1);
girths follow the root of the body mass index.
"""

from collections.abc import Sequence

import numpy as np

from blender_scenes.assets.flesh import lying, rounded
from blender_scenes.assets.gait import Limbs
from blender_scenes.assets.mesh import Patch, merge
from blender_scenes.assets.person_materials import Slot
from blender_scenes.assets.person_params import PersonParams

ANKLE, KNEE, HIP, LUMBAR, NECK, SHOULDER = 0.039, 0.285, 0.530, 0.580, 0.835, 0.795
UPPER_ARM, FOREARM = 0.186, 0.146
FOOT_BACK, FOOT_BALL, FOOT_TIP = -0.040, 0.075, 0.112
AVERAGE_BUILD = 23.0  # [kg/m2]


def girth(params: PersonParams) -> float:
    """Widths over those of an average build."""
    return float(np.sqrt(params.build / AVERAGE_BUILD))


def shoulder_height(params: PersonParams) -> float:
    """Share of the body height: children's large heads leave less below."""
    return SHOULDER - 0.12 * max(params.head - 1.0, 0.0)


def neck_height(params: PersonParams) -> float:
    """Share of the body height at which the head turns."""
    return shoulder_height(params) + NECK - SHOULDER


def limbs_of(params: PersonParams) -> Limbs:
    """Return where a person's joints are."""
    h, top = params.height, shoulder_height(params)
    hip = 0.05 * params.hips * h
    arm = (0.091 * params.shoulders + 0.012 * girth(params)) * h
    return Limbs(
        (0.0, hip, HIP * h),
        (0.0, hip, KNEE * h),
        (0.0, hip, ANKLE * h),
        LUMBAR * h,
        neck_height(params) * h,
        (-0.004 * h, arm, top * h),
        (-0.004 * h, arm, (top - UPPER_ARM) * h),
        FOOT_BACK * h,
        FOOT_BALL * h,
        FOOT_TIP * h,
    )


def pelvis(params: PersonParams) -> Patch:
    """Hips in trousers; origin between the hip joints."""
    h, g, w = params.height, girth(params), params.hips
    table = [
        (-0.045, -0.006, 0.036, 0.045, 0.072),
        (-0.02, -0.004, 0.047, 0.062, 0.092),
        (0.0, -0.003, 0.050, 0.064, 0.095),
        (0.035, 0.0, 0.052, 0.056, 0.090),
        (0.075, 0.0, 0.050, 0.044, 0.078),
    ]
    stations = [(z * h, x * h, f * g * h, b * g * w * h, s * g * w * h) for z, x, f, b, s in table]
    return rounded(stations, Slot.BOTTOMS, ends=(0.02 * h, 0.01 * h))


def trunk(params: PersonParams) -> Patch:
    """Chest and belly in a top that hangs over the hips; origin at the lumbar joint."""
    h, g, wide = params.height, girth(params), params.shoulders
    belly = max(g - 1.0, 0.0) * 0.09
    loose = 1.05 if params.jacket else 1.0
    hem = -0.085 if params.jacket else -0.05
    hips = max(params.hips * 1.03, 1.0)
    table = [
        (hem, -0.002, 0.060 + 0.008 * params.jacket + belly / 2, 0.074 * params.hips, 0.099 * hips),
        (-0.03, -0.002, 0.060 + belly, 0.071 * params.hips, 0.096 * hips),
        (0.025, 0.0, 0.057 + belly, 0.051, 0.083),
        (0.08, 0.0, 0.058 + 0.6 * belly, 0.049, 0.083),
        (0.14, 0.002, 0.061 * params.chest + 0.2 * belly, 0.054, 0.091 * wide),
        (0.185, 0.0, 0.057 * params.chest, 0.054, 0.100 * wide),
        (0.214, -0.003, 0.047, 0.051, 0.108 * wide),
        (0.232, -0.005, 0.038, 0.043, 0.092 * wide),
        (0.246, -0.006, 0.033, 0.037, 0.060 * wide),
        (0.260, -0.006, 0.030, 0.034, 0.039),
    ]
    shift = shoulder_height(params) - SHOULDER
    stations = [
        ((z + shift * max(z, 0.0) / 0.22) * h, x * h, f * g * loose * h, b * g * loose * h, s * g * loose * h)
        for z, x, f, b, s in table
    ]
    return rounded(stations, Slot.TOP, ends=(0.004 * h, 0.006 * h), squareness=(2.3, 2.5), row=0.04)


def thigh(params: PersonParams) -> Patch:
    """Upper leg, covered to the knee; origin at the hip joint."""
    h, g = params.height, girth(params)
    ease = 0.0035 if params.long_legs else 0.006
    table = [
        (-0.245, 0.002, 0.034, 0.032, 0.032),
        (-0.20, 0.004, 0.038, 0.036, 0.036),
        (-0.12, 0.004, 0.046, 0.044, 0.044),
        (-0.05, 0.002, 0.051, 0.052, 0.048),
        (0.0, 0.0, 0.050, 0.055, 0.047),
    ]
    stations = [(z * h, x * h, *((r * g + ease) * h for r in radii)) for z, x, *radii in table]
    return rounded(stations, Slot.BOTTOMS, ends=(0.02 * h, 0.035 * h))


def shank(params: PersonParams) -> Patch:
    """Lower leg in a trouser leg, or bare under shorts; origin at the knee."""
    h, g = params.height, girth(params)
    table = [
        (-0.236, -0.004, 0.019, 0.021, 0.019),
        (-0.19, -0.004, 0.022, 0.026, 0.022),
        (-0.12, -0.005, 0.028, 0.036, 0.031),
        (-0.07, -0.003, 0.031, 0.038, 0.033),
        (-0.02, 0.0, 0.033, 0.034, 0.032),
        (0.0, 0.002, 0.034, 0.032, 0.032),
    ]
    ease, least = (0.004, 0.032) if params.long_legs else (0.0, 0.0)
    stations = [(z * h, x * h, *(max(r * g + ease, least) * h for r in radii)) for z, x, *radii in table]
    slot = Slot.BOTTOMS if params.long_legs else Slot.SKIN
    leg = rounded(stations, slot, ends=(0.004 * h, 0.022 * h))
    ankle = [(z * h, -0.004 * h, 0.02 * h, 0.022 * h, 0.019 * h) for z in (-0.262, -0.245, -0.228)]
    return merge([leg, rounded(ankle, Slot.SKIN if not params.long_legs else Slot.SHOES, ends=(0.01 * h, 0.004 * h))])


def foot(params: PersonParams) -> Patch:
    """Shoe with its sole on the ground; origin at the ankle."""
    h = params.height
    floor = -ANKLE
    upper = [  # along the foot: middle over the ground, up, down, half width
        (-0.034, 0.018, 0.024, 0.012, 0.018),
        (-0.015, 0.018, 0.030, 0.012, 0.021),
        (0.012, 0.018, 0.028, 0.012, 0.022),
        (0.045, 0.016, 0.018, 0.010, 0.024),
        (0.075, 0.015, 0.012, 0.009, 0.027),
        (0.100, 0.016, 0.008, 0.007, 0.023),
    ]
    sole = [
        (-0.037, 0.008, 0.002, 0.008, 0.020),
        (0.0, 0.008, 0.002, 0.008, 0.022),
        (0.04, 0.008, 0.002, 0.008, 0.024),
        (0.075, 0.0085, 0.002, 0.0085, 0.0285),
        (0.104, 0.015, 0.002, 0.008, 0.023),
    ]
    pieces = [
        lying(
            rounded(
                [(along * h, (floor + m) * h, u * h, d * h, w * h) for along, m, u, d, w in table],
                slot,
                ends=ends,
                squareness=square,
                row=0.03,
            )
        )
        for table, slot, ends, square in (
            (upper, Slot.SHOES, (0.006 * h, 0.010 * h), (2.2, 3.0)),
            (sole, Slot.SOLE, (0.003 * h, 0.008 * h), (3.0, 5.0)),
        )
    ]
    return merge(pieces)


def upper_arm(params: PersonParams, side: int) -> Patch:
    """Upper arm, in a sleeve at least half way; origin at the shoulder; side +1 left."""
    h, g = params.height, girth(params)
    ease = 0.004 if params.jacket else 0.002
    table = [
        (-UPPER_ARM, 0.0, 0.022, 0.022, 0.021, 0.0),
        (-0.13, 0.0, 0.026, 0.026, 0.023, 0.0),
        (-0.06, 0.0, 0.029, 0.029, 0.026, 0.0),
        (-0.02, 0.0, 0.028, 0.029, 0.025, -0.003),
        (0.0, -0.001, 0.024, 0.025, 0.022, -0.007),
    ]

    def cut(rows: Sequence[tuple[float, ...]], more: float) -> list[tuple[float, ...]]:
        return [(z * h, x * h, *((r * g + more) * h for r in radii), side * y * h) for z, x, *radii, y in rows]

    if params.long_sleeves:
        return rounded(cut(table, ease), Slot.TOP, ends=(0.016 * h, 0.012 * h))
    sleeve = [(-0.10, 0.0, 0.029, 0.029, 0.0265, 0.0), *table[2:]]
    arm = rounded(cut(table, 0.0), Slot.SKIN, ends=(0.016 * h, 0.012 * h))
    return merge([arm, rounded(cut(sleeve, 0.004), Slot.TOP, ends=(0.003 * h, 0.013 * h))])


def forearm(params: PersonParams, side: int, grasping: bool = False) -> Patch:
    """Lower arm and hand, thumb forwards, palm towards the body; origin at the elbow; side +1 left."""
    h, g = params.height, girth(params)
    ease = (0.005 if params.jacket else 0.003) * params.long_sleeves
    table = [
        (-FOREARM, 0.0, 0.0165, 0.0165, 0.0145),
        (-0.09, 0.0, 0.020, 0.021, 0.018),
        (-0.03, 0.0, 0.0245, 0.024, 0.021),
        (0.0, 0.0, 0.023, 0.023, 0.021),
    ]
    arm = [(z * h, x * h, *((r * g**0.8 + ease) * h for r in radii)) for z, x, *radii in table]
    lower = rounded(arm, Slot.TOP if params.long_sleeves else Slot.SKIN, ends=(0.006 * h, 0.016 * h))
    shapes, end = (_FIST, 0.014) if grasping else (_HAND, 0.009)
    fingers = [
        rounded(
            [(h * (z - FOREARM), *(h * v for v in sizes), -side * h * y) for z, *sizes, y in shape],
            Slot.SKIN,
            ends=(end * h, 0.006 * h),
            row=0.025,
        )
        for shape in shapes
    ]
    return merge([lower, *fingers])


# Palm and thumb: height over the wrist, middle, reach to front and back, half width, middle towards the body.
_HAND = (
    (
        (-0.092, 0.004, 0.013, 0.014, 0.007, 0.0),
        (-0.06, 0.002, 0.021, 0.021, 0.0085, 0.0),
        (-0.03, 0.0, 0.022, 0.022, 0.011, 0.0),
        (0.0, 0.0, 0.0150, 0.0150, 0.0125, 0.0),
    ),
    (
        (-0.062, 0.029, 0.006, 0.006, 0.006, 0.012),
        (-0.04, 0.025, 0.006, 0.006, 0.006, 0.009),
        (-0.02, 0.014, 0.006, 0.006, 0.006, 0.004),
    ),
)
_FIST = (
    (
        (-0.050, 0.0, 0.022, 0.020, 0.020, 0.004),
        (-0.03, 0.0, 0.025, 0.023, 0.021, 0.003),
        (0.0, 0.0, 0.0155, 0.0155, 0.0135, 0.0),
    ),
)
