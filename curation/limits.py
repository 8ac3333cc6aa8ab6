"""How many requests may be in flight, and what may be spent: the gate that every request passes before it is sent.

Everything here runs in one event loop, so plain numbers suffice; what can wait is `Gate.enter` alone.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Literal

_SHARE_REJECTED = (
    0.35  # above it the pace is too fast; below it, rejections are scattered and slowing down would not help
)
_FEWEST_OUTCOMES = 32  # fewer say too little about the share
_DECREASE = 0.7


class Pace:
    """How many requests may be in flight: multiplicative decrease where the endpoint rejects, additive increase
    otherwise.

    The share of rejections (429) is taken over windows of at least as many outcomes as are in flight, so that the
    rejections of one burst count once. `limit` stays between 1 and `ceiling`.
    """

    def __init__(self, ceiling: int):
        self.ceiling = ceiling
        self.limit = float(ceiling)
        self._outcomes = 0
        self._rejected = 0

    def record(self, rejected: bool) -> None:
        """Count one outcome and adapt the limit when a window is full."""
        self._outcomes += 1
        self._rejected += rejected
        if self._outcomes < max(_FEWEST_OUTCOMES, self.limit):
            return
        if self._rejected > _SHARE_REJECTED * self._outcomes:
            self.limit = max(1.0, self.limit * _DECREASE)
        else:
            self.limit = min(float(self.ceiling), self.limit + max(1.0, self.ceiling / 16))
        self._outcomes = self._rejected = 0


@dataclass(kw_only=True)
class Budget:
    """What may be sent and spent, what is in flight included; prices are per million tokens, None means no bound or not
    known.
    """

    max_requests: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None
    sent: int = 0
    spent: float = 0.0
    reserved: float = 0.0

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Return the price of a request with that many tokens, in the currency of the prices."""
        return (prompt_tokens * (self.price_in or 0.0) + completion_tokens * (self.price_out or 0.0)) / 1e6

    def reserve(self, most: float) -> Literal["granted", "wait", "over"]:
        """Take one request that costs `most` at most out of the budget; "wait": it may fit when others are settled."""
        if self.max_requests is not None and self.sent >= self.max_requests:
            return "over"
        if self.max_cost is not None and self.spent + self.reserved + most > self.max_cost:
            return "wait" if self.spent + most <= self.max_cost else "over"
        self.sent += 1
        self.reserved += most
        return "granted"

    def settle(self, most: float, real: float) -> None:
        """Replace the reservation of a request by what it cost."""
        self.reserved -= most
        self.spent += real


class Gate:
    """Lets a request through when the pace and the budget allow it, first come, first served; closed, it lets nothing
    through.
    """

    def __init__(self, pace: Pace, budget: Budget):
        self.pace = pace
        self.budget = budget
        self.in_flight = 0
        self.closed = asyncio.Event()
        self.over_budget = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._woken = 0  # woken, but their turn in the loop has not come yet

    async def enter(self, most: float) -> bool:
        """Wait until a request that costs `most` at most may be sent; False: nothing is sent any more."""
        # Who was woken and finds no room goes back to the head of the line, who comes anew to its end.
        first = not self._waiting
        while not self.closed.is_set():
            if first and self.in_flight < int(self.pace.limit):
                verdict = self.budget.reserve(most)
                if verdict == "granted":
                    self.in_flight += 1
                    return True
                if verdict == "over":
                    self.over_budget = True
                    self.close()
                    return False
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
        return False

    def leave(self, most: float, real: float, rejected: bool = False) -> None:
        """Give the place of a request back: it had reserved `most` and cost `real`."""
        self.in_flight -= 1
        if self.in_flight == 0:
            self.budget.reserved = most  # sums of decimal prices drift; alone, the reservation is exactly this one's
        self.budget.settle(most, real)
        self.pace.record(rejected)
        self._wake(int(self.pace.limit) - self.in_flight - self._woken)

    def close(self) -> None:
        """Send nothing more; what is in flight goes on."""
        self.closed.set()
        self._wake(len(self._waiting))

    def _wake(self, count: int) -> None:
        while self._waiting and count > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._woken += 1
                count -= 1
