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
from raysim.penetration import way_to_receiver
from raysim.setting import Setting
from raysim.tubes import SURFACE_OFFSET, coupling, receive_vector, transmit_field
from raysim.vectors import dot, row


def direct_paths(setting: Setting) -> Iterator[Paths]:
    """Give the line of sight, also through panes, and one mirror reflection off each large plane where nothing blocks.

    Parameters
    ----------
    setting : Setting
        Of a bistatic radar.

    Yields
    ------
    Paths
        Line of sight: depth 0, gain ``lambda / (4 pi d)`` times the antennas. Planes: depth 1, kind REFLECTION, over
        the mirror image's distance and times the reflection coefficients. Line of sight first, then by plane.

    References
    ----------
    Balanis, Antenna Theory, section 4.7: image theory; Friis' equation in amplitude.
    """
    radar, receiver = setting.radar, setting.receiver
    found = []
    through = way_to_receiver(radar.transmitter[None], setting)
    if through[0] != 0:
        line, distance = _unit(radar.receiver - radar.transmitter)
        gain = (
            through * receiver.wavelength / (4 * pi * distance) * coupling(line, -line, setting.transmitter, receiver)
        )
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
    towards, length = _unit(setting.planes.images(radar.receiver)[plane] - source)
    hits = setting.caster.closest(source[None], towards)
    triangle = hits.triangle[0]
    if triangle < 0 or setting.surfaces.plane[triangle] != plane:
        return []
    point = source + hits.distance[0] * towards[0]
    if setting.caster.occluded((point - SURFACE_OFFSET * towards[0])[None], radar.receiver)[0]:
        return []
    gain, arrival = _reflect(towards, triangle, setting.surfaces, setting.transmitter, receiver)
    gain *= receiver.wavelength / (4 * pi * length)
    return [_path(gain, length, towards, arrival, setting.instance_of_triangle[triangle], point)]


@njit(cache=True, nogil=True)
def _reflect(departure, triangle, surfaces, transmitter, receiver):
    """Amplitude (1,) of antennas and reflection, and arrival (1, 3), of a ray that meets its specular point."""
    field = row(transmit_field(departure, transmitter), 0)
    incident = row(departure, 0)
    normal, onward, te, tm, rho = off_plane(surfaces, triangle, incident, receiver.wavelength)
    reflected = scattered_field(field, incident, onward, normal, te, tm)
    toward = (-onward[0], -onward[1], -onward[2])
    gain = rho * dot(receive_vector(receiver, toward), reflected)
    return np.array([gain]), np.array([[toward[0], toward[1], toward[2]]])


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
