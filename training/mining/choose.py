"""Which candidates become a question's negatives: what is excluded and why, whose turn it is, and the counts.

The miners take turns (round robin): each in its turn gives its best document that is not taken yet, is excluded by
nothing, and lies within the rank window. What one miner puts above its bound no other may give either.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from training.mine_config import Miner
from training.mining.false_negatives import ShingleStore, short_shingles
from training.mining.margins import Bound
from training.mining.questions import QuestionGroup
from training.mining.rankings import Found

RANDOM_PAIRS = 2000  # documents compared at random, to see what two have in common for no reason
LEAST_COPY, MOST_COPY = 0.15, 0.4  # between these the share that makes a near-copy is read from the corpus
# It is this many times what 90 % of random pairs stay below: up to a tenth of them may be copies of each other.
# Measured on articles of four languages: 99.9 % of random pairs stay below it, copies with 40 % of the words changed
# lie above.
COPY_FACTOR = 1.75
ABOVE_BOUND, NOT_FOUND = "above_bound", "positive_not_found"


@dataclass(frozen=True)
class Negative:
    """A chosen document, and what the miner that gave it said."""

    document: int
    miner: Miner
    rank: int  # from 1, among all documents of the split
    score: float


@dataclass(frozen=True)
class Exclusions:
    """For each question the candidates that no miner may give, with the reason."""

    reasons: list[dict[int, str]]
    copy_share: float  # from which on a document counted as a near-copy


def exclude_candidates(
    group: QuestionGroup,
    found: Mapping[Miner, Found],
    store: ShingleStore,
    *,
    evidence_share: float,
    copy_share: float | None,
    allow_also_relevant: bool,
) -> Exclusions:
    """Find, among the candidates of every miner, those that are right or may be.

    Reasons, the first that holds: positive, same_cluster, same_group, also_relevant, holds_evidence, near_copy.
    """
    copy_share = typical_overlap(store) if copy_share is None else copy_share
    passages = _passages(group)
    also = group.pairs["also_relevant"].to_pylist()
    reasons: list[dict[int, str]] = []
    for row in tqdm(range(len(group.positives)), desc=f"{group.name} false negatives", unit=" questions"):
        named = set() if allow_also_relevant else {group.number_of.get(docid, -1) for docid in also[row] or []}
        passage = store.sketch(short_shingles(passages[row]))
        positives = {number: store.sample(number) for number in group.positives[row]}
        excluded: dict[int, str] = {}
        for number in _candidates(found, row):
            reason = _known_reason(group, row, number) or ("also_relevant" if number in named else None)
            if reason is None and store.share_of_passage(passage, number) >= evidence_share:
                reason = "holds_evidence"
            if reason is None and any(store.overlap(sketch, number) >= copy_share for sketch in positives.values()):
                reason = "near_copy"
            if reason is not None:
                excluded[number] = reason
        reasons.append(excluded)
    return Exclusions(reasons, copy_share)


def typical_overlap(store: ShingleStore) -> float:
    """Return the overlap from which on two documents are no longer like any two of the corpus."""
    total = len(store.ends)
    if total < 2:
        return MOST_COPY
    random = np.random.default_rng(0)
    left = random.integers(total, size=RANDOM_PAIRS // 10).repeat(10)
    right = (left + random.integers(1, total, size=len(left))) % total
    sketches = {number: store.sample(int(number)) for number in np.unique(left)}
    shares = [store.overlap(sketches[a], int(b)) for a, b in zip(left, right, strict=True)]
    return float(np.clip(COPY_FACTOR * np.quantile(shares, 0.9), LEAST_COPY, MOST_COPY))


def _passages(group: QuestionGroup) -> list[str]:
    """Return the passage that each question was written about, empty where it is not known."""
    owners: dict[int, list[int]] = {}
    for row, positives in enumerate(group.positives):
        owners.setdefault(positives[0], []).append(row)
    passages = [""] * len(group.positives)
    evidence = group.evidence
    for text in group.texts(owners.keys()):
        for row in owners[text.number]:
            span = evidence[row]
            passages[row] = "" if span is None else text.text[text.title_characters :][slice(*span)]
    return passages


def _candidates(found: Mapping[Miner, Found], row: int) -> list[int]:
    numbers = np.unique(np.concatenate([one.documents[row] for one in found.values()]))
    return [int(number) for number in numbers if number >= 0]


def _known_reason(group: QuestionGroup, row: int, number: int) -> str | None:
    positives = group.positives[row]
    if number in positives:
        return "positive"
    shared = {name.partition(":")[0] for own in positives for name in group.kin[own] & group.kin[number]}
    return "same_cluster" if "cluster" in shared else "same_group" if shared else None


def would_be_ratios(found: Found, reasons: Sequence[Mapping[int, str]], *, negatives: int, skip_top: int) -> np.ndarray:
    """Return the scores of the first few documents of each question that nothing excludes, as shares of the positive's.

    Questions whose positive scores nothing (or below) have no such share and are left out.
    """
    ratios: list[float] = []
    for row, excluded in enumerate(reasons):
        positive = found.positive[row]
        if not positive > 0:  # also nan
            continue
        free = [
            score
            for number, score in zip(found.documents[row, skip_top:], found.scores[row, skip_top:], strict=True)
            if number >= 0 and int(number) not in excluded
        ]
        ratios += [float(score / positive) for score in free[:negatives]]
    return np.array(ratios)


def choose_negatives(
    found: Mapping[Miner, Found],
    row: int,
    excluded: Mapping[int, str],
    bounds: Mapping[Miner, Bound],
    *,
    count: int,
    skip_top: int,
    counts: Counter[str],
) -> list[Negative]:
    """Return up to `count` negatives of a question, in the order of the turns; what was excluded goes to `counts`."""
    barred: set[int] = set()
    for miner, one in found.items():
        limit = _limit(one, row, bounds[miner])
        if limit is not None:
            barred |= {int(number) for number in one.documents[row][one.scores[row] > limit] if number >= 0}
    offers: dict[Miner, list[Negative]] = {}
    window: set[int] = set()
    for miner, one in found.items():
        ranked = [int(number) for number in one.documents[row] if number >= 0]
        window |= set(ranked[skip_top:])
        if _limit(one, row, bounds[miner]) is None:
            counts[f"{NOT_FOUND}_by_{miner}"] += 1
            continue
        offers[miner] = [
            Negative(number, miner, rank, float(one.scores[row, rank - 1]))
            for rank, number in enumerate(ranked, start=1)
            if rank > skip_top and number not in excluded and number not in barred
        ]
    counts.update(excluded.get(number) or (ABOVE_BOUND if number in barred else "free") for number in window)
    return take_turns(offers, count)


def _limit(found: Found, row: int, bound: Bound) -> float | None:
    """Return the largest score of a negative, None where the miner cannot say: it gives the positive nothing."""
    positive = float(found.positive[row])
    if np.isnan(positive) or positive == 0:
        return None
    return bound.limit(positive)


def take_turns(offers: Mapping[Miner, Sequence[Negative]], count: int) -> list[Negative]:
    """Return up to `count` negatives: each miner in turn gives its first that is not taken yet."""
    taken: dict[int, Negative] = {}
    queues = [iter(offer) for offer in offers.values()]
    while queues and len(taken) < count:
        for queue in tuple(queues):
            given = next((one for one in queue if one.document not in taken), None)
            if given is None:
                queues.remove(queue)
            elif len(taken) < count:
                taken[given.document] = given
    return list(taken.values())
