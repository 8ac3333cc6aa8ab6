"""`m3-train fit`: fine-tune a model on a curated data set.

    DIR/config.json, model.safetensors, ...   the model in the layout of BAAI/bge-m3
    DIR/curves.png                            the losses, step by step
    DIR/fit.json                              written last: settings, what truncation costs, batches, history

While it runs, DIR holds run.json (the settings, compared when the command comes again), documents.arrow (the tokenised
documents) and checkpoints/; they go when fit.json is written.
"""

import importlib.metadata
import json
import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.dataset import load_curated
from data.errors import InputError, Interrupted
from data.files import atomic_path, write_json
from training.batching import describe_plan, plan_training
from training.config import FitConfig, deciding_settings
from training.examples import TrainingData, dataset_digest, load_training_data
from training.model import load_model, save_model
from training.step import TrainingStep
from training.trainer import last_checkpoint, train_on_plan

if TYPE_CHECKING:
    from transformers import TrainerState

RESULT, RUN, CURVES = "fit.json", "run.json", "curves.png"
CHECKPOINTS, TOKENISED_DOCUMENTS = "checkpoints", "documents.arrow"


def fit(config: FitConfig) -> dict[str, Any]:
    """Train as `config` asks and return what fit.json holds; go on from a checkpoint, or do nothing if all is done.

    Raises `InputError` for input that cannot be trained on and for a folder in use by another configuration, `RunError`
    when the loss is no longer finite, `Interrupted` when the user stops it.
    """
    _check_settings(config)
    dataset = load_curated(config.dataset)
    settings = {"dataset": dataset_digest(dataset), **deciding_settings(config)}
    finished = _open_folder(config, settings)
    if finished is not None:
        print(f"{config.out} is finished: {finished['steps']} steps; --overwrite trains it again")
        return finished
    model, tokenizer = load_model(config.model, seed=config.seed, attention_dropout=config.attention_dropout)
    if config.max_length > model.max_length:
        raise InputError(
            f"{config.model} reads {model.max_length} tokens, less than --max-length {config.max_length}; give less, or"
            f" extend the model with m3-train init --from {config.model} --max-length {config.max_length}"
        )
    data = load_training_data(
        dataset,
        tokenizer,
        max_length=config.max_length,
        max_query_length=min(config.max_query_length, model.max_length),
        cache=config.out / TOKENISED_DOCUMENTS,
    )
    plan = plan_training(
        data.examples,
        data.documents.lengths,
        negatives=config.negatives if config.stage == "finetune" else 0,
        batch_size=config.batch_size,
        seed=config.seed,
        epochs=config.num_train_epochs,
        max_steps=config.max_steps,
    )
    _announce(config, data, len(plan))
    state = train_on_plan(TrainingStep(model, config), tokenizer, plan, data, config, config.out / CHECKPOINTS)
    if state.global_step < len(plan):
        raise Interrupted(
            f"after step {state.global_step} of {len(plan)}, saved in {config.out / CHECKPOINTS}; the same command"
            " again goes on from there"
        )
    save_model(model.cpu(), tokenizer, config.out)
    result: dict[str, Any] = {
        "steps": len(plan),
        "settings": settings,
        "dataset": str(config.dataset),
        "versions": {name: importlib.metadata.version(name) for name in ("m3-longdoc", "torch", "transformers")},
        "truncation": data.truncation,
        "batches": describe_plan(plan),
        "history": loss_history(state),
    }
    _draw_curves(result["history"], config.out / CURVES)
    write_json(config.out / RESULT, result)
    _clean(config.out)
    return result


def loss_history(state: "TrainerState") -> list[dict[str, float]]:
    """Return the losses of each step, with learning rate and gradient norm."""
    return [{k: v for k, v in entry.items() if k != "epoch"} for entry in state.log_history if "loss" in entry]


