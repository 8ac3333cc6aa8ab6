"""The result files of a batch, read line by line into the ledger.

A line that answers a request becomes the same row as online. What failed, or is missing, can be asked again: `failures`
gives it with the reason. Reading may be broken off anywhere and begun again: no row is written twice.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from curation.batch.records import BatchRecords, Record, Sent
from curation.llm.completion import Completion, read_completion
from curation.llm.endpoint import Endpoint, judge_status, scrub, without_key
from curation.llm.ledger import ANSWER, FAILED, MALFORMED, REFUSED, Entry, Ledger
from curation.llm.limits import Amount, Budget
from curation.llm.live import LiveChecks
from curation.llm.requests import Request
from curation.llm.settings import Tally
from data.errors import InputError, RunError
from prompts import Prompt

_LINES_AT_ONCE = 500
MISSING = "its batch ended without an answer to it"


@dataclass(frozen=True)
class Result:
    """What one line says of one request: "malformed" is a reply that is no completion, "failed" means that the endpoint
    failed on it, "late" that it did not come to it; `message` is the raw answer, or the reason.
    """

    key: str
    kind: Literal["answered", "malformed", "refused", "failed", "late", "stop_input", "stop_run"]
    message: str


@dataclass(kw_only=True)
class Account:
    """What the batches of one command add to, and what its checks need to know of its requests."""

    model: str
    tally: Tally
    budget: Budget
    live: LiveChecks | None
    prompts: dict[str, Prompt] = field(default_factory=dict)
    """By their digests."""
    proven: bool
    """Whether the endpoint has answered such requests, so that a refusal concerns the single request."""

    def most(self, sent: Sent) -> Amount:
        """Return what a request was reserved with."""
        return self.budget.amount(sent.most_prompt_tokens, sent.most_completion_tokens)

    def check(self, sent: Sent, read: Completion | None) -> None:
        """Let the checks count an answer; None: there is none, and there will be none."""
        if self.live is not None:
            # The body was not kept, and no check looks at it.
            most = sent.most_prompt_tokens, sent.most_completion_tokens
            prompt = self.prompts[sent.prompt_digest]
            self.live.add(Request((sent.key,), {}, prompt, sent.sample, *most, sent.subject), read)

    def give_back(self, sent: Sent, charged: bool = False) -> None:
        """Settle a request that has no answer; `charged`: it may have cost what it can at most."""
        self.budget.settle(self.most(sent), self.most(sent) if charged else Amount())


class Reader:
    """Reads the results of one batch; `account` is None when an earlier command sent it, and nobody counts any more."""

    def __init__(
        self,
        record: Record,
        endpoint: Endpoint,
        key: str,
        records: BatchRecords,
        ledger: Ledger,
        account: Account | None,
    ):
        self.failures: dict[str, Result] = {}
        self.refused: dict[str, Result] = {}
        self.any_answered = False
        self.stop: InputError | RunError | None = None
        self._record = record
        self._endpoint = endpoint
        self._key = key
        self._records = records
        self._ledger = ledger
        self._account = account
        self._lines: list[bytes] = []
        self._settled: set[str] = set()

    def take(self, line: bytes) -> None:
        """Take a line; lines are written some hundred at a time."""
        self._lines.append(line)
        if len(self._lines) >= _LINES_AT_ONCE:
            self.flush()

    def restart(self) -> None:
        """Forget the lines that were taken and not written: the file is read again."""
        self._lines = []

    def flush(self) -> None:
        """Write what was taken."""
        lines, self._lines = self._lines, []
        results = {result.key: result for line in lines if (result := self._read_line(line)) is not None}
        known = self._records.find(self._record, results)
        written = self._records.written(self._record, known)
        entries, answers = [], []
        for key, sent in known.items():
            result = results[key]
            if key in self._settled:  # read before the connection broke
                continue
            if result.kind == "answered":
                answers.append((sent, result))
                if key not in written:
                    entries.append(self._entry(sent, ANSWER, result.message))
            elif result.kind == "refused":
                self.refused[key] = result
            else:
                if result.kind == "malformed" and key not in self.failures:
                    entries.append(self._entry(sent, MALFORMED, result.message))
                self._note_failure(result)
        if entries:
            self._ledger.write(entries)
        for sent, result in answers:
            self._settled.add(sent.key)
            self.any_answered = True
            self._count(sent, result)

    def settled(self, key: str) -> bool:
        """Return whether a request has its end."""
        return key in self._settled

    def write_refused(self) -> None:
        """Keep the refusals as the answers of their requests; for a batch that shows that others are answered."""
        known = self._records.find(self._record, self.refused)
        written = self._records.written(self._record, known)
        new = [
            self._entry(sent, REFUSED, self.refused[key].message) for key, sent in known.items() if key not in written
        ]
        if new:
            self._ledger.write(new)
        for sent in known.values():
            self._settled.add(sent.key)
            if self._account is not None:
                self._account.give_back(sent)
                self._account.tally.refused += 1
                self._account.check(sent, None)

    def write_failed(self, requests: Sequence[tuple[Sent, str]]) -> None:
        """Keep requests as failed, each with its reason."""
        if requests:
            self._ledger.write([self._entry(sent, FAILED, reason) for sent, reason in requests])

    def _note_failure(self, result: Result) -> None:
        self.failures[result.key] = result
        if self.stop is None and result.kind in ("stop_input", "stop_run"):
            self.stop = (InputError if result.kind == "stop_input" else RunError)(result.message)

    def _read_line(self, line: bytes) -> Result | None:
        """Return what a line says; None where it cannot be told of which request, which is then found missing."""
        try:
            row = json.loads(line)
            key, response, error = row["custom_id"], row.get("response"), row.get("error")
            status = response["status_code"] if response is not None else None
            body = response["body"] if response is not None else None
            if not isinstance(key, str) or not isinstance(status, int | None):
                return None
            if status == 200:
                raw = without_key(json.dumps(body), self._key)
                if read_completion(raw) is not None:
                    return Result(key, "answered", raw)
                return Result(key, "malformed", raw)
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            return None
        said = body.get("error") if isinstance(body, dict) else None
        said = said if isinstance(said, dict) else error if isinstance(error, dict) else {}
        told, code = str(said.get("message") or "no reason given"), said.get("code")
        if status is None:  # the endpoint did not come to it
            return Result(key, "late", scrub(f"{code}: {told}", self._key))
        model = self._record.model_asked
        code = code if isinstance(code, str) else None
        trouble = judge_status(status, told, code, {}, self._endpoint, model, self._key)
        if trouble.kind == "again":
            return Result(key, "failed", trouble.message)
        if trouble.kind == "later":
            return Result(key, "late", trouble.message)
        return Result(key, trouble.kind, trouble.message)

    def _count(self, sent: Sent, result: Result) -> None:
        if self._account is None:
            return
        read = read_completion(result.message)
        assert read is not None
        account = self._account
        tokens = account.tally.count(read, sent.most_prompt_tokens, sent.most_completion_tokens)
        account.budget.settle(account.most(sent), account.budget.amount(*tokens))
        account.check(sent, read)

    def _entry(self, sent: Sent, state: str, response: str) -> Entry:
        return Entry(
            key=sent.key,
            endpoint=self._endpoint.base_url,
            model_asked=self._record.model_asked,
            prompt=sent.prompt,
            prompt_digest=sent.prompt_digest,
            sample=sent.sample,
            state=state,
            response=response,
            seconds=0.0,
        )
