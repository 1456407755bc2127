"""CSI against the direct sum, and the chain from known symbols to the estimate of a target."""

import numpy as np

from radar_dsp.csi import synthesise_csi
from radar_dsp.estimate import estimate_target
from radar_dsp.gridding import Grid, gridding
from radar_dsp.impairments import Impairments
from radar_dsp.ofdm import RadarConfig
from raysim.paths import point_target
from tests.accuracy.dsp_figure import Figure
from tests.radar_dsp.oracle import POSE, SMALL, direct_csi, philox, random_paths
from tests.radar_dsp.test_gridding import direct_sum, random_waves

CSI_BAR = 1e-4


def channel() -> list[Figure]:
    """CSI of the fast transform against the direct float64 sum, standing and moving paths."""
    rows = []
    small, full = SMALL.model_copy(update={"thermal_noise": False}), RadarConfig(thermal_noise=False)
    for name, config, count, speed in (
        ("300 paths, standing", small, 300, 0.0),
        ("300 paths, moving up to 20 m/s", small, 300, 20.0),
        ("12 moving paths, default grid", full, 12, 8.0),
    ):
        paths = random_paths(count, speed=speed, rng=philox(1))
        got = synthesise_csi(paths, config, pose=POSE, rng=philox(0)).values
        rows.append(_error_row(f"CSI of {name}", got, direct_csi(paths, config, POSE)))
    waves = random_waves(2**15, rng=philox(2), up=(0.3, 0.301), right=(-0.2, -0.199), delay=(1e-7, 1.01e-7))
    grid = Grid(gridding(SMALL))
    for _ in range(32):
        grid.add(waves, 0.0)
    rows.append(_error_row("a million waves, all in one cell", grid.take(), 32 * direct_sum(waves, SMALL, 0.0)))
    return rows


def _error_row(case: str, got: np.ndarray, want: np.ndarray) -> Figure:
    error = np.linalg.norm(got - want) / np.linalg.norm(want)
    return Figure(f"{case}: relative error", f"{error:.1e}", f"{CSI_BAR:.0e}", error <= CSI_BAR)


def chain() -> list[Figure]:
    """Eq. 7 to 9 with phase noise and 10-bit converters in between: the worst error of all eight sign combinations
    of azimuth, elevation and velocity."""
    rows = []
    for modulation in ("qpsk", "64-qam"):
        impairments = Impairments(modulation=modulation, phase_noise_dbc=-100.0, adc_bits=10)
        config = SMALL.model_copy(update={"impairments": impairments})
        worst = 0.0
        for azimuth in (-0.45, 0.3):
            for elevation in (-0.35, 0.25):
                for velocity in (-4.3, 3.1):
                    where = {"distance": 13.7, "azimuth": azimuth, "elevation": elevation, "velocity": velocity}
                    csi = synthesise_csi(point_target(POSE, **where, gain=1e-3), config, pose=POSE, rng=philox(2))
                    found = estimate_target(csi, max_range=30)
                    got = found.range, found.velocity, found.azimuth, found.elevation
                    cells = config.range_resolution, config.velocity_resolution, *(1 / 5, 1 / 4)
                    truth = 13.7, velocity, azimuth, elevation
                    worst = max(worst, *(abs(g - t) / s for g, t, s in zip(got, truth, cells, strict=True)))
        case = f"X -> Y -> H -> peak, {modulation}: worst of range, velocity, azimuth, elevation in cells"
        rows.append(Figure(case, f"{worst:.1e}", "0.05", worst <= 0.05))
    return rows
