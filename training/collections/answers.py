"""Judging by answers, as open-domain question answering does: a document that holds an answer is relevant.

    qrels = judged_by_answers(collection, {"dense": rankings["dense"].documents})     # one mode at a time

Nobody has judged the documents of such a collection, and no one needs to scan it: only documents that were found are
looked at. The rule is that of the paper's code, which it has from DPR: both sides in NFD and lower case, cut into words
(letters, digits, marks) and single signs, and the answer's tokens stand somewhere in the document's in a row. Dashes,
quotes and strokes that differ in form alone count as the same.
"""

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
import regex

from training.collections.collection import JudgedCollection

NO_HIT = "(a document with an answer, not found)"
_TOKEN = regex.compile(r"[\p{L}\p{N}\p{M}]+|[^\p{Z}\p{C}]")
_ONE_FORM = {
    "-": "‐‑‒–—―⁃−－⁻",
    '"': "“”„‟",
    "'": "‘’‚‛´՚Ꞌꞌ＇′‵",
    "''": "″‶",
    "'''": "‴‷",
    "''''": "⁗",
    "...": "…",
    "/": "⁄∕",
    "": "\u00ad",
}
_HAS_FORMS = regex.compile(f"[{regex.escape(''.join(_ONE_FORM.values()))}]+")
_FORMS = str.maketrans({form: one for one, forms in _ONE_FORM.items() for form in forms})


def matching_form(text: str) -> str:
    """Return the tokens of `text`, a line feed before and after each: a run of tokens is a substring. None: empty."""
    return _in_tokens(_in_one_form(text))


def judged_by_answers(
    collection: JudgedCollection, rankings: Mapping[str, Sequence[np.ndarray]], depth: int = 100
) -> dict[str, dict[str, int]]:
    """Return judgements (question id -> document id -> 1) under which recall at `depth` is hit or miss.

    `rankings` holds one mode (its name -> for each question the document numbers, best first): the first document among
    the best `depth` with an answer is marked, and no other, since with several relevant documents recall would be a
    share of them. A question without a hit keeps `NO_HIT`, which no ranking holds, so that it counts as 0. Raises
    `ValueError` for several modes: their first hits may differ.
    """
    if len(rankings) != 1:
        raise ValueError(f"one mode is judged at a time, not {len(rankings)}")
    (ranked,) = rankings.values()
    qrels: dict[str, dict[str, int]] = {}
    for query_id, documents in zip(collection.query_ids, ranked, strict=True):
        answers = [form for form in map(matching_form, collection.answers[query_id]) if form]
        hit = next((number for number in documents[:depth] if _holds(collection.texts[number], answers)), None)
        qrels[query_id] = {NO_HIT if hit is None else collection.docids[hit]: 1}
    return qrels


def _in_one_form(text: str) -> str:
    """Return `text` in NFD and lower case, with one form of each sign."""
    text = text.replace("`", "'")
    if not text.isascii():  # nothing else of ASCII has another form
        text = unicodedata.normalize("NFD", _HAS_FORMS.sub(lambda found: found[0].translate(_FORMS), text))
    return text.lower()


def _in_tokens(text: str) -> str:
    tokens = _TOKEN.findall(text)
    return "\n".join(["", *tokens, ""]) if tokens else ""


def _holds(text: str, answers: Sequence[str]) -> bool:
    """Return whether one of the answers, in their matching form, stands in `text`.

    To cut a document into tokens takes most of the time, and most hold no answer: so first each token of an answer is
    looked for as letters.
    """
    text = _in_one_form(text)
    likely = [answer for answer in answers if all(token in text for token in answer.split("\n"))]
    if not likely:
        return False
    form = _in_tokens(text)
    return any(answer in form for answer in likely)
