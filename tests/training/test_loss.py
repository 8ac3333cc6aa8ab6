"""The unified loss against the paper's equations worked out by hand, and what is ours: fewer heads, and a teacher."""

import math

import pytest
import torch

from training.loss import teacher_divergence, unified_loss
from training.model import HEADS

# One query, two passages, temperature 1; the right passage leads by 1, 2 and 3 in dense, sparse and multi-vector.
SCORES = torch.tensor([[[1.0, 0.0]], [[2.0, 0.0]], [[3.0, 0.0]]])
NONE_EXCLUDED, TARGET = torch.zeros(1, 2, dtype=torch.bool), torch.tensor([0])
NAN = math.nan


def nce(lead: float) -> float:
    return math.log(1 + math.exp(-lead))


def random_scores(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_loss_by_hand():
    inter = 1.0 * 1 + 0.3 * 2 + 1.0 * 3
    learned = (nce(1) + 0.1 * nce(2) + nce(3) + nce(inter)) / 4
    first = 1 / (1 + math.exp(-inter))
    taught = [first * nce(lead) + (1 - first) * nce(-lead) for lead in (1, 2, 3)]
    distilled = (taught[0] + 0.1 * taught[1] + taught[2]) / 3
    warm_up = unified_loss(SCORES, TARGET, NONE_EXCLUDED, temperature=1.0, distill=False)
    assert math.isclose(warm_up.total.item(), learned, rel_tol=1e-6)
    assert warm_up.parts["distillation"] == 0
    full = unified_loss(SCORES, TARGET, NONE_EXCLUDED, temperature=1.0, distill=True)
    assert math.isclose(full.total.item(), (learned + distilled) / 2, rel_tol=1e-6)
    assert math.isclose(full.parts["distillation"].item(), distilled, rel_tol=1e-6)
    assert list(full.parts) == ["dense", "sparse", "multi_vec", "inter", "distillation"]


def test_two_heads_by_hand():
    heads = ("sparse", "multi_vec")
    inter = 0.3 * 2 + 1.0 * 3
    learned = (0.1 * nce(2) + nce(3) + nce(inter)) / 3
    first = 1 / (1 + math.exp(-inter))
    taught = {lead: first * nce(lead) + (1 - first) * nce(-lead) for lead in (2, 3)}
    distilled = (0.1 * taught[2] + taught[3]) / 2
    found = unified_loss(SCORES[1:], TARGET, NONE_EXCLUDED, heads=heads, temperature=1.0, distill=True)
    assert math.isclose(found.total.item(), (learned + distilled) / 2, rel_tol=1e-6)
    assert list(found.parts) == [*heads, "inter", "distillation"]


@pytest.mark.parametrize(("row", "head"), list(enumerate(HEADS)))
def test_one_head_is_plain_info_nce(row, head):
    found = unified_loss(SCORES[row : row + 1], TARGET, NONE_EXCLUDED, heads=(head,), temperature=0.5, distill=True)
    assert math.isclose(found.total.item(), nce(2 * (row + 1)), rel_tol=1e-4)
    assert list(found.parts) == [head]


def test_temperature_divides_every_score():
    scores = random_scores(3, 2, 3)
    excluded = torch.zeros(2, 3, dtype=torch.bool)
    target = torch.tensor([2, 0])
    warm = unified_loss(scores, target, excluded, temperature=0.5, distill=True)
    torch.testing.assert_close(warm, unified_loss(scores * 2, target, excluded, temperature=1.0, distill=True))


def test_excluded_passages_have_no_part():
    scores = random_scores(3, 2, 4).requires_grad_()
    excluded = torch.tensor([[False, False, False, True]] * 2)
    target = torch.tensor([0, 1])
    teacher = torch.tensor([[3.0, 1.0, NAN, 9.0], [0.0, 1.0, 2.0, NAN]])  # knows an excluded passage
    how = {"temperature": 0.02, "distill": True, "teacher_weight": 0.7}
    with_column = unified_loss(scores, target, excluded, teacher=teacher, **how)
    without = unified_loss(scores[..., :3], target, excluded[:, :3], teacher=teacher[:, :3], **how)
    torch.testing.assert_close(with_column, without)
    with_column.total.backward()
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()
    assert (scores.grad[..., 3] == 0).all()


def test_divergence_from_a_teacher_by_hand():
    # Three passages of which the teacher knows two, with odds 3 to 1; the student has them at 1 to 1.
    teacher = torch.tensor([[math.log(3.0), 0.0, NAN]])
    student = torch.tensor([[5.0, 5.0, 50.0]])
    expected = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert math.isclose(teacher_divergence(student, teacher, ~teacher.isnan()).item(), expected, rel_tol=1e-6)
    # A query of which one passage is known has no order to teach: the mean is over the first alone.
    two = torch.cat([teacher, torch.tensor([[1.0, NAN, NAN]])])
    students = torch.cat([student, torch.tensor([[-3.0, 2.0, 1.0]])])
    assert math.isclose(teacher_divergence(students, two, ~two.isnan()).item(), expected, rel_tol=1e-6)
    assert teacher_divergence(students[1:], two[1:], ~two[1:].isnan()) == 0


def test_teacher_is_weighted_like_the_heads():
    def divergence(wanted: float, lead: float) -> float:
        p, q = 1 / (1 + math.exp(-wanted)), 1 / (1 + math.exp(-lead))
        return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))

    how = {"temperature": 1.0, "distill": True}
    teacher = torch.tensor([[8.0, 0.0]])  # over its temperature of 2: a lead of 4
    taught = {"teacher": teacher, "teacher_weight": 0.5, "teacher_temperature": 2.0}
    plain = unified_loss(SCORES, TARGET, NONE_EXCLUDED, **how)
    found = unified_loss(SCORES, TARGET, NONE_EXCLUDED, **how, **taught)
    expected = (divergence(4, 1) + 0.1 * divergence(4, 2) + divergence(4, 3) + divergence(4, 1 + 0.6 + 3)) / 4
    assert math.isclose(found.parts["teacher"].item(), expected, rel_tol=1e-5)
    assert math.isclose(found.total.item(), plain.total.item() + 0.5 * expected, rel_tol=1e-5)
    alone = unified_loss(SCORES[:1], TARGET, NONE_EXCLUDED, heads=("dense",), **how, **taught)
    assert math.isclose(alone.total.item(), nce(1) + 0.5 * divergence(4, 1), rel_tol=1e-5)


def test_gradients_flow_past_what_the_teacher_does_not_know():
    scores = random_scores(3, 2, 3).requires_grad_()
    teacher = torch.tensor([[1.0, 2.0, NAN], [NAN, NAN, NAN]])
    excluded = torch.zeros(2, 3, dtype=torch.bool)
    found = unified_loss(
        scores, torch.tensor([0, 2]), excluded, temperature=0.02, distill=False, teacher=teacher, teacher_weight=1.0
    )
    found.total.backward()
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()
