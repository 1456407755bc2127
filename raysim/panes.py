"""Thin panels that radio passes: surfaces whose material has layers, none of them a metal film."""

import numpy as np

from raysim.intersect import FrameCaster, Hits
from raysim.panels import is_dark
from raysim.scene import Scene

MOST_PANES = 8  # in a row; what stands behind more is dark
PANE_CLEARANCE = 5e-4  # [m] a ray goes on this far behind a pane
GRAZING = 0.05  # [1] the clearance is the pane's normal's down to this cosine


def pane_triangles(scene: Scene) -> np.ndarray | None:
    """Tell which triangles are panes, (num_triangles,) bool; None if there are none. Dark panels only reflect."""
    passed = np.array([bool(material.layers) and not is_dark(material.layers) for material in scene.materials], bool)
    return passed[scene.mesh.material] if passed.any() else None


def step_behind(distance: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """Return where rays go on behind panes [m]: the clearance is the pane's normal's, save at grazing incidence."""
    return distance + PANE_CLEARANCE / np.maximum(np.abs(cosine), GRAZING)


def see_through(caster: FrameCaster, origin: np.ndarray, direction: np.ndarray, stop: np.ndarray | None = None) -> Hits:
    """Find the first surface of every ray that is no pane; the last pane where there is none.

    Parameters
    ----------
    caster : FrameCaster
    origin, direction : (num_rays, 3) float64
        World [m]; unit directions.
    stop : (num_triangles,) bool, optional
        Panes that are not looked through; default none.

    Returns
    -------
    Hits
        `FrameCaster.closest` where the scene has no panes.
    """
    hits, panes = caster.closest(origin, direction), pane_triangles(caster.frame.scene)
    if panes is None:
        return hits
    if stop is not None:
        panes = panes & ~stop
    distance, triangle = hits.distance.copy(), hits.triangle.copy()
    at = np.arange(len(distance))
    for _ in range(MOST_PANES):
        at = at[(triangle[at] >= 0) & panes[triangle[at]]]
        if not len(at):
            break
        cosine = np.einsum("ij,ij->i", direction[at], caster.frame.normals[triangle[at]])
        start = step_behind(distance[at], cosine)
        beyond = caster.closest(origin[at] + start[:, None] * direction[at], direction[at])
        at, start = at[beyond.triangle >= 0], start[beyond.triangle >= 0]
        distance[at] = start + beyond.distance[beyond.triangle >= 0]
        triangle[at] = beyond.triangle[beyond.triangle >= 0]
    return Hits(distance, triangle)
