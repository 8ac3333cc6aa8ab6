"""Character n-grams of a query, counted in its passage: how much of it is there, literally."""

from functools import lru_cache

import regex

from data.text import UNSPACED, normalise

DENSE = regex.compile(rf"[{UNSPACED}\p{{Hangul}}]")  # a letter is a syllable or a word
LETTER = regex.compile(r"\p{L}")
WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
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
