"""An OpenAI-compatible endpoint: where it is, the key it wants, and what its failures mean for the work.

The key comes from the environment variable OPENAI_API_KEY or from a file, and goes into the request's header, nowhere
else: `scrub` takes it out of every text that an endpoint sends back before the text is shown.
"""

import email.utils
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from data.errors import InputError

OPENAI_URL = "https://api.openai.com/v1"
_OPENAI_HOSTS = (".openai.com", ".openai.azure.com")
_PLACEHOLDER_KEY = "none"  # servers of one's own rarely check it, but the client must send one
_LONGEST_MESSAGE = 300
_SHORTEST_SECRET = 12  # a shorter "key" is a dummy such as EMPTY, which may well be a word of an answer
CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Endpoint:
    """A base URL without a trailing slash."""

    base_url: str

    @property
    def is_openai(self) -> bool:
        """Whether OpenAI itself (or Azure) answers, which is stricter than the servers that imitate it."""
        return f".{urlsplit(self.base_url).hostname}".endswith(_OPENAI_HOSTS)


@dataclass(frozen=True)
class Trouble:
    """What a failed request means.

    `kind`: "later" - the endpoint wants fewer requests, "again" - it failed and may succeed, "refused" - it will never
    answer this request, "stop" - no request can succeed, for a reason on the user's side ("stop_input") or not
    ("stop_run"). `wait_seconds`: how long the endpoint asks to wait. `may_cost`: whether the request may have been
    answered and charged all the same. `timed_out`: it took too long, as from a server that has too much to do.
    """

    kind: Literal["later", "again", "refused", "stop_input", "stop_run"]
    message: str
    wait_seconds: float | None = None
    may_cost: bool = False
    reached: bool = True
    timed_out: bool = False


def find_endpoint(base_url: str | None) -> Endpoint:
    """Return the endpoint to ask: `base_url`, else OPENAI_BASE_URL, else OpenAI; raises `InputError` for what is no
    such URL.
    """
    url = (base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI_URL).strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        shown = "that" if "@" in url else repr(url)  # what stands before an @ may be a password
        raise InputError(f"{shown} is no base URL of an endpoint; it looks like http://localhost:8000/v1 (--base-url).")
    if parts.path.endswith(("/chat/completions", "/completions")):
        raise InputError(f"{url} is the address of a request; --base-url takes what stands before /chat/completions.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            f"the base URL of {parts.hostname} carries a password or a query, which would end up in records; "
            "put the key into OPENAI_API_KEY and name the plain URL (--base-url)."
        )
    return Endpoint(url)


def read_key(endpoints: Sequence[Endpoint], key_file: Path | None = None) -> str:
    """Return the key from `key_file`, else from OPENAI_API_KEY, else a placeholder for other servers than OpenAI's;
    raises `InputError` where one is needed, or cannot be read.
    """
    origin = str(key_file) if key_file else "OPENAI_API_KEY"
    key = _read_key_file(key_file) if key_file else os.environ.get("OPENAI_API_KEY", "").strip()
    if not key:
        for endpoint in endpoints:
            if endpoint.is_openai:
                raise InputError(
                    f"{endpoint.base_url} needs a key: set the environment variable OPENAI_API_KEY, or name a file "
                    "that holds it with --key-file. For a server of your own name it with --base-url."
                )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(f"{origin} holds spaces, control characters or letters that no key has; set it anew.")
    return key or _PLACEHOLDER_KEY


def _read_key_file(file: Path) -> str:
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError(f"cannot read the key from {file}: {reason} (--key-file).") from None
    if not key:
        raise InputError(f"{file} is empty; --key-file names a file whose only line is the key.")
    return key


def scrub(text: str, key: str) -> str:
    """Return `text` on one line, shortened, and without `key` or anything that looks like one."""
    if key != _PLACEHOLDER_KEY:
        text = text.replace(key, "[key]")
    text = re.sub(r"\b(sk-|Bearer\s+)[\w.*-]+", "[key]", text)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " ..."


def without_key(response: str, key: str) -> str:
    """Return a raw `response` as it may be kept: as it came, but for the key that some gateway may have echoed."""
    return response.replace(key, "[key]") if len(key) >= _SHORTEST_SECRET else response


def judge_status(
    status: int, told: str, code: str | None, headers: Mapping[str, str], endpoint: Endpoint, model: str, key: str
) -> Trouble:
    """Return what a reply with `status` other than 200 means; `told` and `code` are the endpoint's words about it."""
    where, said = endpoint.base_url, f"status {status}: {scrub(told, key)}"
    if status == 401:
        wants = (
            "needs a key, and neither OPENAI_API_KEY nor --key-file gives one"
            if key == _PLACEHOLDER_KEY
            else "does not accept the key that it was given"
        )
        return Trouble("stop_input", f"{where} {wants} ({said}). Set OPENAI_API_KEY to a key of this endpoint.")
    if status == 403:
        return Trouble(
            "stop_input",
            f"{where} does not allow this key to use the model {model} ({said}). Use another key or --model.",
        )
    if status in (404, 405):
        return Trouble("stop_input", f"{where} knows no model {model!r}, or is not the base URL of its API ({said}).")
    if status == 402 or (status == 429 and code in ("insufficient_quota", "billing_hard_limit_reached")):
        return Trouble(
            "stop_run",
            f"the account at {where} has no credit left ({said}). Add credit, or use another key or --base-url.",
        )
    if status == 429:
        return Trouble("later", said, wait_seconds=retry_after(headers))
    if status >= 500 or status in (408, 409, 425):
        return Trouble("again", said, wait_seconds=retry_after(headers))
    return Trouble("refused", said)


def read_error(text: str) -> tuple[str, str | None]:
    """Return what a reply says of a failure, and its code: OpenAI's error, FastAPI's detail, or the reply as it
    stands.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text, None
    body = body if isinstance(body, dict) else {}
    error = body.get("error")
    if isinstance(error, dict):
        return str(error.get("message") or text), str(error["code"]) if error.get("code") is not None else None
    return str(error or body.get("message") or body.get("detail") or text), None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the headers Retry-After-Ms or Retry-After (seconds, or a date) ask to wait, None without
    them.
    """
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        return max(0.0, seconds) if seconds == seconds else None
    parsed = email.utils.parsedate_tz(headers.get("retry-after", ""))
    return max(0.0, email.utils.mktime_tz(parsed) - time.time()) if parsed else None
