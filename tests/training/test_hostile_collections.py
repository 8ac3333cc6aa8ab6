"""Test collections that others wrote: ids, languages, grades and titles that the code after the readers cannot take."""

import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmark_toy import BRIDGE, EXPORTED_MLDR, NQ, put, write_miracl, write_mkqa, write_mldr

from data.errors import InputError
from training.collections.benchmarks import read_benchmark
from training.collections.collection import JudgedCollection
from training.collections.corpus import Corpus
from training.collections.read import read_judged
from training.evaluate import evaluate
from training.evaluate_config import EvaluateConfig
from training.judging.metrics import measure

LONE = "\ud800"  # json.dumps writes it as an escape, as a hostile file would


def write_beir(folder, docid="d", query_id="q", lang=None, title="", text="A harbour.", qrels="q\td\t1"):
    extra = {"lang": lang} if lang is not None else {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, row in (
        ("corpus", {"_id": docid, "title": title, "text": text, **extra}),
        ("queries", {"_id": query_id, "title": title, "text": "harbour?"}),
    ):
        (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    (folder / "qrels.tsv").write_text(f"{qrels}\n")
    return folder


def test_a_lone_surrogate_in_an_id_or_a_title_becomes_what_files_and_the_metrics_can_hold(tmp_path):
    folder = write_beir(tmp_path / "en", f"d{LONE}", f"q{LONE}", title=f"T{LONE}", qrels="q\ufffd\td\ufffd\t1")
    (found,) = read_judged(folder)
    assert (found.docids, found.qrels, found.queries) == (
        ["d\ufffd"],
        {"q\ufffd": {"d\ufffd": 1}},
        ["T\ufffd\nharbour?"],
    )
    assert measure({"q\ufffd": found.docids}, found.qrels)["ndcg@10"] == 1.0
    with (folder / "corpus.jsonl").open("a") as file:
        file.write(json.dumps({"_id": "d\udfff", "text": "the same id now"}))
    with pytest.raises(InputError, match=r"corpus\.jsonl:2: the id 'd\ufffd' stands twice"):
        read_judged(folder)


def test_a_lone_surrogate_in_a_question_that_is_set_aside_can_be_reported(tmp_path):
    folder = write_beir(tmp_path / "en")
    with (folder / "queries.jsonl").open("a") as file:
        file.write(json.dumps({"_id": f"lost{LONE}", "text": "?"}))
    report = evaluate(EvaluateConfig(dataset=folder, out=tmp_path / "out.json"))
    aside = json.loads((tmp_path / "out.json").read_text())["collections"]["en"]["set_aside"]
    assert aside == {"no relevant document": {"count": 1, "example": "lost\ufffd"}}
    assert report["metrics"]["bm25"]["en"]["recall@100"] == 1.0


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"docid": "a\0b"}, r"corpus\.jsonl:1"),
        ({"query_id": "a\0b"}, r"queries\.jsonl:1"),
        ({"qrels": "a\0b\td\t1"}, r"qrels\.tsv:1"),
        ({"qrels": "q\ta\0b\t1"}, r"qrels\.tsv:1"),
    ],
)
def test_a_nul_in_an_id_would_be_its_end_for_the_metrics_and_is_refused(tmp_path, changes, place):
    with pytest.raises(InputError, match=rf"{place}: the id 'a\\x00b' has a NUL character"):
        read_judged(write_beir(tmp_path / "en", **changes))


def test_a_nul_in_an_id_is_refused_in_the_other_layouts(tmp_path):
    write_miracl(tmp_path / "miracl", "yo")
    topics = tmp_path / "miracl/miracl-v1.0-yo/topics/topics.miracl-v1.0-yo-dev.tsv"
    qrels = tmp_path / "miracl/miracl-v1.0-yo/qrels/qrels.miracl-v1.0-yo-dev.tsv"
    good = topics.read_text(), qrels.read_text()
    for file, text in ((topics, "a\0b\t?\n"), (qrels, "q1\tQ0\ta\0b\t1\n"), (qrels, "a\0b\tQ0\tx\t1\n")):
        topics.write_text(good[0]), qrels.write_text(good[1])
        file.write_text(text)
        with pytest.raises(InputError, match=r"dev\.tsv:1: the id 'a\\x00b' has a NUL"):
            read_benchmark("miracl", tmp_path / "miracl", "dev")
    write_mkqa(tmp_path).joinpath("corpus.jsonl.gz").unlink()
    (tmp_path / "corpus").mkdir()
    rows = [dict(NQ[0]), {**NQ[1], "_id": "a\0b"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "corpus" / "0.parquet")
    with pytest.raises(InputError, match=r"0\.parquet: row 2: the id 'a\\x00b' has a NUL"):
        read_benchmark("mkqa", tmp_path, "test")


def test_an_id_that_is_a_list_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"corpus\.jsonl:1: the id \['d'\] is no text and no number"):
        read_judged(write_beir(tmp_path / "en", docid=["d"]))
    assert read_judged(write_beir(tmp_path / "en", docid=7, qrels="q\t7\t1"))[0].docids == ["7"]


