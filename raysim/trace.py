"""The tracer: grids of tubes -> hits -> contributions -> blocks of `Paths`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.constants import c

from raysim.antenna import Pattern
from raysim.curvature import FLAT_RADIUS
from raysim.intersect import FrameCaster
from raysim.launch import (
    BACKGROUND,
    Grid,
    LaunchConfig,
    background_tiles,
    is_owned,
    launch,
    launch_blocks,
    object_grids,
)
from raysim.materials import complex_permittivity
from raysim.paths import MAX_INTERACTIONS, Interaction, Paths
from raysim.sensors import Radar
from raysim.tubes import SURFACE_OFFSET, Tubes, interact, transmit_field

_BLOCK = 1 << 16  # tubes traced together: fixed, so that results do not depend on the number of threads


class TraceConfig(BaseModel):
    """Propagation settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    launch: LaunchConfig = LaunchConfig()
    max_interactions: int = Field(5, ge=1, le=MAX_INTERACTIONS, description="Most interactions of a path [1].")
    max_length: float = Field(500.0, gt=0, description="Longest travelled path, transmitter to receiver [m].")
    min_amplitude: float = Field(
        1e-3, ge=0, description="A tube ends when its reflections leave less than this of its launched amplitude [1]."
    )
    antenna: Literal["isotropic", "tr38901"] = Field(
        "tr38901", description="Element pattern of both antennas (3GPP TR 38.901, 8 dBi)."
    )
    contributions: Literal["both", "coherent", "diffuse"] = Field(
        "both", description="Which part of a tube's return is kept; one of them alone is for study and tests."
    )


@dataclass(frozen=True)
class _Setting:
    """Arrays that every block of a frame reads."""

    caster: FrameCaster
    radar: Radar
    config: TraceConfig
    wavelength: float
    seed: int
    owned: np.ndarray  # (num_instances,) bool
    flat: np.ndarray  # (num_triangles,) bool
    permittivity: np.ndarray  # (num_materials,) complex128
    rms_height: np.ndarray
    scattering: np.ndarray
    instance_of_triangle: np.ndarray  # (num_triangles,) int32


def _setting(caster: FrameCaster, config: TraceConfig, frequency: float, seed: int) -> _Setting:
    scene = caster.frame.scene
    materials = scene.materials
    return _Setting(
        caster=caster,
        radar=scene.sensors.radar,
        config=config,
        wavelength=c / frequency,
        seed=seed,
        owned=is_owned(caster),
        flat=scene.mesh.radius_of_curvature > FLAT_RADIUS,
        permittivity=np.array([complex_permittivity(m.electrical, frequency) for m in materials]),
        rms_height=np.array([m.rms_height for m in materials]),
        scattering=np.array([m.scattering for m in materials]),
        instance_of_triangle=scene.instance_of_part[scene.mesh.part],
    )


def plan_grids(caster: FrameCaster, config: TraceConfig, *, frequency: float, seed: int) -> list[Grid]:
    """Grids that `trace` launches for a frame: their tube counts are the cost.

    Parameters are those of `trace`.
    """
    radar = caster.frame.scene.sensors.radar
    wavelength = c / frequency
    tiles = background_tiles(caster, radar, config.launch, wavelength=wavelength)
    objects = object_grids(caster, radar, config.launch, wavelength=wavelength, seed=seed)
    return [*tiles, *objects]


def trace(
    caster: FrameCaster, config: TraceConfig, *, frequency: float, seed: int, threads: int = 1
) -> Iterator[Paths]:
    """Trace one frame.

    Parameters
    ----------
    caster : FrameCaster
        Of the frame; the radar stands in its scene.
    config : TraceConfig
    frequency : float
        Carrier [Hz].
    seed : int
        Of the grid shifts and the surfaces' diffuse phases; the same for all frames of a sequence.
    threads : int
        Blocks traced at once; the result does not depend on it.

    Yields
    ------
    Paths
        Blocks in a fixed order, possibly empty ones left out. Reference time = middle of the frame.
    """
    setting = _setting(caster, config, frequency, seed)
    grids = plan_grids(caster, config, frequency=frequency, seed=seed)
    rotation = setting.radar.pose[:3, :3]

    def work(block: tuple[np.ndarray, np.ndarray]) -> list[Paths]:
        return list(_trace_block(_start(setting, grids, *block, rotation), setting))

    blocks = launch_blocks(grids, _BLOCK)
    if threads == 1:
        for block in blocks:
            yield from work(block)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in pool.map(work, blocks):
            yield from done


