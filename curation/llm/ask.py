"""Asks an LLM for what the ledger does not hold yet, online or in batches, and says how it ended.

What is asked comes as a function that gives the requests anew each time it is called: none of them is kept in memory.
"""

from collections.abc import Callable, Iterator
from typing import Any

from curation.batch.records import BatchRecords
from curation.config import AskConfig
from curation.llm.asking import Asking
from curation.llm.client import ask_all
from curation.llm.completion import Completion, read_completion
from curation.llm.endpoint import read_key
from curation.llm.ledger import ANSWER, Kept, Ledger, paid_together
from curation.llm.limits import Budget
from curation.llm.live import Reject
from curation.llm.requests import Plan, Request
from curation.llm.settings import Settings, Tally
from data.errors import Interrupted, RunError

_REQUESTS_AT_ONCE = 500

MakeRequests = Callable[[], Iterator[Request]]


def ask_missing(
    make: MakeRequests, plan: Plan, config: AskConfig, budget: Budget, ledger: Ledger, reject: Reject | None = None
) -> None:
    """Ask every request of `make` that the ledger does not settle, and return when it settles all of them.

    `reject`: whether the checks will drop an answer, counted on the live line. Raises `InputError` for what the user
    must change, `RunError` when requests are left unanswered or a budget is reached, `Interrupted` after Ctrl-C; the
    same command then asks only for the rest.
    """
    total, done = count_settled(make(), ledger, config.retry_failed)
    if done == total:
        return
    settings = make_settings(plan, config, reject)
    if _collect_batches(settings, ledger):  # of an earlier command: paid for, whatever was to come after
        total, done = count_settled(make(), ledger, config.retry_failed)
    if done == total:
        return
    # A generator: what another process answers meanwhile is seen when its turn comes.
    missing = (request for request, settled in _different(make(), ledger, config.retry_failed) if not settled)
    if config.batch:
        from curation.batch.submit import ask_in_batches  # brings in openai, a second of import

        tally = ask_in_batches(missing, settings, config.batch_requests, budget, ledger, total, done)
    else:
        tally = ask_all(lambda: Asking(missing, settings, budget, ledger, proven=done > 0), total, done)
    _check_end(tally, budget, make, config, ledger, total)


def _collect_batches(settings: Settings, ledger: Ledger) -> bool:
    """Wait for the batches that an earlier command left at the endpoints; return whether there were any."""
    records = BatchRecords(ledger)
    if not any(records.left_over(endpoint.base_url) for endpoint in settings.plan.endpoints):
        return False
    from curation.batch.submit import collect_batches

    return collect_batches(settings, ledger)


def make_settings(plan: Plan, config: AskConfig, reject: Reject | None = None) -> Settings:
    """Return how requests are sent; reads the key."""
    return Settings(
        plan=plan,
        api_key=read_key(plan.endpoints, config.key_file),
        concurrency=config.concurrency,
        timeout_seconds=config.timeout_seconds,
        requests_per_minute=config.requests_per_minute,
        tokens_per_minute=config.tokens_per_minute,
        reject=reject,
    )


def answers_of(requests: Iterator[Request], ledger: Ledger) -> Iterator[tuple[Request, Kept, Completion | None]]:
    """Give each request with what the ledger holds for it, and the completion in it if there is one.

    The ledger must settle all of them.
    """
    for part in _parts(requests):
        found = ledger.find({key for request in part for key in request.keys})
        for request in part:
            held = [found[key] for key in request.keys if key in found]
            kept = paid_together(next((answer for answer in held if answer.complete), held[0]), *held)
            yield request, kept, read_completion(kept.response) if kept.state == ANSWER else None


def provenance(request: Request, kept: Kept, read: Completion | None) -> dict[str, Any]:
    """Return the columns that say how an answer was made, as in `records.QUESTION`."""
    return {
        "prompt": request.prompt.name,
        "prompt_digest": request.prompt.digest,
        "model": (read.model if read else None) or request.body["model"],
        "model_asked": request.body["model"],
        "parameters": request.parameters,
        "request_digest": kept.key,
        "prompt_tokens": kept.prompt_tokens,
        "completion_tokens": kept.completion_tokens,
    }


