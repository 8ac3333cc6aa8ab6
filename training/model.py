"""M3: an encoder with a dense, a lexical and a multi-vector head.

    model, tokenizer = load_model("BAAI/bge-m3")          # training.model_files
    representations = model(pack(encode_batch(tokenizer, ["..."], max_length=8192)))

The three heads are those of "M3-Embedding" (arXiv 2402.03216), section 3.2.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from data.errors import InputError
from training.attention import choose_attention, packing_arguments
from training.packing import PackedTexts

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# A fresh lexical head starts near a constant: every shared token counts the same, and training learns which count more.
FRESH_LEXICAL_BIAS = 0.2
FRESH_LEXICAL_SCALE = 0.002

Head = Literal["dense", "sparse", "multi_vec"]
HEADS: tuple[Head, ...] = ("dense", "sparse", "multi_vec")


class Representations(NamedTuple):
    """What the model says about B packed texts of T tokens in all; a head that was not asked for is empty."""

    dense: Tensor  # [B, d] unit length
    lexical: Tensor  # [T] weight of each token, >= 0; 0 for special tokens
    multi_vector: Tensor  # [T, d] unit length
    input_ids: Tensor  # [T]
    owner: Tensor  # [T] the text of each token
    mask: Tensor  # [T] True for tokens that count as vectors: all but CLS
    lengths: tuple[int, ...]  # [B] tokens of each text

    def to(self, device: torch.device) -> "Representations":
        """Return the same on `device`."""
        return self._replace(**{name: getattr(self, name).to(device) for name in self._fields if name != "lengths"})


def join(parts: Sequence[Representations]) -> Representations:
    """Return the representations of several packs of texts as those of one."""
    if len(parts) == 1:
        return parts[0]
    lengths = tuple(length for part in parts for length in part.lengths)

    def column(name: str) -> Tensor:
        return torch.cat([getattr(part, name) for part in parts])

    owner = PackedTexts(column("input_ids"), lengths).owner
    heads = (column("dense"), column("lexical"), column("multi_vector"))
    return Representations(*heads, column("input_ids"), owner, column("mask"), lengths)


class M3(nn.Module):
    """An encoder of the XLM-R or BERT family with its three heads."""

    unweighted_ids: Tensor

    def __init__(
        self, encoder: "PreTrainedModel", unweighted_ids: Sequence[int], vector_size: int | None = None
    ) -> None:
        """Put fresh heads on `encoder`.

        `unweighted_ids` are the tokens that have no lexical weight: CLS, EOS, padding and unknown. `vector_size` is the
        width of a token vector, by default the encoder's.
        """
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.fresh_heads: tuple[Head, ...] = ()  # those that no file had weights for
        self.packs = choose_attention(encoder, "auto")
        self.sparse_linear = nn.Linear(width, 1)
        self.colbert_linear = nn.Linear(width, vector_size or width)
        nn.init.normal_(self.sparse_linear.weight, std=FRESH_LEXICAL_SCALE)
        nn.init.constant_(self.sparse_linear.bias, FRESH_LEXICAL_BIAS)
        self.register_buffer("unweighted_ids", torch.tensor(sorted(set(unweighted_ids))), persistent=False)
        pooler = getattr(encoder, "pooler", None)
        if pooler is not None:  # no score uses it; it stays in the files because other programs expect it there
            pooler.requires_grad_(False)

    def set_attention(self, attention: str) -> None:
        """Choose auto, flash_attention_2 or padded (see `training.attention`)."""
        self.packs = choose_attention(self.encoder, attention)

    def forward(
        self, texts: PackedTexts, heads: Sequence[Head] = HEADS, embedded: Tensor | None = None
    ) -> Representations:
        """Encode packed texts; heads answer in float32 (float64 where the model is).

        `embedded` [T, d] are the word embeddings of the tokens, for a caller that has looked them up already.
        """
        learns = torch.is_grad_enabled() and any(weight.requires_grad for weight in self.encoder.parameters())
        with torch.set_grad_enabled(learns):
            hidden = (self._encode_packed if self.packs else self._encode_padded)(texts, embedded)  # [T, d]
        cls, owner = texts.cls, texts.owner  # [T], [T]
        dense = lexical = multi_vector = hidden.new_zeros(0)
        if "dense" in heads:
            summed = hidden.new_zeros(len(texts.lengths), hidden.shape[-1]).index_add(0, owner[cls], hidden[cls])
            counts = torch.bincount(owner[cls]).unsqueeze(1)  # [B, 1] CLS tokens of each text: 1 without MCLS
            dense = F.normalize(at_least_float32(summed) / counts, dim=-1)  # [B, d]
        if "sparse" in heads:
            weighted = ~torch.isin(texts.input_ids, self.unweighted_ids)  # [T]
            lexical = at_least_float32(torch.relu(self.sparse_linear(hidden).squeeze(-1))) * weighted  # [T]
        if "multi_vec" in heads:
            multi_vector = F.normalize(at_least_float32(self.colbert_linear(hidden)), dim=-1)  # [T, d]
        return Representations(dense, lexical, multi_vector, texts.input_ids, owner, ~cls, texts.lengths)

    def _encode_packed(self, texts: PackedTexts, embedded: Tensor | None) -> Tensor:
        """Return the last hidden states [T, d] from one pass without padding."""
        words = {"input_ids": texts.input_ids[None]} if embedded is None else {"inputs_embeds": embedded[None]}
        found = self.encoder(
            **words,
            position_ids=(texts.places + position_offset(self.encoder))[None],
            token_type_ids=torch.zeros_like(texts.input_ids)[None],
            **packing_arguments(texts),
        )
        return found.last_hidden_state[0]

    def _encode_padded(self, texts: PackedTexts, embedded: Tensor | None) -> Tensor:
        """Return the last hidden states [T, d] from a pass over texts padded to the longest."""
        shape = (len(texts.lengths), max(texts.lengths))
        lengths = torch.tensor(texts.lengths, device=texts.input_ids.device)  # [B]
        mask = torch.arange(shape[1], device=lengths.device) < lengths.unsqueeze(1)  # [B, L]
        if embedded is None:
            ids = texts.input_ids.new_full(shape, self.encoder.config.pad_token_id or 0)  # [B, L]
            words = {"input_ids": ids.masked_scatter(mask, texts.input_ids)}
        else:
            room = embedded.new_zeros(*shape, embedded.shape[-1])  # [B, L, d]
            words = {"inputs_embeds": room.masked_scatter(mask.unsqueeze(-1), embedded)}
        return self.encoder(**words, attention_mask=mask.long()).last_hidden_state[mask]  # [T, d]

    @property
    def max_length(self) -> int:
        """The longest text in tokens, CLS and EOS included, that has a position for every token."""
        return position_rows(self.encoder) - position_offset(self.encoder)


def checkpoint_layers(model: M3) -> None:
    """Let each layer of the encoder keep only its input and run again in the backward; the two names are one method."""
    encoder: Any = model.encoder
    enable = getattr(encoder, "activation_checkpointing_enable", None) or encoder.gradient_checkpointing_enable
    try:
        enable({"use_reentrant": False})
    except ValueError as error:
        raise InputError(f"--gradient-checkpointing: {error}") from error


def position_table(encoder: nn.Module) -> nn.Embedding | None:
    """Return the learned position embeddings of `encoder`, or None where positions are not learned."""
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    return table if isinstance(table, nn.Embedding) else None


def position_rows(encoder: "PreTrainedModel") -> int:
    """Return the number of rows of the position table, unusable first rows included."""
    table = position_table(encoder)
    return table.num_embeddings if table is not None else encoder.config.max_position_embeddings


def position_offset(encoder: "PreTrainedModel") -> int:
    """Return the row of the first token's position: padding id + 1 in the RoBERTa family (2 for XLM-R), 0 in BERT."""
    table = position_table(encoder)
    return 0 if table is None or table.padding_idx is None else table.padding_idx + 1


def at_least_float32(tensor: Tensor) -> Tensor:
    """Return half-precision values as float32; leaves float32 and float64 as they are."""
    return tensor.float() if tensor.dtype in (torch.bfloat16, torch.float16) else tensor
