"""Checks against the passage: the query is about it, does not copy a sentence of it, and quotes it where it says so."""

from difflib import SequenceMatcher

import regex

from curation.asked import Asked
from curation.config import FilterConfig
from curation.grams import content_overlap, gram_width, grams_of, is_dense, spaced_words
from curation.wording import asks_at_end, ends_in_mark, worded_as_question
from data.text import letters, normalise

PLACES = ("first", "second")  # parts of an answer that must be quotations of the passage
_SENTENCE = regex.compile(r"[^.!?؟।。！？\n]+")
MIN_PLACE_LETTERS = 5
MIN_CONTENT_WORDS = 4  # of fewer, all may be said in other words
MIN_IN_DOCUMENT = 0.35  # share of the content words; a long document of another subject has some of them, too
LONG_LETTERS, LONG_LETTERS_DENSE = 30, 12
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
    in_passage = plain in spaced_words(asked.passage).replace(" ", "")
    is_asking = worded_as_question(asked.query, asked.expected) or asks_at_end(asked.query, asked.expected)
    few_letters = LONG_LETTERS_DENSE if is_dense(plain) else LONG_LETTERS  # a short question may be a piece by chance
    if in_passage and (len(plain) >= few_letters or not (ends_in_mark(asked.query) and is_asking)):
        return True
    if is_asking:  # it may ask in the words of the sentence, an asking word where the answer stands
        share = 1 - (1 - share) / 3
    normal = normalise(asked.query)
    width = gram_width(normal)
    grams = grams_of(normal, width)
    for sentence in _SENTENCE.findall(asked.passage):
        other = letters(sentence)
        if len(other) < share * len(plain) or (is_asking and len(plain) < share * len(other)):
            continue
        own = grams_of(normalise(sentence), width)
        # A question may ask about a part of a sentence in its words; only as a statement is the part a copy.
        longest = max(len(grams), len(own)) if is_asking else len(grams)
        if own and len(grams & own) >= share * longest and _in_order(plain, other, is_asking) >= share:
            return True
    return False


def _in_order(query: str, sentence: str, of_both: bool) -> float:
    """Return the share of the query (or of the longer text) that stands in both in the same order: a question turns
    words round.
    """
    blocks = SequenceMatcher(None, query, sentence, autojunk=False).get_matching_blocks()
    whole = max(len(query), len(sentence), 1) if of_both else max(len(query), 1)
    return sum(block.size for block in blocks if block.size >= MIN_BLOCK) / whole
