"""The stage that writes questions: passages in, question rows out, good or bad; the filter judges them.

Generator "openai" asks an LLM through an OpenAI-compatible endpoint and keeps every answer in the ledger; "extractive"
asks nobody and makes a keyword query of the passage itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from curation.answers import read_queries
from curation.checks import Asked, quick_reason
from curation.config import FilterConfig, GenerateConfig
from curation.extractive import extract_queries
from curation.instructions import Instruction, choose_instructions
from curation.llm.completion import Completion
from curation.llm.ledger import ANSWER, Kept, Ledger
from curation.llm.limits import Budget, make_budget
from curation.llm.requests import Plan, Request, make_plan
from data.errors import InputError
from data.files import digest
from data.records import QUESTION, conform

NO_MODEL = "none (no LLM was asked)"
_ROWS_AT_ONCE = 500
_OF_PASSAGE = ("passage_id", "docid", "lang", "split", "start", "end", "token_start", "tokens")


def generate_questions(
    passages: pa.Table,
    config: GenerateConfig,
    ledger_path: Path,
    seed: int = 0,
    checks: FilterConfig = FilterConfig(),  # noqa: B008 - frozen
    budget: Budget | None = None,
) -> pa.Table:
    """Return `records.QUESTION` rows of `passages` (`records.PASSAGE`), in their order.

    `answer` is what the generator returned, raw; `query` the question in it. Truncated, empty, refused and unreadable
    answers are rows too. Answers stand in the ledger at `ledger_path`, and only what is missing there is asked; `seed`
    deals the instructions, and `checks` count on the live line what will be dropped. `budget` is what the command may
    still spend, by default all that `config` allows. Raises what `ask_missing` raises.
    """
    if config.generator == "extractive":
        return _extract(passages)
    from curation.llm.ask import (  # brings in aiohttp, which most commands do without
        answers_of,
        ask_missing,
    )

    questions = Questions(passages, config, seed)
    with Ledger(ledger_path) as ledger:
        budget = budget or make_budget(config)
        questions.find_format(config, budget, ledger)

        def reject(request: Request, read: Completion) -> bool:
            return questions.is_rejected(request, read, checks)

        ask_missing(questions.requests, questions.plan, config, budget, ledger, reject)
        return questions.rows(answers_of(questions.requests(), ledger))


def check_generator(config: GenerateConfig) -> None:
    """Raise `InputError` for settings that no question can be asked with; hours of reading may lie before the first."""
    if config.questions_per_passage < 1:
        raise InputError(f"--questions-per-passage must be 1 or more, not {config.questions_per_passage}.")
    if config.generator == "openai":
        from curation.llm.endpoint import read_key

        plan = make_plan(config)
        choose_instructions(config)
        read_key(plan.endpoints, config.key_file)
    elif config.model or config.base_url:
        raise InputError(
            "--model and --base-url say whom to ask, and --generator extractive asks nobody; add --generator openai."
        )


class Questions:
    """What is asked about each passage, and what became of it."""

    def __init__(self, passages: pa.Table, config: GenerateConfig, seed: int):
        self.passages = passages
        self.plan: Plan = make_plan(config)
        self.instructions = choose_instructions(config)
        self.per_passage = config.questions_per_passage
        self.seed = seed
        self.schema = config.answer_format == "json"

    def find_format(self, config: GenerateConfig, budget: Budget, ledger: Ledger) -> None:
        """Find out whether answers in parts are asked for with a JSON schema."""
        from curation.llm.ask import offers_schemas

        in_parts = [instruction for instruction in self.instructions if instruction.in_parts]
        if not in_parts:
            return
        self.schema = True
        tried = next((request for request in self.requests() if "response_format" in request.body), None)
        self.schema = tried is not None and offers_schemas(tried, self.plan, config, budget, ledger)

    def requests(self) -> Iterator[Request]:
        """Give all requests, in the order of the passages."""
        columns = self.passages.select(["passage_id", "text", "title", "lang"])
        for start in range(0, len(columns), _ROWS_AT_ONCE):
            for number, row in enumerate(columns.slice(start, _ROWS_AT_ONCE).to_pylist(), start):
                yield from self._requests_of(number, row)

    def count_of(self, request: Request) -> int:
        """Return how many questions a request asks for."""
        return self.per_passage if request.prompt.asks_several else 1

    def _requests_of(self, number: int, row: dict[str, Any]) -> Iterator[Request]:
        instruction, language = self._chosen(row["passage_id"], row["lang"])
        several = instruction.prompt.asks_several
        count, samples = (self.per_passage, 1) if several else (1, self.per_passage)
        message = instruction.render(row["text"], row["title"], language, count, labelled=not self.schema)
        for sample in range(samples):
            yield self.plan.request(instruction.prompt, message, number, count=count, sample=sample, schema=self.schema)

    def _chosen(self, passage_id: str, lang: str) -> tuple[Instruction, str]:
        """Return the instruction and the question's language that a passage gets, by chance but always the same."""
        point = int(digest("instruction", self.seed, passage_id), 16) / 2**64
        instruction = next((each for each in self.instructions if point < each.up_to), self.instructions[-1])
        return instruction, instruction.language_for(passage_id, lang, self.seed)

    def is_rejected(self, request: Request, read: Completion, checks: FilterConfig) -> bool:
        """Return whether the checks will drop what an answer holds."""
        row = self.passages.slice(request.subject, 1).select(["passage_id", "text", "lang"]).to_pylist()[0]
        instruction, language = self._chosen(row["passage_id"], row["lang"])
        answered = read_queries(read.content, instruction.prompt, self.count_of(request))
        for each in answered[:1]:
            asked = Asked(
                query=each.query,
                lang=row["lang"],
                query_lang=language,
                style=instruction.prompt.style,
                finish_reason=read.finish_reason or "",
                passage=row["text"],
                details=each.details,
            )
            return quick_reason(asked, checks) is not None
        return True

    def rows(self, answers: Iterator[tuple[Request, Kept, Completion | None]]) -> pa.Table:
        """Return the question rows of all passages from the answers in the ledger."""
        parts: list[pa.Table] = []
        rows: list[dict[str, Any]] = []
        for request, kept, read in answers:
            rows += self._rows_of(request, kept, read)
            if len(rows) >= _ROWS_AT_ONCE:
                parts.append(self._table(rows))
                rows = []
        parts.append(self._table(rows))
        return pa.concat_tables(parts)

    def _rows_of(self, request: Request, kept: Kept, read: Completion | None) -> Iterator[dict[str, Any]]:
        from curation.llm.ask import provenance

        passage_id, lang = (self.passages[name][request.subject].as_py() for name in ("passage_id", "lang"))
        _, language = self._chosen(passage_id, lang)
        answer = read.content if read else ""
        found = read_queries(answer, request.prompt, self.count_of(request)) if read else []
        identity = (passage_id, "openai", request.body["model"], request.prompt.digest, request.parameters)
        made = provenance(request, kept, read)
        for number, each in enumerate(found) if found else [(0, None)]:
            yield {
                "subject": request.subject,
                "query_id": digest(*identity, request.sample, number),
                "query": each.query if each else answer.strip(),
                "details": json.dumps(each.details, ensure_ascii=False) if each and each.details else None,
                "answer": answer,
                "finish_reason": _finish_reason(kept, read, bool(found)),
                "query_lang": language,
                "style": request.prompt.style,
                "generator": "openai",
                "answered_at": kept.answered_at,
                **made,
            }

    def _table(self, rows: list[dict[str, Any]]) -> pa.Table:
        subjects = pa.array([row.pop("subject") for row in rows], pa.int64())
        return _make_rows(self.passages.take(subjects), rows)


