"""Directions found in range-Doppler cells as rows of a table. Slow to import."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.constants import c

from radar_dsp.cli_input import CubeInput
from radar_dsp.cli_options import Detector
from radar_dsp.crb import SoundingGrid
from radar_dsp.csi import Csi
from radar_dsp.doa import Direction, Method, direction_spectrum, find_directions
from radar_dsp.estimate import Peak
from radar_dsp.plot import plot_spectrum
from radar_dsp.target_rows import refined_targets
from radar_dsp.windows import Weights

UNITS = {"cell": "1", "range": "m", "velocity": "m/s", "azimuth": "rad", "elevation": "rad", "snr_db": "dB"}


def object_cells(read: CubeInput, csi: Csi, detector: Detector) -> list[Peak]:
    """Range-Doppler cells of the detected objects, each cell once, strongest first."""
    size = SoundingGrid.of_csi(csi).cells
    cells: dict[tuple[int, int], Peak] = {}
    for target in refined_targets(read, csi, detector)[0]:
        place = round(target.range / size[3]), round(target.velocity / size[2])
        cells.setdefault(place, Peak(target.range, target.velocity, target.right, target.up))
    return list(cells.values())


def cell_at(csi: Csi, distance: float, velocity: float, max_range: float) -> Peak:
    """Return a cell by range [m] and velocity [m/s]; ValueError if the maps do not reach there."""
    fastest = c / (4 * csi.carrier_frequency * csi.symbol_interval)
    if not 0 <= distance <= max_range:
        raise ValueError(f"--at-range must lie in 0..{max_range:.1f} m, got {distance}")
    if not -fastest <= velocity <= fastest:
        raise ValueError(f"--at-velocity must lie in +-{fastest:.2f} m/s (unambiguous), got {velocity}")
    return Peak(distance, velocity, 0.0, 0.0)


@dataclass(frozen=True)
class CellDirections:
    """Directions found in one range-Doppler cell.

    Attributes
    ----------
    cell : Peak
    found : list of Direction
    """

    cell: Peak
    found: list[Direction]


def cell_directions(csi: Csi, cells: Sequence[Peak], weights: Weights, finder: Method, order: int | None):
    """Find directions in cells; parameters as of `find_directions`. Returns a list of `CellDirections`."""
    return [CellDirections(cell, find_directions(csi, cell, finder, order=order, weights=weights)) for cell in cells]


def direction_rows(csi: Csi, cells: Sequence[CellDirections]) -> list[dict[str, Any]]:
    """Return columns of `UNITS` for every direction; what cannot be told is None."""
    rows, columns = csi.values.shape[:2]
    return [
        {
            "cell": number,
            "range": each.cell.range,
            "velocity": each.cell.velocity,
            "azimuth": _known(found.azimuth) if columns > 1 else None,
            "elevation": _known(found.elevation) if rows > 1 else None,
            "snr_db": None if not csi.noise_variance else float(10 * np.log10(found.power / csi.noise_variance)),
        }
        for number, each in enumerate(cells, 1)
        for found in each.found
    ]


def check_drawable(csi: Csi, cells: Sequence[CellDirections]) -> None:
    """Raise ValueError unless there is a cell and the array has rows and columns."""
    if not cells:
        raise ValueError("nothing detected: there is no cell to draw; give --at-range and --at-velocity")
    if min(csi.values.shape[:2]) < 2:
        raise ValueError(f"a picture of directions needs 2 rows and 2 columns, got {csi.values.shape[:2]}")


def plot_cell(
    path: Path, csi: Csi, each: CellDirections, weights: Weights, finder: Method, order: int | None, *, title: str
) -> None:
    """Draw the finder's spectrum of a cell with its directions."""
    spectrum = direction_spectrum(csi, each.cell, finder, order, weights=weights)
    place = f"{each.cell.range:.2f} m, {round(each.cell.velocity, 2) + 0.0:.2f} m/s, {finder}"
    plot_spectrum(spectrum, [(d.up, d.right) for d in each.found], path, title=f"{title}, {place}")


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def table_text(rows: Sequence[dict[str, Any]]) -> str:
    """Table for a terminal, in metres, m/s, degrees and dB; one line a direction."""
    lines = [f"{'cell':>4} {'range':>8} {'velocity':>9} {'azimuth':>9} {'elevation':>9} {'SNR':>7}"]
    lines.append(f"{'':4} {'[m]':>8} {'[m/s]':>9} {'[deg]':>9} {'[deg]':>9} {'[dB]':>7}")
    for row in rows:
        angles = [None if row[name] is None else np.degrees(row[name]) for name in ("azimuth", "elevation")]
        cells = [_text(row["range"], 8, 2), _text(row["velocity"], 9, 2)]
        cells += [_text(angle, 9, 2) for angle in angles] + [_text(row["snr_db"], 7, 1)]
        lines.append(f"{row['cell']:4d} {' '.join(cells)}")
    return "\n".join(lines)


def _text(value: float | None, width: int, digits: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{round(value, digits) + 0.0:{width}.{digits}f}"
