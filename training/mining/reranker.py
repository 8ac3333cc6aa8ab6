"""A cross-encoder that scores pairs of question and document, long documents window by window.

    Reranker("BAAI/bge-reranker-v2-m3", queries, max_length=1024, ...).score(rows, text, spans)

In: a sequence classifier with one output, in a folder or on the hub, safetensors or weights-only files, no code of its
own. Out: its raw output (logit), that of the best window.
"""

from collections.abc import Sequence
from pickle import UnpicklingError

import numpy as np
import torch

from data.errors import InputError
from training.mining.questions import Text
from training.mining.window_encoder import Span, token_spans
from training.model import position_offset, position_rows
from training.packing import split_by_tokens
from training.searching.encoder import enough_memory
from training.windows import window_around, windows

USUAL_LENGTH = 1024  # what BAAI/bge-reranker-v2-m3 was tuned at
LEAST_ROOM = 8  # tokens that a question leaves a window at the least


class Reranker:
    """A cross-encoder in evaluation mode, and the questions that it is asked."""

    def __init__(
        self,
        name: str,
        max_length: int | None,
        max_query_length: int,
        overlap: float,
        sub_batch_tokens: int,
        bf16: bool = False,
    ) -> None:
        """Load `name`; `max_length` counts question, window and special tokens, None: 1024 or all it can read.

        Raises `InputError` when there is no such model, when it has not exactly one output, or reads less.
        """
        from safetensors import SafetensorError
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        try:
            self.tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
            model, loading = AutoModelForSequenceClassification.from_pretrained(
                name, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
            )
        except (OSError, ValueError, SafetensorError, UnpicklingError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InputError(
                f"cannot load a reranker from {name} ({reason}); give a model's folder or a Hugging Face id"
            ) from error
        if model.config.num_labels != 1:
            raise InputError(
                f"{name} has {model.config.num_labels} outputs; a reranker has one, such as BAAI/bge-reranker-v2-m3"
            )
        if loading["missing_keys"]:  # an encoder without a trained output would score at random
            raise InputError(
                f"{name} has no weights for {', '.join(sorted(loading['missing_keys']))}, so it is no reranker; give"
                " one such as BAAI/bge-reranker-v2-m3"
            )
        if not self.tokenizer.is_fast:
            raise InputError(f"{name} has no tokenizer.json; save its tokenizer as a fast one first")
        longest = position_rows(model.base_model) - position_offset(model.base_model)
        self.max_length = max_length or min(USUAL_LENGTH, longest)
        if self.max_length > longest:
            raise InputError(f"{name} has positions for {longest} tokens, fewer than {max_length}; give fewer")
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.eval().to(self.device)
        self.max_query_length = max_query_length
        self.overlap, self.sub_batch_tokens, self.bf16 = overlap, sub_batch_tokens, bf16
        self.queries: list[str] = []

    def ask(self, queries: Sequence[str]) -> "Reranker":
        """Score for these questions from now on; those longer than allowed are cut at the end."""
        special = self.tokenizer.num_special_tokens_to_add(pair=True)
        limit = min(self.max_query_length, self.max_length - special - LEAST_ROOM)
        if limit < 1:
            raise InputError(
                f"windows of {self.max_length} tokens leave no room for a question; give a larger length than"
                f" {special + LEAST_ROOM}"
            )
        self.queries = []
        self._lengths = []
        for query in queries:
            offsets = self._offsets(query)
            self.queries.append(query if len(offsets) <= limit else query[: offsets[limit - 1][1]])
            self._lengths.append(min(len(offsets), limit))
        return self

    def _offsets(self, text: str) -> list[tuple[int, int]]:
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        offsets: list[tuple[int, int]] = encoded["offset_mapping"]
        return offsets

    def score(self, rows: Sequence[int], text: Text, spans: Sequence[Span]) -> np.ndarray:
        """Return the outputs [len(rows)] for a document; `spans` of its characters get a window around each."""
        offsets = self._offsets(text.text)
        inside = token_spans(self.tokenizer, text, spans) if spans else []
        special = self.tokenizer.num_special_tokens_to_add(pair=True)
        owners: list[int] = []
        pairs: list[tuple[str, str]] = []
        for place, row in enumerate(rows):
            room = self.max_length - special - self._lengths[row]
            found = windows(len(offsets), room, self.overlap)
            if len(found) > 1:
                found += [window_around(*span, len(offsets), room) for span in inside]
            for start, end in dict.fromkeys(found):
                part = text.text[offsets[start][0] : offsets[end - 1][1]] if end > start else ""
                owners.append(place)
                pairs.append((self.queries[row], part))
        best = np.full(len(rows), -np.inf, dtype=np.float32)
        with np.errstate(invalid="ignore"):  # a NaN stays one, and is found by who asked
            np.maximum.at(best, owners, self._read(pairs))
        return best

    def _read(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return the outputs [len(pairs)]."""
        encoded = [
            # A window cut out of a text may come to a token more than it had there.
            self.tokenizer(query, part, truncation="only_second", max_length=self.max_length, verbose=False)
            for query, part in pairs
        ]
        order = sorted(range(len(encoded)), key=lambda row: -len(encoded[row]["input_ids"]))
        outputs = np.zeros(len(encoded), dtype=np.float32)
        lengths = [len(encoded[row]["input_ids"]) for row in order]
        for batch in split_by_tokens(lengths, self.sub_batch_tokens, padded=True):
            rows = order[batch]
            padded = self.tokenizer.pad([encoded[row] for row in rows], return_tensors="pt").to(self.device)
            with (
                enough_memory(self.sub_batch_tokens, self.max_length),
                torch.inference_mode(),
                torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16),
            ):
                logits = self.model(**padded).logits  # [B, 1]
            outputs[rows] = logits.squeeze(-1).float().cpu().numpy()
        return outputs
