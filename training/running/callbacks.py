"""What happens beside the steps of a training: the bar, checks, a stop that saves first, when to log and evaluate."""

import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import torch
from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from data.errors import RunError
from training.ranks import any_rank, is_first_rank, rank_and_size, wait_for_ranks
from training.running.checkpoints import mark_complete, tidy_checkpoints
from training.running.score_sample import score_groups, summarise

if TYPE_CHECKING:
    from training.running.meter import StepMeter

# A scaler starts at 2**16 and halves with each step whose gradients overflow: after this many, scale is not the cause.
OVERFLOWS_IN_A_ROW = 40
ECHO_SECONDS = 5


class FitCallback(TrainerCallback):
    """Progress bar, checks of gradients, when to log and to evaluate, and a stop that saves first."""

    def __init__(self, meter: "StepMeter", eval_steps: int) -> None:
        """Evaluate every `eval_steps` steps and after the last one; 0: never."""
        self.meter, self.eval_steps = meter, eval_steps
        self.asked_at: float | None = None  # when the user asked to stop
        self.overflows = 0
        self.progress: tqdm | None = None

    def ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        """Take the first Ctrl-C: finish the step and save; a second one ends at once.

        torchrun passes on to its ranks what the terminal has sent them already: that is no second one.
        """
        now = time.monotonic()
        if self.asked_at is not None and now - self.asked_at >= (ECHO_SECONDS if rank_and_size()[1] > 1 else 0):
            raise KeyboardInterrupt
        self.asked_at = now

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Open the bar where the checkpoint left it, and start the clock."""
        hidden = None if is_first_rank() else True
        self.progress = tqdm(
            total=state.max_steps, initial=state.global_step, desc="fit", unit=" steps", disable=hidden
        )
        self.meter.start()

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: Any = None, **_: Any
    ) -> None:
        """Refuse gradients that would ruin the weights, so that no checkpoint holds them.

        With fp16 the scaler skips such a step by itself and tries a smaller scale for the next.
        """
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        finite = torch.isfinite(torch.nn.utils.get_total_norm(gradients))
        self.overflows = 0 if finite else self.overflows + 1
        if self.overflows > (OVERFLOWS_IN_A_ROW if args.fp16 else 0):
            raise RunError(f"the gradients of step {state.global_step + 1} are not finite; lower --learning-rate")

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: Any = None, **_: Any
    ) -> TrainerControl:
        """Count the step; say what is due after it: log, evaluation, a checkpoint and the stop that was asked for."""
        self.meter.add_step(model)
        last = state.global_step == state.max_steps
        if any_rank(self.asked_at is not None) and not last:
            control.should_save = control.should_training_stop = True
        # What is summed up since the last entry is in no checkpoint, so none begins in between.
        control.should_log |= control.should_save or last
        control.should_evaluate = self.eval_steps > 0 and (last or state.global_step % self.eval_steps == 0)
        if self.progress is not None:
            self.progress.update(state.global_step - self.progress.n)
        return control

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: Any = None,
        logs: Any = None,
        **_: Any,
    ) -> None:
        """Put the losses on the bar; keep how the scores lay in the first entry and in the last."""
        if "loss" not in (logs or {}):
            return
        if self.progress is not None:
            shown = {name: f"{logs[name]:.2f}" for name in model.losses}
            self.progress.set_postfix(
                {"loss": f"{logs['loss']:.3f}", **shown, "tok/s": f"{logs['tokens_per_second']:,.0f}"}
            )
        kept = any("scores" in entry for entry in state.log_history)
        if model.scored is not None and (not kept or state.global_step == state.max_steps):
            scores = summarise(score_groups(model.scored))
            state.log_history.append({"step": state.global_step, "scores": scores})  # type: ignore[dict-item]

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Leave the evaluation's time out."""
        self.meter.start()

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Close the bar."""
        if self.progress is not None:
            self.progress.close()


class CheckpointCallback(TrainerCallback):
    """Marks each checkpoint as complete when all of it is written, and removes older ones only then."""

    def __init__(self, keep: int, then: Callable[[], None]) -> None:
        """Keep that many checkpoints; call `then` after each."""
        self.keep, self.then = keep, then

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Mark the checkpoint of this step, then tidy up."""
        folder = Path(str(args.output_dir))
        wait_for_ranks()  # each writes its random state
        if is_first_rank():
            mark_complete(folder / f"checkpoint-{state.global_step}")
            tidy_checkpoints(folder, self.keep, state.log_history)
        self.then()
