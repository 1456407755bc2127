from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import c
from scipy.special import hankel2, jv

from raysim.materials import Material
from raysim.meshes import surface_material
from raysim.panels import (
    PANELS,
    Film,
    Layer,
    WireMesh,
    is_dark,
    match_panel,
    panel_coefficients,
    panel_layers,
    panel_table,
    wire_mesh_transmission,
)
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


@pytest.mark.parametrize("cos_incidence", [1.0, 0.7, 0.3, 0.02])
def test_lossless_panels_of_a_table_conserve_energy(cos_incidence):
    """From both faces, one layer and several: reflected and transmitted power add up to what came."""
    air, void = Layer("vacuum", 7e-3), ()
    table = panel_table([void, (air,), (air, Layer("vacuum", 2e-3))], 28e9)
    lossless = table._replace(permittivity=np.array([6.27, 6.27, 2.6, 9.0, 9.0, 2.6], complex)[: len(table.thickness)])
    for panel in (1, 2):
        for behind in (False, True):
            r_te, r_tm, t_te, t_tm = panel_coefficients(lossless, panel, behind, c / 28e9, cos_incidence)
            assert abs(r_te) ** 2 + abs(t_te) ** 2 == pytest.approx(1, abs=1e-9)
            assert abs(r_tm) ** 2 + abs(t_tm) ** 2 == pytest.approx(1, abs=1e-9)


def test_table_turns_panels_round():
    panel = PANELS["coated_double_glazing"]
    table = panel_table([(), panel, PANELS["side_window"]], 28e9)
    assert table.whole[0] == 0 and table.whole[1] == pytest.approx(24e-3, abs=1e-7)
    for behind, layers in ((False, panel), (True, panel[::-1])):
        expected = slab(*panel_layers(layers, 28e9), c / 28e9, 0.8)
        np.testing.assert_allclose(panel_coefficients(table, 1, behind, c / 28e9, 0.8), expected, rtol=1e-12)
    faces = [panel_coefficients(table, 1, behind, c / 28e9, 0.8)[0] for behind in (False, True)]
    assert abs(faces[0] - faces[1]) > 0.1  # the film is nearer to one of them


def test_wires_scatter_what_they_take():
    """Optical theorem: extinction width of a perfectly conducting wire = what it scatters, summed over the orders."""
    mesh, k = WireMesh(3e-3, 0.05), 2 * np.pi * 28e9 / c
    order = np.arange(-12, 13)
    parallel = jv(order, k * 1.5e-3) / hankel2(order, k * 1.5e-3)
    d = 1e-7
    across = (jv(order, k * 1.5e-3 + d) - jv(order, k * 1.5e-3 - d)) / (
        hankel2(order, k * 1.5e-3 + d) - hankel2(order, k * 1.5e-3 - d)
    )
    width = 4 / k * (np.sum(np.abs(parallel) ** 2) + np.sum(np.abs(across) ** 2)) / 2  # [m] scattering, mean of two
    missing = 1 - wire_mesh_transmission(mesh, 28e9).real
    assert missing == pytest.approx(2 * width / 2 / mesh.spacing, rel=1e-6)
    loss = loss_db(PANELS["chain_link_fence"], 28e9)
    print(f"chain-link fence: {loss:.2f} dB one way at 28 GHz")
    assert 0.5 < loss < 2.5
    _, _, t_te, _ = slab(*panel_layers((mesh,), 28e9), c / 28e9, 1.0)
    assert t_te == pytest.approx(wire_mesh_transmission(mesh, 28e9), rel=1e-3)


def test_films_alone_make_a_panel_dark():
    """What `is_dark` keeps the tracer from following is more than 25 dB down, at any frequency and angle."""
    dark = {name for name in PANELS if is_dark(PANELS[name])}
    assert dark == {"coated_windscreen", "coated_double_glazing"}
    for name in dark:
        assert min(loss_db(PANELS[name], f, cosine) for f in (5.8e9, 28e9, 77e9) for cosine in (1.0, 0.7, 0.5)) > 22
    assert not is_dark((Film(50.0),)) and not is_dark(())


@pytest.mark.parametrize(
    ("name", "panel", "outer"),
    [
        ("itu_double_glazing", "double_glazing", "glass"),
        ("mat-Coated windscreen.001", "coated_windscreen", "glass"),
        ("chain_link_fence", "chain_link_fence", "metal"),
        ("wooden fence", "wooden_fence", "wood"),
    ],
)
def test_panels_by_name(name, panel, outer):
    assert match_panel(name) == (panel, outer)
    material = surface_material(name, thickness=0.02)
    assert (material.panel, material.electrical, material.thickness) == (panel, outer, 0.0)
    assert material.layers == PANELS[panel]


def test_names_that_are_no_panel():
    assert match_panel("itu_glass") is None
    assert Material("pane", "glass", (0, 0, 0), thickness=4e-3).layers == (Layer("glass", 4e-3),)
    assert Material("wall", "brick", (0, 0, 0)).layers == ()
    with pytest.raises(ValueError, match=r"material 'a': panel must be one of .*got 'sheet'"):
        Material("a", "glass", (0, 0, 0), panel="sheet")
    with pytest.raises(ValueError, match=r"material 'a': the panel 'windscreen' has its own thickness, got 0.1 m"):
        Material("a", "glass", (0, 0, 0), panel="windscreen", thickness=0.1)


def test_bad_layers():
    with pytest.raises(ValueError, match=r"wire mesh: need 0 < wire < spacing, got 0.05 and 0.003 m"):
        WireMesh(0.05, 0.003)
    with pytest.raises(ValueError, match=r"layer: electrical must be one of .*got 'jelly'"):
        Layer("jelly", 1e-3)
    with pytest.raises(ValueError, match="layer of glass: thickness must be above 0 m"):
        Layer("glass", 0.0)
    with pytest.raises(ValueError, match="at least one layer"):
        panel_layers((), 28e9)
    with pytest.raises(ValueError, match="sheet_resistance"):
        panel_layers((Film(-1.0),), 28e9)
