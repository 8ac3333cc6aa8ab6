"""A corpus as an M3 sees it, in shards on disk: encoded once, then searched as often as one likes.

    files = encode_shards(encoder, read, total, folder)         # what is there, complete, is not made again
    for file in files:
        scores = dense_columns(load_shard(file), question_columns(questions)[0], "max")       # [B, documents]

A document is one text or several (windows, or a document with extra texts); its score is the best of theirs, or the
mean. FOLDER/00000000.npz is a shard, named after its first document; 00000000.vectors.npy beside it, where there is
one, holds the token vectors.
"""

import contextlib
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from scipy import sparse as matrices
from torch import Tensor
from tqdm import tqdm

from data.files import atomic_path
from training.model import Representations
from training.running.memory_and_disk import enough_disk
from training.searching.encoder import Questions, TextEncoder

SHARD_TOKENS = 1 << 18  # a shard is full with so many tokens or documents; a killed run loses at most one
SHARD_DOCUMENTS = 4096

Combine = Literal["max", "mean"]


@dataclass(frozen=True)
class Units:
    """A document as it is encoded: token ids of one text, or of several that stand for it."""

    ids: list[list[int]]
    length: int = 0  # tokens of the document before it was cut


@dataclass(frozen=True)
class Shard:
    """What the model says of the documents from number `first` on; W texts stand for them."""

    first: int
    counts: np.ndarray  # [documents] texts of each
    lengths: np.ndarray  # [documents] tokens of each before it was cut
    dense: np.ndarray  # [W, d]
    ends: np.ndarray  # [W] where each text's tokens end in the next two
    tokens: np.ndarray  # distinct tokens with a weight above 0, sorted within a text
    weights: np.ndarray  # the largest weight of each
    vector_ends: np.ndarray  # [W] where each text's token vectors end in `vectors`; empty: none are kept
    vectors: np.ndarray | None  # [T, d] float16, on disk

    @property
    def starts(self) -> np.ndarray:
        """[documents] the first text of each document."""
        return np.cumsum(self.counts) - self.counts


Read = Callable[[int], Iterator[Units]]  # the documents from this number on


def encode_shards(
    encoder: TextEncoder, read: Read, total: int, folder: Path, title: str, vector_bytes: int = 0
) -> list[Path]:
    """Write dense and sparse vectors of `total` documents as shards; return their files in the order of the documents.

    Token vectors are kept as well while all of them take no more than `vector_bytes`. Raises `RunError` when the model
    answers with what is no number, or when the device has too little memory.
    """
    files: list[Path] = []
    done = 0
    while done < total and (size := _documents_in(file := _file(folder, done))):
        done += size
        files.append(file)
    # What other corpora keep beside this one counts too: they share the disk.
    free = vector_bytes - sum(file.stat().st_size for file in folder.parent.glob("*/*.vectors.npy"))
    with tqdm(total=total, initial=done, desc=f"{title} encode".strip(), unit=" documents", smoothing=0.05) as bar:
        for documents in _full_shards(read(done)) if done < total else ():
            file = _file(folder, done)
            size = sum(len(ids) for document in documents for ids in document.ids)
            kept = size * encoder.model.colbert_linear.out_features * 2
            with enough_disk(file.parent, kept, "the complete shards stay"):
                _write_shard(encoder, documents, file, bar, with_vectors=kept <= free)
            free -= kept if kept <= free else 0
            done += len(documents)
            files.append(file)
    return files


def _documents_in(file: Path) -> int:
    """Return how many documents a shard holds; 0 for one that is not there, or torn: then it is made again."""
    try:
        with np.load(file) as shard:
            return len(shard["counts"])
    except (FileNotFoundError, zipfile.BadZipFile, ValueError, EOFError, KeyError):
        return 0


def _file(folder: Path, first: int) -> Path:
    return folder / f"{first:08}.npz"


def _vectors_file(file: Path) -> Path:
    return file.with_suffix(".vectors.npy")


def _full_shards(documents: Iterator[Units]) -> Iterator[list[Units]]:
    shard: list[Units] = []
    tokens = 0
    for document in documents:
        shard.append(document)
        tokens += sum(map(len, document.ids))
        if tokens >= SHARD_TOKENS or len(shard) >= SHARD_DOCUMENTS:
            yield shard
            shard, tokens = [], 0
    if shard:
        yield shard


def _write_shard(encoder: TextEncoder, documents: Sequence[Units], file: Path, bar: Any, with_vectors: bool) -> None:
    """Encode the documents of a shard and write it; the file of that name comes last: it means complete."""
    ids = [text for document in documents for text in document.ids]
    owners = np.repeat(np.arange(len(documents)), [len(document.ids) for document in documents])  # [W]
    waiting = [len(document.ids) for document in documents]
    mcls, heads = encoder.limits.mcls, encoder.model
    dense = np.zeros((len(ids), heads.sparse_linear.in_features), dtype=np.float32)
    sparse: list[tuple[np.ndarray, np.ndarray]] = [(np.empty(0), np.empty(0))] * len(ids)
    sizes = [len(text) - _cls_tokens(len(text), mcls) for text in ids] if with_vectors else []
    ends = np.cumsum(sizes, dtype=np.int64)
    with _new_vectors(_vectors_file(file), sum(sizes), heads.colbert_linear.out_features) as vectors:
        for rows, found in encoder.encode(ids, mcls=mcls):
            dense[rows] = found.dense.cpu().numpy()
            for row, weights, own in zip(rows, found.lexical.split(found.lengths), text_vectors(found), strict=True):
                sparse[row] = largest_weights(np.array(ids[row]), weights.cpu().numpy())
                if vectors is not None:
                    vectors[ends[row] - sizes[row] : ends[row]] = own.half().cpu().numpy()
                waiting[owners[row]] -= 1
                bar.update(int(waiting[owners[row]] == 0))
    arrays = {
        "counts": np.array([len(document.ids) for document in documents]),
        "lengths": np.array([document.length for document in documents]),
        "dense": dense,
        "ends": np.cumsum([len(tokens) for tokens, _ in sparse]),
        "tokens": np.concatenate([tokens for tokens, _ in sparse]).astype(np.int32),
        "weights": np.concatenate([weights for _, weights in sparse]).astype(np.float32),
        "vector_ends": ends,
    }
    with atomic_path(file) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


