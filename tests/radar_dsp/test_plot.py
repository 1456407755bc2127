"""Pictures: what lies on a fold shows at both ends."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from radar_dsp import plot


@pytest.mark.parametrize("velocity, boxes", [((-1.0, 1.0), 1), ((3.0, 5.0), 2), ((-5.0, -3.0), 2)])
def test_a_box_over_the_doppler_fold_shows_at_both_ends(velocity, boxes):
    """Doppler from -4 to 4 m/s."""
    axes = Figure().add_subplot(xlim=(-4, 4), ylim=(0, 10))
    plot._box(axes, [velocity], [(2.0, 3.0)], period=8.0)
    shown = [patch.get_extents().transformed(axes.transData.inverted()).intervalx for patch in axes.patches]
    assert len(shown) == boxes == len(axes.texts)
    for left, right in shown:
        assert left < 4 and right > -4
        assert np.isclose(np.sin((left - velocity[0]) * np.pi / 8), 0, atol=1e-6)  # whole periods


def test_the_beam_at_the_left_rim_is_that_at_the_right():
    power = np.arange(8.0).reshape(2, 4)
    cosines, shown = plot._both_ends(np.array([-1, -0.5, 0, 0.5]), power)
    assert cosines.tolist() == [-1, -0.5, 0, 0.5, 1] and shown[:, 4].tolist() == shown[:, 0].tolist() == [0, 4]
    wide = np.array([-0.6, -0.3, 0, 0.3])  # 0.83 wavelengths apart: the beams do not reach the rim
    assert plot._both_ends(wide, power) == (pytest.approx(wide), pytest.approx(power))


def test_a_spectrum_is_drawn_around_its_directions(tmp_path):
    def spectrum(up, right):
        return np.exp(-((up[:, None] - 0.1) ** 2 + (right + 0.8) ** 2))

    plot.plot_spectrum(spectrum, [(0.1, -0.8)], tmp_path / "s.png", title="one")
    plot.plot_spectrum(spectrum, [], tmp_path / "whole.png")
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in ("s.png", "whole.png"))
    assert plot._around([-0.8, 0.2])[[0, -1]] == pytest.approx((-1, 0.2 + 1 / 3))
    assert plot._around([])[[0, -1]] == pytest.approx((-1, 1))
