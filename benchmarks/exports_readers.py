"""How each library reads its export, and how what it read is compared with the data set; `exports.py` runs these.

A reader takes the folder of the export, the data set and a small model (or None), returns what was compared in words,
and raises `AssertionError` where a row differs.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.dataset import CuratedDataset
from data.records import SPLITS
from data.text import document_text

Reader = Callable[[Path, CuratedDataset, Path | None], str]


def texts_of(dataset: CuratedDataset, lang: str) -> dict[str, str]:
    """Return what a model reads of each document."""
    return {row["docid"]: document_text(row["title"], row["text"]) for row in dataset.corpus(lang).to_pylist()}


def training_pairs(dataset: CuratedDataset) -> dict[str, list[dict[str, Any]]]:
    """Return the training pairs by language, with the texts that their ids name."""
    found = {}
    for lang in dataset.languages:
        texts = texts_of(dataset, lang)
        found[lang] = [
            {
                **pair,
                "pos": [texts[name] for name in pair["positive_ids"]],
                "neg": [texts[n] for n in pair["negative_ids"]],
            }
            for pair in dataset.pairs(lang, "train").to_pylist()
        ]
    return found


def is_mined(dataset: CuratedDataset) -> bool:
    """Return whether training pairs have negatives."""
    return any(pair["neg"] for pairs in training_pairs(dataset).values() for pair in pairs)


def read_mldr(folder: Path, dataset: CuratedDataset, model: Path | None) -> str:
    """MLDR's rows, by datasets."""
    from datasets import load_dataset

    compared = 0
    for lang in dataset.languages:
        texts = texts_of(dataset, lang)
        corpus = load_dataset("json", data_files=str(folder / "corpus" / f"{lang}.jsonl"), split="train")
        assert dict(zip(corpus["docid"], corpus["text"], strict=True)) == texts
        for split in SPLITS:
            pairs = dataset.pairs(lang, split).to_pylist()
            if not pairs:
                continue
            rows = load_dataset("json", data_files=str(folder / lang / f"{split}.jsonl"), split="train")
            for row, pair in zip(rows, pairs, strict=True):
                assert (row["query_id"], row["query"]) == (pair["query_id"], pair["query"])
                for column, ids in (("positive_passages", "positive_ids"), ("negative_passages", "negative_ids")):
                    assert row[column] == [{"docid": name, "text": texts[name]} for name in pair[ids]]
            compared += len(pairs)
    return f"{compared} rows of load_dataset equal, with their texts"


def read_flagembedding(folder: Path, dataset: CuratedDataset, model: Path | None) -> str:
    """The rows that FlagEmbedding's fine-tuning draws from, by both of its data set classes."""
    from FlagEmbedding.abc.finetune.embedder import (
        AbsEmbedderDataArguments,
        AbsEmbedderSameDatasetTrainDataset,
        AbsEmbedderTrainDataset,
    )

    pairs = [pair for found in training_pairs(dataset).values() for pair in found]
    mined = [pair for pair in pairs if pair["neg"]]
    if not mined:
        files = sorted(folder.glob("*.jsonl"))
        rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").split("\n")[:-1]]
        assert [(row["query"], row["pos"]) for row in rows] == [(pair["query"], pair["pos"]) for pair in pairs]
        return f"{len(rows)} rows equal; without negatives its trainer has nothing to draw, as the export says"
    by_query = {pair["query"]: pair for pair in mined}
    scored = all(pair["pos_scores"] for pair in mined)
    arguments = AbsEmbedderDataArguments(train_data=[str(folder)], train_group_size=4, knowledge_distillation=scored)
    rows = AbsEmbedderTrainDataset(arguments, tokenizer=None)
    assert len(rows) == len(mined)
    seen = {check_flagembedding_row(*rows[number], by_query) for number in range(len(rows))}
    assert seen == set(by_query)
    batches = AbsEmbedderSameDatasetTrainDataset(arguments, default_batch_size=4, seed=0, tokenizer=None)
    drawn = 0
    for number in range(len(batches)):
        queries, passages, scores, _ = batches[number]
        for place, query in enumerate(queries):
            part = slice(place * 4, place * 4 + 4)
            check_flagembedding_row(query, passages[part], scores[part] if scored else None, by_query)
            drawn += 1
    return (
        f"{len(rows)} rows of AbsEmbedderTrainDataset equal, {drawn} of the SameDataset class{', with scores' * scored}"
    )


