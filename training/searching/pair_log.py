"""Scores of pairs of question and document, each kept on disk as soon as it is known.

log = PairLog(folder / "KEY.scores")
for question, document in log.missing(questions, documents): ...
log.add([3, 8], 17, scores)                     # questions 3 and 8 with document 17
log.scores(questions, documents)                # [n] float32, after reload()
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

RECORD = np.dtype([("question", "<i4"), ("document", "<i4"), ("score", "<f4")])


class PairLog:
    """An append-only file of scores; what a killed run had written is still there, a torn last record is not."""

    def __init__(self, path: Path) -> None:
        """Open the log at `path`, which need not exist."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.reload()

    def _set(self, records: np.ndarray) -> None:
        self.keys, first = np.unique(pair_keys(records["question"], records["document"]), return_index=True)
        self.values = records["score"][first]

    def missing(self, questions: np.ndarray, documents: np.ndarray) -> np.ndarray:
        """Return [m, 2]: those of the pairs, each once, that the log does not hold, sorted by document."""
        keys = np.setdiff1d(pair_keys(questions, documents), self.keys)
        pairs = np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1)
        return pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]

    def add(self, questions: Sequence[int], document: int, scores: np.ndarray) -> None:
        """Write scores of one document to the file; `reload` makes them known."""
        records = np.zeros(len(questions), dtype=RECORD)
        records["question"], records["document"], records["score"] = questions, document, scores
        with self.path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # others may write to the same log; closing the file releases it
            whole = os.fstat(file.fileno()).st_size // RECORD.itemsize * RECORD.itemsize
            os.ftruncate(file.fileno(), whole)  # the torn record of a process that was killed
            file.write(records.tobytes())

    def reload(self) -> None:
        """Read what was added, by others too."""
        self._set(np.fromfile(self.path, dtype=RECORD) if self.path.exists() else np.empty(0, dtype=RECORD))

    def scores(self, questions: np.ndarray, documents: np.ndarray) -> np.ndarray:
        """Return the scores of pairs that the log holds, in the shape of `questions`."""
        wanted = pair_keys(questions, documents)
        place = np.searchsorted(self.keys, wanted).clip(max=max(len(self.keys) - 1, 0))
        assert np.array_equal(self.keys[place], wanted)
        return np.asarray(self.values[place])


def pair_keys(questions: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """Return one int64 for each pair; rising with the question, then with the document."""
    return np.asarray(questions).astype(np.int64) << 32 | np.asarray(documents).astype(np.int64)