@contextlib.contextmanager
def _new_vectors(file: Path, rows: int, width: int) -> Iterator[np.ndarray | None]:
    """Give an array [rows, width] in float16 that lies in `file`; None where there are no rows."""
    if not rows:
        yield None
        return
    with atomic_path(file) as temporary:
        vectors = np.lib.format.open_memmap(temporary, "w+", np.float16, (rows, width))
        with temporary.open("r+b") as stream:  # room first: a mapped page that finds none kills the process
            os.posix_fallocate(stream.fileno(), 0, temporary.stat().st_size)
        yield vectors
        vectors.flush()


def _cls_tokens(length: int, mcls: int | None) -> int:
    return -(-length // (mcls + 1)) if mcls else 1


def text_vectors(found: Representations) -> Sequence[Tensor]:
    """Return the token vectors [L, d] of each text that take part in scores."""
    counted = found.mask.nonzero().squeeze(1)  # [N]
    counts = torch.bincount(found.owner[counted], minlength=len(found.lengths))  # [B]
    return found.multi_vector[counted].split(counts.tolist())


def largest_weights(tokens: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct tokens with a weight above 0, sorted, and the largest weight of each."""
    order = np.lexsort((-weights, tokens))
    distinct, first = np.unique(tokens[order], return_index=True)
    largest = weights[order][first]
    return distinct[largest > 0], largest[largest > 0]


def load_shard(file: Path) -> Shard:
    """Read a shard; token vectors stay on disk."""
    with np.load(file) as arrays:
        named = {name: arrays[name] for name in arrays.files}
    kept = named["vector_ends"]
    vectors = np.load(_vectors_file(file), mmap_mode="r") if len(kept) else None
    return Shard(first=int(file.stem), vectors=vectors, **named)


def question_columns(questions: Questions) -> tuple[Tensor, matrices.csr_matrix]:
    """Return the questions as scores take them: dense [N, d], and sparse [N, tokens]."""
    rows = [largest_weights(*row) for row in zip(questions.input_ids, questions.lexical, strict=True)]
    return torch.from_numpy(questions.dense), _sparse_matrix(
        np.cumsum([len(tokens) for tokens, _ in rows]),
        np.concatenate([tokens for tokens, _ in rows]),
        np.concatenate([weights for _, weights in rows]),
    )


def _sparse_matrix(ends: np.ndarray, tokens: np.ndarray, weights: np.ndarray) -> matrices.csr_matrix:
    width = int(tokens.max(initial=0)) + 1
    return matrices.csr_matrix((weights, tokens, np.concatenate([[0], ends])), shape=(len(ends), width))


def dense_columns(shard: Shard, dense: Tensor, combine: Combine) -> np.ndarray:
    """Return the dense scores [B, documents] of the questions `dense` [B, d]."""
    vectors = torch.from_numpy(shard.dense).to(dense.device)  # [W, d]
    return _combine_texts((dense @ vectors.T).cpu().numpy(), shard, combine)


def sparse_columns(shard: Shard, sparse: matrices.csr_matrix, combine: Combine) -> np.ndarray:
    """Return the sparse scores [B, documents] of the questions `sparse` [B, tokens].

    For each token of a question it walks along the texts that hold it: scipy's product of sparse rows.
    """
    documents = _sparse_matrix(shard.ends, shard.tokens, shard.weights)
    width = max(documents.shape[1], sparse.shape[1])
    wanted = matrices.csr_matrix((sparse.data, sparse.indices, sparse.indptr), shape=(sparse.shape[0], width))
    there = matrices.csr_matrix((documents.data, documents.indices, documents.indptr), shape=(len(shard.ends), width))
    return _combine_texts((wanted @ there.T.tocsr()).toarray(), shard, combine)


def _combine_texts(scores: np.ndarray, shard: Shard, combine: Combine) -> np.ndarray:
    """Return the documents' scores [B, documents] from those of their texts [B, W]."""
    return combine_groups(scores, shard.starts, combine, axis=1)


def combine_groups(scores: np.ndarray, starts: np.ndarray, combine: Combine, axis: int) -> np.ndarray:
    """Return one score for each group of neighbours along `axis`; a group goes from its start to the next one's."""
    if len(starts) == scores.shape[axis]:
        return scores
    if combine == "max":
        return np.maximum.reduceat(scores, starts, axis=axis)
    sizes = np.diff(np.append(starts, scores.shape[axis])).astype(scores.dtype)
    return np.add.reduceat(scores, starts, axis=axis) / (sizes[:, None] if axis == 0 else sizes)
