"""Channel state information of the receive array from propagation paths (MaxRay, Eq. 7-8).

``H[a, m, k] = sum_l gain_l exp(-j 2 pi (fc + k df) tau_l(t_m)) exp(j k0 x_a . arrival_l) + noise`` with
``tau_l(t) = delay + delay_rate t + delay_acceleration t^2 / 2``. The printed Eq. 8 adds the Doppler and the
distance exponentials; they multiply, and the distance exponent is negative for this time factor.

The sum over a million paths is a type-1 non-uniform FFT in (row cosine, column cosine, delay) (FINUFFT,
Barnett, Magland and af Klinteberg 2019), once for the static paths, once a symbol for the moving ones.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import finufft
import numpy as np

from radar_dsp.noise import noise_streams, noise_variance
from radar_dsp.ofdm import RadarConfig
from radar_dsp.squint import squint
from radar_dsp.waveform import noise_factor, receiver
from raysim.paths import Paths

TOLERANCE = 1e-5  # of FINUFFT, relative to the norm; complex128 because complex64 floors at 1.5e-4
OVERSAMPLING = 1.25  # of FINUFFT's grid: 4 x smaller than the default 2, and faster for every count tried
STATIC_PHASE = 1e-4  # [rad] a path that turns less than this over the frame is static; keeps the sum's 1e-4
SYMBOL_JITTER = 0.15  # of a step: what NR's longer prefixes move a symbol at 480 kHz
STATIC_PARTS = 2  # fixed, so that the bytes do not depend on the number of threads


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


@dataclass(frozen=True)
class _Columns:
    """What the transform needs of the paths: gain, delay polynomial, direction cosines up and right."""

    gain: np.ndarray
    delay: np.ndarray
    rate: np.ndarray
    acceleration: np.ndarray
    up: np.ndarray
    right: np.ndarray

    def __getitem__(self, which) -> "_Columns":
        return _Columns(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def _collect(blocks: Iterable[Paths], pose: np.ndarray) -> _Columns:
    axes = np.stack([-pose[:3, 1], pose[:3, 0]])  # up, right
    rows = [
        (b.gain, b.delay, b.delay_rate, b.delay_acceleration, *np.einsum("ai,li->al", axes, b.arrival)) for b in blocks
    ]
    if not rows:
        rows = [(np.empty(0, complex), *(np.empty(0) for _ in range(5)))]
    columns = _Columns(*(np.concatenate(column) for column in zip(*rows, strict=True)))
    for name in columns.__dataclass_fields__:
        if not np.isfinite(getattr(columns, name)).all():
            raise ValueError(f"paths hold a {name} that is not finite")
    return columns


def _moving(paths: _Columns, config: RadarConfig) -> np.ndarray:
    """(num_paths,) bool: the phase turns by `STATIC_PHASE` or more over the frame."""
    span = config.num_symbols * config.symbol_interval
    walk = np.abs(paths.rate) * span + np.abs(paths.acceleration) * span**2 / 8  # [s]
    return 2 * np.pi * (config.carrier_frequency + config.bandwidth / 2) * walk >= STATIC_PHASE


def _split(paths: _Columns, config: RadarConfig) -> tuple[_Columns, _Columns]:
    """Return the moving and the static paths."""
    moves = _moving(paths, config)
    return paths[moves], paths[~moves]


def _centre_offset(count: int) -> float:
    """Offset of element m - (count - 1) / 2 from FFT mode m - count // 2."""
    return count // 2 - (count - 1) / 2


def _transform(paths: _Columns, time: float, config: RadarConfig) -> np.ndarray:
    """(rows, columns, subcarriers) complex128: channel of `paths` at one time [s]."""
    shape = (config.num_rows, config.num_columns, config.num_subcarriers)
    if not len(paths.gain):
        return np.zeros(shape, complex)
    delay = paths.delay + time * (paths.rate + time / 2 * paths.acceleration)
    spacing = config.element_spacing
    # Turns, not radians: reduced modulo one in float64 before anything is rounded to a phase.
    turns = spacing * (_centre_offset(shape[0]) * paths.up + _centre_offset(shape[1]) * paths.right)
    turns -= config.carrier_frequency * delay
    angles = (spacing * paths.up, spacing * paths.right, -config.tone_spacing * delay)
    return finufft.nufft3d1(
        *(2 * np.pi * (angle - np.rint(angle)) for angle in angles),
        paths.gain * np.exp(2j * np.pi * (turns - np.rint(turns))),
        shape,
        eps=TOLERANCE,
        isign=1,
        nthreads=1,
        upsampfac=OVERSAMPLING,
    )


def _squinted(config: RadarConfig) -> Callable[[_Columns, float], np.ndarray]:
    """`_transform` with array phases that follow the frequency."""
    wide = squint(config)
    return lambda paths, time: wide.interpolate(_transform(paths, time, wide.config))


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
    # A million paths weigh half the CSI: each copy goes as soon as it has served.
    movers, still = _split(_collect([blocks] if isinstance(blocks, Paths) else blocks, np.asarray(pose, float)), config)
    times, front_end = config.symbol_time, receiver(config)
    drawn = config.thermal_noise or config.impairments.waveform_matters
    streams = noise_streams(config.num_symbols, rng=rng) if drawn else [None] * config.num_symbols
    shape = (config.num_rows, config.num_columns, config.num_symbols, config.num_subcarriers)
    values = np.empty(shape, np.complex64)
    channel_of = _squinted(config) if config.beam_squint else partial(_transform, config=config)

    with ThreadPoolExecutor(threads) as pool:
        cuts = np.linspace(0, len(still.gain), STATIC_PARTS + 1).astype(int)
        parts = [still[a:b] for a, b in pairwise(cuts)]
        static = sum(pool.map(lambda part: channel_of(part, 0.0), parts), start=np.zeros(()))
        del still, parts

        def one_symbol(symbol: int) -> None:
            channel = static + channel_of(movers, times[symbol]) if len(movers.gain) else static
            values[:, :, symbol] = front_end(channel, rng=streams[symbol])

        list(pool.map(one_symbol, range(config.num_symbols)))
    return Csi(
        values,
        config.subcarrier_frequency,
        times,
        config.carrier_frequency,
        config.element_spacing,
        np.array(pose, float),
        noise_variance(config) * noise_factor(config.impairments),
    )
