"""Weights that keep still: for the whole run they are no part of it, for its first steps they wait in the optimizer.

A waiting weight has no gradient, so the optimizer passes it by, weight decay included, and starts its moments when it
thaws. Which steps are frozen depends on the step's number alone: a resumed run freezes as one that was never stopped.
"""

import math
from collections.abc import Sequence
from typing import Any

from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from training.config import Freezable
from training.model import M3


def frozen_parameters(model: M3, part: Freezable) -> list[nn.Parameter]:
    """Return what `part` freezes of the weights that would learn: the encoder's, or the sparse and multivec heads'."""
    modules: list[nn.Module] = [model.encoder] if part == "encoder" else [model.sparse_linear, model.colbert_linear]
    return [each for module in modules for each in module.parameters() if each.requires_grad]


def freeze(model: M3, part: Freezable, ratio: float, steps: int) -> "FreezeCallback | None":
    """Freeze `part` for that share of `steps`; return what thaws it on the way, None when it stays frozen."""
    parameters = frozen_parameters(model, part)
    thaw_at = math.ceil(steps * ratio)
    if thaw_at < steps:
        return FreezeCallback(parameters, thaw_at)
    for parameter in parameters:
        parameter.requires_grad_(False)
    return None


class FreezeCallback(TrainerCallback):
    """Keeps weights frozen in the first `thaw_at` steps."""

    def __init__(self, parameters: Sequence[nn.Parameter], thaw_at: int) -> None:
        """Take weights that the optimizer knows already: they must need gradients when it is made."""
        self.parameters, self.thaw_at = parameters, thaw_at

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Freeze or thaw before the step's forward."""
        for parameter in self.parameters:
            parameter.requires_grad_(state.global_step >= self.thaw_at)
