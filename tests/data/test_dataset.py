import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.card import move_card, place_in_card, render_card, truncation_figures
from data.dataset import load_curated, replace_pairs, write_curated
from data.errors import InputError
from data.files import digest
from data.records import DOCUMENT, PAIR, conform


def document(docid, lang, split, tokens=100):
    text = f"text of {docid}"
    return {"docid": docid, "title": docid, "text": text, "lang": lang, "split": split, "tokens": tokens}


def pair(query_id, docid, lang, start=0, tokens=10):
    return {
        "query_id": query_id,
        "query": f"query {query_id}",
        "positive_ids": [docid],
        "negative_ids": [],
        "lang": lang,
        "evidence_start": 0,
        "evidence_end": 4,
        "evidence_token_start": start,
        "evidence_tokens": tokens,
        "generator": "openai",
        "model": "toy",
        "prompt": "mldr",
    }


def tables():
    documents = [document("a", "ko", "train"), document("b", "ko", "test"), document("c", "no", "train")]
    pairs = [pair("1", "a", "ko"), pair("2", "b", "ko"), pair("3", "c", "no"), pair("4", "a", "ko")]
    return (
        conform(pa.Table.from_pylist(pairs), PAIR),
        conform(pa.Table.from_pylist(documents), DOCUMENT),
    )


def test_what_is_written_is_loaded(tmp_path):
    pairs, documents = tables()
    write_curated(tmp_path / "dataset", pairs, documents, {"input": "x"})
    for path in (tmp_path, tmp_path / "dataset", str(tmp_path)):
        dataset = load_curated(path)
        assert dataset.languages == ["ko", "no"]
    assert dataset.pairs("ko", "train")["query_id"].to_pylist() == ["1", "4"]
    assert dataset.pairs("ko", "test")["query_id"].to_pylist() == ["2"]
    assert dataset.pairs("ko", "dev") == PAIR.empty_table()
    assert dataset.pairs("ko", "train").schema == PAIR
    assert dataset.corpus("ko").schema == DOCUMENT
    assert dataset.corpus("ko", ["docid"]).to_pydict() == {"docid": ["a", "b"]}
    assert dataset.manifest["counts"]["ko"] == {"corpus": 2, "train": 2, "dev": 0, "test": 1}
    assert dataset.manifest["input"] == "x"
    contents = [["a", digest("a", "text of a")], ["b", digest("b", "text of b")]]
    assert dataset.manifest["texts"]["ko"] == digest(contents)


def test_writing_again_replaces_everything(tmp_path):
    pairs, documents = tables()
    write_curated(tmp_path / "d", pairs, documents, {})
    write_curated(tmp_path / "d", pairs.slice(2, 1), documents.slice(2, 1), {})
    assert load_curated(tmp_path / "d").languages == ["no"]
    assert not (tmp_path / "d" / "ko").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["d"]


def test_a_failure_leaves_the_old_data_set_whole(tmp_path):
    pairs, documents = tables()
    write_curated(tmp_path / "d", pairs, documents, {})
    before = load_curated(tmp_path / "d").manifest
    with pytest.raises(TypeError):
        write_curated(tmp_path / "d", pairs, documents, {"bad": object()})
    assert load_curated(tmp_path / "d").manifest == before
    assert load_curated(tmp_path / "d").pairs("ko", "train").num_rows == 2
    assert [file.name for file in tmp_path.iterdir()] == ["d"]


def test_an_incomplete_or_foreign_data_set_is_refused(tmp_path):
    pairs, documents = tables()
    with pytest.raises(InputError, match="m3-curate run"):
        load_curated(tmp_path / "nothing")
    write_curated(tmp_path / "d", pairs, documents, {})
    (tmp_path / "d" / "manifest.json").unlink()
    with pytest.raises(InputError, match="not a complete data set"):
        load_curated(tmp_path / "d")
    for foreign in ("{", "[]", '{"format": "other"}'):
        (tmp_path / "d" / "manifest.json").write_text(foreign)
        with pytest.raises(InputError, match="manifest"):
            load_curated(tmp_path / "d")


