"""ColBERT's and PyLate's layout: one collection of all chosen languages (--languages ko makes one of Korean alone).

collection.tsv            pid, text: pids count from 0 in the order of the lines; white space in a text is one space
queries.SPLIT.tsv         qid, text
qrels.SPLIT.tsv           qid, 0, pid, 1
triples.train.jsonl       [qid, pid of the positive, pids of n negatives]: nway is n + 1
distillation.train.jsonl  [qid, [pid, score], ...], where a teacher scored the pairs
pylate.train.jsonl        the same as query_id, document_ids, scores; KDProcessing takes it with queries.train.tsv and
                          collection.tsv (load_dataset("csv", delimiter="\\t", quoting=3, keep_default_na=False,
                          column_names=["query_id" or "document_id", "text"]))
pids.jsonl, qids.jsonl    which document and which question each number is

PyLate's contrastive training takes the sentence-transformers layout.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curation.engine import progress
from curation.export.lines import write_lines
from curation.export.source import Account, Source
from data.errors import InputError
from data.records import SPLITS
from data.text import document_text

_Pids = dict[tuple[str, str], int]


def write_colbert(folder: Path, source: Source, account: Account) -> None:
    """Write the collection, the questions of each split, and the training rows."""
    account.negatives = source.negatives
    source.account_for_scores(account)
    pids = _write_collection(folder, source, account)
    qids = _write_queries(folder, source, pids, account)
    rows = [row for row in _training_rows(source, pids, qids) if len(row["negatives"]) == source.negatives]
    if source.negatives:
        triples = ([row["qid"], row["positive"], *row["negatives"]] for row in rows)
        account.rows["triples.train.jsonl"] = write_lines(folder / "triples.train.jsonl", triples)
        if source.scored:
            _write_scores(folder, rows, account)
    short = sum(1 for row in _training_rows(source, pids, qids)) - (len(rows) if source.negatives else 0)
    wanted = f"fewer than {source.negatives}" if source.negatives else "no"
    account.leave_out(f"training rows have {wanted} hard negatives: they have no triple", short)


def _write_collection(folder: Path, source: Source, account: Account) -> _Pids:
    pids: _Pids = {}
    with (folder / "collection.tsv").open("w", encoding="utf-8", newline="\n") as collection:
        for lang in progress(source.languages, "export colbert", "language"):
            for row in source.dataset.document_rows(lang, ("docid", "title", "text")):
                pids[lang, row["docid"]] = len(pids)
                collection.write(f"{len(pids) - 1}\t{_on_one_line(document_text(row['title'], row['text']))}\n")
    names = ({"pid": pid, "docid": docid, "lang": lang} for (lang, docid), pid in pids.items())
    account.rows["collection.tsv"] = write_lines(folder / "pids.jsonl", names)
    return pids


def _write_queries(folder: Path, source: Source, pids: _Pids, account: Account) -> dict[str, int]:
    """Write queries and judgements, and return the number of each question."""
    qids: dict[str, int] = {}
    names = []
    for split in SPLITS:
        queries, judgements = f"queries.{split}.tsv", f"qrels.{split}.tsv"
        with (
            (folder / queries).open("w", encoding="utf-8", newline="\n") as questions,
            (folder / judgements).open("w", encoding="utf-8", newline="\n") as qrels,
        ):
            before = len(qids)
            for lang in source.languages:
                for pair in source.pairs(lang, split):
                    qid = qids.setdefault(pair["query_id"], len(qids))
                    names.append({"qid": qid, "query_id": pair["query_id"], "lang": lang, "split": split})
                    questions.write(f"{qid}\t{_on_one_line(pair['query'])}\n")
                    qrels.writelines(f"{qid}\t0\t{_pid(pids, lang, docid)}\t1\n" for docid in pair["positive_ids"])
        account.rows[queries] = len(qids) - before
    write_lines(folder / "qids.jsonl", names)
    return qids


def _training_rows(source: Source, pids: _Pids, qids: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Yield numbers and scores for each positive of the training pairs, with up to the fixed number of negatives."""
    for lang in source.languages:
        for pair in source.pairs(lang, "train"):
            negatives = [_pid(pids, lang, docid) for docid in pair["negative_ids"][: source.negatives]]
            for place, docid in enumerate(pair["positive_ids"]):
                scores = [*pair["pos_scores"][place : place + 1], *(pair["neg_scores"] or [])[: source.negatives]]
                yield {
                    "qid": qids[pair["query_id"]],
                    "positive": _pid(pids, lang, docid),
                    "negatives": negatives,
                    "scores": scores,
                }


def _write_scores(folder: Path, rows: list[dict[str, Any]], account: Account) -> None:
    scored = [(row["qid"], [row["positive"], *row["negatives"]], row["scores"]) for row in rows]
    lines = ([qid, *map(list, zip(numbers, scores, strict=True))] for qid, numbers, scores in scored)
    account.rows["distillation.train.jsonl"] = write_lines(folder / "distillation.train.jsonl", lines)
    named = ({"query_id": qid, "document_ids": numbers, "scores": scores} for qid, numbers, scores in scored)
    account.rows["pylate.train.jsonl"] = write_lines(folder / "pylate.train.jsonl", named)


def _pid(pids: _Pids, lang: str, docid: str) -> int:
    if (lang, docid) not in pids:
        raise InputError(f"a pair names document {docid!r}, which corpus-{lang} does not hold; see m3-curate verify")
    return pids[lang, docid]


def _on_one_line(text: str) -> str:
    """Return the text with every run of white space as one space: a tab or a line end would begin another cell."""
    return " ".join(text.split())
