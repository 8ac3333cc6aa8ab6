"""BEIR's layout, a folder for each language: its GenericDataLoader and m3-train evaluate take LANG, MTEB all of it.

LANG/corpus.jsonl         _id, title, text: the documents of all splits
LANG/queries.jsonl        _id, text: the questions of all splits
LANG/qrels/SPLIT.tsv      query-id, corpus-id, score; a split without questions has no file
LANG/qrels/SPLIT.jsonl    the same for MTEB, which would read ids of digits in a .tsv as numbers
README.md                 names these files as MTEB looks for them: LANG-corpus, LANG-queries, LANG-qrels, so that a
                          retrieval task with dataset={"path": FOLDER, ...} and eval_langs={"LANG": [...]} loads them
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curation.engine import progress
from curation.export.lines import write_cells, write_lines
from curation.export.source import Account, Source
from data.files import write_text
from data.records import SPLITS

_HEADER = ("query-id", "corpus-id", "score")


def write_beir(folder: Path, source: Source, account: Account) -> None:
    """Write documents, questions and judgements; hard negatives have no place in this layout."""
    header = ["---", "configs:"]
    for lang in progress(source.languages, "export beir", "language"):
        documents = source.dataset.document_rows(lang, ("docid", "title", "text"))
        lines = ({"_id": row["docid"], "title": row["title"] or "", "text": row["text"]} for row in documents)
        account.rows[f"{lang}/corpus.jsonl"] = write_lines(folder / lang / "corpus.jsonl", lines)
        account.rows[f"{lang}/queries.jsonl"] = write_lines(folder / lang / "queries.jsonl", _queries(source, lang))
        judged = [split for split in SPLITS if _write_judgements(folder, source, lang, split, account)]
        header += _config(f"{lang}-corpus", {"corpus": f"{lang}/corpus.jsonl"})
        header += _config(f"{lang}-queries", {"queries": f"{lang}/queries.jsonl"})
        header += _config(f"{lang}-qrels", {split: f"{lang}/qrels/{split}.jsonl" for split in judged})
    write_text(folder / "README.md", "\n".join([*header, "---", "", "# A curated data set in BEIR's layout", ""]))
    account.leave_out("pairs have hard negatives, which this layout has no place for", source.mined)


def _queries(source: Source, lang: str) -> Iterator[dict[str, Any]]:
    for split in SPLITS:
        for pair in source.pairs(lang, split):
            yield {"_id": pair["query_id"], "text": pair["query"]}


def _write_judgements(folder: Path, source: Source, lang: str, split: str, account: Account) -> int:
    """Write the judgements of one split, if there are any, and return how many there are."""
    rows = [(pair["query_id"], docid, 1) for pair in source.pairs(lang, split) for docid in pair["positive_ids"]]
    if rows:
        name = f"{lang}/qrels/{split}"
        account.rows[f"{name}.tsv"] = write_cells(folder / f"{name}.tsv", [_HEADER, *rows]) - 1
        write_lines(folder / f"{name}.jsonl", (dict(zip(_HEADER, row, strict=True)) for row in rows))
    return len(rows)


def _config(name: str, files: dict[str, str]) -> list[str]:
    """Return the lines of a card's header that name a configuration; one without files is none."""
    lines = [line for split, path in files.items() for line in (f"  - split: {split}", f"    path: {path}")]
    return [f'- config_name: "{name}"', "  data_files:", *lines] if files else []
