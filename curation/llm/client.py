"""Asks an OpenAI-compatible endpoint many questions at once, and writes every answer to the ledger before anything
reads it.

`ask_all` takes a stream of requests and returns a `Tally`; how each request is sent and retried stands in
`curation.llm.asking`. The event loop lives in a thread of its own, so that this works where a loop runs already
(Jupyter), and Ctrl-C needs no signal handler: the calling thread, which waits, receives it.
"""

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable

from tqdm import tqdm

from curation.llm.asking import Asking
from curation.llm.settings import Tally

_LEAVE_SECONDS = 3.0  # after a second Ctrl-C
_LOOK_SECONDS = 0.05
_SWITCH_SECONDS = 0.0005  # the ledger's thread waits that long for its turn; Python's own 0.005 keeps answers in flight


def ask_all(make_asking: Callable[[], Asking], total: int, done: int) -> Tally:
    """Ask everything that `make_asking` was given; of `total` passages, `done` are answered already.

    `make_asking` is called in the event loop, where the gate and its locks belong. The first Ctrl-C sends nothing more
    and waits for what is in flight, a second one leaves at once; both set `Tally.stopped`. Expected ends stand in the
    `Tally`; raises what was not expected.
    """
    loop_thread = _LoopThread(make_asking, total, done)
    loop_thread.start()
    interrupts = dropped = 0
    leave_at: float | None = None
    while not loop_thread.finished and (leave_at is None or time.monotonic() < leave_at):
        try:
            time.sleep(_LOOK_SECONDS)  # not a lock or an event: an interrupt inside one can leave it locked for ever
        except KeyboardInterrupt:
            interrupts += 1
            if interrupts == 1:
                flying = loop_thread.stop()
                print(
                    f"\nstopping: waiting for {flying} requests in flight; Ctrl-C again leaves at once.",
                    file=sys.stderr,
                    flush=True,
                )
            else:
                dropped = loop_thread.cancel()
                leave_at = time.monotonic() + _LEAVE_SECONDS
    if loop_thread.error is not None:
        raise loop_thread.error
    if loop_thread.asking is None:  # stopped before the loop had begun
        return Tally(stopped=True)
    tally = loop_thread.asking.tally
    tally.stopped, tally.dropped = interrupts > 0, dropped
    return tally


class _LoopThread(threading.Thread):
    """A thread with an event loop that asks; `finished` is set at its end, whatever that is.

    `Thread.join` and `is_alive` do not serve here: in Python 3.11 and 3.12 a Ctrl-C during `join` marks a running
    thread as ended.
    """

    def __init__(self, make_asking: Callable[[], Asking], total: int, done: int):
        super().__init__(name="asking", daemon=True)
        self.make_asking = make_asking
        self.total = total
        self.done = done
        self.finished = False
        self.stopping = False
        self.error: BaseException | None = None
        self.asking: Asking | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.task: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Run the loop until everything is asked, or it was told to end."""
        before = sys.getswitchinterval()
        try:
            sys.setswitchinterval(_SWITCH_SECONDS)
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(self._ask())
        except BaseException as error:  # raised again by the thread that waits
            self.error = error
        finally:
            sys.setswitchinterval(before)
            self.finished = True

    async def _ask(self) -> None:
        self.loop, self.task = asyncio.get_running_loop(), asyncio.current_task()
        self.asking = self.make_asking()
        if self.stopping:
            return
        with tqdm(total=self.total, initial=self.done, unit="request", desc="asking", file=sys.stderr) as bar:
            await self.asking.run(bar)

    def stop(self) -> int:
        """Send nothing more, from another thread; return how many requests are in flight."""
        self.stopping = True
        if self.loop is None or self.asking is None:
            return 0
        with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
            self.loop.call_soon_threadsafe(self.asking.close)
        return self.asking.gate.in_flight

    def cancel(self) -> int:
        """Drop what is in flight, from another thread; return how many requests that are."""
        if self.loop is None or self.task is None or self.asking is None:
            return 0
        dropped = self.asking.gate.in_flight
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.task.cancel)
        return dropped
