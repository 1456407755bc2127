"""Radar cross section of a scene's objects against aspect, near or far, at one frequency or averaged over a band.

The scene is traced as any other, by a radar that is led around it, and the radar equation solved for the cross
section. From `FAR` on the wave is plane for any car; nearer, the result is what a radar at that distance would take
for a cross section, the near field in.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.constants import c

from raysim.cross_section import CrossSection, band_sum
from raysim.environment import Weather
from raysim.intersect import FrameCaster, RayCaster
from raysim.launch import LaunchConfig
from raysim.outlines import outlines
from raysim.pieces import radar_at
from raysim.scene import Instance, Scene
from raysim.stations import seen_by
from raysim.trace import TraceConfig, trace

FAR = 5000.0  # [m] the wave over a car 5 m long is plane within 0.2 rad at 28 GHz
MOST_SIZE = 15.0  # [m] diagonal up to which an object has a grid of tubes of its own
FOOTPRINT = 1 / 3  # of a tube, over the wavelength: under a half, the sum is the physical-optics integral at any aspect
MOST_TUBES = 1_000_000  # over one object: a car 5 m long at 28 GHz takes half of them
_MARGIN = 1.02  # field of view over the object's size


def radar_cross_section(
    scene: Scene,
    azimuth: np.ndarray,
    elevation: np.ndarray | float = 0.0,
    *,
    frequency: float,
    bandwidth: float = 0.0,
    distance: float = FAR,
    footprint: float = FOOTPRINT,
    config: TraceConfig | None = None,
    frame: int = 0,
    seed: int = 0,
    threads: int = 1,
    progress: Callable[[], None] | None = None,
) -> CrossSection:
    """Radar cross section of everything in a scene, monostatic.

    Parameters
    ----------
    scene : Scene
        The object in empty space; its sensors do not matter.
    azimuth, elevation : (num_aspects,) array_like, or scalar
        Of the radar as the object sees it [rad]: azimuth from x towards y, elevation up, inside +-1.5.
    frequency, bandwidth : float
        Middle and width of the band [Hz]; 0 = `frequency` alone. As many frequencies as a range profile needs.
    distance, footprint : float
        From the centre of the scene's box [m], `FAR` = plane wave; width of the tubes over the wavelength [1].
    config : TraceConfig, optional
        Interactions, contributions, polarisations and, in `launch`, the most tubes over an object; antennas, leakage,
        diffraction, field of view are replaced. Default: vertical polarisation, at most `MOST_TUBES`.
    frame, seed, threads : int
        Of the scene; of grid shifts and diffuse phases; aspects traced at once: the result does not depend on it.
    progress
        Called after every aspect.

    Returns
    -------
    CrossSection
        ``sigma = |H|^2 (4 pi)^3 R^4 / lambda^2``, the radar equation with H the channel of isotropic antennas.

    Raises
    ------
    ValueError
        A radar within the object, an object over `MOST_SIZE`, or an angle out of range.
    """
    azimuths, elevations = np.broadcast_arrays(np.atleast_1d(np.asarray(azimuth, float)), np.asarray(elevation, float))
    orbit = _Orbit.about(_alone(scene, frame), frame, distance)
    _check(azimuths, elevations, orbit, frequency, bandwidth, footprint)
    frequencies = _band(frequency, bandwidth, orbit.radius)
    settings = _seen_from(config or TraceConfig(launch=LaunchConfig(object_tubes=MOST_TUBES)), orbit)
    echo = partial(_echo, orbit, _Wanted(settings, footprint * c / frequency, frequency, frequencies, seed))
    found = []
    with ThreadPoolExecutor(threads) as pool:
        for one in pool.map(echo, azimuths, elevations):
            found.append(one)
            if progress:
                progress()
    amplitude, width = (np.array(column) for column in zip(*found, strict=True))
    return CrossSection(azimuths.copy(), elevations.copy(), frequencies, amplitude, distance, orbit.centre, width)


@dataclass(frozen=True)
class _Orbit:
    """What the radar is led around, and on what sphere."""

    caster: FrameCaster
    centre: np.ndarray  # (3,) of the scene's box [m]
    radius: float  # half its diagonal [m]
    distance: float  # from the centre [m]

    @classmethod
    def about(cls, scene: Scene, frame: int, distance: float) -> "_Orbit":
        """Lead it around a frame of a scene."""
        caster = RayCaster(scene).frame(frame)
        centre, radius = _ball(caster.frame.vertices)
        return cls(caster, centre, radius, distance)

    def view(self, azimuth: float, elevation: float) -> FrameCaster:
        """Give the frame seen from a direction; accelerator, outlines and curvature are those of all directions."""
        across = np.cos(elevation)
        toward = np.array([across * np.cos(azimuth), across * np.sin(azimuth), np.sin(elevation)])
        return seen_by(self.caster, radar_at(self.centre + self.distance * toward, self.centre).radar)


def _echo(orbit: _Orbit, wanted: "_Wanted", azimuth: float, elevation: float) -> tuple[np.ndarray, float]:
    """Amplitude (num_frequencies,) [m] of one aspect, and the width of its widest tubes [m]."""
    view, frequencies = orbit.view(azimuth, elevation), wanted.frequencies
    config, width = _with_samples(wanted.config, view, wanted.footprint)
    total = np.zeros(len(frequencies), np.complex128)
    for paths in trace(view, config, frequency=wanted.frequency, seed=wanted.seed):
        total += band_sum(paths, frequencies, 2 * orbit.distance / c)
    return total * np.sqrt((4 * np.pi) ** 3) * orbit.distance**2 * frequencies / c, width


class _Wanted(NamedTuple):
    """What every aspect is traced with."""

    config: TraceConfig
    footprint: float  # [m]
    frequency: float  # of the trace [Hz]
    frequencies: np.ndarray  # of the sums [Hz]
    seed: int


def _ball(vertices: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre (3,) of the box round vertices and half its diagonal [m]."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    return (low + high) / 2, float(np.linalg.norm(high - low)) / 2


def _alone(scene: Scene, frame: int) -> Scene:
    """Return the scene in clear air, nothing in it with a role, so that nothing mirrors the rest.

    All of it is one object under one grid of tubes where that is small enough: a file's way of cutting a car into
    objects then makes no difference, and no tube is launched twice.
    """
    names, parts = scene.instances, scene.parts
    if 2 * _ball(scene.frame(frame).vertices)[1] < MOST_SIZE:
        names, parts = names[:1], tuple(replace(part, instance=0) for part in parts)
    instances = tuple(Instance(name.name, "other", name.is_target) for name in names)
    return replace(scene, parts=parts, instances=instances, weather=Weather())


def _check(azimuth, elevation, orbit: _Orbit, frequency: float, bandwidth: float, footprint: float) -> None:
    if not (azimuth.ndim == 1 and azimuth.size and np.isfinite(azimuth).all() and (np.abs(elevation) <= 1.5).all()):
        raise ValueError("needs a list of aspects, all finite, with elevations within +-1.5 rad (86 degrees)")
    if not orbit.radius > 0:
        raise ValueError("the scene has no extent: all of its vertices lie at one place")
    if not orbit.radius < orbit.distance < np.inf:
        raise ValueError(f"distance must exceed the object's radius of {orbit.radius:.3g} m, got {orbit.distance:g} m")
    if not (0 < frequency < np.inf and 0 <= bandwidth < 2 * frequency):
        raise ValueError(
            f"needs frequency > 0 and 0 <= bandwidth < 2 frequency, got {frequency:g} and {bandwidth:g} Hz"
        )
    if not 0 < footprint < np.inf:
        raise ValueError(f"footprint must be above 0 wavelengths, got {footprint:g}")
    scene = orbit.caster.frame.scene
    for instance, mine in zip(scene.instances, scene.vertices_of_instance, strict=True):
        size = float(np.linalg.norm(np.ptp(scene.mesh.vertices[mine], axis=0)))
        if size >= MOST_SIZE:
            raise ValueError(
                f"{instance.name!r} measures {size:.3g} m; objects of up to {MOST_SIZE:g} m each are resolved: "
                "leave it out, split it into objects, or check the file's unit (scale)"
            )


def _band(frequency: float, bandwidth: float, radius: float) -> np.ndarray:
    """Frequencies [Hz] whose range profile holds the object twice over, so that its echoes do not fold."""
    if bandwidth == 0:
        return np.array([float(frequency)])
    count = int(np.ceil(8 * radius * bandwidth / c)) + 8
    return frequency + bandwidth * (np.arange(count) / (count - 1) - 0.5)


def _seen_from(config: TraceConfig, orbit: _Orbit) -> TraceConfig:
    """Return the configuration with an isotropic antenna that looks at the object and nothing else."""
    half = min(float(np.arcsin(orbit.radius / orbit.distance)) * _MARGIN, 1.5)
    # far from its mirror direction a flat face echoes by its rims, which tubes turned against them would blur
    view = {"azimuth_limit": half, "elevation_min": -half, "elevation_max": half, "flat_turn": 0.0}
    launch = config.launch.model_copy(update=view)
    # what stands behind a part of the object belongs to it, it is not around a corner
    edges = config.edges.model_copy(update={"diffraction": False})
    reach = max(config.max_length, 2 * orbit.distance + 8 * orbit.radius)
    none = dict.fromkeys(("transmit_antenna", "receive_antenna", "transmit_array", "leakage"))
    ends = {"antenna": "isotropic"} | none
    return config.model_copy(update=ends | {"launch": launch, "edges": edges, "max_length": reach})


def _with_samples(config: TraceConfig, view: FrameCaster, footprint: float) -> tuple[TraceConfig, float]:
    """Return the configuration with so many tubes over objects that none is wider than `footprint` [m], if allowed.

    And the width [m] that the most tubes over an object allow.
    """
    frame = view.frame
    axes = frame.scene.sensors.radar.pose[:3, :2]
    sizes = np.array([np.ptp(outline.points(frame) @ axes, axis=0) for outline in outlines(frame.scene)])  # (n, 2)
    samples = max(config.launch.object_samples, int(np.ceil(sizes.min(axis=1).max() / footprint)))
    width = max(footprint, float(np.sqrt(sizes.prod(axis=1).max() / config.launch.object_tubes)))
    return config.model_copy(update={"launch": config.launch.model_copy(update={"object_samples": samples})}), width
