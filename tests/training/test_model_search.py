"""An evaluation's search: what it keeps on disk, further texts of questions and documents, multi-vector over all."""

import json
import shutil
from pathlib import Path

import pytest

from data.errors import InputError, RunError
from training.evaluate import evaluate
from training.evaluate_config import MODES, EvaluateConfig
from training.searching import shards
from training.searching.encoder import TextEncoder
from training.searching.more_texts import read_more_texts

MODEL = str(Path(__file__).parent.parent / "fixtures" / "parity" / "model")
DOCUMENTS = {
    "d0": "The bell of the harbour rings at noon.",
    "d1": "A goat stands on the bridge.",
    "d2": "The ferry leaves at low tide.",
    "d3": "Apples ripen late on the hill.",
}
QUERIES = {"q0": "bell", "q1": "goat", "q2": "ferry"}


@pytest.fixture
def collection(tmp_path):
    folder = tmp_path / "en"
    folder.mkdir()
    for name, rows in (("corpus", DOCUMENTS), ("queries", QUERIES)):
        lines = [json.dumps({"_id": key, "text": text}) for key, text in rows.items()]
        (folder / f"{name}.jsonl").write_text("\n".join(lines))
    (folder / "qrels.tsv").write_text("q0\td0\t1\nq1\td1\t1\nq2\td2\t1\n")
    return folder


def write_texts(file: Path, *rows: tuple[str, str, str | None]) -> Path:
    file.write_text("".join(json.dumps({"id": name, "text": text, "lang": lang}) + "\n" for name, text, lang in rows))
    return file


def measure(collection: Path, **changes):
    out = collection.parent / "out.json"
    settings = {"dataset": collection, "out": out, "model": MODEL, "max_length": 16, "max_query_length": 16}
    return evaluate(EvaluateConfig(**{**settings, **changes}))


def test_encoded_documents_go_when_it_is_done_and_stay_where_a_folder_is_named(collection, tmp_path, monkeypatch):
    first = measure(collection)
    assert not (tmp_path / "out" / "index").exists()
    assert measure(collection, index=tmp_path / "kept", multi_vector="all")["metrics"].keys() == set(first["metrics"])
    assert list((tmp_path / "kept").rglob("*.npz"))
    read: list[int] = []
    plain = TextEncoder.encode

    def counting(self, ids, *rest, **named):
        read.append(len(ids))
        return plain(self, ids, *rest, **named)

    monkeypatch.setattr(TextEncoder, "encode", counting)
    again = measure(collection, index=tmp_path / "kept")
    assert again["metrics"] == first["metrics"]
    assert read == [len(QUERIES)]


def test_a_stopped_evaluation_leaves_what_it_had_encoded(collection, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_DOCUMENTS", 1)
    plain = shards._write_shard

    def stop_at_third(encoder, documents, file, bar, with_vectors):
        if file.stem == "00000002":
            raise KeyboardInterrupt
        plain(encoder, documents, file, bar, with_vectors)

    with monkeypatch.context() as patch:
        patch.setattr(shards, "_write_shard", stop_at_third)
        with pytest.raises(KeyboardInterrupt):
            measure(collection)
    assert sorted(file.name for file in (tmp_path / "out" / "index").rglob("*.npz")) == ["00000000.npz", "00000001.npz"]
    assert set(measure(collection)["metrics"]) == set(MODES)
    assert not (tmp_path / "out" / "index").exists()


def test_a_question_is_found_by_its_further_text(collection, tmp_path):
    """A hypothetical answer that repeats another document draws the question there; the best of both scores counts."""
    found_before = []
    for docid, text in DOCUMENTS.items():
        (collection / "qrels.tsv").write_text(f"q0\t{docid}\t1\n")
        texts = write_texts(tmp_path / "hyde.jsonl", ("q0", text, "en"), ("q1", DOCUMENTS["d1"], "en"))
        found_before.append(measure(collection)["metrics"]["dense"]["en"]["mrr@10"])
        after = measure(collection, query_texts=texts, combine="max")["metrics"]
        assert after["dense"]["en"]["mrr@10"] == after["multi_vector"]["en"]["mrr@10"] == 1.0
    assert min(found_before) < 1.0


def test_a_document_is_found_by_its_further_text(collection, tmp_path):
    (collection / "qrels.tsv").write_text("q2\td3\t1\n")
    texts = write_texts(tmp_path / "summaries.jsonl", ("d3", "ferry", None))
    assert measure(collection)["metrics"]["sparse"]["en"]["mrr@10"] < 1.0
    after = measure(collection, document_texts=texts, combine="max")["metrics"]
    assert after["dense"]["en"]["mrr@10"] == 1.0  # the very question


def test_ids_used_anew_in_each_language_are_told_apart(tmp_path):
    rows = [("q0", "la cloche", "fr"), ("q0", "bell tower", "en"), ("q1", "goat", "de"), ("q1", "goats", "de")]
    more = read_more_texts(write_texts(tmp_path / "file.jsonl", *rows))
    assert more.of("en", ["q0", "q1", "q2"]) == {"q0": ["bell tower"]}
    assert more.of("de", ["q0", "q1"]) == more.of("unknown", ["q1"]) == {"q1": ["goat", "goats"]}
    assert more.of("ko", ["q0"]) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id": "q0", "text": "a"}\n{"id": "q1"}\n', r"texts.jsonl:2: this line has no text"),
        ("[1]\n", "texts.jsonl:1: this line is not a JSON object"),
        ('{"id": "q0", "text": 3}\n', r"texts.jsonl:1: the text of this line is no text"),
        ('{"text": "a"}\n', r"texts.jsonl:1: this line has no id"),
        ('{"id": "q\\u0000", "text": "a"}\n', r"texts.jsonl:1: the id .* has a NUL"),
        ("[" * 100_000, "texts.jsonl:1: this line nests too deeply"),
        ('{"id": ' + "9" * 5000, "texts.jsonl:1: this line cannot be read as JSON"),
        ('{"id": "q0", "text": " "}\n', r"texts.jsonl:1: the text of 'q0' is empty"),
        ('{"id": "zz", "text": "a"}\n', "has texts of 1 ids, but of no question here"),
    ],
)
def test_files_that_are_none_are_refused(collection, tmp_path, content, message):
    (tmp_path / "texts.jsonl").write_text(content)
    with pytest.raises(InputError, match=message):
        measure(collection, query_texts=tmp_path / "texts.jsonl")


