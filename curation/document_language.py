"""Which language a document is in, which other one much of it is in, and its script.

A document is read at many places, evenly spread over its prose: code, addresses, tags and comments are taken out before.
At each place the paragraph around it (short ones together with what follows) is judged by itself, or not at all where it
is no prose: rows of names, commands and numbers vote for nothing. So code and product names do not make a Korean page
"mixed with English", but pages whose second half was left untranslated are marked.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate

import regex

from curation.detectors import detect_fast, head_of, known_languages
from curation.function_words import FUNCTION_WORDS
from curation.scripts import (
    is_japanese,
    name_script,
    scripts_of,
    split_scripts,
    weigh_scripts,
)

_NOT_PROSE = regex.compile(
    r"^[ \t>]*(```|~~~).*?(?:^[ \t>]*\1|\Z)|<!--.*?-->|<(?:script|style|pre|code)\b.*?</(?:script|style|pre|code)>",
    regex.DOTALL | regex.MULTILINE | regex.IGNORECASE,
)
_INLINE = regex.compile(
    r"``[^\n]*?``|`[^`\n]*`|\]\([^)\n]*\)|<[^<>\n]{1,300}>|\{\{.*?\}\}|https?://\S+|www\.\S+|\S+@\S+|\$[^$\n]{1,200}\$"
    r"|[\w.-]*[/\\_=][\w./\\=-]*|--?[a-z][\w-]*"
)
_LETTER = regex.compile(r"\p{L}")
_DENSE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
PLACES = 40
MIN_WINDOW, MAX_WINDOW = 120, 400  # letters, characters
DENSE_WEIGHT = 2.2  # letters of other scripts that one of these is worth
MIN_OTHER_SHARE = 0.15  # of what could be judged
MIN_PROBABILITY, MIN_FUNCTION_WORDS = 0.6, 0.12


@dataclass(frozen=True, kw_only=True)
class DocumentLanguage:
    """The main language of a document ("und": unknown), another one that much of it is in, and its script (ISO 15924)."""

    lang: str
    other_lang: str | None
    script: str | None


def detect_language(text: str) -> str:
    """Return the main language of a document; "und" if unknown."""
    return read_document(text).lang


def read_document(text: str, given: str | None = None) -> DocumentLanguage:
    """Return the languages and the script of a document; `given`: the main language, where its source names it."""
    if not _LETTER.search(text):
        return DocumentLanguage(lang=given or "und", other_lang=None, script=None)
    windows = _take_windows(_prose(text)) or _take_windows(text)
    votes: dict[str, float] = defaultdict(float)
    members: dict[str, float] = defaultdict(float)
    for window, places in windows:
        lang, score = _judge_window(window)
        if lang:
            votes[head_of(lang)] += places
            members[lang] += places * score
    sample = "\n".join(window for window, _ in windows)
    if not votes:
        lang = given or _guess(sample)
        return DocumentLanguage(lang=lang, other_lang=None, script=None if lang == "und" else name_script(sample, lang))
    ranking = sorted(votes, key=lambda head: (-votes[head], head))
    main = head_of(given) if given else ranking[0]
    others = [head for head in ranking if head != main and votes[head] >= MIN_OTHER_SHARE * sum(votes.values())]
    lang = given or _best_member(main, members)
    return DocumentLanguage(
        lang=lang, other_lang=_best_member(others[0], members) if others else None, script=name_script(sample, lang)
    )


def _best_member(head: str, members: dict[str, float]) -> str:
    return max((lang for lang in members if head_of(lang) == head), key=lambda lang: (members[lang], lang))


def _prose(text: str) -> str:
    """Return `text` without code, addresses and tags; its lines stay lines."""
    return _INLINE.sub(" ", _NOT_PROSE.sub("\n", text))


def _take_windows(text: str) -> list[tuple[str, int]]:
    """Return the paragraphs at evenly spread places of a text, each with how many places it holds."""
    units = _join_lines(text)
    weights = [len(_LETTER.findall(unit)) + (DENSE_WEIGHT - 1) * len(_DENSE.findall(unit)) for unit in units]
    ends = list(accumulate(weights))
    if not ends or not ends[-1]:
        return []
    windows: dict[tuple[int, int], int] = defaultdict(int)
    number = 0
    for place in range(PLACES):
        wanted = (place + 0.5) / PLACES * ends[-1]
        while ends[number] < wanted:
            number += 1
        inside = 1 - (ends[number] - wanted) / weights[number]  # how far into the unit, 0 to 1
        room = max(0, len(units[number]) - MAX_WINDOW)
        windows[number, int(min(1.0, max(0.0, inside)) * room) // MAX_WINDOW * MAX_WINDOW] += 1
    return [(units[unit][start : start + MAX_WINDOW], count) for (unit, start), count in windows.items()]


def _join_lines(text: str) -> list[str]:
    """Return the lines of a text, short ones joined with those that follow."""
    units: list[str] = []
    pending, letters = [], 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        pending.append(line.strip())
        letters += len(_LETTER.findall(line)) + len(_DENSE.findall(line))
        if letters >= MIN_WINDOW:
            units.append("\n".join(pending))
            pending, letters = [], 0
    return [*units, "\n".join(pending)] if pending else units


def _judge_window(window: str) -> tuple[str | None, float]:
    """Return the language of a paragraph and its probability; None where it is no prose, or not clear."""
    weights = weigh_scripts(window)
    script = max(weights, key=lambda name: weights[name], default="")
    if script in ("Hani", "Kana"):
        return ("ja" if is_japanese(window) else "zh"), 1.0
    known = known_languages(script)
    if len(known) == 1 and script not in ("Latn", "Cyrl"):
        return next(iter(known)), 1.0
    own = " ".join(run.text for run in split_scripts(window) if run.script == script)
    found = {lang: p for lang, p in detect_fast(own).items() if script in scripts_of(lang)}
    if not found:
        return None, 0.0
    lang = max(found, key=lambda name: found[name])
    together = sum(p for name, p in found.items() if head_of(name) == head_of(lang))
    return (lang, found[lang]) if together >= MIN_PROBABILITY and _is_prose(own, lang) else (None, 0.0)


def _is_prose(text: str, lang: str) -> bool:
    """Return whether a text has as many words that carry grammar as sentences have; true where none are known."""
    listed = FUNCTION_WORDS.get(lang)
    words = _WORD.findall(text.lower())
    return listed is None or sum(word in listed for word in words) >= MIN_FUNCTION_WORDS * len(words)


def _guess(sample: str) -> str:
    """Return the detector's language of a text without prose, "und" if it does not know."""
    lang, probability = next(iter(detect_fast(sample[:2000], 1).items()), ("und", 0.0))
    return lang if probability > 0.3 else "und"
