"""Questions that were asked already, here or in a benchmark.

Equal after normalising: one is kept, wherever the others stand. Near-duplicates (most character n-grams in common, and
the same numbers: who ruled in 1943 is not who ruled in 1944) are dropped where they do harm, about one document or in
another split; elsewhere they may well ask two things, and are marked only.

Candidates come from 25 bands of 5 MinHash values, worked through one band at a time in arrays, so that a million
questions take minutes and no more memory than their n-grams; every candidate is compared exactly.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
import pyarrow as pa
import regex

from curation.benchmark_texts import BenchmarkText
from curation.engine import progress
from data.shingles import contains, shingles
from data.text import letters, normalise

WIDTHS = (2, 2, 3)  # of the n-grams: Han and kana, Hangul, others; questions are short
BANDS, ROWS = 25, 5  # finds all but 1 in 20,000 of the pairs at a similarity of 0.8
CHUNK = 50_000  # pairs at a time
NEIGHBOURS = 12  # questions with the same band that are compared with each of them, where far more share it
_NUMBER = regex.compile(r"\p{Nd}+(?:[.,:'’٫٬]\p{Nd}+)*")
_RANKS = {"test": 0, "dev": 1, "train": 2}


@dataclass(frozen=True)
class Marks:
    """What became of each question: reason (null: kept), the kept question that it resembles, and why in words."""

    reasons: list[str | None]
    near_duplicate_of: list[str | None]
    details: dict[int, str] = field(default_factory=dict)


def mark_duplicates(questions: pa.Table, similarity: float, benchmark: Sequence[BenchmarkText] = ()) -> Marks:
    """Return which of the questions that are still kept are duplicates.

    Reasons are duplicate_question, near_duplicate_question, and benchmark_question for what resembles a query of
    `benchmark`. Test questions come before dev and train, so that of two the training question is given up.
    """
    names = ("query", "split", "reason", "query_id", "docid")
    queries, splits, reasons, ids, documents = (questions[name].to_pylist() for name in names)
    marks = Marks(list(reasons), [None] * len(ids))
    left = _drop_equal(queries, splits, ids, marks, benchmark)
    others = list({letters(row.text): row for row in reversed(benchmark)}.values())
    texts = [*(queries[number] for number in left), *(row.text for row in others)]
    earlier: dict[int, list[int]] = defaultdict(list)
    for first, second in similar_pairs(texts, similarity, own=len(left)):
        # Of our own, `left` is in the order of precedence; a query of the benchmark precedes them all.
        early, late = (second, first) if second >= len(left) else (first, second)
        earlier[late].append(early)
    for late in sorted(earlier):
        number = left[late]
        asked = next((others[early - len(left)] for early in earlier[late] if early >= len(left)), None)
        if asked:
            marks.reasons[number] = "benchmark_question"
            marks.details[number] = f"{queries[number]} (near {asked.place})"
            continue
        kept = [left[early] for early in sorted(earlier[late]) if marks.reasons[left[early]] is None]
        harmed = [n for n in kept if documents[n] == documents[number] or splits[n] != splits[number]]
        if harmed:
            marks.reasons[number] = "near_duplicate_question"
            marks.details[number] = f"{queries[number]} (near {ids[harmed[0]]})"
        elif kept:
            marks.near_duplicate_of[number] = ids[kept[0]]
    return marks


def _drop_equal(
    queries: Sequence[str], splits: Sequence[str], ids: Sequence[str], marks: Marks, benchmark: Sequence[BenchmarkText]
) -> list[int]:
    """Mark the questions that are equal to a benchmark's or to an earlier one after normalising; return those left, in
    the order of precedence.
    """
    asked = {letters(row.text): row.place for row in reversed(benchmark)}
    first: dict[str, str] = {}
    left = []
    for number in sorted(range(len(ids)), key=lambda number: (_RANKS[splits[number]], ids[number])):
        if marks.reasons[number] is not None:
            continue
        key = letters(queries[number])
        if key in asked:
            marks.reasons[number] = "benchmark_question"
            marks.details[number] = f"{queries[number]} (of {asked[key]})"
        elif key in first:
            marks.reasons[number] = "duplicate_question"
            marks.details[number] = f"{queries[number]} (of {first[key]})"
        else:
            first[key] = ids[number]
            left.append(number)
    return left


def similar_pairs(texts: Sequence[str], similarity: float, own: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield the pairs of texts whose n-grams have a Jaccard similarity of at least `similarity` and whose numbers are
    the same; the smaller place comes first. Pairs of texts beyond the first `own` are left out.
    """
    grams = [shingles(text, WIDTHS) for text in progress(texts, "n-grams", "question")]
    sizes = np.array([len(found) for found in grams], np.int64)
    filled = np.flatnonzero(sizes)
    if len(filled) < 2:
        return
    starts = np.cumsum(sizes) - sizes
    flat = np.unique(np.concatenate(grams), return_inverse=True)[1].astype(np.int64)  # smaller, and still sorted
    del grams
    keys, signatures = _min_hashes(flat, starts[filled])
    pairs = np.empty(0, np.int64)  # first x texts + second
    for band in progress(range(BANDS), "near-duplicates", "band"):
        # By the band before among equals: so neighbours are alike in that one as well.
        order = np.lexsort((keys[band - 1], keys[band]))
        for low, high in _neighbours(keys[band], order):
            alike = np.count_nonzero(signatures[low] == signatures[high], axis=1) >= _likely(similarity)
            low, high = filled[low[alike]], filled[high[alike]]
            pairs = np.union1d(pairs, (low * len(texts) + high)[low < (len(texts) if own is None else own)])
    for chunk in np.array_split(pairs, 1 + len(pairs) // CHUNK):
        first, second = np.divmod(chunk, len(texts))
        both = _common(flat, starts, sizes, first, second)
        near = both >= similarity * (sizes[first] + sizes[second] - both)
        for one, other in zip(first[near].tolist(), second[near].tolist(), strict=True):
            if _numbers(texts[one]) == _numbers(texts[other]):
                yield one, other


def _min_hashes(flat: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of sets of n-grams, which begin at `starts` in `flat`, a key for each band (uint64 [bands, sets]) and the
    lowest byte of each MinHash value (uint8 [sets, bands x rows]).
    """
    mixed = flat.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(31)
    keys = np.zeros((BANDS, len(starts)), np.uint64)
    signatures = np.empty((len(starts), BANDS * ROWS), np.uint8)
    chance = np.random.default_rng(1)
    for number in progress(range(BANDS * ROWS), "MinHash", "value"):
        mask, factor = chance.integers(0, 2**64, 2, np.uint64)
        values = mixed ^ mask
        values *= factor | np.uint64(1)
        smallest = np.minimum.reduceat(values, starts)
        keys[number // ROWS] = keys[number // ROWS] * np.uint64(0x100000001B3) + smallest
        signatures[:, number] = (smallest & np.uint64(255)).astype(np.uint8)
    return keys, signatures


def _neighbours(keys: np.ndarray, order: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the pairs that have the same key and stand at most `NEIGHBOURS` apart in `order`, smaller number first."""
    ordered = keys[order]
    for distance in range(1, min(NEIGHBOURS, len(order) - 1) + 1):
        same = np.flatnonzero(ordered[:-distance] == ordered[distance:])
        for part in np.array_split(same, 1 + len(same) // CHUNK):
            one, other = order[part], order[part + distance]
            yield np.minimum(one, other), np.maximum(one, other)


def _likely(similarity: float) -> int:
    """Return in how many MinHash values a pair practically always agrees at least."""
    count = BANDS * ROWS
    return int(count * similarity - 4 * sqrt(count * similarity * (1 - similarity)))


def _common(
    flat: np.ndarray, starts: np.ndarray, sizes: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Return how many n-grams each pair of sets has in common."""

    def keyed(sets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        owners = np.repeat(np.arange(len(sets)), sizes[sets])
        inside = np.arange(len(owners)) - np.repeat(np.cumsum(sizes[sets]) - sizes[sets], sizes[sets])
        return owners, owners << 32 | flat[np.repeat(starts[sets], sizes[sets]) + inside]

    owners, grams = keyed(first)
    return np.bincount(owners[contains(keyed(second)[1], grams)], minlength=len(first))


def _numbers(text: str) -> list[str]:
    """Return the numbers in a text, in whatever digits they are written, without what groups their digits."""
    found = _NUMBER.findall(normalise(text))
    return sorted("".join(str(int(digit)) for digit in number if digit.isdecimal()) for number in found)
