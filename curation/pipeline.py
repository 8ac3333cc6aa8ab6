"""The whole way, in order: sample -> split -> passages -> generate -> filter -> dedup -> data set -> report.

Each stage is a folder under DIR/stages. A stage that is finished with the same configuration and input is not done
again, so the same command goes on where it was stopped; answers that were paid for stand in the ledger, whatever
happens to the stages.
"""

import contextlib
import dataclasses
import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from curation.benchmark_texts import mark_benchmarks, read_benchmark
from curation.config import PassageConfig, RunConfig, check_config, effective, read_recorded
from curation.duplicate_questions import mark_duplicates
from curation.engine import Stage, StageOutput, check_stage, map_parts, run_stage
from curation.filter import filter_questions
from curation.generate import check_generator, generate_questions
from curation.language import LANGUAGES
from curation.lengths import token_counter
from curation.passages import draw_passages
from curation.read import find_sources
from curation.sample import merge_samples, sample_file
from curation.split import split_documents
from data.dataset import CuratedDataset, load_curated, write_curated
from data.errors import InputError, RunError
from data.files import digest, write_json
from data.records import DOCUMENT, PAIR, PASSAGE, QUESTION, REJECT

Say = Callable[[str], None]
Outputs = dict[str, StageOutput]


def run(config: RunConfig, say: Say = lambda line: None) -> CuratedDataset:
    """Do every stage that is not done yet and return the data set, which stands in `config.out`/dataset."""
    with open_run(config):
        outputs = run_stages(config, "dedup", say)
        return build_dataset(config, outputs)


def run_stages(config: RunConfig, last: str, say: Say = lambda line: None) -> Outputs:
    """Do the stages up to `last`, each unless it is finished, and return what they made."""
    outputs: Outputs = {}
    for name, stage in STAGES.items():
        outputs[name] = stage(config, outputs, say)
        say(describe(name, outputs[name]))
        if name == last:
            break
    return outputs


@contextlib.contextmanager
def open_run(config: RunConfig) -> Iterator[None]:
    """Hold the run's folder: make it, record the configuration in it, and keep other processes out.

    Raises `InputError` if the folder holds something else, or another process works in it.
    """
    check_config(config)
    check_generator(config.generate)
    unknown = sorted(set(config.sample.languages) - LANGUAGES)
    if unknown:
        raise InputError(f"unknown language {', '.join(unknown)}: --languages takes ISO codes such as en, ko, zh")
    if config.out.is_file():
        raise InputError(f"{config.out} is a file; --out takes a folder")
    if not read_recorded(config.out) and config.out.is_dir() and not all(map(_is_ours, config.out.iterdir())):
        raise InputError(f"{config.out} is not empty and holds no run of m3-curate; choose another --out")
    config.out.mkdir(parents=True, exist_ok=True)
    with (config.out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"another process is working in {config.out}; wait for it, or choose another --out"
            ) from None
        for leftover in (*config.out.glob(".*.tmp"), *config.out.glob("stages/*/**/.*.tmp")):  # of a killed process
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        if config.overwrite or not (config.out / "config.json").exists():
            write_json(config.out / "config.json", as_json(config))
        yield


def _is_ours(file: Path) -> bool:
    """Return whether a killed process may have left `file` in a folder before it recorded its configuration there."""
    return file.name == ".lock" or (file.name.startswith(".config.json.") and file.name.endswith(".tmp"))


def _do(config: RunConfig, stage: Stage, work: Callable[[], tuple[pa.Table, pa.Table]]) -> StageOutput:
    """Run `stage` in its folder, and record its part of the configuration, which later commands then start from."""
    folder, file = stage_folder(config, stage.name), config.out / "config.json"
    overwrite = config.overwrite or (config.generate.retry_failed and stage.name in ("filter", "dedup"))
    check_stage(folder, stage, overwrite)
    recorded, asked = json.loads(file.read_text(encoding="utf-8")), as_json(config)
    now = {**recorded, **{key: asked[key] for key in ("seed", stage.name) if key in asked}}
    if now != recorded:
        write_json(file, now)
    return run_stage(folder, stage, work, overwrite)