def _finish_reason(kept: Kept, read: Completion | None, readable: bool) -> str | None:
    """Return how an answer ended, "unreadable" where it came to its end without the parts that were asked for."""
    if read is None or kept.state != ANSWER:
        return kept.state
    return read.finish_reason if readable or not kept.complete else "unreadable"


def _extract(passages: pa.Table) -> pa.Table:
    """Return question rows made without an LLM, each marked as such."""
    fixed = {"style": "keywords", "generator": "extractive", "model": NO_MODEL}
    langs, passage_ids = passages["lang"].to_pylist(), passages["passage_id"].to_pylist()
    rows = [
        {"query_id": digest(passage_id, "extractive"), "query": query, "answer": query, "query_lang": lang, **fixed}
        for passage_id, lang, (query, _) in zip(passage_ids, langs, extract_queries(passages), strict=True)
    ]
    return _make_rows(passages, rows)


def _make_rows(passages: pa.Table, rows: list[dict[str, Any]]) -> pa.Table:
    """Return `records.QUESTION` rows: the columns of each row's passage, and what stands in the row."""
    columns = {name: passages[name] for name in _OF_PASSAGE}
    made = [field for field in QUESTION if rows and field.name in rows[0]]
    answers = pa.Table.from_pylist(rows, schema=pa.schema(made))
    return conform(pa.table(columns | {name: answers[name] for name in answers.column_names}), QUESTION)
