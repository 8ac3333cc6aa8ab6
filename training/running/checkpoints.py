"""What a run leaves on the way: checkpoints to go on from, and the weights that were best on the dev questions.

    checkpoints/checkpoint-STEP/   weights, optimizer, random states, history; complete when `complete` is in it
    checkpoints/best-STEP/         weights alone; complete when it is there
    checkpoints/.../trained.safetensors   in place of a whole model when adapters are trained: these and the heads

A best folder goes only when a later checkpoint that knows of a better one is complete. So whatever moment a run dies
at, the newest complete checkpoint finds the best weights of its own history beside it.
"""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file, save_file

from data.files import atomic_folder
from training.model import M3
from training.model_files import load_model, save_model
from training.running.dev import best_entry
from training.running.lora import ADAPTER, has_adapters

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

COMPLETE_MARK = "complete"  # written last into a checkpoint: one without it was cut short
TRAINED_WEIGHTS = "trained.safetensors"
_STATE = "trainer_state.json"


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest complete checkpoint in `folder`, None when there is none."""
    return max(_complete(folder), key=_step, default=None)


def open_checkpoints(folder: Path, keep: int) -> Path | None:
    """Remove what a run left that died, and return the checkpoint to go on from, None when there is none."""
    resumed = last_checkpoint(folder)
    tidy_checkpoints(folder, keep, checkpoint_history(resumed))
    return resumed


def checkpoint_history(checkpoint: Path | None) -> list[dict[str, Any]]:
    """Return the history that a checkpoint holds; without a checkpoint none."""
    if checkpoint is None:
        return []
    history: list[dict[str, Any]] = json.loads((checkpoint / _STATE).read_text(encoding="utf-8"))["log_history"]
    return history


def mark_complete(checkpoint: Path) -> None:
    """Declare a checkpoint complete, once all of it is on the disk and not in the system's memory alone."""
    for file in (path for path in checkpoint.rglob("*") if path.is_file()):
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
    (checkpoint / COMPLETE_MARK).touch()


def tidy_checkpoints(folder: Path, keep: int, history: Sequence[dict[str, Any]]) -> None:
    """Remove what was cut short, all but the newest `keep` checkpoints, and weights that are not the best of `history`.

    `history` must be that of the newest complete checkpoint.
    """
    newest = sorted(_complete(folder), key=_step)[-keep:]
    best = best_entry(history)
    kept = {path.name for path in newest} | ({best_folder(folder, best["step"]).name} if best else set())
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def best_folder(folder: Path, step: int) -> Path:
    """Return where the weights of `step` lie, if they are the best."""
    return folder / f"best-{step}"


def save_best(model: M3, tokenizer: "PreTrainedTokenizerBase", folder: Path, step: int) -> None:
    """Write the weights of `step` as the best, complete or not at all; earlier ones stay until `tidy_checkpoints`."""
    with atomic_folder(best_folder(folder, step)) as temporary:
        save_weights(model, tokenizer, temporary)


def save_weights(model: M3, tokenizer: "PreTrainedTokenizerBase", folder: Path) -> None:
    """Write the weights that training changes: a whole model, or its adapters and heads where it has adapters."""
    if not has_adapters(model):
        return save_model(model, tokenizer, folder)
    trained = {
        name: value.detach().cpu().contiguous()
        for name, value in model.state_dict().items()
        if ADAPTER in name or not name.startswith("encoder.")
    }
    folder.mkdir(parents=True, exist_ok=True)
    return save_file(trained, folder / TRAINED_WEIGHTS)


def load_weights(model: M3, folder: Path) -> None:
    """Give `model` the weights that `save_weights` wrote of it."""
    if has_adapters(model):
        model.load_state_dict(load_file(folder / TRAINED_WEIGHTS), strict=False)  # the rest never changed
    else:
        model.load_state_dict(load_model(str(folder))[0].state_dict())


def _complete(folder: Path) -> list[Path]:
    return [path.parent for path in folder.glob(f"checkpoint-*/{COMPLETE_MARK}")]


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])
