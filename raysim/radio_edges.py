"""Which of a scene's sharp edges diffract radio waves, and what they are made of."""

import numpy as np

from raysim.edges import Edges, find_edges, place_edges
from raysim.intersect import FrameCaster
from raysim.materials import complex_permittivity
from raysim.scene import Scene

EDGE_CLEARANCE = 1e-3  # [m] lines of sight pass this far outside an edge
RIM_REACH = 0.02  # [m] a rim with another surface this near beyond it is no free rim


def radio_edges(caster: FrameCaster, *, min_length: float) -> Edges:
    """Find the edges that diffract: long enough, no foliage, no artificial rim of the ground, no covered rim.

    Parameters
    ----------
    caster : FrameCaster
        Of any frame.
    min_length : float
        Shortest edge [m]. For the uniform theory a Fresnel zone, sqrt(lambda s), 0.3 m at 28 GHz and 10 m; for fringe
        currents a wavelength.

    Returns
    -------
    Edges
        In part axes; once per sequence.
    """
    scene = caster.frame.scene
    category = np.array([instance.category for instance in scene.instances])[scene.instance_of_part]
    edges = find_edges(scene.mesh, triangles=np.flatnonzero(category[scene.mesh.part] != "vegetation"))
    artificial = (category[edges.part] == "ground") & (edges.n == 2)
    edges = edges.select((edges.length >= min_length) & ~artificial)
    return edges.select(~_covered(edges, caster))


def _covered(edges: Edges, caster: FrameCaster) -> np.ndarray:
    """(num_edges,) bool: rims of sheets that end at another surface, as a pane in its frame or a wall on a slab.

    Looked at just off both sides of the sheet; two of three places decide.
    """
    world = place_edges(edges, caster.frame)
    met = np.zeros(len(edges), int)
    for share in (0.25, 0.5, 0.75):
        place = world.start + share * (world.end - world.start)
        hit = np.zeros(len(edges), bool)
        for side in (world.normal_0, world.normal_n):
            beside = place + EDGE_CLEARANCE * side
            hit |= caster.occluded(beside - EDGE_CLEARANCE * world.outward, beside + RIM_REACH * world.outward)
        met += hit
    return (edges.n == 2) & (met >= 2)


def face_permittivity(edges: Edges, scene: Scene, frequency: float) -> np.ndarray:
    """(num_edges, 2) complex128: relative permittivity of face 0 and face n [1]."""
    table = np.array([complex_permittivity(m.electrical, frequency) for m in scene.materials])
    return table[edges.material]
