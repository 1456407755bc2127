"""Tubes and connections that go through panes and foliage: undeflected, with the slab's or the crown's transmission.

A pane is one surface: `raysim.slab.insertion` takes out the air that the panel displaces, so delays stay those of the
straight line.
"""

import numpy as np
from numba import njit

from raysim.fresnel import scattered_field, te_direction
from raysim.hits import meet, tube_at
from raysim.intersect import OCCLUSION_MARGIN, FrameCaster, Hits
from raysim.panels import panel_coefficients
from raysim.panes import MOST_PANES, step_behind
from raysim.paths import Interaction
from raysim.setting import Setting
from raysim.slab import insertion
from raysim.tubes import Tubes, polarisation
from raysim.vectors import dot, kernel, power, row, store


@njit(cache=True, error_model="numpy")
def _transmission(surfaces, triangle, wavelength, cosine):
    """(TE, TM) coefficients of a pane relative to air."""
    material = surfaces.material[triangle]
    thickness = surfaces.panels.whole[material]
    _, _, te, tm = panel_coefficients(surfaces.panels, material, False, wavelength, cosine)  # the same from both sides
    return insertion(te, thickness, wavelength, cosine), insertion(tm, thickness, wavelength, cosine)


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
        te, tm = _transmission(surfaces, triangle[i], receiver.wavelength, hit.cosine)
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
    tubes.imaged[:] = False  # such connections stop at panes: physical optics goes on there
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


@kernel
def _weaken(amplitude, direction, triangle, surfaces, receiver, cosine):
    """Multiply amplitudes by the panes' transmission in the receiver's polarisation, in place."""
    for i in range(len(amplitude)):
        d, normal = row(direction, i), row(surfaces.normal, triangle[i])
        cosine[i] = max(abs(dot(d, normal)), 1e-9)
        te, tm = _transmission(surfaces, triangle[i], receiver.wavelength, cosine[i])
        amplitude[i] *= _received_share(d, normal, te, tm, receiver)


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
        1 where nothing is in the way, 0 where something opaque is, else the product of the panes' transmissions for
        a field in the receiver's polarisation: what a slanted pane turns out of it is left out; and of the crowns'.
    """
    foliage, receiver = setting.foliage, setting.radar.receiver
    amplitude = _way_past_panes(start, setting, setting.caster if foliage is None else foliage.bare)
    if foliage is None:
        return amplitude
    own = np.full(len(start), -1, np.int32)
    if triangle is not None:
        own = foliage.own(triangle, setting.instance_of_triangle[triangle])
    line = receiver - start
    reach = np.linalg.norm(line, axis=1)
    back = np.broadcast_to(receiver, start.shape), line / -reach[:, None], reach
    some, crowns = foliage.transmission(*back, own, foliage.receiver)
    amplitude[some] *= crowns
    return amplitude


def _way_past_panes(start: np.ndarray, setting: Setting, caster: FrameCaster) -> np.ndarray:
    """`way_to_receiver` in what the caster holds, crowns aside."""
    receiver = setting.radar.receiver
    amplitude = (~caster.occluded(start, receiver)).astype(np.complex128)
    if setting.panes is None:
        return amplitude
    at = np.flatnonzero(amplitude == 0)
    line = receiver - start
    reach = np.linalg.norm(line, axis=1)
    direction, begin, found = line / reach[:, None], np.zeros(len(start)), np.ones(len(start), np.complex128)
    for _ in range(MOST_PANES + 1):
        hits = caster.closest(start[at] + begin[at, None] * direction[at], direction[at])
        distance = begin[at] + hits.distance
        free = (hits.triangle < 0) | (distance > reach[at] - OCCLUSION_MARGIN)
        amplitude[at[free]] = found[at[free]]
        go_on = ~free & setting.panes[hits.triangle]
        at, distance, triangle = at[go_on], distance[go_on], hits.triangle[go_on]
        if not len(at):
            break
        factor, cosine = found[at], np.empty(len(at))
        _weaken(factor, direction[at], triangle, setting.surfaces, setting.receiver, cosine)
        found[at], begin[at] = factor, step_behind(distance, cosine)
    return amplitude
