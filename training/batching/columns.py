"""The columns of a batch: the distinct documents that its questions are scored against, and what is read of each.

    columns = arrange_columns(batch, data, config)

A document that is longer than the model reads at once is read from its beginning (`--window head`), in the window that
holds the question's evidence at a random place (`evidence`), or in all its windows, the best of which counts (`all`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.batching.documents import DocumentWindow, Span
from training.batching.examples import Example, TrainingData
from training.batching.plan import Batch
from training.config import FitConfig
from training.windows import windows

_QUESTION, _NEGATIVE = 0, 1  # what a random number is drawn for


@dataclass(frozen=True)
class Columns:
    """The distinct documents of a batch as they are read, and what they are to each question."""

    windows: tuple[DocumentWindow, ...]  # [W] distinct, longest first
    column: tuple[int, ...]  # [W] the column that each window belongs to: several windows only with --window all
    targets: tuple[int, ...]  # [Bq] column of the question's positive
    excluded: np.ndarray  # [Bq, Bp] True: may be right for the question, and is not its target
    teacher: np.ndarray | None  # [Bq, Bp] float32, nan where no score was given; None: none for the whole batch


def arrange_columns(batch: Batch, data: TrainingData, config: FitConfig) -> Columns:
    """Return the columns of `batch`, the same whenever they are asked for.

    The positive of each question has a column, and so has each hard negative that is no positive of the batch. Two
    questions that share a positive share its column, unless each reads another window of it. A document is no negative
    of a question when it is one of its positives, or shares its near-duplicate cluster or translation group (`kin`).
    """
    documents = data.documents
    positives = [
        _read(row, documents.tokens[row], config, _place_in(data.examples[index], row), (_QUESTION, index), batch.epoch)
        for index, row in zip(batch.examples, batch.positives, strict=True)
    ]
    others = batch.documents - set(batch.positives)
    negatives = [
        _read(row, documents.tokens[row], config, (0, documents.tokens[row]), (_NEGATIVE, row), batch.epoch)
        for row in others
    ]
    readings = sorted({*positives, *negatives}, key=lambda reading: (-sum(part.length for part in reading), reading))
    place = {reading: column for column, reading in enumerate(readings)}
    rows = [reading[0].row for reading in readings]
    targets = [place[reading] for reading in positives]
    order = sorted((-part.length, column, part) for reading, column in place.items() for part in reading)
    examples = [data.examples[index] for index in batch.examples]
    excluded = _exclude(examples, rows, targets, documents.kin)
    return Columns(
        tuple(part for _, _, part in order),
        tuple(column for _, column, _ in order),
        tuple(targets),
        excluded,
        _teacher_scores(examples, rows, excluded) if config.teacher_weight > 0 else None,
    )


def _place_in(example: Example, row: int) -> Span | None:
    """Return where the evidence stands in document `row`: it is recorded for the first positive alone."""
    return example.evidence if row == example.positives[0] else None


def _read(
    row: int, tokens: int, config: FitConfig, inside: Span | None, drawn_for: tuple[int, int], epoch: int
) -> tuple[DocumentWindow, ...]:
    """Return the windows in which document `row`, of `tokens` tokens, is read.

    With `--window evidence` that is one at a random place, within `inside` or around it, whichever is longer; `inside`
    counts CLS as token 0. Without it the document is read from its beginning.
    """
    length, room = tokens - 2, config.max_length - 2
    if length <= room:
        return (DocumentWindow(row, 0, length),)
    if config.window == "all":
        return tuple(DocumentWindow(row, start, end) for start, end in windows(length, room, overlap=0.0))
    start = 0
    if config.window == "evidence" and inside is not None:
        ends = (inside[0] - 1, inside[1] - 1 - room)
        low, high = (min(max(end, 0), length - room) for end in (min(ends), max(ends)))
        start = int(np.random.default_rng((config.seed, epoch, *drawn_for)).integers(low, high + 1))
    return (DocumentWindow(row, start, start + room),)


def _exclude(
    examples: Sequence[Example], rows: Sequence[int], targets: Sequence[int], kin: Sequence[frozenset[str]]
) -> np.ndarray:
    """Return [Bq, Bp]: which columns, showing the documents `rows`, may be right for a question besides its target."""
    excluded = np.zeros((len(examples), len(rows)), dtype=bool)
    for question, (example, target) in enumerate(zip(examples, targets, strict=True)):
        right = set(example.positives)
        family = frozenset().union(*(kin[row] for row in right))
        for column, row in enumerate(rows):
            excluded[question, column] = column != target and (row in right or not family.isdisjoint(kin[row]))
    return excluded


def _teacher_scores(examples: Sequence[Example], rows: Sequence[int], excluded: np.ndarray) -> np.ndarray | None:
    """Return the scores [Bq, Bp] that a teacher gave, nan where it gave none or where a column is excluded."""
    scores = np.full(excluded.shape, np.nan, dtype=np.float32)
    for question, example in enumerate(examples):
        if not example.positive_scores:
            continue
        known = dict(zip(example.positives, example.positive_scores, strict=True))
        known |= zip(example.negatives, example.negative_scores, strict=True)
        scores[question] = [known.get(row, np.nan) for row in rows]
    scores[excluded] = np.nan
    return None if np.isnan(scores).all() else scores
