"""Where a run also logs to: TensorBoard in the run's own folder, with histograms of scores, and what else is asked for.

names = chosen_reporters(None)                       # ("tensorboard",) where it is installed
callbacks = tensorboard_callbacks(Path("OUT/runs"))  # the others are TrainingArguments' report_to
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.integrations import (
    INTEGRATION_TO_CALLBACK,
    TensorBoardCallback,
    get_available_reporting_integrations,
)

from data.errors import InputError
from training.running.score_sample import score_groups

TENSORBOARD = "tensorboard"
HISTOGRAMS = 200  # of each group of scores in a run, at most: a long run's file must not grow without end
_PACKAGES = {"azure_ml": "azureml-mlflow", "comet_ml": "comet-ml", "flyte": "flytekit"}  # where the names differ
_UNTOLD = ("azure_ml", "flyte")  # transformers does not list these as available where they are


def chosen_reporters(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names to log to; None means TensorBoard where it is installed, "none" nowhere.

    Raises `InputError` for a name that transformers does not know, and for a package that is not installed.
    """
    available = get_available_reporting_integrations()
    if names is None:
        return (TENSORBOARD,) if TENSORBOARD in available else ()
    if tuple(names) == ("none",):
        return ()
    for name in names:
        if name not in INTEGRATION_TO_CALLBACK:
            known = " ".join(sorted(INTEGRATION_TO_CALLBACK))
            raise InputError(f"--report-to {name} is not known; known: none {known}")
        if name not in available and name not in _UNTOLD:
            raise InputError(f"--report-to {name}: not installed; pip install {_PACKAGES.get(name, name)}")
    return tuple(dict.fromkeys(names))


def tensorboard_callbacks(folder: Path, last_step: int | None) -> list[TrainerCallback]:
    """Return what writes a run's events to `folder`; those after `last_step`, of a run that died, no longer count."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder), purge_step=None if last_step is None else last_step + 1)
    return [ScoreHistograms(writer), TensorBoardCallback(writer)]  # the second one closes the writer at the end


class ScoreHistograms(TrainerCallback):
    """Histograms, head by head, of the scores of right passages and of all others."""

    def __init__(self, writer: Any) -> None:
        """Write to a `SummaryWriter`."""
        self.writer = writer

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: Any = None,
        logs: Any = None,
        **_: Any,
    ) -> None:
        """Write the scores of the step that is logged, in about every 200th part of the run."""
        every = max(1, state.max_steps // HISTOGRAMS)
        if "loss" not in (logs or {}) or model.scored is None or state.global_step % every:
            return
        for head, groups in score_groups(model.scored).items():
            for group, values in groups.items():
                if len(values):
                    self.writer.add_histogram(f"scores/{head}/{group}", values.cpu(), state.global_step)
