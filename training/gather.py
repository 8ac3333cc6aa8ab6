"""Collectives of a training on several ranks: query representations and score columns travel, passages never do.

Each rank encodes its share of a batch's queries and passages. `gather_queries` gives every rank all queries;
`gather_columns` gives every rank the scores of all passages. Then each computes the whole loss, so the columns'
gradient is a rank's own slice, and the queries' is the sum over ranks of what each rank's passages say.
The loss counts once per rank: `scale_gradient` undoes the average that data parallel training takes of the gradients.

All functions are the identity where one process trains.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

from training.model import Representations
from training.packing import PackedTexts


class _GatherRows(torch.autograd.Function):
    """All ranks' rows, one rank after the other; ranks may hold different numbers of rows."""

    @staticmethod
    def forward(context: Any, rows: Tensor, counts: Sequence[int], sum_gradients: bool) -> Tensor:
        context.counts, context.sum_gradients = counts, sum_gradients
        padded = F.pad(rows, [0, 0] * (rows.dim() - 1) + [0, max(counts) - len(rows)])  # [largest, ...]
        found = [torch.empty_like(padded) for _ in counts]
        dist.all_gather(found, padded)
        return torch.cat([part[:count] for part, count in zip(found, counts, strict=True)])  # [sum of counts, ...]

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        if context.sum_gradients:
            gradient = gradient.contiguous()
            dist.all_reduce(gradient)
        return gradient.split(list(context.counts))[dist.get_rank()], None, None


def gather_queries(own: Representations, everything: PackedTexts, counts: Sequence[int]) -> Representations:
    """Return the representations of all ranks' queries.

    `everything` are these queries, one rank's after the other's, `counts` [ranks] how many each has.
    """
    if len(counts) == 1:
        return own
    ends = torch.tensor(counts).cumsum(0).tolist()
    tokens = [sum(everything.lengths[end - count : end]) for end, count in zip(ends, counts, strict=True)]

    def rows(values: Tensor, of_each: Sequence[int]) -> Tensor:
        return _GatherRows.apply(values, of_each, True) if values.numel() else values

    return Representations(
        rows(own.dense, counts),  # [Bq, d]
        rows(own.lexical, tokens),  # [T]
        rows(own.multi_vector, tokens),  # [T, d]
        everything.input_ids,
        everything.owner(),
        ~everything.cls(),
        everything.lengths,
    )


def gather_columns(scores: Tensor, counts: Sequence[int]) -> Tensor:
    """Return the scores [heads, Bq, sum of counts] of all ranks' passages, given [heads, Bq, own] of this one's."""
    if len(counts) == 1:
        return scores
    columns = scores.permute(2, 0, 1).contiguous()  # [own, heads, Bq]
    return _GatherRows.apply(columns, counts, False).permute(1, 2, 0)  # [heads, Bq, all]


def scale_gradient(loss: Tensor, factor: int) -> Tensor:
    """Return `loss` with its value as it is and its gradient multiplied by `factor`."""
    return loss if factor == 1 else loss.detach() + factor * (loss - loss.detach())
