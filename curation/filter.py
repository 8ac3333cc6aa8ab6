"""Which questions are kept: checks in the order of their cost, each with one reason. What is dropped keeps all its
columns.

shape -> language -> self-contained -> grounded in the passage -> unique in the corpus. Keyword queries are made of the
passage's own words, so of them only shape and uniqueness are asked.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

import pyarrow as pa
import regex

from curation.config import FilterConfig
from curation.engine import progress
from curation.language import is_language
from curation.wording import QUESTION_MARK, apologises, asks, points_at_text
from data.bm25 import Bm25Index
from data.records import QUESTION, REJECT, conform
from data.text import UNSPACED, document_text, letters, normalise

_LABEL = regex.compile(
    r"^(?:question|frage|pregunta|domanda|pergunta|вопрос|سؤال|प्रश्न|質問|질문|คำถาม|问题|問題)\s*\d*\s*[:：]\s*",
    regex.IGNORECASE,
)
_LIST_MARK = regex.compile(r"^(?:[-*•]|\(?\d{1,2}[.)])\s+")
_MARKUP = regex.compile(r"```|</?\w+[^>]*>|^#{1,6} |\*\*|https?://")
_QUOTES = "\"'“”„«»「」『』*_` "
_DENSE = regex.compile(rf"[{UNSPACED}\p{{Hangul}}]")
_LETTER = regex.compile(r"\p{L}")
_SENTENCE = regex.compile(r"[^.!?؟।。！？\n]+")
MIN_LETTERS, MIN_LETTERS_DENSE = 10, 5
MAX_CHARACTERS = 400


@dataclass(frozen=True)
class Asked:
    """A question with what it was asked about; what every check reads."""

    query: str
    lang: str
    style: str
    finish_reason: str
    passage: str


Check = Callable[[Asked, FilterConfig], str | None]


def filter_questions(
    questions: pa.Table, passages: pa.Table, documents: pa.Table, config: FilterConfig
) -> tuple[pa.Table, pa.Table]:
    """Return the questions with what the checks measured and `reason` filled (null: kept), and the dropped ones as
    rejects.

    questions: `records.QUESTION`; passages: `records.PASSAGE`; documents: `records.DOCUMENT`, the corpus in which a
    question must be unique.
    """
    texts = dict(zip(passages["passage_id"].to_pylist(), passages["text"].to_pylist(), strict=True))
    rows = questions.to_pylist()
    for row in progress(rows, "checks", "question"):
        row["query"] = recover_question(row["answer"] or "")
        asked = Asked(row["query"], row["lang"], row["style"], row["finish_reason"] or "", texts[row["passage_id"]])
        row["reason"] = next((reason for check in _CHECKS if (reason := check(asked, config))), None)
        row["detected_lang"] = is_language(asked.query, asked.lang)[1] if asked.style == "question" else None
        row["lexical_overlap"] = lexical_overlap(asked.query, asked.passage)
    _rank_sources(rows, documents, config.uniqueness_depth)
    rejects = [
        {"place": row["query_id"], "reason": row["reason"], "detail": row["query"]} for row in rows if row["reason"]
    ]
    return conform(pa.Table.from_pylist(rows, schema=QUESTION), QUESTION), pa.Table.from_pylist(rejects, schema=REJECT)


def recover_question(answer: str) -> str:
    """Return the one question of an answer, without a preamble, a label, list marks, or quotes around it.

    Where there is not exactly one question among several lines, the answer is returned as it is, stripped.
    """
    lines = [_strip_marks(line) for line in answer.strip().splitlines() if line.strip()]
    questions = [line for line in lines if QUESTION_MARK.search(line)]
    if len(lines) > 1 and len(questions) == 1:
        return questions[0]
    return lines[0] if len(lines) == 1 else answer.strip()


def _strip_marks(line: str) -> str:
    before = ""
    while line != before:
        before = line
        line = _LABEL.sub("", _LIST_MARK.sub("", line.strip()))
        if line[:1] and line[:1] in _QUOTES and line[-1:] in _QUOTES:
            line = line.strip(_QUOTES)
    return line


def check_shape(asked: Asked, config: FilterConfig) -> str | None:
    """One question of a sensible length, without markup, and not an apology."""
    query = asked.query
    if not _LETTER.search(query):
        return "empty"
    if asked.finish_reason == "length":
        return "cut_off"
    if apologises(query):
        return "refusal"
    if len([line for line in query.splitlines() if line.strip()]) > 1:
        return "several_questions" if len(QUESTION_MARK.findall(query)) > 1 else "extra_content"
    if _MARKUP.search(query):
        return "markup"
    dense = bool(_DENSE.search(query))
    if len(_LETTER.findall(query)) < (MIN_LETTERS_DENSE if dense else MIN_LETTERS):
        return "too_short"
    if len(query) > MAX_CHARACTERS:
        return "too_long"
    if asked.style == "question" and not asks(query, asked.lang):
        return "no_question"
    return None


def check_language(asked: Asked, config: FilterConfig) -> str | None:
    """The question is in the language of the document."""
    if asked.style == "question" and not is_language(asked.query, asked.lang)[0]:
        return "other_language"
    return None


def check_self_contained(asked: Asked, config: FilterConfig) -> str | None:
    """The question can be understood without the passage."""
    if asked.style == "question" and points_at_text(asked.query, asked.lang):
        return "points_at_text"
    return None


def check_grounding(asked: Asked, config: FilterConfig) -> str | None:
    """The question shares content with the passage, but is not a sentence of it."""
    if asked.style != "question":
        return None
    if _copies_sentence(asked.query, asked.passage, config.max_copied_share):
        return "copied_sentence"
    if lexical_overlap(asked.query, asked.passage) < config.min_overlap:
        return "not_grounded"
    return None


_CHECKS: tuple[Check, ...] = (check_shape, check_language, check_self_contained, check_grounding)


def lexical_overlap(query: str, passage: str) -> float:
    """Return the share of the query's character n-grams that stand in the passage (pairs in dense scripts, else
    threes).

    N-grams, not words: endings, particles and compounds differ between a question and the text that answers it.
    """
    grams = _grams(query)
    return len(grams & _grams(passage)) / len(grams) if grams else 0.0


def _grams(text: str) -> set[str]:
    plain = normalise(text)
    width = 2 if len(_DENSE.findall(plain)) * 2 > len(_LETTER.findall(plain)) else 3
    words = regex.findall(r"[\p{L}\p{N}\p{M}]+", plain)
    return {word[at : at + width] for word in words for at in range(max(1, len(word) - width + 1))}


def _copies_sentence(query: str, passage: str, share: float) -> bool:
    plain = letters(query)
    if not QUESTION_MARK.search(query) and plain in letters(passage):
        return True
    grams = _grams(query)
    for sentence in _SENTENCE.findall(passage):
        own = _grams(sentence)
        if (
            own
            and len(grams & own) >= share * max(len(grams), len(own))
            and _in_order(plain, letters(sentence)) >= share
        ):
            return True
    return False


def _in_order(query: str, sentence: str) -> float:
    """Return the share of the longer text that stands in both in the same order: a question turns words round."""
    blocks = SequenceMatcher(None, query, sentence, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 2) / max(len(query), len(sentence), 1)


def _rank_sources(rows: list[dict[str, object]], documents: pa.Table, depth: int) -> None:
    """Fill `bm25_rank` of the questions still kept; drop those whose source document is not among the `depth` best."""
    if not depth:
        return
    waiting = defaultdict(list)
    for row in rows:
        if row["reason"] is None:
            waiting[str(row["lang"])].append(row)
    langs = documents["lang"].to_pylist()
    for lang, asked in sorted(waiting.items()):
        numbers = [number for number, other in enumerate(langs) if other == lang]
        ids = documents["docid"].take(numbers).to_pylist()
        titles = documents["title"].take(numbers).to_pylist()
        texts = (document_text(titles[at], documents["text"][number].as_py()) for at, number in enumerate(numbers))
        index = Bm25Index(texts)
        for row in progress(asked, f"uniqueness {lang}", "question"):
            ranked = [ids[number] for number, _ in index.search(str(row["query"]), depth)]
            row["bm25_rank"] = ranked.index(row["docid"]) + 1 if row["docid"] in ranked else 0
            if not row["bm25_rank"]:
                row["reason"] = "not_unique"
