import pytest
import torch
from torch import nn

from learning.localiser import MAP_SIZE, SoftArgmaxLocaliser, TableFiveLocaliser


def test_table_five_by_value():
    network = TableFiveLocaliser(1, (480, 640))
    shapes = [tuple(m.weight.shape) for m in network.layers if isinstance(m, nn.Conv2d | nn.Linear)]
    assert shapes == [
        (8, 1, 4, 4), (16, 8, 3, 3), (8, 16, 2, 2), (32, 8, 4, 4),
        (128, 32 * 56 * 76), (16, 128), (64, 16), (64, 64), (2, 64),
    ]  # fmt: skip
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(17.45e6, rel=1e-3)


def test_table_five_fits_the_small_size():
    assert TableFiveLocaliser(2, (120, 160))(torch.zeros(3, 2, 120, 160)).shape == (3, 2)


@pytest.mark.parametrize(
    ("cell", "position"),
    [((0, 0), (59 / 60, -39 / 40)), ((59, 39), (-59 / 60, 39 / 40)), ((29, 20), (1 / 60, 1 / 40))],
)
def test_the_maps_top_row_is_far_and_its_left_column_left(cell, position, monkeypatch):
    network = SoftArgmaxLocaliser(1, 8, "group", False, 0.1)
    logits = torch.zeros(1, *MAP_SIZE)
    logits[0, cell[0], cell[1]] = 100.0
    monkeypatch.setattr(network, "logits", lambda radio: logits)
    assert network(torch.zeros(1, 1, 120, 160))[0].tolist() == pytest.approx(position, abs=1e-6)
    target = torch.tensor([position])
    assert network.loss(torch.zeros(1, 1, 120, 160), target) < network.loss(torch.zeros(1, 1, 120, 160), -target)


@pytest.mark.parametrize("size", [(120, 160), (480, 640)])
def test_soft_argmax_starts_near_the_middle_and_is_small(size):
    torch.manual_seed(0)
    network = SoftArgmaxLocaliser(2, 32, "group", True, 0.1)
    with torch.no_grad():
        assert network(torch.zeros(1, 2, *size)).abs().max() < 0.5
    assert sum(p.numel() for p in network.parameters()) < 17.45e6 / 100
