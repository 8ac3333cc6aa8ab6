"""`--find-batch`: the most tokens that the device can encode at a time, found by trying.

    tokens = find_sub_batch_tokens(step, longest=8192, most=600_000)

A trial is the forward and backward pass of one batch of texts of the longest kind, in two sub-batches of the size that
is tried. Sizes double until the device says no, or until its memory, extrapolated from the trials before, would not
hold the next; between the last that fitted and the first that did not, two more are tried. What the optimizer will hold
is counted in.
"""

import gc
from collections.abc import Callable

import psutil
import torch
import torch.distributed as dist
from torch import nn
from tqdm import tqdm

from data.errors import RunError
from training.packing import PackedTexts
from training.ranks import rank_and_size
from training.running.memory_and_disk import is_out_of_memory
from training.running.peak_memory import PeakResident
from training.step import StepInputs, TrainingStep

GPU_SHARE, CPU_SHARE = 0.92, 0.8  # of the memory that may be filled; a CPU's is shared with other programs
QUERIES, QUERY_TOKENS = 16, 32
REFINEMENTS = 2
# AdamW keeps two values for each weight, and its update takes room for a few weights' more.
OPTIMIZER_BYTES_PER_WEIGHT = 8


def find_sub_batch_tokens(step: TrainingStep, *, longest: int, most: int, dtype: torch.dtype | None = None) -> int:
    """Return the largest budget of tokens that fits, not above what a batch has to encode at `most`.

    `longest` is the length of the longest text in tokens; `dtype` that of autocast, if any. The same on all ranks.
    Gradients and random states are left as they were. Raises `RunError` when not even one such text fits.
    """
    peak = _peak_on_gpu if next(step.parameters()).is_cuda else _peak_on_cpu
    fitting = _search(lambda tokens: peak(step, longest, tokens, dtype), _memory(step), longest, most)
    step.zero_grad(set_to_none=True)
    if rank_and_size()[1] > 1:
        least = torch.tensor(fitting, device=next(step.parameters()).device)
        dist.all_reduce(least, dist.ReduceOp.MIN)
        fitting = int(least.item())
    if not fitting:
        raise RunError(
            f"the device's memory does not hold a training step with one text of {longest} tokens; give"
            " --gradient-checkpointing, --bf16, --lora-rank or a smaller --max-length"
        )
    return fitting


def _search(peak: Callable[[int], float], memory: float, longest: int, most: int) -> int:
    """Return the largest number of tokens whose `peak` is within `memory`, both in bytes; 0 when none is."""
    peaks: dict[int, float] = {}
    first_too_large: int | None = None
    tokens = longest
    with tqdm(desc="find batch", unit=" trials", disable=None) as bar:
        while first_too_large is None and (not peaks or max(peaks) < most):
            tokens = min(tokens, max(most, longest))
            if _extrapolate(peaks, tokens) > memory or (found := peak(tokens)) > memory:
                first_too_large = tokens
                break
            peaks[tokens] = found
            bar.update()
            bar.set_postfix({"tokens": f"{tokens:,}", "GiB": f"{found / 2**30:.1f}"})
            tokens *= 2
        for _ in range(REFINEMENTS if peaks and first_too_large else 0):
            assert first_too_large is not None
            tokens = (max(peaks) + first_too_large) // 2 // longest * longest  # whole texts of the longest kind
            if tokens in (max(peaks), first_too_large) or _extrapolate(peaks, tokens) > memory:
                break
            found = peak(tokens)
            bar.update()
            if found <= memory:
                peaks[tokens] = found
            else:
                first_too_large = tokens
    return max(peaks, default=0)


def _extrapolate(peaks: dict[int, float], tokens: int) -> float:
    """Return the memory that `tokens` will take, by a line through the last two trials; 0 before there are two."""
    if len(peaks) < 2:
        return 0.0
    (a, low), (b, high) = sorted(peaks.items())[-2:]
    return high + (high - low) / (b - a) * (tokens - b)


def _memory(step: nn.Module) -> float:
    """Return the bytes that a training step may fill, the model included, when the optimizer has its own."""
    learned = sum(weight.numel() for weight in step.parameters() if weight.requires_grad)
    if next(step.parameters()).is_cuda:
        free, _ = torch.cuda.mem_get_info()
        return GPU_SHARE * (free + torch.cuda.memory_reserved()) - OPTIMIZER_BYTES_PER_WEIGHT * learned
    ranks = rank_and_size()[1]  # ranks on a CPU share its memory
    own = psutil.Process().memory_info().rss
    return CPU_SHARE * (psutil.virtual_memory().available / ranks + own) - OPTIMIZER_BYTES_PER_WEIGHT * learned


def _peak_on_gpu(step: TrainingStep, longest: int, tokens: int, dtype: torch.dtype | None) -> float:
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    try:
        _try(step, longest, tokens, dtype)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        return float("inf")
    return float(torch.cuda.max_memory_reserved())


def _peak_on_cpu(step: TrainingStep, longest: int, tokens: int, dtype: torch.dtype | None) -> float:
    with PeakResident() as seen:
        try:
            _try(step, longest, tokens, dtype)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            return float("inf")
    return float(seen.bytes)


def _try(step: TrainingStep, longest: int, tokens: int, dtype: torch.dtype | None) -> None:
    """Run one step on texts of random tokens, `tokens` in each of two sub-batches."""
    device = next(step.parameters()).device
    step.zero_grad(set_to_none=True)
    gc.collect()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(0)
        inputs = trial_inputs(step.model.encoder.config.vocab_size, longest, tokens)
        with torch.autocast(device.type, dtype=dtype, enabled=dtype is not None):
            loss = step(inputs)["loss"]
        loss.backward()


def trial_inputs(vocabulary: int, longest: int, tokens: int) -> StepInputs:
    """Return a batch of texts of random tokens, `longest` each, in two sub-batches of `tokens`, with a few queries."""

    def texts(count: int, length: int) -> PackedTexts:
        return PackedTexts(torch.randint(4, vocabulary, (count * length,)), (length,) * count)

    part = max(1, tokens // longest)
    queries = texts(min(QUERIES, 2 * part), QUERY_TOKENS)
    count = len(queries.lengths)
    return StepInputs(
        queries=(queries,),
        sub_batches=(texts(part, longest), texts(part, longest)),
        all_queries=queries,
        query_counts=(count,),
        window_counts=(2 * part,),
        column=torch.arange(2 * part),
        targets=torch.arange(count),
        excluded=torch.zeros(count, 2 * part, dtype=torch.bool),
        teacher=None,
        distill=True,
        query_ids=tuple(f"trial-{row}" for row in range(count)),
    )
