import csv
import json

import pyarrow.parquet as pq
import pytest
from dataset_toy import make_document, make_pair, make_rows, write_rows

from curation.__main__ import main
from curation.command_config import ExportConfig
from curation.export import export_dataset
from data.dataset import load_curated
from data.errors import InputError
from data.records import SPLITS
from data.text import document_text

# The questions of the toy set: en has 4 in train (2 negatives each), 1 in dev, 1 in test; ko 2 in train (1 negative
# each), 1 in test.
EN_TRAIN, KO_TRAIN = ["q-en0", "q-en1", "q-en2", "q-en3"], ["q-ko0", "q-ko1"]


@pytest.fixture
def run(tmp_path):
    write_rows(tmp_path / "run" / "dataset", *make_rows())
    return tmp_path / "run"


@pytest.fixture
def plain(tmp_path):
    """The same questions before any negative was mined."""
    pairs, documents = make_rows()
    lists = ("negative_ids", "negative_miners", "negative_ranks", "negative_scores", "pos_scores", "neg_scores")
    write_rows(tmp_path / "plain", [{**pair, **{name: [] for name in lists}} for pair in pairs], documents)
    return tmp_path / "plain"


def export(run, format, **options):
    said = []
    folder = export_dataset(ExportConfig(out=run, format=format, **options), said.append)
    return folder, said


def rows_of(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]


def cells_of(file):
    return [tuple(line.split("\t")) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]


def account(folder):
    return json.loads((folder / "about" / "export.json").read_text(encoding="utf-8"))


def pairs_of(run, lang, split):
    return load_curated(run).pairs(lang, split).to_pylist()


def texts_of(run, lang):
    return {
        row["docid"]: document_text(row["title"], row["text"]) for row in load_curated(run).corpus(lang).to_pylist()
    }


def test_mldr_rows_carry_the_texts(run):
    folder, said = export(run, "mldr")
    assert folder == run / "export" / "mldr"
    assert said == []
    for lang in ("en", "ko"):
        texts = texts_of(run, lang)
        assert {row["docid"]: row["text"] for row in rows_of(folder / "corpus" / f"{lang}.jsonl")} == texts
        for split in SPLITS:
            rows, pairs = rows_of(folder / lang / f"{split}.jsonl"), pairs_of(run, lang, split)
            assert [(row["query_id"], row["query"]) for row in rows] == [(p["query_id"], p["query"]) for p in pairs]
            for row, pair in zip(rows, pairs, strict=True):
                assert list(row) == ["query_id", "query", "positive_passages", "negative_passages"]
                for name, ids in (("positive_passages", "positive_ids"), ("negative_passages", "negative_ids")):
                    assert row[name] == [{"docid": docid, "text": texts[docid]} for docid in pair[ids]]
    assert account(folder)["rows"]["en/train.jsonl"] == 4
    assert account(folder)["rows"]["corpus/ko.jsonl"] == 3


def test_flagembedding_rows_have_what_its_loader_and_its_distillation_read(run):
    folder, said = export(run, "flagembedding")
    assert said == []
    assert {file.name for file in folder.iterdir()} == {"about", "en.jsonl", "ko.jsonl"}  # it reads every .json beside
    texts = texts_of(run, "en")
    first, pair = rows_of(folder / "en.jsonl")[0], pairs_of(run, "en", "train")[0]
    assert first == {
        "query": pair["query"],
        "pos": [texts[pair["positive_ids"][0]]],
        "neg": [texts[docid] for docid in pair["negative_ids"]],
        "prompt": "",
        "type": "normal",
        "pos_scores": [0.5],
        "neg_scores": [0.25, 0.1875],
    }
    assert [row["query"] for row in rows_of(folder / "ko.jsonl")] == [p["query"] for p in pairs_of(run, "ko", "train")]


def test_flagembedding_without_negatives_says_so(plain):
    folder, said = export(plain, "flagembedding")
    assert [list(row) for row in rows_of(folder / "en.jsonl")] == [["query", "pos", "neg", "prompt", "type"]] * 4
    assert all(row["neg"] == [] for row in rows_of(folder / "en.jsonl"))
    assert said == ["6 pairs have no hard negatives: their `neg` is empty, and FlagEmbedding's trainer wants some"]


