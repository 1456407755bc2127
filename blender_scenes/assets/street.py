"""Street furniture: kerbed islands, lamp posts, the basestation's mast, bins, signs, bollards."""

from dataclasses import dataclass

import numpy as np

from blender_scenes.assets import Asset
from blender_scenes.assets import surfaces as s
from blender_scenes.assets.shapes import (
    Solid,
    box,
    capped,
    circle,
    fan,
    joined,
    lathe,
    loft,
    moved,
    repeated,
    rounded_rectangle,
    tube,
)

POLE_SIDES = 24  # facets of a pole stay under 3 cm, or 28 GHz sees a prism
BURIED = 0.06  # [m] feet reach this far below the ground, so that nothing hovers
FILLS = {"grass": s.GRASS, "mulch": s.MULCH, "pavement": s.PAVEMENT}


@dataclass(frozen=True)
class IslandParams:
    """Kerbed island; a long narrow one is a kerb.

    Attributes
    ----------
    length, width : float
        Along x and y, kerb included [m].
    height : float
        Top of the kerb [m].
    corner_radius : float
        [m].
    fill : str
        Key of `FILLS`.
    """

    length: float
    width: float
    height: float = 0.12
    corner_radius: float = 0.6
    fill: str = "grass"


def make_island(params: IslandParams) -> Asset:
    """Make an island: kerb stones with a bevelled edge around a fill 2 cm lower."""
    if params.fill not in FILLS:
        raise ValueError(f"island: fill must be one of {sorted(FILLS)}, got {params.fill!r}")
    kerb = min(0.14, 0.35 * params.width)
    bevel, sunk = 0.025, 0.02

    def ring(inset: float, height: float) -> np.ndarray:
        radius = max(params.corner_radius - inset, 0.02)
        flat = rounded_rectangle(params.length - 2 * inset, params.width - 2 * inset, radius, 6)
        return np.column_stack([flat, np.full(len(flat), height)])

    top = params.height
    kerb_rings = np.array([
        ring(0, -BURIED), ring(0, top - bevel), ring(bevel, top), ring(kerb, top), ring(kerb, top - sunk - 0.02)
    ])  # fmt: skip
    island = Solid()
    island.add(loft(kerb_rings, smooth_along=False), s.KERB)
    island.add(fan(ring(kerb, top - sunk)), FILLS[params.fill])
    return island.asset("island", "street_furniture")


@dataclass(frozen=True)
class LampPostParams:
    """Lamp post on a base, with one or two arms along +x and -x.

    Attributes
    ----------
    height : float
        Of the luminaire [m].
    arm : float
        Reach of an arm [m].
    arms : int
        1 or 2.
    """

    height: float = 7.0
    arm: float = 1.2
    arms: int = 1


