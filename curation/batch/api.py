"""The Batch API of an OpenAI-compatible endpoint: files go up, batches are begun and looked after, results come down.

Failures that may pass are retried for hours, since a batch may take a day and loses nothing while nobody looks. What
will not pass is raised as `InputError` or `RunError`, and `Stopped` as soon as the stop is set.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote, urlencode

import openai

from curation.batch.records import Record
from curation.llm.endpoint import CONNECT_SECONDS, Endpoint, Trouble, judge_status, read_error, scrub
from data.errors import InputError, RunError

ASKED_URL = "/v1/chat/completions"
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_PATIENCE_SECONDS = 6 * 3600.0  # once the endpoint has answered anything
_PATIENCE_UNREACHED_SECONDS = 10.0
_SETTLING_SECONDS = 10.0  # another process may be creating a batch right now, and a list of batches may lag behind
_UPLOAD_SECONDS = 600.0
_LISTED_AT_ONCE = 100
_MOST_LISTED = 100_000
_DAY_SECONDS = 86400.0
_NO_SUCH_PAGE = (404, 405, 501)
_GIVEN_UP = ("failed", "cancelling", "cancelled")
_ENDED = ("completed", "expired", "failed", "cancelled")
FULL = "token_limit_exceeded"  # the error code of a batch that failed because too much is enqueued already

_T = TypeVar("_T")


class Stopped(Exception):
    """The user stopped the work."""


class _NotJson(openai.OpenAIError):
    """A reply with status 200 that is none of the API's; may be a passing error of a gateway."""


@dataclass(frozen=True)
class BatchState:
    """How a batch stands. `finished` counts requests that are through, `errors` holds pairs of code and message."""

    batch_id: str
    status: str
    result_files: tuple[str, ...] = ()
    finished: int = 0
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in _ENDED


