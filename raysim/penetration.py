"""Tubes and connections that go through panes and foliage: undeflected, with the slab's or the crown's transmission.

A pane is one surface: `raysim.slab.insertion` takes out the air that the panel displaces, so delays stay those of the
straight line.
"""

import numpy as np
from numba import njit

from raysim.fresnel import scattered_field, te_direction
from raysim.hits import meet, tube_at
from raysim.intersect import Hits
from raysim.panes import step_behind
from raysim.paths import Interaction
from raysim.setting import Setting
from raysim.tubes import Tubes, polarisation
from raysim.vectors import dot, kernel, power, row, store
from raysim.ways import Obstacles, PaneSurfaces, pane_transmission, past_panes, through_crowns


@njit(cache=True, error_model="numpy")
def _received_share(direction, normal, te, tm, receiver):
    """Transmission of a pane for a field that travels along `direction` and is the receiver's polarisation."""
    taken = polarisation((-direction[0], -direction[1], -direction[2]), row(receiver.axes, 1), receiver.horizontal)
    share = power(dot(te_direction(direction, normal), taken) + 0j)
    return share * te + (1 - share) * tm


@kernel
def _pass(tubes, through, distance, triangle, surfaces, receiver, cosine):
    """Weaken the fields of tubes, and their ways back, by the panes they meet, in place; give cosines of incidence."""
    for i in range(len(distance)):
        tube = tube_at(tubes, i)
        hit = meet(tube, distance[i], row(surfaces.normal, triangle[i]))
        cosine[i], d = hit.cosine, tube.direction
        te, tm = pane_transmission(surfaces, triangle[i], receiver.wavelength, hit.cosine)
        store(tubes.field, i, scattered_field(tube.field, d, d, hit.normal, te, tm))
        through[i] *= _received_share((-d[0], -d[1], -d[2]), hit.normal, te, tm, receiver)


def passed_tubes(
    tubes: Tubes, distance: np.ndarray, triangle: np.ndarray, instance: np.ndarray, depth: int, setting: Setting
) -> Tubes:
    """Send a block of tubes through the panes that they meet.

    Parameters
    ----------
    tubes : Tubes
        As they arrive; overwritten.
    distance, triangle, instance : (n,) array
        Of the panes.
    depth : int
        Number of the crossing among the interactions, from 1.
    setting : Setting

    Returns
    -------
    Tubes
        Those worth following. Their last point stays what it was: a straight line's rates are those of its ends,
        whatever moves between.
    """
    cosine = np.empty(len(distance))
    _pass(tubes.rays, tubes.through, distance, triangle, setting.surfaces, setting.receiver, cosine)
    tubes.start[:] = tubes.origin + step_behind(distance, cosine)[:, None] * tubes.direction
    tubes.crossed[:] = True
    tubes.first_instance[:] = np.where(tubes.first_instance < 0, instance, tubes.first_instance)
    tubes.kinds[:] |= np.uint32(Interaction.TRANSMISSION << (4 * (depth - 1)))
    strong = np.linalg.norm(tubes.field, axis=1) > setting.config.min_amplitude * tubes.launched
    return tubes if strong.all() else tubes.select(strong)


def past_leaves(tubes: Tubes, hits: Hits, setting: Setting) -> tuple[np.ndarray, Hits]:
    """Look behind the leaves that tubes hit.

    Parameters
    ----------
    tubes : Tubes
    hits : Hits
        Of all of them, from their last points; leaves among them.
    setting : Setting

    Returns
    -------
    which : (m,) int
        Tubes that meet something behind leaves, but for those of which too little would come back through the same
        crowns. Crowns are no interaction: `fade` weakens what comes through them.
    behind : Hits
        Theirs, m.
    """
    foliage = setting.foliage
    assert foliage is not None
    which = np.flatnonzero((hits.triangle >= 0) & foliage.leaf[hits.triangle])
    origin, direction = tubes.origin[which], tubes.direction[which]
    behind = foliage.bare.closest(origin, direction, origin + hits.distance[which, None] * direction)
    met = np.flatnonzero(behind.triangle >= 0)
    ways, own = (origin[met], direction[met], behind.distance[met]), np.full(len(met), -1, np.int32)
    some, amplitude = foliage.transmission(*ways, own, foliage.transmitter)
    met = np.delete(met, some[amplitude**2 <= setting.config.min_amplitude])
    return which[met], behind.select(met)


def fade(tubes: Tubes, which: np.ndarray, distance: np.ndarray, triangle: np.ndarray, setting: Setting) -> None:
    """Weaken tubes, in place, by the crowns between their last points and their hits.

    Parameters
    ----------
    tubes : Tubes
    which : (n,) int
        Those that hit something.
    distance, triangle : (n,) array
        Of the hits. Leaves are not weakened by their own crown.
    setting : Setting
    """
    foliage = setting.foliage
    assert foliage is not None
    own = foliage.own(triangle, setting.instance_of_triangle[triangle])
    ways = tubes.origin[which], tubes.direction[which], distance
    some, amplitude = foliage.transmission(*ways, own, foliage.transmitter)
    some = which[some]
    tubes.field[some] *= amplitude[:, None]
    tubes.through[some] *= np.where(tubes.bounces[some] == 0, amplitude, 1)


def obstacles_in(setting: Setting) -> Obstacles:
    """Return what straight ways of a frame may meet."""
    foliage, surfaces = setting.foliage, setting.surfaces
    solid = setting.caster if foliage is None else foliage.bare
    panes = PaneSurfaces(surfaces.normal, surfaces.material, surfaces.panels)
    return Obstacles(solid, setting.panes, panes, foliage, setting.receiver.wavelength)


@njit(cache=True, error_model="numpy", nogil=True)
def taken_polarisation(toward, receiver):
    """Return unit vectors (n, 3) of the field that the receiver takes from directions (n, 3) away from it."""
    out = np.empty(toward.shape)
    for i in range(len(out)):
        store(out, i, polarisation(row(toward, i), row(receiver.axes, 1), receiver.horizontal))
    return out


def way_to_receiver(start: np.ndarray, setting: Setting, triangle: np.ndarray | None = None) -> np.ndarray:
    """Transmission of the straight ways from points to the receiver.

    Parameters
    ----------
    start : (n, 3) float64
        World, off the points' own surfaces [m].
    setting : Setting
    triangle : (n,) int, optional
        That the points lie on: leaves are not weakened by their own crown.

    Returns
    -------
    (n,) complex128
        1 where nothing is in the way, 0 where something opaque is, else what panes and crowns leave of a field in the
        receiver's polarisation: what a slanted pane turns out of it is left out.
    """
    obstacles, receiver = obstacles_in(setting), np.broadcast_to(setting.radar.receiver, start.shape)
    amplitude = (~obstacles.solid.occluded(start, receiver)).astype(np.complex128)
    met = np.flatnonzero(amplitude == 0)
    if setting.panes is not None and len(met):
        line = start[met] - receiver[met]
        taken = taken_polarisation(line / np.linalg.norm(line, axis=1)[:, None], setting.receiver)
        amplitude[met] = np.einsum("ij,ij->i", taken, past_panes(taken, start[met], receiver[met], obstacles))
    own = None
    if setting.foliage is not None and triangle is not None:
        own = setting.foliage.own(triangle, setting.instance_of_triangle[triangle])
    return amplitude * through_crowns(receiver, start, obstacles, own)
