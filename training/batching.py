"""Which questions and documents form each batch: length buckets, deterministic in (seed, epoch), nothing dropped.

A batch comes from one bucket of document lengths, with the batch size that the paper uses for that length (arXiv
2402.03216, table 9), and from one language: negatives in another language are told apart by language alone and teach
nothing else. What a bucket leaves over joins the next longer one; only a language's last batch may be of another size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Upper bound of the document length in tokens, questions in a batch
PAPER_BUCKETS = (
    (500, 48),
    (1000, 32),
    (2000, 20),
    (3000, 18),
    (4000, 14),
    (5000, 14),
    (6000, 12),
    (7000, 10),
    (8192, 8),
)


@dataclass(frozen=True)
class Example:
    """A training question; documents are rows of the tokenised documents."""

    query_id: str
    lang: str
    input_ids: tuple[int, ...]
    positives: tuple[int, ...]
    negatives: tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """The questions of one step (indices of examples), the positive chosen for each, and hard negatives for each."""

    bucket: int  # upper bound of its documents' lengths
    epoch: int
    examples: tuple[int, ...]
    positives: tuple[int, ...]
    negatives: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Reading:
    """A run of a document's tokens that is encoded as one text, CLS and EOS around it."""

    row: int
    start: int  # of the document's own tokens
    end: int

    @property
    def tokens(self) -> int:
        """Tokens that the model reads."""
        return self.end - self.start + 2


@dataclass(frozen=True)
class Columns:
    """The windows of documents that a batch reads, longest first, and what they are to each question."""

    windows: tuple[Reading, ...]
    column: tuple[int, ...]  # [W] the column that each window belongs to
    targets: tuple[int, ...]  # [Bq] column of the question's positive
    excluded: np.ndarray  # [Bq, Bp] True: may be right for the question, and is not its target
    teacher: np.ndarray | None = None  # [Bq, Bp]


def plan_epoch(
    examples: Sequence[Example],
    lengths: Sequence[int],
    *,
    negatives: int,
    batch_size: int | None,
    seed: int,
    epoch: int,
) -> list[Batch]:
    """Return the batches of one epoch, in the order of training; every example is in exactly one.

    `lengths` are the documents' in tokens, as the model reads them. `batch_size` replaces the paper's in every bucket.
    """
    random = np.random.default_rng((seed, epoch))
    choices = [_choose_documents(example, negatives, random) for example in examples]
    longest = [max(lengths[row] for row in (positive, *others)) for positive, others in choices]
    langs = sorted({example.lang for example in examples})
    batches: list[Batch] = []
    waiting: dict[str, list[int]] = {lang: [] for lang in langs}  # what shorter buckets left over
    floor = 0
    for bound, paper_size in PAPER_BUCKETS:
        limit = float("inf") if bound == PAPER_BUCKETS[-1][0] else bound
        mine = [i for i, length in enumerate(longest) if floor < length <= limit]
        for lang in langs:
            own = [i for i in mine if examples[i].lang == lang]
            members = waiting[lang] + [own[i] for i in random.permutation(len(own))]
            size = batch_size or paper_size
            full = len(members) - len(members) % size
            waiting[lang] = members[full:]
            groups = [members[start : start + size] for start in range(0, full, size)]
            batches.extend(_batch(group, choices, bound, epoch) for group in groups)
        floor = bound
    batches.extend(_last_batches(waiting, batches, choices, longest, epoch))
    return [batches[i] for i in random.permutation(len(batches))]


def _choose_documents(example: Example, negatives: int, random: np.random.Generator) -> tuple[int, tuple[int, ...]]:
    """Return one of the positives, and up to `negatives` of the hard negatives."""
    positive = example.positives[int(random.integers(len(example.positives)))]
    count = min(negatives, len(example.negatives))
    chosen: list[int] = random.choice(len(example.negatives), count, replace=False).tolist() if count else []
    return positive, tuple(example.negatives[i] for i in chosen)


