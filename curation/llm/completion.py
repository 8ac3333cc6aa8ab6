"""A chat completion as an endpoint sends it, read as far as we need it."""

import json
from dataclasses import dataclass
from typing import Any

from data.text import clean_text


@dataclass(frozen=True)
class Completion:
    """What we read of a chat completion; null where the endpoint does not say."""

    content: str
    finish_reason: str | None
    model: str | None
    prompt_tokens: int | None
    completion_tokens: int | None


def read_completion(response: str) -> Completion | None:
    """Return what stands in a raw chat completion, or None if it is none; never raises, whatever an endpoint sends."""
    try:
        body = json.loads(response)
    except (ValueError, RecursionError):
        return None
    choices = body.get("choices") if isinstance(body, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    message = choices[0].get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):  # some servers send parts
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    usage = body.get("usage") if isinstance(body.get("usage"), dict) else {}
    return Completion(
        clean_text(content) if isinstance(content, str) else "",
        _of_type(choices[0].get("finish_reason"), str),
        _of_type(body.get("model"), str),
        _of_type(usage.get("prompt_tokens"), int),
        _of_type(usage.get("completion_tokens"), int),
    )


def _of_type(value: Any, kind: type) -> Any:
    if isinstance(value, str):
        value = clean_text(value)
    return value if isinstance(value, kind) and not isinstance(value, bool) else None
