"""The transform of many waves against plain sums, and its kernel against theory."""

import numpy as np
import pytest
from scipy.integrate import quad

from radar_dsp.gridding import ARRAY_OVERSAMPLING, DELAY_OVERSAMPLING, ROUND, Grid, gridding
from radar_dsp.kaiser_bessel import DEGREE, HALF, WIDTH, kernel_spectrum, kernel_table, shape_parameter
from radar_dsp.waves import Waves
from tests.radar_dsp.oracle import SMALL, philox


def random_waves(count, *, rng, up=(-1, 1), right=(-1, 1), delay=(0, 2e-6)) -> Waves:
    gain = rng.normal(size=count) + 1j * rng.normal(size=count)
    ranges = delay, (-5e-8, 5e-8), (-1e-6, 1e-6), up, right
    return Waves(gain, *(rng.uniform(*limits, count) for limits in ranges))


def direct_sum(waves, config, time) -> np.ndarray:
    """(rows, columns, subcarriers) channel in float64, one factor an axis."""
    delay = waves.delay + waves.rate * time + waves.acceleration * time**2 / 2
    frequency = config.carrier_frequency + config.subcarrier_frequency
    row, column = (np.arange(n) - (n - 1) / 2 for n in (config.num_rows, config.num_columns))
    tones = np.exp(-2j * np.pi * np.mod(np.outer(delay, frequency), 1))
    up = np.exp(2j * np.pi * config.element_spacing * np.outer(waves.up, row))
    right = np.exp(2j * np.pi * config.element_spacing * np.outer(waves.right, column))
    return np.einsum("lr,lck->rck", waves.gain[:, None] * up, right[:, :, None] * tones[:, None])


def relative_error(got, truth) -> float:
    return float(np.linalg.norm(got - truth) / np.linalg.norm(truth))


@pytest.mark.parametrize("oversampling", [DELAY_OVERSAMPLING, ARRAY_OVERSAMPLING, 2.0])
def test_the_kernel_table_and_its_spectrum_agree(oversampling):
    """Quadrature over the tabled polynomials gives the closed form that is divided out."""
    beta = shape_parameter(oversampling)
    table = kernel_table(beta).astype(float)

    def kernel(x):
        j = int(np.floor(x)) + HALF
        return np.polyval(table[:, j], x + HALF - j)

    assert table.shape == (DEGREE + 1, WIDTH)
    for frequency in (0.0, 0.1, 0.5 / oversampling):
        parts = [
            quad(lambda x, f=frequency: kernel(x) * np.cos(2 * np.pi * f * x), j, j + 1 - 1e-12, epsabs=1e-12)[0]
            for j in range(-HALF, HALF)
        ]
        assert sum(parts) == pytest.approx(float(kernel_spectrum(beta, np.array(frequency))), abs=1e-6)


@pytest.mark.parametrize("time", [0.0, -2.3e-3])
def test_waves_anywhere_equal_the_direct_sum(time):
    """Delays beyond the unambiguous one, cosines of one and minus one, and both edges of the grid."""
    waves = random_waves(200, rng=philox(1), delay=(-1e-6, 3e-6))
    waves.up[:4], waves.right[:4], waves.delay[4:6] = (1, 1, -1, -1), (1, -1, 1, -1), (0, 1 / SMALL.tone_spacing)
    grid = Grid(gridding(SMALL))
    grid.add(waves, time)
    assert relative_error(grid.take(), direct_sum(waves, SMALL, time)) < 1e-5


def test_a_million_waves_of_one_cell_keep_their_sum():
    """The hardest case for float32: everything adds to the same cells. Rounds bound the loss."""
    config = SMALL.model_copy(update={"num_rows": 4, "num_columns": 4, "num_subcarriers": 32})
    some = random_waves(2**15, rng=philox(2), up=(0.3, 0.301), right=(-0.2, -0.199), delay=(1e-7, 1.01e-7))
    repeats = 32
    grid = Grid(gridding(config))
    for _ in range(repeats):
        grid.add(some, 0.0)
    assert len(some.gain) > 3 * ROUND
    assert relative_error(grid.take(), repeats * direct_sum(some, config, 0.0)) < 1e-4


def test_a_grid_is_empty_after_it_is_taken():
    grid = Grid(gridding(SMALL))
    grid.add(random_waves(50, rng=philox(3)), 0.0)
    assert np.abs(grid.take()).max() > 0
    assert (grid.take() == 0).all()
    waves = random_waves(50, rng=philox(4))
    grid.add(waves, 0.0)
    fresh = Grid(gridding(SMALL))
    fresh.add(waves, 0.0)
    assert grid.take().tobytes() == fresh.take().tobytes()


def test_the_order_of_waves_costs_no_more_than_rounding():
    waves = random_waves(3 * ROUND, rng=philox(5))
    channels = []
    for order in (np.argsort(waves.delay), philox(6).permutation(len(waves.gain))):
        grid = Grid(gridding(SMALL))
        grid.add(waves.pick(order), 0.0)
        channels.append(grid.take())
    assert relative_error(*channels) < 1e-5


@pytest.mark.parametrize("rows, columns, tones", [(1, 1, 2), (1, 3, 7), (40, 2, 5)])
def test_any_size_of_array_and_comb(rows, columns, tones):
    config = SMALL.model_copy(update={"num_rows": rows, "num_columns": columns, "num_subcarriers": tones})
    waves = random_waves(30, rng=philox(7))
    grid = Grid(gridding(config))
    grid.add(waves, 1e-3)
    got = grid.take()
    assert got.shape == (rows, columns, tones) and got.dtype == np.complex64
    assert relative_error(got, direct_sum(waves, config, 1e-3)) < 1e-5
