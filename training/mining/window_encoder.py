"""An M3 that reads documents window by window.

encoder = WindowEncoder(model, tokenizer, WindowLimits(...))
for rows, found in encoder.encode(encoder.document_windows(text)): ...
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.mining.questions import Text
from training.model import M3
from training.model_files import UNCUT, encode_batch, load_reader
from training.searching.encoder import ScoreLimits, TextEncoder
from training.windows import window_around, windows

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class WindowLimits(ScoreLimits):
    """How much is read at once; `max_length` is that of a window."""

    overlap: float  # share of a window that the next repeats


class WindowEncoder(TextEncoder):
    """An M3 in evaluation mode that reads documents window by window."""

    def __init__(self, model: M3, tokenizer: "PreTrainedTokenizerBase", limits: WindowLimits) -> None:
        """Take over `model`: it is moved and set to evaluation."""
        super().__init__(model, tokenizer, limits)
        self.overlap = limits.overlap

    def document_windows(self, text: Text, spans: Sequence[Span] = ()) -> list[list[int]]:
        """Return the token ids of each window of a document, special tokens around each.

        `spans`, in characters of its own text, get a window in whose middle they stand, where there are several.
        """
        room = self.limits.max_length - 2
        (ids,) = encode_batch(self.tokenizer, [text.text], UNCUT)
        inner = ids[1:-1]
        found = windows(len(inner), room, self.overlap)
        if len(found) > 1 and spans:
            inside = token_spans(self.tokenizer, text, spans)
            found += [window_around(*span, len(inner), room) for span in inside]
        return [[ids[0], *inner[start:end], ids[-1]] for start, end in dict.fromkeys(found)]


def token_spans(tokenizer: "PreTrainedTokenizerBase", text: Text, spans: Sequence[Span]) -> list[Span]:
    """Return the tokens, special ones not counted, that stand for spans of characters of the document's own text."""
    offsets = tokenizer(text.text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)[
        "offset_mapping"
    ]
    starts, ends = (np.array([offset[side] for offset in offsets], dtype=np.int64) for side in (0, 1))
    moved = [(start + text.title_characters, end + text.title_characters) for start, end in spans]
    return [(int(np.searchsorted(ends, a, "right")), int(np.searchsorted(starts, b, "left"))) for a, b in moved]


def load_encoder(name: str, limits: WindowLimits) -> WindowEncoder:
    """Load the M3 `name`; raises `InputError` when it has no positions for what `limits` lets it read."""
    model, tokenizer = load_reader(name, limits.max_length, limits.max_query_length)
    return WindowEncoder(model, tokenizer, limits)
