"""Questions that lack their subject: "What did he do next?", "What is it?", and their like in each language.

A question lacks it if nothing but words that name nothing (`curation.checks.nameless_words`) is in it, if nothing but
such words stands before its first pronoun, or if beside a pronoun there is but one other word, which is no name. A
language that is not listed is not judged.
"""

# ruff: noqa: E501 - tables of words and patterns, one language a line

from functools import lru_cache

import regex

from curation.checks.empty_frames import is_empty_frame
from curation.checks.nameless_words import (
    POSSESSIVES,
    PRONOUN_PIECES,
    PRONOUNS,
    content_words,
    has_lists,
    nameless_pieces,
    nameless_words,
    words_of,
)
from curation.checks.thin_words import is_thin, may_be_thin, thin_pieces
from data.text import normalise

# "it" and its like that stand for nothing, or for what follows: "How much does it cost to ...", "Is it true that ...".
_EXPLETIVE = {
    "en": regex.compile(r"\bit (?:\w+ ){1,5}?(?:that|to|for) \w|\bit mean (?:when|if) \w"),
    "de": regex.compile(r"\b(?:gibt|gab|gäbe|handelt|handelte|kommt|kam|ging|geht|bedarf) es\b|\bes (?:\w+ )*?(?:gibt|gab|zu|dass|wenn)\b|^\W*es\b|\bes, d[aie]s?\b"),
    "fr": regex.compile(r"\bcel(?:ui|le|les) qu|\bceux qu|\bil (?:y a|faut|existe|s['’]agit)|\by[- ]a[- ](?:t[- ])?il|\b(?:existe|faut|agit|passe|arrive|produit)[- ](?:t[- ])?il\b|\best[- ]il (?:\w+ ){1,2}(?:d|que?\b)|\bs['’]est[- ]il\b|\best[- ]il arrivé|\bce (?:qu|que|qui|sont|fut|était)\b"),
    "hi": regex.compile(r"(?<!\p{L})(?:जो|जिस\w*|जिन\w*|कि)(?!\p{L})"),
    "it": regex.compile(r"\bquell[oaie] (?:di|del|che)\b"),
    "pt": regex.compile(r"\baquel[ea]s? (?:que|d)"),
    "es": regex.compile(r"\baquell[oa]s? (?:que|d)"),
}  # fmt: skip
_OFTEN_NO_PRONOUN = {
    "en": {"that"}, "fr": {"y", "en", "leur", "ce"}, "ru": {"это", "то", "та", "те", "им"}, "ko": {"이", "여기"}, "hi": {"उस", "उन", "इस", "इन"},
}  # fmt: skip


_REPEATS_SUBJECT = {"fr": {"il", "elle", "ils", "elles"}}  # "Quand le pont s'est-il écroulé ?"
_NAME = regex.compile(r"\p{Lu}.*\p{Lu}|\p{N}|[\"“„«]")  # a name behind the first capital, a number, a quotation
_QUOTED = regex.compile(r"\"[^\"]{2,}\"|“[^”]{2,}”|„[^“”]{2,}[“”]|«[^»]{2,}»|『[^』]{2,}』|「[^」]{2,}」|《[^》]{2,}》")
_LETTER = regex.compile(r"[\p{L}\p{N}]")


@lru_cache
def _pronouns(lang: str) -> frozenset[str]:
    return frozenset(normalise(PRONOUNS[lang]).split()) - _OFTEN_NO_PRONOUN.get(lang, set())


@lru_cache
def _possessives(lang: str) -> frozenset[str]:
    return frozenset(normalise(POSSESSIVES[lang]).split())


@lru_cache
def _pronoun_pieces(lang: str) -> regex.Pattern:
    return regex.compile(PRONOUN_PIECES[lang])


def lacks_subject(text: str, lang: str) -> bool:
    """Return whether `text` names nothing, or has a pronoun where it should name what it is about."""
    if not has_lists(lang):
        return False
    text = _QUOTED.sub(" 0 ", text)  # a title is a name, whatever words it is made of
    content = content_words(text, lang)
    if not content or _is_thin(text, content, lang) or is_empty_frame(text, lang):
        return True
    plain = normalise(text)
    pieces = nameless_pieces(lang)
    if pieces is not None:
        found = _pronoun_pieces(lang).search(plain)
        return found is not None and not _LETTER.search(pieces.sub("", plain[: found.start()]))
    words, nameless, pronouns = words_of(text), nameless_words(lang), _pronouns(lang)
    if lang in _EXPLETIVE and _EXPLETIVE[lang].search(plain):
        return False
    first = next(number for number, word in enumerate(words) if word not in nameless)
    if any(word in pronouns for word in words[:first]):
        return True
    lacking = (pronouns | _possessives(lang)) - _REPEATS_SUBJECT.get(lang, set())
    return len(content) == 1 and not _NAME.search(text) and any(word in lacking for word in words)


def _is_thin(text: str, content: list[str], lang: str) -> bool:
    """Return whether nothing in a text says what it is about: all its words are thin, or name nothing."""
    if not may_be_thin(text, lang):
        return False
    if nameless_pieces(lang) is None:
        return all(is_thin(word, lang) for word in content)
    return not _LETTER.search(_thin_and_nameless(lang).sub("", normalise(text)))


@lru_cache
def _thin_and_nameless(lang: str) -> regex.Pattern:
    pieces = nameless_pieces(lang)
    return regex.compile(f"{PRONOUN_PIECES[lang]}|{thin_pieces(lang)}|{pieces.pattern if pieces else ''}")
