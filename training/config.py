"""The configuration of `m3-train init` and `m3-train fit`: the single place of each default. Light to import."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

Stage = Literal["pretrain", "finetune"]
Size = Literal["tiny", "small"]
HeadName = Literal["dense", "sparse", "multivec"]
Freezable = Literal["encoder", "heads"]
Window = Literal["head", "evidence", "all"]
Attention = Literal["auto", "flash_attention_2", "padded"]

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
    """Fine-tune a model on a curated data set; the same command again goes on where a stopped run was.

    Where transformers' TrainingArguments has a name for something, it has that name here too.
    """

    dataset: Path
    """Folder of the curated data set: DIR or DIR/dataset."""
    model: str
    """Folder or Hugging Face id of the model to start from, such as BAAI/bge-m3."""
    out: Path
    """Folder of the fine-tuned model, in the layout of BAAI/bge-m3, with fit.json and curves.png."""

    stage: Stage = "finetune"
    """pretrain: dense InfoNCE with in-batch negatives. finetune: the heads with unified self-distillation."""
    heads: tuple[HeadName, ...] = ("dense", "sparse", "multivec")
    """Heads whose scores are trained; their sum teaches each of them where there are several."""
    freeze: Freezable | None = None
    """What keeps its weights: the encoder (only heads learn), or the sparse and multivec heads."""
    freeze_ratio: float = 1.0
    """Share of the steps, from the first, for which --freeze holds; 0.1 is a warm-up."""
    temperature: float = 0.02
    """All scores are divided by it."""
    distill_start_ratio: float = 0.1
    """Share of the steps that warm up the heads before self-distillation joins the loss."""
    teacher_weight: float = 0.0
    """Weight of the divergence from the teacher's scores that m3-train teach wrote into the data set; 0: not used."""
    teacher_temperature: float = 1.0
    """The teacher's scores are divided by it."""
    negatives: int = 7
    """Hard negatives of a question in a batch, at most; in-batch negatives come on top."""

    max_length: int = 8192
    """Tokens of a document that the model reads at once."""
    max_query_length: int = 512
    """Questions are cut to this many tokens."""
    window: Window = "head"
    """What is read of a longer document. head: its first tokens. evidence: for its own question the window that holds
    the recorded passage, at a random place; for others a random window. all: every window, the best one counts."""
    buckets: tuple[str, ...] = ()
    """Document lengths that form batches, as TOKENS:QUESTIONS, such as `1024:64 4096:16 8192:8`, or as TOKENS alone
    beside --batch-size or --batch-tokens; by default the paper's table."""
    batch_size: int | None = None
    """Questions in a batch, whatever the length; by default those of the bucket."""
    batch_tokens: int | None = None
    """Instead: document tokens in a batch, negatives included; each bucket has as many questions as fit."""
    same_language: bool = True
    """Batches of one language; otherwise of all languages mixed."""

    sub_batch_tokens: int = field(default=16_384, metadata=_EFFORT)
    """Tokens that are encoded at a time on a device: memory depends on this and hardly on the batch. A stopped run may
    go on with another number; only with the same one it ends alike to the bit."""
    find_batch: bool = field(default=False, metadata=_EFFORT)
    """Try what the device can hold, instead of --sub-batch-tokens; what was found is kept with the run."""
    attention: Attention = field(default="auto", metadata=_EFFORT)
    """auto: texts one after the other without padding, on the device's fastest kernel. padded: the model's own."""
    gradient_checkpointing: bool = field(default=False, metadata=_EFFORT)
    """Keep only the borders of the layers in memory: for small devices, a third slower."""
    bf16: bool = False
    """Encode in bfloat16; scores and loss stay in float32."""
    fp16: bool = False
    """Encode in float16 with a scaled loss; for GPUs without bfloat16."""
    attention_dropout: float = 0.0
    """Probability; above 0 the fast attention kernels are off, which costs about three times the time."""

    learning_rate: float = 1e-5
    """Peak learning rate; for a random model about 1e-3."""
    num_train_epochs: Annotated[int, tyro.conf.arg(aliases=["--epochs"])] = 1
    """Passes over the training questions."""
    max_steps: int | None = None
    """Stop after this many steps, with as many passes as that takes; replaces --num-train-epochs."""
    warmup_ratio: float = 0.1
    """Share of the steps in which the learning rate rises."""
    lr_scheduler_type: Literal["linear", "cosine", "constant_with_warmup"] = "linear"
    """How the learning rate falls after that."""
    weight_decay: float = 0.01
    """Of all weights but biases and normalisations."""
    max_grad_norm: float = 1.0
    """Longer gradients are shortened to this; 0: never."""
    lora_rank: int = 0
    """Train low-rank adapters of this rank in place of the encoder's weights, merged on saving; 0: all weights."""
    lora_alpha: float | None = None
    """Adapters count this much over --lora-rank; by default twice the rank."""

    eval_steps: int = 500
    """Steps between evaluations on the dev questions, for which the best weights are kept; one more at the end.
    0: never."""
    eval_documents: int = 1000
    """Documents of the dev split, by language, that its questions are searched in, at most: their own, and a sample of
    the rest. Fewer than m3-train evaluate searches, so figures are higher."""
    save_steps: Annotated[int, tyro.conf.arg(metavar="STEPS")] = field(default=500, metadata=_EFFORT)
    """Steps between checkpoints."""
    save_total_limit: int = field(default=2, metadata=_EFFORT)
    """Checkpoints that are kept; the best one comes on top."""
    logging_steps: int = field(default=1, metadata=_EFFORT)
    """Steps between entries of the history."""
    report_to: tuple[str, ...] | None = field(default=None, metadata=_EFFORT)
    """Also log to these, such as tensorboard or wandb; by default tensorboard where it is installed. none: nowhere."""
    push_to_hub: bool = field(default=False, metadata=_EFFORT)
    """Upload the finished model to the Hugging Face Hub, as a private repository."""
    hub_model_id: str | None = field(default=None, metadata=_EFFORT)
    """Its name there; by default that of the folder."""
    fsdp: str = field(default="", metadata=_EFFORT)
    """Shard weights, gradients and optimizer over the GPUs: full_shard, or shard_grad_op to keep a layer's weights
    from its forward to its backward; started with torchrun; needs torch 2.13."""
    deepspeed: Path | None = field(default=None, metadata=_EFFORT)
    """Configuration file of DeepSpeed ZeRO, stage 1 or 2, as for TrainingArguments; started with torchrun."""
    seed: int = 42
    """Seed of batches, dropout and fresh heads."""
    overwrite: bool = field(default=False, metadata=_EFFORT)
    """Replace what is in --out, also a run of another configuration."""


def deciding_settings(config: FitConfig) -> dict[str, Any]:
    """Return the settings that decide what a run makes, ready for JSON: not where it lies or how often it saves."""
    fields = [item.name for item in dataclasses.fields(config) if "effort" not in item.metadata]
    values = {name: getattr(config, name) for name in fields if name not in ("dataset", "out")}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
