"""What is sent to an LLM: complete request bodies, the keys of their answers in the ledger, and the most they can take.

A `Plan` holds what is the same in all requests of a command. A request has one key for each endpoint of the plan: an
answer of any of them will do, so that adding a server, or losing one, asks nothing twice.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

from curation.answers import response_format
from curation.config import AskConfig
from curation.llm.endpoint import Endpoint, find_endpoint
from data.errors import InputError
from data.files import digest
from prompts import Prompt

_TEMPLATE_TOKENS = 64  # what a server's chat template adds around a message, at most
_OURS = ("model", "messages", "stream", "n", "response_format", "max_tokens", "max_completion_tokens", "temperature")


@dataclass(frozen=True)
class Request:
    """One request: its keys in the ledger (one for each endpoint), its complete body, and the most prompt and answer
    tokens it can take. `subject` is the number of the row that it asks about.
    """

    keys: tuple[str, ...]
    body: dict[str, Any]
    prompt: Prompt
    sample: int
    most_prompt_tokens: int
    most_completion_tokens: int
    subject: int

    @property
    def parameters(self) -> str:
        """Everything in the body but model and messages, as a JSON object; of a schema only that there was one."""
        rest = {name: value for name, value in self.body.items() if name not in ("model", "messages")}
        if "response_format" in rest:
            rest["response_format"] = rest["response_format"]["type"]
        return json.dumps(rest, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class Plan:
    """What is asked of whom: everything that stands in a request besides the message and its schema."""

    endpoints: tuple[Endpoint, ...]
    model: str
    parameters: dict[str, Any]
    max_answer_tokens: int

    def request(
        self, prompt: Prompt, message: str, subject: int, *, count: int = 1, sample: int = 0, schema: bool = False
    ) -> Request:
        """Return the request that shows `message`; `schema`: with the JSON schema of the `count` answers asked for."""
        # OpenAI's newer models answer 400 to max_tokens, while Ollama and older llama.cpp, vLLM and others ignore
        # max_completion_tokens without a word and write on without a bound; both at once is an error at OpenAI. So it
        # depends on who is asked.
        limit = "max_completion_tokens" if self.endpoints[0].is_openai else "max_tokens"
        messages = [{"role": "user", "content": message}]
        body: dict[str, Any] = {"model": self.model, "messages": messages, limit: self.max_answer_tokens}
        body |= self.parameters
        # No tokenizer makes more tokens than there are bytes, so a reservation by bytes can never be overrun.
        most = len(message.encode()) + _TEMPLATE_TOKENS
        form = response_format(prompt, count) if schema else None
        if form is not None:
            body["response_format"] = form
            most += len(json.dumps(form))
        keys = tuple(digest(endpoint.base_url, body, sample) for endpoint in self.endpoints)
        return Request(keys, body, prompt, sample, most, self.max_answer_tokens, subject)


def make_plan(config: AskConfig) -> Plan:
    """Return what is asked of whom; raises `InputError` where the configuration does not suffice."""
    if not config.model:
        raise InputError("an LLM is asked by its name: add --model.")
    _check_numbers(config)
    endpoints = tuple(dict.fromkeys(find_endpoint(url) for url in config.base_url or (None,)))
    if len({endpoint.is_openai for endpoint in endpoints}) > 1:
        raise InputError("--base-url names OpenAI beside other servers, which take different requests; name one kind.")
    if config.batch and len(endpoints) > 1:
        raise InputError("--batch takes one --base-url: a batch belongs to one endpoint.")
    parameters = _read_parameters(config.parameters)
    if config.temperature is not None:
        parameters["temperature"] = config.temperature
    return Plan(endpoints, config.model, parameters, config.max_answer_tokens)


def _check_numbers(config: AskConfig) -> None:
    if config.max_cost is not None and (config.price_in is None or config.price_out is None):
        raise InputError(
            "--max-cost needs --price-in and --price-out, the prices of a million prompt and answer tokens."
        )
    for option, value in (
        ("--concurrency", config.concurrency),
        ("--max-answer-tokens", config.max_answer_tokens),
        ("--timeout-seconds", config.timeout_seconds),
        ("--batch-requests", config.batch_requests),
        ("--requests-per-minute", config.requests_per_minute),
        ("--tokens-per-minute", config.tokens_per_minute),
    ):
        if value is not None and not 0 < value < math.inf:
            raise InputError(f"{option} must be positive, not {value}.")
    for option, amount in (
        ("--price-in", config.price_in),
        ("--price-out", config.price_out),
        ("--max-cost", config.max_cost),
        ("--max-tokens-total", config.max_tokens_total),
        ("--max-requests", config.max_requests),
    ):
        if amount is not None and not amount >= 0:
            raise InputError(f"{option} must not be negative, and is {amount}.")
    if config.temperature is not None and not 0 <= config.temperature < math.inf:
        raise InputError(f"--temperature must be a number from 0 upwards, and is {config.temperature}.")


def _read_parameters(given: tuple[str, ...]) -> dict[str, Any]:
    """Return the request parameters of NAME=VALUE words; VALUE is JSON where it can be read as such."""
    parameters: dict[str, Any] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise InputError(f"--parameters takes NAME=VALUE, such as top_p=0.9, and not {word!r}.")
        if name in _OURS:
            raise InputError(f"--parameters cannot set {name}: it has an option of its own, or is ours to choose.")
        try:
            parameters[name] = json.loads(value)
        except ValueError:
            parameters[name] = value
    return parameters
