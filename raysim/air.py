"""What the air does to a frame's paths: weather weakens them all and adds echoes of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from scipy.constants import c

from raysim.antenna import Pattern, fixed_antenna
from raysim.environment import Weather
from raysim.intersect import FrameCaster
from raysim.paths import Paths
from raysim.terminals import Receiver, Transmitter, coupling
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
    if replace(weather, wind=0.0) == Weather():
        yield from blocks
        return
    constant = attenuation_constant(weather, frequency, tilt=tilt)
    for block in blocks:
        yield replace(block, gain=block.gain * np.exp(-constant * c * block.delay))


def weather_clutter(
    caster: FrameCaster, transmitter: Transmitter, receiver: Receiver, *, count: int, max_range: float
) -> Iterator[Paths]:
    """Draw a frame's echoes of rain and snow; one block, none in dry air.

    Parameters
    ----------
    caster : FrameCaster
    transmitter, receiver : Transmitter, Receiver
        The receiver's seed is the sequence's; every frame draws its own drops.
    count : int
        Scatterers.
    max_range : float
        Half the longest way, there and back [m].

    Yields
    ------
    Paths
        As `raysim.volume_clutter.volume_clutter` gives them: attenuation in, no instance. Drops keep the polarisation.
    """
    weather = caster.frame.scene.weather
    if count == 0 or not (weather.rain > 0 or weather.snow > 0):
        return
    isotropic = volume_clutter(
        caster,
        frequency=c / receiver.wavelength,
        antenna=fixed_antenna(Pattern.ISOTROPIC),
        count=count,
        max_range=max_range,
        tilt=0.0 if transmitter.horizontal else np.pi / 2,
        rng=np.random.Generator(np.random.Philox(np.random.SeedSequence([receiver.seed, caster.frame.index]))),
    )
    antennas = coupling(isotropic.departure, isotropic.arrival, transmitter, receiver)
    yield replace(isotropic, gain=isotropic.gain * antennas)
