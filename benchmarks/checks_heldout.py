"""The held-out part of benchmarks/checks.py: the second set of faults (`check_faults_heldout`) and of good questions
(`check_good_heldout`), apart for the items that were looked at when the checks were mended and for those that never
were.

In: banks, as in `checks_offline`. Out: tallies of the bad answers and of the good ones, for one half of the items.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import check_faults_heldout as faults
from check_good_heldout import GOOD
from checks_offline import CONFIG, SPACELESS, Row, Tally, judge, read_rows, squash

from curation.checks import CHECKS, Asked, grounding
from curation.checks.recover import recover_question

UNSEEN = 1  # the places of the items that were never looked at: odd ones
_OF_PASSAGE = (grounding.check_copy, grounding.check_grounded, grounding.check_places)


def measure_heldout(paths: list[Path], per_language: int, seed: int, half: int) -> tuple[Tally, Tally]:
    """Return the tallies of the bad answers and of the good ones of one half of the items (0 seen, 1 unseen).

    Every wording is put into as many human questions of its language as there are for it.
    """
    bad, good = Tally(), Tally()
    for number, row in enumerate(read_rows(paths, per_language, seed)):
        for fault, answer in faulty_answers(row, number, half):
            query, reason = judge(row, answer, "stop")
            is_clean = fault.startswith(("preamble", "debris")) and squash(query) == squash(row.question)
            bad.add((fault, row.lang), reason is None and not is_clean, reason, f"{query!r} <- {answer!r}"[:400])
            bad.repaired[fault, row.lang] += reason is None and is_clean
    for lang, questions in GOOD.items():
        for question in questions[half::2]:
            reason = judge_alone(question, lang)
            kept_whole = recover_question(question) == question
            good.add(("good", lang), reason is not None or not kept_whole, reason, f"[{reason or 'cut'}] {question}")
    return bad, good


def judge_alone(question: str, lang: str) -> str | None:
    """Return the reason to drop a question that has no passage: the checks that need one are left out."""
    query = recover_question(question)
    asked = Asked(query, lang, "question", "stop", query)
    return next((reason for check in CHECKS if check not in _OF_PASSAGE and (reason := check(asked, CONFIG))), None)


def faulty_answers(row: Row, number: int, half: int) -> Iterator[tuple[str, str]]:
    """Give (fault, answer): one wording of each fault, the next one for the next row."""
    draw = random.Random(number)
    words = row.sentence.split()
    spaceless = row.lang in SPACELESS
    some = row.sentence[:6] if spaceless else " ".join(words[:3])
    name = row.sentence[:4] if spaceless else max(words, key=len).strip(".,;:!?()\"'«»“”،।")
    middle = row.question.find(" ", len(row.question) // 2) if not spaceless else len(row.question) // 2
    first, rest = row.question[:middle].strip(), row.question[middle:].strip()

    def say(templates: list[str]) -> str:
        # In one pass: what is put in may itself hold braces.
        text = templates[half::2][number % len(templates[half::2])]
        parts = {"{q}": row.question, "{r}": row.other, "{s}": row.sentence, "{a}": some, "{n}": name}
        parts |= {"{t}": rest, "{h}": first}
        for mark, part in parts.items():
            text = text.replace(mark, part)
        return text

    lang = row.lang
    yield "preamble", say(faults.PREAMBLES[lang])
    if lang != "en":
        yield "preamble_en", say(faults.PREAMBLES["en"])
        yield "refusal_en", say(faults.REFUSALS["en"])
        yield "mixed", say(faults.MIXED)
    yield "refusal", say(faults.REFUSALS[lang])
    yield "text", say(faults.POINTING[lang])
    yield "pronoun", say(faults.PRONOUNS[lang])
    yield "echo", say(faults.ECHOES[lang])
    yield "answer", say(faults.ANSWERS[lang])
    if squash(row.other) != squash(row.question):
        yield "two", say(faults.TWO)
        yield "and_also", say([faults.AND_ALSO[lang]] * 2)
    yield "joined", say(faults.JOINED[lang])
    yield "loop", say(faults.LOOPS)
    yield "debris", say(faults.DEBRIS)
    yield "strange", say(faults.STRANGE[lang])
    yield "statement", say(faults.STATEMENTS[lang])
    yield "copy_asked", draw.choice(("{}?", "{}？", '"{}"?')).format(row.sentence.rstrip(".।。!?！？ "))
