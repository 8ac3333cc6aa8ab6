"""The CPU branch of benchmarks/gpu.py: the code that a GPU runs, on a tiny model."""

import importlib
import json
import sys
from pathlib import Path

import pytest
import torch

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    """A function that imports a module of benchmarks/; the work is too small for threads."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield importlib.import_module
    torch.set_num_threads(threads)


def test_all_parts_run_on_a_cpu(benchmark, monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--out", str(tmp_path / "gpu.json")])
    benchmark("gpu").main()
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert 0 < found["attention parity"]["packed output"] <= 1.1 * found["attention parity"]["sdpa output"] < 0.01
    assert 0 < found["encoder parity"]["packed dense"] < 0.01
    assert [row["queries"] for row in found["dense: largest batch"]["tried"]] == [2, 4]
    assert found["unified: largest batch"]["tried"][-1]["passages"] == 16
    assert found["unified: throughput"]["tokens"] == found["dense: throughput"]["tokens"] > 2 * 2 * 20


def test_flops_are_those_of_the_formula(benchmark):
    ours = benchmark("trainer_ours")
    model, _ = ours.build_model(ours.SHAPES["tiny"], seed=0)  # 2 layers, width 32, feed-forward 64
    batch = {"queries": [[0, 5, 2]], "groups": [[[0, 5, 6, 7, 2], [0, 8, 2]]]}
    inputs = ours.step_inputs(batch, sub_batch_tokens=5)
    layer = 4 * (32 * 32 + 32) + 2 * 32 * 64 + 64 + 32 + 4 * 32  # attention, feed-forward, two normalisations
    weights, attention = 2 * layer, 4 * 2 * 32
    again = 2 * weights * (3 + 5) + attention * (9 + 25)  # the query and the first sub-batch
    flops = benchmark("gpu").flops
    assert flops(model, "dense", inputs) == (3 * (again + 2 * weights * 3 + attention * 9), again)
    assert flops(model, "unified", inputs)[1] == again + 2 * 32 * 32 * 8
