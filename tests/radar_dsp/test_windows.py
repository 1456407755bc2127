"""Windows against textbooks, and the weights of a configuration."""

import numpy as np
import pytest

from radar_dsp.ofdm import RadarConfig
from radar_dsp.windows import config_weights, window


def test_weights_follow_the_axes_and_leave_out_the_gap():
    config = RadarConfig(num_subcarriers=64, gap_subcarriers=10, array_window="hamming", doppler_window="rectangular")
    rows, columns, symbols, tones = config_weights(config, (6, 9, 5, 64))
    np.testing.assert_array_equal(rows, window("hamming", 6))
    np.testing.assert_array_equal(columns, window("hamming", 9))
    np.testing.assert_array_equal(symbols, np.ones(5))
    np.testing.assert_array_equal(tones, window("hann", 64) * config.occupied)
    with pytest.raises(ValueError, match="csi has 63 subcarriers, its configuration 64 with a gap"):
        config_weights(config, (6, 9, 5, 63))


def test_unknown_windows_are_refused():
    with pytest.raises(ValueError, match="window must be one of rectangular, hann"):
        window("kaiser", 8)


@pytest.mark.parametrize(
    "name, loss, sidelobe",  # [dB], Harris 1978 and Richards 5.3
    [("hann", 1.76, -31.5), ("hamming", 1.34, -42.7), ("taylor", 0.91, -35.0), ("blackman-harris", 3.02, -92.0)],
)
def test_windows_have_their_textbook_loss_and_sidelobes(name, loss, sidelobe):
    weight = window(name, 1024)
    assert 10 * np.log10(1024 * (weight**2).sum() / weight.sum() ** 2) == pytest.approx(loss, abs=0.02)
    pattern = 20 * np.log10(np.maximum(np.abs(np.fft.fft(weight, 32 * 1024)) / weight.sum(), 1e-12))
    first_null = np.flatnonzero(np.diff(pattern) > 0)[0]
    assert pattern[first_null : 16 * 1024].max() == pytest.approx(sidelobe, abs=0.3)