def make_lamp_post(params: LampPostParams) -> Asset:
    """Make a tapered pole with a base plate, a hatch, curved arms and flat luminaires."""
    post = Solid()
    post.add(lathe([(0.22, -BURIED), (0.22, 0.08), (0.19, 0.10)], POLE_SIDES), s.CONCRETE)
    profile = [(0.085, 0.05), (0.085, 1.1), (0.07, 1.2), (0.045, params.height - 0.5)]
    post.add(lathe(profile, POLE_SIDES), s.STEEL)
    post.add(box((0.05, -0.045, 0.45), (0.094, 0.045, 0.85)), s.STEEL)
    angle = np.linspace(0, np.pi / 2, 9)
    curve = np.column_stack([
        params.arm * (1 - np.cos(angle)), np.zeros(9), params.height - 0.55 + 0.55 * np.sin(angle)
    ])  # fmt: skip
    arm = tube(curve, np.linspace(0.043, 0.03, 9), 12)
    outline = np.column_stack([rounded_rectangle(0.7, 0.3, 0.12, 4), np.zeros(20)])
    scale = np.array([[0.75, 0.6, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [0.6, 0.5, 1.0]])
    level = np.array([-0.01, 0.02, 0.05, 0.11])
    head = capped(outline[None] * scale[:, None] + level[:, None, None] * [0, 0, 1], smooth_along=False)
    lens = box((-0.22, -0.07, -0.022), (0.22, 0.07, -0.008))
    for side in range(params.arms):
        end = (params.arm + 0.25, 0.0, params.height - 0.03)
        turn = np.pi * side
        post.add(moved(arm, yaw=turn), s.STEEL)
        post.add(moved(moved(head, end), yaw=turn), s.STEEL_PAINTED)
        post.add(moved(moved(lens, end), yaw=turn), s.LAMP_GLASS)
    return post.asset("lamp_post", "street_furniture")


@dataclass(frozen=True)
class MastParams:
    """Mast of the basestation; its pole stands behind the sensors, which look along +x.

    Attributes
    ----------
    height : float
        Of the sensors [m].
    setback : float
        From the sensors to the axis of the pole [m].
    """

    height: float
    setback: float = 0.45


def make_mast(params: MastParams) -> Asset:
    """Make a tapered pole with a bracket that ends behind the sensors."""
    mast = Solid()
    foot = (-params.setback, 0.0, 0.0)
    mast.add(moved(lathe([(0.4, -BURIED), (0.4, 0.25)], POLE_SIDES), foot), s.CONCRETE)
    profile = [(0.14, 0.2), (0.13, 1.5), (0.08, params.height + 0.6)]
    mast.add(moved(lathe(profile, POLE_SIDES), foot), s.STEEL)
    mast.add(box((-params.setback, -0.03, params.height - 0.03), (-0.2, 0.03, params.height + 0.03)), s.STEEL)
    mast.add(box((-0.22, -0.2, params.height - 0.25), (-0.17, 0.2, params.height + 0.35)), s.STEEL_PAINTED)
    return mast.asset("mast", "street_furniture")


@dataclass(frozen=True)
class BinParams:
    """Litter bin.

    Attributes
    ----------
    height, radius : float
        [m].
    colour : tuple of 3 float
        Linear sRGB.
    """

    height: float = 1.0
    radius: float = 0.24
    colour: tuple[float, float, float] = (0.03, 0.11, 0.05)


def make_bin(params: BinParams) -> Asset:
    """Make a round bin with a rim, a dark mouth under a domed lid and a foot."""
    h, r = params.height, params.radius
    plastic = s.BIN_PLASTIC.renamed("bin_plastic", params.colour)
    bin_ = Solid()
    bin_.add(lathe([(0.7 * r, -BURIED), (0.7 * r, 0.06)], POLE_SIDES), s.STEEL_PAINTED)
    bin_.add(lathe([(0.86 * r, 0.05), (r, 0.68 * h), (1.06 * r, 0.69 * h), (1.06 * r, 0.72 * h)], POLE_SIDES), plastic)
    bin_.add(lathe([(0.8 * r, 0.7 * h), (0.8 * r, 0.86 * h)], POLE_SIDES), s.STEEL_PAINTED)
    angle = np.linspace(0, 1.35, 6)
    lid = np.column_stack([1.08 * r * np.cos(angle), 0.85 * h + 0.15 * h * np.sin(angle)])
    bin_.add(lathe(lid, POLE_SIDES, smooth_along=True), plastic)
    return bin_.asset("bin", "street_furniture")


@dataclass(frozen=True)
class SignParams:
    """Traffic sign that faces +x.

    Attributes
    ----------
    kind : str
        "parking" (blue square with a P), "no_entry" (red disc with a bar) or "board" (a white notice).
    height : float
        Of the plate's middle [m].
    """

    kind: str = "parking"
    height: float = 2.3


def make_sign(params: SignParams) -> Asset:
    """Make a pole with a plate and its symbol."""
    sign = Solid()
    h = params.height
    sign.add(lathe([(0.03, -BURIED), (0.03, h + 0.3)], POLE_SIDES), s.STEEL)
    if params.kind == "parking":
        sign.add(box((0.035, -0.3, h - 0.3), (0.045, 0.3, h + 0.3)), s.SIGN_BLUE)
        stem = box((0.045, -0.12, h - 0.2), (0.048, -0.05, h + 0.2))
        bowl = [box((0.045, -0.05, z), (0.048, 0.12, z + 0.065)) for z in (h - 0.02, h + 0.135)]
        side = box((0.045, 0.085, h + 0.0), (0.048, 0.15, h + 0.18))
        sign.add(joined([stem, *bowl, side]), s.SIGN_WHITE)
    elif params.kind == "no_entry":
        plate = 0.3 * circle(32) + [0, h]
        rings = [np.column_stack([np.full(32, x), plate]) for x in (0.035, 0.045)]
        sign.add(capped(np.array(rings), smooth_along=False), s.SIGN_RED)
        sign.add(box((0.045, -0.22, h - 0.05), (0.048, 0.22, h + 0.05)), s.SIGN_WHITE)
    elif params.kind == "board":
        sign.add(box((0.035, -0.4, h - 0.55), (0.05, 0.4, h + 0.25)), s.SIGN_WHITE)
        lines = repeated(
            box((0.05, -0.3, 0.0), (0.053, 0.3, 0.05)), np.array([[0, 0, h - 0.4 + 0.15 * i] for i in range(4)])
        )
        sign.add(lines, s.STEEL_PAINTED)
    else:
        raise ValueError(f"sign: kind must be 'parking', 'no_entry' or 'board', got {params.kind!r}")
    return sign.asset("sign", "street_furniture")


@dataclass(frozen=True)
class BollardParams:
    """Row of bollards along x.

    Attributes
    ----------
    count : int
    spacing : float
        [m].
    """

    count: int = 5
    spacing: float = 1.5


def make_bollards(params: BollardParams) -> Asset:
    """Make a row of steel bollards with bright bands."""
    x = (np.arange(params.count) - (params.count - 1) / 2) * params.spacing
    at = np.column_stack([x, np.zeros(params.count), np.zeros(params.count)])
    row = Solid()
    row.add(repeated(lathe([(0.055, -BURIED), (0.055, 0.9), (0.04, 0.94)], POLE_SIDES), at), s.STEEL_PAINTED)
    row.add(repeated(lathe([(0.058, 0.72), (0.058, 0.82)], POLE_SIDES), at), s.SIGN_WHITE)
    return row.asset("bollards", "street_furniture")