def check_flagembedding_row(query: str, passages: list[str], scores: list[float] | None, by_query: Any) -> str:
    """Compare what was drawn with the pair: a positive first, then negatives, each with its score."""
    pair = by_query[query]
    assert passages[0] in pair["pos"] and set(passages[1:]) <= set(pair["neg"])
    if scores is not None:
        of_text = dict(zip([*pair["pos"], *pair["neg"]], [*pair["pos_scores"], *pair["neg_scores"]], strict=True))
        assert scores == [of_text[text] for text in passages]
    return query


def read_sentence_transformers(folder: Path, dataset: CuratedDataset, model: Path | None) -> str:
    """The training rows by datasets, a step of the trainer on all of them, and the evaluator on dev and test."""
    from datasets import load_dataset

    account = json.loads((folder / "about" / "export.json").read_text(encoding="utf-8"))
    number, parts, compared = account["negatives"], {}, 0
    for lang, pairs in training_pairs(dataset).items():
        for name, wanted in (("train", True), ("train-pairs", False)):
            file = folder / lang / f"{name}.parquet"
            chosen = [pair for pair in pairs if (len(pair["neg"]) >= number) == wanted]
            assert file.exists() == bool(chosen)
            if not chosen:
                continue
            rows = parts[f"{lang}-{name}"] = load_dataset("parquet", data_files=str(file), split="train")
            for row, pair in zip(rows, chosen, strict=True):
                texts = [pair["query"], pair["pos"][0], *(pair["neg"][:number] if wanted else [])]
                assert [value for key, value in row.items() if key != "label"] == texts
                if wanted and number and pair["pos_scores"]:
                    assert row["label"] == [*pair["pos_scores"], *pair["neg_scores"][:number]]
            compared += len(rows)
    trained = train_a_step(parts, model, bool(number)) if model else "no step without --model"
    return f"{compared} rows of load_dataset equal ({number} negatives); {trained}; {evaluate(folder, dataset, model)}"


def train_a_step(parts: dict[str, Any], model: Path, scored: bool) -> str:
    """Let the trainer go once through all parts together, with the loss that each kind of row is for."""
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.losses import MarginMSELoss, MultipleNegativesRankingLoss

    encoder = SentenceTransformer(str(model), device="cpu")
    encoder.max_seq_length = 64
    ranking, margin = MultipleNegativesRankingLoss(encoder), MarginMSELoss(encoder)
    losses = {name: margin if "label" in part.column_names else ranking for name, part in parts.items()}
    with tempfile.TemporaryDirectory() as place:
        arguments = SentenceTransformerTrainingArguments(
            place, num_train_epochs=1, per_device_train_batch_size=8, report_to="none", use_cpu=True, disable_tqdm=True
        )
        trainer = SentenceTransformerTrainer(encoder, arguments, train_dataset=dict(parts), loss=losses)
        done = trainer.train()
    used = sorted({type(loss).__name__ for loss in losses.values()})
    return f"an epoch of {done.global_step} steps with {' and '.join(used)}"


def evaluate(folder: Path, dataset: CuratedDataset, model: Path | None) -> str:
    """Build the evaluator of each language and split from its files, compare its fields, and let it evaluate."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.evaluation import InformationRetrievalEvaluator

    built = 0
    encoder = SentenceTransformer(str(model), device="cpu") if model else None
    for lang in dataset.languages:
        corpus = json.loads((folder / lang / "corpus.json").read_text(encoding="utf-8"))
        assert corpus == texts_of(dataset, lang)
        for split in ("dev", "test"):
            pairs = dataset.pairs(lang, split).to_pylist()
            if not pairs:
                continue
            given = json.loads((folder / lang / f"{split}.json").read_text(encoding="utf-8"))
            evaluator = InformationRetrievalEvaluator(corpus=corpus, **given)
            assert evaluator.queries_ids == [pair["query_id"] for pair in pairs]
            assert evaluator.queries == [pair["query"] for pair in pairs]
            assert [evaluator.relevant_docs[pair["query_id"]] for pair in pairs] == [p["positive_ids"] for p in pairs]
            if encoder:
                encoder.max_seq_length = 64
                assert 0 <= evaluator(encoder)[f"{lang}-{split}_cosine_ndcg@10"] <= 1
            built += 1
    return f"{built} evaluators {'ran' if model else 'built'}"


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


READERS: dict[str, tuple[str, str, Reader]] = {
    "mldr": ("mldr", "datasets", read_mldr),
    "flagembedding": ("flagembedding", "FlagEmbedding", read_flagembedding),
    "sentence-transformers": ("sentence-transformers", "sentence-transformers", read_sentence_transformers),
    "beir": ("beir", "beir", read_beir),
    "mteb": ("beir", "mteb", read_mteb),
    "colbert": ("colbert", "colbert-ai", read_colbert),
    "pylate": ("colbert", "pylate", read_pylate),
}
