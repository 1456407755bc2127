"""Procedural assets: parametric meshes with materials, in their own axes.

The contract between an asset's maker and the scene builder is `Asset`. Axes of an asset: x forward (for things
without a front: along its longest side), y left, z up; origin on the ground under its middle [m].
"""

from dataclasses import dataclass

import numpy as np

from blender_scenes.linkage import Linkage
from raysim.materials import Material
from raysim.scene import CATEGORIES


@dataclass(frozen=True)
class AssetPart:
    """One rigid body of an asset: a car's body, a wheel.

    Attributes
    ----------
    name : str
        Unique within the asset.
    vertices : (num_vertices, 3) float64
        In the part's axes, which are parallel to the asset's [m]. Shared between triangles only across smooth
        surfaces; a hard edge duplicates its vertices.
    triangles : (num_triangles, 3) int32
        Vertex indices, counter-clockwise seen from outside.
    material : (num_triangles,) int32
        Index into `Asset.materials`.
    origin : (3,) float64
        Position of the part's origin in the asset's axes [m].
    axle : (3,) float64 or None
        Unit vector in the part's axes about which the part spins through its origin; None where it does not.
        A positive turn (right-hand rule) rolls the asset forwards, along +x.
    wheel_radius : float or None
        Rolling radius [m] of a part that spins: angular speed = speed / radius.
    linkage : Linkage or None
        What moves a limb: the part's origin and axes follow from it, `origin` stays zero.
    """

    name: str
    vertices: np.ndarray
    triangles: np.ndarray
    material: np.ndarray
    origin: np.ndarray
    axle: np.ndarray | None = None
    wheel_radius: float | None = None
    linkage: Linkage | None = None

    def __post_init__(self):
        count = len(self.triangles)
        if self.vertices.ndim != 2 or self.vertices.shape[1] != 3 or not np.isfinite(self.vertices).all():
            raise ValueError(f"part {self.name!r}: vertices must be finite (n, 3), got {self.vertices.shape}")
        if self.triangles.shape != (count, 3) or self.material.shape != (count,):
            raise ValueError(
                f"part {self.name!r}: needs (n, 3) triangles and (n,) material, "
                f"got {self.triangles.shape} and {self.material.shape}"
            )
        if count and (self.triangles.min() < 0 or self.triangles.max() >= len(self.vertices)):
            raise ValueError(f"part {self.name!r}: triangles must index {len(self.vertices)} vertices")
        if np.shape(self.origin) != (3,):
            raise ValueError(f"part {self.name!r}: origin must have shape (3,), got {np.shape(self.origin)}")
        if (self.axle is None) != (self.wheel_radius is None):
            raise ValueError(f"part {self.name!r}: axle and wheel_radius come together or not at all")
        if self.linkage is not None and (self.axle is not None or np.any(self.origin)):
            raise ValueError(f"part {self.name!r}: a linkage stands for origin and axle, give no others")


@dataclass(frozen=True)
class Asset:
    """A thing that can stand in a scene.

    Attributes
    ----------
    name : str
    category : str
        One of `raysim.scene.CATEGORIES`.
    parts : tuple of AssetPart
        The first is the body: it defines pose and box.
    materials : tuple of raysim.materials.Material
        Indexed by `AssetPart.material`. Names are unique within an asset and may repeat between assets; equal names
        with different contents (two paints) are told apart by the builder.
    """

    name: str
    category: str
    parts: tuple[AssetPart, ...]
    materials: tuple[Material, ...]

    def __post_init__(self):
        if self.category not in CATEGORIES[1:]:
            raise ValueError(f"asset {self.name!r}: category must be one of {CATEGORIES[1:]}, got {self.category!r}")
        if not self.parts:
            raise ValueError(f"asset {self.name!r}: needs at least one part")
        names = [material.name for material in self.materials]
        if len(set(names)) != len(names):
            raise ValueError(f"asset {self.name!r}: material names must be unique, got {names}")
        for part in self.parts:
            if len(part.material) and not 0 <= part.material.min() <= part.material.max() < len(names):
                raise ValueError(f"asset {self.name!r}: part {part.name!r} refers to a material beyond {len(names)}")

    @property
    def num_triangles(self) -> int:
        """Triangles of all parts."""
        return sum(len(part.triangles) for part in self.parts)
