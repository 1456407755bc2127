"""Material records of cars: one record a surface, for radio, lidar and picture."""

from dataclasses import replace
from enum import IntEnum

import numpy as np

from raysim.materials import Material


class Slot(IntEnum):
    """Index of a car's surface in its material table."""

    PAINT = 0
    GLASS = 1
    TRIM = 2
    TYRE = 3
    RIM = 4
    HEADLAMP = 5
    TAIL_LAMP = 6
    INDICATOR = 7
    PLATE = 8
    UNDERBODY = 9
    INTERIOR = 10
    BRIGHT = 11
    MIRROR = 12
    LOAD = 13
    WINDSCREEN = 14
    LENS = 15
    COOLER = 16


# Linear sRGB albedo, metallic share, gloss roughness, lidar reflectivity at 905 nm. Black paints absorb most at
# 905 nm too, which is why dark cars return weakly.
PAINTS: dict[str, tuple[tuple[float, float, float], float, float, float]] = {
    "white": ((0.78, 0.78, 0.76), 0.0, 0.22, 0.75),
    "pearl": ((0.66, 0.65, 0.61), 0.2, 0.22, 0.65),
    "black": ((0.012, 0.012, 0.013), 0.1, 0.15, 0.06),
    "graphite": ((0.055, 0.058, 0.062), 0.5, 0.25, 0.15),
    "grey": ((0.15, 0.155, 0.16), 0.5, 0.27, 0.28),
    "silver": ((0.45, 0.46, 0.47), 0.6, 0.30, 0.50),
    "blue": ((0.02, 0.06, 0.22), 0.3, 0.22, 0.20),
    "navy": ((0.010, 0.018, 0.055), 0.3, 0.20, 0.10),
    "sky": ((0.12, 0.28, 0.42), 0.3, 0.25, 0.35),
    "red": ((0.36, 0.015, 0.012), 0.1, 0.20, 0.45),
    "maroon": ((0.10, 0.010, 0.014), 0.3, 0.22, 0.25),
    "green": ((0.020, 0.075, 0.035), 0.3, 0.23, 0.20),
    "beige": ((0.36, 0.30, 0.21), 0.4, 0.28, 0.45),
    "brown": ((0.085, 0.050, 0.030), 0.4, 0.25, 0.22),
    "orange": ((0.60, 0.15, 0.015), 0.2, 0.22, 0.55),
    "yellow": ((0.68, 0.42, 0.02), 0.0, 0.22, 0.60),
}

# Shares of colours on the road: about those of the Axalta and BASF colour reports for Europe (2022-2023); vans and
# trucks are mostly white.
_SHARES = {
    "private": {
        "white": 20, "pearl": 6, "black": 18, "graphite": 11, "grey": 15, "silver": 8, "blue": 7, "navy": 3, "sky": 1,
        "red": 5, "maroon": 1, "green": 2, "beige": 1, "brown": 1, "orange": 1, "yellow": 1,
    },
    "working": {"white": 60, "silver": 10, "grey": 10, "black": 5, "blue": 6, "red": 5, "yellow": 2, "orange": 2},
}  # fmt: skip

# Seams, handles, badges and brackets that the mesh does not have scatter as an effective roughness. The amplitude
# brings the return between glints to the floor of about 7 dBsm that 3GPP TR 38.901 v19 gives vehicles (peak gain less
# range of every lobe: 15.5 - 8.5 dBsm in front, 20.8 - 13.7 dBsm at the side).
BODY_SCATTERING = 0.55

# Tempered panes at the sides and behind, a laminated windscreen: at 28 GHz both let most of the power in to the seats.
_GLASS = Material("car_glass", "glass", (0.035, 0.045, 0.045), 1e-6, 0.02, 0.06, 0.0, 0.04, 0.85)