def count_settled(requests: Iterator[Request], ledger: Ledger, complete_only: bool = False) -> tuple[int, int]:
    """Return how many different requests there are, and how many of them need not be asked."""
    total = done = 0
    for _, settled in _different(requests, ledger, complete_only):
        total += 1
        done += settled
    return total, done


def _different(requests: Iterator[Request], ledger: Ledger, complete_only: bool) -> Iterator[tuple[Request, bool]]:
    """Give each different request with whether the ledger settles it, at the moment when its turn comes."""
    seen: set[str] = set()
    for part in _parts(requests):
        known = ledger.answered({key for request in part for key in request.keys}, complete_only)
        for request in part:
            if request.keys[0] not in seen:
                seen.add(request.keys[0])
                yield request, any(key in known for key in request.keys)


def _parts(requests: Iterator[Request]) -> Iterator[list[Request]]:
    part: list[Request] = []
    for request in requests:
        part.append(request)
        if len(part) == _REQUESTS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _check_end(tally: Tally, budget: Budget, make: MakeRequests, config: AskConfig, ledger: Ledger, total: int) -> None:
    """Raise what ended the asking early, with what is kept and how to go on."""
    _, answered = count_settled(make(), ledger)
    kept = f"{answered:,} of {total:,} requests are answered and kept in {ledger.path}"
    if config.retry_failed:
        kept += f", {count_settled(make(), ledger, complete_only=True)[1]:,} of them completely"
    if tally.dropped:
        kept += f"; {tally.dropped} that were in flight may have been billed"
    if tally.stopped and answered < total:
        raise Interrupted(f"{kept}; run the same command again to go on.")
    if tally.failure is not None:
        message = f"{tally.failure} {kept[0].upper()}{kept[1:]}; run the same command again to go on."
        raise type(tally.failure)(message)
    if tally.over_budget:
        raise RunError(_tell_budget(budget, kept))
    if answered < total:
        raise RunError(
            f"{total - answered:,} requests are unanswered after repeated tries, the last because of: "
            f"{tally.last_trouble}. {kept[0].upper()}{kept[1:]}; run the same command again to ask only for the others."
        )


def _tell_budget(budget: Budget, kept: str) -> str:
    """Return what is said when a cap ends the asking."""
    priced = budget.price_in is not None and budget.price_out is not None
    if not budget.sent:
        most = f"{budget.over_at.tokens:,} tokens" + (f" and {budget.over_at.cost:.6f}" if priced else "")
        needs = "" if budget.over == "--max-requests" else f", which may take {most} at most"
        return f"{budget.over} allows not even one request{needs}. {kept[0].upper()}{kept[1:]}. Give more."
    used = f"{budget.sent:,} requests, {budget.used_tokens:,} tokens" + (f", {budget.spent:.4f}" if priced else "")
    return (
        f"the budget of this command is reached ({budget.over}; used: {used}): {kept}. Run the same command again, "
        f"with the same or a larger {budget.over}, or {budget.over} None to lift it; nothing is asked twice."
    )


def offers_schemas(request: Request, plan: Plan, config: AskConfig, budget: Budget, ledger: Ledger) -> bool:
    """Return whether answers in parts can be asked for with a JSON schema; under "auto" the endpoint is tried once.

    `request` has a schema, and is to be asked anyway if schemas are offered. What was found out is kept in the ledger.
    """
    if config.answer_format != "auto":
        return config.answer_format == "json"
    where = plan.endpoints[0].base_url
    known = ledger.offers_schemas(where, plan.model)
    if known is not None:
        return known
    if not ledger.answered(request.keys):
        tally = ask_all(
            lambda: Asking(iter([request]), make_settings(plan, config), budget, ledger, proven=False), 1, 0
        )
        if tally.stopped:
            raise Interrupted("nothing was asked yet; run the same command again.")
        if tally.failure is not None and not tally.refused_all:
            raise tally.failure
        if tally.over_budget:
            raise RunError(f"the budget allows no request ({budget.over}).")
    (_, kept, read), *_ = answers_of(iter([request]), ledger) if ledger.answered(request.keys) else [(None, None, None)]
    offered = read is not None and read.content.lstrip().startswith("{")
    if kept is None or kept.complete:  # an answer that was cut off says nothing
        ledger.note_schemas(where, plan.model, offered)
    return offered
