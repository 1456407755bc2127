"""Spatial contrastive learning: attention of a visual template over a radio feature map.

Equations 1 to 4 of *Look, Radiate, and Learn*. All pairs of a batch are one convolution with the templates
as output channels, and only the strongest cell of a pair gets a gradient: so the search runs without a
graph and the score is taken again at the cell it found (same value, same gradient, a fraction of the cost).
"""

import torch
import torch.nn.functional as F

from learning.encoders import STRIDE

MAX_TEMPLATE = (15, 27)  # rows, columns; larger ones are average-pooled (C7)


def unit(features: torch.Tensor) -> torch.Tensor:
    """L2-normalise over channels at every cell (D1)."""
    return F.normalize(features, dim=1, eps=1e-6)


def box_mask(box: torch.Tensor, size: tuple[int, int], margin: float) -> torch.Tensor:
    """Mask of the target: 1 inside the grown box (C2, C3).

    Parameters
    ----------
    box : (batch, 4) float
        x0, y0, x1, y1 [px].
    size : tuple of int
        Rows and columns of the picture.
    margin : float
        Growth on every side [px].

    Returns
    -------
    (batch, 1, *size) float
    """
    rows = torch.arange(size[0], device=box.device) + 0.5  # pixel centres
    columns = torch.arange(size[1], device=box.device) + 0.5
    x0, y0, x1, y1 = (box[:, k, None] + sign * margin for k, sign in enumerate((-1, -1, 1, 1)))
    inside_rows = (rows >= y0) & (rows <= y1)  # (batch, rows)
    inside_columns = (columns >= x0) & (columns <= x1)
    return (inside_rows[:, None, :, None] & inside_columns[:, None, None, :]).to(box.dtype)


