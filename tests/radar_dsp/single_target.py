"""Random single targets in noise of a chosen post-processing SNR: the fixture of bounds and estimators."""

from dataclasses import dataclass, replace

import numpy as np

from radar_dsp.crb import Deviations, SoundingGrid, cramer_rao_bounds
from radar_dsp.csi import Csi
from radar_dsp.estimate import TargetEstimate
from radar_dsp.noise import complex_normal
from radar_dsp.ofdm import RadarConfig
from raysim.paths import concatenate, point_target
from tests.radar_dsp.oracle import POSE, direct_csi

TINY = RadarConfig(
    num_subcarriers=32, comb=52, num_symbols=8, num_rows=6, num_columns=6, symbol_interval=400e-6, thermal_noise=False
)
MEDIUM = TINY.model_copy(update={"num_subcarriers": 64, "comb": 26, "num_symbols": 16, "num_rows": 8, "num_columns": 8})
PARAMETERS = ("range", "velocity", "azimuth", "elevation")


@dataclass(frozen=True)
class Target:
    distance: float
    azimuth: float
    elevation: float
    velocity: float


def random_target(config: RadarConfig, *, rng: np.random.Generator) -> Target:
    """Anywhere between the cells of the map, off its edges."""
    return Target(
        distance=rng.uniform(0.1, 0.9) * min(config.unambiguous_range, 40),
        azimuth=rng.uniform(-0.6, 0.6),
        elevation=rng.uniform(-0.6, 0.6),
        velocity=rng.uniform(-0.8, 0.8) * config.unambiguous_velocity,
    )


def measure(config: RadarConfig, targets: list[Target], gains=None) -> Csi:
    """Noiseless CSI of point targets (of gain 1 if not given), by the direct sum."""
    gains = np.ones(len(targets)) if gains is None else gains
    paths = concatenate([point_target(POSE, **vars(t), gain=g) for t, g in zip(targets, gains, strict=True)])
    return Csi(
        direct_csi(paths, config, POSE).astype(np.complex64),
        config.subcarrier_frequency,
        config.symbol_time,
        config.carrier_frequency,
        config.element_spacing,
        POSE,
        None,
    )


def add_noise(csi: Csi, post_snr: float, *, rng: np.random.Generator) -> Csi:
    """Noise that leaves a unit path this linear SNR after coherent processing."""
    variance = csi.values.size / post_snr
    values = csi.values + complex_normal(csi.values.shape, variance, rng=rng)
    return replace(csi, values=values, noise_variance=variance)


def normalised_errors(config: RadarConfig, post_snr_db: float, trials: int, estimator, *, rng) -> np.ndarray:
    """(trials, 4) errors of range, velocity, azimuth, elevation over their Cramer-Rao bounds."""
    grid, post_snr = SoundingGrid.of_config(config), 10 ** (post_snr_db / 10)
    rows = []
    for _ in range(trials):
        target = random_target(config, rng=rng)
        found: TargetEstimate = estimator(add_noise(measure(config, [target]), post_snr, rng=rng))
        bound: Deviations = cramer_rao_bounds(
            grid, post_snr=post_snr, azimuth=target.azimuth, elevation=target.elevation
        )
        truth = (target.distance, target.velocity, target.azimuth, target.elevation)
        rows.append([(getattr(found, n) - t) / getattr(bound, n) for n, t in zip(PARAMETERS, truth, strict=True)])
    return np.array(rows)
