"""Reading judged collections: the layouts, the languages, and what is set aside."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest

from data.dataset import write_curated
from data.errors import InputError
from data.records import DOCUMENT, PAIR, conform
from training.collections.collection import Evidence
from training.collections.read import read_judged


def write_lines(file: Path, rows: list[dict]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())


def write_beir(folder: Path, lang: str | None = None) -> Path:
    """Two documents and two questions under BEIR's own names."""
    extra = {"lang": lang} if lang else {}
    write_lines(
        folder / "corpus.jsonl",
        [
            {"_id": "d2", "title": "", "text": "The mill stands still.", **extra},
            {"_id": "d1", "title": "Ossel", "text": "A harbour.", **extra},
        ],
    )
    write_lines(folder / "queries.jsonl", [{"_id": "q2", "text": "mill?"}, {"_id": "q1", "text": "harbour?"}])
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t1\nq2\td1\t0\n")
    return folder


def test_beir_layout_is_read_sorted_with_title_before_text(tmp_path):
    (collection,) = read_judged(write_beir(tmp_path / "en"))
    assert (collection.lang, collection.docids, collection.query_ids) == ("en", ["d1", "d2"], ["q1", "q2"])
    assert list(collection.texts) == ["Ossel\nA harbour.", "The mill stands still."]
    assert collection.queries == ["harbour?", "mill?"]
    assert collection.qrels == {"q1": {"d1": 2}, "q2": {"d2": 1, "d1": 0}}
    assert collection.set_aside == {}


def test_own_names_without_header_and_compressed(tmp_path):
    folder = tmp_path / "bench"
    write_lines(folder / "corpus.jsonl.gz", [{"docid": "d", "title": "T", "text": "text", "lang": "ko"}])
    write_lines(folder / "queries.jsonl.gz", [{"qid": "q", "text": "question", "lang": "ko"}])
    (folder / "qrels.tsv").write_text("q\td\t1\n")
    (collection,) = read_judged(folder)
    assert (collection.lang, collection.qrels) == ("ko", {"q": {"d": 1}})
    with pytest.raises(InputError, match=r"has no qrels/dev\.tsv"):  # one qrels.tsv is no dev split
        read_judged(folder, split="dev")


def test_language_comes_from_the_rows_then_the_folder_then_unknown(tmp_path):
    assert read_judged(write_beir(tmp_path / "fr", lang="de"))[0].lang == "de"
    assert read_judged(write_beir(tmp_path / "pt-BR"))[0].lang == "pt-BR"
    assert read_judged(write_beir(tmp_path / "my benchmark"))[0].lang == "unknown"


def test_folder_of_folders_and_choice_of_languages(tmp_path):
    write_beir(tmp_path / "sets" / "ja")
    write_beir(tmp_path / "sets" / "ar")
    assert [collection.lang for collection in read_judged(tmp_path / "sets")] == ["ar", "ja"]
    assert [collection.lang for collection in read_judged(tmp_path / "sets", languages=("ja",))] == ["ja"]
    with pytest.raises(InputError, match=r"no questions in th .*it has: ar ja"):
        read_judged(tmp_path / "sets", languages=("ja", "th"))


def test_two_folders_of_one_language_are_refused(tmp_path):
    write_beir(tmp_path / "sets" / "first", lang="en")
    write_beir(tmp_path / "sets" / "second", lang="en")
    with pytest.raises(InputError, match="both of language 'en'"):
        read_judged(tmp_path / "sets")


