"""`m3-train fit`: fine-tune a model on a curated data set.

    DIR/config.json, model.safetensors, ...   the model in the layout of BAAI/bge-m3
    DIR/curves.png                            losses, learning rate, nDCG@10 on dev, scores, step by step
    DIR/fit.json                              written last: settings, versions, what truncation costs, batches, speed,
                                              history, evaluations on dev
    DIR/runs/                                 the same for TensorBoard, where it is installed

While it runs, DIR holds run.json (the settings, compared when the command comes again), documents.arrow (the tokenised
documents) and checkpoints/; they go when fit.json is written.
"""

import dataclasses
import importlib.metadata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from data.dataset import CuratedDataset, load_curated
from data.errors import InputError, Interrupted, RunError
from data.files import write_json
from training.batching.examples import TrainingData, dataset_digest, load_training_data
from training.batching.plan import Batch, describe_plan, plan_training
from training.batching.planned import largest_batch
from training.batching.truncation import measure_truncation
from training.config import FitConfig, deciding_settings
from training.model import M3, checkpoint_layers
from training.model_files import load_model, save_model
from training.packing import pack
from training.ranks import (
    all_ranks,
    first_rank_first,
    is_first_rank,
    on_first_rank,
    rank_and_size,
)
from training.running.announce import announce
from training.running.curves import draw_curves
from training.running.dev import DevEvaluation, describe_dev, dev_evaluation
from training.running.find_batch import find_sub_batch_tokens
from training.running.hub import push_model
from training.running.lora import add_adapters, merge_adapters
from training.running.memory_and_disk import checkpoint_bytes, enough_disk
from training.running.meter import describe_speed, training_history
from training.running.run_folder import (
    CHECKPOINTS,
    CURVES,
    RESULT,
    TOKENISED_DOCUMENTS,
    clean_folder,
    open_folder,
    read_found,
    write_found,
)
from training.running.settings import check_settings
from training.running.shards import check_ranks
from training.step import TrainingStep
from training.trainer import train_on_plan

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, TrainerState


def fit(config: FitConfig) -> dict[str, Any]:
    """Train as `config` asks and return what fit.json holds; go on from a checkpoint, or do nothing if all is done.

    Started by torchrun, all ranks train together; the first one writes and speaks. Raises `InputError` for input that
    cannot be trained on and for a folder in use by another configuration, `RunError` when the loss is no longer finite,
    when memory or disk are full, when another rank has died, or when the hub refuses the finished model, `Interrupted`
    when the user stops it.
    """
    check_settings(config)
    with all_ranks():
        check_ranks(config)
        return _fit_together(config)


def _fit_together(config: FitConfig) -> dict[str, Any]:
    dataset = load_curated(config.dataset)
    about = describe_run(config, dataset)
    finished = on_first_rank(lambda: open_folder(config, about))
    if finished is not None and is_first_rank():
        print(f"{config.out} is finished: {finished['steps']} steps; --overwrite trains it again")
    result = finished or _train(config, dataset, about)
    if config.push_to_hub:
        name = config.hub_model_id or config.out.resolve().name
        place = on_first_rank(lambda: push_model(config.out, name))
        if is_first_rank():
            print(f"uploaded: {place}")
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
    data = first_rank_first(
        lambda: load_training_data(
            dataset,
            tokenizer,
            max_length=config.max_length,
            max_query_length=min(config.max_query_length, model.max_length),
            window=config.window,
            taught=config.teacher_weight > 0,
            cache=config.out / TOKENISED_DOCUMENTS,
        )
    )
    truncation = measure_truncation(data.examples, data.documents.tokens, config.window, config.max_length)
    plan = plan_training(data, config)
    step = TrainingStep(model, config)
    dev = dev_evaluation(dataset, config, model, step.heads)
    if is_first_rank():
        announce(config, data, truncation, len(plan), dev)
    if config.find_batch:
        config = _find_batch(config, step, plan, data)
    state = train_on_plan(step, tokenizer, plan, data, config, config.out / CHECKPOINTS, dev)
    if state.global_step < len(plan):
        raise Interrupted(
            f"after step {state.global_step} of {len(plan)}, saved in {config.out / CHECKPOINTS}; the same command"
            " again goes on from there"
        )

    def finish() -> dict[str, Any]:
        device = next(step.model.parameters()).device
        _check_weights(config, step.model, data)
        _save_model(config, step.model, tokenizer)
        result = {
            "steps": len(plan),
            **about,
            "sub_batch_tokens": config.sub_batch_tokens,
            "data": data.counts(),
            "truncation": truncation,
            "batches": describe_plan(plan, data.documents.lengths),
            **_describe_training(state, dev, device),
        }
        draw_curves(result["history"], result["dev"], config.out / CURVES)
        write_json(config.out / RESULT, result)
        clean_folder(config.out)
        return result

    return on_first_rank(finish)


