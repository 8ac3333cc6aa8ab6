"""`m3-train fit`: fine-tune a model on a curated data set.

    DIR/config.json, model.safetensors, ...   the model in the layout of BAAI/bge-m3
    DIR/curves.png                            losses, learning rate, nDCG@10 on dev, scores, step by step
    DIR/fit.json                              written last: settings, versions, what truncation costs, batches, speed,
                                              history, evaluations on dev
    DIR/runs/                                 the same for TensorBoard, where it is installed

While it runs, DIR holds run.json (the settings, compared when the command comes again), documents.arrow (the tokenised
documents) and checkpoints/; they go when fit.json is written.
"""

import importlib.metadata
from typing import TYPE_CHECKING, Any

import torch

from data.dataset import CuratedDataset, load_curated
from data.errors import InputError, Interrupted
from data.files import write_json
from training.announce import announce
from training.batching import describe_plan, plan_training
from training.config import FitConfig, deciding_settings
from training.curves import draw_curves
from training.dev import DevEvaluation, describe_dev, dev_evaluation
from training.examples import dataset_digest, load_training_data
from training.fit_checks import check_settings
from training.hub import push_model
from training.limits import checkpoint_bytes, enough_disk
from training.lora import add_adapters, merge_adapters
from training.meter import describe_speed, training_history
from training.model import M3, load_model, save_model
from training.run_folder import CHECKPOINTS, CURVES, RESULT, TOKENISED_DOCUMENTS, clean_folder, open_folder
from training.step import TrainingStep
from training.trainer import train_on_plan
from training.truncation import measure_truncation

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, TrainerState


def fit(config: FitConfig) -> dict[str, Any]:
    """Train as `config` asks and return what fit.json holds; go on from a checkpoint, or do nothing if all is done.

    Raises `InputError` for input that cannot be trained on and for a folder in use by another configuration, `RunError`
    when the loss is no longer finite, when memory or disk are full, or when the hub refuses the finished model,
    `Interrupted` when the user stops it.
    """
    check_settings(config)
    dataset = load_curated(config.dataset)
    about = describe_run(config, dataset)
    result = open_folder(config, about)
    if result is not None:
        print(f"{config.out} is finished: {result['steps']} steps; --overwrite trains it again")
    else:
        result = _train(config, dataset, about)
    if config.push_to_hub:
        print(f"uploaded: {push_model(config.out, config.hub_model_id or config.out.resolve().name)}")
    return result


def describe_run(config: FitConfig, dataset: CuratedDataset) -> dict[str, Any]:
    """Return what is known of a run before it starts: its settings, with the data set's digest, and versions."""
    packages = ("m3-longdoc", "torch", "transformers", *(["peft"] if config.lora_rank else []))
    return {
        "settings": {"dataset": dataset_digest(dataset), **deciding_settings(config)},
        "dataset": str(config.dataset),
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def _train(config: FitConfig, dataset: CuratedDataset, about: dict[str, Any]) -> dict[str, Any]:
    model, tokenizer = _load_model(config)
    data = load_training_data(
        dataset,
        tokenizer,
        max_length=config.max_length,
        max_query_length=min(config.max_query_length, model.max_length),
        window=config.window,
        taught=config.teacher_weight > 0,
        cache=config.out / TOKENISED_DOCUMENTS,
    )
    truncation = measure_truncation(data.examples, data.documents.tokens, config.window, config.max_length)
    plan = plan_training(data, config)
    step = TrainingStep(model, config)
    dev = dev_evaluation(dataset, config, model, step.heads)
    announce(config, data, truncation, len(plan), dev)
    state = train_on_plan(step, tokenizer, plan, data, config, config.out / CHECKPOINTS, dev)
    if state.global_step < len(plan):
        raise Interrupted(
            f"after step {state.global_step} of {len(plan)}, saved in {config.out / CHECKPOINTS}; the same command"
            " again goes on from there"
        )
    device = next(model.parameters()).device
    _save_model(config, model, tokenizer)
    result = {
        "steps": len(plan),
        **about,
        "data": data.counts(),
        "truncation": truncation,
        "batches": describe_plan(plan, data.documents.lengths),
        **_describe_training(state, dev, device),
    }
    draw_curves(result["history"], result["dev"], config.out / CURVES)
    write_json(config.out / RESULT, result)
    clean_folder(config.out)
    return result


def _load_model(config: FitConfig) -> "tuple[M3, PreTrainedTokenizerBase]":
    model, tokenizer = load_model(config.model, seed=config.seed, attention_dropout=config.attention_dropout)
    if config.max_length > model.max_length:
        raise InputError(
            f"{config.model} reads {model.max_length} tokens, less than --max-length {config.max_length}; give less, or"
            f" extend the model with m3-train init --from {config.model} --max-length {config.max_length}"
        )
    if config.lora_rank:
        add_adapters(model, config.lora_rank, config.lora_alpha, config.seed)
    return model, tokenizer


def _save_model(config: FitConfig, model: M3, tokenizer: "PreTrainedTokenizerBase") -> None:
    model.cpu()
    merge_adapters(model)
    kept = f"all that was trained is in {config.out / CHECKPOINTS}"
    with enough_disk(config.out, checkpoint_bytes(model), kept):
        save_model(model, tokenizer, config.out)


def _describe_training(state: "TrainerState", dev: DevEvaluation | None, device: torch.device) -> dict[str, Any]:
    """Return what fit.json says of the training itself."""
    scores = [entry["scores"] for entry in state.log_history if "scores" in entry]
    return {
        "speed": describe_speed(state.log_history, device),
        "scores": {"start": scores[0], "end": scores[-1]} if scores else {},
        "dev": describe_dev(state.log_history, dev) if dev else None,
        "history": training_history(state.log_history),
    }
