"""Tables of questions with given figures, and collections small enough to judge by hand."""

import numpy as np
import pyarrow as pa

from training.evaluate_config import METRICS
from training.judging.questions import column_name, question_schema


def questions(figures: dict[str, list[float]], lang: list[str] | None = None, **columns) -> pa.Table:
    """Return a table in which each mode has the same `figures` by every metric; one document a question."""
    count = len(next(iter(figures.values())))
    rows = {
        "lang": lang or ["ko"] * count,
        "query_id": [f"q{number:03}" for number in range(count)],
        "docid": [f"d{number}" for number in range(count)],
        "document": [f"text {number}" for number in range(count)],
        "document_tokens": [100] * count,
        "evidence_position": [None] * count,
        "passage_overlap": [None] * count,
        "document_overlap": np.linspace(0, 1, count),
        **{column_name(mode, metric): values for mode, values in figures.items() for metric in METRICS},
        **columns,
    }
    return pa.table(rows, schema=question_schema(tuple(figures)))


def spread(mean: float, width: float, count: int = 40) -> list[float]:
    """Return `count` figures around `mean`, half of them `width` above it and half below."""
    return (mean + np.where(np.arange(count) % 2, width, -width)).tolist()
