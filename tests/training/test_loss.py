"""The unified loss against the paper's equations worked out by hand."""

import math

import torch

from training.loss import unified_loss
from training.model import HEADS


def test_loss_by_hand():
    # One query, two passages, temperature 1; the right passage leads by 1, 2 and 3 in dense, sparse and multi-vector.
    scores = torch.tensor([[[1.0, 0.0]], [[2.0, 0.0]], [[3.0, 0.0]]])
    excluded = torch.zeros(1, 2, dtype=torch.bool)
    target = torch.tensor([0])

    def nce(lead: float) -> float:
        return math.log(1 + math.exp(-lead))

    inter = 1.0 * 1 + 0.3 * 2 + 1.0 * 3
    learned = (nce(1) + 0.1 * nce(2) + nce(3) + nce(inter)) / 4
    first = 1 / (1 + math.exp(-inter))
    taught = [first * nce(lead) + (1 - first) * nce(-lead) for lead in (1, 2, 3)]
    distilled = (taught[0] + 0.1 * taught[1] + taught[2]) / 3
    warm_up = unified_loss(scores, target, excluded, heads=HEADS, temperature=1.0, distill=False)
    assert math.isclose(warm_up.total.item(), learned, rel_tol=1e-6)
    full = unified_loss(scores, target, excluded, heads=HEADS, temperature=1.0, distill=True)
    assert math.isclose(full.total.item(), (learned + distilled) / 2, rel_tol=1e-6)
    assert math.isclose(full.parts["distillation"].item(), distilled, rel_tol=1e-6)


def test_temperature_divides_every_score():
    scores = torch.randn(3, 2, 3, generator=torch.Generator().manual_seed(0))
    excluded = torch.zeros(2, 3, dtype=torch.bool)
    target = torch.tensor([2, 0])
    warm = unified_loss(scores, target, excluded, heads=HEADS, temperature=0.5, distill=True)
    torch.testing.assert_close(
        vars(warm), vars(unified_loss(scores * 2, target, excluded, heads=HEADS, temperature=1.0, distill=True))
    )


def test_excluded_passages_have_no_part():
    scores = torch.randn(3, 2, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    excluded = torch.tensor([[False, False, False, True]] * 2)
    target = torch.tensor([0, 1])
    with_column = unified_loss(scores, target, excluded, heads=HEADS, temperature=0.02, distill=True)
    without = unified_loss(scores[..., :3], target, excluded[:, :3], heads=HEADS, temperature=0.02, distill=True)
    torch.testing.assert_close(vars(with_column), vars(without))
    with_column.total.backward()
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()
    assert (scores.grad[..., 3] == 0).all()
