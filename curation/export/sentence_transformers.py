"""Sentence Transformers' layout: training rows for its trainers, dev and test for its retrieval evaluator.

LANG/train.parquet         anchor, positive, negative_1 ... negative_n: load_dataset("parquet", data_files=FILE); also
                           label, the teacher's scores of positive and negatives in that order, where there are any
                           (MarginMSELoss, DistillKLDivLoss; other losses pass it by)
LANG/train-pairs.parquet   anchor, positive of the pairs with fewer than n negatives: another data set of the trainer
LANG/dev.json, test.json   queries, relevant_docs, name: InformationRetrievalEvaluator(corpus=..., **json.load(FILE))
LANG/corpus.json           document id -> text

n is the same in all rows of all languages, so that the files can be joined; a pair with several positives is as many
rows.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.engine import progress
from curation.export.lines import write_lines, write_object
from curation.export.source import Account, Source
from curation.export.texts import Texts, open_texts
from data.text import document_text

_ROWS_AT_ONCE = 64  # a row holds whole documents


def write_sentence_transformers(folder: Path, source: Source, account: Account) -> None:
    """Write the training rows of all languages, and what the evaluator needs of dev and test."""
    account.negatives = source.negatives
    source.account_for_scores(account)
    for lang in progress(source.languages, "export sentence-transformers", "language"):
        with open_texts(source.dataset, lang, folder) as texts:
            _write_training(folder, source, lang, texts, account)
        documents = source.dataset.document_rows(lang, ("docid", "title", "text"))
        items = ((row["docid"], document_text(row["title"], row["text"])) for row in documents)
        account.rows[f"{lang}/corpus.json"] = write_object(folder / lang / "corpus.json", items)
        for split in ("dev", "test"):
            _write_evaluation(folder, source, lang, split, account)


def _write_training(folder: Path, source: Source, lang: str, texts: Texts, account: Account) -> None:
    wide, number = f"{lang}/train.parquet", source.negatives
    schema = pa.schema(
        [(name, pa.string()) for name in ("anchor", "positive", *(f"negative_{n + 1}" for n in range(number)))]
        + ([("label", pa.list_(pa.float32()))] if source.scored and number else [])
    )
    rows = (row for pair in source.pairs(lang, "train") for row in _rows(pair, texts, number, "label" in schema.names))
    account.rows[wide] = _write_parquet(folder / wide, rows, schema)
    narrow = f"{lang}/train-pairs.parquet"
    few = (pair for pair in source.pairs(lang, "train") if len(pair["negative_ids"]) < number)
    rest = (row for pair in few for row in _rows({**pair, "negative_ids": []}, texts, 0, False))
    if count := _write_parquet(folder / narrow, rest, pa.schema([schema.field("anchor"), schema.field("positive")])):
        account.rows[narrow] = count
        account.leave_out(f"rows have fewer than {number} hard negatives and stand in train-pairs.parquet", count)


def _rows(pair: dict[str, Any], texts: Texts, number: int, scored: bool) -> Iterator[dict[str, Any]]:
    """Yield a row for each positive of a pair that has at least `number` negatives: the first, hardest ones."""
    negatives = pair["negative_ids"][:number]
    if len(negatives) < number:
        return
    shared = {f"negative_{place}": texts[docid] for place, docid in enumerate(negatives, start=1)}
    for place, docid in enumerate(pair["positive_ids"]):
        scores = {"label": [pair["pos_scores"][place], *pair["neg_scores"][:number]]} if scored else {}
        yield {"anchor": pair["query"], "positive": texts[docid], **shared, **scores}


def _write_parquet(file: Path, rows: Iterator[dict[str, Any]], schema: pa.Schema) -> int:
    """Write rows in small row groups and return how many there were; none make no file."""
    count = 0
    first = list(islice(rows, _ROWS_AT_ONCE))
    if not first:
        return 0
    file.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        part = first
        while part:
            writer.write_table(pa.Table.from_pylist(part, schema=schema))
            count += len(part)
            part = list(islice(rows, _ROWS_AT_ONCE))
    return count


def _write_evaluation(folder: Path, source: Source, lang: str, split: str, account: Account) -> None:
    pairs = [(pair["query_id"], pair["query"], pair["positive_ids"]) for pair in source.pairs(lang, split)]
    if pairs:
        whole = {
            "name": f"{lang}-{split}",
            "queries": {query_id: query for query_id, query, _ in pairs},
            "relevant_docs": {query_id: docids for query_id, _, docids in pairs},
        }
        write_lines(folder / lang / f"{split}.json", [whole])
        account.rows[f"{lang}/{split}.json"] = len(pairs)
