"""How libraries that search and judge read their exports: BEIR, MTEB, ColBERT and PyLate; see `exports_readers.py`."""

import json
from pathlib import Path
from typing import Any

from exports_readers import is_mined, texts_of, training_pairs

from data.dataset import CuratedDataset
from data.records import SPLITS


def read_beir(folder: Path, dataset: CuratedDataset, model: Path | None) -> str:
    """Corpus, queries and judgements by BEIR's GenericDataLoader."""
    from beir.datasets.data_loader import GenericDataLoader

    compared = 0
    for lang in dataset.languages:
        documents = dataset.corpus(lang).to_pylist()
        expected = {row["docid"]: {"text": row["text"], "title": row["title"] or ""} for row in documents}
        for split in SPLITS:
            pairs = dataset.pairs(lang, split).to_pylist()
            if pairs:
                corpus, queries, qrels = GenericDataLoader(str(folder / lang)).load(split=split)
                assert corpus == expected
                assert queries == {pair["query_id"]: pair["query"] for pair in pairs}
                assert qrels == {pair["query_id"]: dict.fromkeys(pair["positive_ids"], 1) for pair in pairs}
                compared += len(pairs)
    return f"{compared} questions with judgements, and all documents, of GenericDataLoader equal"


def read_mteb(folder: Path, dataset: CuratedDataset, model: Path | None) -> str:
    """A retrieval task of MTEB whose data set is the folder, loaded by MTEB's own loader, and evaluated."""
    import mteb
    from mteb.abstasks import AbsTaskRetrieval
    from mteb.abstasks.task_metadata import TaskMetadata

    scripts = {
        "de": "deu-Latn",
        "ko": "kor-Hang",
        "en": "eng-Latn",
        "ja": "jpn-Jpan",
        "zh": "zho-Hans",
        "ar": "ara-Arab",
    }
    langs = {
        lang: [scripts[lang]] for lang in dataset.languages if lang in scripts and len(dataset.pairs(lang, "test"))
    }

    class Curated(AbsTaskRetrieval):
        """The export."""

        metadata = TaskMetadata(
            name="Curated", dataset={"path": str(folder), "revision": "main"}, description="", type="Retrieval",
            category="t2t", eval_splits=["test"], eval_langs=langs, main_score="ndcg_at_10", reference=None, date=None,
            domains=None, task_subtypes=None, license=None, annotations_creators=None, dialect=None,
            sample_creation=None, bibtex_citation=None, modalities=["text"],
        )  # fmt: skip

    task, compared = Curated(), 0
    task.load_data()
    for lang in langs:
        loaded, pairs = task.dataset[lang]["test"], dataset.pairs(lang, "test").to_pylist()
        corpus = {row["id"]: (row["title"], row["text"]) for row in loaded["corpus"]}
        assert corpus == {row["docid"]: (row["title"] or "", row["text"]) for row in dataset.corpus(lang).to_pylist()}
        assert {row["id"]: row["text"] for row in loaded["queries"]} == {p["query_id"]: p["query"] for p in pairs}
        assert loaded["relevant_docs"] == {p["query_id"]: dict.fromkeys(p["positive_ids"], 1) for p in pairs}
        compared += len(pairs)
    if model:
        from sentence_transformers import SentenceTransformer

        encoder = SentenceTransformer(str(model), device="cpu")
        encoder.max_seq_length = 64
        (result,) = mteb.evaluate(encoder, Curated(), cache=None, show_progress_bar=False).task_results
        score = f", evaluated: ndcg@10 {result.get_score():.3f} of a random model"
    return f"{compared} test questions with judgements, and all documents, of its loader equal{score if model else ''}"


