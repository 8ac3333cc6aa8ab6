"""m3-curate expand: extra texts of queries (hypothetical answers, other wordings) or documents (summaries) by an LLM.

In: JSON lines of queries or documents, or a curated data set. Out: JSON lines in the order of the input, one row for
each extra text, to be joined by `id` with the queries or documents; an evaluation scores all rows of one `id` and takes
their mean or their best. What did not come right has no row, so an `id` may have fewer rows than `--samples`, or none:

    id                   of the query or document, as a string
    text                 the extra text
    sample               its number among those of the same id, from 0
    lang                 language of the query or document, and of the text
    prompt, prompt_digest, model (the one that answered), model_asked, parameters (a JSON object), request_digest (its
                         key in the ledger), prompt_tokens, completion_tokens (of the request), finish_reason,
                         answered_at (ISO 8601)
    truncated            documents only: whether only the beginning was shown

Beside it stands NAME.rejects.jsonl, if there is anything to set aside: texts as above with `reason` and `detail`, and
input rows as `place` (file:line), `reason` and `detail`.

Every answer stands in the ledger, so that the same command writes the same file without asking again.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import regex

from curation.answers import read_queries
from curation.checks.chatter import apologises
from curation.checks.recover import recover_question
from curation.command_config import ExpandConfig
from curation.instructions import language_name, load_prompt
from curation.language import detect_language, is_language, script_share
from curation.llm.ask import answers_of, ask_missing, offers_schemas, provenance
from curation.llm.completion import Completion
from curation.llm.ledger import CUT_OFF, Kept, Ledger
from curation.llm.limits import Budget, make_budget
from curation.llm.requests import Request, make_plan
from curation.subjects import Subject, Subjects, read_subjects
from data.errors import InputError, RunError
from data.files import atomic_path
from prompts import Prompt

_LETTER = regex.compile(r"\p{L}")
_SENTENCE_END = regex.compile(r"(?<=[.!?؟।。！？])\s*|\n")
_APOLOGY_CHARACTERS = 200  # an apology stands at the beginning; further on it is part of what is told
_FEWEST_LETTERS = 20  # of fewer, no detector can tell languages of one script apart
_HINTS = {
    "cut_off": "raise --max-answer-tokens",
    "empty": "models that think before they answer need a larger --max-answer-tokens",
    "failed": "--retry-failed asks again",
    "refused": "the endpoint refuses these very requests",
    "extra_content": "more than one line, where one query was asked for",
    "unreadable": "the parts that the instruction asks for are not there",
    "other_language": "the model does not keep to the language that it is asked for",
}


@dataclass
class _Outcome:
    """What became of the answers."""

    kept: int = 0
    ids: set[str] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def told(self) -> str:
        """Return the reasons with their counts, an example and what helps."""
        return "; ".join(
            f"{reason} {count:,} (such as {self.examples[reason]}{f': {_HINTS[reason]}' if reason in _HINTS else ''})"
            for reason, count in self.reasons.most_common()
        )


def expand_texts(config: ExpandConfig, say: Callable[[str], None]) -> Path:
    """Ask for the extra texts that the ledger does not hold yet, write all of them to `config.out`, and return it.

    `say` hears what was read and what was set aside. Raises `InputError` for what the user must change, `RunError`
    when no text at all is usable, and what `ask_missing` raises; answers up to then are kept in the ledger.
    """
    ledger_path = config.ledger or config.out.parent / "ledger.sqlite"
    _check_config(config, ledger_path)
    expansion = _Expansion(config)
    say(expansion.subjects.told())
    with Ledger(ledger_path) as ledger:
        budget = make_budget(config)
        expansion.find_format(config, budget, ledger)
        ask_missing(expansion.requests, expansion.plan, config, budget, ledger, expansion.is_rejected)
        outcome = _write(expansion, config.out, answers_of(expansion.requests(), ledger))
    say(_told(outcome, expansion.subjects, config))
    return config.out


class _Expansion:
    """What is asked about each query or document, and what became of it."""

    def __init__(self, config: ExpandConfig):
        self.prompt = _load_prompt(config)
        self.plan = make_plan(config)
        self.samples = config.samples
        self.schema = False
        self.subjects: Subjects = read_subjects(config)

    def find_format(self, config: ExpandConfig, budget: Budget, ledger: Ledger) -> None:
        """Find out whether an answer in parts is asked for with a JSON schema."""
        if self.prompt.parts:
            self.schema = True
            self.schema = offers_schemas(next(self.requests()), self.plan, config, budget, ledger)

    def requests(self) -> Iterator[Request]:
        """Give all requests, in the order of the input."""
        for number, subject in enumerate(self.subjects.rows):
            language = f"the language of the {self.subjects.kind}"
            language = language if subject.lang == "und" else language_name(subject.lang)
            message = self.prompt.render(subject.text, subject.title, language, labelled=not self.schema)
            for sample in range(self.samples):
                yield self.plan.request(self.prompt, message, number, sample=sample, schema=self.schema)

    def is_rejected(self, request: Request, read: Completion) -> bool:
        """Return whether an answer will be set aside."""
        return self.judged(request, read)[1] is not None

    def judged(self, request: Request, read: Completion) -> tuple[str, str | None]:
        """Return the extra text of an answer, and why it is not used, or None."""
        found = read_queries(read.content, self.prompt, 1)
        if not found:
            return read.content.strip(), "unreadable" if read.content.strip() else "empty"
        text = found[0].query if self.prompt.style == "text" else recover_question(found[0].query)
        reason = judge(text, read.finish_reason, self.subjects.rows[request.subject])
        if reason is None and self.prompt.style != "text" and "\n" in text:
            reason = "extra_content"
        return text, reason

    def row(self, request: Request, kept: Kept, read: Completion | None) -> tuple[dict[str, Any], str | None]:
        """Return the row of an answer, and the reason why it is set aside, if it is."""
        subject = self.subjects.rows[request.subject]
        text, reason = self.judged(request, read) if read else ("", kept.state)
        row = {
            "id": subject.id,
            "text": text,
            "sample": request.sample,
            "lang": subject.lang,
            **provenance(request, kept, read),
            "finish_reason": read.finish_reason if read else kept.state,
            "answered_at": kept.answered_at.isoformat(timespec="milliseconds"),
        }
        return row | ({"truncated": subject.truncated} if self.subjects.kind == "document" else {}), reason


def judge(text: str, finish_reason: str | None, subject: Subject) -> str | None:
    """Return why an extra text of `subject` is not used, or None."""
    if not _LETTER.search(text):
        return "empty"
    if finish_reason == CUT_OFF:
        return "cut_off"
    if _opens_with_apology(text) and not _opens_with_apology(subject.text):
        return "apology"
    return None if in_language(text, subject.lang) else "other_language"


def _opens_with_apology(text: str) -> bool:
    return any(apologises(sentence) for sentence in _SENTENCE_END.split(text[:_APOLOGY_CHARACTERS]))


def in_language(text: str, lang: str) -> bool:
    """Return whether `text`, of any length, can be in `lang`; true where no language is known."""
    if lang == "und" or is_language(text, lang)[0]:  # made for questions; a long text may quote other languages
        return True
    if len(_LETTER.findall(text)) < _FEWEST_LETTERS:
        return script_share(text, lang) > 0.5
    return detect_language(text) == lang


def _load_prompt(config: ExpandConfig) -> Prompt:
    """Return the instruction; raises `InputError` for one whose answers are not single texts in the text's language."""
    wanted, fitting = ("query", "hyde and paraphrase") if config.queries is not None else ("document", "summary")
    try:
        prompt = load_prompt(config.prompt, wanted)
    except InputError as error:
        raise InputError(f"--prompt: {error} Bundled for what is given here: {fitting}.") from None
    if prompt.asks_several:
        raise InputError(f"--prompt: {prompt.name} asks for {{count}} texts at once; ask for one, with --samples N.")
    if prompt.language == "other":
        raise InputError(f"--prompt: {prompt.name} asks for another language; extra texts are in the text's own.")
    return prompt


