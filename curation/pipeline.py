"""The whole way, in order: sample -> split -> passages -> generate -> filter -> dedup -> judge -> data set -> report.

Each stage is a folder under DIR/stages. A stage that is finished with the same configuration and input is not done
again, so the same command goes on where it was stopped; answers that were paid for stand in the ledger, whatever
happens to the stages.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from curation.benchmark_texts import mark_benchmarks, read_benchmark
from curation.config import PassageConfig, RunConfig
from curation.duplicate_questions import mark_duplicates
from curation.engine import Stage, StageOutput, map_parts
from curation.filter import filter_questions
from curation.generate import generate_questions
from curation.judge import judge_questions, judge_settings, load_judge_prompt, write_audit
from curation.lengths import token_counter
from curation.llm.limits import Budget, make_budget
from curation.pairs import make_pairs
from curation.passages import draw_passages
from curation.read import find_sources
from curation.recorded import effective
from curation.run_folder import as_json, do_stage, ledger_path, open_run, stage_folder
from curation.sample import merge_samples, sample_file
from curation.split import split_documents
from curation.uniqueness import limit_easy
from data.dataset import CuratedDataset, load_curated, write_curated
from data.errors import InputError, RunError
from data.files import digest
from data.records import DOCUMENT, PASSAGE, QUESTION, REJECT

Say = Callable[[str], None]
Outputs = dict[str, StageOutput]


@dataclass(frozen=True)
class Command:
    """What the stages of one command share: where they speak, and what they may spend together."""

    say: Say
    budget: Budget


def run(config: RunConfig, say: Say = lambda line: None) -> CuratedDataset:
    """Do every stage that is not done yet and return the data set, which stands in `config.out`/dataset."""
    with open_run(config):
        outputs = run_stages(config, "judge", say)
        return build_dataset(config, outputs)


def run_stages(config: RunConfig, last: str, say: Say = lambda line: None) -> Outputs:
    """Do the stages up to `last`, each unless it is finished, and return what they made; without a judge's model there
    is no stage judge.
    """
    outputs: Outputs = {}
    command = Command(say, make_budget(config.generate))
    for name, stage in STAGES.items():
        if name != "judge" or config.judge.judge_model is not None:
            outputs[name] = stage(config, outputs, command)
            say(describe(name, outputs[name]))
        if name == last:
            break
    return outputs


def sample(config: RunConfig, outputs: Outputs, command: Command) -> StageOutput:
    """Read the sources and take the documents."""
    sources = find_sources(config.sample, command.say)
    prints = [source.fingerprint() for source in sources]
    stage = Stage("sample", DOCUMENT, effective(config.sample), config.seed, digest(prints))
    folder = stage_folder(config, "sample")

    def work() -> tuple[pa.Table, pa.Table]:
        token_counter(config.sample.tokenizer)  # says at once, here, if it cannot be loaded
        parts = [
            folder / "parts" / digest(stage.config, stage.seed, source.name, mark)
            for source, mark in zip(sources, prints, strict=True)
        ]
        todo = [
            (source, config.sample, config.seed, part)
            for source, part in zip(sources, parts, strict=True)
            if not part.with_suffix(".parquet").exists()
        ]
        map_parts(sample_file, todo, config.sample.workers, "reading")
        documents, rejects = merge_samples(parts, config.sample, config.seed)
        if not len(documents):
            reasons = (
                ", ".join(f"{count} {reason}" for reason, count in _counts(rejects).items()) or "the sources are empty"
            )
            first = f"; the first: {rejects['place'][0]} {rejects['detail'][0]}" if len(rejects) else ""
            raise InputError(f"no document is left to work on: {reasons}{first}")
        return documents, rejects

    output = do_stage(config, stage, work)
    shutil.rmtree(folder / "parts", ignore_errors=True)
    return output


def split(config: RunConfig, outputs: Outputs, command: Command) -> StageOutput:
    """Find near-duplicates, and deal the documents to train, dev and test."""
    before = outputs["sample"]
    settings = {**effective(config.split), "decontaminate": mark_benchmarks(config.split.decontaminate)}
    stage = Stage("split", DOCUMENT, settings, config.seed, before.digest)
    return do_stage(config, stage, lambda: split_documents(before.table, config.split, config.seed))


def draw(config: RunConfig, outputs: Outputs, command: Command) -> StageOutput:
    """Draw the passages that the generator will see."""
    before = outputs["split"]
    settings = {**effective(config.passages), "tokenizer": config.sample.tokenizer}
    stage = Stage("passages", PASSAGE, settings, config.seed, before.digest)

    def work() -> tuple[pa.Table, pa.Table]:
        count_tokens = token_counter(config.sample.tokenizer)
        passages = draw_passages(before.table, config.passages, config.seed, count_tokens)
        return passages, _without_passage(before.table, passages, config.passages)

    return do_stage(config, stage, work)


def generate(config: RunConfig, outputs: Outputs, command: Command) -> StageOutput:
    """Ask a question about every passage."""
    before = outputs["passages"]
    if config.generate.retry_failed:  # the answers may change, so it is done again; what was answered is in the ledger
        (stage_folder(config, "generate") / "manifest.json").unlink(missing_ok=True)
    stage = Stage("generate", QUESTION, effective(config.generate), config.seed, before.digest)
    if config.generate.generator == "extractive":
        command.say(
            "no LLM is asked: the queries are keywords of the passages (--generator openai --model NAME asks one)"
        )

    def work() -> tuple[pa.Table, pa.Table]:
        where, budget = ledger_path(config), command.budget
        rows = generate_questions(before.table, config.generate, where, config.seed, config.filter, budget)
        return rows, REJECT.empty_table()

    output = do_stage(config, stage, work)
    if cut := output.table["finish_reason"].to_pylist().count("length"):
        command.say(
            f"{cut:,} answers reached --max-answer-tokens {config.generate.max_answer_tokens} and are cut off; with a "
            "larger bound all questions are other requests, and asked anew"
        )
    return output


def check(config: RunConfig, outputs: Outputs, command: Command) -> StageOutput:
    """Drop the questions that are not worth training on."""
    before = outputs["generate"]
    stage = Stage("filter", QUESTION, effective(config.filter), config.seed, before.digest)

    def work() -> tuple[pa.Table, pa.Table]:
        return filter_questions(before.table, outputs["passages"].table, outputs["split"].table, config.filter)

    return do_stage(config, stage, work)


def deduplicate(config: RunConfig, outputs: Outputs, command: Command) -> StageOutput:
    """Drop questions that were asked already, and easy ones beyond their quota."""
    before, benchmarks = outputs["filter"], config.split.decontaminate
    marks_of_benchmarks = outputs["split"].manifest["config"]["decontaminate"]  # split has read and digested them
    settings = {**effective(config.dedup), "decontaminate": marks_of_benchmarks}
    stage = Stage("dedup", QUESTION, settings, config.seed, before.digest)

    def work() -> tuple[pa.Table, pa.Table]:
        asked = list(read_benchmark(benchmarks, "query"))
        table, marks = before.table, mark_duplicates(before.table, config.dedup.question_similarity, asked)
        for name, values in (("reason", marks.reasons), ("near_duplicate_of", marks.near_duplicate_of)):
            column = pa.array(values, pa.string())
            table = table.set_column(QUESTION.get_field_index(name), QUESTION.field(name), column)
        ids = table["query_id"].to_pylist()
        rejects = [
            {"place": ids[number], "reason": marks.reasons[number], "detail": detail}
            for number, detail in sorted(marks.details.items())
        ]
        left = limit_easy(table, config.filter)
        dropped = [pa.Table.from_pylist(rejects, schema=REJECT), _newly_dropped(table, left)]
        return left, pa.concat_tables(dropped)

    return do_stage(config, stage, work)


def judge(config: RunConfig, outputs: Outputs, command: Command) -> StageOutput:
    """Have an LLM grade what is left, and drop what it grades too low."""
    before, passages = outputs["dedup"], outputs["passages"].table
    if config.generate.retry_failed:  # verdicts may come where there was none; the others are in the ledger
        (stage_folder(config, "judge") / "manifest.json").unlink(missing_ok=True)
    asked = judge_settings(config.judge, config.generate)
    settings = {
        **effective(config.judge),
        "judge_base_url": list(asked.base_url),
        "instruction": load_judge_prompt(config.judge).digest,
    }
    stage = Stage("judge", QUESTION, settings, config.seed, before.digest)

    def work() -> tuple[pa.Table, pa.Table]:
        where = ledger_path(config)
        judged = judge_questions(before.table, passages, config.judge, config.generate, where, command.budget)
        left = limit_easy(judged, config.filter)  # again: the judge drops others
        return left, _newly_dropped(before.table, left)

    output = do_stage(config, stage, work)
    audit = config.out / "audit.jsonl"
    if drawn := write_audit(output.table, passages, config.judge, config.seed, audit):
        command.say(f"{drawn:,} of the judge's decisions are laid out in {audit}, for you to check")
    return output


STAGES: dict[str, Callable[[RunConfig, Outputs, Command], StageOutput]] = {
    "sample": sample,
    "split": split,
    "passages": draw,
    "generate": generate,
    "filter": check,
    "dedup": deduplicate,
    "judge": judge,
}


def build_dataset(config: RunConfig, outputs: Outputs) -> CuratedDataset:
    """Write the kept questions and all documents as the data set, unless it stands there already."""
    last = outputs.get("judge") or outputs["dedup"]
    target = config.out / "dataset"
    if (target / "manifest.json").exists() and load_curated(target).manifest.get("input") == last.digest:
        return load_curated(target)
    pairs = make_pairs(last.table, outputs["passages"].table)
    if not len(pairs):
        counts = Counter(reason for reason in last.table["reason"].to_pylist() if reason)
        reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
        paid = f" The answers are kept in {ledger_path(config)}." if config.generate.generator == "openai" else ""
        place = stage_folder(config, "judge" if "judge" in outputs else "filter")
        raise RunError(
            f"none of {len(outputs['generate'].table):,} questions is left: {reasons}.{paid} Read some in "
            f"{place / 'rejects.parquet'}: where they are good, loosen the checks (m3-curate filter --help) or the "
            "judge (m3-curate judge --help); where they are not, ask another model or with other --prompts."
        )
    made_by = {
        "input": last.digest,
        "seed": config.seed,
        "tokenizer": config.sample.tokenizer,
        "config": as_json(config),
        "stages": {name: output.digest for name, output in outputs.items()},
        "set_aside": {name: output.manifest["reasons"] for name, output in outputs.items()},
    }
    return write_curated(target, pairs, outputs["split"].table, made_by)


def describe(name: str, output: StageOutput) -> str:
    """Return one line about a finished stage: rows, languages, and what was set aside for which reason."""
    manifest = output.manifest
    kept = output.table["reason"].null_count if "reason" in output.table.column_names else len(output.table)
    reasons = ", ".join(f"{count} {reason}" for reason, count in manifest["reasons"].items())
    languages = len(manifest["rows_by_language"])
    return f"{name}: {kept} in {languages} language{'s' * (languages != 1)}" + (
        f"; set aside: {reasons}" if reasons else ""
    )


def _newly_dropped(before: pa.Table, after: pa.Table) -> pa.Table:
    """Return the questions that have a reason only after a stage, as `records.REJECT`."""
    columns = zip(*(after[name].to_pylist() for name in ("query_id", "reason", "query")), strict=True)
    rejects = [
        {"place": query_id, "reason": reason, "detail": query}
        for old, (query_id, reason, query) in zip(before["reason"].to_pylist(), columns, strict=True)
        if reason != old
    ]
    return pa.Table.from_pylist(rejects, schema=REJECT)


def _counts(rejects: pa.Table) -> dict[str, int]:
    reasons = rejects["reason"].to_pylist()
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def _without_passage(documents: pa.Table, passages: pa.Table, config: PassageConfig) -> pa.Table:
    having = set(passages["docid"].to_pylist())
    detail = f"no paragraphs of {config.passage_min_tokens} to {config.passage_max_tokens} tokens with letters"
    rows = [
        {"place": docid, "reason": "no_passage", "detail": detail}
        for docid in documents["docid"].to_pylist()
        if docid not in having
    ]
    return pa.Table.from_pylist(rows, schema=REJECT)
