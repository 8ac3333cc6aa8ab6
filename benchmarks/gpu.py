"""A full-size M3 (XLM-R large, random weights) on a GPU in bfloat16: parity, largest batches, throughput.

    python benchmarks/gpu.py --out gpu.json [--peer-python peers/bin/python] [--seconds 420]

1. Parity: `varlen_attn` over packed texts, outputs and gradients, and the whole packed encoder, against SDPA in
   float32; beside them SDPA in bfloat16, text by text or padded, whose rounding is the yardstick.
2. The largest batch with documents of 8192 tokens: pairs for the dense vector alone, and queries with 8 passages each
   for all heads; doubled until memory or time is out, with the peak of each. The sub-batch is what --find-batch finds.
   The paper has 130 dense pairs with its split-batch, and 8 queries with 8 passages, on 80 GB.
3. Throughput on lengths like MLDR's (log-normal, median 3,000, cut at 8,192): tokens per second, and the share of the
   chip's dense bfloat16 peak. FLOPs of a text of n tokens, forward and backward: 6 x weights x n + 12 x layers x width
   x n^2, where weights are those of the encoder's layers and, with all heads, the multi-vector head; what checkpointing
   computes again (a third of that, for all sub-batches but the last) is counted in the second share alone.
   With --peer-python (see trainer.py) FlagEmbedding follows on the same work, in smaller batches where it does not fit.

On a machine without a GPU the same code runs on a tiny model in seconds, which the tests do; its figures mean nothing.
"""

import argparse
import gc
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from trainer_ours import SHAPES, Shape, build_model, fit_config, step_inputs
from trainer_work import LEARNING_RATE, Batch, make_batches, mixed_lengths

from data.files import write_json
from training.attention import packed_attention, packing_arguments
from training.model import M3
from training.model_files import save_model
from training.packing import PackedTexts, pack
from training.running.find_batch import find_sub_batch_tokens
from training.step import StepInputs, TrainingStep

# Dense bfloat16 peaks of the makers' data sheets in FLOP/s, by what the device's name contains; the first that fits.
PEAKS = {
    "H100 PCIe": 756e12,
    "H100 NVL": 835e12,
    "H100": 989e12,
    "H200": 989e12,
    "GH200": 989e12,
    "B200": 2250e12,
    "A100": 312e12,
    "L40S": 362e12,
    "4090": 165e12,
}
GIB = 1 << 30
BF16 = torch.bfloat16


@dataclass(frozen=True)
class Work:
    """What is tried on a device."""

    device: str
    shape: Shape
    longest: int  # tokens of the longest bucket
    parity_lengths: tuple[int, ...]
    first_pairs: int
    first_queries: int
    group: int  # passages of a query with all heads
    most_queries: int
    most_sub_batch: int  # tokens
    mix_queries: int
    mix_steps: int


GPU = Work("cuda", SHAPES["large"], 8192, (8192, 3000, 3000, 700, 20), 130, 8, 8, 4096, 262_144, 8, 3)
CPU = Work("cpu", SHAPES["tiny"], 64, (64, 30, 30, 7), 2, 2, 4, 4, 256, 2, 2)


def relative(found: Tensor, expected: Tensor) -> float:
    """Return the norm of the difference over the norm of what is expected."""
    return ((found.double() - expected.double()).norm() / expected.double().norm()).item()


