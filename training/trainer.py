"""transformers' Trainer for planned batches of questions and whole documents, with checkpoints that resume exactly.

A plan is one list of batches for the whole training, so the Trainer sees one epoch whose steps are the plan; on
resuming it skips as many as the checkpoint has done. Random states are in the checkpoint, so a resumed run ends with
the same weights.
"""

import math
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import DataLoader
from tqdm import tqdm
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from data.errors import RunError
from training.batching import Batch
from training.config import FitConfig
from training.examples import TrainingData
from training.model import load_model, save_model
from training.planned import PlannedBatches
from training.step import TrainingStep

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

COMPLETE_MARK = "complete"  # written last into a checkpoint: one without it was cut short


class M3Trainer(Trainer):
    """Trainer whose batches are planned and whose checkpoints are models in the layout of BAAI/bge-m3."""

    model: TrainingStep
    train_dataset: PlannedBatches
    processing_class: "PreTrainedTokenizerBase"

    def get_train_dataloader(self) -> DataLoader:
        """Return the plan in its order; not through accelerate, which would cut batches of unequal size."""
        steps = [[step] for step in range(len(self.train_dataset))]
        return DataLoader(self.train_dataset, batch_sampler=steps, collate_fn=lambda items: items[0])

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        save_model(self.model.model, self.processing_class, Path(output_dir or str(self.args.output_dir)))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: torch.nn.Module | None = None) -> None:
        saved, _ = load_model(resume_from_checkpoint)
        self.model.model.load_state_dict(saved.state_dict())


class FitCallback(TrainerCallback):
    """Progress bar and history with the loss of each head, checks of gradients, and a stop that saves first."""

    def __init__(self) -> None:
        self.stop_asked = False
        self.progress: tqdm | None = None

    def ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        """Take the first Ctrl-C: finish the step and save; a second one ends at once."""
        if self.stop_asked:
            raise KeyboardInterrupt
        self.stop_asked = True

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Open the bar where the checkpoint left it."""
        self.progress = tqdm(total=state.max_steps, initial=state.global_step, desc="fit", unit=" steps", disable=None)

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: Any = None, **_: Any
    ) -> None:
        """Refuse gradients that would ruin the weights, so that no checkpoint holds them."""
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        if not torch.isfinite(torch.nn.utils.get_total_norm(gradients)):
            raise RunError(f"the gradients of step {state.global_step + 1} are not finite; lower --learning-rate")

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Stop after this step, with a checkpoint, when that was asked."""
        if self.stop_asked and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = True
        return control

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: Any = None, **_: Any
    ) -> None:
        """Put the losses of the heads beside the loss, in the history and on the bar."""
        entry = state.log_history[-1]
        if "loss" not in entry or self.progress is None:
            return
        losses = {name: round(value.item(), 6) for name, value in model.losses.items() if name != "loss"}
        entry.update(losses)
        self.progress.set_postfix({"loss": f"{entry['loss']:.3f}"} | {k: f"{v:.2f}" for k, v in losses.items()})
        self.progress.update(state.global_step - self.progress.n)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Mark the checkpoint as complete: everything of it is written."""
        (Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / COMPLETE_MARK).touch()

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Close the bar."""
        if self.progress is not None:
            self.progress.close()


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest complete checkpoint in `folder`, None when there is none."""
    complete = [path.parent for path in folder.glob(f"checkpoint-*/{COMPLETE_MARK}")]
    return max(complete, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def train_on_plan(
    step: TrainingStep,
    tokenizer: "PreTrainedTokenizerBase",
    plan: Sequence[Batch],
    data: TrainingData,
    config: FitConfig,
    checkpoints: Path,
) -> TrainerState:
    """Train until the plan is done or the user stops it, from the last complete checkpoint if there is one.

    Ctrl-C finishes the running step and saves a checkpoint; the returned state's `global_step` says how far it came.
    """
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=1,  # the plan holds all passes
        per_device_train_batch_size=1,
        learning_rate=config.learning_rate,
        warmup_steps=math.ceil(len(plan) * config.warmup_ratio),
        weight_decay=config.weight_decay,
        bf16=config.bf16,
        seed=config.seed,
        save_steps=config.save_steps,
        save_total_limit=2,  # the one before stays until the newest is complete
        logging_steps=1,
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        log_level="error",
    )
    callback = FitCallback()
    trainer = M3Trainer(
        model=step,
        args=arguments,
        train_dataset=PlannedBatches(plan, data, config, padded=not step.model.packs),
        processing_class=tokenizer,
        callbacks=[callback],
    )
    trainer.remove_callback(PrinterCallback)
    resumed = last_checkpoint(checkpoints)
    main_thread = threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGINT, callback.ask_to_stop) if main_thread else None
    try:
        trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    finally:
        if main_thread:
            signal.signal(signal.SIGINT, previous)
        if callback.progress is not None:
            callback.progress.close()
    return trainer.state
