"""What defines a car: its body type and dimensions, drawn from the ranges of real classes."""

import json
from dataclasses import asdict, dataclass, fields

import numpy as np

from blender_scenes.assets.paints import draw_paint


@dataclass(frozen=True)
class CarParams:
    """A car in numbers; plain values, so that it goes into a recipe.

    Attributes
    ----------
    body_type : str
        Key of `BODY_TYPES`.
    paint : str
        Key of `paints.PAINTS`.
    length, width, height : float
        Overall, mirrors and roof rails not counted; a truck's height is that of its load box [m].
    wheelbase, front_overhang, wheel_radius, tyre_width, clearance : float
        [m]; clearance is that of the sills.
    nose_height, cowl_height, belt_height, belt_rise, deck_height, deck_drop : float
        Bonnet's leading edge, foot of the windscreen, lower edge of the side windows in front and its rise to the
        rear, foot of the rear window, fall of the boot lid [m].
    cowl_setback, rear_base : float
        Foot of the windscreen behind the front axle; foot of the rear window ahead of the rear end [m].
    rake, rear_rake, tumblehome : float
        Windscreen and rear window over the horizontal, sides against the vertical [rad].
    roof_drop, roof_peak, roof_crown, bonnet_crown : float
        Fall of the roof to the rear [m], place of its highest point [share of its length], crowns across [m].
    front_taper, rear_taper : float
        Share by which the plan narrows at the ends.
    front_bow, rear_bow, screen_bow, rear_screen_bow, front_lean, rear_lean : float
        Bows in plan at the sides [m], lean of the end faces [m/m].
    sill_tuck, shoulder_tuck, shoulder_step, swage, flare, arch_gap : float
        Shape of the sides [m].
    pillar_rear : float
        Width of the rearmost pillar [m].
    spokes : int
    rim : str
        ``"silver"`` or ``"dark"``.
    roof_rails, cladding : bool
        Rails on the roof; black plastic around the wheel arches and along the sills.
    plate : str
        ``"white"`` or ``"yellow"``.
    """

    body_type: str
    paint: str
    length: float
    width: float
    height: float
    wheelbase: float
    front_overhang: float
    wheel_radius: float
    tyre_width: float
    clearance: float
    nose_height: float
    cowl_height: float
    belt_height: float
    belt_rise: float
    deck_height: float
    deck_drop: float
    cowl_setback: float
    rear_base: float
    rake: float
    rear_rake: float
    tumblehome: float
    roof_drop: float
    roof_peak: float
    roof_crown: float
    bonnet_crown: float
    front_taper: float
    rear_taper: float
    front_bow: float
    rear_bow: float
    screen_bow: float
    rear_screen_bow: float
    front_lean: float
    rear_lean: float
    sill_tuck: float
    shoulder_tuck: float
    shoulder_step: float
    swage: float
    flare: float
    arch_gap: float
    pillar_rear: float
    spokes: int
    rim: str
    roof_rails: bool
    cladding: bool
    plate: str

    def __post_init__(self):
        if self.body_type not in BODY_TYPES:
            raise ValueError(f"body_type must be one of {sorted(BODY_TYPES)}, got {self.body_type!r}")
        for name in ("length", "width", "height", "wheelbase", "wheel_radius"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0 m, got {getattr(self, name)}")
        rear_overhang = self.length - self.wheelbase - self.front_overhang
        for name, overhang in (("front", self.front_overhang), ("rear", rear_overhang)):
            if overhang < self.wheel_radius + self.arch_gap:
                raise ValueError(
                    f"{name} overhang must hold the wheel arch, >= {self.wheel_radius + self.arch_gap:.3f} m, "
                    f"got {overhang:.3f} m"
                )

    def to_json(self) -> str:
        """Return the parameters as one line of JSON with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "CarParams":
        """Return the parameters written by `to_json`.

        Raises
        ------
        ValueError
            Where the text is not JSON or its keys are not exactly the fields.
        """
        values = json.loads(text)
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or set(values) != names:
            raise ValueError(f"a car needs exactly the fields {sorted(names)}, got {text[:80]!r}")
        return cls(**values)


# Ranges (smallest, largest) by body type; lengths in metres, angles in degrees. Dimensions follow European classes A
# to E, compact and mid-size SUVs, 2.8-3.5 t vans and light trucks, as published in makers' data sheets.
_COMMON = {
    "tyre_width": (0.19, 0.235), "belt_rise": (0.02, 0.07), "deck_drop": (0.03, 0.05), "tumblehome": (15.0, 20.0),
    "roof_drop": (0.05, 0.09), "roof_peak": (0.25, 0.40), "roof_crown": (0.045, 0.07), "bonnet_crown": (0.06, 0.09),
    "front_taper": (0.06, 0.10), "rear_taper": (0.05, 0.09), "front_bow": (0.16, 0.24), "rear_bow": (0.10, 0.16),
    "screen_bow": (0.16, 0.22), "rear_screen_bow": (0.08, 0.13), "front_lean": (0.15, 0.30), "rear_lean": (0.10, 0.2),
    "sill_tuck": (0.045, 0.07), "shoulder_tuck": (0.035, 0.055), "shoulder_step": (0.005, 0.02),
    "swage": (0.004, 0.010), "flare": (0.012, 0.022), "arch_gap": (0.040, 0.055), "clearance": (0.17, 0.20),
    "pillar_rear": (0.20, 0.28),
}  # fmt: skip

_TALL = {
    "tumblehome": (7.0, 10.0), "roof_drop": (0.02, 0.04), "front_bow": (0.16, 0.22), "rear_bow": (0.03, 0.05),
    "rear_screen_bow": (0.03, 0.05), "rear_taper": (0.01, 0.03), "rear_lean": (0.02, 0.05), "roof_crown": (0.04, 0.06),
    "front_lean": (0.22, 0.35), "pillar_rear": (0.12, 0.16), "belt_rise": (0.0, 0.01), "shoulder_step": (0.0, 0.008),
    "deck_drop": (0.0, 0.01), "front_taper": (0.05, 0.08),
}  # fmt: skip

BODY_TYPES: dict[str, dict[str, tuple[float, float]]] = {
    "city": {
        "length": (3.42, 3.75), "width": (1.60, 1.68), "height": (1.46, 1.56), "wheelbase": (2.28, 2.42),
        "front_overhang": (0.62, 0.68), "wheel_radius": (0.285, 0.305), "nose_height": (0.72, 0.78),
        "cowl_height": (0.96, 1.02), "belt_height": (0.92, 0.96), "deck_height": (0.96, 1.02),
        "cowl_setback": (0.10, 0.20), "rear_base": (0.06, 0.10), "rake": (34.0, 39.0), "rear_rake": (64.0, 74.0),
    },
    "hatchback": {
        "length": (3.95, 4.40), "width": (1.74, 1.82), "height": (1.43, 1.51), "wheelbase": (2.55, 2.68),
        "front_overhang": (0.82, 0.90), "wheel_radius": (0.305, 0.330), "nose_height": (0.70, 0.76),
        "cowl_height": (0.95, 1.00), "belt_height": (0.91, 0.95), "deck_height": (0.95, 1.00),
        "cowl_setback": (0.25, 0.38), "rear_base": (0.09, 0.15), "rake": (29.0, 33.0), "rear_rake": (50.0, 62.0),
    },
    "saloon": {
        "length": (4.55, 5.00), "width": (1.80, 1.88), "height": (1.42, 1.48), "wheelbase": (2.75, 2.95),
        "front_overhang": (0.80, 0.88), "wheel_radius": (0.315, 0.340), "nose_height": (0.69, 0.75),
        "cowl_height": (0.94, 0.98), "belt_height": (0.91, 0.95), "deck_height": (1.00, 1.05),
        "cowl_setback": (0.42, 0.58), "rear_base": (0.48, 0.62), "rake": (27.0, 30.0), "rear_rake": (25.0, 29.0),
    },
    "estate": {
        "length": (4.55, 4.95), "width": (1.80, 1.88), "height": (1.45, 1.52), "wheelbase": (2.70, 2.92),
        "front_overhang": (0.82, 0.90), "wheel_radius": (0.315, 0.340), "nose_height": (0.70, 0.75),
        "cowl_height": (0.94, 0.98), "belt_height": (0.91, 0.95), "deck_height": (0.98, 1.03),
        "cowl_setback": (0.40, 0.52), "rear_base": (0.08, 0.13), "rake": (28.0, 31.0), "rear_rake": (50.0, 58.0),
        "roof_drop": (0.05, 0.08), "pillar_rear": (0.12, 0.18),
    },
    "suv": {
        "length": (4.25, 4.85), "width": (1.82, 1.94), "height": (1.60, 1.76), "wheelbase": (2.62, 2.86),
        "front_overhang": (0.82, 0.90), "wheel_radius": (0.340, 0.375), "nose_height": (0.88, 0.97),
        "cowl_height": (1.08, 1.15), "belt_height": (1.03, 1.10), "deck_height": (1.08, 1.16),
        "cowl_setback": (0.35, 0.48), "rear_base": (0.10, 0.15), "rake": (32.0, 36.0), "rear_rake": (54.0, 64.0),
        "clearance": (0.24, 0.29), "tyre_width": (0.215, 0.255), "arch_gap": (0.050, 0.065),
        "flare": (0.018, 0.028), "front_lean": (0.12, 0.22),
    },
    "coupe": {
        "length": (4.25, 4.60), "width": (1.82, 1.90), "height": (1.28, 1.37), "wheelbase": (2.52, 2.70),
        "front_overhang": (0.84, 0.92), "wheel_radius": (0.320, 0.345), "nose_height": (0.64, 0.69),
        "cowl_height": (0.87, 0.91), "belt_height": (0.85, 0.88), "deck_height": (0.94, 0.98),
        "cowl_setback": (0.52, 0.64), "rear_base": (0.30, 0.40), "rake": (25.0, 27.0), "rear_rake": (22.0, 25.0),
        "clearance": (0.14, 0.16), "tyre_width": (0.225, 0.265), "flare": (0.022, 0.032), "roof_drop": (0.03, 0.05),
        "pillar_rear": (0.25, 0.32), "belt_rise": (0.04, 0.08), "tumblehome": (19.0, 23.0),
    },
    "pickup": {
        "length": (5.10, 5.40), "width": (1.83, 1.93), "height": (1.76, 1.86), "wheelbase": (3.05, 3.25),
        "front_overhang": (0.86, 0.94), "wheel_radius": (0.365, 0.390), "nose_height": (0.98, 1.06),
        "cowl_height": (1.20, 1.26), "belt_height": (1.13, 1.18), "deck_height": (1.14, 1.19),
        "cowl_setback": (0.45, 0.55), "rear_base": (1.50, 1.70), "rake": (36.0, 40.0), "rear_rake": (78.0, 84.0),
        "clearance": (0.30, 0.36), "arch_gap": (0.060, 0.080), "belt_rise": (0.0, 0.02), "deck_drop": (0.0, 0.01),
        "tumblehome": (13.0, 16.0), "rear_screen_bow": (0.03, 0.05), "rear_bow": (0.03, 0.05),
        "rear_taper": (0.01, 0.03), "rear_lean": (0.02, 0.05), "front_lean": (0.10, 0.18), "pillar_rear": (0.10, 0.14),
        "flare": (0.020, 0.030), "tyre_width": (0.235, 0.265), "roof_drop": (0.02, 0.04),
    },
    "van": _TALL | {
        "length": (4.90, 5.60), "width": (1.90, 2.02), "height": (1.95, 2.45), "wheelbase": (3.00, 3.45),
        "front_overhang": (0.90, 1.00), "wheel_radius": (0.330, 0.355), "nose_height": (0.98, 1.06),
        "cowl_height": (1.22, 1.30), "belt_height": (1.16, 1.24), "deck_height": (1.30, 1.36),
        "cowl_setback": (-0.25, -0.12), "rear_base": (0.03, 0.06), "rake": (44.0, 50.0), "rear_rake": (84.0, 87.0),
    },
    "minibus": _TALL | {
        "length": (5.40, 6.30), "width": (1.98, 2.06), "height": (2.35, 2.70), "wheelbase": (3.40, 3.80),
        "front_overhang": (0.95, 1.02), "wheel_radius": (0.340, 0.365), "nose_height": (1.02, 1.10),
        "cowl_height": (1.28, 1.36), "belt_height": (1.24, 1.32), "deck_height": (1.32, 1.40),
        "cowl_setback": (-0.30, -0.18), "rear_base": (0.03, 0.06), "rake": (48.0, 54.0), "rear_rake": (85.0, 88.0),
        "pillar_rear": (0.16, 0.22),
    },
    "truck": _TALL | {
        "length": (5.80, 6.50), "width": (1.95, 2.10), "height": (2.65, 2.85), "wheelbase": (3.20, 3.60),
        "front_overhang": (1.00, 1.08), "wheel_radius": (0.355, 0.380), "nose_height": (1.12, 1.18),
        "cowl_height": (1.34, 1.40), "belt_height": (1.28, 1.34), "deck_height": (1.34, 1.40),
        "cowl_setback": (-0.72, -0.64), "rear_base": (0.03, 0.05), "rake": (66.0, 72.0), "rear_rake": (87.0, 88.5),
        "clearance": (0.32, 0.38), "front_bow": (0.10, 0.14), "screen_bow": (0.10, 0.14), "tumblehome": (5.0, 7.0),
        "front_lean": (0.06, 0.10),
    },
}  # fmt: skip

_ANGLES = ("rake", "rear_rake", "tumblehome")
# Dimensions that grow together: a long car of its type is also wide and has a long wheelbase.
_SIZE = ("length", "width", "wheelbase", "wheel_radius", "tyre_width")


def draw_params(body_type: str, *, rng: np.random.Generator) -> CarParams:
    """Draw a car of a body type; its dimensions vary continuously within the ranges of `BODY_TYPES`."""
    if body_type not in BODY_TYPES:
        raise ValueError(f"body_type must be one of {sorted(BODY_TYPES)}, got {body_type!r}")
    ranges = _COMMON | BODY_TYPES[body_type]
    size = rng.random()
    values = {}
    for name in sorted(ranges):
        low, high = ranges[name]
        share = 0.75 * size + 0.25 * rng.random() if name in _SIZE else rng.random()
        value = low + (high - low) * share
        values[name] = float(round(np.deg2rad(value) if name in _ANGLES else value, 4))
    tall = body_type in ("van", "minibus", "truck")
    return CarParams(
        body_type=body_type,
        paint=draw_paint("working" if tall else "private", rng=rng),
        spokes=int(rng.choice([5, 6, 7, 8, 10])),
        rim="dark" if not tall and rng.random() < 0.2 else "silver",
        roof_rails=bool(rng.random() < {"suv": 0.7, "estate": 0.8}.get(body_type, 0.0)),
        cladding=bool(rng.random() < {"suv": 0.6, "pickup": 0.5, "city": 0.2}.get(body_type, 0.0)),
        plate="yellow" if rng.random() < 0.15 else "white",
        screen_bow=values.pop("screen_bow"),
        **values,
    )