def _batch(group: Sequence[int], choices: Sequence[tuple[int, tuple[int, ...]]], bucket: int, epoch: int) -> Batch:
    return Batch(bucket, epoch, tuple(group), tuple(choices[i][0] for i in group), tuple(choices[i][1] for i in group))


def _last_batches(
    waiting: dict[str, list[int]],
    batches: list[Batch],
    choices: Sequence[tuple[int, tuple[int, ...]]],
    longest: Sequence[int],
    epoch: int,
) -> list[Batch]:
    """Return the batches of what no bucket could fill, one a language.

    A lone question has no in-batch negative: those of several languages form a batch, a single one joins another.
    """
    groups = [members for members in waiting.values() if len(members) > 1]
    lone = [index for members in waiting.values() if len(members) == 1 for index in members]
    if len(lone) == 1 and groups:
        groups[-1] = groups[-1] + lone
    elif len(lone) == 1 and batches:
        groups.append([*batches.pop().examples, *lone])
    elif lone:
        groups.append(lone)
    bounds = [bound for bound, _ in PAPER_BUCKETS]
    last = bounds[-1]
    tops = [max(longest[index] for index in group) for group in groups]
    buckets = [next((bound for bound in bounds if top <= bound), last) for top in tops]
    return [_batch(group, choices, bucket, epoch) for group, bucket in zip(groups, buckets, strict=True)]


def plan_training(
    examples: Sequence[Example],
    lengths: Sequence[int],
    *,
    negatives: int,
    batch_size: int | None,
    seed: int,
    epochs: int,
    max_steps: int | None,
) -> list[Batch]:
    """Return all batches of a training: `epochs` passes, or as many as `max_steps` batches take."""
    plan: list[Batch] = []
    epoch = 0
    while len(plan) < max_steps if max_steps is not None else epoch < epochs:
        plan += plan_epoch(examples, lengths, negatives=negatives, batch_size=batch_size, seed=seed, epoch=epoch)
        epoch += 1
    return plan[:max_steps]


def arrange_columns(
    batch: Batch, examples: Sequence[Example], lengths: Sequence[int], kin: Sequence[frozenset[str]]
) -> Columns:
    """Return the distinct documents of `batch`, each once and longest first, with targets and exclusions.

    `kin` names, for each document, its near-duplicate cluster and its translation group: a document that shares one of
    them with a positive of a question, or is another of its positives, is no negative for that question.
    """
    distinct = {*batch.positives, *(row for rows in batch.negatives for row in rows)}
    documents = sorted(distinct, key=lambda row: (-lengths[row], row))
    column = {row: place for place, row in enumerate(documents)}
    excluded = np.zeros((len(batch.examples), len(documents)), dtype=bool)
    for place, (index, positive) in enumerate(zip(batch.examples, batch.positives, strict=True)):
        right = set(examples[index].positives)
        family = frozenset().union(*(kin[row] for row in right))
        for row, at in column.items():
            excluded[place, at] = row != positive and (row in right or not family.isdisjoint(kin[row]))
    windows = tuple(Reading(row, 0, lengths[row] - 2) for row in documents)
    return Columns(windows, tuple(range(len(windows))), tuple(column[row] for row in batch.positives), excluded)


def describe_plan(plan: Sequence[Batch]) -> list[dict[str, int]]:
    """Return, for each bucket in use, its number of batches and the smallest, usual and largest batch."""
    sizes: dict[int, list[int]] = {}
    for batch in plan:
        sizes.setdefault(batch.bucket, []).append(len(batch.examples))
    return [
        {
            "up_to_tokens": bucket,
            "batches": len(counts),
            "smallest_batch": min(counts),
            "usual_batch": sorted(counts)[len(counts) // 2],
            "largest_batch": max(counts),
        }
        for bucket, counts in sorted(sizes.items())
    ]
