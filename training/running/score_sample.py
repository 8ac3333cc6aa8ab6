"""How the scores of a step lie: those of the right passages beside those of all others, head by head.

groups = score_groups(ScoredBatch(heads, scores, targets, excluded))   # head -> group -> scores
summarise(groups)                                                      # head -> group -> mean and quartiles
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from training.model import Head

Summary = dict[str, dict[str, dict[str, float]]]  # head -> group -> mean, q25, q50, q75
_QUARTILES = (0.25, 0.5, 0.75)


class ScoredBatch(NamedTuple):
    """The scores of a step, without gradients."""

    heads: tuple[Head, ...]
    scores: Tensor  # [H, Bq, Bp]
    targets: Tensor  # [Bq] column of each query's right passage
    excluded: Tensor  # [Bq, Bp] True: may be right too, in no group


def score_groups(batch: ScoredBatch) -> dict[str, dict[str, Tensor]]:
    """Return for each head the scores [n] of `positives` and of `others`, hard negatives and in-batch ones together."""
    right = torch.zeros_like(batch.excluded).scatter(1, batch.targets.unsqueeze(1), True)  # [Bq, Bp]
    masks = {"positives": right, "others": ~right & ~batch.excluded}
    return {
        head: {group: rows[mask].float() for group, mask in masks.items()}
        for head, rows in zip(batch.heads, batch.scores, strict=True)
    }


def summarise(groups: dict[str, dict[str, Tensor]]) -> Summary:
    """Return mean and quartiles of each group that holds a score."""
    return {
        head: {group: _describe(values) for group, values in by_group.items() if len(values)}
        for head, by_group in groups.items()
    }


def _describe(values: Tensor) -> dict[str, float]:
    numbers = values.cpu().numpy()  # [n]; torch.quantile refuses more than 16 million values
    places = zip(_QUARTILES, np.quantile(numbers, _QUARTILES), strict=True)
    return {"mean": round(float(numbers.mean()), 6)} | {
        f"q{100 * q:.0f}": round(float(value), 6) for q, value in places
    }
