"""Search with an M3: every question scored against every document, and the rankings of each mode.

    scores, lengths = score_documents(model, tokenizer, queries, texts, ScoreLimits(...))   # [3, questions, documents]
    rankings = rank_modes(scores, weights=None)                                             # mode -> document numbers

Documents go through the trainer's own `score_columns`, a sub-batch at a time: each is encoded once, its columns are
kept, its vectors are not. The fusions are those of "M3-Embedding" (arXiv 2402.03216), section 4: dense+sparse merges
the best 1000 of each, multi-vector and all three re-rank the dense best 200.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from data.errors import RunError
from data.text import estimate_tokens
from training.model import M3, Representations
from training.model_files import encode_batch
from training.packing import cut_text, insert_cls, pack, split_by_tokens
from training.scores import score_columns

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MERGE_DEPTH = 1000
RERANK_DEPTH = 200
PAPER_DENSE_SPARSE = (0.2, 0.8)
PAPER_ALL = (0.15, 0.5, 0.35)
# Questions are scored in blocks: a block's token vectors, times one document's, is what MaxSim has to hold.
QUERY_BLOCK_TOKENS = 4096
# Documents are tokenised this many (estimated) tokens at a time, so that their ids never all stand in memory.
WINDOW_TOKENS = 500_000
_UNCUT = 1 << 30


@dataclass(frozen=True, kw_only=True)
class ScoreLimits:
    """How much the model reads, and how much at once."""

    max_length: int  # tokens of a document
    max_query_length: int  # tokens of a question
    sub_batch_tokens: int  # tokens that are encoded at once
    bf16: bool = False
    mcls: int | None = None  # documents get another CLS after every this many tokens


@dataclass(frozen=True)
class Lengths:
    """Tokens of each text before it was cut, special tokens included."""

    documents: np.ndarray  # [documents]
    queries: np.ndarray  # [questions]


def score_documents(
    model: M3,
    tokenizer: "PreTrainedTokenizerBase",
    queries: Sequence[str],
    texts: Sequence[str],
    limits: ScoreLimits,
    title: str = "",
) -> tuple[np.ndarray, Lengths]:
    """Return the scores [3, questions, documents] in float32 (dense, sparse, multi-vector) and the texts' lengths.

    The model answers in evaluation mode on the device it is on. Raises `RunError` when a score is not a number.
    """
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            return _score_documents(model, tokenizer, queries, texts, limits, title)
    finally:
        model.train(was_training)


def _score_documents(
    model: M3,
    tokenizer: "PreTrainedTokenizerBase",
    queries: Sequence[str],
    texts: Sequence[str],
    limits: ScoreLimits,
    title: str,
) -> tuple[np.ndarray, Lengths]:
    lengths = Lengths(np.zeros(len(texts), dtype=np.int64), np.zeros(len(queries), dtype=np.int64))
    scores = np.zeros((3, len(queries), len(texts)), dtype=np.float32)
    block_tokens = min(QUERY_BLOCK_TOKENS, limits.sub_batch_tokens)
    asked = _batches(tokenizer, queries, limits.max_query_length, block_tokens, lengths.queries, not model.packs)
    blocks = [(rows, encode_ids(model, ids, limits.bf16)) for rows, ids in asked]
    read = _batches(
        tokenizer, texts, limits.max_length, limits.sub_batch_tokens, lengths.documents, not model.packs, limits.mcls
    )
    with tqdm(total=len(texts), desc=f"{title} documents".strip(), unit="doc", leave=False) as bar:
        for columns, ids in read:
            documents = encode_ids(model, ids, limits.bf16, limits.mcls)
            for rows, block in blocks:
                part = score_columns(block, documents).float()  # [3, rows, columns]
                scores[:, rows[:, None], columns] = part.cpu().numpy()
            if not np.isfinite(scores[:, :, columns]).all():
                raise RunError("the model's scores are not numbers (NaN or infinite): its weights are broken")
            bar.update(len(columns))
    return scores, lengths


def _batches(
    tokenizer: "PreTrainedTokenizerBase",
    texts: Sequence[str],
    max_length: int,
    token_budget: int,
    lengths: np.ndarray,
    padded: bool,
    mcls: int | None = None,
) -> Iterator[tuple[np.ndarray, list[list[int]]]]:
    """Yield text numbers and their token ids, cut to `max_length`, in batches of like length within `token_budget`.

    The longest texts come first, so that a batch too large for the device fails at once. Uncut lengths go to `lengths`.
    """
    for window in _windows(texts):
        encoded = dict(zip(window, encode_batch(tokenizer, [texts[i] for i in window], _UNCUT), strict=True))
        lengths[window] = [len(encoded[i]) for i in window]
        order = np.array(sorted(window, key=lambda i: (-len(encoded[i]), i)))
        if mcls:
            encoded = {number: insert_cls(ids, mcls, max_length) for number, ids in encoded.items()}
        ids = [cut_text(encoded[number], max_length) for number in order]
        for part in split_by_tokens([len(text) for text in ids], token_budget, padded):
            yield order[part], ids[part]


def _windows(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield text numbers in falling order of estimated length, about WINDOW_TOKENS tokens at a time."""
    sizes = [estimate_tokens(text) for text in texts]
    window: list[int] = []
    total = 0
    for number in sorted(range(len(texts)), key=lambda i: (-sizes[i], i)):
        if window and total + sizes[number] > WINDOW_TOKENS:
            yield window
            window, total = [], 0
        window.append(number)
        total += sizes[number]
    if window:
        yield window


