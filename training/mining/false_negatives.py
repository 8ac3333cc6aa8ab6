"""Documents that may answer a question although nobody marked them: what holds its evidence, what copies its positive.

    with ShingleStore.build(texts, folder / "shingles") as built: ...
    store.share_of_passage(evidence, candidate)     # 0..1: how much of the passage stands in the candidate
    store.overlap(positive, candidate)              # 0..1: how much the smaller has of the other

Both are shares of shingles (`data.shingles`), each weighted by its rarity in the corpus: two long documents of one
language have many of the common ones in common whatever they are about, and few of the rare ones. No cluster
information is needed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.files import atomic_folder
from data.shingles import shingles

_BUCKET_BITS = 24  # shingles are counted in buckets of a table of this many bits: 64 MiB, whatever the corpus
# Documents are compared by those of their shingles whose hash is below a bound that leaves the positive about this
# many: an unbiased sample, exact for short documents and good to about a hundredth for long ones.
SAMPLE = 2000
LEAST_PART = 50  # shingles of a document, in the sample, from which on it may count as a part of another


@dataclass(frozen=True)
class Sketch:
    """Sorted hashes below a bound, and their weights."""

    bound: int  # hashes below it are in the sketch
    hashes: np.ndarray  # [n] uint32
    weights: np.ndarray  # [n] float32


@dataclass(frozen=True)
class ShingleStore:
    """The shingles of all documents of a corpus in a memory-mapped file, and how rare each is."""

    hashes: np.ndarray  # [total] uint32, sorted within each document
    ends: np.ndarray  # [documents] int64
    weights: np.ndarray  # [2 ** _BUCKET_BITS] float32: of the shingles of each bucket

    @classmethod
    def build(cls, texts: Iterable[str], folder: Path) -> None:
        """Write the store of `texts`, numbered in their order, to `folder`, completely or not at all."""
        counts = np.zeros(1 << _BUCKET_BITS, dtype=np.uint32)
        lengths = []
        with atomic_folder(folder) as temporary:
            with (temporary / "hashes.bin").open("wb") as file:
                for text in texts:
                    found = short_shingles(text)
                    buckets = found >> np.uint32(32 - _BUCKET_BITS)
                    counts[buckets] += 1  # a bucket that a document names twice counts once
                    file.write(found.tobytes())
                    lengths.append(len(found))
            np.save(temporary / "ends.npy", np.cumsum(lengths, dtype=np.int64))
            filled = np.flatnonzero(counts).astype(np.uint32)
            np.save(temporary / "buckets.npy", filled)
            np.save(temporary / "counts.npy", counts[filled])

    @classmethod
    def open(cls, folder: Path) -> "ShingleStore":
        """Open what `build` wrote."""
        ends = np.load(folder / "ends.npy")
        file = folder / "hashes.bin"
        # An empty file cannot be mapped: a corpus without a single letter.
        hashes = np.memmap(file, dtype=np.uint32, mode="r") if file.stat().st_size else np.empty(0, dtype=np.uint32)
        weights = np.full(1 << _BUCKET_BITS, np.log(len(ends) + 1), dtype=np.float32)  # as if in one document
        weights[np.load(folder / "buckets.npy")] -= np.log(np.load(folder / "counts.npy").astype(np.float32))
        return cls(hashes, ends, weights)

    def of(self, number: int) -> np.ndarray:
        """Return the sorted hashes [n] of a document's shingles."""
        start = self.ends[number - 1] if number else 0
        return np.asarray(self.hashes[start : self.ends[number]])

    def sketch(self, hashes: np.ndarray, bound: int = 1 << 32) -> Sketch:
        """Return those of `hashes` [n], sorted, that are below `bound`, with their weights."""
        kept = hashes if bound >= 1 << 32 else hashes[: np.searchsorted(hashes, np.uint32(bound))]
        return Sketch(bound, kept, self.weights[kept >> np.uint32(32 - _BUCKET_BITS)])

    def sample(self, number: int) -> Sketch:
        """Return a document's sketch of about `SAMPLE` shingles."""
        hashes = self.of(number)
        return self.sketch(hashes, 1 << 32 if len(hashes) <= SAMPLE else (SAMPLE << 32) // len(hashes))

    def share_of_passage(self, passage: Sketch, number: int) -> float:
        """Return the share, by weight, of the passage's shingles that document `number` has; 0 for an empty passage."""
        return _share(passage.weights[_found(passage.hashes, self.of(number))], passage)

    def overlap(self, positive: Sketch, number: int) -> float:
        """Return the larger of two shares, by weight: of the positive in document `number`, of that in the positive.

        A document of a few words, which any long one may hold, counts by the first alone.
        """
        other = self.sketch(self.of(number), positive.bound)
        common = positive.weights[_found(positive.hashes, other.hashes)]
        return max(_share(common, positive), _share(common, other) if len(other.hashes) >= LEAST_PART else 0.0)


def short_shingles(text: str) -> np.ndarray:
    """Return the sorted distinct upper halves, uint32, of the hashes of the text's shingles."""
    return np.unique((shingles(text) >> np.uint64(32)).astype(np.uint32))


def _found(wanted: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return a mask over the sorted `wanted`: which of them are in the sorted `among`."""
    if not len(among):
        return np.zeros(len(wanted), dtype=bool)
    return among[np.searchsorted(among, wanted).clip(max=len(among) - 1)] == wanted


def _share(common: np.ndarray, sketch: Sketch) -> float:
    """Return what share of a sketch's weight the weights in common are; 0 for an empty sketch."""
    total = float(sketch.weights.sum())
    return float(common.sum()) / total if total > 0 else 0.0
