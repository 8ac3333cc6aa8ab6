import dataclasses
import gzip
import json

import pytest
from curation_toy import small_run, write_documents, write_rows
from dedup_toy import ALPHABETS, change, chunked, letters_of

from curation import pipeline
from curation.__main__ import main
from curation.benchmark_texts import BenchmarkText, mark_benchmarks, read_benchmark
from curation.config import SplitConfig
from curation.decontaminate import find_in_benchmark
from curation.recorded import read_recorded
from curation.sketches import sketch_documents
from data.atlas import make_documents
from data.dataset import load_curated
from data.errors import InputError


def find(texts, benchmark, kept=None):
    column = chunked(texts)
    rows = [BenchmarkText(f"b:{number}", text) for number, text in enumerate(benchmark, 1)]
    numbers = range(len(texts)) if kept is None else kept
    return find_in_benchmark(column, sketch_documents(column), numbers, rows, 0.8, 0.9)


def read(*paths):
    return [[(row.place, row.text) for row in read_benchmark(paths, kind)] for kind in ("query", "document")]


@pytest.mark.parametrize("script", ALPHABETS)
def test_what_is_near_a_benchmark_holds_it_or_stands_in_it_is_found(script):
    alone, near, holder, part = (letters_of(script, size, seed) for seed, size in enumerate((900, 900, 9000, 500)))
    benchmark = [
        letters_of(script, 4000, "unrelated"),
        change(near, 0.03),
        holder[4000:4300],
        letters_of(script, 3000, "b") + part + letters_of(script, 3000, "c"),
    ]
    assert find([alone, near, holder, part], benchmark) == {1: "b:2", 2: "b:3", 3: "b:4"}


def test_a_heading_that_stands_in_a_document_is_no_part_of_it():
    text = letters_of("latin", 5000, 1)
    assert find([text], [text[100:160]]) == {}
    assert find([text[:60]], [text[:60]]) == {0: "b:1"}


def test_only_kept_documents_are_looked_at_and_empty_rows_do_no_harm():
    text = letters_of("latin", 500, 1)
    assert find([text, text], ["", " ?!", text, text], kept=[1]) == {1: "b:3"}
    assert find([], [text]) == {}


def test_documents_in_thousands_of_rows_of_the_same_boilerplate_are_told_apart():
    common = letters_of("latin", 1500, "licence")
    texts = [common + letters_of("latin", 500, seed) for seed in range(200)]
    assert find(texts, [common + letters_of("latin", 500, "other"), texts[7]]) == {7: "b:2"}


def test_fields_say_what_a_text_is(tmp_path):
    file = tmp_path / "train.jsonl"
    rows = [
        {"query_id": "q1", "query": "Who?", "positive_passages": [{"docid": "d1", "title": "T", "text": "One."}],
         "negative_passages": [{"docid": "d2", "text": "Two."}]},
        {"query": "Which?", "pos": ["Three."], "neg": ["Four.", "Five."]},
        {"anchor": "What?", "positive": "Six.", "negative": "Seven."},
        {"id": 8, "question": "Where?", "context": "Eight."},
        {"_id": "d9", "title": "Nine", "text": "Nine is here.", "metadata": {}},
        {"docid": "d10", "title": "Ten", "text": "It is here.", "qid": "q10"},
        {"qid": "q11", "text": "When?"},
        {"_id": "d12", "text": ""},
    ]  # fmt: skip
    write_rows(file, rows)
    assert read(file) == [
        [
            (f"{file}:1 q1", "Who?"),
            (f"{file}:2", "Which?"),
            (f"{file}:3", "What?"),
            (f"{file}:4 8", "Where?"),
            (f"{file}:7 q11", "When?"),
        ],
        [
            (f"{file}:1 d1", "T\nOne."),
            (f"{file}:1 d2", "Two."),
            (f"{file}:2", "Three."),
            (f"{file}:2", "Four."),
            (f"{file}:2", "Five."),
            (f"{file}:3", "Six."),
            (f"{file}:3", "Seven."),
            (f"{file}:4 8", "Eight."),
            (f"{file}:5 d9", "Nine is here."),
            (f"{file}:6 d10", "Ten\nIt is here."),
            (f"{file}:8 d12", ""),
        ],
    ]


def write_beir(folder, query="Who?", text="A text."):
    folder.mkdir(parents=True)
    with gzip.open(folder / "corpus.jsonl.gz", "wt") as file:
        file.write(json.dumps({"_id": "d1", "title": "", "text": text}) + "\n")
    write_rows(folder / "queries.jsonl", [{"_id": "q1", "text": query, "metadata": {}}])
    write_rows(folder / "bank.jsonl", [{"paragraph": "not a field that is known"}])
    return folder