def as_json(config: RunConfig) -> dict[str, Any]:
    """Return the configuration as it is kept in DIR/config.json."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config), default=str))
    # What concerns one command only is not what later ones start from.
    del plain["out"], plain["overwrite"], plain["generate"]["batch"], plain["generate"]["retry_failed"]
    return plain


def sample(config: RunConfig, outputs: Outputs, say: Say) -> StageOutput:
    """Read the sources and take the documents."""
    sources = find_sources(config.sample, say)
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

    output = _do(config, stage, work)
    shutil.rmtree(folder / "parts", ignore_errors=True)
    return output


def split(config: RunConfig, outputs: Outputs, say: Say) -> StageOutput:
    """Find near-duplicates, and deal the documents to train, dev and test."""
    before = outputs["sample"]
    settings = {**effective(config.split), "decontaminate": mark_benchmarks(config.split.decontaminate)}
    stage = Stage("split", DOCUMENT, settings, config.seed, before.digest)
    return _do(config, stage, lambda: split_documents(before.table, config.split, config.seed))


def draw(config: RunConfig, outputs: Outputs, say: Say) -> StageOutput:
    """Draw the passages that the generator will see."""
    before = outputs["split"]
    settings = {**effective(config.passages), "tokenizer": config.sample.tokenizer}
    stage = Stage("passages", PASSAGE, settings, config.seed, before.digest)

    def work() -> tuple[pa.Table, pa.Table]:
        count_tokens = token_counter(config.sample.tokenizer)
        passages = draw_passages(before.table, config.passages, config.seed, count_tokens)
        return passages, _without_passage(before.table, passages, config.passages)

    return _do(config, stage, work)


def generate(config: RunConfig, outputs: Outputs, say: Say) -> StageOutput:
    """Ask a question about every passage."""
    before = outputs["passages"]
    if config.generate.retry_failed:  # the answers may change, so it is done again; what was answered is in the ledger
        (stage_folder(config, "generate") / "manifest.json").unlink(missing_ok=True)
    stage = Stage("generate", QUESTION, effective(config.generate), config.seed, before.digest)
    if config.generate.generator == "extractive":
        say("no LLM is asked: the queries are keywords of the passages (--generator openai --model NAME asks one)")

    def work() -> tuple[pa.Table, pa.Table]:
        rows = generate_questions(before.table, config.generate, ledger_path(config), config.seed, config.filter)
        return rows, REJECT.empty_table()

    output = _do(config, stage, work)
    if cut := output.table["finish_reason"].to_pylist().count("length"):
        say(
            f"{cut:,} answers reached --max-answer-tokens {config.generate.max_answer_tokens} and are cut off; with a "
            "larger bound all questions are other requests, and asked anew"
        )
    return output


def check(config: RunConfig, outputs: Outputs, say: Say) -> StageOutput:
    """Drop the questions that are not worth training on."""
    before = outputs["generate"]
    stage = Stage("filter", QUESTION, effective(config.filter), config.seed, before.digest)

    def work() -> tuple[pa.Table, pa.Table]:
        return filter_questions(before.table, outputs["passages"].table, outputs["split"].table, config.filter)

    return _do(config, stage, work)


def deduplicate(config: RunConfig, outputs: Outputs, say: Say) -> StageOutput:
    """Drop questions that were asked already."""
    before, benchmarks = outputs["filter"], config.split.decontaminate
    settings = {**effective(config.dedup), "decontaminate": mark_benchmarks(benchmarks)}
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
        return table, pa.Table.from_pylist(rejects, schema=REJECT)

    return _do(config, stage, work)


STAGES: dict[str, Callable[[RunConfig, Outputs, Say], StageOutput]] = {
    "sample": sample,
    "split": split,
    "passages": draw,
    "generate": generate,
    "filter": check,
    "dedup": deduplicate,
}


def build_dataset(config: RunConfig, outputs: Outputs) -> CuratedDataset:
    """Write the kept questions and all documents as the data set, unless it stands there already."""
    target, last = config.out / "dataset", outputs["dedup"].digest
    if (target / "manifest.json").exists() and load_curated(target).manifest.get("input") == last:
        return load_curated(target)
    pairs = make_pairs(outputs["dedup"].table, outputs["passages"].table)
    if not len(pairs):
        reasons = ", ".join(f"{count} {reason}" for reason, count in outputs["filter"].manifest["reasons"].items())
        paid = f" The answers are kept in {ledger_path(config)}." if config.generate.generator == "openai" else ""
        raise RunError(
            f"none of {len(outputs['generate'].table):,} questions passed the checks: {reasons}.{paid} Read some in "
            f"{stage_folder(config, 'filter') / 'rejects.parquet'}: where they are good, loosen the checks (m3-curate "
            "filter --help); where they are not, ask another model or with other --prompts."
        )
    made_by = {
        "input": last,
        "seed": config.seed,
        "tokenizer": config.sample.tokenizer,
        "config": as_json(config),
        "stages": {name: output.digest for name, output in outputs.items()},
        "set_aside": {name: output.manifest["reasons"] for name, output in outputs.items()},
    }
    return write_curated(target, pairs, outputs["split"].table, made_by)


def make_pairs(questions: pa.Table, passages: pa.Table) -> pa.Table:
    """Return the questions about `passages` without a reason against them as `records.PAIR`, in the order of ids."""
    kept = questions.filter(pa.compute.is_null(questions["reason"])).sort_by("query_id")
    renamed = {
        "start": "evidence_start",
        "end": "evidence_end",
        "token_start": "evidence_token_start",
        "tokens": "evidence_tokens",
    }
    columns = {
        renamed.get(name, name): kept[name] for name in kept.column_names if renamed.get(name, name) in PAIR.names
    }
    columns["positive_ids"] = pa.array([[docid] for docid in kept["docid"].to_pylist()], pa.list_(pa.string()))
    digests = {row["passage_id"]: digest(row["text"]) for row in passages.select(["passage_id", "text"]).to_pylist()}
    columns["evidence_digest"] = pa.array([digests[name] for name in kept["passage_id"].to_pylist()], pa.string())
    ids = set(kept["query_id"].to_pylist())  # what resembled a question that was dropped since resembles nothing
    near = [name if name in ids else None for name in kept["near_duplicate_of"].to_pylist()]
    columns["near_duplicate_of"] = pa.array(near, pa.string())
    for name in ("negative_ids", "negative_miners", "negative_ranks", "negative_scores", "pos_scores", "neg_scores"):
        columns[name] = pa.array([[] for _ in range(len(kept))], PAIR.field(name).type)  # m3-train mine and teach
    return pa.table(columns).select(PAIR.names).cast(PAIR)


def stage_folder(config: RunConfig, name: str) -> Path:
    """Return the folder of a stage."""
    return config.out / "stages" / name


def ledger_path(config: RunConfig) -> Path:
    """Return the file that keeps the paid answers."""
    return config.generate.ledger or config.out / "ledger.sqlite"


def describe(name: str, output: StageOutput) -> str:
    """Return one line about a finished stage: rows, languages, and what was set aside for which reason."""
    manifest = output.manifest
    kept = output.table["reason"].null_count if "reason" in output.table.column_names else len(output.table)
    reasons = ", ".join(f"{count} {reason}" for reason, count in manifest["reasons"].items())
    languages = len(manifest["rows_by_language"])
    return f"{name}: {kept} in {languages} language{'s' * (languages != 1)}" + (
        f"; set aside: {reasons}" if reasons else ""
    )


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
