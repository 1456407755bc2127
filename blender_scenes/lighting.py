"""Daylight: a few times of day with the sun's height, colour and the sky that goes with them."""

import math
from dataclasses import dataclass

import numpy as np

from raysim.environment import Light


@dataclass(frozen=True)
class Daylight:
    """One time of day.

    Attributes
    ----------
    elevation_deg, azimuth_deg : tuple of 2 float
        Range of the sun's direction; azimuth from east towards north, so the southern sun lies at -90.
    sun_irradiance : float
        See `raysim.environment.Light`.
    sun_colour, sky_colour : tuple of 3 float
        Linear sRGB.
    sky_radiance : float
    """

    elevation_deg: tuple[float, float]
    azimuth_deg: tuple[float, float]
    sun_irradiance: float
    sun_colour: tuple[float, float, float]
    sky_colour: tuple[float, float, float]
    sky_radiance: float


# Middle latitudes of the north; colours of sunlight after its air mass, sky from clear to overcast.
DAYLIGHT = {
    "morning": Daylight((18, 32), (-35, 0), 3.2, (1.0, 0.86, 0.70), (0.46, 0.60, 0.84), 0.85),
    "midday": Daylight((45, 62), (-125, -55), 4.4, (1.0, 0.96, 0.90), (0.42, 0.60, 0.92), 1.0),
    "afternoon": Daylight((25, 42), (-180, -140), 3.8, (1.0, 0.90, 0.77), (0.44, 0.60, 0.88), 0.95),
    "evening": Daylight((9, 16), (-195, -170), 2.4, (1.0, 0.70, 0.46), (0.56, 0.60, 0.74), 0.7),
    "overcast": Daylight((30, 55), (-150, -30), 0.7, (1.0, 0.98, 0.95), (0.72, 0.77, 0.84), 1.1),
}


def draw_light(times_of_day: tuple[str, ...], *, rng: np.random.Generator) -> Light:
    """Draw the light of a sequence.

    Parameters
    ----------
    times_of_day : tuple of str
        Keys of `DAYLIGHT` to choose from, each as likely.
    rng : numpy.random.Generator

    Returns
    -------
    raysim.environment.Light
    """
    day = DAYLIGHT[times_of_day[int(rng.integers(len(times_of_day)))]]
    return Light(
        sun_elevation=math.radians(rng.uniform(*day.elevation_deg)),
        sun_azimuth=math.radians(rng.uniform(*day.azimuth_deg)),
        sun_irradiance=day.sun_irradiance * rng.uniform(0.9, 1.1),
        sun_colour=day.sun_colour,
        sky_colour=day.sky_colour,
        sky_radiance=day.sky_radiance * rng.uniform(0.9, 1.1),
    )
