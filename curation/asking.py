"""How requests are sent: workers that share a stream of requests, a gate that keeps pace and budget, and the ledger.

Failures are retried with growing, jittered waits, bounded; a request that was given up is counted and can be asked
again by the next run. Ctrl-C, a reached budget and a failure that concerns every request all end in the same way: the
gate is closed, nothing new is sent, and what is in flight is finished and written. A crash in the middle of a request
can cost that request: the endpoint has answered, and nobody was there to write it down.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openai

from curation.endpoint import Endpoint, Trouble, connect, judge, list_models, scrub, without_key
from curation.ledger import ANSWER, MALFORMED, REFUSED, Completion, Entry, Ledger, read_completion
from curation.limits import Budget, Gate, Pace
from data.errors import InputError, RunError

_TRIES = 8  # of one request that fails, with waits of 0.5 s growing to 30 s: about a minute
_TRIES_UNREACHED = 4  # while nothing has ever answered at the address
_TRIES_REJECTED = 40  # of one request that meets 429: the endpoint works, it is only busy
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_PATIENCE_SECONDS = 600.0  # an endpoint that asks for a longer wait has closed for now
_USELESS_AT_FIRST = (
    3  # refusals, or replies that are no completions, without a single answer: it is not the passage, it is what we ask
)
_PLACES_PER_CLIENT = 32  # a connection pool looks at all its connections for every request


@dataclass(frozen=True)
class Request:
    """One request: its key in the ledger, its complete body, and the most prompt and answer tokens it can take."""

    key: str
    body: dict[str, Any]
    most_prompt_tokens: int
    most_completion_tokens: int


@dataclass(frozen=True, kw_only=True)
class AskConfig:
    """How requests are sent, and what every entry in the ledger says about them."""

    endpoint: Endpoint
    api_key: str = field(repr=False)
    model: str
    prompt: str
    prompt_digest: str
    concurrency: int
    timeout_seconds: float


@dataclass(kw_only=True)
class Tally:
    """What one call of `ask_all` did; `failure` is a reason that concerned every request, `gave_up` counts requests
    left unanswered.
    """

    answered: int = 0
    refused: int = 0
    gave_up: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    sent: int = 0
    spent: float = 0.0
    stopped: bool = False
    over_budget: bool = False
    last_trouble: str = ""
    failure: InputError | RunError | None = None


class Asking:
    """One run of workers that share a stream of requests, a gate and a ledger."""

    def __init__(self, requests: Iterator[Request], config: AskConfig, budget: Budget, ledger: Ledger, proven: bool):
        self.requests = requests
        self.config = config
        self.budget = budget
        self.ledger = ledger
        self.gate = Gate(Pace(config.concurrency), budget)
        self.tally = Tally()
        self.reached = False  # whether anything has answered at the address
        self.proven = proven
        self.last_answer = 0.0
        self.refused_at_first: list[tuple[Request, str]] = []
        self.malformed_at_first = 0
        self.clients: list[openai.AsyncOpenAI] = []
        self.unwritten: list[Entry] = []
        self.writing = asyncio.Lock()

    async def run(self, bar: Any) -> None:
        """Ask everything.

        There are twice as many workers as places, so that who waits after a failure takes no place from the others.
        """
        config = self.config
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(-(-config.concurrency // _PLACES_PER_CLIENT)):
                client = connect(config.endpoint, config.api_key, config.timeout_seconds)
                self.clients.append(await stack.enter_async_context(client))
            ticker = asyncio.create_task(self._show(bar))
            try:
                async with asyncio.TaskGroup() as group:
                    for number in range(2 * config.concurrency):
                        group.create_task(self._work(self.clients[number % len(self.clients)], bar))
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
        self.tally.over_budget = self.gate.over_budget
        self.tally.sent, self.tally.spent = self.budget.sent, self.budget.spent

    async def _work(self, client: openai.AsyncOpenAI, bar: Any) -> None:
        for request in self.requests:
            if self.gate.closed.is_set():
                return
            if await self._ask(client, request):
                bar.update()

    async def _ask(self, client: openai.AsyncOpenAI, request: Request) -> bool:
        """Ask until there is an answer, the tries are used up or nothing may be sent; return whether there is one."""
        failures, rejections, begun = 0, 0, time.monotonic()
        while await self.gate.enter(self._most(request)):
            trouble = await self._try(client, request)
            if trouble is None:
                return True
            self.tally.last_trouble = trouble.message
            if trouble.kind == "refused":
                return await self._refuse(request, trouble)
            if trouble.kind.startswith("stop"):
                await self._stop(client, trouble)
                return False
            rejections += trouble.kind == "later"
            failures += trouble.kind == "again"
            if (trouble.wait_seconds or 0) > _PATIENCE_SECONDS:
                wait = f"{(trouble.wait_seconds or 0) / 60:.0f} minutes"
                self._fail(
                    RunError(f"{self._where} asks to wait {wait} ({trouble.message}). Run the same command again then.")
                )
                return False
            if failures >= (_TRIES if self.reached else _TRIES_UNREACHED) or rejections >= _TRIES_REJECTED:
                self._give_up(trouble, begun)
                return False
            await self._wait(failures + rejections, trouble.wait_seconds)
        return False

    async def _try(self, client: openai.AsyncOpenAI, request: Request) -> Trouble | None:
        """Send `request` once and keep what comes; None: it is answered. The place at the gate is given back here."""
        most = real = self._most(request)  # until we know better, it may have cost that
        rejected, begun = False, time.monotonic()
        try:
            async with asyncio.timeout(self.config.timeout_seconds):
                raw = await client.chat.completions.with_raw_response.create(**request.body)
                response = raw.http_response.text
            read = read_completion(response)
            # In flight until it is written: a budget, a pace or a Ctrl-C must not run ahead of the ledger.
            await self._keep(request, ANSWER if read else MALFORMED, response, time.monotonic() - begun)
            self.reached = True
            if read is None:
                return self._no_completion(response)
            real = self._count(read, request)
            self.proven, self.last_answer = True, time.monotonic()
        except (openai.APIError, TimeoutError) as error:
            trouble = judge(error, self.config.endpoint, self.config.model, self.config.api_key)
            self.reached = self.reached or trouble.reached
            rejected = trouble.kind == "later"
            real = most if trouble.may_cost else 0.0
            return trouble
        finally:
            self.gate.leave(most, real, rejected)
        await self._keep_refused()
        return None

    def _no_completion(self, response: str) -> Trouble:
        said = f"what it answers is no chat completion: {scrub(response, self.config.api_key) or '(empty)'}"
        is_page = not response.lstrip().startswith("{")  # JSON may be a passing error of a gateway
        self.malformed_at_first += is_page
        if not self.proven and self.malformed_at_first >= _USELESS_AT_FIRST:
            return Trouble(
                "stop_input", f"{self._where} is not the base URL of an API, which mostly ends in /v1; {said}."
            )
        return Trouble("again", said)

    def _count(self, read: Completion, request: Request) -> float:
        """Add an answer to the tally and return what it cost: the most it can, where a server does not count tokens."""
        prompt = request.most_prompt_tokens if read.prompt_tokens is None else read.prompt_tokens
        completion = request.most_completion_tokens if read.completion_tokens is None else read.completion_tokens
        self.tally.answered += 1
        self.tally.prompt_tokens += prompt
        self.tally.completion_tokens += completion
        return self.budget.cost(prompt, completion)

    async def _keep(self, request: Request, state: str, response: str, seconds: float) -> None:
        """Write a raw response to the ledger; whoever comes first commits for all who came meanwhile."""
        config = self.config
        entry = Entry(
            key=request.key,
            endpoint=self._where,
            model_asked=config.model,
            prompt=config.prompt,
            prompt_digest=config.prompt_digest,
            state=state,
            response=without_key(response, config.api_key),
            seconds=seconds,
        )
        self.unwritten.append(entry)
        async with self.writing:
            if any(waiting is entry for waiting in self.unwritten):
                batch, self.unwritten = self.unwritten, []
                try:
                    await asyncio.to_thread(self.ledger.write, batch)
                except RunError:
                    self.unwritten = batch + self.unwritten
                    raise

    async def _refuse(self, request: Request, trouble: Trouble) -> bool:
        """Keep a refusal as the request's answer once the endpoint has answered another; return whether it was kept."""
        self.refused_at_first.append((request, trouble.message))
        if self.proven:
            await self._keep_refused()
            return True
        if len(self.refused_at_first) >= _USELESS_AT_FIRST:
            self._stop_refused()
        return False

    async def _keep_refused(self) -> None:
        refused, self.refused_at_first = self.refused_at_first, []
        for request, message in refused:
            await self._keep(request, REFUSED, message, 0.0)
            self.tally.refused += 1

    def _stop_refused(self) -> None:
        message = self.refused_at_first[0][1]
        self._fail(InputError(f"{self._where} refuses what it is asked, model {self.config.model}: {message}."))

    async def _stop(self, client: openai.AsyncOpenAI, trouble: Trouble) -> None:
        self.gate.close()
        if self.tally.failure is not None:
            return
        message = trouble.message
        if trouble.kind == "stop_run":
            self._fail(RunError(message))
            return
        self._fail(InputError(message))
        if "knows no model" in message:
            models = await list_models(client)
            listed = ", ".join(models[:20]) + (" ..." if len(models) > 20 else "")
            hint = (
                f"It offers: {listed}. Choose one with --model."
                if models
                else "Check --model and --base-url, which mostly ends in /v1."
            )
            self.tally.failure = InputError(f"{message} {hint}")

    def _give_up(self, trouble: Trouble, begun: float) -> None:
        """Leave a request unanswered; if nobody had an answer while it was tried, the endpoint is down and the run
        ends.
        """
        self.tally.gave_up += 1
        if not self.reached:
            hint = "Start the server there, or name another with --base-url (or OPENAI_BASE_URL)."
            self._fail(RunError(f"cannot reach {self._where}: {trouble.message}. {hint}"))
        elif self.last_answer < begun:
            seconds = time.monotonic() - begun
            self._fail(RunError(f"{self._where} has not answered for {seconds:.0f} seconds: {trouble.message}."))

    def _fail(self, error: InputError | RunError) -> None:
        if self.tally.failure is None:
            self.tally.failure = error
        self.gate.close()

    async def _wait(self, failures: int, asked_seconds: float | None) -> None:
        """Wait before another try, as long as the endpoint asked, else twice as long after each failure; closing the
        gate ends it.
        """
        seconds = asked_seconds
        if seconds is None:
            seconds = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2 ** min(failures - 1, 10))
        # Jitter: requests that failed together must not come back together.
        seconds += random.uniform(0, 0.25 * seconds) if asked_seconds is not None else -random.uniform(0, 0.5 * seconds)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.gate.closed.wait(), seconds)

    def _most(self, request: Request) -> float:
        return self.budget.cost(request.most_prompt_tokens, request.most_completion_tokens)

    @property
    def _where(self) -> str:
        return self.config.endpoint.base_url

    async def _show(self, bar: Any) -> None:
        while True:
            await asyncio.sleep(1)
            self._describe(bar)

    def _describe(self, bar: Any) -> None:
        words = [f"{self.tally.prompt_tokens + self.tally.completion_tokens:,} tokens"]
        if self.budget.price_in is not None or self.budget.price_out is not None:
            words.append(f"{self.budget.spent:.4f} spent")
        words.append(f"{self.gate.in_flight} in flight")
        bar.set_postfix_str(", ".join(words))


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
