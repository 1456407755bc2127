"""Diffraction combined with one mirror reflection: off the ground before the edge, or off a wall behind it.

The end beside the mirror is replaced by its image, its field by the reflected one. What remains is diffraction
between the image and the other end, with the line of sight folded back at the mirror.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.constants import c, pi

from raysim.diffraction import (
    DiffractionConfig,
    EdgeRays,
    HeldByTubes,
    Terminal,
    clear_points,
    edge_dyadic,
    is_wanted,
    keller_rays,
    require_separate_ends,
)
from raysim.edge_motion import MovingPoints, path_motion
from raysim.edges import Edges, place_edges
from raysim.fresnel import fresnel, scattered_field
from raysim.intersect import FrameCaster
from raysim.materials import Material, complex_permittivity
from raysim.mirrors import Planes
from raysim.panels import panel_coefficients, panel_table
from raysim.paths import Interaction, Paths, concatenate
from raysim.radio_edges import EDGE_CLEARANCE, face_permittivity
from raysim.scattering import mirror_power
from raysim.vectors import dot, row, store
from raysim.ways import Obstacles, carry, obstacles_of, surface_on_plane

ON_PLANE = 1e-3  # [m] a surface this near to the mirror's plane belongs to it


@dataclass(frozen=True)
class Mirror:
    """A large flat surface at rest.

    Attributes
    ----------
    point, normal : (3,) float64
        Any point [m] and the unit normal, world axes.
    material : Material
    frequency : float
        Carrier [Hz].
    instance : int
        Scene instance.
    """

    point: np.ndarray
    normal: np.ndarray
    material: Material
    frequency: float
    instance: int


def mirror_of(caster: FrameCaster, triangle: int, frequency: float) -> Mirror:
    """Return the mirror that a scene triangle lies in."""
    frame = caster.frame
    return Mirror(
        caster.corners[triangle],
        frame.normals[triangle],
        frame.scene.materials[frame.scene.mesh.material[triangle]],
        frequency,
        int(frame.scene.instance_of_part[frame.scene.mesh.part[triangle]]),
    )


def plane_mirrors(caster: FrameCaster, planes: Planes, frequency: float) -> list[Mirror]:
    """Return large planes as mirrors, of the material of their first triangle."""
    triangles = [int(np.argmax(planes.of_triangle == plane)) for plane in range(len(planes.offset))]
    return [mirror_of(caster, triangle, frequency) for triangle in triangles]


@njit(cache=True, nogil=True)
def _reflect(field, incident, outgoing, normal, behind, permittivity, panel, wavelength, rms_height, scattering):
    """Fields after the mirror, roughness included; the normal is on the incident side, `behind` = the inner one."""
    out = np.empty(field.shape, np.complex128)
    n = (normal[0], normal[1], normal[2])
    for i in range(len(field)):
        d = row(incident, i)
        cosine = min(1.0, max(-dot(d, n), 1e-9))
        if panel.whole[0] == 0.0:
            te, tm = fresnel(permittivity, cosine)
        else:
            te, tm, _, _ = panel_coefficients(panel, 0, behind, wavelength, cosine)
        rho = np.sqrt(mirror_power(scattering, 2 * pi / wavelength * rms_height, 2 * cosine))
        store(out, i, scattered_field(row(field, i), d, row(outgoing, i), n, rho * te, rho * tm))
    return out


def image_terminal(end: Terminal, mirror: Mirror) -> Terminal:
    """Return the image of a terminal behind a mirror, with the reflection in its field."""
    height = (end.position - mirror.point) @ mirror.normal
    normal, material, frequency = mirror.normal * np.sign(height), mirror.material, mirror.frequency
    permittivity = complex_permittivity(material.electrical, frequency)
    electrical = permittivity, panel_table([material.layers], frequency), c / frequency
    surface = bool(height < 0), *electrical, material.rms_height, material.scattering

    def field(direction: np.ndarray) -> np.ndarray:
        launched = direction - 2 * (direction @ normal)[:, None] * normal
        return _reflect(end.field(launched), launched, np.ascontiguousarray(direction), normal, *surface)

    return Terminal(end.position - 2 * height * mirror.normal, field)


def folded_field(
    end: Terminal, mirror: Mirror, point: np.ndarray, clear: np.ndarray, obstacles: Obstacles
) -> tuple[np.ndarray, np.ndarray]:
    """Send a field to points by way of a mirror, through panes and crowns.

    Parameters
    ----------
    end : Terminal
    mirror : Mirror
    point, clear : (n, 3) float64
        On an edge or surface, and just off it [m].
    obstacles : Obstacles

    Returns
    -------
    bounce : (n, 3) float64
        Where the mirror is met [m].
    field : (n, 3) complex128
        At `clear`, without spreading; 0 where something opaque blocks, or the mirror ends before.
    """
    height, other = (end.position - mirror.point) @ mirror.normal, (point - mirror.point) @ mirror.normal
    image = end.position - 2 * height * mirror.normal
    share = height / np.where(height * other > 0, height + other, np.inf)  # of the way from the image
    bounce = image + share[:, None] * (point - image)
    field = np.zeros(point.shape, np.complex128)
    ask = np.flatnonzero(np.sign(height) * other > ON_PLANE)  # what lies in the plane has no reflection in it
    ask = ask[_is_on(mirror, bounce[ask], end.position, obstacles)]
    foot, line = bounce[ask], point[ask] - image
    # the end as the mirror sees it: what stands before the mirror is in its field
    behind = Terminal(end.position, lambda launched: carry(end.field(launched), end.position, foot, obstacles))
    onward = line / np.linalg.norm(line, axis=1)[:, None]
    start = foot + EDGE_CLEARANCE / np.abs(onward @ mirror.normal)[:, None] * onward  # on the ray, off the mirror
    field[ask] = carry(image_terminal(behind, mirror).field(onward), start, clear[ask], obstacles)
    return bounce, field


def _is_on(mirror: Mirror, point: np.ndarray, place: np.ndarray, obstacles: Obstacles) -> np.ndarray:
    """Tell whether lines from a place meet the mirror at points (n, 3) of its plane."""
    line = point - place
    direction = line / np.linalg.norm(line, axis=1)[:, None]
    triangle, beyond = surface_on_plane(point, direction, mirror.normal, obstacles)
    parallel = np.abs(obstacles.surfaces.normal[triangle] @ mirror.normal) > 1 - 1e-6
    return (triangle >= 0) & (np.abs(beyond) < ON_PLANE) & parallel


def diffract_mirrored(
    caster: FrameCaster,
    edges: Edges,
    transmitter: Terminal,
    receiver: Terminal,
    mirrors: Sequence[Mirror],
    *,
    frequency: float,
    config: DiffractionConfig | None = None,
    held: HeldByTubes | None = None,
    obstacles: Obstacles | None = None,
) -> Paths:
    """Paths with one diffraction and one mirror reflection, either first.

    Parameters
    ----------
    caster, edges, transmitter, receiver, frequency, config, held, obstacles
        As in `raysim.diffraction.diffract`.
    mirrors : sequence of Mirror
        At rest; at least one.

    Returns
    -------
    Paths
        Mirror by mirror, reflection before diffraction first.

    Raises
    ------
    ValueError
        If there is no mirror, or as `diffract` does.
    """
    config = config or DiffractionConfig()
    require_separate_ends(transmitter, receiver, config)
    if not mirrors:
        raise ValueError("diffract_mirrored needs at least one mirror, got none")
    world, wavelength = place_edges(edges, caster.frame), c / frequency
    permittivity = face_permittivity(world, caster.frame.scene, frequency)
    obstacles, found = obstacles or obstacles_of(caster, frequency), []
    for mirror in mirrors:
        for ends in ((transmitter, receiver), (receiver, transmitter)):
            image = image_terminal(ends[0], mirror)
            rays = keller_rays(world, np.arange(len(world)), image.position, ends[1].position)
            rays, bounce, sent, heard = _lit(rays.select(is_wanted(rays, config)), world, *ends, mirror, obstacles)
            share = held(world.select(rays.edge), rays.into, rays.out, rays.s_in) if held else None
            dyadic = edge_dyadic(rays, world, permittivity, wavelength, share)
            gain = wavelength / (4 * pi) * np.einsum("ni,nij,nj->n", heard, dyadic, sent)
            places = MovingPoints.at_rest(image.position), MovingPoints.at_rest(ends[1].position)
            motion = path_motion(rays.edge, world, caster.frame, *places)
            instance = caster.frame.scene.instance_of_part[world.part[rays.edge]]
            found.append(_paths(rays, bounce, gain, motion, instance, mirror, ends[0] is transmitter))
    return concatenate(found)


def _lit(rays: EdgeRays, world: Edges, near: Terminal, far: Terminal, mirror: Mirror, obstacles: Obstacles):
    """Rays of which something passes, their mirror points, and the fields of both ends at the edge."""
    clear = clear_points(rays, world)
    heard = carry(far.field(-rays.out), far.position, clear, obstacles)
    free = np.flatnonzero(heard.any(axis=1))
    bounce, sent = folded_field(near, mirror, rays.point[free], clear[free], obstacles)
    seen = np.flatnonzero(sent.any(axis=1))
    return rays.select(free[seen]), bounce[seen], sent[seen], heard[free[seen]]


def _paths(rays: EdgeRays, bounce, gain, motion, instance, mirror: Mirror, mirror_first: bool) -> Paths:
    """Paths of rays that were calculated from the mirror's side."""
    to_mirror = rays.into - 2 * (rays.into @ mirror.normal)[:, None] * mirror.normal
    reflect, diffract = int(Interaction.REFLECTION), int(Interaction.DIFFRACTION)
    count = len(rays.edge)
    wall = np.full(count, mirror.instance, np.int32)
    kinds = reflect | diffract << 4 if mirror_first else diffract | reflect << 4
    return Paths(
        gain=gain,
        delay=(rays.s_in + rays.s_out) / c,
        delay_rate=motion[0] / c,
        delay_acceleration=motion[1] / c,
        departure=to_mirror if mirror_first else -rays.out,
        arrival=-rays.out if mirror_first else to_mirror,
        depth=np.full(count, 2, np.uint8),
        kinds=np.full(count, kinds, np.uint32),
        first_instance=wall if mirror_first else instance,
        last_instance=instance if mirror_first else wall,
        last_point=rays.point if mirror_first else bounce,
    )
