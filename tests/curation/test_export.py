import json

import pytest
from curation_toy import small_run, write_documents

from curation import pipeline
from curation.config import ExportConfig
from curation.export import export_dataset
from data.dataset import load_curated
from data.errors import InputError
from data.records import SPLITS
from data.text import document_text


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    pipeline.run(small_run(write_documents(folder / "documents", ("en", "ko"), 6), folder / "run"))
    return folder / "run"


def rows_of(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def texts_of(dataset, lang):
    return {row["docid"]: document_text(row["title"], row["text"]) for row in dataset.corpus(lang).to_pylist()}


def test_mldr_rows_carry_the_texts(run, tmp_path):
    folder = export_dataset(ExportConfig(out=run, format="mldr", to=tmp_path / "mldr"))
    dataset = load_curated(run)
    for lang in dataset.languages:
        texts = texts_of(dataset, lang)
        assert {row["docid"]: row["text"] for row in rows_of(folder / "corpus" / f"{lang}.jsonl")} == texts
        for split in SPLITS:
            rows = rows_of(folder / lang / f"{split}.jsonl")
            pairs = dataset.pairs(lang, split).to_pylist()
            assert [(row["query_id"], row["query"]) for row in rows] == [(p["query_id"], p["query"]) for p in pairs]
            for row, pair in zip(rows, pairs, strict=True):
                assert list(row) == ["query_id", "query", "positive_passages", "negative_passages"]
                docid = pair["positive_ids"][0]
                assert row["positive_passages"] == [{"docid": docid, "text": texts[docid]}]
                assert row["negative_passages"] == []


def test_flagembedding_rows_are_of_the_training_split_and_miss_no_negatives_silently(run):
    said = []
    folder = export_dataset(ExportConfig(out=run, format="flagembedding"), said.append)
    assert folder == run / "export" / "flagembedding"
    dataset = load_curated(run)
    total = 0
    for lang in dataset.languages:
        rows, pairs = rows_of(folder / f"{lang}.jsonl"), dataset.pairs(lang, "train").to_pylist()
        total += len(pairs)
        texts = texts_of(dataset, lang)
        expected = [{"query": p["query"], "pos": [texts[p["positive_ids"][0]]], "neg": []} for p in pairs]
        assert rows == expected
    assert any(line.startswith(f"{total} pairs have no hard negatives") for line in said)


def test_an_export_replaces_an_export_and_nothing_else(run, tmp_path):
    config = ExportConfig(out=run, format="mldr", to=tmp_path / "there")
    export_dataset(config)
    export_dataset(config)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    for target in (mine, mine / "thesis.txt"):
        with pytest.raises(InputError, match="choose another --to"):
            export_dataset(ExportConfig(out=run, format="mldr", to=target))
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_without_a_data_set_there_is_nothing_to_export(tmp_path):
    with pytest.raises(InputError, match="there is no data set"):
        export_dataset(ExportConfig(out=tmp_path / "nothing", format="mldr"))
