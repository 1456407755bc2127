"""Several basestations in one scene: what each hears of each, on one acceleration structure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from raysim.findings import frame_with_sensors
from raysim.intersect import FrameCaster
from raysim.paths import Paths
from raysim.sensors import Radar
from raysim.trace import TraceConfig, trace


def seen_by(caster: FrameCaster, radar: Radar) -> FrameCaster:
    """Return the frame with another radar; the accelerator knows geometry only, so it is shared."""
    frame = caster.frame
    return replace(caster, frame=frame_with_sensors(frame, replace(frame.scene.sensors, radar=radar)))


def trace_radars(
    caster: FrameCaster,
    radars: Mapping[str, Radar],
    config: TraceConfig,
    *,
    frequency: float,
    seed: int,
    threads: int = 1,
) -> Iterator[tuple[str, list[Paths]]]:
    """Trace one frame for several radars, one after the other.

    Parameters
    ----------
    caster : FrameCaster
        Of the frame; the radar in its scene does not matter.
    radars : mapping of str to Radar
        Monostatic ones, and what one station sends and another hears: `raysim.sensors.Radar.between`.
    config, frequency, seed, threads
        As for `raysim.trace.trace`, the same for all: a surface has the same diffuse phases for every radar.

    Yields
    ------
    name : str
    blocks : list of Paths
        As `raysim.trace.trace` yields them.
    """
    for name, radar in radars.items():
        view = seen_by(caster, radar)
        yield name, list(trace(view, config, frequency=frequency, seed=seed, threads=threads))


def enclosing_object(caster: FrameCaster, point: np.ndarray) -> str | None:
    """Name the solid that a point lies in, or the ground that it lies under.

    A point is inside where every ray upwards first meets the back of one and the same object, whose triangles face
    away from it; it is under the ground where the ray straight up meets the back of one.

    Parameters
    ----------
    caster : FrameCaster
    point : (3,) float64
        World [m].

    Returns
    -------
    str or None
        Name of the instance; None = in the open.
    """
    frame, direction = caster.frame, _upwards(32)
    hits = caster.closest(np.tile(np.asarray(point, float), (len(direction), 1)), direction)
    triangle, scene = hits.triangle, frame.scene
    back = (triangle >= 0) & (np.einsum("ij,ij->i", frame.normals[triangle], direction) > 0)
    owner = scene.instance_of_part[scene.mesh.part[triangle]]
    first = scene.instances[owner[0]]
    is_under = back[0] and first.category == "ground"
    is_inside = back.all() and (owner == owner[0]).all()
    return first.name if is_under or is_inside else None


def _upwards(count: int) -> np.ndarray:
    """(count, 3) unit vectors evenly over the upper half of the sphere, the first straight up."""
    z = 1 - np.arange(count) / count
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))  # the golden angle
    level = np.sqrt(1 - z**2)
    return np.stack([level * np.cos(turn), level * np.sin(turn), z], 1)
