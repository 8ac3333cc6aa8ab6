"""Data sets to mine, and a small random M3 and cross-encoder."""

from pathlib import Path

import pyarrow as pa
import torch
from training_toy import WORDS, toy_model, toy_tokenizer
from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

from data.dataset import load_curated, write_curated
from data.records import DOCUMENT, PAIR, conform
from training.model_files import save_model


def write_documents(path: Path, documents: list[dict], pairs: list[dict]) -> None:
    """Write rows as a data set; what they do not say has a plain value."""
    filled = [{"title": "", "lang": "en", "split": "train", "tokens": 5, **row} for row in documents]
    asked = [
        {"negative_ids": [], "lang": "en", "evidence_tokens": 1, "evidence_token_start": 0, **row} for row in pairs
    ]
    tables = (conform(pa.Table.from_pylist(asked), PAIR), conform(pa.Table.from_pylist(filled), DOCUMENT))
    write_curated(path, *tables, {"made_by": "toy"})


def write_word_dataset(path: Path, documents: int = 12) -> None:
    """Document n holds the words n to n + 4 of a list; its question is word n, word n + 1 and a word of its own."""
    rows, pairs = [], []
    for number in range(documents):
        own = WORDS[number : number + 5]
        rows.append({"docid": f"d{number}", "text": f"own{number} " + " ".join(own)})
        pairs.append(
            {"query_id": f"q{number}", "query": f"own{number} {own[0]} {own[1]}", "positive_ids": [f"d{number}"]}
        )
    write_documents(path, rows, pairs)


def rows_of(path: Path, lang: str = "en", split: str = "train") -> dict[str, dict]:
    return {row["query_id"]: row for row in load_curated(path).pairs(lang, split).to_pylist()}


def save_toy_model(folder: Path, max_length: int = 64) -> str:
    tokenizer = toy_tokenizer(folder.parent, max_length)
    save_model(toy_model(tokenizer, max_length=max_length), tokenizer, folder)
    return str(folder)


def save_toy_reranker(folder: Path, max_length: int = 64, labels: int = 1) -> str:
    tokenizer = toy_tokenizer(folder.parent, max_length)
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=max_length + tokenizer.pad_token_id + 1,
        type_vocab_size=1,
        pad_token_id=tokenizer.pad_token_id,
        num_labels=labels,
    )
    with torch.random.fork_rng():
        torch.manual_seed(4)
        model = XLMRobertaForSequenceClassification(config)
        for parameter in model.parameters():
            parameter.data *= 5  # so that scores differ in their first digits
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
