"""Rankings of documents for each question: by BM25, and by the dense and sparse scores of encoded documents.

    found = search_bm25(group, depth=100)                               # Found
    files = encode_documents(encoder, group, folder)                    # shards on disk; those that are there are kept
    found = search_shards(files, questions, group, depth=100)           # {"dense": Found, "sparse": Found}

A document's score is that of its best window. Shards are searched one after the other, so memory does not grow with the
corpus.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from data.bm25 import Bm25Index
from data.files import atomic_path
from training.mine_config import Miner
from training.mining.questions import QuestionGroup, Text
from training.mining.window_encoder import WindowEncoder
from training.searching.encoder import Questions

SHARD_DOCUMENTS = 128
QUESTION_BLOCK = 256  # questions scored at a time: their vocabulary, times a shard's windows, is what has to be held


@dataclass(frozen=True)
class Found:
    """What one miner says: its best documents for each question, and what it gives the question's best positive."""

    documents: np.ndarray  # [Q, K] int32 document numbers, best first; -1: no further one
    scores: np.ndarray  # [Q, K] float32
    positive: np.ndarray  # [Q] float32; nan: it does not find any positive


def search_bm25(group: QuestionGroup, depth: int) -> Found:
    """Rank the group's documents for its questions by BM25; raises nothing: a question may find none."""
    total = len(group.docids)
    index = Bm25Index(
        text.text for text in tqdm(group.texts(), desc=f"{group.name} BM25 index", unit=" documents", total=total)
    )
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
    files = [folder / f"{start // SHARD_DOCUMENTS:06}.npz" for start in range(0, total, SHARD_DOCUMENTS)]
    done = {shard for shard, file in enumerate(files) if file.exists()}
    wanted = [number for number in range(total) if number // SHARD_DOCUMENTS not in done]
    bar = tqdm(total=total, initial=total - len(wanted), desc=f"{group.name} encode", unit=" documents", smoothing=0.05)
    with bar:
        texts = group.texts(set(wanted)) if wanted else iter(())
        for shard, members in itertools.groupby(texts, key=lambda text: text.number // SHARD_DOCUMENTS):
            arrays = _encode_shard(encoder, members, bar)
            with atomic_path(files[shard]) as temporary, temporary.open("wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
    return files


def _encode_shard(encoder: WindowEncoder, texts: Iterator[Text], bar: Any) -> dict[str, np.ndarray]:
    counts: list[int] = []  # windows of each document
    dense: list[np.ndarray] = []
    tokens: list[np.ndarray] = []
    kept: list[np.ndarray] = []
    # A few documents at a time: enough to fill a batch with windows of like length, and little to hold.
    while members := list(itertools.islice(texts, 16)):
        ids = [encoder.document_windows(text) for text in members]
        flat = [window for windows in ids for window in windows]
        rows: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        for places, found in encoder.encode(flat):
            vectors, weights = found.dense.cpu().numpy(), found.lexical.cpu().split(found.lengths)
            for place, row in enumerate(places):
                rows[row] = (vectors[place], *largest_weights(np.array(flat[row]), weights[place].numpy()))
        for row in range(len(flat)):
            dense.append(rows[row][0])
            tokens.append(rows[row][1])
            kept.append(rows[row][2])
        counts += [len(windows) for windows in ids]
        bar.update(len(members))
    return {
        "counts": np.array(counts),  # [documents]
        "dense": np.stack(dense),  # [W, d]
        "ends": np.cumsum([len(row) for row in tokens]),  # [W] of each window's tokens
        "tokens": np.concatenate(tokens).astype(np.int32),
        "weights": np.concatenate(kept).astype(np.float32),
    }


def largest_weights(tokens: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct tokens with a weight above 0, sorted, and the largest weight of each."""
    order = np.lexsort((-weights, tokens))
    distinct, first = np.unique(tokens[order], return_index=True)
    largest = weights[order][first]
    return distinct[largest > 0], largest[largest > 0]


def search_shards(
    files: Sequence[Path], questions: Questions, group: QuestionGroup, depth: int, device: torch.device
) -> dict[Miner, Found]:
    """Rank the encoded documents for the questions by the dense and by the sparse score."""
    best: dict[Miner, Found] = {}
    for miner in ("dense", "sparse"):
        best[miner] = Found(*_empty(len(group.positives), depth))
    sparse = [largest_weights(*row) for row in zip(questions.input_ids, questions.lexical, strict=True)]
    first = 0
    for file in tqdm(files, desc=f"{group.name} search", unit=" shards"):
        with np.load(file) as shard:
            arrays = {name: shard[name] for name in shard.files}
        starts = np.cumsum(arrays["counts"]) - arrays["counts"]  # [documents] first window of each
        vectors = torch.from_numpy(arrays["dense"]).to(device).T  # [d, W]
        for start in range(0, len(group.positives), QUESTION_BLOCK):
            rows = slice(start, start + QUESTION_BLOCK)
            dense = (torch.from_numpy(questions.dense[rows]).to(device) @ vectors).cpu().numpy()  # [B, W]
            for miner, scores in (("dense", dense), ("sparse", _sparse_scores(sparse[rows], arrays))):
                by_document = np.maximum.reduceat(scores, starts, axis=1)  # [B, documents]
                _keep_best(best[miner], rows, by_document, first, group.positives[rows], miner)  # type: ignore[index, arg-type]
        first += len(starts)
    return best


def _sparse_scores(questions: Sequence[tuple[np.ndarray, np.ndarray]], shard: dict[str, np.ndarray]) -> np.ndarray:
    """Return [B, W]: for each question and window the sum of products of the weights of the tokens in both."""
    vocabulary = np.unique(np.concatenate([tokens for tokens, _ in questions]))  # [U]
    wanted = np.zeros((len(questions), len(vocabulary)), dtype=np.float32)  # [B, U]
    for row, (tokens, weights) in enumerate(questions):
        wanted[row, np.searchsorted(vocabulary, tokens)] = weights
    there = np.zeros((len(shard["ends"]), len(vocabulary)), dtype=np.float32)  # [W, U]
    if not len(vocabulary):
        return wanted @ there.T
    place = np.searchsorted(vocabulary, shard["tokens"]).clip(max=len(vocabulary) - 1)
    known = np.flatnonzero(vocabulary[place] == shard["tokens"])
    there[np.searchsorted(shard["ends"], known, side="right"), place[known]] = shard["weights"][known]
    return wanted @ there.T


def _empty(questions: int, depth: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    documents = np.full((questions, depth), -1, dtype=np.int32)
    scores = np.full((questions, depth), -np.inf, dtype=np.float32)
    return documents, scores, np.full(questions, np.nan, dtype=np.float32)


def _keep_best(
    best: Found, rows: slice, scores: np.ndarray, first: int, positives: Sequence[Sequence[int]], miner: Miner
) -> None:
    """Merge scores [B, documents] of the documents from number `first` on; equal scores stay by rising number.

    A document without a weighted token of the question is not found by the sparse miner, as in an inverted index.
    """
    numbers = np.arange(first, first + scores.shape[1], dtype=np.int32)
    for row, own in enumerate(positives, start=rows.start):
        here = [scores[row - rows.start, number - first] for number in own if first <= number <= numbers[-1]]
        best.positive[row] = np.fmax(best.positive[row], max(here)) if here else best.positive[row]
    offered = np.where(scores > 0, scores, -np.inf) if miner == "sparse" else scores
    joined = np.concatenate([best.scores[rows], offered], axis=1)  # [B, K + documents]
    named = np.concatenate([best.documents[rows], np.broadcast_to(numbers, scores.shape)], axis=1)
    order = np.argsort(-joined, axis=1, kind="stable")[:, : best.scores.shape[1]]
    best.scores[rows] = np.take_along_axis(joined, order, axis=1)
    best.documents[rows] = np.where(
        np.isfinite(best.scores[rows]), np.take_along_axis(named, order, axis=1), np.int32(-1)
    )
