"""Where a system is good: the questions in buckets, by language, length of document, place of evidence, and wording.

    for slicing in slice_questions(table, max_length=8192):
        slicing.name, slicing.buckets, slicing.bucket_of           # "length", ["-500", "-1k", ...], [questions]

- `language`: the question's.
- `length`: tokens of the relevant document, by the bounds of the paper's training buckets (and on to what the model
  reads, if that is more); the last bucket holds what is longer.
- `evidence`: the fifth of the document in which the passage stands that the question was written about: does the model
  read the end? Only questions whose evidence is recorded.
- `overlap`: how much of the question's wording stands in the text: does the model find paraphrases? Quarters of each
  language's questions (a language whose words are short overlaps more, and would fill a bucket of its own); equal
  overlaps stay together. By the overlap with the passage where it is recorded for every question, else by that with
  the document.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from training.batching.buckets import PAPER_BUCKETS

FEW_QUESTIONS = 30  # fewer are said to be few
FIFTHS = ("0-20%", "20-40%", "40-60%", "60-80%", "80-100%")
QUARTERS = ("least", "less", "more", "most")
OVERLAPS = {
    "passage_overlap": "share of the question's n-grams in its passage",
    "document_overlap": "share of the question's words in the relevant document",
}


@dataclass(frozen=True)
class Slicing:
    """One way to put the questions into buckets."""

    name: str
    about: str  # what the buckets are, in words
    buckets: list[str]  # those that hold a question, in their order
    bucket_of: np.ndarray  # [questions] number of the bucket, -1: none

    def questions(self) -> dict[str, int]:
        """Return how many questions each bucket holds."""
        return {name: int((self.bucket_of == number).sum()) for number, name in enumerate(self.buckets)}


def slice_questions(table: pa.Table, max_length: int | None) -> list[Slicing]:
    """Return the ways of slicing for which the table has what they need; `max_length`: tokens that the model reads."""
    langs = np.array(table["lang"].to_pylist())
    names = list(dict.fromkeys(langs.tolist()))
    slicings = [Slicing("language", "language of the question", names, np.array([names.index(one) for one in langs]))]
    slicings.append(_by_length(_floats(table, "document_tokens"), max_length))
    evidence = _floats(table, "evidence_position")
    fifths = np.where(np.isnan(evidence), -1, np.minimum(np.nan_to_num(evidence) * 5, 4)).astype(int)
    slicings.append(_drop_empty("evidence", "where in its document the evidence stands", list(FIFTHS), fifths))
    slicings.append(_by_overlap(table, langs))
    # Where all questions overlap alike there are no quarters to tell apart.
    return [slicing for slicing in slicings if len(slicing.buckets) > (slicing.name == "overlap")]


def _by_length(tokens: np.ndarray, max_length: int | None) -> Slicing:
    bounds = [bucket.tokens for bucket in PAPER_BUCKETS]
    while max_length is not None and bounds[-1] < max_length:
        bounds.append(min(2 * bounds[-1], max_length))
    names = [f"-{bound // 1000}k" if bound % 1000 == 0 else f"-{bound}" for bound in bounds] + [f">{bounds[-1]}"]
    numbers = np.where(np.isnan(tokens), -1, np.searchsorted(bounds, tokens))
    return _drop_empty("length", "tokens of the relevant document", names, numbers)


def _by_overlap(table: pa.Table, langs: np.ndarray) -> Slicing:
    """Put each language's questions into quarters by overlap; a question's place is the middle of its equals'."""
    recorded = _floats(table, "passage_overlap")
    column = "document_overlap" if np.isnan(recorded).any() else "passage_overlap"
    overlap = _floats(table, column)
    quarters = np.full(len(overlap), -1)
    for lang in np.unique(langs):
        rows = np.flatnonzero((langs == lang) & ~np.isnan(overlap))
        order = np.sort(overlap[rows])
        below, through = (np.searchsorted(order, overlap[rows], side) for side in ("left", "right"))
        quarters[rows] = np.minimum(4 * (below + through) / (2 * max(len(rows), 1)), 3).astype(int)
    means = [f"{overlap[quarters == number].mean():.2f}" for number in np.unique(quarters[quarters >= 0])]
    about = f"{OVERLAPS[column]}, quarters of each language (means {' '.join(means)})"
    return _drop_empty("overlap", about, list(QUARTERS), quarters)


def _floats(table: pa.Table, column: str) -> np.ndarray:
    return table[column].to_numpy(zero_copy_only=False).astype(float)  # null becomes NaN


def _drop_empty(name: str, about: str, buckets: list[str], bucket_of: np.ndarray) -> Slicing:
    """Return the slicing without the buckets that hold no question."""
    filled = np.unique(bucket_of[bucket_of >= 0])
    renumbered = np.where(bucket_of >= 0, np.searchsorted(filled, bucket_of), -1)
    return Slicing(name, about, [buckets[number] for number in filled], renumbered)
