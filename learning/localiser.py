"""Networks from a radio picture to one position, in normalised heatmap coordinates (range, azimuth)."""

import torch
import torch.nn.functional as F
from torch import nn

from learning.encoders import PositionChannels, convolution

INPUT_SIZE = (120, 160)  # larger heatmaps are max-pooled to it: a point echo must not fade in a mean
MAP_STRIDE = (2, 4)  # finer in range, where the radar resolves a hundredth of its extent; in azimuth a tenth
MAP_SIZE = (60, 40)  # range x azimuth cells of the soft-argmax map
MAP_SPREAD = 1.5  # standard deviation of the map's target [cells]


class TableFiveLocaliser(nn.Module):
    """The network found by the paper's architecture search, by value (Table 5; G1-G3).

    Four valid convolutions (8 x 4 x 4 / 2, 16 x 3 x 3 / 2, 8 x 2 x 2 / 2, 32 x 4 x 4 / 1) and linear layers
    of 128, 16, 64, 64 units, ReLU after each, then two linear outputs: 17.5 M parameters at 480 x 640.

    Parameters
    ----------
    inputs : int
        Channels of the radio picture.
    size : tuple of int
        Its rows and columns.
    """

    def __init__(self, inputs: int, size: tuple[int, int]):
        super().__init__()
        layers: list[nn.Module] = []
        rows, columns = size
        for outputs, kernel, stride in ((8, 4, 2), (16, 3, 2), (8, 2, 2), (32, 4, 1)):
            layers += [nn.Conv2d(inputs, outputs, kernel, stride), nn.ReLU()]
            rows, columns = (rows - kernel) // stride + 1, (columns - kernel) // stride + 1
            inputs = outputs
        units = inputs * rows * columns
        layers.append(nn.Flatten())
        for outputs in (128, 16, 64, 64):
            layers += [nn.Linear(units, outputs), nn.ReLU()]
            units = outputs
        self.layers = nn.Sequential(*layers, nn.Linear(units, 2))

    def forward(self, radio: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, *size) -> (batch, 2) range and azimuth."""
        return self.layers(radio)

    def loss(self, radio: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Mean squared error to `target` (batch, 2)."""
        return F.mse_loss(self(radio), target)


class SoftArgmaxLocaliser(nn.Module):
    """A map of where the target is; its centre of mass is the position (G8).

    A hundred times fewer parameters than Table 5's network, and position enters only through the map.

    Parameters
    ----------
    inputs : int
        Channels of the radio picture.
    channels : int
        Of the hidden layers.
    kind : {"batch", "group"}
        Normalisation.
    position_channels : bool
        Whether row and column enter as further channels.
    heatmap_weight : float
        Weight of the cross-entropy between the map and a Gaussian at the target, which keeps the map from
        spreading over several echoes.
    """

    range_cells: torch.Tensor
    azimuth_cells: torch.Tensor

    def __init__(self, inputs: int, channels: int, kind: str, position_channels: bool, heatmap_weight: float):
        super().__init__()
        first = [PositionChannels()] if position_channels else []
        self.layers = nn.Sequential(
            *first,
            *convolution(inputs + 2 * position_channels, channels, 5, MAP_STRIDE, kind),
            *convolution(channels, channels, 3, 1, kind),
            *convolution(channels, channels, 3, 1, kind, dilation=2),
            *convolution(channels, channels, 3, 1, kind, dilation=4),
            *convolution(channels, channels, 3, 1, kind, dilation=8),
            nn.Conv2d(channels, 1, 1),
        )
        self.heatmap_weight = heatmap_weight
        # Rows of the radio picture run from far to near.
        self.register_buffer("range_cells", -_cells(MAP_SIZE[0]))
        self.register_buffer("azimuth_cells", _cells(MAP_SIZE[1]))

    def logits(self, radio: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, rows, columns) -> (batch, *MAP_SIZE)."""
        return self.layers(F.adaptive_max_pool2d(radio, INPUT_SIZE))[:, 0]

    def _centre(self, logits: torch.Tensor) -> torch.Tensor:
        share = logits.flatten(1).softmax(dim=1).view_as(logits)
        return torch.stack([share.sum(2) @ self.range_cells, share.sum(1) @ self.azimuth_cells], dim=1)

    def forward(self, radio: torch.Tensor) -> torch.Tensor:
        """(batch, inputs, rows, columns) -> (batch, 2) range and azimuth."""
        return self._centre(self.logits(radio))

    def loss(self, radio: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Huber loss of the position [cells of the map], and the map's cross-entropy."""
        logits = self.logits(radio)
        scale = target.new_tensor(MAP_SIZE) / 2
        position = F.huber_loss(self._centre(logits) * scale, target * scale)
        offset_range = (self.range_cells - target[:, :1]) * scale[0]  # (batch, rows)
        offset_azimuth = (self.azimuth_cells - target[:, 1:]) * scale[1]
        squared = offset_range[:, :, None] ** 2 + offset_azimuth[:, None, :] ** 2
        wanted = (-squared / (2 * MAP_SPREAD**2)).flatten(1).softmax(dim=1)
        entropy = -(wanted * logits.flatten(1).log_softmax(dim=1)).sum(1).mean()
        return position + self.heatmap_weight * entropy


def _cells(count: int) -> torch.Tensor:
    """(count,) float32 cell centres in -1..1, ascending."""
    return (torch.arange(count) + 0.5) / count * 2 - 1
