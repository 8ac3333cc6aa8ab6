"""How libraries that train read their exports, and how what they read is compared with the data set.

A reader takes the folder of the export, the data set and a small model (or None), returns what was compared in words,
and raises `AssertionError` where a row differs. `exports.py` runs these, and those of `exports_retrieval.py`.
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
