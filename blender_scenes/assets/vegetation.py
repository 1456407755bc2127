"""Trees, hedges and tufts: trunks that branch, and leaves in clumps."""

from dataclasses import dataclass

import numpy as np

from blender_scenes.assets import Asset
from blender_scenes.assets import surfaces as s
from blender_scenes.assets.shapes import Shape, Solid, box, circle, joined, loft, quads
from raysim.materials import Material

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))  # [rad] branches that follow each other never stand above one another
TONES = {"foliage_dark": 0.75, "foliage": 1.0, "foliage_light": 1.3}  # a crown of one green looks like plastic


@dataclass(frozen=True)
class Habit:
    """How a kind of tree grows.

    Attributes
    ----------
    clear_stem : float
        Height of the lowest branch as a share of the tree's.
    boughs, twigs : int
        Branches of the trunk, and of each branch.
    rise_deg : tuple of 2 float
        Elevation of the lowest and the highest bough.
    clump : float
        Radius of a clump of leaves as a share of the crown's width.
    flatness : float
        Height of a clump over its width.
    profile : tuple of 4 float
        Half width of the crown over its largest, from its foot to its top in equal steps.
    pale_bark : bool
    """

    clear_stem: float
    boughs: int
    twigs: int
    rise_deg: tuple[float, float]
    clump: float
    flatness: float
    profile: tuple[float, ...]
    pale_bark: bool = False


HABITS = {
    "round": Habit(0.24, 18, 3, (12, 70), 0.16, 0.8, (0.55, 0.92, 1.0, 0.85, 0.35)),
    "birch": Habit(0.26, 18, 3, (30, 70), 0.17, 1.3, (0.6, 1.0, 0.85, 0.55, 0.15), pale_bark=True),
    "columnar": Habit(0.12, 22, 2, (55, 78), 0.24, 1.6, (0.7, 1.0, 0.95, 0.75, 0.25)),
    "conifer": Habit(0.06, 46, 2, (-14, 25), 0.13, 0.5, (1.0, 0.82, 0.58, 0.33, 0.08)),
}


@dataclass(frozen=True)
class TreeParams:
    """One tree.

    Attributes
    ----------
    kind : str
        Key of `HABITS`.
    height, crown : float
        Overall height and width of the crown [m].
    leaves : int
        Number of leaf quadrilaterals.
    leaf_size : float
        Length of one [m]; it stands for a sprig where it is larger than a leaf.
    colour : tuple of 3 float
        Of the foliage, linear sRGB.
    seed : int
        Of this tree's growth.
    """

    kind: str = "round"
    height: float = 8.0
    crown: float = 5.0
    leaves: int = 3000
    leaf_size: float = 0.3
    colour: tuple[float, float, float] = (0.07, 0.135, 0.028)
    seed: int = 0


def make_tree(params: TreeParams) -> Asset:
    """Grow a tree: a trunk, boughs along it, twigs on them, a clump of leaves about each end.

    Parameters
    ----------
    params : TreeParams

    Returns
    -------
    Asset
        Category "vegetation".
    """
    if params.kind not in HABITS:
        raise ValueError(f"tree: kind must be one of {sorted(HABITS)}, got {params.kind!r}")
    rng = np.random.Generator(np.random.Philox(params.seed))
    habit = HABITS[params.kind]
    trunk = _trunk(params, rng=rng)
    boughs, girth = _boughs(params, habit, trunk, rng=rng)
    twigs = _twigs(habit, boughs, rng=rng)
    thick = 0.02 + 0.019 * params.height  # [m] radius of the trunk at its foot
    tree = Solid()
    wood = joined([
        _bars(trunk[None], thick * np.linspace(1, 0.12, len(trunk))[None] * _flare(len(trunk)), 10),
        _bars(boughs, girth[:, None] * np.linspace(1, 0.35, boughs.shape[1]), 6),
        _bars(twigs, np.repeat(girth, habit.twigs)[:, None] * np.linspace(0.5, 0.12, twigs.shape[1]), 3),
    ])  # fmt: skip
    tree.add(wood, s.BARK_BIRCH if habit.pale_bark else s.BARK)
    centres = np.concatenate([twigs[:, -1], twigs[:, 1], boughs[:, 2], trunk[-2:]])
    reach = habit.clump * params.crown * rng.uniform(0.75, 1.25, len(centres))
    radii = reach[:, None] * np.array([1, 1, habit.flatness])
    foot = 0.7 * habit.clear_stem * params.height
    centres[:, 2] = np.clip(centres[:, 2], foot + radii[:, 2], params.height - radii[:, 2])
    add_leaves(tree, centres, radii, params.leaves, params.leaf_size, params.colour, rng=rng)
    return tree.asset("tree", "vegetation")


