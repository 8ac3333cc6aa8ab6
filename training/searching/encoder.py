"""An M3 that reads: token ids to representations, in batches that fit the device, and the questions of a search.

encoder = TextEncoder(model, tokenizer, ScoreLimits(max_length=8192, max_query_length=512, sub_batch_tokens=16384))
questions = encoder.encode_questions(["Who rings the bell?"])
for rows, found in encoder.encode([[0, 17, 2], [0, 5, 9, 2]]): ...      # places in the list, Representations
"""

import contextlib
import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from data.errors import RunError
from data.files import digest
from training.model import M3, Representations
from training.model_files import encode_batch
from training.packing import pack, split_by_tokens
from training.running.memory_and_disk import is_out_of_memory

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

QUESTIONS_AT_A_TIME = 32


@dataclass(frozen=True, kw_only=True)
class ScoreLimits:
    """How much the model reads, and how much at once."""

    max_length: int  # tokens of a document, special tokens included
    max_query_length: int  # tokens of a question
    sub_batch_tokens: int  # tokens that are encoded at once
    bf16: bool = False
    mcls: int | None = None  # documents get another CLS after every this many tokens
    window: Literal["head", "all"] = "head"  # of a longer document: its beginning, or windows of which the best counts


@dataclass(frozen=True)
class Questions:
    """What the model says of N questions."""

    input_ids: list[np.ndarray]  # [L] each
    dense: np.ndarray  # [N, d] float32
    lexical: list[np.ndarray]  # [L] each
    multi_vector: list[np.ndarray]  # [L, d] each; no rows where no token vectors were kept

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


class TextEncoder:
    """An M3 in evaluation mode, on the GPU if there is one."""

    def __init__(self, model: M3, tokenizer: "PreTrainedTokenizerBase", limits: ScoreLimits) -> None:
        """Take over `model`: it is moved and set to evaluation."""
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model, self.tokenizer, self.limits = model.eval().to(self.device), tokenizer, limits

    @functools.cached_property
    def model_digest(self) -> str:
        """Identifies what the model computes."""
        return model_digest(self.model)

    def encode(
        self, ids: Sequence[list[int]], title: str | None = None, mcls: int | None = None
    ) -> Iterator[tuple[list[int], Representations]]:
        """Yield places in `ids` and what the model says of them, batch by batch, longest first.

        `mcls`: a CLS stands again after every this many tokens. Raises `RunError` when the model's answer is not a
        number, or when the device has too little memory.
        """
        order = sorted(range(len(ids)), key=lambda row: (-len(ids[row]), row))
        lengths = [len(ids[row]) for row in order]
        with tqdm(total=len(ids), desc=title, unit=" texts", leave=False, disable=None if title else True) as bar:
            for part in split_by_tokens(lengths, self.limits.sub_batch_tokens, padded=not self.model.packs):
                rows = order[part]
                with enough_memory(self.limits.sub_batch_tokens, self.limits.max_length), torch.inference_mode():
                    found = encode_ids(self.model, [ids[row] for row in rows], self.limits.bf16, mcls)
                if not all(_is_finite(each) for each in (found.dense, found.lexical, found.multi_vector)):
                    raise RunError("the model's vectors are not numbers (NaN or infinite): its weights are broken")
                yield rows, found
                bar.update(len(rows))

    def encode_questions(self, queries: Sequence[str], vectors: Any = np.float16) -> Questions:
        """Encode the questions, cut to `max_query_length`; token vectors are kept in the type `vectors`, None: not."""
        ids: list[list[int]] = []
        for start in range(0, len(queries), QUESTIONS_AT_A_TIME):
            part = queries[start : start + QUESTIONS_AT_A_TIME]
            ids += encode_batch(self.tokenizer, part, self.limits.max_query_length)
        dense: dict[int, np.ndarray] = {}
        lexical: dict[int, np.ndarray] = {}
        kept: dict[int, np.ndarray] = {}
        for rows, found in self.encode(ids, "questions"):
            weights, token_vectors = found.lexical.split(found.lengths), found.multi_vector.split(found.lengths)
            for place, row in enumerate(rows):
                dense[row] = found.dense[place].cpu().numpy()
                lexical[row] = weights[place].cpu().numpy()
                kept[row] = token_vectors[place][: None if vectors else 0].cpu().numpy().astype(vectors)  # [L, d]
        order = range(len(ids))
        return Questions(
            [np.array(row) for row in ids],
            np.stack([dense[row] for row in order]),
            [lexical[row] for row in order],
            [kept[row] for row in order],
        )


def encode_ids(model: M3, ids: Sequence[Sequence[int]], bf16: bool, mcls: int | None = None) -> Representations:
    """Return what the model says, on its own device, of token ids with their special tokens."""
    device = next(model.parameters()).device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
        return model(pack(ids, mcls).to(device))


def _is_finite(values: Tensor) -> bool:
    return bool(torch.isfinite(values).all())


@contextlib.contextmanager
def enough_memory(sub_batch_tokens: int, max_length: int) -> Iterator[None]:
    """Turn a full device into a `RunError` that says what to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        advice = "--sub-batch-tokens" if sub_batch_tokens > max_length else "--max-length"
        raise RunError(
            f"the device has too little memory for {max(sub_batch_tokens, max_length)} tokens at once; give a smaller"
            f" {advice}"
        ) from error


# Settings of a model that say where it came from and how it is run, not what it computes.
_NOT_COMPUTED = ("_name_or_path", "transformers_version", "dtype", "torch_dtype", "_attn_implementation")


def model_digest(model: nn.Module) -> str:
    """Return a digest of what a model computes: its weights, its settings, and the tokens that have no weight."""
    state = hashlib.blake2b(digest_size=8)
    settings = getattr(getattr(model, "encoder", model), "config", None)
    named = settings.to_dict() if settings is not None else {}
    state.update(digest({name: value for name, value in named.items() if name not in _NOT_COMPUTED}).encode())
    if isinstance(model, M3):
        state.update(digest(model.unweighted_ids.tolist()).encode())
    for name, value in sorted(model.state_dict().items()):
        state.update(name.encode())
        state.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return state.hexdigest()