def test_lone_surrogates_become_what_a_tokenizer_can_take(collection, tmp_path):
    file = write_texts(tmp_path / "hyde.jsonl", ("q0", "\ud800 bell", "en"))
    assert read_more_texts(file).of("en", ["q0"]) == {"q0": ["\ufffd bell"]}
    assert measure(collection, query_texts=file)["collections"]["en"]["queries"] == 3


def test_the_report_counts_further_texts(collection, tmp_path):
    texts = write_texts(
        tmp_path / "hyde.jsonl", ("q0", "a bell", "en"), ("q1", "une chèvre", "fr"), ("q9", "tea", "en")
    )
    report = measure(collection, query_texts=texts)
    assert report["further_texts"] == {"questions": {"file": str(texts), "with": 1, "of": 3}}
    assert measure(collection)["further_texts"] == {}


def test_documents_read_in_windows_are_not_cut(collection, capsys):
    (collection / "corpus.jsonl").write_text(
        "\n".join(json.dumps({"_id": key, "text": 9 * f"{text} "}) for key, text in DOCUMENTS.items())
    )
    assert measure(collection)["truncation"]["en"]["documents_cut"] == 4
    capsys.readouterr()
    report = measure(collection, window="all")
    assert report["truncation"]["en"]["documents_cut"] == 0
    assert "documents are read whole, in windows" in capsys.readouterr().out
    for changes, message in (
        ({"mcls": 4}, "--window all reads long documents in windows"),
        ({"document_texts": Path("x.jsonl")}, "give --combine max"),
    ):
        with pytest.raises(InputError, match=message):
            measure(collection, window="all", **changes)


def test_heads_that_were_never_trained_stand_in_the_report(collection, tmp_path):
    assert measure(collection)["fresh_heads"] == []
    shutil.copytree(MODEL, tmp_path / "headless")
    (tmp_path / "headless" / "colbert_linear.pt").unlink()
    assert measure(collection, model=str(tmp_path / "headless"))["fresh_heads"] == ["multi_vec"]


def test_files_of_others_are_not_written_over(collection, tmp_path):
    before = (collection / "qrels.tsv").read_text()
    with pytest.raises(InputError, match=r"qrels.tsv is a file that no evaluation wrote"):
        measure(collection, out=collection / "qrels.tsv")
    assert (collection / "qrels.tsv").read_text() == before
    with pytest.raises(InputError, match=r"--index .*qrels.tsv is a file; name a folder"):
        measure(collection, index=collection / "qrels.tsv")
    with pytest.raises(InputError, match=r"is a file that no evaluation wrote"):
        measure(collection, out=Path("/dev/null"))
    measure(collection)
    measure(collection)  # its own report is replaced


def test_a_damaged_shard_that_is_read_is_named(collection, tmp_path, monkeypatch):
    index = tmp_path / "kept"
    measure(collection, index=index)
    (file,) = index.rglob("*.vectors.npy")
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(RunError, match=r"00000000.npz is damaged .* remove it"):
        measure(collection, index=index, query_texts=write_texts(tmp_path / "texts.jsonl", ("q0", "tea", "en")))


def test_an_absent_file_is_refused(collection, tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        measure(collection, document_texts=tmp_path / "none.jsonl")
