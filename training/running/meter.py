"""What the steps since the last entry of the history were: losses, scores, tokens, padding, time."""

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from training.ranks import sum_ranks
from training.running.score_sample import score_groups
from training.step import StepInputs, TrainingStep

# Parts of an entry that depend on the clock: they are summed up for the run, and not kept step by step, so that the
# history of a resumed run equals that of an undisturbed one.
CLOCK = ("seconds", "tokens_per_second")


class StepMeter:
    """Sums over the steps since the last entry; nothing is read from the device until an entry is written."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self._reset()

    def _reset(self) -> None:
        self.tokens, self.places, self.seconds = 0, 0, 0.0
        self.losses: dict[str, tuple[Tensor, int]] = {}  # sum, and over how many steps: not every batch has a teacher

    def start(self) -> None:
        """Count time from now: what went before, such as an evaluation, is not training."""
        self.started = time.perf_counter()

    def add_inputs(self, inputs: StepInputs, padded: bool) -> None:
        """Count the texts of a step."""
        tokens, places = inputs.count_tokens(padded)
        self.tokens, self.places = self.tokens + tokens, self.places + places

    def add_step(self, step: TrainingStep) -> None:
        """Count a step that is done."""
        self.seconds += time.perf_counter() - self.started
        self.start()
        for name, loss in step.losses.items():
            total, count = self.losses.get(name, (torch.zeros_like(loss), 0))
            self.losses[name] = (total + loss, count + 1)

    def take(self, step: TrainingStep) -> dict[str, float]:
        """Return the entry of the steps since the last one, and begin anew.

        Losses are means over these steps; the scores' means (HEAD_positives, HEAD_others) are the last step's.
        """
        entry = {name: round(total.item() / count, 6) for name, (total, count) in self.losses.items()}
        if step.scored is not None:
            for head, groups in score_groups(step.scored).items():
                means = {f"{head}_{group}": values.mean().item() for group, values in groups.items() if len(values)}
                entry |= {name: round(value, 6) for name, value in means.items()}
        tokens, places = sum_ranks([self.tokens, self.places])
        entry |= {"tokens": tokens, "padding_share": 1 - tokens / max(places, 1)}
        entry |= {"seconds": self.seconds, "tokens_per_second": tokens / max(self.seconds, 1e-9)}
        self._reset()
        return entry


def training_history(entries: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    """Return the entries of a Trainer's history that tell of steps, without what depends on the clock."""
    return [{k: v for k, v in entry.items() if k not in ("epoch", *CLOCK)} for entry in entries if "loss" in entry]


def describe_speed(entries: Sequence[dict[str, Any]], device: torch.device) -> dict[str, Any]:
    """Return tokens, tokens a second, padding share and peak memory of a run; the time of evaluations is not in it.

    Of a resumed run the peak is that of the process that ended it.
    """
    steps = [entry for entry in entries if "loss" in entry]
    tokens = sum(entry["tokens"] for entry in steps)
    places = sum(entry["tokens"] / (1 - entry["padding_share"]) for entry in steps)
    seconds = sum(entry["seconds"] for entry in steps)
    return {
        "tokens": tokens,
        "seconds": round(seconds, 3),
        "tokens_per_second": round(tokens / max(seconds, 1e-9), 1),
        "padding_share": round(1 - tokens / max(places, 1), 6),
        "peak_memory_bytes": peak_memory_bytes(device),
    }


def peak_memory_bytes(device: torch.device) -> int:
    """Return the most memory in use at once: on a GPU what torch allocated there, else that of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    import resource
    import sys

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
