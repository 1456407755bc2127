import pytest
import torch
from torch import nn

from learning.encoders import vgg_m


@pytest.mark.parametrize(("size", "cells"), [((480, 640), (60, 80)), ((120, 160), (15, 20))])
def test_stride_is_eight(size, cells):
    with torch.no_grad():
        assert vgg_m(1, width=0.125)(torch.zeros(1, 1, *size)).shape == (1, 128, *cells)


def test_size_of_the_papers_backbone():
    assert sum(p.numel() for p in vgg_m(1).parameters()) == pytest.approx(1.72e6, rel=0.02)


def test_a_feature_is_centred_on_pixel_eight_times_its_index():
    """F3: self-labels rescale by exactly 8; a half-pixel slip here is a systematic offset in metres."""
    network = nn.Sequential(*(m for m in vgg_m(1, width=0.125) if isinstance(m, nn.Conv2d | nn.AvgPool2d)))
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            nn.init.ones_(layer.weight)
    picture = torch.zeros(1, 1, 160, 200, requires_grad=True)
    network(picture.double().float())[0, 0, 9, 12].backward()
    weight = picture.grad[0, 0].double() / picture.grad.sum()
    row = (weight.sum(1) * torch.arange(160)).sum().item()
    column = (weight.sum(0) * torch.arange(200)).sum().item()
    assert (row, column) == pytest.approx((8 * 9, 8 * 12), abs=1e-3)
    extent = (weight.sum(0) > 0).nonzero()
    assert extent.max() - extent.min() + 1 == 75  # receptive field
