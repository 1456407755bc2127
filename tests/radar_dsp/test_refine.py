"""Detections beside their peaks become targets with an elevation."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from radar_dsp.cosines import cosines_of
from radar_dsp.refine import refine_detections
from radar_dsp.windows import config_weights
from tests.radar_dsp.oracle import philox
from tests.radar_dsp.single_target import MEDIUM, PARAMETERS, Target, add_noise, measure


def detection(target, *, cells):
    """Where a map would show a target, some cells off; the azimuth is that of its cone."""
    right, _ = cosines_of(target.azimuth, target.elevation)
    return SimpleNamespace(
        peak_range=target.distance + cells[0] * MEDIUM.range_resolution,
        peak_velocity=target.velocity + cells[1] * MEDIUM.velocity_resolution,
        peak_azimuth=np.arcsin(right + cells[2] * MEDIUM.azimuth_resolution),
    )


@pytest.mark.parametrize("windows", ["flat", "config"])
@pytest.mark.parametrize("cells", [(0, 0, 0), (0.9, -0.4, 0.3), (-0.8, 0.9, -0.6), (0.3, -0.9, 0.8)])
def test_detections_off_their_peaks_become_targets(cells, windows):
    targets = [Target(12.0, 0.3, -0.35, 1.0), Target(18.5, -0.25, 0.4, -2.0)]
    csi = add_noise(measure(MEDIUM, targets, [1, 0.5j]), 1e5, rng=philox(1))
    weights = config_weights(MEDIUM, csi.values.shape) if windows == "config" else None
    found = refine_detections(csi, [detection(t, cells=cells) for t in targets], weights)
    for got, t in zip(found, targets, strict=True):
        want = (t.distance, t.velocity, t.azimuth, t.elevation)
        assert [getattr(got, name) for name in PARAMETERS] == pytest.approx(want, abs=0.01)


@pytest.mark.parametrize("noise", [1e4, 1e5, None])
def test_two_detections_of_one_peak_are_one_target(noise):
    """The maps may show one echo twice. Without its share, the second would be a peak of the noise."""
    targets = [Target(12.0, 0.3, -0.35, 1.0), Target(18.5, -0.25, 0.4, -2.0)]
    csi = measure(MEDIUM, targets, [1, 0.5j])
    csi = csi if noise is None else add_noise(csi, noise, rng=philox(1))
    seen = [(targets[0], (0, 0, 0)), (targets[0], (0.8, -0.7, 0.5)), (targets[1], (0.4, 0, 0)), (targets[1], (0, 1, 0))]
    found = refine_detections(csi, [detection(t, cells=c) for t, c in seen], config_weights(MEDIUM, csi.values.shape))
    assert [round(got.range, 1) for got in found] == [12.0, 18.5]
    assert [round(got.velocity, 1) for got in found] == [1.0, -2.0]


@pytest.mark.parametrize("level", [1.0, 0.3])
def test_a_neighbour_under_the_flank_keeps_its_place(level):
    """Beside the weaker detection, the strongest sample is the other's flank."""
    first = Target(12.0, 0.3, -0.35, 1.0)
    second = Target(12.0 + 2 * MEDIUM.range_resolution, 0.3, -0.35, 1.0 + 1.2 * MEDIUM.velocity_resolution)
    csi = add_noise(measure(MEDIUM, [first, second], [1, level * 1j]), 1e5, rng=philox(2))
    seen = [detection(second, cells=(-0.5, -0.3, 0)), detection(first, cells=(0, 0, 0))]
    found = refine_detections(csi, seen, config_weights(MEDIUM, csi.values.shape))
    for got, t in zip(found, (second, first), strict=True):
        want = (t.distance, t.velocity, t.azimuth, t.elevation)
        assert [getattr(got, name) for name in PARAMETERS] == pytest.approx(want, abs=0.03)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_target_beside_the_array_is_found_from_the_other_side(side):
    """Beams at both ends are neighbours: a detection just over the fold leads back to the target."""
    target = Target(12.0, side * np.arcsin(0.97), 0.0, 1.0)
    over = SimpleNamespace(peak_range=12.2, peak_velocity=1.0, peak_azimuth=-side * np.arcsin(0.98))
    (found,) = refine_detections(add_noise(measure(MEDIUM, [target]), 1e5, rng=philox(4)), [over])
    assert (found.range, found.right) == pytest.approx((12.0, side * 0.97), abs=0.01)


def test_what_is_noise_after_all_is_left_out():
    """A false alarm beside the target: an SNR that a peak of the noise does not reach. Unknown noise leaves it in."""
    target, nothing = Target(12.0, 0.3, -0.35, 1.0), Target(25.0, -0.4, 0.1, -2.0)
    csi = add_noise(measure(MEDIUM, [target]), 1e4, rng=philox(3))
    seen = [detection(nothing, cells=(0, 0, 0)), detection(target, cells=(0, 0, 0))]
    (kept,) = refine_detections(csi, seen, min_snr_db=13.0)
    assert kept.range == pytest.approx(12.0, abs=0.01)
    assert len(refine_detections(csi, seen)) == len(refine_detections(replace(csi, noise_variance=None), seen)) == 2
    assert refine_detections(csi, seen, min_snr_db=41.0) == []


def test_a_line_of_elements_has_no_elevation():
    config = MEDIUM.model_copy(update={"num_rows": 1})
    t = Target(12.0, 0.3, 0.0, 1.0)
    found = refine_detections(measure(config, [t]), [detection(t, cells=(0.5, 0.5, 0.5))])[0]
    assert (found.range, found.azimuth, found.elevation) == pytest.approx((12.0, 0.3, 0.0), abs=1e-3)


def test_no_detections_no_targets():
    assert refine_detections(measure(MEDIUM, [Target(12.0, 0.3, 0.0, 1.0)]), []) == []
