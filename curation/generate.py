"""The stage that writes questions: passages in, one question row per passage out, good or bad; the filter judges them.

Generator "openai" asks an LLM through an OpenAI-compatible endpoint and keeps every answer in the ledger; "extractive"
asks nobody and makes a keyword query of the passage itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import prompts
from curation.config import GenerateConfig
from curation.extractive import extract_queries
from curation.ledger import REFUSED, Ledger, read_completion
from data.errors import InputError, Interrupted, RunError
from data.files import digest
from data.records import QUESTION, conform

if TYPE_CHECKING:
    from curation.asking import Request, Tally
    from curation.endpoint import Endpoint

NO_MODEL = "none (no LLM was asked)"
_ROWS_AT_ONCE = 500
_TEMPLATE_TOKENS = 64  # what a server's chat template adds around a message, at most
_USUAL_ANSWER_TOKENS = 40  # a question in most languages; replaced by the ledger's own mean as soon as it has one
_FEWEST_ANSWERS = 20


@dataclass(kw_only=True)
class Estimate:
    """What asking would take, before anything is sent. Tokens and costs are of the passages that are not paid for yet.

    `cost` is the likely cost and `cost_at_most` the cost if every answer were as long as allowed, in the currency of
    the prices; None without prices. `languages` holds the same figures per language.
    """

    passages: int = 0
    already_paid: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    cost_at_most: float | None = None
    languages: dict[str, Estimate] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the estimate as lines of text for the screen."""
        asked = self.passages - self.already_paid
        first = f"{self.passages:,} passages, {self.already_paid:,} answered already, {asked:,} to ask"
        tokens = f"about {self.prompt_tokens:,} prompt tokens and {self.completion_tokens:,} answer tokens"
        if self.cost is None:
            return [first, f"{tokens}; give --price-in and --price-out (per million tokens) to see the cost"]
        return [first, f"{tokens}: about {self.cost:.4f}, at most {self.cost_at_most:.4f}"]


@dataclass(frozen=True)
class _Plan:
    """What is asked of whom: everything that stands in a request besides the passage."""

    endpoint: Endpoint
    model: str
    prompt: prompts.Prompt
    temperature: float | None
    max_answer_tokens: int

    def body(self, text: str, title: str | None) -> dict[str, Any]:
        """Return the complete request body for a passage."""
        # OpenAI's newer models answer 400 to max_tokens, while Ollama and older llama.cpp, vLLM and others ignore
        # max_completion_tokens without a word and write on without a bound; both at once is an error at OpenAI. So it
        # depends on who is asked.
        limit = "max_completion_tokens" if self.endpoint.is_openai else "max_tokens"
        message = {"role": "user", "content": self.prompt.render(text, title)}
        body: dict[str, Any] = {"model": self.model, "messages": [message], limit: self.max_answer_tokens}
        if self.temperature is not None:
            body["temperature"] = self.temperature
        return body

    def key(self, body: dict[str, Any]) -> str:
        """Return the key of a request's first answer in the ledger."""
        return digest(self.endpoint.base_url, body, 0)


def generate_questions(passages: pa.Table, config: GenerateConfig, ledger_path: Path) -> pa.Table:
    """Return one `records.QUESTION` row per passage of `passages` (`records.PASSAGE`), in their order.

    `answer` is what the generator returned, raw; `query` the same without white space around it. Truncated, empty and
    refused answers are rows too. Answers stand in the ledger at `ledger_path`, and only what is missing there is asked.
    Raises `InputError` for what the user must change, `RunError` when passages are left unanswered or a budget is
    reached, `Interrupted` after Ctrl-C; the same command then asks only for the rest.
    """
    if config.generator == "extractive":
        return _extract(passages)
    plan = _make_plan(config)
    with Ledger(ledger_path) as ledger:
        keys = [key for key, _ in _bodies(passages, plan)]
        distinct = set(keys)
        known = ledger.answered(distinct)
        if len(known) < len(distinct):
            tally = _ask(passages, plan, config, ledger, total=len(distinct), done=len(known))
            _check_end(tally, len(ledger.answered(distinct)), len(distinct), config, ledger_path)
        return _read_rows(passages, keys, plan, ledger)


def check_generator(config: GenerateConfig) -> None:
    """Raise `InputError` for settings that no question can be asked with; hours of reading may lie before the first."""
    if config.generator == "openai":
        _make_plan(config)
    elif config.model or config.base_url:
        raise InputError(
            "--model and --base-url say whom to ask, and --generator extractive asks nobody; add --generator openai."
        )


