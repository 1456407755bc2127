"""Tables of the strongest echoes: on the terminal and as CSV."""

import csv
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.constants import c

from radar_dsp.files import replaced
from raysim.echoes import Echo

_HEAD = ("power [dB]", "range [m]", "az [deg]", "el [deg]", "v [m/s]", "kinds", "objects", "paths")
_COLUMNS = (
    "power_db", "range_m", "delay_s", "azimuth_deg", "elevation_deg", "velocity_m_s", "doppler_hz", "kinds",
    "first_object", "last_object", "last_x_m", "last_y_m", "last_z_m", "paths",
)  # fmt: skip


def objects(echo: Echo, names: tuple[str, ...]) -> str:
    """First and last object of an echo, once where they are the same; empty on a line of sight."""
    return " ... ".join(dict.fromkeys(_ends(echo, names)))


def _ends(echo: Echo, names: tuple[str, ...]) -> tuple[str, str]:
    nothing = "air" if echo.kinds else ""  # rain and snow echo without being objects
    return _name(echo.first_instance, names, nothing), _name(echo.last_instance, names, nothing)


def _name(index: int, names: tuple[str, ...], nothing: str) -> str:
    if index < 0:
        return nothing
    return names[index] if index < len(names) else f"object {index}"


def print_echoes(echoes: list[Echo], names: tuple[str, ...], title: str, cell: float) -> None:
    """Print echoes as a table; `title` goes before the words about the range cell [m]."""
    table = Table(*_HEAD, title=f"{title}strongest echoes, range cells of {cell:.3f} m")
    for echo in echoes:
        numbers = np.round((np.degrees(echo.azimuth), np.degrees(echo.elevation), echo.velocity), 2) + 0.0  # no -0.00
        table.add_row(
            f"{echo.power_db:.1f}", f"{echo.range:.2f}", *(f"{x:.2f}" for x in numbers), echo.kinds or "direct",
            objects(echo, names), str(echo.num_paths),
        )  # fmt: skip
    Console(width=140, markup=False).print(table)  # brackets are units and names, no tags


def write_echoes(echoes: list[Echo], names: tuple[str, ...], path: Path, *, carrier_frequency: float) -> None:
    """Write echoes as CSV, one a row."""
    with replaced(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for echo in echoes:
            numbers = (
                echo.power_db, echo.range, 2 * echo.range / c, np.degrees(echo.azimuth), np.degrees(echo.elevation),
                echo.velocity, 2 * echo.velocity * carrier_frequency / c,
            )  # fmt: skip
            place = (f"{x:.4f}" for x in echo.last_point)
            plain = (f"{x + 0.0:.9g}" for x in numbers)  # no -0
            writer.writerow([*plain, echo.kinds, *_ends(echo, names), *place, echo.num_paths])
