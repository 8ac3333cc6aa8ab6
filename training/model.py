"""M3: an encoder with a dense, a lexical and a multi-vector head; loads and saves the files of BAAI/bge-m3.

    model, tokenizer = load_model("BAAI/bge-m3")          # a folder or a hub id
    representations = model(pack(encode_batch(tokenizer, ["..."], max_length=8192)))
    save_model(model, tokenizer, Path("my-model"))

The three heads are those of "M3-Embedding" (arXiv 2402.03216), section 3.2. An encoder without head
files gets fresh heads.
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from data.errors import InputError
from data.files import write_json
from training.attention import choose_attention, packing_arguments
from training.packing import PackedTexts

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

log = logging.getLogger(__name__)

SPARSE_FILE, MULTI_VECTOR_FILE = "sparse_linear.pt", "colbert_linear.pt"
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


def encode_batch(tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str], max_length: int) -> list[list[int]]:
    """Return the token ids of each text with CLS and EOS, cut to `max_length` tokens."""
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length, return_attention_mask=False, verbose=False)
    return [list(ids) for ids in encoded["input_ids"]]


def unweighted_token_ids(tokenizer: "PreTrainedTokenizerBase") -> list[int]:
    """Return the ids that carry no lexical weight: CLS, EOS (or separator), padding and unknown; <mask> has one."""
    tokens = (tokenizer.cls_token_id, tokenizer.eos_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id)
    return [token for token in (*tokens, tokenizer.unk_token_id) if token is not None]


def load_model(
    name: str, *, seed: int = 0, attention_dropout: float | None = None
) -> "tuple[M3, PreTrainedTokenizerBase]":
    """Load a model and its tokenizer from a folder or a Hugging Face id, in float32 and in evaluation mode.

    Heads that the source does not have are made from `seed`, with a warning. `attention_dropout` replaces the
    configured probability. Raises `InputError` when there is no such model or when its heads do not fit its encoder.
    """
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    folder = Path(name)
    if folder.is_dir() and not (folder / "config.json").exists():
        raise InputError(
            f"{name} holds no config.json, so it is not a model; give a model's folder or a Hugging Face id"
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        config = AutoConfig.from_pretrained(name)
        if attention_dropout is not None and hasattr(config, "attention_probs_dropout_prob"):
            config.attention_probs_dropout_prob = attention_dropout
        with torch.random.fork_rng(devices=[]):  # layers that the files lack, such as a pooler, start alike every time
            torch.manual_seed(seed)
            encoder = AutoModel.from_pretrained(name, config=config, dtype=torch.float32)
    except (OSError, ValueError, SafetensorError, UnpicklingError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"cannot load a model from {name} ({reason}); give a model's folder or a Hugging Face id"
        ) from error
    if len(tokenizer) <= len(tokenizer.all_special_tokens):  # what transformers makes up where there are no files
        raise InputError(f"{name} has no tokenizer; copy tokenizer.json into it from the model that it was made from")
    if not hasattr(encoder.config, "hidden_size") or encoder.config.is_encoder_decoder:
        raise InputError(
            f"{name} is a {encoder.config.model_type} model; an encoder such as XLM-RoBERTa or BERT is needed"
        )
    heads = {file: _read_head(name, file) for file in (SPARSE_FILE, MULTI_VECTOR_FILE)}
    vectors = heads[MULTI_VECTOR_FILE]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = M3(encoder, unweighted_token_ids(tokenizer), None if vectors is None else len(vectors["weight"]))
    for (file, head), linear in zip(heads.items(), (model.sparse_linear, model.colbert_linear), strict=True):
        if head is None:
            log.warning("%s has no %s: this head starts fresh from seed %d", name, file, seed)
            continue
        try:
            linear.load_state_dict(head)
        except RuntimeError as error:
            found, needed = list(head["weight"].shape), list(linear.weight.shape)
            raise InputError(f"{file} of {name} has weights {found}, but its encoder needs {needed}") from error
    return model.eval(), tokenizer


def load_reader(name: str, max_length: int, max_query_length: int) -> "tuple[M3, PreTrainedTokenizerBase]":
    """Load a model that is to read texts of these lengths; raises `InputError` when it has not that many positions."""
    model, tokenizer = load_model(name)
    longest = max(max_length, max_query_length)
    if longest > model.max_length:
        raise InputError(
            f"{name} has positions for {model.max_length} tokens, fewer than {longest}; give --max-length"
            f" {min(max_length, model.max_length)} --max-query-length {min(max_query_length, model.max_length)}"
        )
    return model, tokenizer


def save_model(model: M3, tokenizer: "PreTrainedTokenizerBase", folder: Path) -> None:
    """Write `model` and `tokenizer` to `folder` in the layout of BAAI/bge-m3, encoder as safetensors.

    The modules files tell sentence-transformers to take the normalised CLS vector; without them it takes the mean.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.encoder.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _name_tokenizer_class(folder / "tokenizer_config.json")
    for linear, file in ((model.sparse_linear, SPARSE_FILE), (model.colbert_linear, MULTI_VECTOR_FILE)):
        torch.save({key: value.detach().cpu().clone() for key, value in linear.state_dict().items()}, folder / file)
    (folder / "model.safetensors").chmod((folder / "config.json").stat().st_mode)  # else readable by its owner alone
    module = "sentence_transformers.models"
    parts = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"{module}.{name}"} for i, (path, name) in enumerate(parts)
    ]
    write_json(folder / "modules.json", modules)
    pooling = {
        f"pooling_mode_{mode}": mode == "cls_token"
        for mode in ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
    }
    width = model.encoder.config.hidden_size
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": width, **pooling})
    (folder / "2_Normalize").mkdir(exist_ok=True)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": model.max_length, "do_lower_case": False})
    write_json(
        folder / "config_sentence_transformers.json",
        {"prompts": {}, "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )


def _name_tokenizer_class(file: Path) -> None:
    """Write the general tokenizer class under the name that older transformers know too, when the file names it."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    if settings.get("tokenizer_class") == "TokenizersBackend":
        write_json(file, settings | {"tokenizer_class": "PreTrainedTokenizerFast"})


def _read_head(name: str, file: str) -> dict[str, Tensor] | None:
    """Return the tensors of a head's file in a folder or on the hub, None where the source has no such file."""
    from transformers.utils import cached_file

    path = cached_file(
        name, file, _raise_exceptions_for_missing_entries=False, _raise_exceptions_for_connection_errors=False
    )
    if path is None:
        return None
    try:
        head: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        head["weight"].shape, head["bias"].shape
    except Exception as error:  # torch.load raises whatever a broken file leads its unpickler to
        raise InputError(f"{path} is not the file of a head; copy it anew, or remove it to start fresh") from error
    return head
