"""The CPU branch of benchmarks/gpu.py: the code that a GPU runs, on a tiny model."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_all_parts_run_on_a_cpu(tmp_path):
    out = tmp_path / "gpu.json"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "gpu.py", "--out", out], env=environment, check=True, capture_output=True
    )
    found = json.loads(out.read_text())
    assert found["attention parity"]["packed output"] <= 1.1 * found["attention parity"]["sdpa output"] < 0.01
    assert found["encoder parity"]["packed dense"] < 0.05
    assert [row["queries"] for row in found["dense: largest batch"]["tried"]] == [2, 4]
    assert found["unified: largest batch"]["largest"] == 4
    assert found["unified: throughput"]["tokens"] > 0


def test_flops_are_those_of_the_formula():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import gpu
        from trainer_ours import SHAPES, build_model, step_inputs
    finally:
        sys.path.pop(0)
    model, _ = build_model(SHAPES["tiny"], seed=0)  # 2 layers, width 32, feed-forward 64
    batch = {"queries": [[0, 5, 2]], "groups": [[[0, 5, 6, 7, 2], [0, 8, 2]]]}
    inputs = step_inputs(batch, sub_batch_tokens=5)
    layer = 4 * (32 * 32 + 32) + 2 * 32 * 64 + 64 + 32 + 4 * 32  # attention, feed-forward, two normalisations
    weights = 2 * layer
    attention = 4 * 2 * 32
    again = 2 * weights * (3 + 5) + attention * (9 + 25)  # the query and the first sub-batch
    assert gpu.flops(model, "dense", inputs) == (3 * (again + 2 * weights * 3 + attention * 9), again)
    assert gpu.flops(model, "unified", inputs)[1] == again + 2 * 32 * 32 * 8
