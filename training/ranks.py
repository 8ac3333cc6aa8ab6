"""Several processes that train together, started by torchrun: who is who, and what only one of them does.

    with all_ranks():
        model = on_first_rank(lambda: prepare(folder))  # rank 0 works, all get the result or the error
        if any_rank(stop_asked): ...

Without torchrun there is one rank, and everything is done at once.
"""

import contextlib
import datetime
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from data.errors import InputError, Interrupted, RunError

T = TypeVar("T")

# Others wait while rank 0 tokenises a large corpus or evaluates; a rank that died is noticed by torchrun at once.
TIMEOUT = datetime.timedelta(days=1)
FAREWELL = datetime.timedelta(seconds=20)
_farewell: list[Any] = []  # the group in which ranks wait for each other at the end, and not for ever
# How gloo and the store tell that a process is gone; NCCL's errors have a class of their own.
_LOST = ("gloo/transport", "Connection closed by peer", "Connection reset by peer", "Broken pipe", "recvValue failed")


def join_ranks() -> bool:
    """Join the other processes that torchrun started (RANK, WORLD_SIZE and so on are set), and take a GPU each.

    Returns whether there was something to join. Raises `InputError` where WORLD_SIZE is set by something else.
    """
    if dist.is_initialized() or _set_by_torchrun("WORLD_SIZE", 1) < 2:
        return False
    missing = [name for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise InputError(
            f"WORLD_SIZE is {os.environ['WORLD_SIZE']}, but {' '.join(missing)} not set; start several processes with"
            " torchrun --nproc-per-node 2 -m training fit ..., or unset WORLD_SIZE to train with one"
        )
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=TIMEOUT)
    _farewell.append(dist.new_group(backend="gloo", timeout=FAREWELL))
    return True


def is_another_rank() -> bool:
    """Return whether this process was started as one that leaves it to rank 0 to speak, joined or not."""
    return _set_by_torchrun("WORLD_SIZE", 1) > 1 and _set_by_torchrun("RANK", 0) > 0


@contextlib.contextmanager
def all_ranks() -> Iterator[None]:
    """Join the ranks, and leave them at the end, however it comes; within another `all_ranks`, do neither.

    What a collective raises when another rank has died becomes a `RunError`.
    """
    joined = join_ranks()
    together = False  # whether all ranks come to this end
    try:
        yield
        together = True
    except (InputError, Interrupted):
        together = True
        raise
    except RunError as error:
        together = error.__cause__ is None
        raise
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and not any(word in str(error) for word in _LOST):
            raise
        if threading.current_thread() is threading.main_thread():
            # torchrun sends it now, but first this process says what it knows.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        told = f" ({str(error).splitlines()[0]})" if isinstance(error, dist.DistError) else ""
        raise RunError(
            f"another process of this training has ended{told}; look for its message, then the same command again goes"
            " on from the last checkpoint"
        ) from (None if is_another_rank() else error)
    finally:
        if joined:
            leave_ranks(wait=together)


def leave_ranks(wait: bool) -> None:
    """End what `join_ranks` began: a process that exits without aborts. `wait` for the others, who come here too."""
    with contextlib.suppress(RuntimeError):  # of ranks that are gone already
        if wait:  # no rank leaves while another still speaks to it
            dist.barrier(_farewell[0])
    _farewell.clear()
    dist.destroy_process_group()


def rank_and_size() -> tuple[int, int]:
    """Return this process's rank and the number of ranks; (0, 1) without torch.distributed."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_available() and dist.is_initialized() else (0, 1)


def is_first_rank() -> bool:
    """Return whether this process speaks for all: writes files, shows progress, prints."""
    return rank_and_size()[0] == 0


def on_first_rank(work: Callable[[], T]) -> T:
    """Let rank 0 work, and return its result on every rank.

    An `InputError`, `RunError` or `Interrupted` of rank 0 is raised on every rank.
    """
    if rank_and_size()[1] == 1:
        return work()
    outcome: list[Any] = [None, None]  # result, error
    if is_first_rank():
        try:
            outcome[0] = work()
        except (InputError, RunError, Interrupted) as error:
            outcome[1] = error
    dist.broadcast_object_list(outcome, device=_device())
    if outcome[1] is not None:
        raise outcome[1]
    result: T = outcome[0]
    return result


def first_rank_first(work: Callable[[], T]) -> T:
    """Work on rank 0, then on the others, who find what it wrote to the disk; an expected error is raised on all."""
    own: list[T] = []
    on_first_rank(lambda: own.append(work()))
    return own[0] if own else work()


def sum_ranks(values: Sequence[int]) -> list[int]:
    """Return the sums over the ranks; all must call it together."""
    if rank_and_size()[1] == 1:
        return list(values)
    sums = torch.tensor(values, device=_device())
    dist.all_reduce(sums)
    found: list[int] = sums.tolist()
    return found


def any_rank(here: bool) -> bool:
    """Return whether `here` is true on any rank; all must call it together."""
    if rank_and_size()[1] == 1:
        return here
    flag = torch.tensor(int(here), device=_device())
    dist.all_reduce(flag, dist.ReduceOp.MAX)
    return bool(flag.item())


def wait_for_ranks() -> None:
    """Return when all ranks have come here."""
    if rank_and_size()[1] > 1:
        dist.barrier()


def _set_by_torchrun(name: str, default: int) -> int:
    try:
        return int(os.environ.get(name, default))
    except ValueError as error:
        raise InputError(f"{name} is {os.environ[name]!r}, no number; unset it, or start with torchrun") from error


def _device() -> torch.device:
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")
