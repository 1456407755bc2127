"""Channel state information of the receive array from propagation paths (MaxRay, Eq. 7-8).

``H[a, m, k] = sum_l gain_l exp(-j 2 pi (fc + k df) tau_l(t_m)) exp(j k0 x_a . arrival_l) + noise`` with
``tau_l(t) = delay + delay_rate t + delay_acceleration t^2 / 2``. The printed Eq. 8 adds the Doppler and the
distance exponentials; they multiply, and the distance exponent is negative for this time factor.

The sum over a million paths is a non-uniform FFT (`radar_dsp.gridding`), once for the static paths as their blocks
come in, once a symbol for the moving ones, which are kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue

import numpy as np

from radar_dsp import slow_paths
from radar_dsp.gridding import Grid, gridding
from radar_dsp.noise import noise_streams, noise_variance
from radar_dsp.ofdm import RadarConfig
from radar_dsp.waveform import noise_factor, receiver
from radar_dsp.waves import Waves
from raysim.paths import Paths

STATIC_PHASE = 5e-5  # [rad] a path that turns less than this to either side is static; keeps the sum's 1e-4
SYMBOL_JITTER = 0.15  # of a step: what NR's longer prefixes move a symbol at 480 kHz
BATCH = 2**17  # paths taken up at a time: what is worked out of them is small beside the CSI
LANES = 2  # sums of batches in turn, fixed so that the bytes do not depend on the number of threads


@dataclass(frozen=True)
class Csi:
    """Channel estimate of one frame.

    Attributes
    ----------
    values : (num_rows, num_columns, num_symbols, num_subcarriers) complex64
        On the scale of path gains; rows count upwards, columns rightwards.
    subcarrier_frequency : (num_subcarriers,) float64
        Offsets from the carrier, ascending and equidistant [Hz]; without power in a gap between carriers, where
        the values are zero.
    symbol_time : (num_symbols,) float64
        From the middle of the frame, equidistant within `SYMBOL_JITTER` of a step [s].
    carrier_frequency : float
        [Hz].
    element_spacing : float
        [wavelengths].
    pose : (4, 4) float64
        Receive array to world; x right, y down, z forward.
    noise_variance : float or None
        Expected thermal noise E|w|^2 of a coefficient, whether or not it was added; None = unknown (measured data).
    """

    values: np.ndarray
    subcarrier_frequency: np.ndarray
    symbol_time: np.ndarray
    carrier_frequency: float
    element_spacing: float
    pose: np.ndarray
    noise_variance: float | None

    def __post_init__(self):
        want = (*self.values.shape[:2], len(self.symbol_time), len(self.subcarrier_frequency))
        if self.values.ndim != 4 or self.values.shape != want or self.values.dtype != np.complex64:
            raise ValueError(
                f"csi must be complex64 (rows, columns, symbols, subcarriers) matching {want[2]} symbol times and "
                f"{want[3]} subcarriers, got {self.values.dtype} {self.values.shape}"
            )
        for name, axis, stray in (
            ("subcarrier_frequency", self.subcarrier_frequency, 1e-6),
            ("symbol_time", self.symbol_time, SYMBOL_JITTER),
        ):
            line = np.linspace(axis[0], axis[-1], len(axis)) if len(axis) else axis
            step = (axis[-1] - axis[0]) / (len(axis) - 1) if len(axis) > 1 else 1.0
            if not (step > 0 and np.abs(axis - line).max(initial=0) <= stray * step):
                raise ValueError(f"csi {name} must ascend in equal steps")
        if not (0 < self.carrier_frequency < np.inf and 0 < self.element_spacing < np.inf):
            raise ValueError(
                "csi needs positive carrier frequency and element spacing, both finite, got "
                f"{self.carrier_frequency} Hz and {self.element_spacing} wavelengths"
            )
        if self.noise_variance is not None and not self.noise_variance > 0:
            raise ValueError(f"csi noise_variance must be positive, got {self.noise_variance}")

    @property
    def tone_spacing(self) -> float:
        """Spacing of the subcarriers [Hz]."""
        return _step(self.subcarrier_frequency, "subcarriers")

    @property
    def symbol_interval(self) -> float:
        """Time between symbols [s]."""
        return _step(self.symbol_time, "symbols")


def _step(axis: np.ndarray, name: str) -> float:
    if len(axis) < 2:
        raise ValueError(f"needs at least 2 {name}, got {len(axis)}")
    return float(axis[-1] - axis[0]) / (len(axis) - 1)


def _waves(pieces: list[Paths], pose: np.ndarray, config: RadarConfig) -> Waves:
    """Paths in the axes of the array, in order of delay. Raises ValueError if one is not finite."""
    axes = np.stack([-pose[:3, 1], pose[:3, 0]])  # up, right
    rows = [
        (p.gain, p.delay, p.delay_rate, p.delay_acceleration, *np.einsum("ai,li->al", axes, p.arrival)) for p in pieces
    ]
    waves = _joined(rows)
    for name, column in waves._asdict().items():
        if not np.isfinite(column).all():
            raise ValueError(f"paths hold a {name} that is not finite")
    return _by_delay(waves, config)


def _joined(rows: Iterable[tuple[np.ndarray, ...]]) -> Waves:
    return Waves(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def _by_delay(waves: Waves, config: RadarConfig) -> Waves:
    """Order that keeps neighbours on the grid together; 16 bits of a turn, which numpy sorts in linear time."""
    turns = config.tone_spacing * waves.delay
    return waves.pick(np.argsort((65536 * (turns - np.floor(turns))).astype(np.uint16), kind="stable"))


def _turn(waves: Waves, config: RadarConfig) -> np.ndarray:
    """(num_paths,) phase that a path turns by from the middle of the frame to either end, at most [rad]."""
    half = config.num_symbols * config.symbol_interval / 2
    walk = np.abs(waves.rate) * half + np.abs(waves.acceleration) * half**2 / 2  # [s]
    return 2 * np.pi * (config.carrier_frequency + config.bandwidth / 2) * walk


def _part_slow(movers: Waves, config: RadarConfig) -> tuple[Waves, Waves]:
    """Slow and fast paths; all are fast where there are too few of the slow."""
    slow = _turn(movers, config) <= slow_paths.PHASE
    if slow.sum() < slow_paths.LEAST or config.num_symbols <= slow_paths.NODES:
        slow[:] = False
    return movers.pick(slow), movers.pick(~slow)


def _batches(blocks: Iterable[Paths]) -> Iterator[list[Paths]]:
    """Pieces of blocks of any size, `BATCH` paths or a little more at a time."""
    pieces: list[Paths] = []
    for block in blocks:
        for start in range(0, len(block), BATCH):
            pieces.append(block.select(slice(start, start + BATCH)))
            if sum(map(len, pieces)) >= BATCH:
                yield pieces
                pieces = []
    if pieces:
        yield pieces


class _Transform:
    """Sums of waves, in as many threads as there are grids."""

    def __init__(self, config: RadarConfig, threads: int):
        self._squint = None
        if config.beam_squint:  # array phases that follow the frequency
            from radar_dsp.squint import squint  # numba is slow to import

            self._squint = squint(config)
        plan = gridding(self._squint.config if self._squint else config)
        self.grids = [Grid(plan) for _ in range(max(threads, LANES))]
        self._free: SimpleQueue[Grid] = SimpleQueue()
        for grid in self.grids:
            self._free.put(grid)

    def __call__(self, waves: Waves, time: float) -> np.ndarray:
        """(rows, columns, subcarriers) complex64 channel of waves at one time [s]."""
        grid = self._free.get()
        grid.add(waves, time)
        channel = grid.take()
        self._free.put(grid)
        return self.of_array(channel)

    def of_array(self, channel: np.ndarray) -> np.ndarray:
        """Channel of the array from that of the grid's, which is finer where there is beam squint."""
        return self._squint.interpolate(channel) if self._squint else channel


