"""One training step with checkpointed score columns: memory is one sub-batch's activations, whatever the batch.

The three scores of a passage depend on the query representations and on that passage alone. So what is checkpointed is
"encode a sub-batch and score it", and what is kept are its columns of the score tensor [3, queries, passages], never a
token vector of a passage. One loss over all columns, one backward; autograd encodes each sub-batch again and replays
its dropout.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from data.errors import RunError
from training.config import Stage
from training.loss import unified_loss
from training.model import M3, Representations
from training.score_sample import ScoredBatch
from training.scores import HEADS, Head, score_columns

TokenBatch = tuple[Tensor, Tensor]  # input_ids and attention_mask, both [B, L]


def score_batch(model: M3, queries: TokenBatch, sub_batches: Sequence[TokenBatch], heads: Sequence[Head]) -> Tensor:
    """Return the scores [len(heads), queries, passages] of a batch whose passages come in sub-batches.

    The last sub-batch is not checkpointed: its backward comes first, before any other is encoded again, so keeping its
    activations adds nothing to the peak and saves encoding it twice.
    """

    def columns(encoded: Representations, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return score_columns(encoded, model(input_ids, attention_mask), heads)  # [heads, Bq, sub-batch]

    encoded = checkpoint(model, *queries, use_reentrant=False)
    *earlier, last = sub_batches
    scores = [checkpoint(columns, encoded, *sub_batch, use_reentrant=False) for sub_batch in earlier]
    return torch.cat([*scores, columns(encoded, *last)], dim=-1)  # [heads, Bq, Bp]


class TrainingStep(nn.Module):
    """The model with its loss, as transformers' Trainer wants it: batch in, `{"loss": ...}` out."""

    def __init__(self, model: M3, stage: Stage, temperature: float, heads: Sequence[Head] = HEADS) -> None:
        """Train `heads` of `model` (finetune), or the dense vector alone (pretrain)."""
        super().__init__()
        self.model = model
        self.heads: Sequence[Head] = ("dense",) if stage == "pretrain" else heads
        self.temperature = temperature
        self.losses: dict[str, Tensor] = {}  # of the last forward, by name
        self.scored: ScoredBatch | None = None  # of the last forward

    def forward(
        self,
        queries: TokenBatch,
        sub_batches: list[TokenBatch],
        targets: Tensor,
        excluded: Tensor,
        distill: bool,
        query_ids: list[str],
    ) -> dict[str, Any]:
        """Return the loss of a batch; `targets` [Bq] and `excluded` [Bq, Bp] speak of the columns.

        Raises `RunError`, with the questions' ids, when the loss is not finite.
        """
        scores = score_batch(self.model, queries, sub_batches, self.heads)  # [heads, Bq, Bp]
        losses = unified_loss(
            scores, targets, excluded, heads=self.heads, temperature=self.temperature, distill=distill
        )
        loss = losses.total
        self.losses = {name: part.detach() for name, part in losses.parts.items()}
        self.scored = ScoredBatch(tuple(self.heads), scores.detach(), targets, excluded)
        if not torch.isfinite(loss):
            raise RunError(
                f"the loss is {loss.item()} at the questions {', '.join(query_ids)}; lower --learning-rate or raise"
                " --temperature, and look at these questions"
            )
        return {"loss": loss}
