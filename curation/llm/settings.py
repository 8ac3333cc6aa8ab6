"""How requests are sent, and the tally of what one command did: shared by asking online and in batches."""

from dataclasses import dataclass, field

from curation.llm.completion import Completion
from curation.llm.live import Reject
from curation.llm.requests import Plan
from data.errors import InputError, RunError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How requests are sent. `reject` tells whether an answer will be dropped by the checks, for the live line."""

    plan: Plan
    api_key: str = field(repr=False)
    concurrency: int
    timeout_seconds: float
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    reject: Reject | None = None


@dataclass(kw_only=True)
class Tally:
    """What one call of `ask_all` did; `failure` is a reason that concerned every request, `unanswered` counts requests
    given up without a mark in the ledger, `dropped` those that were in flight when Ctrl-C came a second time,
    `refused_all` says that the endpoint refused every single one.
    """

    answered: int = 0
    refused: int = 0
    failed: int = 0
    unanswered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    stopped: bool = False
    dropped: int = 0
    over_budget: bool = False
    refused_all: bool = False
    last_trouble: str = ""
    failure: InputError | RunError | None = None

    def count(self, read: Completion, most_prompt_tokens: int, most_completion_tokens: int) -> tuple[int, int]:
        """Count an answer, and return its prompt and answer tokens: the most it can have where a server counts none."""
        prompt = most_prompt_tokens if read.prompt_tokens is None else read.prompt_tokens
        completion = most_completion_tokens if read.completion_tokens is None else read.completion_tokens
        self.answered += 1
        self.prompt_tokens += prompt
        self.completion_tokens += completion
        return prompt, completion