def _odd_interval(low: float, high: float, margin: int, count: int) -> tuple[int, int]:
    """First cell and odd number of cells that cover low..high [px] and `margin` cells more, within the map."""
    first, last = int(low // STRIDE) - margin, -int(-high // STRIDE) + margin
    if (last - first) % 2 == 0:  # grown on the side nearer to the box, so the template stays centred (C4)
        if (low + high) / 2 / STRIDE < (first + last) / 2:
            first -= 1
        else:
            last += 1
    first, last = max(first, 0), min(last, count - 1)
    if (last - first) % 2 == 1:
        last, first = (last - 1, first) if last - 1 > first else (last, first + 1)
    return first, last - first + 1


def masked_templates(features: torch.Tensor, box: torch.Tensor, margin: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Crop every target's features, centred in one common odd size with zeros around (C4, C5).

    Parameters
    ----------
    features : (batch, channels, h, w) float
        Unit vision features.
    box : (batch, 4) float
        x0, y0, x1, y1 [px].
    margin : int
        Growth of the crop on every side [features].

    Returns
    -------
    templates : (batch, channels, k, l) float
    mask : (batch, 1, k, l) float
        1 where the template is defined.
    """
    crops = []
    for feature, (x0, y0, x1, y1) in zip(features, box.tolist(), strict=True):
        row, rows = _odd_interval(y0, y1, margin, features.shape[2])
        column, columns = _odd_interval(x0, x1, margin, features.shape[3])
        crop = feature[:, row : row + rows, column : column + columns]
        limit = min(rows, MAX_TEMPLATE[0]), min(columns, MAX_TEMPLATE[1])
        crops.append(crop if limit == (rows, columns) else F.adaptive_avg_pool2d(crop, limit))
    height, width = (max(crop.shape[axis] for crop in crops) for axis in (1, 2))
    templates, masks = [], []
    for crop in crops:
        down, right = (height - crop.shape[1]) // 2, (width - crop.shape[2]) // 2
        padding = (right, right, down, down)
        templates.append(F.pad(crop, padding))
        masks.append(F.pad(torch.ones_like(crop[:1]), padding))
    return torch.stack(templates), torch.stack(masks)


def fixed_templates(features: torch.Tensor, box: torch.Tensor, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Resample every target's features to size x size, so that no template is favoured by its size (D2).

    Parameters
    ----------
    features : (batch, channels, h, w) float
        Unit vision features; cell (i, j) lies at pixel (8 i, 8 j).
    box : (batch, 4) float
        x0, y0, x1, y1 [px].
    size : int
        Odd.

    Returns
    -------
    templates : (batch, channels, size, size) float
        Unit features.
    mask : (batch, 1, size, size) float
        Ones.
    """
    height, width = features.shape[2:]
    steps = (torch.arange(size, device=box.device, dtype=box.dtype) + 0.5) / size
    x = (box[:, :1] + steps * (box[:, 2:3] - box[:, :1])) / STRIDE  # (batch, size) feature columns
    y = (box[:, 1:2] + steps * (box[:, 3:] - box[:, 1:2])) / STRIDE
    grid = torch.stack(
        [
            (2 * x / (width - 1) - 1)[:, None, :].expand(-1, size, -1),
            (2 * y / (height - 1) - 1)[:, :, None].expand(-1, -1, size),
        ],
        dim=-1,
    )
    templates = F.grid_sample(features, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return unit(templates), torch.ones_like(templates[:, :1])


def scale_templates(templates: torch.Tensor, mask: torch.Tensor, kind: str) -> torch.Tensor:
    """Divide by the number of cells, its square root, or one (D2)."""
    power = {"mean": 1.0, "sqrt": 0.5, "sum": 0.0}[kind]
    return templates * mask / mask.sum(dim=(1, 2, 3), keepdim=True) ** power


def attention(radio: torch.Tensor, templates: torch.Tensor) -> torch.Tensor:
    """Attention maps of all pairs, Eq. 1.

    Parameters
    ----------
    radio : (b, channels, h, w) float
        Unit radio features.
    templates : (v, channels, k, l) float
        Scaled templates of odd size.

    Returns
    -------
    (b, v, h, w) float
        Cross-correlation, zero padded: a cell of the map is the centre of the template (D3, D5).
    """
    return F.conv2d(radio, templates, padding=(templates.shape[2] // 2, templates.shape[3] // 2))


def scores(radio: torch.Tensor, templates: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Best agreement of all pairs, Eq. 2, by search without a graph and scoring at the cell found.

    Parameters
    ----------
    radio : (b, channels, h, w) float
        Unit radio features.
    templates : (v, channels, k, l) float
        Scaled templates of odd size.

    Returns
    -------
    score : (b, v) float
    cell : (b, v) int64
        Flat index of the strongest cell of the h x w map.
    """
    height, width = templates.shape[2:]
    with torch.no_grad():
        cell = attention(radio, templates).flatten(2).argmax(dim=-1)
    row, column = cell // radio.shape[3], cell % radio.shape[3]
    padded = F.pad(radio, (width // 2, width // 2, height // 2, height // 2)).permute(0, 2, 3, 1)
    rows = row[..., None, None] + torch.arange(height, device=cell.device)[:, None]  # (b, v, k, 1)
    columns = column[..., None, None] + torch.arange(width, device=cell.device)  # (b, v, 1, l)
    batch = torch.arange(len(radio), device=cell.device)[:, None, None, None]
    patches = padded[batch, rows, columns]  # (b, v, k, l, channels)
    return torch.einsum("bvklc,vckl->bv", patches, templates), cell


def info_nce(score: torch.Tensor, temperature: float) -> torch.Tensor:
    """Symmetric contrastive loss, Eq. 3-4: rows choose among pictures, columns among heatmaps.

    Parameters
    ----------
    score : (b, b) float
        Radio x vision; true pairs on the diagonal.
    temperature : float

    Returns
    -------
    () float
    """
    truth = torch.arange(len(score), device=score.device)
    logits = score / temperature
    return (F.cross_entropy(logits, truth) + F.cross_entropy(logits.T, truth)) / 2