def test_folders_in_beirs_layout_and_folders_of_them(tmp_path):
    first, second = write_beir(tmp_path / "sets" / "a"), write_beir(tmp_path / "sets" / "b", "Which?", "B text.")
    queries = [(f"{first}/queries.jsonl:1 q1", "Who?"), (f"{second}/queries.jsonl:1 q1", "Which?")]
    documents = [(f"{first}/corpus.jsonl.gz:1 d1", "A text."), (f"{second}/corpus.jsonl.gz:1 d1", "B text.")]
    assert read(first) == [queries[:1], documents[:1]]
    assert read(tmp_path / "sets") == read(first, second) == read(tmp_path, first) == [queries, documents]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"query": "Who?"}\n{"sentence": "x", "label": 1}\n', r"a\.jsonl:2 .*sentence, label.*rename"),
        ("a.jsonl", '{"query": "Who?"}\n\n{"query": \n', r"a\.jsonl:3 .*mend or remove"),
        ("a.jsonl", "[1]\n", r"a\.jsonl:1 .*JSON list"),
        ("a.tsv", "1\tWho?\n", r"a\.tsv .*not JSON lines.*convert"),
        ("a.jsonl.gz", "not packed", r"a\.jsonl\.gz:1"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read(tmp_path / name)


def test_paths_without_a_benchmark_are_an_error(tmp_path):
    with pytest.raises(InputError, match="no file or folder"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="holds no benchmark"):
        read(tmp_path)


def test_the_mark_of_a_benchmark_is_its_name_and_content(tmp_path):
    folder = write_beir(tmp_path / "a")
    before = mark_benchmarks([folder])
    assert [mark.split()[0] for mark in before] == ["corpus.jsonl.gz", "queries.jsonl"]
    assert mark_benchmarks([folder / "queries.jsonl"]) == before[1:]
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "Another?"}\n')
    after = mark_benchmarks([folder])
    assert after[0] == before[0] and after[1] != before[1]


def test_a_run_keeps_clear_of_a_benchmark_and_is_done_again_when_it_changes(tmp_path):
    source = write_documents(tmp_path / "documents")
    free = load_curated(pipeline.run(small_run(source, tmp_path / "free")).path)
    query = free.pairs("en", "train")["query"][0].as_py()
    taken = next(iter(make_documents("ja", range(1), 0, (300, 600))))
    folder = write_beir(tmp_path / "benchmark", query, taken.text)

    config = small_run(source, tmp_path / "run", split=SplitConfig(decontaminate=(folder,)))
    with pipeline.open_run(config):
        outputs = pipeline.run_stages(config, "dedup")
    [reject] = [row for row in outputs["split"].rejects.to_pylist() if row["reason"] == "in_benchmark"]
    assert reject["place"] == taken.docid and reject["detail"] == f"{folder}/corpus.jsonl.gz:1 d1"
    assert taken.docid not in outputs["passages"].table["docid"].to_pylist()
    asked = [row for row in outputs["dedup"].rejects.to_pylist() if row["reason"] == "benchmark_question"]
    assert [row["detail"] for row in asked] == [f"{query} (of {folder}/queries.jsonl:1 q1)"]
    assert read_recorded(config.out).split.decontaminate == (folder,)

    first = pipeline.run(config).manifest
    assert pipeline.run(config).manifest == first
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "Something else entirely?"}\n')
    with pytest.raises(InputError, match=r"decontaminate was .*queries\.jsonl.*--overwrite"):
        pipeline.run(config)
    with pipeline.open_run(config):
        outputs = pipeline.run_stages(dataclasses.replace(config, overwrite=True), "dedup")
    assert "benchmark_question" not in outputs["dedup"].manifest["reasons"]


def test_documents_that_all_stand_in_the_benchmark_are_an_error(tmp_path):
    source = write_documents(tmp_path / "documents", ("en",))
    config = small_run(source, tmp_path / "run", split=SplitConfig(decontaminate=(source,)))
    with pytest.raises(InputError, match=r"all documents stand in the benchmarks .*en\.jsonl:\d"):
        pipeline.run(config)


def test_the_commands_take_benchmarks_and_the_run_remembers_them(tmp_path, capsys):
    source, out = write_documents(tmp_path / "documents", ("en",)), tmp_path / "run"
    folders = [write_beir(tmp_path / name, f"Who is {name}?") for name in ("one", "two")]
    run = ["--out", str(out), "--decontaminate", *map(str, folders)]
    assert main(["run", "--source", str(source), "--workers", "1", *run]) == 0
    assert len(json.loads((out / "stages" / "dedup" / "manifest.json").read_text())["config"]["decontaminate"]) == 4
    assert main(["dedup", "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["split", "--out", str(out), "--decontaminate", str(folders[0])]) == 2
    assert "decontaminate was" in capsys.readouterr().err
    assert main(["split", "--out", str(out), "--overwrite", "--decontaminate", str(folders[0])]) == 0
    assert read_recorded(out).split.decontaminate == (folders[0],)


def test_an_empty_benchmark_is_no_benchmark(tmp_path):
    file = tmp_path / "empty.jsonl"
    file.write_text("\n\n")
    with pytest.raises(InputError, match=r"empty\.jsonl \(--decontaminate\) is empty"):
        list(read_benchmark([file], "query"))


def test_a_benchmark_that_is_not_there_is_told_before_anything_is_read(tmp_path):
    config = small_run(tmp_path / "nowhere", tmp_path / "run", split=SplitConfig(decontaminate=(tmp_path / "no",)))
    with pytest.raises(InputError, match="there is no file or folder"):
        pipeline.run(config)
