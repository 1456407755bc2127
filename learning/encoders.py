"""Convolutional backbone of the radio and of the vision branch.

VGG-M in the lineage the paper follows, average pooling instead of maximum, and one stride removed (B1, B2):
stride 8, so 480 x 640 gives 60 x 80 features and feature (i, j) is centred on pixel (8 i, 8 j).
"""

import torch
from torch import nn

STRIDE = 8
FEATURES = 128


def normalisation(kind: str, channels: int) -> nn.Module:
    """Batch normalisation, or group normalisation, which does not depend on the rest of the batch (B3)."""
    return nn.BatchNorm2d(channels) if kind == "batch" else nn.GroupNorm(min(8, channels), channels)


def convolution(
    inputs: int, outputs: int, kernel: int, stride: int | tuple[int, int], kind: str, dilation: int = 1
) -> list[nn.Module]:
    """Convolution with "same" padding, normalisation, ReLU."""
    padding = dilation * (kernel // 2)
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")  # B5
    return [layer, normalisation(kind, outputs), nn.ReLU(inplace=True)]


class PositionChannels(nn.Module):
    """Append row and column in -1..1 as two channels: the layers behind know where they are."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channels, rows, columns) -> (batch, channels + 2, rows, columns)."""
        batch, _, rows, columns = x.shape
        row = torch.linspace(-1, 1, rows, device=x.device, dtype=x.dtype).view(1, 1, rows, 1)
        column = torch.linspace(-1, 1, columns, device=x.device, dtype=x.dtype).view(1, 1, 1, columns)
        size = (batch, 1, rows, columns)
        return torch.cat([x, row.expand(size), column.expand(size)], dim=1)


def vgg_m(inputs: int, *, kind: str = "batch", width: float = 1.0, position_channels: bool = False) -> nn.Sequential:
    """Build the backbone: (batch, inputs, 8 h, 8 w) -> (batch, 128, h, w).

    Parameters
    ----------
    inputs : int
        Channels of the input.
    kind : {"batch", "group"}
        Normalisation.
    width : float
        Factor on the hidden channels 64, 128, 256.
    position_channels : bool
        Whether row and column enter as further channels.

    Returns
    -------
    nn.Sequential
        1.7 M parameters at width 1; the last layer is linear (B4), so cosines span -1..1.
    """
    a, b, c = (max(8, round(width * channels)) for channels in (64, 128, 256))
    first = [PositionChannels()] if position_channels else []
    last = nn.Conv2d(c, FEATURES, 1)
    nn.init.kaiming_normal_(last.weight, mode="fan_out", nonlinearity="linear")
    nn.init.zeros_(last.bias)  # type: ignore[arg-type]
    return nn.Sequential(
        *first,
        *convolution(inputs + 2 * position_channels, a, 7, 2, kind),
        nn.AvgPool2d(3, 2, 1),
        *convolution(a, b, 5, 2, kind),
        *convolution(b, c, 3, 1, kind),
        *convolution(c, c, 3, 1, kind),
        *convolution(c, c, 3, 1, kind),
        last,
    )
