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
from raysim.tubes import SURFACE_OFFSET, Bodies, Contributions, Receiver, Surfaces, Tubes, interact, transmit_field

_BLOCK = 1 << 14  # tubes traced together: fixed, so that results do not depend on the number of threads


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
    """What every block of a frame reads."""

    caster: FrameCaster
    radar: Radar
    config: TraceConfig
    owned: np.ndarray  # (num_instances,) bool
    instance_of_triangle: np.ndarray  # (num_triangles,) int32
    surfaces: Surfaces
    bodies: Bodies
    receiver: Receiver


def _setting(caster: FrameCaster, config: TraceConfig, frequency: float, seed: int) -> _Setting:
    scene, frame = caster.frame.scene, caster.frame
    radar, materials = scene.sensors.radar, scene.materials
    surfaces = Surfaces(
        frame.normals,
        scene.mesh.material,
        scene.mesh.part,
        scene.mesh.radius_of_curvature > FLAT_RADIUS,
        np.array([complex_permittivity(m.electrical, frequency) for m in materials]),
        np.array([m.rms_height for m in materials]),
        np.array([m.scattering for m in materials]),
    )
    receiver = Receiver(
        np.array(radar.receiver),
        np.ascontiguousarray(radar.pose[:3, :3].T),
        int(Pattern[config.antenna.upper()]),
        c / frequency,
        seed,
        config.contributions != "diffuse",
        config.contributions != "coherent",
    )
    bodies = Bodies(frame.pose, frame.velocity, frame.angular_velocity, frame.acceleration)
    of_triangle = scene.instance_of_part[scene.mesh.part]
    return _Setting(caster, radar, config, is_owned(caster), of_triangle, surfaces, bodies, receiver)


def plan_grids(caster: FrameCaster, config: TraceConfig, *, frequency: float, seed: int) -> list[Grid]:
    """Grids that `trace` launches for a frame: their tube counts are the cost.

    Parameters are those of `trace`.
    """
    radar = caster.frame.scene.sensors.radar
    tiles = background_tiles(caster, radar, config.launch, wavelength=c / frequency)
    objects = object_grids(caster, radar, config.launch, wavelength=c / frequency, seed=seed)
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
        Blocks in a fixed order. Reference time = middle of the frame.
    """
    setting = _setting(caster, config, frequency, seed)
    grids = plan_grids(caster, config, frequency=frequency, seed=seed)

    def work(block: tuple[np.ndarray, np.ndarray]) -> list[Paths]:
        return list(_trace_block(_start(setting, grids, *block), setting))

    blocks = launch_blocks(grids, _BLOCK)
    if threads == 1:
        for block in blocks:
            yield from work(block)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in pool.map(work, blocks):
            yield from done


def _start(setting: _Setting, grids: list[Grid], grid: np.ndarray, index: np.ndarray) -> Tubes:
    """Launch a block of tubes from the transmitter."""
    fresh = launch(grids, grid, index, setting.radar.pose[:3, :3])
    n = len(index)
    return Tubes(
        origin=np.tile(setting.radar.transmitter, (n, 1)),
        direction=fresh.direction,
        axis_u=fresh.axis_u,
        axis_v=fresh.axis_v,
        field=transmit_field(fresh.direction, setting.receiver.axes, setting.receiver.pattern),
        length=np.zeros(n),
        rate=np.zeros(n),
        acceleration=np.zeros(n),
        velocity=np.zeros((n, 3)),
        point_acceleration=np.zeros((n, 3)),
        departure=fresh.direction.copy(),
        first_instance=np.full(n, -1, np.int32),
        kinds=np.zeros(n, np.uint32),
        owner=fresh.owner,
        cell=fresh.cell,
    )


def _trace_block(tubes: Tubes, setting: _Setting) -> Iterator[Paths]:
    """Follow a block of tubes from bounce to bounce; yield the paths that each hit closes."""
    launched = np.linalg.norm(tubes.field, axis=1)
    for depth in range(1, setting.config.max_interactions + 1):
        hits = setting.caster.closest(tubes.origin, tubes.direction)
        keep = (hits.triangle >= 0) & (tubes.length + hits.distance < setting.config.max_length)
        instance = setting.instance_of_triangle[hits.triangle]
        if depth == 1:
            keep &= np.where(tubes.owner == BACKGROUND, ~setting.owned[instance], tubes.owner == instance)
        which = np.flatnonzero(keep)
        if not len(which):
            return
        tubes, launched, instance = tubes.select(which), launched[which], instance[which]
        if depth == 1:
            tubes.first_instance[:] = instance
        out = Contributions.empty(len(which))
        distance, triangle = hits.distance[which], hits.triangle[which]
        interact(tubes, distance, triangle, setting.surfaces, setting.bodies, setting.receiver, out)
        yield _paths(tubes, out, instance, depth, setting)
        # a chain that left a curved surface by a forward bounce is dropped: the tube's weight knows no divergence
        strong = np.linalg.norm(tubes.field, axis=1) > setting.config.min_amplitude * launched
        which = np.flatnonzero(out.goes_on & strong)
        if not len(which):
            return
        tubes, launched = tubes.select(which), launched[which]
        tubes.origin[:] += SURFACE_OFFSET * out.normal[which]
        tubes.kinds[:] |= np.uint32(Interaction.REFLECTION << (4 * (depth - 1)))


def _paths(tubes: Tubes, out: Contributions, instance: np.ndarray, depth: int, setting: _Setting) -> Paths:
    """Close the paths of a block of hits whose line to the receiver is free."""
    seen = (out.gain != 0) & (out.length <= setting.config.max_length)
    # from a monostatic radar a first hit is seen by being hit
    if depth > 1 or np.any(setting.radar.transmitter_offset):
        ask = np.flatnonzero(seen)
        start = tubes.origin[ask] + SURFACE_OFFSET * out.normal[ask]
        seen[ask] = ~setting.caster.occluded(start, setting.radar.receiver)
    which = np.flatnonzero(seen)
    return Paths(
        gain=out.gain[which],
        delay=out.length[which] / c,
        delay_rate=out.rate[which] / c,
        delay_acceleration=out.acceleration[which] / c,
        departure=tubes.departure[which],
        arrival=out.arrival[which],
        depth=np.full(len(which), depth, np.uint8),
        kinds=tubes.kinds[which] | np.uint32(Interaction.SCATTERING << (4 * (depth - 1))),
        first_instance=tubes.first_instance[which],
        last_instance=instance[which],
        last_point=tubes.origin[which],
    )
