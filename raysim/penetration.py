"""Tubes and connections that go through panes and foliage: undeflected, with the slab's or the crown's transmission.

A pane is one surface: `raysim.slab.insertion` takes out the air that the panel displaces, so delays stay those of the
straight line.
"""

import numpy as np
from numba import njit

from raysim.fresnel import mirrored_field, te_direction
from raysim.hits import meet, tube_at
from raysim.intersect import Hits
from raysim.panes import GRAZING, PANE_CLEARANCE
from raysim.paths import Interaction
from raysim.setting import Setting
from raysim.terminals import polarisation
from raysim.tubes import Tubes, copy_tube
from raysim.vectors import combine, dot, kernel, power, row, store, take_rows
from raysim.ways import Obstacles, PaneSurfaces, pane_transmission, past_panes, through_crowns


@njit(cache=True, error_model="numpy")
def _received_share(direction, normal, te, tm, receiver):
    """Transmission of a pane for a field that travels along `direction` and is the receiver's polarisation."""
    taken = polarisation((-direction[0], -direction[1], -direction[2]), row(receiver.axes, 1), receiver.horizontal)
    share = power(dot(te_direction(direction, normal), taken) + 0j)
    return share * te + (1 - share) * tm


@kernel
def _pass(tubes, which, distance, triangle, instance, kind, least, surfaces, receiver, rows):
    """Copy tubes into `rows` and send the copies through the panes they meet; return how many are worth following.

    Their last point stays what it was: a straight line's rates are those of its ends, whatever moves between.
    """
    count = 0
    for j in range(len(which)):
        i, k, t = which[j], rows[count], triangle[j]
        tube = tube_at(tubes, i)
        hit, d = meet(tube, distance[j], row(surfaces.normal, t)), tube.direction
        te, tm = pane_transmission(surfaces, t, receiver.wavelength, hit.cosine)
        field = mirrored_field(tube.field, d, d, hit.normal, te, tm)
        if power(field[0]) + power(field[1]) + power(field[2]) <= least * least * tubes.launched[i]:
            continue
        copy_tube(tubes, i, k)
        store(tubes.field, k, field)
        store(tubes.start, k, combine(1.0, tube.origin, distance[j] + PANE_CLEARANCE / max(hit.cosine, GRAZING), d))
        back = (-d[0], -d[1], -d[2])
        tubes.through[k] *= _received_share(back, hit.normal, te, tm, receiver)
        tubes.kinds[k] |= kind
        tubes.crossed[k] = True
        if tubes.first_instance[k] < 0:
            tubes.first_instance[k] = instance[j]
        count += 1
    return count


def pass_panes(
    tubes: Tubes, alive: np.ndarray, which: np.ndarray, hits: Hits, depth: int, setting: Setting
) -> tuple[Tubes, np.ndarray]:
    """Send tubes through the panes that they meet.

    Parameters
    ----------
    tubes : Tubes
        As they arrive.
    alive : (m,) int64
        Those whose rows are in use.
    which : (n,) int64
        Those that meet a pane.
    hits : Hits
        The panes.
    depth : int
        Number of the crossing among the interactions, from 1.
    setting : Setting

    Returns
    -------
    tubes : Tubes
        With more rows where need was.
    behind : (k,) int64
        Those behind the panes and worth following.
    """
    tubes, rows = tubes.spare(alive, len(which))
    kind, least = np.uint32(Interaction.TRANSMISSION << (4 * (depth - 1))), setting.config.min_amplitude
    instance = setting.owners.instance[hits.triangle]
    met = which, hits.distance, hits.triangle, instance
    return tubes, rows[: _pass(tubes, *met, kind, least, setting.surfaces, setting.receiver, rows)]


@kernel
def _copy(tubes, which, rows):
    for j in range(len(which)):
        copy_tube(tubes, which[j], rows[j])


def pass_leaves(tubes: Tubes, alive: np.ndarray, hits: Hits, setting: Setting) -> tuple[Tubes, np.ndarray, Hits]:
    """Let tubes that hit leaves go on to what stands behind, too.

    Parameters
    ----------
    tubes : Tubes
    alive : (n,) int64
        Those on their way.
    hits : Hits
        Theirs, from their last points; leaves among them.
    setting : Setting

    Returns
    -------
    tubes, alive, hits
        With the copies that meet something behind leaves after the others, but for those of which too little would
        come back through the same crowns. Crowns are no interaction: `fade` weakens what comes through them.
    """
    foliage = setting.foliage
    assert foliage is not None
    at = np.flatnonzero((hits.triangle >= 0) & foliage.leaf[hits.triangle])
    which = alive[at]
    origin, direction = take_rows(tubes.origin, which), take_rows(tubes.direction, which)
    behind = foliage.bare.closest(origin, direction, origin + hits.distance[at, None] * direction)
    met = np.flatnonzero(behind.triangle >= 0)
    ways, own = (origin[met], direction[met], behind.distance[met]), np.full(len(met), -1, np.int32)
    some, amplitude = foliage.transmission(*ways, own, foliage.transmitter)
    met = np.delete(met, some[amplitude**2 <= setting.config.min_amplitude])
    tubes, rows = tubes.spare(alive, len(met))
    _copy(tubes, which[met], rows)
    beyond = behind.select(met)
    both = zip((hits.distance, hits.triangle), (beyond.distance, beyond.triangle), strict=True)
    return tubes, np.concatenate([alive, rows]), Hits(*(np.concatenate(pair) for pair in both))


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
