"""Which language a document is in, which other one much of it is in, and its script.

A document is read at many places, evenly spread over its prose: code, addresses, tags and comments are taken out
before. At each place the paragraph around it (short ones together with their like) is judged by itself, or not at all
where it is no prose: rows of names, commands and numbers vote for nothing. So code and product names do not make a
Korean page "mixed with English", but a page whose second half was left untranslated is marked.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import accumulate

import regex

from curation.language.detectors import detect_fast, head_of, known_languages
from curation.language.function_words import FUNCTION_WORDS
from curation.language.scripts import (
    is_japanese,
    name_script,
    scripts_of,
    split_scripts,
    weigh_scripts,
)

_NOT_PROSE = regex.compile(
    r"<!--.*?-->|<(script|style|pre|code)\b.*?</\1>",
    regex.DOTALL | regex.IGNORECASE,
)
_FENCE = regex.compile(r"^[ \t>]*(?:```|~~~)`*[ \t]*(\S?)[^\n]*$", regex.MULTILINE)
_SYMBOL = regex.compile(r"[(){}\[\]=;<>_/\\|$&*+\"'`#]")
_INLINE = regex.compile(
    r"``[^\n]*?``|`[^`\n]*`|\]\([^)\n]*\)|<[^<>\n]{1,300}>|\{\{.*?\}\}|https?://\S+|www\.\S+|\S+@\S+|\$[^$\n]{1,200}\$"
    r"|[\w.-]*[/\\_=][\w./\\=-]*|--?[a-z][\w-]*"
)
_LETTER = regex.compile(r"\p{L}")
_DENSE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
PLACES = 30
CODE_SYMBOLS = 0.1  # for each letter
MIN_WINDOW, MAX_WINDOW = 120, 400  # characters
DENSE_WEIGHT = 2.2  # letters of other scripts that one of these is worth
MIN_OTHER_SHARE, MIN_OTHER_PLACES = 0.12, 3  # share of the places that could be judged
MIN_PROBABILITY, MIN_FUNCTION_WORDS = 0.6, 0.1


@dataclass(frozen=True, kw_only=True)
class DocumentLanguage:
    """The main language of a document ("und": unknown), another one that much of it is in, and its ISO 15924 script."""

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
    enough = max(MIN_OTHER_SHARE * sum(votes.values()), MIN_OTHER_PLACES)
    others = [head for head in ranking if head != main and votes[head] >= enough]
    lang = given or _best_member(main, members)
    return DocumentLanguage(
        lang=lang, other_lang=_best_member(others[0], members) if others else None, script=name_script(sample, lang)
    )


def _best_member(head: str, members: dict[str, float]) -> str:
    return max((lang for lang in members if head_of(lang) == head), key=lambda lang: (members[lang], lang))


def _prose(text: str) -> str:
    """Return `text` without code, addresses and tags; its lines stay lines."""
    return _INLINE.sub(" ", _without_blocks(_NOT_PROSE.sub("\n", text)))


def _without_blocks(text: str) -> str:
    """Return `text` without fenced code. A text may begin or end within a block, so that what stands between two fences
    is only taken for code where the first one names a language, or where it is full of symbols.
    """
    kept: list[str] = []
    start, named, inside = 0, False, False
    for fence in _FENCE.finditer(text):
        block = text[start : fence.start()]
        opens = bool(fence.group(1))
        closed_code = inside and not opens and (named or _is_code(block))
        if not closed_code:
            kept.append(block)
        inside, named = opens or not closed_code, opens
        start = fence.end()
    return "\n".join([*kept, text[start:]])


def _is_code(block: str) -> bool:
    return len(_SYMBOL.findall(block)) > CODE_SYMBOLS * len(_LETTER.findall(block))


def _take_windows(text: str) -> list[tuple[str, int]]:
    """Return the paragraphs at evenly spread places of a text, each with how many places it holds."""
    units = _cut_units(text)
    weights = [len(_LETTER.findall(unit)) + (DENSE_WEIGHT - 1) * len(_DENSE.findall(unit)) for unit in units]
    ends = list(accumulate(weights))
    if not ends or not ends[-1]:
        return []
    places = [bisect_left(ends, (place + 0.5) / PLACES * ends[-1]) for place in range(PLACES)]
    return [(units[number], count) for number, count in Counter(places).items()]


def _cut_units(text: str) -> list[str]:
    """Return the lines of a text, long ones cut, short ones joined with their like."""
    units: list[str] = []
    pending: list[str] = []
    length = 0
    for line in map(str.strip, text.split("\n")):
        if len(line) >= MIN_WINDOW or length >= MIN_WINDOW:
            units.append("\n".join(pending))
            pending, length = [], 0
        if len(line) >= MIN_WINDOW:
            units += [line[start : start + MAX_WINDOW] for start in range(0, len(line), MAX_WINDOW)]
        else:
            pending.append(line)
            length += len(line)
    return [*units, "\n".join(pending)]


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
    return (
        (lang, found[lang])
        if together >= MIN_PROBABILITY and (script != "Latn" or _is_prose(own, lang))
        else (None, 0.0)
    )


def _is_prose(text: str, lang: str) -> bool:
    """Return whether a text has as many words that carry grammar as sentences have; true where none are known."""
    listed = FUNCTION_WORDS.get(lang)
    words = _WORD.findall(text.lower())
    return listed is None or sum(word in listed for word in words) >= MIN_FUNCTION_WORDS * len(words)


def _guess(sample: str) -> str:
    """Return the detector's language of a text without prose, "und" if it does not know."""
    lang, probability = next(iter(detect_fast(sample[:2000], 1).items()), ("und", 0.0))
    return lang if probability > 0.3 else "und"
