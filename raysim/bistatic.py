"""What reaches a receiver far from the transmitter without an object's help: line of sight and large planes.

A specular reflection between two points is image theory's: its explicit path stands in place of physical optics on the
plane, whose sum over tubes would have to resolve a Fresnel zone at grazing incidence.
"""

from collections.abc import Iterator

import numpy as np
from numba import njit
from scipy.constants import c, pi

from raysim.fresnel import scattered_field
from raysim.hits import off_plane
from raysim.paths import Interaction, Paths
from raysim.penetration import obstacles_in
from raysim.setting import Setting
from raysim.terminals import receive_vector, transmit_field
from raysim.tubes import SURFACE_OFFSET
from raysim.vectors import dot, row
from raysim.ways import carry, surface_on_plane


def direct_paths(setting: Setting) -> Iterator[Paths]:
    """Give the line of sight and one mirror reflection off each large plane, where nothing opaque blocks.

    Parameters
    ----------
    setting : Setting
        Of a bistatic radar.

    Yields
    ------
    Paths
        Line of sight: depth 0, gain ``lambda / (4 pi d)`` times the antennas. Planes: depth 1, kind REFLECTION, over
        the mirror image's distance and times the reflection coefficients. Both times what panes and crowns let
        pass. Line of sight first, then by plane.

    References
    ----------
    Balanis, Antenna Theory, section 4.7: image theory; Friis' equation in amplitude.
    """
    radar, receiver = setting.radar, setting.receiver
    found = []
    line, distance = _unit(radar.receiver - radar.transmitter)
    sent = transmit_field(line, setting.transmitter)
    field = carry(sent, radar.transmitter, radar.receiver, obstacles_in(setting))
    if field.any():
        gain = receiver.wavelength / (4 * pi * distance) * _heard(field, -line, receiver)
        found.append(_path(gain, distance, line, -line, -1, radar.transmitter))
    if setting.config.images:
        for plane in range(len(setting.planes.offset)):
            found += _plane_path(setting, plane)
    yield from (path for path in found if path.delay[0] * c <= setting.config.max_length)


def _unit(line: np.ndarray) -> tuple[np.ndarray, float]:
    """Return a line's direction (1, 3) and length."""
    length = float(np.linalg.norm(line))
    return np.ascontiguousarray(line / length)[None], length


def _plane_path(setting: Setting, plane: int) -> list[Paths]:
    """Give the reflection off one plane; none where its specular point is missing or hidden."""
    radar, receiver = setting.radar, setting.receiver
    source, height = radar.transmitter, setting.planes.height(np.stack([radar.transmitter, radar.receiver]))[:, plane]
    if height[0] * height[1] <= 0:
        return []
    obstacles, normal = obstacles_in(setting), setting.planes.normal[plane]
    towards, length = _unit(setting.planes.images(radar.receiver)[plane] - source)
    point = source + abs(height[0] / float(towards[0] @ normal)) * towards
    triangle, beyond = surface_on_plane(point, towards, normal, obstacles)
    if setting.surfaces.plane[triangle[0]] != plane or triangle[0] < 0:
        return []
    point = point + beyond * towards
    field = carry(transmit_field(towards, setting.transmitter), source, point, obstacles)
    field, arrival = _reflect(field, towards, triangle[0], setting.surfaces, receiver.wavelength)
    off = point - SURFACE_OFFSET / abs(float(arrival[0] @ normal)) * arrival  # on the ray, off the surface
    field = carry(field, off, radar.receiver, obstacles)
    if not field.any():
        return []
    gain = receiver.wavelength / (4 * pi * length) * _heard(field, arrival, receiver)
    return [_path(gain, length, towards, arrival, setting.instance_of_triangle[triangle[0]], point[0])]


@njit(cache=True, nogil=True)
def _reflect(field, incident, triangle, surfaces, wavelength):
    """Field (1, 3) of a ray behind its specular point, and the direction (1, 3) that it arrives from."""
    normal, onward, te, tm, rho = off_plane(surfaces, triangle, row(incident, 0), wavelength)
    reflected = scattered_field(row(field, 0), row(incident, 0), onward, normal, rho * te, rho * tm)
    toward = np.array([[-onward[0], -onward[1], -onward[2]]])
    return np.array([[reflected[0], reflected[1], reflected[2]]]), toward


@njit(cache=True, nogil=True)
def _heard(field, arrival, receiver):
    """Amplitude (1,) that the receiver takes of a field (1, 3) from a direction (1, 3)."""
    return np.array([dot(receive_vector(receiver, row(arrival, 0)), row(field, 0))])


def _path(
    gain: np.ndarray, length: float, departure: np.ndarray, arrival: np.ndarray, instance: int, point: np.ndarray
) -> Paths:
    """One path between points at rest: a reflection where it has an instance."""
    index = np.full(1, instance, np.int32)
    return Paths(
        gain=np.asarray(gain, np.complex128),
        delay=np.array([length / c]),
        delay_rate=np.zeros(1),
        delay_acceleration=np.zeros(1),
        departure=departure,
        arrival=arrival,
        depth=(index >= 0).astype(np.uint8),
        kinds=np.where(index >= 0, Interaction.REFLECTION, Interaction.NONE).astype(np.uint32),
        first_instance=index,
        last_instance=index.copy(),
        last_point=np.array(point, float)[None],
    )