def test_flagembedding_keeps_pairs_without_negatives_out_of_the_trainers_way(tmp_path):
    pairs, documents = make_rows()
    for pair in pairs:
        if pair["query_id"] in ("q-en1", "q-ko0", "q-ko1"):
            pair.update(negative_ids=[], negative_miners=[], negative_ranks=[], negative_scores=[], neg_scores=[])
    write_rows(tmp_path, pairs, documents)
    folder, said = export(tmp_path, "flagembedding")
    assert len(rows_of(folder / "en.jsonl")) == 3
    assert not (folder / "ko.jsonl").exists()  # the library refuses a file without rows
    assert len(rows_of(folder / "without_negatives" / "ko.jsonl")) == 2
    assert "neg_scores" not in rows_of(folder / "without_negatives" / "en.jsonl")[0]
    assert said == ["3 pairs have no hard negatives: they stand in without_negatives/"]


def test_scores_of_a_part_are_left_out_and_counted(tmp_path):
    pairs, documents = make_rows()
    pairs[0].update(pos_scores=[], neg_scores=[])
    write_rows(tmp_path, pairs, documents)
    for layout in ("flagembedding", "sentence-transformers", "colbert"):
        folder, said = export(tmp_path, layout)
        assert "5 pairs lose their teacher scores: other pairs have none" in said
    assert not (folder / "pylate.train.jsonl").exists()


def test_sentence_transformers_rows_have_equally_many_negatives(run):
    folder, said = export(run, "sentence-transformers")
    texts = {lang: texts_of(run, lang) for lang in ("en", "ko")}
    for lang in ("en", "ko"):  # of six pairs four have two negatives, which is below nine in ten: each row has one
        table = pq.read_table(folder / lang / "train.parquet")
        assert table.column_names == ["anchor", "positive", "negative_1", "label"]
        expected = [
            {
                "anchor": pair["query"],
                "positive": texts[lang][pair["positive_ids"][0]],
                "negative_1": texts[lang][pair["negative_ids"][0]],
                "label": [0.5, 0.25],
            }
            for pair in pairs_of(run, lang, "train")
        ]
        assert table.to_pylist() == expected
    assert said == []
    assert account(folder)["negatives"] == 1


def test_sentence_transformers_pairs_with_fewer_negatives_stand_apart(run):
    folder, said = export(run, "sentence-transformers", negatives=2)
    assert pq.read_table(folder / "en" / "train.parquet").column_names[1:4] == ["positive", "negative_1", "negative_2"]
    assert pq.read_table(folder / "en" / "train.parquet")["label"].to_pylist() == [[0.5, 0.25, 0.1875]] * 4
    assert not (folder / "ko" / "train.parquet").exists()
    pairs = pq.read_table(folder / "ko" / "train-pairs.parquet")
    assert pairs.column_names == ["anchor", "positive"]
    assert pairs["anchor"].to_pylist() == [pair["query"] for pair in pairs_of(run, "ko", "train")]
    assert said == ["2 rows have fewer than 2 hard negatives and stand in train-pairs.parquet"]


def test_sentence_transformers_without_negatives_are_pairs(plain):
    folder, said = export(plain, "sentence-transformers")
    assert pq.read_table(folder / "en" / "train.parquet").column_names == ["anchor", "positive"]
    assert said == []


def test_sentence_transformers_evaluation_files_are_arguments_of_its_evaluator(run):
    folder, _ = export(run, "sentence-transformers")
    (pair,) = pairs_of(run, "ko", "test")
    assert json.loads((folder / "ko" / "test.json").read_text()) == {
        "name": "ko-test",
        "queries": {"q-ko2": pair["query"]},
        "relevant_docs": {"q-ko2": ["ko/2"]},
    }
    assert json.loads((folder / "ko" / "corpus.json").read_text()) == texts_of(run, "ko")
    assert not (folder / "ko" / "dev.json").exists()


