"""Checks against the passage: the query is about it, does not copy a sentence of it, and quotes it where it says so."""

from difflib import SequenceMatcher

import regex

from curation.checks.asked import Asked
from curation.checks.grams import content_overlap, gram_width, grams_of, is_dense, spaced_words
from curation.checks.wording import asking_words, ends_in_mark, worded_as_question
from curation.config import FilterConfig
from data.text import letters, normalise

PLACES = ("first", "second")  # parts of an answer that must be quotations of the passage
_THAI = regex.compile(r"\p{Thai}")
_SENTENCE = regex.compile(r"[^.!?؟।。！？\n]+")
MIN_PLACE_LETTERS = 5
MIN_CONTENT_WORDS = 4  # of fewer, all may be said in other words
MIN_IN_DOCUMENT = 0.35  # share of the content words; a long document of another subject has some of them, too
# From this many letters on no question stands word for word in a passage; where words are not inflected, or a question
# may be a sentence that stops before its answer (Thai), shorter ones do.
LONG_LETTERS, LONG_LETTERS_DENSE, LONG_LETTERS_THAI = 1, 12, 60
MIN_BLOCK = 3  # letters; shorter pieces stand in both texts by chance


def check_copy(asked: Asked, config: FilterConfig) -> str | None:
    """It is not a sentence of the passage, nor a piece of one, with or without a question mark."""
    if not asked.sees_passage or asked.style == "keywords":
        return None
    return "copied_sentence" if _copies(asked, config.max_copied_share) else None


def check_grounded(asked: Asked, config: FilterConfig) -> str | None:
    """It has something in common with the passage, or at least with its document: what a question says in its own words
    stands there in others, but hardly ever in others everywhere.
    """
    if not asked.sees_passage:
        return None
    share, words = content_overlap(asked.query, asked.passage, asked.lang)
    if share >= config.min_overlap:
        return None
    if asked.document is None or words < MIN_CONTENT_WORDS:
        return "not_grounded" if asked.overlap < config.min_overlap else None
    in_document, _ = content_overlap(asked.query, asked.document, asked.lang)
    return "not_grounded" if in_document < MIN_IN_DOCUMENT else None


def check_literal(asked: Asked, config: FilterConfig) -> str | None:
    """It does not take too many of its words from the passage: BM25 finds such a question without being taught."""
    return "too_literal" if asked.overlap > config.max_lexical_overlap else None


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


def _copies(asked: Asked, share: float) -> bool:
    if asked.overlap < share:  # what is copied for this share has its n-grams in the passage
        return False
    plain = letters(asked.query)
    is_asking = worded_as_question(asked.query, asked.expected)
    if plain in spaced_words(asked.passage).replace(" ", "") and (
        len(plain) >= _long_letters(plain) or not (is_asking and ends_in_mark(asked.query))
    ):
        return True
    return any(
        _copies_sentence(asked, plain, is_asking, sentence, share) for sentence in _SENTENCE.findall(asked.passage)
    )


def _copies_sentence(asked: Asked, plain: str, is_asking: bool, sentence: str, share: float) -> bool:
    """Return whether the query has at least `share` of its n-grams and letters in common with a sentence, in the same
    order.

    What asks may do so in the words of the sentence, with an asking word where the answer stands: that leaves a third
    of the room for difference, and a part of the sentence is no copy.
    """
    other = letters(sentence)
    if len(other) < share * len(plain):
        return False
    normal = normalise(asked.query)
    width = gram_width(normal)
    grams, own = grams_of(normal, width), grams_of(normalise(sentence), width)
    if not own or len(grams & own) < share * len(grams):
        return False
    if is_asking or asking_words(asked.query, asked.expected) - asking_words(sentence, asked.expected):
        return _in_order(plain, other, max(len(plain), len(other))) >= 1 - (1 - share) / 3
    return _in_order(plain, other, len(plain)) >= share


def _long_letters(plain: str) -> int:
    if not is_dense(plain):
        return LONG_LETTERS
    return LONG_LETTERS_THAI if _THAI.search(plain) else LONG_LETTERS_DENSE


def _in_order(query: str, sentence: str, whole: int) -> float:
    """Return how many letters stand in both texts in the same order, as a share of `whole`."""
    blocks = SequenceMatcher(None, query, sentence, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= MIN_BLOCK) / max(whole, 1)
