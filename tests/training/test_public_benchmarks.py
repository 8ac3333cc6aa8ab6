"""Benchmarks by name: small copies in their own layouts, what is missing or broken there, and a hub that has them."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmark_toy import (
    BRIDGE,
    EXPORTED_MLDR,
    HUB_MLDR,
    KOREAN,
    MILL,
    NQ,
    pack_mkqa,
    put,
    write_miracl,
    write_mkqa,
    write_mldr,
    write_narrativeqa,
)
from training_toy import write_toy_dataset

from curation.command_config import ExportConfig
from curation.export import export_dataset
from data.errors import InputError
from training.collections.benchmarks import read_benchmark
from training.collections.read import read_judged
from training.evaluate import evaluate
from training.evaluate_config import EvaluateConfig


@pytest.mark.parametrize("layout", [HUB_MLDR, EXPORTED_MLDR])
def test_mldr_is_read_from_the_hubs_layout_and_from_our_exports(tmp_path, layout):
    for lang in ("th", "ko"):
        write_mldr(tmp_path, *layout, lang)
    korean, thai = read_benchmark("mldr", tmp_path, "test")
    assert (korean.lang, thai.lang) == ("ko", "th")
    assert (korean.docids, list(korean.texts)) == (["ko1", "ko2"], [BRIDGE, MILL])
    assert (korean.query_ids, korean.queries) == (["q1", "q2"], ["arches?", "mill?"])
    assert thai.qrels == {"q1": {"th1": 1}, "q2": {"th2": 1}}
    assert [each.lang for each in read_benchmark("mldr", tmp_path, "test", ["th"])] == ["th"]
    with pytest.raises(InputError, match=r"no questions in fr \(split test\); it has: ko th"):
        read_benchmark("mldr", tmp_path, "test", ["fr"])
    with pytest.raises(InputError, match=r"is no copy of MLDR: it has neither mldr-v1.0-LANG/dev\.jsonl"):
        read_benchmark("mldr", tmp_path, "dev")


def test_an_export_measures_what_its_data_set_does(tmp_path):
    write_toy_dataset(tmp_path / "dataset", dev=2)
    folder = export_dataset(ExportConfig(out=tmp_path, format="mldr"))
    exported, curated = read_benchmark("mldr", folder, "dev"), read_judged(tmp_path, "dev")
    assert [each.digest for each in exported] == [each.digest for each in curated]
    assert [list(each.texts) for each in exported] == [list(each.texts) for each in curated]
    assert [each.queries for each in exported] == [each.queries for each in curated]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"query_id": "q1", "query"', r"test\.jsonl:3: this line is not JSON"),
        ({"query": "?", "positive_passages": []}, r"test\.jsonl:3: this line has no query_id"),
        ({"query_id": "q3", "positive_passages": []}, r"test\.jsonl:3: this line has no query"),
        ({"query_id": "q3", "query": "?", "positive_passages": "d"}, r"test\.jsonl:3: this line has no positive_pass"),
        ({"query_id": "q3", "query": "?", "positive_passages": [{}]}, r"test\.jsonl:3: this line has no docid"),
        ({"query_id": "q1", "query": "?", "positive_passages": []}, r"test\.jsonl:3: the id 'q1' stands twice"),
    ],
)
def test_a_broken_line_of_mldr_is_named(tmp_path, row, message):
    write_mldr(tmp_path, *EXPORTED_MLDR, "ko")
    with (tmp_path / "ko" / "test.jsonl").open("a") as file:
        file.write(row if isinstance(row, str) else json.dumps(row))
    with pytest.raises(InputError, match=message):
        read_benchmark("mldr", tmp_path, "test")


def test_mldr_without_its_corpus_and_with_an_unknown_document(tmp_path):
    write_mldr(tmp_path, *EXPORTED_MLDR, "ko")
    put(tmp_path / "corpus" / "ko.jsonl", {"docid": "ko1", "text": BRIDGE})
    (korean,) = read_benchmark("mldr", tmp_path, "test")
    assert korean.query_ids == ["q1"]
    assert korean.set_aside["unknown document"].example == f"q2 -> ko2 ({tmp_path}/ko/test.jsonl:1)"
    (tmp_path / "corpus" / "ko.jsonl").unlink()
    with pytest.raises(InputError, match=r"has no corpus/ko\.jsonl \(nor with \.gz\)"):
        read_benchmark("mldr", tmp_path, "test")


def test_miracl_is_read_over_all_files_of_its_corpus(tmp_path):
    write_miracl(write_miracl(tmp_path, "yo"), "sw")
    swahili, yoruba = read_benchmark("miracl", tmp_path, "dev")
    assert (swahili.lang, yoruba.lang) == ("sw", "yo")
    assert (yoruba.docids, list(yoruba.texts)) == (["7#0", "7#1", "8#0"], [f"Mill\n{MILL}", f"Ossel\n{BRIDGE}", "x"])
    assert yoruba.queries == ["which arches?", "mill?"]
    assert yoruba.qrels == {"q1": {"7#1": 1, "8#0": 0}, "q2": {"7#0": 1}}
    with pytest.raises(InputError, match=r"no questions in de \(split dev\); it has: sw yo"):
        read_benchmark("miracl", tmp_path, "dev", ["de"])
    with pytest.raises(InputError, match=r"is no copy of MIRACL's test: it has no miracl-v1.0-LANG/topics/"):
        read_benchmark("miracl", tmp_path, "test")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("miracl-v1.0-yo/topics/topics.miracl-v1.0-yo-dev.tsv", "q1\n", r"dev\.tsv:1: expected question id and quest"),
        ("miracl-v1.0-yo/topics/topics.miracl-v1.0-yo-dev.tsv", "q1\ta\nq1\tb\n", r"dev\.tsv:2: the id 'q1' stands tw"),
        ("miracl-v1.0-yo/qrels/qrels.miracl-v1.0-yo-dev.tsv", "q1\t7#1\t1\n", r"dev\.tsv:1: expected question id, Q0"),
        ("miracl-v1.0-yo/qrels/qrels.miracl-v1.0-yo-dev.tsv", "q1\tQ0\t7#1\tyes\n", r"dev\.tsv:1: the relevance 'yes'"),
        ("miracl-v1.0-yo/qrels/qrels.miracl-v1.0-yo-dev.tsv", None, r"has no miracl-v1\.0-yo/qrels/"),
        ("miracl-corpus-v1.0-yo/docs-0.jsonl.gz", None, r"has no docs-0\.jsonl\.gz; fetch it again"),
        ("miracl-corpus-v1.0-yo/docs-1.jsonl.gz", "torn", r"docs-1\.jsonl\.gz: cannot be unpacked after line 0"),
        (
            "miracl-corpus-v1.0-yo/docs-2.jsonl",
            '{"docid": "7#0", "text": "x"}\n',
            r"docs-2\.jsonl:1: the id '7#0' stan",
        ),
    ],
)
def test_what_is_broken_or_missing_in_miracl_is_named(tmp_path, file, content, message):
    write_miracl(tmp_path, "yo")
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(content)
    with pytest.raises(InputError, match=message):
        read_benchmark("miracl", tmp_path, "dev")


def test_mkqa_is_judged_by_answers_over_one_corpus(tmp_path):
    korean, chinese = read_benchmark("mkqa", write_mkqa(tmp_path), "test")  # English is not in the paper's mean
    assert (korean.lang, chinese.lang, korean.main_metric) == ("ko", "zh_cn", "recall@100")
    assert (korean.docids, list(korean.texts)) == (["doc0", "doc1"], [f"Mill\n{MILL}", f"Ossel\n{BRIDGE}"])
    assert (korean.docids is chinese.docids, korean.texts is chinese.texts) == (True, True)
    assert (korean.query_ids, korean.queries, korean.answers) == (["5"], ["다리?"], {"5": ["nine arches"]})
    assert korean.qrels == {}
    aside = korean.set_aside["no answer"]
    assert (aside.count, aside.example) == (1, f"4 ({tmp_path}/MKQA_test-data.zip/qa/ko.jsonl:2)")
    assert [each.lang for each in read_benchmark("mkqa", tmp_path, "test", ["en"])] == ["en"]


def test_mkqa_is_read_unpacked_and_with_its_corpus_in_parquet(tmp_path):
    put(tmp_path / "ko.jsonl", *KOREAN)
    (tmp_path / "corpus").mkdir()
    pq.write_table(pa.Table.from_pylist(list(NQ)), tmp_path / "corpus" / "part-0.parquet")
    (korean,) = read_benchmark("mkqa", tmp_path, "test")
    assert list(korean.texts) == [f"Mill\n{MILL}", f"Ossel\n{BRIDGE}"]
    pq.write_table(
        pa.table({"_id": ["doc1", None], "title": ["", ""], "text": ["x", "y"]}), tmp_path / "corpus/1.parquet"
    )
    with pytest.raises(InputError, match=r"1\.parquet: row 2 has no _id or no text"):
        read_benchmark("mkqa", tmp_path, "test")
    pq.write_table(pa.table({"_id": ["d"], "text": ["x"]}), tmp_path / "corpus" / "1.parquet")
    with pytest.raises(InputError, match=r"1\.parquet has no column title; it has: _id text"):
        read_benchmark("mkqa", tmp_path, "test")
    (tmp_path / "corpus" / "1.parquet").write_text("torn")
    with pytest.raises(InputError, match=r"1\.parquet cannot be read as Parquet"):
        read_benchmark("mkqa", tmp_path, "test")


def test_what_is_broken_or_missing_in_mkqa_is_named(tmp_path):
    with pytest.raises(InputError, match=r"is no copy of MKQA: it has neither MKQA_test-data\.zip nor LANG\.jsonl"):
        read_benchmark("mkqa", tmp_path, "test")
    write_mkqa(tmp_path)
    with pytest.raises(InputError, match="MKQA has no split dev, only test"):
        read_benchmark("mkqa", tmp_path, "dev")
    with pytest.raises(InputError, match=r"MKQA has no questions in xx \(split test\); it has: ar da de en"):
        read_benchmark("mkqa", tmp_path, "test", ["xx"])
    with pytest.raises(InputError, match=r"has no questions in th \(split test\); it has: en ko zh_cn"):
        read_benchmark("mkqa", tmp_path, "test", ["th"])
    for row, message in (
        ({"id": 1, "question": "?", "answers": "nine"}, "has no answers, a list of texts"),
        ({"id": 1, "answers": []}, "has no question"),
        ({"question": "?", "answers": []}, "has no id"),
        ({"id": 5, "question": "?", "answers": ["x"]}, "the id '5' stands twice"),
    ):
        (tmp_path / "MKQA_test-data.zip").write_bytes(pack_mkqa(ko=(*KOREAN, row)))
        with pytest.raises(InputError, match=rf"MKQA_test-data\.zip/qa/ko\.jsonl:3: .*{message}"):
            read_benchmark("mkqa", tmp_path, "test")
    (tmp_path / "MKQA_test-data.zip").write_bytes(pack_mkqa(ko=KOREAN)[:200])
    with pytest.raises(InputError, match=r"MKQA_test-data\.zip cannot be unpacked"):
        read_benchmark("mkqa", tmp_path, "test")
    (tmp_path / "MKQA_test-data.zip").write_bytes(pack_mkqa(ko=KOREAN))
    (tmp_path / "corpus.jsonl.gz").unlink()
    with pytest.raises(InputError, match=r"has neither corpus\.jsonl \(nor with \.gz\) nor corpus/\*\.parquet"):
        read_benchmark("mkqa", tmp_path, "test")


def test_narrativeqa_keeps_each_book_once(tmp_path):
    data = tmp_path / "data"
    write_narrativeqa(
        data / "test-00000-of-00002.parquet", *((f"b{n % 2}", f"book {n % 2}", f"{n}?") for n in range(20))
    )
    write_narrativeqa(data / "test-00001-of-00002.parquet", ("b0", "book 0", "last?"))
    write_narrativeqa(data / "validation-00000-of-00001.parquet", ("v", "other", "dev?"))
    (english,) = read_benchmark("narrativeqa", tmp_path, "test")
    assert (english.lang, english.docids, list(english.texts)) == ("en", ["b0", "b1"], ["book 0", "book 1"])
    assert (len(english.queries), english.qrels["19"], english.qrels["20"]) == (21, {"b1": 1}, {"b0": 1})
    assert english.queries[english.query_ids.index("20")] == "last?"
    assert read_benchmark("narrativeqa", tmp_path, "dev")[0].queries == ["dev?"]
    with pytest.raises(InputError, match=r"no questions in fr \(split test\); it has: en"):
        read_benchmark("narrativeqa", tmp_path, "test", ["fr"])
    (data / "test-00000-of-00002.parquet").unlink()
    with pytest.raises(InputError, match="part 0 is missing; fetch it again"):
        read_benchmark("narrativeqa", tmp_path, "test")
    with pytest.raises(InputError, match=r"neither data/train-\*\.parquet nor corpus\.jsonl"):
        read_benchmark("narrativeqa", tmp_path, "train")


def test_narrativeqa_with_other_columns_or_empty_ones_is_named(tmp_path):
    file = tmp_path / "data" / "test-00000-of-00001.parquet"
    file.parent.mkdir()
    pq.write_table(pa.table({"document": ["text"], "question": ["?"]}), file)
    with pytest.raises(InputError, match=r"has no column document\.id; it has: document question"):
        read_benchmark("narrativeqa", tmp_path, "test")
    rows = [{"document": {"id": "b", "text": None}, "question": {"text": "?"}}]
    schema = pa.schema(
        [
            ("document", pa.struct([("id", pa.string()), ("text", pa.string())])),
            ("question", pa.struct([("text", pa.string())])),
        ]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
    with pytest.raises(InputError, match=r"parquet: row 1 has no document\.text"):
        read_benchmark("narrativeqa", tmp_path, "test")
    rows[0]["document"] = None
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
    with pytest.raises(InputError, match=r"parquet: row 1 has no document\.id or no question\.text"):
        read_benchmark("narrativeqa", tmp_path, "test")


def test_narrativeqa_is_read_from_a_folder_in_beirs_layout(tmp_path):
    put(tmp_path / "corpus.jsonl", {"_id": "b", "text": "book", "lang": "en"})
    put(tmp_path / "queries.jsonl", {"_id": "q", "text": "?"})
    put(tmp_path / "qrels.tsv", "q\tb\t1")
    assert [each.qrels for each in read_benchmark("narrativeqa", tmp_path, "test")] == [{"q": {"b": 1}}]


def test_evaluate_measures_a_benchmark_in_the_papers_split(tmp_path):
    write_miracl(tmp_path / "copy", "yo")
    report = evaluate(EvaluateConfig(benchmark="miracl", dataset=tmp_path / "copy", out=tmp_path / "out.json"))
    assert (report["split"], report["metrics"]["bm25"]["yo"]["recall@100"]) == ("dev", 1.0)
    assert report["config"]["benchmark"] == "miracl"
    with pytest.raises(InputError, match="give --dataset FOLDER, or --benchmark mldr, miracl, mkqa or narrativeqa"):
        evaluate(EvaluateConfig(out=tmp_path / "out.json"))
    with pytest.raises(InputError, match="leave --dataset away, and mldr is fetched from the hub"):
        evaluate(EvaluateConfig(benchmark="mldr", dataset=tmp_path / "absent", out=tmp_path / "out.json"))
