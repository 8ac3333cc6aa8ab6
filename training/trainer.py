"""transformers' Trainer for planned batches of questions and whole documents, with checkpoints that resume exactly.

A plan is one list of batches for the whole training, so the Trainer sees one epoch whose steps are the plan; on
resuming it skips as many as the checkpoint has done. Random states are in the checkpoint, so a resumed run ends with
the same weights. The history, evaluations on the dev questions included, is in the checkpoint too.
"""

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.distributed.fsdp import FSDPModule
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainerState
from transformers.trainer_callback import PrinterCallback

from training.batching.examples import TrainingData
from training.batching.plan import Batch
from training.batching.planned import PlannedBatches
from training.config import FitConfig
from training.model import M3
from training.ranks import is_first_rank, on_first_rank, rank_and_size
from training.running.arguments import training_arguments
from training.running.callbacks import CheckpointCallback, FitCallback
from training.running.checkpoints import (
    best_folder,
    last_checkpoint,
    load_weights,
    open_checkpoints,
    save_best,
    save_weights,
)
from training.running.dev import DevEvaluation, Figures, best_entry, tensorboard_figures
from training.running.freeze import freeze
from training.running.memory_and_disk import checkpoint_bytes, enough_disk, enough_memory
from training.running.meter import StepMeter
from training.running.reporting import TENSORBOARD, chosen_reporters, tensorboard_callbacks
from training.running.run_folder import EVENTS
from training.running.shards import Shards, shard_arguments
from training.running.stops import stop_asked_by
from training.step import TrainingStep

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_CPU = torch.device("cpu")


class M3Trainer(Trainer):
    """Trainer whose batches are planned, whose checkpoints are models in the layout of BAAI/bge-m3, and whose
    evaluation is a search on the dev questions.
    """

    model: TrainingStep
    train_dataset: PlannedBatches
    processing_class: "PreTrainedTokenizerBase"

    def __init__(
        self,
        config: FitConfig,
        dev: DevEvaluation | None,
        meter: StepMeter,
        shards: Shards | None = None,
        **keywords: Any,
    ) -> None:
        """Train as `keywords` say, which are the Trainer's own; evaluate with `dev`, keep account with `meter`.

        With `shards`, whole models are those that it gathers.
        """
        super().__init__(**keywords)
        self.config, self.dev, self.meter, self.shards = config, dev, meter, shards
        if self.args.device.type == "cpu":  # of several ranks it is cpu:0, where older versions read no optimizer back
            vars(self.args)["_setup_devices"] = _CPU
        if shards is not None:  # ours is autocast, as without shards: masters, sums and scores stay in float32
            self.accelerator.state.fsdp_plugin.mixed_precision_policy = None
        self.folder = Path(str(self.args.output_dir))

    def get_train_dataloader(self) -> DataLoader:
        """Return the plan in its order; not through accelerate, which would cut batches of unequal size."""
        steps = [[step] for step in range(len(self.train_dataset))]
        return DataLoader(self.train_dataset, batch_sampler=steps, collate_fn=lambda items: items[0])

    def training_step(
        self, model: torch.nn.Module, inputs: dict[str, Any], *rest: Any, **keywords: Any
    ) -> torch.Tensor:
        """Count the step's tokens and train on it; raises `RunError` when the device is full."""
        self.meter.add_inputs(inputs["inputs"], padded=not self.model.model.packs)
        with enough_memory(self.config):
            return super().training_step(model, inputs, *rest, **keywords)

    def log(self, logs: dict[str, float], *rest: Any, **keywords: Any) -> None:
        """Put the losses of the heads, scores, tokens and time beside the loss, for the history and for loggers."""
        super().log(logs | self.meter.take(self.model) if "loss" in logs else logs, *rest, **keywords)

    def autocast_smart_context_manager(self, *_: Any, **__: Any) -> Any:
        """Return the autocast of a step; accelerate has none for shards."""
        half = self.shards is not None and self.args.bf16
        return torch.autocast(self.args.device.type, torch.bfloat16) if half else contextlib.nullcontext()

    def whole_model(self, device: torch.device = _CPU) -> M3:
        """Return the model in one piece; where it is sharded, rank 0 gets it, on `device`, and all must call it."""
        if self.shards is None or not isinstance(self.model, FSDPModule):
            return self.model.model
        whole = self.shards.gather(self.model)
        return self.model.model if whole is None else whole.to(device)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:  # type: ignore[override]
        """Search on the dev questions, put the figures in the history and keep the weights if they are the best yet."""
        dev = self.dev
        assert dev is not None
        step = self.state.global_step

        def search() -> Figures:
            with enough_memory(self.config):
                return dev.run(model, self.processing_class)

        def keep() -> None:
            with self._enough_disk(best_folder(self.folder, step)):
                save_best(model, self.processing_class, self.folder, step)

        with enough_memory(self.config):
            model = self.whole_model(self.args.device)
        figures = on_first_rank(search)
        entry: dict[str, Any] = {"step": step, "figure": figures[dev.mode]["mean"], "dev": figures}
        self.state.log_history.append(entry)
        best = best_entry(self.state.log_history)
        if best is not None and best["step"] == step:
            on_first_rank(keep)
        flat = tensorboard_figures(figures)
        self.control = self.callback_handler.on_log(self.args, self.state, self.control, flat)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, flat)
        return flat

    def _save_checkpoint(self, *arguments: Any, **keywords: Any) -> None:
        checkpoint = self.folder / f"checkpoint-{self.state.global_step}"
        try:
            with self._enough_disk(checkpoint):
                super()._save_checkpoint(*arguments, **keywords)
        except BaseException:
            if is_first_rank():
                shutil.rmtree(checkpoint, ignore_errors=True)  # of no use, and room for what comes next
            raise

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        model = self.whole_model()
        if is_first_rank():
            save_weights(model, self.processing_class, Path(output_dir or self.folder))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: torch.nn.Module | None = None) -> None:
        if self.shards is None:  # else before they were made
            load_weights(self.model.model, Path(resume_from_checkpoint))

    def _enough_disk(self, folder: Path) -> Any:
        last = last_checkpoint(self.folder)
        kept = f"the last complete checkpoint, {last}, is kept" if last else "there is no complete checkpoint yet"
        return enough_disk(folder, checkpoint_bytes(self.model), kept)