def test_a_split_file_with_a_drifted_column_is_found(tmp_path):
    pairs, documents = tables()
    write_curated(tmp_path / "d", pairs, documents, {})
    file = tmp_path / "d" / "ko" / "train.parquet"
    pq.write_table(pairs.append_column("judge", pa.array([1] * len(pairs))), file)
    with pytest.raises(ValueError, match="judge"):
        load_curated(tmp_path / "d").pairs("ko", "train")


def test_datasets_loads_it_offline(tmp_path):
    pairs, documents = tables()
    write_curated(tmp_path / "d", pairs, documents, {})
    code = """
import json, sys
from datasets import load_dataset
path = sys.argv[1]
korean = load_dataset(path, "ko")
print(json.dumps({
    "splits": {split: korean[split]["query_id"] [:] for split in korean},
    "row": korean["test"][0],
    "corpus": load_dataset(path, "corpus-ko", split="corpus")["docid"][:],
    "norwegian": load_dataset(path, "no", split="train")["query"][:],
}))
"""
    # The library's progress bars and settings are its own: a process with a cache of its own.
    environment = {"HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1", "PATH": "", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", code, str(tmp_path / "d")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert loaded["splits"] == {"train": ["1", "4"], "test": ["2"]}
    assert loaded["row"] == pairs.slice(1, 1).to_pylist()[0]
    assert loaded["corpus"] == ["a", "b"]
    assert loaded["norwegian"] == ["query 3"]  # a bare `no` would be false in the card's YAML


def test_truncation_is_counted_in_tokens():
    documents = pa.table({"tokens": [8192, 8193, 10_000]})
    pairs = pa.table({"evidence_token_start": [0, 8180, 8182, 8192], "evidence_tokens": [10, 13, 10, 5]})
    assert truncation_figures(pairs, documents) == {
        "model_tokens": 8192,
        "documents": 3,
        "documents_longer": 2,
        "tokens": 26_385,
        "tokens_beyond": 1 + 1808,
        "questions": 4,
        "questions_with_evidence_cut": 1,
        "questions_with_evidence_beyond": 1,
    }


def test_the_card_states_figures_and_what_made_it():
    pairs, documents = tables()
    counts = {
        "ko": {"corpus": 2, "train": 2, "dev": 0, "test": 1},
        "no": {"corpus": 1, "train": 1, "dev": 0, "test": 0},
    }
    manifest = {
        "counts": counts,
        "truncation": truncation_figures(pairs, documents),
        "set_aside": {"filter": {"refusal": 3}},
    }
    card = render_card(manifest, pairs, documents)
    assert "| all | 3 | 0 | 1 | 3 |" in card
    assert "4 questions in 2 languages" in card
    assert "- 4 questions: generator openai, model toy, prompt mldr" in card
    assert "stage filter: set aside 3 refusal" in card
    assert "dev.parquet" not in card  # no file, so no entry


def test_a_damaged_file_is_named(tmp_path):
    pairs = pa.Table.from_pylist([pair("q", "a", "en")])
    documents = conform(pa.Table.from_pylist([document("a", "en", "train")]), DOCUMENT)
    write_curated(tmp_path, conform(pairs, PAIR), documents, {})
    for file in ("en/train.parquet", "corpus-en/corpus.parquet"):
        (tmp_path / file).write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"train\.parquet is missing or damaged"):
        load_curated(tmp_path).pairs("en", "train")
    with pytest.raises(InputError, match=r"corpus\.parquet is missing or damaged"):
        load_curated(tmp_path).corpus("en")


