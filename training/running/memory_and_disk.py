"""Out of memory and a full disk, told as one message that says what to turn."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn

from data.errors import RunError
from training.config import FitConfig

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# How the libraries that write weights put it: they pass the system's words on, or only say that a write fell short.
_FULL_WORDS = ("No space left", "os error 28", "os error 27", "os error 122", "File too large", "quota exceeded")
_SHORT_WRITE = ("PytorchStreamWriter failed", "unexpected pos")


@contextlib.contextmanager
def enough_memory(config: FitConfig) -> Iterator[None]:
    """Turn a full device into a `RunError` that names the flags to turn, the first to try first."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        steps = []
        if config.sub_batch_tokens > config.max_length:
            steps.append(f"a --sub-batch-tokens below {config.sub_batch_tokens}")
        if not config.gradient_checkpointing:
            steps.append("--gradient-checkpointing")
        steps.append(f"a --max-length below {config.max_length}")
        raise RunError(
            f"out of memory at --sub-batch-tokens {config.sub_batch_tokens} and --max-length {config.max_length}; give"
            f" {', then '.join(steps)}"
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether a device or the machine ran out of memory; the allocator for CPUs has no exception of its own."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


@contextlib.contextmanager
def enough_disk(folder: Path, needed_bytes: int, kept: str) -> Iterator[None]:
    """Turn a full disk while `folder` is written into a `RunError` that says what room it takes and what is `kept`."""
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        if not is_disk_full(error):
            raise
        raise RunError(
            f"the disk is full: {folder} could not be written, it takes about {needed_bytes / 1e9:.2g} GB; {kept}; make"
            " room and give the same command again"
        ) from error


def is_disk_full(error: BaseException) -> bool:
    """Return whether `error`, or what it came from, says that a file could not be written for want of room."""
    text = str(error)
    if (isinstance(error, OSError) and error.errno in _FULL) or any(word in text for word in _FULL_WORDS):
        return True
    if any(word in text for word in _SHORT_WRITE):
        return True
    cause = error.__cause__ or error.__context__
    return cause is not None and is_disk_full(cause)


def checkpoint_bytes(model: nn.Module) -> int:
    """Return about what a checkpoint takes: the weights, and two moments of those that learn."""
    weights = sum(each.numel() * each.element_size() for each in model.parameters())
    return weights + 2 * sum(each.numel() * each.element_size() for each in model.parameters() if each.requires_grad)