def _flare(count: int) -> np.ndarray:
    flare = np.ones(count)
    flare[0] = 1.5  # roots
    return flare


def _trunk(params: TreeParams, *, rng) -> np.ndarray:
    t = np.array([-0.015, 0.03, 0.2, 0.4, 0.6, 0.8, 0.95])
    sway = np.cumsum(rng.normal(0, 0.012 * params.height, (len(t), 2)), axis=0)
    sway -= sway[1]
    sway[0] = 0
    return np.column_stack([sway, t * params.height])


def _boughs(params: TreeParams, habit: Habit, trunk: np.ndarray, *, rng) -> tuple[np.ndarray, np.ndarray]:
    """Curved branches (n, 5, 3) and their radii at the trunk (n,)."""
    n = habit.boughs
    along = (np.arange(n) + rng.uniform(0, 0.9, n)) / n  # 0 = foot of the crown, 1 = its top
    height = params.height * (habit.clear_stem + (0.92 - habit.clear_stem) * along)
    start = np.column_stack([np.interp(height, trunk[:, 2], trunk[:, k]) for k in range(2)] + [height])
    azimuth = GOLDEN_ANGLE * np.arange(n) + rng.uniform(-0.4, 0.4, n) + rng.uniform(0, 2 * np.pi)
    rise = np.radians(np.interp(along, [0, 1], habit.rise_deg) + rng.uniform(-8, 8, n))
    reach = 0.5 * params.crown * np.interp(along, np.linspace(0, 1, len(habit.profile)), habit.profile)
    reach *= rng.uniform(0.72, 1.0, n) * (1 - habit.clump)
    t = np.linspace(0, 1, 5)[None, :, None]
    outward = np.column_stack([np.cos(azimuth), np.sin(azimuth), 0 * azimuth])[:, None]
    climb = np.minimum(reach * np.tan(rise), 0.95 * params.height - height)[:, None, None] * np.array([0, 0, 1.0])
    bend = rng.normal(0, 0.05, (n, 1, 3)) * reach[:, None, None]
    points = start[:, None] + outward * reach[:, None, None] * t + climb * t**1.3 + bend * np.sin(np.pi * t)
    return points, 0.012 + 0.022 * reach


def _twigs(habit: Habit, boughs: np.ndarray, *, rng) -> np.ndarray:
    """Side branches (n twigs, 3, 3), spread over the outer part of each bough."""
    n, k = len(boughs), habit.twigs
    at = np.linspace(0.45, 1.0, k)[None] * np.ones((n, 1)) - rng.uniform(0, 0.1, (n, k))
    low = np.minimum((at * 4).astype(int), 3)
    share = (at * 4 - low)[..., None]
    row = np.arange(n)[:, None]
    start = boughs[row, low] * (1 - share) + boughs[row, low + 1] * share
    length = np.linalg.norm(boughs[:, -1] - boughs[:, 0], axis=1)
    onward = (boughs[:, -1] - boughs[:, 0]) / length[:, None]
    heading = onward[:, None] + rng.normal(0, 0.55, (n, k, 3))
    heading /= np.linalg.norm(heading, axis=-1, keepdims=True)
    size = length[:, None] * rng.uniform(0.18, 0.38, (n, k))
    end = start + heading * size[..., None]
    middle = (start + end) / 2 + rng.normal(0, 0.05, (n, k, 3)) * size[..., None]
    return np.stack([start, middle, end], axis=2).reshape(n * k, 3, 3)


def _bars(points: np.ndarray, radii: np.ndarray, sides: int) -> Shape:
    """Round bars along (n, k, 3) points with (n, k) radii [m]."""
    tangent = np.gradient(points, axis=1)
    tangent /= np.linalg.norm(tangent, axis=2, keepdims=True)
    onward = points[:, -1] - points[:, 0]
    reference = np.eye(3)[np.abs(onward).argmin(axis=1)][:, None]
    u = np.cross(tangent, reference)
    u /= np.linalg.norm(u, axis=2, keepdims=True)
    v = np.cross(tangent, u)
    ring = circle(sides)
    offset = ring[:, :1] * u[:, :, None] + ring[:, 1:] * v[:, :, None]  # (n, k, sides, 3)
    rings = points[:, :, None] + radii[:, :, None, None] * offset
    return joined([loft(one) for one in rings])


