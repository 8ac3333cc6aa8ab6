"""What all programs of benchmarks/trainer.py have in common: the batches, and how a training step is measured.

Imports nothing of this project, so that it runs in the peers' environments too. A batch is JSON: `queries`, token ids
with CLS and EOS, and `groups`, for each query the ids of its passage and of its hard negatives. Word number n of the
benchmark's tokenizer is written `wn`, so a program that wants texts gets the same ids from them.

`run(build)` is the main function of a program's process. `build(options)` returns a `Program`; out comes one JSON line:
bytes of model, gradients and optimizer; resident memory after a first tiny step that made them all; and, with --measure
memory, the peak of one step over that, or, with --measure speed, wall and processor seconds of each step.
"""

import argparse
import ctypes
import gc
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

CLS, EOS, FIRST_WORD = 0, 2, 4
# Lengths in tokens of long documents like MLDR's: log-normal, median 3,000, mean about 4,700, cut at 8,192.
MEDIAN_TOKENS, SPREAD, LONGEST = 3000, 0.95, 8192
QUERY_TOKENS = 20
TEMPERATURE = 0.02
LEARNING_RATE = 1e-5

Batch = dict[str, Any]


@dataclass(frozen=True)
class Program:
    """A training program as its own API sets it up: model ready, batches prepared by `prepare`, `loss` of one."""

    parameters: Sequence[torch.nn.Parameter]
    prepare: Callable[[Batch], Any]
    loss: Callable[[Any], torch.Tensor]
    device: str = "cpu"  # on cuda: bfloat16


def text_of(ids: Sequence[int]) -> str:
    """Return the text of which the benchmark's tokenizer makes `ids`."""
    return " ".join(f"w{number}" for number in ids[1:-1])


def make_batches(seed: int, vocabulary: int, lengths: Sequence[Sequence[Sequence[int]]]) -> list[Batch]:
    """Return a batch for each of `lengths`: for each of its queries the tokens of its passages, the right one first.

    Words are drawn by Zipf's law; half of a query's are from its passage.
    """
    chance = np.random.default_rng(seed)
    words = vocabulary - FIRST_WORD - 1  # the last is <mask>
    shares = np.cumsum(1 / (np.arange(words) + 10.0))

    def draw(count: int) -> list[int]:
        return (FIRST_WORD + np.searchsorted(shares / shares[-1], chance.random(count))).tolist()

    batches = []
    for batch in lengths:
        groups = [[[CLS, *draw(tokens - 2), EOS] for tokens in group] for group in batch]
        queries = []
        for group in groups:
            shared = chance.choice(group[0][1:-1], QUERY_TOKENS // 2).tolist()
            queries.append([CLS, *shared, *draw(QUERY_TOKENS - 2 - len(shared)), EOS])
        batches.append({"queries": queries, "groups": groups})
    return batches


def mixed_lengths(seed: int, batches: int, queries: int, group: int, scale: float) -> list[list[list[int]]]:
    """Return lengths like MLDR's, scaled down."""
    chance = np.random.default_rng(seed)
    drawn = np.exp(chance.normal(np.log(MEDIAN_TOKENS), SPREAD, (batches, queries, group)))
    return (np.clip(drawn, 64, LONGEST) * scale).round().astype(int).tolist()


def count_tokens(batch: Batch) -> int:
    """Return the tokens of a batch, without padding."""
    return sum(map(len, batch["queries"])) + sum(len(ids) for group in batch["groups"] for ids in group)


def resident(field: str = "VmRSS") -> int:
    """Return this process's resident bytes, or with VmHWM their peak since `reset_peak`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {field} in /proc/self/status")


def reset_peak() -> None:
    """Let the peak of resident memory begin anew."""
    Path("/proc/self/clear_refs").write_text("5")


def release() -> None:
    """Give back to the system what is free."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)


def training_bytes(parameters: Sequence[torch.nn.Parameter], optimizer: torch.optim.Optimizer) -> int:
    """Return the bytes of parameters, gradients and the optimizer's state."""
    own = [tensor for parameter in parameters for tensor in (parameter, parameter.grad) if tensor is not None]
    states = [value for state in optimizer.state.values() for value in state.values() if torch.is_tensor(value)]
    return sum(tensor.numel() * tensor.element_size() for tensor in (*own, *states))


def measure(program: Program, batches: Sequence[Batch], what: str) -> dict[str, Any]:
    """Return what the steps over `batches` take; `what` is memory or speed."""
    optimizer = torch.optim.AdamW(program.parameters, lr=LEARNING_RATE, fused=True)  # as the Trainer does by default

    def step(prepared: Any) -> float:
        optimizer.zero_grad()
        with torch.autocast(program.device, dtype=torch.bfloat16, enabled=program.device != "cpu"):
            loss = program.loss(prepared)
        loss.backward()
        optimizer.step()
        return loss.item()  # on a GPU it waits for the step

    tiny = {"queries": [[CLS, 5, EOS], [CLS, 6, EOS]], "groups": [[[CLS, 5, 7, EOS]] * 2, [[CLS, 6, 8, EOS]] * 2]}
    step(program.prepare(tiny))  # makes all gradients and the optimizer's state
    prepared = [program.prepare(batch) for batch in batches]
    release()
    found: dict[str, Any] = {"training_bytes": training_bytes(program.parameters, optimizer), "base": resident()}
    if what == "speed":
        step(prepared[0])
    reset_peak()
    losses, seconds, processor = [], [], []
    for batch in prepared:
        started, used = time.perf_counter(), time.process_time()
        losses.append(step(batch))
        seconds.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
    found["over"] = resident("VmHWM") - found["base"]
    if program.device != "cpu":
        found["gpu_peak"] = torch.cuda.max_memory_allocated()
    return found | {"losses": losses, "seconds": seconds, "processor": processor}


def run(build: Callable[[argparse.Namespace], Program]) -> None:
    """Read the command line of a program's process, measure, and print the result as the last line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--batches", type=Path, required=True)
    parser.add_argument("--heads", choices=["unified", "dense"], required=True)
    parser.add_argument("--setting", type=int, required=True)
    parser.add_argument("--measure", choices=["memory", "speed"], required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="cuda: FlagEmbedding alone")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    batches = json.loads(options.batches.read_text())
    print(json.dumps(measure(build(options), batches, options.measure)))
