"""The stage in which an LLM grades the questions that are left, from 1 to 5 on four points, with the reason.

Asked through the same ledger as the generator, so that nothing is paid for twice: another threshold asks nobody.
A question whose lowest grade is below the threshold is set aside with the name of that point. A share of both sides is
laid out in a file for a person to check, since a judge errs too.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import regex

from curation.answers import read_queries
from curation.config import GenerateConfig, JudgeConfig
from curation.instructions import load_prompt
from curation.llm.completion import Completion
from curation.llm.ledger import Ledger
from curation.llm.limits import Budget
from curation.llm.requests import Plan, Request, make_plan
from curation.sample import seeded_hash
from data.errors import InputError, Interrupted, RunError
from data.files import write_text
from data.records import QUESTION, conform
from prompts import Prompt

POINTS = ("grounded", "specific", "answerable", "self_contained")
UNREADABLE = "judge_unreadable"
_JUDGED = [name for name in QUESTION.names if name.startswith("judge_")]
_GRADE = regex.compile(r"^\W{0,4}([1-5])(?![\d.])")
_HASHES = 2**64
FIRST = 20  # questions that are judged before the others
MAX_REASON = 500  # characters of an answer without grades that are kept with the question


@dataclass(frozen=True)
class Verdict:
    """What the judge says of a question: a grade from 1 to 5 on each of `POINTS`, and why."""

    grades: dict[str, int]
    reason: str

    def fault(self, threshold: int) -> str | None:
        """Return the reason to drop the question: its lowest grade, if that is below `threshold`."""
        point = min(POINTS, key=lambda name: self.grades[name])
        return f"judge_{point}" if self.grades[point] < threshold else None


def judge_settings(config: JudgeConfig, generate: GenerateConfig) -> GenerateConfig:
    """Return how the judge is asked: like the generator, but for what belongs to the judge alone."""
    return replace(
        generate,
        generator="openai",
        model=config.judge_model,
        base_url=config.judge_base_url or generate.base_url,
        temperature=None,
        parameters=config.judge_parameters,
        max_answer_tokens=config.judge_max_answer_tokens,
        price_in=generate.price_in if config.judge_price_in is None else config.judge_price_in,
        price_out=generate.price_out if config.judge_price_out is None else config.judge_price_out,
    )


def load_judge_prompt(config: JudgeConfig) -> Prompt:
    """Load the judge's instruction; raises `InputError` when its answers lack a grade or the reason."""
    prompt = load_prompt(config.judge_prompt, "question")
    if set(prompt.parts) != {"reason", *POINTS}:
        raise InputError(
            f"the instruction {prompt.name} has the parts {', '.join(prompt.parts) or 'none'}; a judge's are: "
            f"reason, {', '.join(POINTS)}"
        )
    return prompt


def check_judge(config: JudgeConfig, generate: GenerateConfig) -> None:
    """Raise `InputError` for settings that no question can be judged with; paid work may lie before the first."""
    if config.judge_model is None:
        return
    from curation.llm.endpoint import read_key

    load_judge_prompt(config)
    with _naming_the_judge():
        plan = make_plan(judge_settings(config, generate))
        read_key(plan.endpoints, generate.key_file)


@contextlib.contextmanager
def _naming_the_judge() -> Iterator[None]:
    """Say in an error that it came while asking the judge, whose options have names of their own."""
    try:
        yield
    except (InputError, RunError, Interrupted) as error:
        raise type(error)(f"asking the judge (--judge-model, --judge-base-url): {error}") from error


def judge_questions(
    questions: pa.Table,
    passages: pa.Table,
    config: JudgeConfig,
    generate: GenerateConfig,
    ledger_path: Path,
    budget: Budget,
) -> pa.Table:
    """Return the questions (`records.QUESTION`) with the judge's columns filled, and `reason` where it drops one.

    Only questions without a reason are judged. `budget` is what the command may still spend; its prices become the
    judge's. Raises what `ask_missing` raises; answers up to then are kept in the ledger.
    """
    from curation.llm.ask import answers_of, ask_missing  # brings in aiohttp, which most commands do without

    settings = judge_settings(config, generate)
    budget.price_in, budget.price_out = settings.price_in, settings.price_out
    judging = Judging(questions, passages, config, settings)
    rows = questions.to_pylist()
    with Ledger(ledger_path) as ledger, _naming_the_judge():
        judging.find_format(settings, budget, ledger)
        # A few first: a judge that gives no grades is found out before all are paid for.
        ask_missing(judging.first_requests, judging.plan, settings, budget, ledger, judging.is_rejected)
        judging.check_first(read for _, _, read in answers_of(judging.first_requests(), ledger))
        ask_missing(judging.requests, judging.plan, settings, budget, ledger, judging.is_rejected)
        for request, _, read in answers_of(judging.requests(), ledger):
            rows[request.subject] |= judging.columns(request, read)
    return conform(pa.Table.from_pylist(rows, schema=QUESTION), QUESTION)


