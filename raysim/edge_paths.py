"""What sharp edges add to a trace: diffraction between separate ends, hidden objects, edge echoes."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numba import njit
from scipy.constants import c, pi

from raysim.corner import corner_echoes, hidden_objects
from raysim.diffraction import DiffractionConfig, HeldByTubes, Terminal, diffract
from raysim.edge_mirror import diffract_mirrored, plane_mirrors
from raysim.edges import Edges, place_edges
from raysim.fringe import fringe_echoes
from raysim.mirrors import Planes
from raysim.patches import GRAZING
from raysim.paths import Paths
from raysim.penetration import obstacles_in
from raysim.radio_edges import radio_edges
from raysim.scattering import resolved_share
from raysim.sensors import is_bistatic
from raysim.setting import Setting, own_grids
from raysim.terminals import Transmitter, transmit_field

_ON_PLANE = 5e-3  # [m] a face this near to a large plane lies in it


def edge_paths(setting: Setting) -> Iterator[Paths]:
    """Give the paths that bend over sharp edges.

    Parameters
    ----------
    setting : Setting

    Yields
    ------
    Paths
        Between separate ends: over one edge, and over one edge with one reflection off a large plane. Ends at one
        place: edge echoes, where asked for. Then echoes of hidden objects. All of them in a fixed order.
    """
    config, apart = setting.config.edges, is_bistatic(setting.radar)
    over_edges = config.diffraction and apart and setting.receiver.coherent
    edge_echoes = config.echoes and not apart and setting.receiver.coherent
    ends = _ends(setting)
    hidden = hidden_objects(setting, ends) if config.diffraction else []
    if not (over_edges or edge_echoes or hidden):
        return
    edges = radio_edges(setting.caster, min_length=config.min_length)
    if not len(edges):
        return
    if over_edges:
        yield from _between_ends(setting, edges, ends)
    if edge_echoes:
        held = held_by_tubes(setting)(None)
        frequency, obstacles = c / setting.receiver.wavelength, obstacles_in(setting)
        echoes = fringe_echoes(setting.caster, edges, *ends, frequency=frequency, held=held, obstacles=obstacles)
        yield echoes.select(echoes.delay * c <= setting.config.max_length)
    yield from corner_echoes(setting, place_edges(edges, setting.caster.frame), ends, hidden)


def _ends(setting: Setting) -> tuple[Terminal, Terminal]:
    """Transmitter and receiver with their fields."""
    receiver = setting.receiver
    as_sender = Transmitter(
        receiver.antenna,
        receiver.axes,
        receiver.horizontal,
        receiver.wavelength,
        np.empty((0, 3)),
        np.empty(0, np.complex128),
    )

    def end(place: np.ndarray, antenna: Transmitter) -> Terminal:
        return Terminal(place, lambda direction: transmit_field(np.ascontiguousarray(direction), antenna))

    return end(setting.radar.transmitter, setting.transmitter), end(setting.radar.receiver, as_sender)


def _between_ends(setting: Setting, edges: Edges, ends: tuple[Terminal, Terminal]) -> Iterator[Paths]:
    """First-order diffraction: it makes up for the steps of line of sight, image paths and physical optics."""
    frequency = c / setting.receiver.wavelength
    limits = DiffractionConfig(max_length=setting.config.max_length)
    planes = setting.planes if setting.config.images else None
    held, obstacles = held_by_tubes(setting), obstacles_in(setting)
    what = (setting.caster, edges, *ends)
    yield diffract(*what, frequency=frequency, config=limits, held=held(planes), obstacles=obstacles)
    if planes is None or not len(planes.offset) or setting.config.max_interactions < 2:
        return
    mirrors = plane_mirrors(setting.caster, planes, frequency)
    # a second reflection is physical optics on planes too
    yield diffract_mirrored(*what, mirrors, frequency=frequency, config=limits, held=held(None), obstacles=obstacles)


def held_by_tubes(setting: Setting) -> Callable[[Planes | None], HeldByTubes]:
    """Return what tells how much of the edges' diffraction the tubes over their faces give.

    Parameters
    ----------
    setting : Setting

    Returns
    -------
    callable
        Takes the large planes whose faces reflect by explicit paths instead of tubes, or None; gives a
        `raysim.diffraction.HeldByTubes`. Tubes give physical optics up to the rim as long as the phase turns little
        across a footprint (`raysim.scattering.resolved_share`); at the edge of a specular reflection it turns slowly.
    """
    launch, wavelength = setting.config.launch, setting.receiver.wavelength
    own = np.zeros(len(setting.owned))  # tube width of an object's grid [rad]
    alone = launch.model_copy(update={"image_tubes": 0})
    for grid in own_grids(setting, alone):
        own[grid.owner] = grid.step_elevation
    instance_of_part = setting.caster.frame.scene.instance_of_part

    def held(planes: Planes | None, edges: Edges, into: np.ndarray, out: np.ndarray, distance: np.ndarray):
        angle = own[instance_of_part[edges.part]]
        width = np.where(angle > 0, angle * distance, launch.flat_footprint * np.sqrt(wavelength * distance))
        share = [_resolved(width, into, out, normal, wavelength) for normal in (edges.normal_0, edges.normal_n)]
        return np.where(_in_planes(edges, planes), 0.0, np.stack(share, axis=1))

    return lambda planes: partial(held, planes)


def _resolved(width: np.ndarray, into: np.ndarray, out: np.ndarray, normal: np.ndarray, wavelength: float):
    """Share (n,) that is kept of tubes `width` [m] wide on a face; their footprints are cut aslant."""
    gradient = into - out
    across = np.einsum("ij,ij->i", into, normal)
    across = np.where(np.abs(across) < GRAZING, GRAZING, across)
    gradient = gradient - (np.einsum("ij,ij->i", gradient, into) / across)[:, None] * normal
    turn = 2 * pi / wavelength * width * np.linalg.norm(gradient, axis=1)
    return _shares(turn)


@njit(cache=True, error_model="numpy")
def _shares(turn):
    """`resolved_share` of every element."""
    share = np.empty(len(turn))
    for i in range(len(turn)):
        share[i] = resolved_share(turn[i])
    return share


def _in_planes(edges: Edges, planes: Planes | None) -> np.ndarray:
    """(num_edges, 2) bool: the face lies in a large plane."""
    if planes is None:
        return np.zeros((len(edges), 2), bool)
    near = np.abs(planes.height(edges.start)) < _ON_PLANE
    faces = [np.abs(normal @ planes.normal.T) > 1 - 1e-6 for normal in (edges.normal_0, edges.normal_n)]
    return np.stack([(near & face).any(axis=1) for face in faces], axis=1)
