"""How requests are sent: workers, retries, and the ledger.

Failures are retried with growing, jittered waits, bounded. What fails again and again while others are answered is kept
as failed; a run in which nothing is answered any more ends. Ctrl-C, a reached budget and a failure that concerns every
request all end in the same way: the gate is closed, nothing new is sent, and what is in flight is finished and written.
A crash in the middle of a request can cost that request: the endpoint has answered, and nobody was there to write it
down.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from typing import Any

from curation.llm.attempts import Attempt, Attempts
from curation.llm.chat import Chat
from curation.llm.completion import Completion, read_completion
from curation.llm.endpoint import Trouble, scrub
from curation.llm.ledger import ANSWER, CUT_OFF, FAILED, MALFORMED, REFUSED, Ledger
from curation.llm.limits import Amount, Budget, Rate
from curation.llm.live import LiveChecks
from curation.llm.requests import Request
from curation.llm.servers import Gate, Server
from curation.llm.settings import Settings, Tally
from curation.llm.writing import Writer
from data.errors import InputError, RunError

_TRIES = 8  # of one request that fails, with waits of 0.5 s growing to 30 s: about a minute
_TRIES_UNREACHED = 4  # while nothing has ever answered at the address
_TRIES_REJECTED = 40  # of one request that meets 429: the endpoint works, it is only busy
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_PATIENCE_SECONDS = 600.0  # an endpoint that asks for a longer wait has closed
# Refusals, replies that are no completions, or requests given up, without an answer between: it is not the passage.
_USELESS_IN_A_ROW = 3
_CUT_OFF_AT_FIRST = 20  # answers that reached the bound, without one that did not: every further one is money lost
_WAITING_PER_PLACE = 8  # failed requests that wait for another try; with more, nothing new is begun


class Asking:
    """One run of workers that share a stream of requests, a gate and a ledger.

    `proven`: the ledger holds answers of these requests already, so a refusal concerns the single request.
    """

    def __init__(self, requests: Iterator[Request], settings: Settings, budget: Budget, ledger: Ledger, proven: bool):
        self.settings = settings
        self.budget = budget
        self.attempts = Attempts(requests, _WAITING_PER_PLACE * settings.concurrency)
        self.servers = [
            Server(Chat(endpoint, settings.api_key, settings.timeout_seconds), number, settings.concurrency)
            for number, endpoint in enumerate(settings.plan.endpoints)
        ]
        rates = Rate(settings.requests_per_minute), Rate(settings.tokens_per_minute)
        self.gate = Gate(self.servers, budget, settings.concurrency, rates)
        self.tally = Tally()
        self.reached = False  # whether anything has answered at the address
        self.proven = self.proven_before = proven
        self.refused_at_first: list[tuple[Request, Server, str]] = []
        self.given_up: list[tuple[Request, Server, str]] = []  # since the last answer
        self.malformed_at_first = 0
        self.cut_off_at_first = 0
        self.live = LiveChecks(settings.reject) if settings.reject else None
        self.writer = Writer(ledger, settings)

    async def run(self, bar: Any) -> None:
        """Ask everything."""
        async with contextlib.AsyncExitStack() as stack:
            for server in self.servers:
                await stack.enter_async_context(server.chat)
            if self.live is not None:
                stack.enter_context(self.live)
            ticker = asyncio.create_task(self._show(bar))
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(self.settings.concurrency):
                        group.create_task(self._work(bar))
            except ExceptionGroup as errors:
                known = errors.subgroup(RunError)  # the ledger cannot be written
                if known is None:
                    raise
                self._fail(RunError(str(_first(known))))
            finally:
                ticker.cancel()
                self._describe(bar)
            if self.refused_at_first and not self.proven and self.tally.failure is None:
                self._stop_refused()
            if self.given_up and self.tally.failure is None and not self.gate.closed.is_set():
                if self.proven:  # all others are answered
                    await self._keep_given_up()
                else:
                    self._stop_down(*self.given_up[0][1:])
        self.tally.over_budget = self.gate.over_budget

    def close(self) -> None:
        """Send nothing more; what is in flight goes on."""
        self.gate.close()
        self.attempts.close()

    async def _work(self, bar: Any) -> None:
        while (attempt := await self.attempts.take()) is not None:
            try:
                wait = await self._ask(attempt)
            except BaseException:
                self.close()  # the other workers must not wait for what this one held
                raise
            if wait is not None and not self.gate.closed.is_set():
                self.attempts.give_back(attempt, wait)
                continue
            bar.update(attempt.settled)
            self.attempts.finish()

    async def _ask(self, attempt: Attempt) -> float | None:
        """Send a request once; return the seconds after which to try again, None when it is settled or given up."""
        request = attempt.request
        server = await self.gate.enter(self._most(request))
        if server is None:
            self.attempts.close()
            return None
        trouble = await self._try(server, request)
        if trouble is None:
            attempt.settled = True
            return None
        self.tally.last_trouble = trouble.message
        if trouble.kind == "refused":
            attempt.settled = await self._refuse(request, server, trouble)
            return None
        if trouble.kind in ("stop_input", "stop_run"):
            await self._stop(server, trouble)
            return None
        if (trouble.wait_seconds or 0) > _PATIENCE_SECONDS:
            wait = f"{(trouble.wait_seconds or 0) / 60:.0f} minutes"
            where = server.endpoint.base_url
            self._fail(RunError(f"{where} asks to wait {wait} ({trouble.message}). Run the same command again then."))
            return None
        attempt.count(trouble.kind == "later")
        if attempt.failures >= (_TRIES if self.reached else _TRIES_UNREACHED):
            await self._give_up(attempt, server, trouble)
            return None
        if attempt.rejections >= _TRIES_REJECTED:
            self.tally.unanswered += 1
            return None
        return self._wait_seconds(attempt, trouble.wait_seconds)

    async def _try(self, server: Server, request: Request) -> Trouble | None:
        """Send `request` once and keep what comes; None: it is answered. The place at the gate is given back here."""
        most = real = self._most(request)  # until we know better, it may have taken that
        rejected, wait, begun = False, 0.0, time.monotonic()
        try:
            response = await server.chat.ask(request.body)
            if isinstance(response, Trouble):
                rejected, wait = response.kind == "later" or response.timed_out, response.wait_seconds or 0.0
                real = most if response.may_cost else Amount()
                self.budget.assumed = self.budget.assumed or response.may_cost
                self.reached = self.reached or response.reached
                if response.kind == "again":
                    server.fail(time.monotonic())
                return response
            read = read_completion(response)
            # In flight until it is written: a budget, a pace or a Ctrl-C must not run ahead of the ledger.
            state = ANSWER if read else MALFORMED
            await self.writer.keep(request, server, state, response, time.monotonic() - begun, read)
            self.reached = True
            if read is None:
                server.fail(time.monotonic())
                return self._no_completion(server, response)
            server.succeed()
            real = self._count(read, request)
            self.proven = True
            self._look_at(request, read)
        finally:
            self.gate.leave(server, most, real, rejected, wait)
        await self._keep_refused()
        await self._keep_given_up()
        return None

    def _no_completion(self, server: Server, response: str) -> Trouble:
        said = f"what it answers is no chat completion: {scrub(response, self.settings.api_key) or '(empty)'}"
        is_page = not response.lstrip().startswith("{")  # JSON may be a passing error of a gateway
        self.malformed_at_first += is_page
        if not self.proven and self.malformed_at_first >= _USELESS_IN_A_ROW:
            where = server.endpoint.base_url
            return Trouble("stop_input", f"{where} is not the base URL of an API, which mostly ends in /v1; {said}.")
        return Trouble("again", said)

    def _count(self, read: Completion, request: Request) -> Amount:
        """Add an answer to the tally and return what it took."""
        tokens = self.tally.count(read, request.most_prompt_tokens, request.most_completion_tokens)
        self.cut_off_at_first += read.finish_reason == CUT_OFF
        if self.tally.answered == self.cut_off_at_first >= _CUT_OFF_AT_FIRST and not self.proven_before:
            self._fail(
                InputError(
                    f"the first {self.cut_off_at_first} answers were all cut off at --max-answer-tokens "
                    f"{request.most_completion_tokens}: raise it, or keep the model from thinking aloud "
                    "(--parameters reasoning_effort=low where the endpoint takes it)."
                )
            )
        return self.budget.amount(*tokens)

    def _look_at(self, request: Request, read: Completion | None) -> None:
        if self.live is not None:
            self.live.add(request, read)

    async def _refuse(self, request: Request, server: Server, trouble: Trouble) -> bool:
        """Keep a refusal as the request's answer once the endpoint has answered another; return whether it was kept."""
        self.refused_at_first.append((request, server, trouble.message))
        if self.proven:
            await self._keep_refused()
            return True
        if len(self.refused_at_first) >= _USELESS_IN_A_ROW:
            self._stop_refused()
        return False

    async def _keep_refused(self) -> None:
        refused, self.refused_at_first = self.refused_at_first, []
        for request, server, message in refused:
            await self.writer.keep(request, server, REFUSED, message)
            self._look_at(request, None)
            self.tally.refused += 1

    def _stop_refused(self) -> None:
        _, server, message = self.refused_at_first[0]
        self.tally.refused_all = True
        self._fail(
            InputError(
                f"{server.endpoint.base_url} refuses what it is asked, model {self.settings.plan.model}: {message}."
            )
        )

    async def _stop(self, server: Server, trouble: Trouble) -> None:
        self.close()
        if self.tally.failure is not None:
            return
        message = trouble.message
        if trouble.kind == "stop_run":
            self._fail(RunError(message))
            return
        self._fail(InputError(message))
        if "knows no model" in message:
            models = await server.chat.list_models()
            listed = ", ".join(models[:20]) + (" ..." if len(models) > 20 else "")
            hint = (
                f"It offers: {listed}. Choose one with --model."
                if models
                else "Check --model and --base-url, which mostly ends in /v1."
            )
            self.tally.failure = InputError(f"{message} {hint}")

    async def _give_up(self, attempt: Attempt, server: Server, trouble: Trouble) -> None:
        """End the tries of a request. It is kept as failed as soon as another one is answered; where that does not
        happen, the endpoint is down and the run ends.
        """
        self.given_up.append((attempt.request, server, trouble.message))
        if not self.reached:
            hint = "Start the server there, or name another with --base-url (or OPENAI_BASE_URL)."
            self._fail(RunError(f"cannot reach {server.endpoint.base_url}: {trouble.message}. {hint}"))
        elif len(self.given_up) >= _USELESS_IN_A_ROW:
            self._stop_down(server, trouble.message)

    def _stop_down(self, server: Server, message: str) -> None:
        self._fail(
            RunError(f"{server.endpoint.base_url} does not answer any more, the last time because of: {message}.")
        )

    async def _keep_given_up(self) -> None:
        failed, self.given_up = self.given_up, []
        for request, server, message in failed:
            await self.writer.keep(request, server, FAILED, message)
            self._look_at(request, None)
            self.tally.failed += 1

    def _fail(self, error: InputError | RunError) -> None:
        if self.tally.failure is None:
            self.tally.failure = error
        self.close()

    def _wait_seconds(self, attempt: Attempt, asked_seconds: float | None) -> float:
        """Return how long to wait before another try: as the endpoint asked, else twice as long after each failure."""
        tries = attempt.failures + attempt.rejections
        seconds = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 10))
        # Jitter: requests that failed together must not come back together.
        if asked_seconds is None:
            return seconds * random.uniform(0.5, 1)
        return asked_seconds * random.uniform(1, 1.25)

    def _most(self, request: Request) -> Amount:
        return self.budget.amount(request.most_prompt_tokens, request.most_completion_tokens)

    async def _show(self, bar: Any) -> None:
        while True:
            await asyncio.sleep(1)
            self._describe(bar)

    def _describe(self, bar: Any) -> None:
        at_most = "at most " if self.budget.assumed else ""
        words = [f"{at_most}{self.budget.used_tokens:,} tokens"]
        if self.budget.price_in is not None or self.budget.price_out is not None:
            words.append(f"{self.budget.spent:.4f} spent")
        if self.live is not None:
            words.append(str(self.live))
        words.append(f"{self.gate.in_flight} in flight")
        if self.gate.slowed:
            words.append("waiting for the limits per minute")
        if down := sum(server.down for server in self.servers):
            words.append(f"{down} of {len(self.servers)} servers down")
        bar.set_postfix_str(", ".join(words))


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
