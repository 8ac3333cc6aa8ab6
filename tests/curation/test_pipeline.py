import dataclasses
import json
import random
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from curation_toy import LANGUAGES, made, small_run, write_documents
from generate_toy import ask
from question_server import Reply, serve_questions

from curation import pipeline
from curation.config import FilterConfig, GenerateConfig, PassageConfig, SampleConfig, SplitConfig
from curation.pairs import make_pairs
from curation.recorded import read_recorded
from data.dataset import load_curated
from data.errors import InputError, RunError
from data.files import digest
from data.records import PASSAGE, QUESTION, SPLITS


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_documents(tmp_path_factory.mktemp("source") / "documents")


@pytest.fixture(scope="module")
def undisturbed(source, tmp_path_factory):
    """Return the folder of a run that nothing disturbed; not to be changed."""
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    pipeline.run(small_run(source, out))
    return out


def start(source, out, *more):
    """Start `m3-curate run` in a process of its own."""
    command = [sys.executable, "-m", "curation", "run", "--source", str(source), "--out", str(out), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(file, process, seconds=60):
    """Wait until `file` is there or the process has ended."""
    until = time.monotonic() + seconds
    while not file.exists() and process.poll() is None:
        assert time.monotonic() < until, f"{file} did not appear"
        time.sleep(0.002)


def test_a_run_ends_with_a_data_set_that_holds_together(undisturbed):
    dataset = load_curated(undisturbed)
    assert dataset.languages == sorted(LANGUAGES)
    asked, sides = set(), {}
    for lang in dataset.languages:
        corpus = {row["docid"]: row for row in dataset.corpus(lang).to_pylist()}
        assert len(corpus) == 8
        for split in SPLITS:
            pairs = dataset.pairs(lang, split).to_pylist()
            assert pairs, (lang, split)
            for pair in pairs:
                document = corpus[pair["positive_ids"][0]]
                assert (document["split"], document["lang"], pair["lang"]) == (split, lang, lang)
                assert sides.setdefault(document["group"], split) == split
                evidence = document["text"][pair["evidence_start"] : pair["evidence_end"]]
                assert set(pair["query"].split()[:1]) and pair["query"].split()[0] in evidence
                assert (pair["generator"], pair["style"], pair["negative_ids"]) == ("extractive", "keywords", [])
                assert "no LLM" in pair["model"]
                asked.add(pair["query_id"])
    assert len(asked) == sum(count[split] for count in dataset.manifest["counts"].values() for split in SPLITS)


def test_pairs_carry_their_passages_digest_and_no_dropped_twin():
    passages = [{"passage_id": f"p{n}", "docid": f"d{n}", "text": f"passage {n}"} for n in range(3)]
    questions = [
        {"query_id": "a", "passage_id": "p2", "docid": "d2", "start": 5, "end": 14, "near_duplicate_of": "b"},
        {"query_id": "b", "passage_id": "p0", "docid": "d0", "near_duplicate_of": "c"},
        {"query_id": "c", "passage_id": "p1", "docid": "d1", "reason": "judged"},
    ]
    tables = pa.Table.from_pylist(questions, schema=QUESTION), pa.Table.from_pylist(passages, schema=PASSAGE)
    pairs = make_pairs(*tables).to_pylist()
    assert [pair["query_id"] for pair in pairs] == ["a", "b"]
    assert [pair["evidence_digest"] for pair in pairs] == [digest("passage 2"), digest("passage 0")]
    assert [pair["near_duplicate_of"] for pair in pairs] == ["b", None]
    assert (pairs[0]["evidence_start"], pairs[0]["evidence_end"], pairs[0]["positive_ids"]) == (5, 14, ["d2"])


def test_the_same_run_makes_the_same_bytes(source, undisturbed, tmp_path):
    pipeline.run(small_run(source, tmp_path / "again"))
    assert made(tmp_path / "again") == made(undisturbed)
    for file in (undisturbed / "dataset").rglob("*.parquet"):
        other = tmp_path / "again" / "dataset" / file.relative_to(undisturbed / "dataset")
        assert file.read_bytes() == other.read_bytes()


def test_files_in_parallel_and_in_another_spread_make_the_same(source, undisturbed, tmp_path):
    """One file of all languages, cut in three, read by two processes."""
    lines = [line for lang in LANGUAGES for line in (source / f"{lang}.jsonl").read_text().splitlines(keepends=True)]
    random.Random(0).shuffle(lines)
    (tmp_path / "spread").mkdir()
    for number in range(3):
        (tmp_path / "spread" / f"{number}.jsonl").write_text("".join(lines[number::3]))
    process = start(tmp_path / "spread", tmp_path / "out", "--workers", "2")
    assert process.wait() == 0, process.stderr.read()
    for lang in LANGUAGES:
        for split in SPLITS:
            assert load_curated(tmp_path / "out").pairs(lang, split) == load_curated(undisturbed).pairs(lang, split)
        columns = ["docid", "text", "split", "cluster", "tokens"]
        assert load_curated(tmp_path / "out").corpus(lang, columns) == load_curated(undisturbed).corpus(lang, columns)


def test_a_finished_run_does_nothing_again(source, tmp_path):
    config = small_run(source, tmp_path / "run")
    pipeline.run(config)
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*") if file.is_file()}
    pipeline.run(config)
    pipeline.run(dataclasses.replace(config, generate=GenerateConfig(concurrency=3)))  # effort, not content
    after = {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*") if file.is_file()}
    changed = {file.name for file in before if after.get(file) != before[file]}
    assert set(after) == set(before) and changed <= {".lock", "config.json"}


def stages_done_again(config, folder):
    before = {file: file.stat().st_mtime_ns for file in folder.glob("stages/*/manifest.json")}
    pipeline.run(config)
    return {
        file.parent.name for file in folder.glob("stages/*/manifest.json") if file.stat().st_mtime_ns != before[file]
    }


@pytest.mark.parametrize(
    ("change", "field", "first"),
    [
        ({"seed": 7}, "seed was 0, now 7", "sample"),
        ({"split": SplitConfig(dev_share=0.3)}, "dev_share was 0.1, now 0.3", "split"),
        ({"passages": PassageConfig(passage_max_tokens=150)}, "passage_max_tokens was 400, now 150", "passages"),
        ({"filter": FilterConfig(uniqueness_depth=3)}, "uniqueness_depth was 10, now 3", "filter"),
    ],
)  # fmt: skip
def test_another_configuration_is_refused_and_overwritten_on_demand(source, tmp_path, change, field, first):
    stages = [name for name in pipeline.STAGES if name != "judge"]  # nobody is asked to judge
    again = set(stages[stages.index(first) :])
    config = small_run(source, tmp_path / "run")
    pipeline.run(config)
    before = made(tmp_path / "run")
    changed = dataclasses.replace(config, **change)
    with pytest.raises(InputError, match=field) as refusal:
        pipeline.run(changed)
    assert "--overwrite" in str(refusal.value)
    assert made(tmp_path / "run") == before
    assert stages_done_again(config, tmp_path / "run") == set()  # the refusal left the old run whole
    assert stages_done_again(dataclasses.replace(changed, overwrite=True), tmp_path / "run") == again
    assert stages_done_again(changed, tmp_path / "run") == set()
    recorded = read_recorded(tmp_path / "run")
    assert dataclasses.asdict(recorded) == dataclasses.asdict(changed)


def test_changed_documents_are_refused(tmp_path):
    source = write_documents(tmp_path / "documents", ("en",), 4)
    pipeline.run(small_run(source, tmp_path / "run"))
    (source / "new.txt").write_text("A new document about the mills of Kalu. " * 40)
    with pytest.raises(InputError, match="another input"):
        pipeline.run(small_run(source, tmp_path / "run"))


def test_a_stage_command_goes_on_with_what_earlier_ones_recorded(source, tmp_path):
    config = small_run(source, tmp_path / "run")
    with pipeline.open_run(config):
        pipeline.run_stages(config, "split")
    changed = dataclasses.replace(read_recorded(tmp_path / "run"), passages=PassageConfig(passages_per_document=2))
    with pipeline.open_run(changed):
        pipeline.run_stages(changed, "generate")
    recorded = read_recorded(tmp_path / "run")
    assert recorded.passages.passages_per_document == 2
    dataset = pipeline.run(recorded)
    assert sum(count[split] for count in dataset.manifest["counts"].values() for split in SPLITS) > 3 * 8


def test_killed_after_every_stage_and_resumed_it_ends_the_same(source, undisturbed, tmp_path):
    out, kills = tmp_path / "run", 0
    for stage in ("sample", "split", "passages", "generate", "filter", "dedup"):
        process = start(source, out)
        wait_for(out / "stages" / stage / "manifest.json", process)
        process.kill()
        kills += process.wait() == -signal.SIGKILL
    assert kills >= 2
    process = start(source, out)
    assert process.wait() == 0, process.stderr.read()
    assert made(out) == made(undisturbed)
    assert not [file for file in out.rglob("*") if file.name.endswith(".tmp")]


def test_killed_at_random_moments_and_resumed_it_ends_the_same(source, undisturbed, tmp_path):
    out, chance = tmp_path / "run", random.Random(5)
    for _ in range(2):
        process = start(source, out, "--workers", "2")
        wait_for(out / "config.json", process)
        time.sleep(chance.uniform(0, 1.0))
        process.kill()
        process.wait()
    process = start(source, out)
    assert process.wait() == 0, process.stderr.read()
    assert made(out) == made(undisturbed)


def test_killed_before_anything_was_recorded_it_starts_anew(source, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / ".lock").touch()
    (out / ".config.json.123.tmp").write_text("{")
    pipeline.run(small_run(source, out))
    assert sorted(file.name for file in out.iterdir()) == [".lock", "config.json", "dataset", "stages"]


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(source, undisturbed, tmp_path):
    process = start(source, tmp_path / "run", "--workers", "2")
    wait_for(tmp_path / "run" / "config.json", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "same command" in errors and "Traceback" not in errors
    process = start(source, tmp_path / "run")
    assert process.wait() == 0
    assert made(tmp_path / "run") == made(undisturbed)


def test_two_processes_do_not_work_in_one_folder(source, tmp_path):
    config = small_run(source, tmp_path / "run")
    with pipeline.open_run(config), pytest.raises(InputError, match="another process"):
        pipeline.run(config)
    pipeline.run(config)


@pytest.mark.parametrize("name", ["thesis.docx", "config.json"])
def test_a_foreign_folder_is_refused_and_left_as_it_is(source, tmp_path, name):
    (tmp_path / name).write_text(json.dumps({"model_type": "xlm-roberta"}))
    with pytest.raises(InputError, match="choose another --out"):
        pipeline.run(small_run(source, tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_run_without_a_kept_question_fails_and_says_where_to_look(source, tmp_path):
    config = small_run(source, tmp_path / "run", filter=FilterConfig(uniqueness_depth=1))
    with pipeline.open_run(config):
        outputs = pipeline.run_stages(config, "generate")
        table = outputs["generate"].table
    empty = table.set_column(table.schema.get_field_index("query"), "query", [[""] * len(table)])
    pq.write_table(empty, tmp_path / "run" / "stages" / "generate" / "table.parquet")
    with pytest.raises(RunError, match=r"none of 24 questions .* 24 empty.*rejects.parquet"):
        pipeline.run(config)


def test_documents_that_are_all_set_aside_are_an_input_error(tmp_path):
    (tmp_path / "a.txt").write_text("Too short.")
    with pytest.raises(InputError, match=r"1 too_short.*a\.txt"):
        pipeline.run(small_run(tmp_path / "a.txt", tmp_path / "run"))


@pytest.mark.parametrize(
    ("part", "option"),
    [
        ({"split": SplitConfig(dev_share=0.6, test_share=0.5)}, "--dev-share"),
        ({"split": SplitConfig(jaccard=0.2)}, "--jaccard"),
        ({"passages": PassageConfig(passage_min_tokens=500)}, "--passage-min-tokens"),
        ({"passages": PassageConfig(passages_per_document=0)}, "--passages-per-document"),
        ({"sample": SampleConfig(source=("x",), per_language=0)}, "--per-language"),
        ({"sample": SampleConfig(source=("x",), buckets=(500, 100))}, "--buckets"),
        ({"sample": SampleConfig(source=("x",), languages=("en", "klingon"))}, "klingon"),
    ],
)
def test_values_that_no_stage_can_work_with_are_refused(tmp_path, part, option):
    with pytest.raises(InputError, match=option):
        pipeline.run(dataclasses.replace(small_run(tmp_path, tmp_path / "run"), **part))
    assert not (tmp_path / "run").exists()


def test_what_was_cut_off_is_asked_again_on_demand_and_the_stages_after_it_follow(source, tmp_path, short_waits):
    cut = True

    def plan(body, seen):
        text = body["messages"][0]["content"]
        return Reply("Who", finish_reason="length") if cut and len(text) % 2 else Reply()

    def count(dataset):
        return sum(figures[split] for figures in dataset.manifest["counts"].values() for split in SPLITS)

    with serve_questions(plan=plan) as server:
        generate = ask(server)
        config = small_run(source, tmp_path / "run", generate=generate, filter=FilterConfig(uniqueness_depth=0))
        first = pipeline.run(config)
        asked, cut = server.asked, False
        assert asked == 24 and pipeline.run(config).manifest == first.manifest and server.asked == asked
        second = pipeline.run(dataclasses.replace(config, generate=dataclasses.replace(generate, retry_failed=True)))
        again = sum(len(body["messages"][0]["content"]) % 2 for body in server.bodies[:asked])
        assert 0 < again < asked == server.asked - again
        assert count(second) > count(first)
        assert not read_recorded(tmp_path / "run").generate.retry_failed  # not a wish for every later command
        assert pipeline.run(config).manifest == second.manifest


def test_the_quota_of_easy_questions_holds_in_the_finished_data_set(source, tmp_path):
    config = small_run(
        source,
        tmp_path / "run",
        passages=PassageConfig(passages_per_document=3),
        filter=FilterConfig(max_easy_share=0.4),
    )
    dataset = pipeline.run(config)
    reasons = dataset.manifest["set_aside"]
    assert reasons["dedup"]["too_easy"] > 0
    for lang in dataset.languages:
        for split in SPLITS:
            rows = dataset.pairs(lang, split).to_pylist()
            easy = sum(row["bm25_rank"] == 1 and row["lexical_overlap"] >= 0.8 for row in rows)
            assert easy <= 0.4 * len(rows)
