"""Runs of fit that die by SIGKILL at chosen moments: python killed_fit.py CONFIG..., one for each of MOMENTS.

A configuration is the repr of a FitConfig. Figures on dev are made up (FIGURES), so that the best step is known.
"""

import os
import signal
import sys
from pathlib import Path

import torch

from training import trainer
from training.config import FitConfig
from training.fit import fit
from training.running.dev import DevEvaluation

MOMENTS = ("in a step", "between evaluation and checkpoint", "while a checkpoint is written")
FIGURES = {0: 0.1, 2: 0.5, 4: 0.7, 6: 0.2}  # step -> what the evaluation says


def make_up_figures(set_attribute=setattr) -> None:
    """Let evaluations run as ever, and say what FIGURES holds."""
    evaluate, run = trainer.M3Trainer.evaluate, DevEvaluation.run
    now = {"step": 0}

    def at_step(self):
        now["step"] = self.state.global_step
        return evaluate(self)

    def made_up(self, model, tokenizer):
        return {mode: row | {"mean": FIGURES[now["step"]]} for mode, row in run(self, model, tokenizer).items()}

    set_attribute(trainer.M3Trainer, "evaluate", lambda self, **_: at_step(self))
    set_attribute(DevEvaluation, "run", made_up)


def die_at(moment: str) -> None:
    """Let this process die when the moment comes."""

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if moment == "in a step":
        training_step = trainer.M3Trainer.training_step

        def step_four(self, *arguments, **keywords):
            return die() if self.state.global_step == 3 else training_step(self, *arguments, **keywords)

        trainer.M3Trainer.training_step = step_four
    elif moment == "between evaluation and checkpoint":
        save = trainer.M3Trainer._save_checkpoint

        def checkpoint_four(self, *arguments, **keywords):
            return die() if self.state.global_step == 4 else save(self, *arguments, **keywords)

        trainer.M3Trainer._save_checkpoint = checkpoint_four
    else:
        optimizer = trainer.M3Trainer._save_optimizer_and_scheduler

        def checkpoint_six(self, folder):
            return die() if self.state.global_step == 6 else optimizer(self, folder)

        trainer.M3Trainer._save_optimizer_and_scheduler = checkpoint_six


def main(configs: list[str]) -> None:
    torch.set_num_threads(1)
    make_up_figures()
    for moment, config in zip(MOMENTS, configs, strict=True):
        child = os.fork()  # the libraries take longer to import than the run to end
        if child == 0:
            die_at(moment)
            fit(eval(config, {"FitConfig": FitConfig, "PosixPath": Path}))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (moment, status)


if __name__ == "__main__":
    main(sys.argv[1:])
