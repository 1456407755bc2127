"""What the air does to a frame's paths: weather weakens them all and adds echoes of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from scipy.constants import c

from raysim.antenna import Antenna
from raysim.environment import Weather
from raysim.intersect import FrameCaster
from raysim.paths import Paths
from raysim.volume_clutter import volume_clutter
from raysim.weather_radio import attenuation_constant


def weathered(
    blocks: Iterable[Paths], weather: Weather, *, frequency: float, tilt: float = np.pi / 2
) -> Iterator[Paths]:
    """Weaken paths by what is in the air; in clear air they pass untouched.

    Parameters
    ----------
    blocks : iterable of Paths
    weather : Weather
    frequency : float
        Carrier [Hz].
    tilt : float
        Of the polarisation against the horizontal [rad]; pi / 2 = vertical.

    Yields
    ------
    Paths
        Gains times ``exp(-attenuation_constant length)`` of the whole travelled length, rain as on a level path.
    """
    if weather == Weather():
        yield from blocks
        return
    constant = attenuation_constant(weather, frequency, tilt=tilt)
    for block in blocks:
        yield replace(block, gain=block.gain * np.exp(-constant * c * block.delay))


def weather_clutter(
    caster: FrameCaster, *, frequency: float, antenna: Antenna, count: int, max_range: float, seed: int
) -> Iterator[Paths]:
    """Draw a frame's echoes of rain and snow; one block, none in dry air.

    Parameters
    ----------
    caster : FrameCaster
    frequency : float
        Carrier [Hz].
    antenna : Antenna
        Of transmitter and receiver.
    count : int
        Scatterers.
    max_range : float
        From the receiver [m].
    seed : int
        Of the sequence; every frame draws its own drops.

    Yields
    ------
    Paths
        As `raysim.volume_clutter.volume_clutter` gives them: attenuation in, no instance.
    """
    weather = caster.frame.scene.weather
    if count == 0 or not (weather.rain > 0 or weather.snow > 0):
        return
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, caster.frame.index])))
    yield volume_clutter(
        caster,
        frequency=frequency,
        antenna=antenna,
        count=count,
        max_range=max_range,
        rng=rng,
    )
