"""The plan's batches as tensors: what a step of training receives."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.data import Dataset

from training.batching import Batch, arrange_columns, split_by_tokens
from training.config import FitConfig
from training.examples import TrainingData
from training.model import pad_batch


class PlannedBatches(Dataset):
    """The plan's batches as tensors, by step."""

    def __init__(self, plan: Sequence[Batch], data: TrainingData, config: FitConfig, padding_id: int) -> None:
        """Serve `plan`; self-distillation joins after the configured share of it."""
        self.plan, self.data, self.config, self.padding_id = plan, data, config, padding_id
        self.distill_from = math.ceil(len(plan) * config.distill_start_ratio)

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.plan)

    def __getitem__(self, step: int) -> dict[str, Any]:
        """Return the arguments of `TrainingStep.forward` for a step."""
        batch, documents = self.plan[step], self.data.documents
        columns = arrange_columns(batch, self.data.examples, documents.lengths, documents.kin)
        lengths = [documents.lengths[row] for row in columns.documents]
        examples = [self.data.examples[index] for index in batch.examples]
        return {
            "queries": pad_batch([example.input_ids for example in examples], self.padding_id),
            "sub_batches": [
                pad_batch([documents.input_ids(row) for row in columns.documents[part]], self.padding_id)
                for part in split_by_tokens(lengths, self.config.sub_batch_tokens)
            ],
            "targets": torch.tensor(columns.targets),  # [Bq]
            "excluded": torch.from_numpy(columns.excluded),  # [Bq, Bp]
            "distill": step >= self.distill_from,
            "query_ids": [example.query_id for example in examples],
        }
