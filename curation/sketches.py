"""Sketches of documents: a fair sample of each one's n-grams, from which shares of whole documents are estimated.

An n-gram is in the sample if its hash is small, whichever document it stands in: so two samples can be compared, and a
small document is found in one a hundred times its size, where MinHash, which compares whole sets, sees no likeness.
How many n-grams two samples have in common varies as with any fair sample, however the differences are distributed
over the documents; `least` is the number that a pair worth comparing exactly practically never stays below.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
import pyarrow as pa

from curation.engine import progress
from data.shingles import common, shingles

SAMPLED = 16  # one n-gram of so many is in the sketch
ASKED = 32  # n-grams by which a document is looked up; a sketch has at least as many where the document does
KEPT = 2**27  # n-grams (of 8 bytes) of whole documents that are kept, for exact comparison
IN_MEMORY = 1024  # documents beyond whose n-grams are kept, once they were compared
LIMIT = np.uint64(2**64 // SAMPLED)  # the largest hash in the sketch of a document that has more than enough
_ALL = np.uint64(2**64 - 1)
_DEVIATIONS = 4  # standard deviations that a sample may stay below what it stands for


@dataclass(frozen=True)
class Sketch:
    """The n-grams of a document whose hashes are at most `reach`, sorted; how many distinct ones it has in all; and all
    of them, where there is room to keep them.
    """

    hashes: np.ndarray
    reach: np.uint64
    size: int
    all: np.ndarray | None = None

    def up_to(self, reach: np.uint64) -> np.ndarray:
        """Return the hashes that are at most `reach`."""
        return self.hashes[: np.searchsorted(self.hashes, reach, side="right")]


@dataclass(frozen=True)
class Likeness:
    """How much two documents share, exactly."""

    jaccard: float
    contained: float  # share of the first one's n-grams that stand in the second
    containing: float  # and the other way round


def make_sketch(found: np.ndarray, keep: bool = False) -> Sketch:
    """Return the sketch of a document, given its n-grams (`data.shingles`); it is empty where there are none."""
    count = int(np.searchsorted(found, LIMIT, side="right"))
    enough = count >= ASKED
    hashes = found[: count if enough else ASKED]
    reach = LIMIT if enough else hashes[-1] if len(found) > ASKED else _ALL
    return Sketch(hashes if keep else hashes.copy(), reach, len(found), found if keep else None)


def sketch_documents(texts: pa.ChunkedArray) -> list[Sketch]:
    """Return the sketches of all texts."""
    sketches, room = [], KEPT
    for text in progress(texts, "n-grams", "document", len(texts)):
        found = shingles(text.as_py())
        room -= len(found)
        sketches.append(make_sketch(found, keep=room >= 0))
    return sketches


def least(count: int, share: float) -> int:
    """Return how many of `count` sampled n-grams another document has at least that has `share` of them all."""
    return max(1, int(count * share - _DEVIATIONS * sqrt(count * share * (1 - share))))


def worth_comparing(left: Sketch, right: Sketch, share: float) -> bool:
    """Return whether `left` may have `share` of its n-grams in `right`, as far as both samples reach."""
    reach = min(left.reach, right.reach)
    mine, others = left.up_to(reach), right.up_to(reach)
    return bool(len(mine)) and common(mine, others) >= least(len(mine), share)


def make_comparison(texts: pa.ChunkedArray, sketches: Sequence[Sketch]) -> Callable[[int, int], Likeness]:
    """Return a function that compares two of `texts` exactly, given by their numbers."""
    find = shingles_finder(texts, sketches)
    return lambda left, right: compare(find(left), find(right))


def shingles_finder(texts: pa.ChunkedArray, sketches: Sequence[Sketch]) -> Callable[[int], np.ndarray]:
    """Return a function that gives all n-grams of a document, by its number."""
    again = lru_cache(maxsize=IN_MEMORY)(lambda number: shingles(texts[number].as_py()))

    def find(number: int) -> np.ndarray:
        kept = sketches[number].all
        return again(number) if kept is None else kept

    return find


def compare(left: np.ndarray, right: np.ndarray) -> Likeness:
    """Return how much two sets of n-grams, neither empty, have in common."""
    both = common(left, right)
    return Likeness(both / (len(left) + len(right) - both), both / len(left), both / len(right))


def share_of_smaller(jaccard: float, containment: float) -> float:
    """Return the share of its n-grams that the smaller document of every pair above one of the thresholds shares.

    Jaccard = both / (left + right - both), and both is at most the size of the smaller one, so its share is at least
    2 x Jaccard / (1 + Jaccard).
    """
    return min(containment, 2 * jaccard / (1 + jaccard))
