"""How fast requests may be sent, and what may be spent. Plain numbers: everything here runs in one event loop.

`Pace` bounds how many are in flight, `Rate` how many (or how many tokens) come in a minute, `Budget` what all of them
may use, what is in flight included.
"""

from dataclasses import dataclass
from typing import Literal

from curation.config import AskConfig

_SHARE_REJECTED = (
    0.35  # above it the pace is too fast; below it, rejections are scattered and slowing down would not help
)
_FEWEST_OUTCOMES = 32  # fewer say too little about the share
_DECREASE = 0.7


class Pace:
    """How many requests may be in flight at a server: multiplicative decrease where it rejects, additive increase
    otherwise.

    The share of rejections (429) is taken over windows of at least as many outcomes as are in flight, so that the
    rejections of one burst count once. `limit` stays between 1 and `ceiling`.
    """

    def __init__(self, ceiling: int):
        self.ceiling = ceiling
        self.limit = float(ceiling)
        self._outcomes = 0
        self._rejected = 0

    def record(self, rejected: bool) -> bool:
        """Count one outcome and adapt the limit when a window is full; return whether it was lowered."""
        self._outcomes += 1
        self._rejected += rejected
        if self._outcomes < max(_FEWEST_OUTCOMES, self.limit):
            return False
        lowered = self._rejected > _SHARE_REJECTED * self._outcomes
        if lowered:
            self.limit = max(1.0, self.limit * _DECREASE)
        else:
            self.limit = min(float(self.ceiling), self.limit + max(1.0, self.ceiling / 16))
        self._outcomes = self._rejected = 0
        return lowered


class Rate:
    """At most `per_minute` units in any minute, evenly spread: each use keeps the next one waiting for its own share of
    a minute.

    Times are seconds of a clock that only rises. Without a bound (None) nothing ever waits.
    """

    def __init__(self, per_minute: float | None):
        self._seconds_each = 60.0 / per_minute if per_minute else 0.0
        self._free_at = 0.0

    def wait_seconds(self, now: float) -> float:
        """Return how long the next use has to wait."""
        return max(0.0, self._free_at - now)

    def use(self, units: float, now: float) -> None:
        """Take `units`."""
        self._free_at = max(self._free_at, now) + units * self._seconds_each

    def give_back(self, units: float) -> None:
        """Return what was taken and not used."""
        self._free_at -= units * self._seconds_each


@dataclass(frozen=True)
class Amount:
    """What a request takes, or may take at most: tokens of prompt and answer, and their price."""

    tokens: int = 0
    cost: float = 0.0


def price(prompt_tokens: int, completion_tokens: int, price_in: float | None, price_out: float | None) -> float | None:
    """Return what tokens cost at prices of a million, in the currency of the prices; None without both prices."""
    if price_in is None or price_out is None:
        return None
    return (prompt_tokens * price_in + completion_tokens * price_out) / 1e6


@dataclass(kw_only=True)
class Budget:
    """What may be sent and spent, what is in flight included; prices are per million tokens, None means no bound or not
    known.
    """

    max_requests: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None
    sent: int = 0
    in_flight: int = 0
    spent: float = 0.0
    used_tokens: int = 0
    reserved: float = 0.0
    reserved_tokens: int = 0
    over: str = ""
    """The option that stopped the sending, when one has, and what the request would have taken that was not sent."""
    over_at: Amount = Amount()
    assumed: bool = False
    """Whether `spent` holds requests that were lost, with the most they can have taken."""

    def amount(self, prompt_tokens: int, completion_tokens: int) -> Amount:
        """Return what a request with that many tokens takes, in the currency of the prices."""
        cost = price(prompt_tokens, completion_tokens, self.price_in or 0.0, self.price_out or 0.0)
        return Amount(prompt_tokens + completion_tokens, cost or 0.0)

    def reserve(self, most: Amount) -> Literal["granted", "wait", "over"]:
        """Take one request that takes `most` out of the budget; "wait": it may fit when others are settled."""
        self.over_at = most
        if self.max_requests is not None and self.sent >= self.max_requests:
            self.over = "--max-requests"
            return "over"
        bounds = (
            ("--max-cost", self.max_cost, self.spent, self.reserved, most.cost),
            ("--max-tokens-total", self.max_tokens, self.used_tokens, self.reserved_tokens, most.tokens),
        )
        for option, bound, used, reserved, more in bounds:
            if bound is not None and used + reserved + more > bound:
                if used + more <= bound:
                    return "wait"
                self.over = option
                return "over"
        self.sent += 1
        self.in_flight += 1
        self.reserved += most.cost
        self.reserved_tokens += most.tokens
        return "granted"

    def settle(self, most: Amount, real: Amount) -> None:
        """Replace the reservation of a request by what it took."""
        self.in_flight -= 1
        self.reserved = self.reserved - most.cost if self.in_flight else 0.0  # sums of decimal prices drift
        self.reserved_tokens -= most.tokens
        self.spent += real.cost
        self.used_tokens += real.tokens


def make_budget(config: AskConfig) -> Budget:
    """Return what one command may send and spend."""
    return Budget(
        max_requests=config.max_requests,
        max_tokens=config.max_tokens_total,
        max_cost=config.max_cost,
        price_in=config.price_in,
        price_out=config.price_out,
    )
