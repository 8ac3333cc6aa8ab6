"""Signals that ask a training to stop."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from training.ranks import rank_and_size


@contextlib.contextmanager
def stop_asked_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let `handler` take Ctrl-C, and with several ranks also the SIGTERM by which torchrun ends them."""
    numbers = [signal.SIGINT, *([signal.SIGTERM] if rank_and_size()[1] > 1 else [])]
    if threading.current_thread() is not threading.main_thread():
        numbers = []  # Python has signals in the main thread alone
    previous = [signal.signal(number, handler) for number in numbers]
    try:
        yield
    finally:
        for number, handled in zip(numbers, previous, strict=True):
            signal.signal(number, handled)