def _sum_static(
    blocks: Iterable[Paths], pose: np.ndarray, config: RadarConfig, transform: _Transform, pool: ThreadPoolExecutor
) -> tuple[np.ndarray, Waves]:
    """Channel of the static paths, as the blocks come in, and the moving paths."""

    def take_up(pieces: list[Paths], grid: Grid) -> Waves:
        waves = _waves(pieces, pose, config)
        moves = _turn(waves, config) >= STATIC_PHASE
        grid.add(waves.pick(~moves), 0.0)
        return waves.pick(moves)

    grids = transform.grids[:LANES]
    batches, movers = _batches(blocks), [Waves(np.empty(0, complex), *np.empty((5, 0)))]
    while pair := list(islice(batches, LANES)):
        movers += pool.map(take_up, pair, grids)
    static = sum((grid.take() for grid in grids), start=np.zeros((), np.complex64))
    return transform.of_array(static), _by_delay(_joined(movers), config)


def _known_times(
    static: np.ndarray, slow: Waves, times: np.ndarray, transform: _Transform, pool: ThreadPoolExecutor
) -> tuple[np.ndarray, np.ndarray]:
    """Channel of static and slow paths at a few times, and the weights of each for every symbol."""
    if not len(slow.gain):
        return static[None], np.ones((len(times), 1), np.float32)
    nodes = slow_paths.node_times(times)
    known = np.stack(list(pool.map(lambda time: static + transform(slow, time), nodes)))
    return known, slow_paths.interpolation_weights(nodes, times).astype(np.float32)


