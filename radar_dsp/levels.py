"""What a level in a map means: losses of windows, dB over noise, path gain, dBsm, dBm and dBFS.

A native cell holding one on-bin path of amplitude g has the power ``|g|^2 G`` with G = `cube_gain`; everything
else follows from |g|^2 and the link budget.
"""

from dataclasses import dataclass

import numpy as np

from radar_dsp.csi import Csi
from radar_dsp.ofdm import RadarConfig
from radar_dsp.windows import config_weights, window

WINDOWS = ("rectangular", "taylor", "hamming", "hann", "chebyshev", "blackman-harris")
FINE = 64  # samples of a cell for sidelobes and widths


@dataclass(frozen=True)
class WindowFigures:
    """What a window costs and gives.

    Attributes
    ----------
    amplitude_gain : float
        Peak of a tone on a bin against the rectangular window, unnormalised sums [dB].
    snr_loss : float
        Equivalent noise bandwidth: peak over mean noise against the rectangular window [dB].
    scalloping : float
        Loss of a tone half way between two bins [dB].
    sidelobe : float
        Highest, against the peak [dB].
    width : float
        At -3 dB [native cells].
    """

    amplitude_gain: float
    snr_loss: float
    scalloping: float
    sidelobe: float
    width: float


def window_figures(name: str, length: int, *, padding: int = 1) -> WindowFigures:
    """Losses, sidelobes and width of a window.

    Parameters
    ----------
    name : str
        As for `radar_dsp.periodogram.window`.
    length : int
    padding : int
        Zero padding of the transform, which brings the bins closer: counts for the scalloping.

    Returns
    -------
    WindowFigures
    """
    weight = window(name, length)
    coherent, energy = weight.sum(), (weight**2).sum()
    pattern = np.abs(np.fft.fft(weight, FINE * length)[: FINE * length // 2]) / coherent
    null = int(np.flatnonzero(np.diff(pattern) > 0)[0])
    halfway = np.abs(weight @ np.exp(1j * np.pi * np.arange(length) / (padding * length))) / coherent
    beyond = int(np.argmax(pattern < np.sqrt(0.5)))
    inside = (pattern[beyond - 1] - np.sqrt(0.5)) / (pattern[beyond - 1] - pattern[beyond])
    return WindowFigures(
        amplitude_gain=float(20 * np.log10(coherent / length)),
        snr_loss=float(10 * np.log10(length * energy / coherent**2)),
        scalloping=float(-20 * np.log10(halfway)),
        sidelobe=float(20 * np.log10(pattern[null:].max())),
        width=float(2 * (beyond - 1 + inside) / FINE),
    )


def window_table(length: int = 1024) -> str:
    """Return the figures of all windows as a Markdown table."""
    lines = [
        "| window | amplitude gain | SNR loss | scalloping | padded x 2 | padded x 4 | highest sidelobe | 3 dB width |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in WINDOWS:
        figures = [window_figures(name, length, padding=padding) for padding in (1, 2, 4)]
        first = figures[0]
        scalloping = " | ".join(f"{figure.scalloping:.2f}" for figure in figures)
        lines.append(
            f"| {name} | {first.amplitude_gain:.2f} | {first.snr_loss:.2f} | {scalloping} | {first.sidelobe:.1f} "
            f"| {first.width:.2f} |"
        )
    return "\n".join(lines)


def _axis_gain(weight: np.ndarray) -> float:
    """Peak power of a unit tone on a bin where noise alone has the mean 1."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def _gains(config: RadarConfig, csi: Csi | None) -> tuple[int, int, float, float, float]:
    """Rows and columns, and what columns, symbols and subcarriers gain, of a measurement or of a configuration."""
    grid = config.num_rows, config.num_columns, config.num_symbols, config.num_subcarriers
    shape = grid if csi is None else csi.values.shape
    _, across, doppler, tones = config_weights(config, shape)
    return shape[0], shape[1], _axis_gain(across), _axis_gain(doppler), _axis_gain(tones)


def cube_gain(config: RadarConfig, csi: Csi | None = None) -> float:
    """Power of an on-bin path in the native cube, over |gain|^2.

    ``rows x product of (sum w)^2 / sum w^2`` over subcarriers, symbols and columns: the cube sums the elevation
    beams, which together hold the power of all rows. Thermal noise has the mean ``rows x sigma^2`` in a cell.

    Parameters
    ----------
    config : RadarConfig
        Of the windows.
    csi : Csi, optional
        What was measured; the grid of `config` if not given.

    Returns
    -------
    float
    """
    rows, _, across, doppler, tones = _gains(config, csi)
    return rows * across * doppler * tones


def beam_gain(config: RadarConfig, csi: Csi | None = None) -> float:
    """Power of an on-bin path in a cell of the full cube, one beam in both angles; parameters as in `cube_gain`."""
    rows = config.num_rows if csi is None else csi.values.shape[0]
    return cube_gain(config, csi) / rows * _axis_gain(window(config.array_window, rows))


def range_doppler_gain(config: RadarConfig, csi: Csi | None = None) -> float:
    """Power of an on-bin path in the range-Doppler map: as in `cube_gain`, but columns are summed as rows are."""
    rows, columns, _, doppler, tones = _gains(config, csi)
    return rows * columns * doppler * tones


def heatmap_gain(config: RadarConfig, csi: Csi | None = None) -> float:
    """Power of a path at a row's centre in the heatmap, over |gain|^2.

    ``rows x symbols x product of (sum w)^2 / sum w^2`` over subcarriers and columns: elevation beams and Doppler are
    summed. Exact at azimuth 0, where all elevation beams look the same way; elsewhere a target's own sidelobes in
    the other elevation beams are steered apart, and it reads up to 0.3 dB less. Rows must not be wider than a range
    cell (wider ones average).

    Parameters
    ----------
    config, csi
        As in `cube_gain`.

    Returns
    -------
    float
    """
    rows, _, across, _, tones = _gains(config, csi)
    symbols = config.num_symbols if csi is None else csi.values.shape[2]
    return rows * symbols * across * tones


def over_noise_db(power: np.ndarray, noise_power: float) -> np.ndarray:
    """Level over the mean thermal noise of a cell; of noise alone it is 0 dB.

    Parameters
    ----------
    power : (...) float
        Linear, of a map.
    noise_power : float
        Of the same map.

    Returns
    -------
    (...) float
        [dB].
    """
    if not noise_power > 0:
        raise ValueError(f"noise_power must be positive, got {noise_power}")
    with np.errstate(divide="ignore"):
        return 10 * np.log10(np.asarray(power) / noise_power)


def path_gain_db(power: np.ndarray, config: RadarConfig) -> np.ndarray:
    """|gain|^2 of the path that gives a cell of the native cube its power [dB]; see `cube_gain`."""
    return over_noise_db(power, cube_gain(config))


def received_dbm(path_gain: np.ndarray, config: RadarConfig) -> np.ndarray:
    """Power that an element receives over a path, over the whole grid [dBm], from |gain|^2 in dB."""
    return np.asarray(path_gain) + config.transmit_power_dbm


def radar_cross_section_dbsm(
    path_gain: np.ndarray, distance: np.ndarray, wavelength: float, *, antenna_gain_db: float | np.ndarray
) -> np.ndarray:
    """Radar cross-section of a point target in free space, the radar equation solved for it.

    ``|gain|^2 = G_t G_r lambda^2 sigma / ((4 pi)^3 R^4)``.

    Parameters
    ----------
    path_gain : (...) float
        |gain|^2 [dB], e.g. from `path_gain_db`.
    distance : (...) float
        R [m].
    wavelength : float
        [m].
    antenna_gain_db : (...) float
        G_t G_r towards the target, e.g. from `two_way_gain_db` [dB].

    Returns
    -------
    (...) float
        [dB over 1 m^2]. Multipath and scalloping are not taken off.
    """
    if not np.all(np.asarray(distance) > 0):
        raise ValueError(f"distance must be positive, got {np.min(distance)} m")
    spreading = 30 * np.log10(4 * np.pi) + 40 * np.log10(distance) - 20 * np.log10(wavelength)
    return np.asarray(path_gain) + spreading - antenna_gain_db


def two_way_gain_db(azimuth: float, elevation: float) -> float:
    """Gain of the default elements (3GPP TR 38.901) towards a direction, transmitter and receiver together.

    Parameters
    ----------
    azimuth, elevation : float
        In the radar's axes, positive right and up [rad].

    Returns
    -------
    float
        [dB], 16 at boresight.
    """
    from raysim.antenna import Pattern, amplitude_gain  # compiles on first use

    right, down, forward = np.eye(3)
    direction = (np.cos(elevation) * np.sin(azimuth), -np.sin(elevation), np.cos(elevation) * np.cos(azimuth))
    axes = (tuple(float(x) for x in axis) for axis in (direction, right, down, forward))
    return float(40 * np.log10(amplitude_gain(int(Pattern.TR38901), *axes)))


def full_scale_db(csi: Csi, config: RadarConfig) -> float:
    """Power of a full-scale complex exponential at the converters, on the scale of |path gain|^2.

    Gain control puts full scale `adc_backoff_db` above the root mean square of I and Q, so the whole signal lies at
    ``3.01 - back-off`` dBFS, and a path of |gain|^2 = p dB at ``p - full_scale_db`` dBFS.

    Parameters
    ----------
    csi : Csi
        With everything that is received, noise included.
    config : RadarConfig
        Of the back-off and the occupied subcarriers.

    Returns
    -------
    float
        [dB].

    Raises
    ------
    ValueError
        If nothing is received.
    """
    total = float(np.sum(np.abs(csi.values) ** 2, dtype=float)) * csi.values.shape[3]
    mean = total / csi.values.size / (csi.values.shape[3] - config.gap_subcarriers)
    if mean == 0:
        raise ValueError("csi is zero throughout: there is no level to set full scale by")
    return 10 * float(np.log10(mean / 2)) + config.impairments.adc_backoff_db


def monostatic_gain(cross_section: float, distance: float, wavelength: float, antenna_gain_db: float) -> float:
    """Amplitude of the echo of a point target, by the radar equation.

    Parameters
    ----------
    cross_section : float
        [m^2].
    distance, wavelength : float
        [m].
    antenna_gain_db : float
        G_t G_r [dB].

    Returns
    -------
    float
    """
    return float(
        np.sqrt(10 ** (antenna_gain_db / 10) * wavelength**2 * cross_section / ((4 * np.pi) ** 3 * distance**4))
    )
