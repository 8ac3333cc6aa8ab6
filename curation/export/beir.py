"""BEIR's layout, a folder for each language, as its GenericDataLoader reads it (and m3-train evaluate, and MTEB).

LANG/corpus.jsonl         _id, title, text: the documents of all splits
LANG/queries.jsonl        _id, text: the questions of all splits
LANG/qrels/SPLIT.tsv      query-id, corpus-id, score; a split without questions has no file
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curation.engine import progress
from curation.export.lines import write_cells, write_lines
from curation.export.source import Account, Source
from data.records import SPLITS

_HEADER = ("query-id", "corpus-id", "score")


def write_beir(folder: Path, source: Source, account: Account) -> None:
    """Write documents, questions and judgements; hard negatives have no place in this layout."""
    for lang in progress(source.languages, "export beir", "language"):
        documents = source.dataset.document_rows(lang, ("docid", "title", "text"))
        lines = ({"_id": row["docid"], "title": row["title"] or "", "text": row["text"]} for row in documents)
        account.rows[f"{lang}/corpus.jsonl"] = write_lines(folder / lang / "corpus.jsonl", lines)
        account.rows[f"{lang}/queries.jsonl"] = write_lines(folder / lang / "queries.jsonl", _queries(source, lang))
        for split in SPLITS:
            name = f"{lang}/qrels/{split}.tsv"
            count = write_cells(folder / name, _judgements(source, lang, split)) - 1
            if count:
                account.rows[name] = count
            else:
                (folder / name).unlink()
    account.leave_out("pairs have hard negatives, which this layout has no place for", source.mined)


def _queries(source: Source, lang: str) -> Iterator[dict[str, Any]]:
    for split in SPLITS:
        for pair in source.pairs(lang, split):
            yield {"_id": pair["query_id"], "text": pair["query"]}


def _judgements(source: Source, lang: str, split: str) -> Iterator[tuple[Any, ...]]:
    yield _HEADER
    for pair in source.pairs(lang, split):
        for docid in pair["positive_ids"]:
            yield pair["query_id"], docid, 1
