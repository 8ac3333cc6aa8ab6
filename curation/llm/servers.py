"""The servers that share the work, and the gate that every request passes before it is sent to one of them.

A request goes to the server with the fewest in flight. One that fails again and again, while others work, is set aside
for a while that doubles, then gets one request at a time until it answers. What can wait is `Gate.enter` alone.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from curation.llm.chat import Chat
from curation.llm.endpoint import Endpoint
from curation.llm.limits import Amount, Budget, Pace, Rate

_FAILURES_IN_A_ROW = 5  # without an answer between them: the server is down, not unlucky
_ASIDE_SECONDS = 2.0
_LONGEST_ASIDE_SECONDS = 60.0


class Server:
    """One endpoint with its connections, its pace, and whether it is set aside."""

    def __init__(self, chat: Chat, number: int, ceiling: int):
        self.chat = chat
        self.number = number
        self.pace = Pace(ceiling)
        self.in_flight = 0
        self.hold_until = 0.0
        self.aside_until = 0.0
        self._failures = 0
        self._times_aside = 0

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that it stands for."""
        return self.chat.endpoint

    @property
    def down(self) -> bool:
        """Whether it was set aside and has not answered since."""
        return self._times_aside > 0

    def succeed(self) -> None:
        """Count an answer."""
        self._failures = self._times_aside = 0

    def fail(self, now: float) -> None:
        """Count a failure of the server itself, and set it aside when they come in a row."""
        self._failures += 1
        if now < self.aside_until:  # these were under way when it was set aside
            return
        if self._failures >= _FAILURES_IN_A_ROW or self.down:
            self._failures = 0
            self.aside_until = now + min(_LONGEST_ASIDE_SECONDS, _ASIDE_SECONDS * 2**self._times_aside)
            self._times_aside += 1

    def hold(self, seconds: float, now: float) -> None:
        """Send nothing here for `seconds`: the server asked for it."""
        self.hold_until = max(self.hold_until, now + seconds)


class Gate:
    """Lets a request through to a server when pace, rates and budget allow it, first come, first served; closed, it
    lets nothing through.
    """

    def __init__(self, servers: Sequence[Server], budget: Budget, ceiling: int, rates: tuple[Rate, Rate] | None = None):
        self.servers = servers
        self.budget = budget
        self.ceiling = ceiling
        self.requests, self.tokens = rates or (Rate(None), Rate(None))
        self.in_flight = 0
        self.closed = asyncio.Event()
        self.over_budget = False
        self.slowed = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._woken = 0  # woken, but their turn in the loop has not come yet
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, most: Amount) -> Server | None:
        """Wait until a request that takes `most` may be sent, and return where to; None: nothing is sent any more."""
        # Who was woken and finds no room goes back to the head of the line, who comes anew to its end.
        first = not self._waiting
        while not self.closed.is_set():
            if first:
                server, wait = self._find(time.monotonic())
                if server is not None:
                    verdict = self.budget.reserve(most)
                    if verdict == "granted":
                        return self._admit(server, most)
                    if verdict == "over":
                        self.over_budget = True
                        self.close()
                        return None
                elif wait:
                    self._wake_later(wait)
            turn = asyncio.get_running_loop().create_future()
            if first:
                self._waiting.appendleft(turn)
            else:
                self._waiting.append(turn)
            try:
                await turn
            finally:
                self._woken -= turn.done() and not turn.cancelled()
            first = True
        return None

    def _find(self, now: float) -> tuple[Server | None, float]:
        """Return the server to send to; None with the seconds after which to look again (0: when a place is free)."""
        if self.in_flight >= self.ceiling:
            return None, 0.0
        wait = max(self.requests.wait_seconds(now), self.tokens.wait_seconds(now))
        self.slowed = wait > 0
        if wait:
            return None, wait
        usable = [server for server in self.servers if server.hold_until <= now]
        up = [server for server in usable if not server.down]
        if up:  # one that is down costs a failure now and then; where all are, there is nothing better to do than try
            usable = up + [s for s in usable if s.down and s.aside_until <= now and not s.in_flight]
        free = [server for server in usable if server.in_flight < int(server.pace.limit)]
        if free:
            return min(free, key=lambda server: server.in_flight), 0.0
        return None, min((s.hold_until - now for s in self.servers if s.hold_until > now), default=0.0)

    def _admit(self, server: Server, most: Amount) -> Server:
        now = time.monotonic()
        self.requests.use(1, now)
        self.tokens.use(most.tokens, now)
        self.in_flight += 1
        server.in_flight += 1
        if self._waiting:  # whoever is next may find a place too: more than one can become free at a time
            self._wake(1)
        return server

    def leave(self, server: Server, most: Amount, real: Amount, rejected: bool = False, wait: float = 0.0) -> None:
        """Give the place of a request back: it might have taken `most` and took `real`; `wait`: for how many seconds
        the server wants no more.
        """
        self.in_flight -= 1
        server.in_flight -= 1
        self.budget.settle(most, real)
        self.tokens.give_back(most.tokens - real.tokens)
        if server.pace.record(rejected):
            server.hold(wait, time.monotonic())
        self._wake(1)

    def close(self) -> None:
        """Send nothing more; what is in flight goes on."""
        self.closed.set()
        if self._timer is not None:
            self._timer.cancel()
        self._wake(len(self._waiting))

    def _wake(self, count: int) -> None:
        while self._waiting and count > self._woken:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._woken += 1

    def _wake_later(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._wake, 1)