def add_leaves(
    solid: Solid, centres: np.ndarray, radii: np.ndarray, count: int, size: float, colour, *, rng: np.random.Generator
) -> None:
    """Scatter leaves over ellipsoidal clumps.

    Parameters
    ----------
    solid : Solid
    centres, radii : (num_clumps, 3) float64
        [m].
    count : int
        Leaves in all.
    size : float
        Length of a leaf [m].
    colour : tuple of 3 float
        Middle of the three tones of the foliage.
    rng : numpy.random.Generator
    """
    weight = radii[:, 0] ** 2 / (radii[:, 0] ** 2).sum()
    clump = rng.choice(len(centres), count, p=weight)
    outward = rng.normal(size=(count, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    depth = rng.uniform(0.25, 1, count) ** 0.5  # most leaves hang near the surface of a clump
    place = centres[clump] + radii[clump] * outward * depth[:, None]
    leaf = leaves(place, outward + [0, 0, 0.35], size * rng.uniform(0.7, 1.2, count), rng=rng)
    tone = rng.integers(0, 3, len(centres))[clump]
    for index, (name, factor) in enumerate(TONES.items()):
        if (tone == index).any():
            solid.add(quads(leaf[tone == index]), _foliage(name, factor, colour))


def _foliage(name: str, factor: float, colour) -> Material:
    red, green, blue = (min(1.0, factor * channel) for channel in colour)
    return s.FOLIAGE.renamed(name, (red, green, blue))


def leaves(place: np.ndarray, facing: np.ndarray, size: np.ndarray, *, rng) -> np.ndarray:
    """(n, 4, 3) corners of pointed leaves at `place`, roughly turned to `facing`."""
    normal = facing + rng.normal(0, 0.45, facing.shape)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    along = np.cross(normal, rng.normal(size=facing.shape))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(normal, along)
    half, wide = 0.5 * size[:, None] * along, 0.32 * size[:, None] * across
    return np.stack([place - half, place - 0.1 * half + wide, place + half, place - 0.1 * half - wide], axis=1)


@dataclass(frozen=True)
class HedgeParams:
    """Clipped hedge along x.

    Attributes
    ----------
    length, width, height : float
        [m].
    leaf_size : float
        [m].
    colour : tuple of 3 float
        Linear sRGB.
    seed : int
    """

    length: float = 12.0
    width: float = 0.9
    height: float = 1.1
    leaf_size: float = 0.16
    colour: tuple[float, float, float] = (0.05, 0.105, 0.025)
    seed: int = 0


def make_hedge(params: HedgeParams) -> Asset:
    """Make a hedge: a dark core and a coat of leaves over its top and sides."""
    rng = np.random.Generator(np.random.Philox(params.seed))
    x, y, z = params.length / 2, params.width / 2, params.height
    hedge = Solid()
    core = box((-x + 0.12, -y + 0.12, -0.05), (x - 0.12, y - 0.12, z - 0.12))
    hedge.add(core, _foliage("hedge_core", 0.4, params.colour))
    faces = [  # area, low corner, two edges, outward
        (4 * x * y, (-x, -y, z), (2 * x, 0, 0), (0, 2 * y, 0), (0, 0, 1)),
        (2 * x * z, (-x, -y, 0), (2 * x, 0, 0), (0, 0, z), (0, -1, 0)),
        (2 * x * z, (-x, y, 0), (2 * x, 0, 0), (0, 0, z), (0, 1, 0)),
        (2 * y * z, (-x, -y, 0), (0, 2 * y, 0), (0, 0, z), (-1, 0, 0)),
        (2 * y * z, (x, -y, 0), (0, 2 * y, 0), (0, 0, z), (1, 0, 0)),
    ]
    density = 1.2 / (0.32 * params.leaf_size**2)  # leaves per square metre: the coat covers 1.2 times
    for name, factor in TONES.items():
        corners = []
        for area, low, first, second, outward in faces:
            count = int(density * area / 3)
            a, b = rng.uniform(size=(2, count, 1))
            place = np.asarray(low) + a * np.asarray(first) + b * np.asarray(second)
            place = place - np.asarray(outward) * rng.uniform(0, 0.12, (count, 1))
            facing = np.tile(np.asarray(outward, float), (count, 1))
            corners.append(leaves(place, facing, params.leaf_size * rng.uniform(0.7, 1.3, count), rng=rng))
        hedge.add(quads(np.concatenate(corners)), _foliage(name, factor, params.colour))
    return hedge.asset("hedge", "vegetation")
