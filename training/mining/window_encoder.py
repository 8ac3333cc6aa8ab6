"""Questions, and documents in windows, through an M3.

encoder = WindowEncoder(model, tokenizer, WindowLimits(...))
questions = encoder.encode_questions(queries)
for batch in encoder.encode_windows(encoder.document_windows(text)): ...
"""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from data.errors import RunError
from training.mining.questions import Text
from training.model import M3, Representations
from training.model_files import encode_batch, load_reader
from training.packing import pack, split_by_tokens
from training.searching.in_memory import encode_ids
from training.windows import window_around, windows

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

QUESTIONS_AT_A_TIME = 32
_UNCUT = 1 << 30

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class WindowLimits:
    """How much is read at once."""

    max_length: int  # tokens of a window, special tokens included
    max_query_length: int  # tokens of a question
    overlap: float  # share of a window that the next repeats
    sub_batch_tokens: int  # tokens encoded at once
    bf16: bool = False


@dataclass(frozen=True)
class Questions:
    """What the model says of the questions; token vectors in half precision, as they are kept for all of them."""

    input_ids: list[np.ndarray]  # [L] each
    dense: np.ndarray  # [Q, d]
    lexical: list[np.ndarray]  # [L] each
    multi_vector: list[np.ndarray]  # [L, d] each, float16

    def batch(self, rows: Sequence[int], device: torch.device) -> Representations:
        """Return the representations of some questions."""
        texts = pack([self.input_ids[row] for row in rows])
        kept = np.concatenate([self.multi_vector[row] for row in rows])  # [T, d], or none where no head asks for them
        return Representations(
            torch.from_numpy(self.dense[list(rows)]),  # [B, d]
            torch.from_numpy(np.concatenate([self.lexical[row] for row in rows])),  # [T]
            torch.from_numpy(kept).float(),  # [T, d]
            texts.input_ids,
            texts.owner,
            ~texts.cls,
            texts.lengths,
        ).to(device)


class WindowEncoder:
    """An M3 in evaluation mode that reads documents window by window."""

    def __init__(self, model: M3, tokenizer: "PreTrainedTokenizerBase", limits: WindowLimits) -> None:
        """Put `model` on the GPU if there is one."""
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model, self.tokenizer, self.limits = model.eval().to(self.device), tokenizer, limits

    def encode_questions(self, queries: Sequence[str], vectors: bool = True) -> Questions:
        """Encode the questions, cut to `max_query_length`; without `vectors` no token vector is kept."""
        ids: list[list[int]] = []
        for start in range(0, len(queries), QUESTIONS_AT_A_TIME):
            part = queries[start : start + QUESTIONS_AT_A_TIME]
            ids += encode_batch(self.tokenizer, part, self.limits.max_query_length)
        dense: dict[int, np.ndarray] = {}
        lexical: dict[int, np.ndarray] = {}
        kept: dict[int, np.ndarray] = {}
        for rows, found in self.encode_windows(ids, "questions"):
            weights, token_vectors = found.lexical.split(found.lengths), found.multi_vector.split(found.lengths)
            for place, row in enumerate(rows):
                dense[row] = found.dense[place].cpu().numpy()
                lexical[row] = weights[place].cpu().numpy()
                kept[row] = token_vectors[place][: None if vectors else 0].cpu().numpy().astype(np.float16)  # [L, d]
        order = range(len(ids))
        return Questions(
            [np.array(row) for row in ids],
            np.stack([dense[row] for row in order]),
            [lexical[row] for row in order],
            [kept[row] for row in order],
        )

    def document_windows(self, text: Text, spans: Sequence[Span] = ()) -> list[list[int]]:
        """Return the token ids of each window of a document, special tokens around each.

        `spans`, in characters of its own text, get a window in whose middle they stand, where there are several.
        """
        room = self.limits.max_length - 2
        (ids,) = encode_batch(self.tokenizer, [text.text], _UNCUT)
        inner = ids[1:-1]
        found = windows(len(inner), room, self.limits.overlap)
        if len(found) > 1 and spans:
            inside = token_spans(self.tokenizer, text, spans)
            found += [window_around(*span, len(inner), room) for span in inside]
        return [[ids[0], *inner[start:end], ids[-1]] for start, end in dict.fromkeys(found)]

    def encode_windows(
        self, ids: Sequence[list[int]], title: str | None = None
    ) -> Iterator[tuple[list[int], Representations]]:
        """Yield the places in `ids` and what the model says of them, batch by batch, longest first.

        Raises `RunError` when the model's answer is not a number, or when the device has too little memory.
        """
        order = sorted(range(len(ids)), key=lambda row: (-len(ids[row]), row))
        lengths = [len(ids[row]) for row in order]
        with tqdm(total=len(ids), desc=title, unit=" texts", leave=False, disable=None if title else True) as bar:
            for part in split_by_tokens(lengths, self.limits.sub_batch_tokens, padded=not self.model.packs):
                rows = order[part]
                with enough_memory(self.limits.sub_batch_tokens, self.limits.max_length), torch.inference_mode():
                    found = encode_ids(self.model, [ids[row] for row in rows], self.limits.bf16)
                if not all(_is_finite(each) for each in (found.dense, found.lexical, found.multi_vector)):
                    raise RunError("the model's vectors are not numbers (NaN or infinite): its weights are broken")
                yield rows, found
                bar.update(len(rows))


def _is_finite(values: Tensor) -> bool:
    return bool(torch.isfinite(values).all())


def token_spans(tokenizer: "PreTrainedTokenizerBase", text: Text, spans: Sequence[Span]) -> list[Span]:
    """Return the tokens, special ones not counted, that stand for spans of characters of the document's own text."""
    offsets = tokenizer(text.text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)[
        "offset_mapping"
    ]
    starts, ends = (np.array([offset[side] for offset in offsets], dtype=np.int64) for side in (0, 1))
    moved = [(start + text.title_characters, end + text.title_characters) for start, end in spans]
    return [(int(np.searchsorted(ends, a, "right")), int(np.searchsorted(starts, b, "left"))) for a, b in moved]


@contextlib.contextmanager
def enough_memory(sub_batch_tokens: int, max_length: int) -> Iterator[None]:
    """Turn a full device into a `RunError` that says what to lower."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        advice = "--sub-batch-tokens" if sub_batch_tokens > max_length else "--max-length"
        raise RunError(
            f"the device has too little memory for {max(sub_batch_tokens, max_length)} tokens at once; give a smaller"
            f" {advice}"
        ) from error


def load_encoder(name: str, limits: WindowLimits) -> WindowEncoder:
    """Load the M3 `name`; raises `InputError` when it has no positions for what `limits` lets it read."""
    model, tokenizer = load_reader(name, limits.max_length, limits.max_query_length)
    return WindowEncoder(model, tokenizer, limits)


def weights_digest(model: nn.Module) -> str:
    """Return a digest of a model's weights, whatever file they came from."""
    state = hashlib.blake2b(digest_size=8)
    for name, value in sorted(model.state_dict().items()):
        state.update(name.encode())
        state.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return state.hexdigest()
