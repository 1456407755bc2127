"""Radar cross section of a scene's objects against aspect, near or far, at one frequency or averaged over a band.

The scene is traced as any other, by a radar that is led around it, and the radar equation solved for the cross
section. From `FAR` on the wave is plane for any car; nearer, the result is what a radar at that distance would take
for a cross section, the near field in.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from scipy.constants import c

from raysim.environment import Weather
from raysim.intersect import FrameCaster, RayCaster
from raysim.launch import LaunchConfig
from raysim.paths import Paths
from raysim.pieces import radar_at
from raysim.scene import Instance, Scene
from raysim.stations import seen_by
from raysim.trace import TraceConfig, trace

FAR = 5000.0  # [m] the wave over a car 5 m long is plane within 0.2 rad at 28 GHz
MOST_SIZE = 15.0  # [m] diagonal up to which an object has a grid of tubes of its own
FOOTPRINT = 1 / 3  # of a tube, over the wavelength: under a half, the sum is the physical-optics integral at any aspect
_MARGIN = 1.02  # field of view over the object's size


@dataclass(frozen=True)
class CrossSection:
    """Radar cross section against aspect.

    Attributes
    ----------
    azimuth, elevation : (num_aspects,) float64
        Of the radar as the object sees it [rad]: azimuth from x towards y, elevation up.
    frequency : (num_frequencies,) float64
        [Hz].
    amplitude : (num_aspects, num_frequencies) complex128
        [m], |amplitude|^2 = cross section; phase of the time factor exp(+j 2 pi f t), of an echo at the centre 0.
    distance : float
        From the radar to the centre [m].
    centre : (3,) float64
        [m].
    """

    azimuth: np.ndarray
    elevation: np.ndarray
    frequency: np.ndarray
    amplitude: np.ndarray
    distance: float
    centre: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """(num_aspects,) float64: linear mean over the band [m2]."""
        return (np.abs(self.amplitude) ** 2).mean(axis=1)

    @property
    def dbsm(self) -> np.ndarray:
        """(num_aspects,) float64: `mean` in dB over 1 m2; -inf where nothing comes back."""
        with np.errstate(divide="ignore"):
            return 10 * np.log10(self.mean)

    @property
    def profile(self) -> tuple[np.ndarray, np.ndarray]:
        """Range profiles: range behind the centre (num_frequencies,) [m], amplitude (num_aspects, num_frequencies) [m].

        Inverse Fourier transform over the band, rectangular window; a point keeps its amplitude.
        """
        count = len(self.frequency)
        if count < 2:
            raise ValueError("a range profile needs a bandwidth")
        step = (self.frequency[-1] - self.frequency[0]) / (count - 1)
        order = np.arange(count) - count // 2
        kernel = np.exp(2j * np.pi * np.outer(order, np.arange(count)) / count) / count
        return order * c / (2 * step * count), self.amplitude @ kernel.T


def radar_cross_section(
    scene: Scene,
    azimuth: np.ndarray,
    elevation: np.ndarray | float = 0.0,
    *,
    frequency: float,
    bandwidth: float = 0.0,
    distance: float = FAR,
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
    frequency : float
        Middle of the band [Hz].
    bandwidth : float
        Of the band [Hz]; 0 = `frequency` alone. Frequencies are as many as a range profile over the object needs.
    distance : float
        From the centre of the scene's box [m]; `FAR` = plane wave.
    config : TraceConfig, optional
        Interactions, contributions, polarisations and, in `launch`, the most tubes over an object; antennas, leakage,
        field of view and samples are replaced. Default: vertical polarisation, a million tubes. Tubes are `FOOTPRINT`
        wavelengths wide; where those allowed do not suffice for that, what flat faces return far from their mirror
        direction is lost.
    frame : int
        Of the scene.
    seed : int
        Of grid shifts and diffuse phases.
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Called after every aspect.

    Returns
    -------
    CrossSection

    Raises
    ------
    ValueError
        A radar within the object, an object over `MOST_SIZE`, or an angle out of range.

    References
    ----------
    Radar equation: ``sigma = |H|^2 (4 pi)^3 R^4 / lambda^2`` with H the channel of isotropic antennas.
    """
    azimuths, elevations = np.broadcast_arrays(np.atleast_1d(np.asarray(azimuth, float)), np.asarray(elevation, float))
    scene = _alone(scene)
    centre, radius = _ball(scene, frame)
    _check(azimuths, elevations, scene, radius, distance, frequency, bandwidth)
    frequencies = _band(frequency, bandwidth, radius)
    settings = _seen_from(config or TraceConfig(launch=LaunchConfig(object_tubes=1_000_000)), radius, distance)
    caster = RayCaster(scene).frame(frame)
    amplitude = np.zeros((len(azimuths), len(frequencies)), np.complex128)
    for index, (az, el) in enumerate(zip(azimuths, elevations, strict=True)):
        toward = np.array([np.cos(el) * np.cos(az), np.cos(el) * np.sin(az), np.sin(el)])
        view = seen_by(caster, radar_at(centre + distance * toward, centre).radar)
        fine = _with_samples(settings, view, FOOTPRINT * c / frequency)
        blocks = trace(view, fine, frequency=frequency, seed=seed, threads=threads)
        channel = sum((_channel(paths, frequencies, 2 * distance / c) for paths in blocks), np.zeros(len(frequencies)))
        amplitude[index] = channel * np.sqrt((4 * np.pi) ** 3) * distance**2 * frequencies / c
        if progress:
            progress()
    return CrossSection(azimuths.copy(), elevations.copy(), frequencies, amplitude, distance, centre)


