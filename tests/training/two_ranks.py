"""Run with torchrun: gradients of a step shared out over ranks under DistributedDataParallel; rank 0 saves them."""

import sys
from pathlib import Path

import torch
from torch.nn.parallel import DistributedDataParallel
from training_toy import toy_config, toy_shares

from training.model_files import load_model
from training.ranks import all_ranks, rank_and_size
from training.step import TrainingStep


def gradients(folder: Path, rank: int, ranks: int, questions: int) -> dict[str, torch.Tensor]:
    """Return loss and gradients of one step of `questions` questions, this rank's part of it."""
    model, tokenizer = load_model(str(folder / "model"))
    step = TrainingStep(model.double(), toy_config())
    wrapped = DistributedDataParallel(step) if ranks > 1 else step
    loss = wrapped(toy_shares(tokenizer, questions, rank, ranks))["loss"]
    loss.backward()
    found = {name: p.grad for name, p in step.named_parameters() if p.grad is not None}
    return {"loss": loss.detach(), **found}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with all_ranks():
        rank, ranks = rank_and_size()
        for questions in (1, 5):
            found = gradients(folder, rank, ranks, questions)
            if rank == 0:
                torch.save(found, folder / f"{questions}.pt")
