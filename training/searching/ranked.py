"""The best documents of many questions, found shard by shard in memory that does not grow with the corpus.

best = Best(questions, depth, heads=3)
for shard in ...: best.offer(rows, numbers, key, scores)        # key [B, D], scores [heads, B, D]
union_of([best_dense, best_sparse])                             # Candidates
"""

from collections.abc import Sequence

import numpy as np

from training.searching.candidates import Candidates


class Best:
    """For each of Q questions the `depth` documents with the greatest key, and their scores by every head."""

    def __init__(self, questions: int, depth: int, heads: int) -> None:
        """Begin with no document."""
        self.depth = max(depth, 1)
        self.documents = [np.empty(0, dtype=np.int32) for _ in range(questions)]  # [Q] of [n], best first
        self.keys = [np.empty(0, dtype=np.float32) for _ in range(questions)]  # [Q] of [n], falling
        self.scores = [np.empty((heads, 0), dtype=np.float32) for _ in range(questions)]  # [Q] of [heads, n]

    def offer(self, rows: range, numbers: np.ndarray, key: np.ndarray, scores: np.ndarray) -> None:
        """Take what is better than what is there: documents `numbers` [D] for the questions `rows`.

        `key` is [B, D], -inf for what must not be found; `scores` is [heads, B, D]. Equal keys stay in the order of the
        numbers, as long as later offers have greater numbers.
        """
        for place, row in enumerate(rows):
            full = len(self.keys[row]) == self.depth
            chosen = np.flatnonzero(key[place] > (self.keys[row][-1] if full else -np.inf))
            if not len(chosen):
                continue
            keys = np.concatenate([self.keys[row], key[place, chosen]])
            order = np.argsort(-keys, kind="stable")[: self.depth]
            self.keys[row] = keys[order]
            self.documents[row] = np.concatenate([self.documents[row], numbers[chosen]])[order]
            self.scores[row] = np.concatenate([self.scores[row], scores[:, place, chosen]], axis=1)[:, order]


def union_of(lists: Sequence[Best]) -> Candidates:
    """Return all documents of the lists as candidates; a document has the same scores in each of them."""
    documents, scores = [], []
    for row in range(len(lists[0].documents)):
        numbers = np.concatenate([best.documents[row] for best in lists])
        distinct, first = np.unique(numbers, return_index=True)
        documents.append(distinct)
        scores.append(np.concatenate([best.scores[row] for best in lists], axis=1)[:, first])
    return Candidates(documents, scores)
