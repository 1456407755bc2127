"""What the grids over an instance need to know of its shape, found once a sequence."""

from functools import lru_cache

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from raysim.curvature import FLAT_RADIUS
from raysim.scene import Scene

_INNER = 100  # vertices of a part kept beside those of its hull: the nearest point may lie on a face
_TIGHT_SHARE = 0.1  # of the curved area, the tightest, sets an object's curvature


@lru_cache(maxsize=1)
def outlines(scene: Scene) -> tuple[np.ndarray, ...]:
    """Give the vertices that bound each instance as seen from anywhere, whatever its parts do.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    tuple of (k,) int
        Of each instance: the vertices of its parts' convex hulls, and a few more; all of a part without a hull.
    """
    found = []
    for mine in scene.vertices_of_instance:
        part = scene.part_of_vertex[mine]
        found.append(np.concatenate([_hull(scene, mine[part == p]) for p in np.unique(part)] or [mine]))
    return tuple(found)


def _hull(scene: Scene, which: np.ndarray) -> np.ndarray:
    if len(which) <= 2 * _INNER:
        return which
    try:
        corners = which[ConvexHull(scene.mesh.vertices[which]).vertices]
    except QhullError:  # a flat part
        return which
    return np.union1d(corners, which[:: len(which) // _INNER])


@lru_cache(maxsize=1)
def tight_curvature(scene: Scene) -> np.ndarray:
    """Radius of curvature that the tubes over each instance must resolve, (num_instances,) float64 [m].

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    (num_instances,) float64
        The tightest tenth of the curved area has this radius or less; inf = no curved part.
    """
    out = np.full(len(scene.instances), np.inf)
    for instance, which in enumerate(scene.triangles_of_instance):
        radius, area = scene.mesh.radius_of_curvature[which], scene.mesh.area[which]
        curved = radius < FLAT_RADIUS
        if curved.any():
            order = np.argsort(radius[curved])
            share = np.cumsum(area[curved][order])
            out[instance] = radius[curved][order][np.searchsorted(share, _TIGHT_SHARE * share[-1])]
    return out
