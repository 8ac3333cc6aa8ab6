"""Checks of an answer's form: is it one question (claim, line of keywords), whole, of a sensible length, and alone?

One function and one reason each; each answers its reason, or None. They read the query; only `check_preamble`
and `check_whole` look into the passage, too.
"""

import regex

from curation.checks.asked import Asked
from curation.checks.chatter import ANSWER_LABEL, apologises, names_question, states_task
from curation.checks.grams import DENSE, LETTER, WORD, is_dense, lexical_overlap, spaced_words
from curation.checks.instruction_echo import repeats_instruction
from curation.checks.joined import joins_questions
from curation.checks.nameless_words import words_of
from curation.checks.recover import BULLET, NUMBERED
from curation.checks.wording import QUESTION_MARK, asks, asks_twice_unmarked, is_question, requests, worded_as_question
from curation.config import FilterConfig

_ENDED = {"length": "cut_off", "refused": "refused", "failed": "failed", "unreadable": "unreadable"}
# Tags have names in ASCII: Korean puts titles of works in angle brackets.
_MARKUP = regex.compile(
    r"```|</?[A-Za-z][A-Za-z0-9]*(?:\s[^>]*)?/?>|^#{1,6} |\*\*|https?://|^\s*[-*•●▪]\s|\\n|\]\("
    # Marks of chat templates, of LaTeX, of code and of tables.
    r"|<\|\w|\w\|>|\[/?INST\]|&nbsp;|\\boxed|^\w+ = [\"']|^\|.*\|$"
)
_LETTER_OR_MARK = regex.compile(r"[\p{L}\p{M}]")  # vowels of Arabic and of the Indic scripts are marks
_JSON = regex.compile(r"^(?:```\w*\s*)?[\[{]\s*[\"'\[{]")
_LABELS = regex.compile(r"^\W{0,4}(\p{L}[\p{L}_]{0,19})(?: \d+)?\W{0,4}[:：]", regex.MULTILINE)
_INSIDE_QUOTES = regex.compile(
    r"\"[^\"]*\"|“[^”]*”|«[^»]*»|「[^」]*」|『[^』]*』|《[^》]*》|\([^)]*\)|（[^）]*）|&quot;.*&quot;"
)
_SENTENCE_END = regex.compile(r"(?<=[\p{L}\p{M}]{3}(?:[.!:]|\s[!:]))\s+(?=\S)|(?<=[。！：।])\s*(?=\S)")
_ENDS_OPEN = regex.compile(r"[,，、:：(（「《“«\-–]\s*$")
_STOP = regex.compile(r"[.?？؟⸮;՞፧!।。)\]\"'”»]\s*$")
# Articles, and words that join: no sentence ends in them.
_NEVER_LAST = frozenset(
    (
        "the a an and or der die das und ein eine oder le la les un une des et du el los las y o lo gli e os as em "
        "и или в на с и و और का की के"
    ).split()
)
MIN_LETTERS, MIN_LETTERS_DENSE, MIN_LETTERS_KEYWORDS = 10, 5, 3
MIN_CLAIM_WORDS, MIN_CLAIM_LETTERS_DENSE = 4, 8
_PARTS = regex.compile(r"\s[/|]\s|\s(?=(?:\p{L}+\s?)?\(?\d{1,2}\s?[):：]\s*\p{L})|\s(?=[2-9]\s?[.．、]\s+[\p{L}\p{N}])")
MIN_PART_LETTERS = 8
MIN_QUESTION_LETTERS = 4  # a shorter piece before a question mark is no question of its own
MAX_CHARACTERS, MAX_CHARACTERS_DENSE = 400, 250
REPEATED_LETTERS, MIN_RUNS, MAX_DIFFERENT_RUNS = 5, 24, 0.45  # "What is X? What is X? What is X?"
MAX_FOREIGN_HEAD = 0.35  # a sentence before the question that shares more than this with the passage belongs to it


def check_ended(asked: Asked, config: FilterConfig) -> str | None:
    """The endpoint gave an answer, and it came to its end."""
    return _ENDED.get(asked.finish_reason)


def check_empty(asked: Asked, config: FilterConfig) -> str | None:
    """There is a letter in it."""
    return None if LETTER.search(asked.query) else "empty"


def check_too_long(asked: Asked, config: FilterConfig) -> str | None:
    """It is not longer than a question is; this bounds what the other checks must read."""
    query = asked.query[: MAX_CHARACTERS + 1]
    longest = MAX_CHARACTERS_DENSE if is_dense(query) else MAX_CHARACTERS
    return "too_long" if len(query) > longest else None


def check_readable(asked: Asked, config: FilterConfig) -> str | None:
    """It is not JSON or labelled lines that could not be taken apart."""
    labels = {label.casefold() for label in _LABELS.findall(asked.query)} if len(asked.lines) > 1 else ()
    several = len(labels) > 1 and not ANSWER_LABEL.search(asked.query)
    return "unreadable" if several or _JSON.search(asked.query) or _repeats_itself(asked.query) else None


def _repeats_itself(query: str) -> bool:
    """Return whether a text is the same words over and over: less than half of its runs of letters are different."""
    letters = "".join(LETTER.findall(query.casefold()))
    runs = [letters[at : at + REPEATED_LETTERS] for at in range(len(letters) - REPEATED_LETTERS + 1)]
    return len(runs) >= MIN_RUNS and len(set(runs)) < MAX_DIFFERENT_RUNS * len(runs)


def check_refusal(asked: Asked, config: FilterConfig) -> str | None:
    """It is not an apology."""
    return "refusal" if apologises(asked.query) else None


def check_instruction_echo(asked: Asked, config: FilterConfig) -> str | None:
    """It does not repeat the instruction, word for word or in another language."""
    found = asked.style != "keywords" and (states_task(asked.query) or repeats_instruction(asked.query))
    return "instruction_echoed" if found else None


