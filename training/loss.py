"""The unified loss of the three heads: InfoNCE for each and for their sum, and self-distillation from the sum.

Source: arXiv 2402.03216, section 3.3, equations 4 to 7, with its training weights. Scores come as [3, queries,
passages] in the order dense, sparse, multi-vector; `excluded` marks passages that may be right for a
query and are not its target.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from training.model import HEADS, Head

SCORE_WEIGHTS = (1.0, 0.3, 1.0)  # w of dense, sparse, multi-vector in the sum of scores
LOSS_WEIGHTS = (1.0, 0.1, 1.0)  # lambda: the lexical head starts at random, so its early loss is high
# What stands for minus infinity at excluded passages: its softmax is exactly 0, and 0 times its log-softmax is no NaN.
EXCLUDED_SCORE = -1e30


@dataclass(frozen=True)
class Losses:
    """The loss that is minimised, and its parts by name, each a scalar tensor."""

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
    heads: Sequence[Head],
    temperature: float,
    distill: bool,
    teacher: Tensor | None = None,
    teacher_weight: float = 0.0,
    teacher_temperature: float = 1.0,
) -> Losses:
    """Return the loss of scores [H, Bq, Bp]."""
    own = exclude(scores / temperature, excluded)  # [H, Bq, Bp]
    parts: dict[str, Tensor] = {head: info_nce(row, targets) for head, row in zip(heads, own, strict=True)}
    if len(heads) == 1:
        return Losses(parts[heads[0]], parts)
    places = [HEADS.index(head) for head in heads]
    weights = scores.new_tensor([SCORE_WEIGHTS[place] for place in places]).view(-1, 1, 1)  # [H, 1, 1]
    inter = exclude((scores * weights).sum(dim=0) / temperature, excluded)  # [Bq, Bp]
    parts["inter"] = info_nce(inter, targets)
    learned = (sum(LOSS_WEIGHTS[HEADS.index(h)] * parts[h] for h in heads) + parts["inter"]) / (len(heads) + 1)
    if not distill:
        return Losses(learned, parts)
    taught: Tensor = sum(
        LOSS_WEIGHTS[place] * distillation_loss(inter, row) for place, row in zip(places, own, strict=True)
    )
    parts["distillation"] = taught / len(heads)
    return Losses((learned + parts["distillation"]) / 2, parts)


def exclude(scores: Tensor, excluded: Tensor) -> Tensor:
    """Return scores [..., Bq, Bp] where those under `excluded` [Bq, Bp] take no part in a softmax."""
    return scores.masked_fill(excluded, EXCLUDED_SCORE)
