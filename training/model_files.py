"""The files of a model, in the layout of BAAI/bge-m3: encoder, tokenizer, heads, sentence-transformers' modules.

    model, tokenizer = load_model("BAAI/bge-m3")          # a folder or a hub id
    save_model(model, tokenizer, Path("my-model"))

An encoder without head files gets fresh heads.
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from data.errors import InputError
from data.files import write_json
from training.model import M3, Head

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

log = logging.getLogger(__name__)

SPARSE_FILE, MULTI_VECTOR_FILE = "sparse_linear.pt", "colbert_linear.pt"
_HEAD_OF: dict[str, Head] = {SPARSE_FILE: "sparse", MULTI_VECTOR_FILE: "multi_vec"}


UNCUT = 1 << 30  # a length that no text reaches


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
    rows = encoder.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        raise InputError(
            f"the tokenizer of {name} has {len(tokenizer)} tokens, its encoder vectors for {rows}: they do not belong"
            " together"
        )
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
            model.fresh_heads += (_HEAD_OF[file],)
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