def test_several_positives_are_several_rows(tmp_path):
    pairs, documents = make_rows()
    pairs[0]["positive_ids"].append(documents[3]["docid"])
    pairs[0]["pos_scores"].append(0.75)
    pairs[0]["negative_ids"] = [documents[1]["docid"], documents[2]["docid"]]
    write_rows(tmp_path, pairs, documents)
    folder, _ = export(tmp_path, "sentence-transformers")
    rows = pq.read_table(folder / "en" / "train.parquet").to_pylist()[:2]
    assert [row["positive"] for row in rows] == [texts_of(tmp_path, "en")[docid] for docid in pairs[0]["positive_ids"]]
    assert [row["label"] for row in rows] == [[0.5, 0.25], [0.75, 0.25]]
    assert rows[0]["anchor"] == rows[1]["anchor"]
    folder, _ = export(tmp_path, "colbert")
    assert rows_of(folder / "triples.train.jsonl")[:2] == [[0, 0, 1], [0, 3, 1]]
    assert cells_of(folder / "qrels.train.tsv")[:2] == [("0", "0", "0", "1"), ("0", "0", "3", "1")]


def test_beir_folders_hold_corpus_queries_and_judgements(run):
    folder, said = export(run, "beir")
    documents = load_curated(run).corpus("ko").to_pylist()
    assert rows_of(folder / "ko" / "corpus.jsonl") == [
        {"_id": row["docid"], "title": row["title"], "text": row["text"]} for row in documents
    ]
    assert [row["_id"] for row in rows_of(folder / "ko" / "queries.jsonl")] == ["q-ko0", "q-ko1", "q-ko2"]
    header = ("query-id", "corpus-id", "score")
    assert cells_of(folder / "ko" / "qrels" / "test.tsv") == [header, ("q-ko2", "ko/2", "1")]
    assert cells_of(folder / "ko" / "qrels" / "train.tsv") == [header, ("q-ko0", "ko/0", "1"), ("q-ko1", "ko/1", "1")]
    assert rows_of(folder / "ko" / "qrels" / "test.jsonl") == [{"query-id": "q-ko2", "corpus-id": "ko/2", "score": 1}]
    assert {file.name for file in (folder / "ko" / "qrels").glob("*.tsv")} == {"train.tsv", "test.tsv"}
    assert said == ["6 pairs have hard negatives, which this layout has no place for"]


def test_the_beir_folder_names_its_files_for_mteb(run):
    folder, _ = export(run, "beir", languages=("ko",))
    assert (
        (folder / "README.md").read_text()
        == """---
configs:
- config_name: "ko-corpus"
  data_files:
  - split: corpus
    path: ko/corpus.jsonl
- config_name: "ko-queries"
  data_files:
  - split: queries
    path: ko/queries.jsonl
- config_name: "ko-qrels"
  data_files:
  - split: train
    path: ko/qrels/train.jsonl
  - split: test
    path: ko/qrels/test.jsonl
---

# A curated data set in BEIR's layout
"""
    )


def test_ids_that_would_break_a_line_are_quoted_as_csv_readers_expect(tmp_path):
    document = make_document("en", 1, "test", 'a\t"b"\nc')
    write_rows(tmp_path, [make_pair(document, [], "odd")], [document])
    folder, _ = export(tmp_path, "beir")
    with (folder / "en" / "qrels" / "test.tsv").open(newline="") as lines:
        assert list(csv.reader(lines, delimiter="\t"))[1] == ["q-odd", 'a\t"b"\nc', "1"]


def test_colbert_files_are_numbered_and_named(run):
    folder, said = export(run, "colbert")
    names = rows_of(folder / "pids.jsonl")
    assert [name["pid"] for name in names] == list(range(9))
    assert names[6] == {"pid": 6, "docid": "ko/0", "lang": "ko"}
    collection = cells_of(folder / "collection.tsv")
    assert [pid for pid, _ in collection] == [str(pid) for pid in range(9)]
    for (_, text), name in zip(collection, names, strict=True):
        assert text == " ".join(texts_of(run, name["lang"])[name["docid"]].split())
    assert [(name["qid"], name["query_id"]) for name in rows_of(folder / "qids.jsonl")] == list(
        enumerate([*EN_TRAIN, *KO_TRAIN, "q-en4", "q-en5", "q-ko2"])
    )
    assert [qid for qid, _ in cells_of(folder / "queries.test.tsv")] == ["7", "8"]
    assert cells_of(folder / "queries.test.tsv")[1][1] == pairs_of(run, "ko", "test")[0]["query"]
    assert cells_of(folder / "qrels.test.tsv") == [("7", "0", "5", "1"), ("8", "0", "8", "1")]
    assert said == []


