from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c

from raysim.panels import PANELS, Film, Layer, panel_layers
from raysim.slab import single_slab, slab


def loss_db(panel, frequency, cos_incidence=1.0):
    """Loss of the transmitted power in dB, mean over 1 GHz about the frequency and both polarisations."""
    power = []
    for f in frequency + np.linspace(-0.5e9, 0.5e9, 21):
        power += [abs(t) ** 2 for t in slab(*panel_layers(panel, f), c / f, cos_incidence)[2:]]
    return -10 * np.log10(np.mean(power))


def test_one_layer_is_a_single_slab():
    eps, thickness = panel_layers((Layer("glass", 5e-3),), 28e9)
    np.testing.assert_allclose(
        slab(eps, thickness, c / 28e9, 0.8), single_slab(eps[0], 5e-3, c / 28e9, 0.8), rtol=1e-12
    )


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_is_passive(name):
    for frequency in (5e9, 28e9):
        layers = panel_layers(PANELS[name], frequency)
        for cos_incidence in (1.0, 0.7, 0.2):
            r_te, r_tm, t_te, t_tm = slab(*layers, c / frequency, cos_incidence)
            assert 0 < abs(r_te) ** 2 + abs(t_te) ** 2 < 1
            assert 0 < abs(r_tm) ** 2 + abs(t_tm) ** 2 < 1


@pytest.mark.parametrize(
    ("name", "expected"),
    # 3GPP TR 38.901, Table 7.4.3-1: multi-pane glass 2 + 0.2 f, coated glass 23 + 0.3 f, wood 4.85 + 0.12 f [dB, GHz]
    [("double_glazing", 7.6), ("coated_double_glazing", 31.4), ("wooden_door", 8.21)],
)
def test_losses_against_3gpp(name, expected):
    """Those are means over many buildings: ours over layers up to a third thinner and thicker, in dB as theirs."""
    losses = []
    for scale in np.linspace(2 / 3, 4 / 3, 15):
        panel = tuple(replace(p, thickness=p.thickness * scale) if isinstance(p, Layer) else p for p in PANELS[name])
        losses += [loss_db(panel, 28e9, cos_incidence) for cos_incidence in np.cos(np.deg2rad([0, 30, 60]))]
    print(f"{name}: {np.mean(losses):.1f} dB at 28 GHz, TR 38.901 {expected:.1f} dB, bar 5 dB")
    assert np.mean(losses) == pytest.approx(expected, abs=5)


def test_seats_are_seen_through_a_windscreen_but_not_through_a_coated_one():
    assert loss_db(PANELS["windscreen"], 28e9, np.cos(np.pi / 6)) < 5
    assert loss_db(PANELS["side_window"], 28e9) < 4
    assert loss_db(PANELS["coated_windscreen"], 28e9, np.cos(np.pi / 6)) > 25


def test_bad_layers():
    with pytest.raises(ValueError, match=r"layer: electrical must be one of .*got 'jelly'"):
        Layer("jelly", 1e-3)
    with pytest.raises(ValueError, match="layer of glass: thickness must be above 0 m"):
        Layer("glass", 0.0)
    with pytest.raises(ValueError, match="at least one layer"):
        panel_layers((), 28e9)
    with pytest.raises(ValueError, match="sheet_resistance"):
        panel_layers((Film(-1.0),), 28e9)
