"""What a search found: for each question the documents that any mode may return, with the scores of all heads.

candidates = candidates_of(scores)          # [3, questions, documents], of a corpus that is scored whole
rank_modes(candidates, fusion)              # training.searching.fusion
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MERGE_DEPTH = 1000  # documents of the dense and of the sparse list that dense+sparse merges
RERANK_DEPTH = 200  # documents of the dense list that multi-vector and all three re-rank


@dataclass(frozen=True)
class Candidates:
    """The best documents of each question by any head; a list entry for each of Q questions."""

    documents: Sequence[np.ndarray]  # [n] int32 document numbers, rising
    scores: Sequence[np.ndarray]  # [3, n] float32: dense, sparse, multi-vector (NaN where it was not asked)


def candidates_of(scores: np.ndarray) -> Candidates:
    """Return every document of a small corpus as a candidate; `scores` is [3, questions, documents]."""
    numbers = np.arange(scores.shape[2], dtype=np.int32)
    return Candidates([numbers] * scores.shape[1], list(np.asarray(scores, dtype=np.float32).transpose(1, 0, 2)))


def best_first(scores: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
    """Return the places `among` (rising; all by default) by falling score [n]; equal scores by rising place."""
    if among is None:
        return np.argsort(-scores, kind="stable")
    return among[np.argsort(-scores[among], kind="stable")]