def _start(setting: _Setting, grids: list[Grid], grid: np.ndarray, index: np.ndarray, rotation: np.ndarray) -> Tubes:
    """Launch a block of tubes from the transmitter."""
    fresh = launch(grids, grid, index, rotation)
    n = len(index)
    pattern = int(Pattern[setting.config.antenna.upper()])
    zero, zeros = np.zeros(n), np.zeros((n, 3))
    return Tubes(
        origin=np.tile(setting.radar.transmitter, (n, 1)),
        direction=fresh.direction,
        axis_u=fresh.axis_u,
        axis_v=fresh.axis_v,
        field=transmit_field(fresh.direction, np.ascontiguousarray(rotation.T), pattern),
        length=zero.copy(),
        rate=zero.copy(),
        acceleration=zero.copy(),
        velocity=zeros.copy(),
        point_acceleration=zeros.copy(),
        departure=fresh.direction.copy(),
        first_instance=np.full(n, -1, np.int32),
        kinds=np.zeros(n, np.uint32),
        owner=fresh.owner,
        cell=fresh.cell,
    )


def _owned_first_hits(tubes: Tubes, instance: np.ndarray, owned: np.ndarray) -> np.ndarray:
    """Mask of first hits that belong to their tube's grid."""
    return np.where(tubes.owner == BACKGROUND, ~owned[instance], tubes.owner == instance)


def _trace_block(tubes: Tubes, setting: _Setting) -> Iterator[Paths]:
    """Follow a block of tubes from bounce to bounce; yield the paths that each hit closes."""
    launched = np.linalg.norm(tubes.field, axis=1)
    for depth in range(1, setting.config.max_interactions + 1):
        hits = setting.caster.closest(tubes.origin, tubes.direction)
        keep = hits.triangle >= 0
        keep &= tubes.length + hits.distance < setting.config.max_length
        instance = setting.instance_of_triangle[hits.triangle]
        if depth == 1:
            keep &= _owned_first_hits(tubes, instance, setting.owned)
        which = np.flatnonzero(keep)
        if not len(which):
            return
        tubes, launched = tubes.select(which), launched[which]
        instance = instance[which]
        if depth == 1:
            tubes.first_instance[:] = instance
        paths, goes_on, normal = _hit(tubes, hits.distance[which], hits.triangle[which], instance, depth, setting)
        if len(paths):
            yield paths
        # contributions whose chain left a curved surface by a forward bounce are dropped: the weight has no divergence
        strong = np.linalg.norm(tubes.field, axis=1) > setting.config.min_amplitude * launched
        which = np.flatnonzero(goes_on & strong)
        if not len(which):
            return
        tubes, launched = tubes.select(which), launched[which]
        tubes.origin[:] += SURFACE_OFFSET * normal[which]
        tubes.kinds[:] |= np.uint32(Interaction.REFLECTION << (4 * (depth - 1)))


def _hit(
    tubes: Tubes, distance: np.ndarray, triangle: np.ndarray, instance: np.ndarray, depth: int, setting: _Setting
) -> tuple[Paths, np.ndarray, np.ndarray]:
    """Move tubes to their hits; return the paths to the receiver, which tubes may go on, and the lit normals."""
    scene, frame, config = setting.caster.frame.scene, setting.caster.frame, setting.config
    n = len(distance)
    receiver = setting.radar.receiver
    gain, goes_on = np.zeros(n, np.complex128), np.zeros(n, bool)
    length, rate, acceleration = np.empty(n), np.empty(n), np.empty(n)
    arrival, normal = np.empty((n, 3)), np.empty((n, 3))
    interact(
        tubes.origin, tubes.direction, tubes.axis_u, tubes.axis_v, tubes.field, tubes.length, tubes.rate,
        tubes.acceleration, tubes.velocity, tubes.point_acceleration, tubes.cell,
        distance, triangle, frame.normals, scene.mesh.material, scene.mesh.part, setting.flat,
        setting.permittivity, setting.rms_height, setting.scattering,
        frame.pose, frame.velocity, frame.angular_velocity, frame.acceleration,
        receiver[None], np.ascontiguousarray(setting.radar.pose[:3, :3].T), int(Pattern[config.antenna.upper()]),
        setting.wavelength, setting.seed, (config.contributions != "diffuse", config.contributions != "coherent"),
        gain, length, rate, acceleration, arrival, normal, goes_on,
    )  # fmt: skip
    seen = (gain != 0) & (length <= config.max_length)
    # from a monostatic radar a first hit is seen by being hit
    if depth > 1 or np.any(setting.radar.transmitter_offset):
        ask = np.flatnonzero(seen)
        seen[ask] = ~setting.caster.occluded(tubes.origin[ask] + SURFACE_OFFSET * normal[ask], receiver)
    which = np.flatnonzero(seen)
    kinds = tubes.kinds[which] | np.uint32(Interaction.SCATTERING << (4 * (depth - 1)))
    paths = Paths(
        gain=gain[which],
        delay=length[which] / c,
        delay_rate=rate[which] / c,
        delay_acceleration=acceleration[which] / c,
        departure=tubes.departure[which],
        arrival=arrival[which],
        depth=np.full(len(which), depth, np.uint8),
        kinds=kinds.astype(np.uint32),
        first_instance=tubes.first_instance[which],
        last_instance=instance[which],
        last_point=tubes.origin[which],
    )
    return paths, goes_on, normal
