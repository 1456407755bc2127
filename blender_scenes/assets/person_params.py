"""Parameters of people: ten body types with continuous variation, clothes and complexion."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from blender_scenes.assets.gait import FASTEST, SLOWEST

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class PersonParams:
    """One person, as plain numbers for a recipe.

    Attributes
    ----------
    body_type : str
        Key of `BODY_TYPES`.
    height : float
        [m].
    build : float
        Body mass index [kg/m2].
    shoulders, hips, chest : float
        Widths over those of an average build, and depth of the chest [1].
    head : float
        Its height over an adult's share of the body [1]: children's are larger.
    hair : str
        One of `HAIR`.
    long_sleeves, long_legs, jacket : bool
        What is worn.
    skin, hair_colour, top, bottoms, shoes : tuple of 3 float
        Linear sRGB albedo.
    speed : float
        That the gait is made for [m/s]; 0 = stands.
    phase : float
        Of the gait at time 0 [rad].
    """

    body_type: str
    height: float
    build: float
    shoulders: float
    hips: float
    chest: float
    head: float
    hair: str
    long_sleeves: bool
    long_legs: bool
    jacket: bool
    skin: Colour
    hair_colour: Colour
    top: Colour
    bottoms: Colour
    shoes: Colour
    speed: float = 0.0
    phase: float = 0.0

    def __post_init__(self):
        limits = {
            "height": (1.0, 2.1), "build": (14.0, 40.0), "shoulders": (0.8, 1.2), "hips": (0.8, 1.3),
            "chest": (0.8, 1.4), "head": (0.9, 1.4),
        }  # fmt: skip
        if self.body_type not in BODY_TYPES:
            raise ValueError(f"person: body_type must be one of {', '.join(BODY_TYPES)}, got {self.body_type!r}")
        if self.hair not in HAIR:
            raise ValueError(f"person: hair must be one of {', '.join(HAIR)}, got {self.hair!r}")
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"person: {name} must lie in [{low:g}, {high:g}], got {getattr(self, name):g}")
        if self.speed and not SLOWEST <= self.speed <= FASTEST:
            raise ValueError(f"person: speed must be 0 or lie in [{SLOWEST}, {FASTEST}] m/s, got {self.speed:g}")


class BodyType(NamedTuple):
    """Ranges of a body type; chances of long hair and of shorts."""

    height: tuple[float, float]
    build: tuple[float, float]
    shoulders: float
    hips: float
    chest: float
    head: float
    long_hair: float


# Heights and body mass indices: about the 5th to 95th percentiles of European adults (ISO 7250-2), and schoolchildren.
BODY_TYPES = {
    "man": BodyType((1.70, 1.86), (21, 26), 1.0, 1.0, 1.0, 1.0, 0.05),
    "tall_man": BodyType((1.86, 2.00), (20, 26), 1.0, 0.98, 1.0, 0.96, 0.05),
    "slim_man": BodyType((1.68, 1.88), (18, 20.5), 0.97, 0.97, 0.97, 1.0, 0.15),
    "heavy_man": BodyType((1.68, 1.86), (28, 34), 1.04, 1.04, 1.08, 1.0, 0.0),
    "old_man": BodyType((1.62, 1.78), (23, 28), 0.96, 1.0, 1.05, 1.02, 0.0),
    "woman": BodyType((1.58, 1.74), (20, 25), 0.90, 1.07, 1.05, 1.0, 0.7),
    "slim_woman": BodyType((1.60, 1.78), (17.5, 20), 0.88, 1.03, 1.02, 1.0, 0.8),
    "heavy_woman": BodyType((1.56, 1.72), (28, 34), 0.94, 1.12, 1.12, 1.0, 0.5),
    "short_woman": BodyType((1.48, 1.58), (20, 26), 0.90, 1.08, 1.06, 1.05, 0.4),
    "child": BodyType((1.20, 1.48), (15, 18.5), 0.90, 0.97, 0.97, 1.22, 0.4),
}
SHARES = (0.22, 0.05, 0.10, 0.07, 0.06, 0.22, 0.10, 0.06, 0.05, 0.07)
HAIR = ("short", "long", "bald", "cap", "helmet")

SKINS = ((0.60, 0.38, 0.28), (0.52, 0.31, 0.21), (0.40, 0.22, 0.14), (0.26, 0.13, 0.075), (0.11, 0.052, 0.03))
HAIRS = ((0.012, 0.010, 0.009), (0.045, 0.025, 0.014), (0.11, 0.065, 0.03), (0.36, 0.25, 0.11), (0.32, 0.31, 0.30))
TOPS = (
    (0.02, 0.022, 0.026), (0.62, 0.61, 0.58), (0.035, 0.06, 0.16), (0.10, 0.15, 0.23), (0.34, 0.03, 0.028),
    (0.045, 0.11, 0.055), (0.50, 0.33, 0.05), (0.17, 0.165, 0.16), (0.30, 0.085, 0.14), (0.20, 0.13, 0.075),
    (0.10, 0.33, 0.42), (0.62, 0.24, 0.04),
)  # fmt: skip
BOTTOMS = ((0.022, 0.035, 0.085), (0.016, 0.017, 0.02), (0.07, 0.10, 0.17), (0.25, 0.20, 0.13), (0.10, 0.10, 0.10))
SHOES = ((0.02, 0.018, 0.017), (0.55, 0.55, 0.53), (0.13, 0.07, 0.035), (0.25, 0.05, 0.05))


def draw_params(body_type: str | None = None, *, speed: float = 0.0, rng: np.random.Generator) -> PersonParams:
    """Draw a person.

    Parameters
    ----------
    body_type : str, optional
        Key of `BODY_TYPES`; drawn where not given.
    speed : float
        Walking speed [m/s]; 0 = stands.
    rng : numpy.random.Generator

    Returns
    -------
    PersonParams

    Raises
    ------
    ValueError
        Where the body type is unknown or nobody walks at that speed.
    """
    name = str(rng.choice(list(BODY_TYPES), p=SHARES)) if body_type is None else body_type
    if name not in BODY_TYPES:
        raise ValueError(f"person: body_type must be one of {', '.join(BODY_TYPES)}, got {name!r}")
    kind = BODY_TYPES[name]
    long_hair, bald = rng.random() < kind.long_hair, rng.random() < (0.5 if name == "old_man" else 0.05)
    hair = "long" if long_hair else "bald" if bald else "cap" if rng.random() < 0.12 else "short"
    grey = 4 if name == "old_man" else int(rng.choice(5, p=(0.35, 0.3, 0.17, 0.1, 0.08)))
    jacket = bool(rng.random() < 0.4)
    widths = (float(share * rng.uniform(0.97, 1.03)) for share in (kind.shoulders, kind.hips, kind.chest, kind.head))
    shoulders, hips, chest, head = widths
    return PersonParams(
        name, float(rng.uniform(*kind.height)), float(rng.uniform(*kind.build)), shoulders, hips, chest, head,
        hair, bool(jacket or rng.random() < 0.4), bool(rng.random() < 0.8), jacket,
        _pick(SKINS, rng=rng), _shade(HAIRS[grey], rng=rng), _pick(TOPS, rng=rng), _pick(BOTTOMS, rng=rng),
        _pick(SHOES, rng=rng), speed, float(rng.uniform(0, 2 * np.pi)),
    )  # fmt: skip


def _pick(colours: tuple[Colour, ...], *, rng: np.random.Generator) -> Colour:
    return _shade(colours[int(rng.integers(len(colours)))], rng=rng)


def _shade(colour: Colour, *, rng: np.random.Generator) -> Colour:
    red, green, blue = (round(float(channel * rng.uniform(0.85, 1.15)), 4) for channel in colour)
    return red, green, blue
