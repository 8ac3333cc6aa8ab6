"""What is to be sent next: failed requests whose wait is over, then fresh ones."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from curation.llm.requests import Request


@dataclass
class Attempt:
    """A request on its way, with its failures so far; `settled`: nothing is left to be done for it."""

    request: Request
    failures: int = 0
    rejections: int = 0
    settled: bool = False

    def count(self, rejected: bool) -> None:
        """Count a try without an answer: `rejected` - the endpoint wants fewer requests - or failed."""
        self.rejections += rejected
        self.failures += not rejected


class Attempts:
    """The work that is left, shared by workers of one event loop. While `most_waiting` failed requests wait for another
    try, nothing fresh is begun.
    """

    def __init__(self, requests: Iterator[Request], most_waiting: int):
        self._fresh = requests
        self._most_waiting = most_waiting
        self._due: deque[Attempt] = deque()
        self._waiting = 0
        self._taken = 0
        self._exhausted = False
        self._closed = False
        self._idle: deque[asyncio.Future[None]] = deque()

    async def take(self) -> Attempt | None:
        """Return what is to be sent next, after a wait if need be; None when nothing is left or all is closed.

        Each one taken is given back with `give_back` or `finish`.
        """
        while not self._closed:
            attempt = self._due.popleft() if self._due else self._next_fresh()
            if attempt is not None:
                self._taken += 1
                return attempt
            if self._exhausted and not self._taken and not self._waiting:
                self.close()
                return None
            turn = asyncio.get_running_loop().create_future()
            self._idle.append(turn)
            await turn
        return None

    def give_back(self, attempt: Attempt, wait_seconds: float) -> None:
        """Let `attempt` be taken again after `wait_seconds`."""
        self._taken -= 1
        self._waiting += 1
        asyncio.get_running_loop().call_later(wait_seconds, self._come_due, attempt)

    def finish(self) -> None:
        """Count one that was taken as done."""
        self._taken -= 1
        self._wake(1)  # the last one ends the waiting of all others, one after the other

    def close(self) -> None:
        """Give nothing out any more."""
        self._closed = True
        self._wake(len(self._idle))

    def _next_fresh(self) -> Attempt | None:
        if self._exhausted or self._waiting >= self._most_waiting:
            return None
        request = next(self._fresh, None)
        self._exhausted = request is None
        return None if request is None else Attempt(request)

    def _come_due(self, attempt: Attempt) -> None:
        self._waiting -= 1
        self._due.append(attempt)
        self._wake(1)

    def _wake(self, count: int) -> None:
        while self._idle and count > 0:
            turn = self._idle.popleft()
            if not turn.done():
                turn.set_result(None)
                count -= 1