def _check_settings(config: FitConfig) -> None:
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError("WORLD_SIZE is above 1, but fit trains in one process; start it without torchrun")
    at_least_one = ("num_train_epochs", "max_steps", "batch_size", "sub_batch_tokens", "save_steps")
    for name in at_least_one:
        value = getattr(config, name)
        if value is not None and value < 1:
            raise InputError(f"--{name.replace('_', '-')} is {value}; give 1 or more")
    for name in ("max_length", "max_query_length"):
        if getattr(config, name) < 4:
            raise InputError(f"--{name.replace('_', '-')} is {getattr(config, name)}; give at least 4 tokens")
    # Written so that nan, which compares as false, is refused too.
    if not (0 < config.temperature < math.inf and 0 <= config.learning_rate < math.inf and config.negatives >= 0):
        raise InputError("--temperature must be above 0, --learning-rate and --negatives must not be below 0")
    for name in ("distill_start_ratio", "warmup_ratio", "attention_dropout"):
        if not 0 <= getattr(config, name) <= 1:
            raise InputError(f"--{name.replace('_', '-')} is {getattr(config, name)}; it is a share, from 0 to 1")


def _open_folder(config: FitConfig, settings: dict[str, Any]) -> dict[str, Any] | None:
    """Make `config.out` ready to train in; return what fit.json holds when this very training is done already."""
    out = config.out
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; give a folder")
    if config.overwrite and out.exists():
        for name, path in (("--model", Path(config.model)), ("--dataset", config.dataset)):
            if path.exists() and path.resolve().is_relative_to(out.resolve()):
                raise InputError(
                    f"--overwrite would delete {name} {path}, which lies in --out {out}; give another --out"
                )
        shutil.rmtree(out)
    held = {name: _read_record(out / name) for name in (RESULT, RUN) if (out / name).exists()}
    if held and RESULT not in held and last_checkpoint(out / CHECKPOINTS) is None and held[RUN]["settings"] != settings:
        _clean(out)  # that training never got as far as a checkpoint: nothing to go on from, nothing to lose
        held = {}
    if not held:
        if out.exists() and any(out.iterdir()):
            raise InputError(
                f"{out} is not empty and holds no training; give another --out, or --overwrite to replace it"
            )
        write_json(out / RUN, {"settings": settings})
        return None
    was = next(iter(held.values()))["settings"]
    differences = [
        f"{name} was {was.get(name)}, is {settings.get(name)}"
        for name in sorted(was.keys() | settings.keys())
        if was.get(name) != settings.get(name)
    ]
    if differences:
        raise InputError(
            f"{out} holds a training with other settings ({'; '.join(differences)}); give another --out, or --overwrite"
            " to start anew"
        )
    if RESULT in held:
        _clean(out)  # a run that was killed between its last file and this
    return held.get(RESULT)


def _read_record(file: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        record["settings"].keys()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is not what m3-train fit wrote; give another --out, or --overwrite") from error
    return record


def _clean(out: Path) -> None:
    shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
    (out / TOKENISED_DOCUMENTS).unlink(missing_ok=True)
    (out / RUN).unlink(missing_ok=True)


def _announce(config: FitConfig, data: TrainingData, steps: int) -> None:
    cut = data.truncation
    print(f"{cut['questions']:,} questions, {cut['documents']:,} documents, {cut['tokens']:,} tokens; {steps:,} steps")
    print(
        f"Cut at {cut['max_length']:,} tokens: {cut['documents_cut']:,} documents, {cut['share_of_tokens_cut']:.1%} of"
        f" all tokens; evidence lost wholly for {cut['questions_with_evidence_wholly_cut']:,} questions, partly for"
        f" {cut['questions_with_evidence_partly_cut']:,}."
    )
    if config.attention_dropout == 0:
        print("Attention dropout is 0, so that attention runs on its fast kernels.")
    else:
        print(f"Attention dropout is {config.attention_dropout}: attention does not run on its fast kernels.")
    checkpoint = last_checkpoint(config.out / CHECKPOINTS)
    if checkpoint is not None:
        print(f"Going on from {checkpoint}.")


def _draw_curves(history: list[dict[str, float]], path: Path) -> None:
    """Draw the loss and its parts over the steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    names = [name for name in history[0] if name not in ("step", "learning_rate", "grad_norm")]
    for name in names:
        label = "loss (minimised)" if name == "loss" else name.replace("_", "-")
        width = 2.2 if name == "loss" else 1.0
        axes.plot([row["step"] for row in history], [row[name] for row in history], label=label, linewidth=width)
    axes.set(xlabel="step", ylabel="loss")
    axes.grid(alpha=0.3)
    axes.legend()
    FigureCanvasAgg(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