def _symbol_streams(config: RadarConfig, rng: np.random.Generator) -> Sequence[np.random.Generator | None]:
    """Random stream of every symbol, where something is drawn."""
    if config.thermal_noise or config.impairments.waveform_matters:
        return noise_streams(config.num_symbols, rng=rng)
    return [None] * config.num_symbols


def synthesise_csi(
    blocks: Paths | Iterable[Paths],
    config: RadarConfig,
    *,
    pose: np.ndarray,
    rng: np.random.Generator,
    threads: int = 2,
) -> Csi:
    """Channel estimate of one frame: all paths, thermal noise and impairments as the configuration asks for.

    Parameters
    ----------
    blocks : Paths or iterable of Paths
        Of one frame; world axes.
    config : RadarConfig
    pose : (4, 4) float64
        Receive array to world.
    rng : numpy.random.Generator
        Of thermal noise, known symbols and phase noise; used only where one of them is on.
    threads : int
        Python threads; the bytes of the result do not depend on it.

    Returns
    -------
    Csi

    Raises
    ------
    ValueError
        If a path is not finite.
    """
    from radar_dsp.spreading import blend  # numba is slow to import

    pose, blocks = np.array(pose, float), [blocks] if isinstance(blocks, Paths) else blocks
    transform, times = _Transform(config, threads), config.symbol_time
    with ThreadPoolExecutor(threads) as pool:
        static, movers = _sum_static(blocks, pose, config, transform, pool)
        slow, fast = _part_slow(movers, config)
        known, weights = _known_times(static, slow, times, transform, pool)
        shape = (config.num_rows, config.num_columns, config.num_symbols, config.num_subcarriers)
        values, front_end, streams = np.empty(shape, np.complex64), receiver(config), _symbol_streams(config, rng)

        def one_symbol(symbol: int) -> None:
            channel = blend(known, weights[symbol])
            if len(fast.gain):
                channel += transform(fast, times[symbol])
            values[:, :, symbol] = front_end(channel, rng=streams[symbol])

        list(pool.map(one_symbol, range(config.num_symbols)))
    return Csi(
        values,
        config.subcarrier_frequency,
        times,
        config.carrier_frequency,
        config.element_spacing,
        pose,
        noise_variance(config) * noise_factor(config.impairments),
    )