def _check_config(config: ExpandConfig, ledger_path: Path) -> None:
    """Raise `InputError` for settings that cannot work, or would destroy a file that this command did not make."""
    out = config.out
    source = config.queries or config.corpus
    if source is None or (config.queries and config.corpus):
        raise InputError("name what is to be expanded: either --queries FILE or --corpus FILE_OR_DIR.")
    for option, value in (("--samples", config.samples), ("--max-document-tokens", config.max_document_tokens)):
        if value < 1:
            raise InputError(f"{option} must be 1 or more, not {value}.")
    if out.suffix != ".jsonl" or out.is_dir():
        raise InputError(f"--out names the file to write, which ends in .jsonl, and is {out}.")
    for option, other in (("--ledger", ledger_path), ("the input", source)):
        if other.resolve() == out.resolve():
            raise InputError(f"--out and {option} are the same file {out}; name another one to write.")
    if out.exists() and not _is_ours(out):
        raise InputError(f"{out} exists and was not written by m3-curate expand; name another file with --out.")


def _is_ours(out: Path) -> bool:
    """Return whether `out` begins with a row of this command, which can be written anew from the ledger."""
    try:
        with out.open(encoding="utf-8") as lines:
            first = json.loads(lines.readline())
    except ValueError:
        return False
    return isinstance(first, dict) and "request_digest" in first


