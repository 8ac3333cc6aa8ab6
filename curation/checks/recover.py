"""The one query in an answer: takes off what models put around it, as far as it is beyond doubt what the query is.

Where it is not (two questions, an answer behind the question), the whole answer is returned, and the checks say why it
is dropped.
"""

import regex

from curation.checks.chatter import LABEL, closes, introduces, is_named_question, offers
from curation.checks.wording import QUESTION_MARK, is_question

_LIST_MARK = regex.compile(r"^(?:[-*•●▪–—]\s+|\(?\d{1,2}[.)]\s+|\(?\d{1,2}[)、．）](?!\d)|[①②③④⑤]\s*|>\s+|#{1,6}\s+)")
NUMBERED = regex.compile(r"^[\s*_#>]*(?:\p{L}+\s)?\(?(?:\d{1,2}\s*[.)、．）:：]|[①-⑨])")
BULLET = regex.compile(r"^[-*•●▪]\s")
_FENCE_OR_RULE = regex.compile(r"^[\W_]*$|^`{3}\w*$")
_QUOTES = "\"'“”„«»‹›「」『』*_`‘’ "
# What may be an announcement on the line of the question ends in one of these; in dense scripts no space follows.
_HEAD_END = regex.compile(r"[:!.—–](?=[\s*_\"'“„«])|[：！。]")
_LETTER = regex.compile(r"\p{L}")
MAX_CLEANED_CHARACTERS = 10_000  # no query is this long, whatever is taken off
_MAX_HEADS = 4


def recover_question(answer: str) -> str:
    """Return the one query of an answer, without a preamble, a label, list marks, or quotes around it.

    Among several lines it is the only question, if lines behind it only close the talk, or what is left without the
    lines that announce it; otherwise the answer is returned as it is, stripped.
    """
    answer = answer.strip()
    if len(answer) > MAX_CLEANED_CHARACTERS:
        return answer
    lines = [line.strip() for line in answer.splitlines() if not _FENCE_OR_RULE.match(line.strip())]
    if len(lines) == 1:
        return _clean_line(lines[0])
    if len([line for line in lines if NUMBERED.match(line)]) > 1 or len(list(filter(BULLET.match, lines))) > 1:
        return answer
    questions = [
        number for number, line in enumerate(lines) if is_question(strip_marks(line)) and not (number and offers(line))
    ]
    if len(questions) == 1:
        return (
            _clean_line(lines[questions[0]])
            if all(closes(line) or offers(line) for line in lines[questions[0] + 1 :])
            else answer
        )
    if questions:
        return answer
    left = [line for number, line in enumerate(lines) if not _surrounds(line, is_first=number == 0)]
    return _clean_line(left[0]) if len(left) == 1 else answer


def _surrounds(line: str, is_first: bool) -> bool:
    """Return whether a line without a question only stands around the query."""
    return (is_first and (line.rstrip("*_ ").endswith((":", "：")) or introduces(line))) or (
        not is_first and (closes(line) or offers(line))
    )


def strip_marks(line: str) -> str:
    """Return a line without labels, list marks and quotes around it."""
    before = ""
    while line != before:
        before = line
        line = _LIST_MARK.sub("", line.strip())
        label = LABEL.match(line)
        if label and not is_named_question(label[0]):
            line = line[label.end() :]
        if line[:1] and line[:1] in _QUOTES and line[-1:] in _QUOTES:
            line = line.strip(_QUOTES)
    return line


def _clean_line(line: str) -> str:
    """Return the query of one line: without marks, announcements before it, and closing words behind it."""
    line = strip_marks(line)
    for _ in range(_MAX_HEADS if line[:1] not in "{[" else 0):  # JSON
        head = _announcement(line)
        if not head:
            break
        line = strip_marks(line[head:])
    marks = list(QUESTION_MARK.finditer(line))
    if len(marks) == 1 and _LETTER.search(line, marks[0].end()) and closes(line[marks[0].end() :]):
        line = strip_marks(line[: marks[0].end()])
    return line


def _announcement(line: str) -> int:
    """Return where the announcement at the beginning of a line ends, 0 where there is none."""
    for end in _HEAD_END.finditer(line):
        head = line[: end.start()]
        if not _LETTER.search(line, end.end()):
            return 0
        if introduces(head) and not is_named_question(head):
            return end.end()
    return 0