def test_damage_within_a_page_is_found_when_it_is_read(tmp_path):
    pairs, documents = tables()
    dataset = write_curated(tmp_path / "d", pairs, documents, {})
    file = dataset.corpus_file("ko")
    column = pq.ParquetFile(file).metadata.row_group(0).column(DOCUMENT.get_field_index("text"))
    raw = bytearray(file.read_bytes())
    raw[(column.dictionary_page_offset + column.data_page_offset) // 2] ^= 1  # where the texts stand
    file.write_bytes(raw)
    assert dataset.corpus("ko", ["docid"])["docid"].to_pylist() == ["a", "b"]  # another page
    with pytest.raises(InputError, match=r"corpus\.parquet is missing or damaged"):
        dataset.corpus("ko")
    with pytest.raises(InputError, match=r"corpus\.parquet is missing or damaged"):
        list(dataset.document_rows("ko", ("docid", "text")))


def test_rows_are_read_in_batches_with_the_columns_that_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("data.dataset.DOCUMENTS_AT_ONCE", 1)
    pairs, documents = tables()
    dataset = write_curated(tmp_path / "d", pairs.drop_columns(["judge_reason"]), documents, {})
    rows = dataset.document_rows("ko", ("text", "docid"))
    assert next(rows) == {"text": "text of a", "docid": "a"}
    assert list(rows) == [{"text": "text of b", "docid": "b"}]
    found = list(dataset.pair_rows("ko", "train", ("query_id", "judge_reason")))
    assert found == [{"query_id": "1", "judge_reason": None}, {"query_id": "4", "judge_reason": None}]
    assert list(dataset.pair_rows("ko", "dev", ("query_id",))) == []


def test_the_card_is_the_same_in_whatever_order_rows_come():
    pairs, documents = tables()
    rows = [{**row, "model": model} for row, model in zip(pairs.to_pylist(), "abab", strict=True)]
    counts = {"ko": {"corpus": 3, "train": 4, "dev": 0, "test": 0}}
    manifest = {"counts": counts, "truncation": truncation_figures(pairs, documents)}
    one, other = (pa.Table.from_pylist(order, schema=PAIR) for order in (rows, rows[::-1]))
    assert render_card(manifest, one, documents) == render_card(manifest, other, documents)
    assert "2 questions: generator openai, model a" in render_card(manifest, one, documents)


def test_a_card_moves_to_where_the_data_set_is_loaded_from():
    pairs, documents = tables()
    manifest = {
        "counts": {"ko": {"corpus": 2, "train": 2, "dev": 0, "test": 1}},
        "truncation": truncation_figures(pairs, documents),
    }
    card = render_card(manifest, pairs, documents)
    moved = move_card(card, "somebody/documents")
    assert (place_in_card(card), place_in_card(moved)) == ("PATH", "somebody/documents")
    assert moved == render_card(manifest, pairs, documents, "somebody/documents")
    assert move_card(moved, "PATH") == card


def with_negatives(dataset, lang="ko", split="train"):
    rows = [{**row, "negative_ids": ["b"]} for row in dataset.pairs(lang, split).to_pylist()]
    return pa.Table.from_pylist(rows, schema=PAIR)


def test_pairs_are_replaced_where_asked_and_the_rest_stays(tmp_path):
    dataset = write_curated(tmp_path / "d", *tables(), {"input": "x"})
    replace_pairs(dataset, {("ko", "train"): with_negatives(dataset)}, {"mined": None})
    changed = load_curated(tmp_path / "d")
    assert changed.pairs("ko", "train")["negative_ids"].to_pylist() == [["b"], ["b"]]
    assert changed.pairs("ko", "test") == dataset.pairs("ko", "test")
    assert changed.manifest == {**dataset.manifest, "mined": None}


def test_pairs_replaced_elsewhere_leave_the_source_alone(tmp_path):
    dataset = write_curated(tmp_path / "d", *tables(), {"input": "x"})
    copy = replace_pairs(dataset, {("ko", "train"): with_negatives(dataset)}, {"mined": None}, tmp_path / "copy")
    assert copy.path == tmp_path / "copy"
    assert copy.pairs("ko", "train")["negative_ids"].to_pylist() == [["b"], ["b"]]
    assert (copy.path / "corpus-ko" / "corpus.parquet").samefile(dataset.path / "corpus-ko" / "corpus.parquet")
    assert load_curated(tmp_path / "d").manifest == dataset.manifest
    assert load_curated(tmp_path / "d").pairs("ko", "train")["negative_ids"].to_pylist() == [[], []]


def test_a_table_that_does_not_fit_changes_nothing(tmp_path):
    dataset = write_curated(tmp_path / "d", *tables(), {})
    before = {file: file.read_bytes() for file in dataset.path.rglob("*") if file.is_file()}
    wrong = dataset.pairs("ko", "test").append_column("strange", pa.array([1]))
    with pytest.raises(ValueError, match="strange"):
        replace_pairs(dataset, {("ko", "train"): with_negatives(dataset), ("ko", "test"): wrong}, {"mined": None})
    assert {file: file.read_bytes() for file in dataset.path.rglob("*") if file.is_file()} == before