# Name, electrical, colour, roughness [m], scattering, lidar reflectivity, metallic, gloss roughness, transmission.
_COMMON = {
    Slot.GLASS: replace(_GLASS, panel="side_window"),
    Slot.WINDSCREEN: replace(_GLASS, name="windscreen", panel="windscreen"),
    Slot.TRIM: Material("car_trim", "plastic", (0.016, 0.016, 0.017), 5e-5, 0.1, 0.08, 0.0, 0.55),
    Slot.TYRE: Material("tyre", "rubber", (0.018, 0.018, 0.019), 5e-4, 0.3, 0.06, 0.0, 0.85),
    Slot.HEADLAMP: Material("headlamp", "plastic", (0.42, 0.44, 0.46), 1e-5, 0.1, 0.7, 0.7, 0.08),
    Slot.TAIL_LAMP: Material("tail_lamp", "plastic", (0.34, 0.008, 0.010), 1e-5, 0.1, 0.8, 0.0, 0.12),
    Slot.INDICATOR: Material("indicator", "plastic", (0.60, 0.17, 0.01), 1e-5, 0.1, 0.7, 0.0, 0.12),
    Slot.UNDERBODY: Material("underbody", "metal", (0.02, 0.02, 0.02), 1e-3, 0.4, 0.1, 0.0, 0.9),
    Slot.INTERIOR: Material("car_interior", "plastic", (0.03, 0.03, 0.032), 5e-4, 0.2, 0.1, 0.0, 0.9),
    Slot.BRIGHT: Material("bright_trim", "metal", (0.55, 0.55, 0.56), 1e-5, 0.1, 0.5, 0.9, 0.15),
    Slot.MIRROR: Material("mirror_glass", "metal", (0.70, 0.72, 0.74), 1e-6, 0.0, 0.05, 1.0, 0.02),
    # Clear polycarbonate before lamps; the cooler's fins, far closer together than half a wavelength, and its frame.
    Slot.LENS: Material(
        "lamp_lens", "plastic", (0.50, 0.52, 0.54), 1e-6, 0.02, 0.3, 0.0, 0.03, 0.8, panel="plastic_panel"
    ),
    Slot.COOLER: Material("cooler", "metal", (0.018, 0.018, 0.019), 3e-4, 0.1, 0.08, 0.0, 0.7),
    Slot.LOAD: Material("load_body", "metal", (0.72, 0.72, 0.71), 1e-4, BODY_SCATTERING, 0.7, 0.0, 0.45),
}

RIMS = {"silver": (0.42, 0.43, 0.44), "dark": (0.035, 0.035, 0.038)}
PLATES = {"white": (0.75, 0.75, 0.73), "yellow": (0.72, 0.48, 0.03)}


def draw_paint(use: str, *, rng: np.random.Generator) -> str:
    """Draw a key of `PAINTS` with the shares of ``"private"`` or ``"working"`` vehicles."""
    shares = _SHARES[use]
    weights = np.array(list(shares.values()), float)
    return str(rng.choice(list(shares), p=weights / weights.sum()))


def car_materials(paint: str, rim: str, plate: str) -> tuple[Material, ...]:
    """Return the material table of a car, in the order of `Slot`.

    Parameters
    ----------
    paint, rim, plate : str
        Keys of `PAINTS`, `RIMS` and `PLATES`.

    Raises
    ------
    ValueError
        Where a key is unknown.
    """
    for value, allowed in ((paint, list(PAINTS)), (rim, list(RIMS)), (plate, list(PLATES))):
        if value not in allowed:
            raise ValueError(f"paint, rim and plate must be keys such as {allowed}, got {value!r}")
    colour, metallic, gloss, lidar = PAINTS[paint]
    own = {
        Slot.PAINT: Material(f"car_paint.{paint}", "metal", colour, 2e-5, BODY_SCATTERING, lidar, metallic, gloss),
        Slot.RIM: Material(f"rim.{rim}", "metal", RIMS[rim], 2e-5, BODY_SCATTERING, 0.5, 0.8, 0.3),
        Slot.PLATE: Material(f"plate.{plate}", "metal", PLATES[plate], 2e-5, 0.1, 0.95, 0.0, 0.5),
    }
    return tuple((_COMMON | own)[slot] for slot in Slot)