def _ball(scene: Scene, frame: int) -> tuple[np.ndarray, float]:
    """Centre (3,) of a scene's box and half its diagonal [m]."""
    vertices = scene.frame(frame).vertices
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    return (low + high) / 2, float(np.linalg.norm(high - low)) / 2


def _alone(scene: Scene) -> Scene:
    """Return the scene in clear air, every object without a role: each gets its own tubes, none mirrors the others."""
    instances = tuple(Instance(instance.name, "other", instance.is_target) for instance in scene.instances)
    return replace(scene, instances=instances, weather=Weather())


def _check(azimuth, elevation, scene: Scene, radius: float, distance: float, frequency: float, bandwidth: float):
    if not (np.isfinite(azimuth).all() and (np.abs(elevation) <= 1.5).all()):
        raise ValueError("aspects must be finite, with elevations within +-1.5 rad (86 degrees)")
    if not radius < distance < np.inf:
        raise ValueError(f"distance must exceed the object's radius of {radius:.3g} m, got {distance:g} m")
    if not (frequency > 0 and 0 <= bandwidth < 2 * frequency):
        raise ValueError(
            f"needs frequency > 0 and 0 <= bandwidth < 2 frequency, got {frequency:g} and {bandwidth:g} Hz"
        )
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


def _seen_from(config: TraceConfig, radius: float, distance: float) -> TraceConfig:
    """Return the configuration with an isotropic antenna that looks at the object and nothing else."""
    half = min(float(np.arcsin(radius / distance)) * _MARGIN, 1.5)
    # far from its mirror direction a flat face echoes by its rims, which tubes turned against them would blur
    view = {"azimuth_limit": half, "elevation_min": -half, "elevation_max": half, "flat_turn": 0.0}
    launch = config.launch.model_copy(update=view)
    reach = max(config.max_length, 2 * distance + 8 * radius)
    none = dict.fromkeys(("transmit_antenna", "receive_antenna", "transmit_array", "leakage"))
    ends = {"antenna": "isotropic"} | none
    return config.model_copy(update=ends | {"launch": launch, "max_length": reach})


def _with_samples(config: TraceConfig, view: FrameCaster, footprint: float) -> TraceConfig:
    """Return the configuration with so many tubes across the objects that none is wider than `footprint` [m]."""
    frame = view.frame
    across = frame.vertices @ frame.scene.sensors.radar.pose[:3, :2]
    sizes = [float(np.ptp(across[mine], axis=0).min()) for mine in frame.scene.vertices_of_instance if len(mine)]
    samples = max(config.launch.object_samples, int(np.ceil(max(sizes) / footprint)))
    return config.model_copy(update={"launch": config.launch.model_copy(update={"object_samples": samples})})


def _channel(paths: Paths, frequencies: np.ndarray, reference: float) -> np.ndarray:
    """Sum of the paths at every frequency, delays counted from `reference` [s]."""
    step = frequencies[1] - frequencies[0] if len(frequencies) > 1 else 0.0
    return _sum_paths(paths.gain, paths.delay - reference, frequencies[0], step, len(frequencies))


@njit(cache=True, nogil=True)
def _sum_paths(gain, delay, first, step, count):
    """Sum of gain exp(-j 2 pi f delay) at equidistant frequencies; the phase turns by a product a step."""
    total = np.zeros(count, np.complex128)
    for i in range(len(gain)):
        angle = -2 * np.pi * ((first * delay[i]) % 1.0)
        value = gain[i] * complex(np.cos(angle), np.sin(angle))
        angle = -2 * np.pi * ((step * delay[i]) % 1.0)
        turn = complex(np.cos(angle), np.sin(angle))
        for k in range(count):
            total[k] += value
            value *= turn
    return total
