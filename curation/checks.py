"""What is wrong with a query, seen from the query and its passage alone: the checks in the order of their cost, each
with its reasons.

ended -> shape -> language -> self-contained -> grounded -> places. Fast enough to be asked of every answer as it
arrives.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

import regex

from curation.answers import recover_question
from curation.config import FilterConfig
from curation.language import fits_script, is_language
from curation.wording import QUESTION_MARK, apologises, asks, is_question, points_at_text
from data.text import UNSPACED, letters, normalise

PLACES = ("first", "second")  # parts of an answer that must be quotations of the passage
_ENDED = {"length": "cut_off", "refused": "refused", "failed": "failed", "unreadable": "unreadable"}
# Tags have names in ASCII: Korean puts titles of works in angle brackets.
_MARKUP = regex.compile(r"```|</?[A-Za-z][A-Za-z0-9]*(?:\s[^>]*)?/?>|^#{1,6} |\*\*|https?://")
_JSON = regex.compile(r"^(?:```\w*\s*)?[\[{]\s*[\"'\[{]")
_LABELS = regex.compile(r"^\W{0,4}(\p{L}[\p{L}_]{0,19})(?: \d+)?\W{0,4}[:：]", regex.MULTILINE)
_DENSE = regex.compile(rf"[{UNSPACED}\p{{Hangul}}]")
_LETTER = regex.compile(r"\p{L}")
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
_BETWEEN_WORDS = regex.compile(r"[^\p{L}\p{N}\p{M}]+")
_SENTENCE = regex.compile(r"[^.!?؟।。！？\n]+")
MIN_LETTERS, MIN_LETTERS_DENSE, MIN_LETTERS_KEYWORDS = 10, 5, 3
MIN_CLAIM_WORDS, MIN_CLAIM_LETTERS_DENSE = 4, 8
MIN_PLACE_LETTERS = 5
MAX_CHARACTERS = 400


@dataclass(frozen=True)
class Asked:
    """A query with what it was asked about; what every check reads. `query_lang`: the language that was asked for,
    None for that of the passage.
    """

    query: str
    lang: str
    style: str
    finish_reason: str
    passage: str
    query_lang: str | None = None
    generator: str = "openai"
    details: dict[str, str] | None = None

    @property
    def expected(self) -> str:
        """The language that the query must be in."""
        return self.query_lang or self.lang

    @property
    def is_extractive(self) -> bool:
        """Whether the query was made of the passage's own words."""
        return self.style == "keywords" and self.generator == "extractive"

    @cached_property
    def language(self) -> tuple[bool, str]:
        """Whether the query is in the expected language, and the language that it was taken for."""
        return is_language(self.query, self.expected)

    @cached_property
    def overlap(self) -> float:
        """Share of the query's character n-grams that stand in the passage."""
        return lexical_overlap(self.query, self.passage)


Check = Callable[[Asked, FilterConfig], str | None]


def quick_reason(asked: Asked, config: FilterConfig) -> str | None:
    """Return the first reason to drop a query, None if there is none; labels and preambles are taken off before."""
    query = recover_question(asked.query)
    return first_reason(asked if query == asked.query else replace(asked, query=query), config)


def first_reason(asked: Asked, config: FilterConfig) -> str | None:
    """Return the first reason to drop a query that has no preamble any more."""
    return next((reason for check in CHECKS if (reason := check(asked, config))), None)


def check_ended(asked: Asked, config: FilterConfig) -> str | None:
    """The answer came, came to its end, and could be read."""
    if asked.finish_reason in _ENDED:
        return _ENDED[asked.finish_reason]
    labels = {label.casefold() for label in _LABELS.findall(asked.query)} if "\n" in asked.query else ()
    return "unreadable" if len(labels) > 1 or _JSON.search(asked.query) else None


def check_shape(asked: Asked, config: FilterConfig) -> str | None:
    """One question, claim or line of keywords of a sensible length, without markup, and not an apology."""
    query = asked.query
    if not _LETTER.search(query):
        return "empty"
    if len(query) > 10 * MAX_CHARACTERS:
        return "too_long"
    if apologises(query):
        return "refusal"
    if len([line for line in query.splitlines() if line.strip()]) > 1:
        return "several_questions" if len(QUESTION_MARK.findall(query)) > 1 else "extra_content"
    if _MARKUP.search(query):
        return "markup"
    dense = bool(_DENSE.search(query))
    few = MIN_LETTERS_DENSE if dense else MIN_LETTERS
    if asked.style == "keywords" and not asked.is_extractive:
        few = MIN_LETTERS_KEYWORDS
    if len(_LETTER.findall(query)) < few:
        return "too_short"
    if len(query) > MAX_CHARACTERS:
        return "too_long"
    if asked.style == "question" and not asks(query, asked.expected):
        return "no_question"
    return "no_claim" if asked.style == "claim" and not _may_be_claim(query, asked.expected, dense) else None


