"""The unified loss of the heads: InfoNCE for each and for their sum, self-distillation from it, a teacher's scores.

Source: arXiv 2402.03216, section 3.3, equations 4 to 7, with its training weights. Scores come as [heads, queries,
passages], rows in the order of `heads`; `excluded` marks passages that may be right for a query and are not its target.

The paper has three heads. For n of them, several, the same formulas count these alone:

    L  = (sum of lambda_head * InfoNCE_head + InfoNCE_sum) / (n + 1)
    L' = (sum of lambda_head * distillation_head) / n

A single head has neither sum nor self-distillation: its loss is its InfoNCE.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from training.model import HEADS, Head

# Of each of HEADS: dense, sparse, multi-vector
SCORE_WEIGHTS = (1.0, 0.3, 1.0)  # w in the sum of scores
LOSS_WEIGHTS = (1.0, 0.1, 1.0)  # lambda: the lexical head starts at random, so its early loss is high
# What stands for minus infinity at excluded passages: its softmax is exactly 0, and 0 times its log-softmax is no NaN.
EXCLUDED_SCORE = -1e30


class Losses(NamedTuple):
    """The loss that is minimised, and its parts by name, each a scalar tensor.

    Parts: each head that takes part; `inter` (the sum) and `distillation` where there are several; `teacher` with one.
    """

    total: Tensor
    parts: dict[str, Tensor]


def info_nce(scores: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over queries of -log softmax(scores [Bq, Bp]) at `targets` [Bq]."""
    return F.cross_entropy(scores, targets)


def distillation_loss(teacher: Tensor, student: Tensor) -> Tensor:
    """Return the mean over queries of the cross entropy of two score rows [Bq, Bp]; no gradient reaches the teacher."""
    probabilities = torch.softmax(teacher.detach(), dim=-1)  # [Bq, Bp]
    return -(probabilities * torch.log_softmax(student, dim=-1)).sum(dim=-1).mean()


def unified_loss(
    scores: Tensor,
    targets: Tensor,
    excluded: Tensor,
    *,
    temperature: float,
    distill: bool,
    heads: Sequence[Head] = HEADS,
    teacher: Tensor | None = None,
    teacher_weight: float = 0.0,
    teacher_temperature: float = 1.0,
) -> Losses:
    """Return the loss of scores [H, Bq, Bp] with the passage `targets` [Bq] right and `excluded` [Bq, Bp] left out.

    Without `distill` this is L, the warm-up of the heads; with it (L + L') / 2, where L' is the self-distillation.
    `teacher` [Bq, Bp] holds another model's scores, nan where it has none: `teacher_divergence` for each head and for
    the sum, averaged with the weights of L, is added `teacher_weight` times.
    """
    students = exclude(scores / temperature, excluded)  # [H, Bq, Bp]
    parts: dict[str, Tensor] = {head: info_nce(row, targets) for head, row in zip(heads, students, strict=True)}
    if len(heads) == 1:
        total = parts[heads[0]]
        rows: dict[str, Tensor] = {heads[0]: students[0]}
    else:
        weights = scores.new_tensor([SCORE_WEIGHTS[HEADS.index(head)] for head in heads]).view(-1, 1, 1)  # [H, 1, 1]
        inter = exclude((scores * weights).sum(dim=0) / temperature, excluded)  # [Bq, Bp]
        parts["inter"] = info_nce(inter, targets)
        total = _weighted_sum(heads, parts) / (len(heads) + 1)
        parts["distillation"] = total.new_zeros(())
        if distill:
            distilled: dict[str, Tensor] = {
                head: distillation_loss(inter, row) for head, row in zip(heads, students, strict=True)
            }
            parts["distillation"] = _weighted_sum(heads, distilled) / len(heads)
            total = (total + parts["distillation"]) / 2
        rows = {**dict[str, Tensor](zip(heads, students, strict=True)), "inter": inter}
    if teacher is not None:
        known = ~teacher.isnan() & ~excluded  # [Bq, Bp]
        taught = {name: teacher_divergence(row, teacher / teacher_temperature, known) for name, row in rows.items()}
        parts["teacher"] = taught[heads[0]] if len(heads) == 1 else _weighted_sum(heads, taught) / (len(heads) + 1)
        total = total + teacher_weight * parts["teacher"]
    return Losses(total, parts)


def teacher_divergence(student: Tensor, teacher: Tensor, known: Tensor) -> Tensor:
    """Return the mean over queries of KL(softmax(teacher) || softmax(student)) over the passages that are `known`.

    All are [Bq, Bp], scores already divided by their temperatures. A query with fewer than two known passages says
    nothing about an order and is not counted; without any other the result is 0.
    """
    usable = known.sum(dim=-1) >= 2  # [Bq]
    if not usable.any():
        return student.new_zeros(())
    missing = ~known[usable]  # [U, Bp]
    wanted = torch.log_softmax(teacher[usable].masked_fill(missing, EXCLUDED_SCORE), dim=-1)  # [U, Bp]
    found = torch.log_softmax(student[usable].masked_fill(missing, EXCLUDED_SCORE), dim=-1)  # [U, Bp]
    return (wanted.exp() * (wanted - found)).masked_fill(missing, 0.0).sum(dim=-1).mean()


def exclude(scores: Tensor, excluded: Tensor) -> Tensor:
    """Return scores [..., Bq, Bp] where those under `excluded` [Bq, Bp] take no part in a softmax."""
    return scores.masked_fill(excluded, EXCLUDED_SCORE)


def _weighted_sum(heads: Sequence[Head], parts: dict[str, Tensor]) -> Tensor:
    """Return the heads' parts times their lambda, and the sum's once where `parts` has one."""
    weighted = [LOSS_WEIGHTS[HEADS.index(head)] * parts[head] for head in heads]
    return torch.stack([*weighted, *([parts["inter"]] if "inter" in parts else [])]).sum()
