"""Toy classes: a data set, a tokenizer and a model small enough for plain loops."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest
import torch

from data.dataset import write_curated
from data.records import DOCUMENT, PAIR, conform
from training.batching.planned import in_rank_order, share_out
from training.config import FitConfig
from training.fit import fit
from training.init import random_model
from training.model import M3
from training.model_files import encode_batch
from training.packing import pack
from training.step import StepInputs, TrainingStep
from training.tokenizer import train_tokenizer

WORDS = [
    a + b for a in ("ka", "lo", "mi", "ru", "se", "tan", "vo", "zi") for b in ("ba", "de", "fu", "gol", "hin", "pa")
]


def sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(words)).capitalize() + "."


def write_toy_dataset(path: Path, questions: int = 12, negatives: bool = True, dev: int = 0) -> None:
    """Half of the questions in each of two languages; document 0 of a language is as long as all others together.

    The last `dev` questions of each language, with their documents, are in the split dev.
    """
    chance = random.Random(1)
    documents, pairs = [], []
    for lang in ("en", "ko"):
        for number in range(questions // 2):
            text = " ".join(sentence(chance, 8) for _ in range(30 if number == 0 else 3 + number % 3))
            documents.append(
                {
                    "docid": f"{lang}-{number}",
                    "title": f"Place {number}",
                    "text": text,
                    "lang": lang,
                    "split": "dev" if number >= questions // 2 - dev else "train",
                    "group": f"g{number}" if number < 2 else None,
                    "cluster": f"c-{lang}-{number}",
                    "tokens": len(text.split()),
                }
            )
            pairs.append(
                {
                    "query_id": f"q-{lang}-{number}",
                    "query": " ".join(text.split()[-4:]),
                    "positive_ids": [f"{lang}-{number}"],
                    "negative_ids": [f"{lang}-{(number + 1) % (questions // 2 - dev)}"] if negatives else [],
                    "lang": lang,
                    "evidence_start": len(text) - 20,
                    "evidence_end": len(text),
                    "evidence_token_start": 0,
                    "evidence_tokens": 4,
                }
            )
    tables = (conform(pa.Table.from_pylist(pairs), PAIR), conform(pa.Table.from_pylist(documents), DOCUMENT))
    write_curated(path, *tables, {"made_by": "toy"})


def write_toy_corpus(file: Path) -> Path:
    chance = random.Random(2)
    rows = [{"title": f"Place {n}", "text": " ".join(sentence(chance, 8) for _ in range(10))} for n in range(40)]
    rows.append({"title": "", "text": "東京は大きい町です。北京大学在哪里。도시는 어디에 있습니까?"})
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return file


def toy_tokenizer(folder: Path, max_length: int = 64):
    return train_tokenizer([write_toy_corpus(folder / "corpus.jsonl")], 200, max_length)


def toy_model(tokenizer, dropout: float = 0.0, max_length: int = 64) -> M3:
    model = random_model(tokenizer, "tiny", max_length, seed=3)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = dropout
    return model


def toy_config(**changes) -> FitConfig:
    return FitConfig(dataset=Path("dataset"), model="model", out=Path("out"), **changes)


def toy_inputs(tokenizer, queries: list[str], passages: list[list[str]]) -> StepInputs:
    """One rank's inputs: query i has passage i as its positive, sub-batches as given."""
    count = sum(map(len, passages))
    asked = pack(encode_batch(tokenizer, queries, 64))
    return StepInputs(
        queries=(asked,),
        sub_batches=tuple(pack(encode_batch(tokenizer, part, 64)) for part in passages),
        all_queries=asked,
        query_counts=(len(queries),),
        window_counts=(count,),
        column=torch.arange(count),
        targets=torch.arange(len(queries)),
        excluded=torch.zeros(len(queries), count, dtype=torch.bool),
        teacher=None,
        distill=True,
        query_ids=tuple(f"q-{row}" for row in range(len(queries))),
    )


def toy_shares(tokenizer, questions: int, rank: int, ranks: int) -> StepInputs:
    """What `rank` receives of a batch of questions with two documents each, dealt as `PlannedBatches` does."""
    chance = random.Random(7)
    asked = [sentence(chance, 2 + number) for number in range(questions)]
    texts = [sentence(chance, chance.randint(3, 30)) for _ in range(2 * questions)]
    queries, documents = encode_batch(tokenizer, asked, 64), encode_batch(tokenizer, texts, 64)
    of_queries = share_out([len(ids) for ids in queries], ranks)
    of_documents = share_out([len(ids) for ids in documents], ranks)
    rows, columns = in_rank_order(of_queries, questions), in_rank_order(of_documents, 2 * questions)
    return StepInputs(
        queries=(pack([queries[row] for row in of_queries[rank]]),),
        sub_batches=tuple(pack([documents[column]]) for column in of_documents[rank]),
        all_queries=pack([queries[row] for share in of_queries for row in share]),
        query_counts=tuple(map(len, of_queries)),
        window_counts=tuple(map(len, of_documents)),
        column=torch.tensor(columns),
        targets=torch.tensor(rows),
        excluded=torch.zeros(questions, 2 * questions, dtype=torch.bool),
        teacher=None,
        distill=True,
        query_ids=tuple(f"q-{row}" for row in rows),
    )


def fit_that_dies(config: FitConfig, at_step: int, monkeypatch) -> None:
    """Train until the process ends in step `at_step`."""
    forward, calls = TrainingStep.forward, []

    def die_in_time(self, *arguments, **keywords):
        calls.append(1)
        if len(calls) == at_step:
            raise SystemExit("killed")
        return forward(self, *arguments, **keywords)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(TrainingStep, "forward", die_in_time)
        fit(config)
