"""Which questions and documents form each batch: length buckets, deterministic in (seed, epoch), nothing dropped.

    plan = plan_training(data, config)

A batch comes from one bucket of document lengths and, unless asked otherwise, from one language: negatives in another
language are told apart by language alone and teach nothing else. Questions whose positives are the same document,
near-duplicates or translations of each other go to different batches. What a bucket leaves over is a batch of its own
where it is no smaller than those of the next longer bucket, which it joins otherwise. The plan is that of the whole
batch, whatever the number of devices that share it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.errors import InputError
from training.buckets import Bucket, choose_buckets
from training.config import FitConfig
from training.examples import Example, TrainingData
from training.relatives import Family, count_relatives, deal, question_families

Choice = tuple[int, tuple[int, ...]]  # the positive and the hard negatives of a question in one epoch


@dataclass(frozen=True)
class Batch:
    """The questions of one step (indices of examples), the positive chosen for each, and hard negatives for each."""

    bucket: int  # upper bound of its documents' lengths
    epoch: int
    examples: tuple[int, ...]
    positives: tuple[int, ...]
    negatives: tuple[tuple[int, ...], ...]
    merged: int = 0  # questions that come from a shorter bucket
    relatives: int = 0  # questions that share a family with another one: they are masked for each other


def plan_training(data: TrainingData, config: FitConfig) -> list[Batch]:
    """Return all batches of a training: the configured epochs, or as many as `max_steps` batches take.

    Raises `InputError` for buckets that cannot be used, and for a single question without a hard negative.
    """
    families = question_families(data.examples, data.documents.kin)
    plan: list[Batch] = []
    epoch = 0
    while len(plan) < config.max_steps if config.max_steps is not None else epoch < config.num_train_epochs:
        plan += plan_epoch(data, config, families, epoch)
        epoch += 1
    return plan[: config.max_steps]


def plan_epoch(data: TrainingData, config: FitConfig, families: Sequence[Family], epoch: int) -> list[Batch]:
    """Return the batches of one epoch, in the order of training; every example is in exactly one.

    A batch has a single question only where its bucket says so and every question has hard negatives, or where the
    data set has no other question.
    """
    examples, lengths = data.examples, data.documents.lengths
    negatives = config.negatives if config.stage == "finetune" else 0
    told_apart = negatives > 0 and all(example.negatives for example in examples)
    if len(examples) == 1 and not told_apart:
        raise InputError(
            f"question {examples[0].query_id} is the only training question and has no hard negatives: there is nothing"
            " to tell its document from; curate more documents, or find hard negatives with m3-train mine"
        )
    random = np.random.default_rng((config.seed, epoch))
    choices = [_choose_documents(example, negatives, random) for example in examples]
    longest = [max(lengths[row] for row in (positive, *others)) for positive, others in choices]
    buckets = choose_buckets(config, negatives, max(lengths))
    least = 1 if told_apart else 2
    langs = [example.lang if config.same_language else "" for example in examples]
    order = random.permutation(len(examples)).tolist()
    groups: list[tuple[Bucket, list[int]]] = []
    waiting: dict[str, list[int]] = {lang: [] for lang in sorted(set(langs))}  # what shorter buckets left over
    sizes = [max(least, bucket.questions) for bucket in buckets]
    floor = 0
    for bucket, size, next_size in zip(buckets, sizes, [*sizes[1:], len(examples) + 1], strict=True):
        own: dict[str, list[int]] = {lang: [] for lang in waiting}
        for index in order:
            if floor < longest[index] <= bucket.tokens:
                own[langs[index]].append(index)
        for lang, members in own.items():
            members = waiting[lang] + members
            full, rest = divmod(len(members), size)
            dealt = deal(members, [size] * full + [rest], families)
            waiting[lang] = dealt.pop() if rest < next_size else []
            groups.extend((bucket, group) for group in dealt)
        floor = bucket.tokens
    groups = _place_rests(groups, waiting, buckets, longest, langs, families)
    batches = [_batch(group, bucket, buckets, longest, choices, families, epoch) for bucket, group in groups]
    return [batches[i] for i in random.permutation(len(batches))]


def _choose_documents(example: Example, negatives: int, random: np.random.Generator) -> Choice:
    """Return one of the positives, and up to `negatives` of the hard negatives."""
    right, wrong = example.positives, example.negatives
    positive = right[int(random.integers(len(right)))] if len(right) > 1 else right[0]
    if not negatives or len(wrong) <= negatives:
        return positive, wrong if negatives else ()
    return positive, tuple(wrong[i] for i in random.permutation(len(wrong))[:negatives].tolist())


def _place_rests(
    groups: list[tuple[Bucket, list[int]]],
    waiting: dict[str, list[int]],
    buckets: Sequence[Bucket],
    longest: Sequence[int],
    langs: Sequence[str],
    families: Sequence[Family],
) -> list[tuple[Bucket, list[int]]]:
    """Return `groups` and what no bucket could fill, one group a language.

    A lone question has no in-batch negative: it joins a group of its language, if possible one without a relative and
    of documents about as long as its own. Where its language has no other question, it joins others like it, or any.
    """

    def bucket_of(members: Sequence[int]) -> Bucket:
        top = max(longest[index] for index in members)
        return next(bucket for bucket in buckets if top <= bucket.tokens)

    def join(index: int, places: Sequence[int]) -> None:
        def unsuited(place: int) -> tuple[bool, bool, int]:
            bucket, group = groups[place]
            relatives = any(not families[index].isdisjoint(families[other]) for other in group)
            return relatives, bucket.tokens < longest[index], abs(bucket.tokens - longest[index])

        best = min(places, key=unsuited)
        bucket, group = groups[best]
        groups[best] = (bucket if longest[index] <= bucket.tokens else bucket_of([index]), [*group, index])

    groups = groups + [(bucket_of(rest), rest) for rest in waiting.values() if len(rest) > 1]
    foreign: list[int] = []
    for index in (rest[0] for rest in waiting.values() if len(rest) == 1):
        own = [place for place, (_, group) in enumerate(groups) if langs[group[0]] == langs[index]]
        if own:
            join(index, own)
        else:
            foreign.append(index)
    if len(foreign) == 1 and groups:
        join(foreign[0], range(len(groups)))
    elif foreign:
        groups.append((bucket_of(foreign), foreign))
    return groups


def _batch(
    group: Sequence[int],
    bucket: Bucket,
    buckets: Sequence[Bucket],
    longest: Sequence[int],
    choices: Sequence[Choice],
    families: Sequence[Family],
    epoch: int,
) -> Batch:
    floor = max((other.tokens for other in buckets if other.tokens < bucket.tokens), default=0)
    return Batch(
        bucket.tokens,
        epoch,
        tuple(group),
        tuple(choices[index][0] for index in group),
        tuple(choices[index][1] for index in group),
        sum(longest[index] <= floor for index in group),
        count_relatives(group, families),
    )


def describe_plan(plan: Sequence[Batch], lengths: Sequence[int]) -> list[dict[str, int]]:
    """Return, for each bucket in use, its batches and their sizes, its questions and its documents' tokens.

    `lengths` are the documents' in tokens, as the model reads them; a document counts once in a batch. Merged questions
    come from shorter buckets; questions with relatives are masked for each other.
    """
    of_bucket: dict[int, list[Batch]] = {}
    for batch in plan:
        of_bucket.setdefault(batch.bucket, []).append(batch)
    described = []
    for bucket, batches in sorted(of_bucket.items()):
        sizes = sorted(len(batch.examples) for batch in batches)
        rows = ({*batch.positives, *(row for rows in batch.negatives for row in rows)} for batch in batches)
        described.append(
            {
                "up_to_tokens": bucket,
                "batches": len(batches),
                "smallest_batch": sizes[0],
                "usual_batch": sizes[len(sizes) // 2],
                "largest_batch": sizes[-1],
                "questions": sum(sizes),
                "merged_questions": sum(batch.merged for batch in batches),
                "batches_with_relatives": sum(batch.relatives > 0 for batch in batches),
                "questions_with_relatives": sum(batch.relatives for batch in batches),
                "document_tokens": sum(lengths[row] for distinct in rows for row in distinct),
            }
        )
    return described
