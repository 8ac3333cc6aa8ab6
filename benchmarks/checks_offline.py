"""The offline part of benchmarks/checks.py: our own faults (`check_faults`), put into human questions.

In: banks (JSON lines: lang, paragraph, questions). Out: per fault and language how many bad answers passed, and how
many human questions were lost, each with examples.
"""

import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import check_faults as faults
import regex

from curation.checks import Asked, first_reason
from curation.checks.recover import recover_question
from curation.config import FilterConfig

_SENTENCES = regex.compile(r"(?<=[\p{L}\p{M}\p{N}\"»”)][.!?؟।])\s+|(?<=[。！？])|\n+")
_WORDS = regex.compile(r"\w+")
SPACELESS = ("ja", "th", "zh")
CONFIG = FilterConfig()
SELF_CONTAINED = ("points_at_text", "pronoun")  # what they drop is no good question, or would have to be read


@dataclass
class Row:
    """A paragraph, two of its human questions, a sentence of it, and the article that it is of."""

    lang: str
    passage: str
    question: str
    other: str
    sentence: str
    document: str | None


@dataclass
class Tally:
    """Counts by (fault, language), and examples of what went wrong."""

    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    repaired: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    examples: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, key: tuple[str, str], is_wrong: bool, reason: str | None, example: str) -> None:
        """Count one answer; `is_wrong`: a bad one that was kept, or a good one that was lost."""
        self.asked[key] += 1
        self.wrong[key] += is_wrong
        self.reasons[key][reason or "kept"] += 1
        if is_wrong:
            self.examples[key].append(example)


def read_bank(path: Path) -> list[dict]:
    """Return the rows of a bank."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read_rows(paths: list[Path], per_language: int, seed: int) -> Iterator[Row]:
    """Give up to `per_language` rows of each bank, in a random order."""
    for path in paths:
        draw = random.Random(seed)
        bank = read_bank(path)
        corpus = path.with_name("corpus.jsonl.gz")
        texts = {row["docid"]: row["text"] for row in read_bank(corpus)} if corpus.exists() else {}
        pairs = [(row, question) for row in bank for question in row["questions"]]
        draw.shuffle(pairs)
        for row, question in pairs[:per_language]:
            others = [other for other in row["questions"] if other != question] or [draw.choice(bank)["questions"][0]]
            sentences = [part.strip() for part in _SENTENCES.split(row["paragraph"]) if len(part.strip()) > 20]
            sentence = draw.choice(sentences) if sentences else row["paragraph"]
            document = texts.get(row["docid"])
            yield Row(row["lang"], row["paragraph"], question, draw.choice(others), sentence, document)


def faulty_answers(row: Row, draw: random.Random) -> Iterator[tuple[str, str, str]]:
    """Give (fault, answer, finish reason): one of each fault, worded in one of its ways."""
    lang = row.lang
    words = _WORDS.findall(row.sentence)
    some = " ".join(words[:3]) if lang not in SPACELESS else row.sentence[:6]
    name = max(words, key=len) if lang not in SPACELESS else row.sentence[:4]

    def say(templates: list[str]) -> str:
        text = draw.choice(templates)
        return (
            text.replace("{q}", row.question)
            .replace("{r}", row.other)
            .replace("{s}", row.sentence)
            .replace("{a}", some)
        )

    yield "preamble", say(faults.PREAMBLES[lang]), "stop"
    yield "preamble_en", say(faults.PREAMBLES["en"]), "stop"
    yield "refusal", say(faults.REFUSALS[lang]), "stop"
    yield "refusal_en", say(faults.REFUSALS["en"]), "stop"
    yield "text", say(faults.POINTING[lang]), "stop"
    yield "pronoun", say(faults.PRONOUNS[lang]), "stop"
    yield "echo", say(faults.ECHOES[lang]), "stop"
    yield "answer", say(faults.ANSWERS[lang]), "stop"
    yield "two", say(faults.TWO), "stop"
    yield "joined", faults.JOINED[lang].replace("{n}", name), "stop"
    yield "markup", say(faults.MARKED_UP), "stop"
    yield "empty", say(faults.EMPTY), "stop"
    yield "copy", row.sentence, "stop"
    yield "copy_asked", row.sentence.rstrip(".।。!?！？ ") + "?", "stop"
    half = (
        row.sentence[: int(len(row.sentence) * 0.6)]
        if lang in SPACELESS
        else " ".join(row.sentence.split()[: len(words) * 3 // 5])
    )
    if len(half) > 24:
        yield "copy_part", half + "?", "stop"
    yield "cut", row.question[: len(row.question) // 2], "length"
    yield "cut_unsaid", row.question[: len(row.question) // 2], "stop"


def measure_offline(paths: list[Path], per_language: int, seed: int) -> tuple[Tally, Tally]:
    """Return the tallies of the bad answers and of the good ones."""
    bad, good = Tally(), Tally()
    strangers: dict[str, list[Row]] = defaultdict(list)
    for number, row in enumerate(read_rows(paths, per_language, seed)):
        draw = random.Random(seed * 1_000_003 + number)
        query, reason = judge(row, row.question, "stop")
        lost = reason is not None and reason not in SELF_CONTAINED
        good.add(("good", row.lang), lost, reason, f"[{reason}] {query}")
        for fault, answer, finish in faulty_answers(row, draw):
            query, reason = judge(row, answer, finish)
            is_clean = fault.startswith("preamble") and squash(query) == squash(row.question)
            key = (fault, row.lang)
            bad.add(key, reason is None and not is_clean, reason, f"{query!r} <- {answer!r}"[:400])
            bad.repaired[key] += reason is None and is_clean
        strangers[row.lang].append(row)
        if len(strangers[row.lang]) > 20:  # a question about another passage
            other = strangers[row.lang][draw.randrange(len(strangers[row.lang]) - 1)]
            if other.document != row.document:
                query, reason = judge(row, other.question, "stop")
                bad.add(("stranger", row.lang), reason is None, reason, query)
    return bad, good


def judge(row: Row, answer: str, finish: str) -> tuple[str, str | None]:
    """Return the query that the pipeline makes of an answer, and the reason to drop it."""
    query = recover_question(answer)
    asked = Asked(query, row.lang, "question", finish, row.passage, document=row.document)
    return query, first_reason(asked, CONFIG)


def squash(text: str) -> str:
    """Return the letters and digits of a text."""
    return "".join(_WORDS.findall(text.casefold()))
