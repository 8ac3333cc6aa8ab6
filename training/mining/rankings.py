"""Rankings of documents for each question: by BM25, and by the dense and sparse scores of encoded documents.

    found = search_bm25(group, depth=100)                               # Found
    files = encode_documents(encoder, group, folder)                    # shards on disk; those that are there are kept
    found = search_shards(files, questions, group, depth=100)           # {"dense": Found, "sparse": Found}

A document's score is that of its best window. Shards are searched one after the other, so memory does not grow with the
corpus.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from data.bm25 import Bm25Index
from training.mine_config import Miner
from training.mining.questions import QuestionGroup
from training.mining.window_encoder import WindowEncoder
from training.searching.encoder import Questions
from training.searching.ranked import Best
from training.searching.shards import Units, dense_columns, encode_shards, load_shard, question_columns, sparse_columns

QUESTION_BLOCK = 256  # questions scored at a time: their scores for a shard's windows are held


@dataclass(frozen=True)
class Found:
    """What one miner says: its best documents for each question, and what it gives the question's best positive."""

    documents: np.ndarray  # [Q, K] int32 document numbers, best first; -1: no further one
    scores: np.ndarray  # [Q, K] float32
    positive: np.ndarray  # [Q] float32; nan: it does not find any positive; 0 by sparse


def search_bm25(group: QuestionGroup, depth: int, folder: Path | None = None) -> Found:
    """Rank the group's documents for its questions by BM25; a question may find none.

    `folder` keeps the index, and must be named after the corpus; without it the index lies in memory. Raises `RunError`
    when it cannot be written or read.
    """
    total = len(group.docids)
    texts = tqdm(group.texts(), desc=f"{group.name} BM25 index", unit=" documents", total=total)
    index = Bm25Index((text.text for text in texts), folder=folder)
    found = Found(*_empty(len(group.positives), depth))
    for row, query in enumerate(tqdm(group.queries, desc=f"{group.name} BM25", unit=" questions")):
        hits = index.search(query, depth)
        for place, (number, score) in enumerate(hits):
            found.documents[row, place], found.scores[row, place] = number, score
        positives = set(group.positives[row])
        best = next((score for number, score in hits if number in positives), None)
        if best is None and len(hits) == depth:  # below the depth: only the whole ranking has its score
            best = next((score for number, score in index.search(query, total) if number in positives), None)
        found.positive[row] = np.nan if best is None else best
    return found


def encode_documents(encoder: WindowEncoder, group: QuestionGroup, folder: Path) -> list[Path]:
    """Write the dense and sparse vectors of the windows of the group's documents as shards; return their files.

    A shard that is there, complete, is not made again.
    """
    total = len(group.docids)

    def read(first: int) -> Iterator[Units]:
        return (Units(encoder.document_windows(text)) for text in group.texts(range(first, total)))

    return encode_shards(encoder, read, total, folder, group.name)


def search_shards(
    files: Sequence[Path], questions: Questions, group: QuestionGroup, depth: int, device: torch.device
) -> dict[Miner, Found]:
    """Rank the encoded documents for the questions by the dense and by the sparse score."""
    total = len(group.positives)
    best: dict[Miner, Best] = {"dense": Best(total, depth, heads=1), "sparse": Best(total, depth, heads=1)}
    positive = {miner: np.full(total, np.nan, dtype=np.float32) for miner in best}
    dense, sparse = question_columns(questions)
    dense = dense.to(device)
    for file in tqdm(files, desc=f"{group.name} search", unit=" shards"):
        shard = load_shard(file)
        numbers = np.arange(shard.first, shard.first + len(shard.counts), dtype=np.int32)
        for start in range(0, total, QUESTION_BLOCK):
            rows = range(start, min(start + QUESTION_BLOCK, total))
            block = slice(rows.start, rows.stop)
            scored = (dense_columns(shard, dense[block], "max"), sparse_columns(shard, sparse[block], "max"))
            for miner, scores in zip(best, scored, strict=True):
                _note_positives(positive[miner], rows, scores, shard.first, group.positives[block])
                offered = np.where(scores > 0, scores, -np.inf) if miner == "sparse" else scores
                best[miner].offer(rows, numbers, offered, scores[None])
    return {miner: _found(best[miner], positive[miner]) for miner in best}


def _note_positives(
    positive: np.ndarray, rows: range, scores: np.ndarray, first: int, positives: Sequence[Sequence[int]]
) -> None:
    """Keep for each of `rows` the best score [B, documents] of its positives among the documents from `first` on."""
    for place, (row, own) in enumerate(zip(rows, positives, strict=True)):
        here = [scores[place, number - first] for number in own if first <= number < first + scores.shape[1]]
        positive[row] = np.fmax(positive[row], max(here)) if here else positive[row]


def _found(best: Best, positive: np.ndarray) -> Found:
    """Return the lists as one table; where a question found fewer documents than the depth, -1 stands."""
    documents, scores, _ = _empty(len(positive), best.depth)
    for row, (numbers, keys) in enumerate(zip(best.documents, best.keys, strict=True)):
        documents[row, : len(numbers)], scores[row, : len(keys)] = numbers, keys
    return Found(documents, scores, positive)


def _empty(questions: int, depth: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    documents = np.full((questions, depth), -1, dtype=np.int32)
    scores = np.full((questions, depth), -np.inf, dtype=np.float32)
    return documents, scores, np.full(questions, np.nan, dtype=np.float32)