def _find_batch(config: FitConfig, step: TrainingStep, plan: Sequence[Batch], data: TrainingData) -> FitConfig:
    """Return `config` with the sub-batch that the device holds: the one that this run found before, if it did."""
    found = on_first_rank(lambda: read_found(config.out))
    if found is None:
        longest, most = largest_batch(plan, data, config, rank_and_size()[1])
        if torch.cuda.is_available():
            step.cuda()
        found = find_sub_batch_tokens(step, longest=longest, most=most, dtype=_half(config))
        on_first_rank(lambda: write_found(config.out, found))
    if is_first_rank():
        print(f"--find-batch: {found:,} tokens are encoded at a time.")
    return dataclasses.replace(config, sub_batch_tokens=found)


def _half(config: FitConfig) -> torch.dtype | None:
    return torch.bfloat16 if config.bf16 else torch.float16 if config.fp16 else None


def _load_model(config: FitConfig) -> "tuple[M3, PreTrainedTokenizerBase]":
    model, tokenizer = load_model(config.model, seed=config.seed, attention_dropout=config.attention_dropout)
    if config.max_length > model.max_length:
        raise InputError(
            f"{config.model} reads {model.max_length} tokens, less than --max-length {config.max_length}; give less, or"
            f" extend the model with m3-train init --from {config.model} --max-length {config.max_length}"
        )
    if config.lora_rank:
        add_adapters(model, config.lora_rank, config.lora_alpha, config.seed)
    model.set_attention(config.attention)
    if config.gradient_checkpointing:
        checkpoint_layers(model)
    return model, tokenizer


def _save_model(config: FitConfig, model: M3, tokenizer: "PreTrainedTokenizerBase") -> None:
    model.cpu()
    merge_adapters(model)
    kept = f"all that was trained is in {config.out / CHECKPOINTS}"
    with enough_disk(config.out, checkpoint_bytes(model), kept):
        save_model(model, tokenizer, config.out)


def _check_weights(config: FitConfig, model: M3, data: TrainingData) -> None:
    """Raise `RunError` when the last steps ruined the weights: no loss is computed with these any more."""
    model.set_attention("auto")  # flash-attn reads half precision alone
    texts = pack([data.examples[0].input_ids]).to(next(model.parameters()).device)
    with torch.inference_mode():
        found = model.eval()(texts)
    if not all(bool(part.isfinite().all()) for part in (found.dense, found.lexical, found.multi_vector)):
        raise RunError(
            f"the weights after the last step give no finite vectors; lower --learning-rate and start anew with"
            f" --overwrite; checkpoints of earlier steps are in {config.out / CHECKPOINTS}"
        )


def _describe_training(state: "TrainerState", dev: DevEvaluation | None, device: torch.device) -> dict[str, Any]:
    """Return what fit.json says of the training itself."""
    scores = [entry["scores"] for entry in state.log_history if "scores" in entry]
    return {
        "speed": describe_speed(state.log_history, device),
        "scores": {"start": scores[0], "end": scores[-1]} if scores else {},
        "dev": describe_dev(state.log_history, dev) if dev else None,
        "history": training_history(state.log_history),
    }
