"""Asks an OpenAI-compatible endpoint many questions at once, and writes every answer to the ledger before anything reads it.

`ask_all` takes a stream of requests and returns a `Tally`; how each request is sent and retried stands in `curation.asking`. The event loop
lives in a thread of its own, so that this works where a loop runs already (Jupyter), and Ctrl-C needs no signal handler: the
calling thread, which waits, receives it.
"""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from curation.asking import AskConfig, Asking, Request, Tally
from curation.ledger import Ledger
from curation.limits import Budget

_LEAVE_SECONDS = 5.0  # after a second Ctrl-C


def ask_all(
    requests: Iterator[Request],
    config: AskConfig,
    budget: Budget,
    ledger: Ledger,
    total: int,
    done: int,
    proven: bool = False,
) -> Tally:
    """Ask every request and write the answers to `ledger`; of `total` passages, `done` are answered already.

    `proven` says that the endpoint has answered such requests before, so that a refusal concerns one request alone. Ctrl-C sets
    `Tally.stopped`; a second one leaves without waiting. Raises what was unexpected; expected ends stand in the `Tally`.
    """
    started = threading.Event()
    state: dict[str, Any] = {}

    async def work() -> None:
        state["asking"] = asking = Asking(requests, config, budget, ledger, proven)
        state["loop"], state["task"] = asyncio.get_running_loop(), asyncio.current_task()
        started.set()
        with tqdm(total=total, initial=done, unit="passage", desc="asking", file=sys.stderr) as bar:
            await asking.run(bar)

    def body() -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(work())
        except BaseException as error:
            state["error"] = error
        finally:
            started.set()

    thread = threading.Thread(target=body, name="asking", daemon=True)
    thread.start()
    interrupts = 0
    while thread.is_alive():
        try:
            started.wait()
            thread.join(0.5)
        except KeyboardInterrupt:
            interrupts += 1
            if "loop" not in state:
                raise
            _interrupt(state, interrupts, config)
            if interrupts > 1:
                thread.join(_LEAVE_SECONDS)
                break
    if "error" in state:
        raise state["error"]
    tally: Tally = state["asking"].tally
    tally.sent, tally.spent = budget.sent, budget.spent
    tally.stopped = interrupts > 0
    return tally


def _interrupt(state: dict[str, Any], interrupts: int, config: AskConfig) -> None:
    """Pass a Ctrl-C on to the loop: the first closes the gate, the second cancels everything."""
    with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
        if interrupts == 1:
            flying = state["asking"].gate.in_flight
            tqdm.write(
                f"stopping: waiting for {flying} requests in flight; Ctrl-C again leaves at once.", file=sys.stderr
            )
            state["loop"].call_soon_threadsafe(state["asking"].gate.close)
        else:
            state["loop"].call_soon_threadsafe(state["task"].cancel)
