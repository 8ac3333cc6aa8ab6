"""A small clean data set of invented words, for the tests of what is done with finished data sets."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from curation.sample import content_id
from data.dataset import CuratedDataset, write_curated
from data.files import digest
from data.records import DOCUMENT, PAIR, conform
from data.text import document_text, estimate_tokens

SYLLABLES = {"en": "ba de fi go lu mo ne pi ra su ta vo", "ko": "가 나 다 라 마 바 사 아 자 차 카 타"}
SPLITS = {"en": ("train", "train", "train", "train", "dev", "test"), "ko": ("train", "train", "test")}


def make_document(lang: str, number: int, split: str, given_id: str | None = None) -> dict:
    """Return a document of four paragraphs whose words are drawn by chance, so that none resembles another."""
    chance = random.Random(f"{lang} {number}")
    syllables = SYLLABLES[lang].split()

    def paragraph() -> str:
        return " ".join("".join(chance.choices(syllables, k=3)) for _ in range(30)) + "."

    title, text = f"{paragraph()[:9]} {number}", "\n\n".join(paragraph() for _ in range(4))
    return {
        "docid": given_id or content_id(title, text),
        "title": title,
        "text": text,
        "lang": lang,
        "split": split,
        "licence": "CC0",
        "tokens": estimate_tokens(document_text(title, text)),
        "cluster": f"{lang} {number}",
        "group": f"page {number}" if split == "train" and number < 2 else None,  # translations: en 0 and ko 0
    }


def make_pair(document: dict, negatives: list[dict], name: str) -> dict:
    """Return a question about the third paragraph of `document`, with scored negatives."""
    text = document["text"]
    start = len("\n\n".join(text.split("\n\n")[:2])) + 2
    end = start + len(text.split("\n\n")[2])
    whole = document_text(document["title"], text)
    return {
        "query_id": f"q-{name}",
        "query": f"What of {text[start : start + 20].strip()} {name}?",
        "positive_ids": [document["docid"]],
        "negative_ids": [negative["docid"] for negative in negatives],
        "negative_miners": ["bm25" for _ in negatives],
        "negative_ranks": [place + 2 for place in range(len(negatives))],
        "negative_scores": [10.0 - place for place in range(len(negatives))],
        "pos_scores": [0.5],
        "neg_scores": [0.25 - place / 16 for place in range(len(negatives))],
        "lang": document["lang"],
        "evidence_start": start,
        "evidence_end": end,
        "evidence_token_start": estimate_tokens(whole[: len(whole) - len(text) + start]),
        "evidence_tokens": estimate_tokens(text[start:end]),
        "evidence_digest": digest(text[start:end]),
        "generator": "openai",
        "model": "toy",
        "prompt": "mldr",
        "also_relevant": [],
    }


def make_rows() -> tuple[list[dict], list[dict]]:
    """Return the questions and documents of a clean set; of each split's documents the next two are negatives."""
    documents, pairs = [], []
    for lang, splits in SPLITS.items():
        made = [make_document(lang, n, split, f"ko/{n}" if lang == "ko" else None) for n, split in enumerate(splits)]
        documents += made
        for number, document in enumerate(made):
            others = [other for other in made if other["split"] == document["split"] and other is not document]
            near = [*others[number:], *others[:number]][:2]
            pairs.append(make_pair(document, near if document["split"] == "train" else [], f"{lang}{number}"))
    return pairs, documents


def write_rows(path: Path, pairs: list[dict], documents: list[dict]) -> CuratedDataset:
    """Write rows as a data set whose manifest and card agree with them."""
    counts: dict[str, dict[str, int]] = {}
    split_of = {document["docid"]: document["split"] for document in documents}
    for pair in pairs:
        group = counts.setdefault(f"{pair['lang']} {split_of[pair['positive_ids'][0]]}", {"negatives": 0})
        group["negatives"] += len(pair["negative_ids"])
    mined = {"miners": ["bm25"], "counts": counts}
    made_by = {"tokenizer": "estimate", "set_aside": {"filter": {"refusal": 1}}, "mined": mined}
    tables = (pa.Table.from_pylist(pairs), PAIR), (pa.Table.from_pylist(documents), DOCUMENT)
    return write_curated(path, *(conform(table, record) for table, record in tables), made_by)


def edit(file: Path, change) -> None:
    """Let `change` edit the rows of a table of a data set, and nothing else of the data set."""
    table = pq.read_table(file)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file, write_page_checksum=True)
