"""The configuration of `m3-train init` and `m3-train fit`: the single place of each default. Light to import."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

Stage = Literal["pretrain", "finetune"]
Size = Literal["tiny", "small"]

_EFFORT = {"effort": True}  # a field that changes how a run works, never what it makes


@dataclass(frozen=True, kw_only=True)
class InitConfig:
    """Make a model to fine-tune: from any encoder of the XLM-R or BERT family, or small and random from a corpus."""

    out: Path
    """Folder of the new model, in the layout of BAAI/bge-m3."""
    source_model: Annotated[str | None, tyro.conf.arg(name="from", metavar="MODEL")] = None
    """Folder or Hugging Face id of an encoder; positions are extended to --max-length, missing heads are added."""
    corpus: tuple[Path, ...] = ()
    """Text to train a tokenizer on (.jsonl with "text" and perhaps "title", .txt; also .gz): makes a random model."""
    size: Size = "tiny"
    """Size of the random model: tiny trains within minutes on a CPU, small wants a GPU or patience."""
    max_length: int = 8192
    """Longest text in tokens that the model can read."""
    vocabulary_size: int = 16_000
    """Entries of the tokenizer that --corpus trains, at most."""
    seed: int = 42
    """Seed of all random weights."""
    overwrite: bool = False
    """Replace what is in --out."""


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """Fine-tune a model on a curated data set; the same command again goes on where a stopped run was."""

    dataset: Path
    """Folder of the curated data set: DIR or DIR/dataset."""
    model: str
    """Folder or Hugging Face id of the model to start from, such as BAAI/bge-m3."""
    out: Path
    """Folder of the fine-tuned model, in the layout of BAAI/bge-m3, with fit.json and curves.png."""
    stage: Stage = "finetune"
    """pretrain: dense InfoNCE with in-batch negatives. finetune: three heads with unified self-distillation."""
    max_length: int = 8192
    """Documents are cut to this many tokens."""
    max_query_length: int = 512
    """Questions are cut to this many tokens."""
    learning_rate: float = 1e-5
    """Peak learning rate; for a random model about 1e-3."""
    epochs: int = 1
    """Passes over the training questions."""
    max_steps: int | None = None
    """Stop after this many steps, with as many passes as that takes; replaces --epochs."""
    batch_size: int | None = None
    """Questions in a batch; by default the paper's number for each document length."""
    sub_batch_tokens: int = 16_384
    """Tokens, padding included, that are encoded at a time: memory depends on this and hardly on the batch."""
    temperature: float = 0.02
    """All scores are divided by it."""
    negatives: int = 7
    """Hard negatives of a question in a batch, at most; in-batch negatives come on top."""
    distill_start_ratio: float = 0.1
    """Share of the steps that warm up the heads before self-distillation joins the loss."""
    warmup_ratio: float = 0.1
    """Share of the steps in which the learning rate rises."""
    weight_decay: float = 0.01
    """Of all weights but biases and normalisations."""
    attention_dropout: float = 0.0
    """Probability; above 0 the fast attention kernels are off, which costs about three times the time."""
    bf16: bool = False
    """Encode in bfloat16; scores and loss stay in float32."""
    seed: int = 42
    """Seed of batches, dropout and fresh heads."""
    save_steps: Annotated[int, tyro.conf.arg(metavar="STEPS")] = field(default=500, metadata=_EFFORT)
    """Steps between checkpoints."""
    overwrite: bool = field(default=False, metadata=_EFFORT)
    """Replace what is in --out, also a run of another configuration."""


def deciding_settings(config: FitConfig) -> dict[str, Any]:
    """Return the settings that decide what a run makes, ready for JSON: not where it lies or how often it saves."""
    fields = [item.name for item in dataclasses.fields(config) if "effort" not in item.metadata]
    values = {name: getattr(config, name) for name in fields if name not in ("dataset", "out")}
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