def test_colbert_training_rows_are_numbers_with_scores_beside(run):
    folder, said = export(run, "colbert", negatives=2)
    triples = rows_of(folder / "triples.train.jsonl")
    assert triples[0] == [0, 0, 1, 2]  # the negatives of a document are those after it, in its split
    assert [row[0] for row in triples] == [0, 1, 2, 3]
    assert rows_of(folder / "distillation.train.jsonl")[0] == [0, [0, 0.5], [1, 0.25], [2, 0.1875]]
    assert rows_of(folder / "pylate.train.jsonl")[0] == {
        "query_id": 0,
        "document_ids": [0, 1, 2],
        "scores": [0.5, 0.25, 0.1875],
    }
    assert said == ["2 training rows have fewer than 2 hard negatives: they have no triple"]


def test_colbert_without_negatives_has_no_triples(plain):
    folder, said = export(plain, "colbert")
    assert not (folder / "triples.train.jsonl").exists()
    assert said == ["6 training rows have no hard negatives: they have no triple"]


def test_tabs_and_line_ends_do_not_break_the_collection(tmp_path):
    document = {**make_document("en", 1, "train"), "text": "one\ttwo\r\nthree\x0bfour\u2028five  six\x1cseven"}
    write_rows(
        tmp_path,
        [{**make_pair(make_document("en", 1, "train"), [], "x"), "positive_ids": [document["docid"]]}],
        [document],
    )
    folder, _ = export(tmp_path, "colbert")
    with (folder / "collection.tsv").open(encoding="utf-8") as lines:  # universal line ends, as ColBERT opens it
        (line,) = list(lines)
    assert line == f"0\t{document['title']} one two three four five six seven\n"


@pytest.mark.parametrize("layout", ["mldr", "flagembedding", "sentence-transformers", "beir", "colbert"])
def test_languages_are_chosen_in_every_layout(run, layout):
    folder, _ = export(run, layout, languages=("ko",))
    names = {part for file in folder.rglob("*") for part in file.relative_to(folder).parts}
    assert not {"en", "en.jsonl"} & names
    assert account(folder)["languages"] == ["ko"]
    assert not list(folder.rglob(".*"))  # the texts that were kept meanwhile
    with pytest.raises(InputError, match="no fr; it has: en ko"):
        export(run, layout, languages=("fr",))


def test_numbers_of_negatives_that_cannot_be_are_refused(run, plain):
    with pytest.raises(InputError, match="--negatives is for sentence-transformers and colbert"):
        export(run, "beir", negatives=1)
    for folder, layout, number in ((run, "colbert", 3), (run, "colbert", 0), (plain, "sentence-transformers", 1)):
        with pytest.raises(InputError, match=f"--negatives {number}"):
            export(folder, layout, negatives=number)


def test_a_pair_without_its_document_is_named(tmp_path):
    pairs, documents = make_rows()
    pairs[0]["negative_ids"][0] = "nowhere"
    write_rows(tmp_path, pairs, documents)
    for layout in ("mldr", "flagembedding", "sentence-transformers", "colbert"):
        with pytest.raises(InputError, match="'nowhere', which corpus-en does not hold"):
            export(tmp_path, layout)
    assert [file.name for file in tmp_path.glob("export/*")] == []


def test_an_export_replaces_an_export_and_nothing_else(run, tmp_path):
    export(run, "mldr", to=tmp_path / "there")
    export(run, "beir", to=tmp_path / "there")
    assert not (tmp_path / "there" / "corpus").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    for target in (mine, mine / "thesis.txt"):
        with pytest.raises(InputError, match="choose another --to"):
            export(run, "mldr", to=target)
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_an_export_of_a_data_set_that_is_named_itself_stands_beside_it(run):
    folder, _ = export(run / "dataset", "beir")
    assert folder == run / "dataset-export" / "beir"
    with pytest.raises(InputError, match="lies in the data set"):
        export(run, "beir", to=run / "dataset" / "beir")


def test_without_a_data_set_there_is_nothing_to_export(tmp_path):
    with pytest.raises(InputError, match="there is no data set"):
        export(tmp_path / "nothing", "mldr")


def test_the_command_exports(run, capsys):
    assert main(["export", "--out", str(run), "--format", "colbert", "--negatives", "2"]) == 0
    told = capsys.readouterr()
    assert told.out == f"written: {run / 'export' / 'colbert'}\n"
    assert "2 training rows have fewer than 2 hard negatives" in told.err
