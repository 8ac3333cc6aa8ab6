"""One row a question: what was asked about which document, and how well each mode answered it.

    judgements = judgements_by_mode(collection, rankings)               # training.judging.metrics
    table = judge_questions(collection, families, rankings, judgements, tokens)  # one language; pa.concat_tables joins
    write_questions(table, Path("after/questions.parquet"))
    metrics = mean_metrics(table)                                       # mode -> language -> metric, as in the report

A question's document is its relevant one; of several, that of the highest grade, then of the first id. A collection
that is judged by answers names none. What counts as one document when figures are resampled is the family of a
question (`training.collections.families`): near-copies and translations are not independent.

Two overlaps of question and text are kept, since they are no measure of the same thing: `passage_overlap` is what
curation recorded (the share of the question's character n-grams that stand in the passage it was written about),
`document_overlap` is counted here for every question (the share of its distinct search tokens, `data.text`, that stand
anywhere in the document).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import InputError
from data.files import atomic_path
from data.text import clean_text, estimate_tokens, search_tokens
from training.collections.collection import JudgedCollection
from training.collections.families import main_document
from training.evaluate_config import METRICS, MODES
from training.judging.metrics import Qrels, measure_questions, name_documents
from training.searching.fusion import Rankings

Metrics = dict[str, dict[str, dict[str, float]]]  # mode -> language, or "all": their mean -> metric -> 0..1

FACTS = pa.schema(
    [
        ("lang", pa.string()),
        ("query_id", pa.string()),
        ("docid", pa.string()),  # of the relevant document
        ("document", pa.string()),  # the question's family: the same where questions are not independent
        ("document_tokens", pa.int64()),  # before it is cut; null where there is no docid
        ("evidence_position", pa.float64()),  # middle of the passage, 0 the beginning, 1 the end; null: not recorded
        ("passage_overlap", pa.float64()),  # null: not recorded
        ("document_overlap", pa.float64()),
    ]
)


def column_name(mode: str, metric: str) -> str:
    """Return the name of the column that holds a mode's figures by a metric."""
    return f"{mode}/{metric}"


def question_schema(modes: tuple[str, ...]) -> pa.Schema:
    """Return the columns of a table of questions: `FACTS`, then a column for each mode and metric, 0 to 1."""
    return pa.schema([*FACTS, *(pa.field(column_name(mode, name), pa.float64()) for mode in modes for name in METRICS)])


def modes_of(table: pa.Table) -> tuple[str, ...]:
    """Return the modes that a table of questions has figures of, in the order of the paper's table."""
    found = dict.fromkeys(name.rpartition("/")[0] for name in table.column_names if "/" in name)
    return tuple(sorted(found, key=lambda mode: (MODES.index(mode) if mode in MODES else len(MODES), mode)))


def judge_questions(
    collection: JudgedCollection,
    families: Sequence[str],
    rankings: Mapping[str, Rankings],
    judgements: Mapping[str, Qrels],
    document_tokens: np.ndarray | None,
) -> pa.Table:
    """Return the rows of a collection's questions, in its order, with the figures of every mode in `rankings`.

    `families` [Q] name each question's; `judgements` are each mode's. `document_tokens` [documents] are the lengths of
    the documents in the model's tokens before they are cut; None: they are estimated, for the documents that count. Of
    the texts only the relevant ones are read, one at a time.
    """
    evidence = [collection.evidence.get(name) for name in collection.query_ids]
    columns: dict[str, Any] = {
        "lang": [collection.lang] * len(collection.query_ids),
        "query_id": [clean_text(name) for name in collection.query_ids],
        "document": [clean_text(name) for name in families],
        **_describe_documents(collection, document_tokens),
        "evidence_position": [one.position if one else None for one in evidence],
        "passage_overlap": [one.overlap if one else None for one in evidence],
    }
    for mode, ranked in rankings.items():
        places = {name: place for place, name in enumerate(judgements[mode])}
        order = [places[name] for name in collection.query_ids]
        found = name_documents(ranked.documents, collection)
        for metric, values in measure_questions(found, judgements[mode]).items():
            columns[column_name(mode, metric)] = values[order]
    return pa.table(columns, schema=question_schema(tuple(rankings)))


def _describe_documents(collection: JudgedCollection, document_tokens: np.ndarray | None) -> dict[str, list[Any]]:
    """Return the columns that say which document a question is about; each document's text is read once."""
    numbers = {docid: number for number, docid in enumerate(collection.docids)}
    asked: dict[str, list[int]] = {}  # docid -> questions about it
    names = ("docid", "document_tokens", "document_overlap")
    columns: dict[str, list[Any]] = {name: [None] * len(collection.query_ids) for name in names}
    for place, name in enumerate(collection.query_ids):
        grades = collection.qrels.get(name)
        if grades:
            asked.setdefault(main_document(grades), []).append(place)
    for docid, places in asked.items():
        text = collection.texts[numbers[docid]]
        known = set(search_tokens(text))
        tokens = estimate_tokens(text) if document_tokens is None else int(document_tokens[numbers[docid]])
        for place in places:
            wanted = set(search_tokens(collection.queries[place]))
            share = len(wanted & known) / len(wanted) if wanted else None
            for name, value in zip(names, (clean_text(docid), tokens, share), strict=True):
                columns[name][place] = value
    return columns


def mean_metrics(table: pa.Table) -> Metrics:
    """Return the means over each language's questions, and under "all" the mean over the languages."""
    langs = np.array(table["lang"].to_pylist())
    found: Metrics = {}
    for mode in modes_of(table):
        values = {name: table[column_name(mode, name)].to_numpy() for name in METRICS}
        by_language = {
            lang: {name: float(values[name][langs == lang].mean()) for name in METRICS}
            for lang in dict.fromkeys(langs.tolist())
        }
        means = {name: sum(row[name] for row in by_language.values()) / len(by_language) for name in METRICS}
        found[mode] = {**by_language, "all": means}
    return found


def write_questions(table: pa.Table, file: Path) -> None:
    """Write the table as Parquet, atomically."""
    with atomic_path(file) as temporary:
        pq.write_table(table, temporary)


def read_questions(file: Path) -> pa.Table:
    """Return what `write_questions` wrote. Raises `InputError` when the file is torn or holds something else."""
    try:
        table = pq.read_table(file)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{file} cannot be read ({error}); make it again: m3-train evaluate") from error
    missing = [name for name in question_schema(modes_of(table)).names if name not in table.column_names]
    if missing:
        raise InputError(f"{file} has no column {' '.join(missing)}; make it again: m3-train evaluate")
    return table
