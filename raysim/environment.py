"""Weather and light of a scene: one record each, read by every sensor."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Weather:
    """State of the air.

    Attributes
    ----------
    rain, snow : float
        Rate [mm/h].
    visibility : float
        Meteorological visibility in fog [m]; inf in clear air.
    dust : float
        Mass density [g/m3].
    wind : float
        Speed [m/s], mean over some minutes at the height of the trees.
    """

    rain: float = 0.0
    snow: float = 0.0
    visibility: float = float("inf")
    dust: float = 0.0
    wind: float = 0.0


@dataclass(frozen=True)
class Light:
    """Sun and sky.

    Attributes
    ----------
    sun_elevation, sun_azimuth : float
        Direction towards the sun [rad]; azimuth counted from x (east) towards y (north).
    sun_irradiance : float
        Irradiance on a surface facing the sun [W/m2 in renderer units; 3-5 is a clear day].
    sun_colour, sky_colour : tuple of 3 float
        Linear sRGB.
    sky_radiance : float
        Factor on `sky_colour`.
    """

    sun_elevation: float = 0.8
    sun_azimuth: float = 0.6
    sun_irradiance: float = 4.0
    sun_colour: tuple[float, float, float] = (1.0, 0.95, 0.88)
    sky_colour: tuple[float, float, float] = (0.45, 0.62, 0.9)
    sky_radiance: float = 1.0
