"""Reads what an LLM answered: a raw answer in, queries with their other parts out.

An answer in parts, or of several queries, is JSON (where the endpoint was given `response_format`), labelled lines, or
a numbered list, with whatever models put around them. Nothing in an answer raises; what cannot be read is no query.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import regex

from curation.checks.recover import strip_marks
from curation.checks.wording import QUESTION_MARK
from data.text import clean_text
from prompts import Prompt

# Quantifiers are possessive (*+) where a long run of spaces would else be tried from each of its characters.
_THOUGHTS = regex.compile(r"^\s*<think(ing)?>.*?</think(ing)?>", regex.DOTALL)  # of models that think aloud
_NUMBER = regex.compile(
    r"^[\s*_#]*+(?:question|query|claim|text)?\s*+\(?\d{1,3}\s*+[.)、．）:：]+(?!\d)[\s*_]*", regex.IGNORECASE
)
_BULLET = regex.compile(r"^\s*+[-*•]\s+")
_JSON_START = regex.compile(r"^(?:```\w*+)?[^\S\n]*+\[|\{", regex.MULTILINE)  # brackets inside a line are prose
_JSON_FAILURES = 20
_NAMES_OF_ONE = ("question", "query", "keywords", "claim", "text")
MAX_CHARACTERS = 100_000  # of an answer in parts; nothing beyond is read


@dataclass(frozen=True)
class Answered:
    """A query, and the other parts of the answer by their names."""

    query: str
    details: dict[str, str]


def read_queries(answer: str, prompt: Prompt, count: int) -> list[Answered]:
    """Return the queries of an answer, `count` at most; never raises.

    Where the whole answer is the query there is exactly one: the answer, stripped. Otherwise an answer that cannot be
    read, or lacks a part, gives none.
    """
    text = clean_text(answer)  # JSON can spell halves of characters, which no file can hold
    text = _THOUGHTS.sub("", text).strip()
    if not prompt.parts and not prompt.asks_several:
        return [Answered(text, {})]
    text = text[:MAX_CHARACTERS]
    wanted = count if prompt.asks_several else 1
    for read in (_read_json, _read_labels if prompt.parts else _read_list):
        found = list(islice(read(text, prompt), wanted))
        if found:
            return found
    return []


def response_format(prompt: Prompt, count: int) -> dict[str, Any] | None:
    """Return the `response_format` (a strict JSON schema) of a chat request, None where the whole answer is the query.

    The number of queries stands in words: strict schemas do not take bounds of arrays everywhere.
    """
    if not prompt.parts and not prompt.asks_several:
        return None
    item: dict[str, Any] = _object({part: {"type": "string"} for part in prompt.parts}) if prompt.parts else {}
    schema = item or {"type": "string"}
    if prompt.asks_several:
        words = f"{count} different {prompt.answers}"
        schema = _object({prompt.answers: {"type": "array", "description": words, "items": schema}})
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _read_json(text: str, prompt: Prompt) -> Iterator[Answered]:
    for value in _json_values(text):
        yield from _items(value, prompt, 3)


def _json_values(text: str) -> Iterator[Any]:
    """Give the JSON objects and arrays that stand in a text, whatever is around them."""
    decoder = json.JSONDecoder(strict=False)
    at = failures = 0
    while failures < _JSON_FAILURES and (start := _JSON_START.search(text, at)):
        try:
            value, at = decoder.raw_decode(text, start.end() - 1)
        except (ValueError, RecursionError):
            at = start.end()
            failures += 1
            continue
        yield value


def _items(value: Any, prompt: Prompt, depth: int) -> Iterator[Answered]:
    """Give the queries of a JSON value: an object of the parts, or a list of them (or of strings), in an object or
    not.
    """
    if isinstance(value, list) and depth:
        for item in value:
            yield from _items(item, prompt, depth - 1)
    elif isinstance(value, str) and not prompt.parts:
        yield from _make([value], prompt)
    elif isinstance(value, dict):
        named = {str(name).strip().casefold().replace(" ", "_"): held for name, held in value.items()}
        if prompt.style == "grades":
            named = {name: str(held) if type(held) is int else held for name, held in named.items()}
        if prompt.parts and all(isinstance(named.get(part), str) for part in prompt.parts):
            yield from _make([named[part] for part in prompt.parts], prompt)
        elif not prompt.parts and (own := [named[name] for name in _NAMES_OF_ONE if isinstance(named.get(name), str)]):
            yield from _make(own[:1], prompt)
        elif depth:
            for held in value.values():
                if isinstance(held, list | dict):
                    yield from _items(held, prompt, depth - 1)


def _make(values: list[str], prompt: Prompt) -> Iterator[Answered]:
    """Give one answer of the values of the parts, if none is empty."""
    clean = [clean_text(value).strip() for value in values]
    if all(clean):
        yield Answered(clean[-1], dict(zip(prompt.parts, clean[:-1], strict=False)))


def _read_labels(text: str, prompt: Prompt) -> Iterator[Answered]:
    """Give the queries of lines `LABEL: value`; a label that comes again begins the next one, and a value may run over
    several lines.
    """
    names = "|".join(part.replace("_", "[ _]") for part in prompt.parts)
    label = regex.compile(rf"^[\s*_#>(\-•\d.)]*+({names})\s*+\d*+[\s*_)]*+[:：][\s*_]*", regex.IGNORECASE)
    block: dict[str, list[str]] = {}
    part = ""
    for line in [*text.splitlines(), None]:
        found = label.match(line) if line is not None else None
        name = found[1].casefold().replace(" ", "_") if found else ""
        if line is None or name in block:
            if len(block) == len(prompt.parts):
                yield from _make(["\n".join(block[each]) for each in prompt.parts], prompt)
            block = {}
        if found and line is not None:
            part = name
            block[part] = [line[found.end() :].strip(" *_\t")]
        elif block and line is not None and line.strip() and not _is_mark(line):
            block[part].append(line.strip())


def _is_mark(line: str) -> bool:
    """Return whether nothing but a number or a rule stands in a line."""
    return not any(character.isalpha() for character in _NUMBER.sub("", line))


def _read_list(text: str, prompt: Prompt) -> Iterator[Answered]:
    """Give the queries of a numbered list, else of a bulleted one, else of lines that are all questions."""
    lines = [line for line in text.splitlines() if line.strip()]
    for mark in (_NUMBER, _BULLET):
        numbered = [number for number, line in enumerate(lines) if mark.match(line)]
        if numbered:
            for number in numbered:
                item = mark.sub("", lines[number], count=1).strip()
                if not item and number + 1 < len(lines) and number + 1 not in numbered:
                    item = lines[number + 1]
                yield from _make([strip_marks(item)], prompt)
            return
    if all(QUESTION_MARK.search(line) for line in lines):
        for line in lines:
            yield from _make([strip_marks(line)], prompt)