def attention_parity(work: Work) -> dict[str, float]:
    """Return relative differences from SDPA in float32 of packed attention and of SDPA in bfloat16, text by text."""
    heads, width = work.shape.heads, work.shape.width // work.shape.heads
    texts = PackedTexts(
        torch.zeros(sum(work.parity_lengths), dtype=torch.long, device=work.device), work.parity_lengths
    )
    torch.manual_seed(1)
    start = [torch.randn(1, heads, len(texts.input_ids), width, device=work.device).to(BF16) for _ in range(3)]
    upstream = torch.randn(1, len(texts.input_ids), heads, width, device=work.device)  # [1, T, H, D]

    def packed(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return packed_attention(torch.nn.Module(), query, key, value, None, **packing_arguments(texts))[0]

    def by_text(*parts: Tensor) -> Tensor:
        triples = zip(*(part.split(texts.lengths, dim=2) for part in parts), strict=True)
        return torch.cat([F.scaled_dot_product_attention(*triple).transpose(1, 2) for triple in triples], dim=1)

    def run(attend: Callable[..., Tensor], dtype: torch.dtype) -> list[Tensor]:
        parts = [part.to(dtype).requires_grad_() for part in start]
        attended = attend(*parts)
        return [attended.detach(), *torch.autograd.grad((attended * upstream).sum(), parts)]

    expected = run(by_text, torch.float32)
    found = {}
    for name, attend in (("packed", packed), ("sdpa", by_text)):
        output, *gradients = map(relative, run(attend, BF16), expected)
        found |= {f"{name} output": output, f"{name} gradient": max(gradients)}
    return found


@torch.no_grad()
def encoder_parity(model: M3, work: Work) -> dict[str, float]:
    """Return relative differences of the vectors from float32, packed in bfloat16 and padded in bfloat16."""
    lengths = [[sorted(work.parity_lengths)]]
    texts = pack(make_batches(5, work.shape.vocabulary, lengths)[0]["groups"][0]).to(torch.device(work.device))
    model.eval()
    encoded = {}
    for name, attention, enabled in (
        ("float32", "padded", False),
        ("packed", "auto", True),
        ("padded", "padded", True),
    ):
        model.set_attention(attention)
        with torch.autocast(work.device, dtype=BF16, enabled=enabled):
            encoded[name] = model(texts)
    model.set_attention("auto")
    return {
        f"{name} {head}": relative(getattr(encoded[name], head), getattr(encoded["float32"], head))
        for name in ("packed", "padded")
        for head in ("dense", "lexical", "multi_vector")
    }


class Training:
    """A step with its optimizer on the device; `take` returns the seconds and the peak bytes of one step."""

    def __init__(self, model: M3, heads: str, work: Work) -> None:
        self.work = work
        for linear in (model.sparse_linear, model.colbert_linear):
            linear.requires_grad_(heads == "unified")
        self.step = TrainingStep(model.train(), fit_config(heads))
        weights = [weight for weight in self.step.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(weights, lr=LEARNING_RATE, fused=True)

    def take(self, inputs: StepInputs) -> tuple[float, int]:
        """Take one optimizer step."""
        on_gpu = self.work.device == "cuda"
        if on_gpu:
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
        started = time.perf_counter()
        self.optimizer.zero_grad()
        with torch.autocast(self.work.device, dtype=BF16):
            loss = self.step(inputs)["loss"]
        loss.backward()
        self.optimizer.step()
        if on_gpu:
            torch.cuda.synchronize()
        return time.perf_counter() - started, torch.cuda.max_memory_allocated() if on_gpu else 0


def largest_batch(training: Training, first: int, group: int, sub_batch: int, seconds: float) -> dict[str, Any]:
    """Return the batches of `first` queries and its doubles that fit, and what ended the search."""
    work, tried = training.work, []
    deadline = time.perf_counter() + seconds
    queries, too_many, ended = first, None, "the most that is tried"
    while queries <= work.most_queries:
        batch = make_batches(3, work.shape.vocabulary, [[[work.longest] * group] * queries])[0]
        try:
            took, peak = training.take(step_inputs(batch, sub_batch))
        except torch.OutOfMemoryError:
            ended, too_many = "memory", queries
            training.optimizer.zero_grad()
            gc.collect()
            torch.cuda.empty_cache()
        else:
            tried.append({"queries": queries, "passages": queries * group, "seconds": took, "peak_gib": peak / GIB})
            print(f"  {queries} queries, {queries * group} passages: {took:.1f} s, {peak / GIB:.1f} GiB", flush=True)
        fitted = tried[-1]["queries"] if tried else 0
        queries = fitted * 2 if too_many is None else (fitted + too_many) // 2
        if queries in (0, fitted):
            break
        if tried and time.perf_counter() + tried[-1]["seconds"] * queries / fitted > deadline:
            ended = f"{ended}, then time" if too_many else "time"
            break
    return {"tried": tried, "largest": max((row["queries"] for row in tried), default=0), "ended_by": ended}


def flops(model: M3, heads: str, inputs: StepInputs) -> tuple[float, float]:
    """Return the FLOPs of a step, and of what it computes again (the formula stands on top of this file)."""
    config = model.encoder.config
    weights = sum(weight.numel() for weight in model.encoder.encoder.parameters())
    weights += model.colbert_linear.weight.numel() if heads == "unified" else 0

    def forward(lengths: Sequence[int]) -> float:
        square = config.num_hidden_layers * config.hidden_size
        return sum(2.0 * weights * tokens + 4.0 * square * tokens**2 for tokens in lengths)

    *earlier, last = [*inputs.queries, *inputs.sub_batches]
    again = sum(forward(texts.lengths) for texts in earlier)
    return 3 * (again + forward(last.lengths)), again


def throughput(training: Training, heads: str, batches: Sequence[Batch], sub_batch: int) -> dict[str, Any]:
    """Return tokens per second over `batches`, and shares of the device's peak where it is known."""
    inputs = [step_inputs(batch, sub_batch) for batch in batches]
    training.take(inputs[0])
    seconds, peaks = zip(*(training.take(one) for one in inputs), strict=True)
    counted = [flops(training.step.model, heads, one) for one in inputs]
    needed, again = (sum(column) for column in zip(*counted, strict=True))
    tokens, total = sum(one.count_tokens(padded=False)[0] for one in inputs), sum(seconds)
    found = {"tokens": tokens, "seconds": seconds, "tokens_per_second": tokens / total, "peak_gib": max(peaks) / GIB}
    found["teraflops_per_second"] = needed / total / 1e12
    name = torch.cuda.get_device_name() if training.work.device == "cuda" else ""
    peak = next((value for part, value in PEAKS.items() if part in name), None)
    if peak:
        found |= {"share_of_peak": needed / total / peak, "share_with_recomputation": (needed + again) / total / peak}
    return found


def run_peer(options: argparse.Namespace, model: Path, heads: str, work: Work, deadline: float) -> list[dict[str, Any]]:
    """Return what FlagEmbedding does with the mix: as it is, and in smaller batches until one fits."""
    found = []
    script = Path(__file__).with_name("trainer_peer.py")
    for queries, group in ((work.mix_queries, work.group), (2, work.group), (1, work.group), (1, 2)):
        lengths = mixed_lengths(2, work.mix_steps, work.mix_queries, work.group, work.longest / 8192)
        batches = make_batches(
            3, work.shape.vocabulary, [[row[:group] for row in batch[:queries]] for batch in lengths]
        )
        file = model.parent / "batches.json"
        write_json(file, batches)
        arguments = ["--program", "flagembedding-checkpointing", "--setting", "-1", "--measure", "speed"]
        arguments += ["--model", model, "--batches", file, "--heads", heads, "--device", work.device]
        row: dict[str, Any] = {"queries": queries, "passages": queries * group}
        try:
            process = subprocess.run(
                [options.peer_python, script, *arguments],
                capture_output=True,
                text=True,
                timeout=max(1, deadline - time.perf_counter()),
            )
        except subprocess.TimeoutExpired:
            return [*found, row | {"failed": "out of time"}]
        if process.returncode == 0:
            result = json.loads(process.stdout.splitlines()[-1])
            tokens = sum(len(ids) for batch in batches for group in batch["groups"] for ids in group)
            return [*found, row | result | {"tokens_per_second": tokens / sum(result["seconds"])}]
        found.append(row | {"failed": (process.stderr.strip().splitlines() or ["?"])[-1]})
    return found


def main() -> None:
    """Run all parts, print them, and write them to --out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="JSON file with all figures")
    parser.add_argument("--peer-python", type=Path, help="interpreter with FlagEmbedding 1.4.2")
    parser.add_argument("--seconds", type=float, default=420, help="for everything, about")
    options = parser.parse_args()
    work = GPU if torch.cuda.is_available() else CPU
    started = time.perf_counter()
    found: dict[str, Any] = {
        "device": torch.cuda.get_device_name() if work is GPU else "cpu",
        "torch": torch.__version__,
    }

    def note(name: str, value: Any) -> None:
        found[name] = value
        write_json(options.out, found)
        print(f"[{time.perf_counter() - started:4.0f} s] {name}: {json.dumps(value, indent=1)}", flush=True)

    note("attention parity", attention_parity(work))
    model, tokenizer = build_model(work.shape, seed=1)
    model.to(work.device)
    note("encoder parity", encoder_parity(model, work))
    mix = mixed_lengths(2, work.mix_steps, work.mix_queries, work.group, work.longest / 8192)
    batches = make_batches(3, work.shape.vocabulary, mix)
    for heads, first, group in (("dense", work.first_pairs, 1), ("unified", work.first_queries, work.group)):
        training = Training(model, heads, work)
        dtype, most = BF16, work.most_sub_batch
        sub_batch = find_sub_batch_tokens(training.step, longest=work.longest, most=most, dtype=dtype)
        note(f"{heads}: tokens of a sub-batch", sub_batch)
        note(f"{heads}: throughput", throughput(training, heads, batches, sub_batch))
        note(f"{heads}: largest batch", largest_batch(training, first, group, sub_batch, 0.15 * options.seconds))
        del training
    if options.peer_python:
        folder = options.out.parent / "gpu-model"
        save_model(model.cpu(), tokenizer, folder)
        del model
        gc.collect()
        if work is GPU:
            torch.cuda.empty_cache()
        for number, heads in enumerate(("dense", "unified"), start=1):
            left = started + options.seconds - time.perf_counter()
            deadline = time.perf_counter() + left * number / 2
            note(f"{heads}: FlagEmbedding, layers checkpointed", run_peer(options, folder, heads, work, deadline))


if __name__ == "__main__":
    main()
