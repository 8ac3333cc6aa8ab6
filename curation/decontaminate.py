"""Documents of ours that stand in a benchmark: near-duplicates of its documents, parts of them, and what holds one.

The benchmark may be larger than memory: its documents are read one at a time and looked up among the sketches of ours.
"""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from curation.benchmark_texts import BenchmarkText
from curation.engine import progress
from curation.sketches import (
    LIMIT,
    Likeness,
    Sketch,
    compare,
    least,
    make_sketch,
    share_of_smaller,
    shingles_finder,
    worth_comparing,
)
from data.shingles import shingles

SMALLEST_PART = (
    100  # n-grams, some twenty words: a benchmark's document that is smaller makes nothing that holds it one
)
CANDIDATES = 128  # of our documents that are compared with one of the benchmark's, the likeliest
LOOKED_AT = 1_000_000  # entries of ours under all n-grams of one document; beyond, the commonest are passed over


def find_in_benchmark(
    texts: pa.ChunkedArray,
    sketches: Sequence[Sketch],
    kept: Sequence[int],
    rows: Iterable[BenchmarkText],
    jaccard: float,
    containment: float,
) -> dict[int, str]:
    """Return those of the documents `kept` that resemble a benchmark's document, hold it or stand in it, each with the
    place of the first such row.
    """
    share = share_of_smaller(jaccard, containment)
    lookup = _Lookup(sketches, kept, share)
    shingles_of = shingles_finder(texts, sketches)
    places: dict[int, str] = {}
    seen: set[bytes] = set()
    for row in progress(rows, "benchmark", "document"):
        key = hashlib.blake2b(row.text.encode(), digest_size=8).digest()
        if key in seen:  # rows of training sets repeat their negatives
            continue
        seen.add(key)
        theirs = shingles(row.text)
        sketch = make_sketch(theirs)
        for number in lookup.candidates(sketch):
            if number in places:
                continue
            small, large = sorted((sketch, sketches[number]), key=lambda one: one.size)
            if worth_comparing(small, large, share):
                likeness = compare(shingles_of(number), theirs)
                if _is_contaminated(likeness, sketch.size, jaccard, containment):
                    places[number] = row.place
    return places


def _is_contaminated(likeness: Likeness, their_size: int, jaccard: float, containment: float) -> bool:
    holds = likeness.containing >= containment and their_size >= SMALLEST_PART
    return holds or likeness.jaccard >= jaccard or likeness.contained >= containment


class _Lookup:
    """All n-grams in the sketches of our documents, sorted, each with its document."""

    def __init__(self, sketches: Sequence[Sketch], kept: Sequence[int], share: float) -> None:
        hashes = np.concatenate([np.empty(0, np.uint64), *(sketches[number].hashes for number in kept)])
        owners = np.repeat(np.array(kept, np.int32), [len(sketches[number].hashes) for number in kept])
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owners = hashes[order], owners[order]
        self._certain = np.zeros(
            len(sketches), np.int32
        )  # n-grams that are in the sketch of whatever document has them
        self._certain[list(kept)] = [len(sketches[number].up_to(LIMIT)) for number in kept]
        self._least = np.array([least(count, share) for count in range(self._certain.max(initial=0) + 1)])

    def candidates(self, sketch: Sketch) -> list[int]:
        """Return the documents that may have `share` of the smaller one's n-grams in common with `sketch`."""
        starts = np.searchsorted(self._hashes, sketch.hashes, side="left")
        lengths = np.searchsorted(self._hashes, sketch.hashes, side="right") - starts
        commonest = np.argsort(lengths, kind="stable")
        used = commonest[np.cumsum(lengths[commonest]) <= LOOKED_AT]
        passed_over = len(lengths) - len(used)
        starts, lengths = starts[used], lengths[used]
        inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        numbers, counts = np.unique(self._owners[np.repeat(starts, lengths) + inside], return_counts=True)
        certain = np.minimum(self._certain[numbers], len(sketch.up_to(LIMIT)))
        likely = np.argsort(-counts / np.maximum(certain, 1), kind="stable")[:CANDIDATES]
        return numbers[likely[(counts + passed_over)[likely] >= self._least[certain[likely]]]].tolist()