def check_answer_included(asked: Asked, config: FilterConfig) -> str | None:
    """No answer stands behind the question, on its line or on the next."""
    if asked.style == "keywords":
        return None
    if ANSWER_LABEL.search(asked.query):
        return "answer_included"
    if len(asked.lines) > 1:
        first, *others = asked.lines
        return "answer_included" if is_question(first) and not any(map(is_question, others)) else None
    return "answer_included" if asked.style == "question" and _behind_last_mark(asked.query) else None


def _behind_last_mark(query: str) -> str:
    """Return what stands behind the last question mark that belongs to no quotation; empty if it has no letter."""
    behind = QUESTION_MARK.split(_INSIDE_QUOTES.sub(" ", query))[1:]
    return behind[-1] if behind and WORD.search(behind[-1]) else ""


def check_one_question(asked: Asked, config: FilterConfig) -> str | None:
    """It asks once: not on two lines, not with two question marks, not with two asking clauses joined by "and"."""
    if asked.style == "keywords":
        return None
    return "several_questions" if _asks_twice(asked) else None


def _asks_twice(asked: Asked) -> bool:
    query, lines = asked.query, asked.lines
    if len(lines) > 1 and (sum(map(is_question, lines)) > 1 or sum(map(_is_listed, lines)) > 1):
        return True
    if _asks_in_parts(query, asked.expected):
        return True
    pieces = QUESTION_MARK.split(_INSIDE_QUOTES.sub("", query))[:-1]
    if sum(len(LETTER.findall(piece)) >= MIN_QUESTION_LETTERS for piece in pieces) > 1 or asks_twice_unmarked(query):
        return True
    first, *others = _SENTENCE_END.split(query)
    if requests(first, asked.expected) and any(asks(other, asked.expected) for other in others):
        return True
    behind = _behind_last_mark(query)
    if behind and worded_as_question(behind, asked.expected):
        return True
    return asked.style == "question" and joins_questions(query, asked.expected)


def _is_listed(line: str) -> bool:
    return bool(NUMBERED.match(line) or BULLET.match(line))


def _asks_in_parts(query: str, lang: str) -> bool:
    """Return whether a slash, or a label with a number, stands between two questions: "... / ...", "... Q2: ..."."""
    parts = _PARTS.split(_INSIDE_QUOTES.sub(" ", query))
    return (
        len(parts) > 1 and sum(len(LETTER.findall(part)) >= MIN_PART_LETTERS and asks(part, lang) for part in parts) > 1
    )


def check_preamble(asked: Asked, config: FilterConfig) -> str | None:
    """Nothing stands before the question that does not belong to it. Where one question was beyond doubt the one asked
    for, what stood before it has been taken off already.
    """
    if asked.style == "keywords":
        return None
    if len(asked.lines) > 1:
        return "preamble" if is_question(asked.lines[-1]) else None
    pieces = _SENTENCE_END.split(_INSIDE_QUOTES.sub(" ", asked.query).strip())
    if asked.style != "question" or len(pieces) < 2:
        return None
    for piece in pieces[:-1]:
        unfit = names_question(piece) or (
            asked.sees_passage and lexical_overlap(piece, asked.passage) < MAX_FOREIGN_HEAD
        )
        if unfit and not QUESTION_MARK.search(piece) and not asks(piece, asked.expected):
            return "preamble"
    return None


def check_extra_content(asked: Asked, config: FilterConfig) -> str | None:
    """It is one line."""
    return "extra_content" if len(asked.lines) > 1 else None


def check_markup(asked: Asked, config: FilterConfig) -> str | None:
    """It is plain text, without tags, links, list marks or Markdown."""
    return "markup" if _MARKUP.search(asked.query) else None


def check_too_short(asked: Asked, config: FilterConfig) -> str | None:
    """It has the letters that a question needs; a syllable or a word counts more than a letter."""
    few = MIN_LETTERS_DENSE if DENSE.search(asked.query) else MIN_LETTERS
    if asked.style == "keywords" and not asked.is_extractive:
        few = MIN_LETTERS_KEYWORDS
    return "too_short" if len(_LETTER_OR_MARK.findall(asked.query)) < few else None


def check_whole(asked: Asked, config: FilterConfig) -> str | None:
    """It does not break off, as far as it can be seen: after a comma or a bracket, or within a word of the passage."""
    if asked.style == "keywords":
        return None
    if _ENDS_OPEN.search(asked.query):
        return "cut_off"
    words = words_of(asked.query)
    if not words or _STOP.search(asked.query) or is_dense(asked.query):
        return None
    return "cut_off" if _breaks_off(words[-1], spaced_words(asked.passage)) else None


def _breaks_off(last: str, spaced: str) -> bool:
    """Return whether the last word is an article or the like, or but the beginning of a word of the passage."""
    return last in _NEVER_LAST or (len(last) > 1 and f" {last} " not in spaced and f" {last}" in spaced)


def check_question(asked: Asked, config: FilterConfig) -> str | None:
    """Where a question was asked for, it is one."""
    return "no_question" if asked.style == "question" and not asks(asked.query, asked.expected) else None


def check_claim(asked: Asked, config: FilterConfig) -> str | None:
    """Where a claim was asked for, it can be one: no question, and long enough for a statement."""
    if asked.style != "claim":
        return None
    if is_dense(asked.query):
        long_enough = len(LETTER.findall(asked.query)) >= MIN_CLAIM_LETTERS_DENSE
    else:
        long_enough = len(WORD.findall(asked.query)) >= MIN_CLAIM_WORDS
    return None if long_enough and not is_question(asked.query) else "no_claim"
