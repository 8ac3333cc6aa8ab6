"""This project's training step for benchmarks/trainer.py, and what the other trainer benchmarks share of it.

    model, tokenizer = build_model(SHAPES["scaled"], seed=1)      # random weights in the shape of an M3
    inputs = step_inputs(batch, sub_batch_tokens=16_384)          # a batch of trainer_work as TrainingStep receives it

As a script it is the process that benchmarks/trainer.py starts; --setting is --sub-batch-tokens of m3-train fit.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from trainer_work import CLS, EOS, FIRST_WORD, TEMPERATURE, Batch, Program, run

from training.config import FitConfig
from training.model import M3
from training.model_files import load_model, unweighted_token_ids
from training.packing import PackedTexts, pack, split_by_tokens
from training.step import StepInputs, TrainingStep

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


@dataclass(frozen=True)
class Shape:
    """The sizes of an XLM-R."""

    layers: int
    width: int
    heads: int
    feed_forward: int
    vocabulary: int = 250_002
    max_tokens: int = 8192
    hidden_dropout: float = 0.1
    attention_dropout: float = 0.0


SHAPES = {
    "tiny": Shape(2, 32, 2, 64, vocabulary=500),
    "scaled": Shape(4, 256, 4, 1024),
    "large": Shape(24, 1024, 16, 4096),
}


def build_tokenizer(vocabulary: int, max_tokens: int) -> Any:
    """Return a tokenizer with XLM-R's special tokens whose other words are called w4, w5, ... by their ids."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = [*SPECIAL, *(f"w{number}" for number in range(FIRST_WORD, vocabulary - 1)), "<mask>"]
    backend = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", CLS), ("</s>", EOS)]
    )
    names = {"bos": "<s>", "cls": "<s>", "pad": "<pad>", "eos": "</s>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
    tokens = {f"{name}_token": token for name, token in names.items()}
    return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=max_tokens, **tokens)


def build_model(shape: Shape, seed: int) -> tuple[M3, Any]:
    """Return an M3 of random weights and its tokenizer."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    tokenizer = build_tokenizer(shape.vocabulary, shape.max_tokens)
    torch.manual_seed(seed)
    encoder = XLMRobertaModel(
        XLMRobertaConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.width,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.feed_forward,
            max_position_embeddings=shape.max_tokens + tokenizer.pad_token_id + 1,
            type_vocab_size=1,
            layer_norm_eps=1e-5,
            hidden_dropout_prob=shape.hidden_dropout,
            attention_probs_dropout_prob=shape.attention_dropout,
        )
    )
    return M3(encoder, unweighted_token_ids(tokenizer)), tokenizer


def fit_config(heads: str, **settings: Any) -> FitConfig:
    """Return the configuration of a step that trains all heads (`unified`), or the dense one alone."""
    names = ("dense",) if heads == "dense" else ("dense", "sparse", "multivec")
    nowhere = Path("none")
    return FitConfig(dataset=nowhere, model="", out=nowhere, heads=names, temperature=TEMPERATURE, **settings)


def in_parts(texts: Sequence[Sequence[int]], tokens: int) -> tuple[PackedTexts, ...]:
    """Return texts in packs of about so many tokens."""
    return tuple(pack(texts[part]) for part in split_by_tokens([len(ids) for ids in texts], tokens))


def step_inputs(batch: Batch, sub_batch_tokens: int, distill: bool = True) -> StepInputs:
    """Return a batch as the plan hands it to one rank: passages longest first, in sub-batches of so many tokens."""
    passages = [(ids, row, place) for row, group in enumerate(batch["groups"]) for place, ids in enumerate(group)]
    passages.sort(key=lambda passage: -len(passage[0]))
    right = {row: column for column, (_, row, place) in enumerate(passages) if place == 0}
    texts = [ids for ids, _, _ in passages]
    return StepInputs(
        queries=in_parts(batch["queries"], sub_batch_tokens),
        sub_batches=in_parts(texts, sub_batch_tokens),
        all_queries=pack(batch["queries"]),
        query_counts=(len(batch["queries"]),),
        window_counts=(len(texts),),
        column=torch.arange(len(texts)),
        targets=torch.tensor([right[row] for row in range(len(batch["queries"]))]),
        excluded=torch.zeros(len(batch["queries"]), len(texts), dtype=torch.bool),
        teacher=None,
        distill=distill,
        query_ids=tuple(map(str, range(len(batch["queries"])))),
    )


def build(options: argparse.Namespace) -> Program:
    """Return our step over the model in --model, with sub-batches of --setting tokens."""
    model, _ = load_model(str(options.model), attention_dropout=0.0)
    step = TrainingStep(model.train(), fit_config(options.heads))
    parameters = [parameter for parameter in step.parameters() if parameter.requires_grad]
    return Program(parameters, lambda batch: step_inputs(batch, options.setting), lambda inputs: step(inputs)["loss"])


if __name__ == "__main__":
    run(build)
