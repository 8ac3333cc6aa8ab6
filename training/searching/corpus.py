"""A corpus searched by all heads, in memory that does not grow with it.

    found = search_corpus(encoder, queries, texts, folder)          # Found: candidates, lengths
    rank_modes(found.candidates, PAPER_LONG)

The corpus is encoded once, to shards in FOLDER that outlive a killed run; dense and sparse scores are exact over all
documents, and the multi-vector score is computed for the dense best 200 of each question, or for all documents.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from tqdm import tqdm

from data.files import digest
from training.batching.examples import tokenizer_digest
from training.collections.texts import digest_texts
from training.model_files import UNCUT, encode_batch
from training.packing import cut_text, insert_cls
from training.searching.candidates import MERGE_DEPTH, RERANK_DEPTH, Candidates, best_first
from training.searching.encoder import Questions, TextEncoder
from training.searching.in_memory import Lengths
from training.searching.late import DocumentVectors, LateInteraction, score_all, score_nearest
from training.searching.pair_log import PairLog
from training.searching.ranked import Best, union_of
from training.searching.shards import (
    Combine,
    Units,
    combine_groups,
    dense_columns,
    encode_shards,
    load_shard,
    question_columns,
    sparse_columns,
)
from training.windows import windows

WINDOW_OVERLAP = 0.1  # share of a window that the next repeats
TEXTS_AT_A_TIME = 64  # tokenised together
QUESTION_BLOCK = 256  # texts of questions scored at a time: their scores for a shard's documents are held

MultiVector = Literal["rerank", "all"]


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """What is searched, and what is kept."""

    multi_vector: MultiVector = "rerank"  # the dense best 200 of each question, or all documents
    combine: Combine = "max"  # of several texts of one question or document
    vector_bytes: int = 0  # token vectors are kept on disk, in float16, while they take no more
    merge_depth: int = MERGE_DEPTH
    rerank_depth: int = RERANK_DEPTH


@dataclass(frozen=True)
class Found:
    """What a search found, and how long the texts are."""

    candidates: Candidates
    lengths: Lengths


def search_corpus(
    encoder: TextEncoder,
    queries: Sequence[Sequence[str]],
    texts: Sequence[str],
    folder: Path,
    options: SearchOptions,
    more_texts: Mapping[int, Sequence[str]] | None = None,
    title: str = "",
    among: Sequence[np.ndarray] | None = None,
) -> Found:
    """Search `texts` for each of `queries`: one text, or several that stand for it.

    `more_texts` are further texts of a document, by its number. `among` [Q] of [n] are the only documents that each
    question may find; all by default. `folder` takes the shards; it may hold those of other corpora and models. Raises
    `RunError` when the model's answer is not a number, or when memory is too small.
    """
    corpus = _Corpus(encoder, texts, more_texts or {})
    key = corpus.key()
    files = encode_shards(encoder, corpus.read_from, len(texts), folder / key, title, options.vector_bytes)
    flat = [text for variants in queries for text in variants]
    counts = np.array([len(variants) for variants in queries])
    starts = np.cumsum(counts) - counts
    questions = encoder.encode_questions(flat, vectors=np.float32)
    combine: Combine = "max" if encoder.limits.window == "all" else options.combine  # of a document's texts
    late = LateInteraction(questions, starts, (options.combine, combine), encoder.device)
    vectors = DocumentVectors(encoder, files, corpus.read)
    several = len(flat) > len(queries) or bool(more_texts)
    asked = digest(queries, encoder.limits.max_query_length, options.combine if several else None)
    columns = None
    if options.multi_vector == "all":
        columns = score_all(late, files, vectors, asked, len(queries), title)
    candidates = _search(encoder.device, files, questions, starts, (options, combine), columns, title, among)
    if columns is None:
        log = PairLog(folder / key / f"{asked}.scores")
        candidates = _rerank(late, candidates, vectors, log, options.rerank_depth, title)
    return Found(candidates, Lengths(_document_lengths(files), _lengths(encoder, queries)))


class _Corpus:
    """Documents as token ids: cut to what the model reads or in windows, a CLS between where that was asked for."""

    def __init__(self, encoder: TextEncoder, texts: Sequence[str], more_texts: Mapping[int, Sequence[str]]) -> None:
        self.encoder, self.texts, self.more_texts = encoder, texts, more_texts

    def key(self) -> str:
        """Identify everything that decides what stands in the shards."""
        limits = self.encoder.limits
        more = sorted((number, list(own)) for number, own in self.more_texts.items())
        model = (self.encoder.model_digest, tokenizer_digest(self.encoder.tokenizer))
        reading = (limits.max_length, limits.mcls, limits.bf16, limits.window, WINDOW_OVERLAP)
        return digest(digest_texts(self.texts), more, model, reading)

    def read_from(self, first: int) -> Iterator[Units]:
        """Yield the documents from number `first` on."""
        return self.read(range(first, len(self.texts)))

    def read(self, numbers: Sequence[int]) -> Iterator[Units]:
        """Yield the documents of these numbers."""
        for start in range(0, len(numbers), TEXTS_AT_A_TIME):
            part = numbers[start : start + TEXTS_AT_A_TIME]
            own = [[self.texts[number], *self.more_texts.get(number, ())] for number in part]
            ids = iter(encode_batch(self.encoder.tokenizer, [text for texts in own for text in texts], UNCUT))
            for texts in own:
                units = [next(ids) for _ in texts]
                yield Units([part for text in units for part in self._parts(text)], len(units[0]))

    def _parts(self, ids: list[int]) -> list[list[int]]:
        limits = self.encoder.limits
        if limits.window == "all":
            inner = ids[1:-1]
            spans = windows(len(inner), limits.max_length - 2, WINDOW_OVERLAP)
            return [[ids[0], *inner[start:end], ids[-1]] for start, end in spans]
        return [insert_cls(ids, limits.mcls, limits.max_length) if limits.mcls else cut_text(ids, limits.max_length)]


def _search(
    device: torch.device,
    files: Sequence[Path],
    questions: Questions,
    starts: np.ndarray,
    how: tuple[SearchOptions, Combine],
    columns: Sequence[Path] | None,
    title: str,
    among: Sequence[np.ndarray] | None,
) -> Candidates:
    """Return the best by dense, by sparse and, where `columns` hold those scores, by multi-vector, in one pass."""
    options, combine = how
    dense, sparse = question_columns(questions)
    dense = dense.to(device)
    lists = [Best(len(starts), options.merge_depth, heads=3) for _ in range(2 if columns is None else 3)]
    blocks = _blocks(starts, len(dense))
    for place, file in enumerate(tqdm(files, desc=f"{title} search".strip(), unit=" shards", leave=False)):
        shard = load_shard(file)
        numbers = np.arange(shard.first, shard.first + len(shard.counts), dtype=np.int32)
        late = None if columns is None else np.load(columns[place])  # [Q, documents]
        for rows, own in blocks:
            groups = starts[rows.start : rows.stop] - own.start
            by_text = (
                dense_columns(shard, dense[own], combine),
                sparse_columns(shard, sparse[own], combine),
            )  # each [texts of questions, documents]
            two = [combine_groups(each, groups, options.combine, axis=0) for each in by_text]  # each [B, documents]
            third = np.full_like(two[0], np.nan) if late is None else late[rows.start : rows.stop]
            scores = np.stack([*two, third])  # [3, B, documents]
            keys = [two[0], np.where(two[1] > 0, two[1], -np.inf), third]
            if among is not None:
                allowed = np.stack([np.isin(numbers, among[row]) for row in rows])  # [B, documents]
                keys = [np.where(allowed, key, -np.inf) for key in keys]
            for best, key in zip(lists, keys, strict=False):
                best.offer(rows, numbers, key, scores)
    return union_of(lists)


def _blocks(starts: np.ndarray, texts: int) -> list[tuple[range, slice]]:
    """Return questions and their texts, about QUESTION_BLOCK texts at a time, each question's together."""
    bounds = np.append(starts, texts)
    blocks, first = [], 0
    while first < len(starts):
        last = max(first + 1, int(np.searchsorted(bounds, bounds[first] + QUESTION_BLOCK, side="right")) - 1)
        blocks.append((range(first, last), slice(int(bounds[first]), int(bounds[last]))))
        first = last
    return blocks


def _rerank(
    late: LateInteraction, found: Candidates, vectors: DocumentVectors, log: PairLog, depth: int, title: str
) -> Candidates:
    """Return the candidates with the multi-vector scores of the `depth` best by dense."""
    nearest = [np.sort(best_first(scores[0].astype(np.float64))[:depth]) for scores in found.scores]
    pairs = [numbers[places] for numbers, places in zip(found.documents, nearest, strict=True)]
    scores = [own.copy() for own in found.scores]
    for own, places, late_scores in zip(scores, nearest, score_nearest(late, pairs, vectors, log, title), strict=True):
        own[2, places] = late_scores
    return Candidates(found.documents, scores)


def _document_lengths(files: Sequence[Path]) -> np.ndarray:
    return np.concatenate([np.load(file)["lengths"] for file in files]) if files else np.empty(0, dtype=np.int64)


def _lengths(encoder: TextEncoder, queries: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the tokens [Q] of each question's own text before it was cut."""
    return np.array([len(ids) for ids in encode_batch(encoder.tokenizer, [own[0] for own in queries], UNCUT)])