HOSTILE_NAMES = ["$\\foo$", "x" * 41, LONE, "\x1b]0;title\x07", "all", "en\n", "a b"]


@pytest.mark.parametrize("lang", HOSTILE_NAMES)
def test_a_language_that_pictures_and_file_names_cannot_take_is_refused_with_its_line(tmp_path, lang):
    with pytest.raises(InputError, match=r"corpus\.jsonl:1: .* cannot name a language; give a code") as refused:
        read_judged(write_beir(tmp_path / "en", lang=lang))
    assert str(refused.value).isprintable()
    with pytest.raises(InputError, match="cannot name a language"):
        JudgedCollection(lang, ["d"], ["text"], ["q"], ["?"], {"q": {"d": 1}})


@pytest.mark.parametrize("lang", ["en", "zh_cn", "zh-Hant-TW", "unknown", "x" * 40])
def test_a_language_that_is_one_stays_as_it_is(tmp_path, lang):
    assert read_judged(write_beir(tmp_path / "folder", lang=lang))[0].lang == lang


def test_a_folder_whose_name_is_no_language_stays_unknown_or_is_refused_where_it_must_name_one(tmp_path):
    for name in ("all", "$x$", "pt-BR"):
        (found,) = read_judged(write_beir(tmp_path / name))
        assert found.lang == ("pt-BR" if name == "pt-BR" else "unknown")
    write_mldr(tmp_path / "mldr", *EXPORTED_MLDR, "$x$")
    write_mldr(tmp_path / "mldr", *EXPORTED_MLDR, "ko")
    with pytest.raises(InputError, match=r"mldr: '\$x\$' cannot name a language"):
        read_benchmark("mldr", tmp_path / "mldr", "test")
    assert [each.lang for each in read_benchmark("mldr", tmp_path / "mldr", "test", ["ko"])] == ["ko"]


@pytest.mark.parametrize(
    ("cell", "message"), [("9" * 5000, "is no whole number"), (str(2**63), "is beyond 1,000,000"), ("x", "is no whole")]
)
def test_a_grade_that_the_metrics_cannot_hold_is_refused(tmp_path, cell, message):
    with pytest.raises(InputError, match=rf"qrels\.tsv:1: the relevance '.* {message}"):
        read_judged(write_beir(tmp_path / "en", qrels=f"q\td\t{cell}"))
    write_miracl(tmp_path / "miracl", "yo")
    put(tmp_path / "miracl/miracl-v1.0-yo/qrels/qrels.miracl-v1.0-yo-dev.tsv", f"q1\tQ0\t7#1\t{cell}")
    with pytest.raises(InputError, match=rf"dev\.tsv:1: the relevance '.* {message}"):
        read_benchmark("miracl", tmp_path / "miracl", "dev")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"_id": ' + "9" * 5000 + "}", "this line cannot be read as JSON"),
        ("[" * 100_000, "this line nests too deeply"),
        ('{"_id": "d", "text": 3}', "the text of this line is no text"),
        ('{"_id": "d", "text": null}', "the text of this line is no text"),
    ],
)
def test_lines_that_json_cannot_read_are_named(tmp_path, line, message):
    folder = write_beir(tmp_path / "en")
    (folder / "corpus.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(InputError, match=rf"corpus\.jsonl:2: {message}"):
        read_judged(folder)


def test_a_corpus_of_empty_texts_alone_is_refused_and_one_with_a_title_is_not(tmp_path):
    with pytest.raises(InputError, match=r"corpus\.jsonl:1: .*the texts of all 1 documents are empty"):
        read_judged(write_beir(tmp_path / "en", text=" \n"))
    assert list(read_judged(write_beir(tmp_path / "en", title="Ossel", text=""))[0].texts) == ["Ossel\n"]


def test_a_folders_name_cannot_steer_the_terminal(tmp_path):
    assert Corpus(tmp_path, "\x1b]0;x\x07")._bar.desc.startswith("\ufffd]0;x\ufffd read")


def test_parquet_of_bytes_that_are_no_text_is_named(tmp_path):
    write_mkqa(tmp_path).joinpath("corpus.jsonl.gz").unlink()
    (tmp_path / "corpus").mkdir()
    broken = pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())
    table = pa.table({"_id": ["d"], "title": [""], "text": broken})
    pq.write_table(table, tmp_path / "corpus" / "0.parquet")
    with pytest.raises(InputError, match=r"0\.parquet cannot be read as Parquet \(.*UTF8"):
        read_benchmark("mkqa", tmp_path, "test")


def test_an_archive_torn_inside_a_member_is_named(tmp_path):
    write_mkqa(tmp_path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(
            "qa/ko.jsonl", "".join(f'{{"id": {n}, "question": "?", "answers": ["{BRIDGE}"]}}\n' for n in range(500))
        )
    content = bytearray(packed.getvalue())
    content[60:200] = bytes(140)
    (tmp_path / "MKQA_test-data.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"qa/ko\.jsonl.*cannot be unpacked"):
        read_benchmark("mkqa", tmp_path, "test")