def encode_ids(model: M3, ids: Sequence[Sequence[int]], bf16: bool, mcls: int | None = None) -> Representations:
    """Return what the model says, on its own device, of token ids with their special tokens."""
    device = next(model.parameters()).device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
        return model(pack(ids, mcls).to(device))


def rank_modes(
    scores: "np.ndarray | Tensor", weights: tuple[float, float, float] | None = None
) -> dict[str, list[np.ndarray]]:
    """Return for each mode, for each question, the document numbers, best first; equal scores by rising number.

    `scores` is [3, questions, documents]: dense, sparse, multi-vector. `weights` of the three serve both fusions;
    without them each has the paper's. A document that shares no weighted token with the question (sparse score 0) is
    not found by the sparse mode, as in an inverted index. In a merged document's score both parts are exact, whichever
    list it comes from.
    """
    dense_sparse = PAPER_DENSE_SPARSE if weights is None else weights[:2]
    dense_weight, sparse_weight, vector_weight = PAPER_ALL if weights is None else weights
    rankings: dict[str, list[np.ndarray]] = {
        mode: [] for mode in ("dense", "sparse", "multi_vector", "dense_sparse", "all")
    }
    for question in range(np.shape(scores)[1]):
        dense, sparse, vectors = np.asarray(scores[:, question], dtype=np.float64)  # each [documents]
        by_dense = _order(dense)[:MERGE_DEPTH]
        by_sparse = _order(sparse, np.flatnonzero(sparse > 0))[:MERGE_DEPTH]
        nearest = np.sort(by_dense[:RERANK_DEPTH])
        merged = np.union1d(by_dense, by_sparse)
        rankings["dense"].append(by_dense)
        rankings["sparse"].append(by_sparse)
        rankings["multi_vector"].append(_order(vectors, nearest))
        rankings["dense_sparse"].append(_order(dense_sparse[0] * dense + dense_sparse[1] * sparse, merged))
        fused = dense_weight * dense + sparse_weight * sparse + vector_weight * vectors  # [documents]
        rankings["all"].append(_order(fused, nearest))
    return rankings


def _order(scores: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
    """Return the document numbers `among` (rising; all by default) by falling score; equal scores by rising number."""
    if among is None:
        return np.argsort(-scores, kind="stable")
    return among[np.argsort(-scores[among], kind="stable")]
