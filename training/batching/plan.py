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
from training.batching.buckets import Bucket, choose_buckets
from training.batching.examples import Example, TrainingData
from training.batching.relatives import Family, count_relatives, deal, question_families
from training.config import FitConfig

Choice = tuple[int, tuple[int, ...]]  # the positive and the hard negatives of a question in one epoch
Group = tuple[Bucket, list[int]]  # questions that form a batch


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

    @property
    def documents(self) -> set[int]:
        """The distinct documents that are read."""
        return {*self.positives, *(row for rows in self.negatives for row in rows)}


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


@dataclass(frozen=True)
class _Epoch:
    """What is known of the questions of one epoch before they are batched; lists by question."""

    number: int
    buckets: Sequence[Bucket]
    sizes: Sequence[int]  # questions in a batch, by bucket
    choices: Sequence[Choice]
    longest: Sequence[int]  # tokens of the longest document of the choice
    langs: Sequence[str]  # all alike where languages are mixed
    families: Sequence[Family]

    def bucket_of(self, members: Sequence[int]) -> Bucket:
        """Return the bucket of the longest document of some questions."""
        top = max(self.longest[index] for index in members)
        return next(bucket for bucket in self.buckets if top <= bucket.tokens)


def plan_epoch(data: TrainingData, config: FitConfig, families: Sequence[Family], epoch: int) -> list[Batch]:
    """Return the batches of one epoch, in the order of training; every example is in exactly one.

    A batch has a single question only where its bucket says so and every question has hard negatives, or where the
    data set has no other question.
    """
    examples, lengths = data.examples, data.documents.lengths
    negatives = config.negatives if config.stage == "finetune" else 0
    told_apart = negatives > 0 and all(example.negatives for example in examples)
    if len(examples) == 1 and not told_apart:
        lacks = "has no hard negatives" if not examples[0].negatives else "none of its hard negatives is asked for"
        raise InputError(
            f"question {examples[0].query_id} is the only training question and {lacks}: there is nothing to tell its"
            " document from; curate more documents, or find hard negatives with m3-train mine"
        )
    random = np.random.default_rng((config.seed, epoch))
    choices = [_choose_documents(example, negatives, random) for example in examples]
    longest = [max(lengths[row] for row in (positive, *others)) for positive, others in choices]
    buckets = choose_buckets(config, negatives, max(lengths))
    sizes = [max(bucket.questions, 1 if told_apart else 2) for bucket in buckets]
    langs = [example.lang if config.same_language else "" for example in examples]
    known = _Epoch(epoch, buckets, sizes, choices, longest, langs, families)
    batches = [_batch(group, bucket, known) for bucket, group in _form_groups(known, random)]
    return [batches[i] for i in random.permutation(len(batches))]


def _choose_documents(example: Example, negatives: int, random: np.random.Generator) -> Choice:
    """Return one of the positives, and up to `negatives` of the hard negatives."""
    right, wrong = example.positives, example.negatives
    positive = right[int(random.integers(len(right)))] if len(right) > 1 else right[0]
    if not negatives or len(wrong) <= negatives:
        return positive, wrong if negatives else ()
    return positive, tuple(wrong[i] for i in random.permutation(len(wrong))[:negatives].tolist())


def _form_groups(epoch: _Epoch, random: np.random.Generator) -> list[Group]:
    """Return the questions of each batch, bucket by bucket."""
    order = random.permutation(len(epoch.longest)).tolist()
    groups: list[Group] = []
    waiting: dict[str, list[int]] = {lang: [] for lang in sorted(set(epoch.langs))}  # what shorter buckets left over
    next_sizes = [*epoch.sizes[1:], len(order) + 1]  # the last bucket keeps no rest
    floor = 0
    for bucket, size, next_size in zip(epoch.buckets, epoch.sizes, next_sizes, strict=True):
        own: dict[str, list[int]] = {lang: [] for lang in waiting}
        for index in order:
            if floor < epoch.longest[index] <= bucket.tokens:
                own[epoch.langs[index]].append(index)
        for lang, members in own.items():
            members = waiting[lang] + members
            full, rest = divmod(len(members), size)
            last = bucket is epoch.buckets[-1]
            dealt = deal(members, [size] * full + [rest], epoch.families, passes_rest=not last and rest < next_size)
            waiting[lang] = dealt.pop() if rest < next_size else []
            groups.extend((bucket, group) for group in dealt)
        floor = bucket.tokens
    return _place_rests(groups, list(waiting.values()), epoch)


def _place_rests(groups: list[Group], rests: list[list[int]], epoch: _Epoch) -> list[Group]:
    """Return `groups` and what no bucket could fill, one group a language.

    A lone question has no in-batch negative: it joins a group of its language, if possible one without a relative and
    of documents about as long as its own. Where its language has no other question, it joins others like it, or any.
    """
    groups = groups + [(epoch.bucket_of(rest), rest) for rest in rests if len(rest) > 1]
    foreign: list[int] = []
    for index in (rest[0] for rest in rests if len(rest) == 1):
        own = [place for place, (_, group) in enumerate(groups) if epoch.langs[group[0]] == epoch.langs[index]]
        if own:
            _join(groups, own, index, epoch)
        else:
            foreign.append(index)
    if len(foreign) == 1 and groups:
        _join(groups, range(len(groups)), foreign[0], epoch)
    elif foreign:
        groups.append((epoch.bucket_of(foreign), foreign))
    return groups


def _join(groups: list[Group], places: Sequence[int], index: int, epoch: _Epoch) -> None:
    """Add a question to the group that suits it best, among those at `places`."""
    length, family = epoch.longest[index], epoch.families[index]

    def unsuited(place: int) -> tuple[bool, bool, int]:
        bucket, group = groups[place]
        relatives = any(not family.isdisjoint(epoch.families[other]) for other in group)
        return relatives, bucket.tokens < length, abs(bucket.tokens - length)

    best = min(places, key=unsuited)
    bucket, group = groups[best]
    groups[best] = (bucket if length <= bucket.tokens else epoch.bucket_of([index]), [*group, index])


def _batch(group: Sequence[int], bucket: Bucket, epoch: _Epoch) -> Batch:
    floor = max((other.tokens for other in epoch.buckets if other.tokens < bucket.tokens), default=0)
    return Batch(
        bucket.tokens,
        epoch.number,
        tuple(group),
        tuple(epoch.choices[index][0] for index in group),
        tuple(epoch.choices[index][1] for index in group),
        sum(epoch.longest[index] <= floor for index in group),
        count_relatives(group, epoch.families),
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
                "document_tokens": sum(lengths[row] for batch in batches for row in batch.documents),
            }
        )
    return described