def estimate_cost(passages: pa.Table, config: GenerateConfig, ledger_path: Path) -> Estimate:
    """Return what `generate_questions` would take now; sends nothing.

    Prompt tokens are the passages' own count plus the instruction's; an LLM's tokenizer may count differently, and as
    soon as the ledger holds a few answers of the same model to the same instruction, their mean replaces the guess.
    """
    if config.generator == "extractive":
        return Estimate(passages=len(passages))
    plan = _make_plan(config)
    keys = [key for key, _ in _bodies(passages, plan)]
    known: set[str] = set()
    answers, mean_prompt, mean_completion = 0, None, None
    if ledger_path.exists():
        with Ledger(ledger_path) as ledger:
            known = ledger.answered(keys)
            answers, mean_prompt, mean_completion = ledger.mean_tokens(plan.model, plan.prompt.digest)
    if answers < _FEWEST_ANSWERS:
        mean_prompt = mean_completion = None
    instruction = len(plan.prompt.text.encode()) // 4 + 8
    estimate = Estimate()
    rows = zip(keys, passages["lang"].to_pylist(), passages["tokens"].to_pylist(), strict=True)
    seen = set(known)
    for key, lang, tokens in rows:
        language = estimate.languages.setdefault(lang or "und", Estimate())
        for part in (estimate, language):
            part.passages += 1
            if key in seen:
                part.already_paid += 1
                continue
            part.prompt_tokens += round(mean_prompt) if mean_prompt is not None else (tokens or 0) + instruction
            part.completion_tokens += (
                round(mean_completion)
                if mean_completion is not None
                else min(_USUAL_ANSWER_TOKENS, plan.max_answer_tokens)
            )
        seen.add(key)
    for part in (estimate, *estimate.languages.values()):
        _price(part, config)
    return estimate


def _price(estimate: Estimate, config: GenerateConfig) -> None:
    """Fill the costs of `estimate` where both prices are known."""
    if config.price_in is None or config.price_out is None:
        return
    prompt = estimate.prompt_tokens * config.price_in
    estimate.cost = (prompt + estimate.completion_tokens * config.price_out) / 1e6
    asked = estimate.passages - estimate.already_paid
    estimate.cost_at_most = (prompt + asked * config.max_answer_tokens * config.price_out) / 1e6


def _make_plan(config: GenerateConfig) -> _Plan:
    """Return what is asked; raises `InputError` where the configuration does not suffice."""
    from curation.endpoint import find_endpoint  # brings in openai, a second of import

    if not config.model:
        raise InputError("--generator openai needs --model, the name of the model to ask.")
    if config.max_cost is not None and (config.price_in is None or config.price_out is None):
        raise InputError(
            "--max-cost needs --price-in and --price-out, the prices of a million prompt and answer tokens."
        )
    for option, value in (
        ("--concurrency", config.concurrency),
        ("--max-answer-tokens", config.max_answer_tokens),
        ("--timeout-seconds", config.timeout_seconds),
    ):
        if value <= 0:
            raise InputError(f"{option} must be positive, not {value}.")
    for option, amount in (
        ("--price-in", config.price_in),
        ("--price-out", config.price_out),
        ("--max-cost", config.max_cost),
        ("--max-requests", config.max_requests),
    ):
        if amount is not None and not amount >= 0:
            raise InputError(f"{option} must not be negative, and is {amount}.")
    if config.temperature is not None and not 0 <= config.temperature < math.inf:
        raise InputError(f"--temperature must be a number from 0 upwards, and is {config.temperature}.")
    try:
        prompt = prompts.load(config.prompt)
    except ValueError as error:
        raise InputError(f"{error} (--prompt)") from None
    return _Plan(find_endpoint(config.base_url), config.model, prompt, config.temperature, config.max_answer_tokens)


