import math

import pytest
import torch
import torch.nn.functional as F

from learning.scl import (
    attention,
    box_mask,
    fixed_templates,
    info_nce,
    masked_templates,
    scale_templates,
    scores,
    unit,
)


def ref_scores(radio, templates):
    """Eq. 1-2 pair by pair, dense, with autograd through the maximum."""
    rows, columns = templates.shape[2:]
    out = torch.empty(len(radio), len(templates), dtype=radio.dtype)
    for b in range(len(radio)):
        for v in range(len(templates)):
            attention_map = F.conv2d(radio[b][None], templates[v][None], padding=(rows // 2, columns // 2))
            out[b, v] = attention_map.max()
    return out


def ref_info_nce(score, temperature):
    """Eq. 3-4 written out."""
    count, total = len(score), 0.0
    for k in range(count):
        pair = torch.exp(score[k, k] / temperature)
        total = total - torch.log(pair / sum(torch.exp(score[k, i] / temperature) for i in range(count))) / count
        total = total - torch.log(pair / sum(torch.exp(score[i, k] / temperature) for i in range(count))) / count
    return total / 2


BOXES = torch.tensor([[10.0, 20, 50, 44], [70, 8, 150, 60], [33, 33, 39, 38], [0, 0, 160, 120]])


def features(*, seed, requires_grad=True):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(4, 16, 15, 20, dtype=torch.float64, generator=generator, requires_grad=requires_grad)


@pytest.mark.parametrize("kind", ["mean", "sqrt", "sum"])
@pytest.mark.parametrize("template", ["masked", "fixed"])
def test_search_and_gather_equals_the_dense_form_in_value_and_gradient(template, kind):
    results = []
    for form in (scores, None):
        radio, vision = features(seed=1), features(seed=2)
        if template == "masked":
            templates, mask = masked_templates(unit(vision), BOXES.double(), 1)
        else:
            templates, mask = fixed_templates(unit(vision), BOXES.double(), 3)
        templates = scale_templates(templates, mask, kind)
        score = form(unit(radio), templates)[0] if form else ref_scores(unit(radio), templates)
        loss = info_nce(score, 0.1) if form else ref_info_nce(score, 0.1)
        loss.backward()
        results.append((score.detach(), loss.detach(), radio.grad, vision.grad))
    for fast, dense in zip(*results, strict=True):
        assert dense.abs().max() > 0
        torch.testing.assert_close(fast, dense, rtol=1e-6, atol=1e-9)


def test_the_strongest_cell_is_the_centre_of_the_template():
    vision = unit(features(seed=3, requires_grad=False))
    templates, mask = masked_templates(vision[:1], BOXES[:1].double(), 1)
    score, cell = scores(vision[:1], scale_templates(templates, mask, "mean"))
    # Box 10..50 x 20..44 px: features 1..7 x 2..6, one more on each side: rows 1..7, columns 0..8.
    assert templates.shape[2:] == (7, 9)
    assert divmod(cell.item(), 20) == (4, 4)
    assert score.item() == pytest.approx(1)


def test_templates_are_odd_defined_where_the_mask_says_and_zero_elsewhere():
    templates, mask = masked_templates(unit(features(seed=4)), BOXES.double(), 1)
    assert templates.shape[2] % 2 == 1 and templates.shape[3] % 2 == 1
    assert (templates * (1 - mask) == 0).all()
    cells = mask.sum(dim=(1, 2, 3)).tolist()
    assert cells[2] == min(cells) and cells[3] == max(cells)
    norm = templates.norm(dim=1, keepdim=True)[..., :, :]
    assert torch.allclose(norm[:3][mask[:3] == 1], torch.ones(1, dtype=torch.float64))


def test_no_template_size_is_favoured_before_learning():
    """D2: the score of unrelated features must not depend on the size of the box."""
    generator = torch.Generator().manual_seed(0)
    radio, vision = (unit(torch.randn(64, 128, 15, 20, generator=generator)) for _ in range(2))
    sides = torch.tensor([16.0, 90.0]).repeat(32)
    boxes = torch.stack([80 - sides / 2, 60 - sides / 2, 80 + sides / 2, 60 + sides / 2], dim=1)
    fixed = attention(radio, scale_templates(*fixed_templates(vision, boxes, 3), "mean")).amax(dim=(2, 3)).mean(0)
    masked = attention(radio, scale_templates(*masked_templates(vision, boxes, 1), "mean")).amax(dim=(2, 3)).mean(0)
    assert fixed[::2].mean() == pytest.approx(fixed[1::2].mean().item(), rel=0.15)
    assert masked[::2].mean() > 1.5 * masked[1::2].mean()  # why a fixed size is recommended


def test_loss_without_knowledge_is_log_b_and_with_full_knowledge_zero():
    assert info_nce(torch.full((8, 8), 0.3), 0.1).item() == pytest.approx(math.log(8))
    assert info_nce(torch.eye(8) * 5, 0.1).item() == pytest.approx(0, abs=1e-6)


def test_box_mask_covers_the_grown_box_by_pixel_centres():
    mask = box_mask(torch.tensor([[4.0, 2.0, 8.0, 5.0]]), (12, 16), 1.0)[0, 0]
    assert mask.sum() == (8 - 4 + 2) * (5 - 2 + 2)
    assert mask[1:6, 3:9].all()
