"""What the kept pairs cost: requests and tokens behind a table of questions, by language or by instruction."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from curation.llm.limits import price


@dataclass(kw_only=True)
class Spending:
    """Requests, their tokens, and how many questions were asked and kept; costs in the currency of the prices, None
    without prices, `cost_per_kept` also None where nothing was kept.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    asked: int = 0
    kept: int = 0
    cost: float | None = None
    cost_per_kept: float | None = None


def spending_by(
    column: str, questions: pa.Table, kept: Iterable[str], prices: tuple[float | None, float | None]
) -> dict[str, Spending]:
    """Return the spending for each value of `column` ("lang" or "prompt"), and for "all".

    questions: `records.QUESTION` as generated; kept: ids of those that became pairs; prices: of a million prompt and
    answer tokens. Several questions of one answer count its tokens once.
    """
    kept, seen = set(kept), set[str]()
    spending: dict[str, Spending] = {"all": Spending()}
    names = [column, "query_id", "request_digest", "prompt_tokens", "completion_tokens"]
    for value, query_id, request, prompt, completion in zip(*(questions[n].to_pylist() for n in names), strict=True):
        for part in (spending["all"], spending.setdefault(value or "none", Spending())):
            part.asked += 1
            part.kept += query_id in kept
            if request is not None and request not in seen:
                part.requests += 1
                part.prompt_tokens += prompt or 0
                part.completion_tokens += completion or 0
        seen.add(request)
    for part in spending.values():
        part.cost = price(part.prompt_tokens, part.completion_tokens, *prices)
        part.cost_per_kept = part.cost / part.kept if part.kept and part.cost is not None else None
    return dict(sorted(spending.items(), key=lambda item: (item[0] == "all", item[0])))


def spending_lines(spending: dict[str, Spending]) -> list[str]:
    """Return a table for the screen; costs only where there are prices."""
    priced = spending["all"].cost is not None
    lines = [f"{'':14}{'requests':>9}{'tokens':>12}{'kept':>8}" + (f"{'cost':>10}{'per kept':>11}" if priced else "")]
    for name, part in spending.items():
        line = f"{name[:13]:14}{part.requests:>9,}{part.prompt_tokens + part.completion_tokens:>12,}{part.kept:>8,}"
        if priced:
            each = "-" if part.cost_per_kept is None else f"{part.cost_per_kept:.6f}"
            line += f"{part.cost:>10.4f}{each:>11}"
        lines.append(line)
    return lines