class BatchApi:
    """A connection to the Batch API of `endpoint`; `model` is for messages. A context manager."""

    def __init__(self, endpoint: Endpoint, model: str, key: str, timeout_seconds: float, stop: threading.Event):
        self.endpoint = endpoint
        self.key = key
        self._model = model
        timeout = openai.Timeout(timeout_seconds, connect=min(timeout_seconds, CONNECT_SECONDS))
        # All retries are left to us: creating a batch twice would be paid for twice.
        self._client = openai.OpenAI(api_key=key, base_url=endpoint.base_url, max_retries=0, timeout=timeout)
        self._upload_seconds = max(timeout_seconds, _UPLOAD_SECONDS)
        self._stop = stop
        self._reached = False

    def __enter__(self) -> "BatchApi":
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def upload(self, file: BinaryIO) -> str:
        """Send a file of requests and return its id."""

        def send() -> str:
            file.seek(0)
            reply = self._client.post(
                "/files",
                cast_to=str,
                body={"purpose": "batch"},
                files=[("file", ("requests.jsonl", file, "application/jsonl"))],
                options={"headers": {"Content-Type": "multipart/form-data"}, "timeout": self._upload_seconds},
            )
            return _text(_read_json(reply), "id")

        return self._insist(send, self._no_batches)

    def create(self, file_id: str) -> BatchState:
        """Begin the batch of an uploaded file.

        When the reply is lost, the batch is looked for in the endpoint's list before it is begun again. An endpoint
        that has no such list may then run it twice, and charge for both.
        """
        begun, uncertain = time.time(), False

        def begin() -> BatchState:
            nonlocal uncertain
            found = self._find(file_id, begun) if uncertain else None
            uncertain = True
            body = {"input_file_id": file_id, "endpoint": ASKED_URL, "completion_window": "24h"}
            return found or _read_state(_read_json(self._client.post("/batches", cast_to=str, body=body)))

        return self._insist(begin, self._no_batches)

    def adopt(self, record: Record) -> BatchState | None:
        """Return the batch of an uploaded file whose id was never noted; None where there is none, or no list."""
        assert record.file_id is not None
        file_id = record.file_id
        self.pause(record.changed + _SETTLING_SECONDS - time.time())
        return self._insist(lambda: self._find(file_id, record.changed), self._no_batches)

    def retrieve(self, batch_id: str) -> BatchState:
        """Return how a batch stands."""
        path = f"/batches/{quote(batch_id, safe='')}"
        return self._insist(lambda: _read_state(_read_json(self._client.get(path, cast_to=str))), self._lost(batch_id))

    def read_lines(
        self, file_id: str, batch_id: str, take: Callable[[bytes], None], restart: Callable[[], None]
    ) -> None:
        """Call `take` with every line of a result file; when the connection breaks, `restart`, and all lines again."""

        def read() -> None:
            restart()
            for line in self._lines(file_id):
                if self._stop.is_set():
                    raise Stopped
                take(line)

        self._insist(read, self._lost(batch_id))

    def pause(self, seconds: float) -> None:
        """Wait; raises `Stopped` when the user stops the work."""
        if self._stop.wait(max(0.0, seconds)):
            raise Stopped

    def _lines(self, file_id: str) -> Iterator[bytes]:
        """Give the lines of a file; broken at line feeds alone, since JSON may hold other ends of lines as they are."""
        with self._client.files.with_streaming_response.content(file_id) as response:
            chunks, rest = response.iter_bytes(), b""
            while True:
                try:
                    chunk = next(chunks, None)
                except Exception as error:  # the transport's own classes, which differ by version of the client
                    raise openai.APIConnectionError(request=response.http_request) from error
                if chunk is None:
                    break
                *lines, rest = (rest + chunk).split(b"\n")
                yield from lines
            if rest:
                yield rest

    def _find(self, file_id: str, begun: float) -> BatchState | None:
        """Return the living batch of an input file, as far as the endpoint lists its batches (latest first)."""
        after: str | None = None
        for _ in range(0, _MOST_LISTED, _LISTED_AT_ONCE):
            query = urlencode({"limit": _LISTED_AT_ONCE} | ({"after": after} if after else {}))
            try:
                page = _read_json(self._client.get(f"/batches?{query}", cast_to=str))
            except openai.APIStatusError as error:
                if error.status_code in _NO_SUCH_PAGE:
                    return None
                raise
            rows = [row for row in page.get("data") or [] if isinstance(row, dict)]
            for row in rows:
                if row.get("input_file_id") == file_id and row.get("status") not in _GIVEN_UP:
                    return _read_state(row)
            created = rows[-1].get("created_at") if rows else None
            if not rows or not page.get("has_more") or (isinstance(created, int) and created < begun - _DAY_SECONDS):
                return None
            after = _text(rows[-1], "id")
        return None

    def _insist(self, call: Callable[[], _T], missing: Callable[[str], InputError]) -> _T:
        """Return what `call` returns, after as many tries as patience allows; `missing` makes the error for a page that
        is not there.
        """
        failing_since, tries = 0.0, 0
        while True:
            if self._stop.is_set():
                raise Stopped
            try:
                result = call()
                self._reached = True
                return result
            except openai.OpenAIError as error:
                message, wait = self._judge(error, missing)
            failing_since = failing_since or time.monotonic()
            seconds = time.monotonic() - failing_since
            where = self.endpoint.base_url
            if not self._reached and seconds >= _PATIENCE_UNREACHED_SECONDS:
                raise RunError(
                    f"cannot reach {where}: {message}. Start the server there, or name another with --base-url."
                )
            if seconds >= _PATIENCE_SECONDS:
                raise RunError(f"{where} has not answered for {seconds / 3600:.0f} hours: {message}.")
            backoff = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2 ** min(tries, 10)) * random.uniform(0.5, 1)
            self.pause(max(backoff, wait or 0.0))
            tries += 1

    def _explain(self, error: openai.APIError) -> Trouble:
        """Return what an error of the client means for the work."""
        if isinstance(error, openai.APIStatusError):
            told, code = read_error(error.response.text)
            headers = error.response.headers
            return judge_status(error.status_code, told, code, headers, self.endpoint, self._model, self.key)
        cause = error.__cause__ or error
        reached = type(cause).__name__ not in ("ConnectError", "ConnectTimeout", "UnsupportedProtocol")
        return Trouble("again", scrub(str(cause) or type(cause).__name__, self.key), may_cost=reached, reached=reached)

    def _judge(self, error: openai.OpenAIError, missing: Callable[[str], InputError]) -> tuple[str, float | None]:
        """Return what failed and how long the endpoint asks to wait; raises what trying again cannot help."""
        if not isinstance(error, openai.APIError):
            return scrub(str(error), self.key), None
        trouble = self._explain(error)
        self._reached = self._reached or trouble.reached
        if isinstance(error, openai.APIStatusError) and error.status_code in _NO_SUCH_PAGE:
            raise missing(f"status {error.status_code}: {scrub(error.message, self.key)}")
        if trouble.kind == "stop_run":
            raise RunError(trouble.message)
        if trouble.kind == "stop_input":
            raise InputError(trouble.message)
        if trouble.kind == "refused":
            raise InputError(
                f"{self.endpoint.base_url} refuses the batch: {trouble.message}. If it is too large, lower "
                "--batch-requests; if the model takes no batches, leave out --batch."
            )
        return trouble.message, trouble.wait_seconds

    def _no_batches(self, said: str) -> InputError:
        return InputError(f"{self.endpoint.base_url} has no Batch API ({said}); leave out --batch.")

    def _lost(self, batch_id: str) -> Callable[[str], InputError]:
        where, name = self.endpoint.base_url, scrub(batch_id, self.key)
        return lambda said: InputError(
            f"{where} does not know the batch {name} that an earlier request began, or its results ({said}). Use the "
            "key of the account that began it; if it is gone for good: m3-curate ledger --forget-batches URL."
        )


def _read_json(reply: str) -> dict[str, Any]:
    try:
        read = json.loads(reply)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise _NotJson(f"what it answers is none of the Batch API's replies: {reply[:300] or '(empty)'}")
    return read


def _read_state(batch: dict[str, Any]) -> BatchState:
    counts = batch.get("request_counts")
    known = [counts.get(name) for name in ("completed", "failed")] if isinstance(counts, dict) else []
    errors = batch.get("errors")
    listed = errors.get("data") if isinstance(errors, dict) else None
    return BatchState(
        batch_id=_text(batch, "id"),
        status=_text(batch, "status"),
        result_files=tuple(
            file for name in ("output_file_id", "error_file_id") if isinstance(file := batch.get(name), str) and file
        ),
        finished=sum(count for count in known if isinstance(count, int)),
        errors=tuple((str(e.get("code")), str(e.get("message"))) for e in listed or [] if isinstance(e, dict)),
    )


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise _NotJson(f"its reply has no {name}")
    return value
