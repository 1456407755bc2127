"""Clutter of rain and snow: scatterers drawn in the air, with the power and the Doppler of the drops around them."""

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import c, pi

from raysim.antenna import Antenna, antenna_gain
from raysim.environment import Weather
from raysim.intersect import FrameCaster
from raysim.paths import Interaction, Paths
from raysim.sensors import Radar
from raysim.vectors import row
from raysim.weather_radio import (
    attenuation_constant,
    rain_reflectivity,
    rain_spectrum,
    snow_reflectivity,
    volume_reflectivity,
)

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


def _motion(weather: Weather, frequency: float, count: int, turbulence: float, rng: np.random.Generator) -> np.ndarray:
    """Velocities (n, 3) of drops within the air that carries them [m/s]."""
    velocity = turbulence * rng.standard_normal((count, 3))
    velocity[:, 2] -= _fall_speeds(weather, frequency, count, rng)
    return velocity


def _hemisphere(pose: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """World directions (n, 3), uniform over the hemisphere before a sensor."""
    forward, turn = rng.random(count), 2 * pi * rng.random(count)
    across = np.sqrt(1 - forward**2)
    return np.stack([across * np.cos(turn), across * np.sin(turn), forward], axis=1) @ pose[:3, :3].T


def _leg_derivatives(velocity, direction, length) -> tuple[np.ndarray, np.ndarray]:
    """First and second time derivative of the way to points that move at constant velocities."""
    along = np.sum(velocity * direction, axis=1)  # [m/s] receding
    return along, (np.sum(velocity**2, axis=1) - along**2) / length


class _Scatterers(NamedTuple):
    """Places in the air that stand for the drops around them."""

    arrival: np.ndarray  # (n, 3) unit vector from the receiver
    distance: np.ndarray  # (n,) from the receiver [m]
    departure: np.ndarray  # (n, 3) unit vector from the transmitter
    outward: np.ndarray  # (n,) from the transmitter [m]
    point: np.ndarray  # (n, 3) world [m]
    volume: np.ndarray  # (n,) [m3] that each stands for
    speckle: np.ndarray  # (n,) complex amplitude of unit mean power
    velocity: np.ndarray  # (n, 3) [m/s]

    def select(self, which: np.ndarray) -> "_Scatterers":
        """Return those picked by a boolean mask or an index array."""
        return _Scatterers(*(array[which] for array in self))


def _draw(radar: Radar, count: int, ranges: tuple[float, float], rng: np.random.Generator) -> _Scatterers:
    """Draw scatterers at rest in the hemisphere before the receiver, equally many at every range between two [m]."""
    near, far = ranges
    arrival = _hemisphere(radar.pose, count, rng)
    distance = near + (far - near) * rng.random(count)
    speckle = (rng.standard_normal(count) + 1j * rng.standard_normal(count)) / np.sqrt(2)
    point = radar.receiver + distance[:, None] * arrival
    outward = np.linalg.norm(point - radar.transmitter, axis=1)
    departure = (point - radar.transmitter) / np.maximum(outward, 1e-12)[:, None]
    volume = 2 * pi * (far - near) / count * distance**2
    return _Scatterers(arrival, distance, departure, outward, point, volume, speckle, np.zeros((count, 3)))


def _seen(caster: FrameCaster, drops: _Scatterers) -> np.ndarray:
    """Tell which scatterers both ends see, (n,) bool."""
    radar = caster.frame.scene.sensors.radar
    free = caster.closest(np.tile(radar.receiver, (len(drops.distance), 1)), drops.arrival)
    seen = (drops.distance < free.distance) | (free.triangle < 0)
    if radar.transmitter_offset.any():
        ask = np.flatnonzero(seen)
        seen[ask] = ~caster.occluded(drops.point[ask], radar.transmitter)
    return seen


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
    tilt: float = pi / 2,
    rng: np.random.Generator,
) -> Paths:
    """Draw the echoes of a scene's rain and snow.

    Parameters
    ----------
    caster : FrameCaster
        Of the frame: its radar, its weather, and the surfaces behind which nothing is lit or seen.
    frequency : float
        Carrier [Hz].
    antenna : Antenna
        Of transmitter and receiver.
    count : int
        Scatterers drawn, equally many at every range; the mean power does not depend on it, the speckle of cells with
        fewer than about ten does.
    max_range : float
        Half the longest way, there and back [m].
    min_range : float
        From either end [m].
    wind : (3,) array_like
        World velocity of the air [m/s].
    turbulence : float
        Standard deviation of the air's velocity in each direction [m/s].
    tilt : float
        Of the polarisation against the horizontal, for the attenuation of rain [rad]; pi / 2 = vertical.
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
    radar, weather = caster.frame.scene.sensors.radar, caster.frame.scene.weather
    farthest = (
        max_range + float(np.linalg.norm(radar.transmitter_offset)) / 2
    )  # ends apart: of the ellipsoid, either end's
    drops = _draw(radar, count, (min_range, farthest), rng)
    velocity = np.asarray(wind, float) + _motion(weather, frequency, count, turbulence, rng)
    wanted = (drops.outward >= min_range) & (drops.distance + drops.outward <= 2 * max_range)
    drops = drops._replace(velocity=velocity).select(wanted & (volume_reflectivity(weather, frequency) > 0))
    return _echoes(drops.select(_seen(caster, drops)), radar, weather, frequency, antenna, tilt)


def _echoes(
    drops: _Scatterers, radar: Radar, weather: Weather, frequency: float, antenna: Antenna, tilt: float
) -> Paths:
    """One path a scatterer, by the radar equation."""
    axes = np.ascontiguousarray(radar.pose[:3, :3].T)
    length = drops.distance + drops.outward
    spreading = c / frequency / ((4 * pi) ** 1.5 * drops.distance * drops.outward)
    amplitude = np.sqrt(volume_reflectivity(weather, frequency) * drops.volume) * spreading
    amplitude *= _gains(antenna, drops.departure, axes) * _gains(antenna, drops.arrival, axes)
    amplitude *= np.exp(-attenuation_constant(weather, frequency, tilt=tilt) * length)
    there = _leg_derivatives(drops.velocity, drops.departure, drops.outward)
    back = _leg_derivatives(drops.velocity, drops.arrival, drops.distance)
    nothing = np.full(len(length), -1, np.int32)
    return Paths(
        gain=drops.speckle * amplitude,
        delay=length / c,
        delay_rate=(there[0] + back[0]) / c,
        delay_acceleration=(there[1] + back[1]) / c,
        departure=drops.departure,
        arrival=drops.arrival,
        depth=np.ones(len(length), np.uint8),
        kinds=np.full(len(length), Interaction.SCATTERING, np.uint32),
        first_instance=nothing,
        last_instance=nothing.copy(),
        last_point=drops.point,
    )
