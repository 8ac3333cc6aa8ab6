"""What benchmarks/ablation.py trains and judges: the sizes of the small world, and the arms of every table.

An arm is one training, described by what it does otherwise than the usual one ("full"). Several tables may show the
same arm; it is trained once a seed.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.atlas import LANGUAGES
from training.config import FitConfig, Size


@dataclass(frozen=True)
class Judging:
    """How a model is judged: the collection, the weights of the heads in the fusions, a CLS after so many tokens."""

    collection: str
    weights: tuple[float, float, float] | None = None  # None: the paper's for long documents (MLDR)
    mcls: int | None = None


JUDGED = {
    "short": Judging("gold", weights=(1.0, 0.3, 1.0)),  # the paper's for MIRACL
    "long": Judging("gold-long"),
    "long+mcls": Judging("gold-long", mcls=256),  # as in the paper
}


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How large world, model and trainings are: the defaults are for two CPU cores."""

    name: str = "cpu"
    size: Size = "tiny"
    languages: tuple[str, ...] = ("ar", "en", "ko", "zh")
    documents: int = 500  # to train on, of each language
    long_documents: int = 40
    gold_documents: int = 150  # to be judged by
    gold_long_documents: int = 40
    short_tokens: tuple[int, int] = (100, 250)  # as data.atlas counts: the model's own are about 1.4 times as many
    long_tokens: tuple[int, int] = (1500, 3000)
    max_length: int = 4096
    steps: int = 100
    pretrain_steps: int = 50
    batch_size: int = 32
    long_batch_size: int = 8
    factor: int = 4  # between the batch sizes that are compared
    negatives: int = 1
    learning_rate: float = 1e-3
    bf16: bool = False


CPU = Scale()
GPU = Scale(
    name="gpu",
    size="small",
    languages=LANGUAGES,
    documents=600,
    long_documents=100,
    gold_documents=200,
    gold_long_documents=60,
    steps=300,
    pretrain_steps=150,
    batch_size=64,
    long_batch_size=16,
    negatives=3,
    learning_rate=5e-4,
    bf16=True,
)


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One training of a seed, and what judges it."""

    name: str
    dataset: str = "short"
    start: str = "untrained"  # or the arm whose model is trained on
    settings: dict[str, Any] = field(default_factory=dict)  # of FitConfig, where they are not the usual ones
    judged: tuple[str, ...] = ("short",)  # names in JUDGED


def list_arms(scale: Scale) -> list[Arm]:
    """Return the arms of all tables in the order of their training: one that another starts from comes before it."""
    small, large = scale.batch_size // scale.factor, scale.batch_size * scale.factor
    both_lengths = {
        "batch_size": None,
        "buckets": (f"512:{scale.batch_size}", f"{scale.max_length}:{scale.long_batch_size}"),
    }
    return [
        Arm(name="full", judged=("short", "long", "long+mcls")),
        Arm(name="no_distillation", settings={"distill_start_ratio": 1.0}),
        Arm(name="dense_alone", settings={"heads": ("dense",)}),
        Arm(name="sparse_alone", settings={"heads": ("sparse",)}),
        Arm(name="multivec_alone", settings={"heads": ("multivec",)}),
        Arm(name="pretrained", dataset="titles", settings={"stage": "pretrain", "max_steps": scale.pretrain_steps}),
        Arm(name="pretrained_full", start="pretrained"),
        Arm(name="full_longer", settings={"max_steps": scale.steps + scale.pretrain_steps}),
        Arm(name="long_data", dataset="mixed", settings=both_lengths, judged=("long", "long+mcls")),
        Arm(name="small_batch", settings={"batch_size": small}),
        Arm(name="small_batch_longer", settings={"batch_size": small, "max_steps": scale.steps * scale.factor}),
        Arm(name="large_batch", settings={"batch_size": large, "max_steps": scale.steps // scale.factor}),
        Arm(name="mined", dataset="mined", settings={"negatives": scale.negatives}),
    ]


def fit_config(arm: Arm, scale: Scale, seed: int, out: Path) -> FitConfig:
    """Return the training of `arm` with `seed`, in the folder `out` of the whole benchmark."""
    usual: dict[str, Any] = {
        "max_length": scale.max_length,
        "learning_rate": scale.learning_rate,
        "max_steps": scale.steps,
        "batch_size": scale.batch_size,
        "eval_steps": 0,
        "report_to": ("none",),
        "bf16": scale.bf16,
        "seed": seed,
    }
    return FitConfig(
        dataset=out / arm.dataset,
        model=str(model_folder(out, arm.start, seed)),
        out=model_folder(out, arm.name, seed),
        **(usual | arm.settings),
    )


def model_folder(out: Path, arm: str, seed: int) -> Path:
    """Return where the model of an arm and seed stands."""
    return out / "models" / f"{arm}-{seed}"
