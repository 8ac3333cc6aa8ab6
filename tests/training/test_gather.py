"""Several ranks compute what one computes on the whole batch: loss and gradients of all three heads."""

import subprocess
import sys
from pathlib import Path

import torch
from training_toy import toy_model, toy_tokenizer
from two_ranks import gradients

from training.gather import scale_gradient
from training.model_files import save_model


def test_gradients_of_two_ranks_equal_those_of_one(tmp_path):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    here = Path(__file__).parent
    tokenizer = toy_tokenizer(tmp_path)
    save_model(toy_model(tokenizer), tokenizer, tmp_path / "model")
    ran = subprocess.run(
        [*torchrun, str(here / "two_ranks.py"), str(tmp_path)],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{here.parent.parent}:{here}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    for questions in (1, 5):  # with one question, ranks repeat what another has
        shared = torch.load(tmp_path / f"{questions}.pt", weights_only=True)
        torch.testing.assert_close(shared, gradients(tmp_path, 0, 1, questions), atol=1e-12, rtol=1e-9)
        assert {"model.sparse_linear.weight", "model.colbert_linear.weight"} <= shared.keys()


def test_scaling_a_gradient_keeps_the_value():
    value = torch.tensor(3.0, requires_grad=True)
    loss = scale_gradient(value * 2, 4)
    loss.backward()
    assert (loss.item(), value.grad.item()) == (6.0, 8.0)
