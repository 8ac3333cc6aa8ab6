"""Character n-grams of a query, counted in its passage: how much of it is there, literally."""

from functools import lru_cache

import regex

from curation.checks.nameless_words import content_words
from data.text import UNSPACED, normalise

DENSE = regex.compile(rf"[{UNSPACED}\p{{Hangul}}]")  # a letter is a syllable or a word
LETTER = regex.compile(r"\p{L}")
WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
_GRAMS = {"ja": 2, "zh": 2, "th": 3, "lo": 3, "my": 3, "km": 3}
_STEMS = {"ko": 2, "ar": 4}  # letters of a word that its endings leave alone
_HIRAGANA = regex.compile(r"\p{Hiragana}+")
_ARABIC_PREFIX = regex.compile(r"^(?:وال|بال|كال|فال|لل|ال|[وبلفك])(?=.{3})")
_BETWEEN_WORDS = regex.compile(r"[^\p{L}\p{N}\p{M}]+")


def lexical_overlap(query: str, passage: str) -> float:
    """Return the share of the query's character n-grams that stand in the passage (pairs in dense scripts, else
    threes; shorter words as a whole).

    N-grams, not words: endings, particles and compounds differ between a question and the text that answers it.
    """
    plain = normalise(query)
    width = gram_width(plain)
    grams = grams_of(plain, width)
    spaced = spaced_words(passage)
    found = sum((gram if len(gram) == width else f" {gram} ") in spaced for gram in grams)
    return found / len(grams) if grams else 0.0


def content_overlap(query: str, passage: str, lang: str) -> tuple[float, int]:
    """Return the share of the query's content words whose beginnings stand in the passage, and how many words there
    are; a share of 1 where there is none. In scripts without spaces n-grams stand for the words.
    """
    pieces = _content_pieces(query, lang)
    spaced = spaced_words(passage)
    return (sum(piece in spaced for piece in pieces) / len(pieces) if pieces else 1.0), len(pieces)


def _content_pieces(query: str, lang: str) -> set[str]:
    words = content_words(query, lang)
    if lang in _GRAMS:
        width = _GRAMS[lang]
        if lang == "ja":  # endings and particles are written in Hiragana
            words = [part for word in words for part in _HIRAGANA.split(word) if part]
        return {word[at : at + width] for word in words for at in range(max(1, len(word) - width + 1))}
    if lang == "ar":
        words = [_ARABIC_PREFIX.sub("", word) for word in words]
    return {word[: _STEMS.get(lang, 5)] for word in words}


@lru_cache(maxsize=64)
def spaced_words(passage: str) -> str:
    """Return the words of a passage, normalised, with a space before and after each one."""
    return f" {_BETWEEN_WORDS.sub(' ', normalise(passage))} "


def is_dense(text: str) -> bool:
    """Return whether most letters of `text` are of scripts in which a letter is a syllable or a word."""
    return len(DENSE.findall(text)) * 2 > len(LETTER.findall(text))


def gram_width(plain: str) -> int:
    """Return how long the n-grams of a normalised text are: 2 in dense scripts, else 3."""
    return 2 if is_dense(plain) else 3


def grams_of(plain: str, width: int) -> set[str]:
    """Return the distinct n-grams of the words of a normalised text; a shorter word is one."""
    words = WORD.findall(plain)
    return {word[at : at + width] for word in words for at in range(max(1, len(word) - width + 1))}
