"""OFDM numerology: the radar's configuration, the limits that follow from it, and where they are broken."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.constants import c
from scipy.special import sici

from radar_dsp.impairments import Impairments
from radar_dsp.numerology import NORMAL_PREFIX, nr_symbol_time, symbol_duration, symbol_stride
from radar_dsp.presets import PRESETS

Window = Literal["rectangular", "hann", "hamming", "taylor", "chebyshev", "blackman-harris"]
MAX_EIRP_DENSITY = 75.0  # [dBm per 100 MHz] of a base station (47 CFR 30.202)
PositiveInt = Annotated[int, Field(ge=1)]
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Decibel = Annotated[float, Field(allow_inf_nan=False)]


class RadarConfig(BaseModel):
    """Sounding grid, array, link budget and map sizes of the OFDM radar (MaxRay, Tab. 1).

    Besides the fields, `preset` may name an entry of `radar_dsp.presets.PRESETS`; fields given beside it win.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    carrier_frequency: PositiveFloat = Field(28e9, description="Carrier [Hz]; 28 GHz as in the paper (NR band n257).")
    subcarrier_spacing: PositiveFloat = Field(120e3, description="OFDM subcarrier spacing [Hz]; NR numerology 3.")
    comb: PositiveInt = Field(
        4, description="Every comb-th subcarrier is estimated; 4 keeps 312 m unambiguous at a quarter of the data."
    )
    num_subcarriers: PositiveInt = Field(1664, description="Estimated subcarriers; 1664 x 480 kHz = 800 MHz.")
    num_symbols: PositiveInt = Field(32, description="OFDM symbols of a frame; 32 resolve 0.67 m/s.")
    symbol_interval: PositiveFloat = Field(
        250e-6, description="Time between the symbols used [s]; 250 us keeps +-10.7 m/s unambiguous."
    )
    timing: Literal["equidistant", "nr"] = Field(
        "equidistant",
        description="When the symbols used are sent: equidistant, or nr = on the symbol grid of 3GPP TS 38.211 with "
        "its longer first prefix every 0.5 ms; symbol_interval is then a whole number of symbols.",
    )
    gap_subcarriers: int = Field(
        0, ge=0, description="Estimated subcarriers without power in the middle of the grid, between two carriers."
    )
    num_rows: PositiveInt = Field(16, description="Rows of the receive array, counted upwards.")
    num_columns: PositiveInt = Field(16, description="Columns of the receive array, counted rightwards.")
    element_spacing: PositiveFloat = Field(0.5, description="Element spacing [wavelengths]; 0.5 has no grating lobes.")
    beam_squint: bool = Field(
        False, description="Array phases follow the frequency of every subcarrier instead of the carrier's."
    )

    eirp_dbm: Decibel = Field(
        55.0,
        description="Effective isotropic radiated power of the whole grid [dBm]: 256 transmit elements of 23 dBm, "
        "phased to a beam as wide as one element's; 29 dB under what 47 CFR 30.202 allows a base station in 800 MHz.",
    )
    transmit_gain_dbi: Decibel = Field(
        8.0,
        description="Peak gain of the transmit element [dBi], 8 as in 3GPP TR 38.901 Tab. 7.3-1. Path gains already "
        "hold it, so the power behind the element is EIRP minus this gain.",
    )
    noise_figure_db: Decibel = Field(7.0, description="Receiver noise figure [dB]; 7 is common at 28 GHz.")
    temperature: PositiveFloat = Field(290.0, description="Antenna noise temperature [K]; the IEEE reference.")
    thermal_noise: bool = Field(True, description="Add thermal noise to the channel estimate.")

    range_window: Window = Field(
        "hann", description="Over subcarriers; Hann's sidelobes fall 18 dB an octave and clear the far, faint echoes."
    )
    doppler_window: Window = Field(
        "hann", description="Over symbols; periodic Hann keeps static clutter in the three bins around zero, exactly."
    )
    array_window: Window = Field(
        "taylor", description="Over array rows and columns; Taylor 35 dB broadens a beam by only a third."
    )
    heatmap_rows: PositiveInt = Field(480, description="Range rows of the heatmap.")
    heatmap_columns: PositiveInt = Field(640, description="Azimuth columns of the heatmap; the camera's width.")
    heatmap_half_fov_deg: float = Field(
        60.0, gt=0, le=90, description="Half the azimuth span of a heatmap without a camera [deg]."
    )

    impairments: Impairments = Field(default_factory=Impairments, description="Of waveform and hardware; all off.")

    @model_validator(mode="before")
    @classmethod
    def _lay_over_preset(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "preset" not in data:
            return data
        given = dict(data)
        name = given.pop("preset")
        if name not in PRESETS:
            raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {name!r}")
        return PRESETS[name] | given

    @model_validator(mode="after")
    def _check_grid(self) -> "RadarConfig":
        if self.gap_subcarriers and self.gap_subcarriers > self.num_subcarriers - 2:
            raise ValueError(
                f"gap_subcarriers must leave a subcarrier on each side of the {self.num_subcarriers}, "
                f"got {self.gap_subcarriers}"
            )
        if self.timing == "nr":
            symbol_stride(self.symbol_interval, self.subcarrier_spacing)
        return self

    @model_validator(mode="after")
    def _check_timing(self) -> "RadarConfig":
        if self.symbol_interval < self.symbol_duration * (1 - 1e-9):
            raise ValueError(
                f"symbol_interval must be at least one symbol with its cyclic prefix, "
                f"{self.symbol_duration:.3g} s, got {self.symbol_interval:.3g} s"
            )
        return self

    @property
    def tone_spacing(self) -> float:
        """Spacing of the estimated subcarriers [Hz]."""
        return self.comb * self.subcarrier_spacing

    @property
    def bandwidth(self) -> float:
        """Occupied by the grid [Hz]."""
        return self.num_subcarriers * self.tone_spacing

    @property
    def num_resource_elements(self) -> int:
        """Powered subcarriers of one symbol: the whole grid but the gap, not only the comb."""
        return self.comb * (self.num_subcarriers - self.gap_subcarriers)

    @property
    def occupied(self) -> np.ndarray:
        """(num_subcarriers,) bool: the estimated subcarrier carries power; false in the gap between carriers."""
        first = (self.num_subcarriers - self.gap_subcarriers) // 2
        index = np.arange(self.num_subcarriers)
        return (index < first) | (index >= first + self.gap_subcarriers)

    @property
    def wavelength(self) -> float:
        """At the carrier [m]."""
        return c / self.carrier_frequency

    @property
    def cyclic_prefix(self) -> float:
        """Length of the normal cyclic prefix [s]."""
        return NORMAL_PREFIX / self.subcarrier_spacing

    @property
    def symbol_duration(self) -> float:
        """Useful symbol and cyclic prefix [s]."""
        return symbol_duration(self.subcarrier_spacing)

    @property
    def subcarrier_frequency(self) -> np.ndarray:
        """(num_subcarriers,) float64 offsets from the carrier, ascending [Hz]."""
        return (np.arange(self.num_subcarriers) - self.num_subcarriers // 2) * self.tone_spacing

    @property
    def symbol_time(self) -> np.ndarray:
        """(num_symbols,) float64 from the middle of the frame [s]."""
        if self.timing == "nr":
            stride = symbol_stride(self.symbol_interval, self.subcarrier_spacing)
            return nr_symbol_time(self.num_symbols, stride, self.subcarrier_spacing)
        return (np.arange(self.num_symbols) - (self.num_symbols - 1) / 2) * self.symbol_interval

    @property
    def range_resolution(self) -> float:
        """Size of a native range cell, c / 2B [m]."""
        return c / (2 * self.bandwidth)

    @property
    def unambiguous_range(self) -> float:
        """Range after which the map repeats, c / 2 df [m]."""
        return c / (2 * self.tone_spacing)

    @property
    def cyclic_prefix_range(self) -> float:
        """Farthest echo without inter-symbol interference, c T_cp / 2 [m]."""
        return c * self.cyclic_prefix / 2

    @property
    def velocity_resolution(self) -> float:
        """Size of a native Doppler cell, lambda / 2 M T [m/s]."""
        return self.wavelength / (2 * self.num_symbols * self.symbol_interval)

    @property
    def unambiguous_velocity(self) -> float:
        """Half the Doppler span, lambda / 4 T: velocities lie in +- this [m/s]."""
        return self.wavelength / (4 * self.symbol_interval)

    @property
    def azimuth_resolution(self) -> float:
        """Distance of the native azimuth beams at boresight [rad]."""
        return 1 / (self.num_columns * self.element_spacing)

    @property
    def elevation_resolution(self) -> float:
        """Distance of the native elevation beams at boresight [rad]."""
        return 1 / (self.num_rows * self.element_spacing)

    @property
    def processing_gain_db(self) -> float:
        """Gain of coherent processing over all subcarriers, symbols and elements, windows aside [dB]."""
        subcarriers = self.num_subcarriers - self.gap_subcarriers
        return float(10 * np.log10(subcarriers * self.num_symbols * self.num_rows * self.num_columns))

    @property
    def transmit_power_dbm(self) -> float:
        """Power behind the transmit element, the reference of path gains [dBm]."""
        return self.eirp_dbm - self.transmit_gain_dbi


def limits_broken(config: RadarConfig, *, max_range: float, max_speed: float = 0.0) -> list[str]:
    """Tell where a scenario breaks the idealisations of the sounding grid, and by how much.

    Parameters
    ----------
    config : RadarConfig
    max_range : float
        Farthest echo of interest [m].
    max_speed : float
        Largest radial speed [m/s].

    Returns
    -------
    list of str
        One sentence each; empty if nothing is broken.
    """
    found = []
    if max_range > config.unambiguous_range:
        found.append(f"echoes beyond {config.unambiguous_range:.0f} m fold back into the map")
    if max_range > config.cyclic_prefix_range:
        excess = min(2 * (max_range - config.cyclic_prefix_range) / c * config.subcarrier_spacing, 1.0)  # of a symbol
        loss = -20 * np.log10(max(1 - excess, 1e-3))
        interference = 10 * np.log10(2 * excess - excess**2)  # all power that left its subcarrier
        found.append(
            f"echoes beyond {config.cyclic_prefix_range:.0f} m outlast the cyclic prefix: a real receiver would lose "
            f"{loss:.2f} dB at {max_range:.0f} m and see inter-symbol interference "
            f"{interference:.0f} dB from the echo, which is not modelled"
        )
    if max_speed > config.unambiguous_velocity:
        found.append(f"radial speeds above {config.unambiguous_velocity:.1f} m/s fold over in Doppler")
    walk = max_speed * config.num_symbols * config.symbol_interval / config.range_resolution
    if walk > 0.5:
        peak = 2 / (np.pi * walk) * sici(np.pi * walk / 2)[0]  # mean of sinc over the walk
        found.append(
            f"a target at {max_speed:.1f} m/s walks {walk:.1f} range cells during the frame and loses "
            f"{-20 * np.log10(peak):.2f} dB at its peak (rectangular windows)"
        )
    doppler = 2 * max_speed / config.wavelength / config.subcarrier_spacing
    if doppler > 0.02:  # inter-carrier interference (pi f_D T)^2 / 3 reaches -29 dB
        found.append(f"inter-carrier interference would reach {10 * np.log10((np.pi * doppler) ** 2 / 3):.0f} dB")
    density = config.eirp_dbm - 10 * np.log10(max(config.bandwidth, 100e6) / 100e6)
    if density > MAX_EIRP_DENSITY:
        found.append(f"EIRP of {density:.1f} dBm per 100 MHz is above {MAX_EIRP_DENSITY:g} dBm (47 CFR 30.202)")
    return found


def describe(config: RadarConfig) -> str:
    """Return the numerology and its limits as a text of ``name  value`` lines."""
    from radar_dsp.noise import noise_variance

    velocity = f"{config.velocity_resolution:.3g} m/s, unambiguous +-{config.unambiguous_velocity:.3g} m/s"
    azimuth, elevation = np.degrees([config.azimuth_resolution, config.elevation_resolution])
    gap = f"{config.gap_subcarriers} in the middle empty" if config.gap_subcarriers else "contiguous"
    rows = {
        "carrier": f"{config.carrier_frequency / 1e9:g} GHz, wavelength {config.wavelength * 1e3:.2f} mm",
        "subcarriers": f"{config.num_subcarriers} x {config.tone_spacing / 1e3:g} kHz = {config.bandwidth / 1e6:.0f} "
        f"MHz (every {config.comb}. of {config.subcarrier_spacing / 1e3:g} kHz), {gap}",
        "symbols": f"{config.num_symbols}, {config.symbol_interval * 1e6:g} us apart"
        + (", on the NR grid" if config.timing == "nr" else ""),
        "array": f"{config.num_rows} rows x {config.num_columns} columns, {config.element_spacing:g} wavelengths apart",
        "range": f"resolution {config.range_resolution:.3g} m, unambiguous {config.unambiguous_range:.0f} m, "
        f"within the cyclic prefix {config.cyclic_prefix_range:.0f} m",
        "radial velocity": f"resolution {velocity}, closing positive",
        "beams": f"{azimuth:.1f} deg in azimuth, {elevation:.1f} deg in elevation at boresight",
        "processing gain": f"{config.processing_gain_db:.1f} dB before window losses",
        "link budget": f"EIRP {config.eirp_dbm:g} dBm, transmit element {config.transmit_gain_dbi:g} dBi, noise figure "
        f"{config.noise_figure_db:g} dB: noise {10 * np.log10(noise_variance(config)):.1f} dB per resource element, "
        "relative to |gain|^2",
        "windows": f"range {config.range_window}, Doppler {config.doppler_window}, array {config.array_window}",
        "impairments": ", ".join(f"{name} {value}" for name, value in config.impairments.switched_on()) or "none",
    }
    return "\n".join(f"{name:16} {value}" for name, value in rows.items())