def _write(expansion: _Expansion, out: Path, answers: Iterator[tuple[Request, Kept, Completion | None]]) -> _Outcome:
    """Write the extra texts to `out` and what is set aside beside it; raises `RunError` if all of it is."""
    outcome = _Outcome()
    rejects = rejects_path(out)
    with atomic_path(out) as temporary:
        with (
            atomic_path(rejects) as temporary_rejects,
            # JSON from anywhere can spell halves of characters, which no file can hold: "?" is written for them.
            temporary.open("w", encoding="utf-8", errors="replace") as lines,
            temporary_rejects.open("w", encoding="utf-8", errors="replace") as reject_lines,
        ):
            for bad in expansion.subjects.set_aside:
                _write_line(reject_lines, {"place": bad.place, "reason": bad.reason, "detail": bad.detail})
            for answer in answers:
                row, reason = expansion.row(*answer)
                if reason is None:
                    outcome.kept += 1
                    outcome.ids.add(row["id"])
                    _write_line(lines, row)
                else:
                    detail = _detail(row, reason)
                    outcome.reasons[reason] += 1
                    outcome.examples.setdefault(reason, f"{row['id']}{f', {detail}' if detail else ''}")
                    _write_line(reject_lines, row | {"reason": reason, "detail": detail})
        if not outcome.reasons and not expansion.subjects.set_aside:
            rejects.unlink()
        if not outcome.kept:
            raise RunError(
                f"none of {outcome.reasons.total():,} answers is usable, so {out} is not written: {outcome.told()}. "
                f"They stand in {rejects}."
            )
    return outcome


def rejects_path(out: Path) -> Path:
    """Return the file for what is set aside."""
    return out.with_name(f"{out.stem}.rejects.jsonl")


def _detail(row: dict[str, Any], reason: str) -> str:
    if reason == "other_language":
        return f"{detect_language(row['text'])} instead of {row['lang']}"
    return ""


def _write_line(lines: IO[str], row: dict[str, Any]) -> None:
    lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def _told(outcome: _Outcome, subjects: Subjects, config: ExpandConfig) -> str:
    named = {"query": "queries", "document": "documents"}[subjects.kind]
    line = f"{outcome.kept:,} texts for {len(outcome.ids):,} of {len(subjects.rows):,} {named}"
    if outcome.reasons:
        asked = outcome.kept + outcome.reasons.total()
        line += f"; {outcome.reasons.total():,} of {asked:,} answers set aside: {outcome.told()}"
    if outcome.reasons or subjects.set_aside:
        line += f"; what is set aside stands in {rejects_path(config.out)}"
    return line