def test_mixed_folder_is_split_by_language_and_a_corpus_without_any_is_shared(tmp_path):
    folder = tmp_path / "mixed"
    rows = [{"_id": "k", "text": "k", "lang": "ko"}, {"_id": "t", "text": "t", "lang": "th"}]
    write_lines(folder / "corpus.jsonl", rows)
    write_lines(folder / "queries.jsonl", [{"_id": "qk", "text": "?"}, {"_id": "qt", "text": "?", "lang": "th"}])
    (folder / "qrels.tsv").write_text("qk\tk\t1\nqt\tt\t1\n")
    assert [(c.lang, c.docids, c.query_ids) for c in read_judged(folder)] == [
        ("ko", ["k"], ["qk"]),
        ("th", ["t"], ["qt"]),
    ]
    write_lines(folder / "corpus.jsonl", [{"_id": "k", "text": "k"}, {"_id": "t", "text": "t"}])
    shared = [(c.lang, c.docids, c.query_ids) for c in read_judged(folder)]
    assert shared == [("th", ["k", "t"], ["qt"]), ("unknown", ["k", "t"], ["qk"])]


def test_questions_that_cannot_be_judged_are_set_aside_and_counted(tmp_path):
    folder = write_beir(tmp_path / "en")
    write_lines(folder / "queries.jsonl", [{"_id": name, "text": name} for name in ("q1", "q2", "q3", "q4")])
    (folder / "qrels" / "test.tsv").write_text("q1\td1\t1\nq2\td2\t1\nq2\tgone\t1\nnobody\td1\t1\nq3\td1\t0\n")
    (collection,) = read_judged(folder)
    assert collection.query_ids == ["q1"]
    aside = {reason: (row.count, row.example) for reason, row in collection.set_aside.items()}
    place = folder / "qrels" / "test.tsv"
    assert aside == {
        "unknown document": (1, f"q2 -> gone ({place}:3)"),
        "unknown question": (1, f"nobody ({place}:4)"),
        "no relevant document": (2, "q3"),
    }


def make_curated(path: Path, **changes) -> None:
    documents = [
        {
            "docid": f"{lang}-{split}",
            "title": split,
            "text": f"text of {split}",
            "lang": lang,
            "split": split,
            "tokens": 4,
        }
        for lang in ("de", "zh")
        for split in ("train", "dev", "test")
    ]
    pairs = [
        {
            "query_id": f"q-{lang}-{split}",
            "query": "?",
            "positive_ids": [f"{lang}-{split}"],
            "negative_ids": [],
            "lang": lang,
            "evidence_start": 0,
            "evidence_end": 4,
            "evidence_token_start": 1,
            "evidence_tokens": 1,
            "lexical_overlap": 0.25,
            **changes,
        }
        for lang in ("de", "zh")
        for split in ("train", "test")
    ]
    tables = [
        conform(pa.Table.from_pylist(rows, schema=pa.schema([schema.field(name) for name in rows[0]])), schema)
        for rows, schema in ((documents, DOCUMENT), (pairs, PAIR))
    ]
    write_curated(path / "dataset", tables[1], tables[0], {})


def test_curated_data_set_asks_one_split_and_searches_all(tmp_path):
    make_curated(tmp_path)
    german, chinese = read_judged(tmp_path)
    assert (german.lang, chinese.lang) == ("de", "zh")
    assert german.docids == ["de-dev", "de-test", "de-train"]
    assert german.texts[1] == "test\ntext of test"
    assert german.qrels == {"q-de-test": {"de-test": 1}}
    assert read_judged(tmp_path / "dataset", split="train")[0].query_ids == ["q-de-train"]
    with pytest.raises(InputError, match="no questions in split dev"):
        read_judged(tmp_path, split="dev")


def test_evidence_is_the_middle_of_the_passage_in_the_text_without_its_title(tmp_path):
    make_curated(tmp_path)
    (german, _) = read_judged(tmp_path)
    assert german.evidence == {"q-de-test": Evidence(position=2 / len("text of test"), overlap=0.25)}


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({"lexical_overlap": None}, {"q-de-test": Evidence(position=2 / 12, overlap=None)}),
        ({"evidence_start": None}, {}),
        ({"evidence_end": None}, {}),
        ({"evidence_end": 13}, {}),  # the text has 12 characters
        ({"evidence_start": 4}, {}),
    ],
)
def test_evidence_that_is_missing_or_cannot_be_has_no_entry(tmp_path, changes, evidence):
    make_curated(tmp_path, **changes)
    assert read_judged(tmp_path, languages=("de",))[0].evidence == evidence


