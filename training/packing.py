"""Texts as a model reads them: one after the other, without padding.

    texts = pack([[0, 7, 2], [0, 9, 9, 2]])     # input_ids [7], lengths (3, 4)

What a text of 500 tokens costs does not depend on the text of 8192 beside it. A budget of tokens (`split_by_tokens`)
therefore bounds memory, and no computation on padding has to be kept from winning anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class PackedTexts:
    """B texts of T tokens in all, each from its CLS to its EOS."""

    input_ids: Tensor  # [T]
    lengths: tuple[int, ...]  # [B] tokens of each text; all at least 1
    cls_every: int | None = None  # MCLS: a CLS stands again after every this many tokens; None: only at the start

    def to(self, device: torch.device) -> "PackedTexts":
        """Return the texts with their ids on `device`."""
        return PackedTexts(self.input_ids.to(device), self.lengths, self.cls_every)

    @cached_property
    def owner(self) -> Tensor:
        """[T] the number of the text that each token belongs to."""
        device = self.input_ids.device
        counts = torch.tensor(self.lengths, device=device)  # [B]
        return torch.repeat_interleave(torch.arange(len(self.lengths), device=device), counts)  # [T]

    @cached_property
    def bounds(self) -> Tensor:
        """[B + 1] where each text begins, and the end of the last; int32, as attention kernels take it."""
        return torch.tensor([0, *np.cumsum(self.lengths)], dtype=torch.int32, device=self.input_ids.device)  # [B + 1]

    @cached_property
    def places(self) -> Tensor:
        """[T] the place of each token in its own text, from 0."""
        starts = self.bounds[:-1].long()  # [B]
        return torch.arange(len(self.input_ids), device=starts.device) - starts[self.owner]  # [T]

    @cached_property
    def cls(self) -> Tensor:
        """[T] True at the CLS tokens that were put around a text, whatever its own tokens are."""
        places = self.places  # [T]
        return places % (self.cls_every + 1) == 0 if self.cls_every else places == 0  # [T]


def pack(sequences: Sequence[Sequence[int] | np.ndarray], cls_every: int | None = None) -> PackedTexts:
    """Return the token ids of texts, special tokens included, one after the other."""
    ids = np.concatenate([np.asarray(sequence, dtype=np.int64) for sequence in sequences])
    return PackedTexts(torch.from_numpy(ids), tuple(map(len, sequences)), cls_every)


def cut_text(ids: list[int], max_length: int) -> list[int]:
    """Cut a text's own tokens and keep the closing special token, as the tokenizer's truncation does."""
    return ids if len(ids) <= max_length else [*ids[: max_length - 1], ids[-1]]


def insert_cls(ids: Sequence[int], every: int, max_length: int) -> list[int]:
    """Return a text's ids (CLS first, EOS last) with its CLS again after every `every` tokens, in `max_length` at most.

    MCLS of "M3-Embedding" (arXiv 2402.03216), section 3.4, a way of encoding only: the dense vector is the mean of all
    CLS states.
    """
    body = [token for start in range(1, len(ids), every) for token in (ids[0], *ids[start : start + every])]
    if len(body) > max_length and (max_length - 1) % (every + 1) == 0:
        max_length -= 1  # where EOS would stand in the place of a CLS
    return cut_text(body, max_length)


def room_of(max_length: int, every: int | None) -> int:
    """Return how many of a text's tokens, special ones included, fit into `max_length` with MCLS."""
    return max_length - (-(-max_length // (every + 1)) - 1) if every else max_length


def split_by_tokens(lengths: Sequence[int], budget: int, padded: bool = False) -> Iterator[slice]:
    """Yield slices of texts within `budget` tokens, at least one text each.

    `lengths` fall where texts are to be `padded`: then all of a slice count as much as its first.
    """
    start = 0
    while start < len(lengths):
        end, total = start + 1, lengths[start]
        while end < len(lengths) and total + (added := lengths[start if padded else end]) <= budget:
            end, total = end + 1, total + added
        yield slice(start, end)
        start = end