def train_on_plan(
    step: TrainingStep,
    tokenizer: "PreTrainedTokenizerBase",
    plan: Sequence[Batch],
    data: TrainingData,
    config: FitConfig,
    checkpoints: Path,
    dev: DevEvaluation | None = None,
) -> TrainerState:
    """Train until the plan is done or the user stops it, from the last complete checkpoint if there is one.

    When the plan is done, the model has the weights that were best on `dev`, or those of the last step without one.
    Ctrl-C finishes the running step and saves a checkpoint; the returned state's `global_step` says how far it came.
    """
    resumed = on_first_rank(lambda: open_checkpoints(checkpoints, config.save_total_limit))
    rank, ranks = rank_and_size()
    meter = StepMeter()
    callback = FitCallback(meter, config.eval_steps if dev else 0)
    thaw = freeze(step.model, config.freeze, config.freeze_ratio, len(plan)) if config.freeze else None
    if config.fsdp and resumed:
        load_weights(step.model, resumed)
    shards = Shards(step.model) if config.fsdp else None
    last_step = int(resumed.name.rpartition("-")[2]) if resumed else None
    reporters = chosen_reporters(config.report_to)
    events: list[TrainerCallback] = []
    if TENSORBOARD in reporters and is_first_rank():
        events = tensorboard_callbacks(checkpoints.parent / EVENTS, last_step)
    trainer = M3Trainer(
        config,
        dev,
        meter,
        shards,
        model=step,
        args=training_arguments(
            config,
            len(plan),
            checkpoints,
            reporters,
            evaluate_first=bool(dev) and not resumed,
            **shard_arguments(step.model, config.fsdp),
            deepspeed=str(config.deepspeed) if config.deepspeed else None,
        ),
        train_dataset=PlannedBatches(
            plan, data, config, padded=not step.model.packs, rank=rank, ranks=ranks, even=bool(config.fsdp)
        ),
        processing_class=tokenizer,
        callbacks=[
            callback,
            *([thaw] if thaw else []),
            *events,
            CheckpointCallback(config.save_total_limit, meter.start),
        ],
    )
    trainer.remove_callback(PrinterCallback)
    try:
        with stop_asked_by(callback.ask_to_stop):
            trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    finally:
        if callback.progress is not None:
            callback.progress.close()
    if shards is not None:
        step.model = trainer.whole_model()
    best = best_entry(trainer.state.log_history)
    if best is not None and trainer.state.global_step == len(plan) and (shards is None or is_first_rank()):
        load_weights(step.model, best_folder(checkpoints, best["step"]))
    return trainer.state
