"""Every question scored against every document of a small corpus, nothing kept on disk: the search during training.

    scores, lengths = score_documents(model, tokenizer, queries, texts, ScoreLimits(...))   # [3, questions, documents]
    rankings = rank_modes(candidates_of(scores), PAPER_LONG)                                # mode -> Rankings

Documents go through the trainer's own `score_columns`, a sub-batch at a time: each is encoded once, its columns are
kept, its vectors are not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from tqdm import tqdm

from data.errors import RunError
from data.text import estimate_tokens
from training.model import M3
from training.model_files import UNCUT, encode_batch
from training.packing import cut_text, insert_cls, split_by_tokens
from training.scores import score_columns
from training.searching.encoder import ScoreLimits, encode_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Questions are scored in blocks: a block's token vectors, times one document's, is what MaxSim has to hold.
QUERY_BLOCK_TOKENS = 4096
# Documents are tokenised this many (estimated) tokens at a time, so that their ids never all stand in memory.
WINDOW_TOKENS = 500_000


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
        encoded = dict(zip(window, encode_batch(tokenizer, [texts[i] for i in window], UNCUT), strict=True))
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
