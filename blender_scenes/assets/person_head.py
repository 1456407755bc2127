"""The head of a person: face, ears, hair or what is worn on it."""

import numpy as np

from blender_scenes.assets.flesh import moved, rounded
from blender_scenes.assets.mesh import Patch, ellipsoid, merge
from blender_scenes.assets.person_body import girth, neck_height
from blender_scenes.assets.person_materials import Slot
from blender_scenes.assets.person_params import PersonParams

# Height under the crown, middle, reach to front and back, half width: shares of the body height.
_HEAD = (
    (-0.128, 0.026, 0.022, 0.030, 0.021),
    (-0.115, 0.016, 0.036, 0.046, 0.033),
    (-0.095, 0.006, 0.047, 0.056, 0.039),
    (-0.065, 0.0, 0.052, 0.061, 0.043),
    (-0.038, -0.002, 0.050, 0.060, 0.0435),
    (-0.018, -0.004, 0.041, 0.049, 0.036),
    (-0.008, -0.005, 0.029, 0.035, 0.026),
)


def head(params: PersonParams) -> Patch:
    """Head with a face, ears and hair, and the neck; origin at the neck joint, which both turn about."""
    h, s = params.height, params.height * params.head
    crown = (1.0 - neck_height(params)) * h
    skull = rounded([tuple(s * v for v in row) for row in _HEAD], Slot.SKIN, ends=(0.003 * s, 0.008 * s), row=0.015)
    x, y, z = (skull.vertices / s).T
    nose = 0.014 * np.exp(-((y / 0.0065) ** 2) - ((z + 0.077) / 0.012) ** 2) * (x > 0.02)
    brow = 0.003 * np.exp(-((y / 0.03) ** 2) - ((z + 0.056) / 0.008) ** 2) * (x > 0.02)
    scalp = np.clip((z + 0.036 - 0.55 * (x - 0.012).clip(max=0.02) + 0.9 * (0.012 - x).clip(0, 0.05)) / 0.008, 0, 1)
    if params.hair == "bald":
        scalp = np.zeros_like(z)
    thick = {"long": 0.007, "helmet": 0.014}.get(params.hair, 0.004)
    out = np.stack([x, y, 0.6 * (z + 0.06)], axis=-1) / np.hypot(x, y).clip(min=0.02)[:, None]
    grown = skull.vertices + s * (thick * scalp[:, None] * out + np.stack([nose + brow, 0 * x, 0 * x], axis=-1))
    hairy = scalp[skull.triangles].max(axis=1) > 0.5
    covered = Slot.HEADGEAR if params.hair in ("cap", "helmet") else Slot.HAIR
    face = Patch(grown, skull.triangles, np.where(hairy, covered, skull.material))
    pieces = [face, *_features(s)]
    if params.hair == "long":
        lengths = [
            (-0.165, -0.050, 0.010, 0.014, 0.034),
            (-0.12, -0.046, 0.018, 0.020, 0.043),
            (-0.06, -0.036, 0.03, 0.03, 0.044),
        ]
        pieces.append(rounded([tuple(s * v for v in row) for row in lengths], Slot.HAIR, ends=(0.006 * s, 0.02 * s)))
    if params.hair == "cap":
        pieces.append(ellipsoid((0.036 * s, 0.036 * s, 0.004 * s), Slot.HEADGEAR, (0.062 * s, 0, -0.034 * s)))
    throat = 0.0335 * girth(params) ** 0.7 * h
    neck = [(z * h, x * h, throat, throat, throat) for z, x in ((-0.012, -0.006), (0.02, -0.003), (0.055, 0.002))]
    return merge([moved(merge(pieces), (0.0, 0.0, crown)), rounded(neck, Slot.SKIN, ends=(0.005 * h, 0.01 * h))])


def _features(s: float) -> list[Patch]:
    """Ears, eyes and brows of both sides, and the mouth."""
    pieces = [ellipsoid((0.004 * s, 0.013 * s, 0.0032 * s), Slot.LIP, (0.0515 * s, 0, -0.099 * s), rows=5)]
    for side in (-1, 1):
        pieces += [
            ellipsoid(
                (0.010 * s, 0.005 * s, 0.017 * s), Slot.SKIN, (-0.004 * s, side * 0.0425 * s, -0.073 * s), rows=7
            ),
            ellipsoid(
                (0.005 * s, 0.0068 * s, 0.0042 * s), Slot.EYE, (0.0455 * s, side * 0.0175 * s, -0.064 * s), rows=5
            ),
            ellipsoid(
                (0.004 * s, 0.010 * s, 0.002 * s), Slot.HAIR, (0.0475 * s, side * 0.018 * s, -0.0535 * s), rows=5
            ),
        ]
    return pieces
