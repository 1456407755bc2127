"""What the levels of a map count from: noise, path gain, radar cross-section or full scale of the converters.

Every level is ``10 lg (P / reference)``; the reference is the linear power of a cell of the map at 0 dB.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.constants import c

from radar_dsp.csi import Csi
from radar_dsp.heatmap import Heatmap, Level
from radar_dsp.levels import beam_gain, cube_gain, heatmap_gain, radar_cross_section_dbsm, range_doppler_gain
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import PowerCube, RangeDoppler, decibels_over

BLIND = 20.0  # [dB] under the best direction of both antennas together: 59 degrees for 3GPP TR 38.901
Antennas = Callable[[float, float], float]
UNITS: dict[Level, str] = {"noise": "dB", "gain": "dB", "dbsm": "dBsm", "dbfs": "dBFS"}


@dataclass(frozen=True)
class Scale:
    """Level of a map's cells.

    Attributes
    ----------
    level : str
        noise, gain (|path gain|^2), dbsm (radar cross-section of a point target in free space) or dbfs.
    reference : float or (...) float64
        Linear power of a cell at 0 dB; broadcasts over the map.
    """

    level: Level
    reference: float | np.ndarray

    def decibels(self, power: np.ndarray) -> np.ndarray:
        """(...) float32 level of linear power [`UNITS`]; 120 dB under 0 dB where there is none."""
        return decibels_over(power / self.reference, 1.0)[0]

    def rows(self, rows: slice) -> "Scale":
        """Scale of some rows of the map."""
        return replace(self, reference=self.reference[rows]) if isinstance(self.reference, np.ndarray) else self


@dataclass(frozen=True)
class Calibration:
    """What turns power into levels.

    Attributes
    ----------
    level : str
        As of `Scale`.
    config : RadarConfig
        Of the windows.
    csi : Csi or None
        What was measured; None = on the grid of `config`.
    antennas : callable or None
        Transmit plus receive gain [dB] towards azimuth and elevation [rad]; needed for dbsm.
    full_scale_db : float or None
        From `radar_dsp.levels.full_scale_db`; needed for dbfs.
    """

    level: Level
    config: RadarConfig
    csi: Csi | None = None
    antennas: Antennas | None = None
    full_scale_db: float | None = None

    def of_cube(self, cube: PowerCube) -> Scale:
        """Scale of a native cube; directions are those of the beams at the height of boresight."""
        gain = cube_gain(self.config, self.csi)
        antennas = self._antennas(np.zeros(1), cube.azimuth)[0, :, None]
        return self._scale(gain, noise_of(cube), cube.range, antennas)

    def of_peak(self, power: float, distance: float, azimuth: float) -> float | None:
        """Level [`UNITS`] of a cell of the native cube whose peak lies at a range [m] and azimuth [rad].

        Antennas as in `of_cube`. None = no power, or no range, which has no cross-section. ValueError for levels
        over noise, which take the noise of the cube.
        """
        if self.level == "noise":
            raise ValueError("the level of a peak over noise follows from the noise of its cube")
        if power <= 0 or distance <= 0:
            return None
        gain, antennas = cube_gain(self.config, self.csi), self._antennas(np.zeros(1), np.sin([azimuth]))[0]
        place = np.array([distance])
        scale = self._cross_sections(gain, place, antennas) if self.level == "dbsm" else self._constant(gain)
        return float(scale.decibels(np.array([power]))[0])

    def of_beams(self, distance: np.ndarray, elevation: np.ndarray, azimuth: np.ndarray) -> Scale:
        """Scale of a full cube from its axes, see `radar_dsp.beam_cube`; ValueError for noise that is unknown."""
        noise = None if self.csi is None else self.csi.noise_variance
        if self.level == "noise" and noise is None:
            raise ValueError("the level over noise in a cube of all beams needs a csi of known noise_variance")
        antennas = self._antennas(elevation, azimuth)[..., None]
        return self._scale(beam_gain(self.config, self.csi), noise or 1.0, distance, antennas)

    def of_range_angle(self, cube: PowerCube) -> Scale:
        """Scale of the range-azimuth-beam map, the sum of a cube over Doppler; antennas as in `of_cube`.

        A path within the bins that are summed has the power that it has in all of them. Cross-sections are NaN where
        the antennas see little (`BLIND`): noise would pass for large objects there. Levels over noise depend on how
        many bins are summed: ValueError.
        """
        if self.level == "noise":
            raise ValueError("the level over noise of a sum over Doppler bins follows from the number of bins")
        antennas = self._antennas(np.zeros(1), cube.azimuth)[0]
        antennas = np.where(antennas > antennas.max() - BLIND, antennas, np.nan)
        return self._scale(heatmap_gain(self.config, self.csi), 1.0, cube.range, antennas)

    def of_range_doppler(self, radar_map: RangeDoppler) -> Scale:
        """Scale of a range-Doppler map; it holds all directions, so antennas count as at boresight."""
        gain = range_doppler_gain(self.config, self.csi)
        return self._scale(gain, noise_of(radar_map), radar_map.range, self._antennas(np.zeros(1), np.zeros(1))[0])

    def heatmap(self, heatmap: Heatmap) -> Heatmap:
        """Return a heatmap whose decibels are of this level; ValueError if its `noise_power` is unknown."""
        if heatmap.noise_power is None:
            raise ValueError("a level other than noise needs a heatmap with its noise_power")
        antennas = self._antennas(np.zeros(1), np.sin(heatmap.azimuth))[0]
        scale = self._scale(heatmap_gain(self.config, self.csi), heatmap.noise_power, heatmap.range, antennas)
        if self.level == "noise":
            return heatmap
        offset = 10 * np.log10(heatmap.noise_power / scale.reference)
        decibels = (heatmap.decibels + offset).astype(np.float32)
        return replace(heatmap, decibels=decibels, noise_power=None, noise_is_estimated=False, level=self.level)

    def _antennas(self, up: np.ndarray, right: np.ndarray) -> np.ndarray:
        """(num_up, num_right) float64 gain of both antennas towards direction cosines [dB]."""
        found = np.zeros((len(up), len(right)))
        if self.level != "dbsm":
            return found
        if self.antennas is None:
            raise ValueError("radar cross-sections need the gain of the antennas")
        for i, j in np.ndindex(found.shape):
            reach = max(float(np.hypot(up[i], right[j])), 1.0)  # beams that look nowhere count as those at the rim
            elevation = np.arcsin(up[i] / reach)
            sine = right[j] / reach / max(float(np.cos(elevation)), 1e-9)
            found[i, j] = self.antennas(float(np.arcsin(np.clip(sine, -1, 1))), float(elevation))
        return found

    def _scale(self, gain: float, noise: float, distance: np.ndarray, antennas: np.ndarray) -> Scale:
        """Scale of a map of ranges and further axes, in which an on-bin path of |gain|^2 = 1 has the power `gain`."""
        if self.level == "noise":
            return Scale(self.level, noise)
        if self.level != "dbsm":
            return self._constant(gain)
        if len(distance) < 2:
            raise ValueError(f"radar cross-sections need a map of at least 2 range cells, got {len(distance)}")
        nearest = np.maximum(distance, (distance[1] - distance[0]) / 2)  # where cell 0 ends
        return self._cross_sections(gain, nearest.reshape(-1, *(1,) * antennas.ndim), antennas)

    def _constant(self, gain: float) -> Scale:
        """Scale of path gain or of full scale, the same in all cells."""
        if self.level == "gain":
            return Scale(self.level, gain)
        if self.full_scale_db is None:
            raise ValueError("the level over full scale needs full_scale_db, which takes CSI")
        return Scale(self.level, gain * 10 ** (self.full_scale_db / 10))

    def _cross_sections(self, gain: float, distance: np.ndarray, antennas: np.ndarray) -> Scale:
        """Scale of cross-sections at ranges [m] and antennas' gains [dB] that broadcast."""
        wavelength = c / (self.config if self.csi is None else self.csi).carrier_frequency
        of_unit_path = radar_cross_section_dbsm(np.zeros(1), distance, wavelength, antenna_gain_db=antennas)
        return Scale(self.level, gain / 10 ** (of_unit_path / 10))


def noise_of(radar_map: PowerCube | RangeDoppler) -> float:
    """Return the noise power of a map's cell, as known or as `decibels_over` estimates it."""
    return decibels_over(radar_map.power, radar_map.noise_power)[1]
