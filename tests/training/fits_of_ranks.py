"""Run with torchrun: one training after the other. python fits_of_ranks.py FOLDER WHAT CONFIG...

A configuration is the repr of a FitConfig. WHAT is done to each: "double" trains in float64, "kill" lets rank 1 die by
SIGKILL in step 4, "interrupt" sends Ctrl-C to torchrun, which passes it on, in step 3. How each ended on a rank is
kept in FOLDER/RANK.json.
"""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from accelerate.state import AcceleratorState, DistributedType, PartialState
from torch.distributed.tensor import DTensor

from data.errors import Interrupted, RunError
from training import fit as fit_module
from training import trainer
from training.config import FitConfig
from training.ranks import all_ranks
from training.running.callbacks import FitCallback


def train_in_double(set_attribute=setattr) -> None:
    """Let `fit` load its model in float64."""
    load = fit_module.load_model

    def load_double(*arguments, **keywords):
        model, tokenizer = load(*arguments, **keywords)
        return model.double(), tokenizer

    set_attribute(fit_module, "load_model", load_double)


def disturb(step: int, rank: str, act) -> None:
    """Call `act` on `rank` when `step` begins."""
    training_step = trainer.M3Trainer.training_step

    def disturbed(self, *arguments, **keywords):
        if self.state.global_step == step - 1 and os.environ["RANK"] == rank:
            act()
        return training_step(self, *arguments, **keywords)

    trainer.M3Trainer.training_step = disturbed


def pause_once() -> None:
    """Ask each training whose folder is "paused" to stop in step 3, where it did not begin there."""
    training_step = trainer.M3Trainer.training_step
    began: dict[int, int] = {}

    def pausing(self, *arguments, **keywords):
        begin = began.setdefault(id(self.state), self.state.global_step)
        if self.folder.parent.name == "paused" and self.state.global_step == 2 and begin == 0:
            next(each for each in self.callback_handler.callbacks if isinstance(each, FitCallback)).ask_to_stop(2, None)
        return training_step(self, *arguments, **keywords)

    trainer.M3Trainer.training_step = pausing


def shard_on_cpu() -> None:
    """Let accelerate take CPUs for what it shards on; it knows GPUs alone, though torch shards on both."""
    initialise = AcceleratorState.__init__

    def sharding(self, *arguments, fsdp_plugin=None, **keywords):
        initialise(self, *arguments, fsdp_plugin=fsdp_plugin, **keywords)
        if fsdp_plugin is not None:
            self.fsdp_plugin = fsdp_plugin
        if self.num_processes > 1:  # a Trainer before this one may have been of the other kind
            kind = DistributedType.MULTI_CPU if fsdp_plugin is None else DistributedType.FSDP
            self.distributed_type = PartialState._shared_state["distributed_type"] = kind

    AcceleratorState.__init__ = sharding
    fit_module.check_ranks = lambda config: None


def note_shards() -> set[bool]:
    """Return a set that will hold whether the last training's weights were sharded."""
    found: set[bool] = set()
    training_step = trainer.M3Trainer.training_step

    def noted(self, model, *arguments, **keywords):
        found.add(all(isinstance(weight, DTensor) for weight in model.parameters()))
        return training_step(self, model, *arguments, **keywords)

    trainer.M3Trainer.training_step = noted
    return found


def main(folder: Path, what: str, configs: list[str]) -> None:
    torch.set_num_threads(1)
    shard_on_cpu()
    pause_once()
    if what == "double":
        train_in_double()
    elif what == "kill":
        disturb(4, "1", lambda: os.kill(os.getpid(), signal.SIGKILL))
    elif what == "interrupt":
        disturb(3, "0", lambda: os.kill(os.getppid(), signal.SIGINT))
    outcomes, sharded = [], note_shards()
    with all_ranks():
        for config in configs:
            try:
                fit_module.fit(eval(config, {"FitConfig": FitConfig, "PosixPath": Path}))
                outcomes.append("done sharded" if sharded.pop() else "done")
            except (Interrupted, RunError) as error:
                outcomes.append(f"{type(error).__name__}: {error}")
            (folder / f"{os.environ['RANK']}.json").write_text(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