def _bodies(passages: pa.Table, plan: _Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give (key, body) of every passage, in order, a few hundred passages in memory at a time."""
    columns = passages.select(["text", "title"])
    for start in range(0, len(columns), _ROWS_AT_ONCE):
        for row in columns.slice(start, _ROWS_AT_ONCE).to_pylist():
            body = plan.body(row["text"], row["title"])
            yield plan.key(body), body


def _unanswered(passages: pa.Table, plan: _Plan, ledger: Ledger) -> Iterator[Request]:
    """Give a request for every distinct key that the ledger does not hold at the moment when its turn comes."""
    from curation.asking import Request

    seen: set[str] = set()
    for start in range(0, len(passages), _ROWS_AT_ONCE):
        bodies = {key: body for key, body in _bodies(passages.slice(start, _ROWS_AT_ONCE), plan) if key not in seen}
        seen.update(bodies)
        known = ledger.answered(bodies)  # anew for each part: another process may share the file
        for key, body in bodies.items():
            if key not in known:
                # No tokenizer makes more tokens than there are bytes, so a reservation by bytes can never be overrun.
                most = len(body["messages"][0]["content"].encode()) + _TEMPLATE_TOKENS
                yield Request(key, body, most, plan.max_answer_tokens)


def _ask(passages: pa.Table, plan: _Plan, config: GenerateConfig, ledger: Ledger, total: int, done: int) -> Tally:
    """Ask for every passage that the ledger does not hold."""
    from curation.asking import AskConfig, Asking
    from curation.client import ask_all
    from curation.endpoint import read_key
    from curation.limits import Budget

    ask_config = AskConfig(
        endpoint=plan.endpoint,
        api_key=read_key(plan.endpoint),
        model=plan.model,
        prompt=plan.prompt.name,
        prompt_digest=plan.prompt.digest,
        concurrency=config.concurrency,
        timeout_seconds=config.timeout_seconds,
    )
    budget = Budget(
        max_requests=config.max_requests, max_cost=config.max_cost, price_in=config.price_in, price_out=config.price_out
    )
    requests = _unanswered(passages, plan, ledger)
    return ask_all(lambda: Asking(requests, ask_config, budget, ledger, proven=done > 0), total, done)


def _check_end(tally: Tally, answered: int, total: int, config: GenerateConfig, ledger_path: Path) -> None:
    """Raise what ended the asking early, with what is kept and how to go on."""
    kept = f"{answered:,} of {total:,} passages are answered and kept in {ledger_path}"
    if tally.stopped and answered < total:
        raise Interrupted(f"{kept}; run the same command again to go on.")
    if tally.failure is not None:
        message = f"{tally.failure} {kept[0].upper()}{kept[1:]}; run the same command again to go on."
        raise type(tally.failure)(message)
    if answered == total:
        return
    if tally.over_budget:
        priced = config.price_in is not None and config.price_out is not None
        used = f"{tally.sent:,} requests" + (f", {tally.spent:.4f} spent" if priced else "")
        option = (
            "--max-requests" if config.max_requests is not None and tally.sent >= config.max_requests else "--max-cost"
        )
        raise RunError(
            f"the budget of this run is reached ({option}; {used}): {kept}. Run the same command again, with "
            f"the same or a larger {option}; nothing is asked twice."
        )
    raise RunError(
        f"{total - answered:,} passages are unanswered after repeated tries, the last because of: "
        f"{tally.last_trouble}. {kept}; run the same command again to ask only for the others."
    )


def _read_rows(passages: pa.Table, keys: list[str], plan: _Plan, ledger: Ledger) -> pa.Table:
    """Return the question rows of `passages` from the answers in `ledger`."""
    parts = []
    for start in range(0, len(keys), _ROWS_AT_ONCE):
        part_keys = keys[start : start + _ROWS_AT_ONCE]
        responses = ledger.responses(set(part_keys))
        rows = []
        for key in part_keys:
            state, response = responses[key]
            read = read_completion(response)
            rows.append(
                {
                    "answer": read.content if read else "",
                    "finish_reason": REFUSED if state == REFUSED else read.finish_reason if read else None,
                    "model": (read.model if read else None) or plan.model,
                    "request_digest": key,
                    "prompt_tokens": read.prompt_tokens if read else None,
                    "completion_tokens": read.completion_tokens if read else None,
                }
            )
        fixed = {
            "style": "question",
            "generator": "openai",
            "prompt": plan.prompt.name,
            "prompt_digest": plan.prompt.digest,
        }
        identity = ("openai", plan.model, plan.prompt.digest, plan.temperature, plan.max_answer_tokens, 0)
        parts.append(_make_rows(passages.slice(start, _ROWS_AT_ONCE), rows, fixed, identity))
    return pa.concat_tables(parts) if parts else QUESTION.empty_table()


def _extract(passages: pa.Table) -> pa.Table:
    """Return question rows made without an LLM, each marked as such."""
    if not len(passages):
        return QUESTION.empty_table()
    rows = [{"answer": query} for query, _ in extract_queries(passages)]
    return _make_rows(
        passages, rows, {"style": "keywords", "generator": "extractive", "model": NO_MODEL}, ("extractive",)
    )


def _make_rows(
    passages: pa.Table, rows: list[dict[str, Any]], fixed: dict[str, str], identity: tuple[Any, ...]
) -> pa.Table:
    """Return `records.QUESTION` rows: the passages' columns, what was answered, what all have in common, and ids."""
    shared = passages.select(["passage_id", "docid", "lang", "split", "start", "end", "token_start", "tokens"])
    columns = {name: shared[name] for name in shared.column_names}
    fields = [QUESTION.field(name) for name in rows[0]]
    answers = pa.Table.from_pylist(rows, schema=pa.schema(fields))
    columns |= {name: answers[name] for name in answers.column_names}
    columns |= {name: pa.array([value] * len(rows), pa.string()) for name, value in fixed.items()}
    columns["query"] = pa.array([row["answer"].strip() for row in rows], pa.string())
    passage_ids = passages["passage_id"].to_pylist()
    columns["query_id"] = pa.array([digest(passage_id, *identity) for passage_id in passage_ids], pa.string())
    return conform(pa.table(columns), QUESTION)
