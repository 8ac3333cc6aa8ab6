"""Loss and gradients of one step against FlagEmbedding's, recorded by benchmarks/record_step_parity.py."""

import runpy
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
PARITY = runpy.run_path(str(ROOT / "benchmarks" / "step_parity.py"))
CASES = ["equal-plain", "unequal-distill"]


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-6)])
@pytest.mark.parametrize("case", CASES)
def test_loss_and_all_gradients(case, dtype, tolerance):
    recorded, about = PARITY["read_case"](ROOT / "tests" / "fixtures" / "step_parity" / f"{case}.safetensors")
    found = PARITY["differences"](recorded, about, dtype)
    assert len(found) == 40  # the loss and all parameters but two key biases and the pooler
    worst = max(found, key=found.__getitem__)
    assert found[worst] < tolerance, worst


def test_the_passages_are_of_one_length_and_of_many():
    lengths = [
        PARITY["read_case"](ROOT / "tests" / "fixtures" / "step_parity" / f"{case}.safetensors")[0]["passages.lengths"]
        for case in CASES
    ]
    assert [len(set(found.tolist())) for found in lengths] == [1, 8]
