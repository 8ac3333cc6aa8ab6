"""Training data without a tokenizer: documents are their lengths, token n of a document is the number 10 + n."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from training.batching.documents import TOKENISED, Documents
from training.batching.examples import Example, TrainingData
from training.config import FitConfig

CLS, EOS = 0, 2


def planning_config(**settings: Any) -> FitConfig:
    defaults = {"negatives": 2, "seed": 5}
    return FitConfig(dataset=Path("d"), model="m", out=Path("o"), **{**defaults, **settings})


def planning_data(
    examples: Sequence[Example], tokens: Sequence[int], kin: Sequence[Sequence[str]] = ()
) -> TrainingData:
    """Documents of so many `tokens`, CLS and EOS included, all of which are read."""
    ids = [[CLS, *range(10, 8 + count), EOS] for count in tokens]
    table = pa.table({"input_ids": pa.array(ids, TOKENISED.field("input_ids").type)})
    families = [frozenset(names) for names in kin] or [frozenset()] * len(tokens)
    return TrainingData(list(examples), Documents(table, list(tokens), list(tokens), families))


def question(number: int, positive: int, *negatives: int, lang: str = "en", **more: Any) -> Example:
    return Example(f"q{number}", lang, (CLS, 7, EOS), (positive,), negatives, **more)
