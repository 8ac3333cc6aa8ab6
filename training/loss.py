"""The unified loss of the three heads: InfoNCE for each and for their sum, and self-distillation from the sum.

Source: arXiv 2402.03216, section 3.3, equations 4 to 7, with its training weights. Scores come as [3, queries,
passages] in the order dense, sparse, multi-vector; `excluded` marks passages that may be right for a
query and are not its target.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

SCORE_WEIGHTS = (1.0, 0.3, 1.0)  # w of dense, sparse, multi-vector in the sum of scores
LOSS_WEIGHTS = (1.0, 0.1, 1.0)  # lambda: the lexical head starts at random, so its early loss is high
# What stands for minus infinity at excluded passages: its softmax is exactly 0, and 0 times its log-softmax is no NaN.
EXCLUDED_SCORE = -1e30


class Losses(NamedTuple):
    """The loss that is minimised, and its parts, each a scalar tensor."""

    total: Tensor
    dense: Tensor
    sparse: Tensor
    multi_vec: Tensor
    inter: Tensor
    distillation: Tensor


def info_nce(scores: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over queries of -log softmax(scores [Bq, Bp]) at `targets` [Bq]."""
    return F.cross_entropy(scores, targets)


def distillation_loss(teacher: Tensor, student: Tensor) -> Tensor:
    """Return the mean over queries of the cross entropy of two score rows [Bq, Bp]; no gradient reaches the teacher."""
    probabilities = torch.softmax(teacher.detach(), dim=-1)  # [Bq, Bp]
    return -(probabilities * torch.log_softmax(student, dim=-1)).sum(dim=-1).mean()


def unified_loss(scores: Tensor, targets: Tensor, excluded: Tensor, temperature: float, distill: bool) -> Losses:
    """Return the loss of scores [3, Bq, Bp] with the passage `targets` [Bq] right and `excluded` [Bq, Bp] left out.

    Without `distill` this is L, the warm-up of the heads; with it (L + L') / 2, where L' is the self-distillation.
    """
    weights = scores.new_tensor(SCORE_WEIGHTS).view(-1, 1, 1)  # [3, 1, 1]
    inter = exclude((scores * weights).sum(dim=0) / temperature, excluded)  # [Bq, Bp]
    heads = exclude(scores / temperature, excluded)  # [3, Bq, Bp]
    dense, sparse, multi_vec = parts = [info_nce(head, targets) for head in heads]
    inter_part = info_nce(inter, targets)
    weighted = sum(weight * part for weight, part in zip(LOSS_WEIGHTS, parts, strict=True))
    learned = (weighted + inter_part) / 4
    if not distill:
        return Losses(learned, dense, sparse, multi_vec, inter_part, learned.new_zeros(()))
    distilled = [distillation_loss(inter, head) for head in heads]
    taught = torch.stack([weight * part for weight, part in zip(LOSS_WEIGHTS, distilled, strict=True)]).sum() / 3
    return Losses((learned + taught) / 2, dense, sparse, multi_vec, inter_part, taught)


def exclude(scores: Tensor, excluded: Tensor) -> Tensor:
    """Return scores [..., Bq, Bp] where those under `excluded` [Bq, Bp] take no part in a softmax."""
    return scores.masked_fill(excluded, EXCLUDED_SCORE)
