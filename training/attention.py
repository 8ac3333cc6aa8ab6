"""Attention over texts that are packed one after the other: no token sees another text.

`register()` gives transformers the function under the name `PACKED`; models then run unchanged with input_ids
[1, T]. In bfloat16 or float16 on CUDA it is `torch.nn.attention.varlen.varlen_attn`, elsewhere SDPA, called once for
each run of texts of one length.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from data.errors import InputError
from training.packing import PackedTexts

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PACKED = "m3_packed"
FLASH = "flash_attention_2"
# Encoders whose attention is plain (every token sees its whole text, positions are added to the embeddings), so that
# packing leaves their answers as they are. Others are padded.
PACKED_MODEL_TYPES = ("bert", "camembert", "roberta", "xlm-roberta")


def choose_attention(encoder: "PreTrainedModel", attention: str) -> bool:
    """Set how `encoder` attends: auto, flash_attention_2 or padded. Returns whether texts are packed for it.

    Raises `InputError` when flash-attn is asked for and not installed, or cannot serve this encoder.
    """
    packable = encoder.config.model_type in PACKED_MODEL_TYPES
    if attention == FLASH:
        if not packable:
            raise InputError(f"--attention {FLASH} serves {', '.join(PACKED_MODEL_TYPES)}; give --attention auto")
        try:
            encoder.set_attn_implementation(FLASH)
        except (ImportError, ValueError) as error:
            raise InputError(f"--attention {FLASH}: {error}; install flash-attn, or give --attention auto") from error
        return True
    if attention == "auto" and packable:
        register()
        encoder.set_attn_implementation(PACKED)
        return True
    if getattr(encoder.config, "_attn_implementation", None) in (PACKED, FLASH):
        encoder.set_attn_implementation("sdpa")
    return False


def register() -> None:
    """Make `packed_attention` known to transformers."""
    from transformers import AttentionInterface

    AttentionInterface.register(PACKED, packed_attention)


def packing_arguments(texts: PackedTexts) -> dict[str, Any]:
    """Return the keyword arguments that tell attention where each text begins; flash-attn's names, and the lengths."""
    bounds, longest = texts.bounds(), max(texts.lengths)
    return {
        "cu_seq_lens_q": bounds,
        "cu_seq_lens_k": bounds,
        "max_length_q": longest,
        "max_length_k": longest,
        "text_lengths": texts.lengths,
    }


def packed_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    cu_seq_lens_q: Tensor | None = None,
    max_length_q: int | None = None,
    text_lengths: Sequence[int] | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Return the attended values [1, T, H, D] of query, key and value [1, H, T, D]; `AttentionInterface`'s signature.

    Raises `ValueError` when the texts' lengths are missing: without them tokens would attend across texts.
    """
    if text_lengths is None or cu_seq_lens_q is None or max_length_q is None:
        raise ValueError(f"attention {PACKED} needs the lengths of the packed texts; call the model through M3")
    if attention_mask is not None or others.get("sliding_window") is not None:
        raise ValueError(f"attention {PACKED} has no masks and no sliding windows; pad the texts for this model")
    halves = query.dtype in (torch.bfloat16, torch.float16)
    default_scaling = scaling is None or abs(scaling * query.shape[-1] ** 0.5 - 1) < 1e-6
    if query.is_cuda and halves and dropout == 0 and default_scaling:
        from torch.nn.attention.varlen import varlen_attn

        q, k, v = (part[0].transpose(0, 1) for part in (query, key, value))  # each [T, H, D]
        bounds = cu_seq_lens_q  # positional arguments only: names differ between torch versions
        attended = varlen_attn(q, k, v, bounds, bounds, max_length_q, max_length_q)  # [T, H, D]
        assert isinstance(attended, Tensor)
        return attended.unsqueeze(0), None  # [1, T, H, D]
    return _attend_by_length(query, key, value, text_lengths, dropout, scaling), None


def _attend_by_length(
    query: Tensor, key: Tensor, value: Tensor, lengths: Sequence[int], dropout: float, scaling: float | None
) -> Tensor:
    """Attend [1, H, T, D] by runs of texts of one length, which form a batch without padding; return [1, T, H, D]."""
    attended = []
    start = 0
    for length, run in groupby(lengths):
        count = sum(1 for _ in run)
        end = start + count * length
        q, k, v = (
            part[0, :, start:end].unflatten(1, (count, length)).transpose(0, 1)  # [n, H, L, D]
            for part in (query, key, value)
        )
        found = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=scaling)  # [n, H, L, D]
        attended.append(found.transpose(1, 2).flatten(0, 1))  # [n L, H, D]
        start = end
    return (attended[0] if len(attended) == 1 else torch.cat(attended)).unsqueeze(0)  # [1, T, H, D]