class Judging:
    """What is asked about each question that is left, and what became of it."""

    def __init__(self, questions: pa.Table, passages: pa.Table, config: JudgeConfig, settings: GenerateConfig):
        self.plan: Plan = make_plan(settings)
        self.prompt = load_judge_prompt(config)
        self.threshold = config.judge_threshold
        self.schema = False
        self._passages = passages
        self._number = {name: number for number, name in enumerate(passages["passage_id"].to_pylist())}
        columns = zip(*(questions[name].to_pylist() for name in ("query", "passage_id", "reason")), strict=True)
        self._asked = [(number, query, name) for number, (query, name, reason) in enumerate(columns) if reason is None]

    def find_format(self, settings: GenerateConfig, budget: Budget, ledger: Ledger) -> None:
        """Find out whether grades are asked for with a JSON schema."""
        from curation.llm.ask import offers_schemas

        self.schema = True
        tried = next(self.requests(), None)
        self.schema = tried is not None and offers_schemas(tried, self.plan, settings, budget, ledger)

    def requests(self) -> Iterator[Request]:
        """Give the request about each question that is left."""
        for number, query, passage_id in self._asked:
            text, title = (self._passages[name][self._number[passage_id]].as_py() for name in ("text", "title"))
            message = self.prompt.render(text, title, labelled=not self.schema, question=query)
            yield self.plan.request(self.prompt, message, number, schema=self.schema)

    def first_requests(self) -> Iterator[Request]:
        """Give the requests that are asked before the others."""
        return islice(self.requests(), FIRST)

    def check_first(self, answers: Iterable[Completion | None]) -> None:
        """Raise `RunError` if none of the first answers, where there are enough, holds grades."""
        said = [read.content if read else "" for read in answers]
        if len(said) == FIRST and not any(read_verdict(content, self.prompt) for content in said):
            raise RunError(
                f"none of the first {FIRST} answers holds the grades, such as {said[0].strip()[:200]!r}. Ask a model "
                "that follows instructions, give it room (--judge-max-answer-tokens), or write an instruction that it "
                "understands (--judge-prompt FILE); the answers are kept."
            )

    def is_rejected(self, request: Request, read: Completion) -> bool:
        """Return whether the judge drops a question."""
        verdict = read_verdict(read.content, self.prompt)
        return verdict is None or verdict.fault(self.threshold) is not None

    def columns(self, request: Request, read: Completion | None) -> dict[str, Any]:
        """Return the columns of `records.QUESTION` that an answer (None: there is none) fills."""
        verdict = read_verdict(read.content, self.prompt) if read else None
        model = (read.model if read else None) or request.body["model"]
        if verdict is None:
            said = read.content.strip()[:MAX_REASON] if read else None
            return {"judge_model": model, "judge_reason": said or None, "reason": UNREADABLE}
        grades = {f"judge_{point}": grade for point, grade in verdict.grades.items()}
        fault = verdict.fault(self.threshold)
        return {"judge_model": model, "judge_reason": verdict.reason, "reason": fault, **grades}


def read_verdict(answer: str, prompt: Prompt) -> Verdict | None:
    """Return the grades and the reason of an answer; None where one of them is missing or no grade."""
    found = read_queries(answer, prompt, 1)
    if not found:
        return None
    parts = {**found[0].details, prompt.parts[-1]: found[0].query}
    grades = {point: match for point in POINTS if (match := _GRADE.match(parts.get(point, "")))}
    if len(grades) < len(POINTS):
        return None
    return Verdict({point: int(match[1]) for point, match in grades.items()}, parts["reason"])


def write_audit(judged: pa.Table, passages: pa.Table, config: JudgeConfig, seed: int, file: Path) -> int:
    """Write a share of what the judge dropped, and of what it let pass, as JSON lines for a person to check; return
    how many.

    Each line has question, passage, grades, the judge's reason and whether it let the question pass; `right` waits for
    the person's word. Which ones are drawn depends on the seed and the ids alone.
    """
    columns = ["query_id", "query", "lang", "passage_id", "docid", "reason", *_JUDGED]
    rows = judged.filter(pa.compute.is_valid(judged["judge_model"])).select(columns).to_pylist()
    drawn = [row for row in rows if seeded_hash(seed, f"audit {row['query_id']}") < config.judge_audit_share * _HASHES]
    wanted = {row["passage_id"] for row in drawn}
    names, texts = passages["passage_id"], passages["text"]
    text_of = {
        name: texts[number].as_py() for number, name in enumerate(names.to_pylist()) if name in wanted
    }  # texts are long: only the drawn ones are read
    lines = [
        json.dumps(
            {
                **{name: value for name, value in row.items() if name != "reason"},
                "kept": not (row["reason"] or "").startswith("judge_"),
                "dropped_for": row["reason"],
                "passage": text_of[row["passage_id"]],
                "right": None,
            },
            ensure_ascii=False,
        )
        for row in drawn
    ]
    write_text(file, "".join(line + "\n" for line in lines))
    return len(lines)
