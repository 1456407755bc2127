"""Settings of the radar's antennas, and what they become for the tracer's kernels."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from raysim.antenna import Antenna, Pattern, fixed_antenna, horn, patch, tabulated
from raysim.transmit_array import TransmitArray, steered_array

Polarisation = Literal["V", "H"]
_BELONGS_TO = {
    "azimuth_beamwidth": ("horn",),
    "elevation_beamwidth": ("horn",),
    "exponent": ("patch",),
    "peak_gain_dbi": ("horn", "patch"),
}


class AntennaConfig(BaseModel):
    """One element."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    pattern: Literal["isotropic", "tr38901", "horn", "patch", "table"] = Field(description="Element pattern.")
    azimuth_beamwidth: float = Field(0.35, ge=1e-3, le=2.09, description="Half-power beamwidth of a horn [rad].")
    elevation_beamwidth: float = Field(0.35, ge=1e-3, le=2.09, description="Half-power beamwidth of a horn [rad].")
    exponent: float = Field(2.0, ge=0, le=1000, description="Of a patch's power pattern cos^q [1].")
    peak_gain_dbi: float | None = Field(
        None, ge=-60, le=80, description="Peak of a horn or a patch [dBi]; null = without losses."
    )
    table: Path | None = Field(
        None,
        description="Text file of a table: rows of azimuth [deg], elevation [deg], gain [dBi], a full regular grid.",
    )

    @model_validator(mode="after")
    def _table_belongs_to_its_pattern(self):
        if (self.pattern == "table") != (self.table is not None):
            raise ValueError(f"a table file goes with the pattern table, got {self.pattern} with {self.table}")
        for name, patterns in _BELONGS_TO.items():
            if getattr(self, name) != AntennaConfig.model_fields[name].default and self.pattern not in patterns:
                raise ValueError(f"{name} is for {' and '.join(patterns)}, got {self.pattern}")
        return self


class ArrayConfig(BaseModel):
    """A transmit array with one steered beam."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rows: int = Field(1, ge=1, le=256, description="Elements up [1].")
    columns: int = Field(1, ge=1, le=256, description="Elements to the right [1].")
    spacing: float = Field(0.5, ge=0.01, le=100, description="Between elements, in wavelengths [1].")
    azimuth: float = Field(0.0, ge=-np.pi / 2, le=np.pi / 2, description="Of the beam, positive right [rad].")
    elevation: float = Field(0.0, ge=-np.pi / 2, le=np.pi / 2, description="Of the beam, positive up [rad].")

    def build(self, wavelength: float) -> TransmitArray:
        """Return the array at a wavelength [m]."""
        return steered_array(
            self.rows, self.columns, self.spacing * wavelength, wavelength, self.azimuth, self.elevation
        )


def build_antenna(config: AntennaConfig) -> Antenna:
    """Build the element that a configuration describes.

    Parameters
    ----------
    config : AntennaConfig

    Returns
    -------
    Antenna

    Raises
    ------
    ValueError
        For a table that is no full regular grid.
    FileNotFoundError
        For a table that is not there.
    """
    if config.pattern == "table":
        return _read_table(Path(str(config.table)))
    if config.pattern not in ("horn", "patch"):
        return fixed_antenna(Pattern[config.pattern.upper()])
    if config.pattern == "horn":
        element = horn(config.azimuth_beamwidth, config.elevation_beamwidth)
    else:
        element = patch(config.exponent)
    if config.peak_gain_dbi is None:
        return element
    return element._replace(parameters=np.r_[10 ** (config.peak_gain_dbi / 10), element.parameters[1:]])


def _read_table(path: Path) -> Antenna:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such antenna table")
    try:
        rows = np.loadtxt(path, delimiter="," if "," in path.read_text(encoding="utf-8") else None, ndmin=2)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a table of numbers: {error}") from None
    if rows.shape[1:] != (3,):
        raise ValueError(f"{path}: needs rows of azimuth, elevation and gain, got {rows.shape[1]} columns")
    azimuth, column = np.unique(rows[:, 0], return_inverse=True)
    elevation, row = np.unique(rows[:, 1], return_inverse=True)
    gain = np.full((len(elevation), len(azimuth)), np.nan)
    gain[row, column] = rows[:, 2]
    if len(rows) != gain.size or np.isnan(gain).any():
        raise ValueError(f"{path}: {len(rows)} rows are no full grid of {len(elevation)} x {len(azimuth)} directions")
    try:
        return tabulated(np.deg2rad(azimuth), np.deg2rad(elevation), gain)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
