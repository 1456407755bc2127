"""Clutter of rain and snow: scatterers drawn in the air, with the power and the Doppler of the drops around them."""

import numpy as np
from numba import njit
from scipy.constants import c, pi

from raysim.antenna import Antenna, antenna_gain
from raysim.environment import Weather
from raysim.intersect import FrameCaster
from raysim.paths import Interaction, Paths
from raysim.vectors import row
from raysim.weather_radio import attenuation_constant, rain_reflectivity, rain_spectrum, snow_reflectivity

SNOW_FALL_SPEED = 1.0  # [m/s] aggregates and dendrites, Locatelli and Hobbs, J. Geophys. Res. 79 (1974)


def rain_fall_speed(diameter: np.ndarray) -> np.ndarray:
    """Terminal speed of drops [m/s] of a diameter [m]: Atlas et al., Rev. Geophys. 11 (1973), eq. (13)."""
    return np.maximum(9.65 - 10.3 * np.exp(-600.0 * diameter), 0.0)


@njit(cache=True, nogil=True)
def _gains(antenna, direction, axes):
    """Amplitude gains (n,) in world directions (n, 3); rows of `axes` = right, down, forward."""
    out = np.empty(len(direction))
    for i in range(len(direction)):
        out[i] = antenna_gain(antenna, row(direction, i), row(axes, 0), row(axes, 1), row(axes, 2))
    return out


def _fall_speeds(weather: Weather, frequency: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """Speeds (n,) of what sends the echo back: drops as often as their size adds to the reflectivity [m/s]."""
    rain = rain_reflectivity(weather.rain, frequency)
    snow = snow_reflectivity(weather.snow, frequency)
    speed = np.full(count, SNOW_FALL_SPEED)
    is_rain = rng.random(count) * (rain + snow) < rain
    if weather.rain > 0:
        diameter, reflectivity = rain_spectrum(weather.rain, frequency)
        drawn = rng.choice(diameter, size=count, p=reflectivity / reflectivity.sum())
        speed[is_rain] = rain_fall_speed(drawn)[is_rain]
    return speed


def _hemisphere(pose: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """World directions (n, 3), uniform over the hemisphere before a sensor."""
    forward, turn = rng.random(count), 2 * pi * rng.random(count)
    across = np.sqrt(1 - forward**2)
    return np.stack([across * np.cos(turn), across * np.sin(turn), forward], axis=1) @ pose[:3, :3].T


def _leg_derivatives(velocity, direction, length) -> tuple[np.ndarray, np.ndarray]:
    """First and second time derivative of the way to points that move at constant velocities."""
    along = np.sum(velocity * direction, axis=1)  # [m/s] receding
    return along, (np.sum(velocity**2, axis=1) - along**2) / length


def volume_clutter(
    caster: FrameCaster,
    *,
    frequency: float,
    antenna: Antenna,
    count: int,
    max_range: float,
    min_range: float = 1.0,
    wind=(0.0, 0.0, 0.0),
    turbulence: float = 0.5,
    rng: np.random.Generator,
) -> Paths:
    """Draw the echoes of a scene's rain and snow.

    Parameters
    ----------
    caster : FrameCaster
        Of the frame: its radar, its weather, and the surfaces behind which nothing is seen.
    frequency : float
        Carrier [Hz].
    antenna : Antenna
        Of transmitter and receiver.
    count : int
        Scatterers drawn, equally many at every range; the mean power does not depend on it, the speckle of cells with
        fewer than about ten does.
    max_range, min_range : float
        Of the scatterers from the receiver [m].
    wind : (3,) array_like
        World velocity of the air [m/s].
    turbulence : float
        Standard deviation of the air's velocity in each direction [m/s].
    rng : numpy.random.Generator

    Returns
    -------
    Paths
        At most `count`, of one scattering, without an instance; none in dry weather. Mean power of each
        ``eta dV G_t G_r lambda^2 / ((4 pi)^3 d_t^2 d_r^2)`` with the attenuation of both ways, phase and magnitude
        those of many drops (complex Gaussian).

    References
    ----------
    Skolnik, Radar Handbook, volume clutter; `raysim.weather_radio` for the reflectivity.
    """
    if count < 1 or not 0 < min_range < max_range:
        raise ValueError(f"need count >= 1 and 0 < min_range < max_range, got {count}, {min_range} and {max_range} m")
    scene = caster.frame.scene
    radar, weather = scene.sensors.radar, scene.weather
    reflectivity = rain_reflectivity(weather.rain, frequency) + snow_reflectivity(weather.snow, frequency)

    arrival = _hemisphere(radar.pose, count, rng)
    distance = min_range + (max_range - min_range) * rng.random(count)
    speckle = (rng.standard_normal(count) + 1j * rng.standard_normal(count)) / np.sqrt(2)
    velocity = np.asarray(wind, float) + turbulence * rng.standard_normal((count, 3))
    velocity[:, 2] -= _fall_speeds(weather, frequency, count, rng)
    volume = 2 * pi * (max_range - min_range) / count * distance**2  # [m3] that each stands for

    free = caster.closest(np.tile(radar.receiver, (count, 1)), arrival)
    seen = (distance < free.distance) | (free.triangle < 0)
    which = np.flatnonzero(seen) if reflectivity > 0 else np.empty(0, np.intp)
    arrival, distance, velocity = arrival[which], distance[which], velocity[which]
    point = radar.receiver + distance[:, None] * arrival
    outward_distance = np.linalg.norm(point - radar.transmitter, axis=1)
    departure = (point - radar.transmitter) / outward_distance[:, None]

    axes = np.ascontiguousarray(radar.pose[:3, :3].T)
    length = distance + outward_distance
    spreading = c / frequency / ((4 * pi) ** 1.5 * distance * outward_distance)
    amplitude = np.sqrt(reflectivity * volume[which]) * spreading
    amplitude *= _gains(antenna, departure, axes) * _gains(antenna, arrival, axes)
    amplitude *= np.exp(-attenuation_constant(weather, frequency) * length)
    there, back = _leg_derivatives(velocity, departure, outward_distance), _leg_derivatives(velocity, arrival, distance)
    return Paths(
        gain=speckle[which] * amplitude,
        delay=length / c,
        delay_rate=(there[0] + back[0]) / c,
        delay_acceleration=(there[1] + back[1]) / c,
        departure=departure,
        arrival=arrival,
        depth=np.ones(len(which), np.uint8),
        kinds=np.full(len(which), Interaction.SCATTERING, np.uint32),
        first_instance=np.full(len(which), -1, np.int32),
        last_instance=np.full(len(which), -1, np.int32),
        last_point=point,
    )