def read_colbert(folder: Path, dataset: CuratedDataset, model: Path | None) -> str:
    """Collection, queries, judgements and triples by ColBERT's own loaders."""
    from colbert.data.examples import Examples
    from colbert.evaluation.loaders import load_collection, load_qrels, load_queries

    collection = load_collection(str(folder / "collection.tsv"))
    docids, names = (
        read_names(folder / "pids.jsonl", "pid", "docid"),
        read_names(folder / "qids.jsonl", "qid", "query_id"),
    )
    expected = [" ".join(texts_of(dataset, lang)[docid].split()) for lang, docid in docids]
    assert collection == expected
    for split in SPLITS:
        queries, qrels = (
            load_queries(str(folder / f"queries.{split}.tsv")),
            load_qrels(str(folder / f"qrels.{split}.tsv")),
        )
        pairs = {p["query_id"]: p for lang in dataset.languages for p in dataset.pairs(lang, split).to_pylist()}
        assert {names[qid][1]: text for qid, text in queries.items()} == {
            name: " ".join(pair["query"].split()) for name, pair in pairs.items()
        }
        assert {names[qid][1]: sorted(docids[pid][1] for pid in pids) for qid, pids in qrels.items()} == {
            name: sorted(pair["positive_ids"]) for name, pair in pairs.items()
        }
    if not is_mined(dataset):
        assert not (folder / "triples.train.jsonl").exists()
        return f"{len(collection)} documents, {len(names)} queries and judgements equal; no negatives, so no triples"
    number = json.loads((folder / "about" / "export.json").read_text(encoding="utf-8"))["negatives"]
    mined = {p["query_id"]: p for found in training_pairs(dataset).values() for p in found if len(p["neg"]) >= number}
    triples = Examples.cast(str(folder / "triples.train.jsonl"), nway=number + 1).tolist()
    scored = (folder / "distillation.train.jsonl").exists()
    rows = Examples.cast(str(folder / "distillation.train.jsonl"), nway=number + 1).tolist() if scored else triples
    for triple, row in zip(triples, rows, strict=True):
        pair = mined.pop(names[triple[0]][1])
        assert [docids[pid][1] for pid in triple[1:]] == [pair["positive_ids"][0], *pair["negative_ids"][:number]]
        if scored:
            scores = [pair["pos_scores"][0], *pair["neg_scores"][:number]]
            assert row[1:] == [list(numbered) for numbered in zip(triple[1:], scores, strict=True)]
    assert not mined
    told = f"{len(collection)} documents, {len(names)} queries and judgements, {len(triples)} triples"
    return f"{told}{' with scores' * scored} equal"


def read_names(file: Path, number: str, name: str) -> list[tuple[str, str]]:
    """Return (language, id) of each number, in order."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]
    assert [row[number] for row in rows] == list(range(len(rows)))
    return [(row["lang"], row[name]) for row in rows]


def read_pylate(folder: Path, dataset: CuratedDataset, model: Path | None) -> str:
    """Distillation rows by PyLate's KDProcessing."""
    from datasets import load_dataset
    from pylate.utils import KDProcessing

    if not any(pair["pos_scores"] for pairs in training_pairs(dataset).values() for pair in pairs):
        assert not (folder / "pylate.train.jsonl").exists()
        return "no scores, so nothing to distil"

    def table(name: str, column: str) -> Any:
        options = {"delimiter": "\t", "quoting": 3, "keep_default_na": False, "column_names": [column, "text"]}
        return load_dataset("csv", data_files=str(folder / name), split="train", **options)

    processing = KDProcessing(table("queries.train.tsv", "query_id"), table("collection.tsv", "document_id"))
    rows = load_dataset("json", data_files=str(folder / "pylate.train.jsonl"), split="train")
    rows.set_transform(processing.transform)
    number = json.loads((folder / "about" / "export.json").read_text(encoding="utf-8"))["negatives"]
    wanted = [p for found in training_pairs(dataset).values() for p in found if len(p["neg"]) >= number]
    for row, pair in zip(rows, wanted, strict=True):
        assert row["query"] == " ".join(pair["query"].split())
        assert row["documents"] == [" ".join(text.split()) for text in [pair["pos"][0], *pair["neg"][:number]]]
        assert row["scores"] == [pair["pos_scores"][0], *pair["neg_scores"][:number]]
    return f"{len(wanted)} rows of KDProcessing equal, with texts and scores"
