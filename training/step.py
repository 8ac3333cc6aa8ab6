"""One training step with checkpointed score columns: memory is one sub-batch's activations, whatever the batch.

The three scores of a passage depend on the query representations and on that passage alone. So what is checkpointed is
"encode a sub-batch and score it", and what is kept are its columns of the score tensor [3, queries, passages], never a
token vector of a passage. One loss over all columns, one backward; autograd encodes each sub-batch again and replays
its dropout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from data.errors import RunError
from training.config import FitConfig
from training.gather import gather_columns, gather_queries, scale_gradient
from training.loss import unified_loss
from training.model import HEADS, M3, Head, Representations, join
from training.packing import PackedTexts
from training.running.score_sample import ScoredBatch
from training.scores import score_columns


@dataclass(frozen=True)
class StepInputs:
    """What one rank receives for one step. Rows and columns stand in the order of ranks: one's share after another's.

    A batch with fewer queries (or windows) than ranks is filled up with repeats at the end, which no score keeps.
    """

    queries: tuple[PackedTexts, ...]  # this rank's share, in sub-batches
    sub_batches: tuple[PackedTexts, ...]  # windows of documents: this rank's share
    all_queries: PackedTexts  # those of all ranks, repeats included
    query_counts: tuple[int, ...]  # [ranks]
    window_counts: tuple[int, ...]  # [ranks]
    column: Tensor  # [W] the column of each window, without repeats
    targets: Tensor  # [Bq] column of each query's positive
    excluded: Tensor  # [Bq, Bp] True: may be right for the query, and is not its target
    teacher: Tensor | None  # [Bq, Bp] a teacher's scores, nan where it gave none
    distill: bool
    query_ids: tuple[str, ...]  # [Bq]

    def to(self, device: torch.device) -> "StepInputs":
        """Return the inputs with every tensor on `device`."""
        moved = {
            name: value.to(device) for name, value in vars(self).items() if isinstance(value, Tensor | PackedTexts)
        }
        parts = {name: tuple(part.to(device) for part in getattr(self, name)) for name in ("queries", "sub_batches")}
        return StepInputs(**(vars(self) | moved | parts))

    def count_tokens(self, padded: bool) -> tuple[int, int]:
        """Return the tokens that this rank encodes, and the places that they take, padding included."""
        parts = [texts.lengths for texts in (*self.queries, *self.sub_batches)]
        tokens = sum(map(sum, parts))
        return tokens, sum(len(lengths) * max(lengths) for lengths in parts) if padded else tokens


def score_batch(model: M3, inputs: StepInputs, heads: Sequence[Head]) -> Tensor:
    """Return the scores [len(heads), queries, passages] of a batch whose windows come in sub-batches.

    Words are looked up once for all sub-batches: the gradient of a lookup is as large as the vocabulary. The last
    sub-batch is not checkpointed: its backward comes first, before any other is encoded again, so keeping its
    activations adds nothing to the peak and saves encoding it twice.
    """
    parts = (*inputs.queries, *inputs.sub_batches)
    distinct, places = torch.unique(torch.cat([part.input_ids for part in parts]), return_inverse=True)  # [U], [T]
    words = model.encoder.get_input_embeddings()(distinct)  # [U, d]
    arguments = list(zip(places.split([len(part.input_ids) for part in parts]), parts, strict=True))
    of_queries, of_windows = arguments[: len(inputs.queries)], arguments[len(inputs.queries) :]

    def encode(words: Tensor, places: Tensor, texts: PackedTexts) -> Representations:
        return model(texts, heads, F.embedding(places, words))

    def columns(words: Tensor, places: Tensor, texts: PackedTexts, queries: Representations) -> Tensor:
        return score_columns(queries, encode(words, places, texts), heads)  # [heads, Bq, windows]

    own = join([checkpoint(encode, words, *each, use_reentrant=False) for each in of_queries])
    queries = gather_queries(own, inputs.all_queries, inputs.query_counts)
    scores = [checkpoint(columns, words, *each, queries, use_reentrant=False) for each in of_windows[:-1]]
    own_columns = torch.cat([*scores, columns(words, *of_windows[-1], queries)], dim=-1)  # [heads, Bq, own windows]
    every = gather_columns(own_columns, inputs.window_counts)  # [heads, Bq + repeats, W + repeats]
    return best_windows(every[:, : len(inputs.targets), : len(inputs.column)], inputs)


def best_windows(scores: Tensor, inputs: StepInputs) -> Tensor:
    """Return [heads, Bq, Bp]: for each document the best of its windows' scores [heads, Bq, W]."""
    width = inputs.excluded.shape[1]
    if scores.shape[-1] == width and bool((inputs.column[1:] > inputs.column[:-1]).all()):
        return scores
    index = inputs.column.expand_as(scores)  # [heads, Bq, W]
    room = scores.new_zeros(*scores.shape[:2], width)  # [heads, Bq, Bp]
    return room.scatter_reduce(-1, index, scores, "amax", include_self=False)


def trained_heads(config: FitConfig) -> tuple[Head, ...]:
    """Return the heads that the loss trains, in the order of `HEADS`: pretraining has the dense one alone."""
    names = ("dense",) if config.stage == "pretrain" else config.heads
    return tuple(head for head in HEADS if head.replace("_", "") in names)


class TrainingStep(nn.Module):
    """The model with its loss, as transformers' Trainer wants it: inputs in, `{"loss": ...}` out."""

    def __init__(self, model: M3, config: FitConfig) -> None:
        """Train the heads of `model` that `config` names; with stage pretrain the dense vector alone."""
        super().__init__()
        self.model = model
        self.settings = config
        self.heads = trained_heads(config)
        unused = {"sparse": model.sparse_linear, "multi_vec": model.colbert_linear}
        for head, linear in unused.items():
            if head not in self.heads:  # several ranks wait for the gradient of every weight that may have one
                linear.requires_grad_(False)
        self.losses: dict[str, Tensor] = {}  # parts of the last forward's loss, by name
        self.scored: ScoredBatch | None = None  # of the last forward

    def forward(self, inputs: StepInputs) -> dict[str, Any]:
        """Return the loss of a batch: its value for the whole batch, its gradient as data parallel training needs it.

        Raises `RunError`, with the queries' ids, when the loss is not finite.
        """
        inputs = inputs.to(next(self.model.parameters()).device)
        scores = score_batch(self.model, inputs, self.heads)  # [heads, Bq, Bp]
        losses = unified_loss(
            scores,
            inputs.targets,
            inputs.excluded,
            heads=self.heads,
            temperature=self.settings.temperature,
            distill=inputs.distill,
            teacher=inputs.teacher,
            teacher_weight=self.settings.teacher_weight,
            teacher_temperature=self.settings.teacher_temperature,
        )
        self.losses = {name: part.detach() for name, part in losses.parts.items()}
        self.scored = ScoredBatch(self.heads, scores.detach(), inputs.targets, inputs.excluded)
        if not torch.isfinite(losses.total):
            raise RunError(
                f"the loss is {losses.total.item()} at the questions {', '.join(inputs.query_ids)}; lower"
                " --learning-rate or raise --temperature, and look at these questions"
            )
        return {"loss": scale_gradient(losses.total, len(inputs.query_counts))}
