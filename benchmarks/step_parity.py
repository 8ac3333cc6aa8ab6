"""Hold one training step of this project against FlagEmbedding's M3 module: loss and every gradient.

    python benchmarks/step_parity.py --peer-python parity-env/bin/python

FlagEmbedding records its step in an environment of its own (record_step_parity.py, which says what is in the batch);
then the same ids go through `TrainingStep` with the same weights, in float32 and in float64. Printed for each case: the
relative difference of the loss, and the largest relative difference of a parameter's gradient (norm of the difference
over norm of the gradient) with its name. Exit status 1 when one is above 1e-5.

What is left out of the comparison: dropout (off in both), padding that wins a maximum in FlagEmbedding (the recording
stops at it), the gradient of the attention's key biases (zero in exact arithmetic, rounding noise in both), and the
pooler (neither program trains it with a gradient).
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from training.config import FitConfig
from training.model_files import load_model
from training.packing import pack
from training.step import StepInputs, TrainingStep

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures"
MODEL = FIXTURES / "parity" / "model"
TOLERANCE = 1e-5
SUB_BATCH = 5  # passages; of twelve, so that the last sub-batch is smaller
NO_GRADIENT = "attention.self.key.bias"  # adds one number to all logits of a softmax


def read_case(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the settings of a recorded step."""
    with safe_open(file, framework="pt") as opened:
        return {name: opened.get_tensor(name) for name in opened.keys()}, opened.metadata()  # noqa: SIM118


def step_inputs(recorded: dict[str, Tensor], about: dict[str, str]) -> StepInputs:
    """Return the recorded batch in its own order, with passages in sub-batches that cut questions' groups."""
    queries, passages = (
        [ids.tolist() for ids in recorded[f"{side}.ids"].split(recorded[f"{side}.lengths"].tolist())]
        for side in ("queries", "passages")
    )
    asked = pack(queries)
    starts = range(0, len(passages), SUB_BATCH)
    return StepInputs(
        queries=(asked,),
        sub_batches=tuple(pack(passages[start : start + SUB_BATCH]) for start in starts),
        all_queries=asked,
        query_counts=(len(queries),),
        window_counts=(len(passages),),
        column=torch.arange(len(passages)),
        targets=torch.arange(len(queries)) * int(about["group"]),
        excluded=torch.zeros(len(queries), len(passages), dtype=torch.bool),
        teacher=None,
        distill=about["distill"] == "True",
        query_ids=tuple(map(str, range(len(queries)))),
    )


def our_step(recorded: dict[str, Tensor], about: dict[str, str], dtype: torch.dtype) -> tuple[Tensor, TrainingStep]:
    """Return the loss of the recorded batch, and the step whose parameters hold its gradients."""
    model, _ = load_model(str(MODEL), attention_dropout=0.0)
    model = model.to(dtype)  # in evaluation mode: no dropout
    with torch.no_grad():
        model.sparse_linear.weight.mul_(float(about["lexical_scale"]))
        model.sparse_linear.bias.mul_(float(about["lexical_scale"]))
    nowhere = Path("none")
    config = FitConfig(dataset=nowhere, model="", out=nowhere, temperature=float(about["temperature"]))
    step = TrainingStep(model, config)
    loss = step(step_inputs(recorded, about))["loss"]
    loss.backward()
    return loss.detach(), step


def differences(recorded: dict[str, Tensor], about: dict[str, str], dtype: torch.dtype) -> dict[str, float]:
    """Return the relative differences of the loss and of each parameter's gradient from the recorded ones."""
    loss, step = our_step(recorded, about, dtype)
    found = {"loss": abs(loss.item() / recorded["loss"].item() - 1)}
    for name, parameter in step.model.named_parameters():
        if parameter.grad is None or name.endswith(NO_GRADIENT):
            continue
        expected = recorded[f"gradient.{name}"].double()
        if f"rows.{name}" in recorded:
            expected = torch.zeros_like(parameter.grad, dtype=torch.float64).index_copy_(
                0, recorded[f"rows.{name}"].long(), expected
            )
        found[name] = ((parameter.grad.double() - expected).norm() / expected.norm()).item()
    missing = {name.removeprefix("gradient.") for name in recorded if name.startswith("gradient.")} - found.keys()
    if left := {name for name in missing if not name.endswith(NO_GRADIENT)}:
        raise AssertionError(f"no gradient here for {sorted(left)}")
    return found


def main() -> int:
    """Record, compare and print; return 1 when something differs by more than the tolerance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", type=Path, required=True, help="interpreter with FlagEmbedding 1.4.2")
    options = parser.parse_args()
    recorder = Path(__file__).with_name("record_step_parity.py")
    worst = 0.0
    print(f"{'case':16} {'FlagEmbedding':>14} {'ours':>8} {'loss':>9} {'gradient':>9}  (relative differences)")
    for theirs, ours in (("float64", "float64"), ("float64", "float32"), ("float32", "float32")):
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["--model", MODEL, "--texts", MODEL.parent / "texts.jsonl", "--out", folder, "--dtype", theirs]
            subprocess.run([options.peer_python, recorder, *arguments], check=True, capture_output=True)
            for file in sorted(Path(folder).glob("*.safetensors")):
                found = differences(*read_case(file), getattr(torch, ours))
                loss = found.pop("loss")
                name = max(found, key=found.__getitem__)
                print(f"{file.stem:16} {theirs:>14} {ours:>8} {loss:9.1e} {found[name]:9.1e}  {name}")
                worst = max(worst, loss, found[name])
    print(f"largest relative difference: {worst:.1e} (allowed: {TOLERANCE:.0e})")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
