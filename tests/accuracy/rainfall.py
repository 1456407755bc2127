"""Echoes of rain: power of range cells by the radar equation, one device and separate ends."""

from itertools import pairwise

import numpy as np
from scipy.constants import c

from raysim.environment import Weather
from raysim.paths import Paths
from raysim.weather_radio import attenuation_constant, rain_reflectivity
from tests.accuracy.anywhere import body, power, traced
from tests.accuracy.rows import Row, worst_row
from tests.fixtures import PEC
from tests.shapes import FREQUENCY, db

RATE = 10.0  # [mm/h]
BORDERS = np.array([10.0, 30.0, 70.0, 120.0, 200.0])  # [m] of range cells
SPECK = body(1e-3 * np.array([[-1.0, 0, -1], [1, 0, -1], [1, 0, 1]]) - [0, 50, 0], [[0, 1, 2]], PEC)


def drops(carrier: float, seeds: int, scatterers: int, **settings) -> list[Paths]:
    """Echoes of rain in the open, for so many seeds."""
    found = []
    for seed in range(seeds):
        paths = traced(
            [SPECK], frequency=carrier, seed=seed, weather=Weather(rain=RATE), weather_scatterers=scatterers, **settings
        )
        found.append(paths.select((paths.first_instance < 0) & (paths.depth == 1)))
    return found


def monostatic_error(carrier: float, sides: str) -> float:
    """Largest error [dB] of the mean power of a range cell."""
    both = {"transmit_polarisation": sides, "receive_polarisation": sides}
    found = drops(carrier, 8, 40_000, **both)
    got = sum(np.histogram(p.delay * c / 2, BORDERS, weights=np.abs(p.gain) ** 2)[0] for p in found) / len(found)
    alpha = attenuation_constant(Weather(rain=RATE), carrier, tilt=np.pi / 2 if sides == "V" else 0.0)
    cells = [np.linspace(low, high, 4001) for low, high in pairwise(BORDERS)]
    integral = [np.mean(np.exp(-4 * alpha * r) / r**2) * np.ptp(r) for r in cells]
    want = rain_reflectivity(RATE, carrier) * (c / carrier) ** 2 * 2 * np.pi / (4 * np.pi) ** 3 * np.array(integral)
    return float(np.abs(db(got / want)).max())


def upright(directions: np.ndarray) -> np.ndarray:
    """Vertical polarisation of directions (n, 3): up, made transverse."""
    up = np.array([0.0, 0, 1]) - directions[:, 2:] * directions
    return up / np.linalg.norm(up, axis=1, keepdims=True)


def bistatic_error(span: float, longest: float = 200.0) -> float:
    """Error [dB] of the whole rain echo between ends side by side, `span` [m] apart, against a sum over the volume."""
    source, sink = np.array([[0.0, 0, 0], [span, 0, 0]])
    found = drops(FREQUENCY, 60, 20_000, source=source, sink=sink, aim=sink + [0, 1e6, 0], max_length=longest)
    # points spread about either end by the inverse square of their distance, each half of the space by its own end
    rng, integral = np.random.default_rng(0), 0.0
    for here, there in ((source, sink), (sink, source)):
        n, reach = 1_000_000, longest / 2 + span / 2
        distance = 1 + (reach - 1) * rng.random(n)
        towards = rng.standard_normal((n, 3))
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        towards[:, 1] = np.abs(towards[:, 1])  # before the ends
        onward = here + distance[:, None] * towards - there
        other = np.linalg.norm(onward, axis=1)
        alike = np.sum(upright(towards) * upright(onward / other[:, None]), axis=1) ** 2
        fall = np.exp(-2 * attenuation_constant(Weather(rain=RATE), FREQUENCY) * (distance + other))
        mine = (other > distance) & (distance + other < longest)
        integral += 2 * np.pi * (reach - 1) * np.mean(mine * alike * fall / other**2)
    want = rain_reflectivity(RATE, FREQUENCY) * (c / FREQUENCY) ** 2 / (4 * np.pi) ** 3 * integral
    return abs(float(db(np.mean([power(p) for p in found]) / want)))


def rows() -> list[Row]:
    """Mean power of the echo of rain."""
    found = []
    for carrier in (28e9, 77e9):
        worst = max(monostatic_error(carrier, sides) for sides in "VH")
        case = f"rain of 10 mm/h at {carrier / 1e9:g} GHz, range cells of 10-200 m, V and H"
        found.append(worst_row(case, "radar equation, Mie and P.838", worst, 0.2, "dB"))
    found.append(worst_row("rain between ends 20 m apart", "sum over the volume", bistatic_error(20.0), 0.2, "dB"))
    return found