def test_of_a_curated_data_set_only_the_asked_languages_are_read(tmp_path):
    make_curated(tmp_path)
    (tmp_path / "dataset" / "corpus-zh" / "corpus.parquet").write_bytes(b"torn")
    assert [collection.lang for collection in read_judged(tmp_path, languages=("de",))] == ["de"]
    with pytest.raises(InputError, match=r"corpus-zh.* is missing or damaged"):
        read_judged(tmp_path)
    with pytest.raises(InputError, match=r"no questions in fr \(split test\); it has: de zh"):
        read_judged(tmp_path, languages=("fr",))


def test_digest_changes_with_what_is_measured(tmp_path):
    first = read_judged(write_beir(tmp_path / "a" / "en"))[0]
    other = write_beir(tmp_path / "b" / "en")
    assert read_judged(other)[0].digest == first.digest
    (other / "qrels" / "test.tsv").write_text("q1\td1\t1\n")
    assert read_judged(other)[0].digest != first.digest


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("corpus.jsonl", '{"_id": "d1", "text": "x"}\n{"_id": "d2", "te\n', r"corpus\.jsonl:2: this line is not JSON"),
        ("corpus.jsonl", '["d1"]\n', r"corpus\.jsonl:1: this line is not a JSON object"),
        ("corpus.jsonl", '{"text": "x"}\n', r"corpus\.jsonl:1: this line has no _id and no docid"),
        ("corpus.jsonl", '{"_id": "d1", "body": "x"}\n', r"corpus\.jsonl:1: this line has no text"),
        ("corpus.jsonl", '{"_id": "d", "text": ""}\n' * 2, r"corpus\.jsonl:2: the id 'd' stands twice"),
        ("corpus.jsonl", "\n", r"corpus\.jsonl has no documents"),
        ("queries.jsonl", "", r"queries\.jsonl has no questions"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n", r"test\.tsv has no judgements"),
        ("qrels/test.tsv", "q1\td1\tyes\n", r"test\.tsv:1: the relevance 'yes' is no whole number"),
        ("qrels/test.tsv", "q1\td1\n", r"test\.tsv:1: expected question id"),
        ("qrels/test.tsv", "q1\tgone\t1\n", r"no question in 'en' can be judged \(unknown document: 1"),
    ],
)
def test_broken_files_are_named_with_their_line(tmp_path, file, content, message):
    folder = write_beir(tmp_path / "en")
    (folder / file).write_text(content)
    with pytest.raises(InputError, match=message):
        read_judged(folder)


def test_bytes_that_are_no_text_and_a_torn_archive(tmp_path):
    folder = write_beir(tmp_path / "en")
    (folder / "corpus.jsonl").write_bytes(b'{"_id": "d1", "text": "x"}\n\xff\xfe\n')
    with pytest.raises(InputError, match=r"corpus\.jsonl:2: this line is not UTF-8"):
        read_judged(folder)
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(b'{"_id": "d1", "text": "x"}\n')[:-9])
    with pytest.raises(InputError, match=r"corpus\.jsonl\.gz: cannot be unpacked after line"):
        read_judged(folder)


def test_missing_things_say_what_is_missing(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        read_judged(tmp_path / "absent")
    with pytest.raises(InputError, match="is no data set"):
        read_judged(tmp_path)
    folder = write_beir(tmp_path / "en")
    with pytest.raises(InputError, match=r"has no qrels/dev\.tsv \(nor"):
        read_judged(folder, split="dev")
    (folder / "queries.jsonl").unlink()
    with pytest.raises(InputError, match=r"has no queries\.jsonl"):
        read_judged(folder)
    (tmp_path / "half" / "corpus-ko").mkdir(parents=True)
    with pytest.raises(InputError, match=r"no manifest\.json"):
        read_judged(tmp_path / "half")
