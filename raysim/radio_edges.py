"""Which of a scene's sharp edges diffract radio waves, and what they are made of."""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from raysim.curvature import FLAT_RADIUS
from raysim.edges import Edges, find_edges, place_edges
from raysim.findings import once_a_scene
from raysim.intersect import FrameCaster
from raysim.materials import complex_permittivity
from raysim.scene import Scene

EDGE_CLEARANCE = 1e-3  # [m] lines of sight pass this far outside an edge
RIM_REACH = 0.02  # [m] a rim with another surface this near beyond it is no free rim
MOSTLY_FLAT = 0.5  # share of a part's area from which it counts as a body with straight edges between flat faces


class EdgeConfig(BaseModel):
    """What sharp edges add to a trace."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    diffraction: bool = Field(
        True, description="Paths that bend over an edge: between separate ends, and to objects hidden from an end."
    )
    echoes: bool = Field(
        False,
        description="Fringe-current echoes of edges, for ends within 1 m: what physical optics lacks away from glints.",
    )
    min_length: float = Field(0.3, gt=0, description="Shortest edge [m]: a Fresnel zone at 28 GHz and 10 m.")
    hidden_edges: int = Field(2, ge=0, description="Most edges over which an end reaches a hidden object [1].")
    hidden_tubes: int = Field(4000, ge=100, description="Most tubes from an edge over a hidden object [1].")


def radio_edges(caster: FrameCaster, *, min_length: float) -> Edges:
    """Find the edges that diffract: long enough, of bodies mostly flat, no foliage, no false rim.

    Parameters
    ----------
    caster : FrameCaster
    min_length : float
        Shortest edge [m]. For the uniform theory a Fresnel zone, sqrt(lambda s), 0.3 m at 28 GHz and 10 m; for fringe
        currents a wavelength.

    Returns
    -------
    Edges
        In part axes. The rims of the ground, where the model ends, and rims that end at another surface in this
        frame are left out. All else is found once a scene.
    """
    edges = _scene_edges(caster.frame.scene, min_length)
    return edges.select(~_covered(edges, caster))


@once_a_scene
def _scene_edges(scene: Scene, min_length: float) -> Edges:
    """Edges of a scene whatever its frame; a car's panels are curved, so its folds are no straight wedges."""
    mesh, count = scene.mesh, len(scene.parts)
    flat = np.bincount(mesh.part, mesh.area * (mesh.radius_of_curvature > FLAT_RADIUS), count)
    wanted = flat >= MOSTLY_FLAT * np.bincount(mesh.part, mesh.area, count)
    category = np.array([instance.category for instance in scene.instances])[scene.instance_of_part]
    wanted &= category != "vegetation"
    edges = find_edges(mesh, triangles=np.flatnonzero(wanted[mesh.part]))
    artificial = (category[edges.part] == "ground") & (edges.n == 2)
    return edges.select((edges.length >= min_length) & ~artificial)


def _covered(edges: Edges, caster: FrameCaster) -> np.ndarray:
    """(num_edges,) bool: rims of sheets that end at another surface, as a pane in its frame or a wall on a slab.

    Looked at just off both sides of the sheet; two of three places decide.
    """
    covered = np.zeros(len(edges), bool)
    rim = np.flatnonzero(edges.n == 2)
    world = place_edges(edges.select(rim), caster.frame)
    met = np.zeros(len(rim), int)
    for share in (0.25, 0.5, 0.75):
        place = world.start + share * (world.end - world.start)
        hit = np.zeros(len(rim), bool)
        for side in (world.normal_0, world.normal_n):
            beside = place + EDGE_CLEARANCE * side
            hit |= caster.occluded(beside - EDGE_CLEARANCE * world.outward, beside + RIM_REACH * world.outward)
        met += hit
    covered[rim] = met >= 2
    return covered


def face_permittivity(edges: Edges, scene: Scene, frequency: float) -> np.ndarray:
    """(num_edges, 2) complex128: relative permittivity of face 0 and face n [1]."""
    table = np.array([complex_permittivity(m.electrical, frequency) for m in scene.materials])
    return table[edges.material]
