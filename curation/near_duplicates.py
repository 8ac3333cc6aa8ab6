"""Near-duplicate documents, and documents that stand in another one.

Every document's sketch (curation/sketches.py) is looked up in those of the documents that are larger, largest first;
what the samples make likely is compared exactly. One that is a near-duplicate of a kept document, or stands in it, is
dropped; so no two kept documents resemble each other, and none is dropped for the sake of one that is not kept.

Documents that resemble each other through dropped ones are one cluster and stay on one side of the split. Sharing
boilerplate ties nothing: only exact likeness of the whole does. Thousands of copies cost no more than other documents,
since each is compared with the one that is kept.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from curation.clusters import DisjointSets
from curation.engine import progress
from curation.sketches import ASKED, LIMIT, Likeness, Sketch, least, make_comparison, share_of_smaller, worth_comparing
from data.shingles import contains

MEMBERS = 100  # dropped documents that are listed under one n-gram, to tie others to their cluster
NEAREST = 512  # documents listed under one n-gram that are looked at, the nearest in size, where far more share it
CANDIDATES = 128  # documents whose sketches are compared with one sketch: those that share most of what was looked up
MISSES = 16  # exact comparisons of one document that may fail before it counts as found nowhere


@dataclass(frozen=True)
class Dropped:
    """Why a document is dropped: reason near_duplicate or contained, the kept document, and the likeness."""

    reason: str
    of: int
    share: float


@dataclass(frozen=True)
class NearDuplicates:
    """The documents that are dropped, by their numbers, and which documents belong together."""

    dropped: dict[int, Dropped]
    clusters: DisjointSets


def find_near_duplicates(
    texts: pa.ChunkedArray, sketches: Sequence[Sketch], order: Sequence[int], jaccard: float, containment: float
) -> NearDuplicates:
    """Return which texts are near-duplicates (Jaccard similarity of the n-grams at least `jaccard`) of a larger one, or
    stand in one (at least `containment` of their n-grams do).

    `order` holds the numbers of the texts, preferred ones first among those of equal size.
    """
    by_size = sorted(order, key=lambda number: -sketches[number].size)
    share = share_of_smaller(jaccard, containment)
    lookup = _Lookup([sketches[number] for number in by_size], share)
    compare = make_comparison(texts, sketches)
    found = NearDuplicates({}, DisjointSets(len(texts)))

    def measure(number: int, other: int) -> Likeness | None:
        likely = worth_comparing(sketches[number], sketches[other], share)
        return compare(number, other) if likely else None

    for rank, number in enumerate(progress(by_size, "near-duplicates", "document")):
        candidates = [by_size[other] for other in lookup.candidates(rank)]
        best = _settle(number, candidates, found, measure, jaccard, containment)
        if best:
            found.dropped[number] = best
            found.clusters.unite(number, best.of)
        lookup.add(rank, kept=best is None)
    return found


def _settle(
    number: int,
    candidates: Sequence[int],
    found: NearDuplicates,
    measure: Callable[[int, int], Likeness | None],
    jaccard: float,
    containment: float,
) -> Dropped | None:
    """Tie a document to the near-duplicates among the candidates; return for which kept one it is dropped, if any."""
    best: Dropped | None = None
    misses = 0
    for other in sorted(candidates, key=lambda other: other in found.dropped):  # kept ones first
        kept = other not in found.dropped
        is_near = best is not None and best.reason == "near_duplicate"
        if (is_near or not kept) and found.clusters.find(number) == found.clusters.find(other):
            continue  # nothing to learn
        likeness = measure(number, other)
        if likeness is None:
            continue
        if likeness.jaccard >= jaccard:
            found.clusters.unite(number, other)
            if kept and not (is_near and best and best.share >= likeness.jaccard):
                best = Dropped("near_duplicate", other, likeness.jaccard)
        elif likeness.contained >= containment:
            if kept and not is_near and (best is None or likeness.contained > best.share):
                best = Dropped("contained", other, likeness.contained)
        else:
            misses += 1
            if misses == MISSES:
                break
    return best


class _Lookup:
    """Under each n-gram by which some document is looked up, the documents added so far that hold it.

    Documents are named by their ranks, in which they are added.
    """

    def __init__(self, sketches: Sequence[Sketch], share: float) -> None:
        self._sketches, self._share = sketches, share
        asked = np.unique(np.concatenate([np.empty(0, np.uint64), *(sketch.hashes[:ASKED] for sketch in sketches)]))
        counts = np.zeros(len(asked), dtype=np.uint32)
        for sketch in sketches:
            counts[_places(sketch.hashes, asked)] += 1
        self._grams = asked[counts > 1]  # the others lead nowhere
        self._holders: list[array[int] | None] = [None] * len(self._grams)

    def add(self, rank: int, kept: bool) -> None:
        """List a document under its n-grams; a dropped one only where few are listed."""
        for place in _places(self._sketches[rank].hashes, self._grams).tolist():
            holders = self._holders[place]
            if holders is None:
                self._holders[place] = array("i", [rank])
            elif kept or len(holders) < MEMBERS:
                holders.append(rank)

    def candidates(self, rank: int) -> list[int]:
        """Return the documents added so far that may hold `share` of a document's n-grams, likely ones first."""
        asked = self._sketches[rank].hashes[:ASKED]
        # Only those below the limit are in the sketch of every larger document that holds them.
        certain = int(np.searchsorted(asked, LIMIT, side="right"))
        needed = least(certain, self._share)
        found = [self._holders[place] for place in _places(asked, self._grams).tolist()]
        lists = sorted((np.frombuffer(holders, np.int32) for holders in found if holders), key=len)
        if len(lists) < needed:
            return []
        if sum(map(len, lists)) <= NEAREST:
            pool, counts = np.unique(np.concatenate(lists), return_counts=True)
        else:
            # Whatever is in enough of the lists is in one of these, the shortest: the long ones, of boilerplate, are
            # not gone through.
            pool = np.unique(np.concatenate([ranks[-NEAREST:] for ranks in lists[: len(lists) - needed + 1]]))
            pool = pool[-4 * NEAREST :]
            counts = np.sum([contains(ranks, pool) for ranks in lists], axis=0)
        likely = np.argsort(-counts, kind="stable")[:CANDIDATES]
        return pool[likely[counts[likely] >= needed]].tolist()


def _places(hashes: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return where the hashes that stand in `among` stand there; both sorted and distinct."""
    return np.searchsorted(among, hashes[contains(among, hashes)])