def _may_be_claim(query: str, lang: str, dense: bool) -> bool:
    if is_question(query, lang):
        return False
    if dense:
        return len(_LETTER.findall(query)) >= MIN_CLAIM_LETTERS_DENSE
    return len(_WORD.findall(query)) >= MIN_CLAIM_WORDS


def check_language(asked: Asked, config: FilterConfig) -> str | None:
    """The query is in the language asked for; of keywords, which no detector knows well, only the script is judged."""
    if asked.is_extractive:
        return None
    right = fits_script(asked.query, asked.expected) if asked.style == "keywords" else asked.language[0]
    return None if right else "other_language"


def check_self_contained(asked: Asked, config: FilterConfig) -> str | None:
    """The query can be understood without the passage."""
    if asked.style != "keywords" and points_at_text(asked.query, asked.expected):
        return "points_at_text"
    return None


def check_grounding(asked: Asked, config: FilterConfig) -> str | None:
    """The query shares content with the passage, but is not a sentence of it. Across languages neither can be seen."""
    if asked.is_extractive or asked.expected != asked.lang:
        return None
    if asked.style != "keywords" and _copies_sentence(asked, config.max_copied_share):
        return "copied_sentence"
    return "not_grounded" if asked.overlap < config.min_overlap else None


def check_places(asked: Asked, config: FilterConfig) -> str | None:
    """The quoted places stand in the passage, and do not overlap."""
    details = asked.details or {}
    if not all(place in details for place in PLACES):
        return None
    plain = letters(asked.passage)
    first, second = (_occurrences(letters(details[place]), plain) for place in PLACES)
    apart = any(one[1] <= other[0] or other[1] <= one[0] for one in first for other in second)
    return None if apart else "places_not_found"


def _occurrences(quotation: str, plain: str) -> list[tuple[int, int]]:
    """Return the first and the last place of a quotation, `[start, end)`; a few letters are none."""
    if len(quotation) < MIN_PLACE_LETTERS or quotation not in plain:
        return []
    starts = (plain.find(quotation), plain.rfind(quotation))
    return [(start, start + len(quotation)) for start in starts]


CHECKS: tuple[Check, ...] = (
    check_ended,
    check_shape,
    check_language,
    check_self_contained,
    check_grounding,
    check_places,
)


def read_details(details: str | None) -> dict[str, str]:
    """Return the parts of an answer from a row's JSON object; empty where there are none."""
    return json.loads(details) if details else {}


def lexical_overlap(query: str, passage: str) -> float:
    """Return the share of the query's character n-grams that stand in the passage (pairs in dense scripts, else
    threes; shorter words as a whole).

    N-grams, not words: endings, particles and compounds differ between a question and the text that answers it.
    """
    plain = normalise(query)
    width = _gram_width(plain)
    grams = _grams(plain, width)
    spaced = _spaced(passage)
    found = sum((gram if len(gram) == width else f" {gram} ") in spaced for gram in grams)
    return found / len(grams) if grams else 0.0


@lru_cache(maxsize=64)
def _spaced(passage: str) -> str:
    """Return the words of a passage, normalised, with a space before and after each one."""
    return f" {_BETWEEN_WORDS.sub(' ', normalise(passage))} "


def _gram_width(plain: str) -> int:
    return 2 if len(_DENSE.findall(plain)) * 2 > len(_LETTER.findall(plain)) else 3


def _grams(plain: str, width: int) -> set[str]:
    words = _WORD.findall(plain)
    return {word[at : at + width] for word in words for at in range(max(1, len(word) - width + 1))}


def _copies_sentence(asked: Asked, share: float) -> bool:
    plain = letters(asked.query)
    if not QUESTION_MARK.search(asked.query) and plain in _spaced(asked.passage).replace(" ", ""):
        return True
    if asked.overlap < share:  # a sentence that holds this share of the n-grams is part of the passage
        return False
    normal = normalise(asked.query)
    width = _gram_width(normal)
    grams = _grams(normal, width)
    for sentence in _SENTENCE.findall(asked.passage):
        other = letters(sentence)
        if min(len(plain), len(other)) < share * max(len(plain), len(other)):
            continue
        own = _grams(normalise(sentence), width)
        if own and len(grams & own) >= share * max(len(grams), len(own)) and _in_order(plain, other) >= share:
            return True
    return False


def _in_order(query: str, sentence: str) -> float:
    """Return the share of the longer text that stands in both in the same order: a question turns words round."""
    blocks = SequenceMatcher(None, query, sentence, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 2) / max(len(query), len(sentence), 1)
